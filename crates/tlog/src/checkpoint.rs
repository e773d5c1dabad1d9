//! Checkpoints (C2SP tlog-checkpoint): origin, size and root, three lines and no more.

use crate::hash::Hash;
use crate::note::NoteSigner;
use crate::vkey::KeyName;

/// A statement of a log: "my first `size` entries have this `root`".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Name of the log and of its key.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

/// Why a text is not a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not exactly three lines. Extension lines are refused: no verifier can audit what they say.
    #[error("a checkpoint has exactly three lines: origin, size, root")]
    NotThreeLines,
    /// The first line is not a name.
    #[error("the origin line is not a name without spaces and '+'")]
    BadOrigin,
    /// The second line is not a decimal number below 2^64 without leading zeros.
    #[error("the size line is not a plain decimal number")]
    BadSize,
    /// The third line is not 32 bytes in canonical base64, or not the empty root at size 0.
    #[error("the root line is not a SHA-256 hash that fits the size")]
    BadRoot,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads the text of a note.
    ///
    /// # Errors
    ///
    /// If it is not exactly what [`text`](Self::text) writes.
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.split('\n').collect();
        let [origin, size, root, ""] = lines[..] else { return Err(CheckpointError::NotThreeLines) };
        if !KeyName::is_valid(origin) {
            return Err(CheckpointError::BadOrigin);
        }
        let size = decimal(size).ok_or(CheckpointError::BadSize)?;
        let root = Hash::from_base64(root).ok_or(CheckpointError::BadRoot)?;
        if size == 0 && root != Hash::EMPTY_ROOT {
            return Err(CheckpointError::BadRoot);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The signed note.
    pub fn sign(&self, signer: &NoteSigner) -> String {
        signer.sign(&self.text())
    }
}

/// A decimal number as the C2SP formats want it: digits only, no leading zero.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
