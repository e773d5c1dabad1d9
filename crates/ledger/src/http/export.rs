//! Events written out as they are read, in bounded memory.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use bytes::Bytes;
use daybook_index::search::{Filter, Order, View};
use futures::Stream;

use super::Problem;
use super::gate::Caller;
use super::search::{bad_query, blocking, broken, unsearchable};
use crate::access::{Desk, EventView};

/// Events that are read and written at a time.
const CHUNK: usize = 256;

/// How events are written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON object a line.
    JsonLines,
    /// RFC 4180, with a header line; what is nested stands as JSON in one column.
    Csv,
}

impl Form {
    /// What the caller accepts; JSON Lines unless they ask for CSV.
    pub(super) fn asked(headers: &HeaderMap) -> Result<Self, Problem> {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
        let first = accept.split(',').next().unwrap_or_default().trim();
        match first {
            "*/*" | "application/*" | "application/jsonl" | "application/json" => Ok(Self::JsonLines),
            "text/csv" | "text/*" => Ok(Self::Csv),
            _ => Err(bad_query("Accept: this is written as application/jsonl or text/csv")),
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Where the export stands.
struct Progress {
    desk: Arc<Desk>,
    view: View,
    filter: Filter,
    size: u64,
    /// Who asked: their turn lasts until the last event is written.
    caller: Caller,
    form: Form,
    /// The last entry that was written.
    after: Option<u64>,
    started: bool,
}

/// The events that fit, oldest first. It ends with an error where one cannot be read, so that a cut answer never looks whole.
pub(super) fn stream(
    desk: Arc<Desk>,
    view: View,
    filter: Filter,
    size: u64,
    caller: Caller,
    form: Form,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let progress = Progress { desk, view, filter, size, caller, form, after: None, started: false };
    futures::stream::try_unfold(Some(progress), |progress| async {
        let Some(progress) = progress else { return Ok(None) };
        let cut = || std::io::Error::other("an event could not be read");
        blocking(move || progress.chunk()).await.map_err(|_| cut())
    })
}

impl Progress {
    fn chunk(mut self) -> Result<Option<(Bytes, Option<Self>)>, Problem> {
        let found = self
            .view
            .page(&self.filter, self.size, Order::Oldest, self.after, CHUNK)
            .map_err(|error| unsearchable(&error))?;
        let events: Vec<EventView> = found
            .entries
            .iter()
            .map(|entry| self.desk.event(*entry, self.caller.session.role).map_err(|error| broken(&error)))
            .collect::<Result<_, _>>()?;
        let text = match self.form {
            Form::JsonLines => json_lines(&events)?,
            Form::Csv => csv_rows(&events, !self.started)?,
        };
        self.started = true;
        self.after = found.entries.last().copied().or(self.after);
        let more = found.more;
        if text.is_empty() && !more {
            return Ok(None);
        }
        Ok(Some((text.into(), more.then_some(self))))
    }
}

fn json_lines(events: &[EventView]) -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    for event in events {
        serde_json::to_writer(&mut text, event).map_err(|error| broken(&error))?;
        text.push(b'\n');
    }
    Ok(text)
}

/// The columns of a CSV export.
const COLUMNS: [&str; 13] = [
    "entry",
    "jti",
    "event",
    "version",
    "issuer",
    "seq",
    "period",
    "occurred_at",
    "recorded_at",
    "received_at",
    "matter",
    "fields",
    "withheld",
];

fn csv_rows(events: &[EventView], header: bool) -> Result<Vec<u8>, Problem> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    if header {
        rows.write_record(COLUMNS).map_err(|error| broken(&error))?;
    }
    for event in events {
        let mut fields = event.fields.clone();
        let mut take = |name: &str| {
            fields.remove(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
        };
        let (occurred, recorded) = (take("occurred_at"), take("recorded_at"));
        let fields = serde_json::to_string(&fields).map_err(|error| broken(&error))?;
        rows.write_record([
            &event.entry.to_string(),
            &event.jti.to_string(),
            &event.event,
            &event.v.to_string(),
            &event.issuer,
            &event.seq.to_string(),
            &event.period,
            &occurred,
            &recorded,
            event.received_at.as_deref().unwrap_or_default(),
            event.matter.as_deref().unwrap_or_default(),
            &fields,
            &event.withheld.join(" "),
        ])
        .map_err(|error| broken(&error))?;
    }
    rows.into_inner().map_err(|error| broken(&error))
}
