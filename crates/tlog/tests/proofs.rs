//! Every proof of every small tree: made in each way, checked, and refused once anything about it changes.

use daybook_tlog::{
    BatchProver, Frontier, Hash, HashReader, LevelAppender, check_consistency, check_inclusion, frontier_at,
    leaf_hash, prove_consistency, prove_inclusion, root_at,
};
use proptest::prelude::*;

/// Level files in memory. Panics on a read outside what a ledger of that many leaves has on disk.
struct Levels(Vec<Vec<Hash>>);

impl HashReader for Levels {
    type Error = std::convert::Infallible;

    fn read_hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
        let start = start as usize;
        assert!(count > 0 && count <= 256 && start / 256 == (start + count - 1) / 256, "one tile at a time");
        Ok(self.0[level as usize][start..start + count].to_vec())
    }
}

struct Tree {
    leaves: Vec<Hash>,
    frontiers: Vec<Frontier>,
    levels: Levels,
}

impl Tree {
    fn root(&self, size: u64) -> Hash {
        self.frontiers[size as usize].root()
    }
}

fn tree(size: usize) -> Tree {
    let leaves: Vec<Hash> = (0..size).map(|i| leaf_hash(format!("leaf {i}").as_bytes())).collect();
    let mut frontier = Frontier::new();
    let mut frontiers = vec![frontier.clone()];
    let mut appender = LevelAppender::new(Frontier::new());
    let mut levels: Vec<Vec<Hash>> = Vec::new();
    for (i, leaf) in leaves.iter().enumerate() {
        frontier.push(*leaf);
        frontiers.push(frontier.clone());
        appender.push(*leaf);
        // Now and then the writer drains and restarts from the frontier alone.
        if i % 7 == 3 || i + 1 == size {
            for run in appender.drain_all() {
                levels.resize_with(levels.len().max(run.level as usize + 1), Vec::new);
                assert_eq!(levels[run.level as usize].len() as u64, run.start);
                levels[run.level as usize].extend(run.hashes);
            }
            appender = LevelAppender::new(appender.frontier().clone());
        }
    }
    Tree { leaves, frontiers, levels: Levels(levels) }
}

/// The path with one hash changed, removed, added, or two swapped.
fn mutations(path: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = vec![[path, &[leaf_hash(b"more")]].concat(), [&[leaf_hash(b"more")], path].concat()];
    for at in 0..path.len() {
        let mut changed = path.to_vec();
        changed[at].0[at % 32] ^= 1;
        all.push(changed);
        all.push([&path[..at], &path[at + 1..]].concat());
        if at > 0 {
            let mut swapped = path.to_vec();
            swapped.swap(at - 1, at);
            all.push(swapped);
        }
    }
    all
}

#[test]
fn every_inclusion_proof_proves_its_leaf_and_nothing_else() {
    let tree = tree(131);
    for size in 1..=tree.leaves.len() as u64 {
        let root = &tree.root(size);
        for index in 0..size {
            let leaf = &tree.leaves[index as usize];
            let path = prove_inclusion(&tree.levels, index, size).unwrap();
            check_inclusion(index, size, leaf, &path, root).unwrap();
            // Mutating is quadratic on top of quadratic; the shapes repeat, so a part of the sizes has them all.
            if size > 40 && size % 16 > 2 {
                continue;
            }
            for changed in mutations(&path) {
                assert!(
                    check_inclusion(index, size, leaf, &changed, root).is_err(),
                    "leaf {index} of {size}: {changed:?}"
                );
            }
            for other in (0..size).filter(|other| *other != index) {
                assert!(
                    check_inclusion(other, size, leaf, &path, root).is_err(),
                    "{index} as {other} of {size}"
                );
            }
            assert!(check_inclusion(index, size, root, &path, root).is_err() || size == 1);
            assert!(check_inclusion(index, size, leaf, &path, leaf).is_err() || size == 1);
            assert!(check_inclusion(size, size, leaf, &path, root).is_err());
        }
        assert!(prove_inclusion(&tree.levels, size, size).is_err());
    }
}

#[test]
fn every_consistency_proof_joins_its_two_roots_and_no_others() {
    let tree = tree(131);
    for new in 0..=tree.leaves.len() as u64 {
        let new_root = &tree.root(new);
        for old in 0..=new {
            let old_root = &tree.root(old);
            let path = prove_consistency(&tree.levels, old, new).unwrap();
            check_consistency(old, new, old_root, new_root, &path).unwrap();
            if new > 40 && new % 16 > 2 {
                continue;
            }
            for changed in mutations(&path) {
                assert!(
                    check_consistency(old, new, old_root, new_root, &changed).is_err(),
                    "{old} to {new}: {changed:?}"
                );
            }
            let wrong = leaf_hash(b"wrong");
            assert!(check_consistency(old, new, &wrong, new_root, &path).is_err());
            // From nothing, everything follows: there the new root is not looked at.
            assert!(check_consistency(old, new, old_root, &wrong, &path).is_err() || old == 0);
            for other in (1..new).filter(|other| *other != old && old != 0) {
                assert!(
                    check_consistency(other, new, old_root, new_root, &path).is_err(),
                    "{old} as {other} to {new}"
                );
            }
        }
        assert!(prove_consistency(&tree.levels, new + 1, new).is_err());
    }
}

#[test]
fn a_batch_gives_the_same_proofs_as_the_stored_tree() {
    let tree = tree(80);
    for start in 0..=tree.leaves.len() {
        for end in start..=tree.leaves.len() {
            let batch = BatchProver::new(&tree.frontiers[start], &tree.leaves[start..end]);
            assert_eq!(batch.size(), end as u64);
            assert_eq!(batch.root(), tree.root(end as u64), "{start}..{end}");
            for index in start as u64..end as u64 {
                let stored = prove_inclusion(&tree.levels, index, end as u64).unwrap();
                assert_eq!(batch.path(index), stored, "leaf {index} of {start}..{end}");
            }
        }
    }
}

#[test]
fn stored_trees_of_several_levels_prove_the_same() {
    let tree = tree(70_000);
    for size in [255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, 69_999, 70_000_u64] {
        assert_eq!(root_at(&tree.levels, size).unwrap(), tree.root(size));
        assert_eq!(frontier_at(&tree.levels, size).unwrap(), tree.frontiers[size as usize]);
        for index in [0, 1, 254, 255, 256, 300, 65_535, 65_536, 69_999].into_iter().filter(|i| *i < size) {
            let path = prove_inclusion(&tree.levels, index, size).unwrap();
            let leaf = &tree.leaves[index as usize];
            check_inclusion(index, size, leaf, &path, &tree.root(size)).unwrap();
        }
        for old in [1, 2, 255, 256, 257, 1000, 65_535, 65_536, 65_537].into_iter().filter(|old| *old <= size)
        {
            let path = prove_consistency(&tree.levels, old, size).unwrap();
            let (old_root, new_root) = (&tree.root(old), &tree.root(size));
            check_consistency(old, size, old_root, new_root, &path).unwrap();
        }
    }
}

#[test]
#[should_panic(expected = "not of this batch")]
fn a_batch_knows_only_its_own_leaves() {
    let tree = tree(4);
    BatchProver::new(&tree.frontiers[2], &tree.leaves[2..]).path(1);
}

#[test]
fn absurd_sizes_are_refused_not_computed() {
    let hash = leaf_hash(b"");
    assert!(check_inclusion(u64::MAX - 1, u64::MAX, &hash, &[hash; 64], &hash).is_err());
    assert!(check_inclusion(0, u64::MAX, &hash, &[], &hash).is_err());
    assert!(check_consistency(1, u64::MAX, &hash, &hash, &[hash; 64]).is_err());
    assert!(check_consistency(u64::MAX - 1, u64::MAX, &hash, &hash, &[hash; 70]).is_err());
    assert!(check_consistency(1 << 63, u64::MAX, &hash, &hash, &[hash]).is_err());
}

proptest! {
    #[test]
    fn any_batch_after_any_tree_is_proved(start in 0_usize..700, count in 1_usize..300, pick in any::<prop::sample::Index>()) {
        let leaves: Vec<Hash> = (0..start + count).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let mut before = Frontier::new();
        leaves[..start].iter().for_each(|leaf| before.push(*leaf));
        let batch = BatchProver::new(&before, &leaves[start..]);
        let mut after = before.clone();
        leaves[start..].iter().for_each(|leaf| after.push(*leaf));
        prop_assert_eq!(after.root(), batch.root());
        let index = start + pick.index(count);
        prop_assert!(check_inclusion(index as u64, batch.size(), &leaves[index], &batch.path(index as u64), &batch.root()).is_ok());
    }

    #[test]
    fn no_proof_of_random_shape_panics(
        old: u64, new: u64, path in prop::collection::vec(prop::array::uniform32(any::<u8>()).prop_map(Hash), 0..70),
    ) {
        let hash = leaf_hash(b"");
        prop_assert!(check_inclusion(old, new, &hash, &path, &hash).is_err() || new == 1);
        if old != new && old != 0 {
            prop_assert!(check_consistency(old, new, &hash, &hash, &path).is_err());
        }
    }
}
