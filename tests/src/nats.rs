//! A real nats-server for one test.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to answer with JetStream on.
const START_LIMIT: Duration = Duration::from_secs(20);
/// Pause between two looks whether it answers.
const START_PAUSE: Duration = Duration::from_millis(20);
/// Lines of its log that an error shows.
const LOG_TAIL_LINES: usize = 12;

/// A nats-server child on a free loopback port with JetStream on a store of its own. It is killed and its store is
/// removed when this value is dropped. Killed and started again, it has the same port and store, so that a test can
/// take the bus away and bring it back.
#[derive(Debug)]
pub struct NatsServer {
    binary: PathBuf,
    config: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    dir: TempDir,
    port: u16,
    child: Option<Child>,
}

impl NatsServer {
    /// Starts a server that anyone may use, and waits until JetStream answers.
    ///
    /// # Errors
    /// There is no nats-server on this machine, or it does not come up.
    pub fn start() -> io::Result<Self> {
        Self::launch(None, Vec::new())
    }

    /// Starts a server with a configuration file, which names its own store. Address and port are set here and win over
    /// the file. The file may refer to the environment variables given.
    ///
    /// # Errors
    /// There is no nats-server on this machine, it does not come up, or it refuses the file.
    pub fn start_with_config(config: &Path, environment: &[(&str, &str)]) -> io::Result<Self> {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::launch(Some(config.to_owned()), environment)
    }

    fn launch(config: Option<PathBuf>, environment: Vec<(OsString, OsString)>) -> io::Result<Self> {
        let dir = TempDir::with_prefix("daybook-nats-")?;
        let mut server = Self { binary: find_nats_server()?, config, environment, dir, port: 0, child: None };
        server.restart()?;
        Ok(server)
    }

    /// The address for clients, `nats://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The port, the same for the life of this value.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where a server without a configuration file of its own keeps its streams.
    pub fn store(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    /// The operating system's number of the running server; `None` while it is killed.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Ends the server at once, as `kill -9` does. Nothing happens if it is not running.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error means that it has ended by itself; waiting collects it either way.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Kills the server if it runs, then starts it on the same port and store and waits until JetStream answers.
    ///
    /// # Errors
    /// It does not come up; the error shows the end of its log.
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill();
        let child = self.command()?.spawn()?;
        self.child = Some(child);
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if self.is_ready() {
                return Ok(());
            }
            let ended = match &mut self.child {
                Some(child) => child.try_wait()?,
                None => None,
            };
            if let Some(status) = ended {
                return Err(self.failure(&format!("nats-server ended with {status}")));
            }
            if Instant::now() > deadline {
                return Err(self.failure("nats-server does not answer with JetStream"));
            }
            std::thread::sleep(START_PAUSE);
        }
    }

    fn command(&self) -> io::Result<Command> {
        // The first time the server picks a free port itself (-1), which no other process can take in between.
        let port = if self.port == 0 { "-1".to_owned() } else { self.port.to_string() };
        let log = File::create(self.log())?;
        let mut command = Command::new(&self.binary);
        match &self.config {
            Some(config) => command.arg("--config").arg(config),
            None => command.args(["--jetstream", "--store_dir"]).arg(self.store()),
        };
        command
            .args(["--addr", "127.0.0.1", "--port", &port])
            .arg("--ports_file_dir")
            .arg(self.dir.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(command)
    }

    /// Whether the server greets with JetStream on. Finds out its port first.
    fn is_ready(&mut self) -> bool {
        if self.port == 0 {
            match self.picked_port() {
                Some(port) => self.port = port,
                None => return false,
            }
        }
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let Ok(stream) = TcpStream::connect_timeout(&address, START_LIMIT) else { return false };
        if stream.set_read_timeout(Some(START_LIMIT)).is_err() {
            return false;
        }
        // The greeting is one line, `INFO {json}`.
        let mut greeting = String::new();
        BufReader::new(stream).read_line(&mut greeting).is_ok() && greeting.contains("\"jetstream\":true")
    }

    /// The port that the server wrote into `nats-server_<pid>.ports`.
    fn picked_port(&self) -> Option<u16> {
        let file =
            self.dir.path().join(format!("{}_{}.ports", self.binary.file_name()?.to_str()?, self.pid()?));
        let ports: serde_json::Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        ports["nats"][0].as_str()?.rsplit(':').next()?.parse().ok()
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("nats-server.out")
    }

    fn failure(&self, what: &str) -> io::Error {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n");
        io::Error::other(format!("{what}; the end of its log:\n{tail}"))
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The nats-server of this machine: `$DAYBOOK_NATS_SERVER`, else on `PATH`, else in `/usr/sbin`, where Debian puts it and which is
/// not on every user's `PATH`.
///
/// # Errors
/// There is none; the error says how to get it.
pub fn find_nats_server() -> io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("DAYBOOK_NATS_SERVER") {
        return Ok(path.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/bin".into()]);
    places.map(|dir| dir.join("nats-server")).find(|file| file.is_file()).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            "there is no nats-server on this machine; run ops/install-nats, or set DAYBOOK_NATS_SERVER to the path of one",
        )
    })
}
