//! The names of a ledger: issuers, origins, event types, periods, event and key identifiers. A value of one of these types
//! has the form that `schemas/formats.md` gives it; there is no other way to make one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::b64;

/// A text that does not have the form of the name it was read as. Holds the expected form, never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {name}: expected {form}")]
pub struct NameError {
    /// What was expected, in one or two words.
    pub name: &'static str,
    /// The form that was expected.
    pub form: &'static str,
}

macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

/// Longest department or producer name, bytes.
pub const PART_MAX_BYTES: usize = 32;
/// Longest origin, bytes.
pub const ORIGIN_MAX_BYTES: usize = 255;
/// Longest event type name, bytes.
pub const TYPE_NAME_MAX_BYTES: usize = 64;
/// The department name that is reserved for the ledger's own keys.
pub const LEDGER_DEPARTMENT: &str = "ledger";

/// `[a-z][a-z0-9-]{0,31}`, the form of a department or a producer.
fn is_part(text: &str) -> bool {
    text.len() <= PART_MAX_BYTES
        && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A producer of events, `<department>/<producer>`: the `iss` of its events. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issuer(Arc<str>);

impl Issuer {
    /// The name of the ledger's own governance keys, which alone may register others.
    pub const GOVERNANCE: &'static str = "ledger/governance";

    /// The issuer of the ledger's governance, `ledger/governance`.
    pub fn governance() -> Self {
        Self(Self::GOVERNANCE.into())
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the slash.
    pub fn department(&self) -> &str {
        self.split().0
    }

    /// The part after the slash.
    pub fn producer(&self) -> &str {
        self.split().1
    }

    /// Whether this is one of the ledger's own keys.
    pub fn is_ledger(&self) -> bool {
        self.department() == LEDGER_DEPARTMENT
    }

    /// The bus subject on which this producer publishes.
    pub fn events_subject(&self) -> String {
        self.subject("events")
    }

    /// The bus subject on which this producer hears receipts.
    pub fn receipts_subject(&self) -> String {
        self.subject("receipts")
    }

    /// The bus subject on which this producer hears refusals.
    pub fn refusals_subject(&self) -> String {
        self.subject("refusals")
    }

    fn subject(&self, kind: &str) -> String {
        let (department, producer) = self.split();
        format!("daybook.{kind}.{department}.{producer}")
    }

    fn split(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or((&self.0, ""))
    }
}

impl FromStr for Issuer {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.split_once('/') {
            Some((department, producer)) if is_part(department) && is_part(producer) => Ok(Self(text.into())),
            _ => Err(NameError {
                name: "issuer",
                form: "<department>/<producer>, each 1 to 32 of a-z, 0-9 and -, starting with a letter",
            }),
        }
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
as_text!(Issuer);

/// The name of a ledger: the `aud` of its events and the origin line of its checkpoints (C2SP tlog-checkpoint). Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Arc<str>);

impl Origin {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `prev` of an event with `seq` 0: SHA-256 of the ASCII of the origin.
    pub fn first_prev(&self) -> [u8; 32] {
        crate::hash::sha256(self.0.as_bytes())
    }
}

impl FromStr for Origin {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'/' | b'-');
        if !text.is_empty() && text.len() <= ORIGIN_MAX_BYTES && text.bytes().all(allowed) {
            return Ok(Self(text.into()));
        }
        Err(NameError { name: "origin", form: "1 to 255 of A-Z, a-z, 0-9, '.', '_', '/' and '-'" })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
as_text!(Origin);

/// The name of an event type, such as `release.notice_sent`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName(Arc<str>);

impl TypeName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TypeName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let word = |w: &str| {
            w.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
                && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if text.len() <= TYPE_NAME_MAX_BYTES && text.contains('.') && text.split('.').all(word) {
            return Ok(Self(text.into()));
        }
        Err(NameError {
            name: "event type",
            form: "two or more words of a-z, 0-9 and _ joined by dots, at most 64 bytes",
        })
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
as_text!(TypeName);

/// A month, `YYYY-MM`: the only time that an event shows to everyone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: u16,
    month: u8,
}

impl Period {
    /// The calendar year, 0 to 9999.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The month of a time in one of the three forms of `schemas/formats.md`, as written, in its own offset.
    pub fn of_time(time: &str) -> Option<Self> {
        time.get(..7)?.parse().ok()
    }
}

impl FromStr for Period {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let digits =
            |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten();
        let parsed = (text.len() == 7 && text.is_ascii()).then(|| text.split_once('-')).flatten();
        if let Some((year, month)) = parsed
            && year.len() == 4
            && let (Some(year), Some(month @ 1..=12)) = (digits(year), digits(month))
        {
            return Ok(Self { year, month: month as u8 });
        }
        Err(NameError { name: "period", form: "YYYY-MM" })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}
as_text!(Period);

/// The identifier of an event: a UUID of version 4, lower case with hyphens (RFC 9562).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jti(uuid::Uuid);

impl Jti {
    /// Makes an identifier from 16 random bytes by setting version and variant.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The identifier with these 16 bytes; `None` unless version and variant are those of a random UUID.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let id = uuid::Uuid::from_bytes(bytes);
        (id.get_version_num() == 4 && id.get_variant() == uuid::Variant::RFC4122).then_some(Self(id))
    }
}

impl FromStr for Jti {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let error =
            NameError { name: "event identifier", form: "a UUID of version 4 in lower case with hyphens" };
        // The parser of `uuid` takes braces, capitals and more; only one spelling is ours.
        let hyphenated = text.len() == 36
            && text.bytes().enumerate().all(|(i, b)| match i {
                8 | 13 | 18 | 23 => b == b'-',
                _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
            });
        if !hyphenated {
            return Err(error);
        }
        uuid::Uuid::try_parse(text).ok().and_then(|id| Self::from_bytes(id.into_bytes())).ok_or(error)
    }
}

impl fmt::Display for Jti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}
as_text!(Jti);

/// The identifier of a key: its RFC 7638 SHA-256 thumbprint, written in base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid([u8; 32]);

impl Kid {
    /// The identifier with this thumbprint.
    pub fn from_bytes(thumbprint: [u8; 32]) -> Self {
        Self(thumbprint)
    }

    /// The thumbprint.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Kid {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        b64::decode_array(text).map(Self).ok_or(NameError {
            name: "key identifier",
            form: "base64url of a SHA-256 thumbprint, 43 characters",
        })
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(self.0))
    }
}
as_text!(Kid);

#[cfg(test)]
mod tests;
