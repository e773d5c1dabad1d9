//! Where in its file a record stands.
//!
//! Records differ in length, so the place of record `n` follows only from those before it. Nothing of this is stored: a
//! table is derived from the lengths in the file when a reader first asks, it grows as far as readers ask, and it is kept in
//! memory. A table marks every 64th record, eight kilobytes for a full file; from a mark the search walks at most 63 records,
//! which is one read of about a hundred kilobytes. Kept are at most 2,048 tables, 16 MB, enough for the entries of 134
//! million events. Deriving one means going through the file once, about 0.1 s where it is in the page cache.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::frames::{Frame, FrameScan};
use crate::layout::Series;
use crate::storage::Storage;

/// Records from one mark to the next.
const STRIDE: u64 = 64;

/// Tables kept. Above that the one that was used longest ago is forgotten.
const MAX_TABLES: usize = 2_048;

/// Bytes read at a time while a table is derived, and while one record is looked for.
const DERIVE_CHUNK_BYTES: usize = 1 << 20;
const SEEK_CHUNK_BYTES: usize = 1 << 16;

/// Tables of positions, by series and file.
#[derive(Default)]
pub(crate) struct Positions {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    clock: u64,
    kept: HashMap<(Series, u64), Kept>,
}

/// When a table was used last, and the table.
type Kept = (u64, Arc<Mutex<Table>>);

/// The records `[0, counted)` of a file.
#[derive(Default)]
struct Table {
    /// Where records 0, 64, 128, … begin.
    marks: Vec<u64>,
    counted: u64,
    /// Where record `counted` begins.
    end: u64,
}

impl Positions {
    /// A scan whose next record is number `record` of the file; `None` where the file has no whole record before it.
    /// The first `known` records of the file are committed, so that they will not change.
    pub(crate) fn seek(
        &self,
        storage: &Arc<dyn Storage>,
        series: Series,
        file: u64,
        record: u64,
        known: u64,
    ) -> io::Result<Option<FrameScan>> {
        let table = self.table(series, file);
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.counted < record {
            // All that there is, so that asking for one after the other does not read the same bytes again and again.
            table.extend(storage, series, file, known.max(record))?;
        }
        if table.counted < record {
            return Ok(None);
        }
        if table.counted == record {
            return FrameScan::start(storage, series, file, table.end, SEEK_CHUNK_BYTES).map(Some);
        }
        let mark = usize::try_from(record / STRIDE).map_err(io::Error::other)?;
        let Some(&from) = table.marks.get(mark) else { return Ok(None) };
        drop(table);
        let mut scan = FrameScan::start(storage, series, file, from, SEEK_CHUNK_BYTES)?;
        for _ in 0..record % STRIDE {
            if !matches!(scan.next()?, Frame::Record(_)) {
                return Ok(None);
            }
        }
        Ok(Some(scan))
    }

    fn table(&self, series: Series, file: u64) -> Arc<Mutex<Table>> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.clock += 1;
        let now = tables.clock;
        if let Some((used, table)) = tables.kept.get_mut(&(series, file)) {
            *used = now;
            return Arc::clone(table);
        }
        if tables.kept.len() >= MAX_TABLES {
            let oldest = tables.kept.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| *key);
            oldest.and_then(|key| tables.kept.remove(&key));
        }
        let table = Arc::<Mutex<Table>>::default();
        tables.kept.insert((series, file), (now, Arc::clone(&table)));
        table
    }
}

impl Table {
    /// Goes on to count until `records` are counted or there are no more.
    fn extend(
        &mut self,
        storage: &Arc<dyn Storage>,
        series: Series,
        file: u64,
        records: u64,
    ) -> io::Result<()> {
        let mut scan = FrameScan::start(storage, series, file, self.end, DERIVE_CHUNK_BYTES)?;
        while self.counted < records && matches!(scan.next()?, Frame::Record(_)) {
            if self.counted.is_multiple_of(STRIDE) {
                self.marks.push(self.end);
            }
            self.counted += 1;
            self.end = scan.position();
        }
        Ok(())
    }
}
