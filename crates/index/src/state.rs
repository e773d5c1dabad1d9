//! The state that admission decides on: a fold over the log.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use daybook_event::{Anomaly, Continuity, Issuer, Origin, Registry, RegistryFault, Token};
use serde::{Deserialize, Serialize};

use crate::error::IndexError;
use crate::run::{Record, Run};
use crate::sled_index::Runs;

/// An event that the log holds under a producer's sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// The entry's index in the log.
    pub index: u64,
    /// SHA-256 of the issuer-signed JWT.
    pub hash: [u8; 32],
}

/// The part of the state that is small and stored as one snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Folds {
    pub(crate) registry: Registry,
    pub(crate) continuity: Continuity,
    /// Issuers in the order in which they first appear in the log; the position is the ordinal.
    pub(crate) producers: Vec<Issuer>,
}

impl Folds {
    pub(crate) fn new(origin: &Origin) -> Self {
        Self { registry: Registry::default(), continuity: Continuity::new(origin), producers: Vec::new() }
    }
}

/// A full segment on its way to sled.
#[derive(Debug)]
pub struct ClosedSegment {
    /// Its number: entries from `number * SEGMENT_ENTRIES` on.
    pub number: u64,
    pub(crate) run: Run,
    pub(crate) folds: Folds,
}

/// The fold over the log that admission decides on.
///
/// One owner changes it: whoever admits events. Lookups of old events read sled.
pub struct State {
    folds: Folds,
    ordinals: HashMap<Issuer, u32>,
    next_index: u64,
    tail: BTreeMap<(u32, u64, u64), [u8; 32]>,
    /// Closed segments that are perhaps not in sled yet.
    closing: Vec<Arc<ClosedSegment>>,
    /// How many segments are in sled.
    stored: Arc<AtomicU64>,
    runs: Runs,
    segment_entries: u64,
}

impl State {
    pub(crate) fn new(
        folds: Folds,
        segments: u64,
        stored: Arc<AtomicU64>,
        runs: Runs,
        segment_entries: u64,
    ) -> Self {
        let ordinals = folds.producers.iter().cloned().zip(0..).collect();
        Self {
            folds,
            ordinals,
            next_index: segments * segment_entries,
            tail: BTreeMap::new(),
            closing: Vec::new(),
            stored,
            runs,
            segment_entries,
        }
    }

    /// The index that the next entry gets.
    #[must_use]
    pub fn next_index(&self) -> u64 {
        self.next_index
    }

    /// The keys in force.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.folds.registry
    }

    /// The producers' sequences.
    #[must_use]
    pub fn continuity(&self) -> &Continuity {
        &self.folds.continuity
    }

    /// What the log holds under a producer's sequence number; more than one event only where the producer
    /// signed different events under one number.
    ///
    /// # Errors
    /// sled could not be read.
    pub fn recorded(&self, iss: &Issuer, seq: u64) -> Result<Vec<Recorded>, IndexError> {
        let Some(&producer) = self.ordinals.get(iss) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        // Asked before the runs are read: a segment stored in between is then seen twice rather than not at all.
        let loaded = self.runs.loaded();
        self.runs.find(producer, seq, &mut found)?;
        for segment in &self.closing {
            if segment.number >= loaded {
                found.extend_from_slice(segment.run.find(producer, seq));
            }
        }
        let tail = self.tail.range((producer, seq, 0)..=(producer, seq, u64::MAX));
        let older = found.into_iter().map(|r| Recorded { index: r.index, hash: r.hash });
        Ok(older.chain(tail.map(|(&(_, _, index), &hash)| Recorded { index, hash })).collect())
    }

    /// Folds in the event of the next entry.
    ///
    /// # Errors
    /// An administrative event that contradicts the registry. Nothing has changed then.
    pub fn apply(&mut self, event: &Token<'_>) -> Result<Vec<Anomaly>, RegistryFault> {
        let index = self.next_index;
        self.folds.registry.apply(index, event)?;
        let claims = event.claims();
        let hash = event.jwt_hash();
        let anomalies = self.place(&claims.iss, claims.seq, &claims.prev, &hash);
        Ok(anomalies)
    }

    /// Folds in the event of the next entry where it is known to be no administrative one.
    pub fn apply_ordinary(
        &mut self,
        iss: &Issuer,
        seq: u64,
        prev: &[u8; 32],
        hash: &[u8; 32],
    ) -> Vec<Anomaly> {
        self.place(iss, seq, prev, hash)
    }

    fn place(&mut self, iss: &Issuer, seq: u64, prev: &[u8; 32], hash: &[u8; 32]) -> Vec<Anomaly> {
        let index = self.next_index;
        let anomalies = self.folds.continuity.apply(index, iss, seq, prev, hash);
        let producer = match self.ordinals.get(iss) {
            Some(&producer) => producer,
            None => {
                let producer = u32::try_from(self.folds.producers.len()).expect("fewer than 2^32 producers");
                self.folds.producers.push(iss.clone());
                self.ordinals.insert(iss.clone(), producer);
                producer
            }
        };
        self.tail.insert((producer, seq, index), *hash);
        self.next_index += 1;
        anomalies
    }

    /// Takes out the segment that the last entry filled, for [`crate::Index::store`]. Call it after each entry;
    /// it answers only at the end of a segment.
    pub fn close_segment(&mut self) -> Option<Arc<ClosedSegment>> {
        if !self.next_index.is_multiple_of(self.segment_entries) || self.tail.is_empty() {
            return None;
        }
        let records = std::mem::take(&mut self.tail)
            .into_iter()
            .map(|((producer, seq, index), hash)| Record { producer, seq, index, hash })
            .collect();
        let number = self.next_index / self.segment_entries - 1;
        let closed =
            Arc::new(ClosedSegment { number, run: Run::from_sorted(records), folds: self.folds.clone() });
        let stored = self.stored.load(Ordering::Acquire);
        self.closing.retain(|segment| segment.number >= stored);
        self.closing.push(Arc::clone(&closed));
        Some(closed)
    }
}
