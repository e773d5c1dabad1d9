//! Recomputing the file that entries are being appended to: entries, hash chain, hashes, root, vault records.
//!
//! Files before it were checked in the same way when they were current, and their hashes were synced before they were left; a full
//! check of those is the verifier's.

use daybook_event::entry::parse_entry;
use daybook_event::hash::sha256;
use daybook_tlog::{Checkpoint, Frontier, Hash, HashReader, LevelAppender, frontier_at, leaf_hash, root_at};

use crate::error::OpenError;
use crate::frames::{Frame, FrameScan};
use crate::keyring::{Class, Keyring, Target};
use crate::layout::{Series, tile_path};
use crate::reader::{LevelFiles, Shared};
use crate::vault::{self, RecordFault};

const CHUNK_BYTES: usize = 1 << 20;

/// The entries of the current file as they should be, and where they end.
pub(crate) struct Tail {
    /// The current file.
    pub(crate) file: u64,
    /// Its first entry.
    pub(crate) start: u64,
    /// The tree at the last checkpoint; pending in it are the hashes of the entries from `start` on.
    pub(crate) levels: LevelAppender,
    /// Leaf hash of the last entry.
    pub(crate) prev: [u8; 32],
    /// Where in its file the last entry ends.
    pub(crate) end: u64,
}

/// Reads the entries of the current file up to the last checkpoint and checks them against it, and against an earlier one.
pub(crate) fn read(
    shared: &Shared,
    last: &Checkpoint,
    earlier: Option<&Checkpoint>,
) -> Result<Tail, OpenError> {
    let size = last.size;
    let file = shared.layout.file_of(size - 1);
    let start = shared.layout.start_of(file);
    let (frontier, mut prev) = before(shared, start, size)?;
    check_earlier(shared, start, earlier)?;
    let mut levels = LevelAppender::new(frontier);
    let mut scan = scan(shared, Series::Entries, file)?;
    for entry in start..size {
        let bytes = record(&mut scan, Series::Entries, file, entry, size)?;
        let bad = |reason: String| OpenError::BadEntry { file: Series::Entries.path(file), entry, reason };
        let parsed = parse_entry(bytes).map_err(|fault| bad(fault.to_string()))?;
        if parsed.prev != prev {
            return Err(bad(
                "its prev is not the hash of the entry before: one of the two was changed".to_owned()
            ));
        }
        let leaf = leaf_hash(bytes);
        prev = leaf.0;
        levels.push(leaf);
        if let Some(earlier) = earlier.filter(|earlier| earlier.size == entry + 1) {
            agree(earlier, levels.frontier().root())?;
        }
    }
    let found = levels.frontier().root();
    if found != last.root {
        let place = first_difference(shared, start, &levels);
        return Err(OpenError::RootDiffers { size, expected: last.root, found, place });
    }
    Ok(Tail { file, start, levels, prev, end: scan.position() })
}

/// Checks the vault records of the current file and returns where the last one ends.
pub(crate) fn check_vault(shared: &Shared, tail: &Tail, class: Class, size: u64) -> Result<u64, OpenError> {
    let series = Series::Vault(class);
    let mut scan = scan(shared, series, tail.file)?;
    for entry in tail.start..size {
        let bytes = record(&mut scan, series, tail.file, entry, size)?;
        if !vault::is_whole(bytes, shared.place(class, entry)) {
            let (file, fault) = (series.path(tail.file), RecordFault::Damaged);
            return Err(OpenError::BadRecord { file, entry, fault });
        }
    }
    Ok(scan.position())
}

/// Opens the last R record of the current file whose key is still there: with another ledger's keyring every new record would be lost.
pub(crate) fn check_keyring(
    shared: &Shared,
    tail: &Tail,
    size: u64,
    keyring: &Keyring,
) -> Result<(), OpenError> {
    let kept = (tail.start..size).rev().find(|&entry| keyring.is_alive(Target::record(entry, Class::R)));
    let Some(entry) = kept else { return Ok(()) };
    let file = Series::Vault(Class::R).path(tail.file);
    let record = shared.record(Series::Vault(Class::R), entry);
    let record = record.map_err(|_| OpenError::Missing { file: file.clone(), entry, size })?;
    vault::open(record, shared.place(Class::R, entry), &mut keyring.walk())
        .map(drop)
        .map_err(|fault| OpenError::BadRecord { file, entry, fault })
}

/// The tree before the current file, from the hash files, and the leaf hash of the last entry in it.
fn before(shared: &Shared, start: u64, size: u64) -> Result<(Frontier, [u8; 32]), OpenError> {
    if start == 0 {
        return Ok((Frontier::new(), sha256(&shared.origin)));
    }
    let hashes = LevelFiles(&*shared.storage);
    let read = || Ok((frontier_at(&hashes, start)?, hashes.read_hashes(0, start - 1, 1)?));
    let (frontier, last) = read().map_err(|source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::UnexpectedEof => {
            OpenError::Missing { file: tile_path(0), entry: start - 1, size }
        }
        _ => OpenError::Io { doing: "reading hashes", source },
    })?;
    Ok((frontier, last[0].0))
}

/// Compares an earlier checkpoint that ends before the current file; one that ends in it is met while the entries are read.
fn check_earlier(shared: &Shared, start: u64, earlier: Option<&Checkpoint>) -> Result<(), OpenError> {
    let Some(earlier) = earlier.filter(|earlier| earlier.size <= start) else { return Ok(()) };
    let root = root_at(&LevelFiles(&*shared.storage), earlier.size);
    agree(earlier, root.map_err(|source| OpenError::Io { doing: "reading hashes", source })?)
}

fn agree(earlier: &Checkpoint, root: Hash) -> Result<(), OpenError> {
    if earlier.root == root { Ok(()) } else { Err(OpenError::CheckpointConflict { size: earlier.size }) }
}

fn scan(shared: &Shared, series: Series, file: u64) -> Result<FrameScan, OpenError> {
    FrameScan::start(&shared.storage, series, file, 0, CHUNK_BYTES)
        .map_err(|source| OpenError::Io { doing: "reading the current file", source })
}

fn record(
    scan: &mut FrameScan,
    series: Series,
    file: u64,
    entry: u64,
    size: u64,
) -> Result<&[u8], OpenError> {
    match scan.next() {
        Ok(Frame::Record(bytes)) => Ok(bytes),
        Ok(Frame::End | Frame::Torn) => Err(OpenError::Missing { file: series.path(file), entry, size }),
        Err(source) => Err(OpenError::Io { doing: "reading the current file", source }),
    }
}

/// Names the entry where the stored leaf hashes begin to differ, if they do: a hint, since those are not synced.
fn first_difference(shared: &Shared, start: u64, levels: &LevelAppender) -> String {
    let leaves = levels.clone().drain(0);
    let stored = |entry| LevelFiles(&*shared.storage).read_hashes(0, entry, 1).ok().map(|hash| hash[0]);
    let differing = (start..).zip(leaves).find(|(entry, leaf)| stored(*entry) != Some(*leaf));
    differing
        .map_or_else(String::new, |(entry, _)| format!("; the stored hashes differ from entry {entry} on"))
}
