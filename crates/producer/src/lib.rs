//! The departments' SDK: key, sequence, outbox, publishing, receipts, import.
#![forbid(unsafe_code)]
