//! Roots, proofs, tiles and notes of `daybook-tlog` are those of `tlog_tiles` and `signed_note`, which share no code with it.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::collections::BTreeMap;

use daybook_tlog::{
    Checkpoint, Frontier, Hash, HashReader, LevelAppender, NoteSigner, Policy, check_consistency,
    check_inclusion, leaf_hash, prove_consistency, prove_inclusion, root_at, tiles_at,
};
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{Tile, TileReader};

/// Sizes up to this are tried all, with every index and every older size.
const ALL_TO: u64 = 70;
/// Sizes around the tile boundaries of levels 0 and 1, and one with three levels.
const EDGES: [u64; 10] = [255, 256, 257, 511, 512, 513, 4_000, 65_535, 65_536, 66_049];
const BIGGEST: u64 = 66_049;
const ORIGIN: &str = "ledger.example/agreement";

/// The same leaves in both programs' storage.
struct Both {
    ours: Levels,
    theirs: StoredHashes,
    leaves: Vec<Hash>,
    roots: Vec<Hash>,
}

#[derive(Default)]
struct Levels(Vec<Vec<Hash>>);

impl HashReader for Levels {
    type Error = std::convert::Infallible;
    fn read_hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
        let start = usize::try_from(start).unwrap();
        Ok(self.0[usize::from(level)][start..start + count].to_vec())
    }
}

#[derive(Default)]
struct StoredHashes(Vec<tlog_tiles::Hash>);

impl tlog_tiles::HashReader for StoredHashes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

/// Tiles cut from our level files, as their reader asks for them.
struct OurTiles<'a>(BTreeMap<String, &'a [Hash]>);

impl TileReader for OurTiles<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let bytes = |tile: &Tile| {
            // Their paths name the tile height, C2SP's leave it out.
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            let hashes =
                self.0.get(&path).unwrap_or_else(|| panic!("they ask for {path}, which we do not serve"));
            hashes.iter().flat_map(|hash| hash.0).collect()
        };
        Ok(tiles.iter().map(bytes).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

fn theirs(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash.0)
}

fn all_theirs(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(theirs).collect()
}

fn grow(size: u64) -> Both {
    let mut both = Both {
        ours: Levels::default(),
        theirs: StoredHashes::default(),
        leaves: vec![],
        roots: vec![Hash::EMPTY_ROOT],
    };
    let mut appender = LevelAppender::new(Frontier::new());
    for index in 0..size {
        let record = format!("record {index}");
        let leaf = leaf_hash(record.as_bytes());
        appender.push(leaf);
        both.leaves.push(leaf);
        both.roots.push(appender.frontier().root());
        let stored = tlog_tiles::stored_hashes(index, record.as_bytes(), &both.theirs).unwrap();
        both.theirs.0.extend(stored);
    }
    for run in appender.drain_all() {
        assert_eq!((usize::from(run.level), run.start), (both.ours.0.len(), 0));
        both.ours.0.push(run.hashes);
    }
    both
}

fn root(both: &Both, size: u64) -> Hash {
    both.roots[usize::try_from(size).unwrap()]
}

#[track_caller]
fn agree_on_inclusion(both: &Both, index: u64, size: u64) {
    let at = format!("leaf {index} of {size}");
    let leaf = both.leaves[usize::try_from(index).unwrap()];
    let path = prove_inclusion(&both.ours, index, size).unwrap();
    let their_path = tlog_tiles::prove_record(size, index, &both.theirs).unwrap();
    assert_eq!(all_theirs(&path), their_path, "{at}");
    let root = root(both, size);
    check_inclusion(index, size, &leaf, &path, &root).expect(&at);
    tlog_tiles::check_record(&their_path, size, theirs(&root), index, theirs(&leaf)).expect(&at);
}

#[track_caller]
fn agree_on_consistency(both: &Both, old: u64, new: u64) {
    let at = format!("{old} to {new}");
    let path = prove_consistency(&both.ours, old, new).unwrap();
    let their_path = tlog_tiles::prove_tree(new, old, &both.theirs).unwrap();
    assert_eq!(all_theirs(&path), their_path, "{at}");
    let (old_root, new_root) = (root(both, old), root(both, new));
    check_consistency(old, new, &old_root, &new_root, &path).expect(&at);
    tlog_tiles::check_tree(&their_path, new, theirs(&new_root), old, theirs(&old_root)).expect(&at);
}

#[test]
fn roots_and_proofs_are_the_same_at_all_small_sizes() {
    let both = grow(ALL_TO);
    for size in 1..=ALL_TO {
        let their_root = tlog_tiles::tree_hash(size, &both.theirs).unwrap();
        assert_eq!(theirs(&root(&both, size)), their_root, "size {size}");
        assert_eq!(root_at(&both.ours, size).unwrap(), root(&both, size), "size {size}");
        for other in 0..size {
            agree_on_inclusion(&both, other, size);
            agree_on_consistency(&both, other + 1, size);
        }
    }
}

#[test]
fn roots_and_proofs_are_the_same_around_tile_boundaries() {
    let both = grow(BIGGEST);
    for size in EDGES {
        let their_root = tlog_tiles::tree_hash(size, &both.theirs).unwrap();
        assert_eq!(theirs(&root(&both, size)), their_root, "size {size}");
        let near_edges = EDGES.into_iter().flat_map(|edge| [edge - 1, edge, edge + 1]);
        for other in near_edges.chain([0, 1, 2, size / 2, size / 3]).filter(|other| *other < size) {
            agree_on_inclusion(&both, other, size);
            agree_on_consistency(&both, other + 1, size);
        }
    }
}

#[test]
fn their_tile_reader_finds_every_leaf_proven_in_our_tiles() {
    let both = grow(BIGGEST);
    for size in [1, 255, 256, 257, 600, BIGGEST] {
        let mut tiles = BTreeMap::new();
        for path in tiles_at(size) {
            let daybook_tlog::TileKind::Hashes { level } = path.kind else { continue };
            let start = usize::try_from(path.start()).unwrap();
            let hashes = &both.ours.0[usize::from(level)][start..start + usize::from(path.width)];
            tiles.insert(path.to_string(), hashes);
        }
        let tiles = OurTiles(tiles);
        let reader = tlog_tiles::TileHashReader::new(size, theirs(&root(&both, size)), &tiles);
        let indexes: Vec<u64> = (0..size).map(|n| tlog_tiles::stored_hash_index(0, n)).collect();
        let proven = tlog_tiles::HashReader::read_hashes(&reader, &indexes).unwrap();
        assert_eq!(proven, all_theirs(&both.leaves[..usize::try_from(size).unwrap()]), "size {size}");
    }
}

#[test]
fn a_changed_proof_is_refused_by_both() {
    let both = grow(ALL_TO);
    let (index, size) = (37, ALL_TO);
    let (leaf, root) = (both.leaves[37], root(&both, size));
    let path = prove_inclusion(&both.ours, index, size).unwrap();
    for place in 0..path.len() {
        let mut changed = path.clone();
        changed[place].0[31] ^= 1;
        assert!(check_inclusion(index, size, &leaf, &changed, &root).is_err());
        let refused =
            tlog_tiles::check_record(&all_theirs(&changed), size, theirs(&root), index, theirs(&leaf));
        assert!(refused.is_err());
    }
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.into(), size: 3, root: leaf_hash(b"any") }
}

fn their_list(vkey: &str) -> VerifierList {
    VerifierList::new(vec![Box::new(StandardVerifier::new(vkey).unwrap())])
}

#[test]
fn our_checkpoint_opens_with_their_reader() {
    let signer = NoteSigner::from_seed(ORIGIN.parse().unwrap(), [7; 32]);
    let note = checkpoint().sign(&signer);
    let list = their_list(&signer.vkey().to_string());

    let opened = Note::from_bytes(note.as_bytes()).unwrap();
    let (verified, unverified) = opened.verify(&list).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    let read = tlog_tiles::Checkpoint::from_bytes(opened.text()).unwrap();
    assert_eq!((read.origin(), read.size(), read.extension()), (ORIGIN, 3, ""));
    assert_eq!(*read.hash(), theirs(&checkpoint().root));

    let changed = note.replacen("\n3\n", "\n4\n", 1);
    assert!(Note::from_bytes(changed.as_bytes()).unwrap().verify(&list).is_err());
}

#[test]
fn their_note_opens_with_our_policy() {
    let ours = NoteSigner::from_seed(ORIGIN.parse().unwrap(), [7; 32]);
    let vkey = ours.vkey().to_string();
    let their_signer = StandardSigner::new(&their_signing_key(&vkey, [7; 32])).unwrap();
    let mut note = Note::new(checkpoint().text().as_bytes(), &[]).unwrap();
    note.add_sigs(&[&their_signer]).unwrap();

    // Ed25519 is deterministic: the same key and text make the same note, byte for byte.
    assert_eq!(note.to_bytes(), checkpoint().sign(&ours).into_bytes());
    let policy: Policy = format!("log {vkey}\nquorum none\n").parse().unwrap();
    assert_eq!(policy.open_checkpoint(&note.to_bytes()).unwrap(), checkpoint());
}

/// Their form of a signing key: `PRIVATE+KEY+<name>+<key ID>+<base64 of type and seed>`.
fn their_signing_key(vkey: &str, seed: [u8; 32]) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let (name, rest) = vkey.split_once('+').unwrap();
    let (id, _) = rest.split_once('+').unwrap();
    let typed: Vec<u8> = [1].into_iter().chain(seed).collect();
    format!("PRIVATE+KEY+{name}+{id}+{}", BASE64_STANDARD.encode(typed))
}
