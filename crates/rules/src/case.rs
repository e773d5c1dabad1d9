//! A case as people read it: its events in order of occurrence, with what was known when, corrections beside what they correct, and tombstones where
//! something is sealed.

use std::collections::HashSet;
use std::sync::Arc;

use daybook_event::Jti;
use serde::Serialize;

use crate::engine::{Engine, FactSource};
use crate::fact::{Fact, Rel};
use crate::verdict::FactFault;

/// A case.
#[derive(Debug)]
pub struct CaseView {
    /// Its events, by the time at which they happened, as far as that is known.
    pub events: Vec<CaseEvent>,
    /// Links to events that the ledger does not hold, or did not hold at that time: from which event, how, to what.
    pub dangling: Vec<(Jti, Rel, Jti)>,
}

/// An event of a case.
#[derive(Debug, Clone)]
pub struct CaseEvent {
    /// What it says.
    pub fact: Arc<Fact>,
    /// Whether it stands, or a correction took it back.
    pub stands: bool,
    /// The events that correct it.
    pub corrected_by: Vec<Jti>,
    /// What of it nobody can read any more.
    pub tombstone: Tombstone,
}

/// How much of an event is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tombstone {
    /// Everything.
    None,
    /// Some fields are sealed or erased.
    Part,
    /// Only what is public is left: type, department and month.
    Whole,
}

/// Puts a case together as it was known at a time: what reached the ledger later is left out. Without a time, everything is there.
///
/// # Errors
/// Where an entry cannot be read.
pub fn view<S: FactSource>(
    engine: &Engine<S>,
    entries: &[u64],
    known_at: Option<i64>,
) -> Result<CaseView, FactFault> {
    let mut facts = Vec::with_capacity(entries.len());
    for entry in entries {
        let fact = engine.fact(*entry)?;
        if known_at.is_none_or(|at| fact.received <= at) {
            facts.push(fact);
        }
    }
    let there: HashSet<Jti> = facts.iter().map(|fact| fact.jti).collect();
    let stands = crate::corrections::active(&facts);
    let correctors = |of: &Fact| {
        let corrects =
            |fact: &&Arc<Fact>| fact.links.iter().any(|(rel, to)| *rel == Rel::Corrects && *to == of.jti);
        facts.iter().filter(corrects).map(|fact| fact.jti).collect()
    };
    let mut events: Vec<CaseEvent> = facts
        .iter()
        .zip(stands)
        .map(|(fact, stands)| CaseEvent {
            fact: Arc::clone(fact),
            stands,
            corrected_by: correctors(fact),
            tombstone: tombstone(fact),
        })
        .collect();
    events.sort_by_key(|event| {
        let at = event
            .fact
            .occurred
            .map_or((event.fact.received, event.fact.received), |at| (at.earliest, at.latest));
        (at, event.fact.entry)
    });
    let links = facts.iter().flat_map(|fact| fact.links.iter().map(|(rel, to)| (fact.jti, *rel, *to)));
    let dangling = links.filter(|(_, _, to)| !there.contains(to)).collect();
    Ok(CaseView { events, dangling })
}

fn tombstone(fact: &Fact) -> Tombstone {
    if fact.hidden.is_empty() {
        Tombstone::None
    } else if fact.is_hidden("occurred_at") {
        Tombstone::Whole
    } else {
        Tombstone::Part
    }
}
