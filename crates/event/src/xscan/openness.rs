//! Where in the values of a schema open strings can stand.

use serde_json::Value;

use super::{Forbidden, find};

/// The formats that leave no room for words or numbers of a person.
const CLOSED_FORMATS: [&str; 13] = [
    "daybook-time",
    "daybook-day",
    "daybook-digest",
    "daybook-jti",
    "daybook-matter",
    "daybook-period",
    "daybook-vkey",
    "daybook-language",
    "daybook-finding",
    // Names of types, codes, days and keyed hashes; whoever records one looks the names up first.
    "daybook-term",
    // Numbers of entries: nine digits in a row are nothing strange there.
    "daybook-entries",
    // The name of a time zone may hold that of a country.
    "daybook-zone",
    // A search in the catalogue's own words, among which are those of status, and in numbers of entries.
    "daybook-query",
];

/// Where in a value of a schema open strings can stand; worked out once per schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Openness {
    /// Nowhere: the schema leaves no choice of words.
    Closed,
    /// Everywhere in it.
    Open,
    /// In the items of the list.
    Items(Box<Openness>),
    /// In these members of the object.
    Members(Vec<(String, Openness)>),
}

impl Openness {
    /// What the schema leaves open. Where it says too little, everything is.
    pub(crate) fn of_schema(schema: &Value) -> Self {
        let has = |member: &str| schema.get(member).is_some();
        let format = schema.get("format").and_then(Value::as_str);
        match schema.get("type").and_then(Value::as_str) {
            _ if has("enum") || has("const") => Self::Closed,
            Some("string") if format.is_some_and(|format| CLOSED_FORMATS.contains(&format)) => Self::Closed,
            Some("boolean" | "integer") => Self::Closed,
            Some("array") => match schema.get("items").map_or(Self::Open, Self::of_schema) {
                Self::Closed => Self::Closed,
                items => Self::Items(Box::new(items)),
            },
            Some("object") => {
                let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
                let members = properties.map(|(name, property)| (name.clone(), Self::of_schema(property)));
                let open: Vec<_> = members.filter(|(_, openness)| *openness != Self::Closed).collect();
                if open.is_empty() { Self::Closed } else { Self::Members(open) }
            }
            _ => Self::Open,
        }
    }

    /// Looks through the open strings of `value`.
    pub(crate) fn find(&self, value: &Value) -> Option<Forbidden> {
        match (self, value) {
            (Self::Open, Value::String(text)) => find(text),
            (Self::Open, Value::Array(items)) => items.iter().find_map(|item| self.find(item)),
            (Self::Open, Value::Object(members)) => members.values().find_map(|member| self.find(member)),
            (Self::Items(inside), Value::Array(items)) => items.iter().find_map(|item| inside.find(item)),
            (Self::Members(open), Value::Object(members)) => {
                open.iter().find_map(|(name, inside)| inside.find(members.get(name)?))
            }
            _ => None,
        }
    }
}
