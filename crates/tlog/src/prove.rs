//! Making proofs from a stored tree (RFC 6962 sections 2.1.1 and 2.1.2).

use crate::hash::Hash;
use crate::reader::{HashReader, Tiles};
use crate::tree::Frontier;

/// Why no proof was made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// The leaf is not in the tree.
    #[error("there is no leaf {index} in a tree of {size}")]
    NoSuchLeaf {
        /// The leaf asked for.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// The old tree is larger than the new one.
    #[error("a tree of {new} leaves cannot follow one of {old}")]
    Shrinks {
        /// The size asked from.
        old: u64,
        /// The size asked to.
        new: u64,
    },
    /// The stored tree could not be read.
    #[error(transparent)]
    Read(E),
}

/// The inclusion path of leaf `index` in the tree of the first `size` leaves, the leaf's sibling first.
///
/// # Errors
///
/// If there is no such leaf, or the reader fails.
pub fn prove_inclusion<R: HashReader>(
    reader: &R,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, ProveError<R::Error>> {
    if index >= size {
        return Err(ProveError::NoSuchLeaf { index, size });
    }
    let mut tiles = Tiles::new(reader, size);
    let mut frontier: Option<Frontier> = None;
    let mut path = Vec::new();
    // Nodes of height h: ceil(size / 2^h). Above the root there is a single one.
    for height in (0..u64::BITS).take_while(|height| (size - 1) >> height > 0) {
        let sibling = (index >> height) ^ 1;
        let start = sibling << height;
        if start >= size {
            continue;
        }
        let end = start.checked_add(1 << height).map_or(size, |end| end.min(size));
        if !(end - start).is_power_of_two() && frontier.is_none() {
            frontier = Some(tiles.frontier().map_err(ProveError::Read)?);
        }
        path.push(tiles.range(start, end, frontier.as_ref()).map_err(ProveError::Read)?);
    }
    Ok(path)
}

/// The proof that the tree of the first `new` leaves starts with that of the first `old`.
///
/// Empty where the sizes are equal or `old` is 0.
///
/// # Errors
///
/// If `old` is larger than `new`, or the reader fails.
pub fn prove_consistency<R: HashReader>(
    reader: &R,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, ProveError<R::Error>> {
    if old > new {
        return Err(ProveError::Shrinks { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut tiles = Tiles::new(reader, new);
    let frontier = tiles.frontier().map_err(ProveError::Read)?;
    let mut path = Vec::new();
    for (start, end) in consistency_ranges(old, new) {
        path.push(tiles.range(start, end, Some(&frontier)).map_err(ProveError::Read)?);
    }
    Ok(path)
}

/// The subtrees whose roots make up SUBPROOF(old, [0, new), true), in the proof's order: from the bottom up.
fn consistency_ranges(old: u64, new: u64) -> Vec<(u64, u64)> {
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, new);
    while old != end {
        let half = 1_u64 << (u64::BITS - 1 - (end - start - 1).leading_zeros());
        let split = start + half;
        if old <= split {
            ranges.push((split, end));
            end = split;
        } else {
            ranges.push((start, split));
            start = split;
        }
    }
    // The verifier knows the old root; only where the old tree is more than this one subtree is it part of the proof.
    if start != 0 {
        ranges.push((start, end));
    }
    ranges.reverse();
    ranges
}
