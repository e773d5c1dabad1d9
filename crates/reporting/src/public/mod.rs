//! The report for everybody: few tables, half-years or years, small figures withheld.
//!
//! The layout does not depend on what happened, so that a table that is there or missing tells nothing. All figures go through
//! [`daybook_report::publish`].

mod layout;
mod pooling;
mod tally;

use daybook_report::Report;
use daybook_report::model::ModelFault;
use daybook_report::public::{PublicDraft, PublicPolicy, PublishError, TallyFault, publish};
use daybook_rules::figures::Figures;

use crate::Basis;

/// Why there is no public report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicFault {
    /// The period cuts a month in two.
    #[error(
        "a public report counts whole months; begin on the first day of a month and end on the last of one"
    )]
    BrokenMonths,
    /// The period is too short, too recent, or its figures cannot be protected.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The report does not fit its model.
    #[error(transparent)]
    Model(#[from] ModelFault),
    /// An event says something that no table has a place for.
    #[error(transparent)]
    Tally(#[from] TallyFault),
}

/// Makes the report under the policy of this program: counts below ten withheld, nothing shorter than half a year, a quarter's delay.
///
/// # Errors
/// The period breaks the policy, or the figures cannot be protected. Then there is no report.
pub fn report(figures: &Figures, basis: &Basis<'_>) -> Result<Report, PublicFault> {
    let pooling = pooling::Pooling::of(figures.window()).ok_or(PublicFault::BrokenMonths)?;
    let head = basis.head("Immigration-related interactions".to_owned(), figures, None)?;
    let tally = tally::tally(figures)?;
    let draft = PublicDraft { head, tally, sections: layout::sections(&pooling), shown_before: Vec::new() };
    Ok(publish(&draft, &PublicPolicy::default())?)
}
