//! Inclusion proofs of freshly appended leaves, from the frontier before them and nothing else.

use crate::hash::{Hash, node_hash};
use crate::tree::Frontier;

/// The part of the tree that a batch of new leaves touches, level by level.
///
/// Level `h` holds the nodes `[first_h, count_h)` of that height, where `first_h` is even: left of the batch only the
/// siblings of its own path are needed, and those are frontier nodes. The last node of a level may be the promoted
/// ragged right edge (a subtree that is not complete), exactly as RFC 6962 hashes it. Building costs about one hash per
/// leaf beyond the leaf hashes; a path is then only copied.
#[derive(Clone, Debug)]
pub struct BatchProver {
    before: u64,
    size: u64,
    levels: Vec<Level>,
}

#[derive(Clone, Debug)]
struct Level {
    /// Index, among the nodes of this height, of the first one kept. Always even.
    first: u64,
    nodes: Vec<Hash>,
}

impl BatchProver {
    /// Appends `leaves` to the tree of `before`.
    pub fn new(before: &Frontier, leaves: &[Hash]) -> Self {
        let size = before.size() + leaves.len() as u64;
        let mut levels: Vec<Level> = Vec::new();
        let mut frontier = before.nodes().iter().rev();
        let mut fresh = leaves.to_vec();
        for height in 0..=u64::BITS {
            let covered = before.size().checked_shr(height).unwrap_or(0);
            let mut nodes = Vec::with_capacity(fresh.len() + 1);
            if covered & 1 == 1 {
                nodes.extend(frontier.next());
            }
            nodes.append(&mut fresh);
            let first = covered & !1;
            let whole = first == 0 && nodes.len() <= 1 && frontier.len() == 0;
            fresh = join_pairs(&nodes);
            levels.push(Level { first, nodes });
            if whole {
                break;
            }
        }
        Self { before: before.size(), size, levels }
    }

    /// Number of leaves with the batch.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root with the batch.
    pub fn root(&self) -> Hash {
        self.levels.last().and_then(|top| top.nodes.first()).copied().unwrap_or(Hash::EMPTY_ROOT)
    }

    /// The inclusion path of a leaf of the batch in the tree of [`size`](Self::size), leaf's sibling first.
    ///
    /// # Panics
    ///
    /// If `index` is not in `[before.size(), size)`: the batch knows nothing about other leaves.
    pub fn path(&self, index: u64) -> Vec<Hash> {
        assert!((self.before..self.size).contains(&index), "leaf {index} is not of this batch");
        let mut path = Vec::with_capacity(self.levels.len());
        for (height, level) in self.levels.iter().enumerate() {
            let sibling = (index >> height) ^ 1;
            let at = sibling.checked_sub(level.first).and_then(|at| usize::try_from(at).ok());
            // No node there: this level's own node is promoted, and the path has no hash for it.
            path.extend(at.and_then(|at| level.nodes.get(at)));
        }
        path
    }
}

/// The nodes one level up: each pair hashed, a last odd one promoted as it is.
fn join_pairs(nodes: &[Hash]) -> Vec<Hash> {
    nodes
        .chunks(2)
        .map(|pair| match pair {
            [left, right] => node_hash(left, right),
            single => single[0],
        })
        .collect()
}
