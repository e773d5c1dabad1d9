//! Who asks: by client certificate, session, the city's sign-on, or an account's token.
//!
//! The certificate comes first. Where no account has it, the bearer token decides: a session's by its prefix, a token of the city's sign-on by
//! its two dots where one is configured, anything else is an account's.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use daybook_access::{AuthFault, Credential, Session};
use daybook_event::Origin;
use sha2::{Digest, Sha256};
use tracing::info;

use super::oidc::{Oidc, OidcFault, OidcSetupError};
use super::sessions::{self, Passwords, TOKEN_PREFIX};
use super::tls::PeerCertificate;
use super::{App, Problem, gate, problem, token_required};
use crate::access::Desk;
use crate::config::HttpConfig;

/// The ways to sign on beside tokens of accounts.
pub struct SignOn {
    oidc: Option<Oidc>,
    pub(super) passwords: Option<Passwords>,
}

impl SignOn {
    /// The ways that the configuration opens; `dir` is the ledger's directory.
    ///
    /// # Errors
    /// [`OidcSetupError`]: the city's sign-on cannot be used as configured.
    pub fn open(config: &HttpConfig, dir: &Path, origin: &Origin) -> Result<Self, OidcSetupError> {
        Ok(Self {
            oidc: config.oidc.as_ref().map(|oidc| Oidc::open(dir, oidc)).transpose()?,
            passwords: config.passwords.then(|| Passwords::new(origin.clone())),
        })
    }

    /// Asks the city's sign-on for its keys, so that a wrong setting shows in the log at once.
    pub async fn prepare(&self) {
        if let Some(oidc) = &self.oidc {
            oidc.prepare().await;
        }
    }

    async fn session(
        &self,
        desk: &Desk,
        peer: Option<PeerCertificate>,
        bearer: Option<&str>,
    ) -> Result<Session, Problem> {
        if let Some(PeerCertificate(digest)) = peer {
            match desk.authenticate(Credential::Certificate, &digest) {
                // A certificate may serve to reach the ledger at all, and somebody's token says who they are.
                Err(AuthFault::Unknown) if bearer.is_some() => {}
                known => return known.map_err(|fault| gate::refused(&fault)),
            }
        }
        let Some(token) = bearer else {
            return Err(token_required(
                "Sign in: send the token of your account or session as a bearer token, or show a client certificate that has an account.",
            ));
        };
        let (credential, digest) = self.proof(token, desk.clock.now().as_second()).await?;
        desk.authenticate(credential, &digest).map_err(|fault| gate::refused(&fault))
    }

    /// What a bearer token proves.
    async fn proof(&self, token: &str, now: i64) -> Result<(Credential, [u8; 32]), Problem> {
        if token.starts_with(TOKEN_PREFIX) {
            let digest = self.passwords.as_ref().and_then(|passwords| passwords.digest(token, now));
            return digest.map(|digest| (Credential::Password, digest)).ok_or_else(sessions::over);
        }
        match &self.oidc {
            Some(oidc) if token.bytes().filter(|byte| *byte == b'.').count() == 2 => {
                match oidc.verify(token, now).await {
                    Ok(digest) => Ok((Credential::Oidc, digest)),
                    Err(fault) => Err(refused(fault)),
                }
            }
            _ => Ok((Credential::Token, Sha256::digest(token).into())),
        }
    }
}

fn refused(fault: OidcFault) -> Problem {
    info!(code = fault.code(), "a token of the city's sign-on was refused");
    let status = match fault {
        OidcFault::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNAUTHORIZED,
    };
    problem(status, fault, &format!("{fault}. {}", fault.remedy()))
}

/// The bearer token of a request. The scheme's name is read in any case (RFC 9110 section 11.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}

/// Whoever sent a request: what it says, and who they proved to be.
pub(super) struct Visitor {
    pub(super) headers: HeaderMap,
    session: Result<Session, Problem>,
    /// Neither a certificate nor a token came along.
    nobody: bool,
}

impl Visitor {
    /// Whether they show nothing at all.
    pub(super) fn is_nobody(&self) -> bool {
        self.nobody
    }

    /// Who they are, or why nobody knows.
    pub(super) fn session(&self) -> Result<Session, Problem> {
        self.session.clone()
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<PeerCertificate>().copied();
        let session = match gate::desk(app) {
            Ok(desk) => app.sign_on.session(desk, peer, bearer(&parts.headers)).await,
            Err(closed) => Err(closed),
        };
        let nobody = peer.is_none() && !parts.headers.contains_key(header::AUTHORIZATION);
        Ok(Self { headers: parts.headers.clone(), session, nobody })
    }
}
