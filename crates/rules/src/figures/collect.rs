//! Looking at facts as they stream by.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use daybook_event::{Issuer, Jti};
use jiff::civil::Date;
use serde_json::Value;

use super::facets::Facets;
use super::selection::Listed;
use super::window::{Window, first_of};
use crate::calendar::Calendar;
use crate::fact::{Fact, MatterKey, Rel};

/// Looks at facts. About 50 bytes for each entry, and 60 more for each request and answer.
#[derive(Debug)]
pub struct Collector {
    pub(super) window: Window,
    calendar: Calendar,
    words: BTreeSet<Arc<str>>,
    /// What events say, each combination once.
    pub(super) sayings: Vec<Saying>,
    numbers: HashMap<Saying, u32>,
    /// The day of each entry; none where its time is erased.
    pub(super) days: Vec<Option<Date>>,
    pub(super) rows: Vec<Row>,
    pub(super) listed: BTreeMap<u64, Listed>,
    pub(super) asked: BTreeMap<u64, Asked>,
    pub(super) answers: Vec<Answer>,
    pub(super) departments: BTreeMap<Arc<str>, Option<Date>>,
}

/// What an event says, as far as figures know.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Saying {
    pub(super) kind: Arc<str>,
    pub(super) department: Arc<str>,
    pub(super) words: Vec<Option<Arc<str>>>,
}

/// An entry.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) entry: u64,
    pub(super) saying: u32,
    pub(super) numbers: Option<Box<[Option<i64>]>>,
}

/// A question that an answer may belong to.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) jti: Jti,
    pub(super) matter: Option<MatterKey>,
}

/// An answer to such a question.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) entry: u64,
    pub(super) order: (i64, [u8; 16]),
    pub(super) to: Vec<Jti>,
    pub(super) matter: Option<MatterKey>,
    pub(super) question: &'static str,
    pub(super) decision: Arc<str>,
}

/// Which type answers which, and in which field.
const ANSWERS: [(&str, &str); 2] =
    [("request.answered", "request.received"), ("access.decided", "access.requested")];

impl Collector {
    /// Figures of a span of days. The calendar is that of the rules.
    #[must_use]
    pub fn new(window: Window, calendar: Calendar) -> Self {
        Self {
            window,
            calendar,
            words: BTreeSet::new(),
            sayings: Vec::new(),
            numbers: HashMap::new(),
            days: Vec::new(),
            rows: Vec::new(),
            listed: BTreeMap::new(),
            asked: BTreeMap::new(),
            answers: Vec::new(),
            departments: BTreeMap::new(),
        }
    }

    /// Looks at the next fact of the log.
    pub fn look(&mut self, fact: &Fact) {
        let day = fact.occurred.map(|occurred| self.calendar.date(occurred.earliest));
        self.days.push(day);
        self.note_department(fact, day);
        let Some(facets) = Facets::of(&fact.kind) else {
            let words = Vec::new();
            return self.row(fact, words, None);
        };
        let words: Vec<_> = facets.words.iter().map(|word| self.word_of(fact, word)).collect();
        let number = |name: &&str| fact.fields.get(*name).and_then(Value::as_i64);
        let numbers: Vec<_> = facets.numbers.iter().map(number).collect();
        if facets.listed {
            let month = facets.month.and_then(|field| first_of(fact.text(field)?.parse().ok()?));
            if let Some(day) = month.or(day).filter(|_| facets.month.is_none() || month.is_some()) {
                let (issuer, order) = (fact.issuer.clone(), order(fact));
                let listed =
                    Listed { day, issuer, words: words.clone(), numbers: numbers.clone(), order, facets };
                self.listed.insert(fact.entry, listed);
            }
        }
        self.note_answer(fact);
        self.row(fact, words, Some(numbers).filter(|numbers| !numbers.is_empty()));
    }

    fn row(&mut self, fact: &Fact, words: Vec<Option<Arc<str>>>, numbers: Option<Vec<Option<i64>>>) {
        let (kind, department) = (self.word(&fact.kind), self.word(fact.issuer.department()));
        let saying = Saying { kind, department, words };
        let number = self.numbers.get(&saying).copied().unwrap_or_else(|| {
            let number = u32::try_from(self.sayings.len()).unwrap_or(u32::MAX);
            self.sayings.push(saying.clone());
            self.numbers.insert(saying, number);
            number
        });
        self.rows.push(Row {
            entry: fact.entry,
            saying: number,
            numbers: numbers.map(Vec::into_boxed_slice),
        });
    }

    fn word(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.words.get(word) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        self.words.insert(Arc::clone(&word));
        word
    }

    fn word_of(&mut self, fact: &Fact, field: &str) -> Option<Arc<str>> {
        let text = match fact.fields.get(field)? {
            Value::String(text) => text.clone(),
            Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Value::Array(items) => {
                let mut items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                items.sort_unstable();
                items.join("+")
            }
            _ => return None,
        };
        Some(self.word(&text))
    }

    /// Which departments there are, and since when: by their keys and by what they record.
    fn note_department(&mut self, fact: &Fact, day: Option<Date>) {
        let registered = fact.text("producer").filter(|_| &*fact.kind == "key.registered");
        let issuer = registered.and_then(|producer| producer.parse::<Issuer>().ok());
        let since = issuer.as_ref().and(day);
        let issuer = issuer.unwrap_or_else(|| fact.issuer.clone());
        if matches!(issuer.department(), "ledger" | "auditor") {
            return;
        }
        let name = self.word(issuer.department());
        let known = self.departments.entry(name).or_insert(since);
        *known = [*known, since].into_iter().flatten().min();
    }

    fn note_answer(&mut self, fact: &Fact) {
        if ANSWERS.iter().any(|(_, question)| *question == &*fact.kind) {
            self.asked.insert(fact.entry, Asked { jti: fact.jti, matter: fact.matter });
        }
        let Some((_, question)) = ANSWERS.iter().find(|(answer, _)| *answer == &*fact.kind) else { return };
        let Some(decision) = self.word_of(fact, "decision") else { return };
        let to = fact.links.iter().filter(|(rel, _)| *rel != Rel::Corrects).map(|(_, jti)| *jti).collect();
        let (entry, matter, question) = (fact.entry, fact.matter, *question);
        self.answers.push(Answer { entry, order: order(fact), to, matter, question, decision });
    }
}

/// Orders two records about the same thing by when they were written down, whatever order they reached the ledger in.
fn order(fact: &Fact) -> (i64, [u8; 16]) {
    (fact.recorded.map_or(i64::MIN, |recorded| recorded.latest), *fact.jti.as_bytes())
}
