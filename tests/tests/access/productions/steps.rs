//! From the search to the file, and back.

use daybook_event::Token;
use daybook_event::entry::parse_entry;
use daybook_tlog::leaf_hash;
use serde_json::{Value, json};

use super::{
    City, HASH, OTHER_HASH, PREFIX, at, body, disclosed, fine, lines, number, opened, read, shown, text, with,
};
use crate::records;

#[test]
fn a_production_takes_two_people_and_leaves_step_by_step() {
    let city = City::new();
    let found = city.found();
    let (custodian, approver) = (&city.custodian, &city.approver);
    let other = city.ledger.account("c-0002", "custodian", None);
    let auditor = city.ledger.account("a-0001", "auditor", None);
    // One is privileged, one left out, one sealed as a whole, and one has a slot sealed and one erased.
    let whole = json!({ "act": "seal", "authority": "court_order", "order_number": "2026CV031204", "part": "all",
        "entries": [found[3].to_string()], "readers": ["custodian", "auditor"] });
    let whole = city.order(&whole);
    let sealed = json!({ "act": "seal", "authority": "statute", "part": "restricted", "slots": ["times"],
        "entries": [found[4].to_string()], "readers": ["custodian"] });
    let sealed = city.order(&sealed);
    let erased = json!({ "act": "erase", "authority": "retention_schedule", "part": "withheld",
        "slots": ["matter_ref"], "entries": [found[4].to_string()] });
    let erased = city.order(&erased);
    let body = with(
        body(),
        &json!({
            "privileged": [{ "entries": [found[1].to_string()], "privilege": "attorney-client" }],
            "excluded": [{ "entries": [found[2].to_string()], "reason": "agreement" }],
        }),
    );
    let made = opened(custodian, &body);
    let name = text(&made, "production");
    assert_eq!(name, format!("{PREFIX}P0001"));
    let total = found.len() as u64;
    assert_eq!(
        (number(&made, "found"), number(&made, "produced"), number(&made, "withheld")),
        (total, total - 3, 3)
    );
    let size = number(&made, "searched_size");
    let checkpoints = fine(custodian.get(&format!("/v1/checkpoints?above={}&limit=1", size - 1))).json();
    assert_eq!(checkpoints["checkpoints"][0]["size"], size, "of that size there is a signed checkpoint");

    // Alone nobody goes on, and nobody approves what is their own.
    let figures = json!({ "documents": total - 3, "pages": 2 * total });
    let built = json!({ "bag_hash": HASH, "records": total - 3, "withheld": 3 });
    city.refused(custodian, &at(&name, "materials"), None, "not-approved");
    city.refused(custodian, &at(&name, "numbers"), Some(&figures), "not-approved");
    let decision = format!("/v1/approvals/{}/decision", text(&made, "request"));
    let yes = json!({ "decision": "approved" });
    city.refused(custodian, &decision, Some(&yes), "not-allowed");
    city.refused(&other, &decision, Some(&yes), "not-allowed");
    let listed = fine(approver.get(&format!("/v1/approvals/{}", text(&made, "request")))).json();
    assert_eq!(
        (&listed["request"]["act"], &listed["request"]["production"]),
        (&"produce".into(), &name.clone().into())
    );
    assert_eq!(shown(approver, &name)["state"], "opened");
    reviewed(&city, &name, &found, (whole, sealed, erased));
    city.approve(&made);
    city.refused(approver, &decision, Some(&yes), "already-decided");
    assert_eq!(shown(&auditor, &name)["state"], "approved");
    for (account, code) in [(&other, "not-requester"), (&auditor, "not-allowed"), (approver, "not-allowed")] {
        city.refused(account, &at(&name, "materials"), None, code);
        city.refused(account, &at(&name, "numbers"), Some(&figures), code);
        city.refused(account, &at(&name, "built"), Some(&built), code);
    }
    city.refused(custodian, &at(&name, "authorities"), None, "not-numbered");
    city.refused(custodian, &at(&name, "built"), Some(&built), "not-numbered");

    materials(&city, &name, &found, (whole, sealed, erased));

    // Numbers: for these figures and no others.
    let few = json!({ "documents": total - 4, "pages": 2 * total });
    city.refused(custodian, &at(&name, "numbers"), Some(&few), "production-figures");
    let numbered = fine(custodian.post(&at(&name, "numbers"), &figures)).json();
    assert_eq!((number(&numbered, "first"), number(&numbered, "last")), (1, 2 * total));
    let before = city.ledger.size();
    assert_eq!(fine(custodian.post(&at(&name, "numbers"), &figures)).json(), numbered, "the same answer");
    assert_eq!(city.ledger.size(), before, "and no second event");
    let more = json!({ "documents": total - 3, "pages": 2 * total + 1 });
    city.refused(custodian, &at(&name, "numbers"), Some(&more), "already-numbered-otherwise");
    authorities(&city, &name, &made, &numbered, [whole, sealed, erased]);

    // Package and file.
    city.refused(custodian, &at(&name, "delivered"), Some(&json!({ "package_hash": HASH })), "not-built");
    let record = fine(custodian.post(&at(&name, "built"), &built)).json();
    assert_eq!(
        disclosed(&record["record"]),
        ["times", "details", "recorder", "links"].map(str::to_owned).into()
    );
    assert_eq!(fine(custodian.post(&at(&name, "built"), &built)).json(), record);
    let again = with(built, &json!({ "bag_hash": OTHER_HASH }));
    city.refused(custodian, &at(&name, "built"), Some(&again), "already-built-otherwise");
    let file = json!({ "package_hash": HASH });
    let delivered = fine(custodian.post(&at(&name, "delivered"), &file)).json();
    assert_eq!(fine(custodian.post(&at(&name, "delivered"), &file)).json(), delivered);
    let file = json!({ "package_hash": OTHER_HASH });
    city.refused(custodian, &at(&name, "delivered"), Some(&file), "already-delivered-otherwise");
    let whole = shown(approver, &name);
    assert_eq!(
        (&whole["state"], &whole["delivered"][0]["package_hash"]),
        (&"delivered".into(), &HASH.into())
    );
    assert_eq!(whole["numbered"]["last"], 2 * total);
    assert_eq!(whole["log"]["policy"], std::fs::read_to_string(city.ledger.policy()).expect("a policy"));

    // Called back, nothing more is made of it.
    let back = json!({ "kind": "clawed_back", "bates": ["2-3"], "ground": "privileged" });
    let withdrawn = fine(custodian.post(&at(&name, "withdraw"), &back)).json();
    assert_eq!(fine(custodian.post(&at(&name, "withdraw"), &back)).json(), withdrawn);
    let beyond = json!({ "kind": "clawed_back", "bates": ["99999"], "ground": "privileged" });
    city.refused(custodian, &at(&name, "withdraw"), Some(&beyond), "not-its-pages");
    city.refused(custodian, &at(&name, "materials"), None, "production-withdrawn");
    let list = fine(auditor.get("/v1/productions")).json();
    assert_eq!(list["productions"][0]["state"], "withdrawn");
    assert_eq!(list["productions"][0]["withdrawn"][0]["bates"], json!(["2-3"]));
    let mut ledger = city.ledger;
    ledger.stop();
    ledger.verify();
}

/// A review shows slots by name and no value of a restricted or withheld field.
fn reviewed(city: &City, name: &str, found: &[u64], (whole, sealed, erased): (u64, u64, u64)) {
    let (mut seen, mut after, mut texts) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = fine(city.approver.get(&at(name, &format!("review?limit=3{after}"))));
        assert!(page.read().is_some(), "looking is recorded");
        seen.extend(page.json()["records"].as_array().expect("records").clone());
        texts.push(page.text());
        match page.json()["next"].as_u64() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let entries: Vec<u64> = seen.iter().map(|record| number(record, "entry")).collect();
    assert_eq!(entries, found);
    let states: Vec<&str> = seen.iter().filter_map(|record| record["state"].as_str()).take(5).collect();
    assert_eq!(states, ["produced", "privileged", "excluded", "sealed", "produced"]);
    assert_eq!((&seen[1]["code"], &seen[3]["by"]), (&"attorney-client".into(), &whole.into()));
    let slot = |name: &str| {
        let slots = seen[4]["slots"].as_array().expect("slots");
        slots.iter().find(|slot| slot["name"] == name).expect("a slot").clone()
    };
    assert_eq!(slot("times"), json!({ "name": "times", "class": "R", "state": "sealed", "by": sealed }));
    assert_eq!(
        slot("matter_ref"),
        json!({ "name": "matter_ref", "class": "W", "state": "erased", "by": erased })
    );
    assert_eq!(slot("recorder"), json!({ "name": "recorder", "class": "R", "state": "present" }));
    let mut values = 0;
    for fields in &city.drafts {
        for name in ["matter_ref", "occurred_at", "recorded_at", "badge", "facility", "unit", "case_number"] {
            let Some(value) = fields[name].as_str() else { continue };
            values += 1;
            assert!(!texts.iter().any(|text| text.contains(value)), "the review holds the value of {name}");
        }
    }
    assert!(values > 20, "{values} values were looked for");
}

/// The records go out with every restricted disclosure that no order closes, and no withheld one.
fn materials(city: &City, name: &str, found: &[u64], (whole, sealed, erased): (u64, u64, u64)) {
    let reads = read(&city.ledger, "records.read");
    let answer = fine(city.custodian.get(&at(name, "materials")));
    assert_eq!(answer.headers["content-type"], "application/jsonl");
    let (lines, end) = lines(&answer);
    assert_eq!(end, json!({ "end": true, "produced": found.len() - 3, "withheld": 3 }));
    assert_eq!(lines.iter().map(|line| number(line, "entry")).collect::<Vec<_>>(), found);
    let facts = records::facts(&city.ledger);
    let recorded: Vec<_> = facts.iter().filter(|fact| &*fact.kind == "records.read").skip(reads).collect();
    assert_eq!(recorded.len(), 1, "the read is recorded");
    assert_eq!(recorded[0].fields["reads"][0]["kind"], "production");
    assert_eq!(recorded[0].fields["reads"][0]["rows"], found.len());
    assert_eq!(recorded[0].fields["reads"][0]["read"].as_str(), answer.read().map(String::as_str));
    assert_eq!(recorded[0].links.len(), 1, "it names the approval");
    assert_eq!(read(&city.ledger, "withheld_field.opened"), 0, "nothing was opened");
    for (line, held) in
        [(&lines[1], ("privileged", "attorney-client")), (&lines[2], ("excluded", "agreement"))]
    {
        assert_eq!((&line["state"], &line["code"]), (&held.0.into(), &held.1.into()));
        assert!(line.get("bytes").is_none() && line.get("by").is_none());
    }
    let line = &lines[3];
    assert_eq!(
        (&line["state"], &line["code"], &line["by"]),
        (&"sealed".into(), &"sealed".into(), &whole.into())
    );
    assert_eq!(line["authority"], "court_order", "seals count against everybody, whoever may still read");
    let closed = &lines[4];
    assert_eq!(
        closed["locked"],
        json!([
            { "slot": "times", "state": "sealed", "authority": "statute", "by": sealed },
            { "slot": "matter_ref", "state": "erased", "authority": "retention_schedule", "by": erased },
        ])
    );
    assert!(!disclosed(closed).contains("times") && disclosed(closed).contains("recorder"));
    for line in lines.iter().filter(|line| line["state"] == "produced") {
        let names = disclosed(line);
        assert!(!names.contains("matter_ref") && !names.contains("case_number"), "{names:?}");
        assert!(line["opened"].as_array().is_some_and(Vec::is_empty));
        assert!(line["intake"].is_string());
        if line["entry"] != closed["entry"] {
            assert!(names.contains("times"), "{names:?}");
        }
    }
    // The leaf of what is held back is that of the log.
    let tile = fine(city.custodian.get("/tile/0/000.p/4")).body;
    let first = fine(city.custodian.get("/tile/entries/000.p/1")).body;
    assert_eq!(leaf_hash(&first[2..]).as_bytes(), &tile[..32]);
    assert!(text(&lines[1], "leaf").len() == 44);
}

/// What a production rests on: keys, orders about what was found, its own steps.
fn authorities(city: &City, name: &str, made: &Value, numbered: &Value, orders: [u64; 3]) {
    let answer = fine(city.custodian.get(&at(name, "authorities")));
    let (lines, end) = lines(&answer);
    let entries: Vec<u64> = lines.iter().map(|line| number(line, "entry")).collect();
    assert!(entries.is_sorted_by(|one, next| one < next), "{entries:?}");
    assert_eq!(end, json!({ "end": true, "records": entries.len() }));
    let statement = lines.iter().find(|line| line["kind"] == "statement").expect("the statement");
    assert_eq!(number(statement, "entry"), number(made, "entry"));
    assert!(disclosed(statement).contains("details"));
    let own = [number(made, "entry"), number(made, "request_entry"), number(numbered, "entry")];
    for entry in [0, 1].into_iter().chain(orders).chain(own) {
        assert!(entries.contains(&entry), "{entry} is among {entries:?}");
    }
    let mut types: Vec<String> = lines
        .iter()
        .map(|line| {
            let bytes = text(line, "bytes");
            let entry = parse_entry(bytes.as_bytes()).expect("an entry");
            Token::parse_jwt(entry.event).expect("an event").claims().event.to_string()
        })
        .collect();
    types.sort_unstable();
    let count = |name: &str| types.iter().filter(|one| *one == name).count();
    assert_eq!((count("record.sealed"), count("approval.decided"), count("production.numbered")), (3, 1, 1));
    assert_eq!((count("approval.requested"), count("ledger.opened")), (1, 1), "no orders' requests");
}
