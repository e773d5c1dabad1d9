//! What a rendering says, in the order in which it is read. Text and PDF are both made from it, so they cannot differ.

use daybook_event::{Class, b64};
use serde_json::Value;

use crate::model::{Choices, Document, FieldShown, Link, SlotShown, SlotState};
use crate::times::{Form, TwoTimes, received, two_times};

/// The field whose value is shown as links.
const LINKS: &str = "links";

/// A document in words.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) parts: Vec<Part>,
}

/// A part under a heading.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) heading: String,
    pub(crate) rows: Vec<Row>,
}

/// A row of a part.
#[derive(Debug)]
pub(crate) enum Row {
    /// A label and its value, in lines.
    Value { label: String, lines: Vec<String> },
    /// A label without a value.
    Absent { label: String },
    /// Labels at whose place a box says why nothing is shown.
    Boxed { labels: Vec<String>, head: &'static str, lines: Vec<String>, commitment: Option<String> },
    /// A sentence.
    Note(String),
}

impl Reading {
    pub(crate) fn of(document: &Document, choices: &Choices) -> Self {
        let mut parts = vec![identity(document, choices)];
        parts.extend(document.slots.iter().map(|slot| part(slot, document, choices)));
        parts.push(proof(document, choices));
        Self {
            title: document.title.clone(),
            subtitle: format!("Event of type {}, version {}", document.event, document.version),
            parts,
        }
    }
}

fn value(label: &str, text: impl Into<String>) -> Row {
    Row::Value { label: label.to_owned(), lines: vec![text.into()] }
}

fn identity(document: &Document, choices: &Choices) -> Part {
    let mut rows = vec![
        value("Event", document.jti.to_string()),
        value("Department", document.issuer.department()),
        value("Recorded by", document.issuer.producer()),
        value("Number in its sequence", document.seq.to_string()),
        value("Month", document.period.to_string()),
        value("Entry of the ledger", document.index.to_string()),
    ];
    let received = document.received.as_deref().map(|text| {
        received(text, &choices.zone).map_or_else(|| vec![text.to_owned()], |two| in_words(two, choices))
    });
    let label = "Received by the ledger".to_owned();
    rows.push(match received {
        Some(lines) => Row::Value { label, lines },
        None => Row::Value { label, lines: vec!["not part of this production".to_owned()] },
    });
    Part { heading: "The record".to_owned(), rows }
}

fn in_words(two: TwoTimes, choices: &Choices) -> Vec<String> {
    if two.utc == two.local {
        return vec![format!("{} (the day only)", two.utc)];
    }
    vec![format!("{} ({})", two.local, choices.zone.name()), two.utc]
}

fn part(slot: &SlotShown, document: &Document, choices: &Choices) -> Part {
    let class = match slot.class {
        Class::P => "public",
        Class::R => "restricted",
        Class::W => "withheld unless opened",
    };
    let name = slot.name.replace('_', " ");
    let heading = match slot.commitment {
        None => "Public fields".to_owned(),
        Some(_) => format!("{} ({class})", capital(&name)),
    };
    Part { heading, rows: rows(slot, document, choices) }
}

fn rows(slot: &SlotShown, document: &Document, choices: &Choices) -> Vec<Row> {
    let commitment = slot.commitment.map(b64::encode);
    let labels = || slot.fields.iter().map(|field| field.title.clone()).collect();
    let boxed = |head, lines| vec![Row::Boxed { labels: labels(), head, lines, commitment }];
    match &slot.state {
        SlotState::Shown | SlotState::Absent => {
            slot.fields.iter().map(|field| row(field, document, choices)).collect()
        }
        SlotState::Withheld { reason, authority, label } => {
            boxed("REDACTED", vec![label.clone(), format!("Reason: {reason}. Authority: {authority}.")])
        }
        SlotState::Sealed { authority, by } => boxed(
            "SEALED",
            vec![
                format!("Sealed by entry {by} of the ledger ({}).", words(authority)),
                "Still held; readable only by those whom the order names.".to_owned(),
            ],
        ),
        SlotState::Erased { authority, by } => boxed(
            "ERASED",
            vec![
                format!("Erased by entry {by} of the ledger ({}).", words(authority)),
                "Its key is destroyed; nobody can read it any more.".to_owned(),
            ],
        ),
    }
}

fn row(field: &FieldShown, document: &Document, choices: &Choices) -> Row {
    let label = field.title.clone();
    match &field.value {
        None => Row::Absent { label },
        Some(_) if field.name == LINKS => {
            Row::Value { label, lines: document.links.iter().map(link).collect() }
        }
        Some(shown) => Row::Value { label, lines: lines(shown, field.coded, choices) },
    }
}

fn link(link: &Link) -> String {
    match link.index {
        Some(index) => format!("{} {}, entry {index}, in this production", link.rel, link.jti),
        None => format!("{} {}, not in this production", link.rel, link.jti),
    }
}

/// A value in lines; times in both zones.
fn lines(shown: &Value, coded: bool, choices: &Choices) -> Vec<String> {
    match shown {
        Value::String(text) if coded => vec![words(text)],
        Value::String(text) => match two_times(text, &choices.zone, Form::Reader) {
            Some(two) => in_words(two, choices),
            None => vec![text.clone()],
        },
        Value::Bool(true) => vec!["yes".to_owned()],
        Value::Bool(false) => vec!["no".to_owned()],
        Value::Array(items) => {
            let items: Vec<String> = items.iter().flat_map(|item| lines(item, coded, choices)).collect();
            vec![items.join("; ")]
        }
        other => vec![other.to_string()],
    }
}

/// A code without its underscores.
fn words(code: &str) -> String {
    code.replace('_', " ")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn proof(document: &Document, choices: &Choices) -> Part {
    let rows = vec![
        value("Ledger", choices.origin.as_str()),
        value("Entry", document.index.to_string()),
        value("Leaf hash", hex(document.leaf.as_bytes())),
        value("Checkpoint", format!("{} entries", choices.checkpoint_size)),
        value("Root hash", choices.checkpoint_root.to_base64()),
        value("Signed with key", document.kid.to_string()),
        value("Native file, SHA-256", hex(&document.native_sha256)),
        Row::Note(
            "This page shows what the native file of the same number says. The native file is the evidence; it carries the signature and the proof."
                .to_owned(),
        ),
    ];
    Part { heading: "Proof".to_owned(), rows }
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
