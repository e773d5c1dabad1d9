//! A ledger and its departments on the bus that `ops/bus/make-config` sets up, with TLS and least rights: the whole way.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use daybook_tests::{Department, DeploymentBus, daybook, run_ok};

const ORIGIN: &str = "ledger.example/deployment";
const READY_LIMIT: Duration = Duration::from_secs(60);

/// The service, ended with the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A ledger whose configuration names the bus, the file with its address, and the authority.
fn init(bus: &DeploymentBus, root: &Path) -> PathBuf {
    let dir = root.join("ledger");
    run_ok(daybook().args(["init", "--origin", ORIGIN, "--dir"]).arg(&dir));
    fs::write(dir.join("keys/bus.url"), bus.url_of("ledger")).unwrap();
    fs::copy(bus.ca(), dir.join("keys/bus-ca.pem")).unwrap();
    let path = dir.join("ledger.toml");
    let mut config: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
    let section = config.entry("bus").or_insert_with(|| toml::Table::new().into()).as_table_mut().unwrap();
    section.remove("url");
    section.insert("url_file".into(), "keys/bus.url".into());
    section.insert("ca".into(), "keys/bus-ca.pem".into());
    fs::write(&path, config.to_string()).unwrap();
    dir
}

fn serve(dir: &Path, log: &Path) -> Service {
    let file = fs::File::create(log).unwrap();
    let mut command = daybook();
    command.args(["serve", "--listen", "127.0.0.1:0", "--dir"]).arg(dir);
    let mut service =
        Service(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap());
    let deadline = Instant::now() + READY_LIMIT;
    while !fs::read_to_string(log).unwrap().contains("taking events in") {
        let ended = !matches!(service.0.try_wait(), Ok(None));
        assert!(!ended && Instant::now() < deadline, "not ready: {}", fs::read_to_string(log).unwrap());
        std::thread::sleep(Duration::from_millis(20));
    }
    service
}

fn producer(home: &Path, command: &str) -> Command {
    let mut call = daybook();
    call.args(["producer", command, "--home"]).arg(home);
    call
}

#[test]
fn departments_with_their_own_rights_only_get_their_receipts() {
    let bus = DeploymentBus::start(&["sheriff", "police"]);
    let root = tempfile::tempdir().unwrap();
    let ledger = init(&bus, root.path());
    let log = root.path().join("service.log");
    let service = serve(&ledger, &log);
    for department in [Department::Sheriff, Department::Police] {
        let issuer = department.issuer();
        let home = root.path().join(issuer.department());
        run_ok(
            producer(&home, "init")
                .args([
                    "--department",
                    issuer.department(),
                    "--producer",
                    issuer.producer(),
                    "--origin",
                    ORIGIN,
                ])
                .args(["--bus", &bus.url_of(issuer.department()), "--policy"])
                .arg(ledger.join("trust.policy"))
                .arg("--bus-ca")
                .arg(bus.ca()),
        );
        run_ok(daybook().args(["keys", "register", "--dir"]).arg(&ledger).arg(home.join("registration.jws")));
        let events = root.path().join("events.jsonl");
        let mut file = fs::File::create(&events).unwrap();
        for draft in department.drafts(7, 3) {
            let mut line = draft.fields;
            line.insert("event".into(), draft.event.to_string().into());
            writeln!(file, "{}", serde_json::Value::Object(line)).unwrap();
        }
        let published =
            run_ok(producer(&home, "publish").arg("--json").arg(&events).args(["--quiet", "--wait", "60"]));
        let said = String::from_utf8_lossy(&published.stdout).into_owned();
        assert!(said.contains("\"waiting\":0") && said.contains("\"refused\":0"), "{said}");
    }
    drop(service);
    run_ok(daybook().args(["verify", "log", "--policy"]).arg(ledger.join("trust.policy")).arg(&ledger));
    // Nothing that the ledger asked for was beyond its rights.
    let log = fs::read_to_string(&log).unwrap();
    assert!(!log.contains("ermissions") && !log.contains("\"level\":\"WARN\""), "{log}");
}
