//! Reading a stored tree. Storage is one method; it is asked for whole runs of hashes, never for single ones.

use std::collections::BTreeMap;

use crate::hash::{Hash, node_hash};
use crate::tile::TILE_WIDTH;
use crate::tree::{Frontier, fold_right};

/// Levels of the tree in one level of tiles.
const TILE_HEIGHT: u32 = 8;

/// A stored tree: level `l` holds the roots of all complete subtrees of `256^l` leaves, in order.
pub trait HashReader {
    /// Why a read failed.
    type Error;

    /// Reads `count` hashes (at most 256, all within one tile) of `level`, from hash number `start` on.
    ///
    /// # Errors
    ///
    /// If any of them is missing or cannot be read. Returning fewer than `count` is a fault of the implementation.
    fn read_hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, Self::Error>;
}

impl<R: HashReader + ?Sized> HashReader for &R {
    type Error = R::Error;

    fn read_hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
        (**self).read_hashes(level, start, count)
    }
}

/// The root of the first `size` leaves of a stored tree.
///
/// # Errors
///
/// What the reader says.
pub fn root_at<R: HashReader>(reader: &R, size: u64) -> Result<Hash, R::Error> {
    Ok(frontier_at(reader, size)?.root())
}

/// The frontier of the first `size` leaves of a stored tree, from at most one tile of each level.
///
/// # Errors
///
/// What the reader says.
pub fn frontier_at<R: HashReader>(reader: &R, size: u64) -> Result<Frontier, R::Error> {
    Tiles::new(reader, size).frontier()
}

/// The root of the complete subtree of `2^height` leaves that begins at leaf `first`, a multiple of these, from one read of one tile.
///
/// # Errors
///
/// What the reader says.
pub fn subtree_at<R: HashReader>(reader: &R, first: u64, height: u32) -> Result<Hash, R::Error> {
    let (level, below) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
    debug_assert!(
        first == 0 || first.trailing_zeros() >= height,
        "a subtree begins at a multiple of its leaves"
    );
    let hashes = reader.read_hashes(level as u8, first >> (level * TILE_HEIGHT), 1 << below)?;
    Ok(perfect_root(&hashes))
}

/// A stored tree cut off at `size` leaves, with the tiles that were read for one question.
pub(crate) struct Tiles<'a, R> {
    reader: &'a R,
    size: u64,
    read: BTreeMap<(u32, u64), Vec<Hash>>,
}

impl<'a, R: HashReader> Tiles<'a, R> {
    pub(crate) fn new(reader: &'a R, size: u64) -> Self {
        Self { reader, size, read: BTreeMap::new() }
    }

    /// The root of the complete subtree of `2^height` leaves with number `index` among its like.
    pub(crate) fn node(&mut self, height: u32, index: u64) -> Result<Hash, R::Error> {
        let level = height / 8;
        let below = height % 8;
        let first = index << below;
        let tile = self.tile(level, first / TILE_WIDTH)?;
        let from = (first % TILE_WIDTH) as usize;
        Ok(perfect_root(&tile[from..from + (1 << below)]))
    }

    pub(crate) fn frontier(&mut self) -> Result<Frontier, R::Error> {
        let size = self.size;
        let heights = (0..u64::BITS).rev().filter(|height| size >> height & 1 == 1);
        let nodes = heights
            .map(|height| self.node(height, (size >> height) - 1))
            .collect::<Result<Vec<Hash>, R::Error>>()?;
        Ok(Frontier::from_nodes(size, nodes).expect("one node was read for each set bit"))
    }

    /// The root over leaves `[start, end)`: an aligned complete subtree, or one that ends at the tree's right edge.
    pub(crate) fn range(
        &mut self,
        start: u64,
        end: u64,
        frontier: Option<&Frontier>,
    ) -> Result<Hash, R::Error> {
        let leaves = end - start;
        if leaves.is_power_of_two() {
            return self.node(leaves.trailing_zeros(), start >> leaves.trailing_zeros());
        }
        debug_assert_eq!(end, self.size, "a subtree that is not complete ends at the right edge");
        let own;
        let edge = match frontier {
            Some(frontier) => frontier,
            None => {
                own = self.frontier()?;
                &own
            }
        };
        // The frontier's last nodes are exactly the complete subtrees that the range splits into.
        let nodes = &edge.nodes()[edge.nodes().len() - leaves.count_ones() as usize..];
        Ok(fold_right(nodes).unwrap_or(Hash::EMPTY_ROOT))
    }

    fn tile(&mut self, level: u32, index: u64) -> Result<&[Hash], R::Error> {
        use std::collections::btree_map::Entry;
        Ok(match self.read.entry((level, index)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let start = index * TILE_WIDTH;
                let stored = self.size >> (8 * level);
                let count = (stored - start).min(TILE_WIDTH) as usize;
                place.insert(self.reader.read_hashes(level as u8, start, count)?)
            }
        })
    }
}

/// The root over a power of two of nodes.
fn perfect_root(nodes: &[Hash]) -> Hash {
    match nodes {
        [one] => *one,
        _ => {
            let (left, right) = nodes.split_at(nodes.len() / 2);
            node_hash(&perfect_root(left), &perfect_root(right))
        }
    }
}
