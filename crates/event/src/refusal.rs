//! Why an event was refused: stable codes, and the RFC 9457 problem that goes back to the department.
//!
//! A refusal never holds a value out of the event other than `jti` and `seq`, since what was refused is not kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::b64;
use crate::names::Jti;

/// What the type URI of every refusal starts with.
pub const TYPE_PREFIX: &str = "urn:daybook:refusal:";
/// The HTTP status of every refusal (RFC 9457 `status`).
pub const STATUS: u16 = 422;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $code:literal $retry:literal $title:literal $remedy:literal;)*) => {
        /// The reason for a refusal. The text form of a code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $title] $(#[$doc])* $name,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as it is written, such as `bad-signature`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// What happened, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// What the department can do.
            pub fn remedy(self) -> &'static str {
                match self { $(Code::$name => $remedy,)* }
            }

            /// Whether the same bytes may be accepted later.
            pub fn retry(self) -> bool {
                match self { $(Code::$name => $retry,)* }
            }
        }
    };
}

codes! {
    TooLarge "too-large" false "The event is too large"
        "Split what it records into several events.";
    NotSdJwt "not-sd-jwt" false "The message is not an SD-JWT in compact form"
        "Send the header, payload and signature joined by dots, then each disclosure followed by a tilde.";
    BadEncoding "bad-encoding" false "A part is not canonical base64url"
        "Encode each part as base64url without padding, white space or stray bits.";
    BadJson "bad-json" false "A part is not JSON of the accepted kind"
        "Write plain JSON in UTF-8 with whole numbers only.";
    DuplicateKey "duplicate-key" false "An object names the same member twice"
        "Write each member of an object once.";
    TooDeep "too-deep" false "The JSON is nested too deeply"
        "Nest at most 8 levels.";
    BadHeader "bad-header" false "The header of the event is wrong"
        "The header has exactly alg Ed25519, typ daybook-event+sd-jwt and the kid of the signing key.";
    BadClaims "bad-claims" false "The payload of the event is wrong"
        "The payload has exactly iss, aud, jti, event, v, period, seq, prev and data, each in its own form.";
    BadPeriod "bad-period" false "The period is not the month in which it happened"
        "Set period to the month of occurred_at, as YYYY-MM.";
    WrongAudience "wrong-audience" false "The event is meant for another ledger"
        "Send it to the ledger that it names, or sign it again for this one.";
    UnknownType "unknown-type" false "The ledger does not know this type of event"
        "Use a type and version from the catalogue.";
    PublisherNotAllowed "publisher-not-allowed" false "This department may not publish this type of event"
        "Let a department that may publish it record the event.";
    UnknownField "unknown-field" false "The event has a field that its type does not have"
        "Leave the field out; the type's page in the catalogue lists every field.";
    Schema "schema" false "A field does not have the form that its type asks for"
        "Correct the field named in place; the type's page in the catalogue says what it takes.";
    SlotMissing "slot-missing" false "A slot of the type is missing or not well formed"
        "Write every slot of the type as a list with one digest.";
    DisclosureMissing "disclosure-missing" false "A slot has no disclosure"
        "Send exactly one disclosure for each slot.";
    DisclosureRepeated "disclosure-repeated" false "A disclosure or digest occurs twice"
        "Use a fresh random salt for each slot and send each disclosure once.";
    DisclosureUnreferenced "disclosure-unreferenced" false "A disclosure belongs to no slot"
        "Send only the disclosures whose digests are in the payload.";
    DisclosureMalformed "disclosure-malformed" false "A disclosure is not well formed"
        "A disclosure is base64url of a list of a 16-byte salt and a value.";
    ForbiddenData "forbidden-data" false "The event holds data that the ledger must not hold"
        "Take out the number or word at the place named; the ledger takes no status, no origin and no number of a person.";
    UnknownProducer "unknown-producer" true "The ledger knows no key of this producer"
        "Have the producer's key registered; the event stays in your outbox and is sent again.";
    UnknownKey "unknown-key" true "The signing key is not registered for this producer"
        "Have the key registered, or sign with the registered one; the event stays in your outbox and is sent again.";
    KeyRevoked "key-revoked" false "The signing key has been revoked"
        "Register a new key and sign the event again with it.";
    KeyNotForSequence "key-not-for-sequence" false "The signing key does not sign this sequence number"
        "Sign with the key that the rotation put in force for this sequence number.";
    BadSignature "bad-signature" false "The signature does not verify"
        "Sign the exact bytes that are sent with the key that the header names.";
    HeaderMismatch "header-mismatch" false "A message header contradicts the signed event"
        "Let the message headers repeat jti, iss and event of the signed payload, or leave them out.";
    SubjectMismatch "subject-mismatch" false "The event came on another producer's subject"
        "Publish on the subject of the producer that signed the event.";
    Authority "authority" false "The event changes keys in a way that the ledger's record does not allow"
        "Compare with the keys that the ledger lists for the producer and correct the event.";
}

/// A text that is not the code of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the code of a refusal; this program may be older than the ledger")]
pub struct UnknownCode;

impl FromStr for Code {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A refusal: the code, where, and a sentence for the clerk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", self.code)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// A JSON pointer into the flat event, or the part of the message.
    pub place: Option<String>,
    /// A sentence for the clerk; holds no value out of the event.
    pub detail: String,
    /// The event's identifier, where it could be read and is well formed.
    pub jti: Option<Jti>,
    /// The event's sequence number, where it could be read and is well formed.
    pub seq: Option<u64>,
}

impl Refusal {
    /// A refusal that says no more than its code.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            place: None,
            detail: format!("{}. {}", code.title(), code.remedy()),
            jti: None,
            seq: None,
        }
    }

    /// Says where. The place must not hold a value out of the event.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        let place = place.into();
        self.detail = format!("{} ({place}). {}", self.code.title(), self.code.remedy());
        self.place = Some(place);
        self
    }

    /// Says which event.
    #[must_use]
    pub fn of(mut self, jti: Jti, seq: u64) -> Self {
        self.jti = Some(jti);
        self.seq = Some(seq);
        self
    }

    /// The RFC 9457 problem; `digest` is the SHA-256 of the message body, which tells the department what was refused.
    pub fn to_problem(&self, digest: &[u8; 32]) -> Value {
        let mut problem = Map::new();
        problem.insert("type".into(), format!("{TYPE_PREFIX}{}", self.code).into());
        problem.insert("title".into(), self.code.title().into());
        problem.insert("status".into(), STATUS.into());
        problem.insert("detail".into(), self.detail.clone().into());
        problem.insert("code".into(), self.code.as_str().into());
        problem.insert("remedy".into(), self.code.remedy().into());
        problem.insert("retry".into(), self.code.retry().into());
        problem.insert("digest".into(), b64::encode(digest).into());
        if let Some(place) = &self.place {
            problem.insert("place".into(), place.clone().into());
        }
        if let Some(jti) = self.jti {
            problem.insert("jti".into(), jti.to_string().into());
        }
        if let Some(seq) = self.seq {
            problem.insert("seq".into(), json!(seq));
        }
        Value::Object(problem)
    }

    /// Reads what [`Self::to_problem`] wrote, with the digest of the message that was refused. Unknown members are ignored;
    /// `None` where the code is unknown or the digest or another member is not well formed.
    pub fn from_problem(problem: &Value) -> Option<(Self, [u8; 32])> {
        let text = |name: &str| problem.get(name).and_then(Value::as_str);
        let digest = b64::decode_array(text("digest")?)?;
        let jti = match problem.get("jti") {
            None => None,
            Some(jti) => Some(jti.as_str()?.parse().ok()?),
        };
        let seq = match problem.get("seq") {
            None => None,
            Some(seq) => Some(seq.as_u64()?),
        };
        let refusal = Self {
            code: text("code")?.parse().ok()?,
            place: text("place").map(str::to_owned),
            detail: text("detail")?.to_owned(),
            jti,
            seq,
        };
        Some((refusal, digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_kebab_case_and_said_once() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let text = code.as_str();
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{text}");
            assert!(seen.insert(text), "{text} twice");
            assert_eq!(text.parse(), Ok(*code));
            assert!(code.remedy().ends_with('.') && !code.title().ends_with('.'), "{text}");
        }
        assert!("no-such".parse::<Code>().is_err());
    }

    #[test]
    fn a_problem_reads_back() {
        let jti = Jti::from_random([3; 16]);
        let refusal = Refusal::new(Code::Schema).at("/channel").of(jti, 7);
        let problem = refusal.to_problem(&[9; 32]);
        assert_eq!(problem["type"], "urn:daybook:refusal:schema");
        assert_eq!(problem["status"], 422);
        assert_eq!(problem["retry"], false);
        assert_eq!(Refusal::from_problem(&problem), Some((refusal, [9; 32])));
        let bare = Refusal::new(Code::UnknownKey);
        let problem = bare.to_problem(&[9; 32]);
        assert!(problem.get("jti").is_none() && problem.get("place").is_none());
        assert_eq!(Refusal::from_problem(&problem), Some((bare, [9; 32])));
    }
}
