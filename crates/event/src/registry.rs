//! Who may sign what: a fold over the log. A key's authority is what the log said at that entry, so whoever folds the same entries gets
//! the same answers.
//!
//! The fold looks at `ledger.opened` and the `key.*` events and passes over all others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::claims::{Claims, MAX_SEQ};
use crate::keys::PublicKey;
use crate::names::{Issuer, Kid, NameError, Origin};
use crate::token::Token;

/// The type of entry 0.
pub const LEDGER_OPENED: &str = "ledger.opened";
/// Puts a key in force.
pub const KEY_REGISTERED: &str = "key.registered";
/// Replaces a key.
pub const KEY_ROTATED: &str = "key.rotated";
/// Ends a key.
pub const KEY_REVOKED: &str = "key.revoked";

/// The keys of all producers, as of some entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Registry {
    opened: Option<Opened>,
    producers: BTreeMap<Issuer, BTreeMap<Kid, KeyRecord>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Opened {
    origin: Origin,
    log_vkey: String,
}

/// What the log says of one key of one producer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// The key.
    pub key: PublicKey,
    /// The entry that put it in force.
    pub since_entry: u64,
    /// The first sequence number that it signs.
    pub from_seq: u64,
    /// The first sequence number that it no longer signs, after a rotation.
    pub until_seq: Option<u64>,
    /// The entry that revoked it.
    pub revoked_at: Option<u64>,
}

/// Whether a key may sign an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may; the signature is to be checked with this key.
    InForce(PublicKey),
    /// The log knows no key of the producer.
    UnknownProducer,
    /// The log knows other keys of the producer, but not this one.
    UnknownKey,
    /// The key was revoked.
    Revoked {
        /// The entry that revoked it.
        at_entry: u64,
    },
    /// A rotation gave the sequence number to another key.
    NotForSequence,
}

/// An event about keys that the record does not allow. It has no effect on the fold; in a log it is a finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryFault {
    /// Entry 0 is another event than `ledger.opened`, or `ledger.opened` comes later.
    #[error("ledger.opened is entry 0, and nothing else is")]
    Opening,
    /// The ledger is opened by another issuer than `ledger/governance`, for another origin than its events name, or not signed by the key it names.
    #[error("the opening of the ledger contradicts itself: {0}")]
    Contradiction(&'static str),
    /// The event is not signed by a `ledger/…` key in force.
    #[error("the event changes keys, but its own key is not one of the ledger's in force")]
    NotGovernance,
    /// A public field is missing or not well formed.
    #[error("field {0} of the event is missing or not well formed")]
    Field(&'static str),
    /// `kid` is not the thumbprint of `x`.
    #[error("kid is not the thumbprint of x")]
    OtherKey,
    /// The key was on record before; a key serves one producer, once.
    #[error("the key is on record already; a key is registered once and for one producer")]
    KnownKey,
    /// The key that is to be replaced or revoked is not in force.
    #[error("the key to be replaced or revoked is not in force for this producer")]
    NotInForce,
}

impl From<NameError> for RegistryFault {
    fn from(error: NameError) -> Self {
        Self::Field(error.name)
    }
}

/// What an event about keys does.
enum Change {
    Open(Opened, PublicKey),
    Register(Issuer, PublicKey),
    Rotate { producer: Issuer, key: PublicKey, old: Kid, from_seq: u64 },
    Revoke(Issuer, Kid),
}

impl Registry {
    /// Takes in entry `index`. The caller has checked the signature against [`Self::standing`]; only that of entry 0, for which there is no
    /// standing yet, is checked here.
    ///
    /// # Errors
    /// Where the record does not allow the event; the fold stays as it was.
    pub fn apply(&mut self, index: u64, t: &Token<'_>) -> Result<(), RegistryFault> {
        let record = |key, from_seq| KeyRecord {
            key,
            since_entry: index,
            from_seq,
            until_seq: None,
            revoked_at: None,
        };
        match self.change(index, t)? {
            None => {}
            Some(Change::Open(opened, key)) => {
                self.opened = Some(opened);
                self.producers.entry(Issuer::governance()).or_default().insert(key.kid(), record(key, 0));
            }
            Some(Change::Register(producer, key)) => {
                self.producers.entry(producer).or_default().insert(key.kid(), record(key, 0));
            }
            Some(Change::Rotate { producer, key, old, from_seq }) => {
                let keys = self.producers.entry(producer).or_default();
                if let Some(old) = keys.get_mut(&old) {
                    old.until_seq = Some(from_seq);
                }
                keys.insert(key.kid(), record(key, from_seq));
            }
            Some(Change::Revoke(producer, kid)) => {
                let key = self.producers.get_mut(&producer).and_then(|keys| keys.get_mut(&kid));
                if let Some(key) = key {
                    key.revoked_at = Some(index);
                }
            }
        }
        Ok(())
    }

    /// Says whether [`Self::apply`] would take the event, without taking it: for admission, before the event is in the log.
    ///
    /// # Errors
    /// Like [`Self::apply`].
    pub fn check(&self, index: u64, t: &Token<'_>) -> Result<(), RegistryFault> {
        self.change(index, t).map(drop)
    }

    /// Whether `kid` may sign event `seq` of `iss` now.
    pub fn standing(&self, iss: &Issuer, kid: &Kid, seq: u64) -> Standing {
        let Some(keys) = self.producers.get(iss) else { return Standing::UnknownProducer };
        let Some(record) = keys.get(kid) else { return Standing::UnknownKey };
        if let Some(at_entry) = record.revoked_at {
            return Standing::Revoked { at_entry };
        }
        let signs = seq >= record.from_seq && record.until_seq.is_none_or(|until| seq < until);
        if signs { Standing::InForce(record.key) } else { Standing::NotForSequence }
    }

    /// The ledger's origin, from entry 0.
    pub fn origin(&self) -> Option<&Origin> {
        self.opened.as_ref().map(|opened| &opened.origin)
    }

    /// The verifier key of the ledger's checkpoints, from entry 0.
    pub fn log_vkey(&self) -> Option<&str> {
        self.opened.as_ref().map(|opened| opened.log_vkey.as_str())
    }

    /// Every producer with its keys.
    pub fn producers(&self) -> impl Iterator<Item = (&Issuer, &BTreeMap<Kid, KeyRecord>)> {
        self.producers.iter()
    }

    /// The keys of one producer.
    pub fn keys(&self, iss: &Issuer) -> Option<&BTreeMap<Kid, KeyRecord>> {
        self.producers.get(iss)
    }

    fn change(&self, index: u64, t: &Token<'_>) -> Result<Option<Change>, RegistryFault> {
        let claims = t.claims();
        let event = claims.event.as_str();
        if (event == LEDGER_OPENED) != (index == 0) || (index == 0) != self.opened.is_none() {
            return Err(RegistryFault::Opening);
        }
        match event {
            LEDGER_OPENED => return self.opening(t).map(Some),
            KEY_REGISTERED | KEY_ROTATED | KEY_REVOKED => {}
            _ => return Ok(None),
        }
        let standing = self.standing(&claims.iss, t.kid(), claims.seq);
        if claims.iss != Issuer::governance() || !matches!(standing, Standing::InForce(_)) {
            return Err(RegistryFault::NotGovernance);
        }
        let producer: Issuer = text(claims, "producer")?.parse()?;
        let change = match event {
            KEY_REVOKED => {
                let kid = text(claims, "kid")?.parse()?;
                let record = self.producers.get(&producer).and_then(|keys| keys.get(&kid));
                record.filter(|record| record.revoked_at.is_none()).ok_or(RegistryFault::NotInForce)?;
                Change::Revoke(producer, kid)
            }
            KEY_ROTATED => {
                let key = self.new_key(claims)?;
                let old = text(claims, "old_kid")?.parse()?;
                let from_seq =
                    claims.data.get("from_seq").and_then(Value::as_u64).filter(|seq| *seq <= MAX_SEQ);
                let from_seq = from_seq.ok_or(RegistryFault::Field("from_seq"))?;
                let record = self.producers.get(&producer).and_then(|keys| keys.get(&old));
                let in_force = record.filter(|record| {
                    record.revoked_at.is_none() && record.until_seq.is_none() && from_seq >= record.from_seq
                });
                in_force.ok_or(RegistryFault::NotInForce)?;
                Change::Rotate { producer, key, old, from_seq }
            }
            _ => Change::Register(producer, self.new_key(claims)?),
        };
        Ok(Some(change))
    }

    fn opening(&self, t: &Token<'_>) -> Result<Change, RegistryFault> {
        let claims = t.claims();
        let key = self.new_key(claims)?;
        let origin: Origin = text(claims, "origin")?.parse()?;
        if claims.iss != Issuer::governance() {
            return Err(RegistryFault::Contradiction("it is not issued by ledger/governance"));
        }
        if origin != claims.aud {
            return Err(RegistryFault::Contradiction("aud is not the origin"));
        }
        if key.kid() != *t.kid() || !key.verify_strict(t.signing_input(), t.signature()) {
            return Err(RegistryFault::Contradiction("it is not signed by the key that it names"));
        }
        Ok(Change::Open(Opened { origin, log_vkey: text(claims, "log_vkey")?.to_owned() }, key))
    }

    /// The key in `kid` and `x`, which nobody may have had before.
    fn new_key(&self, claims: &Claims) -> Result<PublicKey, RegistryFault> {
        let key = PublicKey::from_x(text(claims, "x")?).map_err(|_| RegistryFault::Field("x"))?;
        let kid: Kid = text(claims, "kid")?.parse()?;
        if key.kid() != kid {
            return Err(RegistryFault::OtherKey);
        }
        if self.producers.values().any(|keys| keys.contains_key(&kid)) {
            return Err(RegistryFault::KnownKey);
        }
        Ok(key)
    }
}

fn text<'c>(claims: &'c Claims, field: &'static str) -> Result<&'c str, RegistryFault> {
    claims.data.get(field).and_then(Value::as_str).ok_or(RegistryFault::Field(field))
}
