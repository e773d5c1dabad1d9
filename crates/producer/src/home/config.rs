//! The configuration of a producer, `producer.toml`.

use std::fs;
use std::path::{Path, PathBuf};

use daybook_event::{Issuer, Origin};
use daybook_tlog::Policy;
use serde::{Deserialize, Serialize};

use super::HomeError;
use crate::bus;

pub(super) const CONFIG_FILE: &str = "producer.toml";
/// Largest trust policy that is read, in bytes.
const POLICY_MAX_BYTES: u64 = 65_536;

/// Who a producer is, which ledger it writes to and how it gets there.
#[derive(Clone, PartialEq, Eq)]
pub struct ProducerConfig {
    /// The producer.
    pub issuer: Issuer,
    /// The ledger.
    pub origin: Origin,
    /// Address of the bus, `nats://[user:password@]host:port` or `tls://…`; shown without the password.
    pub bus_url: String,
    /// The trust policy under which receipts are believed (c2sp.org/tlog-policy). Relative paths start at the home.
    pub policy_path: PathBuf,
    /// PEM file of the authorities that sign the bus's certificate.
    pub bus_ca: Option<PathBuf>,
    /// PEM file of the producer's own certificate.
    pub bus_cert: Option<PathBuf>,
    /// PEM file of that certificate's key.
    pub bus_key: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    issuer: String,
    origin: String,
    policy: PathBuf,
    bus: BusFile,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BusFile {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cert: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<PathBuf>,
}

impl std::fmt::Debug for ProducerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProducerConfig")
            .field("issuer", &self.issuer)
            .field("origin", &self.origin)
            .field("bus_url", &bus::without_password(&self.bus_url))
            .field("policy_path", &self.policy_path)
            .finish_non_exhaustive()
    }
}

impl ProducerConfig {
    /// A configuration without TLS.
    #[must_use]
    pub fn new(
        issuer: Issuer,
        origin: Origin,
        bus_url: impl Into<String>,
        policy_path: impl Into<PathBuf>,
    ) -> Self {
        Self {
            issuer,
            origin,
            bus_url: bus_url.into(),
            policy_path: policy_path.into(),
            bus_ca: None,
            bus_cert: None,
            bus_key: None,
        }
    }

    /// Reads the configuration of a home.
    ///
    /// # Errors
    /// [`HomeError::Missing`], [`HomeError::Io`] or [`HomeError::Config`].
    pub fn read(dir: &Path) -> Result<Self, HomeError> {
        let path = dir.join(CONFIG_FILE);
        let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => HomeError::Missing { dir: dir.to_owned() },
            _ => HomeError::Io { path: path.clone(), source },
        })?;
        let config = |what: String| HomeError::Config { path: path.clone(), what };
        let file: ConfigFile = toml::from_str(&text).map_err(|error| config(error.to_string()))?;
        Ok(Self {
            issuer: file.issuer.parse().map_err(|e| config(format!("issuer: {e}")))?,
            origin: file.origin.parse().map_err(|e| config(format!("origin: {e}")))?,
            bus_url: file.bus.url,
            policy_path: file.policy,
            bus_ca: file.bus.ca,
            bus_cert: file.bus.cert,
            bus_key: file.bus.key,
        })
    }

    pub(super) fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(&ConfigFile {
            issuer: self.issuer.to_string(),
            origin: self.origin.to_string(),
            policy: self.policy_path.clone(),
            bus: BusFile {
                url: self.bus_url.clone(),
                ca: self.bus_ca.clone(),
                cert: self.bus_cert.clone(),
                key: self.bus_key.clone(),
            },
        })
    }

    /// Reads the trust policy and checks that it is for this ledger.
    ///
    /// # Errors
    /// [`HomeError::Io`] or [`HomeError::Policy`].
    pub fn policy(&self, dir: &Path) -> Result<Policy, HomeError> {
        let path = dir.join(&self.policy_path);
        let io = |source| HomeError::Io { path: path.clone(), source };
        let wrong = |what: String| HomeError::Policy { path: path.clone(), what };
        if fs::metadata(&path).map_err(io)?.len() > POLICY_MAX_BYTES {
            return Err(wrong(format!("longer than {POLICY_MAX_BYTES} bytes")));
        }
        let text = fs::read_to_string(&path).map_err(io)?;
        let policy: Policy = text.parse().map_err(|error| wrong(format!("{error}")))?;
        if policy.origin() != self.origin.as_str() {
            return Err(wrong(format!(
                "it is for {}, this producer writes to {}",
                policy.origin(),
                self.origin
            )));
        }
        Ok(policy)
    }
}
