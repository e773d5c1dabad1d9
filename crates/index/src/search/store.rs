//! The search index in sled, and how it changes.
//!
//! What is durable when: a segment's pages are flushed before its key is in the file of keys, and only with its key it counts. When a segment is written
//! again, its new pages come first, then the file with the new key in the place of the old one, then the old pages go. Whoever dies in between finds
//! the old or the new segment at the next start; pages that belong to no key are removed then.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use daybook_event::{Entropy, OsEntropy};
use tracing::{info, warn};
use zeroize::Zeroizing;

use super::blobs::{SegmentKey, Stored, sealed_batch};
use super::cache::Cache;
use super::error::SearchError;
use super::key::{IdentifierKey, IndexSecret};
use super::keyfile::KeyFile;
use super::row::Row;
use super::segment::Segment;
use super::tail::Tail;
use super::view::{Snapshot, View};
use super::{CACHE_BYTES, FORMAT};
use crate::{Index, SEGMENT_ENTRIES};

/// The tree in sled.
const TREE: &str = "search";

/// How a search index is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchOptions {
    /// Name of the time zone in which rows were read. Another one means another index.
    pub zone: String,
    /// Entries per segment, 1 to 65,536; less in tests.
    pub segment_entries: u64,
    /// Memory that decoded parts of segments may take, in bytes.
    pub cache_bytes: usize,
}

impl SearchOptions {
    /// The usual options.
    #[must_use]
    pub fn new(zone: &str) -> Self {
        Self { zone: zone.to_owned(), segment_entries: SEGMENT_ENTRIES, cache_bytes: CACHE_BYTES }
    }
}

/// What views and the index share.
pub(super) struct Shared {
    pub(super) tree: sled::Tree,
    pub(super) cache: Cache,
    pub(super) key: IdentifierKey,
    now: RwLock<Arc<Snapshot>>,
    damaged: Mutex<BTreeSet<u64>>,
}

impl Shared {
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note_damage(&self, segment: u64) {
        if self.damaged().insert(segment) {
            warn!(segment, "a segment of the search index is damaged");
        }
    }

    fn damaged(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What only changes look at.
struct Writer {
    keys: Vec<SegmentKey>,
    file: KeyFile,
    tail: Tail,
    next_revision: u64,
}

/// The search index of a ledger. Share it by reference: reading and feeding may go on at the same time.
pub struct SearchIndex {
    shared: Arc<Shared>,
    writer: Mutex<Writer>,
    segment_entries: u64,
}

impl SearchIndex {
    /// Opens the search index that lies with the ledger's index. Where it is missing, damaged, of another version, ledger, time zone or secret, it is
    /// empty; in any case the caller feeds it rows from [`size`](SearchIndex::size) on.
    ///
    /// # Errors
    /// sled or the directory cannot be used at all. The ledger can go on without a search.
    pub fn open(index: &Index, secret: &IndexSecret, options: &SearchOptions) -> Result<Self, SearchError> {
        let (db, directory, origin) = index.parts();
        let segment_entries = options.segment_entries.clamp(1, SEGMENT_ENTRIES);
        let about = format!("{FORMAT}\n{origin}\n{}\n{segment_entries}\n", options.zone);
        let file = KeyFile::new(directory, secret.file_key(), about.into_bytes());
        let mut tree = db.open_tree(TREE)?;
        let (keys, stored) = match Self::load(&tree, &file, segment_entries)? {
            Some(loaded) => loaded,
            None => {
                info!("the search index is made anew");
                // Without their keys the pages are nothing any more, so the keys go first.
                file.write(&[])?;
                db.drop_tree(TREE)?;
                tree = db.open_tree(TREE)?;
                (Vec::new(), Vec::new())
            }
        };
        let next_revision = keys.iter().map(|key| key.revision + 1).max().unwrap_or(0);
        let size = stored.len() as u64 * segment_entries;
        let snapshot = Snapshot { stored: Arc::new(stored), tail: Vec::new(), size };
        let shared = Shared {
            tree,
            cache: Cache::new(options.cache_bytes),
            key: secret.identifier_key(),
            now: RwLock::new(Arc::new(snapshot)),
            damaged: Mutex::default(),
        };
        let writer = Writer { keys, file, tail: Tail::new(size), next_revision };
        Ok(Self { shared: Arc::new(shared), writer: Mutex::new(writer), segment_entries })
    }

    /// The segments that the file of keys names; none unless every one of them has its head.
    #[allow(clippy::type_complexity)]
    fn load(
        tree: &sled::Tree,
        file: &KeyFile,
        segment_entries: u64,
    ) -> Result<Option<(Vec<SegmentKey>, Vec<Arc<Stored>>)>, SearchError> {
        let Some(keys) = file.read() else { return Ok(None) };
        let mut stored = Vec::with_capacity(keys.len());
        for (number, key) in (0u64..).zip(&keys) {
            let Some(segment) = Stored::open(tree, number, key.clone())? else { return Ok(None) };
            let head = segment.head();
            if head.first != number * segment_entries || u64::from(head.len) != segment_entries {
                return Ok(None);
            }
            stored.push(Arc::new(segment));
        }
        remove_strays(tree, &stored)?;
        Ok(Some((keys, stored)))
    }

    /// Number of entries in it. Rows are fed from here on.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.shared.snapshot().size
    }

    /// Number of full segments; those are in sled.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.shared.snapshot().stored.len() as u64
    }

    /// Entries per segment.
    #[must_use]
    pub fn segment_entries(&self) -> u64 {
        self.segment_entries
    }

    /// Memory that decoded parts of segments take at present, in bytes.
    #[must_use]
    pub fn cached_bytes(&self) -> usize {
        self.shared.cache.bytes()
    }

    /// The key under which rows are to be read.
    #[must_use]
    pub fn identifier_key(&self) -> &IdentifierKey {
        &self.shared.key
    }

    /// The index as it is now.
    #[must_use]
    pub fn view(&self) -> View {
        View::new(Arc::clone(&self.shared), self.shared.snapshot())
    }

    /// The segments that queries found damaged and that were not written again since.
    #[must_use]
    pub fn damaged(&self) -> Vec<u64> {
        self.shared.damaged().iter().copied().collect()
    }

    /// Takes in the rows of the next entries, and stores every segment that they fill. Views go on meanwhile. What is not in a full segment is in
    /// memory only, and is fed again after a restart.
    ///
    /// # Errors
    /// Rows that do not continue the index: nothing has changed. A segment that cannot be stored: the rows up to its end are in memory, and the
    /// next call tries again; feed from [`size`](SearchIndex::size) on.
    pub fn absorb(&self, rows: Vec<Row>) -> Result<(), SearchError> {
        let mut writer = self.hold();
        let next = writer.tail.first() + writer.tail.len() as u64;
        if let Some((_, row)) = (next..).zip(&rows).find(|(expected, row)| row.index != *expected) {
            return Err(SearchError::Rows { expected: "the entry after its last", got: row.index });
        }
        let mut rows = rows.into_iter();
        loop {
            let room = self.segment_entries as usize - writer.tail.len();
            writer.tail.hold(rows.by_ref().take(room));
            if (writer.tail.len() as u64) < self.segment_entries {
                writer.tail.index();
                self.publish(&writer, None);
                return Ok(());
            }
            if let Err(error) = self.store_tail(&mut writer) {
                writer.tail.index();
                self.publish(&writer, None);
                return Err(error);
            }
        }
    }

    fn store_tail(&self, writer: &mut Writer) -> Result<(), SearchError> {
        let number = writer.keys.len() as u64;
        let segment = Segment::new(writer.tail.first(), writer.tail.rows());
        let (key, stored) = self.store(writer, number, &segment)?;
        writer.keys.push(key);
        if let Err(error) = writer.file.write(&writer.keys) {
            writer.keys.pop();
            return Err(error);
        }
        writer.tail = Tail::new((number + 1) * self.segment_entries);
        let mut all = Vec::clone(&self.shared.snapshot().stored);
        all.push(Arc::new(stored));
        self.publish(writer, Some(all));
        Ok(())
    }

    /// Puts the pages of a segment into sled, under a key drawn for them.
    fn store(
        &self,
        writer: &mut Writer,
        number: u64,
        segment: &Segment,
    ) -> Result<(SegmentKey, Stored), SearchError> {
        let mut secret = Zeroizing::new([0; 32]);
        OsEntropy.fill(&mut *secret)?;
        let key = SegmentKey { revision: writer.next_revision, secret };
        writer.next_revision += 1;
        self.shared.tree.apply_batch(sealed_batch(number, &key, &segment.encode())?)?;
        self.shared.tree.flush()?;
        let stored = Stored::open(&self.shared.tree, number, key.clone())?;
        Ok((key, stored.ok_or(SearchError::Damaged { segment: number })?))
    }

    /// Writes a segment again from these rows, one for each of its entries, under a new key: after something in it was erased or sealed away, or when
    /// it is damaged. When it returns, nothing on the disk opens what was there before. The last, not yet full segment can be named too. If it
    /// fails, or the process ends before it returns, it has to be called again.
    ///
    /// # Errors
    /// Rows of other entries; sled or the file of keys cannot be written.
    pub fn rewrite(&self, segment: u64, rows: Vec<Row>) -> Result<(), SearchError> {
        let mut writer = self.hold();
        self.expect_rows(&writer, segment, &rows)?;
        let full = writer.keys.len() as u64;
        if segment == full {
            writer.tail.replace(rows);
            self.publish(&writer, None);
            return Ok(());
        }
        let written = Segment::new(segment * self.segment_entries, &rows);
        drop(rows);
        let (key, stored) = self.store(&mut writer, segment, &written)?;
        let at = segment as usize;
        let old = std::mem::replace(&mut writer.keys[at], key);
        if let Err(error) = writer.file.write(&writer.keys) {
            writer.keys[at] = old;
            return Err(error);
        }
        let mut all = Vec::clone(&self.shared.snapshot().stored);
        let before = std::mem::replace(&mut all[at], Arc::new(stored));
        self.publish(&writer, Some(all));
        self.shared.damaged().remove(&segment);
        let mut gone = sled::Batch::default();
        before.places().for_each(|place| gone.remove(&place));
        self.shared.tree.apply_batch(gone)?;
        self.shared.tree.flush()?;
        self.shared.cache.forget(segment);
        Ok(())
    }

    /// Whether the index holds exactly what these rows, one for each entry of a segment, give.
    ///
    /// # Errors
    /// Rows of other entries; sled cannot be read.
    pub fn check(&self, segment: u64, rows: &[Row]) -> Result<bool, SearchError> {
        let stored = {
            let writer = self.hold();
            self.expect_rows(&writer, segment, rows)?;
            if segment == writer.keys.len() as u64 {
                return Ok(writer.tail.rows() == rows);
            }
            Arc::clone(&self.shared.snapshot().stored[segment as usize])
        };
        let encoded = Segment::new(segment * self.segment_entries, rows).encode();
        let same = stored.holds(&self.shared.tree, &encoded)?;
        if !same {
            self.shared.note_damage(segment);
        }
        Ok(same)
    }

    fn expect_rows(&self, writer: &Writer, segment: u64, rows: &[Row]) -> Result<(), SearchError> {
        let full = writer.keys.len() as u64;
        let len = if segment < full { self.segment_entries } else { writer.tail.len() as u64 };
        if segment > full || rows.len() as u64 != len {
            return Err(SearchError::Rows {
                expected: "one row for each entry of a segment that it has",
                got: rows.len() as u64,
            });
        }
        match (segment * self.segment_entries..).zip(rows).find(|(index, row)| row.index != *index) {
            Some((_, row)) => {
                Err(SearchError::Rows { expected: "the segment's entries in order", got: row.index })
            }
            None => Ok(()),
        }
    }

    fn publish(&self, writer: &Writer, stored: Option<Vec<Arc<Stored>>>) {
        let stored = stored.map_or_else(|| Arc::clone(&self.shared.snapshot().stored), Arc::new);
        let size = writer.tail.first() + writer.tail.len() as u64;
        let snapshot = Arc::new(Snapshot { stored, tail: writer.tail.chunks().to_vec(), size });
        *self.shared.now.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    fn hold(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes pages that no key opens: what was left when the process ended between two steps.
fn remove_strays(tree: &sled::Tree, stored: &[Arc<Stored>]) -> Result<(), SearchError> {
    let mut last = None;
    for at in 0..=stored.len() {
        let next = stored.get(at).and_then(|segment| segment.places().next());
        loop {
            let found = match last {
                None => tree.iter().keys().next().transpose()?,
                Some(last) => tree.get_gt(last)?.map(|(key, _)| key),
            };
            match found {
                Some(found) if next.is_none_or(|next| found[..] < next[..]) => {
                    tree.remove(found)?;
                }
                _ => break,
            }
        }
        last = stored.get(at).and_then(|segment| segment.places().last());
    }
    Ok(())
}
