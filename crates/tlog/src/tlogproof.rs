//! A proof to carry around (C2SP tlog-proof): index, path and checkpoint in one text.

use crate::check::{MAX_PATH_HASHES, ProofError, check_inclusion};
use crate::checkpoint::{Checkpoint, decimal};
use crate::hash::Hash;
use crate::note::MAX_NOTE_BYTES;
use crate::policy::{Policy, PolicyError};

/// Largest proof that is read, in bytes: a note and as much again.
pub const MAX_PROOF_BYTES: usize = 2 * MAX_NOTE_BYTES;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// That some leaf is in a log, as far as a policy trusts it. The leaf itself travels elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Whatever the application likes. Not authenticated.
    pub extra: Option<Vec<u8>>,
    /// Number of the leaf.
    pub index: u64,
    /// Its inclusion path in the checkpoint's tree, the leaf's sibling first.
    pub path: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

/// Why a proof was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// The text is not in the format.
    #[error("not a c2sp.org/tlog-proof@v1: {0}")]
    Malformed(&'static str),
    /// The checkpoint is not to be relied on.
    #[error(transparent)]
    Checkpoint(#[from] PolicyError),
    /// The path does not lead from the leaf to the checkpoint's root.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
}

impl TlogProof {
    /// The text.
    pub fn format(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            text += &format!("extra {}\n", crate::base64::encode(extra));
        }
        text += &format!("index {}\n", self.index);
        for hash in &self.path {
            text += &format!("{hash}\n");
        }
        text + "\n" + &self.checkpoint
    }

    /// Reads the text. Only [`verify`](Self::verify) says whether it proves anything.
    ///
    /// # Errors
    ///
    /// If it is not exactly what [`format`](Self::format) writes, or larger than any proof.
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        use TlogProofError::Malformed;
        if text.len() > MAX_PROOF_BYTES {
            return Err(Malformed("it is larger than any proof"));
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(Malformed("there is no empty line"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(Malformed("the first line is another"));
        }
        let extra = lines.next_if(|line| line.starts_with("extra ")).map(|line| &line["extra ".len()..]);
        let extra = match extra {
            Some(extra) => Some(
                crate::base64::decode(extra).ok_or(Malformed("the extra data is not canonical base64"))?,
            ),
            None => None,
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(Malformed("the index line is missing or not a plain decimal number"))?;
        let mut path = Vec::new();
        for line in lines {
            if path.len() == MAX_PATH_HASHES {
                return Err(Malformed("the path is longer than any path"));
            }
            path.push(Hash::from_base64(line).ok_or(Malformed("a line of the path is not a hash"))?);
        }
        Ok(Self { extra, index, path, checkpoint: checkpoint.to_owned() })
    }

    /// Checks everything: signatures and quorum of the checkpoint, then that the leaf is number `index` under it.
    ///
    /// # Errors
    ///
    /// If the checkpoint is not to be relied on under this policy, or the path does not prove inclusion.
    pub fn verify(&self, policy: &Policy, leaf: &Hash) -> Result<Checkpoint, TlogProofError> {
        let checkpoint = policy.open_checkpoint(self.checkpoint.as_bytes())?;
        check_inclusion(self.index, checkpoint.size, leaf, &self.path, &checkpoint.root)?;
        Ok(checkpoint)
    }
}
