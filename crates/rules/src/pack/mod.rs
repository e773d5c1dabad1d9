//! Rule packs: dated files that say what a law or order asks, in a form that can be read aloud and evaluated.
//!
//! The format is described in `ops/packs/README.md`. A pack is checked when it is read: an unknown field, a word that no vocabulary has, a
//! condition that can never hold are mistakes with a line and a column, not silence at run time.

mod check;
mod compile;
mod raw;
mod template;
mod types;

use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

pub use check::Mistake;
pub use raw::{Example, ExampleEvent};
pub use template::Template;

use crate::calendar::Calendar;
use crate::expr::Predicate;
use crate::time::Limit;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Severity {
    /// A likely breach that touches liberty or privacy.
    V1,
    /// A required step is missing or late.
    V2,
    /// The quality of records.
    V3,
    /// A measure without a verdict.
    V4,
}

impl Severity {
    /// Its code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
            Self::V3 => "V3",
            Self::V4 => "V4",
        }
    }

    /// What it means, in plain words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::V1 => "likely breach touching liberty or privacy",
            Self::V2 => "required step missing or late",
            Self::V3 => "quality of the record",
            Self::V4 => "measure, no verdict",
        }
    }
}

/// Whether a pack is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PackState {
    /// Its rules are evaluated.
    InForce,
    /// It is kept ready and not evaluated, for the reason that it states.
    SwitchedOff,
}

/// A pack, checked and compiled.
#[derive(Debug)]
pub struct Pack {
    /// Short name, such as `denver-2017`.
    pub id: String,
    /// Its version; findings name it.
    pub version: String,
    /// Its title.
    pub title: String,
    /// Whose law it is.
    pub jurisdiction: String,
    /// The texts that it rests on.
    pub basis: String,
    /// First day on which it applies.
    pub valid_from: Date,
    /// First day on which it applies no more.
    pub valid_to: Option<Date>,
    /// Whether it is applied.
    pub state: PackState,
    /// Why it is switched off.
    pub state_reason: Option<String>,
    /// Time zone and holidays.
    pub calendar: Calendar,
    /// Provisions by code, in our words.
    pub provisions: Vec<(String, String)>,
    /// The parameters as CEL sees them, and their names.
    pub params: cel::Value,
    /// Parameters as written, for reports.
    pub parameters: Vec<(String, String)>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// SHA-256 of the file, base64url.
    pub digest: String,
}

/// A rule of a pack.
#[derive(Debug)]
pub struct Rule {
    /// `R01` to `R47`, or further.
    pub id: String,
    /// In a few words.
    pub title: String,
    /// How grave.
    pub severity: Severity,
    /// What it asks, in plain words.
    pub text: String,
    /// Codes of the provisions that it rests on.
    pub provisions: Vec<String>,
    /// The types that it reads.
    pub reads: Vec<String>,
    /// Its checks; each can fire.
    pub checks: Vec<Arc<Check>>,
    /// Its own examples.
    pub examples: Vec<Example>,
}

/// One condition of a rule, looked at for each event of its types.
#[derive(Debug)]
pub struct Check {
    /// Short name within the rule.
    pub name: String,
    /// Types that it looks at; empty stands for every type that a department records.
    pub on: Vec<String>,
    /// Which of those events it concerns.
    pub when: Option<Predicate>,
    /// What must be there for it to concern them.
    pub given: Vec<Related>,
    /// What must not be there.
    pub unless: Vec<Related>,
    /// Events that the form speaks about by name.
    pub bindings: Vec<Binding>,
    /// What is asked.
    pub form: Form,
    /// The finding in plain words.
    pub says: Template,
}

/// Where to look for related events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// In the same case: the same matter, or linked with each other.
    Case,
    /// Wherever the field has the value that a field of the event has. The first is of the event that is looked at, the second of the related
    /// one; mostly it is the same field.
    Same(String, String),
    /// In the same department.
    Department,
    /// In the whole ledger.
    Everywhere,
}

/// How related events lie to the event that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// At the same time or earlier.
    Before,
    /// At the same time or later.
    After,
    /// At any time.
    Any,
}

/// Other events that matter to a check.
#[derive(Debug)]
pub struct Related {
    /// Their types.
    pub types: Vec<String>,
    /// Which of them; `r` is the related event, `e` the one that is looked at.
    pub filter: Option<Predicate>,
    /// Where to look.
    pub by: By,
    /// When they happened.
    pub order: Order,
    /// Events that end what such an event began: where one that is linked `of` it came before the event that is looked at, it counts no more.
    pub ended_by: Option<Box<Related>>,
}

/// Which one of several related events a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// The last one at or before the event that is looked at.
    LastBefore,
    /// The first one at or after it.
    FirstAfter,
    /// Any one at all: the first in the log.
    Any,
}

/// A name for a related event; null where there is none.
#[derive(Debug)]
pub struct Binding {
    /// The name.
    pub name: String,
    /// Among which.
    pub among: Related,
    /// Which one.
    pub pick: Pick,
}

/// How long something may take.
#[derive(Debug)]
pub enum Allowance {
    /// Always the same.
    Fixed(Limit),
    /// As an expression over the event says, in this unit.
    Counted(Box<Predicate>, crate::time::Unit),
}

/// The forms in which a rule can ask for something.
#[derive(Debug)]
pub enum Form {
    /// The expression holds.
    OnlyIf {
        /// The expression.
        holds: Predicate,
        /// How long a missing record may still be on its way: after any failure, or only where a named event is missing.
        wait: Limit,
        /// Whether every failure waits.
        always_waits: bool,
    },
    /// A related event lies at or before it.
    PrecededBy {
        /// Which.
        related: Related,
        /// Whether it fails where there is none at all.
        absent_fails: bool,
        /// Whether it fails where there is one, but later.
        late_fails: bool,
        /// How long a missing record may still be on its way.
        wait: Limit,
    },
    /// A related event comes at or after it, in time.
    FollowedWithin {
        /// Which.
        related: Related,
        /// How long after.
        allowance: Allowance,
        /// A day that the event names, instead of the allowance where it is there.
        until: Option<Box<Predicate>>,
        /// How long a missing record may still be on its way after that.
        wait: Limit,
    },
    /// A related event is there, at any time.
    AccompaniedBy {
        /// Which.
        related: Related,
        /// How long a missing record may still be on its way.
        wait: Limit,
    },
    /// There is no related event.
    Never(Related),
    /// It was written down in time.
    RecordedWithin {
        /// How long after.
        limit: Limit,
        /// A field of the event from which it counts, instead of when it happened.
        from: Option<String>,
    },
    /// How long it took to the first related event: a class, no verdict.
    Measure {
        /// To which.
        related: Related,
        /// A time field of the event from which it counts, instead of when it happened.
        from: Option<String>,
        /// Upper bounds with their labels, ascending.
        classes: Vec<(Limit, String)>,
        /// The label above all bounds.
        otherwise: String,
    },
}

impl Form {
    /// The name of the form.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::OnlyIf { .. } => "only if",
            Self::PrecededBy { .. } => "preceded by",
            Self::FollowedWithin { .. } => "followed within",
            Self::AccompaniedBy { .. } => "accompanied by",
            Self::Never(_) => "never",
            Self::RecordedWithin { .. } => "recorded within",
            Self::Measure { .. } => "measure",
        }
    }

    pub(crate) fn related(&self) -> Option<&Related> {
        match self {
            Self::OnlyIf { .. } | Self::RecordedWithin { .. } => None,
            Self::PrecededBy { related, .. }
            | Self::FollowedWithin { related, .. }
            | Self::AccompaniedBy { related, .. }
            | Self::Never(related)
            | Self::Measure { related, .. } => Some(related),
        }
    }
}

impl Check {
    /// The related events that its form asks for.
    #[must_use]
    pub fn form_related(&self) -> Option<&Related> {
        self.form.related()
    }

    /// All related events that it reads.
    pub fn related(&self) -> impl Iterator<Item = &Related> {
        self.given
            .iter()
            .chain(&self.unless)
            .chain(self.bindings.iter().map(|binding| &binding.among))
            .chain(self.form.related())
            .flat_map(|related| std::iter::once(related).chain(related.ended_by.as_deref()))
    }
}

static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

impl Pack {
    /// The packs that this program was built with, those of `ops/packs`.
    ///
    /// # Errors
    /// A file with mistakes; the tests of this crate see to it that there is none.
    pub fn builtin() -> Result<Vec<Self>, (String, Vec<Mistake>)> {
        FILES
            .iter()
            .map(|(name, text)| Self::read(text).map_err(|mistakes| ((*name).to_owned(), mistakes)))
            .collect()
    }

    /// Reads, checks and compiles a pack.
    ///
    /// # Errors
    /// Every mistake in it, with line and column.
    pub fn read(text: &str) -> Result<Self, Vec<Mistake>> {
        let raw = raw::parse(text)?;
        compile::pack(raw, text)
    }

    /// Whether it applies on a day, given that it is in force at all.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day < end)
    }
}
