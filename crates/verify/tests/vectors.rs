//! The test vectors in `schemas/vectors`, which every verifier of the formats must agree with: this one, and `schemas/verify.js`
//! (`tests/javascript`). Each case says what it breaks and what a verifier must answer; the answers are written down here, not computed.
//!
//! A change to a format is a change to its vectors: `DAYBOOK_RENEW=1 cargo test -p daybook-verify --test vectors` writes them anew.
#![allow(clippy::unwrap_used)]

#[path = "vectors/ed25519.rs"]
mod ed25519;
#[path = "vectors/events.rs"]
mod events;
#[path = "vectors/keys.rs"]
mod keys;
#[path = "vectors/notes.rs"]
mod notes;
#[path = "vectors/receipts.rs"]
mod receipts;
#[path = "vectors/signing.rs"]
mod signing;
#[path = "vectors/texts.rs"]
mod texts;
#[path = "vectors/tree.rs"]
mod tree;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::Value;

const RENEW: &str = "DAYBOOK_RENEW";
const COMMAND: &str = "DAYBOOK_RENEW=1 cargo test -p daybook-verify --test vectors";

/// Holds a file of `schemas/vectors` against the cases that are made here, and each case against this implementation.
fn agree(name: &str, cases: Vec<Value>, check: impl Fn(&Value)) {
    let lines: Vec<String> = cases.iter().map(|case| format!("  {case}")).collect();
    let written = format!("[\n{}\n]\n", lines.join(",\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/vectors").join(name);
    if std::env::var_os(RENEW).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &written).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == written, "schemas/vectors/{name} is behind; renew it with: {COMMAND}");
    let read: Vec<Value> = serde_json::from_str(&found).unwrap();
    assert!(read.len() > 1, "{name}");
    // All cases that differ are told, not the first alone.
    let differs = |case: &&Value| catch_unwind(AssertUnwindSafe(|| check(case))).is_err();
    assert_eq!(read.iter().filter(differs).count(), 0, "cases of {name} that Rust answers in another way");
}

fn text<'c>(case: &'c Value, member: &str) -> &'c str {
    case[member].as_str().unwrap_or_else(|| panic!("{member} in {case}"))
}

fn number(case: &Value, member: &str) -> u64 {
    case[member].as_u64().unwrap_or_else(|| panic!("{member} in {case}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn base64_has_one_spelling() {
    agree("base64.json", texts::base64_cases(), texts::check_base64);
}

#[test]
fn json_is_read_strictly() {
    agree("json.json", texts::json_cases(), texts::check_json);
}

#[test]
fn keys_are_canonical_and_of_prime_order() {
    agree("ed25519-keys.json", ed25519::key_cases(), ed25519::check_key);
}

#[test]
fn signatures_are_accepted_by_the_strict_rule_alone() {
    agree("ed25519-signatures.json", ed25519::signature_cases(), ed25519::check_signature);
}

#[test]
fn an_inclusion_proof_proves_one_leaf_of_one_tree() {
    agree("inclusion.json", tree::inclusion_cases(), tree::check_inclusion);
}

#[test]
fn a_consistency_proof_proves_one_beginning_of_one_tree() {
    agree("consistency.json", tree::consistency_cases(), tree::check_consistency);
}

#[test]
fn a_policy_opens_what_its_log_and_quorum_signed() {
    agree("checkpoints.json", notes::cases(), notes::check);
}

#[test]
fn policies_have_one_reading() {
    agree("policies.json", notes::policy_cases(), notes::check_policy);
}

#[test]
fn an_event_shows_what_its_disclosures_open() {
    agree("events.json", events::cases(), events::check);
}

#[test]
fn a_receipt_proves_its_entry() {
    agree("receipts.json", receipts::cases(), receipts::check);
}

#[test]
fn a_key_is_good_for_what_the_log_said_at_that_entry() {
    agree("keys.json", keys::cases(), keys::check);
}

#[test]
fn a_sealing_covers_what_it_names() {
    agree("sealings.json", keys::sealing_cases(), keys::check_sealing);
}
