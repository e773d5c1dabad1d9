//! Whatever is changed in a ledger at rest is found, and the place is named.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Ledger, entry_files, framed, hash_files, ledger, policy};
use daybook_tlog::leaf_hash;
use daybook_verify::{Failure, Kind, MemorySource, Options, Report, verify_log};
use rayon::prelude::*;

/// What is expected of the first failure.
fn first(report: &Report) -> &Failure {
    report.failures.first().expect("something is found")
}

/// Which entry a byte of an entry file belongs to.
fn entry_of(ledger: &Ledger, path: &str, offset: usize) -> u64 {
    let file: u64 = path.trim_start_matches("log/entries/").trim_end_matches(".log").parse().unwrap();
    let mut index = file * ledger.per_file;
    let mut end = 0;
    loop {
        end += 2 + ledger.entries[index as usize].len();
        if offset < end {
            return index;
        }
        index += 1;
    }
}

fn expect_named(ledger: &Ledger, path: &str, offset: usize, report: &Report, case: &str) {
    let failure = first(report);
    assert_eq!(failure.file.as_deref(), Some(path), "{case}: {failure:?}");
    if path.starts_with("log/entries/") {
        let entry = entry_of(ledger, path, offset);
        assert_eq!(failure.entry, Some(entry), "{case}: {failure:?}");
        assert_eq!(failure.kind, Kind::Entry, "{case}: {failure:?}");
        assert!(failure.what.contains(&format!("entry {entry}")), "{case}: {failure:?}");
    }
    if path.starts_with("log/tiles/") {
        assert_eq!(failure.kind, Kind::HashFiles, "{case}: {failure:?}");
        assert_eq!(failure.offset, Some(offset as u64 / 32 * 32), "{case}: {failure:?}");
    }
    if path.starts_with("vault/") {
        assert_eq!(failure.kind, Kind::Vault, "{case}: {failure:?}");
        let in_file = (offset / common::VAULT_RECORD_BYTES) as u64;
        let index = path[8..17].parse::<u64>().unwrap() * ledger.per_file + in_file;
        assert_eq!(failure.entry, Some(index), "{case}: {failure:?}");
    }
    if path.starts_with("log/checkpoint") {
        assert_eq!(failure.kind, Kind::Checkpoint, "{case}: {failure:?}");
    }
    if path == "keyring" {
        assert_eq!(failure.kind, Kind::Keyring, "{case}: {failure:?}");
    }
}

#[test]
fn an_untouched_ledger_verifies() {
    let ledger = ledger(7, 4);
    let report = ledger.verify(&ledger.files());
    assert!(report.ok, "{:#?}", report.failures);
    assert_eq!(report.exit_code(), 0);
    assert_eq!(report.size, Some(10));
    let counts = report.counts;
    assert_eq!((counts.entries, counts.signatures, counts.producers), (10, 10, 3));
    assert_eq!((counts.checkpoints, counts.vault_records, counts.hashes), (5, 20, 10));
    assert_eq!(report.notes, Vec::<String>::new());
    let report = ledger.verify(&ledger.tiles());
    assert!(report.ok, "{:#?}", report.failures);
}

#[test]
fn every_changed_byte_is_found_and_its_place_named() {
    let ledger = ledger(3, 4);
    let files = ledger.files();
    for (path, bytes) in &files.files {
        (0..bytes.len()).into_par_iter().for_each(|offset| {
            for flip in [1_u8, 0x20] {
                // The second kind of change at a part of the places only: there are many places.
                if flip != 1 && offset % 5 != 0 {
                    continue;
                }
                let mut changed = files.clone();
                changed.files.get_mut(path).unwrap()[offset] ^= flip;
                let report = ledger.verify(&changed);
                expect_named(&ledger, path, offset, &report, &format!("{path} byte {offset} xor {flip}"));
            }
        });
    }
}

#[test]
fn every_truncation_is_found_and_its_place_named() {
    let ledger = ledger(3, 4);
    let files = ledger.files();
    for (path, bytes) in &files.files {
        (0..bytes.len()).into_par_iter().for_each(|length| {
            let mut changed = files.clone();
            changed.files.get_mut(path).unwrap().truncate(length);
            let report = ledger.verify(&changed);
            expect_named(&ledger, path, length, &report, &format!("{path} cut to {length}"));
        });
    }
}

#[test]
fn every_missing_file_is_found() {
    let ledger = ledger(7, 4);
    let files = ledger.files();
    for path in files.files.keys() {
        let mut changed = files.clone();
        changed.files.remove(path);
        let report = ledger.verify(&changed);
        assert_eq!(first(&report).file.as_ref(), Some(path), "{:?}", report.failures);
    }
}

#[test]
fn bytes_behind_the_end_of_any_file_are_found() {
    let ledger = ledger(7, 4);
    let files = ledger.files();
    let more = [vec![0], vec![0xff; 40], framed(&[&ledger.entries[4]]), common::vault_record(b'R', 10)];
    for path in files.files.keys() {
        for more in &more {
            let mut changed = files.clone();
            changed.files.get_mut(path).unwrap().extend(more);
            let report = ledger.verify(&changed);
            assert_eq!(first(&report).file.as_ref(), Some(path), "{:?}", report.failures);
        }
    }
    for path in ["log/entries/000000003.log", "log/tiles/1", "vault/r/000000003.vlt", "vault/w/000000003.vlt"]
    {
        let mut changed = files.clone();
        changed.files.insert(path.into(), vec![1; 32]);
        let report = ledger.verify(&changed);
        assert_eq!((first(&report).kind, first(&report).file.as_deref()), (Kind::Trailing, Some(path)));
    }
}

/// The files with other entries in the entry files; hash files as they were, or made to fit.
fn with_entries(ledger: &Ledger, entries: &[Vec<u8>], fitting_hashes: bool) -> MemorySource {
    let mut files = ledger.files();
    files.files.retain(|path, _| !path.starts_with("log/entries/"));
    files.files.extend(entry_files(entries, ledger.per_file));
    if fitting_hashes {
        files.files.extend(hash_files(entries.iter().map(|entry| leaf_hash(entry))));
    }
    files
}

#[test]
fn every_removed_entry_is_missed() {
    let ledger = ledger(9, 100);
    for gone in 0..ledger.entries.len() {
        let mut entries = ledger.entries.clone();
        entries.remove(gone);
        let report = ledger.verify(&with_entries(&ledger, &entries, false));
        let failure = first(&report);
        assert_eq!((failure.kind, failure.entry), (Kind::Entry, Some(gone as u64)), "{failure:?}");
        if gone + 1 < ledger.entries.len() {
            let what =
                format!("entry {gone} is missing: the entry found there has the hash of entry {}", gone + 1);
            assert_eq!(failure.what, what);
            assert_eq!(report.notes, Vec::<String>::new(), "a gap that is only a consequence is not told");
            assert_eq!(report.failures.len(), 1, "{:#?}", report.failures);
        }
        // With the hash files made to fit, the chain still tells.
        let report = ledger.verify(&with_entries(&ledger, &entries, true));
        let failure = first(&report);
        assert_eq!(failure.entry, Some(gone as u64), "{:#?}", report.failures);
    }
}

#[test]
fn an_entry_removed_from_a_full_file_is_missed_once() {
    let ledger = ledger(9, 4);
    let mut files = ledger.files();
    let shorter = framed(&[&ledger.entries[4], &ledger.entries[6], &ledger.entries[7]]);
    files.files.insert("log/entries/000000001.log".into(), shorter);
    let report = ledger.verify(&files);
    assert_eq!(first(&report).what, "entry 5 is missing: the entry found there has the hash of entry 6");
    assert_eq!(report.failures.len(), 1, "{:#?}", report.failures);
}

#[test]
fn every_swap_names_both_entries() {
    let ledger = ledger(9, 100);
    for at in 1..ledger.entries.len() {
        let mut entries = ledger.entries.clone();
        entries.swap(at - 1, at);
        let report = ledger.verify(&with_entries(&ledger, &entries, false));
        let failure = first(&report);
        assert!(
            failure.what.starts_with(&format!("entry {} and entry {at} are swapped", at - 1)),
            "{failure:?}"
        );
        assert_eq!((failure.kind, failure.entry), (Kind::Entry, Some(at as u64 - 1)));
        let report = ledger.verify(&with_entries(&ledger, &entries, true));
        let named = first(&report).entry.unwrap();
        assert!(named == at as u64 - 1 || named == at as u64, "{:#?}", report.failures);
    }
}

#[test]
fn an_inserted_entry_is_found_where_it_stands() {
    let ledger = ledger(6, 100);
    let mut entries = ledger.entries.clone();
    entries.insert(4, ledger.entries[2].clone());
    let report = ledger.verify(&with_entries(&ledger, &entries, false));
    assert_eq!(first(&report).entry, Some(4), "{:#?}", report.failures);
    assert!(first(&report).what.contains("inserted"), "{:?}", first(&report));
}

#[test]
fn a_history_rewritten_to_the_end_contradicts_its_checkpoints() {
    let honest = ledger(9, 100);
    // Entry 6 goes, all after it are chained anew, and the hash files follow; the log's key is out of reach.
    let mut forged = Ledger::open(100);
    forged.entries = honest.entries[..6].to_vec();
    for entry in &honest.entries[7..] {
        let event = daybook_event::entry::parse_entry(entry).unwrap().event.to_owned();
        forged.append(&event);
    }
    let mut files = with_entries(&honest, &forged.entries, true);
    let report = honest.verify(&files);
    assert!(!report.ok);
    assert_eq!(first(&report).entry, Some(11), "the file ends one short: {:#?}", report.failures);

    // The same with an old event put in again to keep the number of entries.
    let event = daybook_event::entry::parse_entry(&honest.entries[6]).unwrap().event.to_owned();
    forged.append(&event);
    files = with_entries(&honest, &forged.entries, true);
    let report = honest.verify(&files);
    let tree = report.failures.iter().find(|failure| failure.kind == Kind::Tree).expect("the root differs");
    assert!(tree.what.contains("entries 6 to 8"), "{tree:?}");
}

#[test]
fn vault_records_cannot_trade_places() {
    let ledger = ledger(4, 100);
    let mut files = ledger.files();
    let records = files.files.get_mut("vault/w/000000000.vlt").unwrap();
    let (third, fourth) = (common::vault_record(b'W', 2), common::vault_record(b'W', 3));
    let place =
        |number: usize| number * common::VAULT_RECORD_BYTES..(number + 1) * common::VAULT_RECORD_BYTES;
    records[place(2)].copy_from_slice(&fourth);
    records[place(3)].copy_from_slice(&third);
    let report = ledger.verify(&files);
    assert_eq!(first(&report).what, "where the W record of entry 2 belongs stands that of entry 3");
    // Nor can a record of the other class stand in.
    files.files.insert("vault/w/000000000.vlt".into(), ledger.files().files["vault/r/000000000.vlt"].clone());
    assert_eq!(first(&ledger.verify(&files)).kind, Kind::Vault);
}

#[test]
fn a_changed_byte_of_a_tile_tree_is_found() {
    let ledger = ledger(3, 100);
    let files = ledger.tiles();
    for (path, bytes) in &files.files {
        (0..bytes.len()).into_par_iter().step_by(3).for_each(|offset| {
            let mut changed = files.clone();
            changed.files.get_mut(path).unwrap()[offset] ^= 1;
            let report = ledger.verify(&changed);
            assert_eq!(
                first(&report).file.as_ref(),
                Some(path),
                "{path} byte {offset}: {:?}",
                report.failures
            );
        });
        let mut changed = files.clone();
        changed.files.remove(path);
        assert_eq!(first(&ledger.verify(&changed)).file.as_ref(), Some(path));
    }
}

#[test]
fn a_log_of_several_levels_verifies_and_its_upper_hashes_count() {
    let ledger = ledger(600, 256);
    let files = ledger.files();
    let report = ledger.verify(&files);
    assert!(report.ok, "{:#?}", report.failures);
    assert_eq!(report.counts.hashes, 603 + 2);
    assert!(ledger.verify(&ledger.tiles()).ok);
    let mut changed = files.clone();
    changed.files.get_mut("log/tiles/1").unwrap()[33] ^= 1;
    let report = ledger.verify(&changed);
    assert_eq!(first(&report).what, "hash 1 of level 1 is not that of the entries");
    let mut changed = files;
    changed.files.get_mut("log/entries/000000001.log").unwrap()[100] ^= 1;
    let report = ledger.verify(&changed);
    assert_eq!(report.failures.len(), 1, "{:#?}", report.failures);
    assert_eq!(first(&report).entry, Some(256));
}

#[test]
fn of_a_running_ledger_what_is_beyond_the_checkpoint_is_left_alone() {
    let ledger = ledger(7, 100);
    let mut files = ledger.files();
    let early = ledger.checkpoint(6).into_bytes();
    files.files.insert("log/checkpoint".into(), early);
    files.files.get_mut("log/entries/000000000.log").unwrap().pop();
    let options = Options { entries_per_file: 100, ..Options::default() };
    let at_rest = verify_log(&files, &policy(), &options, &|_| {});
    assert_eq!(first(&at_rest).kind, Kind::Trailing);
    let running = verify_log(&files, &policy(), &Options { running: true, ..options }, &|_| {});
    assert!(running.ok, "{:#?}", running.failures);
    assert_eq!(running.size, Some(6));
}
