//! What must be refused is refused over a real bus, with its code, on the producer's own subject; the stream goes on; and what
//! a ledger must not hold is nowhere afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine};
use daybook_event::{Code, Issuer};
use daybook_tests::{Hostile, Ledger, ORIGIN, Program, Refused, daybook, run_ok};

/// The A-number that the hostile events carry.
const FORBIDDEN: &str = "A123456789";
/// How long what was refused may lie on the bus's disk.
const PURGE_LIMIT: Duration = Duration::from_secs(30);

fn program(seed: u64) -> Program {
    let issuer: Issuer = "sheriff/visitor-log".parse().expect("a name");
    Program::new(issuer, ORIGIN.parse().expect("an origin"), seed)
}

fn register(ledger: &Ledger, program: &Program) {
    let request = ledger.scratch().join("visitor-log.jws");
    fs::write(&request, program.registration()).expect("written");
    run_ok(keys(ledger, "register").arg(&request));
}

fn keys(ledger: &Ledger, command: &str) -> Command {
    let mut call = daybook();
    call.args(["keys", command, "--dir"]).arg(ledger.dir()).env("DAYBOOK_BUS", ledger.nats.url());
    call
}

/// Sends a good event of `program` and waits until it is in the ledger.
async fn good_event_goes_through(ledger: &Ledger, program: &mut Program) {
    let (before, signed) = (ledger.size(), program.good());
    let client = daybook_tests::connect(&ledger.nats.url()).await.expect("the bus answers");
    let subject = program.issuer().events_subject();
    let stream = async_nats::jetstream::new(client);
    let sent = stream.publish(subject, signed.compact.into()).await;
    sent.expect("sent").await.expect("taken");
    let deadline = Instant::now() + PURGE_LIMIT;
    while ledger.size() == before {
        assert!(
            Instant::now() < deadline,
            "a good event does not get through any more:\n{}",
            ledger.log_tail()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_hostile_message_is_refused_with_its_code_and_good_events_go_through_between() {
    let mut ledger = Ledger::running();
    let mut program = program(7);
    register(&ledger, &program);
    let mut refused = Refused::on(&ledger.nats.url()).await.expect("the bus answers");
    let hostile = program.hostile().expect("made");
    for message in &hostile {
        let answer = refused.send(message).await.expect("the bus takes it");
        let (subject, problem) =
            answer.unwrap_or_else(|| panic!("{}: no refusal came\n{}", message.what, ledger.log_tail()));
        assert_eq!(problem["code"], message.code.as_str(), "{}: {problem}", message.what);
        assert_eq!(subject, message.subject.replace("events", "refusals"), "{}", message.what);
        assert_eq!(problem["retry"], message.code.retry(), "{}", message.what);
        assert!(
            problem["detail"].as_str().is_some_and(|detail| detail.len() > 20),
            "{}: {problem}",
            message.what
        );
        assert!(!problem.to_string().contains(FORBIDDEN), "{}: {problem}", message.what);
    }
    good_event_goes_through(&ledger, &mut program).await;
    assert!(hostile.len() >= 20);
    ledger.stop();
    ledger.verify();
    let of_program = ledger.entries().into_iter().filter(|(iss, _)| iss == program.issuer());
    assert_eq!(of_program.count(), 1, "only the good event is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_revoked_key_signs_is_refused() {
    let ledger = Ledger::running();
    let mut program = program(8);
    register(&ledger, &program);
    good_event_goes_through(&ledger, &mut program).await;
    let kid = program.kid().to_string();
    run_ok(keys(&ledger, "revoke").args([
        "--producer",
        "sheriff/visitor-log",
        "--reason",
        "compromised",
        "--kid",
        &kid,
    ]));
    let body = program.good().compact.into_bytes();
    let message = Hostile {
        what: "signed with a revoked key",
        subject: program.issuer().events_subject(),
        headers: Vec::new(),
        body,
        code: Code::KeyRevoked,
    };
    let mut refused = Refused::on(&ledger.nats.url()).await.expect("the bus answers");
    let (_, problem) = refused.send(&message).await.expect("taken").expect("a refusal");
    assert_eq!(problem["code"], "key-revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn forbidden_data_is_kept_nowhere() {
    let mut ledger = Ledger::running();
    let mut program = program(9);
    register(&ledger, &program);
    let all = program.hostile().expect("made");
    let message = all.iter().find(|message| message.code == Code::ForbiddenData).expect("there is one");
    let traces = traces(FORBIDDEN);
    assert!(
        holds_any(&message.body, &traces),
        "the message holds what is looked for, so the search can find it"
    );
    let mut refused = Refused::on(&ledger.nats.url()).await.expect("the bus answers");
    refused.send(message).await.expect("taken").expect("a refusal");
    good_event_goes_through(&ledger, &mut program).await;

    // The bus lets go of it as soon as the ledger has acknowledged what came after.
    let deadline = Instant::now() + PURGE_LIMIT;
    while !holding(ledger.nats.store(), &traces).is_empty() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ledger.stop();
    let mut found = holding(ledger.scratch(), &traces);
    found.extend(holding(ledger.nats.store(), &traces));
    assert!(found.is_empty(), "{FORBIDDEN} is still in {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bus_hears_that_events_and_refusals_are_settled_and_lets_go_of_them() {
    let ledger = Ledger::running();
    let mut program = program(10);
    register(&ledger, &program);
    let mut refused = Refused::on(&ledger.nats.url()).await.expect("the bus answers");
    refused.send(&program.hostile().expect("made")[0]).await.expect("taken").expect("a refusal");
    good_event_goes_through(&ledger, &mut program).await;

    let client = daybook_tests::connect(&ledger.nats.url()).await.expect("the bus answers");
    let mut stream =
        async_nats::jetstream::new(client).get_stream("DAYBOOK_EVENTS").await.expect("the stream");
    let deadline = Instant::now() + PURGE_LIMIT;
    while stream.info().await.expect("an answer").state.messages > 0 {
        assert!(Instant::now() < deadline, "the bus keeps what was acknowledged");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let consumer = stream.consumer_info("daybook-ledger").await.expect("the consumer");
    assert_eq!((consumer.num_ack_pending, consumer.ack_floor.stream_sequence), (0, 3));
}

/// The value as it may be written: in the clear and inside base64 of either alphabet at any of the three alignments.
fn traces(value: &str) -> Vec<Vec<u8>> {
    let mut traces = vec![value.as_bytes().to_vec()];
    for lead in 0..3 {
        let shifted: Vec<u8> = std::iter::repeat_n(b' ', lead).chain(value.bytes()).collect();
        for text in [BASE64_URL_SAFE_NO_PAD.encode(&shifted), BASE64_STANDARD_NO_PAD.encode(&shifted)] {
            // The first and the last characters also depend on what stands beside the value.
            let inner = &text.as_bytes()[(lead * 8).div_ceil(6)..text.len() - 1];
            traces.push(inner.to_vec());
        }
    }
    traces
}

fn holds_any(bytes: &[u8], traces: &[Vec<u8>]) -> bool {
    traces.iter().any(|trace| bytes.windows(trace.len()).any(|window| window == trace))
}

/// The files below `dir` that hold one of the traces.
fn holding(dir: impl AsRef<Path>, traces: &[Vec<u8>]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, traces));
        } else if fs::read(&path).is_ok_and(|bytes| holds_any(&bytes, traces)) {
            found.insert(path.display().to_string());
        }
    }
    found
}
