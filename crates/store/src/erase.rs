//! Destroying keys for good.

use daybook_event::Entropy;

use crate::keyring::{Keyring, Target};
use crate::keyring_file::{KeyringError, KeyringLock, seal_nodes, write_nodes};
use crate::storage::Storage;

/// Records and disclosures that one call destroys at most: the records of half an entry file. Those that lie together cost the
/// keyring next to nothing; each that lies alone makes its file up to 2.5 KB longer.
pub const MAX_ERASE_TARGETS: usize = 65_536;

/// What a call of [`Keyring::erase`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Targets that could be opened before and that nobody can open any more.
    pub destroyed: usize,
    /// Targets whose keys had been destroyed before, or that were named twice.
    pub already: usize,
}

impl Keyring {
    /// Destroys the keys of these records and disclosures, in memory and in the keyring's file, in one step: all of them or none.
    ///
    /// When it returns `Ok`, the file without them is durable in the place of the old one. When it fails, the keys are still in
    /// memory, and the old or the new file is there, whole; call it again. Keys that were destroyed before may be named again:
    /// the file is written all the same, so that afterwards it lacks what the memory lacks.
    ///
    /// Copies of the old file that others made open the records still. Whoever erases sees to it that they are destroyed.
    ///
    /// # Errors
    /// [`KeyringError::TooManyTargets`] above [`MAX_ERASE_TARGETS`], [`KeyringError::NoSuchTarget`] for entries from
    /// [`MAX_ENTRIES`](crate::MAX_ENTRIES) on, positions from [`MAX_DISCLOSURES`](crate::MAX_DISCLOSURES) on and the intake disclosure
    /// by itself, and as [`save`](Keyring::save).
    pub fn erase(
        &self,
        targets: &[Target],
        storage: &dyn Storage,
        path: &str,
        lock: &dyn KeyringLock,
        rng: &mut dyn Entropy,
    ) -> Result<Erased, KeyringError> {
        if targets.len() > MAX_ERASE_TARGETS {
            return Err(KeyringError::TooManyTargets { found: targets.len(), limit: MAX_ERASE_TARGETS });
        }
        let _alone = self.destroying();
        // On a copy: until the file is durable, the keys are needed, since the erasure may yet fail.
        let mut left = self.read().clone();
        let mut destroyed = 0;
        for target in targets {
            let (depth, prefix) = target.node().ok_or(KeyringError::NoSuchTarget { entry: target.entry })?;
            destroyed += usize::from(left.puncture(depth, prefix));
        }
        storage.replace(path, &seal_nodes(write_nodes(&left), lock, rng)?)?;
        self.swap(left);
        Ok(Erased { destroyed, already: targets.len() - destroyed })
    }
}
