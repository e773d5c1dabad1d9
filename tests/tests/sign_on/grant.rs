//! Granting and closing accounts, and waiting for what the service makes of it.

use std::fs;
use std::time::{Duration, Instant};

use daybook_tests::{Ledger, daybook, run_ok};

/// How long a test waits until the service knows an account.
const KNOWN_LIMIT: Duration = Duration::from_secs(60);

/// Grants an auditor's account that proves itself as these arguments say.
pub(crate) fn grant(ledger: &Ledger, account: &str, proof: &[&str]) {
    let mut command = daybook();
    command.args(["account", "grant", "--account", account, "--role", "auditor", "--wait", "60", "--dir"]);
    run_ok(command.arg(ledger.dir()).args(proof).env("DAYBOOK_BUS", ledger.nats.url()));
}

/// Grants an auditor's account that proves itself with a token, and returns the token.
pub(crate) fn grant_token(ledger: &Ledger, account: &str) -> String {
    let file = ledger.scratch().join(format!("{account}.token"));
    grant(ledger, account, &["--token-out", file.to_str().unwrap()]);
    fs::read_to_string(file).unwrap().trim().to_owned()
}

/// Closes an account.
pub(crate) fn revoke(ledger: &Ledger, account: &str) {
    let mut command = daybook();
    command.args(["account", "revoke", "--account", account, "--reason", "left", "--wait", "60", "--dir"]);
    run_ok(command.arg(ledger.dir()).env("DAYBOOK_BUS", ledger.nats.url()));
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
