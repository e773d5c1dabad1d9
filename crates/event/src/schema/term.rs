//! The terms of a query, as `approval.requested` names what an export takes out.

use crate::names::{Issuer, Jti, Period, TypeName};
use crate::time::is_day;

/// Longest name of a field, bytes.
const FIELD_MAX_BYTES: usize = 48;
/// Longest value of a code, bytes.
const CODE_MAX_BYTES: usize = 64;
/// Characters of a keyed hash in base32.
const HANDLE_CHARS: usize = 26;

/// Whether `text` is `<key>=<value>` with a key that there is and a value of its form. None of the forms is an open text.
pub(super) fn is_term(text: &str) -> bool {
    let Some((key, value)) = text.split_once('=') else { return false };
    match key {
        "type" => value.parse::<TypeName>().is_ok(),
        "department" => format!("{value}/x").parse::<Issuer>().is_ok(),
        "producer" => value.parse::<Issuer>().is_ok(),
        "month" => value.parse::<Period>().is_ok(),
        "happened_from" | "happened_to" | "received_from" | "received_to" => is_day(value),
        "matter" => is_handle(value),
        "linked_to" => value.parse::<Jti>().is_ok(),
        _ => match key.split_once(':') {
            Some(("code", field)) => is_field(field) && is_code(value),
            Some(("identifier", field)) => is_field(field) && is_handle(value),
            _ => false,
        },
    }
}

fn is_field(name: &str) -> bool {
    let tail = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    name.len() <= FIELD_MAX_BYTES
        && name.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && name.bytes().all(tail)
}

fn is_code(value: &str) -> bool {
    let one = |b: u8| b.is_ascii_alphanumeric() || b"._/-".contains(&b);
    (1..=CODE_MAX_BYTES).contains(&value.len()) && value.bytes().all(one)
}

fn is_handle(value: &str) -> bool {
    value.len() == HANDLE_CHARS && value.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))
}
