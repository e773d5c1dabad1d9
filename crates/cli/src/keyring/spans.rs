//! Sets of entries as runs: orders and erased keys come in runs, and there may be millions of entries.

use std::ops::Range;

/// A set of entries: runs in order, none touching the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spans(Vec<Range<u64>>);

impl Spans {
    pub(super) fn new(mut runs: Vec<Range<u64>>) -> Spans {
        runs.retain(|run| !run.is_empty());
        runs.sort_unstable_by_key(|run| run.start);
        let mut joined: Vec<Range<u64>> = Vec::with_capacity(runs.len());
        for run in runs {
            match joined.last_mut() {
                Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
                _ => joined.push(run),
            }
        }
        Spans(joined)
    }

    /// What is in this set and not in the other.
    pub(super) fn without(&self, other: &Spans) -> Spans {
        let mut left = Vec::new();
        let mut others = other.0.iter().peekable();
        for run in &self.0 {
            let mut from = run.start;
            while let Some(cut) = others.peek() {
                if cut.start >= run.end {
                    break;
                }
                if from < cut.start {
                    left.push(from..cut.start);
                }
                from = from.max(cut.end);
                // It may reach into the next run as well.
                if cut.end > run.end {
                    break;
                }
                others.next();
            }
            if from < run.end {
                left.push(from..run.end);
            }
        }
        Spans(left)
    }

    pub(super) fn into_runs(self) -> Vec<Range<u64>> {
        self.0
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|run| run.end - run.start).sum()
    }

    /// Each run as `n` or `first-last`.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |run: &Range<u64>| match run.end - run.start {
            1 => run.start.to_string(),
            _ => format!("{}-{}", run.start, run.end - 1),
        };
        self.0.iter().map(name).collect()
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    fn bits(spans: &Spans) -> u32 {
        spans.0.iter().cloned().flatten().map(|n| 1 << n).sum()
    }

    fn of_bits(bits: u32) -> Spans {
        Spans::new((0..10).filter(|n| bits >> n & 1 == 1).map(|n| n..n + 1).collect())
    }

    #[test]
    fn differences_are_those_of_sets() {
        for a in 0..1 << 9 {
            for b in (0..1 << 9).step_by(3) {
                let left = of_bits(a).without(&of_bits(b));
                assert_eq!(bits(&left), a & !b, "{a:b} without {b:b}");
            }
        }
    }

    #[test]
    fn runs_that_touch_or_overlap_become_one() {
        let spans = Spans::new(vec![5..7, 1..2, 2..4, 6..9, 12..12]);
        assert_eq!(spans.names(), ["1-3", "5-8"]);
        assert_eq!(spans.count(), 7);
        assert_eq!(Spans::new(vec![3..4]).names(), ["3"]);
    }
}
