//! Every route, every role, own department and another: allowed or refused as the table says; and what is refused says nothing.

use daybook_access::{Action, Extent, Role, may};
use daybook_tests::{Account, Answer, Department, Ledger};
use serde_json::{Value, json};

use crate::city;

/// One way to ask for an action.
struct Route {
    action: Action,
    method: &'static str,
    path: String,
    body: Value,
    /// What an allowed caller may get besides 2xx: the route is reached, and the request itself makes no sense.
    or_else: &'static [u16],
}

fn route(action: Action, method: &'static str, path: &str, body: Value) -> Route {
    Route { action, method, path: path.to_owned(), body, or_else: &[] }
}

fn routes(jti: &str, matter: &str) -> Vec<Route> {
    let none = Value::Null;
    let somebody = "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f";
    let open =
        json!({ "act": "open", "authority": "audit", "part": "withheld", "events": [jti], "minutes": 5 });
    let seal = json!({ "act": "seal", "authority": "statute", "part": "withheld", "events": [jti] });
    let mut routes = vec![
        route(Action::ReadCheckpoint, "GET", "/checkpoint", none.clone()),
        route(Action::ReadHashes, "GET", "/tile/0/000.p/4", none.clone()),
        route(Action::ReadEntries, "GET", "/tile/entries/000.p/4", none.clone()),
        route(Action::ReadHealth, "GET", "/healthz", none.clone()),
        route(Action::ReadHealth, "GET", "/readyz", none.clone()),
        route(Action::ReadMetrics, "GET", "/metrics", none.clone()),
        route(Action::SearchEvents, "POST", "/v1/events/search", json!({})),
        route(Action::CountEvents, "POST", "/v1/events/count", json!({ "facets": ["type"] })),
        route(Action::ReadEvent, "GET", &format!("/v1/events/{jti}"), none.clone()),
        route(Action::ReadMatter, "GET", &format!("/v1/matters/{matter}"), none.clone()),
        route(Action::ReadFindings, "POST", "/v1/findings", json!({})),
        route(Action::FindingsDigest, "GET", "/v1/findings/digest", none.clone()),
        route(Action::ReadDepartments, "GET", "/v1/departments", none.clone()),
        route(Action::ReadCheckpoints, "GET", "/v1/checkpoints", none.clone()),
        route(Action::ReadApprovals, "GET", "/v1/approvals", none.clone()),
        route(Action::RequestOpening, "POST", "/v1/approvals", open),
        route(Action::RequestRestriction, "POST", "/v1/approvals", seal),
        route(
            Action::RequestExport,
            "POST",
            "/v1/exports",
            json!({ "query": {}, "authority": "audit", "minutes": 5 }),
        ),
        route(Action::PlaceHold, "POST", "/v1/holds", json!({ "basis": "audit", "events": [jti] })),
        route(Action::ReadSelf, "GET", "/v1/me", none.clone()),
    ];
    // Others' events leave on an approval only, which this caller has not; that is tested with the exports.
    routes.push(Route { or_else: &[403], ..route(Action::Export, "POST", "/v1/events/export", json!({})) });
    let request = format!("/v1/approvals/{somebody}");
    routes.push(Route { or_else: &[404], ..route(Action::ReadApprovals, "GET", &request, none.clone()) });
    let decision = format!("/v1/approvals/{somebody}/decision");
    routes.push(Route {
        or_else: &[404],
        ..route(Action::Decide, "POST", &decision, json!({ "decision": "approved" }))
    });
    let values = format!("/v1/approvals/{somebody}/values");
    routes.push(Route { or_else: &[404], ..route(Action::ReadOpened, "GET", &values, none.clone()) });
    routes.extend(productions());
    routes.push(Route { or_else: &[422], ..route(Action::Publish, "POST", "/v1/events", json!("no event")) });
    routes
}

/// The production of the routes below, which the first of them opens.
const PRODUCTION: &str = "ROUTES-P0001";

fn productions() -> Vec<Route> {
    let none = Value::Null;
    let hash = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
    let open = json!({
        "bates_prefix": "ROUTES-", "basis": "discovery", "requester": "defense", "confidentiality": "none",
        "profile": { "name": "defense-discovery", "hash": hash }, "time_zone": "America/Denver", "entries": ["1"],
    });
    let at = |step: &str| format!("/v1/productions/{PRODUCTION}/{step}");
    let mut routes = vec![
        route(Action::Produce, "POST", "/v1/productions", open),
        route(Action::ReadProductions, "GET", "/v1/productions", none.clone()),
        route(Action::ReadProductions, "GET", &format!("/v1/productions/{PRODUCTION}"), none.clone()),
        route(Action::ReviewProduction, "GET", &at("review?limit=1"), none.clone()),
    ];
    // Nobody approved it; what is done on an approval is tested with the productions.
    for (method, step, body) in [
        ("GET", "materials", none.clone()),
        ("GET", "authorities", none),
        ("POST", "numbers", json!({ "documents": 1, "pages": 1 })),
        ("POST", "built", json!({ "bag_hash": hash, "records": 1, "withheld": 0 })),
        ("POST", "delivered", json!({ "package_hash": hash })),
    ] {
        routes.push(Route { or_else: &[409], ..route(Action::Produce, method, &at(step), body) });
    }
    let back = json!({ "kind": "clawed_back", "bates": [], "ground": "error" });
    routes.push(route(Action::Produce, "POST", &at("withdraw"), back));
    routes
}

fn ask(account: &Account, route: &Route) -> Answer {
    let answer = match route.method {
        "GET" => account.get(&route.path),
        _ => account.post(&route.path, &route.body),
    };
    answer.expect("an answer")
}

#[test]
fn every_route_answers_every_role_as_the_table_says_and_refusals_say_nothing() {
    let ledger = Ledger::running();
    let drafts = city::at_work(&ledger, 2);
    let accounts = [
        (Role::Public, ledger.public()),
        (Role::Department, ledger.account("d-sheriff", "department", Some("sheriff"))),
        (Role::Auditor, ledger.account("a-0001", "auditor", None)),
        (Role::Custodian, ledger.account("c-0001", "custodian", None)),
        (Role::Approver, ledger.account("p-0001", "approver", None)),
        (Role::Operator, ledger.account("o-0001", "operator", None)),
        (Role::Witness, ledger.account("w-0001", "witness", None)),
    ];
    let auditor = &accounts[2].1;
    let event_of = |department: &str| {
        city::found(auditor, &json!({ "departments": [department], "types": ["request.received"] }))
    };
    let mut refused = Vec::new();
    for (department, own) in [("sheriff", true), ("police", false)] {
        let event = event_of(department).remove(0);
        let text = |name: &str| event[name].as_str().expect("a text").to_owned();
        for route in routes(&text("jti"), &text("matter")) {
            for (role, account) in &accounts {
                let answer = ask(account, &route);
                let what = format!("{} {} {} as {}", route.method, route.path, department, role.as_str());
                let one_record = matches!(route.action, Action::ReadEvent | Action::ReadMatter);
                let allowed = match may(*role, route.action) {
                    Extent::All => true,
                    // What is asked for as a list shows the own part of it; one record of another department is not there.
                    Extent::Own => own || !one_record,
                    Extent::None => false,
                };
                let status = answer.status;
                if allowed {
                    let reached = (200..300).contains(&status) || route.or_else.contains(&status);
                    assert!(reached, "{what}: {status} {}", answer.text());
                } else {
                    let expected = match (role, may(*role, route.action)) {
                        (Role::Public, _) => 401,
                        (_, Extent::Own) => 404,
                        _ => 403,
                    };
                    assert_eq!(status, expected, "{what}: {}", answer.text());
                    refused.push((what.clone(), answer.text()));
                }
                if *role == Role::Department && allowed {
                    only_own(&what, &answer);
                }
            }
        }
    }
    assert!(refused.len() > 100, "{} refusals", refused.len());
    refused.push(("the log".into(), ledger.log()));
    refused.push(("the metrics".into(), ledger.public().get("/metrics").expect("metrics").text()));
    nothing_of(&drafts, &refused);
}

/// An answer for the sheriff's department speaks of no other department's events.
fn only_own(what: &str, answer: &Answer) {
    let json = answer.json();
    for event in json["events"].as_array().into_iter().flatten() {
        assert_eq!(event["department"], "sheriff", "{what}");
    }
    for line in answer.text().lines().filter(|line| line.starts_with("{\"entry\"")) {
        assert!(line.contains("\"department\":\"sheriff\""), "{what}: {line}");
    }
    for finding in json["findings"].as_array().into_iter().flatten() {
        assert_eq!(finding["department"], "sheriff", "{what}");
    }
}

/// None of these texts holds a value of a restricted or withheld field.
fn nothing_of(drafts: &[(Department, Vec<Value>)], texts: &[(String, String)]) {
    let mut values = 0;
    for (_, events) in drafts {
        for fields in events {
            for name in [
                "matter_ref",
                "occurred_at",
                "recorded_at",
                "badge",
                "facility",
                "unit",
                "case_number",
                "document_hash",
            ] {
                let Some(value) = fields[name].as_str() else { continue };
                values += 1;
                for (what, text) in texts {
                    assert!(!text.contains(value), "{what} holds the value of {name}");
                }
            }
        }
    }
    assert!(values > 50, "{values} values were looked for");
}

#[test]
fn a_read_needs_a_purpose_and_a_good_credential() {
    let ledger = Ledger::running_without_rules();
    let auditor = ledger.account("a-0001", "auditor", None);
    let search = |account: &Account| account.post("/v1/events/search", &json!({})).expect("an answer");
    assert_eq!(search(&auditor).status, 200);
    assert_eq!(search(&auditor.with_purpose(None)).code(), "purpose-required");
    for bad in ["curiosity", "audit 2026 A 17", "audit <script>", "audit ", "AUDIT x"] {
        let code = search(&auditor.with_purpose(Some(bad))).code();
        let fine = bad == "audit ";
        assert_eq!(code == "purpose-unknown", !fine, "{bad:?}: {code:?}");
    }
    let mut guess = auditor.clone();
    guess.token = Some("dbt_guess".into());
    assert_eq!(search(&guess).status, 401);
    let before = ledger.size();
    assert_eq!(search(&guess.with_purpose(None)).status, 401);
    assert_eq!(ledger.size(), before, "what is refused is no read");
    for wrong in [
        json!({ "limit": "many" }),
        json!({ "type": ["x"] }),
        json!({ "types": ["No Type"] }),
        json!({ "after": "x" }),
        json!({ "facets": ["colour"] }),
    ] {
        let answer = auditor.post("/v1/events/search", &wrong).expect("an answer");
        assert_eq!(
            (answer.status, answer.code()),
            (400, "bad-query".to_owned()),
            "{wrong}: {}",
            answer.text()
        );
    }
    let future = auditor.post("/v1/events/search", &json!({ "at": 1_000_000 })).expect("an answer");
    assert_eq!(future.code(), "index-behind");
}

#[test]
fn the_openapi_document_names_every_route_and_no_other() {
    let ledger = Ledger::running_without_rules();
    let public = ledger.public();
    let document = public.get("/v1/openapi.json").expect("an answer").json();
    let somebody = "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f";
    let mut described = std::collections::BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys().filter(|method| *method != "delete")
        {
            let concrete = path
                .replace("{jti}", somebody)
                .replace("{matter}", "x")
                .replace("{path}", "0/000.p/3")
                .replace("{name}", PRODUCTION);
            let answer = match method.as_str() {
                "get" => public.get(&concrete),
                _ => public.post(&concrete, &json!({})),
            };
            let answer = answer.expect("an answer");
            assert!(
                answer.status != 405 && answer.code() != "no-such-page",
                "{method} {path}: {}",
                answer.text()
            );
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    for route in routes(somebody, "x") {
        let path = route.path.replace(somebody, "{jti}").replace("/v1/matters/x", "/v1/matters/{matter}");
        let path = path.replace(PRODUCTION, "{name}").split('?').next().unwrap_or_default().to_owned();
        let path = if path.starts_with("/tile/") { "/tile/{path}".to_owned() } else { path };
        let name = format!("{} {path}", route.method);
        assert!(described.contains(&name), "{name} is not in the document");
    }
    // Every reference in the document leads somewhere.
    let text = document.to_string();
    for reference in text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next()) {
        let found = document.pointer(&format!("/{reference}"));
        assert!(found.is_some(), "{reference} leads nowhere");
    }
}
