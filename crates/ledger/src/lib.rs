//! The ledger service: intake, admission, committer, publisher, HTTP.
#![forbid(unsafe_code)]
