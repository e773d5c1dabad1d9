//! A ledger entry: exactly `{"v":1,"prev":"<43>","intake":"<43>","event":"<issuer-signed JWT>"}`.
//!
//! The template is fixed to the byte, so an entry has one spelling and is read without a JSON parser.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::b64::{self, DIGEST_CHARS};
use crate::entropy::{Entropy, EntropyError, random};
use crate::hash::sha256;

/// Longest entry, bytes: what an entry bundle's length prefix can say (C2SP tlog-tiles).
pub const ENTRY_MAX_BYTES: usize = 65_535;

const OPENING: &str = r#"{"v":1,"prev":""#;
const BEFORE_INTAKE: &str = r#"","intake":""#;
const BEFORE_EVENT: &str = r#"","event":""#;
const CLOSING: &str = r#""}"#;

/// The three values of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRef<'a> {
    /// Leaf hash of the entry before; for entry 0 SHA-256 of the origin.
    pub prev: [u8; 32],
    /// base64url SHA-256 of the intake disclosure, 43 characters; see [`intake_digest`].
    pub intake: &'a str,
    /// The issuer-signed JWT.
    pub event: &'a str,
}

/// Why bytes are not an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// More than [`ENTRY_MAX_BYTES`].
    #[error("the entry is longer than 65,535 bytes")]
    TooLong,
    /// The fixed text around the values differs.
    #[error("the entry does not have the exact form of an entry")]
    Template,
    /// `prev` is not canonical base64url of 32 bytes.
    #[error("prev of the entry is not base64url of 32 bytes")]
    Prev,
    /// `intake` is not canonical base64url of 32 bytes.
    #[error("intake of the entry is not base64url of 32 bytes")]
    Intake,
    /// `event` has characters that no JWT has.
    #[error("event of the entry is not a compact JWT")]
    Event,
}

/// Reads an entry; every byte is accounted for. The event inside is not parsed.
///
/// # Errors
/// See [`EntryFault`].
pub fn parse_entry(bytes: &[u8]) -> Result<EntryRef<'_>, EntryFault> {
    if bytes.len() > ENTRY_MAX_BYTES {
        return Err(EntryFault::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| EntryFault::Template)?;
    let rest = text.strip_prefix(OPENING).ok_or(EntryFault::Template)?;
    let (prev, rest) = rest.split_at_checked(DIGEST_CHARS).ok_or(EntryFault::Template)?;
    let rest = rest.strip_prefix(BEFORE_INTAKE).ok_or(EntryFault::Template)?;
    let (intake, rest) = rest.split_at_checked(DIGEST_CHARS).ok_or(EntryFault::Template)?;
    let rest = rest.strip_prefix(BEFORE_EVENT).ok_or(EntryFault::Template)?;
    let event = rest.strip_suffix(CLOSING).ok_or(EntryFault::Template)?;
    let prev = b64::decode_array(prev).ok_or(EntryFault::Prev)?;
    b64::decode_array::<32>(intake).ok_or(EntryFault::Intake)?;
    if !is_compact(event) {
        return Err(EntryFault::Event);
    }
    Ok(EntryRef { prev, intake, event })
}

/// Whether a text has only characters that a JWT has: another one would make an entry that cannot be read back.
pub fn is_compact(jwt: &str) -> bool {
    let allowed = |b: u8| {
        let letter = (b | 0x20).wrapping_sub(b'a') < 26;
        letter | (b.wrapping_sub(b'0') < 10) | (b == b'-') | (b == b'_') | (b == b'.')
    };
    // Arithmetic without a way out in the middle: the compiler makes it work on many bytes at once.
    !jwt.is_empty() && jwt.bytes().fold(true, |so_far, b| so_far & allowed(b))
}

/// Writes an entry. `intake` must be a digest and `event` the JWT of a [`crate::token::Token`]: what [`parse_entry`] would refuse is not checked
/// again here.
pub fn write_entry(entry: &EntryRef<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(entry_len(entry.event.len()));
    append_entry(entry, &mut out);
    out
}

/// Like [`write_entry`], onto the end of `out`.
pub fn append_entry(entry: &EntryRef<'_>, out: &mut Vec<u8>) {
    debug_assert_eq!(entry.intake.len(), DIGEST_CHARS);
    let prev = b64::encode(entry.prev);
    for part in [OPENING, &prev, BEFORE_INTAKE, entry.intake, BEFORE_EVENT, entry.event, CLOSING] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Length in bytes of the entry for a JWT of `jwt_len` bytes.
pub const fn entry_len(jwt_len: usize) -> usize {
    OPENING.len() + BEFORE_INTAKE.len() + BEFORE_EVENT.len() + CLOSING.len() + 2 * DIGEST_CHARS + jwt_len
}

/// `intake` of an entry: base64url SHA-256 of the ASCII of the intake disclosure.
pub fn intake_digest(disclosure: &str) -> String {
    b64::encode(sha256(disclosure.as_bytes()))
}

/// Makes an intake disclosure: when the ledger received the event (`received_at`: RFC 3339 with milliseconds and `Z`) and, except for entry 0, the
/// stream and its sequence number.
///
/// # Errors
/// Where the source of randomness fails.
pub fn intake_disclosure(
    received_at: &str,
    stream: Option<(&str, u64)>,
    rng: &mut dyn Entropy,
) -> Result<String, EntropyError> {
    let salt = b64::encode(random::<16>(rng)?);
    let value = match stream {
        None => json!({ "received_at": received_at }),
        Some((name, seq)) => json!({ "received_at": received_at, "stream": name, "stream_seq": seq }),
    };
    Ok(b64::encode(json!([salt, value]).to_string()))
}

/// The time in an intake disclosure, as it is written there; `None` where it is not one.
pub fn received_at(disclosure: &str) -> Option<String> {
    let bytes = b64::decode(disclosure)?;
    let (_, read): (IgnoredAny, Received<'_>) = serde_json::from_slice(&bytes).ok()?;
    Some(read.received_at.into_owned())
}

/// What is read of the value of an intake disclosure.
#[derive(Deserialize)]
struct Received<'a> {
    #[serde(borrow)]
    received_at: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::OsEntropy;

    fn sample() -> Vec<u8> {
        write_entry(&EntryRef { prev: [1; 32], intake: &intake_digest("x"), event: "aa.bb.cc" })
    }

    #[test]
    fn an_entry_reads_back_and_writes_the_same_bytes() {
        let bytes = sample();
        let entry = parse_entry(&bytes).unwrap();
        assert_eq!((entry.prev, entry.event), ([1; 32], "aa.bb.cc"));
        assert_eq!(write_entry(&entry), bytes);
        assert_eq!(bytes.len(), entry_len("aa.bb.cc".len()));
        assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
    }

    #[test]
    fn no_other_spelling_is_an_entry() {
        let bytes = sample();
        for at in 0..bytes.len() {
            let mut shorter = bytes.clone();
            shorter.remove(at);
            let read = parse_entry(&shorter);
            assert!(read.is_err() || write_entry(&read.unwrap()) == shorter);
            for extra in [b' ', b'"', b'\\', b'A', 0xff] {
                let mut longer = bytes.clone();
                longer.insert(at, extra);
                let read = parse_entry(&longer);
                assert!(read.is_err() || write_entry(&read.unwrap()) == longer);
            }
        }
        assert_eq!(parse_entry(&vec![b'{'; ENTRY_MAX_BYTES + 1]), Err(EntryFault::TooLong));
    }

    #[test]
    fn exactly_the_characters_of_a_jwt_pass() {
        for byte in 0..128_u8 {
            let expected = byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let text = char::from(byte).to_string();
            assert_eq!(is_compact(&text), expected, "{text:?}");
            assert_eq!(is_compact(&format!("aaaa{text}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")), expected);
        }
        assert!(!is_compact("") && !is_compact("aé") && !is_compact("İ"));
    }

    #[test]
    fn the_intake_of_the_first_entry_names_no_stream() {
        let read = |d: String| String::from_utf8(b64::decode(d).unwrap()).unwrap();
        let first = read(intake_disclosure("2026-11-22T16:38:12.000Z", None, &mut OsEntropy).unwrap());
        assert!(first.contains(r#"{"received_at":"2026-11-22T16:38:12.000Z"}"#), "{first}");
        let later = read(intake_disclosure("t", Some(("DAYBOOK_EVENTS", 9)), &mut OsEntropy).unwrap());
        assert!(later.contains(r#""stream":"DAYBOOK_EVENTS","stream_seq":9"#), "{later}");
    }
}
