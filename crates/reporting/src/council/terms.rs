//! Terms of the reports.

use daybook_report::model::{Definition, Section};

pub(crate) fn section() -> Section {
    Section::new("terms", "Terms").block(vec![
        Definition::new("Judge's paper", "A warrant, writ or order of a court, signed by a judge or magistrate."),
        Definition::new(
            "Administrative paper",
            "A form that an officer of a federal authority signs: a detainer, a warrant of arrest or removal, an administrative subpoena.",
        ),
        Definition::new("Detainer", "A request to keep a person in custody after the release is due."),
        Definition::new(
            "Eligible for release",
            "Nothing local holds the person any more: charges dropped, acquitted, time served, bond posted, diversion.",
        ),
        Definition::new(
            "Cannot be told",
            "The times on the ledger are not exact enough to decide, or a value that decides is erased. Neither a breach nor its absence.",
        ),
        Definition::new("Still open", "The time in which it can be done or recorded is not over."),
        Definition::new("Study", "A rule applied to a time before it was law."),
    ])
}
