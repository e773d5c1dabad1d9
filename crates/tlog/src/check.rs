//! Checking proofs: RFC 9162 sections 2.1.3.2 and 2.1.4.2.

use crate::hash::{Hash, node_hash};

/// Most hashes in the path of any tree with 64-bit indices. A consistency proof may have one more.
pub const MAX_PATH_HASHES: usize = 64;

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is outside the tree.
    #[error("leaf {index} is not in a tree of {size} entries")]
    NoSuchLeaf {
        /// The leaf claimed.
        index: u64,
        /// The size claimed.
        size: u64,
    },
    /// The new tree is smaller than the old one.
    #[error("a tree of {new} entries cannot contain one of {old}")]
    Shrinks {
        /// Size of the old tree.
        old: u64,
        /// Size of the new tree.
        new: u64,
    },
    /// The number of hashes cannot be that of a proof for these sizes.
    #[error("the proof has {found} hashes, which does not fit the sizes it speaks of")]
    WrongLength {
        /// Hashes in the proof.
        found: usize,
    },
    /// Hashing the leaf up the path does not give the root.
    #[error("the proof leads to another root than the one signed")]
    WrongRoot,
    /// The proof does not start at the root of the old tree.
    #[error("the proof does not start from the old root")]
    WrongOldRoot,
}

/// Checks that `leaf` is number `index` of the tree with `size` leaves and this `root`.
///
/// # Errors
///
/// If the path does not prove exactly that (RFC 9162 section 2.1.3.2).
pub fn check_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let wrong_length = ProofError::WrongLength { found: path.len() };
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // Where the node was promoted, the levels without a sibling are passed over.
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::WrongRoot) }
}

/// Checks that the tree of `new` leaves with `new_root` starts with the tree of `old` leaves with `old_root`.
///
/// Two cases that the RFC leaves out: with equal sizes the roots must be equal and the path empty; from 0, the old root
/// must be [`Hash::EMPTY_ROOT`] and the path empty.
///
/// # Errors
///
/// If the path does not prove exactly that (RFC 9162 section 2.1.4.2).
pub fn check_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Shrinks { old, new });
    }
    let wrong_length = ProofError::WrongLength { found: path.len() };
    if old == new || old == 0 {
        let expected = if old == new { new_root } else { &Hash::EMPTY_ROOT };
        return match (path.is_empty(), old_root == expected) {
            (false, _) => Err(wrong_length),
            (true, false) => Err(ProofError::WrongOldRoot),
            (true, true) => Ok(()),
        };
    }
    // Where the old tree is one complete subtree, its root is the first hash, and is left out of the proof.
    let (first, rest) = if old.is_power_of_two() {
        (*old_root, path)
    } else {
        let (first, rest) = path.split_first().ok_or(wrong_length.clone())?;
        (*first, rest)
    };
    let skipped = (old - 1).trailing_ones();
    let (mut node, mut last) = (shift(old - 1, skipped), shift(new - 1, skipped));
    let (mut old_hash, mut new_hash) = (first, first);
    for hash in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(hash, &old_hash);
            new_hash = node_hash(hash, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if old_hash != *old_root {
        return Err(ProofError::WrongOldRoot);
    }
    if new_hash == *new_root { Ok(()) } else { Err(ProofError::WrongRoot) }
}

/// A right shift that may shift everything out.
fn shift(value: u64, by: u32) -> u64 {
    value.checked_shr(by).unwrap_or(0)
}
