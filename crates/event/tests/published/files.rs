//! The schema files as they are, with what `common.json` defines put in its place.

use daybook_event::Catalogue;
use serde_json::{Map, Value};

/// The fields of the envelope, in its order.
pub(crate) const ENVELOPE: [&str; 10] = [
    "occurred_at",
    "recorded_at",
    "facility",
    "unit",
    "role",
    "badge",
    "system",
    "links",
    "provisions",
    "correction",
];

pub(crate) fn is_envelope(name: &str) -> bool {
    ENVELOPE.contains(&name)
}

/// A schema file.
pub(crate) fn file(name: &str) -> Value {
    let files = Catalogue::builtin_files();
    let (_, bytes) = files.iter().find(|(file, _)| *file == name).unwrap_or_else(|| panic!("no {name}"));
    serde_json::from_slice(bytes).unwrap()
}

/// What `common.json` defines under this name.
pub(crate) fn common(name: &str) -> Value {
    file("common.json")["$defs"][name].clone()
}

/// A property with its definition; what stands beside `$ref` goes before it.
pub(crate) fn resolved(property: &Value) -> Map<String, Value> {
    let own = property.as_object().unwrap().clone();
    let Some(name) = own.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next()) else {
        return own;
    };
    let mut whole = common(name).as_object().unwrap().clone();
    whole.extend(own.into_iter().filter(|(member, _)| member != "$ref"));
    whole
}
