//! `ledger.toml`: what the operator decides.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use daybook_event::Origin;
use daybook_index::SEGMENT_ENTRIES;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::http::oidc::OidcConfig;
use crate::http::tls::TlsConfig;

/// The configuration of one ledger. Unknown keys are refused, so that a misspelt setting is never silently ignored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The ledger's origin: the `aud` of every event, the name in every checkpoint.
    pub origin: String,
    /// The city's time zone, by its name in the IANA database: days in queries are its days.
    #[serde(default = "denver")]
    pub time_zone: String,
    /// How to reach the bus.
    #[serde(default)]
    pub bus: BusConfig,
    /// What is served over HTTP.
    #[serde(default)]
    pub http: HttpConfig,
    /// Where the secrets are.
    #[serde(default)]
    pub keys: KeysConfig,
    /// Which rules are applied.
    #[serde(default)]
    pub rules: RulesConfig,
    /// How the auditors' index is kept.
    #[serde(default)]
    pub index: IndexConfig,
}

fn denver() -> String {
    "America/Denver".into()
}

/// Which rules are applied to what is recorded.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// Compute findings and raise them.
    pub enabled: bool,
    /// A directory with rule packs instead of those of this program. Relative to the ledger's directory.
    pub packs: Option<PathBuf>,
    /// Packs that are put in force or switched off against what they say themselves, by their ids.
    pub choices: BTreeMap<String, PackChoice>,
    /// Apply each rule's earliest version to what happened from this day on, before it was law. Such findings are marked as a study.
    pub study_from: Option<jiff::civil::Date>,
}

/// What the operator decides about a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackChoice {
    /// Apply it.
    InForce,
    /// Leave it out.
    SwitchedOff,
}

impl Default for RulesConfig {
    fn default() -> Self {
        Self { enabled: true, packs: None, choices: BTreeMap::new(), study_from: None }
    }
}

/// How the auditors' index is kept. It is derived, so a change makes it anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IndexConfig {
    /// Entries of a segment, 1 to 65,536. Fewer suit a small ledger that is to be searchable sooner after a start; many segments make searches slower.
    pub segment_entries: u64,
}

impl Default for IndexConfig {
    fn default() -> Self {
        Self { segment_entries: SEGMENT_ENTRIES }
    }
}

/// How to reach the bus and what its objects are called.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BusConfig {
    /// `nats://…` or `tls://…`. Empty: `daybook up` runs a private nats-server; `daybook serve` refuses to start.
    pub url: String,
    /// A file that holds the URL instead, for URLs with a password in them. Relative to the ledger's directory.
    pub url_file: Option<PathBuf>,
    /// A NATS credentials file (JWT and seed).
    pub credentials: Option<PathBuf>,
    /// Certificate authorities to trust, PEM.
    pub ca: Option<PathBuf>,
    /// Client certificate and key, PEM.
    pub certificate: Option<PathBuf>,
    /// Key of the client certificate, PEM.
    pub key: Option<PathBuf>,
    /// The JetStream stream that holds events until the ledger has acknowledged them.
    pub stream: String,
    /// The ledger's durable pull consumer on that stream.
    pub consumer: String,
    /// Copies of the stream in a cluster: 1, 3 or 5.
    pub replicas: usize,
    /// How much the stream may hold, in bytes; when it is full, publishers are refused and keep their events.
    pub max_bytes: i64,
}

impl Default for BusConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            url_file: None,
            credentials: None,
            ca: None,
            certificate: None,
            key: None,
            stream: "DAYBOOK_EVENTS".into(),
            consumer: "daybook-ledger".into(),
            replicas: 1,
            max_bytes: 16 << 30,
        }
    }
}

/// What is served over HTTP, and to whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Serve entry bundles to everybody. Off: only to holders of the token in `entries_token_file`.
    pub entries_open: bool,
    /// File with the bearer token for entry bundles. Relative to the ledger's directory.
    pub entries_token_file: PathBuf,
    /// Accept `POST /v1/events`.
    pub publish: bool,
    /// Let accounts in by password (`POST /v1/sessions`); for small installations without a sign-on of the city's.
    pub passwords: bool,
    /// The service's own certificate. Without it requests cross the network unencrypted, unless a proxy stands in front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
    /// The city's sign-on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcConfig>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8420)),
            entries_open: false,
            entries_token_file: "keys/entries.token".into(),
            publish: true,
            passwords: false,
            tls: None,
            oidc: None,
        }
    }
}

/// Where the secrets are. Paths are relative to the ledger's directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeysConfig {
    /// The key that signs checkpoints.
    pub log: PathBuf,
    /// The key with which the ledger's rules sign what they raise.
    pub rules: PathBuf,
    /// The key with which the ledger records who reads it.
    pub access: PathBuf,
    /// The passphrase that opens the keyring. Keep it on another disk than the vault's backups.
    pub keyring_passphrase_file: PathBuf,
}

impl Default for KeysConfig {
    fn default() -> Self {
        Self {
            log: "keys/log.key".into(),
            rules: "keys/rules.key".into(),
            access: "keys/access.key".into(),
            keyring_passphrase_file: "keys/keyring.passphrase".into(),
        }
    }
}

/// Why a configuration was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{path}: {source}; `daybook init --dir DIR --origin NAME` makes a ledger")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what the schema of settings allows.
    #[error("{path}: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        source: Box<toml::de::Error>,
    },
    /// A setting has a value that cannot work.
    #[error("{path}: {setting}: {reason}")]
    Setting {
        /// The file.
        path: PathBuf,
        /// The setting's name.
        setting: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl Config {
    /// The configuration a fresh ledger starts with.
    #[must_use]
    pub fn new(origin: &Origin) -> Self {
        Self {
            origin: origin.to_string(),
            time_zone: denver(),
            bus: BusConfig::default(),
            http: HttpConfig::default(),
            keys: KeysConfig::default(),
            rules: RulesConfig::default(),
            index: IndexConfig::default(),
        }
    }

    /// Reads and checks `ledger.toml`.
    ///
    /// # Errors
    /// The file, the line or setting, and what would be right.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.into(), source })?;
        let config: Self = toml::from_str(&text)
            .map_err(|source| ConfigError::Parse { path: path.into(), source: Box::new(source) })?;
        config.check().map_err(|(setting, reason)| ConfigError::Setting {
            path: path.into(),
            setting,
            reason,
        })?;
        Ok(config)
    }

    /// The origin, parsed.
    ///
    /// # Panics
    /// Never on a configuration that came from [`Config::read`] or [`Config::new`]: both hold a checked origin.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin.parse().expect("the origin was checked when the configuration was made")
    }

    /// The time zone, looked up.
    ///
    /// # Panics
    /// Never on a configuration that came from [`Config::read`] or [`Config::new`], as with [`Config::origin`].
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).expect("the time zone was checked when the configuration was made")
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        if let Err(error) = self.origin.parse::<Origin>() {
            return Err(("origin", error.to_string()));
        }
        if !(1..=SEGMENT_ENTRIES).contains(&self.index.segment_entries) {
            return Err(("index.segment_entries", format!("1 to {SEGMENT_ENTRIES} entries are wanted")));
        }
        if let Err(error) = TimeZone::get(&self.time_zone) {
            return Err(("time_zone", format!("{error}; use a name such as America/Denver")));
        }
        if ![1, 3, 5].contains(&self.bus.replicas) {
            return Err(("bus.replicas", format!("{} is not 1, 3 or 5", self.bus.replicas)));
        }
        if self.bus.max_bytes < 64 << 20 {
            return Err((
                "bus.max_bytes",
                format!(
                    "{} is under 67108864 (64 MiB); give the stream room for a backlog",
                    self.bus.max_bytes
                ),
            ));
        }
        for (setting, name) in [("bus.stream", &self.bus.stream), ("bus.consumer", &self.bus.consumer)] {
            let good = !name.is_empty()
                && name.len() <= 64
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            if !good {
                return Err((setting, "use 1 to 64 letters, digits, `_` and `-`".into()));
            }
        }
        if self.bus.certificate.is_some() != self.bus.key.is_some() {
            return Err(("bus.certificate", "a client certificate and its key go together".into()));
        }
        self.http.oidc.as_ref().map_or(Ok(()), OidcConfig::check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("ledger.toml");
        std::fs::write(&path, text).expect("write");
        Config::read(&path)
    }

    #[test]
    fn an_origin_is_enough() {
        let config = read("origin = 'city.example/daybook'").expect("accepted");
        assert_eq!(config.bus.stream, "DAYBOOK_EVENTS");
        assert!(!config.http.entries_open);
    }

    #[test]
    fn a_misspelt_setting_is_refused_with_its_line() {
        let error =
            read("origin = 'city.example/daybook'\n[http]\nlisten_on = '0.0.0.0:1'\n").expect_err("refused");
        let text = error.to_string();
        assert!(text.contains("listen_on") && text.contains("line 3"), "{text}");
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        for (text, setting) in [
            ("origin = 'two words'", "origin"),
            ("origin = 'o.example'\ntime_zone = 'Colorado'", "time_zone"),
            ("origin = 'o.example'\n[bus]\nreplicas = 2", "bus.replicas"),
            ("origin = 'o.example'\n[bus]\nmax_bytes = 10", "bus.max_bytes"),
            ("origin = 'o.example'\n[bus]\nstream = 'a.b'", "bus.stream"),
            ("origin = 'o.example'\n[bus]\nkey = 'a'", "bus.certificate"),
            ("origin = 'o.example'\n[http.tls]\ncertificate = 'a'", "key"),
            (
                "origin = 'o.example'\n[http.oidc]\nissuer = 'http://id.example'\naudience = 'a'",
                "http.oidc.issuer",
            ),
            (
                "origin = 'o.example'\n[http.oidc]\nissuer = 'https://id.example'\naudience = ''",
                "http.oidc.audience",
            ),
            (
                "origin = 'o.example'\n[http.oidc]\nissuer = 'https://id.example'\naudience = 'a'\nclock_skew_seconds = 301",
                "http.oidc.clock_skew_seconds",
            ),
        ] {
            let error = read(text).expect_err("refused").to_string();
            assert!(error.contains(setting), "{error}");
        }
    }
}
