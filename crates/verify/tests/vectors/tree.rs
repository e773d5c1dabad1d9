//! Trees by the definitions of RFC 6962, section 2.1, and proofs that are one step off.

use daybook_tlog::{Hash, leaf_hash, node_hash};
use serde_json::{Value, json};

use super::{number, text};

const SIZES: [usize; 8] = [1, 2, 3, 5, 7, 8, 13, 21];

fn leaves(size: usize) -> Vec<Hash> {
    (0..size).map(|n| leaf_hash(format!("entry {n}").as_bytes())).collect()
}

fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// MTH.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// PATH.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut hashes, other) =
        if index < at { (path(index, left), right) } else { (path(index - at, right), left) };
    hashes.push(root(other));
    hashes
}

/// SUBPROOF.
fn proof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut hashes, other) =
        if old <= at { (proof(old, left, whole), right) } else { (proof(old - at, right, false), left) };
    hashes.push(root(other));
    hashes
}

fn listed(path: &[Hash]) -> Value {
    path.iter().map(Hash::to_base64).collect()
}

fn read(listed: &Value) -> Vec<Hash> {
    listed.as_array().unwrap().iter().map(|text| Hash::from_base64(text.as_str().unwrap()).unwrap()).collect()
}

fn hash(case: &Value, member: &str) -> Hash {
    Hash::from_base64(text(case, member)).unwrap()
}

pub(crate) fn inclusion_cases() -> Vec<Value> {
    let mut cases = Vec::new();
    for size in SIZES {
        let all = leaves(size);
        let case = |index: usize, size: usize, path: &[Hash], holds: bool, why: &str| {
            let leaf = all.get(index).unwrap_or(&all[0]).to_base64();
            json!({"why": why, "index": index, "size": size, "leaf": leaf, "path": listed(path), "root": root(&all).to_base64(), "holds": holds})
        };
        for index in 0..size {
            let good = path(index, &all);
            cases.push(case(index, size, &good, true, "a leaf and its path"));
            if size > 1 {
                cases.push(case(index, size, &good[1..], false, "a path without its first hash"));
                cases.push(case((index + 1) % size, size, &good, false, "the path of another leaf"));
            }
            cases.push(case(
                index,
                size,
                &[&good[..], &[all[0]]].concat(),
                false,
                "a path with a hash too many",
            ));
        }
        cases.push(case(size, size, &[], false, "a leaf behind the end"));
        cases.push(case(0, 0, &[], false, "a leaf of an empty tree"));
    }
    cases
}

pub(crate) fn check_inclusion(case: &Value) {
    let found = daybook_tlog::check_inclusion(
        number(case, "index"),
        number(case, "size"),
        &hash(case, "leaf"),
        &read(&case["path"]),
        &hash(case, "root"),
    );
    assert_eq!(found.is_ok(), case["holds"], "{case}");
}

pub(crate) fn consistency_cases() -> Vec<Value> {
    let mut cases = Vec::new();
    for new in SIZES {
        let all = leaves(new);
        for old in 0..=new {
            let case = |path: &[Hash], old_root: Hash, holds: bool, why: &str| json!({"why": why, "from": old, "to": new, "old_root": old_root.to_base64(), "new_root": root(&all).to_base64(), "path": listed(path), "holds": holds});
            let good = if old == 0 { Vec::new() } else { proof(old, &all, true) };
            let old_root = root(&all[..old]);
            cases.push(case(&good, old_root, true, "a beginning and its proof"));
            cases.push(case(&good, leaf_hash(b"other"), false, "another old root"));
            cases.push(case(&[&good[..], &[all[0]]].concat(), old_root, false, "a hash too many"));
            if !good.is_empty() {
                cases.push(case(&good[1..], old_root, false, "a hash too few"));
            }
        }
        let (old_root, new_root) = (root(&all).to_base64(), root(&all[..new - 1]).to_base64());
        cases.push(json!({"why": "a tree that shrinks", "from": new, "to": new - 1, "old_root": old_root, "new_root": new_root, "path": [], "holds": false}));
    }
    cases
}

pub(crate) fn check_consistency(case: &Value) {
    let found = daybook_tlog::check_consistency(
        number(case, "from"),
        number(case, "to"),
        &hash(case, "old_root"),
        &hash(case, "new_root"),
        &read(&case["path"]),
    );
    assert_eq!(found.is_ok(), case["holds"], "{case}");
}
