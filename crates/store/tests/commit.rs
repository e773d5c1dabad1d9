//! What is committed reads back, hashes to the right root, and is there after the ledger was closed and opened.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use daybook_event::entry::{entry_len, intake_digest, parse_entry};
use daybook_event::hash::sha256;
use daybook_store::testing::{
    FaultyDisk, SampleEntry, SampleLedger, new_entries, sample_entries, sample_entries_sized,
};
use daybook_store::{
    Class, CommitError, CreateError, Disk, Layout, MAX_BATCH_ENTRIES, OpenError, ReadError, Reader,
    RecordFault, Target, Writer,
};
use daybook_tlog::{
    Checkpoint, Frontier, SignedNote, check_inclusion, frontier_at, leaf_hash, prove_consistency,
    prove_inclusion,
};

fn ledger(layout: Layout) -> (FaultyDisk, SampleLedger) {
    let disk = FaultyDisk::new();
    let ledger = SampleLedger::with_layout(Arc::new(disk.clone()), layout);
    ledger.create().unwrap();
    (disk, ledger)
}

/// The log holds exactly these samples, by every way of reading it.
fn assert_holds(reader: &Reader, ledger: &SampleLedger, samples: &[SampleEntry]) {
    let size = samples.len() as u64;
    assert_eq!(reader.size(), size);
    let mut prev = sha256(SampleLedger::ORIGIN);
    let mut tree = Frontier::new();
    let streamed: Vec<Vec<u8>> = reader.entries(0..size).map(Result::unwrap).collect();
    assert_eq!(streamed.len(), samples.len());
    let mut keys = ledger.keyring.walk();
    for (i, (sample, bytes)) in (0..).zip(samples.iter().zip(&streamed)) {
        let entry = parse_entry(bytes).unwrap();
        assert_eq!(entry.event, sample.jwt, "entry {i}");
        assert_eq!(entry.intake, intake_digest(&sample.intake));
        assert_eq!(entry.prev, prev, "entry {i}");
        prev = leaf_hash(bytes).0;
        tree.push(leaf_hash(bytes));
        if samples.len() > 2_000 && i % 199 != 0 && i % 65_536 > 3 {
            continue;
        }
        assert_eq!(&reader.entry(i).unwrap(), bytes, "entry {i}");
        let r = reader.open_record_with(&mut keys, i, Class::R).unwrap();
        assert_eq!((&r[0], &r[1..]), (&sample.intake, &sample.r[..]), "entry {i}");
        assert_eq!(reader.open_record(&ledger.keyring, i, Class::W).unwrap(), sample.w, "entry {i}");
    }
    let note = reader.checkpoint().unwrap();
    let note = SignedNote::parse(&note).unwrap();
    note.verify(&[ledger.signer().vkey()]).unwrap();
    let checkpoint = Checkpoint::parse_text(note.text()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (size, tree.root()));
    assert_eq!(frontier_at(reader, size).unwrap(), tree, "the hash files differ from the entries");
}

#[test]
fn commits_read_back_and_survive_closing_across_file_changes() {
    let layout = Layout::small(256);
    let (disk, ledger) = ledger(layout);
    let samples = sample_entries(1_400);
    let mut from = 1;
    for size in [1, 3, 100, 151, 1, 255, 256, 257, 300] {
        let (mut writer, recovery) = ledger.open().unwrap();
        assert!(recovery.was_clean(), "{recovery:?}");
        assert_eq!(recovery.size, from as u64);
        let commit = writer.commit(&new_entries(&samples[from..from + size])).unwrap();
        assert_eq!((commit.first_index, commit.entries.len()), (from as u64, size));
        from += size;
        assert_holds(&writer.reader(), &ledger, &samples[..from]);
        for (at, entry) in commit.entries.iter().enumerate() {
            let index = commit.first_index + at as u64;
            let leaf = leaf_hash(entry);
            let path = commit.prover.path(index);
            let root = commit.prover.root();
            check_inclusion(index, from as u64, &leaf, &path, &root).unwrap();
            if at % 50 == 0 {
                assert_eq!(prove_inclusion(&writer.reader(), index, from as u64).unwrap(), path);
            }
        }
        prove_consistency(&writer.reader(), commit.first_index, from as u64).unwrap();
        assert_eq!(disk.bytes("log/checkpoint").unwrap(), commit.checkpoint.as_bytes());
    }
    assert!(disk.bytes("log/entries/000000004.log").is_some());
    let (writer, _) = ledger.open().unwrap();
    assert_holds(&writer.reader(), &ledger, &samples[..from]);
}

#[test]
fn one_commit_may_fill_several_files() {
    let (_, ledger) = ledger(Layout::small(256));
    let samples = sample_entries(1_000);
    let (mut writer, _) = ledger.open().unwrap();
    writer.commit(&new_entries(&samples[1..])).unwrap();
    drop(writer);
    assert_holds(&ledger.open().unwrap().0.reader(), &ledger, &samples);
}

#[test]
fn the_standard_file_changes_after_65536_entries() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = SampleLedger::on(Arc::new(Disk::open(dir.path()).unwrap()));
    ledger.create().unwrap();
    let samples = sample_entries_sized(65_540, 110, 4, 4);
    let genesis = sample_entries(1);
    let (mut writer, _) = ledger.open().unwrap();
    for chunk in samples[1..65_536].chunks(MAX_BATCH_ENTRIES) {
        writer.commit(&new_entries(chunk)).unwrap();
    }
    assert!(!dir.path().join("log/entries/000000001.log").exists());
    drop(writer);
    let (mut writer, recovery) = ledger.open().unwrap();
    assert_eq!((recovery.size, recovery.checked_from), (65_536, 0));
    writer.commit(&new_entries(&samples[65_536..])).unwrap();
    drop(writer);
    let (writer, recovery) = ledger.open().unwrap();
    assert_eq!((recovery.size, recovery.checked_from), (65_540, 65_536));
    let all: Vec<_> = genesis.into_iter().chain(samples[1..].iter().cloned()).collect();
    assert_holds(&writer.reader(), &ledger, &all);
    assert_eq!(writer.reader().bundle(255, 256).unwrap().len(), 256 * (2 + entry_len(all[65_535].jwt.len())));
}

#[test]
fn tiles_and_bundles_are_byte_ranges_of_the_files() {
    let (disk, ledger) = ledger(Layout::small(512));
    let samples = sample_entries(700);
    let (mut writer, _) = ledger.open().unwrap();
    writer.commit(&new_entries(&samples[1..])).unwrap();
    let reader = writer.reader();
    let level0 = disk.bytes("log/tiles/0").unwrap();
    assert_eq!(level0.len(), 700 * 32);
    assert_eq!(reader.tile(0, 2, 188).unwrap(), level0[512 * 32..700 * 32]);
    assert_eq!(reader.tile(1, 0, 2).unwrap(), disk.bytes("log/tiles/1").unwrap());
    let file = disk.bytes("log/entries/000000001.log").unwrap();
    assert_eq!(reader.bundle(2, 188).unwrap(), file);
    let first = disk.bytes("log/entries/000000000.log").unwrap();
    let two = [reader.bundle(0, 256).unwrap(), reader.bundle(1, 256).unwrap()].concat();
    assert_eq!(two, first);
    let part = reader.bundle(2, 100).unwrap();
    assert_eq!(part, file[..part.len()]);
    for beyond in
        [reader.tile(0, 2, 189), reader.tile(1, 0, 3), reader.tile(200, 0, 1), reader.bundle(2, 189)]
    {
        assert!(matches!(beyond, Err(ReadError::Beyond { .. })));
    }
    assert!(
        reader.bundle(0, 0).is_err() && reader.bundle(0, 257).is_err() && reader.bundle(u64::MAX, 1).is_err()
    );
}

#[test]
fn readers_see_an_entry_once_it_is_committed_and_never_before() {
    let (_, ledger) = ledger(Layout::small(256));
    let samples = sample_entries(60);
    let (mut writer, _) = ledger.open().unwrap();
    let reader = writer.reader();
    assert!(matches!(reader.entry(1), Err(ReadError::Beyond { index: 1, size: 1, .. })));
    assert!(matches!(reader.vault_record(1, Class::R), Err(ReadError::Beyond { .. })));
    assert!(reader.entries(0..3).nth(1).unwrap().is_err());
    writer.commit(&new_entries(&samples[1..])).unwrap();
    assert_eq!(reader.size(), 60);
    assert!(reader.entry(59).is_ok());
}

#[test]
fn what_is_over_a_limit_is_refused_and_the_writer_goes_on() {
    let (_, ledger) = ledger(Layout::small(256));
    let (mut writer, _) = ledger.open().unwrap();
    let sample = sample_entries(1).remove(0);
    assert!(matches!(writer.commit(&[]), Err(CommitError::Empty)));
    let many = vec![sample.new_entry(); MAX_BATCH_ENTRIES + 1];
    assert!(matches!(writer.commit(&many), Err(CommitError::TooMany(_))));
    let longest = SampleEntry { jwt: "a".repeat(65_535 - entry_len(0)), ..sample.clone() };
    let longer = SampleEntry { jwt: "a".repeat(65_536 - entry_len(0)), ..sample.clone() };
    let batch = [sample.new_entry(), longer.new_entry()];
    assert!(matches!(writer.commit(&batch), Err(CommitError::EntryTooLarge { at: 1, bytes: 65_536 })));
    for jwt in ["", "a\"b", "a b", "a~b", "é"] {
        let bad = SampleEntry { jwt: jwt.to_owned(), ..sample.clone() };
        assert!(
            matches!(writer.commit(&[bad.new_entry()]), Err(CommitError::Malformed { at: 0 })),
            "{jwt:?}"
        );
    }
    let split = SampleEntry { w: vec!["a~b".to_owned()], ..sample.clone() };
    assert!(matches!(writer.commit(&[split.new_entry()]), Err(CommitError::Malformed { at: 0 })));
    let heavy = SampleEntry { r: vec!["a".repeat(128 << 10)], ..sample.clone() };
    assert!(matches!(writer.commit(&[heavy.new_entry()]), Err(CommitError::RecordTooLarge { at: 0 })));
    ledger.keyring.puncture(Target::record(1, Class::W));
    assert!(matches!(writer.commit(&[sample.new_entry()]), Err(CommitError::NoKey { entry: 1 })));
    assert_eq!(writer.size(), 1);
    drop(writer);
    let (_, ledger) = self::ledger(Layout::small(256));
    let (mut writer, _) = ledger.open().unwrap();
    writer.commit(&[longest.new_entry()]).unwrap();
    assert_eq!(writer.reader().entry(1).unwrap().len(), 65_535);
}

#[test]
fn an_erased_record_says_so_and_the_rest_stays_readable() {
    let (_, ledger) = ledger(Layout::small(256));
    let samples = sample_entries(20);
    let (mut writer, _) = ledger.open().unwrap();
    writer.commit(&new_entries(&samples[1..])).unwrap();
    assert!(ledger.keyring.puncture(Target::record(19, Class::R)));
    assert!(!ledger.keyring.puncture(Target::record(19, Class::R)));
    let erased = writer.reader().open_record(&ledger.keyring, 19, Class::R);
    assert!(matches!(erased, Err(ReadError::Record { entry: 19, fault: RecordFault::Erased })));
    assert!(writer.reader().open_record(&ledger.keyring, 19, Class::W).is_ok());
    drop(writer);
    assert_eq!(ledger.open().unwrap().1.size, 20, "an erased last record is no reason not to open");
}

#[test]
fn a_ledger_is_created_once_and_opened_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = SampleLedger::on(Arc::new(Disk::open(dir.path()).unwrap()));
    assert!(matches!(ledger.open(), Err(OpenError::NoCheckpoint)));
    ledger.create().unwrap();
    assert!(matches!(ledger.create(), Err(CreateError::Exists { .. })));
    let (writer, _) = ledger.open().unwrap();
    let other_process = SampleLedger::on(Arc::new(Disk::open(dir.path()).unwrap()));
    assert!(matches!(other_process.open(), Err(OpenError::Locked)));
    assert!(matches!(other_process.create(), Err(CreateError::Locked)));
    drop(writer);
    assert!(other_process.open().is_ok());
}

#[test]
fn the_key_has_to_be_named_like_the_origin() {
    let ledger = SampleLedger::on(Arc::new(FaultyDisk::new()));
    let genesis = sample_entries(1);
    let storage = Arc::clone(&ledger.storage);
    let made =
        Writer::create(storage, "other.example", &ledger.keyring, &ledger.signer(), genesis[0].new_entry());
    assert!(matches!(made, Err(CreateError::OtherOrigin { .. })));
}
