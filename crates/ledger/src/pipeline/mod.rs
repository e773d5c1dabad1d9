//! From the bus to the disk and back: intake ▶ admission ▶ committer ▶ publisher.
//!
//! Each stage is a task of its own that owns its state; batches move through bounded channels in stream order. While
//! one batch is being synced to disk the next is being admitted, and a third is coming off the bus. When the disk is slow
//! the channels fill, intake stops pulling, and the bus keeps the backlog: nothing is dropped.

mod admit;
mod commit;
mod publish;

use std::ops::Range;

use bytes::Bytes;
use daybook_event::{Issuer, Refusal};
use daybook_index::ClosedSegment;
use std::sync::Arc;

use crate::bus::{AckToken, Ticket};
use crate::entries::Opened;

pub(crate) use admit::Admission;
pub use admit::AdmissionError;
pub(crate) use commit::Committer;
pub use publish::PublishError;
pub(crate) use publish::Publisher;

/// Batches that wait between two stages.
pub(crate) const STAGE_DEPTH: usize = 1;

/// A batch after admission.
#[derive(Default)]
pub(crate) struct AdmittedBatch {
    /// Becomes entries, in this order.
    pub(crate) accepted: Vec<Accepted>,
    /// Is in the log already, or is an earlier event of this very batch.
    pub(crate) duplicates: Vec<Duplicate>,
    /// Goes back with a reason.
    pub(crate) refused: Vec<Refused>,
    /// Segments of the index that this batch completes, with the index of the last entry in each.
    pub(crate) closed: Vec<Arc<ClosedSegment>>,
    /// Acknowledges the batch.
    pub(crate) acknowledge: Option<AckToken>,
}

/// An event on its way into the log.
pub(crate) struct Accepted {
    pub(crate) iss: Issuer,
    pub(crate) payload: Bytes,
    pub(crate) jwt: Range<usize>,
    pub(crate) restricted: Vec<Range<usize>>,
    pub(crate) withheld: Vec<Range<usize>>,
    /// The intake disclosure.
    pub(crate) intake: String,
    /// What it says, where the stages behind the committer want to have it.
    pub(crate) understood: Option<Opened>,
    /// Who waits for the commit.
    pub(crate) ticket: Option<Ticket>,
}

/// An event that is in the log already: it gets the old receipt again.
pub(crate) struct Duplicate {
    pub(crate) iss: Issuer,
    pub(crate) index: u64,
}

/// A message that is not let in. Of its body only the digest is left.
pub(crate) struct Refused {
    /// Where the refusal goes.
    pub(crate) subject: String,
    pub(crate) refusal: Refusal,
    /// SHA-256 of the body.
    pub(crate) digest: [u8; 32],
}

/// A batch after its commit.
pub(crate) struct CommittedBatch {
    pub(crate) admitted: AdmittedBatch,
    /// `None` where nothing was accepted.
    pub(crate) commit: Option<daybook_store::Commit>,
}
