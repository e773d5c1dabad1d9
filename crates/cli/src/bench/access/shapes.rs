//! What auditors ask: the shapes of queries, with values drawn at random.

use daybook_event::Catalogue;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::Fault;
use super::ask::Ask;
use super::city::Random;
use super::fill::{Known, Town};

const COUNT: &str = "/v1/events/count";
const SEARCH: &str = "/v1/events/search";

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Type,
    TypeDepartmentMonths,
    Code,
    Days,
    Identifier,
    Facets,
    Page,
    Event,
    Matter,
}

impl Shape {
    /// All of them, in the order in which they are asked. Events come before matters: their answers name the matters.
    pub(super) const ALL: [Shape; 9] = [
        Shape::Type,
        Shape::TypeDepartmentMonths,
        Shape::Code,
        Shape::Days,
        Shape::Identifier,
        Shape::Facets,
        Shape::Page,
        Shape::Event,
        Shape::Matter,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Shape::Type => "count: type",
            Shape::TypeDepartmentMonths => "count: type, department, 3 months",
            Shape::Code => "count: code",
            Shape::Days => "count: 30 days",
            Shape::Identifier => "count: withheld value",
            Shape::Facets => "count by type, department, month",
            Shape::Page => "count and page of 50",
            Shape::Event => "event with proof",
            Shape::Matter => "matter",
        }
    }
}

/// Draws questions about the events that a town is known to have.
pub(super) struct Questions<'t> {
    /// In an order drawn at random.
    known: Vec<&'t Known>,
    departments: Vec<String>,
    /// The times of the log.
    from: Timestamp,
    until: Timestamp,
    /// Handles of matters, as answers named them.
    matters: Vec<String>,
    random: Random,
    next_known: usize,
}

/// Types that the town has, the frequent ones first, and a public code of each.
const TYPES: [(&str, &str); 12] = [
    ("request.received", "channel"),
    ("request.answered", "decision"),
    ("paper.classified", "paper_class"),
    ("request.copy_given", "way"),
    ("advisement.given", "purpose"),
    ("release.eligible", "ground"),
    ("release.notice_sent", "lead_time"),
    ("release.completed", "outcome"),
    ("access.requested", "building_class"),
    ("assistance.contact", "purpose"),
    ("outside_search.flagged", "reason_code"),
    ("status_question.asked", "ground"),
];

impl<'t> Questions<'t> {
    pub(super) fn new(town: &'t Town, from: Timestamp, mut random: Random) -> Self {
        let mut known: Vec<&Known> = town.known.iter().collect();
        for last in (1..known.len()).rev() {
            known.swap(last, usize::try_from(random.below(last as u64 + 1)).unwrap_or(last));
        }
        let mut departments: Vec<String> =
            town.signers.iter().map(|signer| signer.iss.department().to_owned()).collect();
        departments.sort_unstable();
        departments.dedup();
        let until = town.now();
        Self { known, departments, from, until, matters: Vec::new(), random, next_known: 0 }
    }

    /// `count` questions of a shape. Events are drawn without one coming twice, so there may be fewer of them.
    pub(super) fn draw(&mut self, shape: Shape, count: usize) -> Vec<(Ask, Option<u64>)> {
        (0..count).map_while(|_| self.one(shape)).collect()
    }

    /// Takes the matter's handle from an answer about one event.
    pub(super) fn learn(&mut self, answer: &[u8]) -> Result<(), Fault> {
        let whole: Value = serde_json::from_slice(answer)?;
        self.matters.extend(whole["event"]["matter"].as_str().map(str::to_owned));
        Ok(())
    }

    fn one(&mut self, shape: Shape) -> Option<(Ask, Option<u64>)> {
        let ask = match shape {
            Shape::Event => {
                let known = self.known.get(self.next_known)?;
                self.next_known += 1;
                return Some((Ask::Get(format!("/v1/events/{}", known.jti)), Some(known.entry)));
            }
            Shape::Matter => Ask::Get(format!("/v1/matters/{}", self.random.one(&self.matters)?)),
            Shape::Type => Ask::Post(COUNT, json!({ "types": [self.ty().0] })),
            Shape::TypeDepartmentMonths => Ask::Post(
                COUNT,
                json!({ "types": [self.ty().0], "departments": [self.department()], "periods": self.months() }),
            ),
            Shape::Code => Ask::Post(COUNT, self.code()),
            Shape::Days => Ask::Post(COUNT, json!({ "occurred": self.days() })),
            Shape::Identifier => {
                let known = *self.random.one(&self.known)?;
                let (field, value) =
                    known.identifier.clone().unwrap_or(("case_number".into(), "none".into()));
                Ask::Post(COUNT, json!({ "identifiers": { field: value } }))
            }
            Shape::Facets => Ask::Post(
                COUNT,
                json!({ "departments": [self.department()], "facets": ["type", "department", "period"] }),
            ),
            Shape::Page => Ask::Post(
                SEARCH,
                json!({ "types": [self.ty().0], "departments": [self.department()], "limit": 50 }),
            ),
        };
        Some((ask, None))
    }

    fn ty(&mut self) -> (&'static str, &'static str) {
        self.random.one(&TYPES).copied().unwrap_or(TYPES[0])
    }

    fn department(&mut self) -> String {
        self.random.one(&self.departments).cloned().unwrap_or_default()
    }

    fn code(&mut self) -> Value {
        let (name, field) = self.ty();
        let codes = Catalogue::builtin().latest(name).and_then(|ty| ty.field(field)?.codes.clone());
        let code = self.random.skewed(&codes.unwrap_or_default()).cloned();
        json!({ "codes": { field: [code.unwrap_or_default()] } })
    }

    /// A time of the log.
    fn time(&mut self) -> Timestamp {
        let seconds = self.until.as_second().abs_diff(self.from.as_second()).max(1);
        self.from + SignedDuration::from_secs(i64::try_from(self.random.below(seconds)).unwrap_or(0))
    }

    fn months(&mut self) -> Vec<String> {
        const MONTH: SignedDuration = SignedDuration::from_hours(24 * 30);
        let first = self.time();
        let mut months: Vec<String> =
            (0..3).map(|n| (first + MONTH * n).strftime("%Y-%m").to_string()).collect();
        months.dedup();
        months
    }

    fn days(&mut self) -> Value {
        let first = self.time();
        let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        json!({ "from": day(first), "to": day(first + SignedDuration::from_hours(24 * 29)) })
    }
}
