//! The report to the council: everything that the ledger counts, with its denominators.

pub(crate) mod access;
pub(crate) mod custody;
pub(crate) mod findings;
pub(crate) mod glance;
mod information;
pub(crate) mod record;
mod requests;
mod resources;
pub(crate) mod terms;

use daybook_report::Report;
use daybook_report::model::{ColumnKind, ModelFault, OpenKind, Section, Table};
use daybook_rules::figures::Figures;

use crate::Basis;

/// Makes the report.
///
/// # Errors
/// The figures do not fit the report model.
pub fn report(figures: &Figures, basis: &Basis<'_>) -> Result<Report, ModelFault> {
    let head = basis.head("Immigration-related interactions".to_owned(), figures, None)?;
    let mut topics = topics(figures);
    let mut sections = vec![glance::section(figures)];
    sections.append(&mut topics.sections);
    sections.push(findings::section(figures));
    sections.extend(record::sections(figures));
    sections.extend(topics.nothing());
    sections.push(terms::section());
    Report::open(OpenKind::Council, head, sections)
}

/// The topics of which a report speaks where something was recorded, and the names of those of which nothing was.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    pub(crate) sections: Vec<Section>,
    none: Vec<(&'static str, &'static str)>,
}

impl Topics {
    /// Adds a topic: its section, or what was not recorded.
    pub(crate) fn add(&mut self, topic: &'static str, event: &'static str, section: Option<Section>) {
        match section {
            Some(section) => self.sections.push(section),
            None => self.none.push((topic, event)),
        }
    }

    /// The section about topics without a record.
    pub(crate) fn nothing(&self) -> Option<Section> {
        if self.none.is_empty() {
            return None;
        }
        let table = Table::new("nothing-recorded", "Nothing recorded in this period", "Topic")
            .column("What would have been recorded", ColumnKind::Text);
        let table = self.none.iter().fold(table, |table, (topic, event)| table.row(*topic, [*event]));
        let section = Section::new("nothing", "Topics without a record")
            .lead("Nothing was recorded about these topics in this period. The ledger cannot tell whether nothing happened or nobody wrote it down; the months that departments attested, above, speak to that.")
            .block(table);
        Some(section)
    }
}

/// The topics about what happened, in their order.
pub(crate) fn topics(figures: &Figures) -> Topics {
    let mut topics = Topics::default();
    topics.add("Requests", "A request of a federal immigration authority", requests::received(figures));
    topics.add("Answers", "The answer of a department to a request", requests::answered(figures));
    topics.add("Papers", "What kind of paper a request came with", custody::papers(figures));
    topics.add(
        "Release notices",
        "A notice of a release to the federal authority",
        custody::notices(figures),
    );
    topics.add("Interviews", "An interview in custody, held or not", custody::interviews(figures));
    topics.add("Release from custody", "That a person became eligible for release", custody::holds(figures));
    topics.add("Transfers", "That a person was handed to a federal authority", custody::transfers(figures));
    topics.add(
        "Access to buildings",
        "Agents at the door, and whether they were let in",
        access::section(figures),
    );
    topics.add(
        "Arrests seen",
        "An arrest by immigration agents on or by city property",
        access::arrests(figures),
    );
    topics.add(
        "Disclosures",
        "Information given to an immigration authority",
        information::disclosures(figures),
    );
    topics.add("Subpoenas", "Counsel's decision about a subpoena", information::subpoenas(figures));
    topics.add(
        "Questions about status",
        "A question about origin or status",
        information::questions(figures),
    );
    topics.add(
        "Outside accounts",
        "An outside user of a city system, and the reviews",
        information::accounts(figures),
    );
    topics.add(
        "Flagged searches",
        "A search of city data with an immigration reason",
        information::searches(figures),
    );
    topics.add(
        "Help at federal operations",
        "A request for help or presence, and the hours spent",
        resources::assistance(figures),
    );
    topics.add(
        "Task forces",
        "The report of a joint task force about a month",
        resources::taskforces(figures),
    );
    topics.add("Training", "A course that was given to a unit", resources::training(figures));
    topics.add("Complaints", "A complaint, and how it ended", resources::complaints(figures));
    topics
}
