//! Which hashes a level file gets when leaves are appended.

use crate::hash::Hash;
use crate::tree::Frontier;

/// Height of one level of tiles in levels of the tree.
const TILE_HEIGHT: u32 = 8;

/// Grows a tree and collects what goes to the level files: level `l` gets the root of every subtree of `256^l` leaves
/// as soon as it is complete (C2SP tlog-tiles: only full tiles are hashed upward).
///
/// Restarts from a [`Frontier`] alone, since a subtree that completes later is joined from frontier nodes.
#[derive(Clone, Debug, Default)]
pub struct LevelAppender {
    frontier: Frontier,
    pending: Vec<Vec<Hash>>,
}

/// Hashes to write at one place: `hashes` go to level file `level` from hash number `start` (not a byte offset) on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelRun {
    /// Level of the tiles.
    pub level: u8,
    /// Index of the first hash in that level.
    pub start: u64,
    /// The hashes, in order.
    pub hashes: Vec<Hash>,
}

impl LevelAppender {
    /// Continues the tree that `frontier` stands for; nothing is pending.
    pub fn new(frontier: Frontier) -> Self {
        Self { frontier, pending: Vec::new() }
    }

    /// Appends one leaf.
    pub fn push(&mut self, leaf: Hash) {
        let pending = &mut self.pending;
        self.frontier.push_with(leaf, |height, node| {
            if height % TILE_HEIGHT == 0 {
                let level = (height / TILE_HEIGHT) as usize;
                if pending.len() <= level {
                    pending.resize_with(level + 1, Vec::new);
                }
                pending[level].push(*node);
            }
        });
    }

    /// The tree so far.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Takes what is pending for one level. It ends at hash number `size / 256^level` of that level.
    pub fn drain(&mut self, level: u8) -> Vec<Hash> {
        self.pending.get_mut(usize::from(level)).map(std::mem::take).unwrap_or_default()
    }

    /// Takes everything that is pending, lowest level first, with the place where each run goes.
    pub fn drain_all(&mut self) -> Vec<LevelRun> {
        let size = self.frontier.size();
        let runs = std::mem::take(&mut self.pending);
        let placed = runs.into_iter().enumerate().filter(|(_, hashes)| !hashes.is_empty());
        placed
            .map(|(level, hashes)| {
                let start = (size >> (TILE_HEIGHT as usize * level)) - hashes.len() as u64;
                // A tree of 2^64 leaves has 8 levels.
                LevelRun { level: level as u8, start, hashes }
            })
            .collect()
    }
}
