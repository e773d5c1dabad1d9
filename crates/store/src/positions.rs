//! Where in its file a record stands.
//!
//! Records differ in length, so the place of record `n` follows only from those before it. A table is derived from the lengths
//! in the file when a reader first asks, it grows as far as readers ask, and it is kept in memory. A table marks every 64th record, eight kilobytes for a full file; from a mark the search walks at most 63 records,
//! which is one read of about a hundred kilobytes. Kept are at most 2,048 tables, 16 MB, enough for the entries of 134
//! million events. Deriving one means going through the file once, about 0.1 s where it is in the page cache; so that not every start begins
//! with that, the process that has the ledger open for writing puts the table of a full file into a file beside it. What is there counts only if it
//! carries the right digest and length, and may be deleted.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use daybook_event::hash::sha256;

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

/// Smallest number of records in a file whose table is worth a file.
const STORED_FROM: u64 = 4_096;

const LABEL: &[u8] = b"daybook positions 1\n";
const DIGEST_BYTES: usize = 32;
const NUMBER_BYTES: usize = 8;

/// Tables of positions, by series and file.
#[derive(Default)]
pub(crate) struct Positions {
    tables: Mutex<Tables>,
    /// Whether tables of full files are written to the disk.
    pub(crate) stores: bool,
}

/// How many records of a file are committed, so that they will not change, and how many it has when it is full.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) committed: u64,
    pub(crate) full: u64,
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
    pub(crate) fn seek(
        &self,
        storage: &Arc<dyn Storage>,
        series: Series,
        file: u64,
        record: u64,
        extent: Extent,
    ) -> io::Result<Option<FrameScan>> {
        let table = self.table(series, file);
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.counted < record {
            // All that there is, so that asking for one after the other does not read the same bytes again and again.
            let storable = extent.committed == extent.full && extent.full >= STORED_FROM;
            if !storable || !table.load(&**storage, series, file, extent.full) {
                table.extend(storage, series, file, extent.committed.max(record))?;
                if self.stores && storable && table.counted == extent.full {
                    // It can be derived again, so nothing is lost where this fails.
                    let _ =
                        storage.replace_unsynced(&series.positions_path(file), &table.encode(series, file));
                }
            }
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
    /// Takes what is stored about a full file of `records`, if it is about this one, whole; says whether it was.
    fn load(&mut self, storage: &dyn Storage, series: Series, file: u64, records: u64) -> bool {
        let marks = records.div_ceil(STRIDE);
        let limit = DIGEST_BYTES as u64 + NUMBER_BYTES as u64 * (marks + 1);
        let Ok(Some(bytes)) = storage.read(&series.positions_path(file), limit) else { return false };
        let Some((digest, numbers)) = bytes.split_first_chunk::<DIGEST_BYTES>() else { return false };
        if *digest != digest_of(series, file, numbers) || bytes.len() as u64 != limit {
            return false;
        }
        let (numbers, _) = numbers.as_chunks::<NUMBER_BYTES>();
        let mut numbers: Vec<u64> = numbers.iter().map(|&number| u64::from_be_bytes(number)).collect();
        let Some(end) = numbers.pop() else { return false };
        if !matches!(storage.len(&series.path(file)), Ok(Some(length)) if length == end) {
            return false;
        }
        *self = Table { marks: numbers, counted: records, end };
        true
    }

    fn encode(&self, series: Series, file: u64) -> Vec<u8> {
        let numbers: Vec<u8> = self.marks.iter().chain([&self.end]).flat_map(|n| n.to_be_bytes()).collect();
        [&digest_of(series, file, &numbers)[..], &numbers].concat()
    }

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

fn digest_of(series: Series, file: u64, numbers: &[u8]) -> [u8; DIGEST_BYTES] {
    sha256([LABEL, series.path(file).as_bytes(), b"\n", numbers].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FaultyDisk;

    const SERIES: Series = Series::Entries;
    const FULL: Extent = Extent { committed: STORED_FROM, full: STORED_FROM };

    /// A file of records that are each as long as their number says, modulo 97.
    fn file(storage: &FaultyDisk) {
        let mut bytes = Vec::new();
        for record in 0..STORED_FROM {
            let record = vec![1_u8; 1 + usize::try_from(record % 97).unwrap()];
            bytes.extend_from_slice(&u16::try_from(record.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(&record);
        }
        for dir in crate::layout::DIRS {
            storage.create_dir(dir).unwrap();
        }
        storage.append(&SERIES.path(0), &[&bytes]).unwrap();
    }

    fn positions(stores: bool) -> Positions {
        Positions { stores, ..Positions::default() }
    }

    fn length(positions: &Positions, storage: &Arc<dyn Storage>, record: u64) -> usize {
        let mut scan = positions.seek(storage, SERIES, 0, record, FULL).unwrap().unwrap();
        let Frame::Record(bytes) = scan.next().unwrap() else { panic!("no record {record}") };
        bytes.len()
    }

    #[test]
    fn the_table_of_a_full_file_is_stored_by_the_writer_and_counts_only_whole() {
        let disk = FaultyDisk::new();
        file(&disk);
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        let stored = SERIES.positions_path(0);
        assert_eq!(length(&positions(false), &storage, 4_000), 1 + 4_000 % 97);
        assert_eq!(disk.bytes(&stored), None, "who only reads writes nothing");
        assert_eq!(length(&positions(true), &storage, 4_000), 1 + 4_000 % 97);
        let good = disk.bytes(&stored).unwrap();

        let load = |file, records| Table::default().load(&*storage, SERIES, file, records);
        assert!(load(0, STORED_FROM));
        assert!(!load(1, STORED_FROM) && !load(0, STORED_FROM - STRIDE), "about another file");
        for at in (0..good.len()).step_by(7) {
            let mut damaged = good.clone();
            damaged[at] ^= 1;
            disk.replace(&stored, &damaged).unwrap();
            assert!(!load(0, STORED_FROM), "byte {at}");
        }
        assert_eq!(length(&positions(true), &storage, 63), 64, "derived again");
        assert_eq!(disk.bytes(&stored).unwrap(), good, "and stored again");
        disk.append(&SERIES.path(0), &[&[0]]).unwrap();
        assert!(!load(0, STORED_FROM), "the file has another length");
    }

    #[test]
    fn a_stored_table_leads_to_the_same_records() {
        let disk = FaultyDisk::new();
        file(&disk);
        let storage: Arc<dyn Storage> = Arc::new(disk);
        length(&positions(true), &storage, 1);
        let again = positions(false);
        for record in (0..STORED_FROM).rev().step_by(13) {
            assert_eq!(length(&again, &storage, record), 1 + usize::try_from(record % 97).unwrap());
        }
    }
}
