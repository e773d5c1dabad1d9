//! Keys: the published derivation, forgetting exactly one, and the file that holds them.

use daybook_event::{Entropy, EntropyError};
use daybook_store::testing::{Fault, FaultyDisk, SeededEntropy};
use daybook_store::{
    Class, FileKey, Keyring, KeyringError, KeyringLock, LockError, MAX_ENTRIES, Passphrase, PassphraseCost,
    Storage,
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
    for (entry, class, key) in [
        (0, Class::R, "28883dfb9fafccc8bef5826af3e2e6d0e65bf75f3294a8a078c8b6c49fb1a678"),
        (0, Class::W, "f4c62c353604d93e8b284574f992ba2f5a304e5a812d3b45c8d3321aec6381d6"),
        (1, Class::R, "660e78dbb4f270986c019e0723e672bf69cacd5a282b99b6e4cc347f74879ac7"),
        (65_535, Class::W, "50e6e5261f2cc604f9b46f16e10d068c6941a0a2080ad1b33af5febccae820ff"),
        (65_536, Class::R, "e79ba52eb12fefcd702ceb4260687e07dfb3fe80a10d9418e28aefd688656c07"),
        (MAX_ENTRIES - 1, Class::W, "c60005893d76a47d90eb232e8570dbf35bda59f6558bd08d4a11d389888d51ee"),
    ] {
        assert_eq!(hex(&*keyring.key(entry, class).unwrap()), key, "entry {entry} {class:?}");
    }
    let index_key = "09e6f8f7089f5aabe41476d0b1f2e4f11ed82089b654206e8539afcc1b681382";
    assert_eq!(hex(&*keyring.index_key().unwrap()), index_key);
    assert!(keyring.key(MAX_ENTRIES, Class::R).is_none(), "the index's leaf is nobody's record");
    assert!(keyring.key(u64::MAX, Class::W).is_none());
}

/// Written by an implementation of the format page in another language: the same root, with W of entry 3 punctured.
#[test]
fn the_file_is_that_of_the_published_format() {
    let golden = include_bytes!("golden/keyring");
    let opened = Keyring::open_from(golden, &Fixed(9)).unwrap();
    let own = Keyring::create(&mut Counting(0)).unwrap();
    assert!(own.puncture(3, Class::W));
    for (entry, class) in [(3, Class::R), (3, Class::W), (2, Class::W), (4, Class::R), (1 << 30, Class::W)] {
        assert_eq!(opened.key(entry, class), own.key(entry, class));
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
    assert_eq!(opened.key(12, Class::R), keyring.key(12, Class::R));
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
    assert!(walk.key(7, Class::W).is_some());
    keyring.puncture(7, Class::W);
    assert!(walk.key(7, Class::W).is_none(), "the path that it remembers leads there");
    assert_eq!(walk.key(7, Class::R), keyring.key(7, Class::R));
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
        assert_eq!(found.key(0, Class::R), kept.key(0, Class::R), "{fault:?}");
    }
    new.save(&disk, "keyring", &Fixed(1), &mut SeededEntropy(4)).unwrap();
    disk.crash(0);
    assert_eq!(disk.list("").unwrap_or_default().len(), 0);
    let found = Keyring::load(&disk, "keyring", &Fixed(1)).unwrap();
    assert_eq!(found.key(0, Class::R), new.key(0, Class::R), "saved means durable");
}

/// Entries near each other and far apart, so that punctures share paths and do not.
fn entry() -> impl Strategy<Value = u64> {
    prop_oneof![0..8_u64, 0..2_000_u64, 0..MAX_ENTRIES, MAX_ENTRIES - 4..MAX_ENTRIES]
}

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![Just(Class::R), Just(Class::W)]
}

proptest! {
    #[test]
    fn puncturing_takes_away_those_keys_and_changes_no_other(
        punctured in prop::collection::vec((entry(), class()), 1..12),
        others in prop::collection::vec((entry(), class()), 1..20),
    ) {
        let whole = Keyring::create(&mut SeededEntropy(9)).unwrap();
        let holed = Keyring::create(&mut SeededEntropy(9)).unwrap();
        for (entry, class) in &punctured {
            holed.puncture(*entry, *class);
            prop_assert!(!holed.puncture(*entry, *class), "a second time");
        }
        let reread = Keyring::open_from(&holed.seal_to(&Fixed(1), &mut SeededEntropy(2)).unwrap(), &Fixed(1)).unwrap();
        prop_assert_eq!(reread.secrets(), holed.secrets());
        prop_assert!(holed.secrets() <= 1 + 39 * punctured.len());
        let neighbours = punctured.iter().flat_map(|&(entry, _)| {
            [entry.saturating_sub(1), entry, (entry + 1).min(MAX_ENTRIES - 1)]
                .into_iter().flat_map(|entry| Class::ALL.map(|class| (entry, class)))
        });
        for class in Class::ALL {
            let runs = holed.erased(class);
            let told: Vec<u64> = runs.iter().cloned().flatten().collect();
            let mut expected: Vec<u64> =
                punctured.iter().filter(|(_, of)| *of == class).map(|(entry, _)| *entry).collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(told, expected, "{:?}", class);
            prop_assert!(runs.windows(2).all(|two| two[0].end < two[1].start), "runs touch: {:?}", runs);
        }
        prop_assert_eq!(holed.index_key(), whole.index_key());
        let mut walk = holed.walk();
        for (entry, class) in neighbours.chain(others) {
            let expected = (!punctured.contains(&(entry, class))).then(|| whole.key(entry, class).unwrap());
            prop_assert_eq!(&holed.key(entry, class), &expected, "entry {} {:?}", entry, class);
            prop_assert_eq!(&walk.key(entry, class), &expected, "walking to entry {} {:?}", entry, class);
            prop_assert_eq!(&reread.key(entry, class), &expected, "reread, entry {} {:?}", entry, class);
            prop_assert_eq!(holed.is_alive(entry, class), expected.is_some(), "entry {} {:?}", entry, class);
        }
    }

    #[test]
    fn walking_gives_the_same_keys_as_asking_for_each(start in entry(), steps in prop::collection::vec(0..5_u64, 1..40)) {
        let keyring = Keyring::create(&mut SeededEntropy(9)).unwrap();
        let mut walk = keyring.walk();
        let mut entry = start;
        for step in steps {
            for class in Class::ALL {
                prop_assert_eq!(walk.key(entry, class), keyring.key(entry, class), "entry {}", entry);
            }
            entry = (entry + step).min(MAX_ENTRIES - 1);
        }
    }

    #[test]
    fn no_bytes_make_opening_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Keyring::open_from(&bytes, &Fixed(1)).is_err());
    }
}
