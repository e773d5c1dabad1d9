//! `daybook index`: the derived index, looked after while the service is stopped.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use daybook_ledger::access;
use daybook_ledger::open::{self, Layout, OpenLedger};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::{Fault, exit, fail, print};

/// The index is derived from log and vault: the service makes it anew by itself where it is missing, damaged or of another version. These commands do
/// it ahead, or hold it against the log, while the service is stopped.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Recompute every full segment from log and vault, and compare
    #[command(after_help = "\
Example:
  daybook index check --dir my-ledger

Exit codes: 0 everything agrees; 1 failed, for example because the service is running; 3 something differs, make it anew with
`daybook index rebuild`.")]
    Check(Args),
    /// Delete the index and make it anew
    #[command(
        after_help = "Example:\n  daybook index rebuild --dir my-ledger\n\nExit codes: 0 done; 1 failed, for example because the service is running."
    )]
    Rebuild(Args),
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: &Command) -> ExitCode {
    let result = match command {
        Command::Check(args) => check(args),
        Command::Rebuild(args) => rebuild(args),
    };
    result.unwrap_or_else(|error| fail(error.as_ref()))
}

fn check(args: &Args) -> Result<ExitCode, Fault> {
    let ledger = opened(&args.dir)?;
    let bar = bar("comparing")?;
    let checked = access::check(&ledger, &mut |done, total| show(&bar, done, total))?;
    bar.finish_and_clear();
    if args.json {
        print(
            &json!({ "segments": checked.segments, "damaged": checked.damaged, "rest": checked.rest })
                .to_string(),
        );
    } else if checked.damaged.is_empty() {
        print(&format!(
            "{} segments agree with log and vault; the last {} entries are indexed when the service starts",
            checked.segments, checked.rest
        ));
    } else {
        print(&format!(
            "{} of {} segments differ: {:?}",
            checked.damaged.len(),
            checked.segments,
            checked.damaged
        ));
    }
    Ok(if checked.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
}

fn rebuild(args: &Args) -> Result<ExitCode, Fault> {
    let index = Layout::new(&args.dir).index();
    if index.exists() {
        // Opened first: it takes the lock, so a running service keeps its index.
        drop(opened(&args.dir)?);
        std::fs::remove_dir_all(&index).map_err(|error| format!("{}: {error}", index.display()))?;
    }
    let started = Instant::now();
    let ledger = opened(&args.dir)?;
    let read = started.elapsed().as_secs_f64();
    let bar = bar("building")?;
    let entries = access::build(&ledger, &mut |done, total| show(&bar, done, total))?;
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    let rate = entries as f64 / seconds;
    if args.json {
        let report = json!({
            "entries": entries, "entries_per_second": rate.round(),
            "seconds": seconds, "reading_the_log_seconds": read,
        });
        print(&report.to_string());
    } else {
        print(&format!("{entries} entries indexed, {rate:.0} a second"));
    }
    Ok(ExitCode::SUCCESS)
}

fn opened(dir: &Path) -> Result<OpenLedger, Fault> {
    let bar = bar("reading the log")?;
    let ledger = open::open(dir, &mut |progress| show(&bar, progress.done, progress.total))?;
    bar.finish_and_clear();
    Ok(ledger)
}

fn bar(what: &str) -> Result<ProgressBar, Fault> {
    let style = ProgressStyle::with_template("{msg:16} {bar:40} {pos}/{len} {eta}")?;
    Ok(ProgressBar::new(0).with_style(style).with_message(what.to_owned()))
}

fn show(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}
