//! Programs of departments that sign for one ledger, with a clock and sequence numbers of the test's choice.
//!
//! Their keys are registered by the ledger's own governance key, on the day that the test needs. What they sign goes over the bus like everything else, or is
//! appended to a log at rest, as a service of former days would have left it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use daybook_event::disclose::disclosure_digest;
use daybook_event::entry::intake_disclosure;
use daybook_event::{Catalogue, Class, Draft, Issuer, Jti, Origin, OsEntropy, Position, SigningKey, b64};
use daybook_ledger::open;
use daybook_producer::Home;
use daybook_store::{Disk, KEYRING, NewEntry, Passphrase, Target};
use futures::StreamExt as _;
use serde_json::{Map, Value, json};

use crate::{Ledger, ORIGIN, Random};

/// Signed events of one commit, where a log is written at rest.
const COMMIT_ENTRIES: usize = 256;

/// An event, signed.
#[derive(Debug, Clone)]
pub struct SignedEvent {
    /// Who signed it.
    pub issuer: Issuer,
    /// Its identifier.
    pub jti: Jti,
    jwt: String,
    disclosures: Vec<(Class, String)>,
}

impl SignedEvent {
    /// As it goes over the bus.
    pub fn compact(&self) -> String {
        let mut compact = format!("{}~", self.jwt);
        for (_, disclosure) in &self.disclosures {
            compact.push_str(disclosure);
            compact.push('~');
        }
        compact
    }
}

/// The programs.
pub struct Signers {
    origin: Origin,
    governance: PathBuf,
    keys: BTreeMap<Issuer, (SigningKey, Position)>,
    random: Random,
}

impl Signers {
    /// No program yet. The same seed makes the same keys.
    ///
    /// # Panics
    /// Never: the origin of test ledgers is one.
    pub fn of(ledger: &Ledger, seed: u64) -> Self {
        let governance = ledger.dir().join("keys/governance");
        let origin = ORIGIN.parse().expect("an origin");
        Self { origin, governance, keys: BTreeMap::new(), random: Random::new(seed) }
    }

    /// Whether there is a program of this name.
    pub fn has(&self, issuer: &Issuer) -> bool {
        self.keys.contains_key(issuer)
    }

    /// Makes a program, and the event that registers its key, as if that had happened `at` this time.
    ///
    /// # Panics
    /// The time is none.
    pub fn register(&mut self, issuer: &Issuer, at: &str) -> SignedEvent {
        let key = SigningKey::from_seed(self.random.bytes());
        let fields = json!({
            "producer": issuer.to_string(), "kid": key.public().kid().to_string(), "x": key.public().x(),
            "occurred_at": at, "recorded_at": at,
        });
        self.keys.insert(issuer.clone(), (key, Position::first(&self.origin)));
        self.govern("key.registered", &fields)
    }

    /// Signs with the governance key.
    ///
    /// # Panics
    /// The catalogue refuses the event, or the ledger has no governance key.
    pub fn govern(&mut self, event: &str, fields: &Value) -> SignedEvent {
        let fields = fields.as_object().expect("fields").clone();
        let draft = Draft::new(event.parse().expect("a type"), fields);
        // Opened for this one event: `daybook keys` wants the home as well.
        let home = Home::open(&self.governance, None).expect("the governance key");
        let signed = home.enqueue(&[draft], &mut OsEntropy).expect("signed").remove(0);
        let ty = Catalogue::builtin().latest(event).expect("a type of the catalogue");
        let (jwt, disclosures) = signed.compact.split_once('~').expect("an SD-JWT");
        let disclosures = disclosures.split_terminator('~').map(str::to_owned);
        let disclosures = ty.slots().iter().map(|slot| slot.class).zip(disclosures).collect();
        SignedEvent { issuer: Issuer::governance(), jti: signed.jti, jwt: jwt.to_owned(), disclosures }
    }

    /// Signs an event, whatever it says; under its next number, or another.
    ///
    /// # Panics
    /// No such type or program.
    pub fn sign(
        &mut self,
        issuer: &Issuer,
        event: &str,
        fields: &Map<String, Value>,
        seq: Option<u64>,
    ) -> SignedEvent {
        let (key, at) = self.keys.get_mut(issuer).expect("a program that was registered");
        let at_seq = seq.unwrap_or(at.seq);
        let ty = Catalogue::builtin().latest(event).expect("a type of the catalogue");
        let jti = Jti::from_random(self.random.bytes());
        let occurred = fields["occurred_at"].as_str().expect("every event says when it occurred");
        let mut data = fields.clone();
        let mut disclosures = Vec::new();
        for slot in ty.slots() {
            let inner: Map<String, Value> =
                slot.fields.iter().filter_map(|name| data.remove_entry(name)).collect();
            let value = match (slot.grouped, inner.is_empty()) {
                (_, true) => Value::Null,
                (true, false) => Value::Object(inner),
                (false, false) => inner[&slot.name].clone(),
            };
            let salt = b64::encode(self.random.bytes::<16>());
            let disclosure = b64::encode(json!([salt, value]).to_string());
            data.insert(slot.name.clone(), json!([{ "...": disclosure_digest(&disclosure) }]));
            disclosures.push((slot.class, disclosure));
        }
        let header = json!({ "alg": "Ed25519", "kid": key.public().kid(), "typ": "daybook-event+sd-jwt" });
        let payload = json!({
            "iss": issuer, "aud": self.origin, "jti": jti, "event": ty.name(), "v": ty.version(),
            "period": occurred[..7], "seq": at_seq, "prev": b64::encode(at.prev), "data": data,
        });
        let input = format!("{}.{}", b64::encode(header.to_string()), b64::encode(payload.to_string()));
        let jwt = format!("{input}.{}", b64::encode(key.sign(input.as_bytes())));
        *at = Position { seq: at_seq + 1, prev: daybook_event::hash::sha256(jwt.as_bytes()) };
        SignedEvent { issuer: issuer.clone(), jti, jwt, disclosures }
    }
}

/// Sends events over the bus, in order, and waits until the ledger has them all.
///
/// # Panics
/// An event is refused, or does not come through in time.
pub fn send(ledger: &Ledger, events: &[SignedEvent], limit: std::time::Duration) {
    let work = async {
        let client = crate::connect(&ledger.nats.url()).await.expect("the bus answers");
        let mut refusals = client.subscribe("daybook.refusals.>").await.expect("subscribed");
        client.flush().await.expect("the bus answers");
        let stream = async_nats::jetstream::new(client);
        for event in events {
            let mut headers = async_nats::HeaderMap::new();
            headers.insert("Nats-Msg-Id", event.jti.to_string());
            let (subject, body) = (event.issuer.events_subject(), event.compact().into());
            stream.publish_with_headers(subject, headers, body).await.expect("sent").await.expect("taken");
        }
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            let there = ledger.identifiers();
            let missing = events.iter().filter(|event| !there.contains(&event.jti)).count();
            if missing == 0 {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{missing} events do not come through:\n{}",
                ledger.log_tail()
            );
            let pause = std::time::Duration::from_millis(50);
            if let Ok(Some(refusal)) = tokio::time::timeout(pause, refusals.next()).await {
                panic!("refused: {}", String::from_utf8_lossy(&refusal.payload));
            }
        }
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(work);
}

/// Appends events to the log of a ledger whose service does not run, as a service of former days would have: with the time at which each was taken in, and
/// without a look at what it says. The number of the first entry.
///
/// # Panics
/// The ledger cannot be opened or written.
pub fn append(ledger: &Ledger, events: &[(SignedEvent, String)]) -> u64 {
    let mut open = open::open(&ledger.dir(), &mut |_| {}).expect("the ledger is at rest");
    let first = open.writer.size();
    let intakes: Vec<String> = (first..)
        .zip(events)
        .map(|(number, (_, at))| {
            intake_disclosure(at, Some(("DAYBOOK_EVENTS", number)), &mut OsEntropy).expect("random bytes")
        })
        .collect();
    let of = |event: &SignedEvent, class| -> Vec<String> {
        let of_class = event.disclosures.iter().filter(|(of, _)| *of == class);
        of_class.map(|(_, disclosure)| disclosure.clone()).collect()
    };
    let parts: Vec<_> = events.iter().map(|(event, _)| (of(event, Class::R), of(event, Class::W))).collect();
    let entries: Vec<NewEntry<'_>> = events
        .iter()
        .zip(&intakes)
        .zip(&parts)
        .map(|(((event, _), intake), (r, w))| NewEntry {
            jwt: &event.jwt,
            intake,
            r: r.iter().map(String::as_str).collect(),
            w: w.iter().map(String::as_str).collect(),
        })
        .collect();
    for batch in entries.chunks(COMMIT_ENTRIES) {
        open.writer.commit(batch).expect("committed");
    }
    first
}

/// Erases vault records of a ledger whose service does not run.
///
/// # Panics
/// The keyring cannot be read or written.
pub fn erase(ledger: &Ledger, records: &[(u64, daybook_store::Class)]) {
    let (config, _, _) = open::read_only(&ledger.dir()).expect("a ledger");
    let storage = Arc::new(Disk::open(ledger.dir()).expect("its directory"));
    let layout = open::Layout::new(&ledger.dir());
    let keyring = open::read_keyring(storage.as_ref(), &layout, &config).expect("its keyring");
    let lock = ledger.dir().join(&config.keys.keyring_passphrase_file);
    let lock = Passphrase::from_file(&lock).expect("its passphrase");
    let records: Vec<Target> = records.iter().map(|(entry, class)| Target::record(*entry, *class)).collect();
    keyring.erase(&records, storage.as_ref(), KEYRING, &lock, &mut OsEntropy).expect("its keyring");
}
