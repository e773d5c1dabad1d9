//! Which entry is to blame, once the entries do not lead to the signed root.
//!
//! The stored leaf hashes are the hint: if the root over them is the signed one, they are what was appended, and the
//! entries are compared with them like two texts.

use daybook_tlog::Hash;

use crate::report::{Failure, Kind};

/// Most records that are kept for comparing, from the first that differs on.
pub(crate) const MAX_DRIFT: usize = 4_096;

/// Records from the first one in a file whose hash is not the stored one.
pub(crate) struct Drift {
    pub(crate) file: String,
    /// Entry that the first of them should be.
    pub(crate) first: u64,
    /// Leaf hash of each record, and its offset.
    pub(crate) found: Vec<(Hash, u64)>,
    /// Whether the list goes to the last record of the file.
    pub(crate) whole: bool,
}

/// What is different, and how the file ended up against the log.
pub(crate) struct Located {
    pub(crate) failures: Vec<Failure>,
    /// Missing entries less inserted ones, as far as they were told apart; `None` where the comparison lost the thread.
    pub(crate) shift: Option<i64>,
}

/// Compares records with the true leaf hashes; `truth[0]` is that of entry `drift.first`, `earlier` ends before it.
pub(crate) fn compare(drift: &Drift, earlier: &[Hash], truth: &[Hash]) -> Located {
    let mut walk = Walk {
        drift,
        earlier,
        truth,
        found: drift.found.iter().map(|(hash, _)| *hash).collect(),
        at: 0,
        shift: 0,
        out: Vec::new(),
    };
    let in_step = walk.run();
    Located { failures: walk.out, shift: in_step.then_some(walk.shift) }
}

struct Walk<'a> {
    drift: &'a Drift,
    earlier: &'a [Hash],
    truth: &'a [Hash],
    found: Vec<Hash>,
    at: usize,
    shift: i64,
    out: Vec<Failure>,
}

impl Walk<'_> {
    /// Whether the end was reached in step.
    fn run(&mut self) -> bool {
        while self.at < self.found.len() {
            let Some(expected) = self.expected(self.at) else {
                // More records than entries: what is left over has been inserted somewhere.
                self.fail(self.at, self.entry(self.at), "is beyond the entries that were appended".into());
                return false;
            };
            if self.found[self.at] == expected {
                self.at += 1;
            } else if !(self.swapped() || self.missing() || self.inserted() || self.changed()) {
                return false;
            }
        }
        true
    }

    fn entry(&self, at: usize) -> u64 {
        (self.drift.first as i64 + at as i64 + self.shift) as u64
    }

    fn expected(&self, at: usize) -> Option<Hash> {
        usize::try_from(at as i64 + self.shift).ok().and_then(|at| self.truth.get(at)).copied()
    }

    fn fail(&mut self, at: usize, entry: u64, what: String) {
        let offset = self.drift.found.get(at).map_or(0, |(_, offset)| *offset);
        let failure = Failure::new(Kind::Entry, format!("entry {entry} {what}"));
        self.out.push(failure.at(&self.drift.file, offset).entry(entry));
    }

    fn swapped(&mut self) -> bool {
        let expected = self.expected(self.at);
        let later = (self.at + 1..self.found.len()).find(|later| Some(self.found[*later]) == expected);
        let Some(later) = later.filter(|later| self.expected(*later) == Some(self.found[self.at])) else {
            return false;
        };
        let (entry, other) = (self.entry(self.at), self.entry(later));
        let what = format!("and entry {other} are swapped: each stands where the other was appended");
        self.fail(self.at, entry, what);
        self.found.swap(self.at, later);
        true
    }

    fn missing(&mut self) -> bool {
        let here = usize::try_from(self.at as i64 + self.shift).unwrap_or(0);
        let found = self.found[self.at];
        let Some(gone) = self.truth[here..].iter().position(|hash| *hash == found) else { return false };
        let entry = self.entry(self.at);
        let stands = entry + gone as u64;
        let what = if gone == 1 {
            format!("is missing: the entry found there has the hash of entry {stands}")
        } else {
            format!(
                "and the {} after it are missing: the entry found there has the hash of entry {stands}",
                gone - 1
            )
        };
        self.fail(self.at, entry, what);
        self.shift += gone as i64;
        true
    }

    fn inserted(&mut self) -> bool {
        let expected = self.expected(self.at);
        let later = (self.at + 1..self.found.len()).find(|later| Some(self.found[*later]) == expected);
        let Some(later) = later else { return false };
        let (entry, count) = (self.entry(self.at), later - self.at);
        let known = self.earlier.iter().chain(self.truth).position(|hash| *hash == self.found[self.at]);
        let copy = known.map(|copy| self.drift.first - self.earlier.len() as u64 + copy as u64);
        let what = match copy {
            Some(copied) => {
                format!("is preceded by {count} that were inserted, the first a copy of entry {copied}")
            }
            None => format!("is preceded by {count} that were never appended there"),
        };
        self.fail(self.at, entry, what);
        self.shift -= count as i64;
        self.at = later;
        true
    }

    /// Entries that differ until records and entries agree again.
    fn changed(&mut self) -> bool {
        let agrees = |at: &usize| self.expected(*at) == Some(self.found[*at]);
        let again = (self.at + 1..self.found.len()).find(agrees);
        let differing = again.unwrap_or(self.at + 1) - self.at;
        for at in self.at..self.at + differing.min(MAX_LISTED) {
            self.fail(at, self.entry(at), CHANGED.into());
        }
        self.at += differing;
        again.is_some() || self.at == self.found.len()
    }
}

/// Most neighbouring changed entries that are listed one by one.
const MAX_LISTED: usize = 20;

pub(crate) const CHANGED: &str =
    "was changed: its bytes differ from what was appended, and its leaf hash does not match log/tiles/0";

#[cfg(test)]
mod tests {
    use super::*;
    use daybook_tlog::leaf_hash;

    fn texts(found: &[u32], truth: std::ops::Range<u32>) -> (Vec<String>, Option<i64>) {
        let hash = |n: &u32| leaf_hash(&n.to_be_bytes());
        let drift = Drift {
            file: "f".into(),
            first: u64::from(truth.start),
            found: found.iter().map(|n| (hash(n), 0)).collect(),
            whole: true,
        };
        let truth: Vec<Hash> = truth.map(|n| hash(&n)).collect();
        let located = compare(&drift, &[], &truth);
        let words = located.failures.iter().map(|failure| {
            let words: Vec<&str> = failure.what.split(' ').collect();
            words[..words.len().min(5)].join(" ")
        });
        (words.collect(), located.shift)
    }

    #[test]
    fn each_kind_of_change_is_called_by_its_name() {
        assert_eq!(texts(&[3, 4, 5], 3..6), (vec![], Some(0)));
        assert_eq!(texts(&[99, 4, 5], 3..6), (vec!["entry 3 was changed: its".into()], Some(0)));
        assert_eq!(texts(&[3, 4, 99], 3..6), (vec!["entry 5 was changed: its".into()], Some(0)));
        assert_eq!(texts(&[4, 5, 6], 3..7), (vec!["entry 3 is missing: the".into()], Some(1)));
        assert_eq!(texts(&[3, 6, 7], 3..8), (vec!["entry 4 and the 1".into()], Some(2)));
        assert_eq!(texts(&[4, 3, 5], 3..6), (vec!["entry 3 and entry 4".into()], Some(0)));
        assert_eq!(texts(&[5, 4, 3], 3..6), (vec!["entry 3 and entry 5".into()], Some(0)));
        assert_eq!(texts(&[3, 3, 4, 5], 3..6), (vec!["entry 4 is preceded by".into()], Some(-1)));
        assert_eq!(texts(&[3, 99, 4, 5], 3..6), (vec!["entry 4 is preceded by".into()], Some(-1)));
        let two = vec!["entry 4 was changed: its".into(), "entry 7 is missing: the".into()];
        assert_eq!(texts(&[3, 99, 5, 6, 8], 3..9), (two, Some(1)));
    }

    #[test]
    fn after_a_length_was_changed_only_the_first_is_blamed() {
        assert_eq!(texts(&[99, 98, 97, 96], 3..9), (vec!["entry 3 was changed: its".into()], None));
    }
}
