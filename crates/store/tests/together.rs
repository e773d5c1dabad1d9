//! Several at once: a second process, and readers while the writer appends.
#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use daybook_event::entry::parse_entry;
use daybook_store::testing::{SampleLedger, new_entries, sample_entries};
use daybook_store::{Class, Disk, OpenError};
use daybook_tlog::{leaf_hash, prove_inclusion, root_at};

const DIRECTORY: &str = "DAYBOOK_TEST_LOCK_DIRECTORY";

/// Started a second time as a process of its own by the test below; does nothing otherwise.
#[test]
fn the_other_process() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let ledger = SampleLedger::on(Arc::new(Disk::open(directory).unwrap()));
    assert!(matches!(ledger.open(), Err(OpenError::Locked)), "the lock did not hold");
}

#[test]
fn the_lock_excludes_another_process() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = SampleLedger::on(Arc::new(Disk::open(dir.path()).unwrap()));
    ledger.create().unwrap();
    let other = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "the_other_process"]).env(DIRECTORY, dir.path());
        command.output().unwrap().status.success()
    };
    let (writer, _) = ledger.open().unwrap();
    assert!(other(), "another process got in");
    drop(writer);
    assert!(!other(), "it finds the lock free once the writer is gone");
}

#[test]
fn readers_see_a_consistent_ledger_while_it_grows() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = SampleLedger::on(Arc::new(Disk::open(dir.path()).unwrap()));
    ledger.create().unwrap();
    let samples = sample_entries(2_000);
    let (mut writer, _) = ledger.open().unwrap();
    let reader = writer.reader();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (samples, done, reader, ledger) = (&samples, &done, &reader, &ledger);
        scope.spawn(move || {
            for batch in samples[1..].chunks(37) {
                writer.commit(&new_entries(batch)).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            let size = reader.size();
            let newest = reader.entry(size - 1).unwrap();
            let sample = &samples[usize::try_from(size).unwrap() - 1];
            assert_eq!(parse_entry(&newest).unwrap().event, sample.jwt);
            assert_eq!(reader.open_record(&ledger.keyring, size - 1, Class::W).unwrap(), sample.w);
            let path = prove_inclusion(reader, size - 1, size).unwrap();
            let root = root_at(reader, size).unwrap();
            daybook_tlog::check_inclusion(size - 1, size, &leaf_hash(&newest), &path, &root).unwrap();
        }
    });
    assert_eq!(reader.size(), 2_000);
}
