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
#![forbid(unsafe_code)]

mod run;
mod sled_index;
mod state;

pub use run::{Record, Run};
pub use sled_index::{Index, IndexError, Progress};
pub use state::{ClosedSegment, Recorded, State};

/// Entries per segment; the same as entries per log file.
pub const SEGMENT_ENTRIES: u64 = 65_536;
