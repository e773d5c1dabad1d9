//! Which rule of which pack applies on which day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::pack::{By, Check, Pack, PackState, Rule};
use crate::view::Members;

/// A check of a rule as one pack has it, with the days on which it decides.
#[derive(Debug)]
pub struct Line {
    /// Number of the pack in the set.
    pub pack: usize,
    /// Number of the rule in the pack.
    pub rule: usize,
    /// The check.
    pub check: Arc<Check>,
    /// Days on which it applies: first day, and first day no more.
    days: Vec<(Date, Date)>,
    /// Before this day it is applied as a study only: it was not law yet.
    pub law_from: Date,
}

impl Line {
    /// Whether it decides about what happened on a day.
    #[must_use]
    pub fn applies(&self, day: Date) -> bool {
        self.days.iter().any(|(from, to)| *from <= day && day < *to)
    }
}

/// Packs that are applied together. Where several have a rule of the same name, the one that came into force last decides.
#[derive(Debug)]
pub struct Ruleset {
    packs: Vec<Pack>,
    lines: Vec<Line>,
    on: BTreeMap<String, Vec<u16>>,
    needs: BTreeMap<String, Vec<u16>>,
    scopes: Vec<By>,
    study_from: Option<Date>,
    calendar: Calendar,
    /// Each pack's parameters and the pack itself, as expressions see them.
    pub(crate) members: Vec<(Members, Members)>,
}

/// A set of packs that cannot be applied together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesetFault {
    /// Two packs have the same id.
    #[error("two packs are called {0}; every pack has an id of its own")]
    SameId(String),
    /// Two packs have a rule of the same name and come into force on the same day.
    #[error(
        "{rule} is in {a} and in {b}, which come into force on the same day; nobody can say which decides"
    )]
    SameDay {
        /// The rule.
        rule: String,
        /// A pack.
        a: String,
        /// Another.
        b: String,
    },
    /// No pack at all is in force.
    #[error("no pack is in force; at least one must be, for the time zone of months and quarters")]
    Empty,
    /// More checks than can be numbered.
    #[error("the packs have more than {LINES_MAX} checks")]
    TooMany,
}

/// Most checks of a set of packs.
pub const LINES_MAX: usize = 4_096;

impl Ruleset {
    /// Puts packs together. With `study_from` the earliest version of each rule is also applied to what happened since that day, before it was law;
    /// such findings are marked.
    ///
    /// # Errors
    /// Where the packs contradict each other.
    pub fn new(mut packs: Vec<Pack>, study_from: Option<Date>) -> Result<Self, RulesetFault> {
        packs.sort_by(|a, b| (a.valid_from, &a.id).cmp(&(b.valid_from, &b.id)));
        let mut ids = BTreeSet::new();
        if let Some(twice) = packs.iter().find(|pack| !ids.insert(&pack.id)) {
            return Err(RulesetFault::SameId(twice.id.clone()));
        }
        let calendar = packs
            .iter()
            .find(|pack| pack.state == PackState::InForce)
            .ok_or(RulesetFault::Empty)?
            .calendar
            .clone();
        let mut lines = Vec::new();
        for (p, pack) in packs.iter().enumerate().filter(|(_, pack)| pack.state == PackState::InForce) {
            for (r, rule) in pack.rules.iter().enumerate() {
                let days = days(&packs, p, rule, study_from)?;
                for check in &rule.checks {
                    let check = Arc::clone(check);
                    lines.push(Line {
                        pack: p,
                        rule: r,
                        check,
                        days: days.clone(),
                        law_from: pack.valid_from,
                    });
                }
            }
        }
        if lines.len() > LINES_MAX {
            return Err(RulesetFault::TooMany);
        }
        let members =
            packs.iter().map(|pack| (Members::of(&pack.params), Members::of(&pack_value(pack)))).collect();
        let (on, needs, scopes) = tables(&lines);
        Ok(Self { packs, lines, on, needs, scopes, study_from, calendar, members })
    }

    /// The packs, by the day on which they come into force; those that are switched off among them.
    #[must_use]
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    /// Since when packs are applied as a study.
    #[must_use]
    pub fn study_from(&self) -> Option<Date> {
        self.study_from
    }

    /// The calendar of months and quarters.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// All checks, numbered.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The rule of a check.
    #[must_use]
    pub fn rule(&self, line: &Line) -> &Rule {
        &self.packs[line.pack].rules[line.rule]
    }

    /// The pack of a check.
    #[must_use]
    pub fn pack(&self, line: &Line) -> &Pack {
        &self.packs[line.pack]
    }

    /// Numbers of the checks that look at events of a type.
    pub(crate) fn on(&self, kind: &str) -> impl Iterator<Item = u16> {
        let every: &[u16] =
            if kind.starts_with("derived.") { &[] } else { self.on.get("*").map_or(&[], Vec::as_slice) };
        self.on.get(kind).into_iter().flatten().chain(every).copied()
    }

    /// Numbers of the checks that read events of a type as related ones.
    pub(crate) fn needs(&self, kind: &str) -> &[u16] {
        self.needs.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The ways of finding related events, other than by case.
    pub(crate) fn scopes(&self) -> &[By] {
        &self.scopes
    }

    /// Whether events of a type are looked up in a way other than by case.
    pub(crate) fn scoped(&self, scope: &By, kind: &str) -> bool {
        self.lines.iter().any(|line| {
            let uses = line.check.related().any(|related| related.by == *scope);
            let named = line.check.on.iter().any(|ty| ty == kind);
            let read = line
                .check
                .related()
                .any(|related| related.by == *scope && related.types.iter().any(|ty| ty == kind));
            uses && (named || read)
        })
    }
}

fn pack_value(pack: &Pack) -> cel::Value {
    let members: std::collections::HashMap<String, cel::Value> = [
        ("id".to_owned(), cel::Value::from(pack.id.as_str())),
        ("valid_from".to_owned(), cel::Value::from(pack.valid_from.to_string())),
    ]
    .into();
    members.into()
}

/// The days on which a pack's version of a rule decides: those that it covers and on which no later pack has the rule.
fn days(
    packs: &[Pack],
    p: usize,
    rule: &Rule,
    study_from: Option<Date>,
) -> Result<Vec<(Date, Date)>, RulesetFault> {
    let rivals: Vec<&Pack> = packs
        .iter()
        .enumerate()
        .filter(|(n, pack)| {
            *n != p && pack.state == PackState::InForce && pack.rules.iter().any(|one| one.id == rule.id)
        })
        .map(|(_, pack)| pack)
        .collect();
    let pack = &packs[p];
    if let Some(rival) = rivals.iter().find(|rival| rival.valid_from == pack.valid_from) {
        return Err(RulesetFault::SameDay { rule: rule.id.clone(), a: pack.id.clone(), b: rival.id.clone() });
    }
    let end = pack.valid_to.unwrap_or(Date::MAX);
    let earliest = rivals.iter().all(|rival| rival.valid_from > pack.valid_from);
    let start = study_from.filter(|from| earliest && *from < pack.valid_from).unwrap_or(pack.valid_from);
    let mut left = vec![(start, end)];
    for rival in rivals.iter().filter(|rival| rival.valid_from > pack.valid_from) {
        let (from, to) = (rival.valid_from, rival.valid_to.unwrap_or(Date::MAX));
        left = left
            .into_iter()
            .flat_map(|(a, b)| [(a, b.min(from)), (a.max(to), b)])
            .filter(|(a, b)| a < b)
            .collect();
    }
    Ok(left)
}

type Tables = (BTreeMap<String, Vec<u16>>, BTreeMap<String, Vec<u16>>, Vec<By>);

fn tables(lines: &[Line]) -> Tables {
    let (mut on, mut needs, mut scopes) =
        (BTreeMap::<String, Vec<u16>>::new(), BTreeMap::<String, Vec<u16>>::new(), BTreeSet::new());
    for (number, line) in (0_u16..).zip(lines) {
        if line.check.on.is_empty() {
            on.entry("*".to_owned()).or_default().push(number);
        }
        for ty in &line.check.on {
            on.entry(ty.clone()).or_default().push(number);
        }
        let read: BTreeSet<&String> = line.check.related().flat_map(|related| &related.types).collect();
        for ty in read {
            needs.entry(ty.clone()).or_default().push(number);
        }
        scopes.extend(line.check.related().map(|related| related.by.clone()).filter(|by| *by != By::Case));
    }
    (on, needs, scopes.into_iter().collect())
}
