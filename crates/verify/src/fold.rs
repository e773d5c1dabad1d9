//! What depends on the entries before: chain, tree, checkpoints, keys in force, sequences. One pass, in order.

use std::io;

use daybook_event::{Anomaly, Catalogue, Continuity, Issuer, Origin, PublicKey, Registry, Standing, Token};
use daybook_tlog::{Frontier, Hash, LevelAppender};
use rayon::prelude::*;

use crate::checkpoints::CheckpointList;
use crate::entries::{Chunk, EntryFiles, Gap, Record, Surplus};
use crate::event::{Held, Looked, look};
use crate::hashes::HashStream;
use crate::locate::{Drift, MAX_DRIFT};
use crate::report::{Counts, Failure, Kind};
use crate::sealed::Sealings;
use crate::source::LogSource;

/// Most findings that are kept before it is known which of them are mere consequences.
const MAX_FINDINGS: usize = 10_000;

/// Most places from which on records are kept for comparing.
const MAX_DRIFTS: usize = 16;

/// Type of the first entry of every ledger.
const LEDGER_OPENED: &str = "ledger.opened";

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

/// An event whose key had authority, on its way to the signature and the sequence.
struct Waiting<'t, 'c> {
    record: &'t Record,
    token: &'t Token<'c>,
    /// The key to verify it with; `None` where that is done.
    key: Option<PublicKey>,
}

/// An event did not pass; the finding has been noted.
struct Failed;

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

    fn entry<'t, 'c>(&mut self, record: &'t Record, looked: &'t Looked<'c>) -> Option<Waiting<'t, 'c>> {
        let Held { entry, event } = match &looked.entry {
            Ok(held) => held,
            Err(fault) => {
                let what = format!("entry {}: {fault}", record.index);
                self.find(record, Failure::new(Kind::Entry, what));
                return None;
            }
        };
        self.chain(record, Hash(entry.prev));
        match event {
            Ok(token) => {
                let key = self.authority(record, token).ok()?;
                Some(Waiting { record, token, key })
            }
            Err(refusal) => {
                let place = refusal.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
                let what = format!("entry {}: {}{place}", record.index, refusal.code.title());
                self.find(record, Failure::new(Kind::EventForm, what));
                None
            }
        }
    }

    fn chain(&mut self, record: &Record, prev: Hash) {
        let Some(before) = self.previous else { return };
        if prev == before.leaf {
            return;
        }
        let index = record.index;
        let what = match (index.checked_sub(1), before.stored) {
            (None, _) => "entry 0: its prev is not the hash of the log's origin".to_owned(),
            (Some(last), Some(stored)) if stored == prev => {
                format!("entry {last} was changed: entry {index} and log/tiles/0 agree on another hash of it")
            }
            (Some(last), _) => format!(
                "entry {index} does not follow entry {last}: its prev is not that entry's hash; one of the two was \
                 changed, or entries between them are missing"
            ),
        };
        self.find(record, Failure::new(Kind::Chain, what));
    }

    fn sequence(&mut self, record: &Record, token: &Token<'_>) {
        let claims = token.claims();
        let anomalies =
            self.continuity.apply(record.index, &claims.iss, claims.seq, &claims.prev, &token.jwt_hash());
        for anomaly in anomalies {
            let what = match anomaly {
                Anomaly::GapOpened { .. } | Anomaly::GapClosed { .. } => continue,
                Anomaly::Fork { .. } => {
                    let head = self.continuity.head(&claims.iss);
                    let other = head.filter(|head| head.next_seq == claims.seq + 1);
                    let other = other
                        .map(|head| format!(", the other in entry {}", head.last_index))
                        .unwrap_or_default();
                    format!("{} signed two different events as its number {}{other}", claims.iss, claims.seq)
                }
                Anomaly::PrevMismatch { .. } => {
                    format!("event {} of {} does not name the event before it", claims.seq, claims.iss)
                }
            };
            let what = format!("entry {}: {what}", record.index);
            self.find(record, Failure::new(Kind::Sequence, what).producer(&claims.iss));
        }
    }

    /// The key to verify the event with; `None` if its signature was found good here, an error if it failed.
    fn authority(&mut self, record: &Record, token: &Token<'_>) -> Result<Option<PublicKey>, Failed> {
        let claims = token.claims();
        if record.index == 0 {
            return self.opening(record, token).map(|()| None);
        }
        let standing = self.registry.standing(&claims.iss, token.kid(), claims.seq);
        let why = match standing {
            Standing::InForce(key) if claims.iss.is_ledger() => {
                // It may change which keys are in force for the very next entry, so it cannot wait.
                self.signature(record, token, &key)?;
                if let Err(fault) = self.registry.apply(record.index, token) {
                    let what = format!("entry {}: {fault}", record.index);
                    self.find(record, Failure::new(Kind::Authority, what).producer(&claims.iss));
                }
                return Ok(None);
            }
            Standing::InForce(key) => return Ok(Some(key)),
            Standing::UnknownProducer => "no key was ever registered for it".to_owned(),
            Standing::UnknownKey => "the key was not registered for it at that entry".to_owned(),
            Standing::Revoked { at_entry } => format!("the key was revoked by entry {at_entry}"),
            Standing::NotForSequence => {
                format!("after a rotation the key does not sign number {}", claims.seq)
            }
        };
        let what = format!("entry {}: {} had no authority to sign it: {why}", record.index, claims.iss);
        self.find(record, Failure::new(Kind::Authority, what).producer(&claims.iss));
        Err(Failed)
    }

    /// Entry 0 names the log's keys and is signed by the governance key that it names.
    fn opening(&mut self, record: &Record, token: &Token<'_>) -> Result<(), Failed> {
        let claims = token.claims();
        let named = |member: &str| claims.data.get(member).and_then(|value| value.as_str());
        let fault = if claims.event.as_str() != LEDGER_OPENED || claims.iss != Issuer::governance() {
            Some("entry 0 is not the opening of a ledger by its governance".to_owned())
        } else if named("origin") != Some(self.origin.as_str()) {
            Some("entry 0 opens a ledger of another origin".to_owned())
        } else if named("log_vkey") != Some(self.log_vkey.as_str()) {
            Some("entry 0 names another key of the log than the policy".to_owned())
        } else {
            self.registry.apply(0, token).err().map(|fault| format!("entry 0: {fault}"))
        };
        if let Some(what) = fault {
            self.find(record, Failure::new(Kind::Authority, what).producer(&claims.iss));
            return Err(Failed);
        }
        match self.registry.standing(&claims.iss, token.kid(), claims.seq) {
            Standing::InForce(key) => self.signature(record, token, &key),
            _ => {
                let what = "entry 0 is not signed by the governance key that it names";
                self.find(record, Failure::new(Kind::Authority, what).producer(&claims.iss));
                Err(Failed)
            }
        }
    }

    fn signature(&mut self, record: &Record, token: &Token<'_>, key: &PublicKey) -> Result<(), Failed> {
        if key.verify_strict(token.signing_input(), token.signature()) {
            return Ok(());
        }
        self.bad_signature(record, token);
        Err(Failed)
    }

    /// Verifies one by one, with the reference rule, on all cores. Then come the sequences: only what a producer really
    /// signed speaks against it.
    fn signatures(&mut self, waiting: &[Waiting<'_, '_>]) {
        let good: Vec<bool> = waiting
            .par_iter()
            .map(|Waiting { token, key, .. }| {
                key.is_none_or(|key| key.verify_strict(token.signing_input(), token.signature()))
            })
            .collect();
        for (Waiting { record, token, .. }, good) in waiting.iter().zip(good) {
            if good {
                self.counts.signatures += 1;
                self.sequence(record, token);
                self.sealings.take(record.index, token);
            } else {
                self.bad_signature(record, token);
            }
        }
    }

    fn bad_signature(&mut self, record: &Record, token: &Token<'_>) {
        let issuer = &token.claims().iss;
        let what = format!("entry {}: the signature of {issuer} does not fit its event", record.index);
        self.find(record, Failure::new(Kind::Signature, what).producer(issuer));
    }

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
