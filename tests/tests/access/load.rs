//! Readers and writers at once, the service killed at random: every answered read is on the ledger, once.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use daybook_tests::{Account, Department, Ledger, Random, Signers, send};
use serde_json::json;

use crate::{city, records};

const READERS: usize = 8;
const KILLS: usize = 4;

/// What readers saw.
#[derive(Default)]
struct Seen {
    /// Answered reads by their number, with the events that were shown.
    answered: Mutex<BTreeMap<String, u64>>,
    /// Requests whose connection broke: they may have been recorded and were not answered.
    broken: AtomicU64,
    /// Requests that were refused because the service was not there yet.
    refused: AtomicU64,
}

fn read_until(done: &AtomicBool, account: &Account, seed: u64, seen: &Seen) {
    let mut random = Random::new(seed);
    while !done.load(Ordering::Acquire) {
        let query = match random.below(4) {
            0 => json!({ "types": ["release.notice_sent"], "limit": 1 + random.below(20) }),
            1 => json!({ "departments": ["sheriff"], "order": "oldest", "limit": 1 + random.below(20) }),
            2 => json!({ "periods": ["2026-10"], "facets": ["type"], "limit": 3 }),
            _ => json!({ "codes": { "request_kind": ["release_notice", "hold"] } }),
        };
        match account.post("/v1/events/search", &query) {
            Ok(answer) if answer.status == 200 => {
                let number = answer.read().expect("every answer names its record").clone();
                let shown = answer.json()["events"].as_array().map_or(0, Vec::len) as u64;
                let before = seen.answered.lock().expect("a lock").insert(number, shown);
                assert_eq!(before, None, "two answers under one record");
            }
            Ok(answer) => {
                assert!([401, 503].contains(&answer.status), "{}", answer.text());
                seen.refused.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(_) => {
                seen.broken.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

fn run(kills: usize, seed: u64) {
    let mut ledger = Ledger::running();
    city::at_work(&ledger, 3);
    let accounts: Vec<Account> =
        (0..READERS / 2).map(|n| ledger.account(&format!("a-{n:04}"), "auditor", None)).collect();
    let before = records::reads(&records::facts(&ledger));
    let (done, seen, mut random) = (AtomicBool::new(false), Seen::default(), Random::new(seed));
    std::thread::scope(|scope| {
        for reader in 0..READERS {
            let (account, seen, done) = (&accounts[reader % accounts.len()], &seen, &done);
            scope.spawn(move || read_until(done, account, seed + reader as u64, seen));
        }
        for _ in 0..=kills {
            let pause = 1_000 + random.below(1_500);
            std::thread::sleep(Duration::from_millis(pause));
            if kills > 0 {
                ledger.kill();
                ledger.start();
            } else {
                write_some(&ledger, 900 + pause);
            }
        }
        std::thread::sleep(Duration::from_secs(2));
        done.store(true, Ordering::Release);
    });
    // The last records are on disk before their answers are sent, and readers have stopped.
    let recorded = records::reads(&records::facts(&ledger));
    let recorded: BTreeMap<_, _> = recorded.into_iter().filter(|(n, _)| !before.contains_key(n)).collect();
    let answered = seen.answered.into_inner().expect("a lock");
    let broken = seen.broken.into_inner();
    println!(
        "{} answered, {} recorded, {broken} broken, {} refused, {kills} kills, seed {seed}",
        answered.len(),
        recorded.len(),
        seen.refused.into_inner()
    );
    assert!(answered.len() > 100, "only {} answers", answered.len());
    for (number, shown) in &answered {
        assert_eq!(recorded.get(number), Some(&(1, *shown)), "the record of an answer");
    }
    let unanswered = (recorded.len() - answered.len()) as u64;
    assert!(unanswered <= broken, "{unanswered} records without an answer, {broken} broken connections");
    ledger.stop();
    ledger.verify();
}

/// Some events of another seed, while readers read.
fn write_some(ledger: &Ledger, seed: u64) {
    let issuer = format!("courts/clerk-{seed}").parse().expect("a name");
    let mut signers = Signers::of(ledger, seed);
    let at = format!("{:.0}", jiff::Timestamp::now());
    let drafts = Department::Sheriff.drafts(seed, 1);
    let mut signed = vec![signers.register(&issuer, &at)];
    for draft in drafts.iter().filter(|draft| draft.event.as_str() == "request.received") {
        signed.push(signers.sign(&issuer, draft.event.as_str(), &draft.fields, None));
    }
    send(ledger, &signed, Duration::from_secs(60));
}

#[test]
fn every_answer_has_its_record_and_every_record_its_answer() {
    run(0, 20_261_122);
}

#[test]
fn an_answer_has_its_record_also_where_the_service_is_killed() {
    run(KILLS, 20_261_123);
}
