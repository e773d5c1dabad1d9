//! What one entry must satisfy: the chain, its producer's sequence, its key's authority, its signature.

use daybook_event::{Anomaly, Issuer, PublicKey, Standing, Token};
use daybook_tlog::Hash;
use rayon::prelude::*;

use crate::entries::Record;
use crate::event::{Held, Looked};
use crate::report::{Failure, Kind};

use super::Fold;

/// Type of the first entry of every ledger.
const LEDGER_OPENED: &str = "ledger.opened";

/// An event whose key had authority, on its way to the signature and the sequence.
pub(super) struct Waiting<'t, 'c> {
    record: &'t Record,
    token: &'t Token<'c>,
    /// The key to verify it with; `None` where that is done.
    key: Option<PublicKey>,
}

/// An event did not pass; the finding has been noted.
struct Failed;

impl Fold<'_> {
    pub(super) fn entry<'t, 'c>(
        &mut self,
        record: &'t Record,
        looked: &'t Looked<'c>,
    ) -> Option<Waiting<'t, 'c>> {
        let Held { entry, event } = match &looked.entry {
            Ok(held) => held,
            Err(fault) => {
                let what = format!("entry {}: {fault}", record.index);
                self.find(record, Failure::new(Kind::Entry, what));
                return None;
            }
        };
        self.chain(record, Hash(entry.prev));
        match event {
            Ok(token) => {
                let key = self.authority(record, token).ok()?;
                Some(Waiting { record, token, key })
            }
            Err(refusal) => {
                let place = refusal.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
                let what = format!("entry {}: {}{place}", record.index, refusal.code.title());
                self.find(record, Failure::new(Kind::EventForm, what));
                None
            }
        }
    }

    fn chain(&mut self, record: &Record, prev: Hash) {
        let Some(before) = self.previous else { return };
        if prev == before.leaf {
            return;
        }
        let index = record.index;
        let what = match (index.checked_sub(1), before.stored) {
            (None, _) => "entry 0: its prev is not the hash of the log's origin".to_owned(),
            (Some(last), Some(stored)) if stored == prev => {
                format!("entry {last} was changed: entry {index} and log/tiles/0 agree on another hash of it")
            }
            (Some(last), _) => format!(
                "entry {index} does not follow entry {last}: its prev is not that entry's hash; one of the two was \
                 changed, or entries between them are missing"
            ),
        };
        self.find(record, Failure::new(Kind::Chain, what));
    }

    fn sequence(&mut self, record: &Record, token: &Token<'_>) {
        let claims = token.claims();
        let anomalies =
            self.continuity.apply(record.index, &claims.iss, claims.seq, &claims.prev, &token.jwt_hash());
        for anomaly in anomalies {
            let what = match anomaly {
                Anomaly::GapOpened { .. } | Anomaly::GapClosed { .. } => continue,
                Anomaly::Fork { .. } => {
                    let head = self.continuity.head(&claims.iss);
                    let other = head.filter(|head| head.next_seq == claims.seq + 1);
                    let other = other
                        .map(|head| format!(", the other in entry {}", head.last_index))
                        .unwrap_or_default();
                    format!("{} signed two different events as its number {}{other}", claims.iss, claims.seq)
                }
                Anomaly::PrevMismatch { .. } => {
                    format!("event {} of {} does not name the event before it", claims.seq, claims.iss)
                }
            };
            let what = format!("entry {}: {what}", record.index);
            self.find(record, Failure::new(Kind::Sequence, what).producer(&claims.iss));
        }
    }

    /// The key to verify the event with; `None` if its signature was found good here, an error if it failed.
    fn authority(&mut self, record: &Record, token: &Token<'_>) -> Result<Option<PublicKey>, Failed> {
        let claims = token.claims();
        if record.index == 0 {
            return self.opening(record, token).map(|()| None);
        }
        let standing = self.registry.standing(&claims.iss, token.kid(), claims.seq);
        let why = match standing {
            Standing::InForce(key) if claims.iss.is_ledger() => {
                // It may change which keys are in force for the very next entry, so it cannot wait.
                self.signature(record, token, &key)?;
                if let Err(fault) = self.registry.apply(record.index, token) {
                    let what = format!("entry {}: {fault}", record.index);
                    self.find(record, Failure::new(Kind::Authority, what).producer(&claims.iss));
                }
                return Ok(None);
            }
            Standing::InForce(key) => return Ok(Some(key)),
            Standing::UnknownProducer => "no key was ever registered for it".to_owned(),
            Standing::UnknownKey => "the key was not registered for it at that entry".to_owned(),
            Standing::Revoked { at_entry } => format!("the key was revoked by entry {at_entry}"),
            Standing::NotForSequence => {
                format!("after a rotation the key does not sign number {}", claims.seq)
            }
        };
        let what = format!("entry {}: {} had no authority to sign it: {why}", record.index, claims.iss);
        self.find(record, Failure::new(Kind::Authority, what).producer(&claims.iss));
        Err(Failed)
    }

    /// Entry 0 names the log's keys and is signed by the governance key that it names.
    fn opening(&mut self, record: &Record, token: &Token<'_>) -> Result<(), Failed> {
        let claims = token.claims();
        let named = |member: &str| claims.data.get(member).and_then(|value| value.as_str());
        let fault = if claims.event.as_str() != LEDGER_OPENED || claims.iss != Issuer::governance() {
            Some("entry 0 is not the opening of a ledger by its governance".to_owned())
        } else if named("origin") != Some(self.origin.as_str()) {
            Some("entry 0 opens a ledger of another origin".to_owned())
        } else if named("log_vkey") != Some(self.log_vkey.as_str()) {
            Some("entry 0 names another key of the log than the policy".to_owned())
        } else {
            self.registry.apply(0, token).err().map(|fault| format!("entry 0: {fault}"))
        };
        if let Some(what) = fault {
            self.find(record, Failure::new(Kind::Authority, what).producer(&claims.iss));
            return Err(Failed);
        }
        match self.registry.standing(&claims.iss, token.kid(), claims.seq) {
            Standing::InForce(key) => self.signature(record, token, &key),
            _ => {
                let what = "entry 0 is not signed by the governance key that it names";
                self.find(record, Failure::new(Kind::Authority, what).producer(&claims.iss));
                Err(Failed)
            }
        }
    }

    fn signature(&mut self, record: &Record, token: &Token<'_>, key: &PublicKey) -> Result<(), Failed> {
        if key.verify_strict(token.signing_input(), token.signature()) {
            return Ok(());
        }
        self.bad_signature(record, token);
        Err(Failed)
    }

    /// Verifies one by one, with the reference rule, on all cores. Then come the sequences: only what a producer really
    /// signed speaks against it.
    pub(super) fn signatures(&mut self, waiting: &[Waiting<'_, '_>]) {
        let good: Vec<bool> = waiting
            .par_iter()
            .map(|Waiting { token, key, .. }| {
                key.is_none_or(|key| key.verify_strict(token.signing_input(), token.signature()))
            })
            .collect();
        for (Waiting { record, token, .. }, good) in waiting.iter().zip(good) {
            if good {
                self.counts.signatures += 1;
                self.sequence(record, token);
                self.sealings.take(record.index, token);
            } else {
                self.bad_signature(record, token);
            }
        }
    }

    fn bad_signature(&mut self, record: &Record, token: &Token<'_>) {
        let issuer = &token.claims().iss;
        let what = format!("entry {}: the signature of {issuer} does not fit its event", record.index);
        self.find(record, Failure::new(Kind::Signature, what).producer(issuer));
    }
}
