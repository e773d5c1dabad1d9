//! What the city spends: help, task forces, training, complaints.

use daybook_report::model::{Cell, ColumnKind, Section, Table};
use daybook_rules::figures::{Figures, Listed, Selection};

use crate::tables::{codes, crossed, push};
use crate::words::{name, words};

pub(super) fn assistance(figures: &Figures) -> Option<Section> {
    let events = figures.of("assistance.contact");
    if events.count() == 0 {
        return None;
    }
    let line = |events: &Selection<'_>| {
        let with = |decision| Cell::Count(events.with("decision", decision).count());
        let hours = events.sum("hours");
        let told = Cell::rate(hours.known, events.count());
        let hours = Cell::Count(u64::try_from(hours.total).unwrap_or(0));
        vec![
            with("declined"),
            with("safety_only"),
            with("assisted"),
            Cell::Count(events.count()),
            hours,
            told,
        ]
    };
    let mut table =
        Table::new("assistance", "Help or presence asked for at federal operations, by purpose", "Purpose")
            .column("Declined", ColumnKind::Count)
            .column("For safety only", ColumnKind::Count)
            .column("Helped", ColumnKind::Count)
            .column("All", ColumnKind::Count)
            .column("Hours spent", ColumnKind::Count)
            .column("Records that tell hours", ColumnKind::Rate);
    for purpose in codes(&events, "purpose") {
        push(&mut table, words(purpose), line(&events.with("purpose", purpose)));
    }
    table = table.total("All", line(&events));
    Some(
        Section::new("assistance-section", "Help at federal operations")
            .lead("No city time and money is spent on civil immigration enforcement. Hours are those that departments wrote down.")
            .block(table),
    )
}

pub(super) fn taskforces(figures: &Figures) -> Option<Section> {
    let reports: Vec<&Listed> = figures.listed("taskforce.reported").collect();
    if reports.is_empty() {
        return None;
    }
    let mut table = Table::new("taskforces", "Joint task forces, by purpose", "Purpose")
        .column("Monthly reports", ColumnKind::Count)
        .column("Arrests", ColumnKind::Count)
        .column("With an immigration consequence", ColumnKind::Rate)
        .column("Hours", ColumnKind::Count);
    let sum = |of: &[&Listed], name: &str| -> u64 {
        of.iter().filter_map(|one| one.number(name)).filter_map(|number| u64::try_from(number).ok()).sum()
    };
    let mut purposes: Vec<&str> = reports.iter().filter_map(|one| one.word("purpose")).collect();
    purposes.sort_unstable();
    purposes.dedup();
    for purpose in purposes {
        let of: Vec<&Listed> =
            reports.iter().copied().filter(|one| one.word("purpose") == Some(purpose)).collect();
        let arrests = sum(&of, "arrests_total");
        let immigration = sum(&of, "arrests_immigration");
        let cells = vec![
            Cell::Count(of.len() as u64),
            Cell::Count(arrests),
            Cell::rate(immigration, arrests.max(immigration)),
            Cell::Count(sum(&of, "hours")),
        ];
        push(&mut table, words(purpose), cells);
    }
    Some(
        Section::new("taskforces-section", "Task forces")
            .lead("Counted by the month that a report speaks of.")
            .block(table),
    )
}

pub(super) fn training(figures: &Figures) -> Option<Section> {
    let courses: Vec<&Listed> = figures.listed("training.recorded").collect();
    if courses.is_empty() {
        return None;
    }
    let mut table = Table::new("training", "Courses given", "Course")
        .column("Department", ColumnKind::Text)
        .column("Unit", ColumnKind::Text)
        .column("Day", ColumnKind::Date)
        .column("Trained, of those required", ColumnKind::Rate);
    for one in courses {
        let number = |name: &str| one.number(name).and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
        let (trained, required) = (number("trained"), number("required"));
        let course = format!(
            "{} {}",
            one.word("course").unwrap_or_default(),
            one.word("course_version").unwrap_or_default()
        );
        let cells = vec![
            Cell::text(name(one.issuer.department())),
            Cell::text(one.word("trained_unit").unwrap_or_default()),
            Cell::Date(one.day),
            Cell::rate(trained.min(required), required),
        ];
        push(&mut table, course.trim().to_owned(), cells);
    }
    Some(
        Section::new("training-section", "Training")
            .lead(
                "How many of those who must take a course have taken it, by unit. Nobody's name is recorded.",
            )
            .block(table),
    )
}

pub(super) fn complaints(figures: &Figures) -> Option<Section> {
    let received = figures.of("complaint.received");
    let closed = figures.of("complaint.closed");
    if received.count() + closed.count() == 0 {
        return None;
    }
    let mut section = Section::new("complaints", "Complaints").lead(
        "Complaints that the rules were broken. One that is closed in this period may have come in before.",
    );
    if received.count() > 0 {
        let mut table = crossed(
            ("complaints-received", "Complaints received, by topic and department", "Topic"),
            &received,
            "topic",
            "about_department",
        );
        for column in &mut table.columns {
            column.head = name(&column.head);
        }
        section = section.block(table);
    }
    if closed.count() > 0 {
        section = section.block(crossed(
            ("complaints-closed", "Complaints closed, by topic and outcome", "Topic"),
            &closed,
            "topic",
            "outcome",
        ));
    }
    Some(section)
}
