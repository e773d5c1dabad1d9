//! Reading an outside list. One row at a time is in memory, one column of it is looked at, and no cell is ever repeated: such lists name people.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::{Duration, Instant};

use csv::{ByteRecord, ReaderBuilder};
use daybook_rules::reconcile::{DayForm, OutsideMonths, Unreadable};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Fault;

/// Longest row that is taken, in bytes. A longer one is a quotation mark that is never closed.
const ROW_MAX_BYTES: usize = 1 << 20;
/// Unreadable rows that are named; the others are counted.
const NAMED_MAX: usize = 20;
/// Reading that takes no longer shows no progress.
const SILENT: Duration = Duration::from_secs(1);
/// Rows between two looks at the clock.
const LOOK_EVERY_ROWS: u64 = 4_096;
/// Names of the day's column where none is given.
const DAY_COLUMNS: [&str; 2] = ["day", "date"];
/// A byte order mark, which spreadsheets put at the beginning.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The columns that are looked at.
struct Columns {
    /// The day or the month: place and name.
    day: (usize, String),
    /// The count, where there is a row for each month.
    count: Option<usize>,
}

/// Reads a list; the inner error says in sentences why it is refused.
pub(super) fn read(
    path: &Path,
    counts: bool,
    day_column: Option<&str>,
    form: &DayForm,
) -> Result<Result<OutsideMonths, Vec<String>>, Fault> {
    let place = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|e| place(&e))?;
    let length = file.metadata().map_err(|e| place(&e))?.len();
    let mut rows = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
    let mut row = ByteRecord::new();
    if !read_row(&mut rows, &mut row, path)? {
        return Ok(Err(vec![place(&"the file is empty; its first row names the columns")]));
    }
    let columns = match columns(&row, counts, day_column) {
        Ok(columns) => columns,
        Err(reason) => return Ok(Err(vec![place(&reason)])),
    };
    let width = row.len();
    let mut outside = OutsideMonths::default();
    let mut wrong = Wrong::default();
    let mut progress = Progress::new(length);
    while read_row(&mut rows, &mut row, path)? {
        let line = row.position().map_or(0, csv::Position::line);
        progress.at(rows.position().byte());
        if row.as_slice().len() > ROW_MAX_BYTES {
            return Ok(Err(vec![place(&format!(
                "line {line}: a row of more than {ROW_MAX_BYTES} bytes; is a quotation mark not closed?"
            ))]));
        }
        if row.len() != width {
            wrong.add(line, None, &format!("{} columns instead of {width}", row.len()));
        } else if let Err((column, reason)) = take(&row, &columns, &mut outside, form) {
            wrong.add(line, Some(column), &reason.to_string());
        }
    }
    progress.finish();
    Ok(if wrong.all == 0 { Ok(outside) } else { Err(wrong.sentences(path)) })
}

/// Only what went wrong is told of an error, never what was read.
fn read_row(
    rows: &mut csv::Reader<BufReader<File>>,
    row: &mut ByteRecord,
    path: &Path,
) -> Result<bool, Fault> {
    rows.read_byte_record(row).map_err(|error| {
        let line = error.position().map_or_else(String::new, |at| format!(" line {}:", at.line()));
        let reason = match error.into_kind() {
            csv::ErrorKind::Io(error) => error.to_string(),
            _ => "not CSV".to_owned(),
        };
        format!("{}:{line} {reason}", path.display()).into()
    })
}

fn columns(header: &ByteRecord, counts: bool, day_column: Option<&str>) -> Result<Columns, String> {
    let at = |wanted: &str| {
        let is = |cell: &[u8]| {
            let cell = cell.strip_prefix(BOM).unwrap_or(cell);
            std::str::from_utf8(cell).is_ok_and(|cell| cell.trim().eq_ignore_ascii_case(wanted))
        };
        let mut places = header.iter().enumerate().filter(|(_, cell)| is(cell)).map(|(place, _)| place);
        let first = places.next();
        match places.next() {
            Some(_) => Err(format!("two columns are called {wanted}")),
            None => Ok(first.map(|place| (place, wanted.to_owned()))),
        }
    };
    let wanted: Vec<&str> = match (day_column, counts) {
        (Some(name), _) => vec![name],
        (None, true) => vec!["month"],
        (None, false) => DAY_COLUMNS.to_vec(),
    };
    let mut day = None;
    for name in &wanted {
        day = day.or(at(name)?);
    }
    let day = day.ok_or_else(|| {
        format!(
            "none of the {} columns of the first row is called {}; name the column with --day-column",
            header.len(),
            wanted.join(" or ")
        )
    })?;
    let count = if counts {
        let count = at("count")?;
        Some(count.ok_or("--counts wants a column called count in the first row")?.0)
    } else {
        None
    };
    Ok(Columns { day, count })
}

/// Takes one row in; the error names the column.
fn take<'c>(
    row: &ByteRecord,
    columns: &'c Columns,
    outside: &mut OutsideMonths,
    form: &DayForm,
) -> Result<(), (&'c str, Unreadable)> {
    let text = |place: usize| row.get(place).and_then(|cell| std::str::from_utf8(cell).ok());
    let (place, name) = (columns.day.0, columns.day.1.as_str());
    match columns.count {
        None => outside.item(text(place).ok_or((name, Unreadable::NoDay))?, form).map_err(|e| (name, e)),
        Some(count) => {
            let month = text(place).ok_or((name, Unreadable::NoMonth))?;
            let count = text(count).ok_or(("count", Unreadable::NoCount))?;
            outside
                .month(month, count, form)
                .map_err(|e| (if e == Unreadable::NoCount { "count" } else { name }, e))
        }
    }
}

/// Rows that could not be read.
#[derive(Default)]
struct Wrong {
    all: u64,
    named: Vec<String>,
}

impl Wrong {
    fn add(&mut self, line: u64, column: Option<&str>, reason: &str) {
        self.all += 1;
        if self.named.len() < NAMED_MAX {
            let column = column.map(|name| format!(", column {name}")).unwrap_or_default();
            self.named.push(format!("line {line}{column}: {reason}"));
        }
    }

    fn sentences(self, path: &Path) -> Vec<String> {
        let more = self.all - self.named.len() as u64;
        let mut sentences: Vec<String> =
            self.named.iter().map(|one| format!("{}: {one}", path.display())).collect();
        if more > 0 {
            sentences.push(format!("{}: and {more} more rows that cannot be read", path.display()));
        }
        sentences
    }
}

/// A bar that shows only where reading takes long.
struct Progress {
    bar: ProgressBar,
    since: Instant,
    rows: u64,
    shown: bool,
}

impl Progress {
    fn new(length: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        if let Ok(style) =
            ProgressStyle::with_template("reading {wide_bar} {bytes}/{total_bytes}, {eta} left")
        {
            bar.set_style(style);
        }
        Self { bar, since: Instant::now(), rows: 0, shown: false }
    }

    fn at(&mut self, byte: u64) {
        self.rows += 1;
        if !self.rows.is_multiple_of(LOOK_EVERY_ROWS) {
            return;
        }
        if !self.shown && self.since.elapsed() > SILENT {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
        self.bar.set_position(byte);
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
