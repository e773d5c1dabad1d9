use std::path::PathBuf;

use daybook_event::IssueError;

/// Why the outbox did not do what it was asked. Nothing was changed when one of these is returned.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Another process has this outbox open.
    #[error("{} is open in another process. One process at a time sends for a producer: stop the other one (`daybook producer run`?), or give it the events", path.display())]
    InUse {
        /// The outbox file.
        path: PathBuf,
    },
    /// The bound on waiting events is reached.
    #[error(
        "the outbox holds {pending} events without a receipt, the most is {bound}. Let `daybook producer run` send them, and look at `daybook producer status` for why receipts do not come"
    )]
    Full {
        /// Events waiting.
        pending: u64,
        /// [`super::PENDING_MAX`].
        bound: u64,
    },
    /// More drafts than fit in one transaction.
    #[error("{given} events in one batch, the most is {bound}. Split the batch")]
    BatchTooLarge {
        /// Drafts given.
        given: usize,
        /// [`super::BATCH_MAX`].
        bound: usize,
    },
    /// A draft may not be signed: the ledger would refuse it.
    #[error("event {place} of the batch: {source}")]
    NotIssued {
        /// Position in the batch, from 0.
        place: usize,
        /// What is wrong with it.
        source: IssueError,
    },
    /// The outbox belongs to another producer or another ledger.
    #[error("{} belongs to {found}, not to {wanted}. Use the home that it came from", path.display())]
    Foreign {
        /// The outbox file.
        path: PathBuf,
        /// Producer and ledger written in it.
        found: String,
        /// Producer and ledger of the configuration.
        wanted: String,
    },
    /// A row does not have the form it was written in.
    #[error(
        "the outbox is damaged: {what}. Stop, keep a copy of it, and restore the home from a backup; never start a second one with the same key, its events would fork the sequence"
    )]
    Damaged {
        /// Where.
        what: String,
    },
    /// The source of randomness failed.
    #[error("no randomness: {0}")]
    Entropy(String),
    /// The store failed.
    #[error(
        "the outbox could not be read or written: {0}. Check the disk and its free space; what was reported as enqueued is safe"
    )]
    Store(Box<redb::Error>),
}

macro_rules! from_redb {
    ($($kind:ty),*) => {$(
        impl From<$kind> for OutboxError {
            fn from(error: $kind) -> Self {
                Self::Store(Box::new(error.into()))
            }
        }
    )*};
}

from_redb!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::DatabaseError,
    redb::SetDurabilityError
);
