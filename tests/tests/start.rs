//! What the service refuses to start on, and what it survives.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, stream};
use daybook_tests::{Ledger, ORIGIN, daybook, run_ok};

/// Makes the stream of events before the ledger does, with one setting changed.
async fn make_stream(url: String, spoil: fn(&mut stream::Config)) {
    let client = async_nats::connect(url).await.expect("connected");
    let mut config = stream::Config {
        name: "DAYBOOK_EVENTS".into(),
        subjects: vec!["daybook.events.*.*".into()],
        discard: stream::DiscardPolicy::New,
        deny_delete: true,
        ..stream::Config::default()
    };
    spoil(&mut config);
    jetstream::new(client).create_stream(config).await.expect("the stream is made");
}

/// Tries to start the service of a ledger that it is to refuse.
fn serve(ledger: &Ledger) -> Output {
    daybook()
        .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
        .arg(ledger.dir())
        .env("DAYBOOK_BUS", ledger.nats.url())
        .output()
        .expect("it starts")
}

#[test]
fn a_stream_that_would_lose_events_is_refused_with_the_reason() {
    type Spoil = fn(&mut stream::Config);
    let cases: [(&str, Spoil); 4] = [
        ("discard is Old", |c| c.discard = stream::DiscardPolicy::Old),
        ("storage is Memory", |c| c.storage = stream::StorageType::Memory),
        ("retention is WorkQueue", |c| c.retention = stream::RetentionPolicy::WorkQueue),
        ("max age is 60s", |c| {
            c.max_age = Duration::from_secs(60);
            c.duplicate_window = Duration::from_secs(60);
        }),
    ];
    for (reason, spoil) in cases {
        let ledger = Ledger::new();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(make_stream(ledger.nats.url(), spoil));
        let output = serve(&ledger);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(reason), "{reason}: {said}");
    }
}

#[test]
fn a_stream_that_the_server_has_no_room_for_is_refused_with_what_to_do() {
    let ledger = Ledger::new();
    // No disk has so much.
    ledger.set_table("bus", "max_bytes = 36028797018963968");
    let output = serve(&ledger);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("no room for a stream"), "{said}");
    assert!(said.contains("bus.max_bytes"), "{said}");
}

#[test]
fn without_nats_server_up_says_how_to_get_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let ledger = dir.path().join("ledger");
    run_ok(daybook().args(["init", "--origin", ORIGIN, "--dir"]).arg(&ledger));
    let output = daybook()
        .args(["up", "--listen", "127.0.0.1:0", "--dir"])
        .arg(&ledger)
        .env("DAYBOOK_NATS_SERVER", "/nonexistent/nats-server")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("apt-get install nats-server"), "{said}");
}

struct Up(Child);

impl Up {
    fn start(dir: &Path, log: &Path) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(log).expect("a log");
        let child = daybook()
            .args(["up", "--listen", "127.0.0.1:0", "--dir"])
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it starts");
        Self(child)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for(log: &Path, text: &str, times: usize) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let read = || std::fs::read_to_string(log).unwrap_or_default();
    while read().matches(text).count() < times {
        assert!(Instant::now() < deadline, "no {times}th `{text}` in:\n{}", read());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn up_takes_over_the_bus_of_a_killed_run_restarts_a_dead_bus_and_stops_both() {
    let dir = tempfile::tempdir().expect("a directory");
    let (ledger, log) = (dir.path().join("ledger"), dir.path().join("log"));
    run_ok(daybook().args(["init", "--origin", ORIGIN, "--dir"]).arg(&ledger));
    let up = Up::start(&ledger, &log);
    wait_for(&log, "taking events in", 1);
    let pid = || std::fs::read_to_string(ledger.join("bus/nats.pid")).expect("a pid").trim().to_owned();
    let first = pid();
    drop(up);

    let mut up = Up::start(&ledger, &log);
    wait_for(&log, "taking events in", 2);
    wait_for(&log, "taking over the nats-server", 1);
    assert_eq!(pid(), first);

    run_ok(Command::new("kill").args(["-9", &first]));
    wait_for(&log, "starting it again", 1);
    let deadline = Instant::now() + Duration::from_secs(30);
    while pid() == first {
        assert!(Instant::now() < deadline, "the bus does not come back");
        std::thread::sleep(Duration::from_millis(50));
    }
    let second = pid();

    run_ok(Command::new("kill").args(["-TERM", &up.0.id().to_string()]));
    let status = up.0.wait().expect("it ends");
    assert!(status.success());
    assert!(!Path::new(&format!("/proc/{second}")).exists(), "the bus has ended too");
}
