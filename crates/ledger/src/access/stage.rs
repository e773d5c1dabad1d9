//! The stage behind the committer that keeps index and fold of access up to date. Never in intake's way.

use std::ops::Range;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use daybook_access::{Act, Erasure, GOVERNED, links_of};
use daybook_event::disclose::assemble;
use daybook_event::entry::{parse_entry, received_at};
use daybook_event::{Catalogue, Token, TypeName, show};
use daybook_index::search::{Filter, IdentifierKey, Row, SearchError, SearchIndex, row};
use daybook_store::{Class, Keyring, ReadError, Reader, RecordFault};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use tokio::runtime::Handle as Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Eraser, ReadingFault, Shared};
use crate::metrics::Metrics;

/// Entries that are read and indexed at a time.
pub(super) const CHUNK_ENTRIES: u64 = 4_096;
/// Entries that one core parses at a time.
const PARSE_CHUNK: usize = 256;
/// How often the log is looked at where nobody says that it has grown.
const TICK: Duration = Duration::from_secs(1);
/// How often progress is logged while catching up, in entries.
const REPORT_EVERY: u64 = 262_144;

/// Reads entries as rows of the index. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RowReader {
    pub(crate) log: Reader,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) identifiers: IdentifierKey,
    pub(crate) zone: TimeZone,
}

/// An entry with its vault records as they are stored.
struct Stored {
    index: u64,
    entry: Vec<u8>,
    restricted: Vec<u8>,
    withheld: Vec<u8>,
}

impl RowReader {
    /// The rows of a range, in order.
    pub(crate) fn rows(&self, range: Range<u64>) -> Result<Vec<Row>, ReadingFault> {
        let entries = self.log.entries(range.clone());
        let restricted = self.log.vault_records(Class::R, range.clone());
        let withheld = self.log.vault_records(Class::W, range.clone());
        let stored = range.zip(entries.zip(restricted.zip(withheld))).map(|(index, (entry, (r, w)))| {
            Ok::<_, ReadError>(Stored { index, entry: entry?, restricted: r?, withheld: w? })
        });
        let stored: Vec<Stored> = stored.collect::<Result<_, _>>()?;
        let chunks: Vec<Result<Vec<Row>, ReadingFault>> =
            stored.par_chunks(PARSE_CHUNK).map(|chunk| self.parse(chunk)).collect();
        let mut rows = Vec::with_capacity(stored.len());
        for chunk in chunks {
            rows.extend(chunk?);
        }
        Ok(rows)
    }

    fn parse(&self, chunk: &[Stored]) -> Result<Vec<Row>, ReadingFault> {
        let mut keys = self.keyring.walk();
        let mut open = |index, class, record: &[u8]| {
            erased_is_empty(self.log.open_stored(&mut keys, index, class, record.to_vec()))
        };
        chunk
            .iter()
            .map(|stored| {
                let index = stored.index;
                let restricted = open(index, Class::R, &stored.restricted)?;
                let withheld = open(index, Class::W, &stored.withheld)?;
                let (catalogue, key) = (Catalogue::builtin(), &self.identifiers);
                row(index, &stored.entry, &restricted, &withheld, catalogue, key, &self.zone)
                    .map_err(|fault| ReadingFault::Entry { entry: index, reason: fault.to_string() })
            })
            .collect()
    }

    /// Applies what an entry of a governed type says.
    fn apply(&self, row: &Row, shared: &Shared) -> Result<(), ReadingFault> {
        let entry = row.index;
        let fault = |reason: String| ReadingFault::Entry { entry, reason };
        let bytes = self.log.entry(entry)?;
        let parsed = parse_entry(&bytes).map_err(|error| fault(error.to_string()))?;
        let restricted = erased_is_empty(self.log.open_record(&self.keyring, entry, Class::R))?;
        let withheld = erased_is_empty(self.log.open_record(&self.keyring, entry, Class::W))?;
        let disclosures = restricted.iter().skip(1).chain(&withheld).map(String::as_str);
        let compact = assemble(parsed.event, disclosures);
        let token = Token::parse(compact.as_bytes()).map_err(|refusal| fault(refusal.to_string()))?;
        let shown = show(&token, Catalogue::builtin()).map_err(|refusal| fault(refusal.to_string()))?;
        let claims = token.claims();
        let received = restricted.first().and_then(|intake| received_at(intake));
        let received = received.and_then(|time| time.parse::<Timestamp>().ok());
        shared.access.write().unwrap_or_else(PoisonError::into_inner).apply(&Act {
            entry,
            jti: claims.jti,
            issuer: &claims.iss,
            event: claims.event.as_str(),
            period: claims.period,
            received: received.map_or(0, Timestamp::as_second),
            matter: row.matter.map(|handle| handle.0),
            links: links_of(&shown.fields),
            fields: &shown.fields,
        });
        Ok(())
    }
}

/// What is erased is hidden, not a fault.
fn erased_is_empty(opened: Result<Vec<String>, ReadError>) -> Result<Vec<String>, ReadError> {
    match opened {
        Err(ReadError::Record { fault: RecordFault::Erased, .. }) => Ok(Vec::new()),
        other => other,
    }
}

/// Owner of the index.
pub(crate) struct AccessStage {
    pub(crate) rows: RowReader,
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
                self.eraser.rewrite(segment, &self.rows)?;
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
            let rows = self.rows.rows(entry..entry + 1)?;
            for row in &rows {
                self.rows.apply(row, &self.shared)?;
            }
        }
        self.shared.folded.send_replace(size);
        Ok(())
    }

    fn catch_up(&mut self, stop: &CancellationToken) -> Result<(), StageFault> {
        let (mut done, goal) = (self.search.size(), self.rows.log.size());
        let behind = goal.saturating_sub(done);
        while done < goal && !stop.is_cancelled() {
            let until = goal.min(done + CHUNK_ENTRIES);
            let rows = self.rows.rows(done..until)?;
            for row in rows.iter().filter(|row| GOVERNED.contains(&row.event.as_str())) {
                self.rows.apply(row, &self.shared)?;
            }
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
