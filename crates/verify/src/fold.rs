//! What depends on the entries before: chain, tree, checkpoints, keys in force, sequences. One pass, in order.

mod judging;

use std::io;

use daybook_event::{Catalogue, Continuity, Origin, Registry};
use daybook_tlog::{Frontier, Hash, LevelAppender};
use rayon::prelude::*;

use crate::checkpoints::CheckpointList;
use crate::entries::{Chunk, EntryFiles, Gap, Record, Surplus};
use crate::event::{Looked, look};
use crate::hashes::HashStream;
use crate::locate::{Drift, MAX_DRIFT};
use crate::report::{Counts, Failure, Kind};
use crate::sealed::Sealings;
use crate::source::LogSource;

/// Most findings that are kept before it is known which of them are mere consequences.
const MAX_FINDINGS: usize = 10_000;

/// Most places from which on records are kept for comparing.
const MAX_DRIFTS: usize = 16;

/// How the stored hashes of one level differ from the recomputed ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelFault {
    pub(crate) level: u8,
    /// The first hash that differs.
    pub(crate) index: u64,
    /// How many differ.
    pub(crate) count: u64,
    /// Whether it is missing rather than different.
    pub(crate) missing: bool,
}

/// Everything that the pass collects.
pub(crate) struct Fold<'a> {
    source: &'a dyn LogSource,
    files: EntryFiles,
    origin: &'a Origin,
    log_vkey: String,
    catalogue: &'a Catalogue,
    tree: LevelAppender,
    stored: Vec<HashStream<'a>>,
    registry: Registry,
    continuity: Continuity,
    previous: Option<Previous>,
    next_checkpoint: Option<u64>,
    pub(crate) list: Option<CheckpointList<'a>>,
    /// Whether every entry up to here could be read.
    pub(crate) whole: bool,
    pub(crate) findings: Vec<Failure>,
    pub(crate) level_faults: Vec<LevelFault>,
    pub(crate) drifts: Vec<Drift>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) surplus: Vec<Surplus>,
    pub(crate) sealings: Sealings,
    pub(crate) counts: Counts,
}

/// The entry before: what the next one must point at, and what the hash file says about it.
#[derive(Clone, Copy)]
struct Previous {
    leaf: Hash,
    stored: Option<Hash>,
}

impl<'a> Fold<'a> {
    pub(crate) fn new(
        source: &'a dyn LogSource,
        files: EntryFiles,
        origin: &'a Origin,
        log_vkey: String,
        catalogue: &'a Catalogue,
        list: Option<CheckpointList<'a>>,
    ) -> io::Result<Self> {
        let mut fold = Self {
            source,
            files,
            origin,
            log_vkey,
            catalogue,
            tree: LevelAppender::new(Frontier::new()),
            stored: (0..8).map(|level| HashStream::new(source, level, files.size)).collect(),
            registry: Registry::default(),
            continuity: Continuity::new(origin),
            previous: Some(Previous { leaf: Hash(origin.first_prev()), stored: None }),
            next_checkpoint: None,
            list,
            whole: true,
            findings: Vec::new(),
            level_faults: Vec::new(),
            drifts: Vec::new(),
            gaps: Vec::new(),
            surplus: Vec::new(),
            sealings: Sealings::default(),
            counts: Counts::default(),
        };
        fold.compare_checkpoints()?;
        Ok(fold)
    }

    /// The tree over the entries so far; meaningful while [`whole`](Self::whole).
    pub(crate) fn tree(&self) -> &Frontier {
        self.tree.frontier()
    }

    /// Takes in the next records.
    pub(crate) fn take(&mut self, mut chunk: Chunk) -> io::Result<()> {
        let (origin, catalogue) = (self.origin, self.catalogue);
        let looked: Vec<Looked<'_>> =
            chunk.records.par_iter().map(|record| look(chunk.entry(record), origin, catalogue)).collect();
        let stored = self.stored_leaves(&chunk.records)?;
        self.note_drift(&chunk.records, &looked, &stored);
        let mut waiting = Vec::with_capacity(looked.len());
        for (at, (record, looked)) in chunk.records.iter().zip(&looked).enumerate() {
            self.counts.entries += 1;
            waiting.extend(self.entry(record, looked));
            self.previous = Some(Previous { leaf: looked.leaf, stored: stored.get(at).copied() });
            if self.whole {
                self.tree.push(looked.leaf);
                if self.next_checkpoint == Some(self.tree.frontier().size()) {
                    self.compare_checkpoints()?;
                }
            }
        }
        self.signatures(&waiting);
        drop(waiting);
        drop(looked);
        if self.whole {
            self.compare_levels()?;
        }
        if let Some(gap) = chunk.gap.take() {
            self.whole = false;
            self.previous = None;
            self.gaps.push(gap);
        }
        self.surplus.extend(chunk.surplus.take());
        Ok(())
    }

    /// The end: what is open then.
    pub(crate) fn finish(&mut self) -> io::Result<Vec<String>> {
        if let Some(list) = &mut self.list {
            list.finish()?;
            self.counts.checkpoints = list.verified;
        }
        let mut notes = Vec::new();
        for (producer, head) in self.continuity.heads() {
            self.counts.producers += 1;
            for gap in &head.gaps {
                notes.push(match gap.end - gap.start {
                    1 => format!("{producer}: its event {} never came", gap.start),
                    _ => format!("{producer}: its events {} to {} never came", gap.start, gap.end - 1),
                });
            }
        }
        Ok(notes)
    }

    fn find(&mut self, record: &Record, failure: Failure) {
        if self.findings.len() < MAX_FINDINGS {
            let file = self.files.path_of(record.index);
            self.findings.push(failure.at(file, record.offset).entry(record.index));
        }
    }

    fn compare_checkpoints(&mut self) -> io::Result<()> {
        if let Some(list) = &mut self.list {
            self.next_checkpoint = list.compare(self.tree.frontier())?;
        }
        Ok(())
    }

    // ----- hashes -----

    /// The stored leaf hashes of the records; fewer where the hash file ends before.
    fn stored_leaves(&mut self, records: &[Record]) -> io::Result<Vec<Hash>> {
        let Some(first) = records.first() else { return Ok(Vec::new()) };
        self.stored[0].skip_to(first.index)?;
        // A chunk never spans a gap, so its records are consecutive.
        let leaves = self.stored[0].read(records.len() as u64)?;
        self.counts.hashes += leaves.len() as u64;
        if leaves.len() < records.len() {
            let missing = (records.len() - leaves.len()) as u64;
            let from = self.stored[0].position();
            self.level_fault(LevelFault { level: 0, index: from, count: missing, missing: true });
        }
        Ok(leaves)
    }

    /// Keeps the records from the first in a file that differs from the stored hash.
    fn note_drift(&mut self, records: &[Record], looked: &[Looked<'_>], stored: &[Hash]) {
        for (at, (record, looked)) in records.iter().zip(looked).enumerate() {
            let differs = stored.get(at).is_some_and(|stored| *stored != looked.leaf);
            if differs {
                self.level_fault(LevelFault { level: 0, index: record.index, count: 1, missing: false });
            }
            let file = record.index / self.files.per_file;
            if let Some(drift) = self.drifts.last_mut()
                && drift.first / self.files.per_file == file
            {
                if drift.found.len() < MAX_DRIFT {
                    drift.found.push((looked.leaf, record.offset));
                } else {
                    drift.whole = false;
                }
            } else if differs && self.drifts.len() < MAX_DRIFTS {
                let file = self.files.path_of(record.index);
                let found = vec![(looked.leaf, record.offset)];
                self.drifts.push(Drift { file, first: record.index, found, whole: true });
            }
        }
    }

    fn level_fault(&mut self, fault: LevelFault) {
        match self.level_faults.iter_mut().find(|known| known.level == fault.level) {
            Some(known) => known.count += fault.count,
            None => self.level_faults.push(fault),
        }
    }

    /// Compares the hashes of the higher levels that the last records completed.
    fn compare_levels(&mut self) -> io::Result<()> {
        for run in self.tree.drain_all() {
            if run.level == 0 {
                continue;
            }
            let Some(level) = self.stored.get_mut(usize::from(run.level)) else { continue };
            let stored = level.read(run.hashes.len() as u64)?;
            self.counts.hashes += stored.len() as u64;
            for (at, hash) in run.hashes.iter().enumerate() {
                let found = stored.get(at);
                if found != Some(hash) {
                    let index = run.start + at as u64;
                    let missing = found.is_none();
                    self.level_fault(LevelFault { level: run.level, index, count: 1, missing });
                }
            }
        }
        Ok(())
    }

    // ----- entries -----

    /// Looks for stored hashes behind the last one that belongs to the log.
    pub(crate) fn surplus_hashes(&mut self) -> io::Result<Vec<Failure>> {
        let mut failures = Vec::new();
        for level in &mut self.stored {
            if level.position() == level.expected() && level.has_surplus()? {
                let (file, offset) = level.place(level.expected());
                let what = "there are bytes behind the last hash".to_owned();
                failures.push(Failure::new(Kind::Trailing, what).at(file, offset));
            }
        }
        Ok(failures)
    }

    /// Where a stored hash lies.
    pub(crate) fn hash_place(&self, level: u8, index: u64) -> (String, u64) {
        HashStream::new(self.source, level, self.files.size).place(index)
    }
}
