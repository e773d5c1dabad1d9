//! What is erased cannot be read by anybody any more, whatever happens on the way there, and nothing else changes.
#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]

use std::collections::BTreeSet;
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_event::Entropy;
use daybook_store::testing::{Fault, FaultyDisk, SampleLedger, SeededEntropy, new_entries, sample_entries};
use daybook_store::{
    Class, Erased, FileKey, KEYRING, Keyring, KeyringError, KeyringLock, LockError, MAX_ENTRIES,
    MAX_ERASE_TARGETS, ReadError, RecordFault, Writer,
};
use daybook_tlog::frontier_at;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

const ENTRIES: u64 = 32;
const TARGETS: [(u64, Class); 3] = [(5, Class::W), (6, Class::R), (6, Class::W)];

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

fn erase(keyring: &Keyring, disk: &FaultyDisk, targets: &[(u64, Class)]) -> Result<Erased, KeyringError> {
    keyring.erase(targets, disk, KEYRING, &Fixed, &mut SeededEntropy(3))
}

fn load(disk: &FaultyDisk) -> Keyring {
    Keyring::load(disk, KEYRING, &Fixed).unwrap()
}

fn alive(keyring: &Keyring) -> [bool; 3] {
    TARGETS.map(|(entry, class)| keyring.is_alive(entry, class))
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
/// key under each label, and the same of every node below it, all of them around the first leaves and some levels elsewhere.
fn derivable(file: &[u8]) -> BTreeSet<[u8; 32]> {
    let mut open: Vec<(u8, u64, [u8; 32], u8)> =
        nodes(file).into_iter().map(|(depth, prefix, secret)| (depth, prefix, secret, 6)).collect();
    let mut keys = BTreeSet::new();
    while let Some((depth, prefix, secret, more)) = open.pop() {
        keys.insert(secret);
        for label in [&b"daybook key\n"[..], b"daybook index key\n", b"daybook ggm\n", b""] {
            keys.insert(sha(&[label, &secret]));
        }
        let first = if depth == 0 { 0 } else { prefix << (40 - depth) };
        if depth < 40 && (first < 2 * ENTRIES || more > 0) {
            for bit in [0, 1] {
                let child = sha(&[b"daybook ggm\n", &[bit], &secret]);
                open.push((depth + 1, 2 * prefix + u64::from(bit), child, more.saturating_sub(1)));
            }
        }
    }
    keys
}

/// How many of the keys open the record that the vault's bytes hold for an entry.
fn openers(keys: &BTreeSet<[u8; 32]>, vault: &[u8], entry: u64, class: Class) -> usize {
    let mut rest = vault;
    for _ in 0..entry {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        rest = &rest[4 + length..];
    }
    let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
    let record = &rest[4..4 + length];
    let aad =
        [&b"daybook vault\n"[..], &[class.letter()], &entry.to_be_bytes(), SampleLedger::ORIGIN.as_bytes()]
            .concat();
    let nonce = Nonce::try_from(&record[8..20]).unwrap();
    let opens = |key: &&[u8; 32]| {
        let payload = Payload { msg: &record[20..], aad: &aad };
        Aes256Gcm::new((*key).into()).decrypt(&nonce, payload).is_ok()
    };
    keys.iter().filter(opens).count()
}

fn vault_file(disk: &FaultyDisk, class: Class) -> Vec<u8> {
    let dir = if class == Class::R { "r" } else { "w" };
    disk.bytes(&format!("vault/{dir}/000000000.vlt")).unwrap()
}

#[test]
fn no_key_that_is_left_opens_what_was_erased() {
    let (disk, ledger, _writer) = ledger();
    let before = derivable(&disk.bytes(KEYRING).unwrap());
    assert_eq!(erase(&ledger.keyring, &disk, &TARGETS).unwrap(), Erased { destroyed: 3, already: 0 });
    let after = derivable(&disk.bytes(KEYRING).unwrap());
    assert!(after.len() > 500, "{} keys tried", after.len());
    for entry in 0..ENTRIES {
        for class in Class::ALL {
            let vault = vault_file(&disk, class);
            let expected = usize::from(!TARGETS.contains(&(entry, class)));
            assert_eq!(openers(&before, &vault, entry, class), 1, "before: entry {entry} {class:?}");
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
        for class in Class::ALL {
            let opened = reader.open_record(&ledger.keyring, entry, class);
            if TARGETS.contains(&(entry, class)) {
                let erased = matches!(opened, Err(ReadError::Record { fault: RecordFault::Erased, .. }));
                assert!(erased, "entry {entry} {class:?}");
            } else {
                assert!(opened.is_ok(), "entry {entry} {class:?}");
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
        for (entry, class) in TARGETS {
            assert!(reader.open_record(keyring, entry, class).is_err(), "entry {entry} {class:?}");
        }
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
                assert_eq!(alive(&keyring), [true; 3], "{case}: the memory forgot what the file may hold");
                match seed {
                    None => disk.restart(),
                    Some(seed) => disk.crash(seed),
                }
                let found = alive(&load(&disk));
                let expected = if matches!(fault, Fault::Done(_)) { [false; 3] } else { [true; 3] };
                assert_eq!(found, expected, "{case}: neither the old keyring nor the new");
                let ledger = SampleLedger::on(Arc::new(disk.clone()));
                drop(ledger.open().unwrap_or_else(|e| panic!("{case}: {e}")));
                assert_eq!(disk.bytes("keyring.new"), None, "{case}: left behind after a start");
                erase(&keyring, &disk, &TARGETS).unwrap_or_else(|e| panic!("{case}: {e}"));
                disk.crash(0);
                assert_eq!(alive(&load(&disk)), [false; 3], "{case}: tried again");
            }
        }
    }
}

#[test]
fn what_was_erased_may_be_named_again_and_the_file_catches_up_with_the_memory() {
    let (disk, ledger, _writer) = ledger();
    ledger.keyring.puncture(5, Class::W);
    assert!(load(&disk).is_alive(5, Class::W), "the memory only");
    let twice = [TARGETS[0], TARGETS[1], TARGETS[1]];
    assert_eq!(erase(&ledger.keyring, &disk, &twice).unwrap(), Erased { destroyed: 1, already: 2 });
    assert_eq!(alive(&load(&disk)), [false, false, true]);
    assert_eq!(erase(&ledger.keyring, &disk, &TARGETS).unwrap(), Erased { destroyed: 1, already: 2 });
    assert_eq!(erase(&ledger.keyring, &disk, &TARGETS).unwrap(), Erased { destroyed: 0, already: 3 });
    assert_eq!(load(&disk).erased(Class::W), [5..7]);
    assert_eq!(load(&disk).erased(Class::R), [6..7]);
}

#[test]
fn a_wrong_target_destroys_nothing() {
    let (disk, ledger, _writer) = ledger();
    let file = disk.bytes(KEYRING);
    let outside = erase(&ledger.keyring, &disk, &[TARGETS[0], (MAX_ENTRIES, Class::R)]);
    assert!(matches!(outside, Err(KeyringError::NoSuchEntry { entry: MAX_ENTRIES })));
    let many = vec![TARGETS[0]; MAX_ERASE_TARGETS + 1];
    assert!(matches!(erase(&ledger.keyring, &disk, &many), Err(KeyringError::TooManyTargets { .. })));
    assert_eq!(alive(&ledger.keyring), [true; 3]);
    assert_eq!(disk.bytes(KEYRING), file);
    assert!(erase(&ledger.keyring, &disk, &vec![TARGETS[0]; MAX_ERASE_TARGETS]).is_ok(), "the limit itself");
}

#[test]
fn erasures_at_the_same_time_do_not_undo_each_other() {
    let (disk, ledger, _writer) = ledger();
    std::thread::scope(|scope| {
        for entry in 0..8 {
            let (disk, keyring) = (disk.clone(), Arc::clone(&ledger.keyring));
            scope.spawn(move || erase(&keyring, &disk, &[(entry, Class::W)]).unwrap());
        }
        scope.spawn(|| ledger.keyring.puncture(20, Class::R));
    });
    assert_eq!(ledger.keyring.erased(Class::W), [0..8]);
    assert_eq!(load(&disk).erased(Class::W), [0..8]);
    assert_eq!(ledger.keyring.erased(Class::R), [20..21]);
}
