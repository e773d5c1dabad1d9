//! What the rules say about an event, as one word for figures.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use daybook_event::Jti;

use super::collect::Collector;
use super::facets::{ADVISED, ANSWERED, DECISION, Facets, HELD, LEAD, LEFT, PAPER};
use crate::engine::{Engine, FactSource};
use crate::fact::MatterKey;
use crate::finding::Anchor;
use crate::verdict::{Reason, Status, Verdict};

/// The rules that say a word about a type.
const ASKED: &[(&str, &str, &[&str])] = &[
    ("request.received", ANSWERED, &["R18"]),
    ("release.notice_sent", ADVISED, &["R01", "R02"]),
    ("interview.closed", ADVISED, &["R04"]),
    ("custody.transferred", PAPER, &["R17"]),
    ("release.eligible", HELD, &["R14"]),
];

/// What the rules say, taken together: the gravest answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Kept,
    Open,
    Undetermined,
    Late,
    Absent,
}

impl Word {
    fn of(verdict: &Verdict) -> Self {
        match (verdict.status, verdict.reason) {
            (Status::Quiet | Status::Measured, _) => Self::Kept,
            (Status::Open, _) => Self::Open,
            (Status::Undetermined, _) => Self::Undetermined,
            (Status::Fails, Reason::Late) => Self::Late,
            (Status::Fails, _) => Self::Absent,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Open => "open",
            Self::Undetermined => "undetermined",
            Self::Late => "late",
            Self::Absent => "absent",
        }
    }
}

/// A decision, after what orders decisions.
type Said<'c> = ((i64, [u8; 16]), &'c Arc<str>);

/// Words by entry and by the name of the word.
#[derive(Debug, Default)]
pub(super) struct Computed {
    words: HashMap<(u64, &'static str), Word>,
    leads: HashMap<u64, String>,
    left: HashMap<u64, String>,
    decisions: HashMap<u64, Arc<str>>,
}

impl Computed {
    /// Asks the engine about every entry that a rule of [`ASKED`] concerns.
    pub(super) fn of<S: FactSource>(engine: &Engine<S>, collector: &Collector) -> Self {
        let mut computed = Self::default();
        let ruleset = engine.ruleset();
        let word_of: BTreeMap<u16, &'static str> = (0_u16..)
            .zip(ruleset.lines())
            .filter_map(|(number, line)| {
                let rule = ruleset.rule(line).id.as_str();
                let asked = ASKED.iter().find(|(kind, _, rules)| {
                    rules.contains(&rule) && line.check.on.iter().any(|on| on == kind)
                });
                asked.map(|(_, word, _)| (number, *word))
            })
            .collect();
        for (entry, line, status) in engine.answers_by_entry() {
            if let (Some(word), Status::Quiet) = (word_of.get(&line), status) {
                computed.words.entry((entry, *word)).or_insert(Word::Kept);
            }
        }
        for finding in engine.findings() {
            let (Anchor::Entry(entry), Some(verdict)) = (&finding.anchor, &finding.verdict) else { continue };
            if let Some(word) = word_of.get(&finding.line) {
                let said = Word::of(verdict);
                let known = computed.words.entry((*entry, *word)).or_insert(said);
                *known = said.max(*known);
                if *word == HELD {
                    computed.left.insert(*entry, departures(engine, verdict));
                }
            }
            if ruleset.rule(&ruleset.lines()[usize::from(finding.line)]).id == "R20" {
                let lead = verdict.measured.clone().unwrap_or_else(|| Word::of(verdict).as_str().to_owned());
                computed.leads.insert(*entry, lead);
            }
        }
        computed.decide(engine, collector);
        computed
    }

    /// The answer to each question: the one that was written down last of those that link to it, or else of those of its matter that link to no
    /// question at all.
    fn decide<S: FactSource>(&mut self, engine: &Engine<S>, collector: &Collector) {
        let questions: HashMap<Jti, u64> =
            collector.asked.iter().map(|(entry, asked)| (asked.jti, *entry)).collect();
        let mut linked: HashMap<u64, Said<'_>> = HashMap::new();
        let mut of_matter: HashMap<(MatterKey, &str), Said<'_>> = HashMap::new();
        for answer in collector.answers.iter().filter(|answer| engine.is_active(answer.entry)) {
            let asked = answer.to.iter().filter_map(|jti| questions.get(jti));
            let asked: Vec<u64> =
                asked.copied().filter(|entry| collector.kind(*entry) == answer.question).collect();
            let said = (answer.order, &answer.decision);
            for entry in &asked {
                linked.entry(*entry).and_modify(|known| *known = (*known).max(said)).or_insert(said);
            }
            if let Some(matter) = answer.matter.filter(|_| asked.is_empty()) {
                let key = (matter, answer.question);
                of_matter.entry(key).and_modify(|known| *known = (*known).max(said)).or_insert(said);
            }
        }
        for (entry, asked) in &collector.asked {
            let by_matter = || of_matter.get(&(asked.matter?, collector.kind(*entry)));
            if let Some((_, decision)) = linked.get(entry).or_else(by_matter) {
                self.decisions.insert(*entry, Arc::clone(decision));
            }
        }
    }

    /// The words that the rules add to an entry, in the order of [`Facets::computed`].
    pub(super) fn words(&self, facets: &Facets, entry: u64) -> impl Iterator<Item = Option<Arc<str>>> {
        facets.computed.iter().map(move |name| match *name {
            DECISION => self.decisions.get(&entry).cloned(),
            LEAD => self.leads.get(&entry).map(|lead| lead.as_str().into()),
            LEFT => self.left.get(&entry).map(|left| left.as_str().into()),
            name => self.words.get(&(entry, name)).map(|word| word.as_str().into()),
        })
    }
}

/// How the person left, of the departures that the rule read; several ways joined by a plus sign, `none` where nobody left.
fn departures<S: FactSource>(engine: &Engine<S>, verdict: &Verdict) -> String {
    let mut ways: Vec<String> = Vec::new();
    for entry in &verdict.read {
        let Ok(fact) = engine.fact(*entry) else { continue };
        let way = match &*fact.kind {
            "custody.transferred" => Some("to_federal_authority"),
            "release.completed" => fact.text("outcome"),
            _ => None,
        };
        ways.extend(way.map(str::to_owned));
    }
    ways.sort_unstable();
    ways.dedup();
    if ways.is_empty() { "none".to_owned() } else { ways.join("+") }
}
