//! Redaction profiles: what goes out, what stays back, and on what authority. One file per kind of production, in `ops/profiles`.

mod notices;
mod read;
mod redact;

use std::collections::BTreeMap;

use daybook_event::catalogue::{EventType, Slot};
use daybook_event::{Class, b64, hash::sha256};

pub use notices::{Asked, Glimpse, Notice, Severity};
pub use read::{MAX_PROFILE_BYTES, ProfileError};
pub use redact::{RedactError, Redacted, redact};

use crate::model::{Confidentiality, SlotState};

/// A redaction profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name: that of its file without `.toml`.
    pub name: String,
    /// Its name in words.
    pub title: String,
    /// How confidential a production is under it.
    pub confidentiality: Confidentiality,
    /// What is stamped on the lower left of each page; nothing where empty.
    pub legend: String,
    /// Whether the ledger's time of receipt goes out.
    pub intake: bool,
    /// What becomes of information about people whom the federal side holds (8 CFR 236.6).
    pub federal_detainees: Severity,
    /// Names of columns in the load files, where the protocol has others.
    pub columns: BTreeMap<String, String>,
    reasons: BTreeMap<String, Reason>,
    restricted: Option<String>,
    withheld: String,
    openable: Vec<String>,
    rules: Vec<Rule>,
    digest: String,
}

/// Why something stays back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What kind of reason it is.
    pub kind: ReasonKind,
    /// The statute, order or privilege; empty only where the kind is relevance.
    pub authority: String,
    /// What is printed at the place of the redaction.
    pub label: String,
}

/// The kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonKind {
    /// A statute or rule asks for it.
    Statute,
    /// A court ordered it.
    Order,
    /// A privilege covers it.
    Privilege,
    /// The parties agreed on it.
    Agreement,
    /// It is said not to matter. Courts disfavour that, and some refuse it without leave.
    Relevance,
}

/// What becomes of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It goes out.
    Show,
    /// It stays back, in the state of a slot that is withheld.
    Withhold(SlotState),
}

/// A rule that keeps slots back although their class goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// Types of event; all where empty.
    types: Vec<String>,
    slots: Vec<String>,
    reason: String,
}

impl Profile {
    /// What becomes of a slot. `opened` says whether an approved opening of this record covers it.
    ///
    /// A rule that names the slot decides first. Slots of class R go out unless the profile says otherwise; slots of class W stay back unless the profile
    /// lets them out *and* an opening covers them.
    pub fn decide(&self, ty: &EventType, slot: &Slot, opened: bool) -> Decision {
        let named = |rule: &&Rule| {
            let of_type = rule.types.is_empty() || rule.types.iter().any(|one| one == ty.name().as_str());
            of_type && rule.slots.contains(&slot.name)
        };
        if let Some(rule) = self.rules.iter().find(named) {
            return self.withhold(&rule.reason);
        }
        match (slot.class, &self.restricted) {
            (Class::W, _) if opened && self.openable.contains(&slot.name) => Decision::Show,
            (Class::W, _) => self.withhold(&self.withheld),
            (Class::P, _) | (Class::R, None) => Decision::Show,
            (Class::R, Some(reason)) => self.withhold(reason),
        }
    }

    /// The reason of this code.
    pub fn reason(&self, code: &str) -> Option<&Reason> {
        self.reasons.get(code)
    }

    /// All reasons, by code.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, &Reason)> {
        self.reasons.iter().map(|(code, reason)| (code.as_str(), reason))
    }

    /// base64url SHA-256 of the file: what `production.opened` records as `profile_hash`.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The slots of class W that may go out where an approved opening covers them.
    pub fn openable(&self) -> &[String] {
        &self.openable
    }

    fn withhold(&self, code: &str) -> Decision {
        let reason = self.reasons.get(code);
        Decision::Withhold(SlotState::Withheld {
            reason: code.to_owned(),
            authority: reason.map_or_else(String::new, Reason::authority_in_words),
            label: reason.map_or_else(String::new, |reason| reason.label.clone()),
        })
    }
}

impl Reason {
    /// The authority as it is printed.
    fn authority_in_words(&self) -> String {
        if self.authority.is_empty() { "none stated".to_owned() } else { self.authority.clone() }
    }
}

fn digest(bytes: &[u8]) -> String {
    b64::encode(sha256(bytes))
}
