//! What must not pass: each with its code, and nothing changed.

use std::time::Duration;

use daybook_tests::{Account, Ledger};
use serde_json::{Value, json};

use crate::{city, records};

fn refused(ledger: &Ledger, account: &Account, path: &str, body: &Value, code: &str) {
    let before = ledger.size();
    let answer = account.post(path, body).expect("an answer");
    assert!(answer.status >= 400, "{path} {body}: {}", answer.text());
    assert_eq!(answer.code(), code, "{path} {body}: {}", answer.text());
    assert_eq!(ledger.size(), before, "{path} {body}: a refusal changes nothing");
}

fn decision(request: &str) -> String {
    format!("/v1/approvals/{request}/decision")
}

#[test]
fn what_takes_two_people_is_refused_to_one() {
    let ledger = Ledger::running_without_rules();
    city::at_work(&ledger, 2);
    let auditor = ledger.account("a-0001", "auditor", None);
    let custodian = ledger.account("c-0001", "custodian", None);
    let approver = ledger.account("p-0001", "approver", None);
    let other = ledger.account("c-0002", "custodian", None);
    let approve = json!({ "decision": "approved" });

    let event = city::found(&auditor, &json!({ "types": ["request.received"], "departments": ["sheriff"] }))
        .remove(0);
    let (jti, matter) = (city::jti(&event), event["matter"].as_str().expect("a matter"));

    // Under a hold nothing is erased: not asked for, and not approved where the hold came later.
    let erase = json!({ "act": "erase", "authority": "retention_schedule", "part": "all", "matter": matter });
    let asked = city::requested(&custodian, &erase);
    let held =
        custodian.post("/v1/holds", &json!({ "basis": "litigation", "matter": matter })).expect("an answer");
    assert_eq!(held.status, 201, "{}", held.text());
    refused(&ledger, &custodian, "/v1/approvals", &erase, "under-hold");
    refused(&ledger, &approver, &decision(&asked), &approve, "under-hold");
    let hold = held.json()["hold"].as_str().expect("a hold").to_owned();
    let why = approver.post(&decision(&asked), &approve).expect("an answer").text();
    assert!(why.contains(&hold), "the refusal names the hold: {why}");

    // One person does not do it alone, and nobody approves twice.
    let seal = json!({ "act": "seal", "authority": "statute", "part": "withheld", "events": [jti], "readers": ["custodian"] });
    let asked = city::requested(&custodian, &seal);
    refused(&ledger, &custodian, &decision(&asked), &approve, "not-allowed");
    refused(&ledger, &auditor, &decision(&asked), &approve, "not-allowed");
    let done = approver.post(&decision(&asked), &approve).expect("an answer");
    assert_eq!(done.status, 200, "{}", done.text());
    refused(&ledger, &approver, &decision(&asked), &approve, "already-decided");
    refused(&ledger, &approver, &decision(&asked), &json!({ "decision": "refused" }), "already-decided");

    // Openings: with authority, for a time, for whoever asked.
    let open =
        json!({ "act": "open", "authority": "audit", "part": "withheld", "events": [jti], "minutes": 1 });
    let mut without = open.clone();
    without["authority"] = Value::Null;
    refused(&ledger, &auditor, "/v1/approvals", &without, "bad-query");
    without["authority"] = "curiosity".into();
    refused(&ledger, &auditor, "/v1/approvals", &without, "authority-not-for-act");
    without["authority"] = "court_order".into();
    refused(&ledger, &auditor, "/v1/approvals", &without, "order-missing");
    let endless = json!({ "act": "open", "authority": "audit", "part": "withheld", "events": [jti], "minutes": 1_000_000 });
    refused(&ledger, &auditor, "/v1/approvals", &endless, "bad-minutes");
    // The event is sealed to auditors by now.
    refused(&ledger, &auditor, "/v1/approvals", &open, "opening-sealed");
    for nowhere in [
        json!({ "entries": [] }),
        json!({ "entries": ["9999999"] }),
        json!({ "events": ["3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f"] }),
    ] {
        let mut asked = json!({ "act": "open", "authority": "audit", "part": "withheld", "minutes": 1 });
        asked.as_object_mut().expect("an object").extend(nowhere.as_object().expect("an object").clone());
        refused(&ledger, &auditor, "/v1/approvals", &asked, "bad-scope");
    }

    let another =
        city::found(&auditor, &json!({ "types": ["request.received"], "departments": ["police"] })).remove(0);
    let open = json!({ "act": "open", "authority": "audit", "part": "withheld", "events": [city::jti(&another)], "minutes": 1 });
    let asked = city::requested(&auditor, &open);
    let values = format!("/v1/approvals/{asked}/values");
    let code = |account: &Account| account.get(&values).expect("an answer").code();
    assert_eq!(code(&auditor), "not-approved");
    assert_eq!(approver.post(&decision(&asked), &approve).expect("an answer").status, 200);
    assert_eq!(code(&other), "not-requester");
    let before = records::facts(&ledger).iter().filter(|fact| &*fact.kind == "withheld_field.opened").count();
    let opened = auditor.get(&values).expect("an answer");
    assert_eq!(opened.status, 200, "{}", opened.text());
    assert!(opened.json()["opened"][0]["values"]["matter_ref"].is_string(), "{}", opened.text());
    let after = records::facts(&ledger).iter().filter(|fact| &*fact.kind == "withheld_field.opened").count();
    assert_eq!(after, before + 1, "the look is on the ledger");
    let department = ledger.account("d-police", "department", Some("police"));
    let seen = department.get(&format!("/v1/events/{}", city::jti(&another))).expect("an answer").json();
    let linked: Vec<&str> = seen["linked_from"]
        .as_array()
        .expect("links")
        .iter()
        .filter_map(|event| event["event"].as_str())
        .collect();
    assert!(linked.contains(&"withheld_field.opened"), "the department sees that it was opened: {linked:?}");
    std::thread::sleep(Duration::from_secs(61));
    assert_eq!(code(&auditor), "opening-expired");
    let last = records::facts(&ledger).iter().filter(|fact| &*fact.kind == "withheld_field.opened").count();
    assert_eq!(last, after);
}

#[test]
fn an_account_ends_by_its_time_and_by_its_revocation() {
    let ledger = Ledger::running_without_rules();
    let past = ledger.granted("a-0001", "auditor", None, "2026-01-01T00:00:00Z");
    let known = ledger.account("a-0002", "auditor", None);
    assert_eq!(past.get("/v1/me").expect("an answer").code(), "account-expired");
    assert_eq!(known.get("/v1/me").expect("an answer").status, 200);
    ledger.revoked("a-0002");
    assert_eq!(known.get("/v1/me").expect("an answer").code(), "account-revoked");
}
