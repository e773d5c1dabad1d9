//! Which file holds what.

use crate::keyring::Class;

/// Entries of one entry file, and records of one vault file.
pub const ENTRIES_PER_FILE: u64 = 65_536;

/// The latest checkpoint.
pub const CHECKPOINT: &str = "log/checkpoint";
/// Every checkpoint.
pub const CHECKPOINTS: &str = "log/checkpoints.log";
/// Held while a process has the ledger open for writing.
pub const LOCK: &str = "ledger.lock";
/// The keyring.
pub const KEYRING: &str = "keyring";

/// Every directory that the store keeps files in.
pub(crate) const DIRS: [&str; 7] =
    ["log", "log/entries", "log/tiles", "vault", "vault/r", "vault/w", "positions"];

/// The file of one level of hashes.
pub(crate) fn tile_path(level: u8) -> String {
    format!("log/tiles/{level}")
}

/// How many entries go into a file. Other than the standard only in tests, which want to see files change often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    entries_per_file: u64,
}

impl Layout {
    /// The format's.
    pub(crate) const STANDARD: Layout = Layout { entries_per_file: ENTRIES_PER_FILE };

    /// Another number of entries per file. Where it is not a multiple of 256, bundles are split between files and cannot be read.
    ///
    /// # Panics
    /// Where it is zero.
    #[doc(hidden)]
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub const fn small(entries_per_file: u64) -> Layout {
        assert!(entries_per_file > 0);
        Layout { entries_per_file }
    }

    /// The file that holds an entry.
    pub(crate) fn file_of(self, entry: u64) -> u64 {
        entry / self.entries_per_file
    }

    /// How many of the first `size` entries are in a file.
    pub(crate) fn count_in(self, file: u64, size: u64) -> u64 {
        size.saturating_sub(self.start_of(file)).min(self.entries_per_file)
    }

    /// The entries that a full file has.
    pub(crate) fn per_file(self) -> u64 {
        self.entries_per_file
    }

    /// The first entry of a file.
    pub(crate) fn start_of(self, file: u64) -> u64 {
        file * self.entries_per_file
    }
}

/// One of the three series of numbered files. They hold length-prefixed records, one for each entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Series {
    Entries,
    Vault(Class),
}

/// The three, in the order in which a commit writes them.
pub(crate) const SERIES: [Series; 3] = [Series::Entries, Series::Vault(Class::R), Series::Vault(Class::W)];

impl Series {
    pub(crate) fn dir(self) -> &'static str {
        match self {
            Series::Entries => "log/entries",
            Series::Vault(Class::R) => "vault/r",
            Series::Vault(Class::W) => "vault/w",
        }
    }

    pub(crate) fn path(self, file: u64) -> String {
        let ending = if self == Series::Entries { "log" } else { "vlt" };
        format!("{}/{file:09}.{ending}", self.dir())
    }

    /// Where it is written down at which bytes the records of a full file begin.
    pub(crate) fn positions_path(self, file: u64) -> String {
        let name = match self {
            Series::Entries => "entries",
            Series::Vault(Class::R) => "vault-r",
            Series::Vault(Class::W) => "vault-w",
        };
        format!("positions/{name}-{file:09}")
    }

    /// The number of a file of this series, from its name.
    pub(crate) fn number(self, name: &str) -> Option<u64> {
        let number = name.split('.').next()?.parse().ok()?;
        (self.path(number).strip_prefix(self.dir())?.strip_prefix('/')? == name).then_some(number)
    }

    /// Bytes of the length in front of each record.
    pub(crate) fn prefix_bytes(self) -> usize {
        match self {
            Series::Entries => 2,
            Series::Vault(_) => 4,
        }
    }

    /// Longest record, bytes.
    pub(crate) fn max_record_bytes(self) -> usize {
        match self {
            Series::Entries => daybook_event::entry::ENTRY_MAX_BYTES,
            Series::Vault(_) => crate::vault::MAX_RECORD_BYTES,
        }
    }
}
