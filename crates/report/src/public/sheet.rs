//! The figures of one measure as a problem of withholding: keys become regions over classes of values that no table tells apart.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    key::Key,
    month::{Month, Months},
    tally::Measure,
};
use crate::suppress::{Facts, Figure, Problem, Region, Role};

/// What is asked of one measure.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    shown: BTreeMap<Key, (u64, bool)>,
    implied: BTreeSet<(Key, Option<Key>)>,
    known: BTreeSet<Key>,
}

impl Sheet {
    /// A key with a place in the report, the total of the row it stands in, and whether it is a rate's numerator.
    pub(super) fn show(&mut self, key: &Key, row_total: u64, share: bool) {
        let (total, shares) = self.shown.entry(key.clone()).or_insert((row_total, share));
        *total = (*total).min(row_total);
        *shares |= share;
    }

    /// What is left of one key without another.
    pub(super) fn imply_rest(&mut self, of: &Key, without: &Key) {
        self.implied.insert((of.clone(), Some(without.clone())));
    }

    /// A key that readers have the figure of.
    pub(super) fn know(&mut self, key: &Key) {
        self.known.insert(key.clone());
    }

    /// The problem, and the keys of its first figures in order.
    pub(super) fn problem(mut self, measure: &Measure) -> (Problem, Vec<Key>) {
        self.imply_siblings(measure);
        self.imply_differences();
        let keys: Vec<&Key> = self
            .shown
            .keys()
            .chain(&self.known)
            .chain(
                self.implied
                    .iter()
                    .flat_map(|(key, minus)| [Some(key), minus.as_ref()].into_iter().flatten()),
            )
            .collect();
        let classes = Classes::of(measure, &keys);
        let figure = |key: &Key, minus: Option<&Key>, role| Figure {
            region: classes.region(key),
            minus: minus.map(|minus| classes.region(minus)),
            role,
        };
        let shown = self.shown.iter().map(|(key, (row_total, share))| {
            let known = self.known.contains(key);
            let role = if known { Role::Known } else { Role::Shown { row_total: *row_total, share: *share } };
            figure(key, None, role)
        });
        let known = self.known.iter().map(|key| figure(key, None, Role::Known));
        let implied = self.implied.iter().map(|(key, minus)| figure(key, minus.as_ref(), Role::Implied));
        let figures = shown.chain(known).chain(implied).collect();
        let problem = Problem { facts: classes.facts(measure), figures };
        (problem, self.shown.into_keys().collect())
    }

    /// Categories that tables leave out: the reader knows that they exist, and how many facts all of them have together.
    fn imply_siblings(&mut self, measure: &Measure) {
        let mut taken: BTreeMap<(Key, &str), BTreeSet<&String>> = BTreeMap::new();
        for key in self.shown.keys() {
            for (dimension, values) in &key.at {
                let mut all = key.clone();
                all.at.remove(dimension);
                taken.entry((all, dimension)).or_default().extend(values);
            }
        }
        let mut siblings = BTreeSet::new();
        for ((all, dimension), taken) in &taken {
            let values = measure
                .dimensions
                .iter()
                .filter(|(name, _)| name == dimension)
                .flat_map(|(_, values)| values);
            let rest: BTreeSet<String> = values.filter(|value| !taken.contains(value)).cloned().collect();
            let single = rest.iter().map(|value| BTreeSet::from([value.clone()]));
            for values in single.chain((!rest.is_empty()).then(|| rest.clone())) {
                let mut sibling = all.clone();
                sibling.at.insert((*dimension).to_owned(), values);
                siblings.insert((sibling, None));
            }
        }
        self.implied.extend(siblings);
    }

    /// Periods inside longer ones, of this report or an earlier one: the rest of the longer one.
    fn imply_differences(&mut self) {
        let mut by_values: BTreeMap<_, BTreeSet<&Key>> = BTreeMap::new();
        for key in self.shown.keys().chain(&self.known) {
            by_values.entry(&key.at).or_default().insert(key);
        }
        let mut rests = BTreeSet::new();
        for keys in by_values.values() {
            for (of, without) in keys.iter().flat_map(|of| keys.iter().map(move |without| (*of, *without))) {
                let out_already = self.known.contains(of) && self.known.contains(without);
                if of != without && without.months.within(&of.months) && !out_already {
                    rests.insert((of.clone(), Some(without.clone())));
                }
            }
        }
        self.implied.extend(rests);
    }
}

/// Values and months in classes: two are in one class if every key takes both or neither. What no key tells apart need not be told apart
/// in an alternative table either, and dimensions that no key names disappear.
struct Classes {
    /// Per dimension of the measure, the class of each value.
    of_value: Vec<BTreeMap<String, u16>>,
    /// Where a new class of months begins, in order.
    breaks: Vec<Month>,
    axes: Vec<u16>,
    names: Vec<String>,
}

impl Classes {
    fn of(measure: &Measure, keys: &[&Key]) -> Self {
        let mut of_value = Vec::new();
        let mut axes = Vec::new();
        for (dimension, values) in &measure.dimensions {
            let sets: BTreeSet<&BTreeSet<String>> =
                keys.iter().filter_map(|key| key.at.get(dimension)).collect();
            let mut known: Vec<Vec<bool>> = Vec::new();
            let mut classes = BTreeMap::new();
            for value in values {
                let signature: Vec<bool> = sets.iter().map(|set| set.contains(value)).collect();
                let class = known.iter().position(|had| *had == signature).unwrap_or_else(|| {
                    known.push(signature);
                    known.len() - 1
                });
                classes.insert(
                    value.clone(),
                    u16::try_from(class).expect("a dimension has at most MAX_VALUES values"),
                );
            }
            axes.push(u16::try_from(known.len()).expect("a dimension has at most MAX_VALUES values"));
            of_value.push(classes);
        }
        let breaks: BTreeSet<Month> =
            keys.iter().flat_map(|key| [key.months.from(), key.months.until()]).collect();
        let breaks: Vec<Month> = breaks.into_iter().collect();
        axes.push(u16::try_from(breaks.len()).unwrap_or(u16::MAX));
        let names = measure.dimensions.iter().map(|(name, _)| name.clone()).collect();
        Self { of_value, breaks, axes, names }
    }

    /// The class of a month: how many breaks are not after it. Months before the first break are outside everything.
    fn of_month(&self, month: Month) -> Option<u16> {
        let passed = self.breaks.partition_point(|start| *start <= month);
        u16::try_from(passed.checked_sub(1)?).ok()
    }

    fn of_months(&self, months: &Months) -> BTreeSet<u16> {
        let starts = self.breaks.iter().filter(|start| months.contains(**start));
        starts.filter_map(|start| self.of_month(*start)).collect()
    }

    fn region(&self, key: &Key) -> Region {
        let mut axes: Vec<BTreeSet<u16>> = Vec::new();
        for ((name, classes), size) in self.names.iter().zip(&self.of_value).zip(&self.axes) {
            axes.push(match key.at.get(name) {
                Some(values) => values.iter().filter_map(|value| classes.get(value).copied()).collect(),
                None => (0..*size).collect(),
            });
        }
        axes.push(self.of_months(&key.months));
        Region(axes)
    }

    fn facts(&self, measure: &Measure) -> Facts {
        let mut counts: BTreeMap<Vec<u16>, u64> = BTreeMap::new();
        for ((month, places), count) in &measure.facts {
            let Some(month) = self.of_month(*month) else { continue };
            let classes = measure.dimensions.iter().zip(&self.of_value).zip(places);
            let mut atom: Vec<u16> = classes.map(|(((_, values), of), place)| of[&values[*place]]).collect();
            atom.push(month);
            *counts.entry(atom).or_insert(0) += count;
        }
        Facts { axes: self.axes.clone(), counts }
    }
}
