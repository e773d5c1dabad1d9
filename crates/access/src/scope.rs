//! What an act is about: entries of the log and a part of their fields.

use std::ops::RangeInclusive;

use daybook_event::sealing::{MAX_COVERED_ENTRIES, MAX_SPANS};
use daybook_event::{Class, EntrySpan};
use serde::{Deserialize, Serialize};

/// Most entries that one act is about.
pub const ENTRIES_MAX: usize = MAX_COVERED_ENTRIES as usize;
/// Most numbers and ranges in which they are written (`entries` in `schemas/events/common.json`).
pub const RANGES_MAX: usize = MAX_SPANS;

/// Entries of the log: disjoint ranges, ascending. Ranges that touch are one range. Only what names a query instead has none ([`Self::none`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries(Vec<RangeInclusive<u64>>);

/// A list that names no set of entries, or too large a one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntriesFault {
    /// An item has another form.
    #[error("entries are written as numbers, 17, or ranges, 20-22, without leading zeros")]
    Form,
    /// An item does not come after the one before it.
    #[error("entries ascend and each is named once")]
    Order,
    /// The list is empty.
    #[error("at least one entry is named")]
    Empty,
    /// More than [`ENTRIES_MAX`] entries or [`RANGES_MAX`] items.
    #[error("at most {ENTRIES_MAX} entries in {RANGES_MAX} ranges are named; make several requests")]
    TooMany,
}

impl Entries {
    /// Reads a list such as `["17", "20-22"]`.
    ///
    /// # Errors
    /// Where the list is empty, too long, not ascending or not disjoint, or an item has another form.
    pub fn parse<S: AsRef<str>>(items: &[S]) -> Result<Self, EntriesFault> {
        if items.len() > RANGES_MAX {
            return Err(EntriesFault::TooMany);
        }
        let mut ranges: Vec<RangeInclusive<u64>> = Vec::new();
        let mut total: u64 = 0;
        for item in items {
            let span = EntrySpan::parse(item.as_ref()).ok_or(EntriesFault::Form)?;
            total = total.saturating_add(span.count());
            if total > MAX_COVERED_ENTRIES {
                return Err(EntriesFault::TooMany);
            }
            let range = span.first..=span.last;
            match ranges.last_mut() {
                Some(last) if *range.start() <= *last.end() => return Err(EntriesFault::Order),
                Some(last) if *range.start() == *last.end() + 1 => *last = *last.start()..=*range.end(),
                _ => ranges.push(range),
            }
        }
        if ranges.is_empty() { Err(EntriesFault::Empty) } else { Ok(Self(ranges)) }
    }

    /// No entries: what is asked for names a query instead.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// One entry.
    pub fn one(entry: u64) -> Self {
        Self(vec![entry..=entry])
    }

    /// The list in its shortest form, as events hold it.
    pub fn to_strings(&self) -> Vec<String> {
        let write =
            |range: &RangeInclusive<u64>| EntrySpan { first: *range.start(), last: *range.end() }.to_string();
        self.0.iter().map(write).collect()
    }

    /// Whether `entry` is one of them.
    pub fn contains(&self, entry: u64) -> bool {
        let after = self.0.partition_point(|range| *range.start() <= entry);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|range| range.contains(&entry))
    }

    /// Each entry, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().flat_map(Clone::clone)
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> &[RangeInclusive<u64>] {
        &self.0
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.0.iter().map(|range| (range.end() - range.start() + 1) as usize).sum()
    }

    /// The highest entry; 0 where there is none.
    pub fn last(&self) -> u64 {
        self.0.last().map_or(0, |range| *range.end())
    }
}

/// Which fields of an entry. Public fields are never part of it: they stay in the clear in the signed bytes.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The withheld fields.
    Withheld,
    /// The restricted fields.
    Restricted,
    /// Both.
    All,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Withheld, Self::Restricted, Self::All];

    /// The part as events write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Withheld => "withheld",
            Self::Restricted => "restricted",
            Self::All => "all",
        }
    }

    /// Reads what [`Self::as_str`] writes; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == text)
    }

    /// Whether fields of this class are in it.
    pub const fn covers(self, class: Class) -> bool {
        match class {
            Class::P => false,
            Class::R => matches!(self, Self::Restricted | Self::All),
            Class::W => matches!(self, Self::Withheld | Self::All),
        }
    }

    /// The part that holds these classes; `None` for no class.
    pub(crate) const fn of(restricted: bool, withheld: bool) -> Option<Self> {
        match (restricted, withheld) {
            (false, false) => None,
            (true, false) => Some(Self::Restricted),
            (false, true) => Some(Self::Withheld),
            (true, true) => Some(Self::All),
        }
    }
}
