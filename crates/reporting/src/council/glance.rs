//! The first page: what a reader with one minute should see.

use daybook_report::model::{Cell, ColumnKind, Section, Table};
use daybook_rules::figures::{Figures, Selection};
use daybook_rules::pack::Severity;

use super::findings::standing;
use crate::tables::push;

pub(crate) fn section(figures: &Figures) -> Section {
    let count = |kind: &str| Cell::Count(figures.of(kind).count());
    let mut table = Table::new("glance", "The period in figures", "What")
        .column("Number", ColumnKind::Count)
        .column("Of these", ColumnKind::Text)
        .column("How many", ColumnKind::Rate);
    let mut line = |what: &str, number: Cell, of: &str, rate: Cell| {
        push(&mut table, what, vec![number, Cell::text(of), rate]);
    };
    let answered = judged(figures.of("request.received"), "answered", &["kept"]);
    line(
        "Requests by federal authorities",
        count("request.received"),
        "answered in the time allowed",
        answered,
    );
    let advised = judged(figures.of("release.notice_sent"), "advised", &["kept"]);
    line("Release notices", count("release.notice_sent"), "after an advisement of rights", advised);
    let held = figures.of("interview.closed").with("result", "held");
    let advised = judged(held.clone(), "advised", &["kept"]);
    line(
        "Interviews in custody that were held",
        Cell::Count(held.count()),
        "after an advisement of rights",
        advised,
    );
    let past = judged(figures.of("release.eligible"), "held", &["late", "absent"]);
    line(
        "People who became eligible for release",
        count("release.eligible"),
        "kept past release, or no departure shown",
        past,
    );
    let paper = judged(figures.of("custody.transferred"), "paper_found", &["late", "absent"]);
    line(
        "Transfers to federal authorities",
        count("custody.transferred"),
        "without a judge's paper before",
        paper,
    );
    let asked = figures.of("access.requested");
    let granted = Cell::rate(asked.with("answer_decision", "granted").count(), asked.count());
    line("Requests for access to a building", Cell::Count(asked.count()), "let in", granted);
    let given = figures.of("information.disclosed");
    let none = Cell::rate(given.with("authority", "none").count(), given.count());
    line("Disclosures of information", Cell::Count(given.count()), "without any authority", none);
    let grave = standing(figures.found(), |one| one.severity == Severity::V1);
    let grave = grave.get(&true).copied().unwrap_or_default();
    let answered = Cell::rate(grave.found() - grave.unanswered, grave.found());
    line("Findings that touch liberty or privacy", Cell::Count(grave.found()), "answered", answered);
    Section::new("glance-section", "At a glance")
        .lead("Shares are of the events that a rule looked at and could be applied to; what cannot be told or is still open is in the denominator, and is told in the sections below.")
        .block(table)
}

fn judged(events: Selection<'_>, word: &str, values: &[&str]) -> Cell {
    let all = events.keep(|part| events.word(part, word).is_some());
    Cell::rate(all.with_any(word, values).count(), all.count())
}
