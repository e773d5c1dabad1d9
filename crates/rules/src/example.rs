//! The examples of a pack, played.
//!
//! Each rule carries examples of events with what the rule says about them. They are documentation that is run: by `daybook rules check`, by the tests
//! of this crate, and through a whole service.

use std::collections::BTreeMap;
use std::sync::Arc;

use daybook_event::{Catalogue, Class, EventTime, Issuer, Jti, Period, Said, TypeName};
use serde_json::{Map, Value};

use crate::engine::{Engine, FactSource};
use crate::fact::{Fact, MatterHasher, Reading};
use crate::pack::{Example, ExampleEvent};
use crate::ruleset::Ruleset;
use crate::time::When;
use crate::verdict::{FactFault, Status, Verdict};

/// What goes wrong with an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExampleFault {
    /// An event that the catalogue would refuse.
    #[error("event {number} ({kind}): {place}: {reason}")]
    Event {
        /// Which one, from 1.
        number: usize,
        /// Its type.
        kind: String,
        /// Where.
        place: String,
        /// What belongs there.
        reason: String,
    },
    /// A time that cannot be read.
    #[error("as_of: {0:?} is no time; write 2026-03-05T12:00-07:00")]
    AsOf(String),
    /// The rule says something else.
    #[error("expected {expected}, the rule says {said}")]
    Differs {
        /// What the example expects.
        expected: String,
        /// What the rule says.
        said: String,
    },
}

/// An event of an example, ready to be signed.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Its name within the example.
    pub id: Option<String>,
    /// Who records it.
    pub issuer: Issuer,
    /// Its type.
    pub kind: TypeName,
    /// Its flat fields without links; `matter_ref` is a token of the example.
    pub fields: Map<String, Value>,
    /// Fields whose values were erased since; they still stand in `fields`.
    pub erased: Vec<String>,
    /// Relation and place of the other event among those of the example, from 0.
    pub links: Vec<(String, usize)>,
}

const RECORDS_DESK: &str = "sheriff/jail-records";

/// Completes the events of an example from the examples of their types, and checks them.
///
/// # Errors
/// The first event that the catalogue would refuse.
pub fn prepare(example: &Example) -> Result<Vec<Prepared>, ExampleFault> {
    let mut ids = BTreeMap::new();
    let mut events = Vec::new();
    for (number, event) in example.events.iter().enumerate() {
        let fault = |place: &str, reason: &str| ExampleFault::Event {
            number: number + 1,
            kind: event.kind.clone(),
            place: place.to_owned(),
            reason: reason.to_owned(),
        };
        let kind: TypeName = event.kind.parse().map_err(|_| fault("type", "is no name of a type"))?;
        let ty = Catalogue::builtin()
            .latest(kind.as_str())
            .ok_or_else(|| fault("type", "is not in the catalogue"))?;
        let from = event.from.as_deref().unwrap_or(RECORDS_DESK);
        let from = if from.contains('/') { from.to_owned() } else { format!("{from}/desk") };
        let issuer: Issuer = from.parse().map_err(|_| fault("from", "is no department/producer"))?;
        if !ty.may_publish(issuer.department()) {
            return Err(fault("from", "this department may not publish the type"));
        }
        let links = event.links.iter().map(|(rel, to)| {
            let to = ids.get(to).copied().ok_or_else(|| fault("links", "names no event before it"))?;
            Ok((rel.clone(), to))
        });
        let links = links.collect::<Result<Vec<_>, _>>()?;
        let fields =
            fields(event, ty.example(), |name| ty.field(name).is_some()).map_err(|(p, r)| fault(&p, r))?;
        let linked = with_links(fields.clone(), &links);
        ty.check(&linked).map_err(|wrong| fault(&wrong.place, &wrong.expected))?;
        let erased = event.erased.iter().map(|class| match class.as_str() {
            "R" => Ok(Class::R),
            "W" => Ok(Class::W),
            _ => Err(fault("erased", "is R or W: public fields are never erased")),
        });
        let erased = erased.collect::<Result<Vec<_>, _>>()?;
        let erased = ty.fields().iter().filter(|field| erased.contains(&field.class));
        let erased = erased.map(|field| field.name.clone()).collect();
        if let Some(id) = &event.id {
            ids.insert(id.clone(), number);
        }
        events.push(Prepared { id: event.id.clone(), issuer, kind, fields, erased, links });
    }
    Ok(events)
}

fn with_links(mut fields: Map<String, Value>, links: &[(String, usize)]) -> Map<String, Value> {
    let links: Vec<Value> =
        links.iter().map(|(rel, to)| serde_json::json!({"rel": rel, "jti": jti(*to).to_string()})).collect();
    if !links.is_empty() {
        fields.insert("links".into(), links.into());
    }
    fields
}

fn fields(
    event: &ExampleEvent,
    base: &Value,
    known: impl Fn(&str) -> bool,
) -> Result<Map<String, Value>, (String, &'static str)> {
    let mut fields = base.as_object().cloned().unwrap_or_default();
    fields.remove("links");
    for name in &event.without {
        fields
            .remove(name)
            .ok_or_else(|| (name.clone(), "is not in the example of the type, so it cannot be left out"))?;
    }
    for (name, value) in &event.set {
        let value = serde_json::to_value(value).map_err(|_| (name.clone(), "has no form in JSON"))?;
        fields.insert(name.clone(), value);
    }
    if known("occurred_at") {
        fields.insert("occurred_at".into(), event.at.clone().into());
        fields.insert("recorded_at".into(), event.recorded.as_ref().unwrap_or(&event.at).clone().into());
    }
    match event.matter.as_deref() {
        Some("none") => drop(fields.remove("matter_ref")),
        name if known("matter_ref") => {
            fields.insert("matter_ref".into(), matter_token(name.unwrap_or("a")).into());
        }
        _ => {}
    }
    Ok(fields)
}

/// A token of an example, from its name there. Tokens of departments are random; these are not, and stand for nobody.
fn matter_token(name: &str) -> String {
    let letters = name.bytes().filter(u8::is_ascii_lowercase).map(char::from);
    letters.chain("abcdefghijklmnopqrstuvwxyz".chars()).take(26).collect()
}

/// What a rule says about an example, in the words of examples.
///
/// # Errors
/// An event that the catalogue would refuse, or a time that cannot be read.
pub fn play(ruleset: &Arc<Ruleset>, rule: &str, example: &Example) -> Result<String, ExampleFault> {
    Ok(said(&run(ruleset, example)?, rule))
}

/// Everything that the rules say about an example, by rule and check, without what is quiet.
///
/// # Errors
/// An event that the catalogue would refuse, or a time that cannot be read.
pub fn play_all(
    ruleset: &Arc<Ruleset>,
    example: &Example,
) -> Result<Vec<(String, String, Verdict)>, ExampleFault> {
    let engine = run(ruleset, example)?;
    let said = engine.findings().filter_map(|finding| {
        let line = &ruleset.lines()[usize::from(finding.line)];
        Some((ruleset.rule(line).id.clone(), line.check.name.clone(), finding.verdict?))
    });
    Ok(said.collect())
}

fn run(ruleset: &Arc<Ruleset>, example: &Example) -> Result<Engine<Nowhere>, ExampleFault> {
    let zone = ruleset.calendar().zone().clone();
    let as_of = EventTime::parse(&example.as_of).and_then(|time| When::of(&time, &zone));
    let as_of = as_of.ok_or_else(|| ExampleFault::AsOf(example.as_of.clone()))?;
    let matters = MatterHasher::new(&[0; 32]);
    let context = Reading { zone: &zone, matters: &matters };
    let mut engine = Engine::new(Arc::clone(ruleset), Nowhere);
    let mut sequences: BTreeMap<Issuer, u64> = BTreeMap::new();
    for (entry, (mut event, written)) in (0_u64..).zip(prepare(example)?.into_iter().zip(&example.events)) {
        let seq = sequences.entry(event.issuer.clone()).or_insert(0);
        let skipped = written.set_seq.unwrap_or(*seq);
        *seq = skipped + 1;
        let fields = with_links(std::mem::take(&mut event.fields), &event.links);
        let time = fields.get("recorded_at").or(fields.get("occurred_at")).and_then(Value::as_str);
        let received = time.and_then(EventTime::parse).and_then(|time| When::of(&time, &zone));
        let received = received.map_or(as_of.latest, |received| received.earliest);
        let fact = Fact::new(entry, said_by(event, entry, skipped, fields), received, &context);
        engine.feed(fact).expect("an example's facts are all at hand");
    }
    engine.advance(as_of.latest).expect("an example's facts are all at hand");
    Ok(engine)
}

/// The gravest that any check of the rule says.
fn said<S: FactSource>(engine: &Engine<S>, rule: &str) -> String {
    let ruleset = engine.ruleset();
    let verdicts = engine
        .findings()
        .filter(|finding| ruleset.rule(&ruleset.lines()[usize::from(finding.line)]).id == rule);
    let order = [Status::Fails, Status::Undetermined, Status::Open, Status::Measured];
    let gravest = verdicts
        .filter_map(|finding| finding.verdict)
        .filter_map(|verdict| Some((order.iter().position(|status| *status == verdict.status)?, verdict)))
        .min_by_key(|(rank, _)| *rank);
    match gravest {
        None => Status::Quiet.as_str().to_owned(),
        Some((_, verdict)) => match verdict.measured {
            Some(class) => format!("measured: {class}"),
            None => verdict.status.as_str().to_owned(),
        },
    }
}

/// Plays an example and compares.
///
/// # Errors
/// Where the rule says something else than the example expects, or the example is no example.
pub fn check(ruleset: &Arc<Ruleset>, rule: &str, example: &Example) -> Result<(), ExampleFault> {
    let said = play(ruleset, rule, example)?;
    if said == example.expect {
        return Ok(());
    }
    Err(ExampleFault::Differs { expected: example.expect.clone(), said })
}

fn jti(number: usize) -> Jti {
    let mut bytes = [0x5a; 16];
    bytes[8..].copy_from_slice(&(number as u64).to_be_bytes());
    bytes[8] |= 0x80;
    Jti::from_random(bytes)
}

fn said_by(event: Prepared, entry: u64, seq: u64, mut fields: Map<String, Value>) -> Said {
    let period = fields.get("occurred_at").and_then(Value::as_str).and_then(Period::of_time);
    fields.retain(|name, _| !event.erased.contains(name));
    Said {
        iss: event.issuer,
        jti: jti(entry as usize),
        event: event.kind,
        v: 1,
        period: period.unwrap_or_else(|| "2000-01".parse().expect("a month")),
        seq,
        fields,
        hidden: event.erased,
    }
}

/// An example fits into memory; nothing is ever read again.
struct Nowhere;

impl FactSource for Nowhere {
    fn load(&self, entry: u64) -> Result<Fact, FactFault> {
        Err(FactFault { entry, reason: "an example has more events than are kept at hand".to_owned() })
    }
}
