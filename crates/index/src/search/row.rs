//! A row: what one entry says to the index.

use daybook_event::catalogue::EventType;
use daybook_event::entry::{EntryFault, parse_entry, received_at};
use daybook_event::{
    Catalogue, Class, EventTime, Issuer, Jti, Period, Precision, Refusal, Token, TypeName, show,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
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

/// What one entry says to the index: a pure function of its bytes, its opened vault records, the catalogue, the time zone and the key.
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
    pub codes: Vec<(String, String)>,
    /// The events that it relates to, whether the ledger holds them or not.
    pub links: Vec<(Rel, Jti)>,
    /// The matter that it belongs to.
    pub matter: Option<Handle>,
    /// Keyed hashes of the withheld strings, the matter among them, and of the events that it links to. Sorted.
    pub identifiers: Vec<Handle>,
}

/// Why an entry gives no row. Admission lets no such entry in.
#[derive(Debug, thiserror::Error)]
pub enum RowFault {
    /// The bytes are not an entry.
    #[error("entry {index}: {fault}; run `daybook verify log`")]
    Entry {
        /// The entry.
        index: u64,
        /// What is wrong.
        fault: EntryFault,
    },
    /// The event or its disclosures are not in order.
    #[error("entry {index}: {refusal}; run `daybook verify log`")]
    Event {
        /// The entry.
        index: u64,
        /// What is wrong.
        refusal: Box<Refusal>,
    },
}

/// Reads a row. `restricted` are the disclosures of class R, the intake disclosure first, and none where they are erased; `withheld` those of class W, and
/// none where they are erased or sealed away. A time known to the day only is that day in `zone`.
///
/// Open strings of class W become identifiers. Withheld fields with a closed vocabulary do not: whoever could search for `yes` would have opened the field.
///
/// # Errors
/// An entry that admission does not let in.
pub fn row(
    index: u64,
    entry: &[u8],
    restricted: &[String],
    withheld: &[String],
    catalogue: &Catalogue,
    key: &IdentifierKey,
    zone: &TimeZone,
) -> Result<Row, RowFault> {
    let event = |refusal: Refusal| RowFault::Event { index, refusal: Box::new(refusal) };
    let entry = parse_entry(entry).map_err(|fault| RowFault::Entry { index, fault })?;
    let mut compact = String::from(entry.event) + "~";
    for disclosure in restricted.iter().skip(1).chain(withheld) {
        compact.push_str(disclosure);
        compact.push('~');
    }
    let token = Token::parse(compact.as_bytes()).map_err(event)?;
    let fields = show(&token, catalogue).map_err(event)?.fields;
    let claims = token.claims();
    let time = |name| interval(fields.get(name)?.as_str()?, zone);
    let received = restricted.first().and_then(|intake| received_at(intake)?.parse::<Timestamp>().ok());
    let links = links(&fields);
    let (mut codes, mut identifiers) = (Vec::new(), Vec::new());
    if let Some(ty) = catalogue.get(claims.event.as_str(), claims.v) {
        codes = self::codes(ty, &fields);
        identifiers = self::identifiers(ty, &fields, key);
    }
    identifiers.extend(links.iter().map(|(_, to)| key.link(to)));
    identifiers.sort_unstable();
    identifiers.dedup();
    Ok(Row {
        index,
        event: claims.event.clone(),
        issuer: claims.iss.clone(),
        period: claims.period,
        jti: claims.jti,
        seq: claims.seq,
        occurred: time("occurred_at"),
        recorded: time("recorded_at"),
        received: received.map(Timestamp::as_second),
        codes,
        links,
        matter: fields.get(MATTER_FIELD).and_then(Value::as_str).map(|token| key.matter(token)),
        identifiers,
    })
}

fn codes(ty: &EventType, fields: &Map<String, Value>) -> Vec<(String, String)> {
    let closed = ty.fields().iter().filter(|field| field.codes.is_some() && field.class != Class::W);
    let mut codes = Vec::new();
    for field in closed {
        let Some(value) = fields.get(&field.name) else { continue };
        for one in items(value) {
            let code = match one {
                Value::Bool(one) => one.to_string(),
                Value::String(one) => one.clone(),
                _ => continue,
            };
            codes.push((field.name.clone(), code));
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
