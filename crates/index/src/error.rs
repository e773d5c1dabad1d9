//! Why the index could not be used.

use std::path::PathBuf;

/// Why the index could not be used. Deleting the index directory is always a remedy: it is derived from the log.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// sled failed.
    #[error("index {path}: {source}; the directory is derived from the log and may be deleted")]
    Sled {
        /// The index directory.
        path: PathBuf,
        /// Why.
        source: Box<sled::Error>,
    },
    /// A damaged or foreign index could not be removed.
    #[error("index {path}: {source}; delete the directory by hand, it is derived from the log")]
    Remove {
        /// The index directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A stored value has an impossible form.
    #[error("index: {what} is damaged; delete the index directory, it is derived from the log")]
    Damaged {
        /// The value.
        what: &'static str,
    },
    /// The log could not be read.
    #[error("reading the log to rebuild the index: {0}")]
    Log(String),
    /// An entry of the log is not what admission lets in.
    #[error("entry {index} of the log: {reason}; run `daybook verify log`")]
    Entry {
        /// The entry.
        index: u64,
        /// What is wrong with it.
        reason: String,
    },
}
