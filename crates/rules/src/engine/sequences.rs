//! Producers' sequences as the rules see them: runs of missing numbers, and numbers with two events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use daybook_event::Issuer;

/// What an event changed in its producer's sequence.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// First numbers of the runs that came up, changed or closed.
    pub(crate) gaps: BTreeSet<u64>,
    /// A number that now has two events.
    pub(crate) fork: Option<u64>,
}

/// A run of missing numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// The last missing number.
    pub(crate) last: u64,
    /// When the ledger noticed, in seconds.
    pub(crate) noticed: i64,
}

#[derive(Debug, Default)]
struct Sequence {
    next: u64,
    missing: BTreeMap<u64, Run>,
    forks: BTreeSet<u64>,
}

/// All producers' sequences.
#[derive(Debug, Default)]
pub(crate) struct Sequences(HashMap<Issuer, Sequence>);

impl Sequences {
    /// Takes an event in.
    pub(crate) fn add(&mut self, issuer: &Issuer, seq: u64, at: i64) -> Change {
        let mut change = Change::default();
        let sequence = self.0.entry(issuer.clone()).or_default();
        if seq >= sequence.next {
            if seq > sequence.next {
                sequence.missing.insert(sequence.next, Run { last: seq - 1, noticed: at });
                change.gaps.insert(sequence.next);
            }
            sequence.next = seq + 1;
            return change;
        }
        let run = sequence.missing.range(..=seq).next_back().map(|(first, run)| (*first, *run));
        match run.filter(|(_, run)| seq <= run.last) {
            Some((first, run)) => {
                sequence.missing.remove(&first);
                change.gaps.insert(first);
                if first < seq {
                    sequence.missing.insert(first, Run { last: seq - 1, ..run });
                }
                if seq < run.last {
                    sequence.missing.insert(seq + 1, run);
                    change.gaps.insert(seq + 1);
                }
            }
            None => {
                sequence.forks.insert(seq);
                change.fork = Some(seq);
            }
        }
        change
    }

    /// Every producer with the number after its highest, its runs of missing numbers and its numbers with two events.
    pub(crate) fn all(
        &self,
    ) -> impl Iterator<Item = (&Issuer, u64, impl Iterator<Item = (u64, u64)> + '_, impl Iterator<Item = u64> + '_)>
    {
        self.0.iter().map(|(issuer, sequence)| {
            let gaps = sequence.missing.iter().map(|(first, run)| (*first, run.last));
            (issuer, sequence.next, gaps, sequence.forks.iter().copied())
        })
    }

    /// The run of missing numbers that begins here.
    pub(crate) fn gap(&self, issuer: &Issuer, first: u64) -> Option<Run> {
        self.0.get(issuer)?.missing.get(&first).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_numbers_are_the_same_in_whatever_order_the_others_come() {
        let issuer: Issuer = "sheriff/jail-records".parse().expect("a name");
        let gaps = |order: &[u64]| {
            let mut sequences = Sequences::default();
            for seq in order {
                sequences.add(&issuer, *seq, 5);
            }
            (0..10).filter_map(|first| Some((first, sequences.gap(&issuer, first)?.last))).collect::<Vec<_>>()
        };
        assert_eq!(gaps(&[0, 1, 4, 7]), [(2, 3), (5, 6)]);
        assert_eq!(gaps(&[7, 4, 0, 1]), [(2, 3), (5, 6)]);
        assert_eq!(gaps(&[0, 7, 1, 4]), [(2, 3), (5, 6)]);
        assert_eq!(gaps(&[2, 1, 0]), []);
    }

    #[test]
    fn a_number_that_comes_twice_is_a_fork() {
        let issuer: Issuer = "sheriff/jail-records".parse().expect("a name");
        let mut sequences = Sequences::default();
        assert_eq!(sequences.add(&issuer, 0, 5), Change::default());
        assert_eq!(sequences.add(&issuer, 0, 5).fork, Some(0));
    }
}
