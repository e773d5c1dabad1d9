//! Looking after the auditors' index of a ledger at rest: building it, and holding it against the log.

use std::sync::Arc;

use daybook_index::search::SearchError;

use super::ReadingFault;
use super::stage::{CHUNK_ENTRIES, RowReader};
use crate::open::OpenLedger;

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

/// Takes everything in that the index lacks; how many entries those were.
///
/// # Errors
/// [`UpkeepFault`].
pub fn build(ledger: &OpenLedger, progress: &mut dyn FnMut(u64, u64)) -> Result<u64, UpkeepFault> {
    let search = ledger.search.as_ref().ok_or(UpkeepFault::None)?;
    let (rows, from, size) = (reader(ledger)?, search.size(), ledger.writer.size());
    let mut done = from;
    while done < size {
        let until = size.min(done + CHUNK_ENTRIES);
        search.absorb(rows.rows(done..until)?)?;
        done = until;
        progress(done - from, size - from);
    }
    Ok(size - from)
}

fn reader(ledger: &OpenLedger) -> Result<RowReader, UpkeepFault> {
    let search = ledger.search.as_ref().ok_or(UpkeepFault::None)?;
    Ok(RowReader {
        log: ledger.writer.reader(),
        keyring: Arc::clone(&ledger.keyring),
        identifiers: search.identifier_key().clone(),
        zone: ledger.config.zone(),
    })
}
