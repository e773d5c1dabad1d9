//! Connecting to NATS with what the configuration gives.

use std::path::Path;
use std::time::Duration;

use crate::config::BusConfig;

/// Oldest nats-server that the ledger works with: the one Debian 12 ships.
const MIN_SERVER: (u64, u64) = (2, 9);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the bus could not be used.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// No URL is configured.
    #[error(
        "no bus is configured: set bus.url in ledger.toml, give --bus URL, or use `daybook up`, which brings its own"
    )]
    NoUrl,
    /// The file that should hold the URL could not be read.
    #[error("bus.url_file {path}: {source}")]
    UrlFile {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The server did not answer or did not let us in.
    #[error(
        "cannot connect to the bus at {host}: {reason}; is nats-server running there and are the credentials right?"
    )]
    Connect {
        /// Host and port, without credentials.
        host: String,
        /// What the client said.
        reason: String,
    },
    /// The server is too old or lacks JetStream.
    #[error(
        "the nats-server at {host} is version {version}, {what}; Daybook needs 2.9 or later with JetStream enabled"
    )]
    Server {
        /// Host and port.
        host: String,
        /// Its version.
        version: String,
        /// What is missing.
        what: &'static str,
    },
    /// Something on the bus failed while running.
    #[error("the bus failed while {doing}: {reason}")]
    Running {
        /// What was being done.
        doing: &'static str,
        /// What the client said.
        reason: String,
    },
}

impl BusError {
    pub(super) fn running(doing: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |reason| Self::Running { doing, reason: reason.to_string() }
    }
}

/// Connects to the configured bus; the connection reconnects by itself from then on.
///
/// # Errors
/// [`BusError`] naming the host (never the credentials) and the remedy.
pub async fn connect(config: &BusConfig, dir: &Path) -> Result<async_nats::Client, BusError> {
    let url = url(config, dir)?;
    let host = without_credentials(&url);
    let mut options = async_nats::ConnectOptions::new()
        .name("daybook-ledger")
        .connection_timeout(CONNECT_TIMEOUT)
        .client_capacity(4_096)
        .subscription_capacity(crate::bus::MAX_BATCH_MESSAGES * 4);
    let address: async_nats::ServerAddr = url.parse().map_err(|_| BusError::Connect {
        host: host.clone(),
        reason: "the URL is not of the form nats://host:port".into(),
    })?;
    if let (Some(user), Some(password)) = (address.username(), address.password()) {
        options = options.user_and_password(user.to_owned(), password.to_owned());
    }
    if let Some(file) = &config.credentials {
        options = options.credentials_file(dir.join(file)).await.map_err(|e| BusError::Connect {
            host: host.clone(),
            reason: format!("credentials file {}: {e}", file.display()),
        })?;
    }
    if let Some(ca) = &config.ca {
        options = options.add_root_certificates(dir.join(ca)).require_tls(true);
    }
    if let (Some(certificate), Some(key)) = (&config.certificate, &config.key) {
        options = options.add_client_certificate(dir.join(certificate), dir.join(key));
    }
    let client = options
        .connect(address)
        .await
        .map_err(|e| BusError::Connect { host: host.clone(), reason: e.to_string() })?;
    check_server(&client, host)?;
    Ok(client)
}

fn url(config: &BusConfig, dir: &Path) -> Result<String, BusError> {
    if let Some(file) = &config.url_file {
        let path = dir.join(file);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| BusError::UrlFile { path: path.clone(), source })?;
        return Ok(text.trim().to_owned());
    }
    if config.url.is_empty() { Err(BusError::NoUrl) } else { Ok(config.url.clone()) }
}

fn check_server(client: &async_nats::Client, host: String) -> Result<(), BusError> {
    let info = client.server_info();
    let refuse = |what| BusError::Server { host: host.clone(), version: info.version.clone(), what };
    if server_version(&info.version).is_none_or(|(major, minor)| (major, minor) < MIN_SERVER) {
        return Err(refuse("which is too old"));
    }
    if !info.jetstream {
        return Err(refuse("and has JetStream switched off"));
    }
    Ok(())
}

/// Major and minor version out of what a nats-server says of itself.
#[must_use]
pub fn server_version(text: &str) -> Option<(u64, u64)> {
    let mut parts = text.trim_start_matches('v').split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn without_credentials(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.rsplit_once('@').map_or(rest, |(_, host)| host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_never_show_a_password() {
        assert_eq!(without_credentials("nats://user:secret@127.0.0.1:4222"), "127.0.0.1:4222");
        assert_eq!(without_credentials("127.0.0.1:4222"), "127.0.0.1:4222");
    }

    #[test]
    fn server_versions_are_read() {
        assert_eq!(server_version("2.9.10"), Some((2, 9)));
        assert_eq!(server_version("v2.12.1-RC.1"), Some((2, 12)));
        assert_eq!(server_version("edge"), None);
    }
}
