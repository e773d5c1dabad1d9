//! The times of an event. Their form tells their precision: `2026-11-22T09:38:12-07:00`, `2026-11-22T09:38-07:00` or `2026-11-22`.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// How exact a time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// The day only.
    Day,
    /// To the minute.
    Minute,
    /// To the second.
    Second,
}

/// A time of an event, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTime {
    /// How exact it is.
    pub precision: Precision,
    /// Date and clock time as written; midnight where only the day is given.
    pub civil: DateTime,
    /// The offset from UTC; none where only the day is given.
    pub offset: Option<Offset>,
}

impl EventTime {
    /// Reads one of the three forms; `None` for any other text and for days and clock times that do not exist.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let date = date(bytes.get(..10)?)?;
        let Some(clock) = bytes.get(10..).filter(|rest| !rest.is_empty()) else {
            return Some(Self {
                precision: Precision::Day,
                civil: date.to_datetime(Time::midnight()),
                offset: None,
            });
        };
        let (b'T', clock) = clock.split_first()? else { return None };
        let (hour, minute) = (number(clock.get(..2)?)?, number(clock.get(3..5)?)?);
        if clock.get(2) != Some(&b':') {
            return None;
        }
        let (precision, second, zone) = match clock.get(5)? {
            b':' => (Precision::Second, number(clock.get(6..8)?)?, clock.get(8..)?),
            _ => (Precision::Minute, 0, clock.get(5..)?),
        };
        // Clocks of records systems do not show leap seconds, so second 60 is taken for a mistake.
        let time = Time::new(hour as i8, minute as i8, second as i8, 0).ok()?;
        Some(Self { precision, civil: date.to_datetime(time), offset: Some(offset(zone)?) })
    }

    /// The instant on the world's clock; `None` where only the day is given.
    pub fn timestamp(&self) -> Option<jiff::Timestamp> {
        self.offset?.to_timestamp(self.civil).ok()
    }
}

/// Whether `text` is a day, `YYYY-MM-DD`, that exists.
pub(crate) fn is_day(text: &str) -> bool {
    date(text.as_bytes()).is_some()
}

fn date(text: &[u8]) -> Option<Date> {
    if text.len() != 10 || text.get(4) != Some(&b'-') || text.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month, day) = (number(text.get(..4)?)?, number(text.get(5..7)?)?, number(text.get(8..)?)?);
    Date::new(year as i16, month as i8, day as i8).ok()
}

fn offset(zone: &[u8]) -> Option<Offset> {
    if zone == b"Z" {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match zone.split_first()? {
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    if rest.len() != 5 || rest.get(2) != Some(&b':') {
        return None;
    }
    let (hours, minutes) = (number(rest.get(..2)?)?, number(rest.get(3..)?)?);
    (hours <= 23 && minutes <= 59)
        .then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())
        .flatten()
}

/// Two to four decimal digits.
fn number(text: &[u8]) -> Option<i32> {
    text.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i32::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_tells_the_precision() {
        let of = |text| EventTime::parse(text).unwrap().precision;
        assert_eq!(of("2026-11-22T09:38:12-07:00"), Precision::Second);
        assert_eq!(of("2026-11-22T09:38Z"), Precision::Minute);
        assert_eq!(of("2028-02-29"), Precision::Day);
        let time = EventTime::parse("2026-11-22T09:38:12-07:00").unwrap();
        assert_eq!(time.timestamp().unwrap().to_string(), "2026-11-22T16:38:12Z");
    }

    #[test]
    fn what_no_calendar_or_clock_shows_is_refused() {
        for text in [
            "2026-02-29",
            "2026-11-31",
            "2026-13-01",
            "2026-00-10",
            "2026-1-01",
            "2026-11-22T24:00Z",
            "2026-11-22T09:60Z",
            "2026-11-22T09:38:60Z",
            "2026-11-22T09:38:12.5Z",
            "2026-11-22T09:38:12",
            "2026-11-22T09:38",
            "2026-11-22T09Z",
            "2026-11-22 09:38Z",
            "2026-11-22t09:38z",
            "2026-11-22T09:38+24:00",
            "2026-11-22T09:38+0700",
            "2026-11-22T",
            "",
            "2026-11-22T09:38:12-07:00 ",
            "+026-11-22",
            "２026-11-2",
        ] {
            assert_eq!(EventTime::parse(text), None, "{text}");
        }
        assert!(is_day("2026-11-22") && !is_day("2026-11-22T09:38Z"));
    }
}
