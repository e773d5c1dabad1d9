//! Signing in with a password: `POST /v1/sessions` gives a token for eight hours, `DELETE /v1/sessions` ends it.
//!
//! The work is the same whether the account exists or not: nobody looks before the password was worked on. Sessions are kept in memory only,
//! and of a token only its SHA-256. Each request looks the account up anew, so a session ends with its account.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daybook_access::account::ACCOUNT_MAX_BYTES;
use daybook_access::{AuthFault, Credential, Session};
use daybook_event::{Entropy as _, Origin, OsEntropy, b64};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tracing::info;
use zeroize::Zeroizing;

use super::attempts::Attempts;
use super::password::{PASSWORD_MAX_BYTES, password_digest};
use super::sign_on::bearer;
use super::{App, Problem, codes, gate, problem};

/// How long a session lasts at most, in seconds.
const SESSION_SECONDS: i64 = 8 * 3_600;
/// Sessions of all accounts together.
const SESSIONS_MAX: usize = 4_096;
/// Sessions of one account; a further one ends the oldest.
const ACCOUNT_SESSIONS_MAX: usize = 8;
/// Passwords that are worked on at a time.
const HASHING_MAX: usize = 2;
/// How long an attempt waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// How a session's token begins, so that it is told from an account's.
pub(super) const TOKEN_PREFIX: &str = "dbs_";

/// The stable codes of this page, and what they say.
struct Held {
    account: String,
    /// By which the account is looked up at each request.
    digest: [u8; 32],
    expires_at: i64,
}

/// Sign-in with passwords, where the operator has switched it on.
pub(super) struct Passwords {
    origin: Origin,
    attempts: Mutex<Attempts>,
    turns: Arc<Semaphore>,
    sessions: Mutex<BTreeMap<[u8; 32], Held>>,
}

impl Passwords {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            attempts: Mutex::new(Attempts::new(Instant::now())),
            turns: Arc::new(Semaphore::new(HASHING_MAX)),
            sessions: Mutex::default(),
        }
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The digest of the password with which a session was opened.
    pub(super) fn digest(&self, token: &str, now: i64) -> Option<[u8; 32]> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&name(token)).filter(|held| now < held.expires_at).map(|held| held.digest)
    }

    async fn work(&self, account: &str, password: Zeroizing<String>) -> Result<[u8; 32], Problem> {
        let busy = || busy("Too many sign in at this moment; try again in a minute.");
        let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let (origin, account) = (self.origin.clone(), account.to_owned());
        let work = move || {
            // Held by the work, not by whoever waits for it and may go away.
            let _turn = turn;
            password_digest(&origin, &account, password.as_bytes())
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| busy())?.map_err(|_| busy())
    }

    /// Opens a session; the token is shown here and nowhere else.
    fn open(&self, session: &Session, digest: [u8; 32], now: i64) -> Option<(String, i64)> {
        let mut bytes = Zeroizing::new([0; 32]);
        OsEntropy.fill(&mut *bytes).ok()?;
        let token = format!("{TOKEN_PREFIX}{}", b64::encode(*bytes));
        let expires_at = session.expires_at.min(now.saturating_add(SESSION_SECONDS));
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, held| now < held.expires_at);
        let own = sessions.iter().filter(|(_, held)| held.account == session.account);
        if own.clone().count() >= ACCOUNT_SESSIONS_MAX
            && let Some(oldest) = own.min_by_key(|(_, held)| held.expires_at).map(|(name, _)| *name)
        {
            sessions.remove(&oldest);
        }
        if sessions.len() >= SESSIONS_MAX {
            return None;
        }
        sessions.insert(name(&token), Held { account: session.account.clone(), digest, expires_at });
        Some((token, expires_at))
    }

    fn close(&self, token: &str) -> bool {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&name(token)).is_some()
    }
}

/// A look-up by digest tells nothing about the token by the time it takes.
fn name(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Whoever signs in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    account: String,
    password: String,
}

/// Why somebody was not let in, and after how many seconds another attempt makes sense.
pub(super) struct Refused(Problem, Option<u64>);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem, None)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self.1 {
            Some(seconds) => ([(header::RETRY_AFTER, seconds.to_string())], self.0).into_response(),
            None => self.0.into_response(),
        }
    }
}

pub(super) async fn open(
    State(app): State<Arc<App>>,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, Refused> {
    let (passwords, desk) = (passwords(&app)?, gate::desk(&app)?);
    // The reason is not repeated: it may hold what was sent.
    let Json(SignIn { account, password }) = body.map_err(|_| malformed())?;
    let password = Zeroizing::new(password);
    if !(1..=ACCOUNT_MAX_BYTES).contains(&account.len())
        || !(1..=PASSWORD_MAX_BYTES).contains(&password.len())
    {
        return Err(malformed().into());
    }
    passwords.attempts().take(&account, Instant::now()).map_err(too_often)?;
    let digest = passwords.work(&account, password).await?;
    let session = match desk.authenticate(Credential::Password, &digest) {
        Ok(session) if session.account == account => session,
        Ok(_) | Err(AuthFault::Unknown) => {
            info!(code = codes::SIGN_IN_REFUSED.as_str(), "a sign-in was refused");
            let detail = "Account and password do not go together. Check both; whoever grants accounts can set a new password.";
            return Err(problem(StatusCode::UNAUTHORIZED, codes::SIGN_IN_REFUSED, detail).into());
        }
        Err(fault) => return Err(gate::refused(&fault).into()),
    };
    passwords.attempts().forgive(&account);
    let opened = passwords.open(&session, digest, desk.clock.now().as_second());
    let (token, expires_at) = opened.ok_or_else(|| {
        busy("Too many sessions are open; try again later, or sign out where you no longer work.")
    })?;
    let body = json!({
        "session": token,
        "account": session.account,
        "role": session.role.as_str(),
        "department": session.department,
        "expires_at": jiff::Timestamp::from_second(expires_at).unwrap_or(jiff::Timestamp::MAX).to_string(),
    });
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

pub(super) async fn close(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    let passwords = passwords(&app)?;
    match bearer(&headers) {
        Some(token) if passwords.close(token) => Ok(StatusCode::NO_CONTENT),
        _ => Err(over()),
    }
}

fn passwords(app: &App) -> Result<&Passwords, Problem> {
    app.sign_on.passwords.as_ref().ok_or_else(|| {
        let detail = "This ledger lets nobody in by password. The operator switches it on with http.passwords in ledger.toml.";
        problem(StatusCode::NOT_FOUND, codes::PASSWORDS_OFF, detail)
    })
}

/// What is said to somebody whose session is over or never was.
pub(super) fn over() -> Problem {
    problem(StatusCode::UNAUTHORIZED, codes::SESSION_OVER, "The session has ended; sign in again.")
}

fn malformed() -> Problem {
    let detail = "Send JSON with `account` and `password`, the password of 1 to 1024 bytes.";
    problem(StatusCode::BAD_REQUEST, codes::SIGN_IN_MALFORMED, detail)
}

fn busy(detail: &str) -> Problem {
    problem(StatusCode::SERVICE_UNAVAILABLE, codes::SIGN_IN_BUSY, detail)
}

fn too_often(wait: Duration) -> Refused {
    let seconds = wait.as_secs() + 1;
    let detail = format!("Too many attempts to sign in; try again in {seconds} s.");
    Refused(problem(StatusCode::TOO_MANY_REQUESTS, codes::SIGN_IN_TOO_OFTEN, &detail), Some(seconds))
}

#[cfg(test)]
mod tests {
    use daybook_access::Role;

    use super::*;

    fn session(account: &str, expires_at: i64) -> Session {
        Session { account: account.into(), role: Role::Auditor, department: None, expires_at }
    }

    fn passwords() -> Passwords {
        Passwords::new("a.example/daybook".parse().expect("an origin"))
    }

    #[test]
    fn a_session_ends_after_eight_hours_or_with_the_account() {
        let passwords = passwords();
        let (long, until) = passwords.open(&session("a-0001", i64::MAX), [1; 32], 1_000).expect("a session");
        assert_eq!(until, 1_000 + SESSION_SECONDS);
        assert_eq!(passwords.digest(&long, until - 1), Some([1; 32]));
        assert_eq!(passwords.digest(&long, until), None);
        let (short, until) = passwords.open(&session("a-0002", 1_060), [2; 32], 1_000).expect("a session");
        assert_eq!((until, passwords.digest(&short, 1_060)), (1_060, None));
        assert!(passwords.close(&long) && !passwords.close(&long));
        assert_eq!(passwords.digest(&long, 1_001), None);
    }

    #[test]
    fn sessions_are_bounded_for_an_account_and_in_all() {
        let passwords = passwords();
        let (first, _) = passwords.open(&session("a-0001", i64::MAX), [1; 32], 0).expect("a session");
        for second in 1..=ACCOUNT_SESSIONS_MAX as i64 {
            passwords.open(&session("a-0001", i64::MAX), [1; 32], second).expect("a session");
        }
        assert_eq!(passwords.digest(&first, 1), None, "the oldest ended");
        let count = || passwords.sessions.lock().expect("a lock").len();
        assert_eq!(count(), ACCOUNT_SESSIONS_MAX);
        for number in count()..SESSIONS_MAX {
            passwords.open(&session(&format!("b-{number}"), i64::MAX), [1; 32], 0).expect("a session");
        }
        assert!(passwords.open(&session("c-0001", i64::MAX), [1; 32], 0).is_none());
        assert!(passwords.open(&session("c-0001", i64::MAX), [1; 32], SESSION_SECONDS + 9).is_some());
    }

    #[test]
    fn a_token_is_kept_as_its_digest_only() {
        let passwords = passwords();
        let (token, _) = passwords.open(&session("a-0001", i64::MAX), [1; 32], 0).expect("a session");
        let sessions = passwords.sessions.lock().expect("a lock");
        assert!(sessions.contains_key(&<[u8; 32]>::from(Sha256::digest(&token))));
        assert!(token.starts_with(TOKEN_PREFIX) && token.len() == TOKEN_PREFIX.len() + 43);
    }
}
