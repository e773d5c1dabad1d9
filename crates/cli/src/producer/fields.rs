//! Fields as a clerk types them, into the JSON that the type's schema asks for.

use daybook_event::{Catalogue, Draft, EventType, TypeName, json as strict};
use jiff::Zoned;
use serde_json::{Map, Value};

use super::Failure;

/// A draft from `--type` and `--field name=value`.
pub(super) fn draft(event_type: &str, given: &[String], catalogue: &Catalogue) -> Result<Draft, Failure> {
    let known = known(event_type, None, catalogue).map_err(Failure::Refused)?;
    let mut fields = Map::new();
    for pair in given {
        let (name, text) = pair
            .split_once('=')
            .ok_or_else(|| Failure::Refused(format!("--field {pair}: name=value is expected")))?;
        if known.field(name).is_none() {
            return Err(Failure::Refused(no_field(known, name)));
        }
        let value = typed(known, name, text)
            .map_err(|expected| Failure::Refused(format!("--field {name}: {expected} is expected")))?;
        if fields.insert(name.to_owned(), value).is_some() {
            return Err(Failure::Refused(format!(
                "--field {name} is given twice; a list is given as JSON or by commas"
            )));
        }
    }
    complete(event_type, None, fields, catalogue).map_err(Failure::Refused)
}

/// A draft of given fields; `recorded_at` is the present where it is not given.
pub(super) fn complete(
    event_type: &str,
    version: Option<u32>,
    mut fields: Map<String, Value>,
    catalogue: &Catalogue,
) -> Result<Draft, String> {
    let known = known(event_type, version, catalogue)?;
    if let Some(odd) = fields.keys().find(|name| known.field(name).is_none()) {
        return Err(no_field(known, odd));
    }
    if known.field("recorded_at").is_some() && !fields.contains_key("recorded_at") {
        let now = Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        fields.insert("recorded_at".into(), Value::String(now));
    }
    if let Some(missing) =
        known.fields().iter().find(|field| field.required && !fields.contains_key(&field.name))
    {
        return Err(format!("{event_type} needs the field {} ({})", missing.name, missing.title));
    }
    let event: TypeName = known.name().clone();
    Ok(Draft { event, v: known.version(), period: None, fields })
}

fn known<'c>(
    event_type: &str,
    version: Option<u32>,
    catalogue: &'c Catalogue,
) -> Result<&'c EventType, String> {
    let found = match version {
        Some(version) => catalogue.get(event_type, version),
        None => catalogue.latest(event_type),
    };
    found.ok_or_else(|| {
        let stem = event_type.split('.').next().unwrap_or("");
        let near: Vec<String> = catalogue
            .types()
            .map(|known| known.name().to_string())
            .filter(|name| !stem.is_empty() && name.starts_with(stem))
            .collect();
        let hint = if near.is_empty() { String::new() } else { format!("; there is {}", near.join(", ")) };
        format!("there is no event type {event_type}{hint}. The types are in schemas/events")
    })
}

fn no_field(known: &EventType, name: &str) -> String {
    let names: Vec<&str> = known.fields().iter().map(|field| field.name.as_str()).collect();
    format!("{} has no field {name}. Its fields: {}", known.name(), names.join(", "))
}

/// The value of a field in the kind that the schema asks for; on failure what is expected.
fn typed(known: &EventType, name: &str, text: &str) -> Result<Value, String> {
    let schema = field_schema(known, name);
    let kind = schema.as_ref().and_then(|schema| schema.get("type")).and_then(Value::as_str);
    match kind {
        Some("integer") => text.parse::<i64>().map(Value::from).map_err(|_| "a whole number".into()),
        Some("boolean") => match text {
            "true" | "yes" => Ok(Value::Bool(true)),
            "false" | "no" => Ok(Value::Bool(false)),
            _ => Err("true or false".into()),
        },
        Some("array") if !text.starts_with('[') => {
            Ok(Value::Array(text.split(',').map(|item| Value::String(item.trim().to_owned())).collect()))
        }
        Some("array") => parsed(text).filter(Value::is_array).ok_or_else(|| "a list, as JSON".into()),
        Some("object") => parsed(text).filter(Value::is_object).ok_or_else(|| "an object, as JSON".into()),
        _ => enumerated(schema.as_ref(), text),
    }
}

fn enumerated(schema: Option<&Value>, text: &str) -> Result<Value, String> {
    let allowed = schema.and_then(|schema| schema.get("enum")).and_then(Value::as_array);
    if let Some(allowed) = allowed
        && !allowed.iter().any(|one| one == text)
    {
        let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        return Err(format!("one of {}", allowed.join(", ")));
    }
    Ok(Value::String(text.to_owned()))
}

fn parsed(text: &str) -> Option<Value> {
    strict::parse(text.as_bytes()).ok()
}

/// The field's schema out of the published file, with a reference into common.json followed.
fn field_schema(known: &EventType, name: &str) -> Option<Value> {
    let file = |wanted: &str| {
        let (_, bytes) = Catalogue::builtin_files().iter().find(|(file, _)| *file == wanted)?;
        strict::parse(bytes).ok()
    };
    let schema = file(&format!("{}.v{}.json", known.name(), known.version()))?;
    let property = schema.get("properties")?.get(name)?;
    match property.get("$ref").and_then(Value::as_str) {
        None => Some(property.clone()),
        Some(reference) => file("common.json")?.get("$defs")?.get(reference.rsplit('/').next()?).cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(event_type: &str, fields: &[&str]) -> String {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        draft(event_type, &fields, Catalogue::builtin()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_typed_becomes_what_the_schema_asks_for() {
        let fields = [
            "request_kind=hold",
            "agency=ice_ero",
            "channel=fax",
            "occurred_at=2026-11-22",
            "page_count=2",
            "provisions=D16,C9",
            "correction=false",
            "matter_ref=k3vq7tz2m5ywb4cdnxr6gh2sja",
        ];
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        let draft = draft("request.received", &fields, Catalogue::builtin()).unwrap();
        assert_eq!(draft.fields["page_count"], 2);
        assert_eq!(draft.fields["correction"], false);
        assert_eq!(draft.fields["provisions"], serde_json::json!(["D16", "C9"]));
        assert!(draft.fields["recorded_at"].as_str().unwrap().len() > 18, "the present");
    }

    #[test]
    fn a_mistake_names_the_field_and_what_is_expected() {
        let text = refused("request.received", &["page_count=two"]);
        assert!(text.contains("page_count") && text.contains("whole number"), "{text}");
        let text = refused("request.received", &["channel=pigeon"]);
        assert!(text.contains("channel") && text.contains("fax, email"), "{text}");
        let text = refused("request.received", &["colour=red"]);
        assert!(text.contains("colour") && text.contains("request_kind"), "{text}");
        let text = refused("request.received", &["request_kind=hold"]);
        assert!(text.contains("needs the field agency"), "{text}");
        let text = refused("request.recieved", &[]);
        assert!(text.contains("request.received"), "{text}");
    }
}
