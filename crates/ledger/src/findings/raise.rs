//! Findings and adopted packs as events of the ledger's own.

use daybook_event::{Draft, Jti};
use daybook_rules::engine::{Engine, Finding};
use daybook_rules::finding::Anchor;
use daybook_rules::pack::{Pack, PackState};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::knowledge::FactReader;

/// Most events that a raised finding names, as in its schema.
const EVENTS_MAX: usize = 32;

/// The event in which a finding is raised.
pub(super) fn finding(
    engine: &Engine<FactReader>,
    facts: &FactReader,
    finding: &Finding,
    now: Timestamp,
) -> Option<Draft> {
    let ruleset = engine.ruleset();
    let line = &ruleset.lines()[usize::from(finding.line)];
    let (rule, pack) = (ruleset.rule(line), ruleset.pack(line));
    let verdict = finding.verdict.as_ref()?;
    let own: Option<Jti> = finding.anchor.entry().and_then(|entry| Some(engine.fact(entry).ok()?.jti));
    let others = verdict.read.iter().filter(|entry| Some(**entry) != finding.anchor.entry());
    let others = others.filter_map(|entry| Some(engine.fact(*entry).ok()?.jti.to_string()));
    let events: Vec<Value> =
        own.iter().map(ToString::to_string).chain(others).take(EVENTS_MAX).map(Value::from).collect();
    let provisions: Vec<&String> = rule.provisions.iter().filter(|code| is_code(code)).collect();
    let mut fields = fields([
        ("rule", rule.id.clone().into()),
        ("check", line.check.name.clone().into()),
        ("severity", rule.severity.as_str().into()),
        ("pack", pack.id.clone().into()),
        ("pack_version", pack.version.clone().into()),
        ("about_department", finding.department.clone().into()),
        ("finding", finding.id.to_string().into()),
        ("status", "fail".into()),
        ("as_of", time(now)),
        ("occurred_at", time(now)),
        ("recorded_at", time(now)),
        ("role", "automatic".into()),
    ]);
    if !provisions.is_empty() {
        fields.insert("provisions".into(), json!(provisions));
    }
    if !events.is_empty() {
        fields.insert("events".into(), events.into());
    }
    if let Some(jti) = own {
        fields.insert("links".into(), json!([{ "rel": "of", "jti": jti.to_string() }]));
    }
    if let Anchor::Entry(entry) = finding.anchor
        && let Some(token) = facts.matter_token(entry)
    {
        fields.insert("matter_ref".into(), token.into());
    }
    Some(Draft::new("finding.raised".parse().ok()?, fields))
}

/// The event that says that a pack is applied from now on, or no more.
pub(super) fn adopted(pack: &Pack, study: bool, now: Timestamp) -> Option<Draft> {
    let mut fields = fields([
        ("kind", "rule_pack".into()),
        ("name", pack.id.clone().into()),
        ("version", pack.version.clone().into()),
        ("digest", pack.digest.clone().into()),
        ("valid_from", pack.valid_from.to_string().into()),
        ("state", state(pack, study).into()),
        ("occurred_at", time(now)),
        ("recorded_at", time(now)),
        ("role", "automatic".into()),
    ]);
    if let Some(end) = pack.valid_to {
        fields.insert("valid_to".into(), end.to_string().into());
    }
    Some(Draft::new("policy.adopted".parse().ok()?, fields))
}

/// How a pack is applied, as `policy.adopted` says it.
pub(super) fn state(pack: &Pack, study: bool) -> &'static str {
    match pack.state {
        PackState::SwitchedOff => "switched_off",
        PackState::InForce if study => "study",
        PackState::InForce => "in_force",
    }
}

fn is_code(code: &str) -> bool {
    let letters = code.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = code.len() - letters;
    (1..=4).contains(&letters)
        && (1..=4).contains(&digits)
        && code.bytes().skip(letters).all(|b| b.is_ascii_digit())
}

fn time(now: Timestamp) -> Value {
    format!("{now:.0}").into()
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
