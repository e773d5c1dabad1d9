//! From a record to what it says: the catalogue's titles, order and classes, with a reason for everything that is not shown.

use daybook_event::catalogue::EventType;
use daybook_event::hash::sha256;
use daybook_event::{Catalogue, Claims, Class, Jti, Token, entry, show};
use daybook_tlog::leaf_hash;
use serde_json::{Map, Value};

use crate::model::{Document, FieldShown, Link, PUBLIC_SLOT, SlotShown, SlotState};

/// The field in which an event names others.
const LINKS: &str = "links";

/// A record, and why parts of it are not shown.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The entry's number in the log.
    pub index: u64,
    /// The entry.
    pub entry: &'a [u8],
    /// The event in compact form, with exactly the disclosures that go out.
    pub event: &'a str,
    /// The intake disclosure, where it goes out.
    pub intake: Option<&'a str>,
    /// The native file: the record as it is written.
    pub native: &'a [u8],
    /// For every slot without a disclosure, why.
    pub held: &'a [Held],
}

/// A slot that is not shown, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub slot: String,
    /// Why: withheld, sealed or erased.
    pub state: SlotState,
}

/// A record that cannot be shown as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnderstandError {
    /// The entry or the event is damaged, or they are not of each other.
    #[error("entry {index}: {what}; verify the ledger before producing from it")]
    Record {
        /// The entry.
        index: u64,
        /// What is wrong.
        what: String,
    },
    /// A slot is not shown and nothing says why.
    #[error(
        "entry {index}: slot {slot} is not shown and no reason is given; every redaction needs a reason and an authority from the profile"
    )]
    NoReason {
        /// The entry.
        index: u64,
        /// The slot.
        slot: String,
    },
    /// A reason is given for a slot that is shown, or that the type does not have.
    #[error(
        "entry {index}: a reason is given for slot {slot}, which is shown or does not exist; take the reason away or withhold the slot"
    )]
    NeedlessReason {
        /// The entry.
        index: u64,
        /// The slot.
        slot: String,
    },
}

/// Reads a record. `place` tells at which entry of this production another event stands.
///
/// What is disclosed has been checked against the signed digests afterwards; signatures and proofs are not looked at.
///
/// # Errors
/// [`UnderstandError`].
pub fn understand(
    material: &Material<'_>,
    catalogue: &Catalogue,
    place: &dyn Fn(&Jti) -> Option<u64>,
) -> Result<Document, UnderstandError> {
    let index = material.index;
    let broken = |what: &str| UnderstandError::Record { index, what: what.to_owned() };
    let entry = entry::parse_entry(material.entry).map_err(|fault| broken(&fault.to_string()))?;
    let token = Token::parse(material.event.as_bytes()).map_err(|refusal| broken(refusal.code.as_str()))?;
    if token.jwt() != entry.event {
        return Err(broken("its event is not the one that is to go out"));
    }
    if material.intake.is_some_and(|intake| entry::intake_digest(intake) != entry.intake) {
        return Err(broken("its intake disclosure is of another entry"));
    }
    let claims = token.claims();
    let ty = catalogue
        .get(claims.event.as_str(), claims.v)
        .ok_or_else(|| broken("its type is not in the catalogue"))?;
    let shown = show(&token, catalogue).map_err(|refusal| broken(refusal.code.as_str()))?;
    let slots = slots(material, ty, claims, &shown)?;
    let links = shown.fields.get(LINKS).map(|links| read_links(links, place)).unwrap_or_default();
    Ok(Document {
        index,
        leaf: leaf_hash(material.entry),
        jti: claims.jti,
        event: claims.event.clone(),
        version: claims.v,
        title: ty.title().to_owned(),
        issuer: claims.iss.clone(),
        seq: claims.seq,
        kid: *token.kid(),
        period: claims.period,
        received: material.intake.and_then(entry::received_at),
        slots,
        links,
        native_sha256: sha256(material.native),
        native_bytes: material.native.len() as u64,
    })
}

fn slots(
    material: &Material<'_>,
    ty: &EventType,
    claims: &Claims,
    shown: &daybook_event::Shown,
) -> Result<Vec<SlotShown>, UnderstandError> {
    let index = material.index;
    let is_open = |name: &str| !shown.withheld.iter().any(|withheld| withheld == name);
    let needless =
        |held: &&Held| is_open(&held.slot) || !ty.slots().iter().any(|slot| slot.name == held.slot);
    if let Some(held) = material.held.iter().find(needless) {
        return Err(UnderstandError::NeedlessReason { index, slot: held.slot.clone() });
    }
    let mut slots = vec![public(ty, &shown.fields)];
    for slot in ty.slots() {
        let state = if is_open(&slot.name) {
            let any = slot.fields.iter().any(|field| shown.fields.contains_key(field));
            if any { SlotState::Shown } else { SlotState::Absent }
        } else {
            let held = material.held.iter().find(|held| held.slot == slot.name && !held.state.is_disclosed());
            held.ok_or_else(|| UnderstandError::NoReason { index, slot: slot.name.clone() })?.state.clone()
        };
        let commitment =
            claims.slots.iter().find(|signed| signed.name == slot.name).map(|signed| signed.digest);
        let fields = fields(ty, &slot.fields, &shown.fields);
        slots.push(SlotShown { name: slot.name.clone(), class: slot.class, commitment, state, fields });
    }
    Ok(slots)
}

fn public(ty: &EventType, values: &Map<String, Value>) -> SlotShown {
    let of_class = ty.fields().iter().filter(|field| field.class == Class::P);
    let names: Vec<String> = of_class.map(|field| field.name.clone()).collect();
    let state =
        if names.iter().any(|name| values.contains_key(name)) { SlotState::Shown } else { SlotState::Absent };
    let fields = fields(ty, &names, values);
    SlotShown { name: PUBLIC_SLOT.to_owned(), class: Class::P, commitment: None, state, fields }
}

fn fields(ty: &EventType, names: &[String], values: &Map<String, Value>) -> Vec<FieldShown> {
    let field = |name: &String| {
        let field = ty.field(name);
        FieldShown {
            name: name.clone(),
            title: field.map_or_else(|| name.clone(), |field| field.title.clone()),
            coded: field.is_some_and(|field| field.codes.is_some()),
            value: values.get(name).cloned(),
        }
    };
    names.iter().map(field).collect()
}

fn read_links(links: &Value, place: &dyn Fn(&Jti) -> Option<u64>) -> Vec<Link> {
    let read = |link: &Value| {
        let jti: Jti = link.get("jti")?.as_str()?.parse().ok()?;
        Some(Link { rel: link.get("rel")?.as_str()?.to_owned(), jti, index: place(&jti) })
    };
    links.as_array().into_iter().flatten().filter_map(read).collect()
}
