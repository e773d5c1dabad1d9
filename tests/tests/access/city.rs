//! Two departments at work, and asking about them.

use std::time::Duration;

use daybook_tests::{Account, Department, Ledger, Signers, send};
use serde_json::{Value, json};

/// The sheriff's and the police's events of some matters, recorded on the ledger: the drafts' fields by department.
pub(crate) fn at_work(ledger: &Ledger, matters: usize) -> Vec<(Department, Vec<Value>)> {
    let mut signers = Signers::of(ledger, 7);
    let mut signed = Vec::new();
    let mut drafts = Vec::new();
    for department in [Department::Sheriff, Department::Police] {
        let issuer = department.issuer();
        signed.push(signers.register(&issuer, "2026-01-05T08:00:00-07:00"));
        let mut fields = Vec::new();
        for draft in department.drafts(11, matters) {
            fields.push(Value::Object(draft.fields.clone()));
            signed.push(signers.sign(&issuer, draft.event.as_str(), &draft.fields, None));
        }
        drafts.push((department, fields));
    }
    send(ledger, &signed, Duration::from_secs(120));
    drafts
}

/// The events that a query finds, at most a page of them.
pub(crate) fn found(account: &Account, query: &Value) -> Vec<Value> {
    let answer = account.post("/v1/events/search", query).expect("an answer");
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()["events"].as_array().expect("events").clone()
}

/// The identifier of an event.
pub(crate) fn jti(event: &Value) -> String {
    event["jti"].as_str().expect("an identifier").to_owned()
}

/// Asks for an act and has a second person approve it: the answer to the approval.
pub(crate) fn approved(custodian: &Account, approver: &Account, asked: &Value) -> Value {
    let request = requested(custodian, asked);
    let decided = approver
        .post(&format!("/v1/approvals/{request}/decision"), &json!({ "decision": "approved" }))
        .expect("an answer");
    assert_eq!(decided.status, 200, "{asked}: {}", decided.text());
    decided.json()
}

/// Asks for an act: the identifier of the request.
pub(crate) fn requested(account: &Account, asked: &Value) -> String {
    let request = account.post("/v1/approvals", asked).expect("an answer");
    assert_eq!(request.status, 201, "{asked}: {}", request.text());
    request.json()["request"].as_str().expect("an identifier").to_owned()
}
