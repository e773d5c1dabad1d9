//! Signed events with what an outside reader must find in them, for the interoperability test.

use daybook_event::{Catalogue, Draft, Issuer, Origin, Position, SigningKey, Slot, Token, disclose, issue};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::chains::Department;
use crate::random::Random;

/// One event, whole and half disclosed.
#[derive(Debug, Clone, Serialize)]
pub struct Sample {
    /// Type and number, for messages.
    pub name: String,
    /// The public key, base64url.
    pub x: String,
    /// The event with all its disclosures.
    pub full: String,
    /// The claim `data` that a reader of `full` must find.
    pub full_data: Value,
    /// The event with every other slot withheld.
    pub half: String,
    /// The claim `data` that a reader of `half` must find.
    pub half_data: Value,
}

/// One sample of each type that departments publish, and more up to `count`, signed by one key in one sequence.
///
/// # Panics
/// Never: the drafts are ones that the checks accept.
pub fn samples(seed: u64, count: usize) -> Vec<Sample> {
    let mut random = Random::new(seed);
    let issuer = Department::Sheriff.issuer();
    let origin: Origin = "ledger.example/interop".parse().expect("well formed");
    let key = SigningKey::from_seed(random.bytes());
    let mut at = Position::first(&origin);
    let mut samples = Vec::new();
    for draft in Department::Sheriff.drafts(seed, count).into_iter().take(count) {
        let cat = Catalogue::builtin();
        let signed =
            issue(&draft, &issuer, &origin, at, &key, cat, &mut random).expect("the draft was checked");
        samples.push(sample(&draft, &issuer, &key, &signed.compact, cat));
        at = at.after(&signed);
    }
    samples
}

fn sample(draft: &Draft, issuer: &Issuer, key: &SigningKey, full: &str, cat: &Catalogue) -> Sample {
    let ty = cat.latest(draft.event.as_str()).expect("the draft was signed, so its type exists");
    let token = Token::parse(full.as_bytes()).expect("we have just signed it");
    let names: Vec<&str> = ty.slots().iter().map(|slot| slot.name.as_str()).collect();
    let shown: Vec<&str> = names.iter().copied().step_by(2).collect();
    Sample {
        name: format!("{} {} of {issuer}", token.claims().seq, draft.event),
        x: key.public().x(),
        full: full.to_owned(),
        full_data: data(draft, ty.slots(), &names),
        half: disclose(&token, &shown).expect("the slots are those of the type"),
        half_data: data(draft, ty.slots(), &shown),
    }
}

/// What RFC 9901 makes of the payload: a slot is a list that holds its value where it is disclosed, and nothing else.
fn data(draft: &Draft, slots: &[Slot], shown: &[&str]) -> Value {
    let in_slot = |name: &String| slots.iter().any(|slot| slot.fields.contains(name));
    let mut data: Map<String, Value> = draft
        .fields
        .iter()
        .filter(|(name, _)| !in_slot(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for slot in slots {
        let values =
            if shown.contains(&slot.name.as_str()) { vec![slot_value(draft, slot)] } else { Vec::new() };
        data.insert(slot.name.clone(), json!(values));
    }
    Value::Object(data)
}

fn slot_value(draft: &Draft, slot: &Slot) -> Value {
    if !slot.grouped {
        return slot.fields.first().and_then(|name| draft.fields.get(name)).cloned().unwrap_or(Value::Null);
    }
    let present = slot.fields.iter().filter_map(|name| Some((name.clone(), draft.fields.get(name)?.clone())));
    let group: Map<String, Value> = present.collect();
    if group.is_empty() { Value::Null } else { Value::Object(group) }
}
