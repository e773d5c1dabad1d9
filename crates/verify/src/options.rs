//! What to look at, and how fast.

use daybook_event::Catalogue;

/// Entries per entry file, and records per vault file (`schemas/formats.md`).
pub const ENTRIES_PER_FILE: u64 = 65_536;

/// What a verification covers.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Threads to use; `None` for one per core.
    pub threads: Option<usize>,
    /// Whether a process may be writing to the ledger meanwhile. Then what lies beyond the checkpoint is left alone;
    /// otherwise it is a failure.
    pub running: bool,
    /// Whether vault and keyring belong to what is verified. A copy of the log alone has neither.
    pub vault: bool,
    /// The event types.
    pub catalogue: &'a Catalogue,
    /// Entries per file; other than [`ENTRIES_PER_FILE`] only in tests.
    #[doc(hidden)]
    pub entries_per_file: u64,
}

impl Default for Options<'static> {
    /// Everything, of a ledger at rest, on all cores, with the built-in catalogue.
    fn default() -> Self {
        Self {
            threads: None,
            running: false,
            vault: true,
            catalogue: Catalogue::builtin(),
            entries_per_file: ENTRIES_PER_FILE,
        }
    }
}

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being looked at.
    pub stage: Stage,
    /// Done so far.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

/// What is being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Entries with their events, hashes and checkpoints.
    Entries,
    /// Vault records.
    Vault,
}
