//! Every type shows a valid event and an invalid one, and both are what they say.

use serde_json::{Map, Value};

use super::Notes;
use crate::catalogue::EventType;
use crate::refusal::Code;

/// An event that looks right and is not, with the refusal that admission gives for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterExample {
    /// What is wrong with it, in a sentence for a clerk.
    pub why: String,
    /// The code of the refusal.
    pub code: Code,
    /// The flat event.
    pub value: Map<String, Value>,
}

/// Reads `x-counter-example`; whether its event is refused is for [`check`] to say.
pub(super) fn read_counter(schema: &Value, notes: &mut Notes<'_>) -> Option<CounterExample> {
    let counter = schema.get("x-counter-example");
    let member = |name: &str| counter.and_then(|counter| counter.get(name));
    let why = member("why").and_then(Value::as_str).filter(|why| !why.is_empty());
    let code = member("code").and_then(Value::as_str).and_then(|code| code.parse().ok());
    let value = member("value").and_then(Value::as_object);
    let (Some(why), Some(code), Some(value)) = (why, code, value) else {
        notes.add("/x-counter-example", "has no value, why and code of a refusal");
        return None;
    };
    Some(CounterExample { why: why.to_owned(), code, value: value.clone() })
}

pub(super) fn check(read: &EventType, schema: &Value, notes: &mut Notes<'_>) {
    let examples = schema.get("examples").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if examples.is_empty() {
        notes.add("/examples", "has no example");
    }
    for (at, example) in examples.iter().enumerate() {
        if let Err(fault) = read.check_value(example) {
            notes.add(format!("/examples/{at}{}", fault.place), fault.expected);
        } else if let Some((field, kind)) = example.as_object().and_then(|flat| read.find_forbidden(flat)) {
            notes.add(format!("/examples/{at}/{field}"), format!("holds {kind}"));
        }
    }
    let CounterExample { code, value, .. } = &read.counter_example;
    match refusal_of(read, value) {
        None => notes.add("/x-counter-example/value", "is valid"),
        Some(given) if given != *code => {
            notes.add("/x-counter-example/code", format!("is not the code that is given, which is {given}"));
        }
        Some(_) => {}
    }
}

/// The code that the checks of a flat event give, in the order of admission.
fn refusal_of(ty: &EventType, flat: &Map<String, Value>) -> Option<Code> {
    match ty.check(flat) {
        Err(fault) => Some(fault.code),
        Ok(()) => ty.find_forbidden(flat).map(|_| Code::ForbiddenData),
    }
}
