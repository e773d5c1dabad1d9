//! What the rules say of a group of examples at a time, computed in this process: to find the times at which examples keep their meaning, and which of them can
//! share a ledger. What counts in the end is what the service says.

use std::collections::BTreeMap;
use std::sync::Arc;

use daybook_event::{EventTime, Issuer, Jti, Period, Said};
use daybook_rules::engine::{Engine, FactSource};
use daybook_rules::fact::{Fact, MatterHasher, Reading};
use daybook_rules::ruleset::Ruleset;
use daybook_rules::time::When;
use daybook_rules::verdict::{FactFault, Status, Verdict};
use serde_json::{Map, Value, json};

use crate::plan::{Event, Play};

/// Answers by weight.
pub(crate) const ORDER: [&str; 4] = ["fails", "undetermined", "open", "measured"];

struct Nowhere;

impl FactSource for Nowhere {
    fn load(&self, entry: u64) -> Result<Fact, FactFault> {
        Err(FactFault { entry, reason: "every fact is at hand".into() })
    }
}

/// What the rule of each play says of it at `now`, when all of them are on one ledger. By bus, everything reaches the ledger at `now`.
pub(crate) fn said(ruleset: &Arc<Ruleset>, plays: &[&Play], by_bus: bool, now: i64) -> Vec<String> {
    let mut fold = Fold::new(ruleset, by_bus, now);
    fold.register(plays);
    let mut spans = Vec::new();
    for (number, play) in plays.iter().enumerate() {
        let first = fold.engine.size();
        let mut places = Vec::new();
        for event in &play.events {
            places.push(fold.engine.size());
            if event.registers.is_none() {
                fold.feed(event, number, &places);
            }
        }
        spans.push(first..fold.engine.size());
    }
    fold.engine.advance(now).expect("every fact is at hand");
    let mut answers: Vec<Option<(usize, String)>> = vec![None; plays.len()];
    for finding in fold.engine.findings() {
        let rule = &ruleset.rule(&ruleset.lines()[usize::from(finding.line)]).id;
        let Some(answer) = finding.verdict.as_ref().map(answer) else { continue };
        for ((play, span), place) in plays.iter().zip(&spans).zip(&mut answers) {
            let mine = !play.case || finding.anchor.entry().is_some_and(|entry| span.contains(&entry));
            let graver = place.as_ref().is_none_or(|(rank, _)| answer.0 < *rank);
            if play.rule == *rule && mine && graver {
                *place = Some(answer.clone());
            }
        }
    }
    answers.into_iter().map(|answer| answer.map_or_else(|| "quiet".to_owned(), |(_, text)| text)).collect()
}

fn answer(verdict: &Verdict) -> (usize, String) {
    let status = verdict.status.as_str();
    let rank = ORDER.iter().position(|one| *one == status).unwrap_or(ORDER.len());
    match (&verdict.measured, verdict.status) {
        (Some(class), Status::Measured) => (rank, format!("measured: {class}")),
        _ => (rank, status.to_owned()),
    }
}

struct Fold<'a> {
    ruleset: &'a Arc<Ruleset>,
    engine: Engine<Nowhere>,
    by_bus: bool,
    now: i64,
    sequences: BTreeMap<Issuer, u64>,
    matters: MatterHasher,
}

impl<'a> Fold<'a> {
    fn new(ruleset: &'a Arc<Ruleset>, by_bus: bool, now: i64) -> Self {
        Self {
            engine: Engine::new(Arc::clone(ruleset), Nowhere),
            ruleset,
            by_bus,
            now,
            sequences: BTreeMap::new(),
            matters: MatterHasher::new(&[0; 32]),
        }
    }

    fn register(&mut self, plays: &[&Play]) {
        for (issuer, at) in crate::plan::registrations(plays) {
            let at = at.unwrap_or_else(|| crate::plan::now_text(self.now));
            let fields = json!({"producer": issuer.to_string(), "occurred_at": at, "recorded_at": at});
            let event = Event {
                issuer: Issuer::governance(),
                kind: "key.registered".into(),
                fields: fields.as_object().expect("fields").clone(),
                links: Vec::new(),
                seq: None,
                erased: Vec::new(),
                hidden: Vec::new(),
                registers: Some(issuer),
            };
            self.feed(&event, usize::MAX, &[]);
        }
    }

    fn feed(&mut self, event: &Event, play: usize, places: &[u64]) {
        let zone = self.ruleset.calendar().zone();
        let entry = self.engine.size();
        let next = self.sequences.entry(event.issuer.clone()).or_insert(0);
        let seq = event.seq.unwrap_or(*next);
        *next = seq + 1;
        let mut fields: Map<String, Value> = event.fields.clone();
        fields.retain(|name, _| !event.hidden.contains(name));
        if let Some(Value::String(token)) = fields.get_mut("matter_ref") {
            *token = format!("{token}{play}");
        }
        if !event.links.is_empty() {
            let links = event.links.iter().map(|(rel, to)| json!({"rel": rel, "jti": jti(places[*to])}));
            fields.insert("links".into(), links.collect());
        }
        let received = if self.by_bus { self.now } else { received(event, self.ruleset, self.now) };
        let month = event.fields.get("occurred_at").and_then(Value::as_str).and_then(Period::of_time);
        let said = Said {
            iss: event.issuer.clone(),
            jti: jti(entry),
            event: event.kind.parse().expect("a type"),
            v: 1,
            period: month.expect("a month"),
            seq,
            fields,
            hidden: event.hidden.clone(),
        };
        let context = Reading { zone, matters: &self.matters };
        let fact = Fact::new(entry, said, received, &context);
        self.engine.feed(fact).expect("every fact is at hand");
    }
}

/// When an event of a log written at rest reached it: when it was recorded.
pub(crate) fn received(event: &Event, ruleset: &Ruleset, now: i64) -> i64 {
    let time = event.fields.get("recorded_at").or(event.fields.get("occurred_at")).and_then(Value::as_str);
    let when = time.and_then(EventTime::parse).and_then(|time| When::of(&time, ruleset.calendar().zone()));
    when.map_or(now, |when| when.earliest)
}

fn jti(entry: u64) -> Jti {
    let mut bytes = [0x5a; 16];
    bytes[8..].copy_from_slice(&entry.to_be_bytes());
    Jti::from_random(bytes)
}
