//! Looking after the auditors' index of a ledger at rest: building it, and holding it against the log.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use daybook_index::search::SearchError;

use super::ReadingFault;
use super::stage::{RowReader, Rows};
use crate::entries::{CHUNK_ENTRIES, EntryReader};
use crate::open::OpenLedger;

/// Chunks that are read ahead of what is parsed, and parsed ahead of what the index takes in.
const CHUNKS_AHEAD: usize = 2;

/// Why an index could not be looked after.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepFault {
    /// The log or the vault.
    #[error(transparent)]
    Read(#[from] ReadingFault),
    /// The index.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// There is none.
    #[error("this ledger has no auditors' index: it has no key of ledger/access to record readers with")]
    None,
}

/// What looking through an index found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Full segments that were recomputed from log and vault.
    pub segments: u64,
    /// Those that differ.
    pub damaged: Vec<u64>,
    /// Entries behind the last full segment: they are indexed in memory by the running service.
    pub rest: u64,
}

/// Recomputes every full segment and compares. `progress` hears how many entries of how many are done.
///
/// # Errors
/// [`UpkeepFault`].
pub fn check(ledger: &OpenLedger, progress: &mut dyn FnMut(u64, u64)) -> Result<Checked, UpkeepFault> {
    let search = ledger.search.as_ref().ok_or(UpkeepFault::None)?;
    let (rows, each, size) = (reader(ledger)?, search.segment_entries(), search.size());
    let mut damaged = Vec::new();
    for segment in 0..search.segments() {
        let whole = rows.rows(segment * each..(segment + 1) * each)?;
        if !search.check(segment, &whole)? {
            damaged.push(segment);
        }
        progress((segment + 1) * each, size);
    }
    let rest = ledger.writer.size().saturating_sub(size);
    Ok(Checked { segments: search.segments(), damaged, rest })
}

/// Takes everything in that the index lacks; how many entries those were. One thread reads the disk, all parse what was read before, and the index
/// takes in what was parsed before that.
///
/// # Errors
/// [`UpkeepFault`].
pub fn build(ledger: &OpenLedger, progress: &mut dyn FnMut(u64, u64)) -> Result<u64, UpkeepFault> {
    let search = ledger.search.as_ref().ok_or(UpkeepFault::None)?;
    let (reader, from, size) = (reader(ledger)?, search.size(), ledger.writer.size());
    let (fetch, fetched) = sync_channel(CHUNKS_AHEAD);
    let (parse, ready) = sync_channel(CHUNKS_AHEAD);
    let rows = reader.clone();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let starts = (from..size).step_by(CHUNK_ENTRIES as usize);
            pass_on(starts.map(|start| reader.entries.fetch(start..size.min(start + CHUNK_ENTRIES))), &fetch);
        });
        scope.spawn(move || {
            pass_on(fetched.into_iter().map(|chunk| Ok::<_, ReadingFault>(rows.open(chunk?)?)), &parse);
        });
        let (mut held, mut done) = (Vec::new(), 0);
        for chunk in ready {
            held.append(&mut chunk?);
            // A whole segment at a time: nobody searches meanwhile, so what is not full needs no index of its own.
            let room = search.segment_entries() - search.size() % search.segment_entries();
            if held.len() as u64 >= room || from + done + held.len() as u64 == size {
                done += held.len() as u64;
                search.absorb(std::mem::take(&mut held))?;
            }
            progress(done + held.len() as u64, size - from);
        }
        Ok(done)
    })
}

/// Hands one after the other on, up to the first that failed, or until nobody listens any more.
fn pass_on<T, E>(chunks: impl Iterator<Item = Result<T, E>>, to: &SyncSender<Result<T, E>>) {
    for chunk in chunks {
        let last = chunk.is_err();
        if to.send(chunk).is_err() || last {
            return;
        }
    }
}

fn reader(ledger: &OpenLedger) -> Result<RowReader, UpkeepFault> {
    let search = ledger.search.as_ref().ok_or(UpkeepFault::None)?;
    let entries = EntryReader::new(ledger.writer.reader(), Arc::clone(&ledger.keyring));
    let rows = Rows { identifiers: search.identifier_key().clone(), zone: ledger.config.zone() };
    Ok(RowReader { entries, rows })
}
