//! Granting accounts with any credential, signed with the governance key as the command line does it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use daybook_event::{Draft, OsEntropy, b64};
use daybook_producer::clock::SystemClock;
use daybook_producer::{BusConfig, Home, Producer};
use daybook_tests::Ledger;
use serde_json::json;

const RECORDED_LIMIT: Duration = Duration::from_secs(30);
/// How long a test waits until the service knows an account.
const KNOWN_LIMIT: Duration = Duration::from_secs(20);

/// Records an account of an auditor.
pub(crate) fn grant(ledger: &Ledger, account: &str, credential: &str, digest: [u8; 32]) {
    let fields = json!({
        "account_role": "auditor",
        "credential": credential,
        "account": account,
        "expires_at": "2099-01-01T00:00:00Z",
        "credential_digest": b64::encode(digest),
    });
    record(ledger, "account.granted", fields);
}

/// Records that an account is closed.
pub(crate) fn revoke(ledger: &Ledger, account: &str) {
    record(ledger, "account.revoked", json!({ "account": account, "reason": "left" }));
}

fn record(ledger: &Ledger, event: &str, fields: serde_json::Value) {
    let home = Home::open(&ledger.dir().join("keys/governance"), None).unwrap();
    let mut fields = fields.as_object().unwrap().clone();
    let now = format!("{:.0}", jiff::Timestamp::now());
    fields.insert("occurred_at".into(), now.clone().into());
    fields.insert("recorded_at".into(), now.into());
    let seq = home.outbox().position().unwrap().seq;
    home.enqueue(&[Draft::new(event.parse().unwrap(), fields)], &mut OsEntropy).unwrap();
    let producer = Producer::with(
        Arc::clone(home.outbox()),
        home.config().issuer.clone(),
        Arc::new(home.policy().unwrap()),
        BusConfig { url: ledger.nats.url(), ca: None, cert: None, key: None },
        Arc::new(SystemClock::new()),
        Box::new(OsEntropy),
    );
    let (progress, outbox) = (producer.progress(), Arc::clone(home.outbox()));
    let settled = async move {
        while outbox.counts().is_ok_and(|counts| counts.pending > 0) {
            progress.settled().await;
        }
    };
    let run = producer.run(async { drop(tokio::time::timeout(RECORDED_LIMIT, settled).await) });
    tokio::runtime::Runtime::new().unwrap().block_on(run).unwrap();
    let refused = home.outbox().refused(usize::MAX).unwrap();
    let refused = refused.iter().find(|refused| refused.event.seq == seq).map(|refused| &refused.problem);
    assert!(home.outbox().receipt(seq).unwrap().is_some(), "{event}: {refused:?}\n{}", ledger.log_tail());
}

/// Waits until something is as it should be.
pub(crate) fn until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until the service has taken in what was recorded: until an answer has this code, or none.
pub(crate) fn known(
    expected: &str,
    mut ask: impl FnMut() -> (u16, String, serde_json::Value),
) -> serde_json::Value {
    let started = Instant::now();
    loop {
        let (status, code, body) = ask();
        if code == expected && (status < 300) == expected.is_empty() {
            return body;
        }
        assert!(started.elapsed() < KNOWN_LIMIT, "{status} {body} instead of {expected:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
