//! A row: what one entry says to the index.

use std::borrow::Cow;

use daybook_event::catalogue::EventType;
use daybook_event::{Catalogue, Class, EventTime, Issuer, Jti, Period, Precision, Said, TypeName};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::key::{Handle, IdentifierKey, MATTER_FIELD};

/// The earliest and the latest second that a moment can be, both included; seconds since the epoch of Unix.
pub type Interval = (i64, i64);

/// How an event relates to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rel {
    /// It is the answer to it.
    Answers,
    /// It comes after it in the same course.
    Follows,
    /// It replaces what it said.
    Corrects,
    /// It belongs to it.
    Of,
}

/// What one entry says to the index: a pure function of what is open of it, the catalogue, the time zone and the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Index of the entry in the log.
    pub index: u64,
    /// The type of event.
    pub event: TypeName,
    /// Who signed it: department and producer.
    pub issuer: Issuer,
    /// The month that it counts for.
    pub period: Period,
    /// The event's identifier.
    pub jti: Jti,
    /// Its number in the producer's sequence.
    pub seq: u64,
    /// When it happened; none where that is erased.
    pub occurred: Option<Interval>,
    /// When it was written down in the department's system; none where the type has no such field or it is erased.
    pub recorded: Option<Interval>,
    /// When it reached the ledger, in seconds; none where that is erased.
    pub received: Option<i64>,
    /// Field and value, for every field of class P or R with a closed vocabulary. Sorted.
    pub codes: Vec<(&'static str, Cow<'static, str>)>,
    /// The events that it relates to, whether the ledger holds them or not.
    pub links: Vec<(Rel, Jti)>,
    /// The matter that it belongs to.
    pub matter: Option<Handle>,
    /// Keyed hashes of the withheld strings, the matter among them, and of the events that it links to. Sorted.
    pub identifiers: Vec<Handle>,
}

/// Makes a row of what an event says, as far as it is open: nothing of what is erased, or sealed away, is in it. `received` is when it reached the ledger, in
/// seconds; none where that is erased. A time known to the day only is that day in `zone`.
///
/// Open strings of class W become identifiers. Withheld fields with a closed vocabulary do not: whoever could search for `yes` would have opened the field.
#[must_use]
pub fn row(
    index: u64,
    said: &Said,
    received: Option<i64>,
    catalogue: &'static Catalogue,
    key: &IdentifierKey,
    zone: &TimeZone,
) -> Row {
    let fields = &said.fields;
    let time = |name| interval(fields.get(name)?.as_str()?, zone);
    let links = links(fields);
    let (mut codes, mut identifiers) = (Vec::new(), Vec::new());
    if let Some(ty) = catalogue.get(said.event.as_str(), said.v) {
        codes = self::codes(ty, fields);
        identifiers = self::identifiers(ty, fields, key);
    }
    identifiers.extend(links.iter().map(|(_, to)| key.link(to)));
    identifiers.sort_unstable();
    identifiers.dedup();
    Row {
        index,
        event: said.event.clone(),
        issuer: said.iss.clone(),
        period: said.period,
        jti: said.jti,
        seq: said.seq,
        occurred: time("occurred_at"),
        recorded: time("recorded_at"),
        received,
        codes,
        links,
        matter: fields.get(MATTER_FIELD).and_then(Value::as_str).map(|token| key.matter(token)),
        identifiers,
    }
}

fn codes(ty: &'static EventType, fields: &Map<String, Value>) -> Vec<(&'static str, Cow<'static, str>)> {
    let closed = ty.fields().iter().filter(|field| field.class != Class::W);
    let mut codes = Vec::with_capacity(ty.fields().len());
    for (field, known) in closed.filter_map(|field| Some((field, field.codes.as_ref()?))) {
        let Some(value) = fields.get(&field.name) else { continue };
        for one in items(value) {
            let code = match one {
                Value::Bool(true) => "true".into(),
                Value::Bool(false) => "false".into(),
                // The catalogue has the text already; a segment's worth of rows need not have it 65,536 times.
                Value::String(one) => match known.iter().find(|known| *known == one) {
                    Some(known) => known.as_str().into(),
                    None => one.clone().into(),
                },
                _ => continue,
            };
            codes.push((field.name.as_str(), code));
        }
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn identifiers(ty: &EventType, fields: &Map<String, Value>, key: &IdentifierKey) -> Vec<Handle> {
    let open = ty.fields().iter().filter(|field| field.codes.is_none() && field.class == Class::W);
    let of_field = |name: &String| {
        let texts = fields.get(name).map(items).unwrap_or_default().iter().filter_map(Value::as_str);
        texts.map(|text| key.identifier(name, text)).collect::<Vec<_>>()
    };
    open.flat_map(|field| of_field(&field.name)).collect()
}

/// The items of a list; of anything else, itself.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn links(fields: &Map<String, Value>) -> Vec<(Rel, Jti)> {
    let read = |link: &Value| {
        let rel = match link.get("rel")?.as_str()? {
            "answers" => Rel::Answers,
            "follows" => Rel::Follows,
            "corrects" => Rel::Corrects,
            "of" => Rel::Of,
            _ => return None,
        };
        Some((rel, link.get("jti")?.as_str()?.parse().ok()?))
    };
    fields.get("links").and_then(Value::as_array).into_iter().flatten().filter_map(read).collect()
}

/// The seconds that a stated time may mean. Days on which clocks change have 23 or 25 hours.
fn interval(text: &str, zone: &TimeZone) -> Option<Interval> {
    let time = EventTime::parse(text)?;
    let start = |day: Date| {
        day.to_zoned(zone.clone()).ok()?.start_of_day().ok().map(|start| start.timestamp().as_second())
    };
    match time.precision {
        Precision::Day => {
            let day = time.civil.date();
            Some((start(day)?, start(day.checked_add(1.day()).ok()?)? - 1))
        }
        Precision::Minute => time.timestamp().map(|minute| (minute.as_second(), minute.as_second() + 59)),
        Precision::Second => time.timestamp().map(|second| (second.as_second(), second.as_second())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_day_in_the_zone_and_a_minute_is_sixty_seconds() {
        let denver = TimeZone::get("America/Denver").expect("the time zone database has Denver");
        let length = |text| interval(text, &denver).map(|(first, last)| last - first + 1);
        assert_eq!(length("2026-11-22"), Some(24 * 3_600));
        assert_eq!(length("2026-03-08"), Some(23 * 3_600));
        assert_eq!(length("2026-11-22T09:38-07:00"), Some(60));
        assert_eq!(length("2026-11-22T09:38:12-07:00"), Some(1));
        assert_eq!(interval("2026-11-22", &denver).map(|(first, _)| first), Some(1_795_330_800));
        assert_eq!(interval("yesterday", &denver), None);
    }
}
