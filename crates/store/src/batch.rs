//! What goes into a commit and what comes out of it.

use std::iter;
use std::ops::Range;

use daybook_event::entry::{ENTRY_MAX_BYTES, EntryRef, append_entry, entry_len, intake_digest, is_compact};
use daybook_tlog::{BatchProver, Hash, leaf_hash};
use rayon::prelude::*;

use crate::error::CommitError;
use crate::keyring::Class;

/// Longest entry, bytes.
pub const MAX_ENTRY_BYTES: usize = ENTRY_MAX_BYTES;

/// Entries committed at once at most.
pub const MAX_BATCH_ENTRIES: usize = 4_096;

/// Bytes in front of each entry in its file.
const LENGTH_BYTES: usize = 2;

/// Entries prepared at a time by one thread.
const ENTRIES_PER_TASK: usize = 64;

/// An admitted event on its way into the ledger.
#[derive(Debug, Clone)]
pub struct NewEntry<'a> {
    /// The issuer-signed JWT, as signed.
    pub jwt: &'a str,
    /// The intake disclosure ([`daybook_event::entry::intake_disclosure`]).
    pub intake: &'a str,
    /// The disclosures of class R, in slot order.
    pub r: Vec<&'a str>,
    /// The disclosures of class W, in slot order.
    pub w: Vec<&'a str>,
}

impl NewEntry<'_> {
    /// What goes into the vault record of a class, in order.
    pub(crate) fn parts(&self, class: Class) -> impl Iterator<Item = &str> {
        let (intake, slots) = match class {
            Class::R => (Some(self.intake), &self.r),
            Class::W => (None, &self.w),
        };
        intake.into_iter().chain(slots.iter().copied())
    }
}

/// A batch that is in the ledger for good. Having one is the licence to sign receipts for it: everything that it says was durable
/// before it came to be.
pub struct Commit {
    /// Index of the first entry.
    pub first_index: u64,
    /// The entries.
    pub entries: EntryBatch,
    /// Their inclusion proofs to `checkpoint`.
    pub prover: BatchProver,
    /// The signed checkpoint right behind them.
    pub checkpoint: String,
}

/// Entries of one batch in one buffer, in the form of an entry file.
pub struct EntryBatch {
    bytes: Vec<u8>,
    /// Where in `bytes` the entries end.
    ends: Vec<usize>,
}

impl EntryBatch {
    /// Number of entries.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a commit has at least one entry")]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Entry number `at` of the batch, from 0.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&[u8]> {
        let end = *self.ends.get(at)?;
        self.bytes.get(self.start(at) + LENGTH_BYTES..end)
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    fn start(&self, at: usize) -> usize {
        if at == 0 { 0 } else { self.ends[at - 1] }
    }

    /// The bytes of the entry file that belong to these entries of the batch.
    pub(crate) fn file_bytes(&self, range: &Range<usize>) -> &[u8] {
        slice(&self.bytes, &self.ends, range)
    }
}

/// The part of a buffer of records that belongs to the records in `range`.
pub(crate) fn slice<'a>(bytes: &'a [u8], ends: &[usize], range: &Range<usize>) -> &'a [u8] {
    let start = if range.start == 0 { 0 } else { ends[range.start - 1] };
    &bytes[start..ends[range.end - 1]]
}

/// Refuses what must not get into a file, and digests the intake disclosures.
pub(crate) fn prepare(batch: &[NewEntry<'_>]) -> Result<Vec<String>, CommitError> {
    match batch.len() {
        0 => return Err(CommitError::Empty),
        1..=MAX_BATCH_ENTRIES => {}
        more => return Err(CommitError::TooMany(more)),
    }
    let digest = |(at, entry): (usize, &NewEntry<'_>)| {
        let bytes = entry_len(entry.jwt.len());
        if bytes > MAX_ENTRY_BYTES {
            return Err(CommitError::EntryTooLarge { at, bytes });
        }
        if !is_compact(entry.jwt) {
            return Err(CommitError::Malformed { at });
        }
        Ok(intake_digest(entry.intake))
    };
    batch.par_iter().enumerate().with_min_len(ENTRIES_PER_TASK).map(digest).collect()
}

/// Writes the entries, each with the leaf hash of the one before, and returns their leaf hashes.
pub(crate) fn chain(
    batch: &[NewEntry<'_>],
    intakes: &[String],
    mut prev: [u8; 32],
) -> (EntryBatch, Vec<Hash>) {
    let total = batch.iter().map(|entry| LENGTH_BYTES + entry_len(entry.jwt.len())).sum();
    let mut bytes = Vec::with_capacity(total);
    let mut ends = Vec::with_capacity(batch.len());
    let mut leaves = Vec::with_capacity(batch.len());
    for (entry, intake) in iter::zip(batch, intakes) {
        let length = entry_len(entry.jwt.len());
        // `prepare` has seen that it fits.
        bytes.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        let start = bytes.len();
        append_entry(&EntryRef { prev, intake, event: entry.jwt }, &mut bytes);
        let leaf = leaf_hash(&bytes[start..]);
        prev = leaf.0;
        leaves.push(leaf);
        ends.push(bytes.len());
    }
    (EntryBatch { bytes, ends }, leaves)
}
