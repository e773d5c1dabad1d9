//! The report for one department: its part, how good its record is, and what it is to do.

use daybook_report::Report;
use daybook_report::model::{Cell, ColumnKind, ModelFault, OpenKind, Paragraph, Rates, Section, Table};
use daybook_rules::figures::{Department, Figures, Named};
use daybook_rules::finding::State;

use crate::Basis;
use crate::council::{findings, glance, record, terms, topics};
use crate::spans::months;
use crate::tables::push;
use crate::words::{many, name};

/// Most findings that are listed by name; the command line lists all.
pub const LISTED_MAX: usize = 200;
/// Longest period in months of which every month has a row.
const MONTH_ROWS_MAX: usize = 36;

/// Makes the report. The figures must have been finished with the findings of this department by name.
///
/// # Errors
/// The figures do not fit the report model.
pub fn report(figures: &Figures, basis: &Basis<'_>, department: &str) -> Result<Report, ModelFault> {
    let own = figures.of_department(department);
    let title = format!("{}: immigration-related interactions", name(department));
    let head = basis.head(title, &own, Some(name(department)))?;
    let mut topics = topics(&own);
    let mut sections = vec![glance::section(&own), to_do(&own)];
    sections.extend(own.departments().values().next().map(|one| quality(&own, one)));
    sections.append(&mut topics.sections);
    sections.push(findings::section(&own));
    sections.extend(record::reconciled(&own));
    sections.push(record::left_out(&own));
    sections.extend(topics.nothing());
    sections.push(terms::section());
    Report::open(OpenKind::Department, head, sections)
}

/// What is to be done about a finding in a state; nothing where it is done with.
fn step(state: State) -> Option<&'static str> {
    match state {
        State::New | State::Raised => Some("Look at it and answer it"),
        State::Confirmed => Some("Put it right, and say so"),
        State::Undetermined => Some("State exact times, if they are known"),
        State::Open => Some("Record what is missing, in time"),
        State::Dismissed | State::Remedied | State::Closed | State::Measure => None,
    }
}

fn to_do(figures: &Figures) -> Section {
    let waiting: Vec<(&Named, &str)> =
        figures.named().iter().filter_map(|one| Some((one, step(one.state)?))).collect();
    let section = Section::new("to-do", "What is to be done");
    if waiting.is_empty() {
        return section.block(Paragraph::new("No finding waits for this department."));
    }
    let mut table =
        Table::new("to-do-findings", "Findings that wait for the department, gravest first", "Finding")
            .column("Rule", ColumnKind::Text)
            .column("Day", ColumnKind::Date)
            .column("To do", ColumnKind::Text);
    for (one, step) in waiting.iter().take(LISTED_MAX) {
        let rule = format!("{} {} {}", one.severity.as_str(), one.rule, one.title);
        push(&mut table, one.id.to_string(), vec![Cell::text(rule), Cell::Date(one.day), Cell::text(*step)]);
    }
    let mut section = section
        .lead(format!("{} wait for an answer, a remedy or a record.", many(waiting.len() as u64, "finding", "findings")))
        .lead("`daybook findings explain` with the name of a finding tells which records it rests on; `daybook findings answer` answers it.");
    if waiting.len() > LISTED_MAX {
        section = section.lead(format!(
            "The first {LISTED_MAX} are listed here; `daybook findings list --department` lists all."
        ));
    }
    section.block(table)
}

fn quality(figures: &Figures, department: &Department) -> Section {
    let gaps = figures.found().iter().filter(|(one, _)| one.rule == "R38");
    let gaps: u64 = gaps
        .filter(|(one, _)| !matches!(one.state, State::Closed | State::Open))
        .map(|(_, count)| count)
        .sum();
    let due: Vec<_> =
        months(figures.window()).into_iter().filter(|month| figures.window().has_month(*month)).collect();
    let attested = due.iter().filter(|month| department.attested.contains(month)).count() as u64;
    let mut section = Section::new("quality", "How good the record is")
        .block(
            Rates::new("quality-rates", "Records and months")
                .line(
                    "Events recorded more than 24 hours after they happened (rule R39)",
                    department.late,
                    department.timed,
                )
                .line("Events of which that cannot be told", department.unclear, department.timed)
                .line("Months of this period that were attested", attested, due.len() as u64),
        )
        .block(Paragraph::new(format!(
            "Gaps in the sequence of records and counts that differ from outside counts (rule R38): {gaps}."
        )));
    if due.len() <= MONTH_ROWS_MAX {
        let mut table = Table::new("months", "Months", "Month").column("Attested", ColumnKind::Text);
        for month in due {
            let said = if department.nil.contains(&month) {
                "yes, nothing to report"
            } else if department.attested.contains(&month) {
                "yes"
            } else if department.silent.contains(&month) {
                "no, and nothing recorded"
            } else {
                "no"
            };
            push(&mut table, month.to_string(), vec![Cell::text(said)]);
        }
        section = section.block(table);
    }
    section
}
