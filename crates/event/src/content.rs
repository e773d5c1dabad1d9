//! What an event says: its slots, disclosures and fields, checked against its type.
//!
//! Formats: `schemas/formats.md`; RFC 9901 section 7 with everything it leaves open decided on the strict side: one disclosure for
//! each slot and none besides.

use serde_json::{Map, Value};

use crate::b64;
use crate::catalogue::{Catalogue, Class, EventType, SchemaFault, Slot};
use crate::claims::Claims;
use crate::hash::sha256;
use crate::json::{JsonFaultKind, Strict, Text, Watch, read};
use crate::names::Period;
use crate::refusal::{Code, Refusal};
use crate::said::Said;
use crate::token::{Token, json_refusal};

/// Length of the salt of a disclosure, bytes.
pub const SALT_BYTES: usize = 16;

/// An event whose disclosures match what was signed and whose fields have the form of its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Content<'a> {
    /// The restricted disclosures, in slot order.
    pub r: Vec<&'a str>,
    /// The withheld disclosures, in slot order.
    pub w: Vec<&'a str>,
    /// The flat event, as a clerk would give it. Holds restricted and withheld values.
    pub fields: Map<String, Value>,
}

/// What an event shows to a party that has some of its disclosures.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The public fields and those of the slots that are disclosed.
    pub fields: Map<String, Value>,
    /// The slots that are withheld, in slot order.
    pub withheld: Vec<String>,
}

/// Checks everything that a complete event says: type, publisher, slots, disclosures, fields, period, and the scan for class X.
///
/// # Errors
/// The first reason to refuse the event.
pub fn check_content<'a>(t: &Token<'a>, cat: &Catalogue) -> Result<Content<'a>, Refusal> {
    let claims = t.claims();
    let check = || {
        let ty = event_type(claims, cat)?;
        let matched = match_disclosures(t, ty)?;
        complete(ty, &matched, claims.period, claims.data.clone())
    };
    check().map_err(|refusal: Refusal| refusal.of(claims.jti, claims.seq))
}

/// As [`check_content`], for whoever goes on with what the event says. `fields` of the content is empty: the fields are with the rest.
///
/// # Errors
/// The first reason to refuse the event.
pub fn check_said<'a>(t: Token<'a>, cat: &Catalogue) -> Result<(Content<'a>, Said), Refusal> {
    let (jti, seq) = (t.claims().jti, t.claims().seq);
    let check = || {
        let ty = event_type(t.claims(), cat)?;
        let matched = match_disclosures(&t, ty)?;
        let mut claims = t.into_claims();
        let mut content = complete(ty, &matched, claims.period, std::mem::take(&mut claims.data))?;
        let fields = std::mem::take(&mut content.fields);
        Ok((content, Said::new(claims, fields, Vec::new())))
    };
    check().map_err(|refusal: Refusal| refusal.of(jti, seq))
}

/// Checks what the issuer-signed JWT alone shows: type, publisher, slots, public fields, and the scan for class X in them.
///
/// # Errors
/// The first reason to refuse the event.
pub fn check_public(t: &Token<'_>, cat: &Catalogue) -> Result<(), Refusal> {
    let claims = t.claims();
    let check = || {
        let ty = event_type(claims, cat)?;
        slots_in_order(claims, ty)?;
        ty.check_public_value(&Value::Object(claims.data.clone())).map_err(|fault| schema_refusal(&fault))?;
        scan(ty, &claims.data)
    };
    check().map_err(|refusal| refusal.of(claims.jti, claims.seq))
}

/// Matches the disclosures that a token carries, which may be any part of them, and says what they show. Whatever is shown is checked
/// against its digest and has the shape of its slot.
///
/// # Errors
/// Where a disclosure is malformed, repeated or belongs to no slot, or where the payload does not fit its type.
pub fn show(t: &Token<'_>, cat: &Catalogue) -> Result<Shown, Refusal> {
    let claims = t.claims();
    let check = || {
        let ty = event_type(claims, cat)?;
        let matched = match_disclosures(t, ty)?;
        let mut fields = claims.data.clone();
        open_slots(ty, &matched, &mut fields)?;
        Ok(Shown { fields, withheld: closed(ty, &matched).map(|slot| slot.name.clone()).collect() })
    };
    check().map_err(|refusal: Refusal| refusal.of(claims.jti, claims.seq))
}

/// As [`show`], for whoever goes on with what the event says and not with the token.
///
/// # Errors
/// As there.
pub(crate) fn said(t: Token<'_>, cat: &Catalogue) -> Result<Said, Refusal> {
    let (jti, seq) = (t.claims().jti, t.claims().seq);
    let check = || {
        let ty = event_type(t.claims(), cat)?;
        let matched = match_disclosures(&t, ty)?;
        let mut claims = t.into_claims();
        let mut fields = std::mem::take(&mut claims.data);
        open_slots(ty, &matched, &mut fields)?;
        let hidden = closed(ty, &matched).flat_map(|slot| slot.fields.iter().cloned()).collect();
        Ok(Said::new(claims, fields, hidden))
    };
    check().map_err(|refusal: Refusal| refusal.of(jti, seq))
}

fn event_type<'c>(claims: &Claims, cat: &'c Catalogue) -> Result<&'c EventType, Refusal> {
    let ty = cat
        .get(claims.event.as_str(), claims.v)
        .ok_or_else(|| Refusal::new(Code::UnknownType).at("event"))?;
    if ty.may_publish(claims.iss.department()) {
        Ok(ty)
    } else {
        Err(Refusal::new(Code::PublisherNotAllowed).at("iss"))
    }
}

fn complete<'a>(
    ty: &EventType,
    matched: &[Matched<'a>],
    period: Period,
    public: Map<String, Value>,
) -> Result<Content<'a>, Refusal> {
    let mut content = Content { r: Vec::with_capacity(matched.len()), w: Vec::new(), fields: public };
    for (slot, disclosure) in ty.slots().iter().zip(matched) {
        let Some((at, text)) = *disclosure else {
            return Err(Refusal::new(Code::DisclosureMissing).at(format!("/data/{}", slot.name)));
        };
        open_slot(slot, at, text, &mut content.fields)?;
        match slot.class {
            Class::W => content.w.push(text),
            _ => content.r.push(text),
        }
    }
    let flat = Value::Object(std::mem::take(&mut content.fields));
    check_fields(ty, &flat, period)?;
    if let Value::Object(fields) = flat {
        content.fields = fields;
    }
    Ok(content)
}

/// The checks of a flat event that admission and issuing share: schema, period, class X.
pub(crate) fn check_fields(ty: &EventType, flat: &Value, period: Period) -> Result<(), Refusal> {
    ty.check_value(flat).map_err(|fault| schema_refusal(&fault))?;
    let occurred = flat.get("occurred_at").and_then(Value::as_str);
    if occurred.and_then(Period::of_time) != Some(period) {
        return Err(Refusal::new(Code::BadPeriod).at("period"));
    }
    flat.as_object().map_or(Ok(()), |flat| scan(ty, flat))
}

fn scan(ty: &EventType, flat: &Map<String, Value>) -> Result<(), Refusal> {
    match ty.find_forbidden(flat) {
        None => Ok(()),
        Some((field, kind)) => {
            let mut refusal = Refusal::new(Code::ForbiddenData).at(format!("/{field}"));
            refusal.detail = format!("/{field} holds {kind}. {}", Code::ForbiddenData.remedy());
            Err(refusal)
        }
    }
}

fn schema_refusal(fault: &SchemaFault) -> Refusal {
    let mut refusal = Refusal::new(fault.code).at(fault.place.clone());
    if fault.code == Code::Schema {
        refusal.detail = format!("{} {}. {}", fault.place, fault.expected, fault.code.remedy());
    }
    refusal
}

/// For each slot of the type its digest in the payload; refused unless the payload has exactly these slots and, in the clear, public fields only.
fn slots_in_order<'t>(claims: &'t Claims, ty: &EventType) -> Result<Vec<&'t [u8; 32]>, Refusal> {
    let mut digests: Vec<&[u8; 32]> = Vec::with_capacity(ty.slots().len());
    for (at, slot) in ty.slots().iter().enumerate() {
        // Producers write slots in the order of the type more often than not.
        let here = claims.slots.get(at).filter(|found| found.name == slot.name);
        let found = here.or_else(|| claims.slots.iter().find(|found| found.name == slot.name));
        let Some(found) = found else {
            return Err(Refusal::new(Code::SlotMissing).at(format!("/data/{}", slot.name)));
        };
        if digests.contains(&&found.digest) {
            return Err(Refusal::new(Code::DisclosureRepeated).at(format!("/data/{}", slot.name)));
        }
        digests.push(&found.digest);
    }
    let public = |name: &str| ty.field(name).is_some_and(|field| field.class == Class::P);
    let odd_slot = claims
        .slots
        .iter()
        .map(|slot| &slot.name)
        .find(|name| !ty.slots().iter().any(|slot| slot.name == **name));
    if let Some(name) = odd_slot.or_else(|| claims.data.keys().find(|name| !public(name))) {
        return Err(Refusal::new(Code::UnknownField).at(format!("/data/{}", crate::json::shown_name(name))));
    }
    Ok(digests)
}

/// The disclosure of a slot, with its number among all; none where the slot is withheld.
type Matched<'a> = Option<(usize, &'a str)>;

/// For each slot of the type the disclosure that its digest names; refused where one is repeated or belongs to no slot.
fn match_disclosures<'a>(t: &Token<'a>, ty: &EventType) -> Result<Vec<Matched<'a>>, Refusal> {
    let digests = slots_in_order(t.claims(), ty)?;
    let mut matched = vec![None; digests.len()];
    for (at, text) in t.disclosures().iter().enumerate() {
        let digest = sha256(text);
        let slot = digests.iter().position(|known| **known == digest);
        match slot.and_then(|slot| matched.get_mut(slot)) {
            None => return Err(Refusal::new(Code::DisclosureUnreferenced).at(part(at))),
            Some(Some(_)) => return Err(Refusal::new(Code::DisclosureRepeated).at(part(at))),
            Some(free) => *free = Some((at, *text)),
        }
    }
    Ok(matched)
}

/// How refusals name a disclosure: by its place in the message, from 1.
fn part(at: usize) -> String {
    format!("disclosure {}", at + 1)
}

/// The slots that are withheld, in slot order.
fn closed<'c>(ty: &'c EventType, matched: &[Matched<'_>]) -> impl Iterator<Item = &'c Slot> {
    ty.slots().iter().zip(matched).filter(|(_, disclosure)| disclosure.is_none()).map(|(slot, _)| slot)
}

/// Puts the fields of every disclosed slot into the flat event.
fn open_slots(ty: &EventType, matched: &[Matched<'_>], flat: &mut Map<String, Value>) -> Result<(), Refusal> {
    for (slot, disclosure) in ty.slots().iter().zip(matched) {
        if let Some((at, text)) = disclosure {
            open_slot(slot, *at, text, flat)?;
        }
    }
    Ok(())
}

/// Puts the fields of a disclosed slot into the flat event.
fn open_slot(slot: &Slot, at: usize, text: &str, flat: &mut Map<String, Value>) -> Result<(), Refusal> {
    let value = read_disclosure(text, at)?;
    match value {
        Value::Null => {}
        Value::Object(members) if slot.grouped => {
            // A slot in which no field is present has the value null, so that there is one spelling of nothing.
            if members.is_empty() {
                return Err(Refusal::new(Code::DisclosureMalformed).at(format!("/data/{}", slot.name)));
            }
            for (name, value) in members {
                if !slot.fields.contains(&name) {
                    let place = format!("/data/{}/{}", slot.name, crate::json::shown_name(&name));
                    return Err(Refusal::new(Code::UnknownField).at(place));
                }
                flat.insert(name, value);
            }
        }
        _ if slot.grouped => {
            return Err(Refusal::new(Code::DisclosureMalformed).at(format!("/data/{}", slot.name)));
        }
        value => drop(flat.insert(slot.name.clone(), value)),
    }
    Ok(())
}

/// The value of a disclosure: base64url of the JSON `[salt, value]` (RFC 9901, section 4.2.2).
fn read_disclosure(text: &str, at: usize) -> Result<Value, Refusal> {
    let json = b64::decode(text).ok_or_else(|| Refusal::new(Code::BadEncoding).at(part(at)))?;
    let watch = Watch::default();
    read(&json, &watch, Disclosure { watch: &watch })
        .map_err(|fault| json_refusal(&fault, &part(at), Code::DisclosureMalformed))
}

struct Disclosure<'w> {
    watch: &'w Watch,
}

impl<'de> serde::de::DeserializeSeed<'de> for Disclosure<'_> {
    type Value = Value;
    fn deserialize<D: serde::Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de> serde::de::Visitor<'de> for Disclosure<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a salt and a value")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let shape = || self.watch.fail(JsonFaultKind::Shape);
        let salt = seq.next_element_seed(Text)?.ok_or_else(shape)?;
        b64::decode_array::<SALT_BYTES>(salt.as_bytes()).ok_or_else(shape)?;
        let value = Strict { watch: self.watch, depth: 2, no_reserved: true };
        let value = seq.next_element_seed(value)?.ok_or_else(shape)?;
        match seq.next_element::<serde::de::IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(shape()),
        }
    }
}
