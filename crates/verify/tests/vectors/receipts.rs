//! Receipts: an entry, its proof, the checkpoint.

use daybook_event::b64;
use daybook_event::entry::{EntryRef, intake_digest, write_entry};
use daybook_tlog::{Checkpoint, Hash, Policy, TlogProof, leaf_hash, node_hash};
use serde_json::{Value, json};

use super::signing::{ORIGIN, log_key, open, released, sign};
use super::text;

fn policy() -> String {
    format!("log {}\nquorum none\n", log_key().vkey())
}

fn entry(event: &str) -> String {
    let entry = EntryRef { prev: [5; 32], intake: &intake_digest("x"), event };
    String::from_utf8(write_entry(&entry)).unwrap()
}

/// A proof that this entry is the second of three.
fn proof(entry: &str) -> TlogProof {
    let (first, third): (Hash, Hash) = (leaf_hash(b"first"), leaf_hash(b"third"));
    let leaf = leaf_hash(entry.as_bytes());
    let root = node_hash(&node_hash(&first, &leaf), &third);
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 3, root }.sign(&log_key());
    TlogProof { extra: None, index: 1, path: vec![first, third], checkpoint }
}

fn file(entry: &str, proof: &str) -> String {
    json!({"v": 1, "entry": entry, "proof": proof}).to_string()
}

pub(crate) fn cases() -> Vec<Value> {
    let jwt = released().split('~').next().unwrap().to_owned();
    let entry = entry(&jwt);
    let proof = proof(&entry);
    let good = file(&entry, &proof.format());
    let mut cases = Vec::new();
    let mut put = |receipt: String, holds: bool, why: &str| {
        cases.push(json!({"why": why, "policy": policy(), "receipt": receipt, "holds": holds}));
    };
    put(good.clone(), true, "a good receipt");
    put(good.replacen(r#""v":1"#, r#""v":2"#, 1), false, "another version");
    put(good.replacen("{", r#"{"w":1,"#, 1), false, "a member more");
    put(good[..good.len() - 1].to_owned(), false, "broken JSON");
    put(file(&entry, &TlogProof { index: 0, ..proof.clone() }.format()), false, "another index");
    put(
        file(&entry, &TlogProof { path: proof.path[1..].to_vec(), ..proof.clone() }.format()),
        false,
        "a hash too few",
    );
    let extra = TlogProof { extra: Some(b"more".to_vec()), ..proof.clone() };
    put(file(&entry, &extra.format()), false, "extra data");
    put(file(&entry, &proof.format().replace("v1\n", "v2\n")), false, "another version of the proof");
    put(file(&entry, &proof.format().replace("index 1", "index 01")), false, "an index with a leading zero");
    put(file(&entry, &proof.format().replacen("\n\n", "\n", 1)), false, "no empty line");
    for (from, to, why) in [
        (r#"{"v":1"#, r#"{"v": 1"#, "white space in the entry"),
        (r#""prev""#, r#""Prev""#, "another member of the entry"),
        ("eyJ", "eyK", "another event in the entry"),
    ] {
        let other = entry.replacen(from, to, 1);
        put(file(&other, &proof.format()), false, why);
        let reproved = self::proof(&other);
        put(file(&other, &reproved.format()), false, &format!("{why}, with a proof of its own"));
    }
    let (header, payload, _) = open(&released());
    let foreign = sign(&header, &payload.replace(ORIGIN, "other.example/daybook"), &[]);
    let foreign = self::entry(foreign.trim_end_matches('~'));
    put(file(&foreign, &self::proof(&foreign).format()), false, "an event for another ledger");
    let signature = jwt.rsplit('.').next().unwrap();
    let unsigned = self::entry(&jwt.replace(signature, &b64::encode([0; 64])));
    put(
        file(&unsigned, &self::proof(&unsigned).format()),
        true,
        "a receipt says nothing about the signature of the event",
    );
    cases
}

pub(crate) fn check(case: &Value) {
    let policy: Policy = text(case, "policy").parse().unwrap();
    let found = daybook_verify::verify_receipt(text(case, "receipt").as_bytes(), &policy);
    assert_eq!(found.is_ok(), case["holds"], "{case}: {found:?}");
}
