//! The exit code of `daybook verify` says what kind of thing is wrong, and its report where.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

fn daybook(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_daybook")).args(args).output().unwrap()
}

fn verify(source: &Path, policy: &Path) -> (i32, serde_json::Value) {
    let output =
        daybook(&["verify", "log", source.to_str().unwrap(), "--policy", policy.to_str().unwrap(), "--json"]);
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_ledger_and_its_export_verify_until_a_byte_changes() {
    let temporary = tempfile::tempdir().unwrap();
    let (dir, out) = (temporary.path().join("ledger"), temporary.path().join("out"));
    let policy = dir.join("trust.policy");
    let made = daybook(&["init", "--dir", dir.to_str().unwrap(), "--origin", "ledger.example/cli"]);
    assert!(made.status.success(), "{made:?}");

    let (code, report) = verify(&dir, &policy);
    assert_eq!((code, &report["ok"], &report["size"]), (0, &true.into(), &3.into()), "{report:#}");

    let exported = daybook(&["log", "export", out.to_str().unwrap(), "--dir", dir.to_str().unwrap()]);
    assert!(exported.status.success(), "{exported:?}");
    assert_eq!(verify(&out, &policy).0, 0);

    let shown = daybook(&["log", "show", "0", "--dir", out.to_str().unwrap(), "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["event"]["event"], "ledger.opened");
    assert_eq!(daybook(&["log", "show", "3", "--dir", dir.to_str().unwrap()]).status.code(), Some(1));

    for (file, code, kind) in [
        ("log/entries/000000000.log", 11, "entry"),
        ("log/tiles/0", 14, "hash-files"),
        ("log/checkpoint", 10, "checkpoint"),
        ("vault/r/000000000.vlt", 19, "vault"),
        ("keyring", 20, "keyring"),
    ] {
        flip(&dir.join(file), 20);
        let (found, report) = verify(&dir, &policy);
        assert_eq!((found, &report["failures"][0]["kind"]), (code, &kind.into()), "{report:#}");
        assert_eq!(report["failures"][0]["file"], file);
        flip(&dir.join(file), 20);
    }
    assert_eq!(verify(&dir, &policy).0, 0, "every change was taken back");
    flip(&out.join("tile/entries/000.p/3"), 100);
    assert_eq!(verify(&out, &policy).0, 11);
}

#[test]
fn a_wrong_call_is_told_apart_from_a_wrong_log() {
    let temporary = tempfile::tempdir().unwrap();
    let missing = temporary.path().join("missing");
    assert_eq!(verify(temporary.path(), &missing).0, 2);
    std::fs::write(&missing, "quorum none\n").unwrap();
    let output = daybook(&["verify", "log", "/nowhere", "--policy", missing.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no log line"), "{output:?}");
    assert_eq!(daybook(&["verify", "receipt", "/nowhere"]).status.code(), Some(2));
}
