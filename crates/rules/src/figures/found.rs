//! Findings, counted and by name.

use std::collections::{BTreeMap, BTreeSet};

use daybook_event::Period;
use jiff::civil::Date;

use super::collect::Collector;
use super::window::month_of_day;
use crate::engine::{Engine, FactSource, Finding};
use crate::finding::{Anchor, FindingId, State};
use crate::pack::Severity;
use crate::verdict::Status;

/// Findings of one rule about one department and month that stand alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// How grave.
    pub severity: Severity,
    /// The rule.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// The department whose record it is about.
    pub department: String,
    /// The month.
    pub month: Period,
    /// Where it stands.
    pub state: State,
    /// Whether it is about a time before the rule was law.
    pub study: bool,
}

/// One finding by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// How grave.
    pub severity: Severity,
    /// The rule.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// The day of what it is about, or the first of the month.
    pub day: Date,
    /// Its name.
    pub id: FindingId,
    /// The department whose record it is about.
    pub department: String,
    /// Where it stands.
    pub state: State,
    /// Whether it is about a time before the rule was law.
    pub study: bool,
}

/// Goes through the findings and measures of a span of days. Measures are left out.
pub(super) fn each<S: FactSource>(engine: &Engine<S>, collector: &Collector, mut see: impl FnMut(Named)) {
    let (ruleset, window) = (engine.ruleset(), collector.window);
    let mut seen = BTreeSet::new();
    for finding in engine.findings().filter(|finding| finding.state != State::Measure) {
        let Some(day) = day_of(engine, collector, &finding) else { continue };
        if !window.has(day) {
            continue;
        }
        let rule = ruleset.rule(&ruleset.lines()[usize::from(finding.line)]);
        // Whether it was raised once depends on the order of arrival; that it is open or cannot be told does not.
        let state = match (finding.state, finding.verdict.as_ref().map(|verdict| verdict.status)) {
            (State::Closed, Some(Status::Open)) => State::Open,
            (State::Closed, Some(Status::Undetermined)) => State::Undetermined,
            (State::Closed, _) => continue,
            (state, _) => state,
        };
        seen.insert(finding.id);
        see(Named {
            severity: rule.severity,
            rule: rule.id.clone(),
            title: rule.title.clone(),
            day,
            id: finding.id,
            department: finding.department,
            state,
            study: finding.study,
        });
    }
    closed(engine, collector, &seen, &mut see);
}

/// Findings that were raised and that the ledger, knowing more, no longer makes.
fn closed<S: FactSource>(
    engine: &Engine<S>,
    collector: &Collector,
    seen: &BTreeSet<FindingId>,
    see: &mut impl FnMut(Named),
) {
    let (ruleset, window) = (engine.ruleset(), collector.window);
    let titles: BTreeMap<&str, (&str, Severity)> = ruleset
        .lines()
        .iter()
        .map(|line| ruleset.rule(line))
        .map(|rule| (rule.id.as_str(), (rule.title.as_str(), rule.severity)))
        .collect();
    for (id, raised) in engine.closed().into_iter().filter(|(id, _)| !seen.contains(id)) {
        let Ok(fact) = engine.fact(raised.entry) else { continue };
        let Some((rule, department)) = fact.text("rule").zip(fact.text("about_department")) else { continue };
        let first = fact.fields.get("events").and_then(|events| events.get(0)?.as_str()?.parse().ok());
        let about = first.and_then(|jti| engine.entry_of(&jti)).unwrap_or(raised.entry);
        let Some(day) = collector.day(about).filter(|day| window.has(*day)) else { continue };
        let (title, severity) = titles.get(rule).copied().unwrap_or((rule, Severity::V3));
        see(Named {
            severity,
            rule: rule.to_owned(),
            title: title.to_owned(),
            day,
            id,
            department: department.to_owned(),
            state: State::Closed,
            study: false,
        });
    }
}

/// The day of what a finding is about. A month or quarter is told with its first day; a gap with the day on which it was noticed.
fn day_of<S: FactSource>(engine: &Engine<S>, collector: &Collector, finding: &Finding) -> Option<Date> {
    match &finding.anchor {
        Anchor::Entry(entry) | Anchor::Banned(entry) => collector.day(*entry),
        Anchor::Month(_, month) | Anchor::Quarter(_, month) => super::window::first_of(*month),
        Anchor::Gap(..) | Anchor::Fork(..) => {
            let at = engine.derived(&finding.anchor)?.occurred?;
            Some(engine.ruleset().calendar().date(at.earliest))
        }
    }
}

/// Adds a finding to those that stand like it.
pub(super) fn count(named: &Named, found: &mut BTreeMap<Found, u64>) {
    let Some(month) = month_of_day(named.day) else { return };
    let key = Found {
        severity: named.severity,
        rule: named.rule.clone(),
        title: named.title.clone(),
        department: named.department.clone(),
        month,
        state: named.state,
        study: named.study,
    };
    *found.entry(key).or_insert(0) += 1;
}
