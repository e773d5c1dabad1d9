//! Erased for good: nowhere to be found, by nobody to be opened; and every proof still holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daybook_ledger::open;
use daybook_store::{Class, ReadError, RecordFault, Target};
use daybook_tests::{Account, Ledger};
use daybook_tlog::{Policy, TlogProof, leaf_hash};
use serde_json::{Value, json};

use crate::city;

/// An event as it was shown before, with its proof.
pub(crate) struct Shown {
    pub(crate) entry: u64,
    pub(crate) bytes: String,
    pub(crate) proof: String,
}

pub(crate) fn shown(account: &Account, event: &Value) -> Shown {
    let whole = account.get(&format!("/v1/events/{}", city::jti(event))).expect("an answer");
    assert_eq!(whole.status, 200, "{}", whole.text());
    let whole = whole.json();
    let text = |name: &str| whole[name].as_str().expect("a text").to_owned();
    Shown {
        entry: whole["event"]["entry"].as_u64().expect("an entry"),
        bytes: text("entry"),
        proof: text("proof"),
    }
}

pub(crate) fn holds(ledger: &Ledger, shown: &Shown) {
    let policy: Policy = fs::read_to_string(ledger.policy()).expect("the policy").parse().expect("a policy");
    let proof = TlogProof::parse(&shown.proof).expect("a proof");
    assert_eq!(proof.index, shown.entry);
    proof.verify(&policy, &leaf_hash(shown.bytes.as_bytes())).expect("the proof holds");
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for file in fs::read_dir(dir).into_iter().flatten() {
        let path = file.expect("a file").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Where one of these texts stands in a file below a directory.
pub(crate) fn traces(dir: &Path, texts: &BTreeSet<String>) -> Vec<String> {
    let (mut all, mut found) = (Vec::new(), Vec::new());
    files(dir, &mut all);
    for path in all {
        let bytes = fs::read(&path).unwrap_or_default();
        for text in texts {
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(format!("{} in {}", text, path.display()));
            }
        }
    }
    found
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for file in fs::read_dir(from).expect("a directory") {
        let path = file.expect("a file").path();
        let name = to.join(path.file_name().expect("a name"));
        if path.is_dir() { copy(&path, &name) } else { fs::copy(&path, &name).map(drop).expect("copied") }
    }
}

#[test]
fn what_is_erased_is_found_nowhere_and_every_proof_still_holds() {
    let mut ledger = Ledger::running();
    let drafts = city::at_work(&ledger, 3);
    let auditor = ledger.account("a-0001", "auditor", None);
    let custodian = ledger.account("c-0001", "custodian", None);
    let approver = ledger.account("p-0001", "approver", None);

    // Everything withheld in one matter of the sheriff's.
    let sheriffs = &drafts[0].1;
    let token =
        sheriffs.iter().find_map(|fields| fields["matter_ref"].as_str()).expect("a matter").to_owned();
    let of_matter: Vec<&Value> =
        sheriffs.iter().filter(|fields| fields["matter_ref"] == token.as_str()).collect();
    let query = json!({ "identifiers": { "matter_ref": token } });
    let events = city::found(&auditor, &query);
    // Findings about the matter are of the matter too.
    let own = events.iter().filter(|event| event["department"] == "sheriff").count();
    assert_eq!(own, of_matter.len());
    let kept =
        city::found(&auditor, &json!({ "departments": ["police"], "types": ["request.received"] })).remove(0);
    let before: Vec<Shown> = events.iter().map(|event| shown(&auditor, event)).collect();
    let matter = events[0]["matter"].as_str().expect("a handle").to_owned();
    let backup = ledger.scratch().join("backup");
    copy(&ledger.dir().join("vault"), &backup.join("vault"));

    // What could be found: the disclosures as they were sealed, and the token in every form.
    let (_, reader, keyring) = open::read_only(&ledger.dir()).expect("a ledger");
    let mut texts = BTreeSet::from([token.clone()]);
    for shown in &before {
        for class in Class::ALL {
            texts.extend(reader.open_record(&keyring, shown.entry, class).expect("it opens before"));
        }
    }
    texts.retain(|text| text.len() >= 16);
    drop((reader, keyring));

    let erase = json!({ "act": "erase", "authority": "court_order", "part": "all", "matter": matter, "order_number": "2026CV031204" });
    let done = city::approved(&custodian, &approver, &erase);
    let ordered = done["done_entry"].as_u64().expect("the entry that orders it");

    assert_eq!(city::found(&auditor, &query).len(), 0, "the index has forgotten the token");
    assert_eq!(auditor.get(&format!("/v1/matters/{matter}")).expect("an answer").status, 404);
    for (event, before) in events.iter().zip(&before) {
        let now = shown(&auditor, event);
        assert_eq!(now.bytes, before.bytes, "the entry stays as it was");
        holds(&ledger, before);
        holds(&ledger, &now);
        let event = auditor.get(&format!("/v1/events/{}", city::jti(event))).expect("an answer").json();
        assert_eq!(event["event"]["tombstone"]["kind"], "erased");
        assert_eq!(event["event"]["tombstone"]["by_entry"], ordered);
        assert!(event["event"]["fields"]["occurred_at"].is_null());
    }
    holds(&ledger, &shown(&auditor, &kept));

    // The bus has let go of what is in the ledger, and the service has stopped: every byte that is left is looked through.
    let started = Instant::now();
    while !traces(&ledger.nats.store(), &texts).is_empty() && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(200));
    }
    ledger.stop();
    let nothing: Vec<String> = Vec::new();
    assert_eq!(traces(&ledger.dir(), &texts), nothing, "in the ledger's directory");
    assert_eq!(traces(&ledger.nats.store(), &texts), nothing, "on the bus");

    // A restored backup of the vault stays closed.
    fs::remove_dir_all(ledger.dir().join("vault")).expect("removed");
    copy(&backup.join("vault"), &ledger.dir().join("vault"));
    let (_, reader, keyring) = open::read_only(&ledger.dir()).expect("a ledger");
    for shown in &before {
        for class in Class::ALL {
            assert!(!keyring.is_alive(Target::record(shown.entry, class)));
            let opened = reader.open_record(&keyring, shown.entry, class);
            let erased = matches!(opened, Err(ReadError::Record { fault: RecordFault::Erased, .. }));
            assert!(erased, "entry {} opens from the backup", shown.entry);
        }
    }
}

#[test]
fn verify_says_what_was_erased_and_by_whose_order_and_an_erasure_survives_a_restart() {
    let mut ledger = Ledger::running();
    city::at_work(&ledger, 2);
    let auditor = ledger.account("a-0001", "auditor", None);
    let custodian = ledger.account("c-0001", "custodian", None);
    let approver = ledger.account("p-0001", "approver", None);
    let event = city::found(&auditor, &json!({ "types": ["request.received"] })).remove(0);
    let entry = event["entry"].as_u64().expect("an entry");
    let erase =
        json!({ "act": "erase", "authority": "statute", "part": "withheld", "entries": [entry.to_string()] });
    let ordered = city::approved(&custodian, &approver, &erase)["done_entry"].clone();
    ledger.kill();
    ledger.start();
    let started = Instant::now();
    let again = loop {
        let answer = auditor.get(&format!("/v1/events/{}", city::jti(&event))).expect("an answer");
        if answer.status == 200 {
            break answer.json();
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{}", answer.text());
    };
    assert_eq!(again["event"]["tombstone"]["by_entry"], ordered);
    assert!(again["event"]["fields"]["occurred_at"].is_string(), "restricted fields stay");
    ledger.stop();
    let report = ledger.verify();
    let sealing = report["sealings"]["listed"].as_array().expect("a list").clone();
    let found = sealing.iter().find(|sealing| sealing["first"] == entry).expect("the erasure is listed");
    assert_eq!(
        (&found["kind"], &found["authority"], &found["by"]),
        (&json!("erased"), &json!("statute"), &ordered)
    );
}
