//! The list of leaves against a naive one, and what it costs.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::collections::BTreeMap;

use daybook_production::package::write_leaves;
use daybook_tlog::{Hash, HashReader, LevelAppender, leaf_hash, node_hash};
use daybook_verify::production::{LeafRow, LeafState};
use proptest::prelude::*;

struct Tree {
    levels: Vec<Vec<Hash>>,
    reads: Cell<usize>,
}

impl Tree {
    fn new(size: u64) -> Self {
        let mut appender = LevelAppender::default();
        let mut levels = vec![Vec::new(); 4];
        for leaf in 0..size {
            appender.push(leaf_hash(&leaf.to_be_bytes()));
        }
        for run in appender.drain_all() {
            levels[usize::from(run.level)].extend(run.hashes);
        }
        Self { levels, reads: Cell::new(0) }
    }

    fn root(&self, first: u64, count: u64) -> Hash {
        match count {
            1 => leaf_hash(&first.to_be_bytes()),
            _ => node_hash(&self.root(first, count / 2), &self.root(first + count / 2, count / 2)),
        }
    }
}

impl HashReader for Tree {
    type Error = std::convert::Infallible;
    fn read_hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
        self.reads.set(self.reads.get() + 1);
        Ok(self.levels[usize::from(level)][start as usize..start as usize + count].to_vec())
    }
}

fn rows(tree: &Tree, size: u64, searched: u64, named: &BTreeMap<u64, LeafState>) -> Vec<LeafRow> {
    let mut out = Vec::new();
    write_leaves(tree, size, searched, named.iter().map(|(index, state)| (*index, *state)), &mut out)
        .unwrap();
    let text = String::from_utf8(out).unwrap();
    text.split_terminator("\r\n").skip(1).map(|line| LeafRow::parse(line).unwrap()).collect()
}

/// Joins halves of one state until nothing can be joined.
fn naive(tree: &Tree, size: u64, searched: u64, named: &BTreeMap<u64, LeafState>) -> Vec<LeafRow> {
    let rest = |index| if index < searched { LeafState::NotResponsive } else { LeafState::Later };
    let state = |index| named.get(&index).copied().unwrap_or_else(|| rest(index));
    let mut spans: Vec<(u64, u64, LeafState)> = (0..size).map(|index| (index, 1, state(index))).collect();
    loop {
        let joins = |pair: &[(u64, u64, LeafState)]| {
            let [(first, count, state), (_, other, same)] = pair else { return false };
            state.joins() && state == same && count == other && first.is_multiple_of(2 * count)
        };
        let Some(at) = spans.windows(2).position(joins) else { break };
        spans[at].1 *= 2;
        spans.remove(at + 1);
    }
    let row = |(first, count, state)| LeafRow { first, count, hash: tree.root(first, count), state };
    spans.into_iter().map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_list_is_the_shortest_that_the_rules_allow(
        size in 0_u64..600,
        part in 0.0..=1.0f64,
        indices in prop::collection::btree_map(0_u64..600, 0..3_u8, 0..20),
    ) {
        let searched = (size as f64 * part) as u64;
        let states = [LeafState::Produced, LeafState::Withheld, LeafState::Authority];
        let named = indices.into_iter().filter(|(index, _)| *index < size);
        let named: BTreeMap<u64, LeafState> = named
            .map(|(index, which)| (index, if index < searched { states[usize::from(which)] } else { LeafState::Authority }))
            .collect();
        let tree = Tree::new(size);
        prop_assert_eq!(rows(&tree, size, searched, &named), naive(&tree, size, searched, &named));
    }
}

#[test]
fn the_work_grows_with_the_leaves_named_and_not_with_the_log() {
    const SIZE: u64 = 300_000;
    let tree = Tree::new(SIZE);
    let named: BTreeMap<u64, LeafState> = (0..10).map(|n| (n * 29_999 + 7, LeafState::Authority)).collect();
    let rows = rows(&tree, SIZE, SIZE / 2, &named);
    // Ten leaves, and around each at most two rows for each of the 19 levels.
    assert!(rows.len() <= 10 * 2 * 19, "{}", rows.len());
    assert_eq!(tree.reads.get(), rows.len());
}
