//! A segment: the rows of consecutive entries as bitmaps, columns and runs; and its bytes, part by part.

use std::sync::Arc;

use roaring::RoaringBitmap;
use sha2::{Digest as _, Sha256};

use super::bytes::{Bytes, put_number, put_signed};
use super::facets::{self, FacetTable};
use super::identifiers::{Key, RECORD_BYTES, Run};
use super::row::Row;
use super::times::{Column, Times};

/// Records of a run per page.
const PAGE_RECORDS: usize = 2_912;
/// Bytes per page, the piece in which parts are sealed and stored: whole records, and a value of the size that sled handles well.
pub(super) const PAGE_BYTES: usize = PAGE_RECORDS * RECORD_BYTES;

/// A part of a segment that is loaded by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum Part {
    /// Bitmaps of the coded fields.
    Codes = 1,
    /// Bitmaps of type, department, producer and period.
    Envelope = 2,
    /// The columns of times.
    Times = 3,
    /// The filter in front of the identifiers.
    IdentifierFilter = 4,
    /// The identifiers.
    Identifiers = 5,
    /// The filter in front of the events' own identifiers.
    JtiFilter = 6,
    /// The events' own identifiers.
    Jtis = 7,
}

impl Part {
    pub(super) const ALL: [Self; 7] = [
        Self::Codes,
        Self::Envelope,
        Self::Times,
        Self::IdentifierFilter,
        Self::Identifiers,
        Self::JtiFilter,
        Self::Jtis,
    ];

    fn at(self) -> usize {
        self as usize - 1
    }
}

/// Which run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunKind {
    /// Keyed hashes of withheld values and links.
    Identifiers,
    /// The events' own identifiers.
    Jtis,
}

/// The lowest and highest value of a column, and whether every entry has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) ends: Option<(i64, i64)>,
    pub(super) whole: bool,
}

impl Span {
    fn of(column: &Column, len: usize) -> Self {
        Self { ends: column.span(), whole: column.is_whole(len) }
    }
}

/// What is always in memory of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// Index of its first entry.
    pub(super) first: u64,
    /// Number of entries.
    pub(super) len: u32,
    pub(super) facets: FacetTable,
    pub(super) earliest: Span,
    pub(super) latest: Span,
    pub(super) received: Span,
}

/// A segment, whole in memory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    pub(super) head: Head,
    pub(super) codes: Arc<Vec<RoaringBitmap>>,
    pub(super) envelope: Arc<Vec<RoaringBitmap>>,
    pub(super) times: Arc<Times>,
    pub(super) identifiers: Run,
    pub(super) jtis: Run,
}

impl Segment {
    /// The segment of these rows, in order from entry `first` on; at most 65,536.
    pub(super) fn new(first: u64, rows: &[Row]) -> Self {
        debug_assert!(rows.len() as u64 <= crate::SEGMENT_ENTRIES);
        debug_assert!((first..).zip(rows).all(|(index, row)| row.index == index));
        let (facets, mut codes) = facets::index(rows);
        let envelope = codes.split_off(facets.codes());
        let times = Times::new(rows);
        let offsets = || (0..=u16::MAX).zip(rows);
        let identifiers =
            offsets().flat_map(|(at, row)| row.identifiers.iter().map(move |handle| (handle.0, at)));
        let head = Head {
            first,
            len: rows.len() as u32,
            facets,
            earliest: Span::of(&times.earliest, rows.len()),
            latest: Span::of(&times.latest, rows.len()),
            received: Span::of(&times.received, rows.len()),
        };
        Self {
            head,
            codes: Arc::new(codes),
            envelope: Arc::new(envelope),
            times: Arc::new(times),
            identifiers: Run::new(identifiers.collect()),
            jtis: Run::new(offsets().map(|(at, row)| (*row.jti.as_bytes(), at)).collect()),
        }
    }

    /// The bytes of a segment: the same for the same rows.
    pub(super) fn encode(&self) -> Encoded {
        let parts = [
            facets::encode_bitmaps(&self.codes),
            facets::encode_bitmaps(&self.envelope),
            self.times.encode(),
            self.identifiers.filter(),
            self.identifiers.encode(),
            self.jtis.filter(),
            self.jtis.encode(),
        ];
        let fences = [self.identifiers.fences(PAGE_RECORDS), self.jtis.fences(PAGE_RECORDS)];
        let mut digest = Sha256::new();
        for part in &parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let lengths = parts.each_ref().map(Vec::len);
        let layout = Layout { lengths, fences, digest: digest.finalize().into() };
        Encoded { head: encode_head(&self.head, &layout), parts }
    }
}

/// A segment in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) head: Vec<u8>,
    parts: [Vec<u8>; 7],
}

impl Encoded {
    /// The pages of all parts.
    pub(super) fn pages(&self) -> impl Iterator<Item = (Part, u16, &[u8])> {
        let of_part = |part: Part| {
            (0u16..).zip(self.parts[part.at()].chunks(PAGE_BYTES)).map(move |(n, page)| (part, n, page))
        };
        Part::ALL.into_iter().flat_map(of_part)
    }
}

/// How a segment lies in its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    lengths: [usize; 7],
    fences: [Vec<Key>; 2],
    /// SHA-256 of all parts.
    pub(super) digest: [u8; 32],
}

impl Layout {
    /// Bytes of a part.
    pub(super) fn len(&self, part: Part) -> usize {
        self.lengths[part.at()]
    }

    /// Pages of a part.
    pub(super) fn pages(&self, part: Part) -> u16 {
        u16::try_from(self.len(part).div_ceil(PAGE_BYTES)).unwrap_or(u16::MAX)
    }

    /// The first key of every page of a run.
    pub(super) fn fences(&self, run: RunKind) -> &[Key] {
        &self.fences[run as usize]
    }
}

fn encode_head(head: &Head, layout: &Layout) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, head.first);
    put_number(&mut out, head.len.into());
    for span in [head.earliest, head.latest, head.received] {
        out.push(u8::from(span.whole) << 1 | u8::from(span.ends.is_some()));
        if let Some((low, high)) = span.ends {
            put_signed(&mut out, low);
            put_signed(&mut out, high);
        }
    }
    head.facets.write(&mut out);
    for len in layout.lengths {
        put_number(&mut out, len as u64);
    }
    for fences in &layout.fences {
        put_number(&mut out, fences.len() as u64);
        out.extend_from_slice(fences.as_flattened());
    }
    out.extend_from_slice(&layout.digest);
    out
}

/// Reads a head; none where the bytes are not one.
pub(super) fn decode_head(bytes: &[u8]) -> Option<(Head, Layout)> {
    let mut bytes = Bytes(bytes);
    let first = bytes.number()?;
    let len = u32::try_from(bytes.number()?).ok()?;
    let mut spans = [Span { ends: None, whole: false }; 3];
    for span in &mut spans {
        let [flags] = bytes.array()?;
        if flags > 3 {
            return None;
        }
        span.whole = flags & 2 != 0;
        if flags & 1 != 0 {
            span.ends = Some((bytes.signed()?, bytes.signed()?));
        }
    }
    let facets = FacetTable::read(&mut bytes)?;
    let mut lengths = [0; 7];
    for len in &mut lengths {
        *len = usize::try_from(bytes.number()?).ok()?;
    }
    let mut fences = [Vec::new(), Vec::new()];
    for fences in &mut fences {
        for _ in 0..bytes.count()? {
            fences.push(bytes.array()?);
        }
    }
    let digest = bytes.array()?;
    bytes.end()?;
    let [earliest, latest, received] = spans;
    Some((Head { first, len, facets, earliest, latest, received }, Layout { lengths, fences, digest }))
}
