//! How far the record can be relied on: departments, outside counts, rules, and what is not counted.

use daybook_report::model::{Cell, ColumnKind, Paragraph, Section, Table};
use daybook_rules::figures::{Figures, Listed};
use std::collections::BTreeMap;

use crate::spans::months;
use crate::tables::push;
use crate::words::{many, name, words};

pub(super) fn sections(figures: &Figures) -> Vec<Section> {
    let mut sections = vec![departments(figures)];
    sections.extend(reconciled(figures));
    sections.extend(rules(figures));
    sections.push(left_out(figures));
    sections
}

fn departments(figures: &Figures) -> Section {
    let whole = months(figures.window()).len() as u64;
    let mut table = Table::new("departments", "Departments and their months", "Name")
        .column("Events recorded", ColumnKind::Count)
        .column("Months attested", ColumnKind::Count)
        .column("Of these, nothing to report", ColumnKind::Count)
        .column("Silent months", ColumnKind::Count)
        .column("Recorded late (R39)", ColumnKind::Rate)
        .column("Key since", ColumnKind::Date);
    for department in figures.departments().values() {
        let since = department.since.map_or(Cell::Empty, Cell::Date);
        let cells = vec![
            Cell::Count(department.events),
            Cell::Count(department.attested.len() as u64),
            Cell::Count(department.nil.len() as u64),
            Cell::Count(department.silent.len() as u64),
            Cell::rate(department.late, department.timed),
            since,
        ];
        push(&mut table, name(&department.name), cells);
    }
    Section::new("departments-section", "Departments")
        .lead(format!(
            "The period has {}. A department attests every month, also when there was nothing to report. A month is silent when it neither recorded \
             nor attested anything by the day on which that was due (rule R37).",
            many(whole, "month", "months")
        ))
        .block(table.note("A department must attest from the month after its first key was registered."))
}

/// Counts held against those of outside sources; of several about the same month the last.
pub(crate) fn reconciled(figures: &Figures) -> Option<Section> {
    let mut last: BTreeMap<(String, String, String, String), &Listed> = BTreeMap::new();
    for one in figures.listed("count.reconciled") {
        let text = |name: &str| one.word(name).unwrap_or_default().to_owned();
        last.insert(
            (text("about_department"), text("source"), text("counted_type"), one.day.to_string()),
            one,
        );
    }
    if last.is_empty() {
        return None;
    }
    let mut sums: BTreeMap<(&str, &str, &str), [u64; 4]> = BTreeMap::new();
    for ((about, source, kind, _), one) in &last {
        let number = |name: &str| u64::try_from(one.number(name).unwrap_or(0)).unwrap_or(0);
        let sum = sums.entry((about, source, kind)).or_default();
        let differs = u64::from(one.number("difference") != Some(0));
        for (sum, add) in sum.iter_mut().zip([1, differs, number("recorded"), number("outside")]) {
            *sum += add;
        }
    }
    let mut table =
        Table::new("reconciled", "The ledger's counts against counts from outside", "Department and source")
            .column("Months compared", ColumnKind::Count)
            .column("Months that differ", ColumnKind::Count)
            .column("On the ledger", ColumnKind::Count)
            .column("Outside", ColumnKind::Count);
    for ((about, source, kind), sum) in sums {
        push(&mut table, format!("{}: {} ({kind})", name(about), words(source)), sum.map(Cell::Count).into());
    }
    Some(
        Section::new("reconciled-section", "Comparison with other counts")
            .lead("Counts of the ledger held against lists that others keep. A month in which they differ is a finding (rule R38).")
            .block(table),
    )
}

fn rules(figures: &Figures) -> Option<Section> {
    let mut table = Table::new("rule-changes", "Rule packs and policies adopted", "Pack or policy")
        .column("Day", ColumnKind::Date)
        .column("Kind", ColumnKind::Text)
        .column("Version", ColumnKind::Text)
        .column("Applied as", ColumnKind::Text)
        .column("Digest", ColumnKind::Text);
    for one in figures.listed("policy.adopted") {
        let text = |name: &str| one.word(name).unwrap_or_default();
        let digest: String = text("digest").chars().take(SHORT_DIGEST_CHARS).collect();
        let cells = vec![
            Cell::Date(one.day),
            Cell::text(words(text("kind"))),
            Cell::text(text("version")),
            Cell::text(words(text("state"))),
            Cell::text(format!("{digest}…")),
        ];
        push(&mut table, text("name"), cells);
    }
    if table.rows.is_empty() {
        return None;
    }
    Some(
        Section::new("rule-changes-section", "Changes of the rules")
            .lead("When the ledger began to apply a pack, or another version of it, it recorded that.")
            .block(table),
    )
}

/// Characters of a digest in a table; the whole digest of a pack stands at the report's foot.
const SHORT_DIGEST_CHARS: usize = 12;

pub(crate) fn left_out(figures: &Figures) -> Section {
    let left = figures.left_out();
    let mut table =
        Table::new("left-out", "What is not counted", "Which").column("Number", ColumnKind::Count);
    table = table
        .row(
            "Events of this period that were corrected or taken back; what corrects them is counted",
            [left.corrected],
        )
        .row(
            "Events whose day is erased, so that nobody can tell whether they are of this period",
            [left.unplaced],
        );
    Section::new("left-out-section", "What is not counted")
        .lead("An event counts on the day on which it happened, in the jurisdiction's time zone, whenever it was written down. A statement about a whole month counts in the period in which the month begins.")
        .block(table)
        .block(Paragraph::new(format!(
            "Beside these the ledger holds {} of other periods.",
            many(left.other_days, "event", "events")
        )))
}
