//! The departments' SDK: key, sequence, outbox, publishing, receipts, import.
//!
//! A department's program has a [`Home`]: a directory with its key and its [`Outbox`]. An event is signed and on disk
//! when [`Home::enqueue`] returns; a [`Producer`] sends it until the ledger's receipt has been verified.
//!
//! ```
//! use daybook_event::OsEntropy;
//! use daybook_producer::{Home, ProducerConfig};
//!
//! # let dir = tempfile::tempdir()?;
//! # let dir = dir.path().join("jail-records");
//! let config = ProducerConfig::new(
//!     "sheriff/jail-records".parse()?,
//!     "city.example/ledger".parse()?,
//!     "nats://127.0.0.1:4222",
//!     "trust.policy",
//! );
//! let home = Home::create(&dir, config, None, &mut OsEntropy)?;
//! println!("for the ledger's governance to register: {}", home.registration_request());
//! // home.enqueue(&drafts, &mut OsEntropy)?;
//! // Producer::new(&home)?.run(stop).await?;
//! assert_eq!(home.outbox().counts()?.pending, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! From the bottom up: [`keyfile`] keeps the key; [`outbox`] is the durable queue; `window` knows what is on its way
//! and when it goes out again; `receipt` decides what to believe; `sender` and `settle` are the two halves of the loop;
//! [`mapping`] and [`mod@import`] turn tables into events.
#![forbid(unsafe_code)]

mod bus;
pub mod clock;
mod home;
pub mod import;
mod issue_fault;
pub mod keyfile;
pub mod mapping;
mod matter;
pub mod outbox;
mod progress;
mod receipt;
mod sender;
mod settle;
mod window;

pub use bus::{BusConfig, PUBLISH_ACK_WAIT, PUBLISH_IN_FLIGHT};
pub use home::{Home, HomeError, ProducerConfig};
pub use keyfile::{KeyFileError, Passphrase};
pub use outbox::{Counts, Outbox, OutboxError, Standing};
pub use progress::{Figures, Progress};
pub use receipt::{OpenedRefusal, RECEIPTS_MAX_BYTES, REFUSAL_MAX_BYTES, ReceiptFault, digest, receipt_file};
pub use sender::{Producer, SendError};
pub use window::{
    AWAITING_MAX, HOLD_STEPS, PUBLISH_RETRY_FIRST, RECEIPT_WAIT_FIRST, RECEIPT_WAIT_MAX, REFUSED_WAIT_FIRST,
    Waits,
};
