//! What a report says about itself: whose it is, what time it covers, and what its figures rest on.

use jiff::Zoned;
use jiff::civil::Date;
use serde::Serialize;

use super::check::ModelFault;

/// What stands above the sections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The title.
    pub title: String,
    /// The city or county.
    pub jurisdiction: String,
    /// The department, where the report is about one.
    pub department: Option<String>,
    /// The time it covers.
    pub period: Period,
    /// The time at which the figures were taken, in the jurisdiction's zone. It is passed in: nothing here reads a clock.
    pub as_of: Zoned,
    /// The state of the ledger that the figures come from.
    pub checkpoint: Checkpoint,
    /// The rule packs behind the findings.
    pub packs: Vec<Pack>,
    /// Plain sentences that a reader must not miss; shown before everything else.
    pub notices: Vec<String>,
}

/// A span of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Period {
    from: Date,
    to: Date,
}

impl Period {
    /// From the first day to the last, which is counted too, as laws and councils write periods.
    ///
    /// # Errors
    /// If it would end before it starts.
    pub fn new(from: Date, to: Date) -> Result<Self, ModelFault> {
        if to < from { Err(ModelFault::PeriodReversed { from, to }) } else { Ok(Self { from, to }) }
    }

    /// The first day.
    pub fn from(&self) -> Date {
        self.from
    }

    /// The last day, which is counted.
    pub fn to(&self) -> Date {
        self.to
    }
}

/// The checkpoint of the ledger that the figures were taken from. Anyone who holds it can check them against the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// The ledger's name.
    pub origin: String,
    /// How many entries it had.
    pub size: u64,
    /// The root hash in standard base64, as the checkpoint writes it.
    pub root: String,
}

/// A rule pack that findings in the report were made under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pack {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its title in words.
    pub title: String,
    /// The first day on which it holds.
    pub valid_from: Date,
    /// The last day on which it holds, if it ends.
    pub valid_to: Option<Date>,
    /// Whether it counts.
    pub state: PackState,
    /// The digest of its file.
    pub digest: String,
}

/// Whether a rule pack counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PackState {
    /// Its rules hold.
    InForce,
    /// Adopted, but set aside, for example by a court.
    SwitchedOff,
    /// Tried out; its findings bind nobody.
    Study,
}

impl PackState {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::SwitchedOff => "switched off",
            Self::Study => "study",
        }
    }
}
