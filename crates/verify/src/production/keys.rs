//! Whose key was in force when: the fold over the key events among the authorities, in the order of their index.

use std::collections::HashMap;

use daybook_event::registry::{KEY_REGISTERED, KEY_REVOKED, KEY_ROTATED, LEDGER_OPENED};
use daybook_event::{Kid, PublicKey, Registry, Standing, Token};

use super::code::Check;
use super::look::{Looked, Seen};
use super::report::Findings;

/// What the key events among the authorities say.
#[derive(Default)]
pub(crate) struct Keys {
    /// Every key that was ever put in force.
    pub(crate) known: HashMap<Kid, PublicKey>,
    /// The key events that count, with their index, ascending.
    events: Vec<(u64, String)>,
    /// Authorities whose signature holds.
    pub(crate) signatures: u64,
}

impl Keys {
    /// Takes the authorities in ascending order of their index. An event about keys whose own key or signature does not hold has no
    /// effect.
    pub(crate) fn fold(authorities: &[Looked<'_>], findings: &mut Findings) -> Self {
        let mut keys = Self::default();
        let mut registry = Registry::default();
        for looked in authorities {
            let (Some(seen), Some(record)) = (&looked.seen, &looked.record) else { continue };
            let Ok(token) = Token::parse(record.event.as_bytes()) else { continue };
            let fault = |findings: &mut Findings, check, what: &str| {
                findings.add(check, Some(&seen.file), Some(seen.index), what);
            };
            let opening = seen.index == 0 && token.claims().event.as_str() == LEDGER_OPENED;
            if !opening {
                match registry.standing(&seen.iss, &seen.kid, seen.seq) {
                    Standing::InForce(key) if key.verify_strict(token.signing_input(), token.signature()) => {
                    }
                    Standing::InForce(_) => {
                        fault(
                            findings,
                            Check::Signature,
                            "the signature is not by the key that the event names",
                        );
                        continue;
                    }
                    standing => {
                        fault(findings, Check::Key, &why(standing));
                        continue;
                    }
                }
            }
            keys.signatures += 1;
            if !opening && !is_key_event(token.claims().event.as_str()) {
                continue;
            }
            match registry.apply(seen.index, &token) {
                Ok(()) => keys.events.push((seen.index, record.event.clone())),
                Err(error) => fault(findings, Check::Key, &format!("this event has no effect: {error}")),
            }
        }
        for (_, records) in registry.producers() {
            keys.known.extend(records.iter().map(|(kid, record)| (*kid, record.key)));
        }
        keys
    }

    /// Says of each event whose key was not in force at its index. `seen` is in ascending order of index.
    pub(crate) fn check<'s>(&self, seen: impl Iterator<Item = &'s Seen<'s>>, findings: &mut Findings) {
        let mut registry = Registry::default();
        let mut events = self.events.iter().peekable();
        for one in seen {
            while let Some((index, event)) = events.next_if(|(index, _)| *index < one.index) {
                if let Ok(token) = Token::parse(event.as_bytes()) {
                    // It was taken once, by the same fold.
                    let _ = registry.apply(*index, &token);
                }
            }
            // The opening of the ledger is signed by the key that it names; the fold has checked it.
            let opening = one.index == 0 && events.peek().is_some_and(|(index, _)| *index == 0);
            let standing = registry.standing(&one.iss, &one.kid, one.seq);
            if !opening && !matches!(standing, Standing::InForce(_)) {
                findings.add(Check::Key, Some(&one.file), Some(one.index), why(standing));
            }
        }
    }
}

fn is_key_event(event: &str) -> bool {
    matches!(event, LEDGER_OPENED | KEY_REGISTERED | KEY_ROTATED | KEY_REVOKED)
}

fn why(standing: Standing) -> String {
    match standing {
        Standing::InForce(_) => "the key was in force".to_owned(),
        Standing::UnknownProducer => {
            "no record in AUTHORITY registers a key of this producer before it".to_owned()
        }
        Standing::UnknownKey => "no record in AUTHORITY registers this key before it".to_owned(),
        Standing::Revoked { at_entry } => format!("the key had been revoked by entry {at_entry}"),
        Standing::NotForSequence => "a rotation had given this sequence number to another key".to_owned(),
    }
}
