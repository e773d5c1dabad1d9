//! The keys that open the vault, and the only way to lose one on purpose.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use daybook_event::{Entropy, EntropyError};
use zeroize::Zeroizing;

use crate::ggm::{self, Nodes, Path, Secret};

/// Entries that one keyring has keys for: 2^39 - 1, a record of each class for every entry. The last two records that the tree has
/// room for belong to no entry; the very last leaf gives the [index key](Keyring::index_key).
pub const MAX_ENTRIES: u64 = ggm::RECORDS / 2 - 1;

/// Disclosures of one record: the keyring has so many keys for each. No type of the catalogue comes near.
pub const MAX_DISCLOSURES: usize = ggm::POSITIONS as usize;

/// The two classes of disclosure that are sealed, each in a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Restricted: for auditors and the department.
    R,
    /// Withheld: could single a person out.
    W,
}

impl Class {
    /// Both, in the order of their keys.
    pub const ALL: [Class; 2] = [Class::R, Class::W];

    /// The letter that stands for the class in a record's digest and additional data.
    #[must_use]
    pub fn letter(self) -> u8 {
        match self {
            Class::R => b'R',
            Class::W => b'W',
        }
    }

    /// The number of the record of an entry; none from [`MAX_ENTRIES`] on.
    fn record(self, entry: u64) -> Option<u64> {
        (entry < MAX_ENTRIES).then(|| 2 * entry + u64::from(self == Class::W))
    }

    fn leaf(self, entry: u64, position: usize) -> Option<u64> {
        let position = (position < MAX_DISCLOSURES).then_some(position as u64)?;
        Some(self.record(entry)? * ggm::POSITIONS + position)
    }
}

/// What is destroyed as one: a whole record, or one of its disclosures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// The entry.
    pub entry: u64,
    /// Which of its records.
    pub class: Class,
    /// Which disclosure of the record, from 0; `None` for the record as a whole. The intake disclosure, at 0 in class R, goes with the
    /// record only: so where anything of an R record opens, its first disclosure is there.
    pub position: Option<usize>,
}

impl Target {
    /// A record with everything in it.
    #[must_use]
    pub fn record(entry: u64, class: Class) -> Target {
        Target { entry, class, position: None }
    }

    /// One disclosure of a record.
    #[must_use]
    pub fn disclosure(entry: u64, class: Class, position: usize) -> Target {
        Target { entry, class, position: Some(position) }
    }

    /// Depth and prefix of the node that is punctured; `None` where no keyring has it, or it is the intake disclosure's alone.
    pub(crate) fn node(self) -> Option<(u8, u64)> {
        match self.position {
            None => Some((ggm::RECORD_DEPTH, self.class.record(self.entry)?)),
            Some(0) if self.class == Class::R => None,
            Some(position) => Some((ggm::DEPTH, self.class.leaf(self.entry, position)?)),
        }
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

    /// The AES-256 key of the disclosure at a position of a record; `None` once it has been punctured, for entries from
    /// [`MAX_ENTRIES`] on and for positions from [`MAX_DISCLOSURES`] on.
    #[must_use]
    pub fn key(&self, entry: u64, class: Class, position: usize) -> Option<Zeroizing<[u8; 32]>> {
        self.walk().key(entry, class, position)
    }

    /// For asking for many keys in order of entry, class and position: about two hashes a key instead of forty-six.
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

    /// Whether any key of a record, or that of a disclosure, can still be derived.
    #[must_use]
    pub fn is_alive(&self, target: Target) -> bool {
        target.node().is_some_and(|(depth, prefix)| {
            let first = prefix << (ggm::DEPTH - depth);
            self.read().any_in(first..first + (1 << (ggm::DEPTH - depth)))
        })
    }

    /// The entries whose record of this class is destroyed as a whole: runs, in order, none touching the next.
    ///
    /// It is read off what the keyring still holds, so it takes time and room with the number of secrets, not of entries.
    #[must_use]
    pub fn erased(&self, class: Class) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        for hole in self.read().holes() {
            let records = hole.start.div_ceil(ggm::POSITIONS)..hole.end / ggm::POSITIONS;
            // Records 2i are of class R, records 2i + 1 of class W.
            let entry = |record: u64| match class {
                Class::R => record.div_ceil(2).min(MAX_ENTRIES),
                Class::W => (record / 2).min(MAX_ENTRIES),
            };
            let run = entry(records.start)..entry(records.end.max(records.start));
            match runs.last_mut() {
                _ if run.is_empty() => {}
                Some(last) if last.end == run.start => last.end = run.end,
                _ => runs.push(run),
            }
        }
        runs
    }

    /// The entries of which single disclosures of this class are destroyed while others are not, and the positions of those.
    ///
    /// Like [`erased`](Keyring::erased) it is read off what the keyring still holds.
    #[must_use]
    pub fn partly_erased(&self, class: Class) -> BTreeMap<u64, Vec<usize>> {
        let mut partly: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for hole in self.read().holes() {
            // A hole that is longer than what is left of its first record has parts of records at its two ends only.
            let head = hole.start..hole.end.min(hole.start.next_multiple_of(ggm::POSITIONS));
            let tail = (hole.end / ggm::POSITIONS * ggm::POSITIONS).max(head.end)..hole.end;
            for leaf in head.chain(tail) {
                let (record, position) = (leaf / ggm::POSITIONS, leaf % ggm::POSITIONS);
                if class.record(record / 2) == Some(record) {
                    partly.entry(record / 2).or_default().push(position as usize);
                }
            }
        }
        partly
    }

    /// A keyring in memory that lacks the keys of these targets, as this one will once they are erased. Targets that no keyring has keys
    /// for are passed over.
    #[must_use]
    pub fn without(&self, targets: &[Target]) -> Keyring {
        let mut nodes = self.read().clone();
        for (depth, prefix) in targets.iter().filter_map(|target| target.node()) {
            nodes.puncture(depth, prefix);
        }
        Keyring::from_nodes(nodes)
    }

    /// Destroys the keys of a target in memory: nobody can derive them from what is left there. Returns whether there still
    /// were any. The file is as it was; [`erase`](Keyring::erase) does both.
    pub fn puncture(&self, target: Target) -> bool {
        let _alone = self.destroying();
        let Some((depth, prefix)) = target.node() else { return false };
        let destroyed = self.write().puncture(depth, prefix);
        self.generation.fetch_add(1, Ordering::Release);
        destroyed
    }

    /// Secrets that the keyring consists of: one at first, and up to 39 more with each record and 45 with each disclosure that was punctured.
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
    pub fn key(&mut self, entry: u64, class: Class, position: usize) -> Option<Zeroizing<[u8; 32]>> {
        let leaf = class.leaf(entry, position)?;
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
