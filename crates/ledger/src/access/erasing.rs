//! Carrying out an erasure: the keys are destroyed, and the index forgets what it had of the record.
//!
//! The event comes first. Once it is durable the erasure is certain: if the process dies before the keys are gone, the next start finds the event
//! and destroys them then.

use std::collections::BTreeSet;
use std::sync::Arc;

use daybook_access::Erasure;
use daybook_event::OsEntropy;
use daybook_index::search::{SearchError, SearchIndex};
use daybook_store::{Disk, KEYRING, Keyring, KeyringError, KeyringLock, Target};
use tracing::info;

use super::ReadingFault;
use super::slots::still_open;
use super::stage::RowReader;
use crate::entries::Handover;
use crate::findings::FindingsDesk;

/// Records and disclosures that are destroyed in one durable step.
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
    pub(crate) handover: Arc<Handover>,
}

impl Eraser {
    /// Has the index forget these records and slots, destroys their keys, syncs, and has the findings computed anew without them. What is destroyed
    /// already is left alone: the index goes first, so where a key is gone the index has forgotten too.
    pub(crate) fn carry_out(&self, erasures: &[Erasure]) -> Result<u64, EraseFault> {
        let mut alive: BTreeSet<Target> = BTreeSet::new();
        for erasure in erasures {
            alive.extend(still_open(&self.rows.entries.log, &self.keyring, erasure)?);
        }
        if alive.is_empty() {
            return Ok(0);
        }
        let targets: Vec<Target> = alive.into_iter().collect();
        // What the index is to know is what the keyring will still open.
        let left = self.rows.with_keyring(Arc::new(self.keyring.without(&targets)));
        // Nothing that was opened before is in memory when the keys go, and nothing gets there until they are gone.
        let shut = self.handover.shut();
        let (size, each) = (self.search.size(), self.search.segment_entries());
        let known = targets.iter().map(|target| target.entry).filter(|entry| *entry < size);
        let segments: BTreeSet<u64> = known.map(|entry| entry / each).collect();
        for segment in segments {
            self.rewrite(segment, &left)?;
        }
        for step in targets.chunks(KEYS_PER_STEP) {
            self.keyring.erase(step, self.disk.as_ref(), KEYRING, self.lock.as_ref(), &mut OsEntropy)?;
        }
        drop(shut);
        info!(targets = targets.len(), "records or single fields of them were erased for good");
        self.findings.fold_anew();
        Ok(targets.len() as u64)
    }

    /// Makes a segment of the index anew from what `rows` can read.
    pub(crate) fn rewrite(&self, segment: u64, rows: &RowReader) -> Result<(), EraseFault> {
        // The stage may add entries to the last segment meanwhile; then it is read once more.
        for _ in 0..REWRITE_TRIES {
            let (size, each) = (self.search.size(), self.search.segment_entries());
            let rows = rows.rows(segment * each..size.min((segment + 1) * each))?;
            match self.search.rewrite(segment, rows) {
                Err(SearchError::Rows { .. }) if self.search.size() != size => {}
                other => return Ok(other?),
            }
        }
        Err(EraseFault::Busy)
    }
}
