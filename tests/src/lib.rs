//! The testkit of Daybook: what tests that cross crates need and what none of the crates should carry.
//!
//! Real processes rather than doubles: a nats-server per test on a free port, a ledger in a temporary directory, a made-up
//! city's events, and what somebody with access to the disk might try. The binary `daybook-testkit` gives the last two to
//! scripts.
//!
//! ```
//! use daybook_tests::NatsServer;
//! let mut bus = NatsServer::start()?;
//! bus.kill();
//! bus.restart()?; // same port, same store
//! # Ok::<(), std::io::Error>(())
//! ```

mod account;
mod bus;
mod chains;
mod deployment;
mod hostile;
mod known;
mod ledger;
mod nats;
mod person;
mod random;
mod samples;
mod settled;
mod shift;
mod signers;
mod stored;
mod tamper;

pub use account::{Account, Answer};
pub use bus::{BusError, Refused, connect};
pub use chains::Department;
pub use deployment::{DeploymentBus, bus_config_command, make_bus_config};
pub use hostile::{Hostile, Program};
pub use known::Known;
pub use ledger::{Ledger, ORIGIN, Producer, daybook, jail_data, run_ok};
pub use nats::{NatsServer, find_nats_server};
pub use person::Person;
pub use random::Random;
pub use samples::{Sample, samples};
pub use shift::{Shift, day, shifted};
pub use signers::{SignedEvent, Signers, append, erase, send};
pub use stored::StoredLedger;
pub use tamper::{Change, Copy};
