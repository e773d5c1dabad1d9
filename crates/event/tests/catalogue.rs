//! The catalogue: every type shows a valid event that can be issued and admitted, and an invalid one that cannot; mistakes in a
//! schema are named with file and place.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use daybook_event::catalogue::{Catalogue, Class, CounterExample};
use daybook_event::issue::{IssueError, check};
use daybook_event::{
    Code, Draft, Issuer, Origin, OsEntropy, Position, SigningKey, Token, check_content, check_public, issue,
};
use serde_json::{Value, json};

fn origin() -> Origin {
    "ledger.example/daybook".parse().unwrap()
}

#[test]
fn the_builtin_catalogue_has_no_mistakes() {
    let again = Catalogue::from_files(Catalogue::builtin_files().iter().copied());
    assert_eq!(
        again.map(|c| c.types().count()).map_err(|e| e.to_string()),
        Ok(Catalogue::builtin_files().len() - 1)
    );
}

#[test]
fn every_example_is_issued_and_admitted() {
    let key = SigningKey::from_seed([1; 32]);
    for ty in Catalogue::builtin().types() {
        let department = if ty.may_publish("ledger") { "ledger/governance" } else { "sheriff/jail-records" };
        let issuer: Issuer = department.parse().unwrap();
        let fields = ty.example().as_object().unwrap().clone();
        let draft = Draft::new(ty.name().clone(), fields.clone());
        let at = Position::first(&origin());
        let signed = issue(&draft, &issuer, &origin(), at, &key, Catalogue::builtin(), &mut OsEntropy)
            .unwrap_or_else(|e| panic!("{}: {e}", ty.name()));
        let token = Token::parse(signed.compact.as_bytes()).unwrap();
        assert_eq!((token.jwt(), token.jwt_hash()), (signed.jwt(), signed.jwt_hash));
        assert!(key.public().verify_strict(token.signing_input(), token.signature()));
        let content =
            check_content(&token, Catalogue::builtin()).unwrap_or_else(|e| panic!("{}: {e}", ty.name()));
        assert_eq!(content.fields, fields, "{}", ty.name());
        assert_eq!(content.r.len() + content.w.len(), ty.slots().len());
        check_public(&Token::parse_jwt(signed.jwt()).unwrap(), Catalogue::builtin()).unwrap();
    }
}

/// A ledger may have hundreds of millions of entries, and nine digits in a row are refused everywhere else.
#[test]
fn numbers_of_entries_are_not_taken_for_numbers_of_persons() {
    let ty = Catalogue::builtin().latest("record.sealed").unwrap();
    let sealed = |at_entries: Value, part: Option<&str>| {
        let mut fields = ty.example().as_object().unwrap().clone();
        fields.insert("at_entries".into(), at_entries);
        fields.remove("part");
        fields.extend(part.map(|part| ("part".to_owned(), part.into())));
        let draft = Draft::new(ty.name().clone(), fields);
        check(&draft, &"ledger/governance".parse().unwrap(), Catalogue::builtin())
    };
    assert!(sealed(json!(["123456789", "223456789-323456789"]), Some("all")).is_ok());
    assert!(sealed(json!(["12"]), None).is_err(), "entries without a part");
    for malformed in ["15-12", "7-7", "012", "1234567890123", "twelve", "1,2"] {
        assert!(sealed(json!([malformed]), Some("all")).is_err(), "{malformed}");
    }
}

/// A query is named on the ledger by terms, so that a second person sees what leaves; there is no room for anything else in them.
#[test]
fn every_type_and_code_of_the_catalogue_is_a_term_of_a_query_and_words_are_not() {
    let ty = Catalogue::builtin().latest("approval.requested").unwrap();
    let asked = |term: &str| {
        let mut fields = ty.example().as_object().unwrap().clone();
        fields.insert("terms".into(), json!([term]));
        let draft = Draft::new(ty.name().clone(), fields);
        check(&draft, &"ledger/access".parse().unwrap(), Catalogue::builtin()).is_ok()
    };
    for listed in Catalogue::builtin().types() {
        assert!(asked(&format!("type={}", listed.name())), "{}", listed.name());
        for field in listed.fields() {
            for code in field.codes.iter().flatten() {
                assert!(asked(&format!("code:{}={code}", field.name)), "{} {code}", field.name);
            }
        }
    }
    let handle = "k3vq7tz2m5ywb4cdnxr6gh2sja";
    for good in [
        "department=sheriff",
        "producer=sheriff/jail-records",
        "month=2026-05",
        "happened_from=2026-05-01",
        "received_to=2026-05-31",
        "linked_to=3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f",
    ] {
        assert!(asked(good), "{good}");
    }
    assert!(asked(&format!("matter={handle}")) && asked(&format!("identifier:case_number={handle}")));
    for bad in [
        "sheriff",
        "name=somebody",
        "identifier:case_number=2026CV031204",
        "matter=2026CV031204",
        "department=two words",
        "code:channel=",
        "code:=x",
        "month=May",
        "happened_from=yesterday",
    ] {
        assert!(!asked(bad), "{bad}");
    }
}

#[test]
fn nothing_but_public_fields_is_in_the_clear() {
    for ty in Catalogue::builtin().types() {
        for field in ty.fields() {
            assert_eq!(field.slot.is_none(), field.class == Class::P, "{} {}", ty.name(), field.name);
        }
        let times = ty.slots().iter().find(|slot| slot.name == "times").unwrap();
        assert_eq!((times.class, times.grouped), (Class::R, true), "{}", ty.name());
        if let Some(matter) = ty.field("matter_ref") {
            assert_eq!(
                (matter.class, matter.slot.as_deref()),
                (Class::W, Some("matter_ref")),
                "{}",
                ty.name()
            );
        }
    }
}

#[test]
fn every_counter_example_is_refused_and_says_why() {
    for ty in Catalogue::builtin().types() {
        let CounterExample { why, code, value } = ty.counter_example();
        assert!(why.ends_with('.'), "{}", ty.name());
        let department = if ty.may_publish("ledger") { "ledger/governance" } else { "sheriff/jail-records" };
        let refused = check(
            &Draft::new(ty.name().clone(), value.clone()),
            &department.parse().unwrap(),
            Catalogue::builtin(),
        );
        let given = match refused.unwrap_err() {
            IssueError::Refused(refusal) => refusal.code,
            IssueError::UnknownField { .. } => Code::UnknownField,
            other => panic!("{}: {other}", ty.name()),
        };
        assert_eq!(given, *code, "{}", ty.name());
    }
}

#[test]
fn counter_examples_show_each_reason_that_fields_give() {
    let shown: BTreeSet<Code> = Catalogue::builtin().types().map(|ty| ty.counter_example().code).collect();
    assert_eq!(shown, BTreeSet::from([Code::UnknownField, Code::Schema, Code::ForbiddenData]));
}

fn good() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Thing seen", "description": "A thing was seen.", "type": "object",
        "properties": {
            "occurred_at": {"$ref": "common.json#/$defs/occurred_at"},
            "kind": {"title": "Kind", "description": "Its kind.", "type": "string", "enum": ["a", "b"], "x-class": "P"},
            "size": {"title": "Size", "description": "Its size.", "type": "integer", "minimum": 0, "maximum": 9, "x-class": "R", "x-slot": "details"},
            "colour": {"title": "Colour", "description": "Its colour.", "type": "string", "enum": ["red"], "x-class": "R", "x-slot": "details"}
        },
        "required": ["occurred_at"], "additionalProperties": false,
        "examples": [{"occurred_at": "2026-11-22", "kind": "a"}],
        "x-counter-example": {"why": "There is no c.", "code": "schema", "value": {"occurred_at": "2026-11-22", "kind": "c"}}
    })
}

fn mistakes(file: &str, schema: &Value) -> Vec<(String, String)> {
    let common = Catalogue::builtin_files().iter().find(|(name, _)| *name == "common.json").unwrap().1;
    let bytes = serde_json::to_vec(schema).unwrap();
    match Catalogue::from_files([("common.json", common), (file, bytes.as_slice())]) {
        Ok(_) => Vec::new(),
        Err(error) => {
            assert!(error.mistakes.iter().all(|mistake| mistake.file == file));
            error.mistakes.into_iter().map(|mistake| (mistake.pointer, mistake.what)).collect()
        }
    }
}

#[test]
fn a_new_type_is_a_file_and_no_code() {
    assert_eq!(mistakes("thing.seen.v1.json", &good()), []);
}

#[test]
fn each_mistake_in_a_schema_is_named_with_its_place() {
    let cases: &[(&str, &str, Value, &str)] = &[
        ("/properties/kind/x-class", "/properties/kind", Value::Null, "x-class"),
        ("/properties/kind/x-class", "/properties/kind", json!("X"), "x-class"),
        ("/properties/kind/title", "/properties/kind", Value::Null, "title"),
        ("/properties/kind/description", "/properties/kind", json!(" "), "description"),
        ("/properties/kind/x-slot", "/properties/kind", json!("details"), "public"),
        ("/properties/size/x-class", "/properties/size", json!("W"), "mixes classes"),
        ("/properties/kind/enum", "/properties/kind", Value::Null, "free text"),
        ("/properties/size/maximum", "/properties/size", Value::Null, "minimum and maximum"),
        ("/properties/size/type", "/properties/size", json!("number"), "has no type"),
        (
            "/properties/kind/$ref",
            "/properties/kind/$ref",
            json!("https://elsewhere.example/x.json"),
            "no definition",
        ),
        ("/title", "", Value::Null, "title"),
        ("/description", "", Value::Null, "description"),
        ("/additionalProperties", "", Value::Null, "additionalProperties"),
        ("/additionalProperties", "", json!(true), "additionalProperties"),
        ("/$schema", "/$schema", json!("http://json-schema.org/draft-07/schema#"), "2020-12"),
        ("/required", "/required", json!(["occurred_at", "weight"]), "not a property"),
        ("/x-publishers", "/x-publishers", json!(["Sheriff"]), "departments"),
        ("/examples", "/examples", Value::Null, "no example"),
        ("/examples/0/kind", "/examples/0/kind", json!("z"), "one of"),
        ("/x-counter-example", "/x-counter-example", Value::Null, "why"),
        ("/x-counter-example/code", "/x-counter-example", json!("wrong"), "code"),
        ("/x-counter-example/code", "/x-counter-example/code", json!("unknown-field"), "is schema"),
        ("/x-counter-example/value/kind", "/x-counter-example/value", json!("a"), "is valid"),
        ("/properties/kind/enum", "/properties/kind/enum", json!("a"), "not a schema"),
    ];
    for (at, place, value, says) in cases {
        let mut schema = good();
        let (parent, member) = at.rsplit_once('/').unwrap();
        let parent = schema.pointer_mut(parent).unwrap();
        match (parent, value) {
            (Value::Object(members), Value::Null) => drop(members.remove::<str>(member)),
            (Value::Object(members), value) => drop(members.insert((*member).into(), value.clone())),
            (other, _) => panic!("{other}"),
        }
        let found = mistakes("thing.seen.v1.json", &schema);
        assert!(found.iter().any(|(p, what)| p == place && what.contains(says)), "{at} {value}: {found:?}");
    }
}

#[test]
fn reserved_names_and_nested_openness_are_mistakes() {
    for name in ["_sd", "...", "Kind", "a-b", "1a"] {
        let mut schema = good();
        schema["properties"][name] = schema["properties"]["kind"].clone();
        let found = mistakes("thing.seen.v1.json", &schema);
        assert!(found.iter().any(|(p, _)| *p == format!("/properties/{name}")), "{name}: {found:?}");
    }
    let mut schema = good();
    schema["properties"]["list"] = json!({"title": "L", "description": "L.", "x-class": "W", "type": "array", "maxItems": 2,
        "items": {"type": "object", "properties": {"a": {"type": "string"}}}});
    let found = mistakes("thing.seen.v1.json", &schema);
    for place in ["/properties/list/items", "/properties/list/items/properties/a"] {
        assert!(found.iter().any(|(p, _)| p == place), "{place}: {found:?}");
    }
    let mut schema = good();
    schema["properties"]["details"] =
        json!({"title": "D", "description": "D.", "x-class": "W", "type": "boolean"});
    assert!(!mistakes("thing.seen.v1.json", &schema).is_empty());
    for file in ["thing.seen.json", "thing.v1.json", "thing.seen.v01.json", "thing.seen.v0.json"] {
        assert!(!mistakes(file, &good()).is_empty(), "{file}");
    }
}

#[test]
fn a_fault_repeats_no_value() {
    let ty = Catalogue::builtin().latest("release.notice_sent").unwrap();
    let secret = "Zq7Honduras";
    for field in ty.fields() {
        for value in
            [json!(secret), json!([secret]), json!({ secret: secret }), json!([{ "rel": secret, secret: 1 }])]
        {
            let mut flat = ty.example().as_object().unwrap().clone();
            flat.insert(field.name.clone(), value);
            if let Err(fault) = ty.check(&flat) {
                assert!(!fault.to_string().contains("Zq7"), "{fault}");
            }
        }
    }
    let mut flat = ty.example().as_object().unwrap().clone();
    flat.insert(secret.into(), json!(1));
    assert_eq!(ty.check(&flat).unwrap_err().place, "/*");
    flat.remove(secret);
    flat.insert("birth_country".into(), json!(1));
    assert_eq!(ty.check(&flat).unwrap_err().place, "/birth_country");
}

#[test]
fn the_name_of_a_finding_may_happen_to_spell_a_country() {
    let ty = Catalogue::builtin().latest("finding.raised").unwrap();
    let mut fields = ty.example().as_object().unwrap().clone();
    for (name, good) in [
        ("F-CUBA-IRAN-2345", true),
        ("F-ABCD-EFGH", false),
        ("F-ABCD-EFGH-2340", false),
        ("F-ABCD-EFGH-2345-AAAA", false),
        ("f-abcd-efgh-2345", false),
    ] {
        fields.insert("finding".into(), name.into());
        assert_eq!(ty.check(&fields).is_ok(), good, "{name}");
        assert_eq!(ty.find_forbidden(&fields), None, "{name}");
    }
}

#[test]
fn a_field_with_a_closed_vocabulary_lists_it_and_no_other_does() {
    let catalogue = Catalogue::builtin();
    let codes = |ty: &str, field: &str| {
        let ty = catalogue.latest(ty).expect("a type");
        ty.field(field).expect("a field").codes.clone()
    };
    let listed = codes("release.completed", "outcome").expect("an enumeration");
    assert_eq!(listed, ["released_public", "released_to_other_agency", "transferred_judicial"]);
    assert_eq!(codes("release.completed", "correction").expect("yes or no"), ["true", "false"]);
    for open in ["provisions", "occurred_at", "facility", "links", "matter_ref"] {
        assert_eq!(codes("release.completed", open), None, "{open}");
    }
    // Examples show what stands in a field: of one with a vocabulary, nothing else does.
    for ty in catalogue.types() {
        for field in ty.fields() {
            let (Some(codes), Some(value)) = (&field.codes, ty.example().get(&field.name)) else { continue };
            for one in value.as_array().unwrap_or(&vec![value.clone()]) {
                let text = one.as_str().map_or_else(|| one.to_string(), str::to_owned);
                assert!(codes.contains(&text), "{} {}", ty.name(), field.name);
            }
        }
    }
}

/// A search speaks in codes such as those of papers, and names entries; neither is anything about a person.
#[test]
fn a_production_says_what_was_searched_for() {
    let ty = Catalogue::builtin().latest("production.opened").unwrap();
    let opened = |field: &str, value: Value| {
        let mut fields = ty.example().as_object().unwrap().clone();
        fields.insert(field.to_owned(), value);
        check(&Draft::new(ty.name().clone(), fields), &"ledger/access".parse().unwrap(), Catalogue::builtin())
    };
    let codes = r#"{"paper":["immigration_judge_order"],"type":["paper.classified"]}"#;
    for good in [codes, r#"{"entries":["123456789","223456789-323456789"]}"#] {
        assert!(opened("query", json!(good)).is_ok(), "{good}");
    }
    for bad in ["{", "[]", r#"{"a":1,"a":2}"#, r#"{"a":"é"}"#, "{} "] {
        assert!(opened("query", json!(bad)).is_err(), "{bad}");
    }
    for (zone, known) in [("America/Denver", true), ("Asia/Tehran", true), ("UTC", true), ("/", false)] {
        assert_eq!(opened("time_zone", json!(zone)).is_ok(), known, "{zone}");
    }
}

#[test]
fn a_request_says_which_entries_unless_it_is_for_a_production() {
    let ty = Catalogue::builtin().latest("approval.requested").unwrap();
    let request = |act: &str, remove: &[&str]| {
        let mut fields = ty.example().as_object().unwrap().clone();
        fields.insert("act".to_owned(), act.into());
        fields.retain(|name, _| !remove.contains(&name.as_str()));
        ty.check(&fields)
    };
    assert!(request("open", &[]).is_ok());
    assert!(request("open", &["at_entries"]).is_err());
    assert!(request("open", &["part"]).is_err());
    assert!(request("produce", &["at_entries", "part"]).is_ok());
    assert!(request("produce", &["at_entries", "part", "links"]).is_err(), "of which production?");
}
