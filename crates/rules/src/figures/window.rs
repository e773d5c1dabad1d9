//! The span of days that figures are counted over.

use daybook_event::Period;
use jiff::civil::Date;

use crate::engine::month_of;

/// A span of days in the jurisdiction's time zone, both ends counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: Date,
    to: Date,
}

/// A span that ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the period begins on {from} and ends on {to}, before it begins; exchange the two days")]
pub struct WindowFault {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Window {
    /// From the first day to the last.
    ///
    /// # Errors
    /// Where the last lies before the first.
    pub fn new(from: Date, to: Date) -> Result<Self, WindowFault> {
        if to < from { Err(WindowFault { from, to }) } else { Ok(Self { from, to }) }
    }

    /// The first day.
    #[must_use]
    pub fn from(&self) -> Date {
        self.from
    }

    /// The last day.
    #[must_use]
    pub fn to(&self) -> Date {
        self.to
    }

    /// Whether a day lies in it.
    #[must_use]
    pub fn has(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }

    /// Whether the first day of a month lies in it: so a month that is told as a whole is told once, by one of two spans that follow each other.
    #[must_use]
    pub fn has_month(&self, month: Period) -> bool {
        first_of(month).is_some_and(|day| self.has(day))
    }

    /// Whether a month lies in it from its first day to its last.
    #[must_use]
    pub fn has_whole_month(&self, month: Period) -> bool {
        first_of(month).is_some_and(|first| self.has(first) && self.has(first.last_of_month()))
    }
}

/// The month of a day.
pub(super) fn month_of_day(day: Date) -> Option<Period> {
    month_of(day)
}

/// The first day of a month.
pub(super) fn first_of(month: Period) -> Option<Date> {
    Date::new(i16::try_from(month.year()).ok()?, i8::try_from(month.month()).ok()?, 1).ok()
}
