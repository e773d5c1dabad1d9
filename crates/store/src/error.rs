//! What can go wrong, one type per operation. Each says what, where, and what to do.

use std::io;

use daybook_event::EntropyError;
use daybook_tlog::Hash;

use crate::batch::{MAX_BATCH_ENTRIES, MAX_ENTRY_BYTES};
use crate::keyring::MAX_DISCLOSURES;
use crate::layout::{CHECKPOINT, CHECKPOINTS, LOCK};
use crate::vault::RecordFault;

/// A ledger was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There are files of a ledger already.
    #[error(
        "there is a ledger here already ({file}); open it, or choose an empty directory. Nothing was changed"
    )]
    Exists {
        /// One of its files.
        file: String,
    },
    /// Another process has the directory open.
    #[error("another process holds {LOCK}; stop it first")]
    Locked,
    /// The name of the log's key has to be the origin.
    #[error("the log's key is named {signer}, but the origin is {origin}; make the key for this origin")]
    OtherOrigin {
        /// Name of the key.
        signer: String,
        /// The origin asked for.
        origin: String,
    },
    /// The disk failed before there was an entry.
    #[error("the disk failed while {doing}: {source}; see to the disk and create the ledger again")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the device said.
        source: io::Error,
    },
    /// The first entry was not committed.
    #[error("the first entry was not committed: {0}")]
    Genesis(#[from] CommitError),
}

/// A batch was not committed. After [`Io`](CommitError::Io) the writer refuses everything; the other kinds leave it as it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// There is nothing to commit.
    #[error("the batch is empty")]
    Empty,
    /// Above the limit.
    #[error("the batch has {0} entries; at most {MAX_BATCH_ENTRIES} are committed at once")]
    TooMany(usize),
    /// The entry would be longer than a bundle can hold.
    #[error("number {at} of the batch would make an entry of {bytes} bytes; at most {MAX_ENTRY_BYTES} fit")]
    EntryTooLarge {
        /// Place in the batch, from 0.
        at: usize,
        /// What it would come to.
        bytes: usize,
    },
    /// The disclosures are longer than those of any event.
    #[error("the disclosures of number {at} of the batch are too long for a vault record")]
    RecordTooLarge {
        /// Place in the batch, from 0.
        at: usize,
    },
    /// The event has more disclosures of a class than the keyring has keys for.
    #[error(
        "number {at} of the batch has {found} disclosures of one class; a vault record holds at most {MAX_DISCLOSURES}"
    )]
    TooManyDisclosures {
        /// Place in the batch, from 0.
        at: usize,
        /// How many; in class R with the intake disclosure.
        found: usize,
    },
    /// The JWT or a disclosure has characters that none has: the caller passed something unchecked.
    #[error("number {at} of the batch is not a compact JWT with base64url disclosures")]
    Malformed {
        /// Place in the batch, from 0.
        at: usize,
    },
    /// The keyring has no key for an entry that does not exist yet.
    #[error(
        "the keyring has no key for entry {entry}, which is yet to be written; it is not this ledger's keyring"
    )]
    NoKey {
        /// Index of the entry.
        entry: u64,
    },
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The disk failed. Whether the batch is in the ledger shows only when it is opened again.
    #[error("the disk failed while {doing}: {source}; close the ledger and open it again")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the device said.
        source: io::Error,
    },
    /// An earlier commit failed half-way.
    #[error("an earlier commit did not finish; close the ledger and open it again")]
    Poisoned,
}

/// A ledger was not opened. Nothing was changed, except where the disk failed half-way through mending.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the ledger open.
    #[error("another process holds {LOCK}; stop it first")]
    Locked,
    /// The disk failed.
    #[error("the disk failed while {doing}: {source}; see to the disk and open the ledger again")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the device said.
        source: io::Error,
    },
    /// There is no checkpoint: nothing was ever committed here, or the file is gone.
    #[error("{CHECKPOINTS} holds no checkpoint; create the ledger, or restore that file from a backup")]
    NoCheckpoint,
    /// A checkpoint is not as it was signed.
    #[error("the checkpoint in {file} at byte {at} is not valid ({reason}); restore the file from a backup")]
    BadCheckpoint {
        /// The file.
        file: &'static str,
        /// Where in the file, bytes.
        at: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The ledger is another log's, or the wrong key was given.
    #[error("the checkpoint in {file} is of {found}, not of {expected}; use the key of this ledger")]
    OtherOrigin {
        /// The file.
        file: &'static str,
        /// Origin of the key given.
        expected: String,
        /// Origin in the file.
        found: String,
    },
    /// A checkpoint was published that the file of all checkpoints does not have.
    #[error(
        "{CHECKPOINT} is for {latest} entries, but {CHECKPOINTS} ends at {last}: something that was durable is \
         lost. Restore {CHECKPOINTS} and the files of the log from a backup"
    )]
    CheckpointAhead {
        /// Size in `log/checkpoint`.
        latest: u64,
        /// Size in the last record of `log/checkpoints.log`.
        last: u64,
    },
    /// Two checkpoints of one size, or of one history, do not agree.
    #[error(
        "{CHECKPOINT} has another root for {size} entries than the log; compare both with a backup and with witnesses"
    )]
    CheckpointConflict {
        /// The size.
        size: u64,
    },
    /// A file under the last checkpoint is missing or too short.
    #[error(
        "{file} lacks entry {entry}, and the last checkpoint covers {size} entries; restore the file from a backup"
    )]
    Missing {
        /// The file.
        file: String,
        /// The first entry that is not there.
        entry: u64,
        /// Entries under the last checkpoint.
        size: u64,
    },
    /// An entry is not an entry, or does not follow from the one before.
    #[error("entry {entry} in {file} is damaged ({reason}); restore the file from a backup")]
    BadEntry {
        /// The file.
        file: String,
        /// The entry.
        entry: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The entries hash to another root than the last checkpoint's.
    #[error(
        "the log hashes to {found} at {size} entries, but the last checkpoint says {expected}{place}; \
         restore the files of the log from a backup"
    )]
    RootDiffers {
        /// Entries under the last checkpoint.
        size: u64,
        /// Root in the checkpoint.
        expected: Hash,
        /// Root of what is there.
        found: Hash,
        /// Where the difference shows, in words; empty if nowhere.
        place: String,
    },
    /// A vault record is not as it was written.
    #[error("the vault record of entry {entry} in {file}: {fault}")]
    BadRecord {
        /// The file.
        file: String,
        /// The entry.
        entry: u64,
        /// What is wrong with it.
        fault: RecordFault,
    },
}

/// Something was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not under the latest checkpoint.
    #[error("{what} {index} is beyond the {size} entries that the latest checkpoint covers")]
    Beyond {
        /// What was asked for.
        what: &'static str,
        /// Its number.
        index: u64,
        /// Entries under the latest checkpoint.
        size: u64,
    },
    /// Under the checkpoint, but the file does not have it.
    #[error("{file} lacks {what} {index}; verify the ledger, and restore the file from a backup")]
    Missing {
        /// The file.
        file: String,
        /// What was asked for.
        what: &'static str,
        /// Its number.
        index: u64,
    },
    /// A vault record does not open.
    #[error("the vault record of entry {entry} does not open: {fault}")]
    Record {
        /// The entry.
        entry: u64,
        /// Why.
        fault: RecordFault,
    },
    /// The disk failed.
    #[error("the disk failed: {0}; try again, and see to the disk if it stays so")]
    Io(#[from] io::Error),
}
