//! Accounts: who has which role, and by what they prove who they are.

use std::collections::BTreeMap;

use daybook_event::{EventTime, b64};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::act::Act;
use crate::fault::{AccessFault, AuthFault};
use crate::roles::Role;

/// Longest pseudonym of an account, bytes.
pub const ACCOUNT_MAX_BYTES: usize = 32;
/// Shortest pseudonym of an account, bytes.
pub const ACCOUNT_MIN_BYTES: usize = 3;

/// How an account proves itself.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A token; its digest is SHA-256 of the token.
    Token,
    /// A client certificate; its digest is SHA-256 of the certificate.
    Certificate,
    /// The city's sign-on; its digest is SHA-256 of issuer and subject.
    Oidc,
    /// A password; its digest is Argon2id.
    Password,
}

impl Credential {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Token, Self::Certificate, Self::Oidc, Self::Password];

    /// The kind as events write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Certificate => "certificate",
            Self::Oidc => "oidc",
            Self::Password => "password",
        }
    }

    /// Reads what [`Self::as_str`] writes; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The name under which a digest is looked up. How long a look-up takes tells about this name, which cannot be chosen, and not
    /// about the digest.
    fn key(self, digest: &[u8; 32]) -> [u8; 32] {
        let name = Sha256::new().chain_update(b"daybook credential\0").chain_update(self.as_str());
        name.chain_update([0]).chain_update(digest).finalize().into()
    }
}

/// Somebody who proved who they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The account's pseudonym.
    pub account: String,
    /// Its role.
    pub role: Role,
    /// Its department.
    pub department: Option<String>,
    /// When the account ends, seconds of Unix time.
    pub expires_at: i64,
}

/// An account, as lists show it: without any digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountView {
    /// The pseudonym.
    pub account: String,
    /// The role.
    pub role: Role,
    /// The department.
    pub department: Option<String>,
    /// How it proves itself.
    pub credential: Credential,
    /// When it ends by itself, seconds of Unix time.
    pub expires_at: i64,
    /// The entry that granted it as it is.
    pub granted_by: u64,
    /// The entry that revoked it.
    pub revoked_by: Option<u64>,
}

impl AccountView {
    /// Whether it opens anything at `now`, seconds of Unix time.
    pub fn stands(&self, now: i64) -> bool {
        self.revoked_by.is_none() && now < self.expires_at
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Known {
    account: String,
    digest: [u8; 32],
}

/// All accounts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Accounts {
    /// Each account as it was granted last, with the key of its credential.
    accounts: BTreeMap<String, (AccountView, [u8; 32])>,
    /// Every credential that was ever granted, so that an old one is told from an unknown one.
    credentials: BTreeMap<[u8; 32], Known>,
}

impl Accounts {
    /// A later grant of the same account replaces the earlier one: role, term and credential.
    pub(crate) fn grant(&mut self, act: &Act<'_>) {
        if let Some((view, digest)) = granted(act) {
            let key = view.credential.key(&digest);
            if !self.is_taken(&key, &view.account) {
                self.credentials.insert(key, Known { account: view.account.clone(), digest });
                self.accounts.insert(view.account.clone(), (view, key));
            }
        }
    }

    pub(crate) fn revoke(&mut self, act: &Act<'_>) {
        let account = act.text("account").and_then(|name| self.accounts.get_mut(name));
        if let Some((view, _)) = account {
            view.revoked_by.get_or_insert(act.entry);
        }
    }

    /// Whether another account that was not revoked has the credential: it would not say who comes.
    fn is_taken(&self, key: &[u8; 32], account: &str) -> bool {
        let holder = self.credentials.get(key).filter(|known| known.account != account);
        let holder = holder.and_then(|known| self.accounts.get(&known.account));
        holder.is_some_and(|(view, held)| held == key && view.revoked_by.is_none())
    }

    pub(crate) fn check_grant(
        &self,
        account: &str,
        credential: Credential,
        digest: &[u8; 32],
    ) -> Result<(), AccessFault> {
        match self.is_taken(&credential.key(digest), account) {
            true => Err(AccessFault::CredentialTaken),
            false => Ok(()),
        }
    }

    pub(crate) fn authenticate(
        &self,
        credential: Credential,
        digest: &[u8; 32],
        now: i64,
    ) -> Result<Session, AuthFault> {
        let key = credential.key(digest);
        let known = self.credentials.get(&key).filter(|known| same(&known.digest, digest));
        let known = known.ok_or(AuthFault::Unknown)?;
        let (view, current) = self.accounts.get(&known.account).ok_or(AuthFault::Unknown)?;
        if *current != key || view.revoked_by.is_some() {
            return Err(AuthFault::Revoked);
        }
        if now >= view.expires_at {
            return Err(AuthFault::Expired);
        }
        Ok(Session {
            account: view.account.clone(),
            role: view.role,
            department: view.department.clone(),
            expires_at: view.expires_at,
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&AccountView> {
        self.accounts.get(name).map(|(view, _)| view)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &AccountView> {
        self.accounts.values().map(|(view, _)| view)
    }
}

/// Compares without stopping at the first difference.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    std::hint::black_box(a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b))) == 0
}

fn granted(act: &Act<'_>) -> Option<(AccountView, [u8; 32])> {
    let role = Role::parse_granted(act.text("account_role")?)?;
    let account = act.text("account").filter(|name| is_account(name))?;
    let department = act.text("for_department").map(str::to_owned);
    if role == Role::Department && department.is_none() {
        return None;
    }
    let view = AccountView {
        account: account.to_owned(),
        role,
        department,
        credential: Credential::parse(act.text("credential")?)?,
        expires_at: instant(act.text("expires_at")?)?,
        granted_by: act.entry,
        revoked_by: None,
    };
    Some((view, b64::decode_array(act.text("credential_digest")?)?))
}

/// `account` in `schemas/events/common.json`.
pub(crate) fn is_account(text: &str) -> bool {
    (ACCOUNT_MIN_BYTES..=ACCOUNT_MAX_BYTES).contains(&text.len())
        && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The second of a time. A day begins at midnight UTC, so that an account that is good until a day ends no later.
fn instant(text: &str) -> Option<i64> {
    let time = EventTime::parse(text)?;
    let timestamp = time.timestamp().or_else(|| EventTime::parse(&format!("{text}T00:00Z"))?.timestamp());
    timestamp.map(|at| at.as_second())
}
