//! What must not be opened, and who must not approve it.

use std::collections::BTreeSet;

use serde_json::json;

use super::{City, at, body, fine, number, opened, shown, text, with};

#[test]
fn what_must_not_be_opened_is_refused_and_changes_nothing() {
    let city = City::new();
    let found = city.found();
    let custodian = &city.custodian;
    let silent = custodian.with_purpose(None);
    let signed = fine(custodian.get("/v1/checkpoints")).json();
    let signed: BTreeSet<u64> = signed["checkpoints"]
        .as_array()
        .expect("checkpoints")
        .iter()
        .map(|one| number(one, "size"))
        .collect();
    let unsigned = (1..city.ledger.size()).find(|size| !signed.contains(size)).expect("a commit of several");
    city.refused(&silent, "/v1/productions", Some(&body()), "purpose-required");
    let federal = |basis: &str| json!({ "requester": "federal", "basis": basis });
    for (more, code) in [
        (federal("discovery"), "federal-needs-order"),
        (federal("cora"), "federal-needs-order"),
        (federal("court_order"), "order-missing"),
        (json!({ "basis": "curiosity" }), "not-recordable"),
        (json!({ "requester": "somebody" }), "not-recordable"),
        (json!({ "bates_prefix": "daybook" }), "bad-query"),
        (json!({ "time_zone": "Mars/Olympus" }), "bad-query"),
        (json!({ "profile": { "name": "defense-discovery", "hash": "x" } }), "bad-query"),
        (json!({ "confidentiality": "whatever" }), "not-recordable"),
        (json!({ "entries": ["1"] }), "bad-query"),
        (json!({ "query": null }), "bad-scope"),
        (json!({ "query": null, "entries": ["9999999"] }), "bad-scope"),
        (json!({ "query": null, "entries": ["2", "1"] }), "bad-scope"),
        (json!({ "query": { "departments": ["somebody"] } }), "bad-query"),
        (json!({ "query": { "facets": ["type"] } }), "bad-query"),
        (json!({ "query": { "at": unsigned } }), "bad-scope"),
        (json!({ "query": { "departments": ["sheriff"], "periods": ["1999-01"] } }), "nothing-to-produce"),
        (json!({ "privileged": [{ "entries": ["0"], "privilege": "medical" }] }), "held-back-not-found"),
        (
            json!({ "privileged": [{ "entries": [found[0].to_string()], "privilege": "secret" }] }),
            "bad-query",
        ),
        (json!({ "excluded": [{ "entries": [found[0].to_string()], "reason": "We agreed" }] }), "bad-query"),
        (
            json!({ "excluded": [{ "entries": [found[0].to_string()], "reason": "a" },
                { "entries": [found[0].to_string()], "reason": "b" }] }),
            "bad-scope",
        ),
        (json!({ "matter": "somebody" }), "bad-scope"),
        (json!({ "words": "because" }), "bad-query"),
    ] {
        let body = with(body(), &more);
        city.refused(custodian, "/v1/productions", Some(&body), code);
    }
    let all: Vec<String> = found.iter().map(u64::to_string).collect();
    let everything = with(body(), &json!({ "privileged": [{ "entries": all, "privilege": "medical" }] }));
    city.refused(custodian, "/v1/productions", Some(&everything), "nothing-to-produce");
    let asked = json!({ "act": "produce", "authority": "discovery", "part": "all", "entries": ["1"] });
    city.refused(custodian, "/v1/approvals", Some(&asked), "bad-query");
    city.refused(custodian, "/v1/productions/NONE-P0001", None, "unknown-production");
    city.refused(custodian, &at("NONE-P0001", "materials"), None, "unknown-production");
    // With an order they go, and no value that is searched for stands in the statement.
    let token = city.drafts.iter().find_map(|fields| fields["matter_ref"].as_str()).expect("a matter");
    let ordered = with(
        body(),
        &json!({
            "requester": "federal", "basis": "court_order", "order_number": "2026CV031204", "case_number": "26CR1187",
            "query": { "identifiers": { "matter_ref": token }, "occurred": { "from": "2026-01-01" } },
        }),
    );
    let made = opened(custodian, &ordered);
    let statement = shown(custodian, &text(&made, "production"));
    assert!(number(&made, "found") > 0);
    let said = statement.to_string();
    assert!(said.contains("identifier:matter_ref=") && !said.contains(token), "{said}");
    assert!(!said.contains("26CR1187\"") && !said.contains("2026CV031204"), "{said}");
    let review = fine(city.approver.get(&at(&text(&made, "production"), "review"))).json();
    assert_eq!(review["records"].as_array().map(Vec::len), Some(number(&made, "found") as usize));
    let sheriff = city.ledger.account("d-sheriff", "department", Some("sheriff"));
    city.refused(&sheriff, "/v1/productions", Some(&body()), "not-allowed");
    city.refused(&sheriff, "/v1/productions", None, "not-allowed");
}

#[test]
fn who_opened_a_production_does_not_approve_it_in_another_role_either() {
    let city = City::new();
    let made = opened(&city.custodian, &body());
    let same = city.ledger.account("c-0001", "approver", None);
    let decision = format!("/v1/approvals/{}/decision", text(&made, "request"));
    city.refused(&same, &decision, Some(&json!({ "decision": "approved" })), "own-request");
    assert_eq!(shown(&city.approver, &text(&made, "production"))["state"], "opened");
}
