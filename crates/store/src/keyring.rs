//! The keys that open the vault, and the only way to lose one on purpose.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use daybook_event::{Entropy, EntropyError};
use zeroize::Zeroizing;

use crate::ggm::{self, Nodes, Path, Secret};

/// Entries that one keyring has keys for: 2^39, a key of each class for every entry.
pub const MAX_ENTRIES: u64 = ggm::LEAVES / 2;

/// The two classes of disclosure that are sealed, each under a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Restricted: for auditors and the department.
    R,
    /// Withheld: could single a person out.
    W,
}

impl Class {
    /// Both, in the order of their key leaves.
    pub const ALL: [Class; 2] = [Class::R, Class::W];

    /// The letter that stands for the class in a record's digest and additional data.
    #[must_use]
    pub fn letter(self) -> u8 {
        match self {
            Class::R => b'R',
            Class::W => b'W',
        }
    }

    fn leaf(self, entry: u64) -> Option<u64> {
        (entry < MAX_ENTRIES).then(|| 2 * entry + u64::from(self == Class::W))
    }
}

/// The keys of all entries, as a tree of secrets from which the key of an erased entry can no longer be had.
///
/// It may be shared between threads. What it holds is wiped from memory when it is dropped, and it cannot be printed.
///
/// [`puncture`](Keyring::puncture) works on the memory only: the erasure is done once the keyring has been
/// [saved](Keyring::save) and the older copies of its file are destroyed.
pub struct Keyring {
    nodes: RwLock<Nodes>,
}

impl Keyring {
    /// A new keyring, with keys that nobody has had before.
    ///
    /// # Errors
    /// Where the source of randomness fails.
    pub fn create(rng: &mut dyn Entropy) -> Result<Keyring, EntropyError> {
        let mut root = Secret::new([0; 32]);
        rng.fill(&mut root[..])?;
        Ok(Keyring::from_nodes(Nodes::whole(root)))
    }

    pub(crate) fn from_nodes(nodes: Nodes) -> Keyring {
        Keyring { nodes: RwLock::new(nodes) }
    }

    /// The AES-256 key of an entry and class; `None` once it has been punctured, and for entries from
    /// [`MAX_ENTRIES`] on.
    #[must_use]
    pub fn key(&self, entry: u64, class: Class) -> Option<Zeroizing<[u8; 32]>> {
        self.walk().key(entry, class)
    }

    /// For asking for many keys in order of entry and class: about two hashes a key instead of forty.
    #[must_use]
    pub fn walk(&self) -> KeyWalk<'_> {
        KeyWalk { keyring: self, path: Path::new() }
    }

    /// Destroys the key of an entry and class: nobody can derive it from what is left. Returns whether there still was one.
    pub fn puncture(&self, entry: u64, class: Class) -> bool {
        class.leaf(entry).is_some_and(|leaf| self.write().puncture(leaf))
    }

    /// Secrets that the keyring consists of: one at first, and up to 39 more with each key that was punctured.
    #[must_use]
    pub fn secrets(&self) -> usize {
        self.read().iter().len()
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Nodes> {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Nodes> {
        self.nodes.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Derives keys in sequence. It remembers the path to the last one, so it may still know a key that is punctured while it
/// lives: make one for a batch and drop it.
pub struct KeyWalk<'a> {
    keyring: &'a Keyring,
    path: Path,
}

impl KeyWalk<'_> {
    /// As [`Keyring::key`].
    pub fn key(&mut self, entry: u64, class: Class) -> Option<Zeroizing<[u8; 32]>> {
        let leaf = class.leaf(entry)?;
        let keyring = self.keyring;
        let cover = |leaf| keyring.read().covering(leaf).map(|node| (node.depth, node.secret.clone()));
        self.path.secret(leaf, cover).map(ggm::key_of)
    }
}
