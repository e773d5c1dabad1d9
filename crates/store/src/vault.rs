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
mod tests {
    use super::*;
    use crate::ggm::{Nodes, Secret};
    use crate::keyring::Target;

    /// From an implementation of the format page in another language: entry 5, root secret 0, 1, …, 31, nonce 100, 101, …. One block
    /// each; one of two blocks and one of one; none.
    const RECORDS: [(Class, &[&str], &str); 3] = [
        (
            Class::R,
            &["aW50YWtl", "cm9vbQ"],
            "000000b8a64b269298a7b5e56465666768696a6b6c6d6e6f000170a9f66a27cee91f5150b6fc79d66b0bbcecfcf85654d20c0808b759ba7d1ac8861c6ab81e5738ce9d376d71b1801f979e7437d8d7c8cefd3500a8402297bfa431ff59a029a83fc26376879a653cc3a90001acb51aa7b09f4120a1bb28d947d62c1f5eb91e3ac53f415eb2174100494b46714594c05645c53a24319faa685270ef8ddd826694a0caed4de2f8b7f679cd08f39db872144d76397fcd58c16767439484",
        ),
        (
            Class::W,
            &[LONG, "cm9vbQ"],
            "000000f8ef5e807c9b4425be6465666768696a6b6c6d6e6f0002f4a92f6da5a2e3a018a5c8670f55cf2b10247d739ee66f7a1047091123add3dff6d211486ef7d4cd559ba5a0209ec4689183b56c5dc82e77eb554855b663023031ee6f7abe19fae86684ba3a09c2330d738e71ae1ba5acd3ecb253d29a03b9e47d5129a4232ffc78625b32477c00aed81f13ffdb3bd20135c8dc7980a142fcc391e88649c54c045f164106dd6e5e247a00011c956889f34c522b3b4cb329626a7ba625d92ae7536c9439c09b055c5fede5c443ebe446525fa83a729c6637deff67872d8fe45c4b0a84ade90921cb25428df4808592dcf7ebbd39abffca9fbfafa95a",
        ),
        (
            Class::W,
            &[],
            "000000662bde742c4831cbad6465666768696a6b6c6d6e6f0001ebfe1a5dfcf597cc79f2fd575602bb4771734843c7b11b1671103c217afaa7b39785247837a0a0a134cc909079c9b004f0d4805c049f5a1b8a027d65ef34765c27b640c4448ed30a086c6e460fa3332d",
        ),
    ];
    /// As long as a block, so that its end is in the next.
    const LONG: &str = "aW50YWtlaW50YWtlaW50YWtlaW50YWtlaW50YWtlaW50YWtlaW50YWtlaW50YWtl";

    fn keyring() -> Keyring {
        Keyring::from_nodes(Nodes::whole(Secret::new(std::array::from_fn(|i| i as u8))))
    }

    fn entry<'e>(class: Class, texts: &[&'e str]) -> NewEntry<'e> {
        match (class, texts) {
            (Class::R, [intake, r @ ..]) => NewEntry { jwt: "", intake, r: r.to_vec(), w: vec![] },
            (_, texts) => NewEntry { jwt: "", intake: "i", r: vec![], w: texts.to_vec() },
        }
    }

    /// The stored record, without its length, of the first entry of a ledger with origin `o`.
    fn sealed(keyring: &Keyring, class: Class, texts: &[&str]) -> Vec<u8> {
        let [r, w] = seal_batch(keyring, "o", 0, &[entry(class, texts)]).ok().unwrap();
        let records = if class == Class::R { r } else { w };
        records.bytes[LENGTH_BYTES..].to_vec()
    }

    fn first(class: Class) -> Place<'static> {
        Place { class, index: 0, origin: "o" }
    }

    #[test]
    fn records_are_those_of_the_published_format() {
        let nonce = std::array::from_fn(|i| 100 + i as u8);
        for (class, texts, golden) in RECORDS {
            let place = Place { class, index: 5, origin: "ledger.example/sample" };
            let mut out = [0; 400];
            let used =
                seal(&mut keyring().walk(), &nonce, place, &entry(class, texts), &mut out).ok().unwrap();
            let hex: String = out[..used].iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, golden);
            let opened = open(out[LENGTH_BYTES..used].to_vec(), place, &mut keyring().walk()).unwrap();
            assert_eq!(opened.iter().map(|text| text.as_deref().unwrap()).collect::<Vec<_>>(), texts);
        }
    }

    #[test]
    fn a_record_opens_only_whole_and_only_in_its_place() {
        let keyring = keyring();
        let record = sealed(&keyring, Class::R, &["i", "r"]);
        let place = |class, index, origin| Place { class, index, origin };
        let try_open = |record: &[u8], at| open(record.to_vec(), at, &mut keyring.walk());
        let here = place(Class::R, 0, "o");
        assert_eq!(try_open(&record, here).unwrap(), [Some("i".to_owned()), Some("r".to_owned())]);
        for other in [place(Class::W, 0, "o"), place(Class::R, 1, "o")] {
            assert_eq!(try_open(&record, other), Err(RecordFault::Damaged));
        }
        assert_eq!(try_open(&record, place(Class::R, 0, "another")), Err(RecordFault::WrongKey));
        for at in 0..record.len() {
            let mut changed = record.clone();
            changed[at] ^= 1;
            assert_eq!(try_open(&changed, here), Err(RecordFault::Damaged), "byte {at}");
            assert_eq!(try_open(&record[..at], here), Err(RecordFault::Damaged), "cut at {at}");
        }
    }

    /// The check needs no key, so whoever changes a record can make it fit; then the keys find it.
    #[test]
    fn a_piece_that_was_changed_moved_or_taken_out_is_found_although_the_check_was_mended() {
        let keyring = keyring();
        let record = sealed(&keyring, Class::W, &["one", "two", "six"]);
        let piece = piece_bytes("one");
        let mend = |mut record: Vec<u8>| {
            let check = first(Class::W).check(&record[CHECK_BYTES..]);
            record[..CHECK_BYTES].copy_from_slice(&check);
            open(record, first(Class::W), &mut keyring.walk())
        };
        assert!(mend(record.clone()).is_ok());
        for at in CHECK_BYTES..record.len() {
            let mut changed = record.clone();
            changed[at] ^= 1;
            let fault = mend(changed).expect_err("changed");
            assert!(matches!(fault, RecordFault::WrongKey | RecordFault::Damaged), "byte {at}");
        }
        let mut swapped = record.clone();
        let (left, right) = swapped[HEAD_BYTES..].split_at_mut(piece);
        left.swap_with_slice(&mut right[..piece]);
        assert_eq!(mend(swapped), Err(RecordFault::WrongKey));
        for kept in 0..3 {
            assert!(mend(record[..HEAD_BYTES + kept * piece].to_vec()).is_err(), "{kept} of three pieces");
        }
    }

    #[test]
    fn one_erased_disclosure_leaves_the_others_and_the_last_one_leaves_nothing() {
        let keyring = keyring();
        let texts = ["one", "two", "six"];
        let record = sealed(&keyring, Class::W, &texts);
        for erased in 1..8_u8 {
            let gone = |position: &usize| erased >> position & 1 == 1;
            let targets: Vec<Target> =
                (0..3).filter(gone).map(|position| Target::disclosure(0, Class::W, position)).collect();
            let left = keyring.without(&targets);
            let opened = open(record.clone(), first(Class::W), &mut left.walk());
            let kept: Vec<Option<String>> =
                (0..3).map(|position| (!gone(&position)).then(|| texts[position].to_owned())).collect();
            let expected = if erased == 7 { Err(RecordFault::Erased) } else { Ok(kept) };
            assert_eq!(opened, expected, "positions {erased:03b}");
        }
        let nothing = sealed(&keyring, Class::W, &[]);
        assert_eq!(open(nothing.clone(), first(Class::W), &mut keyring.walk()), Ok(vec![]));
        let left = keyring.without(&[Target::record(0, Class::W)]);
        assert_eq!(open(nothing, first(Class::W), &mut left.walk()), Err(RecordFault::Erased));
    }

    #[test]
    fn the_length_of_a_piece_tells_blocks_only_and_padding_has_one_form() {
        let keyring = keyring();
        let length = |text: &str| sealed(&keyring, Class::W, &[text]).len();
        let text = "x".repeat(200);
        for bytes in 1..=200 {
            let blocks = bytes / BLOCK_BYTES + 1;
            assert_eq!(length(&text[..bytes]), HEAD_BYTES + BLOCKS_BYTES + blocks * BLOCK_BYTES + TAG_BYTES);
            assert_eq!(
                length(&text[..bytes]),
                length(&text[..bytes / BLOCK_BYTES * BLOCK_BYTES + 1]),
                "{bytes}"
            );
        }
        let mut plain = [0; 2 * BLOCK_BYTES];
        assert_eq!(unpadded(&plain), None, "no end");
        plain[BLOCK_BYTES] = END;
        assert_eq!(unpadded(&plain).map(str::len), Some(BLOCK_BYTES));
        assert_eq!(unpadded(&plain[..BLOCK_BYTES]), None);
        plain[2 * BLOCK_BYTES - 1] = 1;
        assert_eq!(unpadded(&plain), None, "something behind the end");
        plain = [0; 2 * BLOCK_BYTES];
        plain[BLOCK_BYTES - 1] = END;
        assert_eq!(unpadded(&plain), None, "a block too many");
    }

    #[test]
    fn a_record_of_too_many_disclosures_is_refused_by_name_and_the_limit_is_not() {
        let texts = vec!["w"; MAX_DISCLOSURES + 1];
        let seal = |count: usize| seal_batch(&keyring(), "o", 0, &[entry(Class::W, &texts[..count])]);
        assert!(seal(MAX_DISCLOSURES).is_ok());
        let found = MAX_DISCLOSURES + 1;
        assert_eq!(seal(found).err(), Some(SealFault::TooMany { at: 0, found }));
        let empty = seal_batch(&keyring(), "o", 0, &[entry(Class::W, &[""])]);
        assert_eq!(empty.err(), Some(SealFault::Malformed { at: 0 }));
    }
}
