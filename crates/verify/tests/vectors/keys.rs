//! Who may sign what, and what a sealing covers.

use daybook_event::{Issuer, Registry, Sealing, Standing, Token};
use serde_json::{Map, Value, json};

use super::signing::{ORIGIN, PRODUCER, event, key, log_key};
use super::{number, text};

const GOVERNANCE: &str = "ledger/governance";

fn timed(mut fields: Value) -> Value {
    for name in ["occurred_at", "recorded_at"] {
        fields[name] = "2026-11-22T09:38Z".into();
    }
    fields
}

fn jwt(compact: &str) -> String {
    compact.split('~').next().unwrap().to_owned()
}

fn named(n: u8) -> Value {
    json!({"kid": key(n).public().kid().to_string(), "x": key(n).public().x()})
}

fn opened() -> String {
    let mut fields = timed(named(1));
    fields["origin"] = ORIGIN.into();
    fields["log_vkey"] = log_key().vkey().to_string().into();
    jwt(&event("ledger.opened", fields, GOVERNANCE, 0, 1))
}

/// An event about keys of the producer, signed by key `signer`.
fn about(name: &str, mut fields: Value, signer: u8, seq: u64) -> String {
    fields["producer"] = PRODUCER.into();
    jwt(&event(name, timed(fields), GOVERNANCE, seq, signer))
}

fn registered(n: u8) -> String {
    about("key.registered", named(n), 1, u64::from(n))
}

fn rotated(old: u8, new: u8, from_seq: u64) -> String {
    let mut fields = named(new);
    fields["old_kid"] = key(old).public().kid().to_string().into();
    fields["from_seq"] = from_seq.into();
    about("key.rotated", fields, 1, 50)
}

fn revoked(n: u8) -> String {
    let fields = json!({"kid": key(n).public().kid().to_string(), "reason": "lost"});
    about("key.revoked", fields, 1, 60)
}

/// Entries from 0 on; for each whether the record allows it; then who may sign what.
fn story(why: &str, entries: &[(String, bool)], standings: &[(u8, u64, bool)]) -> Value {
    let entries: Vec<Value> =
        entries.iter().map(|(jwt, allowed)| json!({"jwt": jwt, "allowed": allowed})).collect();
    let standings: Vec<Value> = standings
        .iter()
        .map(|(n, seq, good)| json!({"iss": PRODUCER, "kid": key(*n).public().kid().to_string(), "seq": seq, "good": good}))
        .collect();
    json!({"why": why, "entries": entries, "standings": standings})
}

pub(crate) fn cases() -> Vec<Value> {
    let ok = |jwt: String| (jwt, true);
    let no = |jwt: String| (jwt, false);
    let mut false_opening = opened();
    let end = false_opening.split_off(false_opening.len() - 40);
    false_opening += &end.replace(|c: char| c.is_ascii_digit(), "Q");
    vec![
        story("no key is good before the ledger is opened", &[no(registered(2))], &[(2, 0, false)]),
        story(
            "a registered key is good",
            &[ok(opened()), ok(registered(2))],
            &[(2, 0, true), (2, 99, true), (3, 0, false)],
        ),
        story(
            "a producer has several keys",
            &[ok(opened()), ok(registered(2)), ok(registered(3))],
            &[(2, 5, true), (3, 5, true)],
        ),
        story("a key serves once", &[ok(opened()), ok(registered(2)), no(registered(2))], &[(2, 0, true)]),
        story(
            "a rotation divides the sequence",
            &[ok(opened()), ok(registered(2)), ok(rotated(2, 3, 10))],
            &[(2, 9, true), (2, 10, false), (3, 9, false), (3, 10, true)],
        ),
        story(
            "a key is rotated once",
            &[ok(opened()), ok(registered(2)), ok(rotated(2, 3, 10)), no(rotated(2, 4, 12))],
            &[(4, 12, false), (3, 12, true)],
        ),
        story(
            "a revoked key is good for nothing, also what it signed before",
            &[ok(opened()), ok(registered(2)), ok(revoked(2)), no(revoked(2)), no(rotated(2, 3, 1))],
            &[(2, 0, false), (3, 1, false)],
        ),
        story("an unknown key is not revoked", &[ok(opened()), no(revoked(5))], &[(5, 0, false)]),
        story("the ledger is opened once", &[ok(opened()), no(opened())], &[(1, 0, false)]),
        story("the opening is signed by the key that it names", &[no(false_opening)], &[(1, 0, false)]),
        story(
            "only a key of governance in force registers",
            &[ok(opened()), no(about("key.registered", named(2), 7, 9))],
            &[(2, 0, false)],
        ),
        story("kid is the thumbprint of x", &[ok(opened()), no(mismatched())], &[(2, 0, false)]),
    ]
}

fn mismatched() -> String {
    let mut fields = named(2);
    fields["x"] = key(3).public().x().into();
    about("key.registered", fields, 1, 2)
}

pub(crate) fn check(case: &Value) {
    let mut registry = Registry::default();
    for (index, entry) in case["entries"].as_array().unwrap().iter().enumerate() {
        let token = Token::parse_jwt(text(entry, "jwt")).unwrap();
        let found = registry.apply(index as u64, &token);
        assert_eq!(found.is_ok(), entry["allowed"], "entry {index} of {}: {found:?}", case["why"]);
    }
    for standing in case["standings"].as_array().unwrap() {
        let issuer: Issuer = text(standing, "iss").parse().unwrap();
        let found =
            registry.standing(&issuer, &text(standing, "kid").parse().unwrap(), number(standing, "seq"));
        assert_eq!(matches!(found, Standing::InForce(_)), standing["good"], "{standing} of {}", case["why"]);
    }
}

pub(crate) fn sealing_cases() -> Vec<Value> {
    let data = |entries: Value| json!({"kind": "erased", "part": "all", "authority": "statute", "at_entries": entries});
    let covers = |index: u64, entries: Value, spans: Value| json!({"index": index, "data": data(entries), "reads": true, "spans": spans});
    let refused = |index: u64, entries: Value| json!({"index": index, "data": data(entries), "reads": false});
    let with_slots = |slots: Value, reads: bool| {
        let mut data = data(json!(["3"]));
        data["slots"] = slots.clone();
        match reads {
            true => json!({"index": 8, "data": data, "reads": true, "spans": [[3, 3]], "slots": slots}),
            false => json!({"index": 8, "data": data, "reads": false}),
        }
    };
    let many: Vec<String> = (0..=1024).map(|n| n.to_string()).collect();
    let spans: Vec<[u64; 2]> = (0..1024).map(|n| [n, n]).collect();
    let mut cases = vec![
        covers(8, json!(["3", "5-7"]), json!([[3, 3], [5, 7]])),
        covers(9, json!(["2-4", "5-6"]), json!([[2, 4], [5, 6]])),
        covers(9_999, json!(many[..1024]), json!(spans)),
        covers(1 << 40, json!(["0-4095"]), json!([[0, 4095]])),
        json!({"index": 9, "data": {"kind": "erased", "authority": "statute"}, "reads": true, "spans": null}),
        json!({"index": 9, "data": {"kind": "erased", "authority": "statute", "at_entries": ["1"]}, "reads": false}),
        json!({"index": 9, "data": {"kind": "burnt", "part": "all", "authority": "statute", "at_entries": ["1"]}, "reads": false}),
        with_slots(json!(["matter_ref", "case_number"]), true),
        with_slots(json!([]), false),
        with_slots(json!(["times", "times"]), false),
        with_slots(json!(["Times"]), false),
        with_slots(json!("times"), false),
        with_slots(json!((0..=32).map(|n| format!("s{n}")).collect::<Vec<_>>()), false),
        refused(9_999, json!(many)),
        refused(1 << 40, json!(["0-4095", "50000"])),
    ];
    for entries in [json!(["8"]), json!(["2-8"]), json!(["999999999999"]), json!([]), json!("4"), json!([4])]
    {
        cases.push(refused(8, entries));
    }
    for entries in [
        ["4", "3"],
        ["4", "4"],
        ["2-4", "4-5"],
        ["2-4", "1"],
        ["1", "3-3"],
        ["1", "03"],
        ["1", "2-"],
        ["1", " 2"],
    ] {
        cases.push(refused(9, json!(entries)));
    }
    cases
}

pub(crate) fn check_sealing(case: &Value) {
    let data: &Map<String, Value> = case["data"].as_object().unwrap();
    let found = Sealing::read(number(case, "index"), data);
    assert_eq!(found.is_ok(), case["reads"], "{case}: {found:?}");
    let Ok(found) = found else { return };
    if let Some(slots) = case.get("slots") {
        assert_eq!(json!(found.as_ref().map(|sealing| &sealing.slots)), *slots, "{case}");
    }
    let spans =
        found.map(|sealing| sealing.spans.iter().map(|span| [span.first, span.last]).collect::<Vec<_>>());
    assert_eq!(json!(spans), case["spans"], "{case}");
}
