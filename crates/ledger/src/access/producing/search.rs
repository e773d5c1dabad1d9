//! What a production found: the same each time, as long as nothing of it was sealed, unsealed or erased since.

use std::ops::RangeInclusive;
use std::sync::Arc;

use daybook_access::{
    AccessFault, Disposition, Entries, FOUND_MAX, Figures, Production, ProductionQuery, Searched,
};
use daybook_index::search::{Filter, Order, SearchError, View};

use super::super::approvals::ActFault;
use super::super::terms::filter_of;
use super::super::{Behind, Desk};
use super::off;

/// The entries of a production, ascending.
pub(super) type EntryWalk = Box<dyn Iterator<Item = Result<u64, SearchError>> + Send>;

/// A search that can be made.
#[derive(Clone)]
pub(super) enum Search {
    /// Entries that were named.
    Named(Entries),
    /// What fits in the index, below a size of the log.
    Index { view: View, filter: Box<Filter>, size: u64 },
}

impl Search {
    /// Every entry that was found, ascending.
    pub(super) fn walk(&self) -> Result<EntryWalk, SearchError> {
        Ok(match self {
            Self::Named(entries) => Box::new(entries.ranges().to_vec().into_iter().flatten().map(Ok)),
            Self::Index { view, filter, size } => Box::new(view.all(filter, *size)?),
        })
    }

    /// How many were found.
    pub(super) fn count(&self) -> Result<u64, SearchError> {
        match self {
            Self::Named(entries) => Ok(entries.len() as u64),
            Self::Index { view, filter, size } => view.count(filter, *size),
        }
    }

    /// The next ones after an entry, and whether there are more.
    pub(super) fn page(&self, after: Option<u64>, limit: usize) -> Result<(Vec<u64>, bool), SearchError> {
        match self {
            Self::Named(entries) => {
                let mut later = entries.iter().filter(|entry| after.is_none_or(|after| *entry > after));
                let page: Vec<u64> = later.by_ref().take(limit).collect();
                Ok((page, later.next().is_some()))
            }
            Self::Index { view, filter, size } => {
                let page = view.page(filter, *size, Order::Oldest, after, limit)?;
                Ok((page.entries, page.more))
            }
        }
    }
}

impl Desk {
    /// The search of a query over a log of some size.
    pub(super) async fn search_of(&self, query: &ProductionQuery, size: u64) -> Result<Search, ActFault> {
        match query.searched() {
            Searched::Entries(entries) if entries.last() >= size => {
                Err(ActFault::Scope(format!("the log that is searched has {size} entries")))
            }
            Searched::Entries(entries) => Ok(Search::Named(entries.clone())),
            Searched::Terms(terms) => {
                let filter = filter_of(terms, &self.zone);
                let filter = filter.ok_or_else(|| ActFault::Scope("a term of the search is none".into()))?;
                self.caught_up(size).await?;
                Ok(Search::Index { view: self.search.view(), filter: Box::new(filter), size })
            }
        }
    }

    /// The size up to which a production searches: that of a checkpoint which was signed and kept, so that anybody can be shown it later.
    pub(super) fn searchable_size(&self, asked: Option<u64>) -> Result<u64, ActFault> {
        let known = self.log().size();
        let size = asked.unwrap_or(known);
        if size > known {
            return Err(Behind::Future { size: known }.into());
        }
        let first =
            self.log().checkpoints(size.saturating_sub(1), 1).map_err(super::super::ReadingFault::from)?;
        match first.first() {
            Some((stored, _)) if *stored == size => Ok(size),
            _ => Err(ActFault::Scope(format!("at: no checkpoint of size {size} was signed; leave it out"))),
        }
    }

    /// The search of a production, provided that what it found stands as it stood when it was opened.
    ///
    /// An erasure takes entries out of the index that were found by what is gone now; then there are fewer than there were.
    pub(super) async fn current(&self, production: &Production) -> Result<Search, ActFault> {
        let opened = &production.opened;
        let search = self.search_of(&opened.query, opened.searched_size).await?;
        let touched: Vec<RangeInclusive<u64>> = self.access().touched_after(opened.entry).collect();
        let (asking, found) = (search.clone(), opened.found);
        off(move || {
            let same = asking.count()? == found && !any_of(&touched, asking.walk()?)?;
            if same { Ok(()) } else { Err(AccessFault::ProductionOutdated.into()) }
        })
        .await?;
        Ok(search)
    }

    /// What a search finds, counted; stops counting beyond what a production can have.
    pub(super) async fn figures(
        self: &Arc<Self>,
        search: &Search,
        query: &ProductionQuery,
    ) -> Result<Figures, ActFault> {
        let (desk, search, query) = (Arc::clone(self), search.clone(), query.clone());
        off(move || desk.count_up(&search, &query)).await
    }

    fn count_up(&self, search: &Search, query: &ProductionQuery) -> Result<Figures, ActFault> {
        let mut figures = Figures { found: search.count()?, ..Figures::default() };
        if figures.found > FOUND_MAX {
            return Ok(figures);
        }
        let mut held_back: std::collections::BTreeSet<u64> = query.held_back_entries().collect();
        for entry in search.walk()? {
            let entry = entry?;
            match self.access().disposition(query, entry) {
                Disposition::Produced => figures.produced += 1,
                Disposition::Sealed(_) => figures.withheld += 1,
                Disposition::Privileged(_) | Disposition::Excluded(_) => {
                    held_back.remove(&entry);
                    figures.withheld += 1;
                }
            }
        }
        figures.not_found = held_back.first().copied();
        Ok(figures)
    }
}

/// Whether one of the entries lies in one of the ranges; both ascend.
fn any_of(ranges: &[RangeInclusive<u64>], entries: EntryWalk) -> Result<bool, SearchError> {
    let mut at = ranges.iter().peekable();
    if at.peek().is_none() {
        return Ok(false);
    }
    for entry in entries {
        let entry = entry?;
        while at.next_if(|range| *range.end() < entry).is_some() {}
        match at.peek() {
            None => return Ok(false),
            Some(range) if range.contains(&entry) => return Ok(true),
            Some(_) => {}
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_entries_are_held_against_each_other() {
        let walk = |entries: Vec<u64>| -> EntryWalk { Box::new(entries.into_iter().map(Ok)) };
        let any =
            |ranges: &[RangeInclusive<u64>], entries: &[u64]| any_of(ranges, walk(entries.to_vec())).unwrap();
        assert!(!any(&[], &[1, 2]) && !any(&[3..=4], &[]));
        assert!(any(&[3..=4], &[1, 2, 4]) && any(&[3..=4], &[3]));
        assert!(!any(&[3..=4], &[1, 2, 5]));
        assert!(any(&[1..=1, 9..=20], &[2, 8, 15]) && !any(&[1..=1, 9..=20], &[2, 8, 21]));
    }
}
