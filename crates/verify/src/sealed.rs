//! What the log says was sealed and erased: a record that nobody can open is no fault where an event orders it.

use daybook_event::sealing::RECORD_SEALED;
use daybook_event::{Sealing, Token};
use serde::Serialize;

/// Most ranges of sealed entries, and most unclear events, that a report lists; the rest are counted.
pub const MAX_SEALED: usize = 10_000;

/// Entries that an event of the ledger's seals, erases or unseals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SealedEntries {
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// `sealed`, `erased` or `unsealed`.
    pub kind: &'static str,
    /// Which part of the records: `withheld`, `restricted` or `all`.
    pub part: &'static str,
    /// Which slots of the part, by name; empty for all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<String>,
    /// On what authority, in the word of the event's schema.
    pub authority: String,
    /// The month of the event, `YYYY-MM`. The day is in a field that a verifier does not see.
    pub period: String,
    /// The entry that holds the event.
    pub by: u64,
}

/// An event of the ledger's that names entries which cannot be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnclearSealing {
    /// The entry that holds the event.
    pub entry: u64,
    /// What is wrong with it.
    pub what: String,
}

/// What was sealed and erased, in the order of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sealings {
    /// What the events cover.
    pub listed: Vec<SealedEntries>,
    /// Ranges beyond the listed ones.
    pub unlisted: u64,
    /// Events that cover nothing, since what they name cannot be relied on.
    pub unclear: Vec<UnclearSealing>,
    /// Such events beyond the listed ones.
    pub unlisted_unclear: u64,
}

impl Sealings {
    /// Takes in an event whose signature and authority hold. Departments may record sealings of their own files under the same
    /// type; about entries of the ledger only the ledger's own issuers decide.
    pub(crate) fn take(&mut self, entry: u64, token: &Token<'_>) {
        let claims = token.claims();
        if claims.event.as_str() != RECORD_SEALED || !claims.iss.is_ledger() {
            return;
        }
        let sealing = match Sealing::read(entry, &claims.data) {
            Ok(Some(sealing)) => sealing,
            Ok(None) => return,
            Err(fault) if self.unclear.len() < MAX_SEALED => {
                return self.unclear.push(UnclearSealing { entry, what: fault.to_string() });
            }
            Err(_) => return self.unlisted_unclear += 1,
        };
        for span in &sealing.spans {
            if self.listed.len() >= MAX_SEALED {
                self.unlisted += 1;
                continue;
            }
            self.listed.push(SealedEntries {
                first: span.first,
                last: span.last,
                kind: sealing.kind.name(),
                part: sealing.part.name(),
                slots: sealing.slots.clone(),
                authority: sealing.authority.clone(),
                period: claims.period.to_string(),
                by: entry,
            });
        }
    }
}
