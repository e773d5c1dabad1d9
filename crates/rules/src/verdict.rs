//! Verdicts: what one check says about one event, given everything that the ledger holds.

use std::sync::Arc;

use serde::Serialize;

use crate::expr::{Predicate, Scope};
use crate::fact::Fact;
use crate::pack::{Allowance, Binding, Check, Form, Order, Pick, Related};
use crate::ruleset::{Line, Ruleset};
use crate::time::{Limit, Truth, When};

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// What the rule asks was done.
    Quiet,
    /// What the rule asks was not done.
    Fails,
    /// Its clock still runs, or a record may still be on its way.
    Open,
    /// The ledger cannot say: times known to the day only, or values that are erased.
    Undetermined,
    /// A measure was taken.
    Measured,
}

impl Status {
    /// Its name, as in the examples of packs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Fails => "fails",
            Self::Open => "open",
            Self::Undetermined => "undetermined",
            Self::Measured => "measured",
        }
    }
}

/// Why a check says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What is asked for holds.
    Holds,
    /// What is asked for does not hold.
    DoesNotHold,
    /// What must be there is not.
    Absent,
    /// What must be there came too late.
    Late,
    /// What must not be there is.
    Found,
    /// It may still come.
    Waiting,
    /// Times are not exact enough to decide, or a value is erased or missing.
    CannotTell,
}

impl Reason {
    /// In plain words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "what the rule asks for is on the ledger",
            Self::DoesNotHold => "the record itself says that what the rule asks for was not so",
            Self::Absent => {
                "what the rule asks for is not on the ledger, and the time in which it could still be recorded is over"
            }
            Self::Late => "what the rule asks for is on the ledger, but it happened too late",
            Self::Found => "what the rule forbids is on the ledger",
            Self::Waiting => "the time in which it could still be done or recorded is not over",
            Self::CannotTell => {
                "the ledger's times are not exact enough to decide, or a value that decides is erased or missing"
            }
        }
    }
}

/// The answer of one check about one event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Verdict {
    /// What it says.
    pub status: Status,
    /// Why.
    pub reason: Reason,
    /// The class that a measure came to.
    pub measured: Option<String>,
    /// The entries that it read, the one that it is about among them.
    pub read: Vec<u64>,
    /// The second at which the answer may change by the clock alone.
    pub due: Option<i64>,
}

/// Something that a fact was needed for and that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {entry} could not be read for the rules: {reason}")]
pub struct FactFault {
    /// The entry.
    pub entry: u64,
    /// Why.
    pub reason: String,
}

/// Finds the facts that a check may read beside the one it is about.
pub(crate) trait Neighbours {
    /// Facts of the related types in reach of the fact, without the fact itself; corrected ones are left out.
    fn related(&self, fact: &Fact, related: &Related) -> Result<Vec<Arc<Fact>>, FactFault>;
}

/// Combinations of possible picks that are tried; beyond it the answer is that nobody can tell.
const COMBINATIONS_MAX: usize = 64;

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

struct Judge<'a, N> {
    ruleset: &'a Ruleset,
    line: &'a Line,
    fact: &'a Fact,
    neighbours: &'a N,
    now: i64,
}

/// A related fact, with how certain it is that it is one of those that are meant.
struct Candidate {
    fact: Arc<Fact>,
    meant: Truth,
}

impl<N: Neighbours> Judge<'_, N> {
    fn holds(&self, predicate: &Predicate, r: Option<&Fact>, named: &[(&str, Option<&Fact>)]) -> Truth {
        predicate.holds(&self.scope(r, named))
    }

    fn scope<'s>(&'s self, r: Option<&'s Fact>, named: &[(&'s str, Option<&'s Fact>)]) -> Scope<'s> {
        let mut facts = vec![("e", Some(self.fact))];
        if r.is_some() {
            facts.push(("r", r));
        }
        facts.extend_from_slice(named);
        let (params, pack) = &self.ruleset.members[self.line.pack];
        Scope { facts, params, pack }
    }

    fn candidates(&self, related: &Related) -> Result<Vec<Candidate>, FactFault> {
        let mut candidates = Vec::new();
        for fact in self.neighbours.related(self.fact, related)? {
            let meant =
                related.filter.as_ref().map_or(Truth::Yes, |filter| self.holds(filter, Some(&fact), &[]));
            if meant != Truth::No {
                candidates.push(Candidate { fact, meant });
            }
        }
        Ok(candidates)
    }

    /// Whether a related fact lies as it should.
    fn lies(&self, order: Order, other: &Fact) -> Truth {
        let (Some(here), Some(there)) = (&self.fact.occurred, &other.occurred) else {
            return if order == Order::Any { Truth::Yes } else { Truth::Unknown };
        };
        match order {
            Order::Any => Truth::Yes,
            Order::Before => there.at_or_before(here),
            Order::After => here.at_or_before(there),
        }
    }

    fn exists(&self, related: &Related, read: &mut Vec<u64>) -> Result<Truth, FactFault> {
        let mut there = Truth::No;
        for candidate in self.candidates(related)? {
            let here = candidate.meant.and(self.lies(related.order, &candidate.fact));
            if here != Truth::No {
                read.push(candidate.fact.entry);
            }
            there = there.or(here);
        }
        Ok(there)
    }

    fn form(&self, check: &Check, read: &mut Vec<u64>) -> Result<Option<Verdict>, FactFault> {
        match &check.form {
            Form::OnlyIf { holds, wait, always_waits } => {
                self.only_if(holds, &check.bindings, *wait, *always_waits, read).map(Some)
            }
            Form::PrecededBy { related, absent_fails, late_fails, wait } => {
                self.preceded(related, *absent_fails, *late_fails, *wait, read)
            }
            Form::FollowedWithin { related, allowance, until, wait } => {
                self.followed(related, allowance, until.as_ref(), *wait, read).map(Some)
            }
            Form::AccompaniedBy { related, wait } => Ok(Some(match self.exists(related, read)? {
                Truth::Yes => verdict(Status::Quiet, Reason::Holds),
                Truth::Unknown => cannot_tell(),
                Truth::No => self.missing(self.last_second(), *wait),
            })),
            Form::Never(related) => Ok(Some(match self.exists(related, read)? {
                Truth::Yes => verdict(Status::Fails, Reason::Found),
                Truth::Unknown => cannot_tell(),
                Truth::No => verdict(Status::Quiet, Reason::Holds),
            })),
            Form::RecordedWithin(limit) => Ok(Some(self.recorded(*limit))),
            Form::Measure { related, from, classes, otherwise } => {
                self.measure(related, from.as_deref(), classes, otherwise, read).map(Some)
            }
        }
    }

    /// The latest second at which the event can have happened.
    fn last_second(&self) -> i64 {
        self.fact.occurred.map_or(self.fact.received, |occurred| occurred.latest)
    }

    /// Nothing is there: it fails once it can be neither done nor recorded in time any more.
    fn missing(&self, from: i64, wait: Limit) -> Verdict {
        let last = wait.ends(from, &self.ruleset.pack(self.line).calendar);
        if self.now <= last {
            Verdict { due: Some(last + 1), ..verdict(Status::Open, Reason::Waiting) }
        } else {
            verdict(Status::Fails, Reason::Absent)
        }
    }

    fn preceded(
        &self,
        related: &Related,
        absent_fails: bool,
        late_fails: bool,
        wait: Limit,
        read: &mut Vec<u64>,
    ) -> Result<Option<Verdict>, FactFault> {
        let (mut in_time, mut at_all) = (Truth::No, Truth::No);
        for candidate in self.candidates(related)? {
            read.push(candidate.fact.entry);
            in_time = in_time.or(candidate.meant.and(self.lies(Order::Before, &candidate.fact)));
            at_all = at_all.or(candidate.meant);
        }
        Ok(match (in_time, at_all) {
            (Truth::Yes, _) => Some(verdict(Status::Quiet, Reason::Holds)),
            (Truth::Unknown, _) | (_, Truth::Unknown) => Some(cannot_tell()),
            (Truth::No, Truth::Yes) => late_fails.then(|| verdict(Status::Fails, Reason::Late)),
            (Truth::No, Truth::No) => absent_fails.then(|| self.missing(self.last_second(), wait)),
        })
    }

    fn followed(
        &self,
        related: &Related,
        allowance: &Allowance,
        until: Option<&Predicate>,
        wait: Limit,
        read: &mut Vec<u64>,
    ) -> Result<Verdict, FactFault> {
        let Some(ends) = self.ends(allowance, until) else { return Ok(cannot_tell()) };
        // Asked for in any order, what happened before it began was in time as well.
        let order = if related.order == Order::Any { Order::Any } else { Order::After };
        let (mut in_time, mut at_all) = (Truth::No, Truth::No);
        for candidate in self.candidates(related)? {
            let meant = candidate.meant.and(self.lies(order, &candidate.fact));
            if meant == Truth::No {
                continue;
            }
            read.push(candidate.fact.entry);
            in_time = in_time
                .or(meant.and(candidate.fact.occurred.map_or(Truth::Unknown, |at| at.at_or_before(&ends))));
            at_all = at_all.or(meant);
        }
        Ok(match (in_time, at_all) {
            (Truth::Yes, _) => verdict(Status::Quiet, Reason::Holds),
            (Truth::Unknown, _) | (_, Truth::Unknown) => cannot_tell(),
            (Truth::No, Truth::Yes) => verdict(Status::Fails, Reason::Late),
            (Truth::No, Truth::No) => self.missing(ends.latest, wait),
        })
    }

    /// When the allowed time is over: between the earliest and the latest second at which that can be.
    fn ends(&self, allowance: &Allowance, until: Option<&Predicate>) -> Option<When> {
        let calendar = &self.ruleset.pack(self.line).calendar;
        if let Some(until) = until {
            match until.value(&self.scope(None, &[]))? {
                cel::Value::String(day) => {
                    let last = When::day(day.get(..10)?.parse().ok()?, calendar.zone())?.latest;
                    return Some(When::exactly(last));
                }
                cel::Value::Null => {}
                _ => return None,
            }
        }
        let limit = match allowance {
            Allowance::Fixed(limit) => *limit,
            Allowance::Counted(count, unit) => match count.value(&self.scope(None, &[]))? {
                cel::Value::Int(count) => Limit { count, unit: *unit },
                _ => return None,
            },
        };
        let start = self.fact.occurred?;
        Some(When {
            earliest: limit.ends(start.earliest, calendar),
            latest: limit.ends(start.latest, calendar),
        })
    }

    fn recorded(&self, limit: Limit) -> Verdict {
        let (Some(occurred), Some(recorded)) = (self.fact.occurred, self.fact.recorded) else {
            return verdict(Status::Quiet, Reason::Holds);
        };
        let calendar = &self.ruleset.pack(self.line).calendar;
        let ends = When {
            earliest: limit.ends(occurred.earliest, calendar),
            latest: limit.ends(occurred.latest, calendar),
        };
        match recorded.at_or_before(&ends) {
            Truth::Yes => verdict(Status::Quiet, Reason::Holds),
            Truth::No => verdict(Status::Fails, Reason::Late),
            Truth::Unknown => cannot_tell(),
        }
    }

    fn only_if(
        &self,
        predicate: &Predicate,
        bindings: &[Binding],
        wait: Limit,
        always_waits: bool,
        read: &mut Vec<u64>,
    ) -> Result<Verdict, FactFault> {
        let mut picks = Vec::with_capacity(bindings.len());
        for binding in bindings {
            let possible = self.picks(&binding.among, binding.pick)?;
            read.extend(possible.iter().flatten().map(|fact| fact.entry));
            picks.push((binding.name.as_str(), possible));
        }
        let combinations: usize = picks.iter().map(|(_, possible)| possible.len()).product();
        if combinations > COMBINATIONS_MAX {
            return Ok(cannot_tell());
        }
        let (mut always, mut ever, mut none_named) = (Truth::Yes, Truth::No, false);
        for mut number in 0..combinations {
            let named: Vec<(&str, Option<&Fact>)> = picks
                .iter()
                .map(|(name, possible)| {
                    let pick = &possible[number % possible.len()];
                    number /= possible.len();
                    (*name, pick.as_deref())
                })
                .collect();
            let holds = self.holds(predicate, None, &named);
            none_named |= holds == Truth::No && named.iter().any(|(_, fact)| fact.is_none());
            (always, ever) = (always.and(holds), ever.or(holds));
        }
        Ok(match (always, ever) {
            (Truth::Yes, _) => verdict(Status::Quiet, Reason::Holds),
            (_, Truth::No) if always_waits || none_named => {
                let waiting = self.missing(self.last_second(), wait);
                let reason = if none_named { waiting.reason } else { Reason::DoesNotHold };
                if waiting.status == Status::Open { waiting } else { Verdict { reason, ..waiting } }
            }
            (_, Truth::No) => verdict(Status::Fails, Reason::DoesNotHold),
            _ => cannot_tell(),
        })
    }

    /// Every fact that the name can stand for, as far as the times tell; none where there may be none.
    fn picks(&self, among: &Related, pick: Pick) -> Result<Vec<Option<Arc<Fact>>>, FactFault> {
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

    fn measure(
        &self,
        related: &Related,
        from: Option<&str>,
        classes: &[(Limit, String)],
        otherwise: &str,
        read: &mut Vec<u64>,
    ) -> Result<Verdict, FactFault> {
        let zone = self.ruleset.pack(self.line).calendar.zone();
        let stated = |name: &str| {
            let time = daybook_event::EventTime::parse(self.fact.text(name)?)?;
            When::of(&time, zone)
        };
        let Some(start) = from.and_then(stated).or(self.fact.occurred) else { return Ok(cannot_tell()) };
        let label = |seconds: i64| {
            let calendar = &self.ruleset.pack(self.line).calendar;
            let class = classes.iter().find(|(limit, _)| seconds < limit.ends(0, calendar));
            class.map_or(otherwise, |(_, label)| label.as_str())
        };
        let picks = self.picks(related, Pick::FirstAfter)?;
        read.extend(picks.iter().flatten().map(|fact| fact.entry));
        let mut labels = std::collections::BTreeSet::new();
        for pick in &picks {
            let Some(end) = pick.as_ref().and_then(|fact| fact.occurred) else { continue };
            labels.insert(label((end.earliest - start.latest).max(0)));
            labels.insert(label((end.latest - start.earliest).max(0)));
        }
        let nothing_yet = picks.iter().all(Option::is_none);
        Ok(match (nothing_yet, labels.len(), picks.iter().any(Option::is_none)) {
            (true, ..) => verdict(Status::Open, Reason::Waiting),
            (false, 1, false) => Verdict {
                measured: labels.first().map(|label| (*label).to_owned()),
                ..verdict(Status::Measured, Reason::Holds)
            },
            _ => cannot_tell(),
        })
    }
}

fn verdict(status: Status, reason: Reason) -> Verdict {
    Verdict { status, reason, measured: None, read: Vec::new(), due: None }
}

fn cannot_tell() -> Verdict {
    verdict(Status::Undetermined, Reason::CannotTell)
}
