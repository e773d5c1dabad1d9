//! The terms of a query as events hold them, read back: what was searched for follows from the event alone.
//!
//! They are written by the exports' [`terms`](crate::http), and each is the inverse of the other.

use std::ops::Range;
use std::str::FromStr;

use daybook_index::search::Filter;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The first and the last day of something, both included.
#[derive(Debug, Clone, Copy, Default)]
struct Days {
    from: Option<Date>,
    to: Option<Date>,
}

/// The filter that some terms stand for; `None` where one of them is no term. Days are meant in `zone`.
pub(crate) fn filter_of(terms: &[String], zone: &TimeZone) -> Option<Filter> {
    let mut filter = Filter::default();
    let (mut happened, mut received) = (None::<Days>, None::<Days>);
    for term in terms {
        let (name, value) = term.split_once('=')?;
        match name {
            "type" => filter.types.push(value.parse().ok()?),
            "department" => filter.departments.push(value.to_owned()),
            "producer" => filter.producers.push(value.parse().ok()?),
            "month" => filter.periods.push(value.parse().ok()?),
            "matter" => filter.identifiers.push(value.parse().ok()?),
            "linked_to" => set(&mut filter.linked_to, value)?,
            "happened_from" => set(&mut happened.get_or_insert_default().from, value)?,
            "happened_to" => set(&mut happened.get_or_insert_default().to, value)?,
            "received_from" => set(&mut received.get_or_insert_default().from, value)?,
            "received_to" => set(&mut received.get_or_insert_default().to, value)?,
            other => match other.split_once(':')? {
                ("code", field) => filter.codes.push((field.to_owned(), value.to_owned())),
                ("identifier", _) => filter.identifiers.push(value.parse().ok()?),
                _ => return None,
            },
        }
    }
    filter.occurred = happened.map(|days| seconds(days.from, days.to, zone));
    filter.received = received.map(|days| seconds(days.from, days.to, zone));
    Some(filter)
}

/// The seconds of some days, both ends included, in a time zone.
pub(crate) fn seconds(from: Option<Date>, to: Option<Date>, zone: &TimeZone) -> Range<i64> {
    let start = |day: Date| day.to_zoned(zone.clone()).map_or(i64::MAX, |at| at.timestamp().as_second());
    let from = from.map_or(i64::MIN, start);
    let to = to.and_then(|day| day.tomorrow().ok()).map_or(i64::MAX, start);
    from..to
}

/// Takes a value in that there can be one of.
fn set<T: FromStr>(place: &mut Option<T>, value: &str) -> Option<()> {
    let value = value.parse().ok()?;
    place.replace(value).is_none().then_some(())
}
