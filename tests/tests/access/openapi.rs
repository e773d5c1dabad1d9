//! `/v1/openapi.json` is a document of OpenAPI 3.1, in the eyes of software that others wrote.

use daybook_tests::Ledger;
use roas::v3_1::spec::Spec;
use roas::validation::{Options, Validate as _};
use serde_json::Value;

/// Why it is no such document. What it may lack are tags, which nothing asks for.
fn faults(document: &Value) -> Result<(), String> {
    let spec: Spec = serde_json::from_value(document.clone()).map_err(|fault| fault.to_string())?;
    spec.validate(Options::IgnoreMissingTags.into(), None).map_err(|faults| faults.to_string())?;
    // What the standard does not know would be lost on the way.
    let again = serde_json::to_value(&spec).map_err(|fault| fault.to_string())?;
    if let Some(place) = lost(document, &again, "") {
        return Err(format!("it has something at {place} that the standard does not know"));
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        if !jsonschema::draft202012::meta::is_valid(schema) {
            return Err(format!("{name} is no JSON Schema"));
        }
    }
    Ok(())
}

/// The first place of the document that is not there again.
fn lost(document: &Value, again: &Value, place: &str) -> Option<String> {
    match (document, again) {
        (Value::Object(members), Value::Object(others)) => members.iter().find_map(|(name, member)| {
            let place = format!("{place}/{name}");
            match others.get(name) {
                Some(other) => lost(member, other, &place),
                // The reader does not tell a default of null from none.
                None => (!member.is_null()).then_some(place),
            }
        }),
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            (0..items.len()).find_map(|at| lost(&items[at], &others[at], &format!("{place}/{at}")))
        }
        (value, other) => (value != other).then(|| format!("{place}: {value}, {other}")),
    }
}

#[test]
fn the_openapi_document_is_one_of_openapi_3_1_and_a_broken_one_is_told_from_it() {
    let ledger = Ledger::running_without_rules();
    let document = ledger.public().get("/v1/openapi.json").expect("an answer").json();
    assert_eq!(faults(&document), Ok(()));
    type Break = fn(&mut Value);
    let breaks: [(&str, Break); 6] = [
        ("no title", |document| drop(document["info"].as_object_mut().map(|info| info.remove("title")))),
        ("another version", |document| document["openapi"] = "2.0".into()),
        ("a response without a description", |document| {
            let response = document.pointer_mut("/paths/~1healthz/get/responses/2XX").expect("a response");
            drop(response.as_object_mut().map(|response| response.remove("description")));
        }),
        ("a parameter in no place", |document| {
            let place = document.pointer_mut("/paths/~1v1~1events~1{jti}/get/parameters/0/in");
            *place.expect("a parameter") = "nowhere".into();
        }),
        ("a reference that leads nowhere", |document| {
            let schema = document.pointer_mut(
                "/paths/~1healthz/get/responses/default/content/application~1problem+json/schema/$ref",
            );
            *schema.expect("a reference") = "#/components/schemas/Nothing".into();
        }),
        ("a type that there is not", |document| {
            document["components"]["schemas"]["Problem"]["type"] = "thing".into();
        }),
    ];
    for (what, break_it) in breaks {
        let mut broken = document.clone();
        break_it(&mut broken);
        assert!(faults(&broken).is_err(), "{what}");
    }
}
