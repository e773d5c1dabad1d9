//! A view: what the index says at one moment, for any size of the log up to its own.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use daybook_event::Jti;
use roaring::RoaringBitmap;

use super::blobs::{Loader, Stored};
use super::error::SearchError;
use super::evaluate::{Matches, Source, bitmaps_at, matches};
use super::facets::Facet;
use super::identifiers::Key;
use super::key::Handle;
use super::query::{Filter, Order, PAGE_LIMIT_MAX, Page, Plan};
use super::segment::{RunKind, Segment};
use super::store::Shared;

/// What the index consists of at one moment.
pub(super) struct Snapshot {
    pub(super) stored: Arc<Vec<Arc<Stored>>>,
    pub(super) tail: Vec<Arc<Segment>>,
    pub(super) size: u64,
}

/// The index at one moment. Cheap to get and to clone; entries that come later do not show in it. What is erased disappears from full segments of older
/// views too, so do not keep views for longer than an answer takes.
#[derive(Clone)]
pub struct View {
    shared: Arc<Shared>,
    snapshot: Arc<Snapshot>,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("size", &self.snapshot.size).finish_non_exhaustive()
    }
}

impl View {
    pub(super) fn new(shared: Arc<Shared>, snapshot: Arc<Snapshot>) -> Self {
        Self { shared, snapshot }
    }

    /// Number of entries that it knows.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.snapshot.size
    }

    /// A page of the matching entries below a checkpoint's size, after the cursor `after` in the order asked for.
    ///
    /// # Errors
    /// A filter or page over its bound, a checkpoint that the index has not come to, or a segment that cannot be read.
    pub fn page(
        &self,
        filter: &Filter,
        below: u64,
        order: Order,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page, SearchError> {
        if limit == 0 || limit > PAGE_LIMIT_MAX {
            return Err(SearchError::PageLimit { limit, max: PAGE_LIMIT_MAX });
        }
        let plan = self.plan(filter, below)?;
        let window = match (order, after) {
            (_, None) => 0..below,
            (Order::Newest, Some(after)) => 0..below.min(after),
            (Order::Oldest, Some(after)) => after.saturating_add(1)..below,
        };
        let mut page = Page::default();
        let mut take = |first: u64, offset: u32| {
            if page.entries.len() == limit {
                page.more = true;
                return ControlFlow::Break(());
            }
            page.entries.push(first + u64::from(offset));
            ControlFlow::Continue(())
        };
        let mut units = self.units_within(&window);
        while let Some(unit) = if order == Order::Newest { units.next_back() } else { units.next() } {
            let (first, range, found) = self.found(unit, &plan, &window)?;
            let mut offsets = found.range(range);
            let stop = match order {
                Order::Newest => offsets.rev().try_for_each(|offset| take(first, offset)),
                Order::Oldest => offsets.try_for_each(|offset| take(first, offset)),
            };
            if stop.is_break() {
                break;
            }
        }
        Ok(page)
    }

    /// How many entries below a checkpoint's size match.
    ///
    /// # Errors
    /// As [`page`](View::page).
    pub fn count(&self, filter: &Filter, below: u64) -> Result<u64, SearchError> {
        let plan = self.plan(filter, below)?;
        let mut sum = 0;
        for unit in self.units_within(&(0..below)) {
            sum += self.with(unit, |source| {
                let end = end(source, below);
                match known_count(source, &plan, end) {
                    Some(count) => Ok(count),
                    None => Ok(matches(source, &plan)?.count(end)),
                }
            })?;
        }
        Ok(sum)
    }

    /// How many matching entries below a checkpoint's size have each value of a facet; values that none has are left out. Sorted by value.
    ///
    /// # Errors
    /// As [`page`](View::page).
    pub fn facet_counts(
        &self,
        filter: &Filter,
        below: u64,
        facet: &Facet,
    ) -> Result<Vec<(String, u64)>, SearchError> {
        let plan = self.plan(filter, below)?;
        let facet = facet.to_string();
        let mut sums = std::collections::BTreeMap::<String, u64>::new();
        for unit in self.units_within(&(0..below)) {
            for (value, count) in self.with(unit, |source| counts(source, &plan, &facet, below))? {
                *sums.entry(value).or_default() += count;
            }
        }
        Ok(sums.into_iter().filter(|(_, count)| *count > 0).collect())
    }

    /// The entry of an event; the first one, should several events bear the same identifier.
    ///
    /// # Errors
    /// A segment cannot be read.
    pub fn entry_of(&self, jti: &Jti) -> Result<Option<u64>, SearchError> {
        let key: &Key = jti.as_bytes();
        for unit in 0..self.units() {
            let offset = self.with(unit, |source| Ok(source.find(RunKind::Jtis, key)?.first().copied()))?;
            if let Some(offset) = offset {
                return Ok(Some(self.span(unit).start + u64::from(offset)));
            }
        }
        Ok(None)
    }

    /// The entries of a matter below a checkpoint's size, in order.
    ///
    /// # Errors
    /// As [`page`](View::page).
    pub fn matter(&self, matter: &Handle, below: u64) -> Result<Vec<u64>, SearchError> {
        self.all(&Filter { identifiers: vec![*matter], ..Filter::default() }, below)?.collect()
    }

    /// Every matching entry below a checkpoint's size, in order; reads segment by segment.
    ///
    /// # Errors
    /// As [`page`](View::page), now or while it goes on.
    pub fn all(&self, filter: &Filter, below: u64) -> Result<All, SearchError> {
        let plan = self.plan(filter, below)?;
        let units = self.units_within(&(0..below));
        Ok(All {
            view: self.clone(),
            plan,
            below,
            units,
            first: 0,
            offsets: RoaringBitmap::new().into_iter(),
        })
    }

    fn plan(&self, filter: &Filter, below: u64) -> Result<Plan, SearchError> {
        if below > self.snapshot.size {
            return Err(SearchError::Behind { size: self.snapshot.size, below });
        }
        Plan::new(filter, &self.shared.key)
    }

    fn units(&self) -> usize {
        self.snapshot.stored.len() + self.snapshot.tail.len()
    }

    /// The entries of a unit, a stored segment or a piece of the tail.
    fn span(&self, unit: usize) -> Range<u64> {
        let full = &self.snapshot.stored;
        let head = match full.get(unit) {
            Some(stored) => stored.head(),
            None => &self.snapshot.tail[unit - full.len()].head,
        };
        head.first..head.first + u64::from(head.len)
    }

    fn units_within(&self, window: &Range<u64>) -> Range<usize> {
        let bound = |holds: &dyn Fn(Range<u64>) -> bool| {
            let (mut low, mut high) = (0, self.units());
            while low < high {
                let middle = low.midpoint(high);
                if holds(self.span(middle)) { low = middle + 1 } else { high = middle }
            }
            low
        };
        let from = bound(&|span| span.end <= window.start);
        from..bound(&|span| span.start < window.end).max(from)
    }

    /// The first entry of a unit, the offsets of the window in it, and its matches.
    fn found(
        &self,
        unit: usize,
        plan: &Plan,
        window: &Range<u64>,
    ) -> Result<(u64, Range<u32>, RoaringBitmap), SearchError> {
        let span = self.span(unit);
        let offset = |index: u64| (index.clamp(span.start, span.end) - span.start) as u32;
        let range = offset(window.start)..offset(window.end);
        let found = self.with(unit, |source| Ok(matches(source, plan)?.below(range.end)))?;
        Ok((span.start, range, found))
    }

    /// Asks a unit. A segment that was written again meanwhile is asked as it is now.
    fn with<T>(
        &self,
        unit: usize,
        ask: impl Fn(&dyn Source) -> Result<T, SearchError>,
    ) -> Result<T, SearchError> {
        let Some(stored) = self.snapshot.stored.get(unit) else {
            return ask(&*self.snapshot.tail[unit - self.snapshot.stored.len()]);
        };
        let mut stored = Arc::clone(stored);
        loop {
            let shared = &self.shared;
            let answer = ask(&Loader { stored: &stored, tree: &shared.tree, cache: &shared.cache });
            if !matches!(answer, Err(SearchError::Damaged { .. })) {
                return answer;
            }
            match shared.snapshot().stored.get(unit) {
                Some(now) if now.key.revision != stored.key.revision => stored = Arc::clone(now),
                _ => {
                    shared.note_damage(stored.number);
                    return answer;
                }
            }
        }
    }
}

/// The number of entries of a segment that are below a size.
fn end(source: &dyn Source, below: u64) -> u32 {
    let head = source.head();
    u32::try_from(below.saturating_sub(head.first)).map_or(head.len, |end| end.min(head.len))
}

/// The count that the head knows by itself: one facet of which every event has one value, over the whole segment.
fn known_count(source: &dyn Source, plan: &Plan, end: u32) -> Option<u64> {
    let head = source.head();
    let (facet, values) = plan.only_facet().filter(|_| end == head.len)?;
    let at: Vec<_> = values.iter().filter_map(|value| head.facets.find(facet, value)).collect();
    let disjoint = at.len() < 2 || at.iter().all(|&at| at >= head.facets.codes());
    disjoint.then(|| at.iter().map(|&at| u64::from(head.facets.0[at].count)).sum())
}

fn counts(
    source: &dyn Source,
    plan: &Plan,
    facet: &str,
    below: u64,
) -> Result<Vec<(String, u64)>, SearchError> {
    let head = source.head();
    let end = end(source, below);
    let found = matches(source, plan)?;
    if found.is_none() {
        return Ok(Vec::new());
    }
    let known = matches!(found, Matches::All) && end == head.len;
    let found = if known { RoaringBitmap::new() } else { found.below(end) };
    let at = head.facets.of(facet);
    let (bitmaps, from) =
        if known || at.is_empty() { (Arc::default(), 0) } else { bitmaps_at(source, at.start)? };
    let count = |at: usize| {
        let value = &head.facets.0[at];
        let count = if known { value.count.into() } else { bitmaps[at - from].intersection_len(&found) };
        (value.value.to_string(), count)
    };
    Ok(at.map(count).collect())
}

/// Matching entries in order.
pub struct All {
    view: View,
    plan: Plan,
    below: u64,
    units: Range<usize>,
    first: u64,
    offsets: roaring::bitmap::IntoIter,
}

impl std::fmt::Debug for All {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("All").field("below", &self.below).finish_non_exhaustive()
    }
}

impl Iterator for All {
    type Item = Result<u64, SearchError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(offset) = self.offsets.next() {
                return Some(Ok(self.first + u64::from(offset)));
            }
            let unit = self.units.next()?;
            match self.view.found(unit, &self.plan, &(0..self.below)) {
                Ok((first, _, found)) => (self.first, self.offsets) = (first, found.into_iter()),
                Err(error) => {
                    self.units = 0..0;
                    return Some(Err(error));
                }
            }
        }
    }
}
