//! Findings computed as entries arrive are those computed from scratch: over whole services, in whatever order events come, late, twice, and with the
//! service killed in between.
#![allow(clippy::print_stdout, reason = "what was found is shown to whoever runs the test with --nocapture")]

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::HeaderMap;
use daybook_event::{Catalogue, Draft, Issuer, OsEntropy, Signed};
use daybook_producer::Home;
use daybook_rules::example::{Prepared, prepare};
use daybook_rules::pack::Pack;
use daybook_tests::{Known, Ledger, ORIGIN, Random, connect, daybook, run_ok};
use serde_json::json;

const STORIES: u64 = 3;
const EVENTS: usize = 240;
/// How long nothing is added before the ledger is taken to rest, and how long that is waited for.
const QUIET: Duration = Duration::from_secs(3);
const SETTLE_LIMIT: Duration = Duration::from_secs(120);

#[test]
fn the_running_service_says_what_anybody_computes_from_the_files() {
    let first = std::env::var("DAYBOOK_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| u64::from(std::process::id()) << 8);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for seed in first..first + STORIES {
        println!("DAYBOOK_SEED={seed}");
        runtime.block_on(story(seed));
    }
}

async fn story(seed: u64) {
    let mut dice = Random::new(seed);
    let mut ledger = Ledger::new();
    ledger.set_rules("study_from = \"2010-01-01\"");
    ledger.start();
    let before = ledger.size();
    let messages = signed(&ledger, &mut dice);
    let distinct = messages.len() as u64;

    let client = connect(&ledger.nats.url()).await.expect("the bus");
    let stream = async_nats::jetstream::new(client);
    let (mut kills, mut compared) = (0, 0);
    for (at, (subject, event)) in messages.iter().enumerate() {
        // A message now and then comes twice, as after a lost receipt.
        for copy in 0..if dice.chance(8) { 2 } else { 1 } {
            let mut headers = HeaderMap::new();
            let id = if copy == 0 { event.jti.to_string() } else { format!("{}/{}", event.jti, copy + 1) };
            headers.insert("Nats-Msg-Id", id);
            let body = event.compact.clone().into();
            let ack =
                stream.publish_with_headers(subject.clone(), headers, body).await.expect("the bus takes it");
            ack.await.expect("the bus has it");
        }
        if dice.chance(2) {
            ledger.kill();
            kills += 1;
            ledger.start();
        }
        if at % 80 == 79 {
            compare(&ledger);
            compared += 1;
        }
    }
    ledger.settle(before + distinct, QUIET, SETTLE_LIMIT);
    compare(&ledger);
    let running = Known::of(&ledger.dir());
    let missing: Vec<String> = running
        .engine
        .findings()
        .filter(|finding| finding.state.as_str() == "new")
        .map(|finding| {
            let line = &running.engine.ruleset().lines()[usize::from(finding.line)];
            format!("{} {} {:?}", running.engine.ruleset().rule(line).id, line.check.name, finding.anchor)
        })
        .collect();
    assert!(
        missing.is_empty(),
        "everything that fails is raised (seed {seed}): {missing:?}\n{}",
        ledger.log_tail()
    );
    let (raised, size) = (running.raised, ledger.size());
    assert!(raised > 0, "the story is about something");

    // A new process over the same log raises nothing again.
    ledger.kill();
    ledger.start();
    ledger.settle(size, QUIET, SETTLE_LIMIT);
    compare(&ledger);
    assert_eq!(Known::of(&ledger.dir()).raised, raised, "nothing is raised twice (seed {seed})");
    ledger.stop();
    assert_eq!(ledger.verify()["ok"], true);
    println!("{distinct} events, {kills} kills, {compared} comparisons on the way, {raised} findings raised");
}

/// Signed events of several departments, in an order that no department would choose.
fn signed(ledger: &Ledger, dice: &mut Random) -> Vec<(String, Signed)> {
    let packs = Pack::builtin().expect("the packs of this repository");
    let pool: Vec<Prepared> = packs
        .iter()
        .flat_map(|pack| &pack.rules)
        .flat_map(|rule| &rule.examples)
        .flat_map(|example| prepare(example).expect("examples are sound"))
        .filter(|event| !event.issuer.is_ledger() && !forbidden(event))
        .collect();
    let mut homes: BTreeMap<Issuer, Home> = BTreeMap::new();
    let mut events: Vec<(Issuer, Signed)> = Vec::new();
    for _ in 0..EVENTS {
        let one = dice.pick(&pool).clone();
        let home = homes.entry(one.issuer.clone()).or_insert_with(|| {
            let made = ledger.producer(one.issuer.department(), one.issuer.producer());
            Home::open(&made.home, None).expect("a home")
        });
        let mut fields = one.fields;
        if fields.contains_key("matter_ref") {
            let letter = char::from(b'a' + u8::try_from(dice.below(12)).expect("small"));
            fields.insert("matter_ref".into(), letter.to_string().repeat(26).into());
        }
        // Some types must say what they correct, open or end.
        let must = match one.kind.as_str() {
            "record.corrected" => Some("corrects"),
            "withheld_field.opened" | "hold.released" => Some("of"),
            _ => None,
        };
        if must.is_some() || dice.chance(30) {
            let Some((_, other)) = events.last() else { continue };
            let rel: &str = must.unwrap_or_else(|| *dice.pick(&["of", "follows", "answers", "corrects"][..]));
            fields.insert("links".into(), json!([{ "rel": rel, "jti": other.jti.to_string() }]));
        }
        let draft = Draft::new(one.kind, fields);
        let signed = home.enqueue(&[draft], &mut OsEntropy).expect("it is signed").remove(0);
        events.push((one.issuer, signed));
    }
    for at in (1..events.len()).rev() {
        let other = usize::try_from(dice.below(at as u64 + 1)).expect("small");
        events.swap(at, other);
    }
    assert_eq!(ORIGIN, homes.values().next().expect("a home").config().origin.as_str());
    events.into_iter().map(|(issuer, signed)| (issuer.events_subject(), signed)).collect()
}

/// Whether admission refuses it today: an example of what an older list let in.
fn forbidden(event: &Prepared) -> bool {
    let ty = Catalogue::builtin().latest(event.kind.as_str()).expect("a type");
    ty.find_forbidden(&event.fields).is_some()
}

fn compare(ledger: &Ledger) {
    run_ok(daybook().args(["findings", "compare", "--url", &ledger.http(), "--dir"]).arg(ledger.dir()));
}
