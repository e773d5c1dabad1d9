//! The bus that `daybook up` brings along: a nats-server of its own on loopback, as a child process.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use daybook_event::{Entropy, EntropyError, OsEntropy};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::bus::server_version;
use crate::open::{LedgerError, write_private};

/// Names the program to run instead of the `nats-server` on the path.
pub const PROGRAM_VARIABLE: &str = "DAYBOOK_NATS_SERVER";
const START_TIMEOUT: Duration = Duration::from_secs(10);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
const RESTART_PAUSE: Duration = Duration::from_millis(500);

/// Why the private bus did not start.
#[derive(Debug, thiserror::Error)]
pub enum PrivateBusError {
    /// No nats-server on this machine.
    #[error(
        "nats-server was not found. On Debian or Ubuntu: sudo apt-get install nats-server. Elsewhere get a release from the NATS project, 2.9 or later, and put it on the PATH or name it in {PROGRAM_VARIABLE}. To use a bus that runs already, set bus.url in ledger.toml"
    )]
    Missing,
    /// The program is too old or not a nats-server.
    #[error("{program}: it says `{said}` of itself; Daybook needs nats-server 2.9 or later")]
    Version {
        /// The program.
        program: PathBuf,
        /// What it printed.
        said: String,
    },
    /// The port that producers know is taken by something else.
    #[error(
        "port {port} on 127.0.0.1 is taken by another program. Stop it, or delete {file} to let the bus take another port (then tell the producers the new bus/url)"
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// Where the port is remembered.
        file: PathBuf,
    },
    /// It started and ended, or never answered.
    #[error("nats-server did not come up within {} s; its log is {log}", START_TIMEOUT.as_secs())]
    NotUp {
        /// Its log.
        log: PathBuf,
    },
    /// A file of the bus.
    #[error(transparent)]
    File(#[from] LedgerError),
    /// The process could not be started.
    #[error("{program}: {source}")]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No randomness for the password.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// A running private bus. Dropping it kills the server; [`PrivateBus::stop`] lets it finish its writing.
pub struct PrivateBus {
    url: String,
    stop: CancellationToken,
    keeper: tokio::task::JoinHandle<()>,
}

impl PrivateBus {
    /// Starts nats-server with its files in `dir`, or takes over the one that an earlier run left behind.
    ///
    /// # Errors
    /// [`PrivateBusError`] with the remedy.
    pub async fn start(dir: &Path) -> Result<Self, PrivateBusError> {
        std::fs::create_dir_all(dir).map_err(|source| LedgerError::Io { path: dir.into(), source })?;
        let server = Server { program: find_program()?, dir: dir.to_owned() };
        let version = server.version().await?;
        let password = server.password()?;
        let orphan = server.orphan();
        let port = server.port(orphan.is_some())?;
        let url = format!("nats://daybook:{password}@127.0.0.1:{port}");
        overwrite_private(&dir.join("url"), url.as_bytes())?;
        overwrite_private(&dir.join("nats.conf"), server.config(port, &password, version).as_bytes())?;
        let child = match orphan {
            Some(pid) => {
                info!(pid = pid.as_raw_nonzero().get(), "taking over the nats-server of an earlier run");
                Running::Orphan(pid)
            }
            None => Running::Child(server.spawn(port).await?),
        };
        info!(port, "the private bus is up");
        let stop = CancellationToken::new();
        let keeper = tokio::spawn(keep_running(server, port, child, stop.clone()));
        Ok(Self { url, stop, keeper })
    }

    /// The URL, with the password in it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server and waits until it has ended.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.keeper.await;
    }
}

enum Running {
    Child(Child),
    Orphan(Pid),
}

struct Server {
    program: PathBuf,
    dir: PathBuf,
}

impl Server {
    fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    async fn version(&self) -> Result<(u64, u64), PrivateBusError> {
        let output = Command::new(&self.program)
            .arg("--version")
            .output()
            .await
            .map_err(|source| PrivateBusError::Start { program: self.program.clone(), source })?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match said.split_whitespace().last().and_then(server_version) {
            Some(version) if version >= (2, 9) => Ok(version),
            _ => Err(PrivateBusError::Version { program: self.program.clone(), said }),
        }
    }

    /// The password of the bus: random, made once.
    fn password(&self) -> Result<String, PrivateBusError> {
        let path = self.file("password");
        match std::fs::read_to_string(&path) {
            Ok(password) => Ok(password),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = [0; 24];
                OsEntropy.fill(&mut bytes)?;
                let password = daybook_event::b64::encode(bytes);
                write_private(&path, password.as_bytes())?;
                Ok(password)
            }
            Err(source) => Err(LedgerError::Io { path, source }.into()),
        }
    }

    /// The port: chosen once, then kept, because producers have it in their configuration.
    fn port(&self, taken_by_us: bool) -> Result<u16, PrivateBusError> {
        let file = self.file("port");
        if let Some(port) = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()) {
            let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
            return if taken_by_us || free() {
                Ok(port)
            } else {
                Err(PrivateBusError::PortTaken { port, file })
            };
        }
        let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let port = any.map_err(|source| LedgerError::Io { path: file.clone(), source })?.port();
        std::fs::write(&file, port.to_string()).map_err(|source| LedgerError::Io { path: file, source })?;
        Ok(port)
    }

    /// The server that an earlier run left behind when it was killed.
    fn orphan(&self) -> Option<Pid> {
        let pid: i32 = std::fs::read_to_string(self.file("nats.pid")).ok()?.trim().parse().ok()?;
        let pid = Pid::from_raw(pid)?;
        test_kill_process(pid).ok()?;
        // Process ids are used again: it is ours only if it runs with our configuration file.
        let command = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).ok()?;
        let config = self.file("nats.conf");
        String::from_utf8_lossy(&command)
            .split('\0')
            .any(|argument| Path::new(argument) == config)
            .then_some(pid)
    }

    fn config(&self, port: u16, password: &str, version: (u64, u64)) -> String {
        // Syncing every write came with 2.10; older servers sync every two minutes. Neither is relied upon.
        let sync = if version >= (2, 10) { "\n  sync_interval: always" } else { "" };
        format!(
            "# Written by `daybook up` at every start; changes are lost.\n\
             host: \"127.0.0.1\"\nport: {port}\nserver_name: \"daybook-private\"\nmax_payload: 1MB\n\
             jetstream {{\n  store_dir: {:?}\n  max_memory_store: 64MB\n  max_file_store: 64GB{sync}\n}}\n\
             authorization {{\n  user: daybook\n  password: \"{password}\"\n}}\n\
             pid_file: {:?}\nlog_file: {:?}\n",
            self.file("jetstream"),
            self.file("nats.pid"),
            self.file("nats.log"),
        )
    }

    async fn spawn(&self, port: u16) -> Result<Child, PrivateBusError> {
        let mut child = Command::new(&self.program)
            .arg("-c")
            .arg(self.file("nats.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C in the terminal is for the ledger, which stops its bus last.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| PrivateBusError::Start { program: self.program.clone(), source })?;
        let up = async {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
                if !matches!(child.try_wait(), Ok(None)) {
                    return false;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            true
        };
        match tokio::time::timeout(START_TIMEOUT, up).await {
            Ok(true) => Ok(child),
            _ => Err(PrivateBusError::NotUp { log: self.file("nats.log") }),
        }
    }
}

/// Starts the server again whenever it ends, until told to stop.
async fn keep_running(server: Server, port: u16, mut running: Running, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = ended(&mut running) => {}
        }
        warn!("nats-server ended; starting it again");
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RESTART_PAUSE) => {}
            }
            match server.spawn(port).await {
                Ok(child) => {
                    running = Running::Child(child);
                    break;
                }
                Err(error) => warn!(%error, "nats-server did not start"),
            }
        }
    }
    let pid = match &running {
        Running::Child(child) => child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)),
        Running::Orphan(pid) => Some(*pid),
    };
    if let Some(pid) = pid {
        let _ = kill_process(pid, Signal::TERM);
        if tokio::time::timeout(STOP_TIMEOUT, ended(&mut running)).await.is_err() {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

async fn ended(running: &mut Running) {
    match running {
        Running::Child(child) => {
            let _ = child.wait().await;
        }
        Running::Orphan(pid) => {
            while test_kill_process(*pid).is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn find_program() -> Result<PathBuf, PrivateBusError> {
    if let Some(program) = std::env::var_os(PROGRAM_VARIABLE) {
        let program = PathBuf::from(program);
        return if program.is_file() { Ok(program) } else { Err(PrivateBusError::Missing) };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian puts servers where the path of an ordinary user does not look.
    let more = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(more)
        .map(|dir| dir.join("nats-server"))
        .find(|program| program.is_file())
        .ok_or(PrivateBusError::Missing)
}

fn overwrite_private(path: &Path, content: &[u8]) -> Result<(), LedgerError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(LedgerError::Io { path: path.into(), source: error })
        }
        _ => write_private(path, content),
    }
}
