//! The outbox: nothing that was reported as recorded is lost, no number is used twice or left out.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use common::{TestLedger, check_chain, config, draft, drafts, make_home};
use daybook_event::OsEntropy;
use daybook_producer::outbox::{BATCH_MAX, ReceiptGroup, VerifiedReceipt};
use daybook_producer::{Home, HomeError, OutboxError, Passphrase};

const NOWHERE: &str = "nats://127.0.0.1:1";
const CRASH_HOME: &str = "DAYBOOK_TEST_CRASH_HOME";

fn receipts(seqs: std::ops::Range<u64>) -> ReceiptGroup {
    let receipts = seqs
        .map(|seq| VerifiedReceipt { seq, index: 100 + seq, entry: format!("entry {seq}"), path: Vec::new() })
        .collect();
    ReceiptGroup { checkpoint: "note".into(), receipts }
}

#[test]
fn what_was_enqueued_is_there_after_reopening_and_the_sequence_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), NOWHERE, &TestLedger::new(1));
    let first = home.enqueue(&drafts(5), &mut OsEntropy).unwrap();
    drop(home);
    let home = Home::open(dir.path(), None).unwrap();
    let waiting = home.outbox().pending_from(0, 10).unwrap();
    assert_eq!(
        waiting.iter().map(|event| event.compact.to_vec()).collect::<Vec<_>>(),
        first.iter().map(|signed| signed.compact.clone().into_bytes()).collect::<Vec<_>>()
    );
    home.enqueue(&drafts(3), &mut OsEntropy).unwrap();
    assert_eq!(check_chain(&home), 8);
}

#[test]
fn a_batch_with_a_wrong_draft_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), NOWHERE, &TestLedger::new(1));
    home.enqueue(&drafts(2), &mut OsEntropy).unwrap();
    let mut batch = drafts(3);
    batch[2].fields.insert("ground".into(), "because".into());
    let error = home.enqueue(&batch, &mut OsEntropy).unwrap_err();
    assert!(matches!(error, OutboxError::NotIssued { place: 2, .. }), "{error}");
    home.enqueue(&drafts(1), &mut OsEntropy).unwrap();
    assert_eq!(check_chain(&home), 3);
}

#[test]
fn a_batch_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), NOWHERE, &TestLedger::new(1));
    let error = home.enqueue(&drafts(BATCH_MAX + 1), &mut OsEntropy).unwrap_err();
    assert!(matches!(error, OutboxError::BatchTooLarge { .. }), "{error}");
    assert_eq!(check_chain(&home), 0);
}

#[test]
fn a_second_opening_is_refused_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let _home = make_home(dir.path(), NOWHERE, &TestLedger::new(1));
    let error = Home::open(dir.path(), None).unwrap_err();
    assert!(matches!(error, HomeError::Outbox(OutboxError::InUse { .. })), "{error}");
    assert!(error.to_string().contains("daybook producer run"), "{error}");
}

#[test]
fn an_outbox_of_another_producer_or_ledger_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(make_home(dir.path(), NOWHERE, &TestLedger::new(1)));
    let toml = dir.path().join("producer.toml");
    let text = std::fs::read_to_string(&toml).unwrap();
    std::fs::write(&toml, text.replace("jail-records", "other")).unwrap();
    let error = Home::open(dir.path(), None).unwrap_err();
    assert!(matches!(error, HomeError::Outbox(OutboxError::Foreign { .. })), "{error}");
}

#[test]
fn a_home_is_never_made_twice() {
    let dir = tempfile::tempdir().unwrap();
    drop(make_home(dir.path(), NOWHERE, &TestLedger::new(1)));
    let error = Home::create(dir.path(), config(NOWHERE), None, &mut OsEntropy).unwrap_err();
    assert!(matches!(error, HomeError::Exists { .. }), "{error}");
}

#[test]
fn only_a_receipt_or_a_final_refusal_ends_the_waiting_and_a_receipt_wins() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), NOWHERE, &TestLedger::new(1));
    home.enqueue(&drafts(6), &mut OsEntropy).unwrap();
    let outbox = home.outbox();
    assert_eq!(outbox.accept(&[receipts(0..2), receipts(2..3)]).unwrap(), [0, 1, 2]);
    assert_eq!(outbox.accept(&[receipts(1..2)]).unwrap(), [] as [u64; 0], "it has its receipt");
    outbox.refuse(&[(1, "{}".into()), (4, r#"{"code":"schema"}"#.into())]).unwrap();
    let counts = outbox.counts().unwrap();
    assert_eq!((counts.pending, counts.receipts, counts.refused, counts.next_seq), (2, 3, 1, 6));
    assert_eq!(outbox.refused(10).unwrap()[0].problem["code"], "schema");
    assert_eq!(outbox.receipt(2).unwrap().unwrap().0.index, 102);
    assert_eq!(outbox.receipt(2).unwrap().unwrap().1, "note");
    // The refusal was not true: the event is in the ledger after all.
    assert_eq!(outbox.accept(&[receipts(4..5)]).unwrap(), [4]);
    assert_eq!(outbox.counts().unwrap().refused, 0);
    let standing = outbox.standing(0..6).unwrap();
    assert_eq!((standing.receipts, standing.refused, standing.waiting), (4, 0, 2));
}

#[test]
fn a_refused_event_can_be_put_back_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), NOWHERE, &TestLedger::new(1));
    home.enqueue(&drafts(2), &mut OsEntropy).unwrap();
    let before = home.outbox().pending_from(1, 1).unwrap()[0].compact.clone();
    home.outbox().refuse(&[(1, "{}".into())]).unwrap();
    assert!(home.outbox().requeue(1).unwrap());
    assert!(!home.outbox().requeue(1).unwrap());
    let again = &home.outbox().pending_from(1, 1).unwrap()[0];
    assert_eq!(
        (again.compact.clone(), again.attempt),
        (before, 2),
        "the bus would drop the first id as a duplicate"
    );
}

#[test]
fn a_restart_uses_no_message_id_twice_and_asks_for_nothing_that_is_settled() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), NOWHERE, &TestLedger::new(1));
    home.enqueue(&drafts(3), &mut OsEntropy).unwrap();
    home.outbox().accept(&[receipts(1..2)]).unwrap();
    assert_eq!(home.outbox().note_attempts(&[(0, 4), (1, 2), (7, 2)]).unwrap(), [1, 7]);
    drop(home);
    let home = Home::open(dir.path(), None).unwrap();
    let attempts: Vec<(u64, u32)> =
        home.outbox().pending_from(0, 9).unwrap().iter().map(|event| (event.seq, event.attempt)).collect();
    assert_eq!(attempts, [(0, 4), (2, 1)]);
}

#[test]
fn rotation_switches_the_key_at_the_next_number_and_keeps_what_was_signed() {
    let dir = tempfile::tempdir().unwrap();
    let phrase = Passphrase::new(b"phrase".to_vec());
    let mut home = Home::create(dir.path(), config(NOWHERE), Some(&phrase), &mut OsEntropy).unwrap();
    let old = home.kid();
    home.enqueue(&drafts(2), &mut OsEntropy).unwrap();
    let request = home.rotate(Some(&phrase), &mut OsEntropy).unwrap();
    home.enqueue(&[draft()], &mut OsEntropy).unwrap();
    let parsed = daybook_event::KeyRequest::parse(&request).unwrap();
    let rotation = parsed.rotation.unwrap();
    assert_eq!((rotation.from_seq, rotation.old_kid), (2, old));
    drop(home);
    let home = Home::open(dir.path(), Some(&phrase)).unwrap();
    assert_eq!(home.kid(), parsed.key.kid());
    assert_eq!(check_chain(&home), 3);
    let kids: Vec<_> = home
        .outbox()
        .pending_from(0, 3)
        .unwrap()
        .iter()
        .map(|event| *daybook_event::Token::parse(&event.compact).unwrap().kid())
        .collect();
    assert_eq!(kids, [old, old, home.kid()]);
}

#[test]
fn a_rotation_cut_short_is_ended_or_undone_at_the_next_opening() {
    let dir = tempfile::tempdir().unwrap();
    let mut home = make_home(dir.path(), NOWHERE, &TestLedger::new(1));
    let old_key = std::fs::read(dir.path().join("key")).unwrap();
    home.rotate(None, &mut OsEntropy).unwrap();
    let new = home.kid();
    drop(home);
    // Cut short before the file took its place: the outbox already names the new key.
    std::fs::rename(dir.path().join("key"), dir.path().join("key.next")).unwrap();
    std::fs::write(dir.path().join("key"), &old_key).unwrap();
    private(&dir.path().join("key"));
    let home = Home::open(dir.path(), None).unwrap();
    assert_eq!(home.kid(), new);
    drop(home);
    // Cut short before the outbox named it: the half-made key goes.
    std::fs::write(dir.path().join("key.next"), "daybook-key v1\nkid").unwrap();
    private(&dir.path().join("key.next"));
    assert_eq!(Home::open(dir.path(), None).unwrap().kid(), new);
    assert!(!dir.path().join("key.next").exists());
    // Neither: key and outbox do not belong together.
    std::fs::write(dir.path().join("key"), &old_key).unwrap();
    let error = Home::open(dir.path(), None).unwrap_err();
    assert!(matches!(error, HomeError::WrongKey { .. }), "{error}");
}

fn private(path: &std::path::Path) {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// The process that gets killed: it enqueues for ever and says which numbers are safe.
#[test]
fn crash_child() {
    let Some(dir) = std::env::var_os(CRASH_HOME) else { return };
    let home = Home::open(dir.as_ref(), None).unwrap();
    loop {
        home.enqueue(&drafts(7), &mut OsEntropy).unwrap();
        println!("safe {}", home.outbox().position().unwrap().seq);
    }
}

#[test]
fn a_process_killed_at_any_moment_loses_no_number_that_it_reported() {
    let dir = tempfile::tempdir().unwrap();
    drop(make_home(dir.path(), NOWHERE, &TestLedger::new(1)));
    let mut safe = 0;
    for round in 1..=8_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash_child", "--nocapture", "--test-threads=1"])
            .env(CRASH_HOME, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (at_work, started) = std::sync::mpsc::channel::<()>();
        let killer = std::thread::spawn(move || {
            started.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(13 * round));
            child.kill().unwrap();
            child.wait().unwrap();
        });
        while let Some(Ok(line)) = lines.next() {
            if let Some(number) = line.rsplit_once("safe ").and_then(|(_, number)| number.trim().parse().ok())
            {
                safe = number;
                at_work.send(()).ok();
            }
        }
        killer.join().unwrap();
        let home = Home::open(dir.path(), None).unwrap();
        let there = check_chain(&home);
        assert!(there >= safe, "round {round}: {safe} were reported, {there} are there");
        assert_eq!(there % 7, 0, "round {round}: a batch is whole or not there");
    }
    assert!(safe > 0, "the child got to work");
}
