//! `daybook verify`: checks a ledger or a receipt without trusting anybody.

mod web;

use std::fmt::Write as _;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use daybook_tlog::Policy;
use daybook_verify::{
    DirSource, Kind, LogSource, MAX_RECEIPT_BYTES, Options, Progress, Report, Sealings, Stage, verify_log,
    verify_receipt,
};
use indicatif::{ProgressBar, ProgressStyle};

use zeroize::Zeroizing;

use crate::exit::USAGE;
use crate::remote::read_token;
use crate::{print, say};
use web::WebSource;

/// What to verify.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Recompute a whole log from its bytes: a ledger's directory, a static copy of the log, or its address
    #[command(after_help = log_help())]
    Log(LogArgs),
    /// Check the proof that a receipt carries
    #[command(after_help = RECEIPT_HELP)]
    Receipt(ReceiptArgs),
}

/// Arguments of `daybook verify log`.
#[derive(Args)]
pub(crate) struct LogArgs {
    /// A ledger's directory, a directory made by `daybook log export`, or an http(s) address
    #[arg(value_name = "DIR|URL")]
    source: String,
    /// The trust policy: the log's key and the witnesses (C2SP tlog-policy). Take it from somewhere else than the log
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// The directory is a copy of the log without vault and keyring
    #[arg(long)]
    log_only: bool,
    /// Leave alone what lies beyond the checkpoint, as for a ledger that is running [default: found out from its lock]
    #[arg(long)]
    running: bool,
    /// Bearer token for an address that asks for one
    #[arg(long, value_name = "TOKEN", env = "DAYBOOK_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// File with the token of your account, for an address that asks for one; nobody else may be able to read it
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    token_file: Option<PathBuf>,
    /// Trust this authority's certificates (PEM) and no others, for an https address
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// Arguments of `daybook verify receipt`.
#[derive(Args)]
pub(crate) struct ReceiptArgs {
    /// The receipt; - for standard input
    file: PathBuf,
    /// The trust policy: the log's key and the witnesses (C2SP tlog-policy)
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Print the verdict as JSON
    #[arg(long)]
    json: bool,
}

const RECEIPT_HELP: &str = "\
Examples:
  daybook verify receipt 4212.receipt --policy trust.policy

Exit codes: 0 the log holds the entry, 2 wrong usage, 21 the receipt proves nothing";

fn log_help() -> String {
    let mut help = "\
Examples:
  daybook verify log /srv/daybook --policy trust.policy
  daybook verify log /mnt/export --policy trust.policy --json
  daybook verify log https://ledger.example/ --policy trust.policy --token-file a-0009.token --ca city.pem

Exit codes, that of the first failure:
   0  everything holds
   2  wrong usage
"
    .to_owned();
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Receipt) {
        // Writing to a string cannot fail.
        let _ = writeln!(help, "  {:2}  {}", kind.exit_code(), kind.title());
    }
    help + "Gaps in a producer's sequence, and entries that the ledger sealed or erased, are reported and do not fail."
}

/// Runs one of the commands.
pub(crate) fn run(command: Command) -> ExitCode {
    match command {
        Command::Log(args) => log(&args),
        Command::Receipt(args) => receipt(&args),
    }
}

fn usage(message: &str) -> ExitCode {
    say(&format!("error: {message}"));
    ExitCode::from(USAGE)
}

fn read_policy(path: &Path) -> Result<Policy, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("the policy {}: {error}", path.display()))?;
    text.parse().map_err(|error| format!("the policy {}: {error}", path.display()))
}

// ----- log -----

fn log(args: &LogArgs) -> ExitCode {
    let policy = match read_policy(&args.policy) {
        Ok(policy) => policy,
        Err(message) => return usage(&message),
    };
    let (source, running) = match open_source(args) {
        Ok(opened) => opened,
        Err(message) => return usage(&message),
    };
    let options = Options {
        threads: args.threads.map(usize::from),
        running: args.running || running,
        vault: !args.log_only,
        ..Options::default()
    };
    if running && !args.running {
        say("The ledger is running: what it adds beyond its latest checkpoint is not judged.");
    }
    let bar = ProgressBar::no_length().with_style(style());
    let started = Instant::now();
    let mut report = verify_log(&*source, &policy, &options, &|progress| show(&bar, progress));
    report.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    bar.finish_and_clear();
    if args.json {
        match serde_json::to_string_pretty(&report) {
            Ok(json) => print(&json),
            Err(error) => return crate::fail(&error),
        }
    } else {
        print(&describe(&report));
    }
    ExitCode::from(report.exit_code())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:8} {wide_bar} {human_pos}/{human_len}  {per_sec}  {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_message(match progress.stage {
        Stage::Entries => "entries",
        Stage::Vault => "vault",
    });
    bar.set_length(progress.total);
    bar.set_position(progress.done);
}

/// The verdict for a person.
fn describe(report: &Report) -> String {
    let counts = &report.counts;
    let mut text = String::new();
    let size = report.size.map_or_else(|| "no checkpoint".to_owned(), |size| format!("{size} entries"));
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    if report.ok {
        line(format!("VERIFIED  {}, {size}", report.origin));
    } else {
        let wrong = report.failures.len() as u64 + report.unlisted_failures;
        line(format!("NOT VERIFIED  {}, {size}: {wrong} found wrong", report.origin));
    }
    if let Some(root) = &report.root {
        line(format!("root      {root}"));
    }
    line(format!(
        "looked at {} entries, {} signatures of {} producers, {} checkpoints, {} hashes, {} vault records in {:.1} s",
        counts.entries,
        counts.signatures,
        counts.producers,
        counts.checkpoints,
        counts.hashes,
        counts.vault_records,
        Duration::from_millis(report.duration_ms).as_secs_f64()
    ));
    for (number, failure) in report.failures.iter().enumerate() {
        line(format!("\n{}. {}", number + 1, failure.what));
        let place = match (&failure.file, failure.offset) {
            (Some(file), Some(offset)) => format!("{file}, byte {offset}"),
            (Some(file), None) => file.clone(),
            (None, _) => continue,
        };
        line(format!("   {place}"));
    }
    if report.unlisted_failures > 0 {
        line(format!("\nand {} more", report.unlisted_failures));
    }
    for sealed in sealed_lines(&report.sealings) {
        line(sealed);
    }
    for note in &report.notes {
        line(format!("note: {note}"));
    }
    if report.unlisted_notes > 0 {
        line(format!("note: and {} more notes", report.unlisted_notes));
    }
    text.truncate(text.trim_end().len());
    text
}

/// What was sealed and erased, a line for each run of entries.
fn sealed_lines(sealings: &Sealings) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for sealed in &sealings.listed {
        let entries = match sealed.last - sealed.first {
            0 => format!("entry {}", sealed.first),
            _ => format!("entries {} to {}", sealed.first, sealed.last),
        };
        let part = match sealed.part {
            "all" => "all fields that are not public",
            "restricted" => "restricted fields",
            _ => "withheld fields",
        };
        let authority = sealed.authority.replace('_', " ");
        let part = match sealed.slots.as_slice() {
            [] => part.to_owned(),
            [slot] => format!("slot {slot} of the {part}"),
            slots => format!("slots {} of the {part}", slots.join(", ")),
        };
        lines.push(format!(
            "{:9} {entries}: {part}, {}, on {authority}, as entry {} orders",
            sealed.kind, sealed.period, sealed.by
        ));
    }
    if sealings.unlisted > 0 {
        lines.push(format!("and {} more runs of entries that were sealed or erased", sealings.unlisted));
    }
    for unclear in &sealings.unclear {
        lines.push(format!("unclear   entry {} orders a sealing, but {}", unclear.entry, unclear.what));
    }
    if sealings.unlisted_unclear > 0 {
        lines.push(format!("and {} more orders that are unclear", sealings.unlisted_unclear));
    }
    lines
}

/// The files to verify, and whether a process has the ledger open.
fn open_source(args: &LogArgs) -> Result<(Box<dyn LogSource>, bool), String> {
    let source = args.source.as_str();
    if source.starts_with("http://") || source.starts_with("https://") {
        let token = match &args.token_file {
            Some(path) => Some(read_token(path).map_err(|trouble| trouble.to_string())?),
            None => args.token.clone().map(Zeroizing::new),
        };
        return Ok((Box::new(WebSource::new(source, token, args.ca.as_deref())?), false));
    }
    if args.ca.is_some() {
        return Err("--ca is for an https address".into());
    }
    let dir = DirSource::detect(source)
        .ok_or_else(|| format!("{source} is neither a ledger's directory nor a static copy of a log"))?;
    let running = is_locked(&dir.root().join("ledger.lock"));
    Ok((Box::new(dir), running))
}

/// Whether a process holds the ledger's lock. Asking takes the lock for an instant, shared.
fn is_locked(path: &Path) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock))
}

// ----- receipt -----

fn receipt(args: &ReceiptArgs) -> ExitCode {
    let policy = match read_policy(&args.policy) {
        Ok(policy) => policy,
        Err(message) => return usage(&message),
    };
    let bytes = match read_receipt(&args.file) {
        Ok(bytes) => bytes,
        Err(error) => return usage(&format!("{}: {error}", args.file.display())),
    };
    let verdict = match verify_receipt(&bytes, &policy) {
        Ok(verdict) => verdict,
        Err(fault) => {
            if args.json {
                let report =
                    serde_json::json!({"ok": false, "kind": Kind::Receipt, "what": fault.to_string()});
                print(&report.to_string());
            } else {
                print(&format!("NOT VERIFIED  {fault}"));
            }
            return ExitCode::from(Kind::Receipt.exit_code());
        }
    };
    let claims = &verdict.claims;
    if args.json {
        let report = serde_json::json!({
            "ok": true,
            "origin": verdict.checkpoint.origin,
            "index": verdict.index,
            "size": verdict.checkpoint.size,
            "root": verdict.checkpoint.root.to_base64(),
            "iss": claims.iss,
            "seq": claims.seq,
            "jti": claims.jti,
            "event": claims.event,
            "period": claims.period,
            "kid": verdict.kid,
            "not_proved": verdict.not_proved(),
        });
        print(&report.to_string());
    } else {
        print(&format!(
            "VERIFIED  {} holds it as entry {}, under a checkpoint of {} entries\n\
             event     {} of {} by {}, number {}, {}\nnote: {}",
            verdict.checkpoint.origin,
            verdict.index,
            verdict.checkpoint.size,
            claims.event,
            claims.period,
            claims.iss,
            claims.seq,
            claims.jti,
            verdict.not_proved()
        ));
    }
    ExitCode::SUCCESS
}

fn read_receipt(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_RECEIPT_BYTES as u64 + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
