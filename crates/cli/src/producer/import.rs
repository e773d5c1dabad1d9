//! Importing a table by a mapping.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use daybook_event::{Catalogue, OsEntropy};
use daybook_producer::import::{ImportReport, Reject, import as import_table};
use daybook_producer::mapping::Mapping;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::desk::Desk;
use super::{EXIT_OK, EXIT_REFUSED, Failure, HomeArgs, publish, say, say_error};

const IMPORT_EXAMPLES: &str = "\
Examples:
  daybook producer import --home jail --mapping ops/mappings/travis-county-detainers.toml --dry-run detainers.csv
  daybook producer import --home jail --mapping m.toml --rejects rejects.csv --wait 600 detainers.csv

Running it twice changes nothing: rows that were imported are known and left out. The rejects file names line, event,
reason and column, never a value.";

/// Turn the rows of a table into signed events, once each.
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub(super) struct ImportArgs {
    /// The table: CSV, UTF-8, with a header
    data: PathBuf,
    /// The mapping (see ops/mappings/README.md)
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Where to write what was rejected and why, as CSV
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Say what would be made and keep nothing
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
    /// Send, and wait for the receipts, at most so many seconds
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "600")]
    wait: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

pub(super) fn import(args: &ImportArgs) -> Result<u8, Failure> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| Failure::Io { path, source }
    };
    let text = std::fs::read_to_string(&args.mapping).map_err(io(&args.mapping))?;
    let mapping = Mapping::parse(&text, Catalogue::builtin())
        .map_err(|error| Failure::Said(format!("{}: {error}", args.mapping.display())))?;
    let home = args.home.open()?;
    let table = File::open(&args.data).map_err(io(&args.data))?;
    let length = table.metadata().map_err(io(&args.data))?.len();
    let mut rejects = RejectsFile::create(args.rejects.as_deref())?;
    let bar = bar(length);
    let report = import_table(
        &home,
        &mapping,
        BufReader::new(table),
        args.dry_run,
        &mut OsEntropy,
        &mut |reject| rejects.write(reject),
        &mut |progress| {
            bar.set_position(progress.bytes);
            bar.set_message(format!("{} rows, {} events", progress.rows, progress.events));
        },
    )?;
    rejects.finish().map_err(io(args.rejects.as_deref().unwrap_or(Path::new("rejects"))))?;
    bar.finish_and_clear();
    tell(args, &report);
    if let Some(seconds) = args.wait {
        let code = publish::wait(&Desk::Own(Box::new(home)), 0..report.numbers.1, seconds)?;
        if code != EXIT_OK {
            return Ok(code);
        }
    }
    Ok(if report.rejected() > 0 { EXIT_REFUSED } else { EXIT_OK })
}

fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {bytes}/{total_bytes} {msg} {eta}") {
        bar.set_style(style);
    }
    bar
}

fn tell(args: &ImportArgs, report: &ImportReport) {
    if args.json {
        say(&json!({
            "dry_run": args.dry_run, "rows": report.rows, "rows_rejected": report.rows_rejected,
            "made": report.made(), "rejected": report.rejected(), "by_type": report.made_by_type(),
            "events": report.events, "numbers": { "from": report.numbers.0, "before": report.numbers.1 },
        })
        .to_string());
        return;
    }
    let verb = if args.dry_run { "would be made" } else { "made" };
    say(&format!("{} rows, {} events {verb}", report.rows, report.made()));
    for (event_type, count) in report.made_by_type() {
        say(&format!("  {event_type:<28} {count:>9}"));
    }
    say("by event of the mapping:");
    say(&format!(
        "  {:<16} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "event", "made", "already", "shared", "rejected", "n/a"
    ));
    for (name, counts) in &report.events {
        let (made, already, shared) = (counts.made, counts.already, counts.shared);
        let (rejected, none) = (counts.rejected, counts.not_applicable);
        say(&format!("  {name:<16} {made:>9} {already:>9} {shared:>9} {rejected:>9} {none:>9}"));
    }
    let rejected = report.rejected();
    if rejected > 0 {
        let place =
            args.rejects.as_deref().map_or("name a file with --rejects to see why".to_owned(), |path| {
                format!("see {}", path.display())
            });
        say_error(&format!("{rejected} rejected; {place}"));
    }
}

/// The list of rejects, if one was asked for.
struct RejectsFile(Option<BufWriter<File>>);

impl RejectsFile {
    fn create(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self(None)) };
        let create = || -> std::io::Result<BufWriter<File>> {
            let mut file = BufWriter::new(File::create(path)?);
            file.write_all(b"line,event,reason,place\n")?;
            Ok(file)
        };
        create().map(Some).map(Self).map_err(|source| Failure::Io { path: path.to_owned(), source })
    }

    fn write(&mut self, reject: &Reject) -> std::io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        let place = cell(reject.place.as_deref().unwrap_or(""));
        writeln!(file, "{},{},{},{place}", reject.line, cell(&reject.event), reject.reason.as_str())
    }

    fn finish(self) -> std::io::Result<()> {
        self.0.map_or(Ok(()), |mut file| file.flush())
    }
}

/// A CSV cell (RFC 4180).
fn cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
