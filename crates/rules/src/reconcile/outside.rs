//! What an outside list says: days, or counts by month. Whatever else stands in it is none of ours.

use std::collections::BTreeMap;

use daybook_event::{EventTime, Period};
use jiff::civil::Date;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use super::{day_of, month_of};
use crate::time::When;

/// Most that one row of counts can say, as in the schema of `count.reconciled`.
pub const COUNT_MAX: u64 = 9_999_999;

/// Why a row of an outside list is not counted. Says nothing of what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No day in the form that was named.
    #[error("no day in the form that --format names")]
    NoDay,
    /// A day that has not come.
    #[error("a day that has not come yet; is the year right?")]
    Future,
    /// No month.
    #[error("no month such as 2026-03")]
    NoMonth,
    /// No count.
    #[error("no whole number from 0 to {COUNT_MAX}")]
    NoCount,
    /// The month has a row already.
    #[error("a month that has a row already")]
    Twice,
}

/// A form of days that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this form has no year, month and day that can be read; write for example %m/%d/%Y or %Y-%m-%d %H:%M"
)]
pub struct NoFormat;

/// How days of an outside list are written.
#[derive(Debug, Clone)]
pub struct DayForm {
    format: Option<String>,
    zone: TimeZone,
    today: Date,
}

impl DayForm {
    /// Days in a form of `strftime`; without one, `2026-03-05`, also followed by a time. `today` is the last day that can have come.
    ///
    /// # Errors
    /// The form names no whole day.
    pub fn new(format: Option<&str>, zone: TimeZone, today: Date) -> Result<Self, NoFormat> {
        if let Some(format) = format {
            let sample = today.to_zoned(zone.clone()).map_err(|_| NoFormat)?;
            let written = strtime::format(format, &sample).map_err(|_| NoFormat)?;
            let read = BrokenDownTime::parse(format, &written).and_then(|time| time.to_date());
            if read.ok() != Some(today) {
                return Err(NoFormat);
            }
        }
        Ok(Self { format: format.map(str::to_owned), zone, today })
    }

    fn day(&self, text: &str) -> Option<Date> {
        let Some(format) = &self.format else {
            if let Some(time) = EventTime::parse(text) {
                return day_of(When::of(&time, &self.zone)?.earliest, &self.zone);
            }
            let (day, rest) = text.split_at_checked("2026-03-05".len())?;
            return (rest.starts_with(' ') || rest.starts_with('T')).then(|| day.parse().ok())?;
        };
        let time = BrokenDownTime::parse(format, text).ok()?;
        match time.offset() {
            // A list in another time zone: the day is the one here.
            Some(_) => day_of(time.to_timestamp().ok()?.as_second(), &self.zone),
            None => time.to_date().ok(),
        }
    }

    /// The month of a day as written.
    ///
    /// # Errors
    /// It cannot be read, or has not come.
    pub fn month(&self, text: &str) -> Result<Period, Unreadable> {
        let day = self.day(text.trim()).ok_or(Unreadable::NoDay)?;
        if day > self.today {
            return Err(Unreadable::Future);
        }
        month_of(day).ok_or(Unreadable::NoDay)
    }

    /// The month of today.
    #[must_use]
    pub fn this_month(&self) -> Option<Period> {
        month_of(self.today)
    }
}

/// What an outside source counted, by month.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OutsideMonths {
    /// How many; months without a row are not here.
    pub counts: BTreeMap<Period, u64>,
}

impl OutsideMonths {
    /// Counts an item of a day.
    ///
    /// # Errors
    /// The day cannot be read.
    pub fn item(&mut self, day: &str, form: &DayForm) -> Result<(), Unreadable> {
        *self.counts.entry(form.month(day)?).or_insert(0) += 1;
        Ok(())
    }

    /// Takes the count of a month.
    ///
    /// # Errors
    /// One of both cannot be read, the month has not come, or has a row already.
    pub fn month(&mut self, month: &str, count: &str, form: &DayForm) -> Result<(), Unreadable> {
        let month: Period = month.trim().parse().map_err(|_| Unreadable::NoMonth)?;
        if form.this_month().is_none_or(|this| this < month) {
            return Err(Unreadable::Future);
        }
        let count: u64 = count.trim().parse().map_err(|_| Unreadable::NoCount)?;
        if count > COUNT_MAX {
            return Err(Unreadable::NoCount);
        }
        match self.counts.insert(month, count) {
            None => Ok(()),
            Some(_) => Err(Unreadable::Twice),
        }
    }
}
