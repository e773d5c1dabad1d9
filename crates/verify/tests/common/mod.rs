//! A small ledger made from the page of formats alone, with none of the ledger's own writing code.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod written;

use std::collections::BTreeMap;

use daybook_event::entry::{EntryRef, intake_digest, write_entry};
use daybook_event::{Catalogue, Draft, Issuer, Origin, OsEntropy, Position, Signed, SigningKey, issue};
use daybook_tlog::{
    Checkpoint, Frontier, Hash, LevelAppender, NoteSigner, Policy, TILE_WIDTH, leaf_hash, tiles_at,
};
use daybook_verify::{Layout, MemorySource, Options, Report, verify_log};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const ORIGIN: &str = "city.example/daybook";

pub(crate) struct Producer {
    pub(crate) issuer: Issuer,
    pub(crate) key: SigningKey,
    pub(crate) at: Position,
}

impl Producer {
    pub(crate) fn new(issuer: &str, seed: u8) -> Self {
        let origin: Origin = ORIGIN.parse().unwrap();
        let key = SigningKey::from_seed([seed; 32]);
        Self { issuer: issuer.parse().unwrap(), key, at: Position::first(&origin) }
    }

    /// The issuer-signed JWT of the next event of this producer.
    pub(crate) fn sign(&mut self, event: &str, changes: Value) -> String {
        self.sign_whole(event, changes).jwt().to_owned()
    }

    /// The next event of this producer with its disclosures. A field that is changed to null is left out.
    pub(crate) fn sign_whole(&mut self, event: &str, changes: Value) -> Signed {
        let catalogue = Catalogue::builtin();
        let mut fields = catalogue.latest(event).unwrap().example().as_object().unwrap().clone();
        fields.extend(changes.as_object().unwrap().clone());
        fields.retain(|_, value| !value.is_null());
        let draft = Draft::new(event.parse().unwrap(), fields);
        let origin = ORIGIN.parse().unwrap();
        let signed =
            issue(&draft, &self.issuer, &origin, self.at, &self.key, catalogue, &mut OsEntropy).unwrap();
        self.at = self.at.after(&signed);
        signed
    }
}

pub(crate) fn signer() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN.parse().unwrap(), [1; 32])
}

pub(crate) fn policy() -> Policy {
    format!("log {}\nquorum none\n", signer().vkey()).parse().unwrap()
}

/// A ledger in memory, entry by entry and commit by commit.
pub(crate) struct Ledger {
    pub(crate) per_file: u64,
    pub(crate) entries: Vec<Vec<u8>>,
    /// Sizes at which a checkpoint was signed.
    pub(crate) commits: Vec<u64>,
    pub(crate) governance: Producer,
}

impl Ledger {
    /// A ledger with its first entry.
    pub(crate) fn open(per_file: u64) -> Self {
        let governance = Producer::new("ledger/governance", 2);
        let mut ledger = Self { per_file, entries: Vec::new(), commits: Vec::new(), governance };
        let key = ledger.governance.key.public();
        let opened = json!({
            "origin": ORIGIN, "log_vkey": signer().vkey().to_string(), "kid": key.kid().to_string(), "x": key.x(),
        });
        let jwt = ledger.governance.sign("ledger.opened", opened);
        ledger.append(&jwt);
        ledger.commit();
        ledger
    }

    pub(crate) fn register(&mut self, producer: &Producer) {
        let key = producer.key.public();
        let changes =
            json!({"producer": producer.issuer.as_str(), "kid": key.kid().to_string(), "x": key.x()});
        let jwt = self.governance.sign("key.registered", changes);
        self.append(&jwt);
    }

    pub(crate) fn append(&mut self, jwt: &str) {
        let prev = match self.entries.last() {
            Some(last) => leaf_hash(last).0,
            None => Sha256::digest(ORIGIN).into(),
        };
        let intake = intake_digest(&format!("intake {}", self.entries.len()));
        self.entries.push(write_entry(&EntryRef { prev, intake: &intake, event: jwt }));
    }

    pub(crate) fn commit(&mut self) {
        self.commits.push(self.entries.len() as u64);
    }

    pub(crate) fn checkpoint(&self, size: u64) -> String {
        let mut tree = Frontier::new();
        self.entries[..size as usize].iter().for_each(|entry| tree.push(leaf_hash(entry)));
        Checkpoint { origin: ORIGIN.into(), size, root: tree.root() }.sign(&signer())
    }

    /// Every file of the ledger.
    pub(crate) fn files(&self) -> MemorySource {
        let mut files = BTreeMap::new();
        for (path, bytes) in entry_files(&self.entries, self.per_file) {
            files.insert(path, bytes);
        }
        files.extend(hash_files(self.entries.iter().map(|entry| leaf_hash(entry))));
        let mut list = Vec::new();
        for size in &self.commits {
            let note = self.checkpoint(*size);
            list.extend((note.len() as u32).to_be_bytes());
            list.extend(note.as_bytes());
        }
        files.insert("log/checkpoints.log".into(), list);
        files.insert("log/checkpoint".into(), self.checkpoint(*self.commits.last().unwrap()).into_bytes());
        for (dir, class) in [("vault/r", b'R'), ("vault/w", b'W')] {
            for (file, from) in (0..self.entries.len() as u64).step_by(self.per_file as usize).enumerate() {
                let to = (from + self.per_file).min(self.entries.len() as u64);
                let records: Vec<u8> = (from..to).flat_map(|index| vault_record(class, index)).collect();
                files.insert(format!("{dir}/{file:09}.vlt"), records);
            }
        }
        files.insert("keyring".into(), keyring());
        MemorySource { layout: Layout::Ledger, files }
    }

    /// The same log as a static tile tree.
    pub(crate) fn tiles(&self) -> MemorySource {
        let size = *self.commits.last().unwrap();
        let ledger = self.files();
        let mut files = BTreeMap::new();
        files.insert("checkpoint".to_owned(), ledger.files["log/checkpoint"].clone());
        for tile in tiles_at(size) {
            let bytes = match tile.kind {
                daybook_tlog::TileKind::Entries => {
                    let from = (tile.index * TILE_WIDTH) as usize;
                    framed(&self.entries[from..from + usize::from(tile.width)])
                }
                daybook_tlog::TileKind::Hashes { level } => {
                    let from = (tile.start() * 32) as usize;
                    ledger.files[&format!("log/tiles/{level}")][from..from + 32 * usize::from(tile.width)]
                        .to_vec()
                }
            };
            files.insert(tile.to_string(), bytes);
        }
        MemorySource { layout: Layout::Tiles, files }
    }

    pub(crate) fn verify(&self, source: &MemorySource) -> Report {
        let options = Options { entries_per_file: self.per_file, threads: None, ..Options::default() };
        verify_log(source, &policy(), &options, &|_| {})
    }
}

pub(crate) fn framed<E: AsRef<[u8]>>(entries: &[E]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend((entry.as_ref().len() as u16).to_be_bytes());
        bytes.extend(entry.as_ref());
    }
    bytes
}

pub(crate) fn entry_files(entries: &[Vec<u8>], per_file: u64) -> BTreeMap<String, Vec<u8>> {
    let files = entries.chunks(per_file as usize).enumerate();
    files.map(|(file, entries)| (format!("log/entries/{file:09}.log"), framed(entries))).collect()
}

pub(crate) fn hash_files(leaves: impl Iterator<Item = Hash>) -> BTreeMap<String, Vec<u8>> {
    let mut tree = LevelAppender::new(Frontier::new());
    leaves.for_each(|leaf| tree.push(leaf));
    let runs = tree.drain_all().into_iter();
    runs.map(|run| (format!("log/tiles/{}", run.level), run.hashes.iter().flat_map(|hash| hash.0).collect()))
        .collect()
}

/// Bytes of a record of these ledgers: length, check, nonce, and one sealed disclosure with its length and tag.
pub(crate) const VAULT_RECORD_BYTES: usize = 4 + 8 + SEALED_BYTES;
const SEALED_BYTES: usize = 12 + 2 + 64 + 16;

pub(crate) fn vault_record(class: u8, index: u64) -> Vec<u8> {
    let nonce_and_sealed = [index as u8; SEALED_BYTES];
    let digest = Sha256::new()
        .chain_update(b"daybook vault record\n")
        .chain_update([class])
        .chain_update(index.to_be_bytes())
        .chain_update(nonce_and_sealed)
        .finalize();
    let mut record = (8 + nonce_and_sealed.len() as u32).to_be_bytes().to_vec();
    record.extend(&digest[..8]);
    record.extend(nonce_and_sealed);
    record
}

pub(crate) fn keyring() -> Vec<u8> {
    let head = "daybook-keyring v1\n{\"kdf\":\"argon2id\"}\nc2VhbGVk\n";
    let digest: String = Sha256::digest(head).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{head}sha256 {digest}\n").into_bytes()
}

/// A ledger with two producers, a rotation and a revocation: `events` more entries after those.
pub(crate) fn ledger(events: usize, per_file: u64) -> Ledger {
    let mut ledger = Ledger::open(per_file);
    let mut producers = [Producer::new("sheriff/jail-records", 10), Producer::new("police/front-desk", 11)];
    producers.iter().for_each(|producer| ledger.register(producer));
    ledger.commit();
    for number in 0..events {
        let jwt = producers[number % 2].sign("request.copy_given", json!({}));
        ledger.append(&jwt);
        if number % 3 == 2 {
            ledger.commit();
        }
    }
    if ledger.commits.last() != Some(&(ledger.entries.len() as u64)) {
        ledger.commit();
    }
    ledger
}
