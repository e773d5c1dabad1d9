//! `daybook events export`: all events that fit, in a file that is there only when it is whole.

mod asked;
mod counting;

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use daybook_event::Jti;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::blocking::Response;
use serde_json::{Value, json};

use super::query::Which;
use crate::remote::{Connection, Purpose, Trouble, failed, read_number};
use crate::shown::plain;
use crate::{print, say};

pub(super) const HELP: &str = "\
A department takes its own events out by itself. Everybody else asks first, with --request; a second person approves, and
then the same command takes out what was approved, with --approval: the same query and purpose, up to the size that the
log had when it was asked for, as often as needed until the time is over. Each run is recorded with the approval.

The file appears with its last row, or not at all: the ledger says beforehand how many rows there are, and an answer with
fewer or more, or one that breaks off, is an error. Only you can read the file. It holds what your account may see, oldest
first. With --json the summary is printed as JSON.

Examples:
  daybook events export --request --authority audit --purpose audit --reference 2026-A-17 --month 2026-05
  daybook events export --approval JTI --purpose audit --reference 2026-A-17 --month 2026-05 --format csv --out may.csv";

/// What to do where nobody approved yet.
const UNAPPROVED: &str = "taking many events out takes two people. Ask with the same query and `daybook events export --request --authority …`; when a second person has approved, run this again with --approval and the request's identifier";
/// The header with the number of rows that follow.
const ROWS: &str = "daybook-rows";
/// The header with the size of the log up to which the export is complete.
const COMPLETE_TO: &str = "daybook-complete-to";

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line
    Jsonl,
    /// A table; what is nested stands as JSON in one column
    Csv,
}

impl Format {
    fn media_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/jsonl",
            Self::Csv => "text/csv",
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    asking: asked::Asking,
    /// The request that a second person approved
    #[arg(long, value_name = "JTI")]
    approval: Option<Jti>,
    /// The file to write; one that is there is replaced
    #[arg(long, value_name = "FILE", required_unless_present = "request")]
    out: Option<PathBuf>,
    /// How events are written
    #[arg(long, value_name = "FORMAT", required_unless_present = "request")]
    format: Option<Format>,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

/// What an answer says about itself before its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Promise {
    rows: u64,
    complete_to: String,
    read: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Trouble> {
    let body = args.which.body()?;
    let ledger = args.connection.reading(&args.purpose)?;
    let (Some(out), Some(format)) = (&args.out, args.format) else {
        return args.asking.ask(&args.connection, &ledger, body);
    };
    let approval = args.approval.map(|jti| jti.to_string());
    let path = ["v1", "events", "export"];
    let response = ledger
        .stream(&path, &Value::Object(body), format.media_type(), approval.as_deref())
        .map_err(|trouble| trouble.advised("approval-required", UNAPPROVED))?;
    let promise = write_out(response, format, out)?;
    if args.connection.json() {
        let summary = json!({
            "out": out, "rows": promise.rows, "complete_to": promise.complete_to, "read": promise.read,
        });
        print(&summary.to_string());
    } else {
        print(&format!("{} events are in {}", promise.rows, out.display()));
        say(&format!("complete up to a log of {} entries", plain(&promise.complete_to)));
        if let Some(read) = &promise.read {
            say(&format!("this read is recorded as {}", plain(read)));
        }
    }
    Ok(())
}

/// Writes an answer out. The file is renamed into place once it is whole and on disk; until then it has another name, and
/// where anything goes wrong it is removed.
fn write_out(response: Response, format: Format, out: &Path) -> Result<Promise, Trouble> {
    let promise = promised(&response)?;
    let named = |error: &dyn std::fmt::Display| failed(format!("{}: {error}", out.display()));
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let builder = || tempfile::Builder::new().prefix(".daybook-export-").suffix(".part").tempfile_in(parent);
    let file = builder().map_err(|error| named(&error))?;
    let bar = bar(promise.rows);
    let mut writer = BufWriter::new(file);
    let rows = counting::copy(response, &mut writer, format, &|rows| bar.set_position(rows));
    bar.finish_and_clear();
    let rows = rows?;
    if rows != promise.rows {
        return Err(failed(format!(
            "the export is not whole: {rows} rows came and the ledger had said {}; nothing was written, ask again",
            promise.rows
        )));
    }
    writer.flush().map_err(|error| named(&error))?;
    let file = writer.into_inner().map_err(|error| named(error.error()))?;
    file.as_file().sync_all().map_err(|error| named(&error))?;
    file.persist(out).map_err(|error| named(&error.error))?;
    Ok(promise)
}

fn promised(response: &Response) -> Result<Promise, Trouble> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let rows = header(ROWS).and_then(|rows| rows.parse().ok());
    let rows = rows.ok_or_else(|| {
        failed("the answer does not say how many rows follow, so nobody could tell whether it is whole; nothing was written")
    })?;
    let complete_to = header(COMPLETE_TO).unwrap_or_default().to_owned();
    Ok(Promise { rows, complete_to, read: read_number(response) })
}

fn bar(rows: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} events, {eta} left");
    let bar = ProgressBar::new(rows);
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}

#[cfg(test)]
mod tests;
