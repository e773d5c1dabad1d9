//! Somebody at a terminal: an account and the command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::ledger::{Ledger, daybook, run_ok};

/// How long a test waits for an account to be known to the service.
const KNOWN_LIMIT: Duration = Duration::from_secs(20);

/// Somebody who asks the service by commands.
pub struct Person {
    ledger: String,
    token: PathBuf,
    purpose: String,
}

impl Person {
    /// Grants an account with `daybook account grant` and waits until the service knows it. `purpose` is what everything is done for
    /// unless a call says otherwise.
    ///
    /// # Panics
    /// It cannot be granted.
    pub fn granted(ledger: &Ledger, name: &str, role: &str, purpose: &str) -> Self {
        let token = ledger.scratch().join(format!("{name}-{role}.token"));
        // An account can be granted again; its token is another one then.
        drop(std::fs::remove_file(&token));
        run_ok(
            daybook()
                .args(["account", "grant", "--account", name, "--role", role, "--token-out"])
                .arg(&token)
                .arg("--dir")
                .arg(ledger.dir())
                .env("DAYBOOK_BUS", ledger.nats.url()),
        );
        let person = Self { ledger: ledger.http(), token, purpose: purpose.to_owned() };
        let started = Instant::now();
        while !person.run(&["whoami"]).status.success() {
            assert!(
                started.elapsed() < KNOWN_LIMIT,
                "the account {name} is not known:\n{}",
                ledger.log_tail()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        person
    }

    /// `daybook` in this account's name, with arguments to be added.
    pub fn command(&self) -> Command {
        let mut command = daybook();
        command
            .env("DAYBOOK_LEDGER", &self.ledger)
            .env("DAYBOOK_TOKEN_FILE", &self.token)
            .env("DAYBOOK_PURPOSE", &self.purpose);
        command
    }

    /// Runs a command, whatever comes of it.
    ///
    /// # Panics
    /// It does not start.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command().args(args).output().expect("the command starts")
    }

    /// What a command prints that has to succeed.
    ///
    /// # Panics
    /// It fails; the message has what it printed.
    pub fn says(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{args:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// As [`Self::says`], with `--json`, understood.
    ///
    /// # Panics
    /// It fails, or prints something else than JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.says(&[args, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}: {text}"))
    }

    /// The exit code of a command that has to fail, and what it says of why.
    ///
    /// # Panics
    /// It succeeds.
    pub fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{args:?} succeeded: {}", String::from_utf8_lossy(&output.stdout));
        (output.status.code().expect("it ended by itself"), said)
    }

    /// The file with the account's token.
    pub fn token(&self) -> &Path {
        &self.token
    }
}
