//! Why a search has no answer.

/// Why a search, or a change of the search index, failed. Nothing of it touches the log.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A filter with too many terms.
    #[error("the filter has {terms} terms; the most is {max}: search in parts")]
    TooManyTerms {
        /// Terms of the filter.
        terms: usize,
        /// The bound.
        max: usize,
    },
    /// A page that is too long, or empty.
    #[error("a page has 1 to {max} entries; {limit} were asked for")]
    PageLimit {
        /// Entries asked for.
        limit: usize,
        /// The bound.
        max: usize,
    },
    /// A checkpoint that the index has not come to yet.
    #[error(
        "the search index has come to entry {size}, the checkpoint asked for is {below}; ask again shortly, or for {size}"
    )]
    Behind {
        /// Entries in the index.
        size: u64,
        /// The size asked for.
        below: u64,
    },
    /// What sled holds of a segment is not what was stored. [`rewrite`](crate::search::SearchIndex::rewrite) mends it.
    #[error(
        "segment {segment} of the search index is damaged; it is derived from the log and will be written again"
    )]
    Damaged {
        /// The segment.
        segment: u64,
    },
    /// Rows that do not continue the index, or do not fill the segment.
    #[error(
        "the search index expects {expected}, and got the row of entry {got}; feed it rows in order from its size on"
    )]
    Rows {
        /// What was to come.
        expected: &'static str,
        /// The first row that is wrong, or the number of rows.
        got: u64,
    },
    /// sled failed.
    #[error(
        "the search index could not be read or written: {0}; the index directory is derived from the log and may be deleted"
    )]
    Sled(#[from] sled::Error),
    /// The file of keys could not be written.
    #[error("the keys of the search index could not be written: {0}; check the disk")]
    Keys(#[from] std::io::Error),
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] daybook_event::entropy::EntropyError),
    /// A key could not be used.
    #[error("sealing a segment of the search index failed: it is larger than its cipher takes")]
    Seal,
}
