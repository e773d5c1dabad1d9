//! Findings as machines read them, and pages of them.

use daybook_rules::engine::{Engine, Finding};
use daybook_rules::finding::{Answer, FindingId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::knowledge::FactReader;

/// Findings on a page unless the query says otherwise, and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1_000;

/// Which findings are asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FindingsQuery {
    /// States; those about which something is to be done where it is empty.
    pub states: Vec<String>,
    /// Rules, by their names.
    pub rules: Vec<String>,
    /// V1 to V4.
    pub severities: Vec<String>,
    /// Departments.
    pub departments: Vec<String>,
    /// One finding, by its name.
    #[schemars(with = "Option<String>")]
    pub finding: Option<FindingId>,
    /// Findings on the page.
    pub limit: Option<usize>,
    /// The last finding of the page before.
    #[schemars(with = "Option<String>")]
    pub after: Option<FindingId>,
}

/// A page of findings.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FindingsPage {
    /// Entries that they rest on.
    pub size: u64,
    /// The time up to which clocks have run.
    pub as_of: String,
    /// How many fit the query.
    pub total: usize,
    /// In the order of their names, which say nothing.
    pub findings: Vec<Value>,
    /// Ask for the next page with it; none on the last.
    #[schemars(with = "Option<String>")]
    pub next: Option<FindingId>,
}

impl FindingsQuery {
    /// The page that is asked for.
    #[must_use]
    pub fn page(&self, engine: &Engine<FactReader>) -> FindingsPage {
        let mut found: Vec<Finding> =
            engine.findings().filter(|finding| self.wants(engine, finding)).collect();
        found.sort_by_key(|finding| finding.id);
        let total = found.len();
        let limit = self.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
        let from = self.after.map_or(0, |after| found.partition_point(|finding| finding.id <= after));
        let shown = &found[from..total.min(from + limit)];
        FindingsPage {
            size: engine.size(),
            as_of: jiff::Timestamp::from_second(engine.now()).map(|at| at.to_string()).unwrap_or_default(),
            total,
            findings: shown.iter().map(|finding| as_json(engine, finding)).collect(),
            next: shown.last().map(|last| last.id).filter(|_| from + shown.len() < total),
        }
    }

    fn wants(&self, engine: &Engine<FactReader>, finding: &Finding) -> bool {
        let rule = engine.ruleset().rule(&engine.ruleset().lines()[usize::from(finding.line)]);
        let any = |wanted: &[String], is: &str| wanted.is_empty() || wanted.iter().any(|one| one == is);
        let state = finding.state.as_str();
        let state = if self.states.is_empty() && self.finding.is_none() {
            ["new", "raised", "confirmed"].contains(&state)
        } else {
            any(&self.states, state) || self.states.iter().any(|one| one == "all")
        };
        state
            && any(&self.rules, &rule.id)
            && any(&self.severities, rule.severity.as_str())
            && any(&self.departments, &finding.department)
            && self.finding.is_none_or(|id| id == finding.id)
    }
}

/// The moment of a finding as text: when that happened which it is about.
#[must_use]
pub fn happened(engine: &Engine<FactReader>, finding: &Finding) -> String {
    let occurred = finding.anchor.entry().and_then(|entry| {
        let fact = engine.fact(entry).ok()?;
        fact.text("occurred_at").map(str::to_owned)
    });
    occurred.unwrap_or_else(|| finding.period.to_string())
}

/// A finding for machines. It names entries and says nothing that is withheld.
#[must_use]
pub fn as_json(engine: &Engine<FactReader>, finding: &Finding) -> Value {
    let ruleset = engine.ruleset();
    let line = &ruleset.lines()[usize::from(finding.line)];
    let (rule, pack) = (ruleset.rule(line), ruleset.pack(line));
    let verdict = finding.verdict.as_ref();
    let jti = finding.anchor.entry().and_then(|entry| Some(engine.fact(entry).ok()?.jti.to_string()));
    json!({
        "finding": finding.id,
        "rule": rule.id,
        "check": line.check.name,
        "title": rule.title,
        "severity": rule.severity,
        "provisions": rule.provisions,
        "pack": pack.id,
        "pack_version": pack.version,
        "study": finding.study,
        "state": finding.state,
        "status": verdict.map(|verdict| verdict.status),
        "reason": verdict.map(|verdict| verdict.reason),
        "measured": verdict.and_then(|verdict| verdict.measured.clone()),
        "department": finding.department,
        "period": finding.period.to_string(),
        "occurred_at": happened(engine, finding),
        "event": jti,
        "entries": verdict.map(|verdict| verdict.read.clone()),
        "due": verdict.and_then(|verdict| verdict.due).and_then(|due| jiff::Timestamp::from_second(due).ok()).map(|due| due.to_string()),
        "raised_entry": finding.raised.as_ref().map(|raised| raised.entry),
        "answers": finding.answers.iter().map(answered).collect::<Vec<_>>(),
        "passed_over": finding.passed_over.iter().map(answered).collect::<Vec<_>>(),
    })
}

fn answered(answer: &Answer) -> Value {
    json!({
        "entry": answer.entry, "by": answer.issuer.to_string(), "action": answer.action, "reason": answer.reason,
    })
}
