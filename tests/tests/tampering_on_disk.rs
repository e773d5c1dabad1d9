//! What somebody with access to the ledger's disk can change, a verifier finds, and names the entry.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use daybook_tests::{Change, Copy, StoredLedger};
use daybook_tlog::Policy;
use daybook_verify::{Layout, Options, Report, verify_log};

const MATTERS: usize = 6;

fn ledger() -> (tempfile::TempDir, StoredLedger) {
    let dir = tempfile::tempdir().unwrap();
    let ledger = StoredLedger::create(dir.path(), "ledger.example/tampering", 7, MATTERS).unwrap();
    (dir, ledger)
}

fn verify(ledger: &StoredLedger) -> Report {
    let policy: Policy = ledger.policy().parse().unwrap();
    let source = daybook_verify::DirSource::new(ledger.dir(), Layout::Ledger);
    let log_only = Options { vault: false, ..Options::default() };
    verify_log(&source, &policy, &log_only, &|_| {})
}

/// Makes the change on a fresh ledger and returns what verification says.
fn after(change: Change, cover_up: bool) -> Report {
    let (_dir, ledger) = ledger();
    let mut copy = Copy::read(ledger.dir()).unwrap();
    assert!(copy.change(change));
    if cover_up {
        copy.cover_up().unwrap();
    }
    copy.write().unwrap();
    verify(&ledger)
}

#[track_caller]
fn names_entry(report: &Report, entry: u64) {
    assert!(!report.ok);
    let named: Vec<_> = report.failures.iter().map(|failure| failure.entry).collect();
    assert!(named.contains(&Some(entry)), "entry {entry} is not among {named:?}: {:?}", report.failures);
}

#[test]
fn an_untouched_ledger_passes() {
    let (_dir, ledger) = ledger();
    let report = verify(&ledger);
    assert!(report.ok, "{:?}", report.failures);
    assert_eq!(report.size, Some(ledger.size()));
}

#[test]
fn a_changed_byte_is_named() {
    for entry in [0, 1, 40, 63, 64] {
        names_entry(&after(Change::Byte(entry), false), entry as u64);
    }
}

#[test]
fn a_removed_entry_is_named() {
    for entry in [1, 40, 63, 64] {
        names_entry(&after(Change::Removal(entry), false), entry as u64);
    }
}

#[test]
fn a_reordered_pair_is_named() {
    for entry in [1, 40, 63, 64] {
        names_entry(&after(Change::Reorder(entry), false), entry as u64);
    }
}

#[test]
fn mending_chain_and_tree_does_not_help() {
    // Entries 40 and 41 are in the middle of one producer's sequence, so its signatures tell the place.
    for change in [Change::Byte(40), Change::Removal(40), Change::Reorder(40)] {
        names_entry(&after(change, true), 40);
    }
    // Where no producer's sequence tells, the signed checkpoints still do.
    for change in [Change::Removal(63), Change::Reorder(63), Change::Removal(64), Change::Reorder(64)] {
        assert!(!after(change, true).ok, "{change:?}");
    }
}
