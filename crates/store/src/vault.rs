//! Sealing disclosures, and opening them.
//!
//! A record is `u32 length ‖ check ‖ nonce ‖ pieces`, a piece `u16 blocks ‖ sealed ‖ tag`, one for each disclosure, under a key of
//! its own. The check is a digest that needs no key: with it, damage can be told from a wrong or erased key, and a backup can be
//! checked by those who may not read it.

use std::ops::Range;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Tag};
use daybook_event::{Entropy, EntropyError, OsEntropy};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::batch::{NewEntry, slice};
use crate::keyring::{Class, KeyWalk, Keyring, MAX_DISCLOSURES};

/// Longest vault record, bytes: the disclosures of the longest event, the intake disclosure, and what is put around them.
pub(crate) const MAX_RECORD_BYTES: usize = 128 << 10;

const LENGTH_BYTES: usize = 4;
const CHECK_BYTES: usize = 8;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const HEAD_BYTES: usize = CHECK_BYTES + NONCE_BYTES;
/// The number of blocks, in front of each piece.
const BLOCKS_BYTES: usize = 2;

/// What a piece seals is a multiple of this long, so that what is left of an erased field does not tell its value by its length: with
/// the salt, every value that a closed vocabulary gives a withheld field comes to one block, and so does none at all.
const BLOCK_BYTES: usize = 64;

const CHECK_LABEL: &[u8] = b"daybook vault record\n";
const DATA_LABEL: &[u8] = b"daybook vault\n";

/// Entries that one thread seals at a time: enough that finding the way through the key tree costs little.
const ENTRIES_PER_TASK: usize = 64;

/// Ends the disclosure in a piece; no disclosure contains it, and zeros follow up to the end of the block.
const END: u8 = b'~';

/// What is sealed in the record of an entry without disclosures of a class, so that every record can be told from a cut one.
const NOTHING: &str = "";

/// Why a vault record does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// The bytes are not those that were written.
    #[error("its bytes are damaged; restore it from a backup of the vault")]
    Damaged,
    /// Whole, but sealed under another key.
    #[error("it was sealed under another key; use the keyring of this ledger")]
    WrongKey,
    /// The keys of all its pieces were punctured.
    #[error("it was erased, or this copy of the keyring was told to forget it")]
    Erased,
}

/// Why a batch was not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealFault {
    TooLarge { at: usize },
    TooMany { at: usize, found: usize },
    Malformed { at: usize },
    NoKey { entry: u64 },
    Entropy(EntropyError),
}

/// The records of one class for a batch: one buffer that can be written as it is, and where in it each record ends.
pub(crate) struct SealedRecords {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Vec<usize>,
}

impl SealedRecords {
    /// An unwritten buffer of exactly the right size.
    fn room(class: Class, batch: &[NewEntry<'_>]) -> Result<SealedRecords, SealFault> {
        let mut end = 0;
        let mut ends = Vec::with_capacity(batch.len());
        for (at, entry) in batch.iter().enumerate() {
            if entry.parts(class).any(str::is_empty) {
                return Err(SealFault::Malformed { at });
            }
            let found = entry.parts(class).count();
            if found > MAX_DISCLOSURES {
                return Err(SealFault::TooMany { at, found });
            }
            let length = HEAD_BYTES + pieces(entry, class).map(piece_bytes).sum::<usize>();
            if length > MAX_RECORD_BYTES {
                return Err(SealFault::TooLarge { at });
            }
            end += LENGTH_BYTES + length;
            ends.push(end);
        }
        Ok(SealedRecords { bytes: vec![0; end], ends })
    }

    /// The bytes of the vault file that belong to these entries of the batch.
    pub(crate) fn file_bytes(&self, range: &Range<usize>) -> &[u8] {
        slice(&self.bytes, &self.ends, range)
    }
}

/// Seals the disclosures of a batch whose first entry gets index `first`: R, then W. Plaintext is laid out where the record will
/// be, and encrypted in place.
pub(crate) fn seal_batch(
    keyring: &Keyring,
    origin: &str,
    first: u64,
    batch: &[NewEntry<'_>],
) -> Result<[SealedRecords; 2], SealFault> {
    let mut r = SealedRecords::room(Class::R, batch)?;
    let mut w = SealedRecords::room(Class::W, batch)?;
    let mut tasks = Vec::with_capacity(batch.len().div_ceil(ENTRIES_PER_TASK));
    let (mut r_rest, mut w_rest) = (r.bytes.as_mut_slice(), w.bytes.as_mut_slice());
    let (mut r_from, mut w_from) = (0, 0);
    for (n, entries) in batch.chunks(ENTRIES_PER_TASK).enumerate() {
        let at = n * ENTRIES_PER_TASK;
        let last = at + entries.len() - 1;
        let (r_out, rest) = std::mem::take(&mut r_rest).split_at_mut(r.ends[last] - r_from);
        (r_rest, r_from) = (rest, r.ends[last]);
        let (w_out, rest) = std::mem::take(&mut w_rest).split_at_mut(w.ends[last] - w_from);
        (w_rest, w_from) = (rest, w.ends[last]);
        tasks.push(Task { at, first, entries, r_out, w_out });
    }
    tasks.into_par_iter().try_for_each(|task| task.run(keyring, origin))?;
    Ok([r, w])
}

struct Task<'a, 'b> {
    /// Place of the first of these entries in the batch.
    at: usize,
    /// Index of the first entry of the batch.
    first: u64,
    entries: &'a [NewEntry<'b>],
    r_out: &'a mut [u8],
    w_out: &'a mut [u8],
}

impl Task<'_, '_> {
    fn run(self, keyring: &Keyring, origin: &str) -> Result<(), SealFault> {
        let mut walk = keyring.walk();
        let mut nonces = [0; ENTRIES_PER_TASK * 2 * NONCE_BYTES];
        OsEntropy.fill(&mut nonces).map_err(SealFault::Entropy)?;
        let (nonces, _) = nonces.as_chunks::<NONCE_BYTES>();
        let mut outs = [self.r_out, self.w_out];
        for (n, (entry, nonces)) in self.entries.iter().zip(nonces.chunks(2)).enumerate() {
            let at = self.at + n;
            let index = self.first + at as u64;
            for ((class, out), nonce) in Class::ALL.into_iter().zip(&mut outs).zip(nonces) {
                let place = Place { class, index, origin };
                let used = match seal(&mut walk, nonce, place, entry, out) {
                    Ok(used) => used,
                    Err(NotSealed::NoKey) => return Err(SealFault::NoKey { entry: index }),
                    Err(NotSealed::Malformed) => return Err(SealFault::Malformed { at }),
                };
                *out = std::mem::take(out).split_at_mut(used).1;
            }
        }
        Ok(())
    }
}

/// Which record: authenticated with it, so that no record can be passed off as another.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) class: Class,
    pub(crate) index: u64,
    pub(crate) origin: &'a str,
}

impl Place<'_> {
    /// The additional data of the pieces of a record of `count` pieces, each of which puts its position in.
    fn associated_data(&self, count: usize) -> AssociatedData {
        let count = u8::try_from(count).unwrap_or(u8::MAX);
        let (letter, index) = ([self.class.letter()], self.index.to_be_bytes());
        let bytes = [DATA_LABEL, &letter, &index, &[0, count], self.origin.as_bytes()].concat();
        AssociatedData { bytes }
    }

    fn check(&self, nonce_and_sealed: &[u8]) -> [u8; CHECK_BYTES] {
        let digest = Sha256::new()
            .chain_update(CHECK_LABEL)
            .chain_update([self.class.letter()])
            .chain_update(self.index.to_be_bytes())
            .chain_update(nonce_and_sealed)
            .finalize();
        let mut check = [0; CHECK_BYTES];
        check.copy_from_slice(&digest[..CHECK_BYTES]);
        check
    }
}

/// What is authenticated with a piece: which record it belongs to, its position, and how many there are.
struct AssociatedData {
    bytes: Vec<u8>,
}

impl AssociatedData {
    fn at(&mut self, position: usize) -> &[u8] {
        self.bytes[DATA_LABEL.len() + 1 + 8] = u8::try_from(position).unwrap_or(u8::MAX);
        &self.bytes
    }
}

/// What is sealed in the record of a class, in order: at least one text.
fn pieces<'e>(entry: &'e NewEntry<'_>, class: Class) -> impl Iterator<Item = &'e str> {
    let nothing = entry.parts(class).next().is_none().then_some(NOTHING);
    entry.parts(class).chain(nothing)
}

/// Bytes that a text takes in a record.
fn piece_bytes(text: &str) -> usize {
    BLOCKS_BYTES + (text.len() + 1).next_multiple_of(BLOCK_BYTES) + TAG_BYTES
}

enum NotSealed {
    NoKey,
    Malformed,
}

/// Writes one record, with its length, to the front of `out`, which is all zeros, and returns its size.
fn seal(
    keys: &mut KeyWalk<'_>,
    nonce: &[u8; NONCE_BYTES],
    place: Place<'_>,
    entry: &NewEntry<'_>,
    out: &mut [u8],
) -> Result<usize, NotSealed> {
    let mut end = LENGTH_BYTES + HEAD_BYTES;
    out[end - NONCE_BYTES..end].copy_from_slice(nonce);
    let mut data = place.associated_data(pieces(entry, place.class).count());
    for (position, text) in pieces(entry, place.class).enumerate() {
        let text = text.as_bytes();
        if text.contains(&END) {
            return Err(NotSealed::Malformed);
        }
        let key = keys.key(place.index, place.class, position).ok_or(NotSealed::NoKey)?;
        let blocks = text.len() / BLOCK_BYTES + 1;
        let (head, rest) = out[end..].split_at_mut(BLOCKS_BYTES);
        let (sealed, rest) = rest.split_at_mut(blocks * BLOCK_BYTES);
        head.copy_from_slice(&u16::try_from(blocks).map_err(|_| NotSealed::Malformed)?.to_be_bytes());
        sealed[..text.len()].copy_from_slice(text);
        sealed[text.len()] = END;
        // One nonce serves all pieces of a record: each has a key that seals nothing else.
        let tag = Aes256Gcm::new((&*key).into())
            .encrypt_inout_detached(nonce.into(), data.at(position), sealed.into())
            .map_err(|_| NotSealed::Malformed)?;
        rest[..TAG_BYTES].copy_from_slice(&tag);
        end += BLOCKS_BYTES + blocks * BLOCK_BYTES + TAG_BYTES;
    }
    let length = u32::try_from(end - LENGTH_BYTES).map_err(|_| NotSealed::Malformed)?;
    out[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
    let check = place.check(&out[LENGTH_BYTES + CHECK_BYTES..end]);
    out[LENGTH_BYTES..LENGTH_BYTES + CHECK_BYTES].copy_from_slice(&check);
    Ok(end)
}

/// Whether a record (without its length) is as it was written. Needs no key.
pub(crate) fn is_whole(record: &[u8], place: Place<'_>) -> bool {
    record.len() > HEAD_BYTES && record[..CHECK_BYTES] == place.check(&record[CHECK_BYTES..])
}

/// The disclosures in a record (without its length) by their position, `None` for those that are erased. In an R record the first is
/// the intake disclosure.
pub(crate) fn open(
    record: Vec<u8>,
    place: Place<'_>,
    keys: &mut KeyWalk<'_>,
) -> Result<Vec<Option<String>>, RecordFault> {
    let mut record = Zeroizing::new(record);
    if !is_whole(&record, place) {
        return Err(RecordFault::Damaged);
    }
    let (head, body) = record.split_at_mut(HEAD_BYTES);
    let nonce: [u8; NONCE_BYTES] = head[CHECK_BYTES..].try_into().map_err(|_| RecordFault::Damaged)?;
    let pieces = split(body).filter(|pieces| !pieces.is_empty()).ok_or(RecordFault::Damaged)?;
    let mut data = place.associated_data(pieces.len());
    let mut opened = Vec::with_capacity(pieces.len());
    for (position, (sealed, tag)) in pieces.into_iter().enumerate() {
        let Some(key) = keys.key(place.index, place.class, position) else {
            opened.push(None);
            continue;
        };
        Aes256Gcm::new((&*key).into())
            .decrypt_inout_detached((&nonce).into(), data.at(position), (&mut *sealed).into(), &tag)
            .map_err(|_| RecordFault::WrongKey)?;
        opened.push(Some(unpadded(sealed).ok_or(RecordFault::Damaged)?.to_owned()));
    }
    if opened.iter().all(Option::is_none) {
        return Err(RecordFault::Erased);
    }
    opened.retain(|text| text.as_deref() != Some(NOTHING));
    Ok(opened)
}

/// The pieces of a record, each without its length: what is sealed, and its tag.
fn split(mut body: &mut [u8]) -> Option<Vec<(&mut [u8], Tag)>> {
    let mut pieces = Vec::new();
    while !body.is_empty() && pieces.len() < MAX_DISCLOSURES {
        let (blocks, rest) = body.split_at_mut_checked(BLOCKS_BYTES)?;
        let blocks = usize::from(u16::from_be_bytes((&*blocks).try_into().ok()?));
        let (sealed, rest) = rest.split_at_mut_checked(blocks * BLOCK_BYTES)?;
        let (tag, rest) = rest.split_at_mut_checked(TAG_BYTES)?;
        pieces.push((sealed, Tag::try_from(&*tag).ok()?));
        body = rest;
    }
    body.is_empty().then_some(pieces)
}

/// The text in what a piece seals; none where it is not padded as it should be.
fn unpadded(plain: &[u8]) -> Option<&str> {
    let end = plain.iter().position(|&byte| byte == END)?;
    let padded = plain.len() - end <= BLOCK_BYTES && plain[end + 1..].iter().all(|&byte| byte == 0);
    std::str::from_utf8(&plain[..end]).ok().filter(|_| padded)
}

#[cfg(test)]
mod tests;
