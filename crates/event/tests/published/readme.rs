//! Writes `schemas/README.md`: for clerks and for those who build a producer or read events.

use std::fmt::Write as _;

use daybook_event::{Catalogue, Class, EventType, Field};
use serde_json::{Map, Value};

use super::files::{ENVELOPE, common, file, is_envelope, resolved};

const HEAD: &str = "\
# What is recorded

The contracts of Daybook. [formats.md](formats.md) has every byte format, [asyncapi.yaml](asyncapi.yaml) what travels on the bus, and
[events/](events) one JSON Schema per type of event. This page says the same as the schema files, for reading; it is written from
them with `DAYBOOK_RENEW=1 cargo test -p daybook-event --test published`.

An event is given flat, field by field, as in the examples. Signed, its public fields stand in the clear, and the others in
named slots, of which each can be shown or withheld by itself; fields with the same slot are shown or withheld together.

| class | who sees it |
|---|---|
| P | public: in the clear in the signed event |
| R | restricted: the department and auditors |
| W | withheld: whatever could single a person out; opened only for a purpose and on an order or with a second person's approval, and the opening is recorded |

There is no class for citizenship or the right to stay, origin, numbers of a person, names, addresses or free text: no field takes them,
fields that are not listed are refused, and what is typed into the few short open fields is searched for them.

## Kinds of value

| kind | form |
|---|---|
| time | a day `2026-11-22`, or a day and clock time with its offset, `2026-11-22T09:38-07:00` or `2026-11-22T09:38:12-07:00` |
| day | `2026-11-22` |
| month | `2026-11` |
| hash | SHA-256 as base64url, 43 characters |
| event | the identifier of another event, a UUID |
| form `...` | a short text that the regular expression describes |
";

const ENVELOPE_HEAD: &str = "
## Fields that most types share

Every type has the two times, and both are required. The types by which the ledger keeps its keys have only them; all others have the
rest too, and none of it is required unless the type says so.

";

/// The whole page.
pub(crate) fn write() -> String {
    let mut page = HEAD.to_owned();
    page.push_str(ENVELOPE_HEAD);
    page.push_str(FIELDS_HEAD);
    for name in ENVELOPE {
        let property = resolved(&common(name));
        let required = matches!(name, "occurred_at" | "recorded_at");
        row(&mut page, name, &property, required);
    }
    page.push_str("\n## Types\n\nEvery department means every one but `ledger`, whose keys are the ledger's own.\n\n| type | what it records | published by |\n|---|---|---|\n");
    for ty in Catalogue::builtin().types() {
        let anchor: String = ty.name().to_string().replace('.', "");
        writeln!(page, "| [{}](#{anchor}) | {} | {} |", ty.name(), ty.title(), publishers(ty)).unwrap();
    }
    for ty in Catalogue::builtin().types() {
        section(&mut page, ty);
    }
    page
}

const FIELDS_HEAD: &str =
    "| field | | class | slot | required | takes | meaning |\n|---|---|---|---|---|---|---|\n";

fn section(page: &mut String, ty: &EventType) {
    let schema = file(&format!("{}.v{}.json", ty.name(), ty.version()));
    let properties = schema["properties"].as_object().unwrap();
    write!(page, "\n## {}\n\n", ty.name()).unwrap();
    write!(page, "**{}.** {}\n\n", ty.title(), ty.description()).unwrap();
    let file = format!("{}.v{}.json", ty.name(), ty.version());
    writeln!(page, "Published by {}. Version {}, [{file}](events/{file}).", publishers(ty), ty.version())
        .unwrap();
    let usual =
        |field: &&Field| matches!(field.name.as_str(), "occurred_at" | "recorded_at") == field.required;
    let own = ty.fields().iter().filter(|field| !(is_envelope(&field.name) && usual(field)));
    page.push('\n');
    page.push_str(FIELDS_HEAD);
    for field in own {
        row(page, &field.name, &resolved(&properties[&field.name]), field.required);
    }
    if let Some(rel) = schema.pointer("/allOf/0/properties/links/contains/properties/rel/const") {
        write!(page, "\nOne of the links has the `rel` `{}`.\n", rel.as_str().unwrap()).unwrap();
    }
    if ty.field("facility").is_none() {
        page.push_str("\nOf the shared fields it has only the times.\n");
    }
    write!(page, "\n```json\n{}\n```\n", example(ty)).unwrap();
    let counter = ty.counter_example();
    let what = changed(ty.example().as_object().unwrap(), &counter.value);
    write!(page, "\nRefused as `{}`: {what}. {}\n", counter.code, counter.why).unwrap();
}

/// The example, its fields in the order of the schema.
fn example(ty: &EventType) -> String {
    let given = ty.example().as_object().unwrap();
    let fields = ty.fields().iter().filter_map(|field| Some((&field.name, given.get(&field.name)?)));
    let lines: Vec<String> = fields.map(|(name, value)| format!("  \"{name}\": {value}")).collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

/// How the counter-example differs from the example.
fn changed(good: &Map<String, Value>, bad: &Map<String, Value>) -> String {
    if let Some(name) = good.keys().find(|name| !bad.contains_key(*name)) {
        return format!("the same without `{name}`");
    }
    let (name, value) =
        bad.iter().find(|(name, value)| good.get(*name) != Some(value)).expect("a counter-example differs");
    format!("the same with `\"{name}\": {value}`")
}

fn publishers(ty: &EventType) -> String {
    match ty.publishers() {
        None => "every department".to_owned(),
        Some(list) => list.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", "),
    }
}

fn row(page: &mut String, name: &str, property: &Map<String, Value>, required: bool) {
    let text = |member: &str| property.get(member).and_then(Value::as_str).unwrap_or_default();
    let class = text("x-class");
    let slot = match (class, text("x-slot")) {
        ("P", _) => "",
        (_, "") => name,
        (_, group) => group,
    };
    debug_assert!([Class::P, Class::R, Class::W].iter().any(|known| format!("{known:?}") == class), "{name}");
    let required = if required { "yes" } else { "" };
    let takes = takes(property).replace('|', "\\|");
    let meaning = text("description").replace('|', "\\|");
    writeln!(page, "| `{name}` | {} | {class} | {slot} | {required} | {takes} | {meaning} |", text("title"))
        .unwrap();
}

/// What a field takes, in words.
fn takes(schema: &Map<String, Value>) -> String {
    let text = |member: &str| schema.get(member).and_then(Value::as_str).unwrap_or_default();
    let number = |member: &str| schema.get(member).and_then(Value::as_i64);
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        let options = options.iter().filter_map(Value::as_str).map(|one| format!("`{one}`"));
        return options.collect::<Vec<_>>().join(", ");
    }
    match text("type") {
        "boolean" => "true or false".to_owned(),
        "integer" => {
            let (least, most) = (number("minimum").unwrap(), number("maximum").unwrap());
            format!("a whole number from {least} to {most}")
        }
        "array" => {
            let least = number("minItems").map_or(String::new(), |least| format!("{least} to "));
            format!(
                "a list of {least}{}: {}",
                number("maxItems").unwrap(),
                takes(&resolved(&schema["items"]))
            )
        }
        "object" => {
            let members = schema["properties"].as_object().unwrap().iter();
            let members = members.map(|(name, member)| format!("`{name}` ({})", takes(&resolved(member))));
            members.collect::<Vec<_>>().join(" and ")
        }
        _ => match text("format") {
            "daybook-time" => "time".to_owned(),
            "daybook-day" => "day".to_owned(),
            "daybook-period" => "month".to_owned(),
            "daybook-digest" => "hash".to_owned(),
            "daybook-jti" => "event".to_owned(),
            _ => format!("form `{}`", text("pattern")),
        },
    }
}
