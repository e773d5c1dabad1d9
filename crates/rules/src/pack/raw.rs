//! A pack as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::check::{Mistake, place};
use super::types::near;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPack {
    pub(super) pack: RawHead,
    #[serde(default)]
    pub(super) provisions: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, Spanned<toml::Value>>,
    #[serde(default, rename = "rule")]
    pub(super) rules: Vec<RawRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHead {
    pub(super) id: Spanned<String>,
    pub(super) version: Spanned<String>,
    pub(super) title: String,
    pub(super) jurisdiction: String,
    pub(super) basis: String,
    pub(super) valid_from: Spanned<toml::value::Datetime>,
    pub(super) valid_to: Option<Spanned<toml::value::Datetime>>,
    pub(super) state: Option<Spanned<String>>,
    pub(super) state_reason: Option<String>,
    pub(super) time_zone: Spanned<String>,
    #[serde(default)]
    pub(super) holidays: Vec<Spanned<String>>,
    pub(super) wait: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) severity: Spanned<String>,
    pub(super) text: String,
    pub(super) provisions: Vec<Spanned<String>>,
    #[serde(default, rename = "check")]
    pub(super) checks: Vec<RawCheck>,
    #[serde(default, rename = "example")]
    pub(super) examples: Vec<Example>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCheck {
    pub(super) name: Spanned<String>,
    pub(super) on: Vec<Spanned<String>>,
    pub(super) when: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) given: Vec<RawRelated>,
    #[serde(default)]
    pub(super) unless: Vec<RawRelated>,
    #[serde(default)]
    pub(super) with: BTreeMap<Spanned<String>, RawRelated>,
    pub(super) only_if: Option<Spanned<String>>,
    pub(super) preceded_by: Option<RawRelated>,
    pub(super) fails: Option<Vec<Spanned<String>>>,
    pub(super) followed_by: Option<RawRelated>,
    pub(super) within: Option<Spanned<String>>,
    pub(super) within_count: Option<Spanned<String>>,
    pub(super) within_unit: Option<Spanned<String>>,
    pub(super) until: Option<Spanned<String>>,
    pub(super) accompanied_by: Option<RawRelated>,
    pub(super) never: Option<RawRelated>,
    pub(super) recorded_within: Option<Spanned<String>>,
    pub(super) recorded_from: Option<Spanned<String>>,
    pub(super) measure: Option<RawRelated>,
    pub(super) measure_from: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) classes: Vec<RawClass>,
    pub(super) otherwise: Option<String>,
    pub(super) wait: Option<Spanned<String>>,
    pub(super) says: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClass {
    pub(super) below: Spanned<String>,
    pub(super) label: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRelated {
    pub(super) event: Vec<Spanned<String>>,
    #[serde(rename = "where")]
    pub(super) filter: Option<Spanned<String>>,
    pub(super) by: Option<Spanned<String>>,
    pub(super) order: Option<Spanned<String>>,
    pub(super) pick: Option<Spanned<String>>,
    pub(super) ended_by: Option<Vec<Spanned<String>>>,
}

/// An example of a rule: events, and what the rule says about them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// `fails`, `quiet`, `open`, `undetermined` or `measured: <class>`.
    pub expect: String,
    /// The time at which it is looked at.
    pub as_of: String,
    /// The events, in the order in which they reach the ledger.
    #[serde(rename = "event")]
    pub events: Vec<ExampleEvent>,
}

/// An event of an example. Fields that it does not name come from the example of its type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleEvent {
    /// Name within the example, for links.
    pub id: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub at: String,
    /// When it was recorded; when it happened, if left out.
    pub recorded: Option<String>,
    /// Who records it, `department` or `department/producer`; the sheriff's records desk, if left out.
    pub from: Option<String>,
    /// The matter by a name of the example; `none` for an event of no matter. All events are of one matter, if left out.
    pub matter: Option<String>,
    /// Fields that differ from the example of the type.
    #[serde(default)]
    pub set: BTreeMap<String, toml::Value>,
    /// Its number in the producer's sequence, where the example is about sequences.
    pub set_seq: Option<u64>,
    /// Optional fields of the example of the type that are left out.
    #[serde(default)]
    pub without: Vec<String>,
    /// Classes of field, `R` or `W`, whose values were erased since.
    #[serde(default)]
    pub erased: Vec<String>,
    /// Pairs of relation and the name of an event of the example.
    #[serde(default)]
    pub links: Vec<(String, String)>,
}

pub(super) fn parse(text: &str) -> Result<RawPack, Vec<Mistake>> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = place(text, error.span().map_or(0, |span| span.start));
        let (message, hint) = in_words(error.message());
        vec![Mistake { line, column, message, hint }]
    })
}

/// What the reader of TOML says of keys, in the words of this format.
fn in_words(message: &str) -> (String, Option<String>) {
    if let Some(rest) = message.strip_prefix("unknown field `")
        && let Some((key, known)) = rest.split_once('`')
    {
        let names = known.split('`').skip(1).step_by(2);
        return (format!("there is no key `{key}` here"), near(key, names));
    }
    match message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        Some((key, _)) => (format!("the key `{key}` is missing here"), None),
        None => (message.to_owned(), None),
    }
}
