//! Why a production was not built: what, where, and what to do.

use std::io;
use std::path::Path;

use crate::profile::Notice;
use crate::understand::UnderstandError;

/// What to do where something that came from the ledger is not whole or not of the ledger.
pub(super) const FETCH_AGAIN: &str = "fetch it from the ledger again; if it comes like that once more, verify the ledger before producing from it";
/// What to do where the production no longer fits what the ledger says of it.
pub(super) const OPEN_ANEW: &str = "open a new production";

/// Why a production was not built. No message holds a value out of an event.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A line of what the ledger handed out is not as it should be.
    #[error("{file}, line {line}: {what}; {remedy}")]
    Line {
        /// What the file holds: `materials` or `authorities`.
        file: &'static str,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A record cannot go out, or cannot be held back, as it stands.
    #[error("entry {index}: {what}; {remedy}")]
    Entry {
        /// The entry.
        index: u64,
        /// What is wrong.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// A record does not read, or what was decided about it does not fit it.
    #[error(transparent)]
    Record(#[from] UnderstandError),
    /// Parts of the production do not fit each other.
    #[error("{what}; {remedy}")]
    Unfit {
        /// What does not fit.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The profile says that it may not go out like that.
    #[error("{}", blocked(.0))]
    Blocked(Vec<Notice>),
    /// A file could not be read or written.
    #[error(
        "{what}: {error}; see that the disk has room and that nobody else works in this folder, then build again"
    )]
    Disk {
        /// Which.
        what: String,
        /// Why.
        error: io::Error,
    },
    /// A rendering would not conform to its standard.
    #[error("{what}: {why}; this is a fault of the program, please report it with the type of event")]
    Rendering {
        /// Of what.
        what: String,
        /// Why.
        why: String,
    },
    /// The package that was made does not hold.
    #[error("the package that was made does not hold ({code}): {what}; {FETCH_AGAIN}")]
    DoesNotHold {
        /// The first check that failed.
        code: &'static str,
        /// Its first fault, with file and entry.
        what: String,
    },
}

fn blocked(notices: &[Notice]) -> String {
    notices.iter().map(|notice| notice.sentence.as_str()).collect::<Vec<_>>().join(" ")
}

impl BuildError {
    /// Whether what came from the ledger is in doubt, so that it should be fetched again and not be built from once more.
    pub fn doubts_what_was_fetched(&self) -> bool {
        match self {
            Self::Line { .. } | Self::Record(_) | Self::DoesNotHold { .. } => true,
            Self::Entry { remedy, .. } => remedy.starts_with(FETCH_AGAIN),
            Self::Unfit { remedy, .. } => remedy.starts_with(FETCH_AGAIN),
            Self::Blocked(_) | Self::Disk { .. } | Self::Rendering { .. } => false,
        }
    }

    pub(super) fn entry(index: u64, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Entry { index, what: what.into(), remedy: remedy.into() }
    }

    pub(super) fn unfit(what: impl Into<String>, remedy: &'static str) -> Self {
        Self::Unfit { what: what.into(), remedy }
    }

    /// A fault of a file, named by its path.
    pub(super) fn disk(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let what = path.display().to_string();
        move |error| Self::Disk { what: what.clone(), error }
    }
}

/// For the bag's writer, which knows faults of the disk only.
impl From<io::Error> for BuildError {
    fn from(error: io::Error) -> Self {
        Self::Disk { what: "the package".to_owned(), error }
    }
}
