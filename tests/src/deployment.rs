//! The bus of a real deployment, as `ops/bus/make-config` sets it up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::NatsServer;

/// A nats-server with TLS, an encrypted store and an account per department.
#[derive(Debug)]
pub struct DeploymentBus {
    /// The server.
    pub server: NatsServer,
    dir: TempDir,
}

impl DeploymentBus {
    /// Writes a configuration for the departments and starts a server with it.
    ///
    /// # Panics
    /// The configuration is not made or not taken; the message says why.
    pub fn start(departments: &[&str]) -> Self {
        let dir = TempDir::with_prefix("daybook-bus-").expect("a temporary directory");
        make_bus_config(dir.path(), departments);
        let env = fs::read_to_string(dir.path().join("bus.env")).expect("the environment was written");
        let key = env.trim().strip_prefix("DAYBOOK_BUS_STORE_KEY=").expect("it holds the store's key");
        let config = dir.path().join("nats-server.conf");
        let server = NatsServer::start_with_config(&config, &[("DAYBOOK_BUS_STORE_KEY", key)]);
        Self { server: server.expect("nats-server takes the configuration"), dir }
    }

    /// The directory of the configuration.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The authority that clients have to know.
    pub fn ca(&self) -> PathBuf {
        self.dir().join("handout/ca.pem")
    }

    /// The address without user and password.
    pub fn url(&self) -> String {
        format!("tls://localhost:{}", self.server.port())
    }

    /// The address handed to `user`, at the port that the server has in this test.
    ///
    /// # Panics
    /// There is no such user.
    pub fn url_of(&self, user: &str) -> String {
        format!("tls://{user}:{}@localhost:{}", self.password(user), self.server.port())
    }

    /// The password out of what was handed to `user`, `tls://<user>:<password>@<host>:<port>`.
    ///
    /// # Panics
    /// There is no such user.
    pub fn password(&self, user: &str) -> String {
        let url = fs::read_to_string(self.dir().join(format!("handout/{user}.url"))).expect("a known user");
        let rest = url.strip_prefix(&format!("tls://{user}:")).expect("the URL names its user");
        rest.split_once('@').expect("a password ends at the @").0.to_owned()
    }
}

/// Runs `ops/bus/make-config` and returns what it printed.
///
/// # Panics
/// It fails; the message holds what it printed.
pub fn make_bus_config(dir: &Path, words: &[&str]) -> String {
    let made = bus_config_command(dir).args(words).output().expect("make-config starts");
    let said = String::from_utf8_lossy(&made.stdout).into_owned() + &String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
    said
}

/// `ops/bus/make-config` for this machine, writing to `dir`; departments are to be added.
pub fn bus_config_command(dir: &Path) -> Command {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(tests.join("../ops/bus/make-config"));
    command.arg("--dir").arg(dir).args(["--host", "localhost", "--host", "127.0.0.1"]);
    command
}
