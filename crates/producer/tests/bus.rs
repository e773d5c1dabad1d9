//! Sending over a real bus: order, resending, belief in receipts, refusals, a bus that goes away.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, consumer, stream};
use common::nats::NatsServer;
use common::{ISSUER, TestLedger, drafts, make_home};
use daybook_event::OsEntropy;
use daybook_producer::clock::SystemClock;
use daybook_producer::{Figures, Home, Producer, Progress, Standing, Waits, digest};
use futures::StreamExt as _;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);

/// A bus with the stream of events, and the ledger's end of it.
struct Bench {
    server: NatsServer,
    client: async_nats::Client,
    consumer: consumer::PullConsumer,
}

impl Bench {
    async fn new() -> Self {
        let server = NatsServer::start().unwrap();
        let client = async_nats::connect(server.url()).await.unwrap();
        let context = jetstream::new(client.clone());
        let config = stream::Config {
            name: "DAYBOOK_EVENTS".into(),
            subjects: vec!["daybook.events.>".into()],
            ..stream::Config::default()
        };
        let stream = context.create_stream(config).await.unwrap();
        let consumer = stream
            .create_consumer(consumer::pull::Config {
                durable_name: Some("ledger".into()),
                ..Default::default()
            })
            .await
            .unwrap();
        Self { server, client, consumer }
    }

    async fn take(&self, count: usize) -> Vec<jetstream::Message> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            taken.extend(self.fetch(count - taken.len()).await);
        }
        taken
    }

    /// What is there, at least one message; taken off the stream's list in order.
    async fn fetch(&self, most: usize) -> Vec<jetstream::Message> {
        let fetch = async {
            loop {
                let batch = self.consumer.fetch().max_messages(most).messages().await.unwrap();
                let batch: Vec<_> = batch.filter_map(|message| async { message.ok() }).collect().await;
                for message in &batch {
                    message.ack().await.unwrap();
                }
                if !batch.is_empty() {
                    return batch;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(LIMIT, fetch).await.expect("the bus has no more messages")
    }

    async fn tell(&self, kind: &str, message: &Value) {
        let subject = format!("daybook.{kind}.sheriff.jail-records");
        self.client.publish(subject, message.to_string().into()).await.unwrap();
        self.client.flush().await.unwrap();
    }
}

fn quick() -> Waits {
    Waits {
        receipt_first: Duration::from_millis(400),
        max: Duration::from_millis(1_600),
        publish_retry: Duration::from_millis(100),
        refused_first: Duration::from_millis(200),
    }
}

fn producer(home: &Home) -> Producer {
    producer_with(home, quick())
}

fn producer_with(home: &Home, waits: Waits) -> Producer {
    let policy = Arc::new(home.policy().unwrap());
    let (outbox, issuer) = (Arc::clone(home.outbox()), home.config().issuer.clone());
    Producer::with(outbox, issuer, policy, home.bus(), Arc::new(SystemClock::new()), Box::new(OsEntropy))
        .with_waits(waits)
}

async fn until(progress: &Progress, wanted: impl Fn(&Figures) -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !wanted(&progress.figures()) {
        assert!(Instant::now() < deadline, "{:?}", progress.figures());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn refusal(body: &[u8], seq: u64, code: &str, retry: bool) -> Value {
    json!({
        "type": format!("urn:daybook:refusal:{code}"), "title": "t", "status": 422, "detail": "What is wrong.",
        "code": code, "remedy": "What to do.", "retry": retry, "digest": digest(body), "seq": seq,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_out_in_order_with_their_headers_and_leave_the_outbox_when_receipted() {
    let (bench, mut ledger, dir) = (Bench::new().await, TestLedger::new(1), tempfile::tempdir().unwrap());
    let home = make_home(dir.path(), &bench.server.url(), &ledger);
    let signed = home.enqueue(&drafts(700), &mut OsEntropy).unwrap();
    let run = tokio::spawn(producer_with(&home, Waits::default()).run_until_settled(0..700, LIMIT));
    let messages = bench.take(700).await;
    for (message, signed) in messages.iter().zip(&signed) {
        assert_eq!(message.payload, signed.compact.as_bytes(), "the signed bytes, in order");
    }
    let headers = messages[0].headers.as_ref().unwrap();
    let jti = signed[0].jti.to_string();
    for (name, value) in [
        ("Nats-Msg-Id", jti.as_str()),
        ("ce-id", &jti),
        ("ce-specversion", "1.0"),
        ("ce-source", ISSUER),
        ("ce-type", "release.eligible"),
        ("Content-Type", "application/daybook-event+sd-jwt"),
    ] {
        assert_eq!(headers.get(name).unwrap().as_str(), value, "{name}");
    }
    let bodies: Vec<_> = messages.iter().map(|message| message.payload.clone()).collect();
    for part in bodies.chunks(200) {
        bench.tell("receipts", &ledger.commit(ISSUER, part)).await;
    }
    let standing = run.await.unwrap().unwrap();
    assert_eq!(standing, Standing { receipts: 700, refused: 0, waiting: 0 });
    let (receipt, checkpoint) = home.outbox().receipt(650).unwrap().unwrap();
    assert_eq!(receipt.index, 650);
    let file = daybook_producer::receipt_file(&receipt, &checkpoint);
    let verdict = daybook_verify::verify_receipt(file.as_bytes(), &home.policy().unwrap()).unwrap();
    assert_eq!((verdict.index, verdict.claims.seq, verdict.jwt_hash), (650, 650, signed[650].jwt_hash));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_receipt_the_same_bytes_go_out_again_under_a_new_id() {
    let (bench, mut ledger, dir) = (Bench::new().await, TestLedger::new(1), tempfile::tempdir().unwrap());
    let home = make_home(dir.path(), &bench.server.url(), &ledger);
    let signed = home.enqueue(&drafts(1), &mut OsEntropy).unwrap();
    let run = tokio::spawn(producer(&home).run_until_settled(0..1, LIMIT));
    let messages = bench.take(3).await;
    let id = |message: &jetstream::Message| {
        message.headers.as_ref().unwrap().get("Nats-Msg-Id").unwrap().to_string()
    };
    let jti = signed[0].jti.to_string();
    assert_eq!(
        messages.iter().map(id).collect::<Vec<_>>(),
        [jti.clone(), format!("{jti}/2"), format!("{jti}/3")]
    );
    assert!(messages.iter().all(|message| message.payload == signed[0].compact.as_bytes()));
    bench.tell("receipts", &ledger.commit(ISSUER, &[&messages[0].payload])).await;
    assert_eq!(run.await.unwrap().unwrap().receipts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_asks_for_the_receipt_that_was_missed() {
    let (bench, mut ledger, dir) = (Bench::new().await, TestLedger::new(1), tempfile::tempdir().unwrap());
    let home = make_home(dir.path(), &bench.server.url(), &ledger);
    home.enqueue(&drafts(2), &mut OsEntropy).unwrap();
    let standing = producer(&home).run_until_settled(0..2, Duration::from_millis(300)).await.unwrap();
    assert_eq!(standing.waiting, 2);
    // The ledger's receipts go out while nobody listens.
    let bodies: Vec<_> = bench.take(2).await.iter().map(|message| message.payload.clone()).collect();
    let receipts = ledger.commit(ISSUER, &bodies);
    bench.tell("receipts", &receipts).await;
    let run = tokio::spawn(producer(&home).run_until_settled(0..2, LIMIT));
    // The first ids are duplicates to the bus; the question comes under new ones.
    let again = bench.take(2).await;
    assert_eq!(again[0].payload, bodies[0]);
    bench.tell("receipts", &receipts).await;
    assert_eq!(run.await.unwrap().unwrap().receipts, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_receipts_are_counted_and_change_nothing() {
    let (bench, mut ledger, dir) = (Bench::new().await, TestLedger::new(1), tempfile::tempdir().unwrap());
    let home = make_home(dir.path(), &bench.server.url(), &ledger);
    let signed = home.enqueue(&drafts(2), &mut OsEntropy).unwrap();
    let producer = producer(&home);
    let progress = producer.progress();
    let run = tokio::spawn(producer.run_until_settled(0..2, LIMIT));
    bench.take(2).await;

    let bodies = [signed[0].compact.as_bytes(), signed[1].compact.as_bytes()];
    let other_log = TestLedger::new(2).commit(ISSUER, &bodies);
    let mut other_issuer = TestLedger::new(1).commit("police/records", &bodies[..1]);
    let mut damaged_path = TestLedger::new(1).commit(ISSUER, &bodies);
    damaged_path["receipts"][0]["path"][0] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    damaged_path["receipts"].as_array_mut().unwrap().pop();
    let mut other_index = TestLedger::new(1).commit(ISSUER, &bodies);
    other_index["receipts"][0]["index"] = json!(1);
    other_index["receipts"].as_array_mut().unwrap().pop();
    // Truly in the tree, but not what was signed here under that number: a byte of the signature differs.
    let (jwt, rest) = signed[0].compact.split_once('~').unwrap();
    let swapped = if jwt.as_bytes()[jwt.len() - 20] == b'A' { "B" } else { "A" };
    let altered = format!("{}{swapped}{}~{rest}", &jwt[..jwt.len() - 20], &jwt[jwt.len() - 19..]);
    let not_mine = TestLedger::new(1).commit(ISSUER, &[altered]);
    let mut no_checkpoint = TestLedger::new(1).commit(ISSUER, &bodies[..1]);
    no_checkpoint["checkpoint"] = json!("");
    other_issuer["iss"] = json!("police/records");
    let forged = [
        other_log,
        other_issuer,
        damaged_path,
        other_index,
        not_mine,
        no_checkpoint,
        json!({}),
        json!([]),
        json!("x"),
        json!({ "v": 2, "iss": ISSUER, "checkpoint": "", "receipts": [] }),
    ];
    for (place, message) in forged.iter().enumerate() {
        bench.tell("receipts", message).await;
        until(&progress, |figures| figures.invalid_receipts == place as u64 + 1).await;
        assert_eq!(home.outbox().counts().unwrap().pending, 2, "message {place}");
    }
    bench.tell("receipts", &ledger.commit(ISSUER, &bodies)).await;
    assert_eq!(run.await.unwrap().unwrap().receipts, 2);
    assert_eq!(progress.figures().receipts, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_refusal_takes_the_event_out_and_keeps_it_with_the_reason() {
    let (bench, ledger, dir) = (Bench::new().await, TestLedger::new(1), tempfile::tempdir().unwrap());
    let home = make_home(dir.path(), &bench.server.url(), &ledger);
    home.enqueue(&drafts(2), &mut OsEntropy).unwrap();
    let producer = producer(&home);
    let progress = producer.progress();
    let run = tokio::spawn(producer.run_until_settled(0..2, LIMIT));
    let bodies: Vec<_> = bench.take(2).await.iter().map(|message| message.payload.clone()).collect();
    bench.tell("refusals", &refusal(b"another message", 0, "schema", false)).await;
    until(&progress, |figures| figures.stray_refusals == 1).await;
    assert_eq!(home.outbox().counts().unwrap().refused, 0, "it was about other bytes");
    bench.tell("refusals", &refusal(&bodies[0], 0, "schema", false)).await;
    let mut unnumbered = refusal(&bodies[1], 1, "bad-claims", false);
    unnumbered.as_object_mut().unwrap().remove("seq");
    bench.tell("refusals", &unnumbered).await;
    let standing = run.await.unwrap().unwrap();
    assert_eq!(standing, Standing { receipts: 0, refused: 2, waiting: 0 });
    let kept = home.outbox().refused(10).unwrap();
    assert_eq!(
        (kept[0].event.compact.clone(), &kept[0].problem["code"]),
        (bodies[0].clone(), &json!("schema"))
    );
    assert_eq!(progress.take_refusals().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_refused_for_an_unregistered_key_goes_out_again_until_it_is_accepted() {
    let (bench, mut ledger, dir) = (Bench::new().await, TestLedger::new(1), tempfile::tempdir().unwrap());
    let home = make_home(dir.path(), &bench.server.url(), &ledger);
    home.enqueue(&drafts(1), &mut OsEntropy).unwrap();
    let waits = Waits { receipt_first: Duration::from_secs(60), max: Duration::from_secs(60), ..quick() };
    let run = tokio::spawn(producer_with(&home, waits).run_until_settled(0..1, LIMIT));
    let first = bench.take(1).await;
    bench.tell("refusals", &refusal(&first[0].payload, 0, "unknown-key", true)).await;
    let again = bench.take(1).await;
    assert_eq!(again[0].payload, first[0].payload);
    assert_eq!(home.outbox().counts().unwrap().pending, 1);
    bench.tell("receipts", &ledger.commit(ISSUER, &[&again[0].payload])).await;
    assert_eq!(run.await.unwrap().unwrap().receipts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_goes_away_and_comes_back_is_taken_up_where_it_was() {
    let (mut bench, mut ledger, dir) = (Bench::new().await, TestLedger::new(1), tempfile::tempdir().unwrap());
    let home = make_home(dir.path(), &bench.server.url(), &ledger);
    home.enqueue(&drafts(3), &mut OsEntropy).unwrap();
    bench.server.kill();
    let producer = producer(&home);
    let progress = producer.progress();
    let run = tokio::spawn(producer.run_until_settled(0..2_003, 2 * LIMIT));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!progress.figures().connected);
    bench.server.restart().unwrap();
    until(&progress, |figures| figures.acknowledged >= 3).await;
    home.enqueue(&drafts(2_000), &mut OsEntropy).unwrap();
    bench.server.kill();
    until(&progress, |figures| !figures.connected).await;
    bench.server.restart().unwrap();
    // Every event arrives, whatever was lost on the way; the ledger receipts what it sees.
    let mut bodies: Vec<bytes::Bytes> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    while bodies.len() < 2_003 {
        for message in bench.fetch(500).await {
            if seen.insert(message.payload.clone()) {
                bodies.push(message.payload.clone());
            }
        }
    }
    for part in bodies.chunks(200) {
        bench.tell("receipts", &ledger.commit(ISSUER, part)).await;
    }
    assert_eq!(run.await.unwrap().unwrap(), Standing { receipts: 2_003, refused: 0, waiting: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_stream_nothing_is_lost_and_the_reason_is_told() {
    let server = NatsServer::start().unwrap();
    let (ledger, dir) = (TestLedger::new(1), tempfile::tempdir().unwrap());
    let home = make_home(dir.path(), &server.url(), &ledger);
    home.enqueue(&drafts(3), &mut OsEntropy).unwrap();
    let producer = producer(&home);
    let progress = producer.progress();
    let standing = producer.run_until_settled(0..3, Duration::from_secs(1)).await.unwrap();
    assert_eq!(standing.waiting, 3);
    assert!(progress.figures().trouble.unwrap().contains("no stream"));
}

/// Not a claim about other machines: run it in a release build to see what this one does.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement; run with --release -- --ignored --nocapture"]
async fn how_fast_events_are_recorded_sent_and_settled() {
    const EVENTS: usize = 50_000;
    let (bench, mut ledger, dir) = (Bench::new().await, TestLedger::new(1), tempfile::tempdir().unwrap());
    let home = make_home(dir.path(), &bench.server.url(), &ledger);
    let per_second = |start: Instant| (EVENTS as f64 / start.elapsed().as_secs_f64()).round();
    let start = Instant::now();
    for _ in 0..EVENTS / 1_000 {
        home.enqueue(&drafts(1_000), &mut OsEntropy).unwrap();
    }
    println!("recorded: {} events/s in transactions of 1,000", per_second(start));
    let mut subscription = bench.client.subscribe("daybook.events.>").await.unwrap();
    bench.client.flush().await.unwrap();
    let producer = producer_with(&home, Waits::default());
    let progress = producer.progress();
    let start = Instant::now();
    let run = tokio::spawn(producer.run_until_settled(0..EVENTS as u64, 10 * LIMIT));
    let mut batch = Vec::new();
    for taken in 1..=EVENTS {
        batch.push(subscription.next().await.unwrap().payload);
        if batch.len() == 256 || taken == EVENTS {
            bench.tell("receipts", &ledger.commit(ISSUER, &batch)).await;
            batch.clear();
        }
    }
    assert_eq!(run.await.unwrap().unwrap().receipts, EVENTS as u64);
    println!("sent, receipted and settled: {} events/s; {:?}", per_second(start), progress.figures());
}
