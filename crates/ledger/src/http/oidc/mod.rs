//! The city's sign-on: OpenID Connect tokens as bearer tokens.
//!
//! | file | what it holds |
//! |---|---|
//! | `token` | a token: its form, its claims, what they must say |
//! | `keys` | the issuer's keys, and signatures under them |
//! | `issuer` | asking the issuer for its keys, seldom and within bounds |
//!
//! Who somebody is, is SHA-256 of issuer and subject, as `account.granted` holds it. Nothing of a token is logged or shown.

mod issuer;
mod keys;
mod token;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use issuer::Issuer;
pub use issuer::OidcSetupError;
use token::Parsed;

/// Greatest difference of clocks that can be allowed for, in seconds.
pub const CLOCK_SKEW_MAX_SECONDS: u32 = 300;
/// What is allowed for where nothing is said, in seconds.
const CLOCK_SKEW_SECONDS: u32 = 60;
/// Longest audience and longest address of an issuer, in bytes.
const NAME_MAX_BYTES: usize = 512;

/// `[http.oidc]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The issuer, exactly as its tokens name it: an `https://` address.
    pub issuer: String,
    /// The audience that tokens for this ledger name.
    pub audience: String,
    /// How far the issuer's clock may be off, in seconds, at most [`CLOCK_SKEW_MAX_SECONDS`].
    #[serde(default = "clock_skew")]
    pub clock_skew_seconds: u32,
    /// The authority that signed the issuer's TLS certificate, PEM, where it is the city's own. Relative to the ledger's directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

fn clock_skew() -> u32 {
    CLOCK_SKEW_SECONDS
}

impl OidcConfig {
    /// Whether these settings can work.
    ///
    /// # Errors
    /// The setting, and what would be right.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let named = |name: &str| {
            (1..=NAME_MAX_BYTES).contains(&name.len())
                && !name.contains(|c: char| c.is_whitespace() || c.is_control())
        };
        if !named(&self.issuer) || !issuer::is_secure(&self.issuer) || self.issuer.contains(['?', '#']) {
            return Err((
                "http.oidc.issuer",
                "give the issuer's https:// address exactly as its tokens name it (plain http:// only on this machine)".into(),
            ));
        }
        if !named(&self.audience) {
            return Err((
                "http.oidc.audience",
                "name the audience of tokens for this ledger, without spaces".into(),
            ));
        }
        if self.clock_skew_seconds > CLOCK_SKEW_MAX_SECONDS {
            return Err((
                "http.oidc.clock_skew_seconds",
                format!(
                    "{} is over {CLOCK_SKEW_MAX_SECONDS}; set the clocks instead",
                    self.clock_skew_seconds
                ),
            ));
        }
        Ok(())
    }
}

/// The digest by which an account is granted to a subject of an issuer.
#[must_use]
pub fn subject_digest(issuer: &str, subject: &str) -> [u8; 32] {
    Sha256::new().chain_update(issuer).chain_update("\n").chain_update(subject).finalize().into()
}

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OidcFault {
    /// Its time is over.
    #[error("the token of the city's sign-on has run out")]
    Expired,
    /// It is for somebody else.
    #[error("the token of the city's sign-on is meant for another service")]
    Audience,
    /// Somebody else made it.
    #[error("the token comes from another issuer than the city's sign-on")]
    Issuer,
    /// Its signature is not one of the issuer's.
    #[error("the token's signature is not one of the city's sign-on: {0}")]
    Signature(&'static str),
    /// Its time has not begun.
    #[error("the token of the city's sign-on is not good yet")]
    NotYet,
    /// The issuer's keys cannot be had.
    #[error("the city's sign-on cannot be asked for its keys, so no token of it can be checked")]
    Unavailable,
    /// It is none that the ledger reads.
    #[error("this is no token of the kind that the ledger reads: {0}")]
    Malformed(&'static str),
}

impl OidcFault {
    /// Every code.
    pub const CODES: [&'static str; 7] = [
        "oidc-expired",
        "oidc-audience",
        "oidc-issuer",
        "oidc-signature",
        "oidc-not-yet",
        "oidc-unavailable",
        "oidc-malformed",
    ];

    /// The fault as it is written; it never changes its meaning.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "oidc-expired",
            Self::Audience => "oidc-audience",
            Self::Issuer => "oidc-issuer",
            Self::Signature(_) => "oidc-signature",
            Self::NotYet => "oidc-not-yet",
            Self::Unavailable => "oidc-unavailable",
            Self::Malformed(_) => "oidc-malformed",
        }
    }

    /// What can be done.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Expired => "Sign in again.",
            Self::Audience => {
                "Ask the city's sign-on for a token whose audience is this ledger, as http.oidc.audience names it."
            }
            Self::Issuer => "Sign in at the issuer that http.oidc.issuer names.",
            Self::Signature(_) => "Sign in again; where a key of the sign-on is new, try again in a minute.",
            Self::NotYet => {
                "Try again in a minute; where it stays, the clocks of sign-on and ledger have to be set."
            }
            Self::Unavailable => "Try again in a minute; the operator finds the reason in the service's log.",
            Self::Malformed(_) => "Send the ID token or access token (JWT) as the sign-on gave it.",
        }
    }
}

/// The city's sign-on, as far as the ledger knows it.
pub struct Oidc {
    config: OidcConfig,
    issuer: Arc<Issuer>,
}

impl Oidc {
    /// Makes ready to ask the issuer; nothing is asked yet. `dir` is the ledger's directory.
    ///
    /// # Errors
    /// [`OidcSetupError`]: the authority's file cannot be used.
    pub fn open(dir: &Path, config: &OidcConfig) -> Result<Self, OidcSetupError> {
        let ca = config.ca.as_ref().map(|path| dir.join(path));
        let issuer = Arc::new(Issuer::new(&config.issuer, ca.as_deref())?);
        Ok(Self { config: config.clone(), issuer })
    }

    /// Asks for the issuer's keys now, so that the first who comes need not wait, and a wrong setting shows in the log at the start.
    pub async fn prepare(&self) {
        self.issuer.refresh().await;
    }

    /// Who comes with this token, as the digest under which an account is granted; `now` is seconds of Unix time.
    ///
    /// # Errors
    /// [`OidcFault`].
    pub async fn verify(&self, token: &str, now: i64) -> Result<[u8; 32], OidcFault> {
        let parsed = Parsed::of(token)?;
        // Before any key is looked for: a token of another issuer is no reason to ask ours for new ones.
        parsed.check_issuer(&self.config.issuer)?;
        let key = self.issuer.key(parsed.kid.as_deref(), parsed.algorithm).await?;
        if !key.signed(parsed.message, &parsed.signature) {
            return Err(OidcFault::Signature("it does not fit the token and the key"));
        }
        let subject =
            parsed.check_claims(&self.config.audience, i64::from(self.config.clock_skew_seconds), now)?;
        Ok(subject_digest(&self.config.issuer, subject))
    }
}
