//! Which entries of one segment match.

use std::sync::Arc;

use roaring::{MultiOps as _, RoaringBitmap};

use super::error::SearchError;
use super::identifiers::Key;
use super::query::Plan;
use super::segment::{Head, Part, RunKind, Segment, Span};
use super::times::Times;

/// A segment of which the parts are at hand or can be loaded.
pub(super) trait Source {
    fn head(&self) -> &Head;
    /// The bitmaps of [`Part::Codes`] or [`Part::Envelope`].
    fn bitmaps(&self, part: Part) -> Result<Arc<Vec<RoaringBitmap>>, SearchError>;
    fn times(&self) -> Result<Arc<Times>, SearchError>;
    /// The offsets of the entries with a key.
    fn find(&self, run: RunKind, key: &Key) -> Result<Vec<u16>, SearchError>;
}

impl Source for Segment {
    fn head(&self) -> &Head {
        &self.head
    }

    fn bitmaps(&self, part: Part) -> Result<Arc<Vec<RoaringBitmap>>, SearchError> {
        Ok(Arc::clone(if part == Part::Codes { &self.codes } else { &self.envelope }))
    }

    fn times(&self) -> Result<Arc<Times>, SearchError> {
        Ok(Arc::clone(&self.times))
    }

    fn find(&self, run: RunKind, key: &Key) -> Result<Vec<u16>, SearchError> {
        Ok(match run {
            RunKind::Identifiers => self.identifiers.find(key).collect(),
            RunKind::Jtis => self.jtis.find(key).collect(),
        })
    }
}

/// The entries of a segment that match, by their offsets.
#[derive(Debug, Clone)]
pub(super) enum Matches {
    All,
    Some(RoaringBitmap),
}

impl Matches {
    fn none() -> Self {
        Self::Some(RoaringBitmap::new())
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::Some(found) if found.is_empty())
    }

    fn narrow(&mut self, by: &RoaringBitmap) {
        match self {
            Self::All => *self = Self::Some(by.clone()),
            Self::Some(found) => *found &= by,
        }
    }

    /// How many of the first `end` entries match.
    pub(super) fn count(&self, end: u32) -> u64 {
        match self {
            Self::All => end.into(),
            Self::Some(found) => found.range_cardinality(..end),
        }
    }

    /// The matches themselves, among the first `end` entries.
    pub(super) fn below(self, end: u32) -> RoaringBitmap {
        match self {
            Self::All => {
                let mut all = RoaringBitmap::new();
                all.insert_range(..end);
                all
            }
            Self::Some(mut found) => {
                found.remove_range(end..);
                found
            }
        }
    }
}

/// The entries of the segment that match. What is in memory anyway decides first, then the identifiers, which leave least over, then bitmaps and times.
pub(super) fn matches(source: &dyn Source, plan: &Plan) -> Result<Matches, SearchError> {
    let head = source.head();
    let Some(groups) = positions(head, plan) else { return Ok(Matches::none()) };
    let mut found = Matches::All;
    for key in &plan.identifiers {
        found.narrow(&source.find(RunKind::Identifiers, key)?.into_iter().map(u32::from).collect());
        if found.is_none() {
            return Ok(found);
        }
    }
    if let Some(jtis) = &plan.jtis {
        let mut any = RoaringBitmap::new();
        for jti in jtis {
            any.extend(source.find(RunKind::Jtis, jti)?.into_iter().map(u32::from));
        }
        found.narrow(&any);
    }
    for group in groups {
        if found.is_none() {
            return Ok(found);
        }
        narrow_by_values(source, &group, &mut found)?;
    }
    narrow_by_times(source, plan, &mut found)?;
    Ok(found)
}

/// The positions of each facet's values in the segment's table; none where the segment cannot hold a match.
fn positions(head: &Head, plan: &Plan) -> Option<Vec<Vec<usize>>> {
    let by_time = |asked: Option<(i64, i64)>, low: Span, high: Span| match asked {
        None => true,
        Some((first, last)) => {
            low.ends.is_some_and(|(low, _)| low <= last) && high.ends.is_some_and(|(_, high)| first <= high)
        }
    };
    let possible = !plan.nothing
        && by_time(plan.occurred, head.earliest, head.latest)
        && by_time(plan.received, head.received, head.received);
    if !possible {
        return None;
    }
    let mut groups = Vec::with_capacity(plan.facets.len());
    for (facet, values) in &plan.facets {
        let group: Vec<usize> = values.iter().filter_map(|value| head.facets.find(facet, value)).collect();
        if group.is_empty() {
            return None;
        }
        groups.push(group);
    }
    Some(groups)
}

/// The bitmaps of the part in which a position of the facet table is, and the position of the first of them. All values of a facet are in one part.
pub(super) fn bitmaps_at(
    source: &dyn Source,
    at: usize,
) -> Result<(Arc<Vec<RoaringBitmap>>, usize), SearchError> {
    let codes = source.head().facets.codes();
    Ok(if at < codes { (source.bitmaps(Part::Codes)?, 0) } else { (source.bitmaps(Part::Envelope)?, codes) })
}

/// Narrows to the entries that have one of the values at these positions, of which there is at least one.
fn narrow_by_values(source: &dyn Source, group: &[usize], found: &mut Matches) -> Result<(), SearchError> {
    let (bitmaps, from) = bitmaps_at(source, group[0])?;
    match group {
        [at] => found.narrow(&bitmaps[at - from]),
        several => found.narrow(&several.iter().map(|at| &bitmaps[at - from]).union()),
    }
    Ok(())
}

fn narrow_by_times(source: &dyn Source, plan: &Plan, found: &mut Matches) -> Result<(), SearchError> {
    let head = source.head();
    if let Some((first, last)) = plan.occurred
        && !found.is_none()
    {
        let begun = head.earliest.whole && head.earliest.ends.is_some_and(|(_, highest)| highest <= last);
        let ended = head.latest.whole && head.latest.ends.is_some_and(|(lowest, _)| first <= lowest);
        if !(begun && ended) {
            found.narrow(&source.times()?.occurred(first, last));
        }
    }
    if let Some((first, last)) = plan.received
        && !found.is_none()
    {
        let within = head.received.ends.is_some_and(|(lowest, highest)| first <= lowest && highest <= last);
        if !(head.received.whole && within) {
            found.narrow(&source.times()?.received(first, last));
        }
    }
    Ok(())
}
