//! The right edge of a growing tree: all that is needed to append and to know the root.

use crate::hash::{Hash, node_hash};

/// The compact range of leaves `[0, size)`: the roots of the complete subtrees that `size` splits into, largest first.
///
/// At most 64 hashes whatever the size. Appending costs two hashes per leaf on average.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes up where [`nodes`](Self::nodes) left off. `None` unless there is one node per set bit of `size`.
    pub fn from_nodes(size: u64, nodes: Vec<Hash>) -> Option<Self> {
        (nodes.len() == size.count_ones() as usize).then_some(Self { size, nodes })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the complete subtrees, left to right: one for each set bit of the size, the highest bit first.
    pub fn nodes(&self) -> &[Hash] {
        &self.nodes
    }

    /// Appends one leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _| {});
    }

    /// Appends one leaf and tells every subtree that it completes, by height, the leaf itself first.
    pub(crate) fn push_with(&mut self, leaf: Hash, mut completed: impl FnMut(u32, &Hash)) {
        let mut node = leaf;
        completed(0, &node);
        for height in 0..self.size.trailing_ones() {
            let left = self.nodes.pop().expect("there is one node for each set bit of the size");
            node = node_hash(&left, &node);
            completed(height + 1, &node);
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// Appends a complete subtree of `2^height` leaves by its root. `false`, and nothing is appended, where no such subtree can begin
    /// here: the size must be a multiple of its leaves.
    pub fn push_subtree(&mut self, height: u32, root: Hash) -> bool {
        let Some(leaves) = 1_u64.checked_shl(height) else { return false };
        let Some(size) = self.size.checked_add(leaves) else { return false };
        if !self.size.is_multiple_of(leaves) {
            return false;
        }
        let mut node = root;
        for _ in 0..(self.size >> height).trailing_ones() {
            let left = self.nodes.pop().expect("there is one node for each set bit of the size");
            node = node_hash(&left, &node);
        }
        self.nodes.push(node);
        self.size = size;
        true
    }

    /// The root: RFC 6962 MTH of all leaves.
    pub fn root(&self) -> Hash {
        fold_right(&self.nodes).unwrap_or(Hash::EMPTY_ROOT)
    }
}

/// Joins neighbouring subtrees that shrink to the right into the root over all of them.
pub(crate) fn fold_right(nodes: &[Hash]) -> Option<Hash> {
    let (last, rest) = nodes.split_last()?;
    Some(rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    /// RFC 6962 section 2.1 word by word, as the yardstick.
    fn mth(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::EMPTY_ROOT,
            [one] => *one,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&mth(&leaves[..split]), &mth(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_standard_at_every_size() {
        let leaves: Vec<Hash> = (0..300_u32).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let mut frontier = Frontier::new();
        for size in 0..=leaves.len() {
            assert_eq!(frontier.root(), mth(&leaves[..size]), "size {size}");
            assert_eq!(
                Frontier::from_nodes(size as u64, frontier.nodes().to_vec()).as_ref(),
                Some(&frontier)
            );
            assert_eq!(Frontier::from_nodes(size as u64 + 1, frontier.nodes().to_vec()).is_some(), {
                (size as u64 + 1).count_ones() == (size as u64).count_ones()
            });
            if let Some(leaf) = leaves.get(size) {
                frontier.push(*leaf);
            }
        }
    }

    #[test]
    fn subtrees_may_take_the_place_of_their_leaves() {
        let leaves: Vec<Hash> = (0..64_u32).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        for size in 0..=leaves.len() {
            for height in 0..=6 {
                let whole = 1 << height;
                let mut joined = Frontier::new();
                let mut at = 0;
                while at < size {
                    let fits = at % whole == 0 && at + whole <= size;
                    let (height, root) =
                        if fits { (height, mth(&leaves[at..at + whole])) } else { (0, leaves[at]) };
                    assert!(joined.push_subtree(height, root));
                    at += 1 << height;
                }
                assert_eq!(joined.root(), mth(&leaves[..size]), "size {size} height {height}");
            }
        }
        let mut odd = Frontier::new();
        odd.push(leaves[0]);
        let before = odd.clone();
        assert!(!odd.push_subtree(1, leaves[1]) && !odd.push_subtree(64, leaves[1]));
        assert_eq!(odd, before);
    }

    #[test]
    fn the_well_known_eight_leaves_have_the_well_known_roots() {
        let inputs: [&str; 8] = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let mut frontier = Frontier::new();
        for (input, root) in inputs.iter().zip(roots) {
            let bytes: Vec<u8> = (0..input.len() / 2)
                .map(|i| u8::from_str_radix(&input[2 * i..2 * i + 2], 16).unwrap())
                .collect();
            frontier.push(leaf_hash(&bytes));
            assert_eq!(hex(&frontier.root().0), root, "size {}", frontier.size());
        }
    }
}
