//! An account of a test ledger, and what the service answers it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use daybook_event::hash::sha256;
use daybook_event::{Entropy as _, OsEntropy, b64};
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::signers::{Signers, send};

/// How long a test waits for an account to be known to the service.
const KNOWN_LIMIT: Duration = Duration::from_secs(20);
/// When accounts of tests end unless a test says otherwise.
const FAR_AWAY: &str = "2099-01-01T00:00:00Z";

/// Somebody who asks the service over HTTP.
#[derive(Clone)]
pub struct Account {
    client: Client,
    base: String,
    /// The token; none for the public.
    pub token: Option<String>,
    /// What the header `Daybook-Purpose` says; none where it is left out.
    pub purpose: Option<String>,
    /// Another header that is sent along.
    header: Option<(&'static str, String)>,
}

/// An answer of the service.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The stable code of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The number under which the read is recorded.
    pub fn read(&self) -> Option<&String> {
        self.headers.get("daybook-read")
    }
}

impl Account {
    /// Asks with `GET`.
    ///
    /// # Errors
    /// The connection broke.
    pub fn get(&self, path: &str) -> reqwest::Result<Answer> {
        self.send(self.client.get(format!("{}{path}", self.base)))
    }

    /// Asks with `POST` and a JSON body.
    ///
    /// # Errors
    /// The connection broke.
    pub fn post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        self.send(self.client.post(format!("{}{path}", self.base)).json(body))
    }

    /// The same account with another purpose, or none.
    pub fn with_purpose(&self, purpose: Option<&str>) -> Self {
        Self { purpose: purpose.map(str::to_owned), ..self.clone() }
    }

    /// The same account with another header.
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        Self { header: Some((name, value.to_owned())), ..self.clone() }
    }

    fn send(&self, mut request: RequestBuilder) -> reqwest::Result<Answer> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(purpose) = &self.purpose {
            request = request.header("daybook-purpose", purpose);
        }
        if let Some((name, value)) = &self.header {
            request = request.header(*name, value);
        }
        let response = request.send()?;
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers =
            response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Ok(Answer { status: response.status().as_u16(), headers, body: response.bytes()?.to_vec() })
    }
}

impl Ledger {
    /// Somebody without an account.
    pub fn public(&self) -> Account {
        let client = Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
        Account {
            client,
            base: self.http(),
            token: None,
            purpose: Some("audit 2026-A-17".into()),
            header: None,
        }
    }

    /// Grants an account with a token and waits until the service knows it.
    ///
    /// # Panics
    /// It cannot be granted.
    pub fn account(&self, name: &str, role: &str, department: Option<&str>) -> Account {
        let account = self.granted(name, role, department, FAR_AWAY);
        let started = Instant::now();
        while account.get("/v1/me").map_or(0, |answer| answer.status) != 200 {
            assert!(started.elapsed() < KNOWN_LIMIT, "the account {name} is not known:\n{}", self.log_tail());
            std::thread::sleep(Duration::from_millis(20));
        }
        account
    }

    /// Grants an account until `until`, without waiting for the service to know it.
    ///
    /// # Panics
    /// It cannot be granted.
    pub fn granted(&self, name: &str, role: &str, department: Option<&str>, until: &str) -> Account {
        let token = format!("dbt_{}", b64::encode(random()));
        let now = format!("{:.0}", jiff::Timestamp::now());
        let mut fields = json!({
            "account": name, "account_role": role, "credential": "token", "expires_at": until,
            "credential_digest": b64::encode(sha256(token.as_bytes())), "occurred_at": now, "recorded_at": now,
        });
        if let Some(department) = department {
            fields["for_department"] = department.into();
        }
        let event = Signers::of(self, 0).govern("account.granted", &fields);
        send(self, &[event], KNOWN_LIMIT);
        Account { token: Some(token), ..self.public() }
    }

    /// Revokes an account and waits until the service has taken the event in.
    ///
    /// # Panics
    /// It cannot be revoked.
    pub fn revoked(&self, name: &str) {
        let now = format!("{:.0}", jiff::Timestamp::now());
        let fields = json!({ "account": name, "reason": "lost", "occurred_at": now, "recorded_at": now });
        let event = Signers::of(self, 0).govern("account.revoked", &fields);
        send(self, &[event], KNOWN_LIMIT);
        // The fold is a moment behind the log.
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    OsEntropy.fill(&mut bytes).expect("randomness");
    bytes
}
