//! What is asked: filters, pages, and their bounds.

use std::ops::Range;

use daybook_event::{Issuer, Jti, Period, TypeName};

use super::error::SearchError;
use super::facets::Facet;
use super::identifiers::Key;
use super::key::{Handle, IdentifierKey};

/// Most terms of a filter: values of facets, identifiers, event identifiers and ranges together.
pub const FILTER_TERMS_MAX: usize = 64;
/// Most entries of a page.
pub const PAGE_LIMIT_MAX: usize = 1_000;

/// Which entries are looked for. An entry matches where every field that says something holds; an empty filter matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these types.
    pub types: Vec<TypeName>,
    /// One of these departments.
    pub departments: Vec<String>,
    /// One of these issuers.
    pub producers: Vec<Issuer>,
    /// One of these months.
    pub periods: Vec<Period>,
    /// Field and value: of each field that is named, one of the values named for it.
    pub codes: Vec<(String, String)>,
    /// The event may have happened in a second of this range (since the epoch of Unix, end excluded).
    pub occurred: Option<Range<i64>>,
    /// The ledger received it in a second of this range.
    pub received: Option<Range<i64>>,
    /// It has every one of these identifiers.
    pub identifiers: Vec<Handle>,
    /// It is one of these events.
    pub jtis: Vec<Jti>,
    /// It links to this event.
    pub linked_to: Option<Jti>,
}

impl Filter {
    /// Number of terms, which [`FILTER_TERMS_MAX`] bounds.
    #[must_use]
    pub fn terms(&self) -> usize {
        let ranges = [&self.occurred, &self.received].into_iter().flatten().count();
        let lists = [
            self.types.len(),
            self.departments.len(),
            self.producers.len(),
            self.periods.len(),
            self.codes.len(),
            self.identifiers.len(),
            self.jtis.len(),
        ];
        lists.iter().sum::<usize>() + ranges + usize::from(self.linked_to.is_some())
    }
}

/// In which order entries come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the last entry down.
    Newest,
    /// From the first entry up.
    Oldest,
}

/// A page of entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Their indexes in the log, in the order asked for. The last one is the cursor of the next page.
    pub entries: Vec<u64>,
    /// Whether there are more.
    pub more: bool,
}

/// A filter made ready: what to look up in each segment.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// Facet, and the values of which an entry has to have one.
    pub(super) facets: Vec<(String, Vec<String>)>,
    /// Keys that an entry has to have all of.
    pub(super) identifiers: Vec<Key>,
    /// The events of which it has to be one; none if any will do.
    pub(super) jtis: Option<Vec<Key>>,
    /// First and last second.
    pub(super) occurred: Option<(i64, i64)>,
    pub(super) received: Option<(i64, i64)>,
    /// A range without a second in it.
    pub(super) nothing: bool,
}

impl Plan {
    pub(super) fn new(filter: &Filter, key: &IdentifierKey) -> Result<Self, SearchError> {
        let terms = filter.terms();
        if terms > FILTER_TERMS_MAX {
            return Err(SearchError::TooManyTerms { terms, max: FILTER_TERMS_MAX });
        }
        let ends = |range: &Option<Range<i64>>| {
            range.as_ref().map(|range| (range.start, range.end.saturating_sub(1)))
        };
        let is_empty = |range: &Option<Range<i64>>| range.as_ref().is_some_and(Range::is_empty);
        let mut identifiers: Vec<Key> = filter.identifiers.iter().map(|handle| handle.0).collect();
        identifiers.extend(filter.linked_to.iter().map(|jti| key.link(jti).0));
        Ok(Self {
            facets: facets(filter),
            identifiers,
            jtis: (!filter.jtis.is_empty()).then(|| filter.jtis.iter().map(|jti| *jti.as_bytes()).collect()),
            occurred: ends(&filter.occurred),
            received: ends(&filter.received),
            nothing: is_empty(&filter.occurred) || is_empty(&filter.received),
        })
    }

    /// Whether a facet is all that it asks for, and nothing but that.
    pub(super) fn only_facet(&self) -> Option<&(String, Vec<String>)> {
        let [one] = self.facets.as_slice() else { return None };
        let others = self.identifiers.is_empty() && self.jtis.is_none();
        (others && self.occurred.is_none() && self.received.is_none() && !self.nothing).then_some(one)
    }
}

fn facets(filter: &Filter) -> Vec<(String, Vec<String>)> {
    fn texts<T: ToString>(values: &[T]) -> Vec<String> {
        values.iter().map(T::to_string).collect()
    }
    let mut facets = vec![
        (Facet::Type.to_string(), texts(&filter.types)),
        (Facet::Department.to_string(), texts(&filter.departments)),
        (Facet::Producer.to_string(), texts(&filter.producers)),
        (Facet::Period.to_string(), texts(&filter.periods)),
    ];
    for (field, value) in &filter.codes {
        let facet = Facet::Code(field.clone()).to_string();
        match facets.iter_mut().find(|(other, _)| *other == facet) {
            Some((_, values)) => values.push(value.clone()),
            None => facets.push((facet, vec![value.clone()])),
        }
    }
    facets.retain(|(_, values)| !values.is_empty());
    for (_, values) in &mut facets {
        values.sort_unstable();
        values.dedup();
    }
    facets
}
