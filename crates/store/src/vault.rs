//! Sealing disclosures, and opening them.
//!
//! A record is `u32 length ‖ check ‖ nonce ‖ sealed`. The check is a digest that needs no key: with it, damage can be
//! told from a wrong or erased key, and a backup can be checked by those who may not read it.

use std::ops::Range;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Tag};
use daybook_event::{Entropy, EntropyError, OsEntropy};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::batch::{NewEntry, slice};
use crate::keyring::{Class, KeyWalk, Keyring};

/// Longest vault record, bytes: the disclosures of the longest event, the intake disclosure, and what is put around them.
pub(crate) const MAX_RECORD_BYTES: usize = 128 << 10;

const LENGTH_BYTES: usize = 4;
const CHECK_BYTES: usize = 8;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const OVERHEAD_BYTES: usize = CHECK_BYTES + NONCE_BYTES + TAG_BYTES;

const CHECK_LABEL: &[u8] = b"daybook vault record\n";
const DATA_LABEL: &[u8] = b"daybook vault\n";

/// Entries that one thread seals at a time: enough that finding the way through the key tree costs little.
const ENTRIES_PER_TASK: usize = 64;

/// Ends every disclosure in a record's plaintext; no disclosure contains it.
const SEPARATOR: u8 = b'~';

/// Why a vault record does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// The bytes are not those that were written.
    #[error("its bytes are damaged; restore it from a backup of the vault")]
    Damaged,
    /// Whole, but sealed under another key.
    #[error("it was sealed under another key; use the keyring of this ledger")]
    WrongKey,
    /// The key was punctured.
    #[error("it was erased, or this copy of the keyring was told to forget it")]
    Erased,
}

/// Why a batch was not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealFault {
    TooLarge { at: usize },
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
            let length = OVERHEAD_BYTES + entry.parts(class).map(|part| part.len() + 1).sum::<usize>();
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
                let key = walk.key(index, class).ok_or(SealFault::NoKey { entry: index })?;
                let place = Place { class, index, origin };
                let used = seal(&key, nonce, place, entry, out).ok_or(SealFault::Malformed { at })?;
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
    fn associated_data(&self) -> Vec<u8> {
        [DATA_LABEL, &[self.class.letter()], &self.index.to_be_bytes(), self.origin.as_bytes()].concat()
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

/// Writes one record, with its length, to the front of `out` and returns its size; `None` where a disclosure contains the separator.
fn seal(
    key: &Zeroizing<[u8; 32]>,
    nonce: &[u8; NONCE_BYTES],
    place: Place<'_>,
    entry: &NewEntry<'_>,
    out: &mut [u8],
) -> Option<usize> {
    let body = LENGTH_BYTES + CHECK_BYTES + NONCE_BYTES;
    let mut end = body;
    for part in entry.parts(place.class) {
        let part = part.as_bytes();
        if part.contains(&SEPARATOR) {
            return None;
        }
        out[end..end + part.len()].copy_from_slice(part);
        out[end + part.len()] = SEPARATOR;
        end += part.len() + 1;
    }
    out[LENGTH_BYTES + CHECK_BYTES..body].copy_from_slice(nonce);
    let tag = Aes256Gcm::new((&**key).into())
        .encrypt_inout_detached(nonce.into(), &place.associated_data(), (&mut out[body..end]).into())
        .ok()?;
    out[end..end + TAG_BYTES].copy_from_slice(&tag);
    let end = end + TAG_BYTES;
    let length = u32::try_from(end - LENGTH_BYTES).ok()?;
    out[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
    let check = place.check(&out[LENGTH_BYTES + CHECK_BYTES..end]);
    out[LENGTH_BYTES..LENGTH_BYTES + CHECK_BYTES].copy_from_slice(&check);
    Some(end)
}

/// Whether a record (without its length) is as it was written. Needs no key.
pub(crate) fn is_whole(record: &[u8], place: Place<'_>) -> bool {
    record.len() >= OVERHEAD_BYTES && record[..CHECK_BYTES] == place.check(&record[CHECK_BYTES..])
}

/// The disclosures in a record (without its length). In an R record the first is the intake disclosure.
pub(crate) fn open(
    record: Vec<u8>,
    place: Place<'_>,
    keys: &mut KeyWalk<'_>,
) -> Result<Vec<String>, RecordFault> {
    let mut record = Zeroizing::new(record);
    if !is_whole(&record, place) {
        return Err(RecordFault::Damaged);
    }
    let key = keys.key(place.index, place.class).ok_or(RecordFault::Erased)?;
    let (head, rest) = record.split_at_mut(CHECK_BYTES + NONCE_BYTES);
    let (text, tag) = rest.split_at_mut(rest.len() - TAG_BYTES);
    let nonce: [u8; NONCE_BYTES] = head[CHECK_BYTES..].try_into().map_err(|_| RecordFault::Damaged)?;
    let tag = Tag::try_from(&*tag).map_err(|_| RecordFault::Damaged)?;
    Aes256Gcm::new((&*key).into())
        .decrypt_inout_detached((&nonce).into(), &place.associated_data(), (&mut *text).into(), &tag)
        .map_err(|_| RecordFault::WrongKey)?;
    let text = std::str::from_utf8(text).map_err(|_| RecordFault::Damaged)?;
    Ok(text.split_terminator(char::from(SEPARATOR)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ggm::{Nodes, Secret};

    const RECORDS: [(Class, &str); 2] = [
        (
            Class::R,
            "0000003414ee237335b45e9d6465666768696a6b6c6d6e6fbc3c08fed0056398bd5c96b3ee8c932f6b13031b7e5f9db1623d2fd70c09d4b7",
        ),
        (
            Class::W,
            "00000034f8c9e30035c166b06465666768696a6b6c6d6e6f09c6ab7594492891b0d229fdaff27305a2a4fcce63f3be88d479cc46e10fb32b",
        ),
    ];

    fn place(class: Class) -> Place<'static> {
        Place { class, index: 5, origin: "ledger.example/sample" }
    }

    fn keyring() -> Keyring {
        Keyring::from_nodes(Nodes::whole(Secret::new(std::array::from_fn(|i| i as u8))))
    }

    /// From an implementation of the format page in another language: entry 5, root secret 0, 1, …, 31, nonce 100, 101, ….
    #[test]
    fn records_are_those_of_the_published_format() {
        let nonce = std::array::from_fn(|i| 100 + i as u8);
        let entry =
            NewEntry { jwt: "", intake: "aW50YWtl", r: vec!["cm9vbQ"], w: vec!["aW50YWtl", "cm9vbQ"] };
        for (class, golden) in RECORDS {
            let mut out = [0; 100];
            let key = keyring().key(5, class).unwrap();
            let used = seal(&key, &nonce, place(class), &entry, &mut out).unwrap();
            let hex: String = out[..used].iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, golden);
            let record = out[LENGTH_BYTES..used].to_vec();
            let opened = open(record, place(class), &mut keyring().walk());
            assert_eq!(opened.unwrap(), ["aW50YWtl", "cm9vbQ"]);
        }
    }

    #[test]
    fn a_record_opens_only_whole_and_only_in_its_place() {
        let keyring = keyring();
        let mut sealed =
            seal_batch(&keyring, "o", 0, &[NewEntry { jwt: "", intake: "i", r: vec![], w: vec!["w"] }]).ok();
        let [r, _] = sealed.take().unwrap();
        let record = &r.bytes[LENGTH_BYTES..];
        let place = |class, index, origin| Place { class, index, origin };
        let try_open = |record: &[u8], at| open(record.to_vec(), at, &mut keyring.walk());
        assert_eq!(try_open(record, place(Class::R, 0, "o")).unwrap(), ["i"]);
        for other in [place(Class::W, 0, "o"), place(Class::R, 1, "o")] {
            assert_eq!(try_open(record, other), Err(RecordFault::Damaged));
        }
        assert_eq!(try_open(record, place(Class::R, 0, "another")), Err(RecordFault::WrongKey));
        for at in 0..record.len() {
            let mut changed = record.to_vec();
            changed[at] ^= 1;
            assert_eq!(try_open(&changed, place(Class::R, 0, "o")), Err(RecordFault::Damaged), "byte {at}");
            assert_eq!(
                try_open(&record[..at], place(Class::R, 0, "o")),
                Err(RecordFault::Damaged),
                "cut at {at}"
            );
        }
    }
}
