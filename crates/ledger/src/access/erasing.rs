//! Carrying out an erasure: the key is destroyed, and the index forgets what it had of the record.
//!
//! The event comes first. Once it is durable the erasure is certain: if the process dies before the keys are gone, the next start finds the event
//! and destroys them then.

use std::collections::BTreeSet;
use std::sync::Arc;

use daybook_access::Part;
use daybook_event::OsEntropy;
use daybook_index::search::{SearchError, SearchIndex};
use daybook_store::{Class, Disk, KEYRING, Keyring, KeyringError, KeyringLock};
use tracing::info;

use super::ReadingFault;
use super::stage::{Erased, RowReader};
use crate::findings::FindingsDesk;

/// Keys that are destroyed in one durable step.
const KEYS_PER_STEP: usize = 4_096;
/// How often a segment that grows meanwhile is read again.
const REWRITE_TRIES: usize = 100;

/// Why an erasure was not carried out in full. Its event stands; it is done again at the next start.
#[derive(Debug, thiserror::Error)]
pub enum EraseFault {
    /// The keyring could not be written.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The index could not be written anew.
    #[error(transparent)]
    Index(#[from] SearchError),
    /// The last segment grew each time that it was to be written.
    #[error("the index grows too fast to be written anew")]
    Busy,
    /// What is left of the records could not be read.
    #[error(transparent)]
    Read(#[from] ReadingFault),
}

/// Destroys keys. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Eraser {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) disk: Arc<Disk>,
    pub(crate) lock: Arc<dyn KeyringLock>,
    pub(crate) rows: RowReader,
    pub(crate) search: Arc<SearchIndex>,
    pub(crate) findings: FindingsDesk,
}

impl Eraser {
    /// Has the index forget these parts, destroys their keys, syncs, and has the findings computed anew without them. What is destroyed already is left
    /// alone: the index goes first, so where a key is gone the index has forgotten too.
    pub(crate) fn carry_out(&self, parts: &[(u64, Part)]) -> Result<u64, EraseFault> {
        let alive: BTreeSet<(u64, Class)> = parts
            .iter()
            .flat_map(|(entry, part)| classes(*part).iter().map(|class| (*entry, *class)))
            .filter(|(entry, class)| self.keyring.is_alive(*entry, *class))
            .collect();
        if alive.is_empty() {
            return Ok(0);
        }
        let (size, each) = (self.search.size(), self.search.segment_entries());
        let known = alive.iter().map(|(entry, _)| *entry).filter(|entry| *entry < size);
        let segments: BTreeSet<u64> = known.map(|entry| entry / each).collect();
        for segment in segments {
            self.rewrite(segment, &|entry, class| alive.contains(&(entry, class)))?;
        }
        let targets: Vec<(u64, Class)> = alive.into_iter().collect();
        for step in targets.chunks(KEYS_PER_STEP) {
            self.keyring.erase(step, self.disk.as_ref(), KEYRING, self.lock.as_ref(), &mut OsEntropy)?;
        }
        info!(keys = targets.len(), "records were erased for good");
        self.findings.fold_anew();
        Ok(targets.len() as u64)
    }

    /// Makes a segment of the index anew from what log and vault hold, without what is to be erased.
    pub(crate) fn rewrite(&self, segment: u64, erased: Erased<'_>) -> Result<(), EraseFault> {
        // The stage may add entries to the last segment meanwhile; then it is read once more.
        for _ in 0..REWRITE_TRIES {
            let (size, each) = (self.search.size(), self.search.segment_entries());
            let rows = self.rows.rows_without(segment * each..size.min((segment + 1) * each), erased)?;
            match self.search.rewrite(segment, rows) {
                Err(SearchError::Rows { .. }) if self.search.size() != size => {}
                other => return Ok(other?),
            }
        }
        Err(EraseFault::Busy)
    }
}

fn classes(part: Part) -> &'static [Class] {
    match part {
        Part::Withheld => &[Class::W],
        Part::Restricted => &[Class::R],
        Part::All => &Class::ALL,
    }
}
