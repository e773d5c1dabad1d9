//! Import: a table of rows into signed events, once each.
//!
//! The table is streamed. Events are signed in groups, and what a group's rows were is written in the same transaction
//! as their events; so an import that was killed goes on where it was, and one that is run twice changes nothing.
//! What cannot become an event is a [`Reject`]: a line number, the event, a reason and a column, never a value.

mod ink;
mod row;

use std::collections::BTreeMap;
use std::io::Read;

use csv::StringRecord;
use daybook_event::{Draft, Entropy};
use serde::Serialize;
use serde_json::{Value, json};

use crate::home::Home;
use crate::mapping::{EventRule, Mapping, MappingError};
use crate::outbox::OutboxError;
use ink::{Ink, Rehearsal};
use row::Columns;

/// Events signed in one transaction during an import, in events. The group ends with the row that reaches it.
const GROUP_EVENTS: usize = 1_024;
/// Rows read before a group ends although few of them became events, in rows.
const GROUP_ROWS: usize = 8_192;

/// Why an import stopped. What was reported as imported before is safe; run it again to go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The mapping does not fit the table.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The table could not be read.
    #[error("the table could not be read: {0}")]
    Table(String),
    /// The list of rejects could not be written.
    #[error("the rejects could not be written: {0}")]
    Rejects(std::io::Error),
}

/// Why an event of a row was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The row has more or fewer cells than the header, or is not UTF-8.
    MalformedRow,
    /// The same row was in this table before.
    RepeatedRow,
    /// A needed cell is empty.
    Missing,
    /// A cell is not a date.
    NoDate,
    /// A cell is not of the kind that the mapping says.
    WrongForm,
    /// The mapping's value map does not know the value.
    UnknownValue,
    /// The event that this one links to was not made.
    NoLink,
    /// The event may not be signed; the code of the refusal that the ledger would give.
    NotIssued(&'static str),
}

impl Reason {
    /// A stable code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::MalformedRow => "malformed-row",
            Self::RepeatedRow => "repeated-row",
            Self::Missing => "missing-value",
            Self::NoDate => "not-a-date",
            Self::WrongForm => "wrong-form",
            Self::UnknownValue => "unknown-value",
            Self::NoLink => "no-event-to-link-to",
            Self::NotIssued(code) => code,
        }
    }
}

/// An event of a row that was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Line of the table, from 1; the header is line 1.
    pub line: u64,
    /// Name of the event in the mapping; empty where the whole row was rejected.
    pub event: String,
    /// Why.
    pub reason: Reason,
    /// The column, or the field of the event, that is at fault.
    pub place: Option<String>,
}

/// What is wrong with a row, before it has a line number.
#[derive(Debug)]
struct Fault {
    reason: Reason,
    place: Option<String>,
}

impl Fault {
    fn at(reason: Reason, place: &str) -> Self {
        Self { reason, place: Some(place.to_owned()) }
    }

    fn new(reason: Reason) -> Self {
        Self { reason, place: None }
    }
}

/// Events of one kind in an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EventCounts {
    /// The type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Signed now (or, in a rehearsal, that would be).
    pub made: u64,
    /// Made from the same rows by an earlier run.
    pub already: u64,
    /// Left out because another row of this table made the one event that they share.
    pub shared: u64,
    /// Rejected.
    pub rejected: u64,
    /// Rows that the mapping's conditions pass over.
    pub not_applicable: u64,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Rows read.
    pub rows: u64,
    /// Rows rejected as a whole.
    pub rows_rejected: u64,
    /// Cells with a value that the mapping does not know, so that no event may speak of it.
    pub unknown_values: u64,
    /// Per event of the mapping.
    pub events: BTreeMap<String, EventCounts>,
    /// Numbers of the events made, from the first to before the second.
    pub numbers: (u64, u64),
}

impl ImportReport {
    /// Events made.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.events.values().map(|counts| counts.made).sum()
    }

    /// Everything in the list of rejects: rows, events, unknown values.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rows_rejected
            + self.unknown_values
            + self.events.values().map(|counts| counts.rejected).sum::<u64>()
    }

    /// Events made, by type.
    #[must_use]
    pub fn made_by_type(&self) -> BTreeMap<&str, u64> {
        let mut by_type = BTreeMap::new();
        for counts in self.events.values() {
            *by_type.entry(counts.event_type.as_str()).or_default() += counts.made;
        }
        by_type
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub struct ImportProgress {
    /// Bytes of the table read.
    pub bytes: u64,
    /// Rows read.
    pub rows: u64,
    /// Events made.
    pub events: u64,
}

/// Imports a table (CSV with a header) by a mapping.
///
/// `dry_run`: everything is done but signing for good; nothing is kept, and the report says what would be.
///
/// # Errors
/// See [`ImportError`]. Rows and events that are rejected are no error.
pub fn import(
    home: &Home,
    mapping: &Mapping,
    table: impl Read,
    dry_run: bool,
    rng: &mut dyn Entropy,
    rejects: &mut dyn FnMut(&Reject) -> std::io::Result<()>,
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<ImportReport, ImportError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table);
    let header = reader.headers().map_err(|error| ImportError::Table(error.to_string()))?.clone();
    let columns = Columns::bind(mapping, &header)?;
    let first = home.outbox().position()?.seq;
    let mut import = Import { mapping, columns, width: header.len(), first, report: ImportReport::default() };
    for event in &mapping.events {
        let counts = EventCounts { event_type: event.event_type.to_string(), ..EventCounts::default() };
        import.report.events.insert(event.name.clone(), counts);
    }
    let mut rehearsal = Rehearsal::default();
    let mut more = true;
    while more {
        let mut signer = home.signer(rng);
        more = if dry_run {
            let mut ink = rehearsal.ink(home.outbox(), &mut signer);
            import.group(&mut reader, &mut ink, rejects)?
        } else {
            home.outbox().write(&mut signer, |batch| import.group(&mut reader, batch, rejects))?
        };
        let (rows, events) = (import.report.rows, import.report.made());
        progress(ImportProgress { bytes: reader.position().byte(), rows, events });
    }
    let mut report = import.report;
    report.numbers = (first, first + report.made());
    Ok(report)
}

struct Import<'m> {
    mapping: &'m Mapping,
    columns: Columns,
    width: usize,
    /// Events with a lower number were there before this run.
    first: u64,
    report: ImportReport,
}

impl Import<'_> {
    /// Reads rows until a group is full; `false` at the end of the table.
    fn group<R: Read>(
        &mut self,
        reader: &mut csv::Reader<R>,
        ink: &mut dyn Ink,
        rejects: &mut dyn FnMut(&Reject) -> std::io::Result<()>,
    ) -> Result<bool, ImportError> {
        let mut record = StringRecord::new();
        let before = self.report.made();
        for _ in 0..GROUP_ROWS {
            let line = reader.position().line();
            let read = reader.read_record(&mut record);
            let malformed = match read {
                Ok(false) => return Ok(false),
                Ok(true) => record.len() != self.width,
                Err(error) if error.is_io_error() => return Err(ImportError::Table(error.to_string())),
                Err(_) => true,
            };
            let line = record.position().map_or(line, csv::Position::line);
            self.report.rows += 1;
            if malformed {
                self.report.rows_rejected += 1;
                let reject = Reject { line, event: String::new(), reason: Reason::MalformedRow, place: None };
                rejects(&reject).map_err(ImportError::Rejects)?;
                continue;
            }
            self.row(line, &record, ink, rejects)?;
            if self.report.made() - before >= GROUP_EVENTS as u64 {
                break;
            }
        }
        Ok(true)
    }

    fn row(
        &mut self,
        line: u64,
        record: &StringRecord,
        ink: &mut dyn Ink,
        rejects: &mut dyn FnMut(&Reject) -> std::io::Result<()>,
    ) -> Result<(), ImportError> {
        let mapping = self.mapping;
        for column in self.columns.unknown(mapping, record) {
            self.report.unknown_values += 1;
            let (reason, place) = (Reason::UnknownValue, Some(column.to_owned()));
            rejects(&Reject { line, event: String::new(), reason, place }).map_err(ImportError::Rejects)?;
        }
        // The `jti` of each event of this row, made now or before, for the links of later ones.
        let mut made: Vec<Option<String>> = Vec::with_capacity(mapping.events.len());
        for event in &mapping.events {
            let outcome = self.event(event, record, &made, ink)?;
            let counts = self.report.events.entry(event.name.clone()).or_default();
            let jti = match outcome {
                Outcome::NotApplicable => {
                    counts.not_applicable += 1;
                    None
                }
                Outcome::Already(jti) => {
                    counts.already += 1;
                    Some(jti)
                }
                Outcome::Shared(jti) => {
                    counts.shared += 1;
                    Some(jti)
                }
                Outcome::Made(jti) => {
                    counts.made += 1;
                    Some(jti)
                }
                Outcome::Rejected(Fault { reason, place }) => {
                    counts.rejected += 1;
                    let reject = Reject { line, event: event.name.clone(), reason, place };
                    rejects(&reject).map_err(ImportError::Rejects)?;
                    None
                }
            };
            made.push(jti);
        }
        Ok(())
    }

    fn event(
        &self,
        event: &EventRule,
        record: &StringRecord,
        made: &[Option<String>],
        ink: &mut dyn Ink,
    ) -> Result<Outcome, OutboxError> {
        if !self.columns.applies(event, record) {
            return Ok(Outcome::NotApplicable);
        }
        let key = match self.columns.key(self.mapping, event, record) {
            Ok(key) => key,
            Err(fault) => return Ok(Outcome::Rejected(fault)),
        };
        if let Some((seq, jti)) = ink.imported(&key)? {
            return Ok(match seq < self.first {
                true => Outcome::Already(jti),
                false if event.shared => Outcome::Shared(jti),
                false => Outcome::Rejected(Fault::new(Reason::RepeatedRow)),
            });
        }
        let fields = self
            .columns
            .fields(event, record, |value| ink.matter(&format!("{}\u{1f}{value}", self.mapping.name)))?;
        let mut fields = match fields {
            Ok(fields) => fields,
            Err(fault) => return Ok(Outcome::Rejected(fault)),
        };
        match links(event, made) {
            Ok(links) if links.is_empty() => {}
            Ok(links) => drop(fields.insert("links".into(), Value::Array(links))),
            Err(fault) => return Ok(Outcome::Rejected(fault)),
        }
        let draft = Draft { event: event.event_type.clone(), v: event.version, period: None, fields };
        match ink.sign(&draft)? {
            Ok((seq, jti)) => {
                ink.mark_imported(&key, seq, &jti)?;
                Ok(Outcome::Made(jti))
            }
            Err(fault) => Ok(Outcome::Rejected(fault)),
        }
    }
}

enum Outcome {
    NotApplicable,
    Already(String),
    Shared(String),
    Made(String),
    Rejected(Fault),
}

fn links(event: &EventRule, made: &[Option<String>]) -> Result<Vec<Value>, Fault> {
    let mut links = Vec::new();
    for link in &event.links {
        match made.get(link.to).and_then(Option::as_ref) {
            Some(jti) => links.push(json!({ "rel": link.rel, "jti": jti })),
            None if link.optional => {}
            None => return Err(Fault::new(Reason::NoLink)),
        }
    }
    Ok(links)
}
