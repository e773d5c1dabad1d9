//! What opening refuses, and what it mends instead. Each test breaks one thing in an ordered ledger.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use daybook_event::{Entropy, EntropyError};
use daybook_store::testing::{FaultyDisk, SampleLedger, SeededEntropy, new_entries, sample_entries};
use daybook_store::{Class, Keyring, Layout, OpenError, ReadError, RecordFault, Recovery, Writer};
use daybook_tlog::{Checkpoint, Hash, NoteSigner};

const SIZE: usize = 21;

/// A ledger of 21 entries in files of 8, closed in good order: two full files and one with 5.
fn ordered() -> (FaultyDisk, SampleLedger) {
    let disk = FaultyDisk::new();
    let ledger = SampleLedger::with_layout(Arc::new(disk.clone()), Layout::small(8));
    ledger.create().unwrap();
    let samples = sample_entries(SIZE);
    let (mut writer, _) = ledger.open().unwrap();
    for range in [1..3, 3..12, 12..20, 20..21] {
        writer.commit(&new_entries(&samples[range])).unwrap();
    }
    drop(writer);
    disk.crash(1);
    (disk, ledger)
}

fn refusal(break_it: impl FnOnce(&FaultyDisk)) -> OpenError {
    let (disk, ledger) = ordered();
    break_it(&disk);
    let before = disk.fork();
    let Err(error) = ledger.open() else { panic!("it opened") };
    for path in PATHS {
        assert_eq!(disk.bytes(path), before.bytes(path), "{path} was changed before refusing: {error}");
    }
    error
}

fn mended(break_it: impl FnOnce(&FaultyDisk)) -> Recovery {
    let (disk, ledger) = ordered();
    let good: Vec<_> = PATHS.iter().map(|path| disk.bytes(path)).collect();
    break_it(&disk);
    let (writer, recovery) = ledger.open().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(writer.size(), SIZE as u64);
    for (path, good) in PATHS.iter().zip(good) {
        if *path != CHECKPOINTS {
            assert_eq!(disk.bytes(path), good, "{path} was not mended");
        }
    }
    drop(writer);
    assert!(ledger.open().unwrap().1.was_clean(), "mending once is enough");
    recovery
}

const CHECKPOINT: &str = "log/checkpoint";
const CHECKPOINTS: &str = "log/checkpoints.log";
const ENTRIES: &str = "log/entries/000000002.log";
const OLD_ENTRIES: &str = "log/entries/000000001.log";
const VAULT_R: &str = "vault/r/000000002.vlt";
const VAULT_W: &str = "vault/w/000000002.vlt";
const HASHES: &str = "log/tiles/0";
const PATHS: [&str; 7] = [CHECKPOINT, CHECKPOINTS, ENTRIES, OLD_ENTRIES, VAULT_R, VAULT_W, HASHES];

/// Where records of the file of checkpoints begin.
fn records(bytes: &[u8]) -> Vec<usize> {
    let (mut starts, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        starts.push(at);
        at += 4 + u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    }
    starts
}

fn signed_by(seed: [u8; 32], name: &str, size: u64) -> Vec<u8> {
    let signer = NoteSigner::from_seed(name.parse().unwrap(), seed);
    Checkpoint { origin: name.to_owned(), size, root: Hash([7; 32]) }.sign(&signer).into_bytes()
}

fn own(size: u64) -> Vec<u8> {
    signed_by([3; 32], SampleLedger::ORIGIN, size)
}

fn append_record(bytes: &mut Vec<u8>, note: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(note.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(note);
}

#[test]
fn an_ordered_ledger_opens_clean() {
    assert!(mended(|_| {}).was_clean());
}

#[test]
fn a_changed_bit_anywhere_in_the_current_entries_is_refused() {
    let len = ordered().0.bytes(ENTRIES).unwrap().len();
    for at in (0..len).step_by(11) {
        let error = refusal(|disk| disk.tamper(ENTRIES, |bytes| bytes[at] ^= 4));
        let named = match &error {
            OpenError::BadEntry { file, entry, .. } | OpenError::Missing { file, entry, .. } => {
                file == ENTRIES && (16..21).contains(entry)
            }
            OpenError::RootDiffers { size: 21, place, .. } => place.contains("entry 20"),
            _ => false,
        };
        assert!(named, "byte {at}: {error}");
    }
}

#[test]
fn entries_under_the_checkpoint_that_are_missing_are_refused() {
    let error = refusal(|disk| disk.tamper(ENTRIES, |bytes| bytes.truncate(bytes.len() - 1)));
    assert!(matches!(&error, OpenError::Missing { file, entry: 20, size: 21 } if file == ENTRIES), "{error}");
    let error = refusal(|disk| disk.remove(ENTRIES));
    assert!(matches!(&error, OpenError::Missing { file, entry: 16, .. } if file == ENTRIES), "{error}");
    let error = refusal(|disk| disk.remove(OLD_ENTRIES));
    assert!(matches!(&error, OpenError::Missing { file, entry: 8, .. } if file == OLD_ENTRIES), "{error}");
    let error = refusal(|disk| disk.remove("vault/w/000000000.vlt"));
    assert!(matches!(&error, OpenError::Missing { entry: 0, .. }), "{error}");
}

#[test]
fn two_entries_swapped_are_refused() {
    let error = refusal(|disk| {
        disk.tamper(ENTRIES, |bytes| {
            let half = 2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
            bytes[..2 * half].rotate_left(half);
        });
    });
    assert!(matches!(error, OpenError::BadEntry { entry: 16, .. }), "{error}");
}

#[test]
fn vault_records_that_are_damaged_or_missing_are_refused_by_name() {
    for path in [VAULT_R, VAULT_W] {
        let error = refusal(|disk| disk.tamper(path, |bytes| bytes[40] ^= 1));
        let damaged = RecordFault::Damaged;
        assert!(
            matches!(&error, OpenError::BadRecord { file, entry: 16, fault } if file == path && *fault == damaged),
            "{error}"
        );
        let error = refusal(|disk| disk.tamper(path, |bytes| bytes.truncate(bytes.len() - 1)));
        assert!(matches!(&error, OpenError::Missing { file, entry: 20, .. } if file == path), "{error}");
    }
}

#[test]
fn another_keyring_is_refused() {
    let (_, mut ledger) = ordered();
    ledger.keyring = Arc::new(Keyring::create(&mut SeededEntropy(99)).unwrap());
    let error = ledger.open().err().unwrap();
    assert!(matches!(error, OpenError::BadRecord { entry: 20, fault: RecordFault::WrongKey, .. }), "{error}");
}

#[test]
fn another_key_or_name_of_the_log_is_refused() {
    let (_, ledger) = ordered();
    let open = |name: &str, seed| {
        let signer = NoteSigner::from_seed(name.parse().unwrap(), seed);
        let storage = Arc::clone(&ledger.storage);
        Writer::open_in(storage, signer, Arc::clone(&ledger.keyring), Layout::small(8)).err().unwrap()
    };
    let error = open("other.example", [3; 32]);
    assert!(
        matches!(&error, OpenError::OtherOrigin { expected, .. } if expected == "other.example"),
        "{error}"
    );
    let error = open(SampleLedger::ORIGIN, [4; 32]);
    assert!(matches!(error, OpenError::BadCheckpoint { file: CHECKPOINTS, .. }), "{error}");
}

#[test]
fn a_complete_last_checkpoint_with_a_bad_signature_is_refused() {
    let error = refusal(|disk| {
        disk.tamper(CHECKPOINTS, |bytes| {
            let at = bytes.len() - 10;
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        });
    });
    assert!(matches!(error, OpenError::BadCheckpoint { file: CHECKPOINTS, .. }), "{error}");
    let error =
        refusal(|disk| disk.tamper(CHECKPOINTS, |bytes| append_record(bytes, b"not a note at all\n")));
    assert!(matches!(error, OpenError::BadCheckpoint { file: CHECKPOINTS, .. }), "{error}");
}

#[test]
fn a_checkpoint_for_more_than_there_is_is_refused() {
    let error = refusal(|disk| {
        let note = own(22);
        disk.tamper(CHECKPOINTS, |bytes| append_record(bytes, &note));
        disk.tamper(CHECKPOINT, |bytes| *bytes = note);
    });
    assert!(matches!(error, OpenError::Missing { entry: 21, size: 22, .. }), "{error}");
}

#[test]
fn a_checkpoint_with_another_root_is_refused() {
    let error = refusal(|disk| {
        let note = own(21);
        disk.tamper(CHECKPOINTS, |bytes| append_record(bytes, &note));
        disk.tamper(CHECKPOINT, |bytes| *bytes = note);
    });
    assert!(matches!(&error, OpenError::RootDiffers { size: 21, place, .. } if place.is_empty()), "{error}");
}

#[test]
fn a_published_checkpoint_that_knows_more_or_otherwise_is_refused() {
    let error = refusal(|disk| disk.tamper(CHECKPOINT, |bytes| *bytes = own(22)));
    assert!(matches!(error, OpenError::CheckpointAhead { latest: 22, last: 21 }), "{error}");
    let error = refusal(|disk| disk.tamper(CHECKPOINT, |bytes| *bytes = own(21)));
    assert!(matches!(error, OpenError::CheckpointConflict { size: 21 }), "{error}");
    for size in [1, 16, 17, 20] {
        let error = refusal(|disk| disk.tamper(CHECKPOINT, |bytes| *bytes = own(size)));
        assert!(matches!(error, OpenError::CheckpointConflict { .. }), "{size}: {error}");
    }
    let error =
        refusal(|disk| disk.tamper(CHECKPOINT, |b| *b = signed_by([4; 32], SampleLedger::ORIGIN, 20)));
    assert!(matches!(error, OpenError::BadCheckpoint { file: CHECKPOINT, .. }), "{error}");
    // The file of all checkpoints lost its end, as on a disk that lied.
    let error = refusal(|disk| {
        disk.tamper(CHECKPOINTS, |bytes| bytes.truncate(*records(bytes).last().unwrap()));
    });
    assert!(matches!(error, OpenError::CheckpointAhead { latest: 21, last: 20 }), "{error}");
}

#[test]
fn without_any_checkpoint_nothing_is_opened_and_nothing_cleared() {
    let error = refusal(|disk| {
        disk.remove(CHECKPOINTS);
        disk.remove(CHECKPOINT);
    });
    assert!(matches!(error, OpenError::NoCheckpoint), "{error}");
    let (disk, ledger) = ordered();
    disk.remove(CHECKPOINTS);
    disk.remove(CHECKPOINT);
    assert!(ledger.create().is_err(), "creating must not clear a ledger that lost its checkpoints");
    assert!(disk.bytes(ENTRIES).is_some_and(|bytes| !bytes.is_empty()));
}

#[test]
fn a_torn_last_checkpoint_is_dropped_wherever_it_is_torn() {
    let whole = {
        let mut bytes = Vec::new();
        append_record(&mut bytes, &own(22));
        bytes
    };
    for at in 1..whole.len() {
        let recovery = mended(|disk| disk.tamper(CHECKPOINTS, |bytes| bytes.extend_from_slice(&whole[..at])));
        assert_eq!(recovery.cut_checkpoint_bytes, at as u64);
        let holed = mended(|disk| {
            disk.tamper(CHECKPOINTS, |bytes| {
                let start = bytes.len();
                bytes.extend_from_slice(&whole);
                bytes[start + at..(start + at + 30).min(start + whole.len())].fill(0);
            });
        });
        assert_eq!(holed.cut_checkpoint_bytes, whole.len() as u64, "a hole at byte {at}");
        assert!(!holed.republished);
    }
}

#[test]
fn a_published_checkpoint_that_is_behind_torn_or_gone_is_written_again() {
    let (disk, _) = ordered();
    let note = disk.bytes(CHECKPOINT).unwrap();
    let all = disk.bytes(CHECKPOINTS).unwrap();
    let starts = records(&all);
    for pair in starts.windows(2) {
        let earlier = all[pair[0] + 4..pair[1]].to_vec();
        assert!(mended(|disk| disk.tamper(CHECKPOINT, |bytes| *bytes = earlier)).republished);
    }
    for at in 0..note.len() {
        assert!(
            mended(|disk| disk.tamper(CHECKPOINT, |bytes| bytes.truncate(at))).republished,
            "torn at {at}"
        );
    }
    assert!(mended(|disk| disk.tamper(CHECKPOINT, |bytes| bytes[5..9].fill(0))).republished);
    assert!(mended(|disk| disk.remove(CHECKPOINT)).republished);
}

#[test]
fn what_is_above_the_checkpoint_is_cut() {
    let recovery = mended(|disk| {
        disk.tamper(ENTRIES, |bytes| bytes.extend_from_slice(&[1; 100]));
        disk.tamper(VAULT_R, |bytes| bytes.extend_from_slice(&[0; 10]));
        disk.tamper(VAULT_W, |bytes| bytes.extend_from_slice(&[1; 1]));
        disk.tamper("log/entries/000000003.log", |bytes| bytes.extend_from_slice(&[1; 5]));
    });
    assert_eq!(recovery.cut_bytes, 116);
}

#[test]
fn hashes_of_the_current_file_are_derived_again_and_older_ones_are_missed() {
    mended(|disk| disk.tamper(HASHES, |bytes| bytes[16 * 32..].fill(0)));
    mended(|disk| disk.tamper(HASHES, |bytes| bytes.truncate(16 * 32 + 7)));
    mended(|disk| disk.tamper(HASHES, |bytes| bytes.extend_from_slice(&[9; 77])));
    let error = refusal(|disk| disk.tamper(HASHES, |bytes| bytes.truncate(15 * 32)));
    assert!(matches!(error, OpenError::Missing { entry: 15, .. }), "{error}");
    let error = refusal(|disk| disk.tamper(HASHES, |bytes| bytes[3 * 32] ^= 1));
    assert!(matches!(error, OpenError::RootDiffers { .. }), "{error}");
}

#[test]
fn a_record_in_anothers_place_does_not_open() {
    let (disk, ledger) = ordered();
    let (writer, _) = ledger.open().unwrap();
    let reader = writer.reader();
    let swap = |bytes: &mut Vec<u8>| {
        let half = bytes.len() / 5;
        bytes[..2 * half].rotate_left(half);
    };
    disk.tamper(VAULT_W, swap);
    let moved = reader.open_record(&ledger.keyring, 16, Class::W);
    let damaged = RecordFault::Damaged;
    assert!(matches!(moved, Err(ReadError::Record { entry: 16, fault }) if fault == damaged), "{moved:?}");
    disk.tamper("log/entries/000000000.log", |bytes| bytes.truncate(40));
    assert!(matches!(reader.entry(3), Err(ReadError::Missing { index: 3, .. })));
}

/// A source of randomness that is broken.
struct Dry;

impl Entropy for Dry {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

#[test]
fn no_keyring_comes_from_a_broken_source_of_randomness() {
    assert!(Keyring::create(&mut Dry).is_err());
}
