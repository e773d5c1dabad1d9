//! The engine: findings as a fold over the log.
//!
//! Entries are fed in the order of the log, and the clock is moved forward. After any number of both, the verdicts are a function of the entries fed,
//! the packs and the time, and of nothing else: whether they came one by one over months or all at once makes no difference.
//!
//! Memory: about 250 bytes for each entry, and the facts that were used last, up to [`FACTS_KEPT_MAX`]. Others are read again when they are needed.

mod cases;
mod derive;
mod groups;
mod judging;
mod median;
mod names;
mod periods;
mod sequences;
mod standing;
mod state;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use daybook_event::{Issuer, Jti, Period};
use lru::LruCache;

use crate::fact::Fact;
use crate::finding::{Anchor, Answer, FindingId, Raised, read_answer, read_raised};
use crate::pack::{By, Related};
use crate::ruleset::Ruleset;
use crate::verdict::{FactFault, Neighbours, Status, Verdict};

pub use cases::CASE_EVENTS_MAX;
use cases::{CaseNumber, Cases};
use groups::Groups;
use names::Names;
use periods::Periods;
pub(crate) use periods::month_of;
use sequences::Sequences;
pub use standing::{DepartmentStanding, GAPS_LISTED_MAX, ProducerStanding, SILENT_LISTED_MAX, Standing};
pub use state::{Finding, Tally};

/// Facts that are kept at hand.
pub const FACTS_KEPT_MAX: usize = 65_536;

/// Where facts are read again that are not at hand any more.
pub trait FactSource {
    /// The fact of an entry that was fed before.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn load(&self, entry: u64) -> Result<Fact, FactFault>;
}

/// What is kept of every entry.
#[derive(Debug)]
struct Slot {
    jti: Jti,
    case: CaseNumber,
    kind: u16,
    department: u16,
    /// The month in which it happened.
    period: Period,
    /// False where a correction took it back.
    active: bool,
    statuses: Vec<(u16, Status)>,
}

/// The fold.
pub struct Engine<S> {
    ruleset: Arc<Ruleset>,
    source: S,
    now: i64,
    slots: Vec<Slot>,
    names: Names,
    cases: Cases,
    groups: Groups,
    sequences: Sequences,
    periods: Periods,
    verdicts: BTreeMap<(Anchor, u16), Verdict>,
    timers: BTreeSet<(i64, Anchor, u16)>,
    raised: BTreeMap<FindingId, Raised>,
    /// What fails and was not raised yet.
    unraised: BTreeMap<FindingId, (Anchor, u16)>,
    answers: BTreeMap<FindingId, Vec<Answer>>,
    facts: RefCell<LruCache<u64, Arc<Fact>>>,
    dirty: BTreeSet<(Anchor, u16)>,
}

impl<S: FactSource> Engine<S> {
    /// An engine that has seen nothing.
    pub fn new(ruleset: Arc<Ruleset>, source: S) -> Self {
        Self {
            groups: Groups::new(&ruleset),
            ruleset,
            source,
            now: i64::MIN / 4,
            slots: Vec::new(),
            names: Names::default(),
            cases: Cases::default(),
            sequences: Sequences::default(),
            periods: Periods::default(),
            verdicts: BTreeMap::new(),
            timers: BTreeSet::new(),
            raised: BTreeMap::new(),
            unraised: BTreeMap::new(),
            answers: BTreeMap::new(),
            facts: RefCell::new(LruCache::new(NonZeroUsize::new(FACTS_KEPT_MAX).expect("more than none"))),
            dirty: BTreeSet::new(),
        }
    }

    /// The rules that are applied.
    pub fn ruleset(&self) -> &Arc<Ruleset> {
        &self.ruleset
    }

    /// Number of entries that were fed.
    pub fn size(&self) -> u64 {
        self.slots.len() as u64
    }

    /// The time up to which clocks have run, in seconds.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Takes in the next entry of the log.
    ///
    /// # Errors
    /// Where a related entry could not be read. The engine is then behind and must be made anew.
    ///
    /// # Panics
    /// Where it is not the next entry: entries are fed in the order of the log.
    pub fn feed(&mut self, fact: Fact) -> Result<(), FactFault> {
        assert_eq!(fact.entry, self.size(), "entries are fed in the order of the log");
        let fact = Arc::new(fact);
        self.facts.borrow_mut().put(fact.entry, Arc::clone(&fact));
        self.move_clock(fact.received);
        self.note_administrative(&fact);
        let added = self.cases.add(&fact);
        self.slots.push(Slot {
            jti: fact.jti,
            case: added.case,
            kind: self.names.number(&fact.kind),
            department: self.names.number(fact.issuer.department()),
            period: fact.period,
            active: true,
            statuses: Vec::new(),
        });
        self.groups.add(&fact);
        if added.merged {
            self.dirty_case(added.case);
        }
        // What looks the event up by department or by the value of a field may be in no case with it.
        self.dirty_around(&fact);
        self.note_sequence(&fact);
        self.note_period(&fact, true);
        self.apply_corrections(&fact)?;
        self.note_banned(&fact);
        self.settle()?;
        self.note_stays(&fact, added.merged)?;
        self.settle()
    }

    /// Moves the clock forward. Clocks that ran out become findings.
    ///
    /// # Errors
    /// Where an entry could not be read.
    pub fn advance(&mut self, now: i64) -> Result<(), FactFault> {
        self.move_clock(now);
        self.settle()
    }

    /// Whether anything is open whose clock runs out at or before `now`, or a month ends.
    pub fn next_due(&self) -> Option<i64> {
        self.timers.first().map(|(due, ..)| *due)
    }

    /// A fact that was fed.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn fact(&self, entry: u64) -> Result<Arc<Fact>, FactFault> {
        if let Some(fact) = self.facts.borrow_mut().get(&entry) {
            return Ok(Arc::clone(fact));
        }
        let fact = Arc::new(self.source.load(entry)?);
        self.facts.borrow_mut().put(entry, Arc::clone(&fact));
        Ok(fact)
    }

    /// The entries of the case of an event or, if it is not there, of the events that link to it; in the order of the log.
    pub fn case_of(&self, jti: &Jti) -> Vec<u64> {
        self.cases.of(jti).map(|case| self.members(case)).unwrap_or_default()
    }

    /// The entries of a matter, and of what is linked with it, in the order of the log.
    pub fn case_of_matter(&self, matter: crate::fact::MatterKey) -> Vec<u64> {
        self.cases.of_matter(matter).map(|case| self.members(case)).unwrap_or_default()
    }

    /// The entry of an event; none where the ledger does not hold it, so that a link to it dangles.
    pub fn entry_of(&self, jti: &Jti) -> Option<u64> {
        self.case_of(jti).into_iter().find(|entry| self.slots[*entry as usize].jti == *jti)
    }

    /// Whether an entry still stands, or a correction took it back.
    pub fn is_active(&self, entry: u64) -> bool {
        self.slots.get(entry as usize).is_some_and(|slot| slot.active)
    }

    fn members(&self, case: CaseNumber) -> Vec<u64> {
        let mut members = self.cases.events(case).to_vec();
        members.sort_unstable();
        members
    }

    fn move_clock(&mut self, now: i64) {
        if now <= self.now {
            return;
        }
        let calendar = self.ruleset.calendar();
        let months =
            calendar.date(self.now.max(0)).first_of_month() != calendar.date(now.max(0)).first_of_month();
        self.now = now;
        while let Some((due, anchor, line)) = self.timers.first().cloned().filter(|(due, ..)| *due <= now) {
            self.timers.remove(&(due, anchor.clone(), line));
            self.dirty.insert((anchor, line));
        }
        if months {
            self.dirty_periods();
        }
    }

    fn note_administrative(&mut self, fact: &Arc<Fact>) {
        if fact.issuer.is_ledger() && &*fact.kind == "finding.raised" {
            if let Some((id, raised)) = read_raised(fact) {
                self.unraised.remove(&id);
                self.raised.entry(id).or_insert(raised);
            }
        } else if &*fact.kind == "finding.answered"
            && let Some((id, answer)) = read_answer(fact)
        {
            self.answers.entry(id).or_default().push(answer);
        }
    }

    fn dirty_entry(&mut self, entry: u64) {
        let kind = self.names.name(self.slots[entry as usize].kind).to_owned();
        for line in self.ruleset.on(&kind) {
            self.dirty.insert((Anchor::Entry(entry), line));
        }
    }

    fn dirty_case(&mut self, case: CaseNumber) {
        for entry in self.members(case) {
            self.dirty_entry(entry);
        }
    }

    /// Everything that a new or changed fact may bear on.
    fn dirty_around(&mut self, fact: &Fact) {
        self.dirty_entry(fact.entry);
        let ruleset = Arc::clone(&self.ruleset);
        for number in ruleset.needs(&fact.kind) {
            let line = &ruleset.lines()[usize::from(*number)];
            let scopes: BTreeSet<&By> = line
                .check
                .related()
                .filter(|related| related.types.iter().any(|ty| **ty == *fact.kind))
                .map(|related| &related.by)
                .collect();
            for scope in scopes {
                for entry in self.reach(fact, scope, &line.check.on) {
                    let kind = self.names.name(self.slots[entry as usize].kind);
                    if line.check.on.is_empty() || line.check.on.iter().any(|ty| ty == kind) {
                        self.dirty.insert((Anchor::Entry(entry), *number));
                    }
                }
            }
        }
    }

    /// The entries in reach of a fact, in the order of the log: at least those of these types.
    fn reach(&self, fact: &Fact, scope: &By, types: &[String]) -> Vec<u64> {
        match scope {
            By::Case => match self.slots.get(fact.entry as usize).filter(|slot| slot.jti == fact.jti) {
                Some(slot) => self.members(slot.case),
                None => Vec::new(),
            },
            other => self.groups.reach(fact, other, types),
        }
    }
}

impl<S: FactSource> Neighbours for Engine<S> {
    fn related(&self, fact: &Fact, related: &Related) -> Result<Vec<Arc<Fact>>, FactFault> {
        let mut found = Vec::new();
        for entry in self.reach(fact, &related.by, &related.types) {
            let slot = &self.slots[entry as usize];
            let kind = self.names.name(slot.kind);
            let meant = slot.active && related.types.iter().any(|ty| ty == kind);
            if meant && !(entry == fact.entry && slot.jti == fact.jti) {
                found.push(self.fact(entry)?);
            }
        }
        Ok(found)
    }
}

/// The issuer name under which the ledger states what it derives about a department.
fn derived_issuer(department: &str) -> Option<Issuer> {
    format!("{department}/derived").parse().ok()
}
