//! From rows to figures, once the fold is done.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use daybook_event::Period;
use jiff::civil::Date;

use super::collect::{Collector, Row};
use super::computed::Computed;
use super::departments::Department;
use super::facets::Facets;
use super::found::{self, Found, Named};
use super::selection::{Counted, Listed, Selection, Sum};
use super::window::{Window, month_of_day};
use crate::engine::{Engine, FactSource};
use crate::finding::State;
use crate::verdict::Status;

/// What happened in a span of days, counted.
#[derive(Debug)]
pub struct Figures {
    window: Window,
    counted: BTreeMap<Arc<str>, Vec<Counted>>,
    listed: BTreeMap<&'static str, Vec<Listed>>,
    found: BTreeMap<Found, u64>,
    named: Vec<Named>,
    departments: BTreeMap<String, Department>,
    left_out: LeftOut,
}

/// What figures do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Events of the span that were corrected or taken back.
    pub corrected: u64,
    /// Events of other days.
    pub other_days: u64,
    /// Events whose day is erased.
    pub unplaced: u64,
}

/// What is told apart when events are added up.
type Alike = (Arc<str>, Period, Arc<str>, Vec<Option<Arc<str>>>);

impl Collector {
    /// The figures, when every fact that the engine has was looked at. Findings are kept by name for `named_of` alone.
    #[must_use]
    pub fn finish<S: FactSource>(self, engine: &Engine<S>, named_of: Option<&str>) -> Figures {
        let computed = Computed::of(engine, &self);
        let mut left_out = LeftOut::default();
        let mut sums: HashMap<Alike, (u64, Vec<Sum>)> = HashMap::new();
        for row in &self.rows {
            let Some(month) = self.place(row, engine.is_active(row.entry), &mut left_out) else { continue };
            let saying = &self.sayings[row.saying as usize];
            let mut words = saying.words.clone();
            if let Some(facets) = Facets::of(&saying.kind) {
                words.extend(computed.words(facets, row.entry));
            }
            let key = (Arc::clone(&saying.kind), month, Arc::clone(&saying.department), words);
            let (count, known) = sums.entry(key).or_default();
            *count += 1;
            add_numbers(known, row);
        }
        let mut counted: BTreeMap<Arc<str>, Vec<Counted>> = BTreeMap::new();
        for ((kind, month, department, words), (count, sums)) in sums {
            counted.entry(kind).or_default().push(Counted { month, department, words, count, sums });
        }
        for counted in counted.values_mut() {
            counted
                .sort_by(|a, b| (a.month, &a.department, &a.words).cmp(&(b.month, &b.department, &b.words)));
        }
        let (mut found, mut named) = (BTreeMap::new(), Vec::new());
        found::each(engine, &self, |finding| {
            found::count(&finding, &mut found);
            if named_of == Some(&finding.department) {
                named.push(finding);
            }
        });
        named.sort();
        let listed = self.listed(engine);
        let departments = self.departments(engine, &counted, &listed, &found);
        Figures { window: self.window, counted, listed, found, named, departments, left_out }
    }

    /// The day of an entry.
    pub(super) fn day(&self, entry: u64) -> Option<Date> {
        *self.days.get(usize::try_from(entry).ok()?)?
    }

    /// The type of an entry.
    pub(super) fn kind(&self, entry: u64) -> &str {
        let row = usize::try_from(entry).ok().and_then(|entry| self.rows.get(entry));
        row.map_or("", |row| &self.sayings[row.saying as usize].kind)
    }

    /// The month in which an entry counts, if it counts.
    fn place(&self, row: &Row, active: bool, left_out: &mut LeftOut) -> Option<Period> {
        let saying = &self.sayings[row.saying as usize];
        if &*saying.department == "ledger" || &*saying.department == "auditor" {
            return None;
        }
        let Some(day) = self.day(row.entry) else {
            left_out.unplaced += u64::from(active);
            return None;
        };
        if !self.window.has(day) {
            left_out.other_days += 1;
            return None;
        }
        if !active {
            left_out.corrected += 1;
            return None;
        }
        month_of_day(day)
    }

    fn listed<S: FactSource>(&self, engine: &Engine<S>) -> BTreeMap<&'static str, Vec<Listed>> {
        let mut listed: BTreeMap<&'static str, Vec<Listed>> = BTreeMap::new();
        for (entry, one) in &self.listed {
            if engine.is_active(*entry) && one.day <= self.window.to() {
                listed.entry(one.facets.kind).or_default().push(one.clone());
            }
        }
        for listed in listed.values_mut() {
            listed.sort_by_key(|one| (one.day, one.order));
        }
        listed
    }

    fn departments<S: FactSource>(
        &self,
        engine: &Engine<S>,
        counted: &BTreeMap<Arc<str>, Vec<Counted>>,
        listed: &BTreeMap<&'static str, Vec<Listed>>,
        found: &BTreeMap<Found, u64>,
    ) -> BTreeMap<String, Department> {
        let named = |(name, since): (&Arc<str>, &Option<Date>)| {
            (name.to_string(), Department { name: name.to_string(), since: *since, ..Department::default() })
        };
        let mut departments: BTreeMap<String, Department> = self.departments.iter().map(named).collect();
        for counted in counted.values().flatten() {
            if let Some(department) = departments.get_mut(&*counted.department) {
                department.events += counted.count;
            }
        }
        for one in listed.get("period.attested").into_iter().flatten().filter(|one| self.window.has(one.day))
        {
            let department = departments.get_mut(one.issuer.department());
            if let Some((department, month)) = department.zip(month_of_day(one.day)) {
                department.attested.insert(month);
                // Of two statements about a month the one that was written down last counts; they come in that order.
                if one.word("nil") == Some("yes") {
                    department.nil.insert(month)
                } else {
                    department.nil.remove(&month)
                };
            }
        }
        for (one, _) in found.iter().filter(|(one, _)| one.rule == "R37" && is_failure(one.state)) {
            if let Some(department) = departments.get_mut(&one.department) {
                department.silent.insert(one.month);
            }
        }
        self.lateness(engine, &mut departments);
        departments
    }

    fn lateness<S: FactSource>(&self, engine: &Engine<S>, departments: &mut BTreeMap<String, Department>) {
        let ruleset = engine.ruleset();
        for (entry, line, status) in engine.answers_by_entry() {
            let late = ruleset.rule(&ruleset.lines()[usize::from(line)]).id == "R39";
            if !late || !self.day(entry).is_some_and(|day| self.window.has(day)) {
                continue;
            }
            let place = usize::try_from(entry).unwrap_or(usize::MAX);
            let name = self.rows.get(place).map(|row| &self.sayings[row.saying as usize].department);
            if let Some(department) = name.and_then(|name| departments.get_mut(&**name)) {
                department.timed += 1;
                department.late += u64::from(status == Status::Fails);
                department.unclear += u64::from(matches!(status, Status::Undetermined | Status::Open));
            }
        }
    }
}

/// Whether the rule says that something was not done, whatever was answered to it.
fn is_failure(state: State) -> bool {
    matches!(state, State::New | State::Raised | State::Confirmed | State::Dismissed | State::Remedied)
}

fn add_numbers(sums: &mut Vec<Sum>, row: &Row) {
    let Some(numbers) = &row.numbers else { return };
    sums.resize(numbers.len(), Sum::default());
    for (sum, number) in sums.iter_mut().zip(numbers.iter()) {
        if let Some(number) = number {
            sum.known += 1;
            sum.total += number;
        }
    }
}

impl Figures {
    /// The span of days.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// The events of a type.
    #[must_use]
    pub fn of(&self, kind: &str) -> Selection<'_> {
        let counted = self.counted.get(kind).map(|counted| counted.iter().collect()).unwrap_or_default();
        Selection { facets: Facets::of(kind), counted }
    }

    /// The types of which something happened, with how often.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counted.iter().map(|(kind, counted)| (&**kind, counted.iter().map(|one| one.count).sum()))
    }

    /// The events of a type whose events are listed, by day.
    pub fn listed(&self, kind: &str) -> impl Iterator<Item = &Listed> {
        self.listed_so_far(kind).filter(|one| self.window.has(one.day))
    }

    /// As [`Self::listed`], with those from before the span: what is in force was issued before.
    pub fn listed_so_far(&self, kind: &str) -> impl Iterator<Item = &Listed> {
        self.listed.get(kind).into_iter().flatten()
    }

    /// Findings of the span, open and undetermined ones among them, with how many stand alike.
    #[must_use]
    pub fn found(&self) -> &BTreeMap<Found, u64> {
        &self.found
    }

    /// The findings of the one department that was asked for by name, gravest first.
    #[must_use]
    pub fn named(&self) -> &[Named] {
        &self.named
    }

    /// The departments that have a key or recorded anything.
    #[must_use]
    pub fn departments(&self) -> &BTreeMap<String, Department> {
        &self.departments
    }

    /// The part of one department: what it recorded, what is recorded about it, and the findings about its record. What is not counted is told of
    /// the whole ledger.
    #[must_use]
    pub fn of_department(&self, name: &str) -> Self {
        let about = |facets: Option<&'static Facets>, words: &[Option<Arc<str>>]| {
            let place = facets.and_then(|facets| facets.word("about_department"));
            place.and_then(|place| words.get(place)?.as_deref()) == Some(name)
        };
        let mut counted = self.counted.clone();
        for (kind, counted) in &mut counted {
            counted.retain(|one| &*one.department == name || about(Facets::of(kind), &one.words));
        }
        let mut listed = self.listed.clone();
        for listed in listed.values_mut() {
            listed.retain(|one| one.issuer.department() == name || about(Some(one.facets), &one.words));
        }
        let found = self.found.iter().filter(|(one, _)| one.department == name);
        let departments = self.departments.iter().filter(|(of, _)| *of == name);
        Self {
            window: self.window,
            counted,
            listed,
            found: found.map(|(one, count)| (one.clone(), *count)).collect(),
            named: self.named.clone(),
            departments: departments.map(|(of, department)| (of.clone(), department.clone())).collect(),
            left_out: self.left_out,
        }
    }

    /// What is not counted.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }
}
