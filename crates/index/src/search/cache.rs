//! Decoded parts of segments that were used last, bounded in bytes.

use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use roaring::RoaringBitmap;

use super::segment::Part;
use super::times::Times;

/// Bytes that a bitmap takes beside its contents.
const BITMAP_OVERHEAD_BYTES: usize = 80;
/// Bytes that an entry of the cache takes beside its contents.
const ENTRY_OVERHEAD_BYTES: usize = 128;

/// Segment, revision, part, page; page 0 where the part is kept whole.
pub(super) type CacheKey = (u64, u64, Part, u16);

/// A decoded part, or the bytes of a filter or of a page of a run.
#[derive(Debug, Clone)]
pub(super) enum Cached {
    Bitmaps(Arc<Vec<RoaringBitmap>>),
    Times(Arc<Times>),
    Bytes(Arc<Vec<u8>>),
}

impl Cached {
    fn bytes(&self) -> usize {
        let own = match self {
            Self::Bitmaps(bitmaps) => {
                bitmaps.iter().map(|bitmap| bitmap.serialized_size() + BITMAP_OVERHEAD_BYTES).sum()
            }
            Self::Times(times) => times.heap_bytes(),
            Self::Bytes(bytes) => bytes.capacity(),
        };
        own + ENTRY_OVERHEAD_BYTES
    }
}

struct Inner {
    parts: LruCache<CacheKey, (Cached, usize)>,
    bytes: usize,
}

pub(super) struct Cache {
    inner: Mutex<Inner>,
    max_bytes: usize,
}

impl Cache {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { inner: Mutex::new(Inner { parts: LruCache::unbounded(), bytes: 0 }), max_bytes }
    }

    pub(super) fn get(&self, key: &CacheKey) -> Option<Cached> {
        self.hold().parts.get(key).map(|(part, _)| part.clone())
    }

    pub(super) fn put(&self, key: CacheKey, part: Cached) {
        let bytes = part.bytes();
        let mut inner = self.hold();
        if let Some((_, old)) = inner.parts.put(key, (part, bytes)) {
            inner.bytes -= old;
        }
        inner.bytes += bytes;
        while inner.bytes > self.max_bytes {
            let Some((_, (_, old))) = inner.parts.pop_lru() else { break };
            inner.bytes -= old;
        }
    }

    /// Drops what is held of a segment.
    pub(super) fn forget(&self, segment: u64) {
        let mut inner = self.hold();
        let own: Vec<CacheKey> =
            inner.parts.iter().map(|(key, _)| *key).filter(|key| key.0 == segment).collect();
        for key in own {
            if let Some((_, old)) = inner.parts.pop(&key) {
                inner.bytes -= old;
            }
        }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.hold().bytes
    }

    fn hold(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
