//! Mappings: how the rows of a table become events.
//!
//! A mapping is data, written in TOML (`ops/mappings/README.md`), so that it can be read by the people who answer for
//! what it says. It is checked against the catalogue when it is read and against the table's header when it is bound.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use daybook_event::{Catalogue, TypeName};
use serde_json::Value;

use file::{ConditionFile, EventFile, KindFile, LinkFile, MappingFile, SourceFile};

/// Longest mapping that is read, in bytes.
pub const MAPPING_MAX_BYTES: usize = 1 << 20;
/// Most events that one row may become, in events.
pub const EVENTS_PER_ROW_MAX: usize = 64;

/// What is wrong with a mapping.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MappingError {
    /// It is not TOML of the form of `ops/mappings/README.md`.
    #[error("the mapping cannot be read: {0}")]
    Malformed(String),
    /// A part of it makes no sense.
    #[error("mapping, {place}: {what}")]
    Wrong {
        /// Where.
        place: String,
        /// What.
        what: String,
    },
    /// The table has no such column.
    #[error(
        "the table has no column \"{column}\", which {place} of the mapping reads. Its columns: {columns}"
    )]
    NoColumn {
        /// The column.
        column: String,
        /// Where the mapping reads it.
        place: String,
        /// The table's header.
        columns: String,
    },
}

fn wrong(place: &str, what: impl Into<String>) -> MappingError {
    MappingError::Wrong { place: place.to_owned(), what: what.into() }
}

/// A mapping that agrees with the catalogue.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Its name, part of the key that says which rows were imported.
    pub name: String,
    /// A line for people.
    pub title: String,
    /// Columns that identify a row.
    pub(crate) identity: Vec<String>,
    /// Columns with a closed vocabulary: anything else in them is told.
    pub(crate) known: Vec<(String, BTreeSet<String>)>,
    pub(crate) events: Vec<EventRule>,
}

/// One event that a row may become.
#[derive(Debug, Clone)]
pub(crate) struct EventRule {
    pub(crate) name: String,
    pub(crate) event_type: TypeName,
    pub(crate) version: u32,
    pub(crate) once_per: Vec<String>,
    /// It is made once for several rows, on purpose.
    pub(crate) shared: bool,
    pub(crate) when: Vec<(String, Condition)>,
    pub(crate) links: Vec<LinkRule>,
    pub(crate) fields: Vec<(String, Source)>,
}

#[derive(Debug, Clone)]
pub(crate) struct LinkRule {
    pub(crate) rel: String,
    pub(crate) to: usize,
    pub(crate) optional: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Condition {
    Present(bool),
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    /// Days, as text: not before the day in that column, and both there.
    NotBefore(String),
}

#[derive(Debug, Clone)]
pub(crate) enum Source {
    Constant(Value),
    Column { column: String, kind: Kind, optional: bool },
    Mapped { column: String, values: BTreeMap<String, Value> },
    Day { column: String, format: Option<String> },
    Matter { column: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Boolean,
}

type ValueMaps = BTreeMap<String, BTreeMap<String, Value>>;

impl Mapping {
    /// Reads a mapping and checks it against the catalogue.
    ///
    /// # Errors
    /// See [`MappingError`].
    pub fn parse(text: &str, catalogue: &Catalogue) -> Result<Self, MappingError> {
        if text.len() > MAPPING_MAX_BYTES {
            return Err(MappingError::Malformed(format!("it is longer than {MAPPING_MAX_BYTES} bytes")));
        }
        let file: MappingFile = toml::from_str(text).map_err(|e| MappingError::Malformed(e.to_string()))?;
        if file.name.is_empty() || file.name.contains('\u{1f}') {
            return Err(wrong("name", "it must not be empty"));
        }
        if file.identity.is_empty() {
            return Err(wrong(
                "identity",
                "name the columns that identify a row, so that no row is imported twice",
            ));
        }
        if file.events.is_empty() || file.events.len() > EVENTS_PER_ROW_MAX {
            return Err(wrong("event", format!("1 to {EVENTS_PER_ROW_MAX} events are expected")));
        }
        let maps = file
            .values
            .into_iter()
            .map(|(name, map)| Ok((name, map.into_iter().map(json_entry).collect::<Result<_, _>>()?)))
            .collect::<Result<ValueMaps, MappingError>>()?;
        let mut events: Vec<EventRule> = Vec::new();
        for event in file.events {
            let rule = event_rule(event, &file.identity, &maps, &events, catalogue)?;
            events.push(rule);
        }
        let known =
            file.known.into_iter().map(|(column, values)| (column, values.into_iter().collect())).collect();
        Ok(Self { name: file.name, title: file.title, identity: file.identity, known, events })
    }

    /// The names of the events that a row may become, with their types, in order.
    pub fn events(&self) -> impl Iterator<Item = (&str, &TypeName)> {
        self.events.iter().map(|event| (event.name.as_str(), &event.event_type))
    }
}

fn json_entry((key, value): (String, toml::Value)) -> Result<(String, Value), MappingError> {
    let value = json(value)
        .ok_or_else(|| wrong(&format!("values, \"{key}\""), "dates and floats have no place here"))?;
    Ok((key, value))
}

/// TOML to JSON; no dates, no floats.
fn json(value: toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(json).collect::<Option<_>>()?),
        toml::Value::Table(table) => Value::Object(
            table.into_iter().map(|(key, value)| Some((key, json(value)?))).collect::<Option<_>>()?,
        ),
        toml::Value::Float(_) | toml::Value::Datetime(_) => return None,
    })
}

fn event_rule(
    event: EventFile,
    identity: &[String],
    maps: &ValueMaps,
    before: &[EventRule],
    catalogue: &Catalogue,
) -> Result<EventRule, MappingError> {
    let place = format!("event \"{}\"", event.name);
    if event.name.is_empty() || before.iter().any(|other| other.name == event.name) {
        return Err(wrong(&place, "every event needs a name of its own"));
    }
    let event_type: TypeName =
        event.event_type.parse().map_err(|error| wrong(&place, format!("type: {error}")))?;
    let known = match event.version {
        Some(version) => catalogue.get(&event.event_type, version),
        None => catalogue.latest(&event.event_type),
    };
    let known = known.ok_or_else(|| wrong(&place, format!("type {event_type} is not in the catalogue")))?;
    let fields = event
        .fields
        .into_iter()
        .map(|(field, from)| {
            let place = format!("{place}, field \"{field}\"");
            if !known.fields().iter().any(|known| known.name == field) {
                return Err(wrong(&place, format!("type {event_type} has no such field")));
            }
            Ok((field, source(from, maps, &place)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    for needed in known.fields().iter().filter(|field| field.required) {
        if !fields.iter().any(|(field, _)| *field == needed.name) {
            return Err(wrong(&place, format!("type {event_type} needs the field \"{}\"", needed.name)));
        }
    }
    let when = event.when.into_iter().map(|c| condition(c, maps, &place)).collect::<Result<_, _>>()?;
    let links = event.links.into_iter().map(|l| link(l, before, &place)).collect::<Result<_, _>>()?;
    let once_per = event.once_per.unwrap_or_else(|| identity.to_vec());
    let shared = once_per != identity;
    Ok(EventRule {
        name: event.name,
        event_type,
        version: known.version(),
        once_per,
        shared,
        when,
        links,
        fields,
    })
}

fn link(link: LinkFile, before: &[EventRule], place: &str) -> Result<LinkRule, MappingError> {
    let to = before
        .iter()
        .position(|event| event.name == link.to)
        .ok_or_else(|| wrong(place, format!("links to \"{}\", which is no event before it", link.to)))?;
    Ok(LinkRule { rel: link.rel, to, optional: link.optional })
}

fn condition(
    file: ConditionFile,
    maps: &ValueMaps,
    place: &str,
) -> Result<(String, Condition), MappingError> {
    let ConditionFile { column, present, equals, one_of, none_of, in_map, not_before } = file;
    let mut conditions: Vec<Condition> = Vec::new();
    conditions.extend(present.map(Condition::Present));
    conditions.extend(equals.map(|value| Condition::OneOf(vec![value])));
    conditions.extend(one_of.map(Condition::OneOf));
    conditions.extend(none_of.map(Condition::NoneOf));
    conditions.extend(not_before.map(Condition::NotBefore));
    if let Some(name) = in_map {
        conditions.push(Condition::OneOf(value_map(&name, maps, place)?.keys().cloned().collect()));
    }
    match (conditions.pop(), conditions.is_empty()) {
        (Some(condition), true) => Ok((column, condition)),
        _ => Err(wrong(
            place,
            format!(
                "the condition on \"{column}\" needs exactly one of present, equals, one_of, none_of, in_map, not_before"
            ),
        )),
    }
}

fn value_map<'m>(
    name: &str,
    maps: &'m ValueMaps,
    place: &str,
) -> Result<&'m BTreeMap<String, Value>, MappingError> {
    maps.get(name).ok_or_else(|| wrong(place, format!("there is no [values.{name}]")))
}

fn source(file: SourceFile, maps: &ValueMaps, place: &str) -> Result<Source, MappingError> {
    let SourceFile { constant, column, map, kind, day, format, matter, optional } = file;
    match (constant, column, day, matter) {
        (Some(value), None, None, None) if map.is_none() && kind.is_none() => Ok(Source::Constant(
            json(value).ok_or_else(|| wrong(place, "a constant is text, integer, boolean, list or table"))?,
        )),
        (None, Some(column), None, None) => match map {
            Some(name) => Ok(Source::Mapped { column, values: value_map(&name, maps, place)?.clone() }),
            None => {
                let kind = match kind.unwrap_or(KindFile::Text) {
                    KindFile::Text => Kind::Text,
                    KindFile::Integer => Kind::Integer,
                    KindFile::Boolean => Kind::Boolean,
                };
                Ok(Source::Column { column, kind, optional })
            }
        },
        (None, None, Some(column), None) => Ok(Source::Day { column, format }),
        (None, None, None, Some(column)) => Ok(Source::Matter { column }),
        _ => Err(wrong(place, "a field comes from exactly one of const, column, day, matter")),
    }
}
