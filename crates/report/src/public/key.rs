//! Keys: which facts a figure counts.

use std::collections::{BTreeMap, BTreeSet};

use super::month::Months;

/// Which facts a figure counts: those of one measure, in some months, with some values on some dimensions. A dimension that is not named
/// is not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub(super) measure: String,
    pub(super) months: Months,
    pub(super) at: BTreeMap<String, BTreeSet<String>>,
}

impl Key {
    /// All facts of a measure in these months.
    pub fn all(measure: impl Into<String>, months: Months) -> Self {
        Self { measure: measure.into(), months, at: BTreeMap::new() }
    }

    /// Of them, those with this value.
    #[must_use]
    pub fn with(self, dimension: impl Into<String>, value: impl Into<String>) -> Self {
        self.with_any(dimension, [value])
    }

    /// Of them, those with one of these values.
    #[must_use]
    pub fn with_any(
        mut self,
        dimension: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.narrow(dimension.into(), values.into_iter().map(Into::into).collect());
        self
    }

    /// In these months instead.
    #[must_use]
    pub fn during(mut self, months: Months) -> Self {
        self.months = months;
        self
    }

    pub(super) fn narrow(&mut self, dimension: String, values: BTreeSet<String>) {
        self.at
            .entry(dimension)
            .and_modify(|had| had.retain(|value| values.contains(value)))
            .or_insert(values);
    }
}
