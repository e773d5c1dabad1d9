//! `daybook production verify`: every check of schemas/production.md on a ZIP or on the folder that it was unpacked into.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use daybook_production::package::ArchivePackage;
use daybook_tlog::{Policy, Vkey};
use daybook_verify::production::{
    Check, DirPackage, Fault, Outcome, PackageSource, ProductionOptions, ProductionReport, Trusted,
    verify_production,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::exit::USAGE;
use crate::table::{print_table, table};
use crate::{print, say};

/// Faults of one check that are printed; the report as JSON has more.
const MAX_PRINTED: usize = 20;

/// Arguments of `daybook production verify`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The production: its ZIP, or the folder that holds bagit.txt
    #[arg(value_name = "FILE|DIR")]
    production: PathBuf,
    /// A trust policy that you have from somewhere else than the production (C2SP tlog-policy)
    #[arg(long, value_name = "FILE", conflicts_with = "log_key")]
    policy: Option<PathBuf>,
    /// The ledger's key that you have from somewhere else than the production
    #[arg(long, value_name = "VKEY")]
    log_key: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// The help behind the options.
pub(crate) fn help() -> String {
    let mut help = "\
Nothing is asked of the ledger or of whoever made the production. Without --policy or --log-key everything is checked except
whose ledger it is: then compare the fingerprint that is printed with the one that the ledger publishes.

Examples:
  daybook production verify DAYB-26CR1187-P0001.zip --policy trust.policy
  daybook production verify ./DAYB-26CR1187-P0001 --log-key 'ledger.example/daybook+2a1c9f03+AQN1...'
  daybook production verify DAYB-26CR1187-P0001.zip --json > report.json

Exit codes, that of the first check that does not hold:
   0  everything holds (without a key from elsewhere, that one check is left open)
   1  the file or folder cannot be read
   2  wrong usage
"
    .to_owned();
    for check in Check::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(help, "  {:2}  {:14} {}", check.exit_code(), check.code(), check.title());
    }
    help.trim_end().to_owned()
}

/// Who is trusted, read from the arguments.
enum Known {
    Nothing,
    LogKey(Vkey),
    Policy(Policy),
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    let known = match known(args) {
        Ok(known) => known,
        Err(message) => {
            say(&format!("error: {message}"));
            return ExitCode::from(USAGE);
        }
    };
    let source = match open(&args.production) {
        Ok(source) => source,
        Err(error) => return crate::fail(&*error),
    };
    let trusted = match &known {
        Known::Nothing => Trusted::Nothing,
        Known::LogKey(key) => Trusted::LogKey(key),
        Known::Policy(policy) => Trusted::Policy(policy),
    };
    let options =
        ProductionOptions { threads: args.threads.map(usize::from), ..ProductionOptions::default() };
    let style = ProgressStyle::with_template("files {wide_bar} {human_pos}/{human_len}  {per_sec}  {eta}");
    let bar = ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let started = Instant::now();
    let mut report = verify_production(&*source, trusted, &options, &|progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    });
    report.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    bar.finish_and_clear();
    if args.json {
        match serde_json::to_string_pretty(&report) {
            Ok(json) => print(&json),
            Err(error) => return crate::fail(&error),
        }
    } else {
        show(&report);
    }
    ExitCode::from(report.exit_code())
}

fn known(args: &Args) -> Result<Known, String> {
    if let Some(path) = &args.policy {
        let named = |error: &dyn std::fmt::Display| format!("the policy {}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
        return Ok(Known::Policy(text.parse().map_err(|error| named(&error))?));
    }
    match &args.log_key {
        None => Ok(Known::Nothing),
        Some(key) => {
            let wrong = |error| format!("--log-key: {error}; it has the form <name>+<8 hex digits>+<base64>");
            Ok(Known::LogKey(key.parse().map_err(wrong)?))
        }
    }
}

fn open(path: &Path) -> Result<Box<dyn PackageSource>, crate::Fault> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    if !path.is_dir() {
        return Ok(Box::new(ArchivePackage::open(path).map_err(named)?));
    }
    if path.join("bagit.txt").exists() {
        return Ok(Box::new(DirPackage::open(path).map_err(named)?));
    }
    let message = "there is no bagit.txt in this folder; name the folder that holds it, or the ZIP";
    Err(format!("{}: {message}", path.display()).into())
}

/// The verdict for a person.
fn show(report: &ProductionReport) {
    let name = report.production.as_deref().unwrap_or("this production");
    match report.code {
        None => print(&format!("HOLDS  {name}")),
        Some(code) => print(&format!("DOES NOT HOLD  {name}: {} ({})", code.title(), code.code())),
    }
    if let (Some(origin), Some(size)) = (&report.origin, report.size) {
        print(&format!(
            "ledger {origin}, {size} entries; searched up to {}",
            report.searched_size.unwrap_or_default()
        ));
    }
    print("");
    let mut checks = table(&["", "CHECK", "WHAT IS CHECKED"], &[0, 1]);
    for check in &report.checks {
        let outcome = match check.outcome {
            Outcome::Held => "holds",
            Outcome::Failed => "FAILS",
            Outcome::Open => "open",
            Outcome::NotDone => "not looked at",
        };
        checks.add_row([outcome, check.code.code(), check.title]);
    }
    print_table(&checks);
    for check in report.checks.iter().filter(|check| !check.faults.is_empty()) {
        print(&format!("\n{}:", check.code.code()));
        check.faults.iter().take(MAX_PRINTED).for_each(|fault| print(&line(fault)));
        let more = check.faults.len().saturating_sub(MAX_PRINTED) as u64 + check.unlisted;
        if more > 0 {
            print(&format!("  and {more} more"));
        }
        check.remedy.iter().for_each(|remedy| print(&format!("  {remedy}")));
    }
    let counts = &report.counts;
    print(&format!(
        "\n{} records handed over, {} held back as a whole, {} on which they rest; {} signatures; {} files, {} bytes in {:.1} s",
        counts.produced,
        counts.withheld,
        counts.authority,
        counts.signatures,
        counts.files,
        counts.bytes,
        Duration::from_millis(report.duration_ms).as_secs_f64()
    ));
    print(&format!(
        "fields by slot: {} shown, {} empty, {} withheld, {} sealed, {} erased",
        counts.slots_shown,
        counts.slots_absent,
        counts.slots_withheld,
        counts.slots_sealed,
        counts.slots_erased
    ));
    for (event, count) in &report.documents {
        print(&format!("  {count:6}  {event}"));
    }
    if report.check(Check::TrustedKey).outcome == Outcome::Open
        && let (Some(key), Some(fingerprint)) = (&report.log_key, &report.fingerprint)
    {
        print(&format!(
            "\nWhose ledger it is you must decide. Compare with what the ledger publishes elsewhere:\n  key          {key}\n  fingerprint  {fingerprint}"
        ));
    }
    print("");
    report.not_proved.iter().for_each(|sentence| print(sentence));
}

fn line(fault: &Fault) -> String {
    let place = match (&fault.file, fault.index) {
        (Some(file), Some(index)) => format!("{file}, entry {index}: "),
        (Some(file), None) => format!("{file}: "),
        (None, Some(index)) => format!("entry {index}: "),
        (None, None) => String::new(),
    };
    format!("  {place}{}", fault.what)
}
