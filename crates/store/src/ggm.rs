//! The puncturable pseudo-random function of Goldreich, Goldwasser and Micali over SHA-256: a binary tree of depth 46 in
//! which a node's secret gives its children's secrets, and a leaf's secret gives one key. The node at depth 40 above a leaf is
//! that of a record, and the 64 leaves below it are those of the record's disclosures.
//!
//! Who holds a node can derive every leaf below it and no other. To *puncture* a node is to replace the secret above it by the
//! siblings along the path: all other leaves stay derivable, and those below it are gone for everybody.

use std::collections::BTreeMap;
use std::ops::Range;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Levels from the root to the node of a record. Records are numbered from 0 to 2^40 - 1.
pub(crate) const RECORD_DEPTH: u8 = 40;

/// Number of records.
pub(crate) const RECORDS: u64 = 1 << RECORD_DEPTH;

/// Leaves below the node of a record.
pub(crate) const POSITIONS: u64 = 1 << (DEPTH - RECORD_DEPTH);

/// Levels below the root. Leaves are numbered from 0 to 2^46 - 1.
pub(crate) const DEPTH: u8 = 46;

/// Number of leaves.
pub(crate) const LEAVES: u64 = 1 << DEPTH;

const CHILD_LABEL: &[u8] = b"daybook ggm\n";
const KEY_LABEL: &[u8] = b"daybook key\n";
const INDEX_KEY_LABEL: &[u8] = b"daybook index key\n";

/// The leaf that gives no record's key, but the key of the derived index.
pub(crate) const INDEX_LEAF: u64 = LEAVES - 1;

/// 32 secret bytes, wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// The secrets that are still known, by the first leaf that each covers. No two cover the same leaf.
#[derive(Clone)]
pub(crate) struct Nodes(BTreeMap<u64, Node>);

/// A node whose secret is known; where it stands follows from its key in the map.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) depth: u8,
    /// In a place of its own, so that the map moves an address and leaves no copy of the secret behind.
    pub(crate) secret: Box<Secret>,
}

impl Nodes {
    /// Every leaf can be derived.
    pub(crate) fn whole(root: Secret) -> Nodes {
        Nodes(BTreeMap::from([(0, Node { depth: 0, secret: Box::new(root) })]))
    }

    /// No leaf can be derived.
    pub(crate) fn none() -> Nodes {
        Nodes(BTreeMap::new())
    }

    /// Adds a node to the right of all others; `false` where it does not fit there.
    pub(crate) fn push(&mut self, depth: u8, prefix: u64, secret: Secret) -> bool {
        let end = self.0.last_key_value().map_or(0, |(first, node)| first + width(node.depth));
        if depth > DEPTH || prefix >= 1 << depth || prefix << (DEPTH - depth) < end {
            return false;
        }
        self.0.insert(prefix << (DEPTH - depth), Node { depth, secret: Box::new(secret) });
        true
    }

    /// Depth, prefix and secret of each node, from left to right.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (u8, u64, &Secret)> {
        self.0.iter().map(|(first, node)| (node.depth, first >> (DEPTH - node.depth), &*node.secret))
    }

    /// The node that covers a leaf; `None` where the leaf was punctured or there is no such leaf.
    pub(crate) fn covering(&self, leaf: u64) -> Option<&Node> {
        let (first, node) = self.0.range(..=leaf).next_back()?;
        (leaf < first + width(node.depth)).then_some(node)
    }

    /// The runs of leaves that cannot be derived, from left to right. At most one more than there are nodes.
    pub(crate) fn holes(&self) -> impl Iterator<Item = Range<u64>> {
        let ends = self.0.iter().map(|(first, node)| first + width(node.depth));
        let starts = self.0.keys().copied().chain([LEAVES]);
        [0].into_iter().chain(ends).zip(starts).map(|(end, next)| end..next).filter(|hole| !hole.is_empty())
    }

    /// Makes every leaf below a node underivable, or one leaf where `depth` is [`DEPTH`]; `false` if all of them were already.
    pub(crate) fn puncture(&mut self, depth: u8, prefix: u64) -> bool {
        let leaf = prefix << (DEPTH - depth);
        let above = self.covering(leaf).map(|node| node.depth).filter(|above| *above <= depth);
        let Some(above) = above else { return self.drop_below(leaf..leaf + width(depth)) };
        let first = leaf >> (DEPTH - above) << (DEPTH - above);
        let Some(mut node) = self.0.remove(&first) else { return false };
        while node.depth < depth {
            let depth = node.depth + 1;
            let bit = bit_at(leaf, depth);
            let sibling = (leaf >> (DEPTH - depth)) ^ 1;
            let secret = Box::new(child(&node.secret, bit ^ 1));
            self.0.insert(sibling << (DEPTH - depth), Node { depth, secret });
            node = Node { depth, secret: Box::new(child(&node.secret, bit)) };
        }
        true
    }

    /// Forgets the nodes in a range that no node reaches across; whether there were any.
    fn drop_below(&mut self, leaves: Range<u64>) -> bool {
        let held: Vec<u64> = self.0.range(leaves).map(|(first, _)| *first).collect();
        held.iter().for_each(|first| drop(self.0.remove(first)));
        !held.is_empty()
    }

    /// Whether any leaf of a range can be derived.
    pub(crate) fn any_in(&self, leaves: Range<u64>) -> bool {
        self.covering(leaves.start).is_some() || self.0.range(leaves).next().is_some()
    }
}

/// Derives leaves one after the other, remembering the path, so that neighbours share what they have in common: going
/// through consecutive leaves takes two hashes a leaf instead of forty-six.
pub(crate) struct Path {
    leaf: u64,
    base: u8,
    /// Secrets of the nodes above `leaf`, from depth `base` down to `DEPTH`; empty before the first leaf.
    secrets: Vec<Secret>,
}

impl Path {
    pub(crate) fn new() -> Path {
        // Room for a whole path at once, so that growing never leaves a copy of a secret behind.
        Path { leaf: 0, base: 0, secrets: Vec::with_capacity(usize::from(DEPTH) + 1) }
    }

    /// Forgets the path, and with it every key that could be derived from it.
    pub(crate) fn forget(&mut self) {
        self.secrets.clear();
    }

    /// The secret of a leaf. `covering` is asked only where the remembered path has nothing above the leaf.
    pub(crate) fn secret(
        &mut self,
        leaf: u64,
        covering: impl FnOnce(u64) -> Option<(u8, Secret)>,
    ) -> Option<&Secret> {
        if leaf >= LEAVES {
            return None;
        }
        let shared = DEPTH - bits(self.leaf ^ leaf);
        if self.secrets.is_empty() || shared < self.base {
            self.secrets.clear();
            let (depth, secret) = covering(leaf)?;
            self.base = depth;
            self.secrets.push(secret);
        } else {
            self.secrets.truncate(usize::from(shared - self.base) + 1);
        }
        self.leaf = leaf;
        let top = self.base + u8::try_from(self.secrets.len()).ok()? - 1;
        for depth in top + 1..=DEPTH {
            let next = child(self.secrets.last()?, bit_at(leaf, depth));
            self.secrets.push(next);
        }
        self.secrets.last()
    }
}

/// The key that a leaf's secret stands for.
pub(crate) fn key_of(leaf: &Secret) -> Secret {
    hash(&[KEY_LABEL, &leaf[..]])
}

/// The index's key. Its label is not that of a record's key, so neither can be taken for the other.
pub(crate) fn index_key_of(leaf: &Secret) -> Secret {
    hash(&[INDEX_KEY_LABEL, &leaf[..]])
}

fn child(parent: &Secret, bit: u8) -> Secret {
    hash(&[CHILD_LABEL, &[bit], &parent[..]])
}

fn hash(parts: &[&[u8]]) -> Secret {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    let mut out = Secret::new([0; 32]);
    hasher.finalize_into((&mut *out).into());
    out
}

/// The bit of the path that leads to depth `depth`: the most significant of the 46 comes first.
fn bit_at(leaf: u64, depth: u8) -> u8 {
    u8::from(leaf >> (DEPTH - depth) & 1 == 1)
}

/// Leaves below a node.
fn width(depth: u8) -> u64 {
    1 << (DEPTH - depth)
}

/// Bits up to the highest that is set.
fn bits(x: u64) -> u8 {
    (0..=DEPTH).find(|&n| x >> n == 0).unwrap_or(DEPTH)
}
