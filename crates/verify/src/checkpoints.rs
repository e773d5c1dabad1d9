//! `log/checkpoint`, and every checkpoint of `log/checkpoints.log` as the entries come by.

use std::collections::VecDeque;
use std::io;

use daybook_tlog::{Checkpoint, Frontier, MAX_NOTE_BYTES, Policy, PolicyError};
use rayon::prelude::*;

use crate::records::{Next, RecordFile, read_small};
use crate::report::{Failure, Kind};
use crate::source::{Layout, LogSource};

const EVERY: &str = "log/checkpoints.log";

/// Notes verified at a time.
const CHUNK_NOTES: usize = 1_024;

/// Most failures of this one file that are kept.
const MAX_KEPT: usize = 20;

/// The checkpoint that everything is measured by.
pub(crate) struct Anchor {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) note: Vec<u8>,
}

/// Path of the latest checkpoint.
pub(crate) fn latest_path(layout: Layout) -> &'static str {
    match layout {
        Layout::Ledger => "log/checkpoint",
        Layout::Tiles => "checkpoint",
    }
}

/// Opens the latest checkpoint: under the whole policy, quorum included.
pub(crate) fn open_latest(source: &dyn LogSource, policy: &Policy) -> io::Result<Result<Anchor, Failure>> {
    let path = latest_path(source.layout());
    let fail = |what: String| Failure::new(Kind::Checkpoint, what).file(path);
    let Some(note) = read_small(source, path, MAX_NOTE_BYTES)? else {
        return Ok(Err(fail("there is no checkpoint".into())));
    };
    Ok(match policy.open_checkpoint(&note) {
        Ok(checkpoint) => Ok(Anchor { checkpoint, note }),
        Err(error) => Err(fail(error.to_string())),
    })
}

/// The last checkpoint of the log's own list that the log signed, to go on with when the latest is no good.
pub(crate) fn last_listed(source: &dyn LogSource, policy: &Policy) -> io::Result<Option<Anchor>> {
    let Some(mut file) = RecordFile::<4>::open(source, EVERY, MAX_NOTE_BYTES)? else { return Ok(None) };
    let (mut last, mut before) = (Vec::new(), Vec::new());
    loop {
        let mut note = Vec::new();
        match file.next(&mut note)? {
            Next::Record { .. } => {
                before = std::mem::replace(&mut last, note);
            }
            Next::End | Next::Broken { .. } => break,
        }
    }
    let opened = [last, before].into_iter().find_map(|note| {
        let checkpoint = policy.open_log_signed(&note).ok()?;
        Some(Anchor { checkpoint, note })
    });
    Ok(opened)
}

/// One verified checkpoint of the list.
struct Listed {
    number: u64,
    offset: u64,
    checkpoint: Checkpoint,
}

/// Where a listed checkpoint's root is not that of the entries.
pub(crate) struct Contradiction {
    pub(crate) number: u64,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// The list as a stream, verified in batches and compared with the tree as it grows.
pub(crate) struct CheckpointList<'a> {
    file: Option<RecordFile<4>>,
    policy: &'a Policy,
    anchor: &'a Anchor,
    /// Stop at the anchor, since the list may still grow.
    running: bool,
    ready: VecDeque<Listed>,
    number: u64,
    last_size: u64,
    found_anchor: bool,
    after_anchor: bool,
    broken: bool,
    pub(crate) failures: Vec<Failure>,
    pub(crate) verified: u64,
    /// Size of the last checkpoint whose root is that of the entries.
    pub(crate) agrees_at: Option<u64>,
    pub(crate) contradiction: Option<Contradiction>,
}

impl<'a> CheckpointList<'a> {
    /// Opens the list. A ledger without one fails.
    pub(crate) fn open(
        source: &dyn LogSource,
        policy: &'a Policy,
        anchor: &'a Anchor,
        running: bool,
    ) -> io::Result<Self> {
        let file = RecordFile::open(source, EVERY, MAX_NOTE_BYTES)?;
        let mut failures = Vec::new();
        if file.is_none() {
            failures
                .push(Failure::new(Kind::Checkpoint, "the list of all checkpoints is missing").file(EVERY));
        }
        Ok(Self {
            broken: file.is_none(),
            file,
            policy,
            anchor,
            running,
            ready: VecDeque::new(),
            number: 0,
            last_size: 0,
            found_anchor: false,
            after_anchor: false,
            failures,
            verified: 0,
            agrees_at: None,
            contradiction: None,
        })
    }

    /// Size of the next checkpoint of the list, if there is one.
    pub(crate) fn next_size(&mut self) -> io::Result<Option<u64>> {
        while self.ready.is_empty() && self.file.is_some() {
            self.refill()?;
        }
        Ok(self.ready.front().map(|listed| listed.checkpoint.size))
    }

    /// Compares every listed checkpoint of the tree's size with its root; the size of the next one.
    pub(crate) fn compare(&mut self, tree: &Frontier) -> io::Result<Option<u64>> {
        while self.next_size()? == Some(tree.size()) {
            let Some(listed) = self.ready.pop_front() else { break };
            if listed.checkpoint.root == tree.root() {
                self.agrees_at = Some(tree.size());
            } else if self.contradiction.is_none() {
                let Listed { number, offset, .. } = listed;
                self.contradiction = Some(Contradiction { number, offset, size: tree.size() });
            }
        }
        self.next_size()
    }

    /// Reads the rest of the list and says what is wrong with its end.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        while self.next_size()?.is_some() {
            self.ready.clear();
        }
        let latest = self.anchor.checkpoint.size;
        if self.found_anchor && self.after_anchor {
            let what = format!(
                "the list goes on to size {} behind the latest checkpoint, of size {latest}; a ledger that was stopped \
                 within a commit puts this right when it is opened",
                self.last_size
            );
            self.failures.push(Failure::new(Kind::Trailing, what).file(EVERY));
        } else if !self.found_anchor && !self.broken {
            let what = format!(
                "the latest checkpoint, of size {latest}, is not in the list of all, which ends at size {}",
                self.last_size
            );
            self.failures.push(Failure::new(Kind::Checkpoint, what).file(EVERY));
        }
        Ok(())
    }

    fn refill(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut notes: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut at_end = false;
        let mut broken = None;
        while notes.len() < CHUNK_NOTES && !at_end {
            let mut note = Vec::new();
            match file.next(&mut note)? {
                Next::Record { offset, .. } => {
                    // Of a running ledger only the part up to the checkpoint that was read first is judged.
                    at_end = self.running && same(&note, self.anchor, self.policy);
                    notes.push((offset, note));
                }
                Next::End => at_end = true,
                Next::Broken { offset, why } => {
                    at_end = true;
                    broken = Some((offset, why));
                }
            }
        }
        if at_end {
            self.file = None;
        }
        let policy = self.policy;
        let opened: Vec<Result<Checkpoint, PolicyError>> =
            notes.par_iter().map(|(_, note)| policy.open_log_signed(note)).collect();
        for ((offset, note), opened) in notes.into_iter().zip(opened) {
            self.number += 1;
            match opened {
                Ok(checkpoint) => self.accept(offset, &note, checkpoint),
                Err(error) => self.fail(offset, format!("checkpoint {} of the list: {error}", self.number)),
            }
        }
        if let Some((offset, why)) = broken {
            self.broken = true;
            let what = format!("checkpoint {} of the list cannot be read: {why}", self.number + 1);
            self.fail(offset, what);
        }
        Ok(())
    }

    fn accept(&mut self, offset: u64, note: &[u8], checkpoint: Checkpoint) {
        self.verified += 1;
        let is_anchor = same(note, self.anchor, self.policy);
        // Recovery may have written the anchor's record a second time.
        self.after_anchor = self.found_anchor && !is_anchor;
        self.found_anchor |= is_anchor;
        if checkpoint.size < self.last_size {
            let what = format!(
                "checkpoint {} of the list is of size {}, the one before it of size {}",
                self.number, checkpoint.size, self.last_size
            );
            self.fail(offset, what);
            return;
        }
        self.last_size = checkpoint.size;
        self.ready.push_back(Listed { number: self.number, offset, checkpoint });
    }

    fn fail(&mut self, offset: u64, what: String) {
        if self.failures.len() < MAX_KEPT {
            self.failures.push(Failure::new(Kind::Checkpoint, what).at(EVERY, offset));
        }
    }
}

/// Whether a note of the list is the anchor. Where there are witnesses, their lines may have been added to it since.
fn same(note: &[u8], anchor: &Anchor, policy: &Policy) -> bool {
    note == anchor.note || (!policy.witnesses().is_empty() && anchor.note.starts_with(note))
}

/// The failure for a listed checkpoint that contradicts entries which are those of the latest.
pub(crate) fn contradiction_failure(found: &Contradiction) -> Failure {
    let what = format!(
        "checkpoint {} of the list is signed, but its root is not that of the first {} entries: the log has signed two \
         histories",
        found.number, found.size
    );
    Failure::new(Kind::Checkpoint, what).at(EVERY, found.offset)
}
