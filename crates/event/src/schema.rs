//! Reading the schema files of a catalogue, and saying what is wrong with them.

pub(crate) mod examples;
mod formats;
mod term;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::catalogue::{Class, EventType, Field, Slot};
use crate::json;
use crate::names::{Issuer, TypeName};
use crate::xscan::Openness;
use formats::compile;

/// The file that the others refer to.
const COMMON: &str = "common.json";
/// The dialect that every file names.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// What `$ref` may start with: nothing outside the folder is ever read.
const COMMON_REF: &str = "common.json#/$defs/";
/// The members that may stand beside `$ref`.
const BESIDE_REF: [&str; 4] = ["title", "description", "x-class", "x-slot"];

/// Something that is wrong with a schema file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file's name.
    pub file: String,
    /// Where in it, as a JSON pointer.
    pub pointer: String,
    /// What is wrong and what belongs there.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}: {}", self.file, self.pointer, self.what)
    }
}

/// Collects mistakes in one file.
struct Notes<'n> {
    file: &'n str,
    mistakes: &'n mut Vec<Mistake>,
}

impl Notes<'_> {
    fn add(&mut self, pointer: impl Into<String>, what: impl Into<String>) {
        self.mistakes.push(Mistake {
            file: self.file.to_owned(),
            pointer: pointer.into(),
            what: what.into(),
        });
    }
}

pub(crate) fn read_files<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
) -> Result<Vec<EventType>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut parsed = BTreeMap::new();
    for (file, bytes) in files {
        match json::parse(bytes) {
            Ok(value) => drop(parsed.insert(file, (bytes, value))),
            Err(fault) => Notes { file, mistakes: &mut mistakes }.add(fault.place.clone(), fault.to_string()),
        }
    }
    let common =
        parsed.remove(COMMON).and_then(|(_, common)| common.get("$defs").cloned()).unwrap_or_default();
    let mut types = Vec::new();
    for (file, (bytes, mut schema)) in parsed {
        let mut notes = Notes { file, mistakes: &mut mistakes };
        inline(&mut schema, "", &common, &mut notes);
        let order = json::member_order(bytes, &["properties"]);
        types.extend(read_type(&schema, &order, &mut notes));
    }
    if mistakes.is_empty() { Ok(types) } else { Err(mistakes) }
}

/// Puts the definitions of `common.json` in the place of each `$ref`, so that nothing is looked up later.
fn inline(schema: &mut Value, pointer: &str, common: &Value, notes: &mut Notes<'_>) {
    match schema {
        Value::Object(members) => {
            if let Some(to) = members.get("$ref") {
                let found =
                    to.as_str().and_then(|to| to.strip_prefix(COMMON_REF)).and_then(|name| common.get(name));
                let Some(definition) = found.and_then(Value::as_object) else {
                    return notes.add(
                        format!("{pointer}/$ref"),
                        format!("refers to no definition: only {COMMON_REF}<name> may be used"),
                    );
                };
                if let Some(odd) =
                    members.keys().find(|key| *key != "$ref" && !BESIDE_REF.contains(&key.as_str()))
                {
                    notes.add(
                        format!("{pointer}/{odd}"),
                        "cannot stand beside $ref; write it into the definition",
                    );
                }
                let beside = std::mem::take(members);
                *members = definition.clone();
                members.extend(beside.into_iter().filter(|(key, _)| key != "$ref"));
            }
            for (name, member) in members.iter_mut() {
                if !matches!(name.as_str(), "examples" | "x-counter-example") {
                    inline(member, &format!("{pointer}/{name}"), common, notes);
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                inline(item, &format!("{pointer}/{at}"), common, notes);
            }
        }
        _ => {}
    }
}

fn read_type(schema: &Value, order: &[String], notes: &mut Notes<'_>) -> Option<EventType> {
    let before = notes.mistakes.len();
    let stem = notes.file.strip_suffix(".json").and_then(|stem| stem.rsplit_once(".v"));
    let named = stem.and_then(|(name, v)| {
        let version: u32 = v.parse().ok().filter(|n: &u32| *n >= 1 && n.to_string() == v)?;
        Some((name.parse::<TypeName>().ok()?, version))
    });
    if named.is_none() {
        notes.add("", "the file's name is <type>.v<n>.json, such as request.received.v1.json");
    }
    let title = text(schema, "title", "", notes);
    let description = text(schema, "description", "", notes);
    if schema.get("$schema").and_then(Value::as_str) != Some(DIALECT) {
        notes.add("/$schema", format!("must be {DIALECT}"));
    }
    check_shape(schema, "", notes);
    let publishers = publishers(schema, notes);
    let (fields, slots) = fields(schema, order, notes);
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let open = properties.iter().map(|(name, property)| (name.clone(), Openness::of_schema(property)));
    let open: Vec<_> = open.filter(|(_, openness)| *openness != Openness::Closed).collect();
    let validators = validators(schema, &fields, notes);
    let counter_example = examples::read_counter(schema, notes);
    if notes.mistakes.len() > before {
        return None;
    }
    let ((name, version), (whole, public), counter_example) = (named?, validators?, counter_example?);
    let example = schema.pointer("/examples/0").cloned().unwrap_or_default();
    let read = EventType {
        name,
        version,
        title,
        description,
        publishers,
        fields,
        slots,
        example,
        counter_example,
        whole,
        public,
        open,
    };
    examples::check(&read, schema, notes);
    (notes.mistakes.len() == before).then_some(read)
}

/// The two checks of a type: of the whole flat event, and of its public fields alone.
fn validators(schema: &Value, fields: &[Field], notes: &mut Notes<'_>) -> Option<(Validator, Validator)> {
    let mut public = schema.clone();
    let hidden = |name: &str| fields.iter().any(|field| field.name == name && field.class != Class::P);
    if let Some(properties) = public.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !hidden(name));
    }
    if let Some(required) = public.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !name.as_str().is_some_and(hidden));
    }
    // Conditions between fields may read withheld ones; they are checked with the whole event only.
    if let Some(members) = public.as_object_mut() {
        members.retain(|name, _| {
            !matches!(
                name.as_str(),
                "allOf"
                    | "anyOf"
                    | "oneOf"
                    | "not"
                    | "if"
                    | "then"
                    | "else"
                    | "dependentRequired"
                    | "dependentSchemas"
            )
        });
    }
    Some((compile(schema, notes)?, compile(&public, notes)?))
}

/// `title` or `description`: there, and not empty.
fn text(of: &Value, member: &str, pointer: &str, notes: &mut Notes<'_>) -> String {
    let text = of.get(member).and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() {
        notes.add(pointer, format!("has no {member}"));
    }
    text.to_owned()
}

fn publishers(schema: &Value, notes: &mut Notes<'_>) -> Option<Vec<String>> {
    let listed = schema.get("x-publishers")?;
    let names: Option<Vec<String>> = listed
        .as_array()
        .filter(|list| !list.is_empty())
        .and_then(|list| list.iter().map(|one| one.as_str().map(str::to_owned)).collect());
    let well_formed =
        |names: &Vec<String>| names.iter().all(|one| format!("{one}/x").parse::<Issuer>().is_ok());
    if !names.as_ref().is_some_and(well_formed) {
        notes.add("/x-publishers", "must be a list of departments");
    }
    names
}

fn fields(schema: &Value, order: &[String], notes: &mut Notes<'_>) -> (Vec<Field>, Vec<Slot>) {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let required: BTreeSet<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for name in required.iter().filter(|name| !properties.contains_key(**name)) {
        notes.add("/required", format!("requires {name}, which is not a property"));
    }
    let (mut fields, mut slots) = (Vec::new(), Vec::<Slot>::new());
    for name in order {
        let pointer = format!("/properties/{name}");
        let Some(property) = properties.get(name) else { continue };
        let plain = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !plain {
            notes.add(&pointer, "a field's name is lower-case words joined by _; names that SD-JWT reserves (_sd, ...) are not fields");
        }
        let class = match property.get("x-class").and_then(Value::as_str) {
            Some("P") => Class::P,
            Some("R") => Class::R,
            Some("W") => Class::W,
            _ => {
                notes.add(&pointer, "has no x-class P, R or W");
                continue;
            }
        };
        let group = property.get("x-slot").and_then(Value::as_str);
        if class == Class::P && group.is_some() {
            notes.add(&pointer, "a public field is in no slot");
        }
        let slot = (class != Class::P).then(|| group.unwrap_or(name).to_owned());
        if let Some(slot) = &slot {
            join_slot(&mut slots, slot, class, name, group.is_some(), &pointer, notes);
        }
        fields.push(Field {
            name: name.clone(),
            title: text(property, "title", &pointer, notes),
            description: text(property, "description", &pointer, notes),
            class,
            slot,
            required: required.contains(name.as_str()),
            codes: codes(property),
        });
        check_shape(property, &pointer, notes);
    }
    for slot in slots.iter().filter(|slot| slot.grouped && properties.contains_key(&slot.name)) {
        notes.add(
            format!("/properties/{}", slot.name),
            "a field has the name of a slot that groups other fields",
        );
    }
    if !slots.iter().any(|slot| slot.fields.iter().any(|field| field == "occurred_at")) {
        notes.add("/properties", "every type has occurred_at in a slot, from which the period follows");
    }
    (fields, slots)
}

/// The values of a closed vocabulary.
fn codes(property: &Value) -> Option<Vec<String>> {
    match property.get("type")?.as_str()? {
        "boolean" => Some(vec!["true".to_owned(), "false".to_owned()]),
        "array" => codes(property.get("items")?).filter(|_| property["items"]["type"] == "string"),
        "string" => {
            let listed = property.get("enum")?.as_array()?.iter().map(|one| one.as_str().map(str::to_owned));
            listed.collect()
        }
        _ => None,
    }
}

fn join_slot(
    slots: &mut Vec<Slot>,
    name: &str,
    class: Class,
    field: &str,
    grouped: bool,
    pointer: &str,
    notes: &mut Notes<'_>,
) {
    let Some(slot) = slots.iter_mut().find(|slot| slot.name == name) else {
        slots.push(Slot { name: name.to_owned(), class, fields: vec![field.to_owned()], grouped });
        return;
    };
    if slot.class != class {
        notes.add(pointer, format!("the slot {name} mixes classes; all fields of a slot have one class"));
    }
    slot.fields.push(field.to_owned());
}

/// Objects are closed, lists and numbers bounded, strings bounded by a form: no free text anywhere.
fn check_shape(schema: &Value, pointer: &str, notes: &mut Notes<'_>) {
    let has = |member: &str| schema.get(member).is_some();
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => {
            if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
                notes.add(pointer, "additionalProperties must be false");
            }
            // The fields of the type itself are looked at one by one.
            if !pointer.is_empty() {
                for (name, property) in
                    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
                {
                    check_shape(property, &format!("{pointer}/properties/{name}"), notes);
                }
            }
        }
        Some(_) if pointer.is_empty() => notes.add(pointer, "an event is an object"),
        Some("array") => {
            if !has("maxItems") || !has("items") {
                notes.add(pointer, "a list has items and maxItems");
            }
            check_shape(schema.get("items").unwrap_or(&json!({})), &format!("{pointer}/items"), notes);
        }
        Some("string") if !(has("enum") || has("const") || has("pattern")) => {
            notes.add(pointer, "a string has an enum, a const or a pattern: there is no free text");
        }
        Some("integer") if !(has("enum") || has("const") || (has("minimum") && has("maximum"))) => {
            notes.add(pointer, "an integer has minimum and maximum");
        }
        Some("string" | "integer" | "boolean") => {}
        _ => notes.add(pointer, "has no type object, array, string, integer or boolean"),
    }
}
