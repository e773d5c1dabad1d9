//! Events as the ledger answers them, and as people read them.

mod corrections;

use serde::Deserialize;
use serde_json::{Map, Value};

pub(crate) use corrections::corrections;

/// What an answer is complete up to.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Complete {
    pub(crate) size: u64,
    pub(crate) root: String,
}

impl Complete {
    /// The same for people.
    pub(crate) fn words(&self) -> String {
        format!("complete up to a log of {} entries, root {}", self.size, plain(&self.root))
    }
}

/// An event as the ledger shows it to a reader.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Event {
    pub(crate) entry: u64,
    pub(crate) jti: String,
    pub(crate) event: String,
    pub(crate) v: u32,
    pub(crate) issuer: String,
    pub(crate) seq: u64,
    pub(crate) period: String,
    pub(crate) received_at: Option<String>,
    pub(crate) matter: Option<String>,
    pub(crate) fields: Map<String, Value>,
    #[serde(default)]
    pub(crate) withheld: Vec<String>,
    pub(crate) tombstone: Option<Tombstone>,
}

/// What stands in the place of fields that are sealed or erased.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Tombstone {
    pub(crate) kind: String,
    pub(crate) part: String,
    #[serde(default)]
    pub(crate) slots: Vec<String>,
    pub(crate) authority: String,
    pub(crate) period: String,
    pub(crate) by_entry: u64,
}

impl Tombstone {
    /// What happened, in words.
    pub(crate) fn words(&self) -> String {
        let slots: Vec<String> = self.slots.iter().map(|slot| code_words(slot)).collect();
        let what = match slots.as_slice() {
            [] => part_words(&self.part),
            slots => format!("{} in the slots {}", part_words(&self.part), slots.join(", ")),
        };
        let became = match self.kind.as_str() {
            "sealed" => format!("{what} are sealed: only those whom the order names may read them"),
            "erased" => format!("{what} are erased: nobody can read them any more"),
            other => format!("{what}: {}", plain(other)),
        };
        format!(
            "{became} (authority: {}; {}, entry {})",
            code_words(&self.authority),
            plain(&self.period),
            self.by_entry
        )
    }
}

impl Event {
    /// When it happened, as far as it says; else the month that it counts for.
    pub(crate) fn happened(&self) -> String {
        plain(self.text("occurred_at").unwrap_or(&self.period))
    }

    /// The department that signed it.
    pub(crate) fn department(&self) -> &str {
        self.issuer.split('/').next().unwrap_or_default()
    }

    /// The text of a field.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    /// Its links: relation and event.
    pub(crate) fn links(&self) -> impl Iterator<Item = (&str, &str)> {
        let links = self.fields.get("links").and_then(Value::as_array).into_iter().flatten();
        links.filter_map(|link| Some((link.get("rel")?.as_str()?, link.get("jti")?.as_str()?)))
    }

    /// Whether it corrects another.
    pub(crate) fn corrects(&self, other: &Self) -> bool {
        self.links().any(|(rel, jti)| rel == "corrects" && jti == other.jti)
    }

    /// What a list says beside it: what is sealed or erased, and how much is withheld.
    pub(crate) fn remark(&self) -> String {
        match &self.tombstone {
            Some(tombstone) => format!("{} {}", plain(&tombstone.part), plain(&tombstone.kind)),
            None if self.withheld.is_empty() => String::new(),
            None => format!("{} withheld", self.withheld.len()),
        }
    }
}

/// A part of a record, as people say it.
pub(crate) fn part_words(part: &str) -> String {
    match part {
        "withheld" => "the withheld fields".into(),
        "restricted" => "the restricted fields".into(),
        "all" => "the restricted and the withheld fields".into(),
        other => plain(other),
    }
}

/// A code, as people say it.
pub(crate) fn code_words(code: &str) -> String {
    plain(code).replace('_', " ")
}

/// A value on one line: texts as they are, everything else as JSON.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    }
}

/// A text without anything that could steer a terminal: what departments sign is shown, never obeyed.
pub(crate) fn plain(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        // Besides control characters, those that turn the direction of writing, so that nothing reads as something else.
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c == '\n' || c == '\t' {
            clean.push(' ');
        } else if c.is_control() || turns {
            clean.extend(c.escape_unicode());
        } else {
            clean.push(c);
        }
    }
    clean
}

#[cfg(test)]
pub(crate) mod tests;
