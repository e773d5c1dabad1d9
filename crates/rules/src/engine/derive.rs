//! Facts that the engine derives: months, quarters, gaps, forks, forbidden data.

use std::collections::BTreeSet;
use std::sync::Arc;

use daybook_event::{Catalogue, Period};
use serde_json::{Map, Value};

use super::periods::{Stay, end_of, month_of, quarter_end, quarter_of};
use super::{Engine, FactSource, derived_issuer};
use crate::fact::Fact;
use crate::finding::Anchor;
use crate::time::{Truth, When};
use crate::verdict::{FactFault, Reason, Status, Verdict, evaluate};
use crate::vocab::derived;

impl<S: FactSource> Engine<S> {
    fn dirty_derived(&mut self, anchor: &Anchor) {
        let kind = kind_of(anchor);
        let lines: Vec<u16> = self.ruleset.on(kind).collect();
        self.dirty.extend(lines.into_iter().map(|line| (anchor.clone(), line)));
    }

    pub(super) fn note_sequence(&mut self, fact: &Fact) {
        let change = self.sequences.add(&fact.issuer, fact.seq, fact.received);
        for first in change.gaps {
            self.dirty_derived(&Anchor::Gap(fact.issuer.clone(), first));
        }
        if let Some(seq) = change.fork {
            self.dirty_derived(&Anchor::Fork(fact.issuer.clone(), seq));
        }
    }

    pub(super) fn note_period(&mut self, fact: &Fact, active: bool) {
        let calendar = self.ruleset.calendar().clone();
        if &*fact.kind == "key.registered" {
            if let Some(department) = self.periods.registered(fact, &calendar) {
                for month in self.periods.over(&department, self.now, &calendar) {
                    self.dirty_derived(&Anchor::Month(department.clone(), month));
                }
            }
            return;
        }
        let Some((department, month)) = self.periods.count(fact, active) else { return };
        if end_of(month, &calendar).is_some_and(|end| end <= self.now) {
            self.dirty_derived(&Anchor::Month(department.clone(), month));
            if let Some(quarter) = quarter_of(month) {
                self.dirty_derived(&Anchor::Quarter(department, quarter));
            }
        }
    }

    /// A month ended: everything that is said about months and quarters that are over.
    pub(super) fn dirty_periods(&mut self) {
        let calendar = self.ruleset.calendar().clone();
        for department in self.periods.departments() {
            for month in self.periods.over(&department, self.now, &calendar) {
                self.dirty_derived(&Anchor::Month(department.clone(), month));
            }
        }
        let quarters: Vec<(String, Period)> = self.periods.quarters().cloned().collect();
        for (department, quarter) in quarters {
            self.dirty_derived(&Anchor::Quarter(department, quarter));
        }
    }

    /// What came in under an older list of forbidden data is looked through with today's.
    pub(super) fn note_banned(&mut self, fact: &Fact) {
        if self.banned(fact).is_some() {
            self.dirty_derived(&Anchor::Banned(fact.entry));
        }
    }

    fn banned(&self, fact: &Fact) -> Option<String> {
        let (_, kind) = Catalogue::builtin().latest(&fact.kind)?.find_forbidden(&fact.fields)?;
        Some(kind.name().to_owned())
    }

    /// How long people with a detainer stayed after becoming eligible for release, for the medians of quarters.
    pub(super) fn note_stays(&mut self, fact: &Fact, merged: bool) -> Result<(), FactFault> {
        const BEARING: [&str; 4] =
            ["release.eligible", "release.completed", "custody.transferred", "paper.classified"];
        let watched = self.ruleset.on(derived::QUARTER).next().is_some();
        let case = self.slots[fact.entry as usize].case;
        // Other events bear on it only where they join cases, or where something in the case is taken back.
        let bears = BEARING.contains(&&*fact.kind) || merged || self.cases.has_corrections(case);
        if !watched || !bears || self.cases.events(case).len() > super::CASE_EVENTS_MAX {
            return Ok(());
        }
        let (mut facts, mut taken_back) = (Vec::new(), Vec::new());
        for entry in self.members(case) {
            let stands = self.slots[entry as usize].active;
            if stands { &mut facts } else { &mut taken_back }.push(self.fact(entry)?);
        }
        let detained = facts.iter().any(|fact| {
            &*fact.kind == "paper.classified" && fact.text("paper_class") == Some("detainer_i247x")
        });
        let eligible =
            facts.iter().map(|fact| (fact, detained)).chain(taken_back.iter().map(|fact| (fact, false)));
        for (eligible, counts) in eligible.filter(|(fact, _)| &*fact.kind == "release.eligible") {
            let Some(start) = eligible.occurred else { continue };
            let Some(quarter) = month_of(self.ruleset.calendar().date(start.earliest)).and_then(quarter_of)
            else {
                continue;
            };
            let stay = counts.then(|| stay(start, &facts)).flatten();
            let department = eligible.issuer.department().to_owned();
            let over =
                quarter_end(quarter, self.ruleset.calendar()).is_some_and(|end| end.latest <= self.now);
            if self.periods.stay(&department, quarter, eligible.entry, stay) && over {
                self.dirty_derived(&Anchor::Quarter(department, quarter));
            }
        }
        Ok(())
    }

    pub(super) fn judge_derived(&self, anchor: &Anchor, number: u16) -> Result<Option<Verdict>, FactFault> {
        let facts = self.derived_facts(anchor)?;
        let line = &self.ruleset.lines()[usize::from(number)];
        let mut verdicts: BTreeSet<Option<Verdict>> = BTreeSet::new();
        for fact in &facts {
            let day = fact.occurred.map_or(fact.received, |at| at.earliest.saturating_sub(1));
            if !line.applies(self.ruleset.pack(line).calendar.date(day)) {
                return Ok(None);
            }
            let mut verdict = evaluate(&self.ruleset, line, fact, self, self.now)?;
            if let Some(verdict) = &mut verdict {
                // A derived fact has no entry; only what is about an entry reads one.
                let own = anchor.entry();
                verdict.read.retain(|entry| *entry != fact.entry || own == Some(*entry));
            }
            verdicts.insert(verdict);
        }
        let first = verdicts.pop_first().flatten();
        // The bounds of what is known lead to different answers.
        let differ =
            verdicts.iter().any(|other| other.as_ref().map(|v| v.status) != first.as_ref().map(|v| v.status));
        Ok(if differ {
            let (status, reason) = (Status::Undetermined, Reason::CannotTell);
            Some(Verdict { status, reason, measured: None, read: Vec::new(), due: None })
        } else {
            first
        })
    }

    /// What the anchor says: one fact, or two where something is known between bounds; none where there is nothing to say any more.
    pub(super) fn derived_facts(&self, anchor: &Anchor) -> Result<Vec<Fact>, FactFault> {
        let calendar = self.ruleset.calendar();
        let none_entry = u64::MAX;
        Ok(match anchor {
            Anchor::Entry(_) => Vec::new(),
            Anchor::Month(department, month) => {
                let end = end_of(*month, calendar).filter(|end| *end <= self.now);
                let known = end
                    .and_then(|end| Some((end, self.periods.month_fields(department, *month)?)))
                    .zip(derived_issuer(department));
                let fact = known.map(|((end, (fields, _)), issuer)| {
                    Fact::derived(none_entry, derived::PERIOD, issuer, *month, When::exactly(end), fields)
                });
                fact.into_iter().collect()
            }
            Anchor::Quarter(department, quarter) => {
                let end = quarter_end(*quarter, calendar).filter(|end| end.latest <= self.now);
                let known = end
                    .and_then(|end| Some((end, self.periods.quarter_fields(department, *quarter)?)))
                    .zip(derived_issuer(department));
                let facts = known.map(|((end, fields), issuer)| {
                    fields.map(|fields| {
                        Fact::derived(none_entry, derived::QUARTER, issuer.clone(), *quarter, end, fields)
                    })
                });
                facts.into_iter().flatten().collect()
            }
            Anchor::Gap(issuer, first) => {
                let run = self.sequences.gap(issuer, *first);
                let fact = run.and_then(|run| {
                    let fields = map([
                        ("from_seq", (*first).into()),
                        ("to_seq", run.last.into()),
                        ("closed", false.into()),
                    ]);
                    let at = When::exactly(run.noticed);
                    let month = month_of(calendar.date(run.noticed))?;
                    Some(Fact::derived(none_entry, derived::GAP, issuer.clone(), month, at, fields))
                });
                fact.into_iter().collect()
            }
            Anchor::Fork(issuer, seq) => {
                let fields = map([("at_seq", (*seq).into())]);
                let at = self.now;
                let fact = month_of(calendar.date(at)).map(|month| {
                    Fact::derived(none_entry, derived::FORK, issuer.clone(), month, When::exactly(at), fields)
                });
                fact.into_iter().collect()
            }
            Anchor::Banned(entry) => {
                let fact = self.fact(*entry)?;
                let found = self.banned(&fact).filter(|_| self.is_active(*entry));
                let fact = found.map(|found| {
                    let at = fact.occurred.unwrap_or(When::exactly(fact.received));
                    let fields = map([("found", found.into())]);
                    Fact::derived(*entry, derived::BANNED, fact.issuer.clone(), fact.period, at, fields)
                });
                fact.into_iter().collect()
            }
        })
    }
}

/// The type of the fact that stands for an anchor.
pub(super) fn kind_of(anchor: &Anchor) -> &'static str {
    match anchor {
        Anchor::Entry(_) => "",
        Anchor::Month(..) => derived::PERIOD,
        Anchor::Quarter(..) => derived::QUARTER,
        Anchor::Gap(..) => derived::GAP,
        Anchor::Fork(..) => derived::FORK,
        Anchor::Banned(_) => derived::BANNED,
    }
}

fn map<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// From eligibility to the first departure that can have come after it.
fn stay(start: When, facts: &[Arc<Fact>]) -> Option<Stay> {
    let departures =
        facts.iter().filter(|fact| matches!(&*fact.kind, "release.completed" | "custody.transferred"));
    let ends = departures.filter_map(|fact| fact.occurred).filter(|end| start.at_or_before(end) != Truth::No);
    let end = ends.min_by_key(|end| (end.earliest, end.latest))?;
    Some(Stay {
        least: (end.earliest - start.latest).max(0) / 60,
        most: (end.latest - start.earliest).max(0) / 60,
    })
}
