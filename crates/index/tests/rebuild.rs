//! The index is derived: whatever becomes of it, what the log says comes back.

use std::path::Path;
use std::sync::Arc;

use daybook_event::entry::intake_disclosure;
use daybook_event::{
    Catalogue, Draft, Issuer, Origin, OsEntropy, Place, Position, Signed, SigningKey, Standing, Token,
    check_content, issue,
};
use daybook_index::{Index, State};
use daybook_store::{Disk, Keyring, NewEntry, Writer};
use daybook_tlog::NoteSigner;
use serde_json::{Map, Value, json};

/// Small enough for a test to fill several.
const SEGMENT: u64 = 8;

struct Log {
    origin: Origin,
    dir: tempfile::TempDir,
    writer: Writer,
    governance: (SigningKey, Position),
    sheriff: (SigningKey, Position),
}

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

fn sign(origin: &Origin, iss: &str, key: &SigningKey, at: Position, event: &str, value: Value) -> Signed {
    let draft = Draft::new(event.parse().expect("a type"), fields(value));
    let iss: Issuer = iss.parse().expect("an issuer");
    issue(&draft, &iss, origin, at, key, Catalogue::builtin(), &mut OsEntropy).expect("signed")
}

fn with_entry<T>(signed: &Signed, then: impl FnOnce(NewEntry<'_>) -> T) -> T {
    let token = Token::parse(signed.compact.as_bytes()).expect("well formed");
    let content = check_content(&token, Catalogue::builtin()).expect("in order");
    let intake = intake_disclosure("2026-11-22T09:38:12.000Z", None, &mut OsEntropy).expect("random");
    then(NewEntry { jwt: token.jwt(), intake: &intake, r: content.r, w: content.w })
}

impl Log {
    fn new() -> Self {
        let origin: Origin = "index.example/ledger".parse().expect("an origin");
        let dir = tempfile::tempdir().expect("a directory");
        let storage = Arc::new(Disk::open(dir.path()).expect("a disk"));
        let keyring = Arc::new(Keyring::create(&mut OsEntropy).expect("random"));
        let signer = || NoteSigner::from_seed(origin.as_str().parse().expect("a name"), [7; 32]);
        let key = SigningKey::generate(&mut OsEntropy).expect("random");
        let public = key.public();
        let at = Position::first(&origin);
        let opened = json!({
            "origin": origin.as_str(), "log_vkey": signer().vkey().to_string(), "kid": public.kid().to_string(),
            "x": public.x(), "occurred_at": "2026-11-22", "recorded_at": "2026-11-22",
        });
        let genesis = sign(&origin, "ledger/governance", &key, at, "ledger.opened", opened);
        with_entry(&genesis, |entry| {
            Writer::create(storage.clone(), origin.as_str(), &keyring, &signer(), entry)
        })
        .expect("made");
        let (writer, _) = Writer::open(storage, signer(), keyring).expect("opened");
        let sheriff = SigningKey::generate(&mut OsEntropy).expect("random");
        let first = Position::first(&origin);
        let governance = (key, at.after(&genesis));
        let mut log = Self { origin, dir, writer, governance, sheriff: (sheriff, first) };
        log.register();
        log
    }

    fn register(&mut self) {
        let public = self.sheriff.0.public();
        let value = json!({
            "producer": "sheriff/jail-records", "kid": public.kid().to_string(), "x": public.x(),
            "occurred_at": "2026-11-22", "recorded_at": "2026-11-22",
        });
        let (key, at) = &self.governance;
        let signed = sign(&self.origin, "ledger/governance", key, *at, "key.registered", value);
        self.append(&signed);
    }

    fn append(&mut self, signed: &Signed) {
        with_entry(signed, |entry| self.writer.commit(&[entry]).map(drop)).expect("committed");
    }

    /// Signs the sheriff's next event without appending it.
    fn next(&mut self) -> Signed {
        let example = Catalogue::builtin().latest("release.eligible").expect("a type").example().clone();
        let signed = sign(
            &self.origin,
            "sheriff/jail-records",
            &self.sheriff.0,
            self.sheriff.1,
            "release.eligible",
            example,
        );
        self.sheriff.1 = self.sheriff.1.after(&signed);
        signed
    }

    fn load(&self, index: &Path) -> State {
        let index = Index::open_in(index, &self.origin, SEGMENT).expect("opened");
        index.load(&self.writer.reader(), &mut |_| {}).expect("loaded")
    }
}

fn sheriff() -> Issuer {
    "sheriff/jail-records".parse().expect("an issuer")
}

fn assert_knows(state: &State, log: &Log, signed: &[(u64, Signed)]) {
    assert_eq!(state.next_index(), log.writer.size());
    for (seq, (index, event)) in (0..).zip(signed) {
        let found = state.recorded(&sheriff(), seq).expect("read");
        assert!(found.iter().any(|r| r.index == *index && r.hash == event.jwt_hash), "seq {seq}: {found:?}");
    }
    let next = signed.len() as u64;
    assert_eq!(state.recorded(&sheriff(), next).expect("read"), []);
    assert_eq!(state.continuity().place(&sheriff(), next), Place::Next);
    let kid = log.sheriff.0.public().kid();
    assert!(matches!(state.registry().standing(&sheriff(), &kid, next), Standing::InForce(_)));
}

#[test]
fn every_recorded_event_is_found_whether_in_memory_or_in_sled_and_after_any_damage() {
    let mut log = Log::new();
    let index = log.dir.path().join("index");
    let mut signed = Vec::new();
    for size in [1, 7, 8, 9, 30] {
        while signed.len() < size {
            let event = log.next();
            signed.push((log.writer.size(), event));
            log.append(&signed[signed.len() - 1].1);
        }
        // Behind: the index was last opened when the log was shorter.
        assert_knows(&log.load(&index), &log, &signed);
    }
    // Up to date: nothing is folded in that the snapshot has.
    let opened = Index::open_in(&index, &log.origin, SEGMENT).expect("opened");
    let mut folded = 0;
    let state = opened.load(&log.writer.reader(), &mut |progress| folded = progress.total).expect("loaded");
    assert_eq!(folded, log.writer.size() % SEGMENT);
    assert_knows(&state, &log, &signed);
    drop((state, opened));

    // Missing.
    std::fs::remove_dir_all(&index).expect("removed");
    assert_knows(&log.load(&index), &log, &signed);

    // Damaged: every byte of sled's file overwritten.
    for file in std::fs::read_dir(&index).expect("listed") {
        let path = file.expect("an entry").path();
        if path.is_file() {
            let length = std::fs::metadata(&path).expect("there").len();
            std::fs::write(&path, vec![0xa5; usize::try_from(length).expect("small")]).expect("written");
        }
    }
    assert_knows(&log.load(&index), &log, &signed);
}

#[test]
fn the_index_of_another_ledger_is_not_believed() {
    let mut log = Log::new();
    let mut other = Log::new();
    for _ in 0..20 {
        let event = log.next();
        log.append(&event);
    }
    let mut signed = Vec::new();
    for _ in 0..12 {
        let event = other.next();
        signed.push((other.writer.size(), event));
        other.append(&signed[signed.len() - 1].1);
    }
    let index = log.dir.path().join("index");
    drop(log.load(&index));
    // The same origin, a shorter log with other entries.
    assert_knows(&other.load(&index), &other, &signed);
}

#[test]
fn two_events_under_one_number_are_both_found() {
    let mut log = Log::new();
    let at = log.sheriff.1;
    let one = log.next();
    log.append(&one);
    log.sheriff.1 = at;
    let two = log.next();
    log.append(&two);
    let state = log.load(&log.dir.path().join("index"));
    let found: Vec<_> = state.recorded(&sheriff(), 0).expect("read").iter().map(|r| r.hash).collect();
    assert_eq!(found, [one.jwt_hash, two.jwt_hash]);
}
