//! The auditors' search: which entries match, and how many.
//!
//! Everything here is derived from the log and the vault and nothing of it is on the intake path. An entry becomes a [`Row`], a pure function of its
//! bytes and its opened vault records; 65,536 rows become an immutable segment of bitmaps, columns of times and sorted runs of identifiers; the rest
//! is the tail, in memory. A [`View`] answers for any size of the log up to its own, and an answer for one size never depends on later entries.
//!
//! Identifiers are in it as keyed hashes only ([`Handle`]). Segments lie in sled encrypted, each under a key of its own, and all keys lie in one small
//! file that is replaced as a whole: a segment that is written again gets a new key, and what sled still holds of the old one opens no more.

mod blobs;
mod bytes;
mod cache;
mod error;
mod evaluate;
mod facets;
mod identifiers;
mod key;
mod keyfile;
mod query;
mod row;
mod segment;
mod store;
mod tail;
mod times;
mod view;

#[cfg(test)]
mod erasing;

pub use error::SearchError;
pub use facets::Facet;
pub use key::{Handle, HandleError, IdentifierKey, IndexSecret};
pub use query::{FILTER_TERMS_MAX, Filter, Order, PAGE_LIMIT_MAX, Page};
pub use row::{Interval, Rel, Row, row};
pub use store::{SearchIndex, SearchOptions};
pub use view::{All, View};

/// Changes whenever the bytes of a segment, the labels of hashes or the meaning of a row changes; another version is rebuilt.
const FORMAT: &str = "daybook-search 1";
/// Memory that decoded parts of segments may take, in bytes.
pub const CACHE_BYTES: usize = 384 << 20;
