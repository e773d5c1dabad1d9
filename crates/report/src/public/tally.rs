//! The facts behind a public report, counted once by everything that any of its tables asks.

use std::collections::{BTreeMap, BTreeSet};

use super::{key::Key, month::Month};

/// How many values a dimension may have.
pub const MAX_VALUES: usize = 500;

/// Facts by measure. A measure counts one kind of thing (requests, releases, findings); each of its facts has one value on every one of its
/// dimensions.
///
/// Two measures must not count the same things: readers could compare them, and the rule would not know. Where one figure is a part of
/// another (requests, and requests answered), they are one measure with a dimension.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub(super) measures: BTreeMap<String, Measure>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Measure {
    /// The dimensions in order, each with all its values in order.
    pub(super) dimensions: Vec<(String, Vec<String>)>,
    /// How many facts, by month and values in the dimensions' order.
    pub(super) facts: BTreeMap<(Month, Vec<usize>), u64>,
}

/// Why a fact, measure or key does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TallyFault {
    /// A measure that was declared twice.
    #[error("the measure {measure:?} is declared twice")]
    MeasureRepeated {
        /// The measure.
        measure: String,
    },
    /// A measure nobody declared.
    #[error("there is no measure {measure:?}; declare it with its dimensions first")]
    MeasureUnknown {
        /// The measure.
        measure: String,
    },
    /// A dimension that the measure does not have, or has twice, or has too many values for.
    #[error("the measure {measure:?} cannot have, or does not have once, the dimension {dimension:?}")]
    Dimension {
        /// The measure.
        measure: String,
        /// The dimension.
        dimension: String,
    },
    /// A value that the dimension does not have. The value itself is not repeated.
    #[error(
        "a value of dimension {dimension:?} of the measure {measure:?} is not among its values, or none is left; declare all values, and one for the rest"
    )]
    Value {
        /// The measure.
        measure: String,
        /// The dimension.
        dimension: String,
    },
}

impl Tally {
    /// No facts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a measure with its dimensions, each with **all** its values, whether they occur or not.
    ///
    /// # Errors
    /// If it is there already, or a dimension or value repeats.
    pub fn measure(&mut self, name: &str, dimensions: &[(&str, &[&str])]) -> Result<(), TallyFault> {
        let mut names = BTreeSet::new();
        for (dimension, values) in dimensions {
            let distinct: BTreeSet<_> = values.iter().collect();
            let whole = distinct.len() == values.len() && (1..=MAX_VALUES).contains(&values.len());
            if !names.insert(dimension) || !whole {
                return Err(TallyFault::Dimension {
                    measure: name.to_owned(),
                    dimension: (*dimension).to_owned(),
                });
            }
        }
        if self.measures.contains_key(name) {
            return Err(TallyFault::MeasureRepeated { measure: name.to_owned() });
        }
        let owned = |(dimension, values): &(&str, &[&str])| {
            ((*dimension).to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
        };
        let dimensions = dimensions.iter().map(owned).collect();
        self.measures.insert(name.to_owned(), Measure { dimensions, facts: BTreeMap::new() });
        Ok(())
    }

    /// Adds so many facts of a month, with their value on every dimension of the measure, in any order.
    ///
    /// # Errors
    /// If the measure is not declared, or a dimension or value is missing, repeated or not its own.
    pub fn add(
        &mut self,
        measure: &str,
        month: Month,
        values: &[(&str, &str)],
        facts: u64,
    ) -> Result<(), TallyFault> {
        let found = self.measures.get_mut(measure);
        let found = found.ok_or_else(|| TallyFault::MeasureUnknown { measure: measure.to_owned() })?;
        let mut places = Vec::with_capacity(found.dimensions.len());
        for (dimension, known) in &found.dimensions {
            let fault = || TallyFault::Value { measure: measure.to_owned(), dimension: dimension.clone() };
            let mut given = values.iter().filter(|(name, _)| name == dimension);
            let (Some((_, value)), None) = (given.next(), given.next()) else { return Err(fault()) };
            places.push(known.iter().position(|known| known == value).ok_or_else(fault)?);
        }
        if let Some((dimension, _)) =
            values.iter().find(|(name, _)| !found.dimensions.iter().any(|(known, _)| known == name))
        {
            return Err(TallyFault::Dimension {
                measure: measure.to_owned(),
                dimension: (*dimension).to_owned(),
            });
        }
        let count = found.facts.entry((month, places)).or_insert(0);
        *count = count.saturating_add(facts);
        Ok(())
    }

    /// How many facts a key counts.
    ///
    /// # Errors
    /// If the key does not fit the declared measures.
    pub fn count(&self, key: &Key) -> Result<u64, TallyFault> {
        let measure = self.measure_of(key)?;
        Ok(measure
            .facts
            .iter()
            .filter(|((month, places), _)| {
                let admitted = |((dimension, values), place): (&(String, Vec<String>), &usize)| {
                    key.at.get(dimension).is_none_or(|admitted| admitted.contains(&values[*place]))
                };
                key.months.contains(*month) && measure.dimensions.iter().zip(places).all(admitted)
            })
            .map(|(_, count)| count)
            .sum())
    }

    /// The measure of a key that fits it.
    pub(super) fn measure_of(&self, key: &Key) -> Result<&Measure, TallyFault> {
        let measure = self.measures.get(&key.measure);
        let measure = measure.ok_or_else(|| TallyFault::MeasureUnknown { measure: key.measure.clone() })?;
        for (dimension, values) in &key.at {
            let (measure_name, name) = (key.measure.clone(), dimension.clone());
            let Some((_, known)) = measure.dimensions.iter().find(|(known, _)| known == dimension) else {
                return Err(TallyFault::Dimension { measure: measure_name, dimension: name });
            };
            if values.is_empty() || !values.iter().all(|value| known.contains(value)) {
                return Err(TallyFault::Value { measure: measure_name, dimension: name });
            }
        }
        Ok(measure)
    }
}
