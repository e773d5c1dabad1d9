//! The committer: the one writer of the log, on a thread of its own.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use daybook_index::{ClosedSegment, Index, SEGMENT_ENTRIES};
use daybook_store::{Commit, CommitError, NewEntry, Writer};
use daybook_tlog::{Hash, leaf_hash};
use tokio::sync::watch;
use tracing::{error, warn};

use super::{Accepted, AdmittedBatch, CommittedBatch};
use crate::clock::Clock;
use crate::entries::Handover;
use crate::findings::FindingsDesk;
use crate::giving_way::give_way;
use crate::metrics::Metrics;

/// Owner of the log's writer.
pub(crate) struct Committer {
    writer: Writer,
    segments: std::sync::mpsc::SyncSender<(Arc<ClosedSegment>, Hash)>,
    indexing: Option<std::thread::JoinHandle<()>>,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    /// Told after every commit.
    findings: FindingsDesk,
    /// Told the size of the log after every commit.
    committed: watch::Sender<u64>,
    /// Gets what admission understood, once it is committed.
    handover: Arc<Handover>,
}

impl Committer {
    pub(crate) fn new(
        writer: Writer,
        index: Index,
        metrics: Arc<Metrics>,
        clock: Arc<dyn Clock>,
        findings: FindingsDesk,
        committed: watch::Sender<u64>,
        handover: Arc<Handover>,
    ) -> Self {
        // One segment waits at most: the next is 65,536 events away.
        let (segments, closed) = std::sync::mpsc::sync_channel::<(Arc<ClosedSegment>, Hash)>(1);
        let indexing = std::thread::Builder::new()
            .name("index".into())
            .spawn(move || {
                give_way();
                for (segment, last_leaf) in closed {
                    if let Err(error) = index.store(&segment, &last_leaf) {
                        error!(%error, "the index fell behind; it is caught up at the next start");
                        return;
                    }
                }
            })
            .map_err(|error| warn!(%error, "no thread for the index; it is caught up at the next start"))
            .ok();
        metrics.size.set(i64::try_from(writer.size()).unwrap_or(i64::MAX));
        Self { writer, segments, indexing, metrics, clock, findings, committed, handover }
    }

    /// Commits what a batch adds. When this returns, every accepted event is on disk under a signed checkpoint.
    ///
    /// # Errors
    /// The disk failed. Nothing of the batch may be acknowledged, and the writer takes nothing more: the
    /// process has to end and start again from what the disk really holds.
    pub(crate) fn commit(&mut self, mut admitted: AdmittedBatch) -> Result<CommittedBatch, CommitError> {
        if admitted.accepted.is_empty() {
            return Ok(CommittedBatch { admitted, commit: None });
        }
        let started = Instant::now();
        let entries: Vec<NewEntry<'_>> = admitted.accepted.iter().map(new_entry).collect();
        let commit = self.writer.commit(&entries)?;
        self.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
        self.metrics.batch_size.observe(entries.len() as f64);
        self.metrics.accepted.inc_by(entries.len() as u64);
        self.metrics.size.set(i64::try_from(self.writer.size()).unwrap_or(i64::MAX));
        self.metrics.checkpoint_time.set(self.clock.now().as_millisecond() as f64 / 1_000.0);
        let (len, accepted) = (admitted.accepted.len() as u64, admitted.accepted.iter_mut());
        let understood = accepted.filter_map(|accepted| accepted.understood.take()).collect();
        self.handover.offer(commit.first_index, len, understood);
        self.findings.committed();
        self.committed.send_replace(self.writer.size());
        for (accepted, index) in admitted.accepted.iter().zip(commit.first_index..) {
            if let Some(ticket) = &accepted.ticket {
                ticket.answer(Ok(index));
            }
        }
        for segment in &admitted.closed {
            let last = (segment.number + 1) * SEGMENT_ENTRIES - 1;
            let Some(entry) = commit_entry(&commit, last) else { continue };
            let leaf = leaf_hash(entry);
            // The indexing thread may be gone after an error; the log does not depend on it.
            let _ = self.segments.send((Arc::clone(segment), leaf));
        }
        Ok(CommittedBatch { admitted, commit: Some(commit) })
    }

    /// Waits for the index to take in what is under way.
    pub(crate) fn finish(self) {
        drop(self.segments);
        if let Some(thread) = self.indexing {
            let _ = thread.join();
        }
    }
}

/// An entry of a commit by its index in the log.
pub(super) fn commit_entry(commit: &Commit, index: u64) -> Option<&[u8]> {
    commit.entries.get(usize::try_from(index.checked_sub(commit.first_index)?).ok()?)
}

fn new_entry(accepted: &Accepted) -> NewEntry<'_> {
    let part = |range: &std::ops::Range<usize>| text(&accepted.payload, range.clone());
    NewEntry {
        jwt: part(&accepted.jwt),
        intake: &accepted.intake,
        r: accepted.restricted.iter().map(part).collect(),
        w: accepted.withheld.iter().map(part).collect(),
    }
}

fn text(payload: &Bytes, range: std::ops::Range<usize>) -> &str {
    std::str::from_utf8(&payload[range]).expect("the ranges came from text that was parsed")
}
