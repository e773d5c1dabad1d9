//! What may be published at all.

use jiff::civil::Date;

use super::{key::Key, month::Month, publish::PublishError};
use crate::{model::Head, suppress::Params};

/// Words that must not occur in the name of a dimension of a public report, since they stand in for origin or single people out.
pub const FORBIDDEN_DIMENSION_WORDS: [&str; 12] = [
    "language",
    "sex",
    "gender",
    "age",
    "nationality",
    "country",
    "birth",
    "status",
    "offence",
    "offense",
    "facility",
    "name",
];

/// The rule of a public report: what is withheld, how coarse time is, and how old figures must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicPolicy {
    /// Which figures are small.
    pub small: Params,
    /// The shortest period that is counted by itself, in months.
    pub shortest_period_months: u32,
    /// How many months must have passed since the last month that is counted.
    pub delay_months: u32,
}

impl Default for PublicPolicy {
    /// Counts below ten withheld, half-years, a quarter's delay.
    fn default() -> Self {
        Self { small: Params::default(), shortest_period_months: 6, delay_months: 3 }
    }
}

impl PublicPolicy {
    /// The sentences that tell a reader what was done to the figures.
    pub(super) fn notices(&self) -> Vec<String> {
        let Params { small_up_to, zero_row_at_least, .. } = self.small;
        vec![
            format!(
                "Counts from 1 to {small_up_to} are withheld, and zeros in rows that total less than {zero_row_at_least}. \
                 Further figures are withheld where these could be worked out from them. A withheld figure says nothing about whether it is small."
            ),
            format!(
                "No period shorter than {} months is shown, and nothing from the last {} months before this report.",
                self.shortest_period_months, self.delay_months
            ),
        ]
    }

    pub(super) fn check(&self, head: &Head, key: &Key) -> Result<(), PublishError> {
        if key.months.len() < self.shortest_period_months {
            return Err(PublishError::TooShort { months: key.months, shortest: self.shortest_period_months });
        }
        let as_of: Date = head.as_of.date();
        let delay = i32::try_from(self.delay_months).unwrap_or(i32::MAX / 2);
        if key.months.until().plus(delay) > Month::of(as_of) {
            return Err(PublishError::TooEarly { months: key.months, delay: self.delay_months });
        }
        for dimension in key.at.keys() {
            let parts = dimension.split(|c: char| !c.is_ascii_alphabetic());
            if parts
                .into_iter()
                .any(|part| FORBIDDEN_DIMENSION_WORDS.contains(&part.to_ascii_lowercase().as_str()))
            {
                return Err(PublishError::ForbiddenDimension { dimension: dimension.clone() });
            }
        }
        Ok(())
    }
}
