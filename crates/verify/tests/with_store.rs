//! A ledger that the real writer made verifies from its files; with any of them changed it does not.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::written::write;
use common::{ORIGIN, Producer, policy, signer};
use daybook_event::Signed;
use daybook_store::{Disk, KEYRING, Keyring, Passphrase, Writer};
use daybook_verify::{DirSource, Kind, Layout, LogSource, MemorySource, Options, Report, verify_log};
use rayon::prelude::*;
use serde_json::json;

fn sample(dir: &std::path::Path, events: usize) {
    let mut governance = Producer::new("ledger/governance", 2);
    let mut producer = Producer::new("sheriff/jail-records", 10);
    let (ours, theirs) = (governance.key.public(), producer.key.public());
    let opened = governance.sign_whole(
        "ledger.opened",
        json!({"origin": ORIGIN, "log_vkey": signer().vkey().to_string(), "kid": ours.kid().to_string(), "x": ours.x()}),
    );
    let registered = governance.sign_whole(
        "key.registered",
        json!({"producer": "sheriff/jail-records", "kid": theirs.kid().to_string(), "x": theirs.x()}),
    );
    let events: Vec<Signed> =
        (0..events).map(|_| producer.sign_whole("release.notice_sent", json!({}))).collect();
    let mut batches = vec![vec![registered]];
    batches.extend(events.chunks(2).map(<[Signed]>::to_vec));
    write(dir, &opened, &batches);
}

/// The files of a directory, in memory.
fn load(dir: &std::path::Path) -> MemorySource {
    let source = DirSource::detect(dir).unwrap();
    assert_eq!(source.layout(), Layout::Ledger);
    let mut memory = MemorySource { layout: Layout::Ledger, files: Default::default() };
    for folder in ["log", "log/entries", "log/tiles", "vault/r", "vault/w"] {
        for name in source.list(folder).unwrap().unwrap() {
            let path = format!("{folder}/{name}");
            let bytes = std::fs::read(dir.join(&path)).unwrap();
            memory.files.insert(path, bytes);
        }
    }
    memory.files.insert("keyring".into(), std::fs::read(dir.join("keyring")).unwrap());
    memory
}

fn verify(source: &dyn LogSource) -> Report {
    verify_log(source, &policy(), &Options::default(), &|_| {})
}

#[test]
fn what_the_writer_wrote_verifies() {
    let dir = tempfile::tempdir().unwrap();
    sample(dir.path(), 9);
    let report = verify(&DirSource::detect(dir.path()).unwrap());
    assert!(report.ok, "{:#?}", report.failures);
    let counts = report.counts;
    assert_eq!(
        (counts.entries, counts.signatures, counts.checkpoints, counts.vault_records),
        (11, 11, 7, 22)
    );
    assert_eq!(report.notes, Vec::<String>::new());
}

/// Where a writer stopped before it published its last checkpoint, recovery writes that checkpoint's record once more, because
/// the sync of the first may have failed. The list then ends in the same checkpoint twice, which is no fault.
#[test]
fn a_ledger_that_recovered_from_a_cut_short_commit_verifies() {
    let dir = tempfile::tempdir().unwrap();
    sample(dir.path(), 3);
    std::fs::remove_file(dir.path().join("log/checkpoint")).unwrap();
    let disk: Arc<Disk> = Arc::new(Disk::open(dir.path()).unwrap());
    let passphrase = Passphrase::new(zeroize::Zeroizing::new(b"correct horse".to_vec())).unwrap();
    let keyring = Keyring::load(&*disk, KEYRING, &passphrase).unwrap();
    let (writer, recovery) = Writer::open(disk, signer(), Arc::new(keyring)).unwrap();
    assert!(recovery.republished);
    drop(writer);
    let report = verify(&DirSource::detect(dir.path()).unwrap());
    assert!(report.ok, "{:#?}", report.failures);
}

#[test]
fn every_change_and_cut_of_what_the_writer_wrote_is_found() {
    let dir = tempfile::tempdir().unwrap();
    sample(dir.path(), 2);
    let files = load(dir.path());
    for (path, bytes) in &files.files {
        (0..bytes.len()).into_par_iter().for_each(|at| {
            let mut changed = files.clone();
            changed.files.get_mut(path).unwrap()[at] ^= 1 << (at % 8);
            let report = verify(&changed);
            let failure = report.failures.first().unwrap_or_else(|| panic!("{path} byte {at}"));
            assert_eq!(failure.file.as_ref(), Some(path), "byte {at}: {failure:?}");
            if at % 3 == 0 {
                let mut cut = files.clone();
                cut.files.get_mut(path).unwrap().truncate(at);
                let report = verify(&cut);
                let failure = report.failures.first().unwrap_or_else(|| panic!("{path} cut at {at}"));
                assert_eq!(failure.file.as_ref(), Some(path), "cut at {at}: {failure:?}");
            }
        });
    }
}

#[test]
fn a_copy_of_the_log_alone_verifies_when_told_so() {
    let dir = tempfile::tempdir().unwrap();
    sample(dir.path(), 3);
    std::fs::remove_dir_all(dir.path().join("vault")).unwrap();
    std::fs::remove_file(dir.path().join("keyring")).unwrap();
    let source = DirSource::detect(dir.path()).unwrap();
    assert_eq!(verify(&source).failures[0].kind, Kind::Vault);
    let options = Options { vault: false, ..Options::default() };
    assert!(verify_log(&source, &policy(), &options, &|_| {}).ok);
}
