//! The entries do not lead to the signed root: which of them is it?

use std::io;
use std::ops::Range;

use daybook_tlog::Hash;

use crate::checkpoints::Anchor;
use crate::entries::Gap;
use crate::fold::Fold;
use crate::hashes::{HashStream, stored_root};
use crate::locate::{Located, MAX_DRIFT, compare};
use crate::report::{Failure, Kind};
use crate::source::LogSource;

/// The failures, the first bad entry first. What merely follows from a bad entry before it is left out.
pub(crate) fn blame(
    source: &dyn LogSource,
    anchor: &Anchor,
    fold: &mut Fold<'_>,
) -> io::Result<Vec<Failure>> {
    let size = anchor.checkpoint.size;
    let findings = std::mem::take(&mut fold.findings);
    let mut failures = if stored_root(source, size)? == Some(anchor.checkpoint.root) {
        by_stored_hashes(source, size, fold)?
    } else {
        by_chain(size, fold, &findings)
    };
    let first_bad = failures.iter().filter_map(|failure| failure.entry).min().unwrap_or(u64::MAX);
    let before = |finding: &Failure| finding.entry.is_some_and(|entry| entry < first_bad);
    failures.extend(findings.into_iter().filter(before));
    failures.sort_by_key(|failure| failure.entry.unwrap_or(u64::MAX));
    Ok(failures)
}

/// The stored leaf hashes are the signed ones: compare with them.
fn by_stored_hashes(source: &dyn LogSource, size: u64, fold: &Fold<'_>) -> io::Result<Vec<Failure>> {
    let mut failures = Vec::new();
    let mut explained: Vec<Range<u64>> = Vec::new();
    for drift in &fold.drifts {
        let mut level = HashStream::new(source, 0, size);
        let from = drift.first.saturating_sub(MAX_DRIFT as u64);
        level.skip_to(from)?;
        let earlier = level.read(drift.first - from)?;
        let truth: Vec<Hash> = level.read((2 * MAX_DRIFT) as u64)?;
        let Located { failures: found, shift } = compare(drift, &earlier, &truth);
        failures.extend(found);
        // A file that came short by as many entries as were found missing needs no second failure for that; nor does one in
        // which the comparison lost the thread.
        let end = drift.first + drift.found.len() as u64;
        match shift {
            Some(shift) if drift.whole && shift >= 0 => explained.push(end..end + shift as u64),
            Some(_) if drift.whole => {}
            _ => explained.push(drift.first..u64::MAX),
        }
    }
    for gap in &fold.gaps {
        let covers = |known: &Range<u64>| {
            known.start <= gap.entries.start && (gap.entries.end <= known.end || known.end == u64::MAX)
        };
        if !explained.iter().any(covers) {
            failures.push(gap_failure(gap));
        }
    }
    if failures.is_empty() {
        let what = "the entries do not lead to the signed root although each has its stored hash".to_owned();
        failures.push(Failure::new(Kind::Tree, what));
    }
    Ok(failures)
}

/// The stored hashes cannot be relied on either: what is left is the chain, and the checkpoints that still agree.
fn by_chain(size: u64, fold: &Fold<'_>, findings: &[Failure]) -> Vec<Failure> {
    let mut failures: Vec<Failure> = fold.gaps.iter().map(gap_failure).collect();
    let broken = findings.iter().filter(|finding| matches!(finding.kind, Kind::Chain | Kind::Entry));
    let first_gap = fold.gaps.iter().map(|gap| gap.entries.start).min().unwrap_or(u64::MAX);
    failures.extend(broken.filter(|finding| finding.entry.is_some_and(|entry| entry <= first_gap)).cloned());
    if !fold.whole {
        return failures;
    }
    let agreed = fold.list.as_ref().and_then(|list| list.agrees_at);
    let contradicted = fold.list.as_ref().and_then(|list| list.contradiction.as_ref());
    let where_ = match (agreed, contradicted) {
        (Some(from), Some(to)) => {
            format!("; by the checkpoints, the change lies in entries {from} to {}", to.size - 1)
        }
        (None, Some(to)) => format!("; by the checkpoints, the change lies in entries 0 to {}", to.size - 1),
        (Some(from), None) => {
            format!("; up to entry {} they agree with a checkpoint", from.saturating_sub(1))
        }
        (None, None) => String::new(),
    };
    let what = format!("the root over the {size} entries is not the one that was signed{where_}");
    failures.push(Failure::new(Kind::Tree, what));
    failures
}

fn gap_failure(gap: &Gap) -> Failure {
    let entry = gap.entries.start;
    let what = match gap.entries.end - entry {
        1 => format!("entry {entry} cannot be read: {}", gap.why),
        count => format!("entry {entry} and the {} after it cannot be read: {}", count - 1, gap.why),
    };
    Failure::new(Kind::Entry, what).at(&gap.file, gap.offset).entry(entry)
}
