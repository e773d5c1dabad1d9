//! Segments in sled: their pages, each sealed under the segment's own key.
//!
//! The key of a page in sled is `u64 segment ‖ u64 revision ‖ u8 part ‖ u16 page`, big-endian; the head is part 0. The value is AES-256-GCM with that
//! key as associated data and part and page as nonce: every key is drawn for one writing of one segment, so no nonce comes twice.

use std::sync::Arc;

use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Tag};
use roaring::RoaringBitmap;
use zeroize::Zeroizing;

use super::cache::{Cache, Cached};
use super::error::SearchError;
use super::evaluate::Source;
use super::identifiers::{Key, find_in_page, is_filter, may_hold, pages_of};
use super::segment::{Encoded, Head, Layout, PAGE_BYTES, Part, RunKind, decode_head};
use super::times::Times;
use super::{FORMAT, facets};

/// Bytes of a page's key in sled.
const PLACE_BYTES: usize = 8 + 8 + 1 + 2;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const HEAD_PART: u8 = 0;

/// Where a page lies in sled.
pub(super) type Place = [u8; PLACE_BYTES];

/// What the file of keys says about a segment.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SegmentKey {
    /// Which writing of the segment counts. Larger ones are later.
    pub(super) revision: u64,
    pub(super) secret: Zeroizing<[u8; 32]>,
}

fn place(segment: u64, revision: u64, part: u8, page: u16) -> Place {
    let mut place = [0; PLACE_BYTES];
    place[..8].copy_from_slice(&segment.to_be_bytes());
    place[8..16].copy_from_slice(&revision.to_be_bytes());
    place[16] = part;
    place[17..].copy_from_slice(&page.to_be_bytes());
    place
}

fn nonce_and_data(place: &Place) -> ([u8; NONCE_BYTES], Vec<u8>) {
    let mut nonce = [0; NONCE_BYTES];
    nonce[NONCE_BYTES - 3..].copy_from_slice(&place[16..]);
    (nonce, [FORMAT.as_bytes(), place].concat())
}

fn seal(key: &SegmentKey, place: &Place, plain: &[u8]) -> Result<Vec<u8>, SearchError> {
    let (nonce, data) = nonce_and_data(place);
    let mut sealed = Vec::with_capacity(plain.len() + TAG_BYTES);
    sealed.extend_from_slice(plain);
    let tag = Aes256Gcm::new((&*key.secret).into())
        .encrypt_inout_detached((&nonce).into(), &data, sealed.as_mut_slice().into())
        .map_err(|_| SearchError::Seal)?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// What was sealed in a place; none where it was something else.
pub(super) fn unseal(key: &SegmentKey, place: &Place, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, data) = nonce_and_data(place);
    let (body, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
    let mut plain = body.to_vec();
    Aes256Gcm::new((&*key.secret).into())
        .decrypt_inout_detached(
            (&nonce).into(),
            &data,
            plain.as_mut_slice().into(),
            &Tag::try_from(tag).ok()?,
        )
        .ok()?;
    Some(plain)
}

/// The bytes of a segment, sealed, as one gathered write.
pub(super) fn sealed_batch(
    segment: u64,
    key: &SegmentKey,
    encoded: &Encoded,
) -> Result<sled::Batch, SearchError> {
    let mut batch = sled::Batch::default();
    let head = place(segment, key.revision, HEAD_PART, 0);
    batch.insert(&head, seal(key, &head, &encoded.head)?);
    for (part, page, bytes) in encoded.pages() {
        let at = place(segment, key.revision, part as u8, page);
        batch.insert(&at, seal(key, &at, bytes)?);
    }
    Ok(batch)
}

/// A segment in sled: its head in memory, the rest loaded when it is needed.
pub(super) struct Stored {
    pub(super) number: u64,
    pub(super) key: SegmentKey,
    head: Head,
    layout: Layout,
}

impl Stored {
    /// Reads the head of a segment; none where it is missing or damaged.
    pub(super) fn open(tree: &sled::Tree, number: u64, key: SegmentKey) -> Result<Option<Self>, SearchError> {
        let at = place(number, key.revision, HEAD_PART, 0);
        let sealed = tree.get(at)?;
        let head = sealed.and_then(|sealed| decode_head(&unseal(&key, &at, &sealed)?));
        Ok(head.map(|(head, layout)| Self { number, key, head, layout }))
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// The places of all its pages, in the order of sled.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> + '_ {
        let at = |part, page| place(self.number, self.key.revision, part, page);
        let pages = move |part: Part| (0..self.layout.pages(part)).map(move |page| at(part as u8, page));
        std::iter::once(at(HEAD_PART, 0)).chain(Part::ALL.into_iter().flat_map(pages))
    }

    /// Whether sled holds just these bytes of it.
    pub(super) fn holds(&self, tree: &sled::Tree, encoded: &Encoded) -> Result<bool, SearchError> {
        let same = |part: u8, page, bytes: &[u8]| -> Result<bool, SearchError> {
            let at = place(self.number, self.key.revision, part, page);
            let plain = tree.get(at)?.and_then(|sealed| unseal(&self.key, &at, &sealed));
            Ok(plain.is_some_and(|plain| plain == bytes))
        };
        if !same(HEAD_PART, 0, &encoded.head)? {
            return Ok(false);
        }
        for (part, page, bytes) in encoded.pages() {
            if !same(part as u8, page, bytes)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn page(&self, tree: &sled::Tree, part: Part, page: u16) -> Result<Vec<u8>, SearchError> {
        let at = place(self.number, self.key.revision, part as u8, page);
        let plain = tree.get(at)?.and_then(|sealed| unseal(&self.key, &at, &sealed));
        let expected = (self.layout.len(part) - usize::from(page) * PAGE_BYTES).min(PAGE_BYTES);
        plain.filter(|plain| plain.len() == expected).ok_or(self.damaged())
    }

    fn part(&self, tree: &sled::Tree, part: Part) -> Result<Vec<u8>, SearchError> {
        let mut bytes = Vec::with_capacity(self.layout.len(part));
        for page in 0..self.layout.pages(part) {
            bytes.extend_from_slice(&self.page(tree, part, page)?);
        }
        Ok(bytes)
    }

    fn damaged(&self) -> SearchError {
        SearchError::Damaged { segment: self.number }
    }
}

/// A segment with what loads its parts.
pub(super) struct Loader<'a> {
    pub(super) stored: &'a Stored,
    pub(super) tree: &'a sled::Tree,
    pub(super) cache: &'a Cache,
}

impl Loader<'_> {
    fn cached(
        &self,
        part: Part,
        page: u16,
        load: impl FnOnce() -> Result<Cached, SearchError>,
    ) -> Result<Cached, SearchError> {
        let key = (self.stored.number, self.stored.key.revision, part, page);
        if let Some(cached) = self.cache.get(&key) {
            return Ok(cached);
        }
        let loaded = load()?;
        self.cache.put(key, loaded.clone());
        Ok(loaded)
    }
}

impl Source for Loader<'_> {
    fn head(&self) -> &Head {
        &self.stored.head
    }

    fn bitmaps(&self, part: Part) -> Result<Arc<Vec<RoaringBitmap>>, SearchError> {
        let (codes, others) = self.stored.head.facets.0.split_at(self.stored.head.facets.codes());
        let values = if part == Part::Codes { codes } else { others };
        let loaded = self.cached(part, 0, || {
            let bytes = self.stored.part(self.tree, part)?;
            let bitmaps = facets::decode_bitmaps(&bytes, values).ok_or(self.stored.damaged())?;
            Ok(Cached::Bitmaps(Arc::new(bitmaps)))
        })?;
        if let Cached::Bitmaps(bitmaps) = loaded { Ok(bitmaps) } else { Err(self.stored.damaged()) }
    }

    fn times(&self) -> Result<Arc<Times>, SearchError> {
        let loaded = self.cached(Part::Times, 0, || {
            let bytes = self.stored.part(self.tree, Part::Times)?;
            Ok(Cached::Times(Arc::new(Times::decode(&bytes).ok_or(self.stored.damaged())?)))
        })?;
        if let Cached::Times(times) = loaded { Ok(times) } else { Err(self.stored.damaged()) }
    }

    fn find(&self, run: RunKind, key: &Key) -> Result<Vec<u16>, SearchError> {
        let (filter, pages) = match run {
            RunKind::Identifiers => (Part::IdentifierFilter, Part::Identifiers),
            RunKind::Jtis => (Part::JtiFilter, Part::Jtis),
        };
        let damaged = || self.stored.damaged();
        let loaded = self.cached(filter, 0, || {
            let bytes = self.stored.part(self.tree, filter)?;
            if is_filter(&bytes) { Ok(Cached::Bytes(Arc::new(bytes))) } else { Err(damaged()) }
        })?;
        let Cached::Bytes(filter) = loaded else { return Err(damaged()) };
        let mut found = Vec::new();
        if !may_hold(&filter, key) {
            return Ok(found);
        }
        for page in pages_of(self.stored.layout.fences(run), key) {
            let page = u16::try_from(page).map_err(|_| damaged())?;
            let loaded = self.cached(pages, page, || {
                Ok(Cached::Bytes(Arc::new(self.stored.page(self.tree, pages, page)?)))
            })?;
            let Cached::Bytes(bytes) = loaded else { return Err(damaged()) };
            found.extend(find_in_page(&bytes, key).ok_or_else(damaged)?);
        }
        Ok(found)
    }
}
