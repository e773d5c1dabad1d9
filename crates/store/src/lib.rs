//! The ledger's files: log, vault, keyring; append, commit, recover, read.
#![forbid(unsafe_code)]

mod disk;
mod ggm;
mod keyring;
mod keyring_file;
mod passphrase;
mod storage;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use disk::Disk;
pub use keyring::{Class, KeyWalk, Keyring, MAX_ENTRIES};
pub use keyring_file::{FileKey, KeyringError, KeyringLock, LockError, MAX_KEYRING_FILE_BYTES};
pub use passphrase::{Passphrase, PassphraseCost};
pub use storage::{Storage, StorageLock};
