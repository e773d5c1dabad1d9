//! Keys: the published derivation, forgetting exactly one, and the file that holds them.

use std::collections::{BTreeMap, BTreeSet};

use daybook_event::{Entropy, EntropyError};
use daybook_store::testing::{Fault, FaultyDisk, SeededEntropy};
use daybook_store::{
    Class, FileKey, Keyring, KeyringError, KeyringLock, LockError, MAX_DISCLOSURES, MAX_ENTRIES, Passphrase,
    PassphraseCost, Storage, Target,
};
use proptest::prelude::*;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// Randomness that is 0, 1, 2, …
struct Counting(u8);

impl Entropy for Counting {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        for byte in buf {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

/// A guard that always gives one key, as a key service might.
struct Fixed(u8);

impl KeyringLock for Fixed {
    fn seal_key(&self, _: &mut dyn Entropy) -> Result<(Vec<(String, Value)>, FileKey), LockError> {
        Ok((vec![("kdf".to_owned(), "fixed".into())], FileKey::new([self.0; 32])))
    }

    fn open_key(&self, parameters: &Map<String, Value>) -> Result<FileKey, LockError> {
        match parameters.get("kdf").and_then(Value::as_str) {
            Some("fixed") => Ok(FileKey::new([self.0; 32])),
            _ => Err(LockError::Parameters("not mine".to_owned())),
        }
    }
}

fn cheap(text: &str) -> Passphrase {
    let cost = PassphraseCost { memory_kib: 64, passes: 1, lanes: 1 };
    Passphrase::with_cost(Zeroizing::new(text.as_bytes().to_vec()), cost).expect("it is not empty")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// From an implementation of the format page in another language.
#[test]
fn keys_are_those_of_the_published_derivation() {
    let keyring = Keyring::create(&mut Counting(0)).unwrap();
    for (entry, class, position, key) in [
        (0, Class::R, 0, "2e626672dcc649b1141b1cb5bcf74efa8d5fb18d6ffb149e954175f278424b7c"),
        (0, Class::R, 1, "5e237eff6b8fc2c39cda6ca9940d6c5c10aec1dc9d6149442155dccb9db7cb31"),
        (0, Class::W, 0, "8a73641b966c49fe34af784b3356ad6711f20289be0a6baa9c6098dcd34562ec"),
        (1, Class::R, 63, "a158fd64e938a6a998c87056971b402f5074c51e48e1156744d234374af36fa8"),
        (65_535, Class::W, 2, "c0a8875c85e612254a9af7daa3875e4273b66a867407d61f16d1fa648d7d01ae"),
        (65_536, Class::R, 5, "5a955ef18cf7359495f95e8faff12d512245ce7a1310852d2ed1bdfb9342f1d8"),
        (MAX_ENTRIES - 1, Class::W, 63, "17705455ae31886c3595d5afd6ebd5dbd64e600152259c7fc4200ac69aa24f1e"),
    ] {
        let found = hex(&*keyring.key(entry, class, position).unwrap());
        assert_eq!(found, key, "entry {entry} {class:?} {position}");
    }
    let index_key = "6be978cb93a01d8c145b06451cb79149cff8bc49c77167406ba4d443ddab729f";
    assert_eq!(hex(&*keyring.index_key().unwrap()), index_key);
    assert!(keyring.key(MAX_ENTRIES, Class::W, 63).is_none(), "the index's leaf is nobody's record");
    assert!(keyring.key(u64::MAX, Class::W, 0).is_none());
    assert!(keyring.key(0, Class::W, MAX_DISCLOSURES).is_none(), "the next record's first");
}

/// Written by an implementation of the format page in another language: the same root, with W of entry 3 and the third
/// disclosure of class R of entry 5 punctured.
#[test]
fn the_file_is_that_of_the_published_format() {
    let golden = include_bytes!("golden/keyring");
    let opened = Keyring::open_from(golden, &Fixed(9)).unwrap();
    let own = Keyring::create(&mut Counting(0)).unwrap();
    assert!(own.puncture(Target::record(3, Class::W)));
    assert!(own.puncture(Target::disclosure(5, Class::R, 2)));
    for (entry, class) in [(3, Class::R), (3, Class::W), (2, Class::W), (5, Class::R), (1 << 30, Class::W)] {
        for position in 0..MAX_DISCLOSURES {
            assert_eq!(opened.key(entry, class, position), own.key(entry, class, position));
        }
    }
    assert_eq!(own.seal_to(&Fixed(9), &mut Counting(100)).unwrap(), golden);
}

/// From another implementation of Argon2id: salt 0, 1, …, 15; 64 KiB, one pass, one lane.
#[test]
fn a_passphrase_is_stretched_with_argon2id() {
    let lock = cheap("correct horse");
    let (parameters, key) = lock.seal_key(&mut Counting(0)).unwrap();
    assert_eq!(hex(&*key), "25ce5233cc1e4d37e9bca31bfef41710e40446cd1cb575932791c5fd3780bd3c");
    let shown: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let expected = ["kdf=\"argon2id\"", "m_kib=64", "t=1", "p=1", "salt=\"AAECAwQFBgcICQoLDA0ODw\""];
    assert_eq!(shown, expected);
    assert_eq!(*lock.open_key(&parameters.into_iter().collect()).unwrap(), *key);
}

#[test]
fn a_file_opens_with_its_passphrase_and_with_no_other() {
    let keyring = Keyring::create(&mut SeededEntropy(5)).unwrap();
    let bytes = keyring.seal_to(&cheap("right"), &mut SeededEntropy(6)).unwrap();
    let opened = Keyring::open_from(&bytes, &cheap("right")).unwrap();
    assert_eq!(opened.key(12, Class::R, 1), keyring.key(12, Class::R, 1));
    assert!(matches!(Keyring::open_from(&bytes, &cheap("wrong")), Err(KeyringError::WrongKey)));
    assert!(matches!(Keyring::open_from(&bytes, &Fixed(9)), Err(KeyringError::Lock(_))));
    assert!(Passphrase::new(Zeroizing::new(Vec::new())).is_err(), "an empty passphrase");
    let again = keyring.seal_to(&cheap("right"), &mut SeededEntropy(7)).unwrap();
    assert_ne!(bytes, again, "salt and nonce are fresh each time");
}

#[test]
fn a_change_of_any_byte_of_the_file_is_found() {
    let bytes = include_bytes!("golden/keyring").to_vec();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Keyring::open_from(&changed, &Fixed(9)).is_err(), "byte {at}");
        assert!(Keyring::open_from(&bytes[..at], &Fixed(9)).is_err(), "cut at byte {at}");
    }
    assert!(matches!(Keyring::open_from(&bytes, &Fixed(8)), Err(KeyringError::WrongKey)));
}

#[test]
fn parameters_that_would_exhaust_the_machine_are_refused() {
    let keyring = Keyring::create(&mut SeededEntropy(5)).unwrap();
    let text = String::from_utf8(keyring.seal_to(&cheap("x"), &mut SeededEntropy(6)).unwrap()).unwrap();
    for (from, to) in
        [("\"m_kib\":64", "\"m_kib\":4294967295"), ("\"t\":1", "\"t\":4000000"), ("\"p\":1", "\"p\":0")]
    {
        let lock = cheap("x");
        let line = text.lines().nth(1).unwrap().replace(from, to);
        assert!(text.lines().nth(1).unwrap() != line);
        let mut parameters: Map<String, Value> = serde_json::from_str(&line).unwrap();
        parameters.remove("nonce");
        assert!(matches!(lock.open_key(&parameters), Err(LockError::Parameters(_))), "{to}");
    }
}

#[test]
fn a_walk_forgets_what_is_destroyed_while_it_lives() {
    let keyring = Keyring::create(&mut SeededEntropy(5)).unwrap();
    let mut walk = keyring.walk();
    for target in [Target::disclosure(7, Class::W, 3), Target::record(7, Class::W)] {
        assert!(walk.key(7, Class::W, target.position.unwrap_or(2)).is_some());
        keyring.puncture(target);
        assert!(walk.key(7, Class::W, target.position.unwrap_or(2)).is_none(), "the path leads there");
    }
    assert_eq!(walk.key(7, Class::R, 3), keyring.key(7, Class::R, 3));
}

#[test]
fn saving_puts_the_whole_file_in_place_or_leaves_the_old_one() {
    let disk = FaultyDisk::new();
    let (old, new) = (SeededEntropy(1), SeededEntropy(2));
    let [old, new] = [old, new].map(|mut rng| Keyring::create(&mut rng).unwrap());
    assert!(matches!(Keyring::load(&disk, "keyring", &Fixed(1)), Err(KeyringError::Missing { .. })));
    old.save(&disk, "keyring", &Fixed(1), &mut SeededEntropy(3)).unwrap();
    for (fault, kept) in [(Fault::Lost(0), &old), (Fault::Torn(0), &old), (Fault::Done(0), &new)] {
        let disk = disk.fork();
        disk.plan(Some(fault));
        assert!(new.save(&disk, "keyring", &Fixed(1), &mut SeededEntropy(4)).is_err());
        disk.crash(2);
        let found = Keyring::load(&disk, "keyring", &Fixed(1)).unwrap();
        assert_eq!(found.key(0, Class::R, 0), kept.key(0, Class::R, 0), "{fault:?}");
    }
    new.save(&disk, "keyring", &Fixed(1), &mut SeededEntropy(4)).unwrap();
    disk.crash(0);
    assert_eq!(disk.list("").unwrap_or_default().len(), 0);
    let found = Keyring::load(&disk, "keyring", &Fixed(1)).unwrap();
    assert_eq!(found.key(0, Class::R, 0), new.key(0, Class::R, 0), "saved means durable");
}

/// Entries near each other and far apart, so that punctures share paths and do not.
fn entry() -> impl Strategy<Value = u64> {
    prop_oneof![0..8_u64, 0..2_000_u64, 0..MAX_ENTRIES, MAX_ENTRIES - 4..MAX_ENTRIES]
}

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![Just(Class::R), Just(Class::W)]
}

/// Records, and disclosures in them; in class R all but the first.
fn target() -> impl Strategy<Value = Target> {
    let position = prop_oneof![Just(None), (1..4_usize).prop_map(Some), (1..MAX_DISCLOSURES).prop_map(Some)];
    (entry(), class(), position).prop_map(|(entry, class, position)| Target { entry, class, position })
}

proptest! {
    #[test]
    fn puncturing_takes_away_those_keys_and_changes_no_other(
        punctured in prop::collection::vec(target(), 1..12),
        others in prop::collection::vec((entry(), class()), 1..8),
    ) {
        let whole = Keyring::create(&mut SeededEntropy(9)).unwrap();
        let holed = Keyring::create(&mut SeededEntropy(9)).unwrap();
        for target in &punctured {
            holed.puncture(*target);
            prop_assert!(!holed.is_alive(*target));
            prop_assert!(!holed.puncture(*target), "a second time");
        }
        let reread = Keyring::open_from(&holed.seal_to(&Fixed(1), &mut SeededEntropy(2)).unwrap(), &Fixed(1)).unwrap();
        prop_assert_eq!(reread.secrets(), holed.secrets());
        prop_assert_eq!(whole.without(&punctured).secrets(), holed.secrets());
        prop_assert!(holed.secrets() <= 1 + 45 * punctured.len());
        for class in Class::ALL {
            let mine = || punctured.iter().filter(move |target| target.class == class);
            let records: BTreeSet<u64> =
                mine().filter(|target| target.position.is_none()).map(|target| target.entry).collect();
            let runs = holed.erased(class);
            let told: BTreeSet<u64> = runs.iter().cloned().flatten().collect();
            prop_assert_eq!(&told, &records, "{:?}", class);
            prop_assert!(runs.windows(2).all(|two| two[0].end < two[1].start), "runs touch: {:?}", runs);
            let mut partly: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
            for target in mine().filter(|target| !records.contains(&target.entry)) {
                partly.entry(target.entry).or_default().extend(target.position);
            }
            let told: BTreeMap<u64, BTreeSet<usize>> = holed
                .partly_erased(class).into_iter().map(|(entry, positions)| (entry, positions.into_iter().collect())).collect();
            prop_assert_eq!(told, partly, "{:?}", class);
        }
        prop_assert_eq!(holed.index_key(), whole.index_key());
        let neighbours = punctured.iter().flat_map(|target| {
            [target.entry.saturating_sub(1), target.entry, (target.entry + 1).min(MAX_ENTRIES - 1)]
                .into_iter().flat_map(|entry| Class::ALL.map(|class| (entry, class)))
        });
        let mut walk = holed.walk();
        for (entry, class) in neighbours.chain(others) {
            for position in 0..MAX_DISCLOSURES {
                let at = format!("entry {entry} {class:?} {position}");
                let gone = [Target::record(entry, class), Target::disclosure(entry, class, position)];
                let gone = gone.iter().any(|target| punctured.contains(target));
                let expected = (!gone).then(|| whole.key(entry, class, position).unwrap());
                prop_assert_eq!(&walk.key(entry, class, position), &expected, "walking to {}", at);
                if position < 4 || gone {
                    prop_assert_eq!(&holed.key(entry, class, position), &expected, "{}", at);
                    prop_assert_eq!(&reread.key(entry, class, position), &expected, "reread, {}", at);
                }
            }
        }
    }

    #[test]
    fn walking_gives_the_same_keys_as_asking_for_each(start in entry(), steps in prop::collection::vec((0..5_u64, 0..MAX_DISCLOSURES), 1..40)) {
        let keyring = Keyring::create(&mut SeededEntropy(9)).unwrap();
        let mut walk = keyring.walk();
        let mut entry = start;
        for (step, position) in steps {
            for class in Class::ALL {
                let expected = keyring.key(entry, class, position);
                prop_assert_eq!(walk.key(entry, class, position), expected, "entry {} {}", entry, position);
            }
            entry = (entry + step).min(MAX_ENTRIES - 1);
        }
    }

    #[test]
    fn no_bytes_make_opening_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Keyring::open_from(&bytes, &Fixed(1)).is_err());
    }
}
