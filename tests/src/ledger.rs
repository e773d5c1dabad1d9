//! A real ledger for one test: the `daybook` binary on a directory and a bus of its own.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use daybook_event::entry::parse_entry;
use daybook_event::{Entropy as _, Issuer, Jti, Token, TypeName};
use daybook_verify::{DirSource, Layout, for_each_entry};
use tempfile::TempDir;

use crate::{NatsServer, Random};

/// The origin of every test ledger.
pub const ORIGIN: &str = "test.daybook.example/ledger";
const READY_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const LOG_TAIL_LINES: usize = 12;

/// The `daybook` binary: `$DAYBOOK_BIN`, which `ops/test` sets to the one it has just built; else that of this build, which
/// the first call builds, so that no test runs against a stale one.
///
/// # Panics
/// It does not build.
pub fn daybook() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let binary = BINARY.get_or_init(|| {
        if let Some(built) = std::env::var_os("DAYBOOK_BIN") {
            return built.into();
        }
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "daybook-cli", "--bin", "daybook"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let status = build.status().expect("cargo starts");
        assert!(status.success(), "daybook does not build");
        // target/<profile>/deps/<test> stands two folders below the binary's.
        let test = std::env::current_exe().expect("a test has a path");
        let profile = test.parent().and_then(Path::parent).expect("tests are built below target/<profile>");
        profile.join("daybook")
    });
    Command::new(binary)
}

/// The real jail file, where this machine has it: `DAYBOOK_DATA`, or `shared/data` beside the checkout.
pub fn jail_data() -> Option<PathBuf> {
    const FILE: &str = "travis-county-detainers.csv";
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let dir = std::env::var_os("DAYBOOK_DATA").map_or(beside, PathBuf::from);
    let file = dir.join(FILE);
    file.is_file().then_some(file)
}

/// Largest size of a test's stream, bytes. The bus takes no stream larger than three quarters of what is free on its disk, and the standard size is more than
/// many a machine has to spare.
const STREAM_BYTES: u64 = 1 << 30;

/// A ledger in a temporary directory, with a bus, and the service as a process that can be killed.
pub struct Ledger {
    root: TempDir,
    /// The bus.
    pub nats: NatsServer,
    listen: SocketAddr,
    service: Option<Child>,
}

impl Ledger {
    /// Makes a ledger and a bus; the service does not run yet.
    ///
    /// # Panics
    /// A part does not start; the message says which.
    pub fn new() -> Self {
        let root = TempDir::with_prefix("daybook-test-").expect("a temporary directory");
        let nats = NatsServer::start().expect("nats-server starts");
        let ledger = Self { root, nats, listen: free_port(), service: None };
        run_ok(daybook().args(["init", "--origin", ORIGIN, "--dir"]).arg(ledger.dir()));
        ledger.set_table("bus", &format!("max_bytes = {STREAM_BYTES}"));
        ledger
    }

    /// A ledger whose service runs.
    ///
    /// # Panics
    /// A part does not start.
    pub fn running() -> Self {
        let mut ledger = Self::new();
        ledger.start();
        ledger
    }

    /// A ledger whose service runs and applies no rules, for tests that count every entry: nothing is raised on it.
    ///
    /// # Panics
    /// A part does not start.
    pub fn running_without_rules() -> Self {
        let mut ledger = Self::new();
        ledger.set_rules("enabled = false");
        ledger.start();
        ledger
    }

    /// Replaces the table `[rules]` of `ledger.toml` by these lines. Call it before the service starts.
    ///
    /// # Panics
    /// The file cannot be written.
    pub fn set_rules(&self, lines: &str) {
        self.set_table("rules", lines);
    }

    /// Replaces a table of `ledger.toml` by these lines. Call it before the service starts.
    ///
    /// # Panics
    /// The file cannot be written.
    pub fn set_table(&self, name: &str, lines: &str) {
        let path = self.dir().join("ledger.toml");
        let text = fs::read_to_string(&path).expect("ledger.toml");
        let kept: Vec<&str> = text.split("\n[").filter(|table| !table.starts_with(name)).collect();
        fs::write(&path, format!("{}\n\n[{name}]\n{lines}\n", kept.join("\n[").trim_end()))
            .expect("ledger.toml");
    }

    /// The ledger's directory.
    pub fn dir(&self) -> PathBuf {
        self.root.path().join("ledger")
    }

    /// A place for the test's own files, gone with the ledger.
    pub fn scratch(&self) -> &Path {
        self.root.path()
    }

    /// The trust policy.
    pub fn policy(&self) -> PathBuf {
        self.dir().join("trust.policy")
    }

    /// Base of the service's HTTP addresses.
    pub fn http(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// What the service has logged since the ledger was made.
    pub fn log(&self) -> String {
        fs::read_to_string(self.root.path().join("service.log")).unwrap_or_default()
    }

    /// Starts the service and waits until it takes events in.
    ///
    /// # Panics
    /// It does not become ready; the message has the end of its log.
    pub fn start(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.root.path().join("service.log"))
            .expect("a log");
        let before = self.log().matches("taking events in").count();
        let child = daybook()
            .args(["serve", "--listen", &self.listen.to_string(), "--dir"])
            .arg(self.dir())
            .env("DAYBOOK_BUS", self.nats.url())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the service starts");
        self.service = Some(child);
        let deadline = Instant::now() + READY_LIMIT;
        while self.log().matches("taking events in").count() == before {
            let ended = self.service.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)));
            assert!(!ended && Instant::now() < deadline, "the service is not ready:\n{}", self.log_tail());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The last lines that the service logged.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
    }

    /// Ends the service as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.service.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks the service to stop (SIGTERM) and waits for it.
    ///
    /// # Panics
    /// It does not stop in time, or says that it failed.
    pub fn stop(&mut self) {
        let Some(mut child) = self.service.take() else { return };
        run_ok(Command::new("kill").args(["-TERM", &child.id().to_string()]));
        let deadline = Instant::now() + STOP_LIMIT;
        loop {
            if let Some(status) = child.try_wait().expect("the service is ours") {
                assert!(status.success(), "the service failed at its end:\n{}", self.log_tail());
                return;
            }
            assert!(Instant::now() < deadline, "the service does not stop:\n{}", self.log_tail());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes a producer and has its key registered.
    ///
    /// # Panics
    /// The commands fail.
    pub fn producer(&self, department: &str, producer: &str) -> Producer {
        let made = self.unregistered_producer(department, producer);
        self.register(&made);
        made
    }

    /// Makes a producer whose key nobody has registered.
    ///
    /// # Panics
    /// The command fails.
    pub fn unregistered_producer(&self, department: &str, producer: &str) -> Producer {
        let home = self.root.path().join(format!("producer-{department}-{producer}"));
        run_ok(
            daybook()
                .args(["producer", "init", "--department", department, "--producer", producer])
                .args(["--origin", ORIGIN, "--bus", &self.nats.url(), "--policy"])
                .arg(self.policy())
                .arg("--home")
                .arg(&home),
        );
        Producer { home }
    }

    /// Has a producer's key registered.
    ///
    /// # Panics
    /// The command fails.
    pub fn register(&self, producer: &Producer) {
        run_ok(
            daybook()
                .args(["keys", "register", "--dir"])
                .arg(self.dir())
                .env("DAYBOOK_BUS", self.nats.url())
                .arg(producer.home.join("registration.jws")),
        );
    }

    /// Runs `daybook verify log` and returns its report.
    ///
    /// # Panics
    /// The ledger does not verify.
    pub fn verify(&self) -> serde_json::Value {
        let output = daybook()
            .args(["verify", "log", "--json", "--policy"])
            .arg(self.policy())
            .arg(self.dir())
            .output()
            .expect("verify starts");
        assert!(
            output.status.success(),
            "the ledger does not verify: {}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("the report is JSON")
    }

    /// Who issued each entry, and its type, in order. The service adds entries of its own, so tests count those of their producers.
    ///
    /// # Panics
    /// The log cannot be read.
    pub fn entries(&self) -> Vec<(Issuer, TypeName)> {
        let mut entries = Vec::new();
        let source = DirSource::new(self.dir(), Layout::Ledger);
        for_each_entry(&source, self.size(), |_, entry| {
            let event = parse_entry(entry).expect("an entry").event;
            let claims = Token::parse_jwt(event).expect("an event").claims().clone();
            entries.push((claims.iss, claims.event));
            Ok(())
        })
        .expect("the log can be read");
        entries
    }

    /// The identifiers of all events that are in the log.
    ///
    /// # Panics
    /// The log cannot be read.
    pub fn identifiers(&self) -> HashSet<Jti> {
        let mut found = HashSet::new();
        let source = DirSource::new(self.dir(), Layout::Ledger);
        for_each_entry(&source, self.size(), |_, bytes| {
            let event = parse_entry(bytes).expect("an entry").event;
            found.insert(Token::parse_jwt(event).expect("an event").claims().jti);
            Ok(())
        })
        .expect("the log is read");
        found
    }

    /// Number of entries, as the latest checkpoint says.
    pub fn size(&self) -> u64 {
        let note = fs::read_to_string(self.dir().join("log/checkpoint")).unwrap_or_default();
        note.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0)
    }
}

/// A port that is free now and stays so until the service takes it: below those from which the kernel takes the local ends of connections.
fn free_port() -> SocketAddr {
    const FROM: u16 = 12_000;
    const PORTS: u64 = 20_000;
    let mut seed = [0; 8];
    daybook_event::OsEntropy.fill(&mut seed).expect("randomness");
    let mut random = Random::new(u64::from_le_bytes(seed));
    (0..100)
        .map(|_| SocketAddr::from((Ipv4Addr::LOCALHOST, FROM + random.below(PORTS) as u16)))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port")
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A producer's home.
pub struct Producer {
    /// The directory.
    pub home: PathBuf,
}

impl Producer {
    /// `daybook producer <command> --home <home>`.
    pub fn command(&self, command: &str) -> Command {
        let mut call = daybook();
        call.args(["producer", command, "--home"]).arg(&self.home);
        call
    }

    /// `daybook producer status --json`.
    ///
    /// # Panics
    /// The command fails.
    pub fn status(&self) -> serde_json::Value {
        let output = run_ok(self.command("status").arg("--json"));
        serde_json::from_slice(&output.stdout).expect("the status is JSON")
    }
}

/// Runs a command that has to succeed.
///
/// # Panics
/// It fails; the message has what it printed.
pub fn run_ok(command: &mut Command) -> Output {
    let output = output(command).expect("the command starts");
    assert!(
        output.status.success(),
        "{command:?} failed with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn output(command: &mut Command) -> io::Result<Output> {
    command.stdin(Stdio::null()).output()
}
