//! The keys that open the vault, and the only way to lose one on purpose.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use daybook_event::{Entropy, EntropyError};
use zeroize::Zeroizing;

use crate::ggm::{self, Nodes, Path, Secret};

/// Entries that one keyring has keys for: 2^39 - 1, a key of each class for every entry. The last two leaves of the tree
/// belong to no entry; the very last gives the [index key](Keyring::index_key).
pub const MAX_ENTRIES: u64 = ggm::LEAVES / 2 - 1;

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

    pub(crate) fn leaf(self, entry: u64) -> Option<u64> {
        (entry < MAX_ENTRIES).then(|| 2 * entry + u64::from(self == Class::W))
    }
}

/// The keys of all entries, as a tree of secrets from which the key of an erased entry can no longer be had.
///
/// It may be shared between threads. What it holds is wiped from memory when it is dropped, and it cannot be printed.
///
/// [`erase`](Keyring::erase) destroys keys for good, in memory and in the file; the erasure is done once the older copies of
/// the file, wherever they are, are destroyed too. [`puncture`](Keyring::puncture) works on the memory only.
pub struct Keyring {
    nodes: RwLock<Nodes>,
    /// Held while keys are being destroyed, so that no two do it at once and one brings back what the other took away.
    destroying: Mutex<()>,
    /// Raised whenever keys were destroyed, so that walks let go of what they remember.
    generation: AtomicU64,
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
        Keyring { nodes: RwLock::new(nodes), destroying: Mutex::default(), generation: AtomicU64::default() }
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
        KeyWalk { keyring: self, path: Path::new(), generation: self.generation() }
    }

    /// The key under which the derived index hashes what must not be read off it; `None` once it has been destroyed.
    ///
    /// It comes from a leaf that belongs to no entry, and erasing records leaves it as it is.
    #[must_use]
    pub fn index_key(&self) -> Option<Zeroizing<[u8; 32]>> {
        let cover = |leaf| self.read().covering(leaf).map(|node| (node.depth, Secret::clone(&node.secret)));
        Path::new().secret(ggm::INDEX_LEAF, cover).map(ggm::index_key_of)
    }

    /// Whether the key of an entry and class can still be derived.
    #[must_use]
    pub fn is_alive(&self, entry: u64, class: Class) -> bool {
        class.leaf(entry).is_some_and(|leaf| self.read().covering(leaf).is_some())
    }

    /// The entries whose key of this class is destroyed: runs, in order, none touching the next.
    ///
    /// It is read off what the keyring still holds, so it takes time and room with the number of secrets, not of entries.
    #[must_use]
    pub fn erased(&self, class: Class) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        for hole in self.read().holes() {
            // Leaves 2i are of class R, leaves 2i + 1 of class W.
            let entry = |leaf: u64| match class {
                Class::R => leaf.div_ceil(2).min(MAX_ENTRIES),
                Class::W => (leaf / 2).min(MAX_ENTRIES),
            };
            let run = entry(hole.start)..entry(hole.end);
            match runs.last_mut() {
                _ if run.is_empty() => {}
                Some(last) if last.end == run.start => last.end = run.end,
                _ => runs.push(run),
            }
        }
        runs
    }

    /// Destroys the key of an entry and class in memory: nobody can derive it from what is left there. Returns whether there still
    /// was one. The file is as it was; [`erase`](Keyring::erase) does both.
    pub fn puncture(&self, entry: u64, class: Class) -> bool {
        let _alone = self.destroying();
        let Some(leaf) = class.leaf(entry) else { return false };
        let destroyed = self.write().puncture(leaf);
        self.generation.fetch_add(1, Ordering::Release);
        destroyed
    }

    /// Secrets that the keyring consists of: one at first, and up to 39 more with each key that was punctured.
    #[must_use]
    pub fn secrets(&self) -> usize {
        self.read().iter().len()
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Nodes> {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else destroys keys, and keeps others waiting while the value lives.
    pub(crate) fn destroying(&self) -> MutexGuard<'_, ()> {
        self.destroying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts other secrets in the place of these, which are wiped.
    pub(crate) fn swap(&self, nodes: Nodes) {
        let old = std::mem::replace(&mut *self.write(), nodes);
        self.generation.fetch_add(1, Ordering::Release);
        drop(old);
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Nodes> {
        self.nodes.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Derives keys in sequence. It remembers the path to the last one, and forgets it when keys of the keyring were destroyed.
pub struct KeyWalk<'a> {
    keyring: &'a Keyring,
    path: Path,
    /// The keyring's when the path was last empty or valid.
    generation: u64,
}

impl KeyWalk<'_> {
    /// As [`Keyring::key`].
    pub fn key(&mut self, entry: u64, class: Class) -> Option<Zeroizing<[u8; 32]>> {
        let leaf = class.leaf(entry)?;
        let keyring = self.keyring;
        let generation = keyring.generation();
        if self.generation != generation {
            self.path.forget();
            self.generation = generation;
        }
        let cover =
            |leaf| keyring.read().covering(leaf).map(|node| (node.depth, Secret::clone(&node.secret)));
        self.path.secret(leaf, cover).map(ggm::key_of)
    }
}
