//! Findings by rule and severity, and where they stand.

use std::collections::BTreeMap;

use daybook_report::model::{Cell, Chart, ChartForm, ColumnKind, Paragraph, Section, Table};
use daybook_rules::figures::{Figures, Found};
use daybook_rules::finding::State;
use daybook_rules::pack::Severity;

use crate::tables::push;
use crate::words::capital;

/// How many findings stand how.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Standing {
    pub(crate) unanswered: u64,
    pub(crate) confirmed: u64,
    pub(crate) dismissed: u64,
    pub(crate) remedied: u64,
    pub(crate) closed: u64,
    pub(crate) open: u64,
    pub(crate) undetermined: u64,
}

impl Standing {
    fn add(&mut self, state: State, count: u64) {
        let place = match state {
            State::New | State::Raised => &mut self.unanswered,
            State::Confirmed => &mut self.confirmed,
            State::Dismissed => &mut self.dismissed,
            State::Remedied => &mut self.remedied,
            State::Closed => &mut self.closed,
            State::Open => &mut self.open,
            State::Undetermined => &mut self.undetermined,
            State::Measure => return,
        };
        *place += count;
    }

    /// All that were found and still hold, whatever was answered.
    pub(crate) fn found(&self) -> u64 {
        self.unanswered + self.confirmed + self.dismissed + self.remedied
    }

    fn cells(&self) -> Vec<Cell> {
        [
            self.found(),
            self.unanswered,
            self.confirmed,
            self.dismissed,
            self.remedied,
            self.closed,
            self.undetermined,
            self.open,
        ]
        .map(Cell::Count)
        .into()
    }
}

/// Adds up findings that share something.
pub(crate) fn standing<'f, K: Ord>(
    found: impl IntoIterator<Item = (&'f Found, &'f u64)>,
    key: impl Fn(&Found) -> K,
) -> BTreeMap<K, Standing> {
    let mut standing: BTreeMap<K, Standing> = BTreeMap::new();
    for (found, count) in found {
        standing.entry(key(found)).or_default().add(found.state, *count);
    }
    standing
}

fn columns(table: Table) -> Table {
    [
        "Found",
        "Without answer",
        "Confirmed",
        "Set aside",
        "Put right",
        "Closed",
        "Cannot be told",
        "Still open",
    ]
    .iter()
    .fold(table, |table, head| table.column(*head, ColumnKind::Count))
}

pub(crate) fn table<'f>(
    id: &str,
    title: &str,
    found: impl IntoIterator<Item = (&'f Found, &'f u64)>,
) -> Table {
    let mut table = columns(Table::new(id, title, "Rule"));
    let rules = standing(found, |one| (one.severity, one.rule.clone(), one.title.clone()));
    for ((severity, rule, title), standing) in &rules {
        push(&mut table, format!("{} {rule} {title}", severity.as_str()), standing.cells());
    }
    table
}

pub(crate) fn section(figures: &Figures) -> Section {
    let found = figures.found();
    let mut section = Section::new("findings", "Findings")
        .lead("A finding says that a rule was not kept as far as the ledger shows. Departments answer findings; an answer is itself on the ledger. Several rules may find the same event, each from its own provision.")
        .lead("Found: what the rules find, the ledger being as it is. Without answer: nobody has answered yet. Confirmed, set aside and put right are the answers. Closed: it was found once, and later records showed that the rule was kept; not among those found. What cannot be told, or is still open, is no finding.");
    if found.is_empty() {
        return section.block(Paragraph::new("No rule found anything about this period."));
    }
    let mut severities = columns(Table::new("findings-by-severity", "Findings, by severity", "Severity"));
    for (severity, standing) in standing(found, |one| one.severity) {
        push(&mut severities, meaning(severity), standing.cells());
    }
    let mut departments =
        columns(Table::new("findings-by-department", "Findings, by department", "Whose record"));
    for (department, standing) in standing(found, |one| one.department.clone()) {
        push(&mut departments, crate::words::name(&department), standing.cells());
    }
    if found.keys().any(|one| one.study) {
        section = section
            .lead("Findings about days before a rule was law are counted here as well. They are a study.");
    }
    section = section.block(severities);
    let rules = table("findings-by-rule", "Findings, by rule", found);
    if rules.rows.len() <= daybook_report::model::MAX_CHART_CATEGORIES && rules.rows.len() > 1 {
        section = section.block(Chart::new(
            "chart-findings",
            "Findings, by rule",
            ChartForm::Bars,
            "findings-by-rule",
            ["Found"],
        ));
    }
    section.block(rules).block(departments)
}

fn meaning(severity: Severity) -> String {
    format!("{}: {}", severity.as_str(), capital(severity.meaning()))
}
