//! What `ops/bus/make-config` writes: a nats-server takes it, the ledger and the departments can do their work with it,
//! and no department reaches anything of another or of the ledger.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy};
use async_nats::jetstream::{self, AckKind};
use async_nats::{Client, ConnectOptions, Event};
use daybook_tests::{DeploymentBus, bus_config_command, make_bus_config};
use futures::StreamExt;

/// How long a message that must not come is waited for.
const SILENCE: Duration = Duration::from_millis(300);
/// How long the server may take to complain.
const COMPLAINT_LIMIT: Duration = Duration::from_secs(5);
const STREAM: &str = "DAYBOOK_EVENTS";
const CONSUMER: &str = "daybook-ledger";

struct Bus(DeploymentBus);

/// A client, and what the server complained about.
struct User {
    client: Client,
    complaints: Arc<Mutex<Vec<String>>>,
}

impl Bus {
    fn start() -> Self {
        Self(DeploymentBus::start(&["sheriff", "police"]))
    }

    fn options(&self, user: &str) -> ConnectOptions {
        ConnectOptions::new()
            .user_and_password(user.into(), self.0.password(user))
            .add_root_certificates(self.0.ca())
            .require_tls(true)
    }

    async fn connect(&self, user: &str) -> User {
        let complaints: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&complaints);
        let options = self.options(user).event_callback(move |event| {
            if let Event::ServerError(error) = event {
                heard.lock().unwrap().push(error.to_string());
            }
            async {}
        });
        User { client: options.connect(self.0.url()).await.unwrap(), complaints }
    }

    /// The ledger with the stream that it makes at its start.
    async fn ledger(&self) -> (User, jetstream::stream::Stream) {
        let ledger = self.connect("ledger").await;
        let config = Config {
            name: STREAM.into(),
            subjects: vec!["daybook.events.*.*".into()],
            discard: DiscardPolicy::New,
            deny_delete: true,
            ..Config::default()
        };
        let stream = jetstream::new(ledger.client.clone()).get_or_create_stream(config).await.unwrap();
        (ledger, stream)
    }
}

impl User {
    fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap().clone()
    }

    /// Whether the server complains about a breach of permissions that names `subject`.
    async fn was_denied(&self, subject: &str) -> bool {
        let named = |text: &String| text.contains("Permissions Violation") && text.contains(subject);
        let complained = async {
            while !self.complaints().iter().any(named) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        self.client.flush().await.unwrap();
        tokio::time::timeout(COMPLAINT_LIMIT, complained).await.is_ok()
    }
}

async fn messages(stream: &mut jetstream::stream::Stream) -> u64 {
    stream.info().await.unwrap().state.messages
}

#[tokio::test]
async fn the_ledger_and_a_department_can_do_their_work() {
    let bus = Bus::start();
    let (ledger, mut stream) = bus.ledger().await;
    let sheriff = bus.connect("sheriff").await;
    let mut receipts = sheriff.client.subscribe("daybook.receipts.sheriff.jail").await.unwrap();

    let ack =
        jetstream::new(sheriff.client.clone()).publish("daybook.events.sheriff.jail", "event".into()).await;
    assert_eq!(ack.unwrap().await.unwrap().sequence, 1, "the department hears that the bus has its event");

    let config = pull::Config {
        durable_name: Some(CONSUMER.into()),
        ack_policy: AckPolicy::All,
        ..pull::Config::default()
    };
    let consumer = stream.get_or_create_consumer(CONSUMER, config).await.unwrap();
    let mut batch = consumer.fetch().max_messages(10).messages().await.unwrap();
    let message = batch.next().await.unwrap().unwrap();
    assert_eq!(message.payload, "event");
    ledger.client.publish("daybook.receipts.sheriff.jail", "receipt".into()).await.unwrap();
    message.ack_with(AckKind::Ack).await.unwrap();
    assert_eq!(receipts.next().await.unwrap().payload, "receipt");
    stream.purge().sequence(2).await.unwrap();
    assert_eq!(messages(&mut stream).await, 0);
    assert_eq!((ledger.complaints(), sheriff.complaints()), (vec![], vec![]));
}

#[tokio::test]
async fn a_department_cannot_publish_as_another_or_as_the_ledger() {
    let bus = Bus::start();
    let (_ledger, mut stream) = bus.ledger().await;
    let sheriff = bus.connect("sheriff").await;
    let police = bus.connect("police").await;
    let mut of_police = police.client.subscribe("daybook.receipts.police.*").await.unwrap();
    police.client.flush().await.unwrap();
    for subject in [
        "daybook.events.police.dispatch",
        "daybook.receipts.police.dispatch",
        "daybook.refusals.sheriff.jail",
    ] {
        sheriff.client.publish(subject, "forged".into()).await.unwrap();
        assert!(sheriff.was_denied(subject).await, "{subject}: {:?}", sheriff.complaints());
    }
    assert_eq!(messages(&mut stream).await, 0);
    assert!(
        tokio::time::timeout(SILENCE, of_police.next()).await.is_err(),
        "the police heard a forged receipt"
    );
}

#[tokio::test]
async fn a_department_cannot_listen_to_another_or_to_the_ledger() {
    let bus = Bus::start();
    let (_ledger, _stream) = bus.ledger().await;
    let sheriff = bus.connect("sheriff").await;
    // Events hold plain disclosures: nobody but the ledger may hear any, not even the department its own.
    for subject in [
        "daybook.receipts.police.*",
        "daybook.refusals.police.dispatch",
        "daybook.events.police.*",
        "daybook.events.sheriff.*",
        "daybook.>",
        ">",
        "$JS.>",
    ] {
        let mut heard = sheriff.client.subscribe(subject).await.unwrap();
        assert!(sheriff.was_denied(subject).await, "{subject}: {:?}", sheriff.complaints());
        assert!(tokio::time::timeout(SILENCE, heard.next()).await.is_err());
    }
}

#[tokio::test]
async fn a_department_does_not_hear_answers_meant_for_others() {
    let bus = Bus::start();
    let (_ledger, mut stream) = bus.ledger().await;
    let (sheriff, police) = (bus.connect("sheriff").await, bus.connect("police").await);
    let mut heard = sheriff.client.subscribe("_INBOX.>").await.unwrap();
    sheriff.client.flush().await.unwrap();
    // The answers to the police's publication and to the ledger's question both go to inboxes.
    let sent =
        jetstream::new(police.client.clone()).publish("daybook.events.police.dispatch", "event".into()).await;
    sent.unwrap().await.unwrap();
    assert_eq!(messages(&mut stream).await, 1);
    assert!(tokio::time::timeout(SILENCE, heard.next()).await.is_err());
}

#[tokio::test]
async fn a_department_cannot_command_jetstream() {
    let bus = Bus::start();
    let (_ledger, mut stream) = bus.ledger().await;
    let sheriff = bus.connect("sheriff").await;
    let js = jetstream::new(sheriff.client.clone());
    js.publish("daybook.events.sheriff.jail", "event".into()).await.unwrap().await.unwrap();
    for action in [
        "INFO",
        "STREAM.NAMES",
        "STREAM.INFO.DAYBOOK_EVENTS",
        "STREAM.UPDATE.DAYBOOK_EVENTS",
        "STREAM.PURGE.DAYBOOK_EVENTS",
        "STREAM.DELETE.DAYBOOK_EVENTS",
        "STREAM.MSG.GET.DAYBOOK_EVENTS",
        "STREAM.MSG.DELETE.DAYBOOK_EVENTS",
        "CONSUMER.CREATE.DAYBOOK_EVENTS",
        "CONSUMER.DURABLE.CREATE.DAYBOOK_EVENTS.mine",
        "CONSUMER.MSG.NEXT.DAYBOOK_EVENTS.daybook-ledger",
    ] {
        let subject = format!("$JS.API.{action}");
        sheriff.client.publish(subject.clone(), "".into()).await.unwrap();
        assert!(sheriff.was_denied(&subject).await, "{subject}: {:?}", sheriff.complaints());
    }
    // The bus answers a publication on the reply subject that it names. Within one account such an answer is a command
    // to JetStream, with the server's own rights: `{"seq": n}` sent to PURGE drops everything before n. Hence an account
    // for each department.
    for command in ["$JS.API.STREAM.PURGE.DAYBOOK_EVENTS", "$JS.API.STREAM.DELETE.DAYBOOK_EVENTS"] {
        let sent =
            sheriff.client.publish_with_reply("daybook.events.sheriff.jail", command, "event".into()).await;
        sent.unwrap();
        sheriff.client.flush().await.unwrap();
        tokio::time::sleep(SILENCE).await;
    }
    assert_eq!(messages(&mut stream).await, 3);
}

#[tokio::test]
async fn the_ledgers_user_cannot_remove_the_stream_or_single_messages() {
    let bus = Bus::start();
    let (ledger, mut stream) = bus.ledger().await;
    ledger.client.publish("daybook.events.sheriff.jail", "event".into()).await.unwrap();
    for action in
        ["STREAM.DELETE.DAYBOOK_EVENTS", "STREAM.MSG.DELETE.DAYBOOK_EVENTS", "STREAM.UPDATE.DAYBOOK_EVENTS"]
    {
        let subject = format!("$JS.API.{action}");
        ledger.client.publish(subject.clone(), "".into()).await.unwrap();
        assert!(ledger.was_denied(&subject).await, "{subject}: {:?}", ledger.complaints());
    }
    assert_eq!(messages(&mut stream).await, 1);
}

#[tokio::test]
async fn nobody_gets_in_without_tls_and_the_right_password() {
    let bus = Bus::start();
    let refused = [
        ("a wrong password", bus.options("sheriff").user_and_password("sheriff".into(), "wrong".into())),
        (
            "another's name",
            bus.options("sheriff").user_and_password("police".into(), bus.0.password("sheriff")),
        ),
        ("a client that does not know our authority", ConnectOptions::new().require_tls(true)),
    ];
    for (who, options) in refused {
        assert!(options.connect(bus.0.url()).await.is_err(), "{who} got in");
    }
    let nobody = ConnectOptions::new().add_root_certificates(bus.0.ca());
    assert!(nobody.connect(bus.0.url()).await.is_err(), "nobody got in");
}

#[tokio::test]
async fn events_lie_encrypted_on_the_buss_disk_and_outlive_it() {
    let mut bus = Bus::start();
    {
        let (_ledger, _stream) = bus.ledger().await;
        let sheriff = bus.connect("sheriff").await;
        let js = jetstream::new(sheriff.client.clone());
        let sent = js.publish("daybook.events.sheriff.jail", "a-plain-disclosure".into()).await;
        sent.unwrap().await.unwrap();
    }
    bus.0.server.restart().unwrap();
    let (_ledger, mut stream) = bus.ledger().await;
    assert_eq!(messages(&mut stream).await, 1);
    let mut files = 0;
    for_each_file(&bus.0.dir().join("jetstream"), &mut |path| {
        files += 1;
        let bytes = std::fs::read(path).unwrap();
        assert!(
            !bytes.windows(18).any(|part| part == b"a-plain-disclosure"),
            "{path:?} holds it in the clear"
        );
    });
    assert!(files > 0);
}

#[test]
fn run_again_it_keeps_passwords_and_adds_departments() {
    let dir = tempfile::tempdir().unwrap();
    let first = make_bus_config(dir.path(), &["sheriff"]);
    let before = std::fs::read(dir.path().join("users/sheriff.hash")).unwrap();
    let url = std::fs::read_to_string(dir.path().join("handout/sheriff.url")).unwrap();
    let password = url.split(['@', ':']).nth(2).unwrap();
    assert!(password.len() >= 32 && !first.contains(password), "it must not print a password");

    make_bus_config(dir.path(), &["police"]);
    assert_eq!(std::fs::read(dir.path().join("users/sheriff.hash")).unwrap(), before);
    let config = std::fs::read_to_string(dir.path().join("nats-server.conf")).unwrap();
    assert!(config.contains("daybook.events.sheriff.*") && config.contains("daybook.events.police.*"));
    assert!(!config.contains(password), "the server's configuration holds hashes only");

    make_bus_config(dir.path(), &["--renew", "sheriff"]);
    assert_ne!(std::fs::read(dir.path().join("users/sheriff.hash")).unwrap(), before);
}

#[test]
fn names_that_could_widen_a_permission_are_refused() {
    for name in [">", "*", "sheriff.*", "Sheriff", "a\"b", "ledger", "_INBOX"] {
        let dir = tempfile::tempdir().unwrap();
        let made = bus_config_command(dir.path()).arg(name).output().unwrap();
        assert!(!made.status.success(), "{name}");
        assert!(!dir.path().join("nats-server.conf").exists(), "{name}");
    }
}

fn for_each_file(dir: &Path, look: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { for_each_file(&path, look) } else { look(&path) }
    }
}
