//! Figures of a running producer, for status lines and tests.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::Serialize;
use tokio::sync::Notify;

use crate::receipt::OpenedRefusal;

/// Refusals kept for showing, in refusals; all final ones are in the outbox.
const REFUSALS_SHOWN_MAX: usize = 64;

/// What a running producer has done since it started.
#[derive(Debug, Default)]
pub struct Progress {
    connected: AtomicBool,
    sent: AtomicU64,
    resent: AtomicU64,
    acknowledged: AtomicU64,
    receipts: AtomicU64,
    repeated_receipts: AtomicU64,
    invalid_receipts: AtomicU64,
    refused: AtomicU64,
    put_off: AtomicU64,
    stray_refusals: AtomicU64,
    /// Index + 1 of the highest entry receipted, 0 if none.
    last_entry: AtomicU64,
    shown: Mutex<Shown>,
    settled: Notify,
}

#[derive(Debug, Default)]
struct Shown {
    refusals: VecDeque<OpenedRefusal>,
    trouble: Option<String>,
}

/// The figures at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Whether the bus is connected.
    pub connected: bool,
    /// Events sent for the first time.
    pub sent: u64,
    /// Messages sent again.
    pub resent: u64,
    /// Messages that the bus acknowledged.
    pub acknowledged: u64,
    /// Receipts verified and kept.
    pub receipts: u64,
    /// True receipts that came again.
    pub repeated_receipts: u64,
    /// Receipts that proved nothing, forged ones among them.
    pub invalid_receipts: u64,
    /// Events refused for good.
    pub refused: u64,
    /// Refusals that may pass.
    pub put_off: u64,
    /// Refusals about no event that waits here.
    pub stray_refusals: u64,
    /// Highest ledger entry with a receipt.
    pub last_entry: Option<u64>,
    /// Why the bus does not take events, if it does not.
    pub trouble: Option<String>,
}

impl Progress {
    /// The figures now.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            connected: self.connected.load(Ordering::Relaxed),
            sent: get(&self.sent),
            resent: get(&self.resent),
            acknowledged: get(&self.acknowledged),
            receipts: get(&self.receipts),
            repeated_receipts: get(&self.repeated_receipts),
            invalid_receipts: get(&self.invalid_receipts),
            refused: get(&self.refused),
            put_off: get(&self.put_off),
            stray_refusals: get(&self.stray_refusals),
            last_entry: get(&self.last_entry).checked_sub(1),
            trouble: self.shown().trouble.clone(),
        }
    }

    /// Refusals that came since this was last asked, oldest first.
    #[must_use]
    pub fn take_refusals(&self) -> Vec<OpenedRefusal> {
        self.shown().refusals.drain(..).collect()
    }

    /// Completes at the next receipt or refusal.
    pub async fn settled(&self) {
        self.settled.notified().await;
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn connected(&self, connected: bool) {
        self.connected.store(connected, Ordering::Relaxed);
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    pub(crate) fn sent(&self, events: usize) {
        add(&self.sent, events);
    }

    pub(crate) fn resent(&self, messages: usize) {
        add(&self.resent, messages);
    }

    pub(crate) fn acknowledged(&self) {
        add(&self.acknowledged, 1);
    }

    pub(crate) fn trouble(&self, trouble: Option<String>) {
        self.shown().trouble = trouble;
    }

    pub(crate) fn accepted(&self, receipts: usize, last_entry: Option<u64>) {
        add(&self.receipts, receipts);
        if let Some(index) = last_entry {
            self.last_entry.fetch_max(index.saturating_add(1), Ordering::Relaxed);
        }
        self.settled.notify_waiters();
    }

    pub(crate) fn invalid(&self, receipts: usize) {
        add(&self.invalid_receipts, receipts);
    }

    pub(crate) fn repeated(&self, receipts: usize) {
        add(&self.repeated_receipts, receipts);
    }

    pub(crate) fn stray_refusal(&self) {
        add(&self.stray_refusals, 1);
    }

    pub(crate) fn refused(&self, refusal: OpenedRefusal) {
        add(if refusal.retry { &self.put_off } else { &self.refused }, 1);
        let mut shown = self.shown();
        if shown.refusals.len() == REFUSALS_SHOWN_MAX {
            shown.refusals.pop_front();
        }
        shown.refusals.push_back(refusal);
        drop(shown);
        self.settled.notify_waiters();
    }
}

fn add(counter: &AtomicU64, by: usize) {
    counter.fetch_add(by as u64, Ordering::Relaxed);
}
