//! Recording events from the command line or from JSON Lines.

use std::io::{BufRead, BufReader, Read as _};
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;
use daybook_event::{Catalogue, Draft, json as strict};
use daybook_producer::outbox::BATCH_MAX;
use serde_json::{Value, json};

use super::desk::{Desk, NotRecorded};
use super::handover::Outcome;
use super::{EXIT_OK, EXIT_REFUSED, EXIT_WAITING, Failure, HomeArgs, fields, say, say_error};

/// Longest line of JSON that is read, in bytes.
const LINE_MAX_BYTES: u64 = 65_536;

const PUBLISH_EXAMPLES: &str = "\
Examples:
  daybook producer publish --home jail --type period.attested --field nil=true --field … --wait
  daybook producer publish --home jail --json events.jsonl
  jq -c … records.json | daybook producer publish --home jail --json - --wait 300

A line of JSON is {\"event\":\"<type>\", <field>: <value>, …}; \"v\" chooses a schema version. Lines are recorded in
groups of up to 4,096, each group whole or not at all. A field recorded_at that is not given is set to the present.

Without --wait the events are recorded and not sent: `daybook producer run` sends them. While one runs, it is also the
one that records: the events are handed to it.";

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
    let desk = Desk::open(&args.home)?;
    let numbers = match (&args.event_type, &args.json_lines) {
        (Some(event_type), _) => {
            let mut group = Group::default();
            group.add(0, fields::draft(event_type, &args.fields, Catalogue::builtin())?);
            group.record(&desk, args.quiet)?
        }
        (None, Some(path)) if path.as_os_str() == "-" => {
            record_lines(&desk, BufReader::new(std::io::stdin().lock()), args.quiet)?
        }
        (None, Some(path)) => {
            let file =
                std::fs::File::open(path).map_err(|source| Failure::Io { path: path.clone(), source })?;
            record_lines(&desk, BufReader::new(file), args.quiet)?
        }
        (None, None) => return Err(Failure::Said("give --type or --json".into())),
    };
    match (args.wait, numbers) {
        (Some(seconds), Some(numbers)) => wait(&desk, numbers, seconds),
        _ => Ok(EXIT_OK),
    }
}

/// Lines that are recorded together.
#[derive(Default)]
struct Group {
    lines: Vec<usize>,
    drafts: Vec<Draft>,
}

impl Group {
    fn add(&mut self, line: usize, draft: Draft) {
        self.lines.push(line);
        self.drafts.push(draft);
    }

    /// Records the group and empties it; the numbers that it got.
    fn record(&mut self, desk: &Desk, quiet: bool) -> Result<Option<Range<u64>>, Failure> {
        let lines = std::mem::take(&mut self.lines);
        let recorded = desk.record(std::mem::take(&mut self.drafts)).map_err(|error| match error {
            NotRecorded::Draft { place, what } => not_recorded(&lines, lines.get(place).copied(), &what),
            NotRecorded::Failed(failure) => failure,
        })?;
        for event in recorded.iter().filter(|_| !quiet) {
            say(&json!({ "seq": event.seq, "jti": event.jti, "event": event.event }).to_string());
        }
        let ends = recorded.first().zip(recorded.last());
        Ok(ends.map(|(first, last)| first.seq..last.seq + 1))
    }
}

/// Line 0 stands for the command line, where there is one event only.
fn not_recorded(group: &[usize], line: Option<usize>, what: &str) -> Failure {
    match (line, group.first()) {
        (Some(line), Some(first)) if line > 0 => Failure::Refused(format!(
            "line {line}: {what}\nnothing was recorded from line {first} on; what is before it was"
        )),
        _ => Failure::Refused(what.to_owned()),
    }
}

fn record_lines(desk: &Desk, mut input: impl BufRead, quiet: bool) -> Result<Option<Range<u64>>, Failure> {
    let (mut group, mut line, mut all) = (Group::default(), 0_usize, None::<Range<u64>>);
    loop {
        let mut bytes = Vec::new();
        let read = (&mut input).take(LINE_MAX_BYTES + 1).read_until(b'\n', &mut bytes);
        let read = read.map_err(|source| Failure::Io { path: "input".into(), source })?;
        line += 1;
        if !bytes.trim_ascii().is_empty() {
            let draft = if read as u64 > LINE_MAX_BYTES {
                Err(format!("longer than {LINE_MAX_BYTES} bytes"))
            } else {
                draft_of_line(&bytes)
            };
            group.lines.push(line);
            group.drafts.push(draft.map_err(|what| not_recorded(&group.lines, Some(line), &what))?);
        }
        if group.drafts.len() == BATCH_MAX || (read == 0 && !group.drafts.is_empty()) {
            let numbers = group.record(desk, quiet)?;
            all = match (all, numbers) {
                (Some(all), Some(numbers)) => Some(all.start..numbers.end),
                (all, numbers) => all.or(numbers),
            };
        }
        if read == 0 {
            return Ok(all);
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

/// Waits for events and says what became of them.
pub(super) fn wait(desk: &Desk, numbers: Range<u64>, seconds: u64) -> Result<u8, Failure> {
    let Outcome { receipts, refused, waiting, messages } = desk.wait(numbers, seconds)?;
    say(&json!({ "receipts": receipts, "refused": refused, "waiting": waiting }).to_string());
    messages.iter().for_each(|message| say_error(message));
    if waiting > 0 {
        say_error(&format!(
            "{waiting} events wait after {seconds} s. They are safe in the outbox; `daybook producer run` goes on sending them"
        ));
        return Ok(EXIT_WAITING);
    }
    Ok(if refused > 0 { EXIT_REFUSED } else { EXIT_OK })
}
