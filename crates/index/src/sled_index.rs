//! sled: the snapshot and the runs, and rebuilding them from the log.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use daybook_event::entry::parse_entry;
use daybook_event::{Origin, Token};
use daybook_store::Reader;
use daybook_tlog::{Hash, leaf_hash};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use crate::SEGMENT_ENTRIES;
use crate::error::IndexError;
use crate::run::{Record, find_in_block};
use crate::state::{ClosedSegment, Folds, State};

/// Changes whenever the layout in sled or the meaning of a fold changes; another version is rebuilt.
const FORMAT: &str = "daybook-index 1";
/// Memory that sled may use for its cache, in bytes.
const CACHE_BYTES: u64 = 16 << 20;
/// Entries of the log that are read at a time while it is caught up.
const CHUNK_ENTRIES: u64 = 4_096;
/// Chunks that are read ahead.
const CHUNKS_AHEAD: usize = 2;
/// Entries that one core parses at a time.
const PARSE_CHUNK: usize = 256;
/// How long sled's own threads are waited for, which let go of its lock a moment after the last use in this process.
const LOCK_WAIT: Duration = Duration::from_secs(3);
/// How often the lock is tried meanwhile.
const LOCK_TRY: Duration = Duration::from_millis(20);
const META: &[u8] = b"meta";
const SNAPSHOT: &[u8] = b"snapshot";

/// How far a rebuild has come, in entries.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Entries folded in.
    pub done: u64,
    /// Entries to fold in.
    pub total: u64,
}

#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct Meta {
    format: String,
    origin: Origin,
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    segments: u64,
    /// Leaf hash of the last entry that the snapshot covers: another log's index is not taken for ours.
    last_leaf: String,
    folds: Folds,
}

/// For each producer in a segment, its lowest and highest sequence number.
type Ranges = Vec<(u32, u64, u64)>;

/// The runs in sled, and which of them can hold a given sequence number.
#[derive(Clone)]
pub(crate) struct Runs {
    db: sled::Db,
    path: PathBuf,
    /// Per segment, in order.
    directory: Arc<RwLock<Vec<Ranges>>>,
}

impl Runs {
    /// Number of segments in sled.
    pub(crate) fn loaded(&self) -> u64 {
        self.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner).len() as u64
    }

    pub(crate) fn find(&self, producer: u32, seq: u64, found: &mut Vec<Record>) -> Result<(), IndexError> {
        let directory = self.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (segment, ranges) in directory.iter().enumerate() {
            if ranges.iter().any(|&(p, low, high)| p == producer && (low..=high).contains(&seq)) {
                self.find_in_segment(segment as u64, producer, seq, found)?;
            }
        }
        Ok(())
    }

    fn find_in_segment(
        &self,
        segment: u64,
        producer: u32,
        seq: u64,
        found: &mut Vec<Record>,
    ) -> Result<(), IndexError> {
        let damaged = || IndexError::Damaged { what: "a run" };
        // Records of one key may straddle blocks: begin with the last block that starts before the key.
        let from = self
            .db
            .range(block_key(segment, 0, 0, 0)..block_key(segment, producer, seq, 0))
            .next_back()
            .transpose()
            .map_err(|source| IndexError::Sled { path: self.path.clone(), source: Box::new(source) })?
            .map_or_else(|| sled::IVec::from(&block_key(segment, 0, 0, 0)), |(key, _)| key);
        for block in self.db.range(from..=sled::IVec::from(&block_key(segment, producer, seq, u64::MAX))) {
            let (_, bytes) = block
                .map_err(|source| IndexError::Sled { path: self.path.clone(), source: Box::new(source) })?;
            found.extend(find_in_block(&bytes, producer, seq).ok_or_else(damaged)?);
        }
        Ok(())
    }
}

fn block_key(segment: u64, producer: u32, seq: u64, index: u64) -> [u8; 29] {
    let mut key = [0; 29];
    key[0] = b'r';
    key[1..9].copy_from_slice(&segment.to_be_bytes());
    key[9..13].copy_from_slice(&producer.to_be_bytes());
    key[13..21].copy_from_slice(&seq.to_be_bytes());
    key[21..].copy_from_slice(&index.to_be_bytes());
    key
}

fn directory_key(segment: u64) -> [u8; 9] {
    let mut key = [b'd'; 9];
    key[1..].copy_from_slice(&segment.to_be_bytes());
    key
}

/// The index directory, open.
#[derive(Clone)]
pub struct Index {
    origin: Origin,
    db: sled::Db,
    path: PathBuf,
    runs: Runs,
    stored: Arc<AtomicU64>,
    segment_entries: u64,
}

impl Index {
    /// Opens the index of a ledger, making it anew where it is missing, damaged, of another version or of another ledger.
    ///
    /// # Errors
    /// The directory cannot be made or used at all.
    pub fn open(path: &Path, origin: &Origin) -> Result<Self, IndexError> {
        Self::open_in(path, origin, SEGMENT_ENTRIES)
    }

    /// As [`open`](Index::open), with another number of entries per segment.
    #[doc(hidden)]
    pub fn open_in(path: &Path, origin: &Origin, segment_entries: u64) -> Result<Self, IndexError> {
        let meta = Meta { format: FORMAT.into(), origin: origin.clone() };
        let start = Instant::now();
        loop {
            match Self::try_open(path, &meta, segment_entries) {
                Ok(index) => return Ok(index),
                Err(IndexError::Sled { source, .. }) if is_locked(&source) => {
                    if start.elapsed() > LOCK_WAIT {
                        return Err(IndexError::Sled { path: path.into(), source });
                    }
                    std::thread::sleep(LOCK_TRY);
                }
                Err(error) => {
                    warn!(%error, "the index is made anew");
                    break;
                }
            }
        }
        if path.exists() {
            std::fs::remove_dir_all(path)
                .map_err(|source| IndexError::Remove { path: path.into(), source })?;
        }
        Self::try_open(path, &meta, segment_entries)
    }

    fn try_open(path: &Path, meta: &Meta, segment_entries: u64) -> Result<Self, IndexError> {
        let sled_error = |source| IndexError::Sled { path: path.into(), source: Box::new(source) };
        let db = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            .mode(sled::Mode::LowSpace)
            .open()
            .map_err(sled_error)?;
        let wanted = serde_json::to_vec(meta).map_err(|_| IndexError::Damaged { what: "the header" })?;
        match db.get(META).map_err(sled_error)? {
            Some(found) if found == wanted => {}
            None if db.is_empty() => {
                db.insert(META, wanted).map_err(sled_error)?;
            }
            _ => {
                return Err(IndexError::Damaged {
                    what: "the header, or it is of another version or ledger,",
                });
            }
        }
        let runs = Runs { db: db.clone(), path: path.into(), directory: Arc::default() };
        Ok(Self {
            origin: meta.origin.clone(),
            db,
            path: path.into(),
            runs,
            stored: Arc::default(),
            segment_entries,
        })
    }

    /// The database, its directory and the ledger's name, for the search index, which has a tree of its own in it.
    pub(crate) fn parts(&self) -> (&sled::Db, &Path, &Origin) {
        (&self.db, &self.path, &self.origin)
    }

    fn sled<T>(&self, result: Result<T, sled::Error>) -> Result<T, IndexError> {
        result.map_err(|source| IndexError::Sled { path: self.path.clone(), source: Box::new(source) })
    }

    /// The state as of the log's size: from the snapshot where it fits the log, else from the first entry, with
    /// what the snapshot lacks folded in from the log.
    ///
    /// # Errors
    /// The log cannot be read or holds what admission does not let in.
    pub fn load(&self, reader: &Reader, progress: &mut dyn FnMut(Progress)) -> Result<State, IndexError> {
        let snapshot = match self.snapshot(reader) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                warn!(%error, "the index does not fit the log; rebuilding it");
                None
            }
        };
        let (segments, folds) = match snapshot {
            Some(snapshot) => (snapshot.segments, snapshot.folds),
            None => {
                self.clear()?;
                (0, Folds::new(&self.origin))
            }
        };
        self.load_directory(segments)?;
        self.stored.store(segments, Ordering::Release);
        let mut state =
            State::new(folds, segments, Arc::clone(&self.stored), self.runs.clone(), self.segment_entries);
        self.catch_up(&mut state, reader, progress)?;
        info!(entries = state.next_index(), segments, "the index is up to date");
        Ok(state)
    }

    fn snapshot(&self, reader: &Reader) -> Result<Option<Snapshot>, IndexError> {
        let Some(bytes) = self.sled(self.db.get(SNAPSHOT))? else { return Ok(None) };
        let snapshot: Snapshot =
            serde_json::from_slice(&bytes).map_err(|_| IndexError::Damaged { what: "the snapshot" })?;
        let entries = snapshot.segments * self.segment_entries;
        if entries == 0 || entries > reader.size() {
            return Err(IndexError::Damaged { what: "the snapshot, or the log is shorter than it says," });
        }
        let last = reader.entry(entries - 1).map_err(|e| IndexError::Log(e.to_string()))?;
        if leaf_hash(&last) != Hash::from_base64(&snapshot.last_leaf).unwrap_or(Hash::EMPTY_ROOT) {
            return Err(IndexError::Damaged { what: "the snapshot, or it is of another log," });
        }
        Ok(Some(snapshot))
    }

    fn clear(&self) -> Result<(), IndexError> {
        for prefix in [b"r".as_slice(), b"d", SNAPSHOT] {
            for key in self.db.scan_prefix(prefix).keys() {
                let key = self.sled(key)?;
                self.sled(self.db.remove(key))?;
            }
        }
        Ok(())
    }

    fn load_directory(&self, segments: u64) -> Result<(), IndexError> {
        let damaged = || IndexError::Damaged { what: "the directory of runs" };
        let mut directory = Vec::new();
        for segment in 0..segments {
            let bytes = self.sled(self.db.get(directory_key(segment)))?.ok_or_else(damaged)?;
            directory.push(serde_json::from_slice(&bytes).map_err(|_| damaged())?);
        }
        *self.runs.directory.write().unwrap_or_else(std::sync::PoisonError::into_inner) = directory;
        Ok(())
    }

    fn catch_up(
        &self,
        state: &mut State,
        reader: &Reader,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), IndexError> {
        let (from, size) = (state.next_index(), reader.size());
        let (read, ready) = sync_channel(CHUNKS_AHEAD);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for start in (from..size).step_by(CHUNK_ENTRIES as usize) {
                    let chunk: Result<Vec<_>, _> =
                        reader.entries(start..size.min(start + CHUNK_ENTRIES)).collect();
                    let last = chunk.is_err();
                    // Nobody listens any more where an entry could not be taken in.
                    if read.send(chunk).is_err() || last {
                        return;
                    }
                }
            });
            for chunk in ready {
                self.take_in(state, &chunk.map_err(|error| IndexError::Log(error.to_string()))?)?;
                progress(Progress { done: state.next_index() - from, total: size - from });
            }
            Ok(())
        })
    }

    /// Takes entries in that follow the state: parsed on all threads, applied in order.
    fn take_in(&self, state: &mut State, entries: &[Vec<u8>]) -> Result<(), IndexError> {
        let first = state.next_index();
        let parse = |(index, entry)| {
            let fault = |reason: String| IndexError::Entry { index, reason };
            let parsed = parse_entry(entry).map_err(|error| fault(error.to_string()))?;
            Token::parse_jwt(parsed.event).map_err(|error| fault(error.to_string()))
        };
        let numbered = entries.par_iter().enumerate().with_min_len(PARSE_CHUNK);
        let events: Vec<Result<Token<'_>, IndexError>> =
            numbered.map(|(at, entry)| parse((first + at as u64, entry.as_slice()))).collect();
        for (entry, event) in entries.iter().zip(events) {
            let index = state.next_index();
            let applied = state.apply(&event?);
            applied.map_err(|error| IndexError::Entry { index, reason: error.to_string() })?;
            if let Some(segment) = state.close_segment() {
                self.store(&segment, &leaf_hash(entry))?;
            }
        }
        Ok(())
    }

    /// Puts a closed segment and the state as of its end into sled. Call it once its entries are committed.
    ///
    /// # Errors
    /// sled could not be written; the index is then behind and caught up at the next start.
    pub fn store(&self, segment: &ClosedSegment, last_leaf: &Hash) -> Result<(), IndexError> {
        let mut blocks = sled::Batch::default();
        for (first, bytes) in segment.run.blocks() {
            blocks.insert(&block_key(segment.number, first.producer, first.seq, first.index), bytes);
        }
        let ranges = segment.run.ranges();
        let json = |what| move |_| IndexError::Damaged { what };
        blocks.insert(
            &directory_key(segment.number),
            serde_json::to_vec(&ranges).map_err(json("the directory"))?,
        );
        self.sled(self.db.apply_batch(blocks))?;
        self.sled(self.db.flush())?;
        // The snapshot is what makes the runs count, so it goes last.
        let snapshot = Snapshot {
            segments: segment.number + 1,
            last_leaf: last_leaf.to_base64(),
            folds: segment.folds.clone(),
        };
        let bytes = serde_json::to_vec(&snapshot).map_err(json("the snapshot"))?;
        self.sled(self.db.insert(SNAPSHOT, bytes))?;
        self.sled(self.db.flush())?;
        let mut directory = self.runs.directory.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if directory.len() as u64 == segment.number {
            directory.push(ranges);
        }
        drop(directory);
        self.stored.store(segment.number + 1, Ordering::Release);
        Ok(())
    }
}

fn is_locked(error: &sled::Error) -> bool {
    // sled reports its lock file as an I/O error with this text and no kind of its own.
    matches!(error, sled::Error::Io(io) if io.to_string().contains("could not acquire lock"))
}
