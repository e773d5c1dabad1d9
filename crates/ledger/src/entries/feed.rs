//! Where a stage gets its entries from: memory while it keeps up, the disk otherwise. They are the same either way.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::handover::Seat;
use super::{EntryReader, Opened, PARSE_CHUNK, Unread};

/// Entries for one reader in the order of the log. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) entries: EntryReader,
    seat: Option<Arc<Seat>>,
}

impl Feed {
    /// A feed from the disk alone.
    pub(crate) fn from_disk(entries: EntryReader) -> Self {
        Self { entries, seat: None }
    }

    /// The feed of a stage that shares what is in memory.
    pub(crate) fn of_stage(entries: EntryReader, seat: Seat) -> Self {
        Self { entries, seat: Some(Arc::new(seat)) }
    }

    /// Says which entry is wanted next, where nothing is asked for: then the next ones come by memory.
    pub(crate) fn stand_at(&self, next: u64) {
        if let Some(seat) = &self.seat {
            seat.stand_at(next);
        }
    }

    /// The next entries, each made into something: those of the range from its beginning on, at least one.
    ///
    /// # Errors
    /// The first entry that cannot be read.
    pub(crate) fn next<T: Send>(
        &self,
        range: Range<u64>,
        make: impl Fn(Opened) -> T + Send + Sync,
    ) -> Result<Vec<T>, Unread> {
        let Some(seat) = &self.seat else { return self.entries.each(range, make) };
        let opened = seat.take(range, &self.entries)?;
        if opened.len() <= PARSE_CHUNK {
            return Ok(opened.into_iter().map(make).collect());
        }
        Ok(self.entries.spread(|| opened.into_par_iter().with_min_len(PARSE_CHUNK).map(make).collect()))
    }
}
