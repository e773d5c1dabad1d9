//! Whether each producer's sequence is whole: a fold over the log. Gaps, forks and broken chains are never a reason to refuse a signed event;
//! they are what an auditor wants to know.
//!
//! A gap is kept as a range, with the hash of the event before it and the `prev` of the event after it, so that both ends are checked when it
//! closes, in whatever order the missing events come.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::names::{Issuer, Origin};

/// The sequences of all producers, as of some entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuity {
    /// `prev` of every first event; unknown for a fold that was not told its origin.
    first_prev: Option<[u8; 32]>,
    producers: BTreeMap<Issuer, Sequence>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sequence {
    next_seq: u64,
    last_hash: [u8; 32],
    last_index: u64,
    /// Open gaps by first missing number.
    gaps: BTreeMap<u64, Gap>,
}

/// Numbers that have not come: from the key of the map to `end`, exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Gap {
    end: u64,
    /// Hash of the event before the gap.
    hash_before: Option<[u8; 32]>,
    /// `prev` of the event after the gap.
    prev_after: [u8; 32],
}

/// Where a sequence number falls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It is the next one.
    Next,
    /// It is further on; these numbers have not come.
    Ahead {
        /// The numbers between.
        missing: Range<u64>,
    },
    /// It is before the next one: a duplicate, one that fills a gap, or a fork.
    Behind,
}

/// Something an auditor wants to know about a producer's sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anomaly {
    /// Numbers have not come.
    GapOpened {
        /// The missing numbers.
        missing: Range<u64>,
    },
    /// The last missing numbers of a gap have come.
    GapClosed {
        /// The numbers of the gap, or of the part of it, that is now whole.
        closed: Range<u64>,
    },
    /// `prev` of an event is not the hash of the event before it: history was rewritten by the producer, or an event between was dropped.
    PrevMismatch {
        /// The event whose `prev` does not fit.
        seq: u64,
    },
    /// A second event for a number: the producer signed two histories. Both are in the log as evidence.
    Fork {
        /// The number.
        seq: u64,
    },
}

/// A producer's sequence so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number after the highest that has come.
    pub next_seq: u64,
    /// Hash of the issuer-signed JWT with the highest number.
    pub last_hash: [u8; 32],
    /// Entry of the event with the highest number.
    pub last_index: u64,
    /// Numbers that have not come.
    pub gaps: Vec<Range<u64>>,
}

impl Continuity {
    /// A fold that also checks `prev` of each producer's first event.
    pub fn new(origin: &Origin) -> Self {
        Self { first_prev: Some(origin.first_prev()), producers: BTreeMap::new() }
    }

    /// Where number `seq` of `iss` falls.
    pub fn place(&self, iss: &Issuer, seq: u64) -> Place {
        let next = self.producers.get(iss).map_or(0, |sequence| sequence.next_seq);
        match seq {
            _ if seq == next => Place::Next,
            _ if seq > next => Place::Ahead { missing: next..seq },
            _ => Place::Behind,
        }
    }

    /// Whether number `seq` of `iss` is missing in an open gap.
    pub fn is_open_gap(&self, iss: &Issuer, seq: u64) -> bool {
        self.producers.get(iss).is_some_and(|sequence| sequence.gap_with(seq).is_some())
    }

    /// Takes in entry `index`: event `seq` of `iss` with its `prev` and the hash of its issuer-signed JWT. The caller keeps exact duplicates out;
    /// a number that has come before is a fork here.
    pub fn apply(
        &mut self,
        index: u64,
        iss: &Issuer,
        seq: u64,
        prev: &[u8; 32],
        hash: &[u8; 32],
    ) -> Vec<Anomaly> {
        let first_prev = self.first_prev;
        let Some(sequence) = self.producers.get_mut(iss) else {
            let mut sequence = Sequence {
                next_seq: 0,
                last_hash: first_prev.unwrap_or(*prev),
                last_index: index,
                gaps: BTreeMap::new(),
            };
            let anomalies = sequence.extend(index, seq, prev, hash, first_prev);
            self.producers.insert(iss.clone(), sequence);
            return anomalies;
        };
        if seq >= sequence.next_seq {
            let before = Some(sequence.last_hash);
            sequence.extend(index, seq, prev, hash, before)
        } else if let Some((start, gap)) = sequence.gap_with(seq) {
            sequence.fill(start, gap, seq, prev, hash)
        } else {
            vec![Anomaly::Fork { seq }]
        }
    }

    /// Every producer with the state of its sequence.
    pub fn heads(&self) -> impl Iterator<Item = (Issuer, Head)> {
        self.producers.iter().map(|(iss, sequence)| (iss.clone(), sequence.head()))
    }

    /// The state of one producer's sequence; none where no event of it has come.
    pub fn head(&self, iss: &Issuer) -> Option<Head> {
        self.producers.get(iss).map(Sequence::head)
    }
}

impl Sequence {
    fn head(&self) -> Head {
        Head {
            next_seq: self.next_seq,
            last_hash: self.last_hash,
            last_index: self.last_index,
            gaps: self.gaps.iter().map(|(start, gap)| *start..gap.end).collect(),
        }
    }

    fn gap_with(&self, seq: u64) -> Option<(u64, Gap)> {
        let (start, gap) = self.gaps.range(..=seq).next_back()?;
        (seq < gap.end).then(|| (*start, gap.clone()))
    }

    /// Takes in an event at or after the end; `before` is the hash of the event with number `next_seq - 1`.
    fn extend(
        &mut self,
        index: u64,
        seq: u64,
        prev: &[u8; 32],
        hash: &[u8; 32],
        before: Option<[u8; 32]>,
    ) -> Vec<Anomaly> {
        let mut anomalies = Vec::new();
        if seq > self.next_seq {
            self.gaps.insert(self.next_seq, Gap { end: seq, hash_before: before, prev_after: *prev });
            anomalies.push(Anomaly::GapOpened { missing: self.next_seq..seq });
        } else if before.is_some_and(|before| before != *prev) {
            anomalies.push(Anomaly::PrevMismatch { seq });
        }
        self.next_seq = seq.saturating_add(1);
        self.last_hash = *hash;
        self.last_index = index;
        anomalies
    }

    /// Takes in a missing event; what is left of its gap are up to two smaller ones.
    fn fill(&mut self, start: u64, gap: Gap, seq: u64, prev: &[u8; 32], hash: &[u8; 32]) -> Vec<Anomaly> {
        let mut anomalies = Vec::new();
        self.gaps.remove(&start);
        if start < seq {
            self.gaps.insert(start, Gap { end: seq, hash_before: gap.hash_before, prev_after: *prev });
        } else if gap.hash_before.is_some_and(|before| before != *prev) {
            anomalies.push(Anomaly::PrevMismatch { seq });
        }
        let after = seq + 1;
        if after < gap.end {
            self.gaps
                .insert(after, Gap { end: gap.end, hash_before: Some(*hash), prev_after: gap.prev_after });
        } else if gap.prev_after != *hash {
            anomalies.push(Anomaly::PrevMismatch { seq: after });
        }
        if start == seq && after == gap.end {
            anomalies.push(Anomaly::GapClosed { closed: start..gap.end });
        }
        anomalies
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn iss() -> Issuer {
        "sheriff/jail-records".parse().unwrap()
    }

    fn origin() -> Origin {
        "ledger.example/daybook".parse().unwrap()
    }

    fn hash(seq: u64) -> [u8; 32] {
        crate::hash::sha256(seq.to_be_bytes())
    }

    fn prev(seq: u64) -> [u8; 32] {
        if seq == 0 { origin().first_prev() } else { hash(seq - 1) }
    }

    fn fold(order: &[u64]) -> (Continuity, Vec<Anomaly>) {
        let mut fold = Continuity::new(&origin());
        let mut anomalies = Vec::new();
        for (index, seq) in (0u64..).zip(order) {
            anomalies.extend(fold.apply(index, &iss(), *seq, &prev(*seq), &hash(*seq)));
        }
        (fold, anomalies)
    }

    #[test]
    fn a_whole_sequence_has_no_anomaly() {
        let (fold, anomalies) = fold(&[0, 1, 2, 3]);
        assert_eq!(anomalies, []);
        let head = fold.head(&iss()).unwrap();
        assert_eq!((head.next_seq, head.last_hash, head.last_index, head.gaps), (4, hash(3), 3, vec![]));
        assert_eq!(fold.place(&iss(), 4), Place::Next);
        assert_eq!(fold.place(&iss(), 6), Place::Ahead { missing: 4..6 });
        assert_eq!(fold.place(&iss(), 3), Place::Behind);
    }

    #[test]
    fn a_gap_opens_and_closes_in_any_order() {
        let (fold, anomalies) = fold(&[0, 5, 3, 1, 2, 4]);
        use Anomaly::*;
        assert_eq!(
            anomalies,
            [GapOpened { missing: 1..5 }, GapClosed { closed: 2..3 }, GapClosed { closed: 4..5 }]
        );
        assert_eq!(fold.head(&iss()).unwrap().gaps, []);
    }

    #[test]
    fn missing_numbers_are_named_as_ranges() {
        let (fold, _) = fold(&[2, 6, 4]);
        assert_eq!(fold.head(&iss()).unwrap().gaps, [0..2, 3..4, 5..6]);
        assert!(fold.is_open_gap(&iss(), 1) && !fold.is_open_gap(&iss(), 4) && !fold.is_open_gap(&iss(), 7));
        assert!(!fold.is_open_gap(&"a/b".parse().unwrap(), 0));
    }

    #[test]
    fn a_second_event_for_a_number_is_a_fork() {
        let (mut fold, _) = fold(&[0, 1, 2]);
        let before = fold.clone();
        assert_eq!(fold.apply(3, &iss(), 1, &prev(1), &[9; 32]), [Anomaly::Fork { seq: 1 }]);
        assert_eq!(fold, before);
    }

    #[test]
    fn a_broken_chain_is_seen_at_the_end_and_at_both_edges_of_a_gap() {
        let mismatch = |seq| vec![Anomaly::PrevMismatch { seq }];
        let (mut at_end, _) = fold(&[0]);
        assert_eq!(at_end.apply(1, &iss(), 1, &[9; 32], &hash(1)), mismatch(1));
        let mut first = Continuity::new(&origin());
        assert_eq!(first.apply(0, &iss(), 0, &[9; 32], &hash(0)), mismatch(0));
        let (gap, _) = fold(&[0, 4]);
        assert_eq!(gap.clone().apply(2, &iss(), 1, &[9; 32], &hash(1)), mismatch(1));
        assert_eq!(gap.clone().apply(2, &iss(), 3, &prev(3), &[9; 32]), mismatch(4));
        let (mut late_first, _) = fold(&[1]);
        let found = late_first.apply(1, &iss(), 0, &[9; 32], &hash(0));
        assert_eq!(found, [Anomaly::PrevMismatch { seq: 0 }, Anomaly::GapClosed { closed: 0..1 }]);
        let mut untold = Continuity::default();
        assert_eq!(untold.apply(0, &iss(), 0, &[9; 32], &hash(0)), []);
    }

    proptest! {
        #[test]
        fn every_order_of_arrival_ends_whole(order in Just((0u64..24).collect::<Vec<_>>()).prop_shuffle()) {
            let (fold, anomalies) = fold(&order);
            let bad = |a: &Anomaly| matches!(a, Anomaly::PrevMismatch { .. } | Anomaly::Fork { .. });
            prop_assert!(!anomalies.iter().any(bad));
            let head = fold.head(&iss()).unwrap();
            prop_assert_eq!((head.next_seq, head.gaps, head.last_hash), (24, vec![], hash(23)));
        }

        #[test]
        fn one_forged_link_is_seen_in_every_order(
            order in Just((0u64..12).collect::<Vec<_>>()).prop_shuffle(),
            forged in 0u64..12,
        ) {
            let mut fold = Continuity::new(&origin());
            let mut anomalies = Vec::new();
            for (index, seq) in (0u64..).zip(&order) {
                let prev = if *seq == forged { [9; 32] } else { prev(*seq) };
                anomalies.extend(fold.apply(index, &iss(), *seq, &prev, &hash(*seq)));
            }
            let found: Vec<_> = anomalies.iter().filter(|a| matches!(a, Anomaly::PrevMismatch { .. })).collect();
            let expected = Anomaly::PrevMismatch { seq: forged };
            prop_assert_eq!(found, vec![&expected]);
        }
    }
}
