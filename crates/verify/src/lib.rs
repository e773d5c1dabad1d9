//! Verdicts on logs and receipts, from bytes alone.
#![forbid(unsafe_code)]
