//! Opening a ledger. There is no other way to start, so recovery runs every day.
//!
//! First it looks: everything under the last durable checkpoint has to be there and agree, or nothing is touched and the ledger is
//! not opened. Then it mends: what is above that checkpoint is cut, since no receipt was ever given for it. That also disposes of
//! bytes that the page cache shows but a failed sync did not write.

use std::io;

use daybook_tlog::{LevelAppender, Vkey};

use crate::batch::MAX_ENTRY_BYTES;
use crate::checkpoints::{self, Last, Published};
use crate::error::{CreateError, OpenError};
use crate::keyring::{Class, Keyring};
use crate::layout::{CHECKPOINT, CHECKPOINTS, DIRS, SERIES, tile_path};
use crate::reader::Shared;
use crate::storage::Storage;
use crate::tail::{self, Tail};
use crate::writer::bytes_of;

/// What opening a ledger found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// Entries in the ledger.
    pub size: u64,
    /// The first entry that was recomputed: the beginning of the current file.
    pub checked_from: u64,
    /// Bytes cut from entry and vault files: batches that were never committed.
    pub cut_bytes: u64,
    /// Bytes of a torn record cut from the file of checkpoints.
    pub cut_checkpoint_bytes: u64,
    /// Whether `log/checkpoint` was missing or behind, as after a commit that nobody was told of.
    pub republished: bool,
}

impl Recovery {
    /// Whether the ledger had been left in good order.
    #[must_use]
    pub fn was_clean(&self) -> bool {
        self.cut_bytes == 0 && self.cut_checkpoint_bytes == 0 && !self.republished
    }
}

pub(crate) struct Recovered {
    pub(crate) levels: LevelAppender,
    pub(crate) prev: [u8; 32],
    pub(crate) note: Vec<u8>,
    pub(crate) report: Recovery,
}

/// Checks and mends the files of a ledger whose lock is held.
pub(crate) fn recover(shared: &Shared, vkey: &Vkey, keyring: &Keyring) -> Result<Recovered, OpenError> {
    let storage = &*shared.storage;
    // Look.
    let last = checkpoints::last(storage, vkey)?.ok_or(OpenError::NoCheckpoint)?;
    let size = last.checkpoint.size;
    if size == 0 {
        return Err(OpenError::NoCheckpoint);
    }
    let published = checkpoints::published(storage, vkey, &last.checkpoint)?;
    let earlier = if let Published::Behind(earlier) = &published { Some(earlier) } else { None };
    let mut tail = tail::read(shared, &last.checkpoint, earlier)?;
    let mut ends = [tail.end, 0, 0];
    for (class, end) in Class::ALL.into_iter().zip(&mut ends[1..]) {
        *end = tail::check_vault(shared, &tail, class, size)?;
    }
    tail::check_keyring(shared, &tail, size, keyring)?;
    check_older_files(shared, tail.file, size)?;

    // Mend. Dies anywhere here: the next start does it all again, from the same checkpoint.
    let republished = published != Published::Current;
    let mut mend = || -> io::Result<u64> {
        // Whoever made the files may have died before their names were durable.
        DIRS.iter().try_for_each(|dir| storage.create_dir(dir))?;
        let cut_bytes = cut(storage, tail.file, ends)?;
        mend_checkpoints(storage, &last, republished)?;
        rewrite_hashes(storage, &mut tail, size)?;
        Ok(cut_bytes)
    };
    let cut_bytes = mend().map_err(|source| OpenError::Io { doing: "mending the files", source })?;
    let (checked_from, cut_checkpoint_bytes) = (tail.start, last.torn_bytes);
    let report = Recovery { size, checked_from, cut_bytes, cut_checkpoint_bytes, republished };
    Ok(Recovered { levels: tail.levels, prev: tail.prev, note: last.note, report })
}

/// Makes sure that there is no ledger, and clears away what a creation that was cut short has left.
pub(crate) fn clear_for_creation(storage: &dyn Storage) -> Result<(), CreateError> {
    let doing = |source: io::Error| CreateError::Io { doing: "looking for a ledger", source };
    // The left-over of a first commit: one entry, its records, less than one whole checkpoint.
    let limits = [(2 + MAX_ENTRY_BYTES) as u64, u64::MAX, u64::MAX];
    for (series, limit) in SERIES.into_iter().zip(limits) {
        for name in storage.list(series.dir()).map_err(doing)? {
            let path = format!("{}/{name}", series.dir());
            let len = storage.len(&path).map_err(doing)?.unwrap_or(0);
            if path != series.path(0) || len > limit {
                return Err(CreateError::Exists { file: path });
            }
        }
    }
    if storage.len(CHECKPOINT).map_err(doing)?.is_some() {
        return Err(CreateError::Exists { file: CHECKPOINT.to_owned() });
    }
    if !checkpoints::never_had_one(storage).map_err(doing)? {
        return Err(CreateError::Exists { file: CHECKPOINTS.to_owned() });
    }
    let clear = || -> io::Result<()> {
        DIRS.iter().try_for_each(|dir| storage.create_dir(dir))?;
        let mut paths: Vec<String> = SERIES.iter().map(|series| series.path(0)).collect();
        paths.extend(storage.list("log/tiles")?.into_iter().map(|name| format!("log/tiles/{name}")));
        paths.push(CHECKPOINTS.to_owned());
        cut_each(storage, paths.iter().map(|path| (path.as_str(), 0))).map(drop)
    };
    clear().map_err(|source| CreateError::Io { doing: "clearing what an earlier attempt left", source })
}

/// Every file before the current one has to exist; what is in them is the verifier's to check.
fn check_older_files(shared: &Shared, current: u64, size: u64) -> Result<(), OpenError> {
    for series in SERIES {
        let names = shared.storage.list(series.dir());
        let names = names.map_err(|source| OpenError::Io { doing: "listing files", source })?;
        let there: std::collections::BTreeSet<u64> =
            names.iter().filter_map(|name| series.number(name)).collect();
        if let Some(missing) = (0..current).find(|file| !there.contains(file)) {
            let (file, entry) = (series.path(missing), shared.layout.start_of(missing));
            return Err(OpenError::Missing { file, entry, size });
        }
    }
    Ok(())
}

/// Cuts entries and vault records above the checkpoint, in the current file and in those begun after it.
fn cut(storage: &dyn Storage, current: u64, ends: [u64; 3]) -> io::Result<u64> {
    let mut places: Vec<(String, u64)> = Vec::new();
    for (series, end) in SERIES.into_iter().zip(ends) {
        places.push((series.path(current), end));
        let later = storage.list(series.dir())?;
        let later = later.iter().filter_map(|name| series.number(name)).filter(|&file| file > current);
        places.extend(later.map(|file| (series.path(file), 0)));
    }
    cut_each(storage, places.iter().map(|(path, end)| (path.as_str(), *end)))
}

/// Cuts files to lengths, durably, and returns how many bytes that took away. Files that are missing or shorter stay so.
fn cut_each<'a>(storage: &dyn Storage, places: impl Iterator<Item = (&'a str, u64)>) -> io::Result<u64> {
    let (mut bytes, mut changed) = (0, Vec::new());
    for (path, end) in places {
        let len = storage.len(path)?.unwrap_or(0);
        if len > end {
            storage.truncate(path, end)?;
            bytes += len - end;
            changed.push(path);
        }
    }
    // Durable before anything is appended: otherwise a power failure could mix old bytes with new.
    storage.sync(&changed)?;
    Ok(bytes)
}

/// Leaves a file of checkpoints that ends in the last record, durably, and a `log/checkpoint` that is it.
fn mend_checkpoints(storage: &dyn Storage, last: &Last, republish: bool) -> io::Result<()> {
    if last.torn_bytes > 0 {
        storage.truncate(CHECKPOINTS, last.end)?;
        storage.sync(&[CHECKPOINTS])?;
    }
    if republish {
        // The commit that wrote the last record did not come to its end, so its sync may have failed; then the record is
        // in the page cache and nowhere else, and no later sync would write it. Hence once more, as new bytes.
        let (length, note) = checkpoints::record(&last.note);
        storage.append(CHECKPOINTS, &[&length, note])?;
        storage.sync(&[CHECKPOINTS])?;
        storage.replace(CHECKPOINT, &last.note)?;
    }
    Ok(())
}

/// Writes the hashes of the current file again. They may have been lost; and even where they look right, a failed sync may have
/// left them in the page cache only.
fn rewrite_hashes(storage: &dyn Storage, tail: &mut Tail, size: u64) -> io::Result<()> {
    for name in storage.list("log/tiles")? {
        let Ok(level) = name.parse::<u8>() else { continue };
        let keep = tail.start.checked_shr(8 * u32::from(level)).unwrap_or(0) * HASH_BYTES;
        let path = tile_path(level);
        if storage.len(&path)?.unwrap_or(0) > keep {
            storage.truncate(&path, keep)?;
        }
    }
    debug_assert_eq!(tail.levels.frontier().size(), size);
    for run in tail.levels.drain_all() {
        storage.append(&tile_path(run.level), &[&bytes_of(&run.hashes)])?;
    }
    Ok(())
}

const HASH_BYTES: u64 = daybook_tlog::Hash::BYTES as u64;
