//! The signed payload of an event, read strictly: exactly the members of `schemas/formats.md`, each in its one form.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::b64;
use crate::json::{JsonFault, JsonFaultKind, Strict, Text, Watch, read};
use crate::names::{Issuer, Jti, Origin, Period, TypeName};

/// Largest sequence number: 2^53 - 1, the largest integer that every JSON reader keeps exact (RFC 8259, section 6).
pub const MAX_SEQ: u64 = (1 << 53) - 1;
/// The one hash algorithm that `_sd_alg` may name (RFC 9901, section 4.1.1).
pub const SD_ALG: &str = "sha-256";

/// What a producer signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// The producer.
    pub iss: Issuer,
    /// The ledger it is meant for.
    pub aud: Origin,
    /// The event's identifier.
    pub jti: Jti,
    /// The type of event.
    pub event: TypeName,
    /// Version of the type's schema, 1 or more.
    pub v: u32,
    /// The month in which it happened.
    pub period: Period,
    /// The producer's own gapless sequence, from 0.
    pub seq: u64,
    /// SHA-256 of the producer's previous issuer-signed JWT; of `aud` for `seq` 0.
    pub prev: [u8; 32],
    /// The public fields: the members of `data` that are not slots.
    pub data: Map<String, Value>,
    /// The slots: the members of `data` whose value is `[{"...":"<digest>"}]`, in the order of the payload.
    pub slots: Vec<SlotDigest>,
}

/// A named slot of the payload: its value is withheld behind a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotDigest {
    /// The slot's name.
    pub name: String,
    /// SHA-256 of the disclosure that opens it.
    pub digest: [u8; 32],
}

/// What could be read of a payload that was refused; a refusal may name it.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) jti: Cell<Option<Jti>>,
    pub(crate) seq: Cell<Option<u64>>,
}

impl Claims {
    /// Reads the JSON of a payload.
    pub(crate) fn parse(json: &[u8], known: &Known) -> Result<Self, JsonFault> {
        let watch = Watch::default();
        read(json, &watch, Payload { watch: &watch, known })
    }
}

struct Payload<'w> {
    watch: &'w Watch,
    known: &'w Known,
}

#[derive(Default)]
struct Parts {
    iss: Option<Issuer>,
    aud: Option<Origin>,
    jti: Option<Jti>,
    event: Option<TypeName>,
    v: Option<u32>,
    period: Option<Period>,
    seq: Option<u64>,
    prev: Option<[u8; 32]>,
    data: Option<(Map<String, Value>, Vec<SlotDigest>)>,
    sd_alg: Option<()>,
}

impl<'de> DeserializeSeed<'de> for Payload<'_> {
    type Value = Claims;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Claims, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Payload<'_> {
    type Value = Claims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the claims of an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Claims, A::Error> {
        let mut parts = Parts::default();
        while let Some(name) = map.next_key_seed(Text)? {
            self.member(&name, &mut map, &mut parts).map_err(|e| self.watch.inside(&name)(e))?;
        }
        parts.whole().map_err(|missing| self.watch.inside(missing)(self.watch.fail(JsonFaultKind::Shape)))
    }
}

impl Payload<'_> {
    fn member<'de, A: MapAccess<'de>>(
        &self,
        name: &str,
        map: &mut A,
        parts: &mut Parts,
    ) -> Result<(), A::Error> {
        match name {
            "iss" => self.text(map, &mut parts.iss, |t| t.parse().ok()),
            "aud" => self.text(map, &mut parts.aud, |t| t.parse().ok()),
            "jti" => {
                self.text(map, &mut parts.jti, |t| t.parse().ok())?;
                self.known.jti.set(parts.jti);
                Ok(())
            }
            "event" => self.text(map, &mut parts.event, |t| t.parse().ok()),
            "period" => self.text(map, &mut parts.period, |t| t.parse().ok()),
            "prev" => self.text(map, &mut parts.prev, |t| b64::decode_array(t)),
            "_sd_alg" => self.text(map, &mut parts.sd_alg, |t| (t == SD_ALG).then_some(())),
            "v" => {
                let v = map.next_value::<u32>()?;
                self.set(&mut parts.v, (v >= 1).then_some(v))
            }
            "seq" => {
                let seq = map.next_value::<u64>()?;
                self.set(&mut parts.seq, (seq <= MAX_SEQ).then_some(seq))?;
                self.known.seq.set(parts.seq);
                Ok(())
            }
            "data" => {
                let data = map.next_value_seed(Data { watch: self.watch })?;
                self.set(&mut parts.data, Some(data))
            }
            _ => Err(self.watch.fail(JsonFaultKind::Shape)),
        }
    }

    fn text<'de, A: MapAccess<'de>, T>(
        &self,
        map: &mut A,
        into: &mut Option<T>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<(), A::Error> {
        let value = map.next_value_seed(Text)?;
        self.set(into, parse(&value))
    }

    fn set<T, E: serde::de::Error>(&self, into: &mut Option<T>, value: Option<T>) -> Result<(), E> {
        if into.is_some() {
            return Err(self.watch.fail(JsonFaultKind::DuplicateKey));
        }
        *into = Some(value.ok_or_else(|| self.watch.fail(JsonFaultKind::Shape))?);
        Ok(())
    }
}

impl Parts {
    /// All members together, or the name of one that is missing.
    fn whole(self) -> Result<Claims, &'static str> {
        let (data, slots) = self.data.ok_or("data")?;
        Ok(Claims {
            iss: self.iss.ok_or("iss")?,
            aud: self.aud.ok_or("aud")?,
            jti: self.jti.ok_or("jti")?,
            event: self.event.ok_or("event")?,
            v: self.v.ok_or("v")?,
            period: self.period.ok_or("period")?,
            seq: self.seq.ok_or("seq")?,
            prev: self.prev.ok_or("prev")?,
            data,
            slots,
        })
    }
}

/// `data`: level 2 of the payload.
struct Data<'w> {
    watch: &'w Watch,
}

impl<'de> DeserializeSeed<'de> for Data<'_> {
    type Value = (Map<String, Value>, Vec<SlotDigest>);
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Data<'_> {
    type Value = (Map<String, Value>, Vec<SlotDigest>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data of an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut public = Map::new();
        let mut slots: Vec<SlotDigest> = Vec::with_capacity(8);
        while let Some(name) = map.next_key_seed(Text)? {
            let repeated = public.contains_key(&*name) || slots.iter().any(|slot| slot.name == *name);
            if repeated || matches!(&*name, "..." | "_sd") {
                let kind = if repeated { JsonFaultKind::DuplicateKey } else { JsonFaultKind::Reserved };
                return Err(self.watch.inside(&name)(self.watch.fail(kind)));
            }
            let member = map.next_value_seed(Member { watch: self.watch, depth: MEMBER_DEPTH });
            match member.map_err(|e| self.watch.inside(&name)(e))? {
                Found::Digest(digest) => slots.push(SlotDigest { name: name.into_owned(), digest }),
                Found::Value(value) => drop(public.insert(name.into_owned(), value)),
            }
        }
        Ok((public, slots))
    }
}

/// What a member of `data`, or the first item of a list in it, turned out to be.
enum Found {
    Value(Value),
    Digest([u8; 32]),
}

/// A member of `data` (level 3 of the payload) or the first item of a list there (level 4): where a slot's digest may be.
#[derive(Clone, Copy)]
struct Member<'w> {
    watch: &'w Watch,
    depth: usize,
}

const MEMBER_DEPTH: usize = 3;
const ITEM_DEPTH: usize = 4;

impl<'w> Member<'w> {
    fn strict(self) -> Strict<'w> {
        Strict { watch: self.watch, depth: self.depth, no_reserved: true }
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Found;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Found, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field or a slot")
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<Found, E> {
        self.strict().visit_unit().map(Found::Value)
    }
    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<Found, E> {
        self.strict().visit_bool(v).map(Found::Value)
    }
    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Found, E> {
        self.strict().visit_u64(v).map(Found::Value)
    }
    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Found, E> {
        self.strict().visit_i64(v).map(Found::Value)
    }
    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Found, E> {
        self.strict().visit_f64(v).map(Found::Value)
    }
    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Found, E> {
        self.strict().visit_str(v).map(Found::Value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Found, A::Error> {
        if self.depth != MEMBER_DEPTH {
            return self.strict().visit_seq(seq).map(Found::Value);
        }
        let item = Member { depth: ITEM_DEPTH, ..self };
        match seq.next_element_seed(item).map_err(|e| self.watch.inside("0")(e))? {
            None => Ok(Found::Value(Value::Array(Vec::new()))),
            Some(Found::Value(value)) => self.strict().items(seq, vec![value]).map(Found::Value),
            Some(Found::Digest(digest)) => match seq.next_element::<serde::de::IgnoredAny>()? {
                None => Ok(Found::Digest(digest)),
                Some(_) => Err(self.watch.fail(JsonFaultKind::Reserved)),
            },
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        if self.depth != ITEM_DEPTH {
            return self.strict().visit_map(map).map(Found::Value);
        }
        let Some(name) = map.next_key_seed(Text)? else {
            return Ok(Found::Value(Value::Object(Map::new())));
        };
        if name != "..." {
            return self.strict().members(map, Some(name)).map(Found::Value);
        }
        let digest = map.next_value_seed(Text).map_err(|e| self.watch.inside("...")(e))?;
        let digest = b64::decode_array(digest.as_bytes())
            .ok_or_else(|| self.watch.inside("...")(self.watch.fail(JsonFaultKind::Shape)))?;
        // Exactly one member (RFC 9901, section 4.2.4.2); a second `...` is a repeated one.
        match map.next_key_seed(Text)? {
            None => Ok(Found::Digest(digest)),
            Some(again) if again == "..." => Err(self.watch.fail(JsonFaultKind::DuplicateKey)),
            Some(_) => Err(self.watch.fail(JsonFaultKind::Reserved)),
        }
    }
}
