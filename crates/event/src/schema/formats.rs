//! The formats that schemas name, and compiling a schema with them.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::{Notes, term};
use crate::b64;
use crate::json;
use crate::names::{Issuer, Jti, Origin, Period, TypeName};
use crate::sealing::EntrySpan;
use crate::time::{EventTime, is_day};

pub(super) fn compile(schema: &Value, notes: &mut Notes<'_>) -> Option<Validator> {
    let built = jsonschema::draft202012::options()
        .offline()
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        // Patterns run in time linear in their input.
        .with_pattern_options(PatternOptions::regex())
        .with_format("daybook-time", |text| EventTime::parse(text).is_some())
        .with_format("daybook-day", is_day)
        .with_format("daybook-digest", |text| b64::decode_array::<32>(text).is_some())
        .with_format("daybook-jti", |text| text.parse::<Jti>().is_ok())
        .with_format("daybook-issuer", |text| text.parse::<Issuer>().is_ok())
        .with_format("daybook-origin", |text| text.parse::<Origin>().is_ok())
        .with_format("daybook-type", |text| text.parse::<TypeName>().is_ok())
        .with_format("daybook-period", |text| text.parse::<Period>().is_ok())
        .with_format("daybook-finding", is_finding)
        .with_format("daybook-entries", |text| EntrySpan::parse(text).is_some())
        .with_format("daybook-term", term::is_term)
        .with_format("daybook-zone", is_zone)
        .with_format("daybook-query", |text| {
            json::parse(text.as_bytes()).is_ok_and(|value| value.is_object())
        })
        .with_format("daybook-vkey", |text| text.len() <= 512)
        .with_format("daybook-language", |text| matches!(text.len(), 2 | 3))
        .with_format("daybook-matter", |text| {
            text.len() == 26 && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
        })
        .build(schema);
    match built {
        Ok(validator) => Some(validator),
        Err(error) => {
            notes.add(
                error.instance_path().as_str(),
                format!("not a schema of 2020-12: {}", error.kind().keyword()),
            );
            None
        }
    }
}

/// Whether it is the name of a finding: a hash in three groups of base32, in which four letters may happen to spell a word.
fn is_finding(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("F-") else { return false };
    let mut groups = rest.split('-');
    let good =
        |group: &str| group.len() == 4 && group.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
    groups.by_ref().take(3).filter(|group| good(group)).count() == 3 && groups.next().is_none()
}

/// Whether it has the form of a time zone's IANA name; which of them exist is for those who know them.
fn is_zone(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-'))
    };
    text.len() <= 64 && text.split('/').all(word)
}
