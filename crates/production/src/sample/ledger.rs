//! A ledger in memory: keys from fixed seeds, randomness from a counter, a clock that ticks once an entry. So the same story gives the same
//! bytes.

use std::collections::BTreeMap;

use daybook_event::entry::{EntryRef, intake_digest, intake_disclosure, write_entry};
use daybook_event::hash::sha256;
use daybook_event::registry::{KEY_REGISTERED, KEY_REVOKED, KEY_ROTATED, LEDGER_OPENED};
use daybook_event::{
    Catalogue, Draft, Entropy, EntropyError, Issuer, Jti, Kid, Origin, Position, SigningKey, issue,
};
use daybook_tlog::{
    Checkpoint, Cosigner, Hash, HashReader, LevelAppender, NoteSigner, Policy, TlogProof, leaf_hash,
    prove_consistency, prove_inclusion, root_at,
};
use daybook_verify::production::Consistency;
use serde_json::{Map, Value, json};

/// The ledger's name.
pub const ORIGIN: &str = "ledger.example/daybook";
const WITNESS: &str = "witness.example/w1";
const STREAM: &str = "DAYBOOK_EVENTS";
/// Seconds since 1970 at which the witness cosigns: 20 November 2026, 19:00 UTC.
const COSIGNED_S: u64 = 1_795_201_200;
/// Entries from 08:00 to 17:00, one a minute; those behind them come by the second.
const ENTRIES_BY_THE_MINUTE: u64 = 9 * 60;

/// Entries that the clock's day has room for.
const MAX_ENTRIES: usize = 25_000;

/// One entry with everything that the ledger's vault would hold of it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The entry, byte for byte.
    pub entry: Vec<u8>,
    /// Every disclosure of the event, in slot order.
    pub disclosures: Vec<String>,
    /// The intake disclosure.
    pub intake: String,
    /// The event's identifier.
    pub jti: Jti,
    /// The fields as they were given.
    pub fields: Map<String, Value>,
    /// The type of event.
    pub event: String,
    /// The producer.
    pub iss: Issuer,
}

/// The ledger.
pub struct Ledger {
    /// Its name.
    pub origin: Origin,
    /// Its entries.
    pub kept: Vec<Kept>,
    log: NoteSigner,
    witness: Cosigner,
    tree: LevelAppender,
    levels: Vec<Vec<Hash>>,
    keys: BTreeMap<Issuer, (SigningKey, Position)>,
    rng: Counter,
    seeds: u8,
}

/// Bytes that follow from a number. For samples only: whoever knows them knows every salt.
struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        for part in buf.chunks_mut(32) {
            self.0 += 1;
            let block = sha256(format!("daybook sample {}", self.0));
            part.iter_mut().zip(block).for_each(|(byte, random)| *byte = random);
        }
        Ok(())
    }
}

impl Ledger {
    /// A new ledger: entry 0 opens it, entry 1 registers the key of `ledger/access`.
    pub fn new() -> Self {
        let name = |name: &str| name.parse().expect("a name with its right form");
        let origin: Origin = ORIGIN.parse().expect("a name with its right form");
        let mut ledger = Self {
            log: NoteSigner::from_seed(name(ORIGIN), [101; 32]),
            witness: Cosigner::from_seed(name(WITNESS), [102; 32]),
            origin: origin.clone(),
            kept: Vec::new(),
            tree: LevelAppender::default(),
            levels: Vec::new(),
            keys: BTreeMap::new(),
            rng: Counter(0),
            seeds: 0,
        };
        let key = ledger.new_key();
        let public = key.public();
        ledger.keys.insert(Issuer::governance(), (key, Position::first(&origin)));
        let opened = json!({"origin": ORIGIN, "log_vkey": ledger.log.vkey().to_string(), "kid": public.kid(), "x": public.x()});
        ledger.append(Issuer::GOVERNANCE, LEDGER_OPENED, opened);
        ledger.register("ledger/access");
        ledger
    }

    /// The policy that trusts the log and asks for the witness.
    pub fn policy(&self) -> String {
        format!("log {}\nwitness w1 {}\nquorum w1\n", self.log.vkey(), self.witness.vkey())
    }

    /// The log's key.
    pub fn log_key(&self) -> daybook_tlog::Vkey {
        self.log.vkey()
    }

    /// Entries so far.
    pub fn size(&self) -> u64 {
        self.kept.len() as u64
    }

    /// When entry `index` happened, in the department's zone, seven hours behind UTC: one a minute until 17:00, then one a second.
    pub fn at(index: u64) -> String {
        match index.checked_sub(ENTRIES_BY_THE_MINUTE) {
            None => format!("2026-11-20T{:02}:{:02}:00-07:00", 8 + index / 60, index % 60),
            Some(s) => format!("2026-11-20T{:02}:{:02}:{:02}-07:00", 17 + s / 3600, s / 60 % 60, s % 60),
        }
    }

    /// The same in UTC.
    pub fn at_utc(index: u64) -> String {
        match index.checked_sub(ENTRIES_BY_THE_MINUTE) {
            None => format!("2026-11-20T{:02}:{:02}:00Z", 15 + index / 60, index % 60),
            Some(s) => format!("2026-11-21T{:02}:{:02}:{:02}Z", s / 3600, s / 60 % 60, s % 60),
        }
    }

    /// Appends an event; the times are put in. Gives its index.
    ///
    /// # Panics
    /// If the event is not one that the ledger takes: the story is wrong then.
    pub fn append(&mut self, iss: &str, event: &str, fields: Value) -> u64 {
        let index = self.size();
        assert!(self.kept.len() < MAX_ENTRIES, "the day of the sample is over");
        let iss: Issuer = iss.parse().expect("an issuer");
        let Value::Object(mut fields) = fields else { panic!("fields are an object") };
        for time in ["occurred_at", "recorded_at"] {
            fields.entry(time).or_insert_with(|| Self::at(index).into());
        }
        let draft = Draft::new(event.parse().expect("a type"), fields.clone());
        let (key, at) = self.keys.remove(&iss).expect("a producer whose key is registered");
        let signed = issue(&draft, &iss, &self.origin, at, &key, Catalogue::builtin(), &mut self.rng)
            .unwrap_or_else(|error| panic!("entry {index} of the sample, {event}: {error}"));
        self.keys.insert(iss.clone(), (key, at.after(&signed)));
        let received = Self::at_utc(index).replace('Z', ".250Z");
        let stream = (index > 0).then_some((STREAM, index));
        let intake = intake_disclosure(&received, stream, &mut self.rng).expect("a counter does not fail");
        let prev = self.kept.last().map_or(self.origin.first_prev(), |before| leaf_hash(&before.entry).0);
        let entry = write_entry(&EntryRef { prev, intake: &intake_digest(&intake), event: signed.jwt() });
        self.tree.push(leaf_hash(&entry));
        for run in self.tree.drain_all() {
            let level = usize::from(run.level);
            if self.levels.len() <= level {
                self.levels.resize_with(level + 1, Vec::new);
            }
            self.levels[level].extend(run.hashes);
        }
        let disclosures =
            signed.compact.split('~').skip(1).filter(|one| !one.is_empty()).map(str::to_owned).collect();
        self.kept.push(Kept {
            entry,
            disclosures,
            intake,
            jti: signed.jti,
            fields,
            event: event.to_owned(),
            iss,
        });
        index
    }

    /// Registers a new key for a producer.
    pub fn register(&mut self, producer: &str) -> u64 {
        let key = self.new_key();
        let public = key.public();
        let fields = json!({"producer": producer, "kid": public.kid(), "x": public.x()});
        let index = self.append(Issuer::GOVERNANCE, KEY_REGISTERED, fields);
        let at = Position::first(&self.origin);
        self.keys.insert(producer.parse().expect("an issuer"), (key, at));
        index
    }

    /// Replaces a producer's key from its next event on.
    pub fn rotate(&mut self, producer: &str) -> u64 {
        let issuer: Issuer = producer.parse().expect("an issuer");
        let key = self.new_key();
        let public = key.public();
        let (old, at) = self.keys.remove(&issuer).expect("a producer");
        let fields = json!({"producer": producer, "kid": public.kid(), "x": public.x(),
            "old_kid": old.public().kid(), "from_seq": at.seq});
        let index = self.append(Issuer::GOVERNANCE, KEY_ROTATED, fields);
        self.keys.insert(issuer, (key, at));
        index
    }

    /// Ends a producer's key.
    pub fn revoke(&mut self, producer: &str) -> u64 {
        let kid: Kid = self.keys[&producer.parse::<Issuer>().expect("an issuer")].0.public().kid();
        let fields = json!({"producer": producer, "kid": kid, "reason": "producer_closed"});
        self.append(Issuer::GOVERNANCE, KEY_REVOKED, fields)
    }

    /// The signed and cosigned checkpoint at a size.
    pub fn checkpoint(&self, size: u64) -> String {
        let root = root_at(self, size).expect("memory reads");
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root };
        checkpoint.sign(&self.log) + &self.witness.cosign(&checkpoint.text(), COSIGNED_S)
    }

    /// The proof of an entry under the checkpoint of a size.
    pub fn proof(&self, index: u64, size: u64) -> TlogProof {
        let path = prove_inclusion(self, index, size).expect("memory reads, and the entry is in it");
        TlogProof { extra: None, index, path, checkpoint: self.checkpoint(size) }
    }

    /// The proof from one size to a later one.
    pub fn consistency(&self, from: u64, to: u64) -> Consistency {
        let path = prove_consistency(self, from, to).expect("memory reads, and sizes grow");
        Consistency { from, to, path }
    }

    /// The leaf hash of an entry.
    pub fn leaf(&self, index: u64) -> Hash {
        leaf_hash(&self.kept[index as usize].entry)
    }

    /// The policy, read.
    pub fn trusted(&self) -> Policy {
        self.policy().parse().expect("the sample's policy has the right form")
    }

    fn new_key(&mut self) -> SigningKey {
        self.seeds += 1;
        SigningKey::from_seed([self.seeds; 32])
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

impl HashReader for Ledger {
    type Error = std::convert::Infallible;

    fn read_hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
        let start = start as usize;
        Ok(self.levels[usize::from(level)][start..start + count].to_vec())
    }
}
