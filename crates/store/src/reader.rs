//! Reading what is committed. A reader sees an entry only once the checkpoint that covers it is durable.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use daybook_tlog::{Hash, HashReader, TILE_WIDTH, Vkey};

use crate::checkpoints;
use crate::error::{OpenError, ReadError};
use crate::frames::{Frame, FrameScan};
use crate::keyring::{Class, KeyWalk, Keyring};
use crate::layout::{Layout, Series, tile_path};
use crate::positions::{Extent, Positions};
use crate::storage::Storage;
use crate::vault::{self, Place};

/// Bytes read at a time by [`Reader::entries`].
const STREAM_CHUNK_BYTES: usize = 1 << 20;

/// What the writer and the readers of one ledger share.
pub(crate) struct Shared {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) layout: Layout,
    pub(crate) origin: String,
    pub(crate) positions: Positions,
    published: RwLock<Published>,
}

/// The latest durable checkpoint and its size.
#[derive(Default, Clone)]
struct Published {
    size: u64,
    note: Arc<[u8]>,
}

impl Shared {
    pub(crate) fn new(storage: Arc<dyn Storage>, layout: Layout, origin: &str) -> Shared {
        let (positions, published) = (Positions::default(), RwLock::default());
        Shared { storage, layout, origin: origin.to_owned(), positions, published }
    }

    /// The same for the process that writes: what it derives about full files may be written to the disk.
    pub(crate) fn storing_positions(mut self) -> Shared {
        self.positions.stores = true;
        self
    }

    /// Lets readers see the first `size` entries.
    pub(crate) fn publish(&self, size: u64, note: &[u8]) {
        let mut published = self.published.write().unwrap_or_else(PoisonError::into_inner);
        *published = Published { size, note: note.into() };
    }

    fn published(&self) -> Published {
        self.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A scan whose next record is that of an entry.
    fn seek(&self, series: Series, entry: u64) -> Result<FrameScan, ReadError> {
        let file = self.layout.file_of(entry);
        let record = entry - self.layout.start_of(file);
        let committed = self.layout.count_in(file, self.published().size);
        let extent = Extent { committed, full: self.layout.per_file() };
        let scan = self.positions.seek(&self.storage, series, file, record, extent)?;
        scan.ok_or_else(|| self.missing(series, entry))
    }

    /// The record of an entry, without its length. The caller has checked that it is published or under recovery.
    pub(crate) fn record(&self, series: Series, entry: u64) -> Result<Vec<u8>, ReadError> {
        match self.seek(series, entry)?.next()? {
            Frame::Record(bytes) => Ok(bytes.to_vec()),
            Frame::End | Frame::Torn => Err(self.missing(series, entry)),
        }
    }

    pub(crate) fn place(&self, class: Class, index: u64) -> Place<'_> {
        Place { class, index, origin: &self.origin }
    }

    fn missing(&self, series: Series, entry: u64) -> ReadError {
        let what = if series == Series::Entries { "entry" } else { "vault record" };
        ReadError::Missing { file: series.path(self.layout.file_of(entry)), what, index: entry }
    }
}

/// A view of the committed part of a ledger. Cheap to clone; any number may read while the writer appends.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>) -> Reader {
        Reader { shared }
    }

    /// Opens a ledger for reading only: no lock, no recovery, nothing is written, and another process may be appending. It shows what the last
    /// durable checkpoint covers.
    ///
    /// # Errors
    /// Where there is no checkpoint that the key has signed.
    pub fn open(storage: Arc<dyn Storage>, vkey: &Vkey) -> Result<Reader, OpenError> {
        let shared = Arc::new(Shared::new(storage, Layout::STANDARD, vkey.name()));
        let reader = Reader { shared };
        reader.refresh(vkey)?;
        Ok(reader)
    }

    /// Looks for a later checkpoint, for a reader that was opened beside a running ledger.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn refresh(&self, vkey: &Vkey) -> Result<u64, OpenError> {
        let last = checkpoints::last(&*self.shared.storage, vkey)?.ok_or(OpenError::NoCheckpoint)?;
        if last.checkpoint.size > self.size() {
            self.shared.publish(last.checkpoint.size, &last.note);
        }
        Ok(self.size())
    }

    /// The origin of the ledger.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.shared.origin
    }

    /// Number of entries under the latest checkpoint.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.shared.published().size
    }

    /// The latest checkpoint, a signed note.
    ///
    /// # Errors
    /// None at present: it is kept in memory.
    pub fn checkpoint(&self) -> Result<Vec<u8>, ReadError> {
        Ok(self.shared.published().note.to_vec())
    }

    /// Entry `index`.
    ///
    /// # Errors
    /// Where it is not committed, or cannot be read.
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, ReadError> {
        self.within("entry", index)?;
        self.shared.record(Series::Entries, index)
    }

    /// Entry bundle `n` of C2SP tlog-tiles with `width` entries (1 to 256): each entry with its length in two bytes in front.
    ///
    /// # Errors
    /// Where not all of it is committed, or it cannot be read.
    pub fn bundle(&self, n: u64, width: u16) -> Result<Vec<u8>, ReadError> {
        let range = tile_range(n, width).ok_or_else(|| self.beyond("bundle", n))?;
        self.within("bundle", range.end - 1)?;
        let file = self.shared.layout.file_of(range.start);
        let start = self.shared.seek(Series::Entries, range.start)?.position();
        let mut last = self.shared.seek(Series::Entries, range.end - 1)?;
        let Frame::Record(_) = last.next()? else {
            return Err(self.shared.missing(Series::Entries, range.end - 1));
        };
        let mut bytes = vec![0; usize::try_from(last.position() - start).map_err(std::io::Error::other)?];
        self.shared.storage.read_at(&Series::Entries.path(file), start, &mut bytes)?;
        Ok(bytes)
    }

    /// Hash tile `n` of a level with `width` hashes (1 to 256).
    ///
    /// # Errors
    /// Where not all of it is committed, or it cannot be read.
    pub fn tile(&self, level: u8, n: u64, width: u16) -> Result<Vec<u8>, ReadError> {
        let range = tile_range(n, width).ok_or_else(|| self.beyond("tile", n))?;
        self.hash_bytes(level, range)
    }

    /// The entries of a range, in order, read in large pieces. It ends early at an error.
    pub fn entries(&self, range: Range<u64>) -> EntryIter {
        self.iterate(Series::Entries, range)
    }

    fn iterate(&self, series: Series, range: Range<u64>) -> EntryIter {
        EntryIter { shared: Arc::clone(&self.shared), series, size: self.size(), range, scan: None }
    }

    /// The vault records of a range and class as they are stored, in order, read in large pieces. They are opened with [`open_stored`](Reader::open_stored).
    pub fn vault_records(&self, class: Class, range: Range<u64>) -> EntryIter {
        self.iterate(Series::Vault(class), range)
    }

    /// The sizes and signed notes of the first checkpoints of a log larger than `above`, in order; at most `limit`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn checkpoints(&self, above: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, ReadError> {
        Ok(crate::checkpoints::above(&*self.shared.storage, above, limit)?)
    }

    /// Opens a record that [`vault_records`](Reader::vault_records) gave: the disclosures that are not erased, in slot order, in class R the intake
    /// disclosure first. That one goes with its record only, so it is there where anything is.
    ///
    /// # Errors
    /// Where it is damaged, sealed under another key, or erased as a whole.
    pub fn open_stored(
        &self,
        keys: &mut KeyWalk<'_>,
        index: u64,
        class: Class,
        record: Vec<u8>,
    ) -> Result<Vec<String>, ReadError> {
        Ok(self.open_positions(keys, index, class, record)?.into_iter().flatten().collect())
    }

    /// As [`open_stored`](Reader::open_stored), by position: `None` for each disclosure that is erased.
    ///
    /// # Errors
    /// As there.
    pub fn open_positions(
        &self,
        keys: &mut KeyWalk<'_>,
        index: u64,
        class: Class,
        record: Vec<u8>,
    ) -> Result<Vec<Option<String>>, ReadError> {
        vault::open(record, self.shared.place(class, index), keys)
            .map_err(|fault| ReadError::Record { entry: index, fault })
    }

    /// The vault record of an entry as it is stored, without its length: check, nonce and sealed disclosures.
    ///
    /// # Errors
    /// Where the entry is not committed, or the record cannot be read.
    pub fn vault_record(&self, index: u64, class: Class) -> Result<Vec<u8>, ReadError> {
        self.within("vault record", index)?;
        self.shared.record(Series::Vault(class), index)
    }

    /// The disclosures of an entry and class that are not erased, in slot order. In class R the intake disclosure comes first.
    ///
    /// # Errors
    /// Where the entry is not committed, or the record cannot be read or nothing of it opened: [`RecordFault`](crate::RecordFault) says which.
    pub fn open_record(&self, keyring: &Keyring, index: u64, class: Class) -> Result<Vec<String>, ReadError> {
        self.open_record_with(&mut keyring.walk(), index, class)
    }

    /// As [`open_record`](Reader::open_record), for many records in order.
    ///
    /// # Errors
    /// As there.
    pub fn open_record_with(
        &self,
        keys: &mut KeyWalk<'_>,
        index: u64,
        class: Class,
    ) -> Result<Vec<String>, ReadError> {
        let record = self.vault_record(index, class)?;
        self.open_stored(keys, index, class, record)
    }

    fn hash_bytes(&self, level: u8, range: Range<u64>) -> Result<Vec<u8>, ReadError> {
        let stored = self.size().checked_shr(8 * u32::from(level)).unwrap_or(0);
        if range.end > stored {
            return Err(self.beyond("hash", range.end.saturating_sub(1)));
        }
        Ok(read_hash_bytes(&*self.shared.storage, level, range)?)
    }

    fn within(&self, what: &'static str, index: u64) -> Result<(), ReadError> {
        if index < self.size() { Ok(()) } else { Err(self.beyond(what, index)) }
    }

    fn beyond(&self, what: &'static str, index: u64) -> ReadError {
        ReadError::Beyond { what, index, size: self.size() }
    }
}

impl HashReader for Reader {
    type Error = ReadError;

    fn read_hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        let end = start.checked_add(count as u64).ok_or_else(|| self.beyond("hash", start))?;
        Ok(hashes(&self.hash_bytes(level, start..end)?))
    }
}

/// The level files as they are, published or not: for recovery.
pub(crate) struct LevelFiles<'a>(pub(crate) &'a dyn Storage);

impl HashReader for LevelFiles<'_> {
    type Error = std::io::Error;

    fn read_hashes(&self, level: u8, start: u64, count: usize) -> std::io::Result<Vec<Hash>> {
        Ok(hashes(&read_hash_bytes(self.0, level, start..start + count as u64)?))
    }
}

fn read_hash_bytes(storage: &dyn Storage, level: u8, range: Range<u64>) -> std::io::Result<Vec<u8>> {
    let bytes = (range.end - range.start).saturating_mul(Hash::BYTES as u64);
    let mut hashes = vec![0; usize::try_from(bytes).map_err(std::io::Error::other)?];
    storage.read_at(&tile_path(level), range.start * Hash::BYTES as u64, &mut hashes)?;
    Ok(hashes)
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.as_chunks::<{ Hash::BYTES }>().0.iter().map(|&hash| Hash(hash)).collect()
}

/// Numbers `[start, end)` of what tile `n` of a width holds; `None` for a width that no tile has.
fn tile_range(n: u64, width: u16) -> Option<Range<u64>> {
    let start = n.checked_mul(TILE_WIDTH)?;
    let width = u64::from(width);
    (1..=TILE_WIDTH).contains(&width).then_some(start..start.checked_add(width)?)
}

/// Iterator of [`Reader::entries`] and [`Reader::vault_records`].
pub struct EntryIter {
    shared: Arc<Shared>,
    series: Series,
    size: u64,
    range: Range<u64>,
    scan: Option<FrameScan>,
}

impl EntryIter {
    fn read(&mut self, index: u64) -> Result<Vec<u8>, ReadError> {
        let shared = &self.shared;
        if index >= self.size {
            return Err(ReadError::Beyond { what: "entry", index, size: self.size });
        }
        let file = shared.layout.file_of(index);
        if self.scan.is_none() || index == shared.layout.start_of(file) {
            let from = shared.seek(self.series, index)?.position();
            self.scan = Some(FrameScan::start(&shared.storage, self.series, file, from, STREAM_CHUNK_BYTES)?);
        }
        match self.scan.as_mut().map(FrameScan::next).transpose()? {
            Some(Frame::Record(bytes)) => Ok(bytes.to_vec()),
            _ => Err(shared.missing(self.series, index)),
        }
    }
}

impl Iterator for EntryIter {
    type Item = Result<Vec<u8>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.range.next()?;
        let entry = self.read(index);
        if entry.is_err() {
            self.range = 0..0;
        }
        Some(entry)
    }
}
