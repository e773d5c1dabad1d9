use std::thread;

use daybook_event::{Jti, Said};
use serde_json::Map;

use super::*;

fn opened(range: Range<u64>) -> Vec<Opened> {
    let entry = |index: u64| {
        let said = Said {
            iss: "sheriff/desk".parse().expect("an issuer"),
            jti: Jti::from_random([7; 16]),
            event: "request.received".parse().expect("a type"),
            v: 1,
            period: "2026-11".parse().expect("a month"),
            seq: index,
            fields: Map::new(),
            hidden: Vec::new(),
        };
        Opened { index, received: Some(0), said: Arc::new(said) }
    };
    range.map(entry).collect()
}

fn offer(handover: &Handover, range: Range<u64>) {
    handover.offer(range.start, range.end - range.start, opened(range));
}

fn held(handover: &Handover) -> Range<u64> {
    let held = lock(&handover.held);
    held.first..held.end()
}

fn both(next: u64) -> (Arc<Handover>, Seat, Seat) {
    let handover = Arc::new(Handover::default());
    let (findings, access) = (handover.seat(Stage::Findings), handover.seat(Stage::Access));
    findings.stand_at(next);
    access.stand_at(next);
    (handover, findings, access)
}

#[test]
fn entries_go_when_both_stages_have_taken_them() {
    let (handover, findings, access) = both(5);
    offer(&handover, 5..25);
    offer(&handover, 25..30);
    assert_eq!(findings.in_memory(&(5..15)).map(|found| found.len()), Some(10));
    assert_eq!(held(&handover), 5..30);
    let found = access.in_memory(&(5..40)).expect("they are held");
    assert!(found.iter().map(|opened| opened.index).eq(5..30));
    assert_eq!(held(&handover), 15..30);
    drop(findings);
    assert!(held(&handover).is_empty(), "a stage that has ended waits for nothing");
}

#[test]
fn a_stage_that_is_far_behind_holds_nothing_up() {
    let (handover, findings, access) = both(0);
    let far = NEAR_ENTRIES + 10;
    access.stand_at(far);
    offer(&handover, far..far + 4);
    assert_eq!(access.in_memory(&(far..far + 4)).map(|found| found.len()), Some(4));
    assert!(held(&handover).is_empty());
    findings.stand_at(far);
    offer(&handover, far + 4..far + 5);
    assert_eq!(access.in_memory(&(far + 4..far + 9)).map(|found| found.len()), Some(1));
    assert_eq!(held(&handover), far + 4..far + 5);
}

#[test]
fn what_does_not_fit_is_left_to_the_disk_and_nothing_more_is_asked_for_until_the_stages_are_near() {
    let (handover, findings, access) = both(0);
    let full = HANDOVER_ENTRIES as u64;
    assert!(handover.is_wanted());
    for first in (0..full + 4_096).step_by(4_096) {
        offer(&handover, first..first + 4_096);
    }
    assert_eq!(held(&handover), 0..full);
    assert!(!handover.is_wanted());
    handover.offer(full + 4_096, 4_096, Vec::new());
    for seat in [&findings, &access] {
        assert!(seat.in_memory(&(0..full)).is_some());
        assert!(seat.in_memory(&(full..full + 1)).is_none());
    }
    assert!(held(&handover).is_empty());
    // Both are 8,192 entries behind: near enough to begin again.
    assert!(handover.is_wanted());
    handover.offer(full + 8_192, 4_096, Vec::new());
    assert!(!handover.is_wanted());
    access.stand_at(full + 12_288);
    assert!(handover.is_wanted());
}

#[test]
fn a_batch_that_does_not_follow_is_not_held() {
    let (handover, _findings, _access) = both(0);
    offer(&handover, 0..4);
    handover.offer(4, 4, Vec::new());
    assert!(!handover.is_wanted());
    offer(&handover, 8..12);
    assert_eq!(held(&handover), 0..4);
}

#[test]
fn intake_does_not_wait_for_the_lock() {
    let (handover, _findings, _access) = both(0);
    let lock = lock(&handover.held);
    thread::scope(|scope| {
        scope.spawn(|| offer(&handover, 0..4)).join().expect("it came back");
    });
    drop(lock);
    assert!(held(&handover).is_empty());
    offer(&handover, 4..8);
    assert_eq!(held(&handover), 4..8, "the stages read what was missed, and go on here");
}

#[test]
fn an_erasure_clears_everything_and_lets_nothing_in_until_the_keys_are_gone() {
    let (handover, findings, access) = both(0);
    offer(&handover, 0..4);
    let before = findings.plan(0..4);
    let shut = handover.shut();
    assert!(held(&handover).is_empty() && !handover.is_wanted());
    offer(&handover, 4..8);
    let meanwhile = findings.plan(0..4);
    findings.keep(&meanwhile, &opened(0..4));
    assert!(held(&handover).is_empty());
    drop(shut);
    for plan in [before, meanwhile] {
        findings.keep(&plan, &opened(0..4));
        assert!(held(&handover).is_empty(), "it was read while the keys were there");
    }
    let after = findings.plan(0..4);
    findings.keep(&after, &opened(0..4));
    assert_eq!(held(&handover), 0..4);
    assert_eq!(access.in_memory(&(0..4)).map(|found| found.len()), Some(4));
}

#[test]
fn what_one_stage_read_from_the_disk_the_other_finds_in_memory() {
    let (handover, findings, access) = both(10);
    offer(&handover, 20..30);
    let plan = findings.plan(10..40);
    assert_eq!(plan.range, 10..20, "what is in memory is not read");
    findings.keep(&plan, &opened(plan.range.clone()));
    assert_eq!(held(&handover), 10..30);
    let found = access.in_memory(&(10..40)).expect("it is there");
    assert!(found.iter().map(|opened| opened.index).eq(10..30));
    assert_eq!(held(&handover), 20..30);
}
