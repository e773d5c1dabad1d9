//! Facets: the values by which entries are counted and narrowed, each with the bitmap of the entries that have it.

use std::collections::BTreeMap;
use std::fmt;

use roaring::RoaringBitmap;

use super::bytes::{Bytes, put_number, put_text};
use super::row::Row;

/// What the name of a coded field begins with in a segment. It sorts before the names of the others.
const CODE: &str = "code:";

/// By what entries are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// The type of event.
    Type,
    /// The department of the issuer.
    Department,
    /// The issuer, department and producer.
    Producer,
    /// The month.
    Period,
    /// A field of class P or R with a closed vocabulary.
    Code(String),
}

impl fmt::Display for Facet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type => f.write_str("type"),
            Self::Department => f.write_str("department"),
            Self::Producer => f.write_str("producer"),
            Self::Period => f.write_str("period"),
            Self::Code(field) => write!(f, "{CODE}{field}"),
        }
    }
}

/// One value of one facet in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FacetValue {
    pub(super) facet: Box<str>,
    pub(super) value: Box<str>,
    /// Entries that have it.
    pub(super) count: u32,
}

/// Every value that occurs in a segment, sorted. The position is that of its bitmap: coded fields first, then what every event has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FacetTable(pub(super) Vec<FacetValue>);

impl FacetTable {
    /// Number of values of coded fields.
    pub(super) fn codes(&self) -> usize {
        self.0.partition_point(|one| one.facet.starts_with(CODE))
    }

    /// The position of a value.
    pub(super) fn find(&self, facet: &str, value: &str) -> Option<usize> {
        self.0.binary_search_by(|one| (&*one.facet, &*one.value).cmp(&(facet, value))).ok()
    }

    /// The positions of all values of a facet.
    pub(super) fn of(&self, facet: &str) -> std::ops::Range<usize> {
        let from = self.0.partition_point(|one| &*one.facet < facet);
        from..from + self.0[from..].partition_point(|one| &*one.facet == facet)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put_number(out, self.0.len() as u64);
        for one in &self.0 {
            put_text(out, &one.facet);
            put_text(out, &one.value);
            put_number(out, one.count.into());
        }
    }

    pub(super) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let mut table = Vec::new();
        for _ in 0..bytes.count()? {
            let (facet, value) = (bytes.text()?.into(), bytes.text()?.into());
            table.push(FacetValue { facet, value, count: u32::try_from(bytes.number()?).ok()? });
        }
        Some(Self(table))
    }
}

/// The values of rows and their bitmaps, in the order of the table.
pub(super) fn index(rows: &[Row]) -> (FacetTable, Vec<RoaringBitmap>) {
    let mut plain: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    let mut coded: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    let mut periods: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    for (at, row) in (0u32..).zip(rows) {
        plain.entry(("type", row.event.as_str())).or_default().push(at);
        plain.entry(("department", row.issuer.department())).or_default().push(at);
        plain.entry(("producer", row.issuer.as_str())).or_default().push(at);
        periods.entry(row.period).or_default().push(at);
        for (field, value) in &row.codes {
            coded.entry((*field, &**value)).or_default().push(at);
        }
    }
    let coded =
        coded.into_iter().map(|((field, value), at)| (format!("{CODE}{field}"), value.to_owned(), at));
    let periods = periods.into_iter().map(|(month, at)| ("period".to_owned(), month.to_string(), at));
    let plain = plain.into_iter().map(|((facet, value), at)| (facet.to_owned(), value.to_owned(), at));
    let mut all: Vec<_> = coded.chain(periods).chain(plain).collect();
    all.sort_unstable();
    let mut table = FacetTable::default();
    let mut bitmaps = Vec::with_capacity(all.len());
    for (facet, value, entries) in all {
        let count = entries.len() as u32;
        table.0.push(FacetValue { facet: facet.into(), value: value.into(), count });
        let mut bitmap: RoaringBitmap = entries.into_iter().collect();
        bitmap.optimize();
        bitmaps.push(bitmap);
    }
    (table, bitmaps)
}

pub(super) fn encode_bitmaps(bitmaps: &[RoaringBitmap]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bitmaps.iter().map(RoaringBitmap::serialized_size).sum());
    for bitmap in bitmaps {
        bitmap.serialize_into(&mut out).expect("writing to memory does not fail");
    }
    out
}

/// Reads bitmaps back; none where they are not those of the values.
pub(super) fn decode_bitmaps(mut bytes: &[u8], values: &[FacetValue]) -> Option<Vec<RoaringBitmap>> {
    let mut bitmaps = Vec::with_capacity(values.len());
    for value in values {
        let bitmap = RoaringBitmap::deserialize_from(&mut bytes).ok()?;
        if bitmap.len() != u64::from(value.count) {
            return None;
        }
        bitmaps.push(bitmap);
    }
    bytes.is_empty().then_some(bitmaps)
}
