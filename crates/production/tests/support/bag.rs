//! A small package put together by hand, so that the hand check has something to check that no other part of this crate made.

use std::fs;
use std::path::{Path, PathBuf};

use daybook_event::entry::{EntryRef, intake_digest, intake_disclosure, write_entry};
use daybook_event::hash::sha256;
use daybook_event::{Catalogue, Draft, Issuer, Origin, Position, SigningKey, Token, b64, disclose, issue};
use daybook_production::papers::hand_check;
use daybook_tlog::{BatchProver, Checkpoint, Frontier, Hash, NoteSigner, TlogProof, leaf_hash, node_hash};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use tempfile::TempDir;

use crate::support::Repeatable;

const ORIGIN: &str = "ledger.example/daybook";
/// Entries of the log when it was searched: its opening, two keys, four events.
const SEARCHED: usize = 7;

/// A package in a folder, and what tampering needs.
pub(crate) struct Bag {
    pub(crate) dir: TempDir,
    pub(crate) root: PathBuf,
    pub(crate) first_native: String,
}

struct Log {
    entries: Vec<Vec<u8>>,
    compacts: Vec<String>,
    random: Repeatable,
    sequences: std::collections::BTreeMap<String, Position>,
}

impl Log {
    fn add(&mut self, issuer: &str, key: &SigningKey, event: &str, fields: Value) {
        let (origin, parsed): (Origin, Issuer) = (ORIGIN.parse().unwrap(), issuer.parse().unwrap());
        let at = *self.sequences.entry(issuer.to_owned()).or_insert_with(|| Position::first(&origin));
        let draft = Draft::new(event.parse().unwrap(), fields.as_object().unwrap().clone());
        let signed =
            issue(&draft, &parsed, &origin, at, key, Catalogue::builtin(), &mut self.random).unwrap();
        self.sequences.insert(issuer.to_owned(), at.after(&signed));
        let intake = intake_disclosure("2026-11-22T16:45:03.127Z", None, &mut self.random).unwrap();
        let prev = self.entries.last().map_or(origin.first_prev(), |entry| leaf_hash(entry).0);
        self.entries.push(write_entry(&EntryRef {
            prev,
            intake: &intake_digest(&intake),
            event: signed.jwt(),
        }));
        self.compacts.push(signed.compact);
    }

    fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| leaf_hash(entry)).collect()
    }

    /// The record of an entry, which shows these slots, under the checkpoint of the first `size` entries.
    fn record(&self, index: usize, keep: &[&str], size: usize, signer: &NoteSigner) -> String {
        let batch = BatchProver::new(&Frontier::new(), &self.leaves()[..size]);
        let proof = TlogProof {
            extra: None,
            index: index as u64,
            path: batch.path(index as u64),
            checkpoint: self.note(size, signer),
        };
        let token = Token::parse(self.compacts[index].as_bytes()).unwrap();
        let event = disclose(&token, keep).unwrap();
        let text = |text: &str| Value::from(text).to_string();
        let entry = std::str::from_utf8(&self.entries[index]).unwrap();
        format!(
            "{{\"v\":1,\"format\":\"daybook-record\",\"index\":{index},\"entry\":{},\"event\":{},\"proof\":{}}}\n",
            text(entry),
            text(&event),
            text(&proof.format())
        )
    }

    fn note(&self, size: usize, signer: &NoteSigner) -> String {
        let batch = BatchProver::new(&Frontier::new(), &self.leaves()[..size]);
        Checkpoint { origin: ORIGIN.into(), size: size as u64, root: batch.root() }.sign(signer)
    }
}

fn example(event: &str, with: Value) -> Value {
    let mut fields = Catalogue::builtin().latest(event).unwrap().example().clone();
    fields.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    fields
}

fn key_event(issuer: &str, key: &SigningKey) -> Value {
    example(
        "key.registered",
        json!({ "producer": issuer, "kid": key.public().kid().to_string(), "x": key.public().x() }),
    )
}

impl Bag {
    /// The files of a package that somebody else made, with the page in it.
    pub(crate) fn unpack(name: &str, files: &std::collections::BTreeMap<String, Vec<u8>>) -> Self {
        let dir = TempDir::new().unwrap();
        let root = dir.path().join(name);
        let first = files.keys().find(|path| path.starts_with("data/VOL001/NATIVES/")).unwrap().clone();
        for (path, bytes) in files {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), bytes).unwrap();
        }
        Self { dir, root, first_native: first }
    }

    pub(crate) fn make() -> Self {
        let signer = NoteSigner::from_seed(ORIGIN.parse().unwrap(), [5; 32]);
        let [governance, access, jail] = [1, 2, 3].map(|seed| SigningKey::from_seed([seed; 32]));
        let random = Repeatable(1 << 40);
        let mut log =
            Log { entries: Vec::new(), compacts: Vec::new(), random, sequences: Default::default() };
        let opened = json!({ "origin": ORIGIN, "log_vkey": signer.vkey().to_string(), "kid": governance.public().kid().to_string(), "x": governance.public().x() });
        log.add("ledger/governance", &governance, "ledger.opened", example("ledger.opened", opened));
        log.add("ledger/governance", &governance, "key.registered", key_event("ledger/access", &access));
        log.add("ledger/governance", &governance, "key.registered", key_event("sheriff/jail-records", &jail));
        for event in ["request.received", "advisement.given", "release.notice_sent", "release.completed"] {
            log.add("sheriff/jail-records", &jail, event, example(event, json!({})));
        }
        let statement = example(
            "production.opened",
            json!({ "searched_size": SEARCHED, "found": 3, "produced": 2, "withheld": 1 }),
        );
        log.add("ledger/access", &access, "production.opened", statement);
        let size = log.entries.len();

        let dir = TempDir::new().unwrap();
        let root = dir.path().join("DAYB-26CR1187-P0001");
        let mut bag = Self { dir, root, first_native: String::new() };
        bag.first_native = bag.natives(&log, size, &signer);
        bag.proofs(&log, size, &signer);
        bag.write("data/VERIFY/HAND-CHECK.txt", &hand_check("DAYB-26CR1187-P0001", &bag.first_native));
        bag.write("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
        bag.write("READ-ME-FIRST.txt", "see HAND-CHECK.txt\n");
        bag.manifests();
        let bag_hash = b64::encode(sha256(fs::read(bag.root.join("tagmanifest-sha256.txt")).unwrap()));
        log.add(
            "ledger/access",
            &access,
            "production.built",
            example("production.built", json!({ "bag_hash": bag_hash })),
        );
        bag.write("bag-record.json", &log.record(size, &["times", "details"], size + 1, &signer));
        bag
    }

    fn natives(&self, log: &Log, size: usize, signer: &NoteSigner) -> String {
        let keep = ["times", "details", "recorder", "links"];
        let path = |number: u64| format!("data/VOL001/NATIVES/NATIVE001/DAYB-26CR1187-{number:08}.json");
        self.write(&path(1), &log.record(5, &keep, size, signer));
        self.write(&path(3), &log.record(6, &["times", "recorder"], size, signer));
        path(1)
    }

    fn proofs(&self, log: &Log, size: usize, signer: &NoteSigner) {
        self.write("data/PROOFS/policy.txt", &format!("log {}\nquorum none\n", signer.vkey()));
        self.write("data/PROOFS/checkpoint.txt", &log.note(size, signer));
        self.write("data/PROOFS/checkpoint-searched.txt", &log.note(SEARCHED, signer));
        self.write(
            "data/PROOFS/statement.json",
            &log.record(7, &["times", "details", "recorder", "links"], size, signer),
        );
        for index in 0..3 {
            self.write(
                &format!("data/PROOFS/AUTHORITY/{index}.json"),
                &log.record(index, &["times"], size, signer),
            );
        }
        let leaves = log.leaves();
        let hex = |hash: &Hash| hash.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut rows = format!(
            "first,count,hash,state\r\n0,2,{},not_responsive\r\n",
            hex(&node_hash(&leaves[0], &leaves[1]))
        );
        for (index, state) in [
            (2, "authority"),
            (3, "not_responsive"),
            (4, "withheld"),
            (5, "produced"),
            (6, "produced"),
            (7, "authority"),
        ] {
            rows += &format!("{index},1,{},{state}\r\n", hex(&leaves[index]));
        }
        self.write("data/PROOFS/leaves.csv", &rows);
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    /// Writes all manifests anew, as somebody would who hides a change.
    pub(crate) fn manifests(&self) {
        let files = |under: &Path, deep: bool| {
            let mut found = Vec::new();
            walk(under, deep, &mut found);
            let mut names: Vec<String> = found
                .iter()
                .map(|path| path.strip_prefix(&self.root).unwrap().to_str().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        let list = |names: &[String], long: bool| {
            let line = |name: &String| {
                let bytes = fs::read(self.root.join(name)).unwrap();
                let digest = if long { Sha512::digest(&bytes).to_vec() } else { sha256(&bytes).to_vec() };
                format!("{}  {name}\n", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
            };
            names.iter().map(line).collect::<String>()
        };
        let data = files(&self.root.join("data"), true);
        self.write("manifest-sha256.txt", &list(&data, false));
        self.write("manifest-sha512.txt", &list(&data, true));
        let tags: Vec<String> = files(&self.root, false)
            .into_iter()
            .filter(|name| !name.starts_with("tagmanifest") && name != "bag-record.json")
            .collect();
        self.write("tagmanifest-sha256.txt", &list(&tags, false));
        self.write("tagmanifest-sha512.txt", &list(&tags, true));
    }

    /// Changes a file and hides it in the manifests.
    pub(crate) fn change(&self, path: &str, how: impl Fn(&str) -> String) {
        let before = self.read(path);
        let after = how(&before);
        assert_ne!(before, after, "nothing was changed in {path}");
        self.write(path, &after);
        self.manifests();
    }
}

fn walk(under: &Path, deep: bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            found.push(path);
        } else if deep {
            walk(&path, deep, found);
        }
    }
}
