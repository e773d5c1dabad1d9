//! Findings: verdicts that fail, with what was raised and answered about them.

use std::fmt;
use std::str::FromStr;

use daybook_event::{Issuer, Jti, Period};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::fact::Fact;
use crate::verdict::Status;

/// What a verdict is about: an entry, or something that the ledger derives from many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anchor {
    /// An event.
    Entry(u64),
    /// A department's month.
    Month(String, Period),
    /// A department's quarter, by its first month.
    Quarter(String, Period),
    /// A run of missing sequence numbers, by its first.
    Gap(Issuer, u64),
    /// A sequence number with two events.
    Fork(Issuer, u64),
    /// Forbidden data in a kept event.
    Banned(u64),
}

/// Names a finding for good: the same rule about the same thing has the same name in whatever order entries arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId(u64);

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ID_CHARS: u32 = 12;

impl FindingId {
    /// The name of what a check of a rule finds about a thing. `thing` is the event's identifier, or says in words what was derived.
    #[must_use]
    pub fn new(rule: &str, check: &str, thing: &str) -> Self {
        let hash = Sha256::new()
            .chain_update(b"daybook finding\0")
            .chain_update(rule)
            .chain_update([0])
            .chain_update(check)
            .chain_update([0])
            .chain_update(thing)
            .finalize();
        let bytes: [u8; 8] = hash[..8].try_into().expect("a hash has more than eight bytes");
        Self(u64::from_be_bytes(bytes) >> (64 - 5 * ID_CHARS))
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("F")?;
        for n in 0..ID_CHARS {
            if n % 4 == 0 {
                f.write_str("-")?;
            }
            let digit = (self.0 >> (5 * (ID_CHARS - 1 - n))) & 31;
            write!(f, "{}", char::from(BASE32[digit as usize]))?;
        }
        Ok(())
    }
}

/// The department of the city's auditors, who answer any finding.
const AUDITORS: &str = "auditor";

/// A text that names no finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a finding's name looks like F-ABCD-EFGH-2345")]
pub struct NoFindingId;

impl<'de> serde::Deserialize<'de> for FindingId {
    fn deserialize<D: serde::Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(text)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for FindingId {
    type Err = NoFindingId;

    fn from_str(text: &str) -> Result<Self, NoFindingId> {
        let groups: Vec<&str> = text.strip_prefix("F-").ok_or(NoFindingId)?.split('-').collect();
        if groups.len() != 3 || groups.iter().any(|group| group.len() != 4) {
            return Err(NoFindingId);
        }
        let mut value = 0;
        for byte in groups.concat().bytes() {
            let digit = BASE32.iter().position(|one| *one == byte).ok_or(NoFindingId)?;
            value = value << 5 | digit as u64;
        }
        Ok(Self(value))
    }
}

impl Serialize for FindingId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// That a finding was raised: it is an entry of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The entry of `finding.raised`.
    pub entry: u64,
    /// When it reached the ledger, in seconds.
    pub at: i64,
    /// The version of the pack under which it was raised.
    pub pack_version: String,
}

/// What was answered to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The entry of `finding.answered`.
    pub entry: u64,
    /// When it reached the ledger, in seconds.
    pub at: i64,
    /// Who answered.
    pub issuer: Issuer,
    /// The answer.
    pub action: Action,
    /// Its reason, a code of the schema.
    pub reason: String,
}

impl Answer {
    /// Whether it changes where a finding about `department` stands: a department speaks for its own records, auditors for all.
    ///
    /// A signed event is never refused for what it answers; so an answer that does not count is on the ledger and is passed over.
    #[must_use]
    pub fn counts_for(&self, department: &str) -> bool {
        let from = self.issuer.department();
        from == department || from == AUDITORS
    }
}

/// What an answer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The finding is right.
    Confirm,
    /// The finding is set aside, for a reason.
    Dismiss,
    /// What was found was put right.
    Remedy,
    /// An earlier answer is taken back.
    Reopen,
}

impl Action {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "confirm" => Self::Confirm,
            "dismiss" => Self::Dismiss,
            "remedy" => Self::Remedy,
            "reopen" => Self::Reopen,
            _ => return None,
        })
    }
}

/// Where a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its clock still runs.
    Open,
    /// The ledger cannot say.
    Undetermined,
    /// It fails and has not been raised yet.
    New,
    /// It was raised and nobody has answered.
    Raised,
    /// Somebody answered that it is right.
    Confirmed,
    /// Somebody set it aside.
    Dismissed,
    /// Somebody put it right.
    Remedied,
    /// It was raised, and later records show that what the rule asks for was done.
    Closed,
    /// A measure, no finding.
    Measure,
}

impl State {
    /// Its name on a command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Undetermined => "undetermined",
            Self::New => "new",
            Self::Raised => "raised",
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
            Self::Remedied => "remedied",
            Self::Closed => "closed",
            Self::Measure => "measure",
        }
    }

    pub(crate) fn of(status: Option<Status>, raised: bool, answers: &[Answer]) -> Self {
        let answered = answers.last().map(|answer| answer.action);
        match (status, raised) {
            (Some(Status::Measured), _) => Self::Measure,
            (Some(Status::Fails), raised) => match answered {
                Some(Action::Confirm) => Self::Confirmed,
                Some(Action::Dismiss) => Self::Dismissed,
                Some(Action::Remedy) => Self::Remedied,
                Some(Action::Reopen) | None => {
                    if raised {
                        Self::Raised
                    } else {
                        Self::New
                    }
                }
            },
            (_, true) => Self::Closed,
            (Some(Status::Undetermined), false) => Self::Undetermined,
            (_, false) => Self::Open,
        }
    }
}

impl Anchor {
    /// What the anchor is, in a form that is the same whatever order entries arrived in. `jti` is that of the entry, where there is one.
    #[must_use]
    pub fn thing(&self, jti: Option<Jti>) -> String {
        match self {
            Self::Entry(entry) => jti.map_or_else(|| entry.to_string(), |jti| jti.to_string()),
            Self::Month(department, month) => format!("month {department} {month}"),
            Self::Quarter(department, month) => format!("quarter {department} {month}"),
            Self::Gap(issuer, first) => format!("gap {issuer} {first}"),
            Self::Fork(issuer, seq) => format!("fork {issuer} {seq}"),
            Self::Banned(entry) => {
                format!("banned {}", jti.map_or_else(|| entry.to_string(), |jti| jti.to_string()))
            }
        }
    }

    /// The entry, where it is one or is about one.
    #[must_use]
    pub fn entry(&self) -> Option<u64> {
        match self {
            Self::Entry(entry) | Self::Banned(entry) => Some(*entry),
            Self::Month(..) | Self::Quarter(..) | Self::Gap(..) | Self::Fork(..) => None,
        }
    }
}

/// Reads a `finding.raised`.
pub(crate) fn read_raised(fact: &Fact) -> Option<(FindingId, Raised)> {
    let id = fact.text("finding")?.parse().ok()?;
    let pack_version = fact.text("pack_version")?.to_owned();
    Some((id, Raised { entry: fact.entry, at: fact.received, pack_version }))
}

/// Reads a `finding.answered`.
pub(crate) fn read_answer(fact: &Fact) -> Option<(FindingId, Answer)> {
    let id = fact.text("finding")?.parse().ok()?;
    let answer = Answer {
        entry: fact.entry,
        at: fact.received,
        issuer: fact.issuer.clone(),
        action: Action::parse(fact.text("action")?)?,
        reason: fact.text("reason")?.to_owned(),
    };
    Some((id, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let id = FindingId::new("R01", "absent", "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f");
        let text = id.to_string();
        assert_eq!(text.len(), 16);
        assert_eq!(text.parse(), Ok(id));
        assert_ne!(id, FindingId::new("R01", "late", "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f"));
        for wrong in ["", "F-ABCD-EFGH", "F-ABCD-EFGH-234", "F-ABCD-EFGH-2340", "f-ABCD-EFGH-2345"] {
            assert_eq!(wrong.parse::<FindingId>(), Err(NoFindingId), "{wrong}");
        }
    }
}
