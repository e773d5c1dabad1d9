//! What the ledger keeps in sled: derived, and never more than that.
//!
//! The log is the only truth. Here is what admission has to know at once about an incoming event: which keys are in
//! force ([`daybook_event::Registry`]), how far each producer's sequence has come ([`daybook_event::Continuity`]) and
//! whether this very event is in the log already ([`State::recorded`]). All of it is a fold over the log: deleting the
//! directory costs a rebuild at the next start and nothing else.
//!
//! sled is slow on many small keys and good at few large values, so nothing is written per event. The newest
//! [`SEGMENT_ENTRIES`] entries at most are in memory; whenever a segment is full, its sorted run and a
//! snapshot of the state go to sled in one gathered write, off the intake path.
//!
//! ```no_run
//! # fn demo(reader: &daybook_store::Reader) -> Result<(), daybook_index::IndexError> {
//! let index = daybook_index::Index::open("ledger/index".as_ref(), &"city.example/daybook".parse().expect("an origin"))?;
//! let mut state = index.load(reader, &mut |progress| eprintln!("{} of {}", progress.done, progress.total))?;
//! assert_eq!(state.next_index(), reader.size());
//! # Ok(()) }
//! ```
//!
//! Beside it, in a tree of its own, lies what auditors search by: [`search`]. An entry becomes a [`search::Row`], rows become segments of bitmaps,
//! times and keyed hashes, and a [`search::View`] says which entries match and how many, for any checkpoint that the index has come to. Segments are
//! encrypted, each under a key of its own, so that what was erased leaves the index with the old key.
//!
//! ```no_run
//! use daybook_index::search::{Filter, IndexSecret, Order, SearchIndex, SearchOptions};
//!
//! # fn demo(index: &daybook_index::Index, rows: Vec<daybook_index::search::Row>) -> Result<(), Box<dyn std::error::Error>> {
//! let search = SearchIndex::open(index, &IndexSecret::new([7; 32].into()), &SearchOptions::new("America/Denver"))?;
//! search.absorb(rows)?;
//! let (view, filter) = (search.view(), Filter { departments: vec!["sheriff".into()], ..Filter::default() });
//! let newest = view.page(&filter, view.size(), Order::Newest, None, 50)?;
//! println!("{} entries, the last is {:?}", view.count(&filter, view.size())?, newest.entries.first());
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

mod error;
mod run;
pub mod search;
mod sled_index;
mod state;

pub use error::IndexError;
pub use run::{Record, Run};
pub use sled_index::{Index, Progress};
pub use state::{ClosedSegment, Recorded, State};

/// Entries per segment; the same as entries per log file.
pub const SEGMENT_ENTRIES: u64 = 65_536;
