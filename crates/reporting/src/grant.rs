//! The report on grant conditions: three neutral answers with their evidence.
//!
//! It states facts and, where counsel gave one, counsel's view of which conditions can be enforced. It never says itself what is lawful.

use std::collections::BTreeMap;
use std::str::FromStr;

use daybook_report::Report;
use daybook_report::model::{Cell, ColumnKind, ModelFault, OpenKind, Paragraph, Section, Table};
use daybook_rules::figures::{Figures, Listed};

use crate::Basis;
use crate::council::{access, custody, record, terms};
use crate::tables::{crossed, push};
use crate::words::{name, words};

/// A question that grant conditions have asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Whether policies restrict the exchange of information about status (8 USC 1373).
    Information,
    /// Whether federal authorities are let into detention facilities.
    Access,
    /// Whether releases are notified, and how long before.
    Notice,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Information, Self::Access, Self::Notice];

    /// Its name on a command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Access => "access",
            Self::Notice => "notice",
        }
    }

    fn asks(self) -> &'static str {
        match self {
            Self::Information => "Information: policies about exchanging information on status (8 USC 1373)",
            Self::Access => "Access: entry of federal authorities to detention facilities",
            Self::Notice => "Notice: telling federal authorities of a release ahead of it",
        }
    }
}

/// What counsel says of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// It can be enforced now.
    Yes,
    /// It cannot.
    No,
    /// Counsel does not know, or courts disagree.
    Unknown,
}

impl View {
    fn words(self) -> &'static str {
        match self {
            Self::Yes => "enforceable now",
            Self::No => "not enforceable now",
            Self::Unknown => "not known",
        }
    }
}

/// Counsel's view of one condition, as it is given on a command line: `notice=no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stated {
    /// The condition.
    pub condition: Condition,
    /// The view.
    pub view: View,
}

/// A view that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stated view looks like notice=no: information, access or notice, and then yes, no or unknown")]
pub struct NoView;

impl FromStr for Stated {
    type Err = NoView;

    fn from_str(text: &str) -> Result<Self, NoView> {
        let (condition, view) = text.split_once('=').ok_or(NoView)?;
        let condition = Condition::ALL.into_iter().find(|one| one.as_str() == condition).ok_or(NoView)?;
        let view = match view {
            "yes" => View::Yes,
            "no" => View::No,
            "unknown" => View::Unknown,
            _ => return Err(NoView),
        };
        Ok(Self { condition, view })
    }
}

/// Makes the report, with counsel's views as they were stated; of two about one condition the last counts.
///
/// # Errors
/// The figures do not fit the report model.
pub fn report(figures: &Figures, basis: &Basis<'_>, stated: &[Stated]) -> Result<Report, ModelFault> {
    let head = basis.head("Facts on three grant conditions".to_owned(), figures, None)?;
    let sections = vec![
        views(stated),
        policies(figures),
        doors(figures),
        notices(figures),
        record::left_out(figures),
        terms::section(),
    ];
    Report::open(OpenKind::GrantConditions, head, sections)
}

fn views(stated: &[Stated]) -> Section {
    let views: BTreeMap<Condition, View> = stated.iter().map(|one| (one.condition, one.view)).collect();
    let mut table = Table::new("views", "Conditions, and what counsel stated about them", "Condition")
        .column("Counsel's stated view", ColumnKind::Text);
    for condition in Condition::ALL {
        let view = views.get(&condition).map_or("none stated", |view| view.words());
        push(&mut table, condition.asks(), vec![Cell::text(view)]);
    }
    Section::new("views-section", "What this report is")
        .lead("This report answers three questions that grant conditions have asked, with what the ledger shows. It does not say whether a condition is lawful, whether it applies, or whether it is met.")
        .lead("Which conditions can be enforced at present is for counsel to say. The views below were given by whoever had the report made; the ledger does not check them.")
        .block(table)
}

fn policies(figures: &Figures) -> Section {
    let mut last: BTreeMap<String, &Listed> = BTreeMap::new();
    let until = figures.window().to().to_string();
    for one in figures.listed_so_far("policy.issued") {
        // Days are written year first, so that they compare as text.
        if one.word("effective_on").is_some_and(|day| day <= until.as_str()) {
            last.insert(one.word("document_id").unwrap_or_default().to_owned(), one);
        }
    }
    let mut table =
        Table::new("policies", "Policies, orders, forms and agreements in force on the last day", "Title")
            .column("Kind", ColumnKind::Text)
            .column("Identifier", ColumnKind::Text)
            .column("In effect since", ColumnKind::Text)
            .column("Issued by", ColumnKind::Text)
            .column("Where to read it", ColumnKind::Text);
    let mut withdrawn = Table::new("policies-withdrawn", "Withdrawn in this period", "Title")
        .column("Kind", ColumnKind::Text)
        .column("Identifier", ColumnKind::Text)
        .column("Withdrawn from", ColumnKind::Text);
    for (id, one) in &last {
        let text = |name: &str| one.word(name).unwrap_or_default();
        let (kind, since) = (Cell::text(words(text("document_kind"))), Cell::text(text("effective_on")));
        if text("action") == "issued" {
            let by = Cell::text(name(one.issuer.department()));
            let link = one.word("link").unwrap_or("no public link recorded");
            push(&mut table, text("title"), vec![kind, Cell::text(id.as_str()), since, by, Cell::text(link)]);
        } else if text("effective_on") >= figures.window().from().to_string().as_str() {
            push(&mut withdrawn, text("title"), vec![kind, Cell::text(id.as_str()), since]);
        }
    }
    let mut section = Section::new("policies-section", "1. Information: policies in force and their texts")
        .lead("The city's policies, orders, forms and agreements as departments recorded them. Their words are to be read where they are published. The rules that the ledger applies stand at the end of this report with their digests.");
    section = if table.rows.is_empty() {
        section.block(Paragraph::new(
            "The ledger holds no policy, order, form or agreement in force on the last day of the period.",
        ))
    } else {
        section.block(table)
    };
    if withdrawn.rows.is_empty() { section } else { section.block(withdrawn) }
}

fn doors(figures: &Figures) -> Section {
    let mut section = access::section(figures).unwrap_or_else(|| {
        Section::new("access", "").block(Paragraph::new(
            "No request for access to a city building is on the ledger for this period.",
        ))
    });
    section.title = "2. Access: requests and outcomes".to_owned();
    section
}

fn notices(figures: &Figures) -> Section {
    let asked = figures.of("request.received").with("request_kind", "release_notice");
    let sent = custody::notices(figures);
    let mut section = Section::new("notices", "3. Notice: requests, notices and lead times");
    section = if asked.count() == 0 {
        section.block(Paragraph::new("No request for notice of a release is on the ledger for this period."))
    } else {
        section.block(crossed(
            ("notice-requests", "Requests for notice of a release, by agency and answer", "Agency"),
            &asked,
            "agency",
            "answer_decision",
        ))
    };
    match sent {
        Some(sent) => {
            section.lead.extend(sent.lead);
            section.blocks.extend(sent.blocks);
            section
        }
        None => section.block(Paragraph::new("No notice of a release is on the ledger for this period.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_names_a_condition_and_what_counsel_says() {
        let read = "notice=no".parse::<Stated>().expect("a view");
        assert_eq!(read, Stated { condition: Condition::Notice, view: View::No });
        for wrong in ["", "notice", "notice=maybe", "funding=yes", "notice = no"] {
            assert_eq!(wrong.parse::<Stated>(), Err(NoView), "{wrong}");
        }
    }
}
