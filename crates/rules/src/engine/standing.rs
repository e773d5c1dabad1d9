//! How departments and their producers stand: what is missing, what came twice, who is silent.

use daybook_event::Issuer;
use serde::Serialize;

use super::{Engine, FactSource};

/// Runs of missing numbers that are listed of one producer.
pub const GAPS_LISTED_MAX: usize = 256;
/// Silent months that are listed of one department, the latest ones.
pub const SILENT_LISTED_MAX: usize = 120;

/// How everybody stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Entries that it rests on.
    pub size: u64,
    /// Producers, in the order of their names.
    pub producers: Vec<ProducerStanding>,
    /// Departments, in the order of their names.
    pub departments: Vec<DepartmentStanding>,
}

/// A producer's sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProducerStanding {
    /// Department and producer.
    pub issuer: String,
    /// The number after the highest that has come.
    pub next_seq: u64,
    /// First and last number of each run that has not come.
    pub gaps: Vec<(u64, u64)>,
    /// Numbers with two different events.
    pub forks: Vec<u64>,
}

/// A department's months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DepartmentStanding {
    /// The department.
    pub department: String,
    /// The first month that it must report; none for a department without a key.
    pub reports_since: Option<String>,
    /// The last month in which something of it happened.
    pub last_month: Option<String>,
    /// Months that are over, that it must report, and of which the ledger holds neither an event nor an attestation.
    pub silent_months: Vec<String>,
}

impl<S: FactSource> Engine<S> {
    /// How departments and their producers stand.
    pub fn standing(&self) -> Standing {
        let mut producers: Vec<ProducerStanding> = self
            .sequences
            .all()
            .map(|(issuer, next, gaps, forks)| standing_of(issuer, next, gaps, forks))
            .collect();
        producers.sort_by(|a, b| a.issuer.cmp(&b.issuer));
        let calendar = self.ruleset.calendar();
        let departments = self.periods.departments().into_iter().map(|department| {
            let mut silent: Vec<String> = self
                .periods
                .over(&department, self.now, calendar)
                .into_iter()
                .filter(|month| self.periods.is_silent(&department, *month))
                .map(|month| month.to_string())
                .collect();
            silent.drain(..silent.len().saturating_sub(SILENT_LISTED_MAX));
            DepartmentStanding {
                reports_since: self.periods.reports_since(&department).map(|month| month.to_string()),
                last_month: self.periods.last_month(&department).map(|month| month.to_string()),
                silent_months: silent,
                department,
            }
        });
        Standing { size: self.size(), producers, departments: departments.collect() }
    }
}

fn standing_of(
    issuer: &Issuer,
    next_seq: u64,
    gaps: impl Iterator<Item = (u64, u64)>,
    forks: impl Iterator<Item = u64>,
) -> ProducerStanding {
    ProducerStanding {
        issuer: issuer.to_string(),
        next_seq,
        gaps: gaps.take(GAPS_LISTED_MAX).collect(),
        forks: forks.take(GAPS_LISTED_MAX).collect(),
    }
}
