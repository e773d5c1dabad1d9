//! What it costs to examine an event: parsing, key, signature, digests, schema, forbidden data.
//!
//! On one thread, so that the figure is CPU per event; the service examines on all cores. The strict check of one
//! signature stands beside it for the ratio.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use daybook_event::{
    Catalogue, Draft, Issuer, Origin, OsEntropy, Position, Registry, Signed, SigningKey, Token, issue,
};
use daybook_ledger::admission::{Keep, Rules, examine};
use daybook_ledger::bus::{EventHeaders, Inbound};
use serde_json::{Map, Value, json};

const EVENTS: usize = 1_024;
const PRODUCERS: usize = 16;

struct Signer {
    iss: Issuer,
    key: SigningKey,
    at: Position,
}

impl Signer {
    fn new(iss: &str, origin: &Origin) -> Self {
        let key = SigningKey::generate(&mut OsEntropy).expect("random");
        Self { iss: iss.parse().expect("an issuer"), key, at: Position::first(origin) }
    }

    fn sign(&mut self, origin: &Origin, event: &str, fields: Value) -> Signed {
        let fields: Map<String, Value> = fields.as_object().cloned().expect("an object");
        let draft = Draft::new(event.parse().expect("a type"), fields);
        let signed =
            issue(&draft, &self.iss, origin, self.at, &self.key, Catalogue::builtin(), &mut OsEntropy)
                .expect("a good event");
        self.at = self.at.after(&signed);
        signed
    }
}

/// A registry with the producers' keys, and events of theirs.
fn backlog(origin: &Origin) -> (Registry, Vec<Inbound>) {
    let mut governance = Signer::new("ledger/governance", origin);
    let mut producers: Vec<Signer> =
        (0..PRODUCERS).map(|i| Signer::new(&format!("bench/producer-{i}"), origin)).collect();
    let public = governance.key.public();
    let opened = json!({
        "origin": origin.as_str(), "log_vkey": Catalogue::builtin().latest("ledger.opened").expect("a type").example()["log_vkey"],
        "kid": public.kid().to_string(), "x": public.x(), "occurred_at": "2026-11-22", "recorded_at": "2026-11-22",
    });
    let mut administrative = vec![governance.sign(origin, "ledger.opened", opened)];
    for producer in &producers {
        let public = producer.key.public();
        let registered = json!({
            "producer": producer.iss.to_string(), "kid": public.kid().to_string(), "x": public.x(),
            "occurred_at": "2026-11-22", "recorded_at": "2026-11-22",
        });
        administrative.push(governance.sign(origin, "key.registered", registered));
    }
    let mut registry = Registry::default();
    for (index, signed) in (0..).zip(&administrative) {
        registry
            .apply(index, &Token::parse(signed.compact.as_bytes()).expect("well formed"))
            .expect("in order");
    }
    let example = Catalogue::builtin().latest("paper.classified").expect("a type").example().clone();
    let messages = (0..EVENTS)
        .map(|i| {
            let producer = &mut producers[i % PRODUCERS];
            let signed = producer.sign(origin, "paper.classified", example.clone());
            Inbound {
                subject: producer.iss.events_subject(),
                headers: EventHeaders { msg_id: Some(signed.jti.to_string()), ..EventHeaders::default() },
                payload: signed.compact.into(),
                stream_seq: i as u64,
                received_at: jiff::Timestamp::UNIX_EPOCH,
                ticket: None,
            }
        })
        .collect();
    (registry, messages)
}

fn admission(c: &mut Criterion) {
    let origin: Origin = "bench.daybook.example/ledger".parse().expect("an origin");
    let (registry, messages) = backlog(&origin);
    let rules = Rules { origin: &origin, catalogue: Catalogue::builtin(), keep: Keep::Places };
    assert!(examine(&messages, &registry, rules).iter().all(Result::is_ok));

    let mut group = c.benchmark_group("admission");
    group.throughput(Throughput::Elements(EVENTS as u64)).sample_size(20);
    group.bench_function("examine 1,024 events, one thread", |b| {
        b.iter(|| examine(&messages, &registry, rules))
    });
    let tokens: Vec<Token<'_>> =
        messages.iter().map(|message| Token::parse(&message.payload).expect("well formed")).collect();
    group.bench_function("strict check of 1,024 signatures, one by one", |b| {
        b.iter_batched(
            || (),
            |()| {
                tokens.iter().all(|token| {
                    let claims = token.claims();
                    match registry.standing(&claims.iss, token.kid(), claims.seq) {
                        daybook_event::Standing::InForce(key) => {
                            key.verify_strict(token.signing_input(), token.signature())
                        }
                        _ => false,
                    }
                })
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, admission);
criterion_main!(benches);
