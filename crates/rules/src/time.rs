//! Time as the rules see it: every moment is known to a precision, and what the precision does not decide stays undecided.

use daybook_event::{EventTime, Precision};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::calendar::Calendar;

/// The answer to a question that the ledger may be unable to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// Certainly not.
    No,
    /// The ledger's times or withheld values do not decide it.
    Unknown,
    /// Certainly.
    Yes,
}

impl Truth {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// A moment somewhere between two instants, both included; seconds since the epoch of Unix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct When {
    /// The earliest second that it can be.
    pub earliest: i64,
    /// The latest second that it can be.
    pub latest: i64,
}

impl When {
    /// An exact moment.
    #[must_use]
    pub fn exactly(second: i64) -> Self {
        Self { earliest: second, latest: second }
    }

    /// The moment that an event states. A bare day is that day in the jurisdiction's time zone.
    #[must_use]
    pub fn of(time: &EventTime, zone: &TimeZone) -> Option<Self> {
        match time.precision {
            Precision::Day => Self::day(time.civil.date(), zone),
            Precision::Minute => {
                let second = time.timestamp()?.as_second();
                Some(Self { earliest: second, latest: second + 59 })
            }
            Precision::Second => Some(Self::exactly(time.timestamp()?.as_second())),
        }
    }

    /// A whole day of the calendar. Days on which clocks change have 23 or 25 hours.
    #[must_use]
    pub fn day(date: Date, zone: &TimeZone) -> Option<Self> {
        Some(Self {
            earliest: start_of_day(date, zone)?,
            latest: start_of_day(date.checked_add(1.day()).ok()?, zone)? - 1,
        })
    }

    /// Whether it was at or before `other`.
    #[must_use]
    pub fn at_or_before(&self, other: &Self) -> Truth {
        if self.latest <= other.earliest {
            Truth::Yes
        } else if self.earliest > other.latest {
            Truth::No
        } else {
            Truth::Unknown
        }
    }

    /// Whether it was at or before an instant.
    #[must_use]
    pub fn by(&self, second: i64) -> Truth {
        self.at_or_before(&Self::exactly(second))
    }
}

fn start_of_day(date: Date, zone: &TimeZone) -> Option<i64> {
    date.to_zoned(zone.clone()).ok()?.start_of_day().ok().map(|start| start.timestamp().as_second())
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Sixty seconds each.
    Minutes,
    /// Sixty minutes each, whatever the clocks on the wall do meanwhile.
    Hours,
    /// Days of the calendar: the limit ends when the last of them ends.
    Days,
    /// As days, without Saturdays, Sundays and holidays (8 CFR 287.7(d) counts so).
    BusinessDays,
}

impl Unit {
    /// Its name after a number.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
            Self::BusinessDays => "business days",
        }
    }
}

/// A length of time that a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub count: i64,
    /// Of what.
    pub unit: Unit,
}

/// The longest limit, in any unit: so that no arithmetic on times can overflow.
pub const LIMIT_MAX: i64 = 100_000;

impl Limit {
    /// Reads `24 hours`, `14 days`, `2 business days`, `30 minutes`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once(' ')?;
        let unit = match unit {
            "minute" | "minutes" => Unit::Minutes,
            "hour" | "hours" => Unit::Hours,
            "day" | "days" => Unit::Days,
            "business day" | "business days" => Unit::BusinessDays,
            _ => return None,
        };
        let count = count.parse().ok().filter(|count| (0..=LIMIT_MAX).contains(count))?;
        Some(Self { count, unit })
    }

    /// The last second of a time that begins at `start`.
    #[must_use]
    pub fn ends(self, start: i64, calendar: &Calendar) -> i64 {
        let count = self.count.clamp(0, LIMIT_MAX);
        match self.unit {
            Unit::Minutes => start + count * 60,
            Unit::Hours => start + count * 3_600,
            Unit::Days => calendar.end_of_day_after(start, count, false),
            Unit::BusinessDays => calendar.end_of_day_after(start, count, true),
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = self.unit.name();
        let unit = if self.count == 1 { unit.trim_end_matches('s') } else { unit };
        write!(f, "{} {unit}", self.count)
    }
}

/// The instant as text in a time zone, to the minute: `2026-03-08 03:10 -06:00`.
#[must_use]
pub fn show(second: i64, zone: &TimeZone) -> String {
    Timestamp::from_second(second)
        .map(|time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string())
        .unwrap_or_else(|_| "a time beyond the calendar".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denver() -> TimeZone {
        TimeZone::get("America/Denver").expect("the time zone database has Denver")
    }

    fn when(text: &str) -> When {
        When::of(&EventTime::parse(text).expect("a time"), &denver()).expect("in range")
    }

    #[test]
    fn a_day_decides_only_what_lies_outside_it() {
        let day = when("2026-03-10");
        assert_eq!(when("2026-03-09T23:59:59-06:00").at_or_before(&day), Truth::Yes);
        assert_eq!(when("2026-03-10T12:00-06:00").at_or_before(&day), Truth::Unknown);
        assert_eq!(when("2026-03-11").at_or_before(&day), Truth::No);
        assert_eq!(day.at_or_before(&day), Truth::Unknown);
    }

    #[test]
    fn the_same_second_is_at_or_before_itself() {
        let second = when("2026-03-10T12:00:07-06:00");
        assert_eq!(second.at_or_before(&second), Truth::Yes);
    }

    #[test]
    fn days_on_which_clocks_change_have_23_and_25_hours() {
        let length = |text| {
            let day = when(text);
            day.latest - day.earliest + 1
        };
        assert_eq!(length("2026-03-08"), 23 * 3_600);
        assert_eq!(length("2026-11-01"), 25 * 3_600);
        assert_eq!(length("2026-11-02"), 24 * 3_600);
    }

    #[test]
    fn hours_run_through_the_change_of_clocks_and_days_do_not() {
        let calendar = Calendar::new("America/Denver", &["us-federal"]).expect("known");
        let start = when("2026-03-07T20:00:00-07:00").earliest;
        let six = Limit::parse("6 hours").expect("a limit").ends(start, &calendar);
        assert_eq!(six, when("2026-03-08T03:00:00-06:00").earliest);
        let day = Limit::parse("1 day").expect("a limit").ends(start, &calendar);
        assert_eq!(day, when("2026-03-08T23:59:59-06:00").earliest);
    }

    #[test]
    fn limits_are_read_in_words() {
        for text in ["", "14", "days", "14 weeks", "-1 days", "1e3 days", "100001 days", "14  days"] {
            assert_eq!(Limit::parse(text), None, "{text:?}");
        }
        assert_eq!(Limit::parse("2 business days").expect("a limit").to_string(), "2 business days");
    }
}
