//! Issuing: a clerk's flat event becomes a signed SD-JWT. The checks are those of admission and run before anything is signed, so
//! that a producer never uses up a sequence number on an event that the ledger must refuse.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::b64;
use crate::catalogue::{Catalogue, Class, EventType, Slot};
use crate::claims::MAX_SEQ;
use crate::content::{SALT_BYTES, check_fields};
use crate::entropy::{Entropy, EntropyError, random};
use crate::hash::sha256;
use crate::keys::SigningKey;
use crate::names::{Issuer, Jti, Origin, Period, TypeName};
use crate::refusal::{Code, Refusal};
use crate::token::{ALG, MAX_EVENT_BYTES, MAX_JWT_BYTES, TYP};

/// An event before it is signed, as a clerk gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The type of event.
    pub event: TypeName,
    /// Version of the type; 0 ([`Draft::LATEST`]) stands for the latest.
    #[serde(default)]
    pub v: u32,
    /// The month; where it is left out, that of `occurred_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The fields, flat. A field that is `null` counts as absent.
    pub fields: Map<String, Value>,
}

impl Draft {
    /// Stands for the latest version of a type.
    pub const LATEST: u32 = 0;

    /// A draft in the latest version of its type, in the month of its `occurred_at`.
    pub fn new(event: TypeName, fields: Map<String, Value>) -> Self {
        Self { event, v: Self::LATEST, period: None, fields }
    }
}

/// Where an event stands in its producer's sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The sequence number.
    pub seq: u64,
    /// SHA-256 of the producer's previous issuer-signed JWT; of the origin for the first.
    pub prev: [u8; 32],
}

impl Position {
    /// The position of a producer's first event.
    pub fn first(origin: &Origin) -> Self {
        Self { seq: 0, prev: origin.first_prev() }
    }

    /// The position after `signed`, which stands here.
    #[must_use]
    pub fn after(self, signed: &Signed) -> Self {
        Self { seq: self.seq + 1, prev: signed.jwt_hash }
    }
}

/// A signed event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Its identifier.
    pub jti: Jti,
    /// The SD-JWT with all its disclosures, to be sent as it is.
    pub compact: String,
    /// SHA-256 of its issuer-signed JWT: `prev` of the next.
    pub jwt_hash: [u8; 32],
    /// Length of the issuer-signed JWT, with which `compact` begins, bytes.
    pub jwt_len: usize,
}

impl Signed {
    /// The issuer-signed JWT.
    pub fn jwt(&self) -> &str {
        self.compact.get(..self.jwt_len).unwrap_or_default()
    }
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The ledger would refuse the event.
    #[error("the ledger would refuse this event: {0}")]
    Refused(Refusal),
    /// The type has no such field. Names the field, since this error stays in the department.
    #[error("the type {event} has no field {field:?}; leave it out")]
    UnknownField {
        /// The type.
        event: TypeName,
        /// The field, as it was given.
        field: String,
    },
    /// The sequence has run out.
    #[error("this producer has used up its sequence numbers; register another producer")]
    SequenceExhausted,
    /// No randomness, so no salts.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl From<Refusal> for IssueError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Signs a draft as event `at.seq` of `iss`.
///
/// # Errors
/// See [`IssueError`]; nothing is signed then, and the position stays free.
pub fn issue(
    draft: &Draft,
    iss: &Issuer,
    aud: &Origin,
    at: Position,
    key: &SigningKey,
    cat: &Catalogue,
    rng: &mut dyn Entropy,
) -> Result<Signed, IssueError> {
    if at.seq > MAX_SEQ {
        return Err(IssueError::SequenceExhausted);
    }
    let (ty, period, flat) = check_draft(draft, iss, cat)?;
    let jti = Jti::from_random(random(rng)?);
    let (data, disclosures) = hide(ty, &flat, rng)?;
    let header = json!({ "alg": ALG, "kid": key.public().kid(), "typ": TYP });
    let payload = Payload {
        iss,
        aud,
        jti,
        event: &draft.event,
        v: ty.version(),
        period,
        seq: at.seq,
        prev: b64::encode(at.prev),
        data,
    };
    let payload = serde_json::to_string(&payload).expect("claims are plain JSON");
    let mut compact = String::with_capacity(payload.len() * 2 + 512);
    b64::encode_into(header.to_string(), &mut compact);
    compact.push('.');
    b64::encode_into(payload, &mut compact);
    let signature = key.sign(compact.as_bytes());
    compact.push('.');
    b64::encode_into(signature, &mut compact);
    let (jwt_hash, jwt_len) = (sha256(&compact), compact.len());
    for disclosure in disclosures {
        compact.push('~');
        compact.push_str(&disclosure);
    }
    compact.push('~');
    if jwt_len > MAX_JWT_BYTES || compact.len() > MAX_EVENT_BYTES {
        return Err(Refusal::new(Code::TooLarge).into());
    }
    Ok(Signed { jti, compact, jwt_hash, jwt_len })
}

/// Runs the checks of admission over a draft without signing it: for forms and imports that want to say early what is wrong.
///
/// # Errors
/// Like [`issue`].
pub fn check(draft: &Draft, iss: &Issuer, cat: &Catalogue) -> Result<(), IssueError> {
    check_draft(draft, iss, cat).map(drop)
}

fn check_draft<'c>(
    draft: &Draft,
    iss: &Issuer,
    cat: &'c Catalogue,
) -> Result<(&'c EventType, Period, Value), IssueError> {
    let name = draft.event.as_str();
    let ty = if draft.v == Draft::LATEST { cat.latest(name) } else { cat.get(name, draft.v) };
    let ty = ty.ok_or_else(|| Refusal::new(Code::UnknownType).at("event"))?;
    if !ty.may_publish(iss.department()) {
        return Err(Refusal::new(Code::PublisherNotAllowed).at("iss").into());
    }
    if let Some(field) = draft.fields.keys().find(|name| ty.field(name).is_none()) {
        return Err(IssueError::UnknownField { event: draft.event.clone(), field: field.clone() });
    }
    let given = draft.fields.iter().filter(|(_, value)| !value.is_null());
    let flat = Value::Object(given.map(|(name, value)| (name.clone(), value.clone())).collect());
    let occurred = flat.get("occurred_at").and_then(Value::as_str);
    let period = match draft.period.or_else(|| occurred.and_then(Period::of_time)) {
        Some(period) => period,
        // Without a month there is no readable occurred_at either; the schema says what it has to be.
        None => {
            ty.check_value(&flat).map_err(|fault| Refusal::new(fault.code).at(fault.place))?;
            return Err(Refusal::new(Code::BadPeriod).at("period").into());
        }
    };
    check_fields(ty, &flat, period)?;
    // Depth and numbers are bounded by the reader, not by the schema; what is signed must pass it.
    let json = serde_json::to_vec(&flat).expect("a JSON value can be written");
    crate::json::parse(&json).map_err(|fault| crate::token::json_refusal(&fault, "fields", Code::Schema))?;
    Ok((ty, period, flat))
}

#[derive(Serialize)]
struct Payload<'p> {
    iss: &'p Issuer,
    aud: &'p Origin,
    jti: Jti,
    event: &'p TypeName,
    v: u32,
    period: Period,
    seq: u64,
    prev: String,
    data: Map<String, Value>,
}

/// `data` with a digest in each slot, and the disclosures in slot order.
fn hide(
    ty: &EventType,
    flat: &Value,
    rng: &mut dyn Entropy,
) -> Result<(Map<String, Value>, Vec<String>), EntropyError> {
    let present = |name: &str| flat.get(name).cloned();
    let public = ty.fields().iter().filter(|field| field.class == Class::P);
    let mut data: Map<String, Value> =
        public.filter_map(|field| Some((field.name.clone(), present(&field.name)?))).collect();
    let mut disclosures = Vec::with_capacity(ty.slots().len());
    for slot in ty.slots() {
        let salt = b64::encode(random::<SALT_BYTES>(rng)?);
        let disclosure = b64::encode(json!([salt, slot_value(slot, present)]).to_string());
        data.insert(slot.name.clone(), json!([{ "...": b64::encode(sha256(&disclosure)) }]));
        disclosures.push(disclosure);
    }
    Ok((data, disclosures))
}

fn slot_value(slot: &Slot, present: impl Fn(&str) -> Option<Value>) -> Value {
    if !slot.grouped {
        return present(&slot.name).unwrap_or(Value::Null);
    }
    let members: Map<String, Value> =
        slot.fields.iter().filter_map(|name| Some((name.clone(), present(name)?))).collect();
    if members.is_empty() { Value::Null } else { Value::Object(members) }
}
