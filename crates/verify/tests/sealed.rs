//! What the ledger's own events seal and erase is listed and no failure; what anybody else says about entries counts for nothing.
#![allow(clippy::unwrap_used)]

mod common;

use common::written::write;
use common::{ORIGIN, Producer, policy, signer};
use daybook_event::Signed;
use daybook_verify::{DirSource, Kind, Options, Report, SealedEntries, UnclearSealing, verify_log};
use serde_json::{Value, json};

/// The producers of a small log: entry 0 opens it, 1 to 3 register keys, 4 to 9 are events.
struct Story {
    governance: Producer,
    rules: Producer,
    courts: Producer,
    opened: Signed,
    batches: Vec<Vec<Signed>>,
}

const FIRST: u64 = 10;

impl Story {
    fn new() -> Self {
        let mut governance = Producer::new("ledger/governance", 2);
        let rules = Producer::new("ledger/rules", 3);
        let courts = Producer::new("courts/docket", 4);
        let mut jail = Producer::new("sheriff/jail-records", 5);
        let key = governance.key.public();
        let opened = governance.sign_whole(
            "ledger.opened",
            json!({"origin": ORIGIN, "log_vkey": signer().vkey().to_string(), "kid": key.kid().to_string(), "x": key.x()}),
        );
        let mut registered = Vec::new();
        for producer in [&rules, &courts, &jail] {
            let key = producer.key.public();
            let changes =
                json!({"producer": producer.issuer.as_str(), "kid": key.kid().to_string(), "x": key.x()});
            registered.push(governance.sign_whole("key.registered", changes));
        }
        let events = (0..6).map(|_| jail.sign_whole("release.notice_sent", json!({}))).collect();
        Self { governance, rules, courts, opened, batches: vec![registered, events] }
    }

    fn then(mut self, events: Vec<Signed>) -> Report {
        self.batches.push(events);
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &self.opened, &self.batches);
        let source = DirSource::detect(dir.path()).unwrap();
        verify_log(&source, &policy(), &Options::default(), &|_| {})
    }
}

fn order(kind: &str, part: &str, entries: &[&str]) -> Value {
    json!({"kind": kind, "part": part, "authority": "court_order", "at_entries": entries, "slots": null})
}

fn line(first: u64, last: u64, kind: &'static str, part: &'static str, by: u64) -> SealedEntries {
    let (authority, period) = ("court_order".to_owned(), "2026-11".to_owned());
    SealedEntries { first, last, kind, part, slots: Vec::new(), authority, period, by }
}

#[test]
fn what_the_ledger_seals_erases_and_unseals_is_listed() {
    let mut story = Story::new();
    let events = vec![
        story.governance.sign_whole("record.sealed", order("sealed", "withheld", &["4", "6-8"])),
        story.rules.sign_whole("record.sealed", order("erased", "all", &["5"])),
        story.governance.sign_whole("record.sealed", order("unsealed", "withheld", &["4"])),
    ];
    let report = story.then(events);
    assert!(report.ok, "{:#?}", report.failures);
    assert_eq!(
        report.sealings.listed,
        [
            line(4, 4, "sealed", "withheld", FIRST),
            line(6, 8, "sealed", "withheld", FIRST),
            line(5, 5, "erased", "all", FIRST + 1),
            line(4, 4, "unsealed", "withheld", FIRST + 2),
        ]
    );
    assert_eq!(report.sealings.unclear, []);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["sealings"]["listed"][2]["kind"], "erased");
    assert_eq!(json["sealings"]["listed"][2]["by"], FIRST + 1);
}

#[test]
fn what_is_said_of_single_slots_is_listed_with_their_names() {
    let mut story = Story::new();
    let mut erased = order("erased", "withheld", &["5-6"]);
    erased["slots"] = json!(["matter_ref", "case_number"]);
    let events = vec![story.governance.sign_whole("record.sealed", erased)];
    let report = story.then(events);
    assert!(report.ok, "{:#?}", report.failures);
    let slots = vec!["matter_ref".to_owned(), "case_number".to_owned()];
    assert_eq!(report.sealings.listed, [SealedEntries { slots, ..line(5, 6, "erased", "withheld", FIRST) }]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["sealings"]["listed"][0]["slots"], json!(["matter_ref", "case_number"]));
}

#[test]
fn a_departments_sealing_says_nothing_about_entries_of_the_ledger() {
    let mut story = Story::new();
    let events = vec![story.courts.sign_whole("record.sealed", order("erased", "all", &["5"]))];
    let report = story.then(events);
    assert!(report.ok, "{:#?}", report.failures);
    assert_eq!(report.sealings, Default::default());
}

#[test]
fn an_order_by_a_key_without_authority_counts_for_nothing() {
    let mut story = Story::new();
    let mut stranger = Producer::new("ledger/records", 77);
    let kid = story.rules.key.public().kid().to_string();
    let revoked = json!({"producer": "ledger/rules", "kid": kid});
    let events = vec![
        stranger.sign_whole("record.sealed", order("erased", "all", &["5"])),
        story.governance.sign_whole("key.revoked", revoked),
        story.rules.sign_whole("record.sealed", order("erased", "all", &["6"])),
    ];
    let report = story.then(events);
    assert_eq!(report.failures.iter().map(|f| f.kind).collect::<Vec<_>>(), [Kind::Authority; 2]);
    assert_eq!(report.sealings.listed, []);
}

#[test]
fn an_order_that_names_what_was_not_there_before_it_is_unclear_and_no_panic() {
    let mut story = Story::new();
    let events = vec![
        story.governance.sign_whole("record.sealed", order("erased", "all", &["3", "10"])),
        story.governance.sign_whole("record.sealed", order("erased", "all", &["3-12"])),
        story.governance.sign_whole("record.sealed", order("erased", "all", &["999999999999"])),
        story.governance.sign_whole("record.sealed", order("erased", "all", &["12"])),
    ];
    let report = story.then(events);
    assert!(report.ok, "{:#?}", report.failures);
    let unclear: Vec<u64> = report.sealings.unclear.iter().map(|unclear| unclear.entry).collect();
    assert_eq!(unclear, [FIRST, FIRST + 1, FIRST + 2]);
    let UnclearSealing { what, .. } = &report.sealings.unclear[0];
    assert!(what.contains("names entry 10"), "{what}");
    assert_eq!(report.sealings.listed, [line(12, 12, "erased", "all", FIRST + 3)]);
}

#[test]
fn a_log_that_does_not_hold_lists_no_sealings() {
    let mut story = Story::new();
    let event = story.governance.sign_whole("record.sealed", order("erased", "all", &["5"]));
    story.batches.push(vec![event]);
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &story.opened, &story.batches);
    let path = dir.path().join("log/entries/000000000.log");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let source = DirSource::detect(dir.path()).unwrap();
    let report = verify_log(&source, &policy(), &Options::default(), &|_| {});
    assert!(!report.ok);
    assert_eq!(report.sealings, Default::default(), "nobody signed for these entries");
}
