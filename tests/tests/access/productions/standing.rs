//! What stands at the opening of a production counts: seals, openings, numbers.

use std::time::Duration;

use serde_json::json;

use super::{City, HASH, PREFIX, at, body, disclosed, fine, lines, number, opened, read, shown, text, with};
use crate::{city, records};

#[test]
fn a_seal_or_erasure_that_comes_later_ends_a_production() {
    let city = City::new();
    let found = city.found();
    let first = city.approved(&body());
    let figures = json!({ "documents": found.len(), "pages": found.len() });
    let seal = |entry: u64| json!({ "act": "seal", "authority": "statute", "part": "withheld", "entries": [entry.to_string()] });
    // An order about something else does not touch it.
    city.order(&seal(0));
    fine(city.custodian.get(&at(&first, "materials")));
    city.order(&seal(found[2]));
    for (step, body) in [("materials", None), ("review", None), ("numbers", Some(&figures))] {
        city.refused(&city.custodian, &at(&first, step), body, "production-outdated");
    }
    // What was numbered is not built either once something was unsealed.
    let second = city.approved(&body());
    let numbered = fine(city.custodian.post(&at(&second, "numbers"), &figures)).json();
    let unseal = with(seal(found[2]), &json!({ "act": "unseal" }));
    city.order(&unseal);
    let built = json!({ "bag_hash": HASH, "records": found.len(), "withheld": 0 });
    city.refused(&city.custodian, &at(&second, "built"), Some(&built), "production-outdated");
    city.refused(&city.custodian, &at(&second, "authorities"), None, "production-outdated");
    assert_eq!(
        fine(city.custodian.post(&at(&second, "numbers"), &figures)).json(),
        numbered,
        "a fact stays one"
    );
    // What is erased is not found any more by what it said; it is told all the same.
    let matter = city::found(&city.custodian, &json!({ "departments": ["sheriff"], "order": "oldest" }));
    let matter = matter.iter().find_map(|event| event["matter"].as_str()).expect("a matter").to_owned();
    let of_matter = with(body(), &json!({ "query": { "matter": matter } }));
    let third = city.approved(&of_matter);
    let (records, _) = lines(&fine(city.custodian.get(&at(&third, "materials"))));
    let erase = json!({ "act": "erase", "authority": "retention_schedule", "part": "withheld",
        "entries": [number(&records[0], "entry").to_string()] });
    city.order(&erase);
    city.refused(&city.custodian, &at(&third, "materials"), None, "production-outdated");
    let again = opened(&city.custodian, &of_matter);
    assert_eq!(number(&again, "found"), records.len() as u64 - 1);
}

#[test]
fn bates_numbers_are_never_given_again() {
    let city = City::new();
    let count = city.found().len() as u64;
    let numbers = |name: &str, pages: u64| {
        let body = json!({ "documents": count, "pages": pages });
        let answer = fine(city.custodian.post(&at(name, "numbers"), &body)).json();
        (number(&answer, "first"), number(&answer, "last"))
    };
    let first = city.approved(&body());
    assert_eq!(numbers(&first, 2 * count), (1, 2 * count));
    let back = json!({ "kind": "clawed_back", "bates": [], "ground": "error" });
    fine(city.custodian.post(&at(&first, "withdraw"), &back));
    let never_numbered = city.approved(&body());
    let third = city.approved(&body());
    assert_eq!((never_numbered, third.clone()), (format!("{PREFIX}P0002"), format!("{PREFIX}P0003")));
    assert_eq!(numbers(&third, count), (2 * count + 1, 3 * count));
    // Another prefix counts for itself.
    let other = city.approved(&with(body(), &json!({ "bates_prefix": "OTHER-" })));
    assert_eq!((other.as_str(), numbers(&other, count)), ("OTHER-P0001", (1, count)));
    let replaced = json!({ "kind": "superseded", "replaced_by": other, "bates": [], "ground": "error" });
    fine(city.custodian.post(&at(&third, "withdraw"), &replaced));
    for (more, code) in [
        (json!({ "replaced_by": null }), "bad-scope"),
        (json!({ "kind": "clawed_back" }), "bad-scope"),
        (json!({ "replaced_by": "NONE-P0001" }), "unknown-production"),
        (json!({ "ground": "whim" }), "not-recordable"),
    ] {
        let fourth = with(replaced.clone(), &more);
        let path = at(&format!("{PREFIX}P0002"), "withdraw");
        city.refused(&city.custodian, &path, Some(&fourth), code);
    }
    let mut ledger = city.ledger;
    ledger.kill();
    ledger.start();
    let again = ledger.account("c-0003", "custodian", None);
    assert_eq!(shown(&again, &first)["state"], "withdrawn", "the fold is made anew from the log");
    assert_eq!(text(&opened(&again, &body()), "production"), format!("{PREFIX}P0004"));
}

#[test]
fn withheld_values_leave_on_an_opening_that_stood_when_the_production_was_opened() {
    let city = City::new();
    let found = city.found();
    let (custodian, approver) = (&city.custodian, &city.approver);
    let open = |entries: &[u64], minutes: u64| {
        let entries: Vec<String> = entries.iter().map(u64::to_string).collect();
        json!({ "act": "open", "authority": "discovery", "part": "withheld", "slots": ["matter_ref"],
            "entries": entries, "minutes": minutes })
    };
    let colleague = city.ledger.account("c-0002", "custodian", None);
    city::approved(custodian, approver, &open(&found[..1], 1));
    std::thread::sleep(Duration::from_secs(61));
    city::approved(custodian, approver, &open(&found[1..3], 60));
    city::approved(&colleague, approver, &open(&found[3..4], 60));
    city::requested(custodian, &open(&found[4..5], 60));
    let name = city.approved(&body());
    city::approved(custodian, approver, &open(&found[5..6], 60));
    let looks = read(&city.ledger, "withheld_field.opened");
    let (lines, _) = lines(&fine(custodian.get(&at(&name, "materials"))));
    for (line, entry) in lines.iter().zip(&found) {
        let covered = found[1..3].contains(entry);
        assert_eq!(disclosed(line).contains("matter_ref"), covered, "{entry} of {found:?}");
        assert_eq!(line["opened"], if covered { json!(["matter_ref"]) } else { json!([]) }, "{entry}");
    }
    let facts = records::facts(&city.ledger);
    let looked: Vec<_> =
        facts.iter().filter(|fact| &*fact.kind == "withheld_field.opened").skip(looks).collect();
    assert_eq!(looked.len(), 1, "the look is recorded");
    assert_eq!(looked[0].fields["slots"], json!(["matter_ref"]));
    assert_eq!(looked[0].links.len(), 3, "it names both events and the request");
    let reads = |facts: &[_]| records::reads(facts).len();
    let before = reads(&facts);
    let (review, state) = (fine(approver.get(&at(&name, "review"))).json(), "opened");
    let slots = review["records"][1]["slots"].as_array().expect("slots");
    assert!(slots.iter().any(|slot| slot["name"] == "matter_ref" && slot["state"] == state), "{slots:?}");
    assert_eq!(reads(&records::facts(&city.ledger)), before + 1);
}

#[test]
fn an_answer_that_was_cut_lacks_its_last_line() {
    let city = City::new();
    let name = city.approved(&body());
    let whole = fine(city.custodian.get(&at(&name, "materials")));
    lines(&whole);
    let reads = read(&city.ledger, "records.read");
    // The disk goes bad under the running service.
    let mut files: Vec<_> = std::fs::read_dir(city.ledger.dir().join("vault/r")).expect("a vault").collect();
    let file = files.remove(0).expect("a file").path();
    use std::os::unix::fs::FileExt as _;
    let open = std::fs::OpenOptions::new().read(true).write(true).open(&file).expect("the file");
    let length = open.metadata().expect("a length").len();
    for place in (64..length).step_by(512) {
        let mut byte = [0];
        open.read_exact_at(&mut byte, place).expect("a byte");
        open.write_all_at(&[byte[0] ^ 1], place).expect("written");
    }
    let cut = city.custodian.get(&at(&name, "materials"));
    assert!(
        cut.as_ref().is_err() || !cut.as_ref().is_ok_and(|answer| answer.text().contains("\"end\":true"))
    );
    assert!(city.ledger.log().contains("an answer about a production was cut"), "{}", city.ledger.log_tail());
    let entries = city.ledger.entries();
    let recorded = entries.iter().filter(|(_, event)| event.as_str() == "records.read").count();
    assert!(recorded > reads, "the read was recorded all the same");
}
