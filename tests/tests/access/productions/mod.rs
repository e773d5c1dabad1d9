//! Court productions over HTTP: what must come before each step, and what leaves the ledger.

mod refusals;
mod standing;
mod steps;

use std::collections::BTreeSet;

use daybook_event::entry::{intake_digest, parse_entry};
use daybook_event::hash::sha256;
use daybook_event::{Catalogue, Token};
use daybook_tests::{Account, Answer, Ledger};
use serde_json::{Value, json};

use crate::{city, records};

const PREFIX: &str = "DAYB-26CR1187-";
const HASH: &str = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
const OTHER_HASH: &str = "m4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";

/// A ledger with two departments at work, and the people of a production.
struct City {
    ledger: Ledger,
    custodian: Account,
    approver: Account,
    /// What the departments recorded, in the clear.
    drafts: Vec<Value>,
}

impl City {
    fn new() -> Self {
        let ledger = Ledger::running_without_rules();
        let drafts = city::at_work(&ledger, 2).into_iter().flat_map(|(_, fields)| fields).collect();
        let custodian = ledger.account("c-0001", "custodian", None);
        let approver = ledger.account("p-0001", "approver", None);
        Self { ledger, custodian, approver, drafts }
    }

    /// Entries of the sheriff's that the search finds, ascending.
    fn found(&self) -> Vec<u64> {
        let query = json!({ "departments": ["sheriff"], "limit": 1000, "order": "oldest" });
        let found = city::found(&self.custodian, &query);
        found.iter().map(|event| event["entry"].as_u64().expect("an entry")).collect()
    }

    fn approve(&self, made: &Value) {
        let path = format!("/v1/approvals/{}/decision", text(made, "request"));
        let decided = self.approver.post(&path, &json!({ "decision": "approved" })).expect("an answer");
        assert_eq!(decided.status, 200, "{}", decided.text());
    }

    /// A production that was opened and approved: its name.
    fn approved(&self, body: &Value) -> String {
        let made = opened(&self.custodian, body);
        self.approve(&made);
        text(&made, "production")
    }

    /// What is refused, with its code, and changes nothing.
    fn refused(&self, account: &Account, path: &str, body: Option<&Value>, code: &str) {
        let before = self.ledger.size();
        let answer = match body {
            Some(body) => account.post(path, body),
            None => account.get(path),
        };
        let answer = answer.expect("an answer");
        assert!(answer.status >= 400, "{path}: {}", answer.text());
        assert_eq!(answer.code(), code, "{path} {body:?}: {}", answer.text());
        assert_eq!(self.ledger.size(), before, "{path} {body:?}: a refusal changes nothing");
    }

    /// Seals, unseals or erases at once.
    fn order(&self, asked: &Value) -> u64 {
        city::approved(&self.custodian, &self.approver, asked)["done_entry"].as_u64().expect("an entry")
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}")).to_owned()
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("{name} of {value}"))
}

/// What opens a production: the sheriff's events.
fn body() -> Value {
    json!({
        "bates_prefix": PREFIX, "basis": "discovery", "requester": "defense", "confidentiality": "protective_order",
        "profile": { "name": "defense-discovery", "hash": HASH }, "time_zone": "America/Denver",
        "request_number": "2026-D-17", "query": { "departments": ["sheriff"] },
    })
}

fn with(mut body: Value, more: &Value) -> Value {
    let members = body.as_object_mut().expect("an object");
    for (name, value) in more.as_object().expect("an object") {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    body
}

fn opened(account: &Account, body: &Value) -> Value {
    let answer = account.post("/v1/productions", body).expect("an answer");
    assert_eq!(answer.status, 201, "{body}: {}", answer.text());
    answer.json()
}

fn at(name: &str, step: &str) -> String {
    format!("/v1/productions/{name}/{step}")
}

fn fine(answer: reqwest::Result<Answer>) -> Answer {
    let answer = answer.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

fn shown(account: &Account, name: &str) -> Value {
    fine(account.get(&format!("/v1/productions/{name}"))).json()
}

/// The lines of an answer without the last one, which is given apart.
fn lines(answer: &Answer) -> (Vec<Value>, Value) {
    let parse = |line: &str| serde_json::from_str(line).expect("JSON");
    let mut lines: Vec<Value> = answer.text().lines().map(parse).collect();
    let end = lines.pop().expect("a last line");
    assert_eq!(end["end"], true, "{end}");
    (lines, end)
}

/// Whether a record's disclosures are those of its event, in the order of the slots; the slots that they disclose.
fn disclosed(line: &Value) -> BTreeSet<String> {
    let bytes = text(line, "bytes");
    let entry = parse_entry(bytes.as_bytes()).expect("an entry");
    let token = Token::parse_jwt(entry.event).expect("an event");
    if let Some(intake) = line["intake"].as_str() {
        assert_eq!(intake_digest(intake), entry.intake);
    }
    let claims = token.claims();
    let ty = Catalogue::builtin().get(claims.event.as_str(), claims.v).expect("a type");
    let mut slots = ty.slots().iter().map(|slot| slot.name.as_str());
    let mut names = BTreeSet::new();
    for disclosure in line["disclosures"].as_array().expect("disclosures") {
        let digest = sha256(disclosure.as_str().expect("a disclosure"));
        let signed =
            |name: &&str| claims.slots.iter().any(|slot| slot.name == *name && slot.digest == digest);
        names.insert(slots.find(signed).unwrap_or_else(|| panic!("in order: {line}")).to_owned());
    }
    names
}

fn read(ledger: &Ledger, kind: &str) -> usize {
    records::facts(ledger).iter().filter(|fact| &*fact.kind == kind).count()
}
