//! The testkit of Daybook: what tests that cross crates need and what none of the crates should carry.
//!
//! Real processes rather than doubles: a nats-server per test on a free port, a ledger in a temporary directory.
//!
//! ```
//! use daybook_tests::NatsServer;
//! let mut bus = NatsServer::start()?;
//! bus.kill();
//! bus.restart()?; // same port, same store
//! # Ok::<(), std::io::Error>(())
//! ```

mod nats;

pub use nats::{NatsServer, find_nats_server};
