//! What a check asks: each form, judged.

use daybook_event::{EventTime, Period};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::judge::{COMBINATIONS_MAX, Judge, Neighbours};
use super::{FactFault, Reason, Status, Verdict, cannot_tell, verdict};
use crate::expr::Predicate;
use crate::fact::Fact;
use crate::pack::{Allowance, Binding, By, Check, Form, Order, Pick, Related};
use crate::time::{Limit, Truth, When};

impl<N: Neighbours> Judge<'_, N> {
    /// The answer of the check; none where its form does not concern the event.
    pub(super) fn form(&self, check: &Check, read: &mut Vec<u64>) -> Result<Option<Verdict>, FactFault> {
        match &check.form {
            Form::OnlyIf { holds, wait, always_waits } => {
                self.only_if(holds, &check.bindings, *wait, *always_waits, read).map(Some)
            }
            Form::PrecededBy { related, absent_fails, late_fails, wait } => {
                self.preceded(related, *absent_fails, *late_fails, *wait, read)
            }
            Form::FollowedWithin { related, allowance, until, wait } => {
                self.followed(related, allowance, until.as_deref(), *wait, read).map(Some)
            }
            Form::AccompaniedBy { related, wait } => Ok(Some(match self.exists(related, read)? {
                Truth::Yes => verdict(Status::Quiet, Reason::Holds),
                Truth::Unknown => cannot_tell(),
                Truth::No => self.missing(related, self.last_second(), *wait),
            })),
            Form::Never(related) => Ok(Some(match self.exists(related, read)? {
                Truth::Yes => verdict(Status::Fails, Reason::Found),
                Truth::Unknown => cannot_tell(),
                Truth::No => verdict(Status::Quiet, Reason::Holds),
            })),
            Form::RecordedWithin { limit, from } => Ok(Some(self.recorded(*limit, from.as_deref()))),
            Form::Measure { related, from, classes, otherwise } => {
                self.measure(related, from.as_deref(), classes, otherwise, read).map(Some)
            }
        }
    }

    /// The latest second at which the event can have happened.
    fn last_second(&self) -> i64 {
        self.fact.occurred.map_or(self.fact.received, |occurred| occurred.latest)
    }

    /// Nothing is there: it fails once it can be neither done nor recorded in time any more. Where the event's matter is erased nobody can say
    /// what belongs to it, so nothing is held against the department.
    fn missing(&self, related: &Related, from: i64, wait: Limit) -> Verdict {
        let by = match &related.by {
            By::Case => Some("matter_ref"),
            By::Same(field, _) => Some(field.as_str()),
            By::Department | By::Everywhere => None,
        };
        if by.is_some_and(|field| self.fact.is_hidden(field)) {
            return cannot_tell();
        }
        self.waiting(from, wait)
    }

    fn waiting(&self, from: i64, wait: Limit) -> Verdict {
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
            // One is there, and only its being late could matter, about which another check speaks.
            (Truth::Unknown, Truth::Yes) if !late_fails => None,
            (Truth::Unknown, _) | (_, Truth::Unknown) => Some(cannot_tell()),
            (Truth::No, Truth::Yes) => late_fails.then(|| verdict(Status::Fails, Reason::Late)),
            (Truth::No, Truth::No) => absent_fails.then(|| self.missing(related, self.last_second(), wait)),
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
            (Truth::No, Truth::No) => self.missing(related, ends.latest, wait),
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

    /// The moment that a field of the event states. A month stands for its last second, since only then it can be told of.
    fn stated(&self, field: &str) -> Option<When> {
        let calendar = &self.ruleset.pack(self.line).calendar;
        let text = self.fact.text(field)?;
        if let Ok(month) = text.parse::<Period>() {
            let first =
                Date::new(i16::try_from(month.year()).ok()?, i8::try_from(month.month()).ok()?, 1).ok()?;
            let next = first.checked_add(1.month()).ok()?;
            return Some(When::exactly(calendar.start_of(next) - 1));
        }
        When::of(&EventTime::parse(text)?, calendar.zone())
    }

    fn recorded(&self, limit: Limit, from: Option<&str>) -> Verdict {
        let calendar = &self.ruleset.pack(self.line).calendar;
        let start = from.map_or(self.fact.occurred, |field| self.stated(field));
        let (Some(occurred), Some(recorded)) = (start, self.fact.recorded) else {
            // Types without times, such as those of keys, are never late; a time that is erased may have been.
            let erased = self.fact.is_hidden("recorded_at") || from.is_some();
            return if erased { cannot_tell() } else { verdict(Status::Quiet, Reason::Holds) };
        };
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
                let waiting = self.waiting(self.last_second(), wait);
                let reason = if none_named { waiting.reason } else { Reason::DoesNotHold };
                if waiting.status == Status::Open { waiting } else { Verdict { reason, ..waiting } }
            }
            (_, Truth::No) => verdict(Status::Fails, Reason::DoesNotHold),
            _ => cannot_tell(),
        })
    }

    fn measure(
        &self,
        related: &Related,
        from: Option<&str>,
        classes: &[(Limit, String)],
        otherwise: &str,
        read: &mut Vec<u64>,
    ) -> Result<Verdict, FactFault> {
        let Some(start) = from.and_then(|field| self.stated(field)).or(self.fact.occurred) else {
            return Ok(cannot_tell());
        };
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
