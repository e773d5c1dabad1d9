//! The service's own TLS: certificate, key, and the authority of client certificates, read again when they change.
//!
//! TLS 1.2 and 1.3 by rustls. A client may show a certificate; whoever shows none goes on with a token, whoever shows one that the
//! authority did not sign, or that is out of date, gets no connection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use zeroize::Zeroizing;

use crate::open::{self, LedgerError};

/// How often the files are looked at.
pub const RENEWAL_CHECK: Duration = Duration::from_secs(60);
/// Largest of the files, in bytes.
const FILE_MAX_BYTES: usize = 1 << 20;

/// `[http.tls]`. Paths are relative to the ledger's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The service's certificate and those between it and its authority, PEM.
    pub certificate: PathBuf,
    /// The certificate's key, PEM, readable by its owner only.
    pub key: PathBuf,
    /// The authorities that sign client certificates, PEM. Without it no client is asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ca: Option<PathBuf>,
}

/// SHA-256 of the certificate (DER) that a client has shown and proved to hold. Among a request's extensions where it came with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerCertificate(pub [u8; 32]);

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or others can read the key.
    #[error(transparent)]
    File(#[from] LedgerError),
    /// A file does not hold what it should.
    #[error("{path}: {reason}; [http.tls] in ledger.toml names the files")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl TlsError {
    fn content(path: &Path, reason: impl ToString) -> Self {
        Self::Content { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// What TLS is served with, and the files it comes from.
pub struct Tls {
    files: TlsConfig,
    current: RwLock<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// Of the files' contents, so that a renewal is seen whatever happens to the times of the files.
    digest: [u8; 32],
}

/// The files as they were read.
struct Contents {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    client_ca: Option<Vec<u8>>,
}

impl Tls {
    /// Reads the files; `dir` is the ledger's directory.
    ///
    /// # Errors
    /// [`TlsError`]: which file, and what is wrong with it.
    pub fn open(dir: &Path, config: &TlsConfig) -> Result<Self, TlsError> {
        let files = TlsConfig {
            certificate: dir.join(&config.certificate),
            key: dir.join(&config.key),
            client_ca: config.client_ca.as_ref().map(|path| dir.join(path)),
        };
        let contents = files.read()?;
        let current = Current { config: files.server_config(&contents)?, digest: contents.digest() };
        Ok(Self { files, current: RwLock::new(current) })
    }

    /// What the next connection is served with.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).config)
    }

    /// Reads the files again and says whether they have changed. Open connections stay as they are.
    ///
    /// # Errors
    /// [`TlsError`]; then what was read before goes on being used. A renewal that is half written ends here and is taken up the next time.
    pub fn renew(&self) -> Result<bool, TlsError> {
        let contents = self.files.read()?;
        let digest = contents.digest();
        if self.current.read().unwrap_or_else(PoisonError::into_inner).digest == digest {
            return Ok(false);
        }
        let config = self.files.server_config(&contents)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Current { config, digest };
        Ok(true)
    }

    /// Looks for a renewal `every` so often until `stop` is cancelled.
    pub async fn watch(self: Arc<Self>, every: Duration, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            let tls = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || tls.renew()).await {
                Ok(Ok(true)) => info!("the renewed certificate is in use"),
                Ok(Ok(false)) => {}
                Ok(Err(fault)) => {
                    error!(%fault, "the certificate on disk cannot be used; the one read before stays in use");
                }
                Err(_) => return,
            }
        }
    }
}

impl Contents {
    fn digest(&self) -> [u8; 32] {
        let mut all = Sha256::new();
        let client_ca = self.client_ca.as_deref().unwrap_or_default();
        for part in [self.certificate.as_slice(), self.key.as_slice(), client_ca] {
            all.update(Sha256::digest(part));
        }
        all.finalize().into()
    }
}

impl TlsConfig {
    fn read(&self) -> Result<Contents, TlsError> {
        open::check_private(&self.key)?;
        Ok(Contents {
            certificate: read(&self.certificate)?,
            key: Zeroizing::new(read(&self.key)?),
            client_ca: self.client_ca.as_deref().map(read).transpose()?,
        })
    }

    fn server_config(&self, contents: &Contents) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let certificates = certificates(&self.certificate, &contents.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(|_| {
            TlsError::content(&self.key, "it holds no private key in PEM without a passphrase")
        })?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|fault| TlsError::content(&self.certificate, fault))?;
        let builder = match (&self.client_ca, &contents.client_ca) {
            (Some(path), Some(pem)) => {
                let mut roots = RootCertStore::empty();
                for authority in self::certificates(path, pem)? {
                    roots.add(authority).map_err(|fault| TlsError::content(path, fault))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .allow_unauthenticated()
                    .build()
                    .map_err(|fault| TlsError::content(path, fault))?;
                builder.with_client_cert_verifier(verifier)
            }
            _ => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(certificates, key).map_err(|fault| {
            TlsError::content(
                &self.certificate,
                format!("it does not go with {}: {fault}", self.key.display()),
            )
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if contents.client_ca.is_some() {
            // A resumed session brings a certificate along that nobody has looked at since.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Arc::new(config))
    }
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(TlsError::content(path, "it holds no certificate in PEM")),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    use std::io::Read as _;
    let io = |source| LedgerError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(io)?;
    file.take(FILE_MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() > FILE_MAX_BYTES {
        return Err(TlsError::content(path, format!("it is larger than {FILE_MAX_BYTES} bytes")));
    }
    Ok(bytes)
}
