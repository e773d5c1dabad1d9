//! Asking the issuer for its keys: seldom, within bounds of time and size, and without holding up anybody whose key is known.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client, Url, redirect};
use serde::Deserialize;
use tracing::{info, warn};

use super::OidcFault;
use super::keys::{Algorithm, Key, Keys};

/// Least time between two questions to the issuer.
const REFRESH_PAUSE: Duration = Duration::from_secs(60);
/// Age at which keys are asked for again although they still serve.
const KEYS_FRESH: Duration = Duration::from_secs(3_600);
/// Age at which keys no longer serve, where the issuer could not be asked since.
const KEYS_KEPT: Duration = Duration::from_secs(24 * 3_600);
/// How long one answer of the issuer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer of the issuer, in bytes.
const ANSWER_MAX_BYTES: usize = 262_144;
/// Where the issuer says where its keys are: OpenID Connect Discovery 1.0 section 4.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Why the city's sign-on cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OidcSetupError {
    /// The authority's file cannot be used.
    #[error("{path}: {reason}; http.oidc.ca in ledger.toml names the file")]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no way to ask anybody.
    #[error("the city's sign-on cannot be asked: {0}")]
    Client(#[source] reqwest::Error),
}

/// Why the issuer's keys could not be had, for the service's log.
#[derive(Debug, thiserror::Error)]
enum AskFault {
    #[error("no answer: {0}")]
    Http(String),
    #[error("the answer of {0} is larger than {ANSWER_MAX_BYTES} bytes")]
    TooLarge(Url),
    #[error("{0} holds no discovery document")]
    Discovery(Url),
    #[error("the discovery document names another issuer; http.oidc.issuer must be written exactly as there")]
    OtherIssuer,
    #[error("the discovery document names an address for the keys that is not https")]
    Insecure,
    #[error("{0} holds no key for RS256, ES256 or EdDSA")]
    NoKeys(Url),
}

impl From<reqwest::Error> for AskFault {
    fn from(error: reqwest::Error) -> Self {
        // The causes hold what an operator needs: the name that does not resolve, the certificate that is not believed.
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Self::Http(text)
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

struct Held {
    keys: Keys,
    since: Instant,
}

/// What came of the last question.
#[derive(Default)]
struct Asked {
    at: Option<Instant>,
    failed: bool,
}

/// An issuer and its keys.
pub(super) struct Issuer {
    name: String,
    client: Client,
    held: RwLock<Option<Held>>,
    /// Held by whoever asks; others who need the answer wait for it.
    asked: tokio::sync::Mutex<Asked>,
}

impl Issuer {
    pub(super) fn new(name: &str, ca: Option<&Path>) -> Result<Self, OidcSetupError> {
        let mut client = Client::builder()
            .timeout(ANSWER_TIMEOUT)
            .redirect(redirect::Policy::none())
            .user_agent("daybook");
        if let Some(path) = ca {
            let fault = |reason: String| OidcSetupError::Authority { path: path.to_owned(), reason };
            let pem = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
            let authorities = Certificate::from_pem_bundle(&pem).map_err(|error| fault(error.to_string()))?;
            if authorities.is_empty() {
                return Err(fault("it holds no certificate in PEM".into()));
            }
            client = authorities.into_iter().fold(client, reqwest::ClientBuilder::add_root_certificate);
        }
        let client = client.build().map_err(OidcSetupError::Client)?;
        Ok(Self {
            name: name.to_owned(),
            client,
            held: RwLock::new(None),
            asked: tokio::sync::Mutex::default(),
        })
    }

    /// The key for a token.
    pub(super) async fn key(
        self: &Arc<Self>,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<Key>, OidcFault> {
        if let Some((key, age)) = self.known(kid, algorithm) {
            if age > KEYS_FRESH {
                // Whoever comes with a known key does not wait.
                drop(tokio::spawn(Arc::clone(self).ask()));
            }
            return Ok(key);
        }
        let failed = self.refresh().await;
        match self.known(kid, algorithm) {
            Some((key, _)) => Ok(key),
            None if failed => Err(OidcFault::Unavailable),
            None => Err(OidcFault::Signature("the sign-on has no such key")),
        }
    }

    /// Asks for the keys unless that was done a short while ago, and says whether the last question failed. The question goes on where
    /// whoever asked goes away, so that nobody can spend it for nothing.
    pub(super) async fn refresh(self: &Arc<Self>) -> bool {
        tokio::spawn(Arc::clone(self).ask()).await.unwrap_or(true)
    }

    fn known(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<(Arc<Key>, Duration)> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_ref()?;
        let age = held.since.elapsed();
        let key = held.keys.find(kid, algorithm).filter(|_| age < KEYS_KEPT)?;
        Some((Arc::clone(key), age))
    }

    async fn ask(self: Arc<Self>) -> bool {
        let mut asked = self.asked.lock().await;
        if asked.at.is_some_and(|at| at.elapsed() < REFRESH_PAUSE) {
            return asked.failed;
        }
        asked.at = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => {
                let held = Held { keys, since: Instant::now() };
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
                asked.failed = false;
                info!(issuer = self.name, "the keys of the city's sign-on were read");
            }
            Err(fault) => {
                asked.failed = true;
                warn!(issuer = self.name, %fault, "the city's sign-on cannot be asked for its keys; those read before serve for a day");
            }
        }
        asked.failed
    }

    async fn fetch(&self) -> Result<Keys, AskFault> {
        let at = format!("{}{DISCOVERY}", self.name.trim_end_matches('/'));
        let at = Url::parse(&at).map_err(|_| AskFault::Insecure)?;
        let discovery: Discovery =
            serde_json::from_slice(&self.get(at.clone()).await?).map_err(|_| AskFault::Discovery(at))?;
        if discovery.issuer != self.name {
            return Err(AskFault::OtherIssuer);
        }
        // An issuer that is reached over TLS does not send anybody elsewhere without.
        let secure = is_secure(&discovery.jwks_uri)
            && (!self.name.starts_with("https:") || discovery.jwks_uri.starts_with("https:"));
        let keys = Url::parse(&discovery.jwks_uri).ok().filter(|_| secure).ok_or(AskFault::Insecure)?;
        Keys::parse(&self.get(keys.clone()).await?).ok_or(AskFault::NoKeys(keys))
    }

    async fn get(&self, url: Url) -> Result<Vec<u8>, AskFault> {
        let mut answer = self.client.get(url.clone()).send().await?.error_for_status()?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(AskFault::Http(format!("{url} answers {}", answer.status())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > ANSWER_MAX_BYTES {
                return Err(AskFault::TooLarge(url));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Whether keys may be read from there: over TLS, or without leaving this machine.
pub(super) fn is_secure(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let host = url.host_str().unwrap_or_default();
    let here = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => !host.is_empty(),
        "http" => here,
        _ => false,
    }
}
