//! What the engine tells: findings, rates, and a digest of it all.

use std::collections::BTreeMap;

use daybook_event::Period;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Engine, FactSource};
use crate::fact::Fact;
use crate::finding::{Anchor, Answer, FindingId, Raised, State};
use crate::pack::Severity;
use crate::ruleset::Line;
use crate::verdict::{Status, Verdict};

/// A finding, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its name.
    pub id: FindingId,
    /// The check that says so.
    pub line: u16,
    /// What it is about.
    pub anchor: Anchor,
    /// The department whose record it is about.
    pub department: String,
    /// The month that it counts for.
    pub period: Period,
    /// What the check says now; none where it has nothing to say any more.
    pub verdict: Option<Verdict>,
    /// Where it stands.
    pub state: State,
    /// When it was raised.
    pub raised: Option<Raised>,
    /// What was answered by the department that it is about and by auditors, in the order of the log.
    pub answers: Vec<Answer>,
    /// What other departments answered. It changes nothing: a finding is not theirs to set aside.
    pub passed_over: Vec<Answer>,
    /// Whether it is about a time before the pack was law.
    pub study: bool,
}

/// How often the checks of a rule said what, by rule, check, department, month and answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Tally {
    /// The rule.
    pub rule: String,
    /// The check.
    pub check: String,
    /// The department.
    pub department: String,
    /// The month.
    pub period: String,
    /// What it said; with the class of a measure.
    pub status: Status,
    /// The class of a measure.
    pub measured: Option<String>,
}

impl<S: FactSource> Engine<S> {
    /// All findings and measures, and everything that is open or undetermined, by anchor. Findings that were raised and no longer hold come from
    /// [`Self::closed`].
    pub fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        self.verdicts.iter().map(|((anchor, line), verdict)| self.finding(anchor, *line, verdict))
    }

    fn finding(&self, anchor: &Anchor, number: u16, verdict: &Verdict) -> Finding {
        let line = &self.ruleset.lines()[usize::from(number)];
        let slot = anchor.entry().map(|entry| &self.slots[entry as usize]);
        let id = self.id_of(line, anchor);
        let raised = self.raised.get(&id).cloned();
        let (department, period) = match (anchor, slot) {
            (Anchor::Month(department, period) | Anchor::Quarter(department, period), _) => {
                (department.clone(), *period)
            }
            (Anchor::Gap(issuer, _) | Anchor::Fork(issuer, _), _) => {
                (issuer.department().to_owned(), self.this_month())
            }
            (_, Some(slot)) => (self.names.name(slot.department).to_owned(), slot.period),
            (_, None) => unreachable!("anchors that are entries have slots"),
        };
        let answers = self.answers.get(&id).cloned().unwrap_or_default();
        let (answers, passed_over): (Vec<Answer>, Vec<Answer>) =
            answers.into_iter().partition(|answer| answer.counts_for(&department));
        let day = self.ruleset.pack(line).calendar.date(self.second_of(anchor));
        Finding {
            id,
            line: number,
            department,
            period,
            state: State::of(Some(verdict.status), raised.is_some(), &answers),
            verdict: Some(verdict.clone()),
            raised,
            answers,
            passed_over,
            study: day < line.law_from,
            anchor: anchor.clone(),
        }
    }

    fn this_month(&self) -> Period {
        super::periods::month_of(self.ruleset.calendar().date(self.now))
            .expect("the clock shows a month of our calendar")
    }

    fn second_of(&self, anchor: &Anchor) -> i64 {
        let fact = match anchor {
            Anchor::Entry(entry) | Anchor::Banned(entry) => self.fact(*entry).ok(),
            derived => {
                self.derived_facts(derived).ok().and_then(|mut facts| facts.pop()).map(std::sync::Arc::new)
            }
        };
        fact.map_or(self.now, |fact: std::sync::Arc<Fact>| {
            fact.occurred.map_or(fact.received, |at| at.earliest)
        })
    }

    /// The name of what a check finds about a thing.
    pub fn id_of(&self, line: &Line, anchor: &Anchor) -> FindingId {
        let jti = anchor.entry().map(|entry| self.slots[entry as usize].jti);
        FindingId::new(&self.ruleset.rule(line).id, &line.check.name, &anchor.thing(jti))
    }

    /// What stands for an anchor that is no entry, for the words of a finding.
    pub fn derived(&self, anchor: &Anchor) -> Option<Fact> {
        self.derived_facts(anchor).ok()?.pop()
    }

    /// Findings that were raised and of which the ledger, knowing more, no longer says that they hold: their names and raising entries.
    pub fn closed(&self) -> BTreeMap<FindingId, Raised> {
        let mut raised = self.raised.clone();
        for finding in self
            .findings()
            .filter(|finding| finding.verdict.as_ref().is_some_and(|v| v.status == Status::Fails))
        {
            raised.remove(&finding.id);
        }
        raised
    }

    /// What was answered to a finding, by whomever.
    pub fn answers(&self, id: FindingId) -> &[Answer] {
        self.answers.get(&id).map_or(&[], Vec::as_slice)
    }

    /// When a finding was raised.
    pub fn raised(&self, id: FindingId) -> Option<&Raised> {
        self.raised.get(&id)
    }

    /// Findings that fail and were not raised yet, at most `max`, gravest first among them.
    pub fn to_raise(&self, max: usize) -> Vec<Finding> {
        let next = self.unraised.values().take(max);
        let mut new: Vec<Finding> =
            next.filter_map(|key| Some(self.finding(&key.0, key.1, self.verdicts.get(key)?))).collect();
        new.sort_by_key(|finding| (self.severity(finding), finding.id));
        new
    }

    fn severity(&self, finding: &Finding) -> Severity {
        self.ruleset.rule(&self.ruleset.lines()[usize::from(finding.line)]).severity
    }

    /// What every check says about the entries that it concerns, quiet answers included: entry, number of the check, answer. By entry.
    pub fn answers_by_entry(&self) -> impl Iterator<Item = (u64, u16, Status)> + '_ {
        (0_u64..)
            .zip(&self.slots)
            .flat_map(|(entry, slot)| slot.statuses.iter().map(move |(line, status)| (entry, *line, *status)))
    }

    /// How often every check said what, quiet answers included: numerators and denominators of rates.
    pub fn tallies(&self) -> BTreeMap<Tally, u64> {
        let mut tallies = BTreeMap::new();
        let mut count =
            |line: u16, department: &str, period: Period, status: Status, measured: Option<String>| {
                let line = &self.ruleset.lines()[usize::from(line)];
                let tally = Tally {
                    rule: self.ruleset.rule(line).id.clone(),
                    check: line.check.name.clone(),
                    department: department.to_owned(),
                    period: period.to_string(),
                    status,
                    measured,
                };
                *tallies.entry(tally).or_insert(0) += 1;
            };
        for (entry, slot) in (0_u64..).zip(&self.slots) {
            for (line, status) in &slot.statuses {
                let measured = (*status == Status::Measured)
                    .then(|| {
                        self.verdicts.get(&(Anchor::Entry(entry), *line)).and_then(|v| v.measured.clone())
                    })
                    .flatten();
                count(*line, self.names.name(slot.department), slot.period, *status, measured);
            }
        }
        for ((anchor, line), verdict) in
            self.verdicts.iter().filter(|((anchor, _), _)| !matches!(anchor, Anchor::Entry(_)))
        {
            let finding = self.finding(anchor, *line, verdict);
            count(*line, &finding.department, finding.period, verdict.status, None);
        }
        tallies
    }

    /// SHA-256 over everything that the engine says. Two engines that say the same have the same digest.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut line = |text: String| {
            hash.update(text.as_bytes());
            hash.update([b'\n']);
        };
        line(format!("daybook findings {} {}", self.size(), self.now));
        for finding in self.findings() {
            let check = &self.ruleset.lines()[usize::from(finding.line)];
            let pack = self.ruleset.pack(check);
            line(format!(
                "{} {} {} {} {:?}",
                finding.id,
                self.ruleset.rule(check).id,
                pack.id,
                pack.version,
                finding.verdict
            ));
        }
        for (id, raised) in &self.raised {
            line(format!("raised {id} {} {}", raised.entry, raised.at));
        }
        for (id, answers) in &self.answers {
            for answer in answers {
                line(format!("answer {id} {} {} {}", answer.entry, answer.issuer, answer.action as u8));
            }
        }
        for (tally, number) in self.tallies() {
            line(format!("tally {tally:?} {number}"));
        }
        hash.finalize().into()
    }
}
