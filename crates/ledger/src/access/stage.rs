//! The stage behind the committer that keeps index and fold of access up to date. Never in intake's way.

use std::ops::Range;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use daybook_access::{Act, Erasure, GOVERNED, links_of};
use daybook_event::{Catalogue, TypeName};
use daybook_index::search::{Filter, IdentifierKey, Row, SearchError, SearchIndex, row};
use daybook_store::Keyring;
use jiff::tz::TimeZone;
use tokio::runtime::Handle as Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Eraser, ReadingFault, Shared};
use crate::entries::{CHUNK_ENTRIES, EntryReader, Feed, Opened, Unopened, Unread};
use crate::giving_way::give_way;
use crate::metrics::Metrics;

/// How often the log is looked at where nobody says that it has grown.
const TICK: Duration = Duration::from_secs(1);
/// How often progress is logged while catching up, in entries.
const REPORT_EVERY: u64 = 262_144;

/// Makes entries into rows of the index. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Rows {
    pub(crate) identifiers: IdentifierKey,
    pub(crate) zone: TimeZone,
}

impl Rows {
    /// The row of an entry.
    pub(crate) fn row(&self, opened: &Opened) -> Row {
        row(opened.index, &opened.said, opened.received, Catalogue::builtin(), &self.identifiers, &self.zone)
    }
}

/// Reads entries as rows of the index, from the disk. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RowReader {
    pub(crate) entries: EntryReader,
    pub(crate) rows: Rows,
}

impl RowReader {
    /// The rows of a range, in order.
    pub(crate) fn rows(&self, range: Range<u64>) -> Result<Vec<Row>, ReadingFault> {
        Ok(self.entries.each(range, |opened| self.rows.row(&opened))?)
    }

    /// The rows of entries that were fetched.
    pub(crate) fn open(&self, fetched: Unopened) -> Result<Vec<Row>, Unread> {
        self.entries.open_each(fetched, |opened| self.rows.row(&opened))
    }

    /// The same reader with other keys.
    pub(crate) fn with_keyring(&self, keyring: Arc<Keyring>) -> Self {
        Self { entries: self.entries.clone().with(keyring), rows: self.rows.clone() }
    }
}

/// Applies what an entry of a governed type says.
fn apply(opened: &Opened, row: &Row, shared: &Shared) {
    let said = &opened.said;
    shared.access.write().unwrap_or_else(PoisonError::into_inner).apply(&Act {
        entry: opened.index,
        jti: said.jti,
        issuer: &said.iss,
        event: said.event.as_str(),
        period: said.period,
        received: opened.received.unwrap_or(0),
        matter: row.matter.map(|handle| handle.0),
        links: links_of(&said.fields),
        fields: &said.fields,
    });
}

fn is_governed(opened: &Opened) -> bool {
    GOVERNED.contains(&opened.said.event.as_str())
}

/// Owner of the index.
pub(crate) struct AccessStage {
    pub(crate) feed: Feed,
    pub(crate) rows: Rows,
    pub(crate) search: Arc<SearchIndex>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) eraser: Eraser,
    /// Size of the log, told after every commit.
    pub(crate) committed: watch::Receiver<u64>,
    pub(crate) metrics: Arc<Metrics>,
}

#[derive(Debug, thiserror::Error)]
enum StageFault {
    #[error(transparent)]
    Read(#[from] ReadingFault),
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error("an erasure could not be carried out: {0}")]
    Erase(#[from] super::erasing::EraseFault),
}

impl AccessStage {
    /// Runs until `stop` is cancelled.
    pub(crate) fn run(mut self, runtime: &Runtime, stop: &CancellationToken) {
        give_way();
        if let Err(fault) = self.follow(runtime, stop) {
            // Intake goes on; nobody reads until the next start, which makes the index anew where it has to.
            error!(%fault, "the index is not kept up any more until the next start; nothing is shown meanwhile");
            self.metrics.access_behind.set(1);
        }
    }

    fn follow(&mut self, runtime: &Runtime, stop: &CancellationToken) -> Result<(), StageFault> {
        self.recall()?;
        let mut redone = false;
        while !stop.is_cancelled() {
            self.catch_up(stop)?;
            for segment in self.search.damaged() {
                warn!(segment, "a damaged segment of the auditors' index is written anew");
                self.eraser.rewrite(segment, &self.eraser.rows)?;
            }
            if !redone && !stop.is_cancelled() {
                redone = true;
                // What was ordered and not finished when a process died.
                let erasures: Vec<Erasure> = self.shared.access().erasures().collect();
                self.eraser.carry_out(&erasures)?;
            }
            runtime.block_on(async {
                // The timer is made inside: it belongs to the runtime. Whoever ends the wait, the log is looked at next.
                let grown = tokio::time::timeout(TICK, self.committed.changed());
                tokio::select! { _ = grown => {}, () = stop.cancelled() => {} }
            });
        }
        Ok(())
    }

    /// Folds what the stored index knows of accounts, approvals, seals and holds.
    fn recall(&self) -> Result<(), StageFault> {
        let size = self.search.size();
        let types: Vec<TypeName> =
            GOVERNED.iter().map(|name| name.parse().expect("a type of the catalogue")).collect();
        let view = self.search.view();
        for entry in view.all(&Filter { types, ..Filter::default() }, size)? {
            let entry = entry?;
            let opened = self.feed.entries.one(entry).map_err(ReadingFault::from)?;
            apply(&opened, &self.rows.row(&opened), &self.shared);
        }
        self.shared.folded.send_replace(size);
        Ok(())
    }

    fn catch_up(&mut self, stop: &CancellationToken) -> Result<(), StageFault> {
        let (mut done, goal) = (self.search.size(), self.feed.entries.log.size());
        let behind = goal.saturating_sub(done);
        self.feed.stand_at(done);
        while done < goal && !stop.is_cancelled() {
            let read = self.feed.next(done..goal.min(done + CHUNK_ENTRIES), |opened| {
                let row = self.rows.row(&opened);
                (row, Some(opened).filter(is_governed))
            });
            let (rows, governed): (Vec<_>, Vec<_>) = read.map_err(ReadingFault::from)?.into_iter().unzip();
            for (row, opened) in rows.iter().zip(governed) {
                opened.into_iter().for_each(|opened| apply(&opened, row, &self.shared));
            }
            let until = done + rows.len() as u64;
            self.search.absorb(rows)?;
            if behind > REPORT_EVERY && until / REPORT_EVERY > done / REPORT_EVERY {
                info!(done = until, total = goal, "building the auditors' index");
            }
            done = until;
            self.shared.folded.send_replace(done);
            self.metrics.access_size.set(i64::try_from(done).unwrap_or(i64::MAX));
        }
        Ok(())
    }
}
