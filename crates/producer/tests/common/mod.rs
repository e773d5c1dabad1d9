//! What the tests of the producer share: a home in a temporary directory and a ledger of a few lines.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

// The testkit's server. The testkit itself depends on this crate, so its file is used and not the crate.
#[path = "../../../../tests/src/nats.rs"]
pub mod nats;

use std::path::Path;

use daybook_event::entry::{EntryRef, intake_digest, write_entry};
use daybook_event::{Draft, OsEntropy};
use daybook_producer::{Home, ProducerConfig};
use daybook_tlog::{BatchProver, Checkpoint, Frontier, NoteSigner, leaf_hash};
use serde_json::{Map, Value, json};

pub const ORIGIN: &str = "city.example/ledger";
pub const ISSUER: &str = "sheriff/jail-records";

/// Entries, a tree and a signature: all that a receipt takes.
pub struct TestLedger {
    pub signer: NoteSigner,
    frontier: Frontier,
    prev: [u8; 32],
}

impl TestLedger {
    pub fn new(seed: u8) -> Self {
        let signer = NoteSigner::from_seed(ORIGIN.parse().unwrap(), [seed; 32]);
        Self { signer, frontier: Frontier::new(), prev: [0; 32] }
    }

    pub fn policy(&self) -> String {
        format!("log {}\nquorum none\n", self.signer.vkey())
    }

    /// Appends events and returns the gathered receipts for them.
    pub fn commit(&mut self, issuer: &str, events: &[impl AsRef<[u8]>]) -> Value {
        let entries: Vec<String> = events.iter().map(|event| self.entry(event.as_ref())).collect();
        let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
        let prover = BatchProver::new(&self.frontier, &leaves);
        let first = self.frontier.size();
        leaves.iter().for_each(|leaf| self.frontier.push(*leaf));
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size: prover.size(), root: prover.root() };
        let receipts: Vec<Value> = (first..)
            .zip(&entries)
            .map(|(index, entry)| {
                let path: Vec<String> = prover.path(index).iter().map(|hash| hash.to_base64()).collect();
                json!({ "index": index, "entry": entry, "path": path })
            })
            .collect();
        json!({ "v": 1, "iss": issuer, "checkpoint": checkpoint.sign(&self.signer), "receipts": receipts })
    }

    fn entry(&mut self, event: &[u8]) -> String {
        let event = std::str::from_utf8(event).unwrap();
        let jwt = event.split('~').next().unwrap();
        let intake = intake_digest("x");
        let entry = write_entry(&EntryRef { prev: self.prev, intake: &intake, event: jwt });
        self.prev = *leaf_hash(&entry).as_bytes();
        String::from_utf8(entry).unwrap()
    }
}

pub fn config(bus_url: &str) -> ProducerConfig {
    ProducerConfig::new(ISSUER.parse().unwrap(), ORIGIN.parse().unwrap(), bus_url, "trust.policy")
}

pub fn make_home(dir: &Path, bus_url: &str, ledger: &TestLedger) -> Home {
    let home = Home::create(dir, config(bus_url), None, &mut OsEntropy).unwrap();
    std::fs::write(dir.join("trust.policy"), ledger.policy()).unwrap();
    home
}

pub fn fields() -> Map<String, Value> {
    let fields = json!({
        "ground": "bond_or_recognizance",
        "occurred_at": "2026-11-22T09:38:12-07:00",
        "recorded_at": "2026-11-22T09:45-07:00",
        "matter_ref": "k3vq7tz2m5ywb4cdnxr6gh2sja",
    });
    fields.as_object().unwrap().clone()
}

pub fn draft() -> Draft {
    Draft::new("release.eligible".parse().unwrap(), fields())
}

pub fn drafts(count: usize) -> Vec<Draft> {
    vec![draft(); count]
}

/// Checks that what waits is a gapless chain from number 0 on, and returns how long it is.
pub fn check_chain(home: &Home) -> u64 {
    let mut prev = daybook_event::Position::first(&ORIGIN.parse().unwrap()).prev;
    let mut next = 0;
    loop {
        let page = home.outbox().pending_from(next, 256).unwrap();
        if page.is_empty() {
            assert_eq!(home.outbox().position().unwrap().seq, next);
            assert_eq!(home.outbox().position().unwrap().prev, prev);
            return next;
        }
        for event in page {
            let jwt = std::str::from_utf8(event.jwt()).unwrap().to_owned();
            let token = daybook_event::Token::parse_jwt(&jwt).unwrap();
            assert_eq!((event.seq, token.claims().seq), (next, next));
            assert_eq!(token.claims().prev, prev, "number {next} follows the one before");
            prev = token.jwt_hash();
            next += 1;
        }
    }
}
