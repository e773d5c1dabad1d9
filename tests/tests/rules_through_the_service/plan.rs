//! Which example is played when, how, and on a ledger with which others.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use daybook_event::{Catalogue, Draft, Issuer, Jti, issue};
use daybook_rules::example::prepare;
use daybook_rules::pack::{By, Example, Form, Pack, PackState, Rule};
use daybook_rules::ruleset::Ruleset;
use daybook_store::Class;
use daybook_tests::{Shift, day, shifted};
use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use serde_json::{Map, Value, json};

use crate::fold::said;

/// An answer must not change while the ledgers run, in seconds.
const STEADY_S: i64 = 40 * 60;
/// The ledger's rules have a key of their own; examples that speak for them use another.
const FOR_THE_RULES: &str = "ledger/examples";

/// How a pack is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variant {
    /// As it is, put in force where it is switched off.
    AsIs,
    /// To what happened before it was law.
    Study,
    /// A copy without its last day.
    NoEnd,
    /// A copy in which departments have the whole next month to report.
    LongWait,
}

impl Variant {
    const ALL: [Self; 4] = [Self::AsIs, Self::Study, Self::NoEnd, Self::LongWait];

    /// Why it is not applied as it is, where a reader must know.
    pub(crate) fn reason(self) -> Option<&'static str> {
        match self {
            Self::AsIs | Self::Study => None,
            Self::NoEnd => {
                Some("waits at present, when the pack is no longer law: played with a copy without valid_to")
            }
            Self::LongWait => Some(
                "waits only in the first days of a month: played with a copy in which the wait is 31 days (attest_days)",
            ),
        }
    }

    /// The text of the copy.
    pub(crate) fn text(self, pack: &str) -> String {
        let lines = pack.lines().map(|line| match self {
            Self::NoEnd if line.starts_with("valid_to") => "",
            Self::LongWait if line.starts_with("attest_days") => "attest_days = 31",
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Since when it is applied before it was law.
    pub(crate) fn study_from(self) -> Option<Date> {
        (self == Self::Study).then(|| "2000-01-01".parse().expect("a day"))
    }
}

/// A pack's file.
pub(crate) struct PackFile {
    pub(crate) id: String,
    pub(crate) text: String,
    rulesets: BTreeMap<Variant, Arc<Ruleset>>,
}

/// All packs, and the present.
pub(crate) struct Packs {
    pub(crate) files: Vec<PackFile>,
    now: i64,
}

/// An event of an example, ready to be signed.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) issuer: Issuer,
    pub(crate) kind: String,
    pub(crate) fields: Map<String, Value>,
    pub(crate) links: Vec<(String, usize)>,
    pub(crate) seq: Option<u64>,
    pub(crate) erased: Vec<Class>,
    pub(crate) hidden: Vec<String>,
    /// It registers the key of this producer.
    pub(crate) registers: Option<Issuer>,
}

/// An example at a time at which it says what it claims.
#[derive(Debug, Clone)]
pub(crate) struct Play {
    pub(crate) pack: usize,
    pub(crate) rule: String,
    pub(crate) name: String,
    pub(crate) expect: String,
    /// The rule looks at nothing beyond the case; the answer is about the example's own events.
    pub(crate) case: bool,
    pub(crate) events: Vec<Event>,
    variant: Variant,
    by_bus: bool,
}

/// Examples that share a ledger.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) pack: usize,
    pub(crate) variant: Variant,
    pub(crate) by_bus: bool,
    pub(crate) plays: Vec<Play>,
}

impl Play {
    /// Why it is not sent over a bus but written into a log at rest, where it is.
    pub(crate) fn at_rest_because(&self) -> Option<&'static str> {
        let erased = self.events.iter().any(|event| !event.erased.is_empty());
        let refused = self.events.iter().any(only_at_rest);
        match (self.by_bus, erased, refused) {
            (true, ..) => None,
            (_, true, _) => Some("values are erased after they were taken in: log written at rest"),
            (_, _, true) => Some("no ledger takes it today: log written at rest, as under an older list"),
            _ => Some("hangs on the time between two arrivals: log written at rest"),
        }
    }
}

impl Packs {
    /// Reads them from `ops/packs`.
    pub(crate) fn read() -> Self {
        Self::read_at(Timestamp::now().as_second())
    }

    /// The same at another present.
    pub(crate) fn read_at(now: i64) -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/packs");
        let mut paths: Vec<_> =
            std::fs::read_dir(dir).expect("packs").map(|f| f.expect("a file").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        let files = paths.iter().map(|path| {
            let text = std::fs::read_to_string(path).expect("a pack");
            let mut rulesets = BTreeMap::new();
            for variant in Variant::ALL {
                let mut pack = Pack::read(&variant.text(&text)).expect("a pack without mistakes");
                pack.state = PackState::InForce;
                let ruleset = Ruleset::new(vec![pack], variant.study_from()).expect("one pack");
                rulesets.insert(variant, Arc::new(ruleset));
            }
            let id = rulesets[&Variant::AsIs].packs()[0].id.clone();
            PackFile { id, text, rulesets }
        });
        Self { files: files.collect(), now }
    }

    pub(crate) fn ruleset(&self, pack: usize, variant: Variant) -> &Arc<Ruleset> {
        &self.files[pack].rulesets[&variant]
    }

    fn holds(&self, plays: &[&Play]) -> bool {
        let first = plays[0];
        let said = said(self.ruleset(first.pack, first.variant), plays, first.by_bus, self.now);
        said.iter().zip(plays).all(|(said, play)| *said == play.expect)
    }
}

/// Groups of examples, and the examples for which no time was found.
pub(crate) fn plan(packs: &Packs) -> (Vec<Group>, Vec<String>) {
    let (mut groups, mut unplayable) = (Vec::new(), Vec::new());
    for (number, file) in packs.files.iter().enumerate() {
        let rules = &file.rulesets[&Variant::AsIs].packs()[0].rules;
        let mut plays = Vec::new();
        for (rule, example) in rules.iter().flat_map(|rule| rule.examples.iter().map(move |one| (rule, one)))
        {
            match place(packs, number, rule, example) {
                Some(play) => plays.push(play),
                None => unplayable.push(format!("{}: {}, {:?}", file.id, rule.id, example.name)),
            }
        }
        groups.extend(group(packs, plays));
    }
    (groups, unplayable)
}

/// The first way of playing an example in which it says what it claims.
fn place(packs: &Packs, pack: usize, rule: &Rule, example: &Example) -> Option<Play> {
    let today = Timestamp::from_second(packs.now).expect("a time").to_zoned(jiff::tz::TimeZone::UTC).date();
    let shifts: Vec<Vec<Event>> =
        shifts(example, today).into_iter().filter_map(|shift| events(&shifted(example, shift))).collect();
    for variant in Variant::ALL {
        for by_bus in [true, false] {
            let play = |events: &Vec<Event>| Play {
                pack,
                rule: rule.id.clone(),
                name: example.name.clone(),
                expect: example.expect.clone(),
                case: looks_at_the_case_only(rule),
                events: events.clone(),
                variant,
                by_bus,
            };
            let steady = |play: &Play| {
                [packs.now, packs.now + STEADY_S]
                    .iter()
                    .all(|now| said(packs.ruleset(pack, variant), &[play], by_bus, *now)[0] == play.expect)
            };
            if by_bus && shifts.first().is_some_and(|events| events.iter().any(only_at_rest)) {
                continue;
            }
            if let Some(found) = shifts.iter().map(play).find(steady) {
                return Some(found);
            }
        }
    }
    None
}

/// Erased values and what no ledger takes today cannot come over a bus.
fn only_at_rest(event: &Event) -> bool {
    let mut fields = event.fields.clone();
    if !event.links.is_empty() {
        let jti = Jti::from_random([0x5a; 16]);
        let links = event.links.iter().map(|(rel, _)| json!({"rel": rel, "jti": jti}));
        fields.insert("links".into(), links.collect());
    }
    let draft = Draft::new(event.kind.parse().expect("a type"), fields);
    let registers = event.registers.is_some();
    !event.erased.is_empty()
        || (!registers && issue::check(&draft, &event.issuer, Catalogue::builtin()).is_err())
}

/// Whole weeks first: clock times, days of the week and offices' hours stay what they are.
fn shifts(example: &Example, today: Date) -> Vec<Shift> {
    let as_of = day(&example.as_of).expect("a day");
    let days = as_of.until((Unit::Day, today)).map_or(0, |span| i64::from(span.get_days()));
    let weeks = days.div_euclid(7) * 7;
    let months = as_of
        .first_of_month()
        .until((Unit::Month, today.first_of_month()))
        .map_or(0, |span| span.get_months());
    let near: Vec<i64> = match example.expect.as_str() {
        "open" => vec![weeks + 7, weeks, weeks + 14],
        _ => vec![weeks, weeks - 7, weeks + 7],
    };
    let mut shifts: Vec<Shift> = near.into_iter().map(Shift::Days).collect();
    shifts.extend((-9..=9).map(|off| Shift::Days(days + off)));
    shifts.extend((-14..=1).rev().map(|off| Shift::Months(months + off)));
    shifts.push(Shift::Days(0));
    shifts
}

fn looks_at_the_case_only(rule: &Rule) -> bool {
    rule.checks.iter().all(|check| {
        check.related().all(|related| related.by == By::Case)
            && check.on.iter().all(|ty| !ty.starts_with("derived.") || ty == "derived.banned")
    })
}

fn events(example: &Example) -> Option<Vec<Event>> {
    let prepared = prepare(example).ok()?;
    let events = prepared.into_iter().zip(&example.events).map(|(one, written)| {
        let registers = (one.kind.as_str() == "key.registered")
            .then(|| one.fields["producer"].as_str().expect("a name").parse().expect("a producer"));
        let rules = one.issuer.as_str() == "ledger/rules";
        Event {
            issuer: if rules { FOR_THE_RULES.parse().expect("a name") } else { one.issuer },
            kind: one.kind.to_string(),
            fields: one.fields,
            links: one.links,
            seq: written.set_seq,
            erased: written
                .erased
                .iter()
                .map(|class| if class == "R" { Class::R } else { Class::W })
                .collect(),
            hidden: one.erased,
            registers,
        }
    });
    Some(events.collect())
}

/// Whether the rule only measures: it neither fails nor is ever quiet.
pub(crate) fn only_measures(packs: &Packs, rule: &str) -> bool {
    let rules = packs.files.iter().flat_map(|file| &file.rulesets[&Variant::AsIs].packs()[0].rules);
    let mut checks = rules.filter(|one| one.id == rule).flat_map(|one| &one.checks).peekable();
    checks.peek().is_some() && checks.all(|check| matches!(check.form, Form::Measure { .. }))
}

/// Puts examples together as far as they do not disturb each other.
fn group(packs: &Packs, plays: Vec<Play>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let (case, whole): (Vec<Play>, Vec<Play>) = plays.into_iter().partition(|play| play.case);
    for play in case.into_iter().chain(whole) {
        let fits = |group: &Group| {
            let same = group.variant == play.variant && group.by_bus == play.by_bus;
            let own = group.plays.iter().all(|other| (other.case && play.case) || other.rule != play.rule);
            let mixed = group.plays[0].case == play.case;
            let together: Vec<&Play> = group.plays.iter().chain([&play]).collect();
            same && own && mixed && registered_once(&together) && (play.case || packs.holds(&together))
        };
        match groups.iter().position(fits) {
            Some(place) => groups[place].plays.push(play),
            None => {
                let (pack, variant, by_bus) = (play.pack, play.variant, play.by_bus);
                groups.push(Group { pack, variant, by_bus, plays: vec![play] });
            }
        }
    }
    groups
}

/// A key is registered once, and numbers that an example chooses are its own.
fn registered_once(plays: &[&Play]) -> bool {
    let explicit: Vec<&Issuer> =
        plays.iter().flat_map(|play| &play.events).filter_map(|one| one.registers.as_ref()).collect();
    let once = explicit.iter().all(|one| explicit.iter().filter(|other| *other == one).count() == 1);
    let numbered = |play: &&Play| play.events.iter().any(|event| event.seq.is_some());
    once && !plays.iter().any(numbered) || plays.len() == 1
}

/// The producers of these examples, with the time at which their keys are registered where the example names one.
pub(crate) fn registrations(plays: &[&Play]) -> BTreeMap<Issuer, Option<String>> {
    let mut all = BTreeMap::new();
    for event in plays.iter().flat_map(|play| &play.events) {
        match &event.registers {
            Some(issuer) => {
                let at = event.fields["occurred_at"].as_str().expect("a time").to_owned();
                all.insert(issuer.clone(), Some(at));
            }
            None if event.issuer != Issuer::governance() => {
                all.entry(event.issuer.clone()).or_insert(None);
            }
            None => {}
        }
    }
    all
}

/// A second as events write it.
pub(crate) fn now_text(second: i64) -> String {
    Timestamp::from_second(second).expect("a time").to_string()
}
