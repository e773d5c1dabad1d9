//! By what everything is measured: the ledger's key, checkpoints that it signed, and the tree under them.

use std::fmt::Display;

use daybook_event::Origin;
use daybook_tlog::{
    Checkpoint, Hash, HashReader, Policy, ProveError, check_consistency, check_inclusion, prove_consistency,
    prove_inclusion, root_at,
};
use daybook_verify::production::Consistency;

use super::error::{BuildError, FETCH_AGAIN};

/// The ledger's key and the witnesses that it asks for.
#[derive(Clone, Debug)]
pub struct Trust {
    text: String,
    policy: Policy,
    origin: Origin,
}

impl Trust {
    /// Reads a C2SP trust policy, which goes into the package to the byte.
    ///
    /// # Errors
    /// Where it is none, or its log has no name that a ledger can have.
    pub fn new(policy: &str) -> Result<Self, BuildError> {
        let unfit = |error: &dyn Display| {
            BuildError::unfit(format!("the ledger's trust policy cannot be used: {error}"), FETCH_AGAIN)
        };
        let read: Policy = policy.parse().map_err(|error| unfit(&error))?;
        let origin = read.origin().parse().map_err(|error| unfit(&error))?;
        Ok(Self { text: policy.to_owned(), policy: read, origin })
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The ledger's name.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Opens a checkpoint; `which` says in errors which it is.
    pub(super) fn open(&self, note: &str, which: &str) -> Result<Checkpoint, BuildError> {
        self.policy.open_checkpoint(note.as_bytes()).map_err(|error| {
            let what = format!("the checkpoint {which} is not one to be relied on: {error}");
            BuildError::unfit(
                what,
                "fetch it from the ledger again; if witnesses are missing, wait until they have signed",
            )
        })
    }
}

/// The ledger's tree under a checkpoint. What it gives has been checked against the signed root, so it does not matter who reads the tree for it.
pub(super) struct Tree<'a, R> {
    reader: &'a R,
    pub(super) checkpoint: Checkpoint,
}

impl<'a, R: HashReader> Tree<'a, R>
where
    R::Error: Display,
{
    /// The tree under this checkpoint.
    pub(super) fn new(reader: &'a R, checkpoint: Checkpoint) -> Result<Self, BuildError> {
        let root = root_at(reader, checkpoint.size).map_err(|error| unread(&error))?;
        if root != checkpoint.root {
            let what = format!(
                "the ledger's tree of {} entries has another root than its checkpoint",
                checkpoint.size
            );
            return Err(BuildError::unfit(what, FETCH_AGAIN));
        }
        Ok(Self { reader, checkpoint })
    }

    /// The reader, for what is checked as a whole afterwards.
    pub(super) fn reader(&self) -> &'a R {
        self.reader
    }

    /// The proof that this leaf is at this place.
    pub(super) fn path(&self, index: u64, leaf: &Hash) -> Result<Vec<Hash>, BuildError> {
        let Checkpoint { size, root, .. } = &self.checkpoint;
        let refused = |what: String| {
            BuildError::entry(index, what, format!("{FETCH_AGAIN} (checkpoint of {size} entries)"))
        };
        let path = prove_inclusion(self.reader, index, *size).map_err(|error| match error {
            ProveError::Read(error) => unread(&error),
            ProveError::NoSuchLeaf { .. } | ProveError::Shrinks { .. } => {
                refused("it is not below the checkpoint".to_owned())
            }
        })?;
        check_inclusion(index, *size, leaf, &path, root).map_err(|error| {
            refused(format!("what was handed out is not what the ledger signed: {error}"))
        })?;
        Ok(path)
    }

    /// The proof that this tree goes on from an earlier one.
    pub(super) fn since(&self, earlier: &Checkpoint) -> Result<Consistency, BuildError> {
        let Checkpoint { size, root, .. } = &self.checkpoint;
        let refused = |what: &dyn Display| {
            let what = format!(
                "the checkpoint of {size} entries does not go on from that of {}: {what}",
                earlier.size
            );
            BuildError::unfit(what, FETCH_AGAIN)
        };
        let path = prove_consistency(self.reader, earlier.size, *size).map_err(|error| match error {
            ProveError::Read(error) => unread(&error),
            ProveError::NoSuchLeaf { .. } | ProveError::Shrinks { .. } => refused(&"it is smaller"),
        })?;
        check_consistency(earlier.size, *size, &earlier.root, root, &path)
            .map_err(|error| refused(&error))?;
        Ok(Consistency { from: earlier.size, to: *size, path })
    }
}

/// The tree could not be read.
pub(super) fn unread(error: &dyn Display) -> BuildError {
    BuildError::unfit(
        format!("the ledger's tree cannot be read: {error}"),
        "see that the ledger can be reached, then build again",
    )
}
