//! What comes by memory is what is read from the disk, to the byte.

use std::collections::BTreeMap;

use daybook_event::{
    Class as FieldClass, Draft, Issuer, Origin, OsEntropy, Position, SigningKey, Standing, issue,
};
use daybook_producer::Home;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::*;
use crate::access::Rows;
use crate::bus::{EventHeaders, Inbound, InboundBatch};
use crate::clock::SystemClock;
use crate::knowledge::FactReader;
use crate::metrics::Metrics;
use crate::open::{self, Layout, OpenLedger};
use crate::pipeline::{Admission, Committer};
use crate::{findings, init};

const SECRET: [u8; 32] = [9; 32];

struct Service {
    admission: Admission,
    committer: Committer,
    handover: Arc<Handover>,
    entries: EntryReader,
    rows: Rows,
    zone: jiff::tz::TimeZone,
    /// Lives as long as the ledger is open.
    _committed: watch::Receiver<u64>,
}

fn origin() -> Origin {
    "entries.example/ledger".parse().expect("an origin")
}

impl Service {
    fn open(dir: &std::path::Path) -> Self {
        let ledger = open::open(dir, &mut |_| {}).expect("a ledger");
        let OpenLedger { config, writer, state, index, catalogue, keyring, search, .. } = ledger;
        let (handover, metrics) = (Arc::<Handover>::default(), Arc::new(Metrics::default()));
        let admission = Admission {
            origin: config.origin(),
            catalogue,
            state,
            stream: "EVENTS".into(),
            entropy: Box::new(OsEntropy),
            metrics: Arc::clone(&metrics),
            handover: Arc::clone(&handover),
        };
        let entries = EntryReader::new(writer.reader(), keyring);
        let identifiers = search.expect("an index").identifier_key().clone();
        let (told, committed) = watch::channel(0);
        let (desk, _) = findings::desk();
        let clock = Arc::new(SystemClock);
        let committer = Committer::new(writer, index, metrics, clock, desk, told, Arc::clone(&handover));
        let (zone, rows) = (config.zone(), Rows { identifiers, zone: config.zone() });
        Self { admission, committer, handover, entries, rows, zone, _committed: committed }
    }

    /// Takes a batch in; how many entries came of it.
    fn take_in(&mut self, messages: Vec<Inbound>) -> usize {
        let bytes = messages.iter().map(|message| message.payload.len()).sum();
        let batch = InboundBatch { messages, bytes, acknowledge: None };
        let admitted = self.admission.admit(batch).expect("the index can be read");
        let accepted = admitted.accepted.len();
        self.committer.commit(admitted).expect("the disk works");
        accepted
    }
}

/// A message that arrived at the very end of a second: what is written down of it must not be the next one.
fn message(issuer: &Issuer, compact: String) -> Inbound {
    Inbound {
        subject: issuer.events_subject(),
        headers: EventHeaders::default(),
        payload: compact.into(),
        stream_seq: 7,
        received_at: "2026-11-22T17:00:00.999999999Z".parse().expect("a time"),
        ticket: None,
    }
}

struct Producer {
    issuer: Issuer,
    key: SigningKey,
    at: Position,
}

impl Producer {
    fn new(department: &str) -> Self {
        let issuer = format!("{department}/desk").parse().expect("an issuer");
        let key = SigningKey::generate(&mut OsEntropy).expect("random");
        Self { issuer, key, at: Position::first(&origin()) }
    }

    fn sign(&mut self, draft: &Draft) -> Inbound {
        let catalogue = Catalogue::builtin();
        let signed = issue(draft, &self.issuer, &origin(), self.at, &self.key, catalogue, &mut OsEntropy);
        let signed = signed.expect("the example is in order");
        self.at = self.at.after(&signed);
        message(&self.issuer, signed.compact)
    }
}

fn register(dir: &std::path::Path, producer: &Producer) -> Inbound {
    let home = Home::open(&Layout::new(dir).governance(), None).expect("the governance key's home");
    let public = producer.key.public();
    let fields = json!({
        "producer": producer.issuer.to_string(), "kid": public.kid().to_string(), "x": public.x(),
        "occurred_at": "2026-11-22", "recorded_at": "2026-11-22",
    });
    let draft = Draft::new("key.registered".parse().expect("a type"), object(fields));
    let signed = home.enqueue(&[draft], &mut OsEntropy).expect("it is signed").remove(0);
    message(&Issuer::governance(), signed.compact)
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

/// One event of every type that a department publishes, among them a duplicate, one that is refused and, in their middle, one of the governance key.
fn batches(dir: &std::path::Path) -> Vec<Vec<Inbound>> {
    let catalogue = Catalogue::builtin();
    let department =
        |ty: &daybook_event::EventType| ty.publishers().map_or("sheriff", |listed| &listed[0]).to_owned();
    let types: Vec<_> = catalogue.types().filter(|ty| department(ty) != "ledger").collect();
    assert!(types.iter().any(|ty| ty.fields().iter().any(|field| field.class == FieldClass::W)));
    let mut producers: BTreeMap<String, Producer> =
        types.iter().map(|ty| (department(ty), Producer::new(&department(ty)))).collect();
    let registered = producers.values().map(|producer| register(dir, producer)).collect();
    let mut events: Vec<Inbound> = Vec::new();
    for ty in types {
        let mut draft = Draft::new(ty.name().clone(), object(ty.example().clone()));
        draft.v = ty.version();
        events.push(producers.get_mut(&department(ty)).expect("a producer").sign(&draft));
    }
    let mut refused = events[1].clone();
    refused.subject = "daybook.events.somebody.else".into();
    events.insert(2, refused);
    events.insert(4, events[3].clone());
    events.insert(9, register(dir, &Producer::new("clerk")));
    vec![registered, events]
}

#[test]
fn what_comes_by_memory_gives_the_same_rows_and_facts_as_what_is_on_the_disk() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path().join("ledger");
    init::create(&dir, &origin(), None, &SystemClock, &mut OsEntropy).expect("a new ledger");
    let mut service = Service::open(&dir);
    let from = service.entries.log.size();
    let (findings, access) = (service.handover.seat(Stage::Findings), service.handover.seat(Stage::Access));
    findings.stand_at(from);
    access.stand_at(from);
    let sent = batches(&dir);
    let accepted: Vec<usize> = sent.into_iter().map(|batch| service.take_in(batch)).collect();
    let size = service.entries.log.size();
    assert_eq!(size - from, accepted.iter().sum::<usize>() as u64);
    assert!(accepted[1] > 30, "{accepted:?}");

    // Nothing is read for them: the hand-over holds them all.
    let live = access.take(from..size, &service.entries).expect("they are there");
    let disk = service.entries.each(from..size, |opened| opened).expect("they are on the disk");
    assert_eq!(live.len() as u64, size - from);
    assert_eq!(live, disk);
    let rows = |opened: &[Opened]| opened.iter().map(|opened| service.rows.row(opened)).collect::<Vec<_>>();
    assert_eq!(rows(&live), rows(&disk));

    let reader = EntryReader::new(service.entries.log.clone(), Arc::clone(&service.entries.keyring));
    let by_memory = FactReader::of_stage(reader.clone(), findings, service.zone.clone(), &SECRET);
    let from_disk = FactReader::new(reader.log, reader.keyring, service.zone.clone(), &SECRET);
    let facts = |reader: &FactReader| format!("{:?}", reader.facts(from..size).expect("facts"));
    let (by_memory, from_disk) = (facts(&by_memory), facts(&from_disk));
    assert_eq!(by_memory, from_disk);
    assert!(by_memory.contains("1795366800"), "the second in which they came, not the next");

    let iss: Issuer = "clerk/desk".parse().expect("an issuer");
    let kid = SigningKey::generate(&mut OsEntropy).expect("random").public().kid();
    let standing = service.admission.state.registry().standing(&iss, &kid, 0);
    assert!(matches!(standing, Standing::UnknownKey), "its registration came in");
}

#[test]
fn bytes_that_are_no_entry_are_named_and_not_repeated() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path().join("ledger");
    init::create(&dir, &origin(), None, &SystemClock, &mut OsEntropy).expect("a new ledger");
    let service = Service::open(&dir);
    let log = &service.entries.log;
    let record = |class| log.vault_record(0, class).expect("a record");
    let stored =
        |entry: Vec<u8>, restricted| Stored { index: 0, entry, restricted, withheld: record(Class::W) };
    let open = |stored| service.entries.open(stored, &mut service.entries.keyring.walk());
    assert!(open(stored(log.entry(0).expect("an entry"), record(Class::R))).is_ok());
    let fault =
        open(stored(b"{\"A123456789\"}".to_vec(), record(Class::R))).expect_err("no entry").to_string();
    assert!(fault.starts_with("entry 0: ") && !fault.contains("A123"), "{fault}");
    let mut flipped = record(Class::R);
    flipped[40] ^= 1;
    assert!(open(stored(log.entry(0).expect("an entry"), flipped)).is_err());
}
