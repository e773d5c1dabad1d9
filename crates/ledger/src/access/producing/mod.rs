//! The desk's side of court productions.
//!
//! ```text
//! new ─▶ production.opened, approval.requested ─▶ a second person decides
//!     ─▶ review ─▶ materials ─▶ numbers ─▶ authorities ─▶ built ─▶ delivered        withdraw
//! ```
//!
//! Everything about a production follows from its first event and the log: what was found is searched for anew each time, and stands as it stood
//! at that event. Where an order about one of the records came since, nothing goes out any more and a new production is opened.

mod authorities;
mod materials;
mod opening;
mod record;
mod review;
mod search;
mod steps;

use daybook_access::{AccessFault, Production};
use serde::Serialize;

use super::approvals::ActFault;
use super::{Desk, Unrecorded};

pub use opening::{ProductionAsked, ProductionMade};
pub use record::RecordOut;
pub use review::{ReviewPage, ReviewSlot, Reviewed};
pub use steps::WithdrawalAsked;

/// Entries that are read and written at a time.
const CHUNK_ENTRIES: usize = 256;
/// Bytes after which a piece of an answer is long enough.
const CHUNK_BYTES: usize = 1 << 20;

/// An answer that is made piece by piece. Its last line says that it is whole.
pub(crate) trait Lines: Send + 'static {
    /// The next piece; none after the last. It reads the disk.
    ///
    /// # Errors
    /// The answer cannot be gone on with, and must be cut.
    fn piece(&mut self) -> Result<Option<Vec<u8>>, ActFault>;
}

impl Desk {
    /// A production as the fold has it.
    pub(crate) fn known_production(&self, name: &str) -> Result<Production, AccessFault> {
        self.access().production(name).cloned().ok_or(AccessFault::UnknownProduction)
    }
}

/// Runs what reads the disk away from the threads that serve others.
async fn off<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ActFault> + Send + 'static,
) -> Result<T, ActFault> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Unrecorded::Stopped)?
}

/// Writes a line of an answer.
fn write_line(out: &mut Vec<u8>, line: &impl Serialize) -> Result<(), ActFault> {
    serde_json::to_writer(&mut *out, line).map_err(|_| Unrecorded::Malformed)?;
    out.push(b'\n');
    Ok(())
}
