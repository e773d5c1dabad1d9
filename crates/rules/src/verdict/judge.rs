//! Where a check looks: which related events there are, how they lie in time, and which of them a name stands for.

use std::sync::Arc;

use super::{FactFault, Reason, Status, Verdict};
use crate::expr::{Predicate, Scope};
use crate::fact::{Fact, Rel};
use crate::pack::{By, Order, Pick, Related};
use crate::ruleset::{Line, Ruleset};
use crate::time::{Truth, When};

/// Finds the facts that a check may read beside the one it is about.
pub(crate) trait Neighbours {
    /// Facts of the related types in reach of the fact, without the fact itself; corrected ones are left out.
    fn related(&self, fact: &Fact, related: &Related) -> Result<Vec<Arc<Fact>>, FactFault>;
}

/// Combinations of possible picks that are tried; beyond it the answer is that nobody can tell.
pub(super) const COMBINATIONS_MAX: usize = 64;

/// Evaluates a check for a fact at a time. `None`: the check does not concern it.
pub(crate) fn evaluate(
    ruleset: &Ruleset,
    line: &Line,
    fact: &Fact,
    neighbours: &impl Neighbours,
    now: i64,
) -> Result<Option<Verdict>, FactFault> {
    let judge = Judge { ruleset, line, fact, neighbours, now };
    let check = &*line.check;
    let mut read = vec![fact.entry];
    let mut applies = check.when.as_ref().map_or(Truth::Yes, |when| judge.holds(when, None, &[]));
    for (list, wanted) in [(&check.given, true), (&check.unless, false)] {
        for related in list {
            if applies == Truth::No {
                return Ok(None);
            }
            let there = judge.exists(related, &mut read)?;
            applies = applies.and(if wanted { there } else { !there });
        }
    }
    if applies == Truth::No {
        return Ok(None);
    }
    let Some(mut verdict) = judge.form(check, &mut read)? else { return Ok(None) };
    if applies == Truth::Unknown && matches!(verdict.status, Status::Fails | Status::Measured) {
        verdict =
            Verdict { status: Status::Undetermined, reason: Reason::CannotTell, measured: None, ..verdict };
    }
    read.sort_unstable();
    read.dedup();
    verdict.read = read;
    Ok(Some(verdict))
}

pub(super) struct Judge<'a, N> {
    pub(super) ruleset: &'a Ruleset,
    pub(super) line: &'a Line,
    pub(super) fact: &'a Fact,
    pub(super) neighbours: &'a N,
    pub(super) now: i64,
}

/// A related fact, with how certain it is that it is one of those that are meant.
pub(super) struct Candidate {
    pub(super) fact: Arc<Fact>,
    pub(super) meant: Truth,
}

impl<N: Neighbours> Judge<'_, N> {
    pub(super) fn holds(
        &self,
        predicate: &Predicate,
        r: Option<&Fact>,
        named: &[(&str, Option<&Fact>)],
    ) -> Truth {
        predicate.holds(&self.scope(r, named))
    }

    pub(super) fn scope<'s>(
        &'s self,
        r: Option<&'s Fact>,
        named: &[(&'s str, Option<&'s Fact>)],
    ) -> Scope<'s> {
        let mut facts = vec![("e", Some(self.fact))];
        if r.is_some() {
            facts.push(("r", r));
        }
        facts.extend_from_slice(named);
        let (params, pack) = &self.ruleset.members[self.line.pack];
        Scope { facts, params, pack }
    }

    pub(super) fn candidates(&self, related: &Related) -> Result<Vec<Candidate>, FactFault> {
        let mut candidates = Vec::new();
        for fact in self.neighbours.related(self.fact, related)? {
            if let By::Same(here, there) = &related.by
                && self.fact.word(here) != fact.word(there)
            {
                continue;
            }
            let meant =
                related.filter.as_ref().map_or(Truth::Yes, |filter| self.holds(filter, Some(&fact), &[]));
            if meant != Truth::No {
                candidates.push(Candidate { fact, meant });
            }
        }
        Ok(candidates)
    }

    /// Whether a related fact lies as it should.
    pub(super) fn lies(&self, order: Order, other: &Fact) -> Truth {
        let (Some(here), Some(there)) = (&self.fact.occurred, &other.occurred) else {
            return if order == Order::Any { Truth::Yes } else { Truth::Unknown };
        };
        match order {
            Order::Any => Truth::Yes,
            Order::Before => there.at_or_before(here),
            Order::After => here.at_or_before(there),
        }
    }

    pub(super) fn exists(&self, related: &Related, read: &mut Vec<u64>) -> Result<Truth, FactFault> {
        let mut there = Truth::No;
        for candidate in self.candidates(related)? {
            let mut here = candidate.meant.and(self.lies(related.order, &candidate.fact));
            if let Some(ender) = &related.ended_by {
                here = here.and(!self.ended(&candidate.fact, ender, read)?);
            }
            if here != Truth::No {
                read.push(candidate.fact.entry);
            }
            there = there.or(here);
        }
        Ok(there)
    }

    /// Whether what a fact began was ended, by an event that says so of it, when the event that is looked at happened.
    fn ended(&self, begun: &Fact, ender: &Related, read: &mut Vec<u64>) -> Result<Truth, FactFault> {
        let mut ended = Truth::No;
        for candidate in self.candidates(ender)? {
            if candidate.fact.links.contains(&(Rel::Of, begun.jti)) {
                let here = candidate.meant.and(self.lies(Order::Before, &candidate.fact));
                if here != Truth::No {
                    read.push(candidate.fact.entry);
                }
                ended = ended.or(here);
            }
        }
        Ok(ended)
    }

    /// Every fact that the name can stand for, as far as the times tell; none where there may be none.
    pub(super) fn picks(&self, among: &Related, pick: Pick) -> Result<Vec<Option<Arc<Fact>>>, FactFault> {
        let order = match pick {
            Pick::LastBefore => Order::Before,
            Pick::FirstAfter => Order::After,
            Pick::Any => among.order,
        };
        let mut possible: Vec<(Arc<Fact>, Truth)> = Vec::new();
        for candidate in self.candidates(among)? {
            let there = candidate.meant.and(self.lies(order, &candidate.fact));
            if there != Truth::No {
                possible.push((candidate.fact, there));
            }
        }
        let certain: Vec<When> = possible
            .iter()
            .filter(|(_, there)| *there == Truth::Yes)
            .filter_map(|(fact, _)| fact.occurred)
            .collect();
        let outdone = |fact: &Fact| {
            let Some(at) = fact.occurred else { return false };
            certain.iter().any(|other| match pick {
                Pick::LastBefore => at.latest < other.earliest,
                Pick::FirstAfter => other.latest < at.earliest,
                Pick::Any => false,
            })
        };
        let may_be_none = certain.is_empty();
        let mut picks: Vec<Option<Arc<Fact>>> =
            possible.into_iter().filter(|(fact, _)| !outdone(fact)).map(|(fact, _)| Some(fact)).collect();
        if pick == Pick::Any {
            picks.sort_by_key(|fact| fact.as_ref().map(|fact| fact.jti));
            picks.truncate(1);
        }
        if may_be_none {
            picks.push(None);
        }
        Ok(picks)
    }
}
