//! What is erased cannot be read by anybody any more, whatever happens on the way there, and nothing else changes.
#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_event::Entropy;
use daybook_store::testing::{Fault, FaultyDisk, SampleLedger, SeededEntropy, new_entries, sample_entries};
use daybook_store::{
    Class, Erased, FileKey, KEYRING, Keyring, KeyringError, KeyringLock, LockError, MAX_DISCLOSURES,
    MAX_ENTRIES, MAX_ERASE_TARGETS, ReadError, RecordFault, Target, Writer,
};
use daybook_tlog::frontier_at;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

const ENTRIES: u64 = 32;
/// A record, both records of an entry, and one disclosure of another.
const TARGETS: [Target; 4] = [
    Target { entry: 5, class: Class::W, position: None },
    Target { entry: 6, class: Class::R, position: None },
    Target { entry: 6, class: Class::W, position: None },
    Target { entry: 7, class: Class::R, position: Some(2) },
];
/// Disclosures in the samples' records, the intake disclosure among those of class R.
const DISCLOSURES: [(Class, usize); 2] = [(Class::R, 3), (Class::W, 1)];

/// A guard that always gives one key.
struct Fixed;

impl KeyringLock for Fixed {
    fn seal_key(&self, _: &mut dyn Entropy) -> Result<(Vec<(String, Value)>, FileKey), LockError> {
        Ok((vec![("kdf".to_owned(), "fixed".into())], FileKey::new([9; 32])))
    }

    fn open_key(&self, _: &Map<String, Value>) -> Result<FileKey, LockError> {
        Ok(FileKey::new([9; 32]))
    }
}

/// A ledger of a few entries whose keyring is saved.
fn ledger() -> (FaultyDisk, SampleLedger, Writer) {
    let disk = FaultyDisk::new();
    let ledger = SampleLedger::on(Arc::new(disk.clone()));
    ledger.keyring.save(&disk, KEYRING, &Fixed, &mut SeededEntropy(2)).unwrap();
    ledger.create().unwrap();
    let (mut writer, _) = ledger.open().unwrap();
    writer.commit(&new_entries(&sample_entries(ENTRIES as usize)[1..])).unwrap();
    (disk, ledger, writer)
}

fn erase(keyring: &Keyring, disk: &FaultyDisk, targets: &[Target]) -> Result<Erased, KeyringError> {
    keyring.erase(targets, disk, KEYRING, &Fixed, &mut SeededEntropy(3))
}

fn load(disk: &FaultyDisk) -> Keyring {
    Keyring::load(disk, KEYRING, &Fixed).unwrap()
}

fn alive(keyring: &Keyring) -> [bool; 4] {
    TARGETS.map(|target| keyring.is_alive(target))
}

/// Whether a disclosure is among what is erased, by itself or with its record.
fn is_target(entry: u64, class: Class, position: usize) -> bool {
    [Target::record(entry, class), Target::disclosure(entry, class, position)]
        .iter()
        .any(|target| TARGETS.contains(target))
}

fn sha(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}

/// Depth, prefix and secret of every node in a keyring file, read as the format page says.
fn nodes(file: &[u8]) -> Vec<(u8, u64, [u8; 32])> {
    let text = std::str::from_utf8(file).unwrap();
    let mut lines = text.split_inclusive('\n');
    let head = [lines.next().unwrap(), lines.next().unwrap()].concat();
    let parameters: Value = serde_json::from_str(head.lines().nth(1).unwrap()).unwrap();
    let nonce = URL_SAFE_NO_PAD.decode(parameters["nonce"].as_str().unwrap()).unwrap();
    let sealed = URL_SAFE_NO_PAD.decode(lines.next().unwrap().trim_end()).unwrap();
    let payload = Payload { msg: &sealed, aad: head.as_bytes() };
    let list =
        Aes256Gcm::new(&[9; 32].into()).decrypt(&Nonce::try_from(&nonce[..]).unwrap(), payload).unwrap();
    let node = |bytes: &[u8]| {
        let prefix = u64::from_be_bytes(bytes[1..9].try_into().unwrap());
        (bytes[0], prefix, bytes[9..].try_into().unwrap())
    };
    list[4..].chunks(41).map(node).collect()
}

/// Everything that could serve as a key and can be made from a keyring file: every secret that is left, what it gives as a
/// key under each label, and the same of every node below it: all of those of the ledger's records down to the first positions of
/// each, and some levels elsewhere.
fn derivable(file: &[u8]) -> BTreeSet<[u8; 32]> {
    let mut open: Vec<(u8, u64, [u8; 32], u8)> =
        nodes(file).into_iter().map(|(depth, prefix, secret)| (depth, prefix, secret, 6)).collect();
    let mut keys = BTreeSet::new();
    while let Some((depth, prefix, secret, more)) = open.pop() {
        keys.insert(secret);
        for label in [&b"daybook key\n"[..], b"daybook index key\n", b"daybook ggm\n", b""] {
            keys.insert(sha(&[label, &secret]));
        }
        let first = if depth == 0 { 0 } else { prefix << (46 - depth) };
        if depth < 46 && ((first < 2 * ENTRIES * 64 && first % 64 < 4) || more > 0) {
            for bit in [0, 1] {
                let child = sha(&[b"daybook ggm\n", &[bit], &secret]);
                open.push((depth + 1, 2 * prefix + u64::from(bit), child, more.saturating_sub(1)));
            }
        }
    }
    keys
}

/// How many of the keys open each piece of the record that the vault's bytes hold for an entry.
fn openers(keys: &BTreeSet<[u8; 32]>, vault: &[u8], entry: u64, class: Class) -> Vec<usize> {
    let mut rest = vault;
    for _ in 0..entry {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        rest = &rest[4 + length..];
    }
    let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
    let record = &rest[4..4 + length];
    let nonce = Nonce::try_from(&record[8..20]).unwrap();
    let (mut pieces, mut rest) = (Vec::new(), &record[20..]);
    while !rest.is_empty() {
        let bytes = 64 * usize::from(u16::from_be_bytes([rest[0], rest[1]])) + 16;
        pieces.push(&rest[2..2 + bytes]);
        rest = &rest[2 + bytes..];
    }
    let opens = |key: &[u8; 32], position: usize| {
        let (letter, index) = ([class.letter()], entry.to_be_bytes());
        let place = [position as u8, pieces.len() as u8];
        let aad =
            [&b"daybook vault\n"[..], &letter, &index, &place, SampleLedger::ORIGIN.as_bytes()].concat();
        let payload = Payload { msg: pieces[position], aad: &aad };
        Aes256Gcm::new(key.into()).decrypt(&nonce, payload).is_ok()
    };
    (0..pieces.len()).map(|at| keys.iter().filter(|key| opens(key, at)).count()).collect()
}

fn vault_file(disk: &FaultyDisk, class: Class) -> Vec<u8> {
    let dir = if class == Class::R { "r" } else { "w" };
    disk.bytes(&format!("vault/{dir}/000000000.vlt")).unwrap()
}

#[test]
fn no_key_that_is_left_opens_what_was_erased() {
    let (disk, ledger, _writer) = ledger();
    let before = derivable(&disk.bytes(KEYRING).unwrap());
    assert_eq!(erase(&ledger.keyring, &disk, &TARGETS).unwrap(), Erased { destroyed: 4, already: 0 });
    let after = derivable(&disk.bytes(KEYRING).unwrap());
    assert!(after.len() > 500, "{} keys tried", after.len());
    for entry in 0..ENTRIES {
        for (class, count) in DISCLOSURES {
            let vault = vault_file(&disk, class);
            let expected: Vec<usize> =
                (0..count).map(|position| usize::from(!is_target(entry, class, position))).collect();
            assert_eq!(
                openers(&before, &vault, entry, class),
                vec![1; count],
                "before: entry {entry} {class:?}"
            );
            assert_eq!(openers(&after, &vault, entry, class), expected, "after: entry {entry} {class:?}");
        }
    }
}

#[test]
fn everything_else_stays_as_it_was() {
    let (disk, ledger, mut writer) = ledger();
    let samples = sample_entries(ENTRIES as usize + 3);
    let reader = writer.reader();
    let root = writer.frontier().root();
    let log = disk.bytes("log/entries/000000000.log");
    let index_key = ledger.keyring.index_key();
    erase(&ledger.keyring, &disk, &TARGETS).unwrap();
    for entry in 0..ENTRIES {
        for (class, count) in DISCLOSURES {
            let opened = reader.open_record(&ledger.keyring, entry, class);
            let left = (0..count).filter(|position| !is_target(entry, class, *position)).count();
            if left == 0 {
                let erased = matches!(opened, Err(ReadError::Record { fault: RecordFault::Erased, .. }));
                assert!(erased, "entry {entry} {class:?}");
            } else {
                assert_eq!(opened.unwrap().len(), left, "entry {entry} {class:?}");
            }
        }
    }
    assert_eq!(ledger.keyring.index_key(), index_key);
    assert_eq!(disk.bytes("log/entries/000000000.log"), log);
    writer.commit(&new_entries(&samples[ENTRIES as usize..])).unwrap();
    drop(writer);
    let (writer, recovery) = ledger.open().expect("it starts with records erased");
    assert!(recovery.was_clean());
    assert_eq!(frontier_at(&writer.reader(), ENTRIES).unwrap().root(), root);
}

#[test]
fn an_old_copy_of_the_vault_stays_closed() {
    let (disk, ledger, writer) = ledger();
    let copies = Class::ALL.map(|class| vault_file(&disk, class));
    erase(&ledger.keyring, &disk, &TARGETS).unwrap();
    let reader = writer.reader();
    for (class, copy) in Class::ALL.into_iter().zip(copies) {
        let dir = if class == Class::R { "r" } else { "w" };
        disk.tamper(&format!("vault/{dir}/000000000.vlt"), |bytes| *bytes = copy);
    }
    for keyring in [&*ledger.keyring, &load(&disk)] {
        for Target { entry, class, .. } in &TARGETS[..3] {
            assert!(reader.open_record(keyring, *entry, *class).is_err(), "entry {entry} {class:?}");
        }
        let record = reader.vault_record(7, Class::R).unwrap();
        let opened = reader.open_positions(&mut keyring.walk(), 7, Class::R, record).unwrap();
        assert_eq!(opened.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
        assert!(reader.open_record(keyring, 5, Class::R).is_ok());
    }
}

#[test]
fn a_failure_at_any_point_leaves_the_old_or_the_new_keyring_whole() {
    let (disk, _, writer) = ledger();
    drop(writer);
    let trial = disk.fork();
    trial.plan(None);
    erase(&load(&trial.fork()), &trial, &TARGETS).unwrap();
    let operations = trial.operations();
    assert!(operations > 0);
    for n in 0..operations {
        for fault in [Fault::Lost(n), Fault::Torn(n), Fault::Done(n)] {
            for seed in [None, Some(0), Some(1), Some(2), Some(3)] {
                let disk = disk.fork();
                let keyring = load(&disk);
                disk.plan(Some(fault));
                let case = format!("{fault:?}, then {seed:?}");
                assert!(erase(&keyring, &disk, &TARGETS).is_err(), "{case}");
                assert_eq!(alive(&keyring), [true; 4], "{case}: the memory forgot what the file may hold");
                match seed {
                    None => disk.restart(),
                    Some(seed) => disk.crash(seed),
                }
                let found = alive(&load(&disk));
                let expected = if matches!(fault, Fault::Done(_)) { [false; 4] } else { [true; 4] };
                assert_eq!(found, expected, "{case}: neither the old keyring nor the new");
                let ledger = SampleLedger::on(Arc::new(disk.clone()));
                drop(ledger.open().unwrap_or_else(|e| panic!("{case}: {e}")));
                assert_eq!(disk.bytes("keyring.new"), None, "{case}: left behind after a start");
                erase(&keyring, &disk, &TARGETS).unwrap_or_else(|e| panic!("{case}: {e}"));
                disk.crash(0);
                assert_eq!(alive(&load(&disk)), [false; 4], "{case}: tried again");
            }
        }
    }
}

#[test]
fn what_was_erased_may_be_named_again_and_the_file_catches_up_with_the_memory() {
    let (disk, ledger, _writer) = ledger();
    ledger.keyring.puncture(TARGETS[0]);
    assert!(load(&disk).is_alive(TARGETS[0]), "the memory only");
    let twice = [TARGETS[0], TARGETS[1], TARGETS[1]];
    assert_eq!(erase(&ledger.keyring, &disk, &twice).unwrap(), Erased { destroyed: 1, already: 2 });
    assert_eq!(alive(&load(&disk)), [false, false, true, true]);
    assert_eq!(erase(&ledger.keyring, &disk, &TARGETS).unwrap(), Erased { destroyed: 2, already: 2 });
    assert_eq!(erase(&ledger.keyring, &disk, &TARGETS).unwrap(), Erased { destroyed: 0, already: 4 });
    assert_eq!(load(&disk).erased(Class::W), [5..7]);
    assert_eq!(load(&disk).erased(Class::R), [6..7]);
    assert_eq!(load(&disk).partly_erased(Class::R), BTreeMap::from([(7, vec![2])]));
    assert!(load(&disk).partly_erased(Class::W).is_empty());
    let within = [Target::disclosure(6, Class::R, 1)];
    assert_eq!(erase(&ledger.keyring, &disk, &within).unwrap(), Erased { destroyed: 0, already: 1 });
    let around = [Target::record(7, Class::R)];
    assert_eq!(erase(&ledger.keyring, &disk, &around).unwrap(), Erased { destroyed: 1, already: 0 });
    assert_eq!(load(&disk).erased(Class::R), [6..8]);
    assert!(load(&disk).partly_erased(Class::R).is_empty());
}

#[test]
fn a_wrong_target_destroys_nothing() {
    let (disk, ledger, _writer) = ledger();
    let file = disk.bytes(KEYRING);
    for outside in [
        Target::record(MAX_ENTRIES, Class::R),
        Target::disclosure(MAX_ENTRIES, Class::W, 1),
        Target::disclosure(4, Class::W, MAX_DISCLOSURES),
        // The intake disclosure goes with its record only.
        Target::disclosure(4, Class::R, 0),
    ] {
        let refused = erase(&ledger.keyring, &disk, &[TARGETS[0], outside]);
        let named = matches!(refused, Err(KeyringError::NoSuchTarget { entry }) if entry == outside.entry);
        assert!(named, "{outside:?}");
        assert!(!ledger.keyring.puncture(outside));
    }
    let many = vec![TARGETS[0]; MAX_ERASE_TARGETS + 1];
    assert!(matches!(erase(&ledger.keyring, &disk, &many), Err(KeyringError::TooManyTargets { .. })));
    assert_eq!(alive(&ledger.keyring), [true; 4]);
    assert_eq!(disk.bytes(KEYRING), file);
    assert!(erase(&ledger.keyring, &disk, &vec![TARGETS[0]; MAX_ERASE_TARGETS]).is_ok(), "the limit itself");
}

#[test]
fn erasures_at_the_same_time_do_not_undo_each_other() {
    let (disk, ledger, _writer) = ledger();
    std::thread::scope(|scope| {
        for entry in 0..8 {
            let (disk, keyring) = (disk.clone(), Arc::clone(&ledger.keyring));
            scope.spawn(move || erase(&keyring, &disk, &[Target::record(entry, Class::W)]).unwrap());
        }
        scope.spawn(|| ledger.keyring.puncture(Target::record(20, Class::R)));
    });
    assert_eq!(ledger.keyring.erased(Class::W), [0..8]);
    assert_eq!(load(&disk).erased(Class::W), [0..8]);
    assert_eq!(ledger.keyring.erased(Class::R), [20..21]);
}
