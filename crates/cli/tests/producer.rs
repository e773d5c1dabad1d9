//! `daybook producer` as a department uses it, without a bus in reach: what was recorded is safe, and said so.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use daybook_tlog::NoteSigner;
use serde_json::Value;

const NOWHERE: &str = "nats://jail:secret@127.0.0.1:1";
const ELIGIBLE: &str = r#"{"event":"release.eligible","ground":"other","occurred_at":"2026-11-22","recorded_at":"2026-11-22","matter_ref":"k3vq7tz2m5ywb4cdnxr6gh2sja"}"#;

struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let signer = NoteSigner::from_seed("city.example/ledger".parse().unwrap(), [1; 32]);
        std::fs::write(dir.path().join("trust.policy"), format!("log {}\nquorum none\n", signer.vkey()))
            .unwrap();
        let desk = Self { dir };
        let made = desk.daybook(
            "init",
            &[
                "--department",
                "sheriff",
                "--producer",
                "jail-records",
                "--origin",
                "city.example/ledger",
                "--bus",
                NOWHERE,
                "--policy",
                desk.path("trust.policy").to_str().unwrap(),
            ],
        );
        let request = String::from_utf8(made.stdout.clone()).unwrap();
        assert!(made.status.success(), "{made:?}");
        assert!(daybook_event::KeyRequest::parse(request.trim()).is_ok(), "{request}");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn home(&self) -> PathBuf {
        self.path("home")
    }

    fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
        command.arg("producer").arg(name).args(arguments).arg("--home").arg(self.home()).stdin(Stdio::null());
        command
    }

    fn daybook(&self, name: &str, arguments: &[&str]) -> Output {
        self.command(name, arguments).output().unwrap()
    }

    fn publish_lines(&self, lines: &str) -> Output {
        std::fs::write(self.path("lines"), lines).unwrap();
        self.daybook("publish", &["--json", self.path("lines").to_str().unwrap()])
    }

    fn status(&self) -> Value {
        serde_json::from_slice(&self.daybook("status", &["--json"]).stdout).unwrap()
    }

    fn running(&self) -> Running {
        let child = self.command("run", &[]).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.home().join("run/socket").exists() || !self.home().join("status.json").exists() {
            assert!(Instant::now() < deadline, "the producer does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        Running(child)
    }
}

struct Running(Child);

impl Running {
    fn stop(mut self) {
        let stopped = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(stopped.success());
        assert!(self.0.wait().unwrap().success(), "a stop is no failure");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn eligible(ground: &str) -> Vec<String> {
    [("ground", ground), ("occurred_at", "2026-11-22"), ("matter_ref", "k3vq7tz2m5ywb4cdnxr6gh2sja")]
        .iter()
        .flat_map(|(name, value)| ["--field".to_owned(), format!("{name}={value}")])
        .collect()
}

fn publish(desk: &Desk, ground: &str, more: &[&str]) -> Output {
    let fields = eligible(ground);
    let mut arguments = vec!["--type", "release.eligible"];
    arguments.extend(fields.iter().map(String::as_str));
    arguments.extend(more);
    desk.daybook("publish", &arguments)
}

#[test]
fn an_event_is_recorded_and_a_wait_in_vain_says_why_and_shows_no_password() {
    let desk = Desk::new();
    let output = publish(&desk, "acquitted", &["--wait", "1"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    let said = text(&output);
    assert!(said.contains("127.0.0.1:1 cannot be reached") && said.contains("safe in the outbox"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    assert_eq!(desk.status()["pending"], 1);
}

#[test]
fn a_wrong_field_is_refused_with_its_name_and_nothing_is_recorded() {
    let desk = Desk::new();
    let output = publish(&desk, "a whim", &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output).contains("ground") && text(&output).contains("charges_dropped"),
        "{}",
        text(&output)
    );
    let output = publish(&desk, "other", &["--field", "facility=A123456789"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert_eq!(desk.status()["next_seq"], 0);
}

#[test]
fn lines_are_recorded_in_order_and_a_wrong_one_is_named() {
    let desk = Desk::new();
    let output = desk.publish_lines(&format!("{ELIGIBLE}\n\n{ELIGIBLE}\n"));
    assert!(output.status.success(), "{}", text(&output));
    let seqs: Vec<u64> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, [0, 1]);
    for (wrong, says) in [
        (ELIGIBLE.replace("\"other\"", "\"whim\""), "line 3"),
        (ELIGIBLE.replace("ground", "colour"), "no field colour"),
        ("{\"event\":\"release.eligible\",\"event\":\"release.eligible\"}".to_owned(), "line 3"),
        ("[]".to_owned(), "object"),
    ] {
        let output = desk.publish_lines(&format!("{ELIGIBLE}\n\n{wrong}\n"));
        assert_eq!(output.status.code(), Some(3), "{}", text(&output));
        assert!(text(&output).contains(says), "{}", text(&output));
    }
    assert_eq!(desk.status()["next_seq"], 2);
}

#[test]
fn while_a_producer_runs_it_records_what_others_hand_it() {
    let desk = Desk::new();
    assert!(publish(&desk, "other", &[]).status.success());
    let running = desk.running();
    let output = publish(&desk, "acquitted", &["--wait", "1"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    assert!(text(&output).contains("\"seq\":1"), "{}", text(&output));
    let output = publish(&desk, "a whim", &[]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(desk.publish_lines(&format!("{ELIGIBLE}\n{ELIGIBLE}\n")).status.success());
    assert_eq!(desk.status()["running"]["connected"], false, "status answers beside it");
    // What needs the home for itself says who has it.
    let output = desk.daybook("rotate", &[]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(private(&desk.home().join("run")));
    running.stop();
    let status = desk.status();
    assert_eq!((&status["next_seq"], &status["pending"]), (&4.into(), &4.into()), "{status}");
    assert!(desk.daybook("rotate", &[]).status.success());
}

fn private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
}

#[test]
fn a_key_that_others_can_read_stops_everything_and_says_what_to_do() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    std::fs::set_permissions(desk.home().join("key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = publish(&desk, "other", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("chmod 600"), "{}", text(&output));
}

#[test]
fn a_policy_of_another_ledger_is_found_when_the_producer_is_made() {
    let desk = Desk::new();
    let policy = desk.path("trust.policy");
    let arguments = [
        "--department",
        "police",
        "--producer",
        "records",
        "--origin",
        "other.example/ledger",
        "--bus",
        NOWHERE,
        "--policy",
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_daybook"))
        .args(["producer", "init"])
        .args(arguments)
        .arg(&policy)
        .arg("--home")
        .arg(desk.path("second"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("city.example/ledger"), "{}", text(&output));
    assert!(!desk.path("second").exists());
}
