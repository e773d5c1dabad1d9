//! The vault's records and the keyring's envelope, checked without any secret.

use std::io;
use std::ops::Range;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::options::{Options, Progress, Stage};
use crate::records::{Next, RecordFile, read_small};
use crate::report::{Failure, Kind, Report};
use crate::source::LogSource;

/// Largest vault record that is read, in bytes; the ledger writes none over 128 KiB.
const MAX_RECORD_BYTES: usize = 1 << 20;

/// Check and nonce.
const HEAD_BYTES: usize = 8 + 12;

/// The shortest piece: the number of its blocks, a block, and the tag. Every record has at least one.
const PIECE_BYTES: usize = 2 + 64 + 16;

/// Largest keyring that is read, in bytes.
const MAX_KEYRING_BYTES: usize = 1 << 30;

/// Records checked at a time.
const CHUNK_RECORDS: usize = 4_096;

/// How far around an entry a record that does not belong to it is looked for.
const NEIGHBOURS: u64 = 8;

#[derive(Clone, Copy)]
struct Class {
    dir: &'static str,
    letter: u8,
}

const CLASSES: [Class; 2] = [Class { dir: "vault/r", letter: b'R' }, Class { dir: "vault/w", letter: b'W' }];

struct Record {
    index: u64,
    offset: u64,
    range: Range<usize>,
}

/// Checks that there is exactly one whole record of each class for each of `size` entries.
pub(crate) fn check_vault(
    source: &dyn LogSource,
    size: u64,
    options: &Options<'_>,
    progress: &(dyn Fn(Progress) + Sync),
    report: &mut Report,
) -> io::Result<()> {
    for class in CLASSES {
        let mut file = 0;
        while file * options.entries_per_file < size {
            let first = file * options.entries_per_file;
            let entries = first..(first + options.entries_per_file).min(size);
            check_file(source, class, file, entries, options.running, report, progress, size)?;
            file += 1;
        }
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)]
fn check_file(
    source: &dyn LogSource,
    class: Class,
    number: u64,
    mut entries: Range<u64>,
    running: bool,
    report: &mut Report,
    progress: &(dyn Fn(Progress) + Sync),
    size: u64,
) -> io::Result<()> {
    let path = format!("{}/{number:09}.vlt", class.dir);
    let Some(mut file) = RecordFile::<4>::open(source, &path, MAX_RECORD_BYTES)? else {
        let what = format!("{path} is missing: it holds the records of entries {} and up", entries.start);
        report.fail(Failure::new(Kind::Vault, what).file(path).entry(entries.start));
        return Ok(());
    };
    while !entries.is_empty() {
        let mut bytes = Vec::new();
        let mut records = Vec::new();
        let mut broken = None;
        while !entries.is_empty() && records.len() < CHUNK_RECORDS && broken.is_none() {
            let start = bytes.len();
            match file.next(&mut bytes)? {
                Next::Record { offset, length } => {
                    records.push(Record { index: entries.start, offset, range: start..start + length });
                    entries.start += 1;
                }
                Next::End => broken = Some((file.offset(), "the file ends".to_owned())),
                Next::Broken { offset, why } => broken = Some((offset, why)),
            }
        }
        report.counts.vault_records += check_records(class, &path, &bytes, &records, report);
        progress(Progress { stage: Stage::Vault, done: report.counts.vault_records, total: 2 * size });
        if let Some((offset, why)) = broken {
            let class = char::from(class.letter);
            let what = format!("the {class} record of entry {} cannot be read: {why}", entries.start);
            report.fail(Failure::new(Kind::Vault, what).at(path, offset).entry(entries.start));
            return Ok(());
        }
    }
    if !running && !file.at_end()? {
        let what = "there are bytes behind the record of the last entry".to_owned();
        report.fail(Failure::new(Kind::Trailing, what).at(path, file.offset()));
    }
    Ok(())
}

/// Checks the digest of each record; how many were right.
fn check_records(class: Class, path: &str, bytes: &[u8], records: &[Record], report: &mut Report) -> u64 {
    let wrong: Vec<&Record> = records
        .par_iter()
        .filter(|record| !fits(class, record.index, &bytes[record.range.clone()]))
        .collect();
    for record in &wrong {
        let bytes = &bytes[record.range.clone()];
        let letter = char::from(class.letter);
        let near = record.index.saturating_sub(NEIGHBOURS)..record.index.saturating_add(NEIGHBOURS);
        let what = match near.clone().find(|other| fits(class, *other, bytes)) {
            Some(other) => format!(
                "where the {letter} record of entry {} belongs stands that of entry {other}",
                record.index
            ),
            None => format!(
                "the {letter} record of entry {} was changed: its bytes do not fit their check digest",
                record.index
            ),
        };
        report.fail(Failure::new(Kind::Vault, what).at(path, record.offset).entry(record.index));
    }
    (records.len() - wrong.len()) as u64
}

/// Whether a record (without its length) is whole and that of this entry and class.
fn fits(class: Class, index: u64, record: &[u8]) -> bool {
    if record.len() < HEAD_BYTES + PIECE_BYTES {
        return false;
    }
    let (check, rest) = record.split_at(8);
    let digest = Sha256::new()
        .chain_update(b"daybook vault record\n")
        .chain_update([class.letter])
        .chain_update(index.to_be_bytes())
        .chain_update(rest)
        .finalize();
    digest[..8] == *check
}

/// Checks the digest in the last line of the keyring file. What the keyring seals stays sealed.
pub(crate) fn check_keyring(source: &dyn LogSource, report: &mut Report) -> io::Result<()> {
    const PATH: &str = "keyring";
    let fail = |what: &str| Failure::new(Kind::Keyring, what).file(PATH);
    let Some(bytes) = read_small(source, PATH, MAX_KEYRING_BYTES)? else {
        report.fail(fail("the keyring is missing; without it, or a copy, no disclosure can be opened"));
        return Ok(());
    };
    if !bytes.starts_with(b"daybook-keyring v1\n") {
        report.fail(fail("the keyring does not begin as a keyring").at(PATH, 0));
        return Ok(());
    }
    // "sha256 " ‖ 64 hex digits ‖ LF
    let body = bytes.len().saturating_sub(72);
    let digest: String = Sha256::digest(&bytes[..body]).iter().map(|byte| format!("{byte:02x}")).collect();
    if bytes[body..] != *format!("sha256 {digest}\n").as_bytes() || bytes[..body].last() != Some(&b'\n') {
        report.fail(fail("the keyring was changed or cut: its bytes do not fit the digest in its last line"));
    }
    Ok(())
}
