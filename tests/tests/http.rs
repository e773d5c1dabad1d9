//! What the service says over HTTP, and to whom.

use std::io::Write as _;
use std::process::{Command, Stdio};

use daybook_event::{Catalogue, Draft, OsEntropy, Token};
use daybook_tests::{Ledger, ORIGIN, Producer, daybook, run_ok};
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};

fn get(ledger: &Ledger, path: &str) -> Response {
    Client::new().get(format!("{}{path}", ledger.http())).send().expect("an answer")
}

fn code(response: Response) -> String {
    let problem: serde_json::Value =
        serde_json::from_str(&response.text().expect("a body")).expect("a problem");
    problem["code"].as_str().expect("a code").to_owned()
}

/// Publishes `count` events with the command line.
fn publish(producer: &Producer, count: usize) {
    let example = Catalogue::builtin().latest("release.eligible").expect("a type").example();
    let mut line = serde_json::json!({ "event": "release.eligible" });
    for (name, value) in example.as_object().expect("fields") {
        line[name] = value.clone();
    }
    let mut publish = producer
        .command("publish")
        .args(["--json", "-", "--wait", "60"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("publish starts");
    let mut stdin = publish.stdin.take().expect("a pipe");
    for _ in 0..count {
        writeln!(stdin, "{line}").expect("written");
    }
    drop(stdin);
    assert!(publish.wait().expect("publish ends").success());
}

#[test]
fn checkpoints_and_hash_tiles_are_public_and_entries_need_the_token() {
    let ledger = Ledger::running_without_rules();
    let producer = ledger.producer("sheriff", "jail-records");
    publish(&producer, 300);
    assert_eq!(ledger.size(), 304);

    let checkpoint = get(&ledger, "/checkpoint");
    assert_eq!(checkpoint.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(checkpoint.text().expect("text").starts_with(&format!("{ORIGIN}\n304\n")));
    let tile = get(&ledger, "/tile/0/000");
    assert_eq!(tile.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(tile.bytes().expect("bytes").len(), 256 * 32);
    assert_eq!(get(&ledger, "/tile/0/001.p/48").bytes().expect("bytes").len(), 48 * 32);
    assert_eq!(get(&ledger, "/tile/1/000.p/1").bytes().expect("bytes").len(), 32);
    for absent in ["/tile/0/001.p/49", "/tile/0/001", "/tile/2/000.p/1", "/tile/entries/002"] {
        let expected = if absent.contains("entries") { "token-required" } else { "no-such-tile" };
        assert_eq!(code(get(&ledger, absent)), expected, "{absent}");
    }
    for not_a_path in ["/tile/0/1", "/tile/00/000", "/tile/0/000.p/256", "/tile/64/000"] {
        assert_eq!(code(get(&ledger, not_a_path)), "bad-tile-path", "{not_a_path}");
    }

    assert_eq!(get(&ledger, "/tile/entries/000").status(), StatusCode::UNAUTHORIZED);
    let with = |token: &str| {
        let url = format!("{}/tile/entries/000", ledger.http());
        Client::new().get(url).bearer_auth(token).send().expect("an answer")
    };
    assert_eq!(with("guess").status(), StatusCode::UNAUTHORIZED);
    let token = std::fs::read_to_string(ledger.dir().join("keys/entries.token")).expect("a token");
    let bundle = with(token.trim()).bytes().expect("bytes");
    let file = std::fs::read(ledger.dir().join("log/entries/000000000.log")).expect("the log");
    assert_eq!(bundle, file[..bundle.len()]);

    // A sceptic with nothing but the address, the policy and the token.
    run_ok(
        daybook()
            .args(["verify", "log", "--policy"])
            .arg(ledger.policy())
            .arg(ledger.http())
            .env("DAYBOOK_TOKEN", token.trim()),
    );
}

#[test]
fn an_event_over_http_gets_its_receipt_and_the_same_one_again() {
    let mut ledger = Ledger::running_without_rules();
    let producer = ledger.producer("library", "front-desk");
    // The SDK signs; its outbox is then read as a department without NATS would keep one of its own.
    let home = daybook_producer::Home::open(&producer.home, None).expect("a home");
    let example = Catalogue::builtin().latest("request.received").expect("a type").example();
    let draft =
        Draft::new("request.received".parse().expect("a type"), example.as_object().expect("fields").clone());
    home.enqueue(&[draft], &mut OsEntropy).expect("signed");
    let compact = home.outbox().pending_from(0, 1).expect("read").remove(0).compact;
    let post = |body: Vec<u8>, query: &str| {
        let url = format!("{}/v1/events{query}", ledger.http());
        Client::new().post(url).body(body).send().expect("an answer")
    };

    let first = post(compact.to_vec(), "?wait=20");
    assert_eq!(first.status(), StatusCode::CREATED);
    let receipts: serde_json::Value = serde_json::from_str(&first.text().expect("a body")).expect("receipts");
    assert_eq!(receipts["receipts"][0]["index"], 4);
    let again = post(compact.to_vec(), "?wait=20");
    assert_eq!(again.status(), StatusCode::CREATED);
    assert_eq!(ledger.size(), 5, "the same event is not recorded twice");

    assert_eq!(post(b"nonsense".to_vec(), "").status(), StatusCode::UNPROCESSABLE_ENTITY);
    let mut forged = compact.to_vec();
    let dot = forged.iter().rposition(|&b| b == b'.').expect("a signature");
    forged[dot + 5] = if forged[dot + 5] == b'A' { b'B' } else { b'A' };
    let refused = post(forged, "?wait=20");
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(code(refused), "bad-signature");
    assert_eq!(post(vec![b'a'; 70_000], "").status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(Token::parse(&compact).is_ok());
    ledger.stop();
    ledger.verify();
}

#[test]
fn health_readiness_and_metrics_say_what_they_should_and_nothing_personal() {
    let ledger = Ledger::running_without_rules();
    let producer = ledger.producer("sheriff", "jail-records");
    publish(&producer, 3);
    assert_eq!(get(&ledger, "/healthz").text().expect("text"), "ok\n");
    assert_eq!(get(&ledger, "/readyz").text().expect("text"), "ready\n");
    let metrics = get(&ledger, "/metrics").text().expect("text");
    assert!(
        metrics.contains("daybook_log_size 7") && metrics.contains("daybook_events_accepted_total 4"),
        "{metrics}"
    );
    let example = Catalogue::builtin().latest("release.eligible").expect("a type").example();
    let matter = example["matter_ref"].as_str().expect("a matter");
    for text in [metrics, ledger.log()] {
        assert!(!text.contains(matter) && !text.contains("jail-records"), "{text}");
    }
    assert_eq!(code(get(&ledger, "/nothing-here")), "no-such-page");
}

#[test]
fn a_stopped_ledger_has_finished_what_it_took_in() {
    let mut ledger = Ledger::running_without_rules();
    let producer = ledger.producer("sheriff", "jail-records");
    publish(&producer, 5);
    ledger.stop();
    assert_eq!(ledger.verify()["ok"], true);
    let log = ledger.log();
    assert!(log.contains("stopped in order"), "{log}");
    // A second stop of nothing, and a second service on the same directory while one runs.
    ledger.start();
    let second = Command::new(daybook().get_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
        .arg(ledger.dir())
        .env("DAYBOOK_BUS", ledger.nats.url())
        .output()
        .expect("it starts");
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another process"), "{second:?}");
}
