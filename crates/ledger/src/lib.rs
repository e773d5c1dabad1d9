//! The ledger service: intake, admission, committer, publisher, and reading over HTTP.
//!
//! An event's way: [`bus`] → [`admission`] → the log ([`daybook_store`]) → its receipt. [`service::run`] wires the stages;
//! [`open::open`] recovers a ledger from its directory; [`http`] serves checkpoints and tiles; [`private_bus`] is the
//! nats-server that `daybook up` brings along.
#![forbid(unsafe_code)]

pub mod access;
pub mod admission;
pub mod bus;
pub mod clock;
pub mod config;
mod entries;
pub mod findings;
mod giving_way;
pub mod http;
pub mod init;
mod intake;
pub mod knowledge;
pub mod metrics;
pub mod open;
mod pipeline;
pub mod private_bus;
pub mod service;
