//! The ledger's files: log, vault, keyring; append, commit, recover, read.
//!
//! A [`Writer`] appends batches of admitted events. When [`Writer::commit`] returns a [`Commit`], the batch is in the
//! ledger for good, and only then may receipts be signed. [`Writer::open`] is recovery, each time: it checks what is under
//! the last durable checkpoint, cuts what is above it, and refuses where something is missing. A [`Reader`] sees what is
//! committed. Disclosures are sealed under keys of the [`Keyring`], which can lose the keys of one record, or of one disclosure, for good.
//!
//! All of it stands on [`Storage`], whose documentation says what is durable when; [`Disk`] is the real one. The byte
//! formats are those of `schemas/formats.md`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use daybook_event::OsEntropy;
//! use daybook_store::{Class, Disk, Keyring, NewEntry, Target, Writer};
//! use daybook_tlog::NoteSigner;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let directory = dir.path();
//! let disk = Arc::new(Disk::open(directory)?);
//! let keyring = Keyring::create(&mut OsEntropy)?;
//! let signer = || Ok::<_, daybook_tlog::KeyNameError>(NoteSigner::from_seed("ledger.example".parse()?, [7; 32]));
//!
//! let genesis = NewEntry { jwt: "e30.e30.c2ln", intake: "aW50YWtl", r: vec![], w: vec![] };
//! Writer::create(disk.clone(), "ledger.example", &keyring, &signer()?, genesis)?;
//!
//! let keyring = Arc::new(keyring);
//! let (mut writer, recovery) = Writer::open(disk, signer()?, Arc::clone(&keyring))?;
//! assert!(recovery.was_clean());
//! let event = NewEntry { jwt: "e30.e30.c2lnMg", intake: "aW50YWtlMg", r: vec!["cm9vbQ"], w: vec!["bmFtZQ", "bnVtYmVy"] };
//! let commit = writer.commit(&[event])?;
//! assert_eq!(commit.first_index, 1);
//!
//! let reader = writer.reader();
//! assert_eq!(reader.entry(1)?, commit.entries.get(0).unwrap_or_default());
//! assert_eq!(reader.open_record(&keyring, 1, Class::W)?, ["bmFtZQ", "bnVtYmVy"]);
//! keyring.puncture(Target::disclosure(1, Class::W, 0));
//! assert_eq!(reader.open_record(&keyring, 1, Class::W)?, ["bnVtYmVy"]);
//! keyring.puncture(Target::record(1, Class::W));
//! assert!(reader.open_record(&keyring, 1, Class::W).is_err());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod batch;
mod checkpoints;
mod disk;
mod erase;
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
pub use erase::{Erased, MAX_ERASE_TARGETS};
pub use error::{CommitError, CreateError, OpenError, ReadError};
pub use keyring::{Class, KeyWalk, Keyring, MAX_DISCLOSURES, MAX_ENTRIES, Target};
pub use keyring_file::{FileKey, KeyringError, KeyringLock, LockError, MAX_KEYRING_FILE_BYTES};
pub use layout::{CHECKPOINT, CHECKPOINTS, ENTRIES_PER_FILE, KEYRING, LOCK, Layout};
pub use passphrase::{Passphrase, PassphraseCost};
pub use reader::{EntryIter, Reader};
pub use recover::Recovery;
pub use storage::{Storage, StorageLock};
pub use vault::RecordFault;
pub use writer::Writer;
