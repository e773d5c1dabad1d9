//! Verdicts on logs and receipts, from bytes alone: no secret, no network, no word of the service is needed.
//!
//! [`verify_log`] recomputes everything that a ledger claims and says of the first thing that does not hold what and where
//! it is. What the ledger's own events sealed and erased is listed beside the verdict. [`verify_receipt`] judges one receipt.
//! Each [`Kind`] of failure has an exit code of its own.
//!
//! The signatures of events are verified one by one with the strict rule, not with the service's batch equation: a
//! verifier that shared it would share its mistakes.
//!
//! ```
//! use daybook_tlog::{Checkpoint, Hash, NoteSigner, Policy};
//! use daybook_verify::{Kind, Layout, MemorySource, Options, verify_log};
//!
//! let signer = NoteSigner::from_seed("city.example/ledger".parse()?, [7; 32]);
//! let policy: Policy = format!("log {}\nquorum none\n", signer.vkey()).parse()?;
//! let empty = Checkpoint { origin: "city.example/ledger".into(), size: 0, root: Hash::EMPTY_ROOT };
//!
//! let mut log = MemorySource { layout: Layout::Tiles, files: Default::default() };
//! log.files.insert("checkpoint".into(), empty.sign(&signer).into_bytes());
//! assert!(verify_log(&log, &policy, &Options::default(), &|_| {}).ok);
//!
//! // The same log claims an entry that it does not have.
//! log.files.insert("checkpoint".into(), Checkpoint { size: 1, ..empty }.sign(&signer).into_bytes());
//! let report = verify_log(&log, &policy, &Options::default(), &|_| {});
//! assert_eq!(report.failures[0].kind, Kind::Entry);
//! assert_eq!(report.exit_code(), 11);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod blame;
mod checkpoints;
mod dir;
mod entries;
mod event;
mod fold;
mod hashes;
mod locate;
mod log;
mod options;
pub mod production;
mod read;
mod receipt;
mod records;
mod report;
mod sealed;
mod source;
mod surplus;
mod vault;

pub use dir::DirSource;
pub use log::verify_log;
pub use options::{ENTRIES_PER_FILE, Options, Progress, Stage};
pub use read::{for_each_entry, read_entry};
pub use receipt::{
    MAX_RECEIPT_BYTES, ReceiptFault, ReceiptVerdict, verify_receipt, verify_receipt_with, write_receipt,
};
pub use report::{Counts, Failure, Kind, MAX_FAILURES, MAX_NOTES, Report};
pub use sealed::{MAX_SEALED, SealedEntries, Sealings, UnclearSealing};
pub use source::{FileReader, Layout, LogSource, MemorySource};
