//! The ledger's files: log, vault, keyring; append, commit, recover, read.
#![forbid(unsafe_code)]

mod batch;
mod checkpoints;
mod disk;
mod error;
mod frames;
mod ggm;
mod keyring;
mod keyring_file;
mod layout;
mod passphrase;
mod positions;
mod reader;
mod recover;
mod storage;
mod tail;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod vault;
mod writer;

pub use batch::{Commit, EntryBatch, MAX_BATCH_ENTRIES, MAX_ENTRY_BYTES, NewEntry};
pub use disk::Disk;
pub use error::{CommitError, CreateError, OpenError, ReadError};
pub use keyring::{Class, KeyWalk, Keyring, MAX_ENTRIES};
pub use keyring_file::{FileKey, KeyringError, KeyringLock, LockError, MAX_KEYRING_FILE_BYTES};
pub use layout::{CHECKPOINT, CHECKPOINTS, ENTRIES_PER_FILE, KEYRING, LOCK, Layout};
pub use passphrase::{Passphrase, PassphraseCost};
pub use reader::{EntryIter, Reader};
pub use recover::Recovery;
pub use storage::{Storage, StorageLock};
pub use vault::RecordFault;
pub use writer::Writer;
