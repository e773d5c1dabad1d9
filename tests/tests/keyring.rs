//! Erasures and the keyring's passphrase, as an operator handles them: with the real commands on a real ledger.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use daybook_store::Class;
use daybook_tests::{Ledger, Signers, append, daybook, erase, run_ok};
use serde_json::{Value, json};

const AT: &str = "2026-11-22T09:38:12-07:00";
const ALL_GONE: i32 = 0;
const STILL_ALIVE: i32 = 5;

fn keyring(ledger: &Ledger, command: &str) -> Command {
    let mut call = daybook();
    call.args(["keyring", command, "--dir"]).arg(ledger.dir());
    call
}

fn output(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code(), text)
}

fn status(ledger: &Ledger, more: &[&str]) -> (Option<i32>, Value) {
    let output = keyring(ledger, "status").arg("--json").args(more).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")))
}

/// A ledger at rest with an event of its own on it, and the number of that entry; the entry after it orders its erasure.
fn ledger_with_an_erasure() -> (Ledger, u64) {
    let ledger = Ledger::new();
    let erased = ledger.size();
    let mut signers = Signers::of(&ledger, 5);
    let issuer = "sheriff/jail-records".parse().expect("an issuer");
    let registered = signers.register(&issuer, AT);
    let order = signers.govern("record.sealed", &order(erased));
    let events = [registered, order];
    let first = append(&ledger, &events.map(|event| (event, "2026-11-22T16:38:12.000Z".to_owned())));
    assert_eq!(first, erased);
    (ledger, erased)
}

fn order(entry: u64) -> Value {
    json!({
        "kind": "erased", "authority": "retention_schedule", "part": "withheld", "at_entries": [entry.to_string()],
        "occurred_at": AT, "recorded_at": AT, "done_on": "2026-11-22", "entries": 1,
    })
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn private(path: &Path, content: &str) {
    fs::write(path, content).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("made private");
}

#[test]
fn status_tells_what_is_carried_out_and_which_copies_must_go() {
    let (ledger, erased) = ledger_with_an_erasure();
    let withheld = json!({"restricted": [], "withheld": [erased.to_string()], "fields": []});
    let old = ledger.scratch().join("old.keyring");
    fs::copy(ledger.dir().join("keyring"), &old).expect("a copy of the keyring");

    let (code, told) = status(&ledger, &[]);
    assert_eq!(code, Some(STILL_ALIVE), "{told}");
    assert_eq!(told["erasures"][0]["by"], erased + 1);
    assert_eq!(told["erasures"][0]["carried_out"], false);
    assert_eq!(told["erasures"][0]["alive"], withheld);

    erase(&ledger, &[(erased, Class::W)]);
    let (code, told) = status(&ledger, &[]);
    assert_eq!(code, Some(ALL_GONE), "{told}");
    assert_eq!(told["destroyed"], json!({"restricted": 0, "withheld": 1, "fields": 0}));
    assert_eq!(told["erasures"][0]["carried_out"], true);

    let (code, told) = status(&ledger, &["--file", text(&old)]);
    assert_eq!(code, Some(STILL_ALIVE), "{told}");
    assert_eq!(told["copy"]["opens"], withheld);
    assert_eq!(told["copy"]["must_be_destroyed"], true);
    let (_, said) = output(keyring(&ledger, "status").arg("--file").arg(&old));
    assert!(
        said.contains("DESTROY") && said.contains(&format!("withheld fields of entries {erased}")),
        "{said}"
    );

    let new = ledger.scratch().join("new.keyring");
    fs::copy(ledger.dir().join("keyring"), &new).expect("a copy of the keyring");
    let (code, told) = status(&ledger, &["--file", text(&new)]);
    assert_eq!((code, &told["copy"]["must_be_destroyed"]), (Some(ALL_GONE), &json!(false)));

    let report = ledger.verify();
    let listed = &report["sealings"]["listed"][0];
    assert_eq!((&listed["first"], &listed["kind"]), (&json!(erased), &json!("erased")));
    assert_eq!(listed["by"], erased + 1);
    let (_, said) =
        output(daybook().args(["verify", "log"]).arg(ledger.dir()).arg("--policy").arg(ledger.policy()));
    let line = format!(
        "erased    entry {erased}: withheld fields, 2026-11, on retention schedule, as entry {} orders",
        erased + 1
    );
    assert!(said.contains(&line), "{said}");
}

#[test]
fn status_finds_forgotten_copies_and_keys_that_nobody_ordered_destroyed() {
    let (ledger, erased) = ledger_with_an_erasure();
    fs::copy(ledger.dir().join("keyring"), ledger.dir().join("keys/keyring.bak")).expect("a copy");
    erase(&ledger, &[(erased, Class::W), (1, Class::R)]);
    let (code, told) = status(&ledger, &[]);
    assert_eq!(code, Some(ALL_GONE));
    assert_eq!(told["without_order"], json!({"restricted": ["1"], "withheld": [], "fields": []}));
    assert_eq!(told["copies_beside"], json!([ledger.dir().join("keys/keyring.bak")]));

    let other = Ledger::new();
    let (code, said) = output(
        keyring(&ledger, "status")
            .arg("--file")
            .arg(other.dir().join("keyring"))
            .args(["--passphrase-file", text(&other.dir().join("keys/keyring.passphrase"))]),
    );
    assert_eq!(code, Some(1));
    assert!(said.contains("another ledger"), "{said}");
}

fn shares(ledger: &Ledger, count: &str, threshold: &str, folder: &str) -> Vec<PathBuf> {
    let folder = ledger.scratch().join(folder);
    let output = run_ok(
        keyring(ledger, "escrow").args(["--shares", count, "--threshold", threshold, "--out"]).arg(&folder),
    );
    let listed = String::from_utf8(output.stdout).expect("text");
    listed.lines().map(PathBuf::from).collect()
}

fn recover(ledger: &Ledger, shares: &[&PathBuf], out: &Path) -> (Option<i32>, String) {
    let mut call = keyring(ledger, "recover");
    for share in shares {
        call.arg("--share").arg(share);
    }
    output(call.arg("--out").arg(out))
}

#[test]
fn a_lost_passphrase_comes_back_from_enough_shares_and_from_no_fewer() {
    let (mut ledger, erased) = ledger_with_an_erasure();
    let file = ledger.dir().join("keys/keyring.passphrase");
    let passphrase = fs::read_to_string(&file).expect("the passphrase");
    let made = shares(&ledger, "3", "2", "shares");
    assert_eq!(made.len(), 3);
    for share in &made {
        assert_eq!(fs::metadata(share).expect("a share").permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(share).expect("a share");
        assert!(!text.contains(passphrase.trim()) && text.contains("What to do with it"), "{text}");
    }
    // Erasing replaces the keyring; the shares stay good.
    erase(&ledger, &[(erased, Class::W)]);
    fs::remove_file(&file).expect("lost");
    let out = ledger.scratch().join("recovered");
    let (code, said) = recover(&ledger, &[&made[2]], &out);
    assert!(code == Some(1) && said.contains("2 are needed") && !out.exists(), "{said}");
    let (code, said) = recover(&ledger, &[&made[2], &made[0]], &out);
    assert!(code == Some(0) && !said.contains(passphrase.trim()), "{said}");
    assert_eq!(fs::read_to_string(&out).expect("the passphrase").trim(), passphrase.trim());
    assert_eq!(fs::metadata(&out).expect("a file").permissions().mode() & 0o777, 0o600);
    let (code, _) = recover(&ledger, &[&made[2], &made[0]], &out);
    assert_eq!(code, Some(1), "a file that is there is not overwritten");
    fs::rename(&out, &file).expect("put in its place");
    assert_eq!(status(&ledger, &[]).0, Some(ALL_GONE));
    ledger.start();
    ledger.stop();
}

#[test]
fn a_share_that_is_damaged_or_of_another_ledger_is_refused() {
    let ledger = Ledger::new();
    let made = shares(&ledger, "2", "2", "shares");
    let out = ledger.scratch().join("recovered");
    let whole = fs::read_to_string(&made[1]).expect("a share");
    let line = whole.lines().find(|line| line.starts_with("part:")).expect("its part");
    let digit = line.chars().last().expect("a digit");
    let wrong = format!("{}{}", &line[..line.len() - 1], if digit == '0' { '1' } else { '0' });
    private(&made[1], &whole.replace(line, &wrong));
    let (code, said) = recover(&ledger, &[&made[0], &made[1]], &out);
    assert!(code == Some(1) && said.contains("letter or digit is wrong"), "{said}");
    private(&made[1], &whole);
    let (code, said) = recover(&Ledger::new(), &[&made[0], &made[1]], &out);
    assert!(code == Some(1) && !out.exists(), "{said}");
    let (code, said) =
        output(keyring(&ledger, "escrow").args(["--shares", "2", "--threshold", "3", "--out", "x"]));
    assert!(code == Some(2) && said.contains("never be enough"), "{said}");
}

#[test]
fn a_changed_passphrase_closes_what_opened_with_the_old_one() {
    let (mut ledger, _) = ledger_with_an_erasure();
    let made = shares(&ledger, "2", "2", "shares");
    let file = ledger.dir().join("keys/keyring.passphrase");
    let old_passphrase = ledger.scratch().join("old.passphrase");
    fs::copy(&file, &old_passphrase).expect("a copy of the passphrase");
    let old_keyring = ledger.scratch().join("old.keyring");
    fs::copy(ledger.dir().join("keyring"), &old_keyring).expect("a copy of the keyring");
    let new = ledger.scratch().join("new.passphrase");
    fs::write(&new, "a new passphrase\n").expect("written");
    fs::set_permissions(&new, fs::Permissions::from_mode(0o644)).expect("readable by all");
    let change = |ledger: &Ledger| output(keyring(ledger, "change-passphrase").arg("--to").arg(&new));
    let (code, said) = change(&ledger);
    assert!(code == Some(1) && said.contains("chmod 600"), "{said}");
    private(&new, "a new passphrase\n");

    ledger.start();
    let (code, said) = change(&ledger);
    assert!(code == Some(1) && said.contains("stop the service"), "{said}");
    ledger.stop();

    let (code, said) = change(&ledger);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read_to_string(&file).expect("the passphrase"), "a new passphrase\n");
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let (code, said) = output(keyring(&ledger, "status").arg("--file").arg(&old_keyring));
    assert!(
        code == Some(1) && said.contains("passphrase is not the one"),
        "the old copy opens no more: {said}"
    );
    let old = ["--file", text(&old_keyring), "--passphrase-file", text(&old_passphrase)];
    assert_eq!(status(&ledger, &old).0, Some(STILL_ALIVE), "while the old passphrase is about, it does");
    let (code, said) = recover(&ledger, &[&made[0], &made[1]], &ledger.scratch().join("recovered"));
    assert!(code == Some(1) && said.contains("changed after they were made"), "{said}");

    // The first step was done and the second was not: the same command goes on.
    fs::copy(&old_passphrase, &file).expect("as if the power had failed");
    let (code, said) = change(&ledger);
    assert_eq!(code, Some(0), "{said}");
    ledger.start();
    ledger.stop();
    assert!(!ledger.dir().join("keyring.new").exists());
}
