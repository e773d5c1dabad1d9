//! What is in the outbox, and single receipts.

use std::path::PathBuf;

use clap::Args;
use daybook_producer::{Figures, Home, HomeError, OutboxError, ProducerConfig, receipt_file};
use serde_json::{Value, json};

use super::{EXIT_OK, EXIT_REFUSED, EXIT_WAITING, Failure, HomeArgs, say, say_error};

/// Written by a running producer, so that its status can be asked while it holds the outbox.
pub(super) const STATUS_FILE: &str = "status.json";
/// Refused events listed, in events.
const REFUSED_SHOWN_MAX: usize = 100;

/// Show the outbox: what waits, the last receipt, what was refused.
///
/// Refused events are gaps in the sequence that the ledger sees.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

pub(super) fn status(args: &StatusArgs) -> Result<u8, Failure> {
    let config = ProducerConfig::read(&args.home.home)?;
    let status = match args.home.open() {
        Ok(home) => describe(&home)?,
        Err(Failure::Home(HomeError::Outbox(OutboxError::InUse { path }))) => {
            let text = std::fs::read_to_string(args.home.home.join(STATUS_FILE));
            let status = text.ok().and_then(|text| serde_json::from_str(&text).ok());
            status.ok_or(Failure::Outbox(OutboxError::InUse { path }))?
        }
        Err(other) => return Err(other),
    };
    if args.json {
        say(&status.to_string());
    } else {
        show(&config, &status);
    }
    Ok(EXIT_OK)
}

/// The status while a producer runs.
pub(super) fn running(home: &Home, figures: &Figures) -> Result<String, Failure> {
    let mut status = describe(home)?;
    status["running"] = json!(figures);
    Ok(status.to_string())
}

fn describe(home: &Home) -> Result<Value, OutboxError> {
    let outbox = home.outbox();
    let counts = outbox.counts()?;
    let refused: Vec<Value> = outbox
        .refused(REFUSED_SHOWN_MAX)?
        .into_iter()
        .map(|refused| {
            json!({
                "seq": refused.event.seq, "jti": refused.event.jti, "event": refused.event.event_type,
                "code": refused.problem["code"], "detail": refused.problem["detail"], "remedy": refused.problem["remedy"],
            })
        })
        .collect();
    let last = outbox.last_receipt()?.map(|receipt| json!({ "seq": receipt.seq, "entry": receipt.index }));
    let oldest = outbox.pending_from(0, 1)?.first().map(|event| event.seq);
    Ok(json!({
        "issuer": home.config().issuer.to_string(), "origin": home.config().origin.to_string(),
        "kid": home.kid().to_string(), "next_seq": counts.next_seq, "pending": counts.pending,
        "oldest_pending": oldest, "receipts": counts.receipts, "last_receipt": last,
        "refused": counts.refused, "refused_events": refused, "running": null,
    }))
}

fn show(config: &ProducerConfig, status: &Value) {
    let number = |name: &str| status[name].as_u64().unwrap_or(0);
    say(&format!("{} → {}", config.issuer, config.origin));
    say(&format!("  key       {}", status["kid"].as_str().unwrap_or("?")));
    say(&format!("  recorded  {}", number("next_seq")));
    let oldest =
        status["oldest_pending"].as_u64().map_or(String::new(), |seq| format!(" (oldest: number {seq})"));
    say(&format!("  waiting   {}{oldest}", number("pending")));
    let last = status["last_receipt"]["entry"].as_u64();
    let last = last.map_or(String::new(), |entry| format!(" (the last: entry {entry})"));
    say(&format!("  receipts  {}{last}", number("receipts")));
    say(&format!("  refused   {}", number("refused")));
    for event in status["refused_events"].as_array().into_iter().flatten() {
        let text = |name: &str| event[name].as_str().unwrap_or("").to_owned();
        say(&format!(
            "    number {} {} ({}): {} {}",
            event["seq"],
            text("event"),
            text("code"),
            text("detail"),
            text("remedy")
        ));
    }
    match status["running"].as_object() {
        None => say("  not running; `daybook producer run` sends"),
        Some(running) => {
            let connected = running["connected"].as_bool().unwrap_or(false);
            say(&format!(
                "  running, {}",
                if connected { "connected to the bus" } else { "the bus cannot be reached" }
            ));
            if let Some(trouble) = running["trouble"].as_str() {
                say(&format!("  trouble: {trouble}"));
            }
            if let Some(invalid) = running["invalid_receipts"].as_u64().filter(|invalid| *invalid > 0) {
                say(&format!("  {invalid} receipts proved nothing and were ignored"));
            }
        }
    }
}

/// Write the receipt of an event: a file that proves by itself that the event is in the ledger.
#[derive(Debug, Args)]
pub(super) struct ReceiptArgs {
    /// The event's number
    seq: u64,
    /// Where to write it; standard output by default
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    home: HomeArgs,
}

pub(super) fn receipt(args: &ReceiptArgs) -> Result<u8, Failure> {
    let home = args.home.open()?;
    let Some((receipt, checkpoint)) = home.outbox().receipt(args.seq)? else {
        if home.outbox().unreceipted(args.seq)?.is_some() {
            say_error(&format!("event {} has no receipt yet", args.seq));
            return Ok(EXIT_WAITING);
        }
        say_error(&format!("there is no event {}", args.seq));
        return Ok(EXIT_REFUSED);
    };
    let file = receipt_file(&receipt, &checkpoint);
    match &args.out {
        None => say(&file),
        Some(path) => {
            std::fs::write(path, file).map_err(|source| Failure::Io { path: path.clone(), source })?
        }
    }
    Ok(EXIT_OK)
}
