//! What requests have in common: which records, on what authority, under which numbers, and how a request is answered.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use daybook_access::request::PENDING_MAX_S;
use daybook_access::{ActKind, COURT_ORDER, Entries};
use daybook_event::Jti;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::remote::{self, Connection, Trouble, failed};
use crate::shown::{code_words, plain};
use crate::{print, say};

/// Longest value that is read from a file, bytes: a printed number.
const VALUE_MAX_BYTES: u64 = 1_024;

/// The records that a request is about: named in one way.
#[derive(Debug, clap::Args)]
#[group(id = "scope", required = true, multiple = false)]
pub(crate) struct Scope {
    /// Records by the identifiers of their events
    #[arg(long = "event", value_name = "JTI", num_args = 1..)]
    pub(crate) events: Vec<Jti>,
    /// Records by their numbers in the log: 17, or a range such as 20-22
    #[arg(long = "entry", value_name = "N", num_args = 1..)]
    entries: Vec<String>,
    /// All records of a matter so far, by its handle as an event shows it
    #[arg(long, value_name = "HANDLE")]
    pub(crate) matter: Option<String>,
}

impl Scope {
    /// Puts the records into the body of a request.
    pub(crate) fn put(&self, body: &mut Map<String, Value>) -> Result<(), Trouble> {
        if !self.events.is_empty() {
            let events: Vec<String> = self.events.iter().map(Jti::to_string).collect();
            body.insert("events".into(), events.into());
        }
        if !self.entries.is_empty() {
            body.insert("entries".into(), entries(&self.entries)?.into());
        }
        if let Some(matter) = &self.matter {
            body.insert("matter".into(), matter.as_str().into());
        }
        Ok(())
    }
}

/// Entries in the order of the log, in their shortest form; each was named once.
pub(crate) fn entries(items: &[String]) -> Result<Vec<String>, Trouble> {
    entries_of("--entry", items)
}

/// As [`entries`], for the option of this name.
pub(crate) fn entries_of(option: &str, items: &[impl AsRef<str>]) -> Result<Vec<String>, Trouble> {
    let fault = |fault: daybook_access::EntriesFault| Trouble::Usage(format!("{option}: {fault}"));
    let mut each = Vec::with_capacity(items.len());
    for item in items {
        let one = Entries::parse(&[item]).map_err(fault)?;
        each.push((one.last(), item.as_ref()));
    }
    each.sort_unstable();
    let sorted: Vec<&str> = each.into_iter().map(|(_, item)| item).collect();
    Ok(Entries::parse(&sorted).map_err(fault)?.to_strings())
}

/// On what a request rests.
#[derive(Debug, clap::Args)]
pub(crate) struct Numbers {
    /// The number of the audit, request or case, as your office writes it
    #[arg(long, value_name = "TEXT", value_parser = remote::reference)]
    reference: Option<String>,
    /// File with the number that is printed on the court's order, or - for standard input; it is kept withheld
    #[arg(long, value_name = "FILE")]
    order_number_file: Option<PathBuf>,
}

impl Numbers {
    fn put(&self, body: &mut Map<String, Value>) -> Result<(), Trouble> {
        if let Some(reference) = &self.reference {
            body.insert("reference".into(), reference.as_str().into());
        }
        if let Some(path) = &self.order_number_file {
            body.insert("order_number".into(), value_from(path)?.into());
        }
        Ok(())
    }
}

/// The body of a request.
pub(crate) fn body(
    act: ActKind,
    authority: &str,
    part: &str,
    numbers: &Numbers,
) -> Result<Map<String, Value>, Trouble> {
    if authority == COURT_ORDER && numbers.order_number_file.is_none() {
        return Err(Trouble::Usage(
            "--order-number-file is missing: a court's order is named by the number that is printed on it"
                .into(),
        ));
    }
    let mut body = Map::new();
    body.insert("act".into(), act.as_str().into());
    body.insert("authority".into(), authority.into());
    body.insert("part".into(), part.into());
    numbers.put(&mut body)?;
    Ok(body)
}

/// The authorities on which an act can be asked for.
pub(crate) fn authorities(act: ActKind) -> PossibleValuesParser {
    PossibleValuesParser::new(act.authorities().iter().copied())
}

/// A value that is no business of the shell's history: one line of a file or of standard input.
pub(crate) fn value_from(path: &Path) -> Result<String, Trouble> {
    let fault = |reason: &dyn std::fmt::Display| Trouble::Usage(format!("{}: {reason}", path.display()));
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(VALUE_MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(VALUE_MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| fault(&error))?;
    if bytes.len() as u64 > VALUE_MAX_BYTES {
        return Err(fault(&format!("a value has at most {VALUE_MAX_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| fault(&"it is not text in UTF-8"))?;
    let value = text.trim();
    if value.is_empty() || value.contains('\n') {
        return Err(fault(&"it should hold the value on one line and nothing else"));
    }
    Ok(value.to_owned())
}

/// Asks whoever is at the terminal to type a word. Anything else, or nobody there to be asked, ends the command.
pub(crate) fn typed(sentence: &str, word: &str, otherwise: &str) -> Result<(), Trouble> {
    if !std::io::stdin().is_terminal() {
        return Err(Trouble::Usage(
            "nobody can be asked here: look at what it is about, and give --yes where it is meant".into(),
        ));
    }
    say("");
    say(sentence);
    let mut line = String::new();
    std::io::stderr().flush().map_err(failed)?;
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    if line.trim() == word { Ok(()) } else { Err(failed(otherwise)) }
}

/// What the ledger answers to a request.
#[derive(Deserialize)]
struct Asked {
    request: String,
    entry: u64,
    at_entries: Vec<String>,
}

/// Sends a request and says what comes next.
pub(crate) fn ask(connection: &Connection, act: ActKind, body: Map<String, Value>) -> Result<(), Trouble> {
    let ledger = connection.open()?;
    let by_order = act == ActKind::Open && body.get("authority").and_then(Value::as_str) == Some(COURT_ORDER);
    let answer = ledger.post(&["v1", "approvals"], &Value::Object(body))?;
    remote::show(connection, &answer, |asked: Asked| {
        let entries = Entries::parse(&asked.at_entries).map_err(failed)?;
        told(act, &asked, entries.len(), by_order).iter().for_each(|line| print(line));
        Ok(())
    })
}

/// What a person reads about a request that was made.
fn told(act: ActKind, asked: &Asked, records: usize, by_order: bool) -> Vec<String> {
    let request = plain(&asked.request);
    let records = if records == 1 { "1 record".into() } else { format!("{records} records") };
    let at: Vec<String> = asked.at_entries.iter().map(|item| plain(item)).collect();
    let mut lines = vec![
        format!("request  {request}"),
        format!("entry    {}", asked.entry),
        format!("asks to  {} {records}: entries {}", act_words(act), at.join(", ")),
    ];
    lines.push(String::new());
    if by_order {
        lines.push(
            "The court's order approves it; no second person is needed. Look at the fields with".into(),
        );
        lines.push(format!("  daybook open values {request}"));
        return lines;
    }
    let days = PENDING_MAX_S / 86_400;
    lines.push(format!("Nothing has happened yet. A second person must approve it within {days} days, with"));
    lines.push(format!("  daybook approvals approve {request}"));
    if act == ActKind::Open {
        lines.push("Then look at the fields with".into());
        lines.push(format!("  daybook open values {request}"));
    }
    lines
}

/// An act, as people say it.
fn act_words(act: ActKind) -> String {
    match act {
        ActKind::Open => "open withheld fields of".into(),
        ActKind::ReleaseHold => "let go of the holds that were placed by".into(),
        other => code_words(other.as_str()),
    }
}

#[cfg(test)]
mod tests;
