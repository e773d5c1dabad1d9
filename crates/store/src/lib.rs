//! The ledger's files: log, vault, keyring; append, commit, recover, read.
#![forbid(unsafe_code)]
