//! Taking many events out takes two people, and what leaves is what the second one saw.

use std::collections::BTreeMap;
use std::time::Duration;

use daybook_tests::{Account, Answer, Ledger};
use serde_json::{Value, json};

use crate::{city, records};

fn asked(account: &Account, query: &Value) -> Value {
    let body = json!({ "query": query, "authority": "audit", "minutes": 1 });
    let answer = account.post("/v1/exports", &body).expect("an answer");
    assert_eq!(answer.status, 201, "{query}: {}", answer.text());
    answer.json()
}

fn decided(approver: &Account, request: &Value) -> Answer {
    let path = format!("/v1/approvals/{}/decision", request["request"].as_str().expect("a request"));
    approver.post(&path, &json!({ "decision": "approved" })).expect("an answer")
}

fn run(account: &Account, request: &Value, query: &Value) -> Answer {
    let approval = request["request"].as_str().expect("a request");
    account.with_header("daybook-approval", approval).post("/v1/events/export", query).expect("an answer")
}

#[test]
fn an_export_takes_two_people_and_takes_out_what_the_second_one_saw() {
    let ledger = Ledger::running_without_rules();
    let drafts = city::at_work(&ledger, 2);
    let auditor = ledger.account("a-0001", "auditor", None);
    let other = ledger.account("a-0002", "auditor", None);
    let approver = ledger.account("p-0001", "approver", None);
    let department = ledger.account("d-sheriff", "department", Some("sheriff"));
    let query = json!({ "types": ["request.received"], "departments": ["sheriff"] });
    let total = city::found(&auditor, &query).len();
    assert!(total > 0);

    // A department takes its own out by itself; nobody else takes anything out alone.
    let own = department.post("/v1/events/export", &query).expect("an answer");
    assert_eq!((own.status, own.text().lines().count()), (200, total), "{}", own.text());
    let before = ledger.size();
    let alone = auditor.post("/v1/events/export", &query).expect("an answer");
    assert_eq!((alone.status, alone.code()), (403, "approval-required".to_owned()));
    assert_eq!(department.post("/v1/exports", &json!({})).expect("an answer").code(), "not-allowed");
    assert_eq!(ledger.size(), before, "what is refused is no read");

    let request = asked(&auditor, &query);
    assert_eq!(request["export"]["rows"], total);
    assert_eq!(request["export"]["terms"], json!(["department=sheriff", "type=request.received"]));
    assert_eq!(run(&auditor, &request, &query).code(), "not-approved");
    let path = format!("/v1/approvals/{}", request["request"].as_str().expect("a request"));
    let seen = approver.get(&path).expect("an answer").json();
    assert_eq!(seen["request"]["export"], request["export"], "the second person sees the same");
    assert_eq!(decided(&approver, &request).status, 200);

    // What fits and came later does not leave.
    let later = drafts.len();
    assert!(later > 0 && ledger.size() > request["export"]["up_to"].as_u64().expect("a size"));
    let reads = records::facts(&ledger).iter().filter(|fact| &*fact.kind == "records.read").count();
    let out = run(&auditor, &request, &query);
    assert_eq!((out.status, out.text().lines().count()), (200, total), "{}", out.text());
    assert_eq!(out.headers["daybook-complete-to"], request["export"]["up_to"].to_string());
    assert_eq!(run(&auditor, &request, &query).body, out.body, "a download that broke off is had again");
    let facts = records::facts(&ledger);
    let recorded: Vec<_> = facts.iter().filter(|fact| &*fact.kind == "records.read").skip(reads).collect();
    assert_eq!(recorded.len(), 2, "each run has its record");
    for fact in recorded {
        assert_eq!(fact.fields["reads"][0]["kind"], "export");
        assert_eq!(
            fact.fields["reads"][0]["query"], request["export"]["query"],
            "the query that was approved"
        );
        let named: Vec<String> = fact.links.iter().map(|(_, jti)| jti.to_string()).collect();
        assert_eq!(json!(named), json!([request["request"]]), "the record names the approval");
    }

    // Another query, a wider one, another size, purpose or reference, another person.
    let other_query =
        |body: Value| assert_eq!(run(&auditor, &request, &body).code(), "other-query", "{body}");
    other_query(json!({}));
    other_query(json!({ "types": ["request.received"] }));
    other_query(json!({ "types": ["request.received", "release.notice_sent"], "departments": ["sheriff"] }));
    other_query(json!({ "types": ["request.received"], "departments": ["sheriff"], "at": 3 }));
    for purpose in ["discovery 2026-A-17", "audit 2026-A-18", "audit"] {
        let elsewhere = auditor.with_purpose(Some(purpose));
        assert_eq!(run(&elsewhere, &request, &query).code(), "other-query", "{purpose}");
    }
    assert_eq!(run(&other, &request, &query).code(), "not-requester");
    let mut paged = query.clone();
    paged["limit"] = 1.into();
    assert_eq!(run(&auditor, &request, &paged).code(), "bad-query");
    let open =
        json!({ "act": "open", "authority": "audit", "part": "withheld", "entries": ["5"], "minutes": 1 });
    let opening = json!({ "request": city::requested(&auditor, &open) });
    assert_eq!(run(&auditor, &opening, &query).code(), "other-act");
    let nobody = json!({ "request": "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f" });
    assert_eq!(run(&auditor, &nobody, &query).code(), "unknown-request");
    std::thread::sleep(Duration::from_secs(61));
    assert_eq!(run(&auditor, &request, &query).code(), "export-expired");
}

#[test]
fn a_request_for_an_export_holds_no_value_that_is_searched_for_and_no_words() {
    let ledger = Ledger::running_without_rules();
    let drafts = city::at_work(&ledger, 2);
    let auditor = ledger.account("a-0001", "auditor", None);
    let approver = ledger.account("p-0001", "approver", None);
    let token =
        drafts[0].1.iter().find_map(|fields| fields["matter_ref"].as_str()).expect("a matter").to_owned();
    let query = json!({ "identifiers": { "matter_ref": token }, "occurred": { "from": "2026-01-01" } });
    let request = asked(&auditor, &query);
    let shown = request.to_string();
    assert!(shown.contains("identifier:matter_ref=") && !shown.contains(&token), "{shown}");
    let facts = records::facts(&ledger);
    let asked_for = facts.iter().find(|fact| &*fact.kind == "approval.requested").expect("the request");
    let fields: BTreeMap<_, _> = asked_for.fields.iter().collect();
    assert!(!format!("{fields:?}").contains(&token));
    assert_eq!(decided(&approver, &request).status, 200);
    let out = run(&auditor, &request, &query);
    assert_eq!(out.text().lines().count() as u64, request["export"]["rows"].as_u64().expect("rows"));
    assert!(!out.text().is_empty());

    // Only names that the ledger and its catalogue know get into a request, which is kept for good.
    let before = ledger.size();
    for words in [
        json!({ "departments": ["somebody"] }),
        json!({ "producers": ["somebody/else"] }),
        json!({ "types": ["some.thing"] }),
        json!({ "codes": { "request_kind": ["somebody"] } }),
        json!({ "codes": { "somebody": ["hold"] } }),
        json!({ "identifiers": { "somebody": "x" } }),
        json!({ "matter": "somebody" }),
        json!({ "facets": ["type"] }),
    ] {
        let body = json!({ "query": words, "authority": "audit", "minutes": 1 });
        let answer = auditor.post("/v1/exports", &body).expect("an answer");
        assert_eq!(
            (answer.status, answer.code()),
            (400, "bad-query".to_owned()),
            "{words}: {}",
            answer.text()
        );
        assert!(!answer.text().contains("somebody"), "{}", answer.text());
    }
    let body = json!({ "act": "export", "authority": "audit", "part": "restricted", "entries": ["1"], "minutes": 1 });
    assert_eq!(auditor.post("/v1/approvals", &body).expect("an answer").code(), "bad-query");
    let body = json!({ "query": {}, "authority": "retention_schedule", "minutes": 1 });
    assert_eq!(auditor.post("/v1/exports", &body).expect("an answer").code(), "authority-not-for-act");
    let body = json!({ "query": {}, "authority": "audit", "minutes": 0 });
    assert_eq!(auditor.post("/v1/exports", &body).expect("an answer").code(), "bad-minutes");
    let body = json!({ "query": {}, "authority": "audit", "minutes": 1 });
    let silent = auditor.with_purpose(None);
    assert_eq!(silent.post("/v1/exports", &body).expect("an answer").code(), "purpose-required");
    assert_eq!(ledger.size(), before);
}

#[test]
fn a_hold_that_was_let_go_is_an_event_and_the_request_is_done() {
    let ledger = Ledger::running_without_rules();
    city::at_work(&ledger, 1);
    let auditor = ledger.account("a-0001", "auditor", None);
    let custodian = ledger.account("c-0001", "custodian", None);
    let approver = ledger.account("p-0001", "approver", None);
    let event = city::found(&auditor, &json!({ "types": ["request.received"] })).remove(0);
    let held = json!({ "basis": "litigation", "events": [city::jti(&event)] });
    let held = custodian.post("/v1/holds", &held).expect("an answer").json();
    let release = json!({
        "act": "release_hold", "authority": "litigation", "part": "all", "entries": [held["entry"].to_string()],
    });
    let request = city::requested(&custodian, &release);
    let list = || auditor.get("/v1/approvals").expect("an answer").json();
    assert_eq!(list()["holds"].as_array().map(Vec::len), Some(1));
    let done = approver
        .post(&format!("/v1/approvals/{request}/decision"), &json!({ "decision": "approved" }))
        .expect("an answer")
        .json();
    let list = list();
    assert_eq!(list["holds"].as_array().map(Vec::len), Some(0));
    let listed = &list["requests"][0];
    assert_eq!((&listed["state"], &listed["decided_by"]), (&"carried_out".into(), &"p-0001".into()));
    assert_eq!(listed["done_entry"], done["done_entry"]);
    let facts = records::facts(&ledger);
    let released = &facts[done["done_entry"].as_u64().expect("an entry") as usize];
    assert_eq!(&*released.kind, "hold.released");
    assert_eq!(released.fields["basis"], "litigation");
    let named: Vec<String> = released.links.iter().map(|(_, jti)| jti.to_string()).collect();
    assert_eq!(json!(named), json!([request, held["hold"]]));
}
