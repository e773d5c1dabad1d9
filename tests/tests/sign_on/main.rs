//! Signing on at the real service: client certificates over TLS, the city's sign-on, passwords.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod certificates;
mod grant;
mod issuer;
mod passwords;
mod sign_on_of_the_city;
mod tls;

use std::fs;

use daybook_tests::Ledger;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::Value;

/// A ledger that applies no rules, with these lines at the end of its `ledger.toml`. It does not run yet.
fn ledger(more: &str) -> Ledger {
    let ledger = Ledger::new();
    ledger.set_rules("enabled = false");
    let path = ledger.dir().join("ledger.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n{more}\n")).unwrap();
    ledger
}

/// What the service answers: status, stable code, the whole.
fn answer(request: RequestBuilder) -> (u16, String, Value) {
    let response = request.send().unwrap();
    let status = response.status().as_u16();
    let body: Value = serde_json::from_slice(&response.bytes().unwrap()).unwrap_or_default();
    (status, body["code"].as_str().unwrap_or_default().to_owned(), body)
}

/// Who the service takes the holder of a bearer token for.
fn me(ledger: &Ledger, token: &str) -> (u16, String, Value) {
    answer(Client::new().get(format!("{}/v1/me", ledger.http())).bearer_auth(token))
}
