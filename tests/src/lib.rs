//! The testkit: temporary ledgers, a real nats-server per test, clocks and disks that can fail.
#![forbid(unsafe_code)]
