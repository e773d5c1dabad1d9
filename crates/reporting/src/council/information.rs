//! Information that left the city, and who can look into its systems.

use daybook_report::model::{Cell, ColumnKind, Rates, Section, Table};
use daybook_rules::figures::{Figures, Selection};

use crate::tables::{by_word, codes, crossed, push};
use crate::words::words;

pub(super) fn disclosures(figures: &Figures) -> Option<Section> {
    let events = figures.of("information.disclosed");
    if events.count() == 0 {
        return None;
    }
    let persons = |events: &Selection<'_>| u64::try_from(events.sum("persons").total).unwrap_or(0);
    let mut table =
        Table::new("disclosures", "Information given to immigration authorities, by authority", "Authority")
            .column("Disclosures", ColumnKind::Count)
            .column("People concerned", ColumnKind::Count);
    for authority in codes(&events, "authority") {
        let part = events.with("authority", authority);
        table = table.row(words(authority), [part.count(), persons(&part)]);
    }
    table = table
        .total("All", [events.count(), persons(&events)])
        .note("A person may be concerned by more than one disclosure, and is then counted each time.");
    Some(
        Section::new("disclosures-section", "Disclosures")
            .lead("Personal information that is not public is given for immigration enforcement on a court's order only, or as a law requires.")
            .block(table),
    )
}

pub(super) fn subpoenas(figures: &Figures) -> Option<Section> {
    let events = figures.of("subpoena.decided");
    if events.count() == 0 {
        return None;
    }
    let told = figures.of("subject.notified").count();
    Some(
        Section::new("subpoenas", "Subpoenas")
            .lead("Counsel decides about every subpoena and records the decision, without reasons.")
            .lead(format!("People told that data about them was asked for or given: {told}."))
            .block(crossed(
                ("subpoenas-by-class", "Decisions about subpoenas", "Subpoena"),
                &events,
                "subpoena_class",
                "decision",
            )),
    )
}

pub(super) fn questions(figures: &Figures) -> Option<Section> {
    let events = figures.of("status_question.asked");
    if events.count() == 0 {
        return None;
    }
    Some(
        Section::new("questions", "Questions about origin or status")
            .lead("Counted with their legal ground. Answers are never recorded.")
            .block(by_word("questions-by-ground", "Questions, by legal ground", "Ground", &events, "ground")),
    )
}

pub(super) fn accounts(figures: &Figures) -> Option<Section> {
    let opened = figures.of("outside_account.opened");
    let reviewed = figures.of("outside_account.reviewed");
    if opened.count() + reviewed.count() == 0 {
        return None;
    }
    let mut section = Section::new("accounts", "Outside accounts in city systems")
        .lead("Accounts and feeds through which users outside the city reach its systems.");
    if opened.count() > 0 {
        section = section
            .block(crossed(
                ("accounts-opened", "Accounts opened, by user and system", "User"),
                &opened,
                "user_class",
                "system_class",
            ))
            .block(
                Rates::new(
                    "accounts-certified",
                    "Certification that the data is not used for immigration enforcement",
                )
                .line(
                    "Accounts opened with a signed certification",
                    opened.with("certification_signed", "yes").count(),
                    opened.count(),
                ),
            );
    }
    if reviewed.count() > 0 {
        let mut table = Table::new("accounts-reviewed", "Reviews of accounts, by system", "System")
            .column("Reviews", ColumnKind::Count)
            .column("Accounts reviewed", ColumnKind::Count)
            .column("Accounts closed", ColumnKind::Count);
        for system in codes(&reviewed, "system_class") {
            let part = reviewed.with("system_class", system);
            let sum = |name: &str| Cell::Count(u64::try_from(part.sum(name).total).unwrap_or(0));
            push(&mut table, words(system), vec![Cell::Count(part.count()), sum("reviewed"), sum("closed")]);
        }
        section = section.block(table);
    }
    Some(section)
}

pub(super) fn searches(figures: &Figures) -> Option<Section> {
    let events = figures.of("outside_search.flagged");
    if events.count() == 0 {
        return None;
    }
    let mut table = Table::new("searches", "Searches flagged for an immigration reason, by system", "System")
        .column("Reports", ColumnKind::Count)
        .column("Searches", ColumnKind::Count)
        .column("Reports with hits", ColumnKind::Rate);
    for system in codes(&events, "system_class") {
        let part = events.with("system_class", system);
        let searches = Cell::Count(u64::try_from(part.sum("searches").total).unwrap_or(0));
        let hits = Cell::rate(part.with("hits", "yes").count(), part.count());
        push(&mut table, words(system), vec![Cell::Count(part.count()), searches, hits]);
    }
    Some(
        Section::new("searches-section", "Searches of city data by outside agencies")
            .lead("A report may speak of several searches. What was searched for is never shown.")
            .block(table)
            .block(by_word(
                "searches-by-reason",
                "Reports, by the reason that was given",
                "Reason",
                &events,
                "reason_code",
            )),
    )
}
