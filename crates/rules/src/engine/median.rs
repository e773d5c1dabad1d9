//! A median that follows its values one by one.

use std::collections::BTreeMap;

/// A multiset of numbers with its median at hand: adding and removing cost the logarithm of its size.
///
/// `low` holds the smaller half, and the middle value where their number is odd.
#[derive(Debug, Clone, Default)]
pub(super) struct RunningMedian {
    low: Half,
    high: Half,
}

#[derive(Debug, Clone, Default)]
struct Half {
    counts: BTreeMap<i64, usize>,
    len: usize,
}

impl Half {
    fn add(&mut self, value: i64) {
        *self.counts.entry(value).or_default() += 1;
        self.len += 1;
    }

    fn remove(&mut self, value: i64) -> bool {
        let Some(count) = self.counts.get_mut(&value) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&value);
        }
        self.len -= 1;
        true
    }

    fn first(&self) -> Option<i64> {
        self.counts.first_key_value().map(|(value, _)| *value)
    }

    fn last(&self) -> Option<i64> {
        self.counts.last_key_value().map(|(value, _)| *value)
    }
}

impl RunningMedian {
    #[cfg(test)]
    fn len(&self) -> usize {
        self.low.len + self.high.len
    }

    pub(super) fn add(&mut self, value: i64) {
        let half =
            if self.low.last().is_some_and(|last| value > last) { &mut self.high } else { &mut self.low };
        half.add(value);
        self.balance();
    }

    /// Takes one such value out, if there is one.
    pub(super) fn remove(&mut self, value: i64) {
        if !self.low.remove(value) {
            self.high.remove(value);
        }
        self.balance();
    }

    /// The middle value, or what lies between the middle two, rounded towards zero.
    pub(super) fn median(&self) -> Option<i64> {
        let low = self.low.last()?;
        let even = self.low.len == self.high.len;
        Some(self.high.first().filter(|_| even).map_or(low, |high| i64::midpoint(low, high)))
    }

    fn balance(&mut self) {
        if self.low.len > self.high.len + 1
            && let Some(value) = self.low.last()
        {
            self.low.remove(value);
            self.high.add(value);
        } else if self.low.len < self.high.len
            && let Some(value) = self.high.first()
        {
            self.high.remove(value);
            self.low.add(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::RunningMedian;

    proptest! {
        #[test]
        fn equals_the_median_of_the_sorted_values(steps in prop::collection::vec((any::<bool>(), -9..9_i64), 0..200)) {
            let (mut running, mut values) = (RunningMedian::default(), Vec::new());
            for (add, value) in steps {
                if add {
                    running.add(value);
                    values.push(value);
                } else {
                    running.remove(value);
                    if let Some(at) = values.iter().position(|known| *known == value) {
                        values.remove(at);
                    }
                }
                values.sort_unstable();
                let middle = values.len() / 2;
                let expected = match values.len() {
                    0 => None,
                    odd if odd % 2 == 1 => Some(values[middle]),
                    _ => Some(i64::midpoint(values[middle - 1], values[middle])),
                };
                prop_assert_eq!(running.median(), expected);
                prop_assert_eq!(running.len(), values.len());
            }
        }
    }
}
