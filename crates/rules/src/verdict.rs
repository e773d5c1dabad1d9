//! Verdicts: what one check says about one event, given everything that the ledger holds.

mod forms;
mod judge;

use serde::Serialize;

pub(crate) use judge::{Neighbours, evaluate};

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// What the rule asks was done.
    Quiet,
    /// What the rule asks was not done.
    Fails,
    /// Its clock still runs, or a record may still be on its way.
    Open,
    /// The ledger cannot say: times known to the day only, or values that are erased.
    Undetermined,
    /// A measure was taken.
    Measured,
}

impl Status {
    /// Its name, as in the examples of packs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Fails => "fails",
            Self::Open => "open",
            Self::Undetermined => "undetermined",
            Self::Measured => "measured",
        }
    }
}

/// Why a check says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What is asked for holds.
    Holds,
    /// What is asked for does not hold.
    DoesNotHold,
    /// What must be there is not.
    Absent,
    /// What must be there came too late.
    Late,
    /// What must not be there is.
    Found,
    /// It may still come.
    Waiting,
    /// Times are not exact enough to decide, or a value is erased or missing.
    CannotTell,
}

impl Reason {
    /// In plain words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "what the rule asks for is on the ledger",
            Self::DoesNotHold => "the record itself says that what the rule asks for was not so",
            Self::Absent => {
                "what the rule asks for is not on the ledger, and the time in which it could still be recorded is over"
            }
            Self::Late => "what the rule asks for is on the ledger, but it happened too late",
            Self::Found => "what the rule forbids is on the ledger",
            Self::Waiting => "the time in which it could still be done or recorded is not over",
            Self::CannotTell => {
                "the ledger's times are not exact enough to decide, or a value that decides is erased or missing"
            }
        }
    }
}

/// The answer of one check about one event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Verdict {
    /// What it says.
    pub status: Status,
    /// Why.
    pub reason: Reason,
    /// The class that a measure came to.
    pub measured: Option<String>,
    /// The entries that it read, the one that it is about among them.
    pub read: Vec<u64>,
    /// The second at which the answer may change by the clock alone.
    pub due: Option<i64>,
}

/// Something that a fact was needed for and that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {entry} could not be read for the rules: {reason}")]
pub struct FactFault {
    /// The entry.
    pub entry: u64,
    /// Why.
    pub reason: String,
}

fn verdict(status: Status, reason: Reason) -> Verdict {
    Verdict { status, reason, measured: None, read: Vec::new(), due: None }
}

fn cannot_tell() -> Verdict {
    verdict(Status::Undetermined, Reason::CannotTell)
}
