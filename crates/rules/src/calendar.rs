//! A jurisdiction's calendar: its time zone and its holidays.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// A time zone with holidays.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    federal: bool,
    days: Vec<Date>,
}

/// Why there is no such calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    /// The time zone database does not have it.
    #[error("there is no time zone {0:?}; use a name of the IANA database, such as America/Denver")]
    Zone(String),
    /// Neither a known set of holidays nor a day.
    #[error("{0:?} is no holiday; use us-federal or a day such as 2026-03-31")]
    Holiday(String),
}

impl Calendar {
    /// A calendar of a time zone by its IANA name. Holidays are days (`2026-03-31`) or `us-federal`.
    ///
    /// # Errors
    /// The name that is not known.
    pub fn new<S: AsRef<str>>(zone: &str, holidays: &[S]) -> Result<Self, CalendarFault> {
        let mut calendar = Self {
            zone: TimeZone::get(zone).map_err(|_| CalendarFault::Zone(zone.to_owned()))?,
            federal: false,
            days: Vec::new(),
        };
        for holiday in holidays.iter().map(AsRef::as_ref) {
            match holiday.parse() {
                _ if holiday == "us-federal" => calendar.federal = true,
                Ok(day) => calendar.days.push(day),
                Err(_) => return Err(CalendarFault::Holiday(holiday.to_owned())),
            }
        }
        Ok(calendar)
    }

    /// The time zone.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The day of the calendar on which a second falls.
    #[must_use]
    pub fn date(&self, second: i64) -> Date {
        let time = Timestamp::from_second(second).unwrap_or(if second < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        });
        time.to_zoned(self.zone.clone()).date()
    }

    /// The first second of a day.
    #[must_use]
    pub fn start_of(&self, date: Date) -> i64 {
        let start = date.to_zoned(self.zone.clone()).and_then(|day| day.start_of_day());
        start.map_or(i64::MAX / 4, |start| start.timestamp().as_second())
    }

    /// The last second of the day that is `count` days (or business days) after the day of `start`.
    #[must_use]
    pub fn end_of_day_after(&self, start: i64, count: i64, business: bool) -> i64 {
        let mut date = self.date(start);
        if business {
            let mut left = count;
            while left > 0 {
                let Ok(next) = date.tomorrow() else { break };
                date = next;
                left -= i64::from(self.is_business_day(date));
            }
        } else {
            date = date.checked_add(count.days()).unwrap_or(Date::MAX);
        }
        date.tomorrow().map_or(i64::MAX / 4, |next| self.start_of(next) - 1)
    }

    /// Whether offices are open: no Saturday, no Sunday, no holiday.
    #[must_use]
    pub fn is_business_day(&self, date: Date) -> bool {
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let holiday = self.days.contains(&date) || (self.federal && is_federal_holiday(date));
        !weekend && !holiday
    }
}

/// The legal public holidays of 5 USC 6103(a), with the shift of (b): a holiday on a Saturday is kept on the Friday before, on a Sunday on the
/// Monday after. Juneteenth counts from 2021. Inauguration Day concerns the Washington area only and is left out.
fn is_federal_holiday(date: Date) -> bool {
    let fixed = |month: i8, day: i8| {
        // The day itself, or the neighbour on which it is kept. New Year's Day may be kept in the year before.
        [date.yesterday(), Ok(date), date.tomorrow()].into_iter().flatten().any(|one| {
            let kept = match one.weekday() {
                Weekday::Saturday => one.yesterday(),
                Weekday::Sunday => one.tomorrow(),
                _ => Ok(one),
            };
            one.month() == month && one.day() == day && kept.is_ok_and(|kept| kept == date)
        })
    };
    let nth = |month: i8, n: i8, weekday| {
        date.month() == month && date.nth_weekday_of_month(n, weekday).is_ok_and(|day| day == date)
    };
    fixed(1, 1)
        || nth(1, 3, Weekday::Monday)
        || nth(2, 3, Weekday::Monday)
        || nth(5, -1, Weekday::Monday)
        || (date.year() >= 2021 && fixed(6, 19))
        || fixed(7, 4)
        || nth(9, 1, Weekday::Monday)
        || nth(10, 2, Weekday::Monday)
        || fixed(11, 11)
        || nth(11, 4, Weekday::Thursday)
        || fixed(12, 25)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn federal_holidays_of_2026_are_those_of_the_published_list() {
        let calendar = Calendar::new("America/Denver", &["us-federal"]).expect("known");
        let mut day: Date = "2026-01-01".parse().expect("a day");
        let mut found = Vec::new();
        while day.year() == 2026 {
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            if !weekend && !calendar.is_business_day(day) {
                found.push(day.to_string());
            }
            day = day.tomorrow().expect("in range");
        }
        // Office of Personnel Management, federal holidays 2026; the Fourth of July is a Saturday.
        assert_eq!(
            found,
            [
                "2026-01-01",
                "2026-01-19",
                "2026-02-16",
                "2026-05-25",
                "2026-06-19",
                "2026-07-03",
                "2026-09-07",
                "2026-10-12",
                "2026-11-11",
                "2026-11-26",
                "2026-12-25",
            ]
        );
    }

    #[test]
    fn a_new_years_day_on_a_saturday_is_kept_in_the_old_year() {
        assert!(is_federal_holiday("2021-12-31".parse().expect("a day")));
        assert!(!is_federal_holiday("2020-06-19".parse().expect("a day")));
    }

    #[test]
    fn business_days_skip_the_weekend_and_thanksgiving() {
        let calendar = Calendar::new("America/Denver", &["us-federal", "2026-11-27"]).expect("known");
        let wednesday = calendar.start_of("2026-11-25".parse().expect("a day")) + 3_600;
        let end = calendar.end_of_day_after(wednesday, 2, true);
        assert_eq!(calendar.date(end).to_string(), "2026-12-01");
        assert_eq!(calendar.date(end + 1).to_string(), "2026-12-02");
    }

    #[test]
    fn names_that_are_not_known_are_named() {
        assert!(Calendar::new("America/Denvver", &[""; 0]).is_err());
        let fault = Calendar::new("America/Denver", &["easter"]).expect_err("refused");
        assert!(fault.to_string().contains("easter"));
    }
}
