//! Counts held against each other: what the ledger holds of a kind of event, month by month, and what a source outside of it counted.
//!
//! A fax that nobody recorded leaves no trace in a ledger; the fax server's log has one. Months are those of the jurisdiction's time zone, by the time
//! at which something happened. Of an outside list only the days are read, and only their numbers are kept.

use std::collections::{BTreeMap, HashSet};

use daybook_event::{Jti, Period};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::engine::{Engine, FactSource};
use crate::fact::Fact;

mod outside;
#[cfg(test)]
mod tests;

pub use outside::{COUNT_MAX, DayForm, NoFormat, OutsideMonths, Unreadable};

/// Most months that are compared at a time: twenty years. A wider range is a misread year.
pub const MONTHS_MAX: usize = 240;

/// Where an outside count comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The log of a fax server.
    FaxLog,
    /// The visitors' book of a building.
    VisitorLog,
    /// The releases of a jail's own system.
    JailReleases,
    /// A list of the requests that the immigration authority says it sent.
    IceList,
    /// The log of a mail server.
    EmailLog,
    /// The log of a telephone system.
    PhoneLog,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::FaxLog, Self::VisitorLog, Self::JailReleases, Self::IceList, Self::EmailLog, Self::PhoneLog];

    /// Its name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FaxLog => "fax-log",
            Self::VisitorLog => "visitor-log",
            Self::JailReleases => "jail-releases",
            Self::IceList => "ice-list",
            Self::EmailLog => "email-log",
            Self::PhoneLog => "phone-log",
        }
    }

    /// The source of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// Its code in `count.reconciled`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::FaxLog => "fax_log",
            Self::VisitorLog => "visitor_log",
            Self::JailReleases => "jail_releases",
            Self::IceList => "ice_list",
            Self::EmailLog => "email_log",
            Self::PhoneLog => "phone_log",
        }
    }

    /// What of the ledger is held against it, in words.
    #[must_use]
    pub fn counts(self) -> &'static str {
        match self {
            Self::FaxLog => "request.received with channel fax",
            Self::VisitorLog => "access.requested",
            Self::JailReleases => {
                "release.completed, and custody.transferred where the matter has no release.completed"
            }
            Self::IceList => "request.received of kind hold or release_notice",
            Self::EmailLog => "request.received with channel email",
            Self::PhoneLog => "request.received with channel phone",
        }
    }

    /// The type that `count.reconciled` names.
    #[must_use]
    pub fn counted_type(self) -> &'static str {
        match self {
            Self::VisitorLog => "access.requested",
            Self::JailReleases => RELEASE,
            Self::FaxLog | Self::IceList | Self::EmailLog | Self::PhoneLog => "request.received",
        }
    }

    fn takes(self, fact: &Fact) -> bool {
        let request = &*fact.kind == "request.received";
        let by = |channel| request && fact.text("channel") == Some(channel);
        match self {
            Self::FaxLog => by("fax"),
            Self::EmailLog => by("email"),
            Self::PhoneLog => by("phone"),
            Self::VisitorLog => &*fact.kind == "access.requested",
            Self::JailReleases => [RELEASE, TRANSFER].contains(&&*fact.kind),
            Self::IceList => request && matches!(fact.text("request_kind"), Some("hold" | "release_notice")),
        }
    }
}

const RELEASE: &str = "release.completed";
const TRANSFER: &str = "custody.transferred";

/// What is counted on the ledger.
#[derive(Debug, Clone)]
pub struct Question {
    /// What it is held against.
    pub source: Source,
    /// Whose events.
    pub department: String,
    /// These types of event instead of what the source says; none: what the source says.
    pub types: Vec<String>,
    /// The jurisdiction's time zone.
    pub zone: TimeZone,
}

impl Question {
    /// The type that `count.reconciled` names.
    #[must_use]
    pub fn counted_type(&self) -> &str {
        self.types.first().map_or(self.source.counted_type(), String::as_str)
    }

    /// What is counted, in words.
    #[must_use]
    pub fn counts(&self) -> String {
        if self.types.is_empty() { self.source.counts().to_owned() } else { self.types.join(", ") }
    }

    fn takes(&self, fact: &Fact) -> bool {
        fact.issuer.department() == self.department
            && if self.types.is_empty() {
                self.source.takes(fact)
            } else {
                self.types.iter().any(|ty| **ty == *fact.kind)
            }
    }
}

/// A fact that counts, unless a correction took it back.
#[derive(Debug)]
struct Counted {
    entry: u64,
    jti: Jti,
    month: Period,
    transfer: bool,
}

/// The counts of a month as they were appended before.
#[derive(Debug)]
struct Before {
    entry: u64,
    month: Period,
    recorded: u64,
    outside: u64,
}

/// Counts while a ledger is folded.
#[derive(Debug)]
pub struct LedgerCount {
    question: Question,
    counted: Vec<Counted>,
    before: Vec<Before>,
}

/// What the ledger holds, by month.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LedgerMonths {
    /// How many.
    pub counts: BTreeMap<Period, u64>,
    /// The last counts that were appended to the ledger for the same question: recorded and outside.
    pub before: BTreeMap<Period, (u64, u64)>,
}

impl LedgerCount {
    /// A count that has seen nothing.
    #[must_use]
    pub fn new(question: Question) -> Self {
        Self { question, counted: Vec::new(), before: Vec::new() }
    }

    /// Looks at a fact.
    pub fn look(&mut self, fact: &Fact) {
        if self.question.takes(fact) {
            // Where the time is erased, the month in the clear is left.
            let day =
                fact.occurred.map(|at| at.earliest).and_then(|second| day_of(second, &self.question.zone));
            let month = day.and_then(month_of).unwrap_or(fact.period);
            let transfer = self.question.types.is_empty() && &*fact.kind == TRANSFER;
            self.counted.push(Counted { entry: fact.entry, jti: fact.jti, month, transfer });
        } else if &*fact.kind == "count.reconciled" {
            self.before.extend(self.read_before(fact));
        }
    }

    fn read_before(&self, fact: &Fact) -> Option<Before> {
        let same = fact.text("source")? == self.question.source.code()
            && fact.text("about_department")? == self.question.department
            && fact.text("counted_type")? == self.question.counted_type();
        let count = |field| fact.fields.get(field).and_then(Value::as_u64);
        let month = fact.text("counted_period")?.parse().ok()?;
        let (recorded, outside) = (count("recorded")?, count("outside")?);
        same.then_some(Before { entry: fact.entry, month, recorded, outside })
    }

    /// The counts, without what corrections took back.
    #[must_use]
    pub fn finish<S: FactSource>(self, engine: &Engine<S>) -> LedgerMonths {
        let stands = |counted: &&Counted| engine.is_active(counted.entry);
        let releases: HashSet<u64> =
            self.counted.iter().filter(stands).filter(|one| !one.transfer).map(|one| one.entry).collect();
        let mut months = LedgerMonths::default();
        for one in self.counted.iter().filter(stands) {
            // Who is handed over leaves the jail once, even where both events tell of it.
            let told_twice =
                one.transfer && engine.case_of(&one.jti).iter().any(|entry| releases.contains(entry));
            if !told_twice {
                *months.counts.entry(one.month).or_insert(0) += 1;
            }
        }
        for before in self.before.iter().filter(|before| engine.is_active(before.entry)) {
            months.before.insert(before.month, (before.recorded, before.outside));
        }
        months
    }
}

/// The counts of one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthCount {
    /// The month.
    pub month: Period,
    /// How many the ledger holds.
    pub ledger: u64,
    /// How many the outside source has.
    pub outside: u64,
    /// Whether the outside list says anything about the month; where it does not, it counts as 0.
    pub listed: bool,
    /// Whether the ledger has the same two numbers as the last ones for this month already.
    pub known: bool,
}

impl MonthCount {
    /// The ledger's count less the outside count: below 0 where records are missing.
    #[must_use]
    pub fn difference(&self) -> i64 {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        signed(self.ledger).saturating_sub(signed(self.outside))
    }
}

/// A range of months that cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeFault {
    /// The outside list is empty, so that it implies no months.
    #[error("the list has no rows; name the months with --from and --to")]
    Empty,
    /// The first month is after the last one.
    #[error("the first month is after the last one")]
    Backwards,
    /// Too many months.
    #[error("more than {MONTHS_MAX} months; name fewer with --from and --to")]
    TooMany,
}

/// Holds two counts against each other, month by month; without `from` or `to`, from the first or to the last month of the outside list.
///
/// # Errors
/// There are no months, or too many.
pub fn compare(
    ledger: &LedgerMonths,
    outside: &OutsideMonths,
    from: Option<Period>,
    to: Option<Period>,
) -> Result<Vec<MonthCount>, RangeFault> {
    let first = from.or(outside.counts.keys().next().copied()).ok_or(RangeFault::Empty)?;
    let last = to.or(outside.counts.keys().next_back().copied()).ok_or(RangeFault::Empty)?;
    if first > last {
        return Err(RangeFault::Backwards);
    }
    let mut months = Vec::new();
    let mut month = Some(first);
    while let Some(this) = month.filter(|month| *month <= last) {
        if months.len() == MONTHS_MAX {
            return Err(RangeFault::TooMany);
        }
        let count = |of: &BTreeMap<Period, u64>| of.get(&this).copied().unwrap_or(0);
        let (recorded, other) = (count(&ledger.counts), count(&outside.counts));
        months.push(MonthCount {
            month: this,
            ledger: recorded,
            outside: other,
            listed: outside.counts.contains_key(&this),
            known: ledger.before.get(&this) == Some(&(recorded, other)),
        });
        month = next_month(this);
    }
    Ok(months)
}

fn month_of(day: Date) -> Option<Period> {
    format!("{:04}-{:02}", day.year(), day.month()).parse().ok()
}

fn next_month(month: Period) -> Option<Period> {
    let first = Date::new(i16::try_from(month.year()).ok()?, i8::try_from(month.month()).ok()?, 1).ok()?;
    month_of(first.checked_add(1.month()).ok()?)
}

fn day_of(second: i64, zone: &TimeZone) -> Option<Date> {
    Some(jiff::Timestamp::from_second(second).ok()?.to_zoned(zone.clone()).date())
}
