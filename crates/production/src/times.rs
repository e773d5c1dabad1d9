//! Times in two zones, as exact as they were recorded and no more.

use daybook_event::{EventTime, Precision};
use jiff::tz::TimeZone;

use crate::model::Zone;

/// A time in UTC and in the production's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoTimes {
    /// In UTC.
    pub utc: String,
    /// In the production's zone.
    pub local: String,
}

/// How a time is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For columns: RFC 3339, `2026-11-22T09:38:12-07:00`.
    Column,
    /// For readers: `2026-11-22 09:38:12 MST`.
    Reader,
}

/// A time of an event in both zones; `None` where the text is no time. A day without a clock time is the same day in both, since it cannot be converted.
pub fn two_times(text: &str, zone: &Zone, form: Form) -> Option<TwoTimes> {
    let time = EventTime::parse(text)?;
    let Some(instant) = time.timestamp() else {
        return Some(TwoTimes { utc: text.to_owned(), local: text.to_owned() });
    };
    let (utc, local) = match (form, time.precision) {
        (Form::Column, Precision::Minute) => ("%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M%:z"),
        (Form::Column, _) => ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%:z"),
        (Form::Reader, Precision::Minute) => ("%Y-%m-%d %H:%M UTC", "%Y-%m-%d %H:%M %Z"),
        (Form::Reader, _) => ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S %Z"),
    };
    let utc = instant.to_zoned(TimeZone::UTC).strftime(utc).to_string();
    let local = instant.to_zoned(zone.zone().clone()).strftime(local).to_string();
    Some(TwoTimes { utc, local })
}

/// The intake's time, which has milliseconds, in both zones for readers.
pub fn received(text: &str, zone: &Zone) -> Option<TwoTimes> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    let utc = instant.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string();
    let local = instant.to_zoned(zone.zone().clone()).strftime("%Y-%m-%d %H:%M:%S%.3f %Z").to_string();
    Some(TwoTimes { utc, local })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str, form: Form) -> Option<(String, String)> {
        two_times(text, &Zone::new("America/Denver").unwrap(), form).map(|two| (two.utc, two.local))
    }

    fn pair(utc: &str, local: &str) -> Option<(String, String)> {
        Some((utc.to_owned(), local.to_owned()))
    }

    #[test]
    fn a_time_keeps_its_precision_in_both_zones() {
        let column = |text| both(text, Form::Column);
        assert_eq!(
            column("2026-11-22T09:38:12-07:00"),
            pair("2026-11-22T16:38:12Z", "2026-11-22T09:38:12-07:00")
        );
        assert_eq!(column("2026-11-22T18:38Z"), pair("2026-11-22T18:38Z", "2026-11-22T11:38-07:00"));
        assert_eq!(column("2026-07-01T00:30Z"), pair("2026-07-01T00:30Z", "2026-06-30T18:30-06:00"));
        assert_eq!(column("2026-11-22"), pair("2026-11-22", "2026-11-22"));
        assert_eq!(column("soon"), None);
        let reader = both("2026-07-01T00:30:05Z", Form::Reader);
        assert_eq!(reader, pair("2026-07-01 00:30:05 UTC", "2026-06-30 18:30:05 MDT"));
    }
}
