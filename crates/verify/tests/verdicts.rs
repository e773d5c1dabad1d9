//! A log that signs for what it should not: the entries are authentic, and still do not pass.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Ledger, ORIGIN, Producer, ledger, policy, signer};
use daybook_event::Position;
use daybook_tlog::{Cosigner, Hash, Policy, TlogProof, leaf_hash};
use daybook_verify::{Kind, Options, ReceiptFault, Report, verify_log, verify_receipt, write_receipt};
use serde_json::json;

const EVENT: &str = "request.copy_given";

fn verify(ledger: &mut Ledger) -> Report {
    ledger.commit();
    ledger.verify(&ledger.files())
}

fn expect(report: &Report, kind: Kind, entry: u64, words: &str) {
    let failure = report.failures.first().expect("something is found");
    assert_eq!((failure.kind, failure.entry), (kind, Some(entry)), "{failure:?}");
    assert!(failure.what.contains(words), "{failure:?}");
    assert_eq!(report.failures.len(), 1, "{:#?}", report.failures);
}

fn opened() -> (Ledger, Producer) {
    let mut ledger = Ledger::open(100);
    let producer = Producer::new("sheriff/jail-records", 10);
    ledger.register(&producer);
    (ledger, producer)
}

#[test]
fn a_signature_that_does_not_fit_is_named() {
    let (mut ledger, mut producer) = opened();
    let jwt = producer.sign(EVENT, json!({}));
    // The last character of 64 bytes in base64url carries two spare bits; the one before it is all signature.
    let mut forged = jwt.into_bytes();
    let at = forged.len() - 2;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    ledger.append(&String::from_utf8(forged).unwrap());
    expect(&verify(&mut ledger), Kind::Signature, 2, "the signature of sheriff/jail-records");
}

#[test]
fn a_key_that_was_never_registered_has_no_authority() {
    let (mut ledger, _) = opened();
    ledger.append(&Producer::new("police/front-desk", 11).sign(EVENT, json!({})));
    expect(&verify(&mut ledger), Kind::Authority, 2, "no key was ever registered");
}

#[test]
fn another_key_of_a_known_producer_has_no_authority() {
    let (mut ledger, _) = opened();
    ledger.append(&Producer::new("sheriff/jail-records", 99).sign(EVENT, json!({})));
    expect(&verify(&mut ledger), Kind::Authority, 2, "was not registered");
}

#[test]
fn a_key_signs_before_its_revocation_and_not_after() {
    let (mut ledger, mut producer) = opened();
    ledger.append(&producer.sign(EVENT, json!({})));
    let kid = producer.key.public().kid().to_string();
    let revoked =
        ledger.governance.sign("key.revoked", json!({"producer": "sheriff/jail-records", "kid": kid}));
    ledger.append(&revoked);
    ledger.append(&producer.sign(EVENT, json!({})));
    expect(&verify(&mut ledger), Kind::Authority, 4, "revoked by entry 3");
}

#[test]
fn a_rotation_divides_the_sequence() {
    let (mut ledger, mut old) = opened();
    ledger.append(&old.sign(EVENT, json!({})));
    let mut new = Producer::new("sheriff/jail-records", 20);
    let key = new.key.public();
    let rotated = json!({
        "producer": "sheriff/jail-records", "kid": key.kid().to_string(), "x": key.x(),
        "old_kid": old.key.public().kid().to_string(), "from_seq": 1,
    });
    let rotated = ledger.governance.sign("key.rotated", rotated);
    ledger.append(&rotated);
    new.at = old.at;
    ledger.append(&new.sign(EVENT, json!({})));
    assert!(verify(&mut ledger).ok);
    old.at = new.at;
    ledger.append(&old.sign(EVENT, json!({})));
    expect(&verify(&mut ledger), Kind::Authority, 5, "does not sign number 2");
}

#[test]
fn only_the_ledgers_own_keys_register_keys() {
    let (mut ledger, _) = opened();
    let outsider = Producer::new("police/front-desk", 11);
    let mut governance = Producer::new("ledger/governance", 77);
    let key = outsider.key.public();
    let changes = json!({"producer": "police/front-desk", "kid": key.kid().to_string(), "x": key.x()});
    ledger.append(&governance.sign("key.registered", changes));
    expect(&verify(&mut ledger), Kind::Authority, 2, "ledger/governance had no authority");
}

#[test]
fn an_event_for_another_ledger_is_out_of_form() {
    let (mut ledger, producer) = opened();
    let draft = daybook_event::Draft::new(
        EVENT.parse().unwrap(),
        daybook_event::Catalogue::builtin().latest(EVENT).unwrap().example().as_object().unwrap().clone(),
    );
    let elsewhere = "elsewhere.example/daybook".parse().unwrap();
    let (at, catalogue) = (Position::first(&elsewhere), daybook_event::Catalogue::builtin());
    let rng = &mut daybook_event::OsEntropy;
    let signed =
        daybook_event::issue(&draft, &producer.issuer, &elsewhere, at, &producer.key, catalogue, rng)
            .unwrap();
    ledger.append(signed.jwt());
    assert_eq!(verify(&mut ledger).failures[0].kind, Kind::EventForm);
}

#[test]
fn a_gap_is_noted_and_does_not_fail() {
    let (mut ledger, mut producer) = opened();
    ledger.append(&producer.sign(EVENT, json!({})));
    producer.sign(EVENT, json!({}));
    producer.sign(EVENT, json!({}));
    ledger.append(&producer.sign(EVENT, json!({})));
    let report = verify(&mut ledger);
    assert!(report.ok, "{:#?}", report.failures);
    assert_eq!(report.notes, ["sheriff/jail-records: its events 1 to 2 never came"]);
}

#[test]
fn a_fork_is_told_loudly() {
    let (mut ledger, mut producer) = opened();
    ledger.append(&producer.sign(EVENT, json!({})));
    let here = producer.at;
    ledger.append(&producer.sign(EVENT, json!({})));
    producer.at = here;
    ledger.append(&producer.sign(EVENT, json!({})));
    let report = verify(&mut ledger);
    expect(&report, Kind::Sequence, 4, "two different events as its number 1, the other in entry 3");
    assert_eq!(report.exit_code(), 18);
}

#[test]
fn a_broken_link_in_a_sequence_is_found() {
    let (mut ledger, mut producer) = opened();
    ledger.append(&producer.sign(EVENT, json!({})));
    producer.at.prev = [9; 32];
    ledger.append(&producer.sign(EVENT, json!({})));
    expect(&verify(&mut ledger), Kind::Sequence, 3, "does not name the event before it");
}

#[test]
fn a_chain_that_the_log_itself_broke_is_found() {
    let (mut ledger, mut producer) = opened();
    ledger.append(&producer.sign(EVENT, json!({})));
    let text = String::from_utf8(ledger.entries[2].clone()).unwrap();
    let prev = &text[15..58];
    let broken = text.replace(prev, &"A".repeat(43));
    ledger.entries[2] = broken.into_bytes();
    expect(&verify(&mut ledger), Kind::Chain, 2, "does not follow entry 1");
}

#[test]
fn a_ledger_of_another_log_key_is_not_this_ledger() {
    let mut ledger = Ledger::open(100);
    ledger.entries.clear();
    ledger.commits.clear();
    ledger.governance = Producer::new("ledger/governance", 2);
    let key = ledger.governance.key.public();
    let other = daybook_tlog::NoteSigner::from_seed(ORIGIN.parse().unwrap(), [66; 32]).vkey().to_string();
    let opened = json!({"origin": ORIGIN, "log_vkey": other, "kid": key.kid().to_string(), "x": key.x()});
    let jwt = ledger.governance.sign("ledger.opened", opened);
    ledger.append(&jwt);
    expect(&verify(&mut ledger), Kind::Authority, 0, "another key of the log");
}

#[test]
fn two_histories_under_one_key_are_found() {
    let ledger = ledger(6, 100);
    let mut files = ledger.files();
    let mut other = common::ledger(6, 100);
    other.commits = vec![4];
    // The list holds, between its own, a checkpoint of the same size over other entries.
    let list = files.files.get_mut("log/checkpoints.log").unwrap();
    let mut split = Vec::new();
    for (note, from) in [(ledger.checkpoint(1), 0), (ledger.checkpoint(3), 1), (other.checkpoint(4), 2)] {
        split.extend((note.len() as u32).to_be_bytes());
        split.extend(note.as_bytes());
        assert!(from < 3);
    }
    let tail: Vec<u8> = [ledger.checkpoint(6), ledger.checkpoint(9)]
        .iter()
        .flat_map(|note| [&(note.len() as u32).to_be_bytes()[..], note.as_bytes()].concat())
        .collect();
    *list = [split, tail].concat();
    let report = ledger.verify(&files);
    assert_eq!(report.failures[0].kind, Kind::Checkpoint);
    assert!(report.failures[0].what.contains("two histories"), "{:?}", report.failures);
}

#[test]
fn the_quorum_counts_for_the_latest_checkpoint() {
    let ledger = ledger(3, 100);
    let witness = Cosigner::from_seed("witness.example".parse().unwrap(), [50; 32]);
    let policy: Policy =
        format!("log {}\nwitness W {}\nquorum W\n", signer().vkey(), witness.vkey()).parse().unwrap();
    let mut files = ledger.files();
    let options = Options { entries_per_file: 100, ..Options::default() };
    let report = verify_log(&files, &policy, &options, &|_| {});
    assert_eq!(
        (report.failures[0].kind, report.failures.len()),
        (Kind::Checkpoint, 1),
        "{:?}",
        report.failures
    );
    let latest = files.files.get_mut("log/checkpoint").unwrap();
    let text = String::from_utf8(latest.clone()).unwrap();
    let text = text.split_once("\n\n").unwrap().0.to_owned() + "\n";
    latest.extend(witness.cosign(&text, 1_800_000_000).into_bytes());
    let report = verify_log(&files, &policy, &options, &|_| {});
    assert!(report.ok, "{:#?}", report.failures);
}

#[test]
fn the_report_is_json_that_a_machine_can_read() {
    let (mut ledger, _) = opened();
    ledger.append(&Producer::new("police/front-desk", 11).sign(EVENT, json!({})));
    let report = serde_json::to_value(verify(&mut ledger)).unwrap();
    assert_eq!(report["ok"], false);
    assert_eq!(report["failures"][0]["kind"], "authority");
    assert_eq!(report["failures"][0]["producer"], "police/front-desk");
    assert_eq!(report["failures"][0]["file"], "log/entries/000000000.log");
}

#[test]
fn exit_codes_are_distinct_and_stay() {
    let codes: Vec<u8> = Kind::ALL.iter().map(|kind| kind.exit_code()).collect();
    assert_eq!(codes, (10..24).collect::<Vec<u8>>());
    assert_eq!(
        (Kind::Checkpoint.exit_code(), Kind::Receipt.exit_code(), Kind::Source.exit_code()),
        (10, 21, 23)
    );
}

fn receipt(ledger: &Ledger, index: usize) -> String {
    let leaves: Vec<Hash> = ledger.entries.iter().map(|entry| leaf_hash(entry)).collect();
    let batch = daybook_tlog::BatchProver::new(&daybook_tlog::Frontier::new(), &leaves);
    let checkpoint = ledger.checkpoint(leaves.len() as u64);
    let proof = TlogProof { extra: None, index: index as u64, path: batch.path(index as u64), checkpoint };
    write_receipt(std::str::from_utf8(&ledger.entries[index]).unwrap(), &proof)
}

#[test]
fn a_receipt_proves_its_entry_and_no_byte_of_it_can_change() {
    let ledger = ledger(6, 100);
    let receipt = receipt(&ledger, 4);
    let verdict = verify_receipt(receipt.as_bytes(), &policy()).unwrap();
    assert_eq!((verdict.index, verdict.checkpoint.size), (4, 9));
    assert_eq!(verdict.entry.as_bytes(), ledger.entries[4]);
    assert_eq!(verdict.claims.iss.as_str(), "police/front-desk");
    for at in 0..receipt.len() {
        let mut changed = receipt.clone().into_bytes();
        changed[at] ^= 1;
        assert!(verify_receipt(&changed, &policy()).is_err(), "byte {at}");
        assert!(verify_receipt(&receipt.as_bytes()[..at], &policy()).is_err(), "cut at {at}");
    }
    let other = receipt.replacen("index 4", "index 3", 1);
    assert!(matches!(verify_receipt(other.as_bytes(), &policy()), Err(ReceiptFault::Proof(_))));
    let extra = receipt.replacen(r#"{"v":1"#, r#"{"v":1,"w":1"#, 1);
    assert_eq!(verify_receipt(extra.as_bytes(), &policy()).unwrap_err(), ReceiptFault::Malformed);
    let version = receipt.replacen(r#"{"v":1"#, r#"{"v":2"#, 1);
    assert_eq!(verify_receipt(version.as_bytes(), &policy()).unwrap_err(), ReceiptFault::Version(2));
}

#[test]
fn single_entries_are_read_from_either_layout() {
    let ledger = ledger(6, daybook_verify::ENTRIES_PER_FILE);
    for source in [ledger.files(), ledger.tiles()] {
        for (index, entry) in ledger.entries.iter().enumerate() {
            let read = daybook_verify::read_entry(&source, index as u64, 9).unwrap();
            assert_eq!(read.as_ref(), Some(entry));
        }
        assert_eq!(daybook_verify::read_entry(&source, 9, 9).unwrap(), None);
        let mut seen = 0;
        daybook_verify::for_each_entry(&source, 9, |index, entry| {
            assert_eq!(entry, ledger.entries[index as usize]);
            seen += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, 9);
    }
}
