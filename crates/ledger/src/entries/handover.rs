//! What the stages behind the committer share: a few thousand entries in memory, as they were understood, so that each is parsed once.
//!
//! They come from admission, which has understood them anyway, or from the stage that read them from the disk first. They go when every stage that is
//! near has taken them, and at once when something is erased. Intake never waits here: what does not fit, or comes while somebody else has the lock, is
//! not taken in, and the stages read it from the disk. After that nothing more is asked of admission until they have caught up, so an intake that is
//! ahead of everybody does not pay for a hand-over that nobody uses.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{EntryReader, Opened, Unread};

/// Entries held at most; some three kilobytes each.
pub(crate) const HANDOVER_ENTRIES: usize = 16_384;
/// How far from the held entries a stage may be so that they wait for it, in entries.
const NEAR_ENTRIES: u64 = 8_192;
/// Stages that there can be.
const STAGES: usize = 2;

/// Who takes entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Findings.
    Findings = 0,
    /// The auditors' index and the fold of access.
    Access = 1,
}

/// The entries that are on their way to the stages. One for a service.
#[derive(Default)]
pub(crate) struct Handover {
    held: Mutex<Held>,
    /// Whether it is worth keeping what admission understood.
    wanted: AtomicBool,
    /// Held by the stage that reads from the disk while the other is near, which waits and takes what was read.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Held {
    /// Index of the first entry that is held.
    first: u64,
    entries: VecDeque<Opened>,
    /// The entry that each stage wants next; none where there is no such stage.
    next: [Option<u64>; STAGES],
    /// Entries that are committed, as far as the hand-over was told.
    committed: u64,
    /// Erasures under way.
    erasing: usize,
    /// Raised at the beginning and at the end of every erasure: what was read before is not put here after.
    erasures: u64,
}

impl Held {
    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Takes entries in that follow on what is held, as far as there is room, or come right before it.
    fn hold(&mut self, first: u64, entries: Vec<Opened>) {
        let room = HANDOVER_ENTRIES.saturating_sub(self.entries.len());
        if self.erasing > 0 || entries.is_empty() {
            return;
        }
        if self.entries.is_empty() {
            self.first = first;
        }
        if first == self.end() {
            self.entries.extend(entries.into_iter().take(room));
        } else if first + entries.len() as u64 == self.first && entries.len() <= room {
            self.first = first;
            entries.into_iter().rev().for_each(|opened| self.entries.push_front(opened));
        }
    }

    /// Lets go of what every stage that is near has taken.
    fn let_go(&mut self) {
        let near = self.next.iter().flatten().filter(|next| **next + NEAR_ENTRIES >= self.first);
        let needed = near.min().copied().unwrap_or(u64::MAX).min(self.end());
        let taken = usize::try_from(needed.saturating_sub(self.first)).unwrap_or(0);
        self.entries.drain(..taken);
        self.first = needed.max(self.first);
    }

    /// The entries of a range, from its beginning on; none where the first is not held.
    fn find(&self, range: &Range<u64>) -> Option<Vec<Opened>> {
        let from = usize::try_from(range.start.checked_sub(self.first)?).ok()?;
        let until = usize::try_from(range.end.min(self.end()).checked_sub(self.first)?).ok()?;
        (from < until).then(|| self.entries.range(from..until).cloned().collect())
    }

    /// Whether entries that are committed from now on would be taken soon.
    fn wanted(&self) -> bool {
        let near = |next: &u64| next + NEAR_ENTRIES >= self.committed;
        let follows = self.entries.is_empty() || self.end() == self.committed;
        self.erasing == 0
            && follows
            && self.entries.len() < HANDOVER_ENTRIES
            && self.next.iter().flatten().any(near)
    }
}

impl Handover {
    /// A place for a stage. It is free again when the value is dropped.
    pub(crate) fn seat(self: &Arc<Self>, stage: Stage) -> Seat {
        Seat { handover: Arc::clone(self), stage: stage as usize }
    }

    /// Whether it is worth keeping what admission understood, for [`offer`](Self::offer). It costs nothing to ask.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// Hands over what was committed: `len` entries from `first` on, of which `entries` are those that admission kept. Never waits.
    pub(crate) fn offer(&self, first: u64, len: u64, entries: Vec<Opened>) {
        let Ok(mut held) = self.held.try_lock() else {
            // The next offer does not follow on what is held, so the stages read both from the disk.
            return self.wanted.store(false, Ordering::Relaxed);
        };
        held.committed = first + len;
        if entries.len() as u64 == len {
            held.hold(first, entries);
        }
        self.wanted.store(held.wanted(), Ordering::Relaxed);
    }

    /// Lets go of everything, and takes nothing in while the value lives: for as long as keys are being destroyed.
    pub(crate) fn shut(self: &Arc<Self>) -> Shut {
        self.change(|held| {
            held.erasing += 1;
            held.erasures += 1;
            held.entries.clear();
        });
        Shut(Arc::clone(self))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Held) -> T) -> T {
        let mut held = lock(&self.held);
        let result = change(&mut held);
        self.wanted.store(held.wanted(), Ordering::Relaxed);
        result
    }
}

/// While it lives, nothing is held in memory.
pub(crate) struct Shut(Arc<Handover>);

impl Drop for Shut {
    fn drop(&mut self) {
        self.0.change(|held| {
            held.erasing -= 1;
            held.erasures += 1;
        });
    }
}

/// The place of a stage.
pub(crate) struct Seat {
    handover: Arc<Handover>,
    stage: usize,
}

impl Seat {
    /// Says which entry is wanted next.
    pub(crate) fn stand_at(&self, next: u64) {
        self.handover.change(|held| {
            held.next[self.stage] = Some(next);
            held.let_go();
        });
    }

    /// The entries of a range, from its beginning on, at least one: from memory where the first is there, otherwise from the disk.
    ///
    /// # Errors
    /// The first entry that cannot be read.
    pub(crate) fn take(&self, range: Range<u64>, entries: &EntryReader) -> Result<Vec<Opened>, Unread> {
        self.stand_at(range.start);
        if let Some(found) = self.in_memory(&range) {
            return Ok(found);
        }
        // Who is near waits for what the other reads; who is far would find nothing of use there.
        let _turn = self.near(range.start).then(|| lock(&self.handover.turn));
        if let Some(found) = self.in_memory(&range) {
            return Ok(found);
        }
        let plan = self.plan(range);
        let read = entries.each(plan.range.clone(), |opened| opened)?;
        self.keep(&plan, &read);
        Ok(read)
    }

    /// What is to be read from the disk: nothing that is in memory.
    fn plan(&self, range: Range<u64>) -> Plan {
        let held = lock(&self.handover.held);
        let ahead = range.start < held.first && held.first < range.end && !held.entries.is_empty();
        let until = if ahead { held.first } else { range.end };
        Plan { range: range.start..until, erasures: held.erasures }
    }

    /// Keeps what was read for a stage that is near, unless something was erased since.
    fn keep(&self, plan: &Plan, read: &[Opened]) {
        let copies = if self.near(plan.range.start) { read.to_vec() } else { Vec::new() };
        self.handover.change(|held| {
            held.next[self.stage] = Some(plan.range.end);
            if held.erasures == plan.erasures {
                held.hold(plan.range.start, copies);
            }
            held.let_go();
        });
    }

    fn in_memory(&self, range: &Range<u64>) -> Option<Vec<Opened>> {
        self.handover.change(|held| {
            let found = held.find(range)?;
            held.next[self.stage] = Some(range.start + found.len() as u64);
            held.let_go();
            Some(found)
        })
    }

    /// Whether another stage is at about the same place.
    fn near(&self, from: u64) -> bool {
        let held = lock(&self.handover.held);
        let others = held.next.iter().enumerate().filter(|(stage, _)| *stage != self.stage);
        others.filter_map(|(_, next)| *next).any(|next| next.abs_diff(from) <= NEAR_ENTRIES)
    }
}

/// A piece that a stage reads from the disk.
struct Plan {
    range: Range<u64>,
    /// The count of erasures when the reading began.
    erasures: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.handover.change(|held| {
            held.next[self.stage] = None;
            held.let_go();
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
