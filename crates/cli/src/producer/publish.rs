//! Recording events from the command line or from JSON Lines.

use std::io::{BufRead, BufReader, Read as _};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use daybook_event::{Catalogue, Draft, OsEntropy, json as strict};
use daybook_producer::outbox::BATCH_MAX;
use daybook_producer::{Home, OutboxError, Producer, Standing};
use serde_json::{Value, json};

use super::{EXIT_OK, EXIT_REFUSED, EXIT_WAITING, Failure, HomeArgs, fields, runtime, say, say_error};

/// Longest line of JSON that is read, in bytes.
const LINE_MAX_BYTES: u64 = 65_536;

const PUBLISH_EXAMPLES: &str = "\
Examples:
  daybook producer publish --home jail --type period.attested --field nil=true --field … --wait
  daybook producer publish --home jail --json events.jsonl
  jq -c … records.json | daybook producer publish --home jail --json - --wait 300

A line of JSON is {\"event\":\"<type>\", <field>: <value>, …}; \"v\" chooses a schema version. Lines are recorded in
groups of up to 4,096, each group whole or not at all. A field recorded_at that is not given is set to the present.

Without --wait the events are recorded and not sent: `daybook producer run` sends them.";

/// Record events: sign them, write them to the outbox and, with --wait, send them.
#[derive(Debug, Args)]
#[command(after_help = PUBLISH_EXAMPLES)]
pub(super) struct PublishArgs {
    /// Type of the event, for example release.notice_sent
    #[arg(
        long = "type",
        value_name = "TYPE",
        required_unless_present = "json_lines",
        conflicts_with = "json_lines"
    )]
    event_type: Option<String>,
    /// A field of the event; lists are given as JSON or by commas
    #[arg(long = "field", value_name = "NAME=VALUE", requires = "event_type")]
    fields: Vec<String>,
    /// Read events from a file of JSON Lines; - is standard input
    #[arg(long = "json", value_name = "FILE")]
    json_lines: Option<PathBuf>,
    /// Send, and wait for the receipts, at most so many seconds
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60")]
    wait: Option<u64>,
    /// Print only the summary
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    home: HomeArgs,
}

pub(super) fn publish(args: &PublishArgs) -> Result<u8, Failure> {
    let home = args.home.open()?;
    let first = home.outbox().position()?.seq;
    match (&args.event_type, &args.json_lines) {
        (Some(event_type), _) => {
            let draft = fields::draft(event_type, &args.fields, Catalogue::builtin())?;
            enqueue(&home, &[draft], 1, args.quiet)?;
        }
        (None, Some(path)) if path.as_os_str() == "-" => {
            record_lines(&home, BufReader::new(std::io::stdin().lock()), args.quiet)?;
        }
        (None, Some(path)) => {
            let file =
                std::fs::File::open(path).map_err(|source| Failure::Io { path: path.clone(), source })?;
            record_lines(&home, BufReader::new(file), args.quiet)?;
        }
        (None, None) => return Err(Failure::Said("give --type or --json".into())),
    }
    let numbers = first..home.outbox().position()?.seq;
    match args.wait {
        None => Ok(EXIT_OK),
        Some(seconds) => wait(&home, numbers, seconds),
    }
}

fn record_lines(home: &Home, mut input: impl BufRead, quiet: bool) -> Result<(), Failure> {
    let (mut drafts, mut first_line, mut line_number) = (Vec::new(), 1_usize, 0_usize);
    loop {
        let mut line = Vec::new();
        let read = (&mut input).take(LINE_MAX_BYTES + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|source| Failure::Io { path: "input".into(), source })?;
        line_number += 1;
        if read as u64 > LINE_MAX_BYTES {
            return Err(Failure::Refused(format!(
                "line {line_number} is longer than {LINE_MAX_BYTES} bytes"
            )));
        }
        if read > 0 && !line.trim_ascii().is_empty() {
            drafts.push(
                draft_of_line(&line)
                    .map_err(|what| Failure::Refused(format!("line {line_number}: {what}")))?,
            );
        }
        if drafts.len() == BATCH_MAX || (read == 0 && !drafts.is_empty()) {
            enqueue(home, &drafts, first_line, quiet)?;
            drafts.clear();
            first_line = line_number + 1;
        }
        if read == 0 {
            return Ok(());
        }
    }
}

fn draft_of_line(line: &[u8]) -> Result<Draft, String> {
    let value = strict::parse(line.trim_ascii()).map_err(|error| error.to_string())?;
    let Value::Object(mut object) = value else { return Err("a JSON object is expected".into()) };
    let Some(Value::String(event_type)) = object.remove("event") else {
        return Err("a member \"event\" with the type is expected".into());
    };
    let version = match object.remove("v") {
        None => None,
        Some(v) => {
            Some(v.as_u64().and_then(|v| u32::try_from(v).ok()).ok_or("\"v\" must be a version number")?)
        }
    };
    fields::complete(&event_type, version, object, Catalogue::builtin())
}

fn enqueue(home: &Home, drafts: &[Draft], first_line: usize, quiet: bool) -> Result<(), Failure> {
    let signed = home.enqueue(drafts, &mut OsEntropy).map_err(|error| match error {
        OutboxError::NotIssued { place, source } if drafts.len() > 1 || first_line > 1 => {
            Failure::Refused(format!(
                "event {} after line {first_line}: {source}. Nothing of this group was recorded",
                place + 1
            ))
        }
        OutboxError::NotIssued { source, .. } => Failure::Refused(source.to_string()),
        other => other.into(),
    })?;
    if quiet {
        return Ok(());
    }
    let first = home.outbox().position()?.seq - signed.len() as u64;
    for ((seq, signed), draft) in (first..).zip(&signed).zip(drafts) {
        say(&json!({ "seq": seq, "jti": signed.jti.to_string(), "event": draft.event.to_string() })
            .to_string());
    }
    Ok(())
}

/// Sends and waits; says what became of the events.
pub(super) fn wait(home: &Home, numbers: Range<u64>, seconds: u64) -> Result<u8, Failure> {
    let producer = Producer::new(home)?;
    let progress = producer.progress();
    let limit = Duration::from_secs(seconds);
    let standing = runtime()?.block_on(producer.run_until_settled(numbers.clone(), limit))?;
    for refusal in progress.take_refusals().iter().filter(|refusal| numbers.contains(&refusal.seq)) {
        let verdict = if refusal.retry { "put off" } else { "refused" };
        say_error(&format!(
            "event {} {verdict} ({}): {} {}",
            refusal.seq, refusal.code, refusal.detail, refusal.remedy
        ));
    }
    let Standing { receipts, refused, waiting } = standing;
    say(&json!({ "receipts": receipts, "refused": refused, "waiting": waiting }).to_string());
    if waiting > 0 {
        let figures = progress.figures();
        let why = match (figures.connected, figures.trouble) {
            (false, _) => format!("the bus at {} cannot be reached", home.config().bus_url),
            (true, Some(trouble)) => trouble,
            (true, None) if figures.invalid_receipts > 0 => {
                format!("{} receipts came that the trust policy does not prove", figures.invalid_receipts)
            }
            (true, None) => "no receipt came: is the ledger running?".into(),
        };
        say_error(&format!(
            "{waiting} events wait after {seconds} s: {why}. They are safe in the outbox; `daybook producer run` goes on sending them"
        ));
        return Ok(EXIT_WAITING);
    }
    Ok(if refused > 0 { EXIT_REFUSED } else { EXIT_OK })
}
