//! Agents at the door, and arrests that were seen.

use daybook_report::model::{Chart, ChartForm, ColumnKind, Section, Table};
use daybook_rules::figures::{Figures, Selection};

use crate::tables::{by_word, codes, crossed};
use crate::words::words;

pub(crate) fn section(figures: &Figures) -> Option<Section> {
    let asked = figures.of("access.requested");
    let decided = figures.of("access.decided");
    if asked.count() + decided.count() == 0 {
        return None;
    }
    let mut section = Section::new("access", "Access to buildings")
        .lead("Areas that are not open to the public are entered on the warrant of a federal judge only. A request and its decision are matched by their links.");
    if asked.count() > 0 {
        let line = |events: &Selection<'_>| {
            let outcome = |decision| events.with("answer_decision", decision).count();
            [
                events.count(),
                outcome("granted"),
                outcome("refused"),
                events.without("answer_decision").count(),
            ]
        };
        let mut table =
            Table::new("access-by-building", "Requests for access, by building and outcome", "Building")
                .column("Asked", ColumnKind::Count)
                .column("Let in", ColumnKind::Count)
                .column("Refused", ColumnKind::Count)
                .column("No decision recorded", ColumnKind::Count);
        for building in codes(&asked, "building_class") {
            table = table.row(words(building), line(&asked.with("building_class", building)));
        }
        section = section
            .block(table.total("All", line(&asked)))
            .block(Chart::new(
                "chart-access",
                "Requests for access",
                ChartForm::Bars,
                "access-by-building",
                ["Asked"],
            ))
            .block(by_word(
                "access-by-paper",
                "Requests for access, by paper shown",
                "Paper",
                &asked,
                "paper_shown",
            ));
    }
    let granted = decided.with("decision", "granted");
    if granted.count() > 0 {
        section = section.block(crossed(
            ("access-granted", "Access granted, by basis and area", "Basis"),
            &granted,
            "basis_class",
            "area_class",
        ));
    }
    Some(section)
}

pub(super) fn arrests(figures: &Figures) -> Option<Section> {
    let events = figures.of("federal_arrest.observed");
    if events.count() == 0 {
        return None;
    }
    Some(
        Section::new("arrests", "Arrests by immigration agents on or by city property")
            .lead("As city staff saw them. Nobody's identity is counted or shown.")
            .block(crossed(
                ("arrests-by-place", "Arrests seen, by place and what city staff did", "Place"),
                &events,
                "place_class",
                "staff_involvement",
            ))
            .block(by_word(
                "arrests-paper",
                "Arrests seen, by whether paper was shown",
                "Paper shown",
                &events,
                "paper_shown",
            )),
    )
}
