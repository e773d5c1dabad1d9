//! The ledger's tree over HTTP (C2SP tlog-tiles): tiles are read once and kept. Whoever asks checks what it gets against a signed root.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use daybook_tlog::{Hash, HashReader, TILE_WIDTH, TileKind, TilePath};

use super::at;
use crate::remote::{Ledger, Trouble, failed};

/// Tiles in memory at most: 32 MiB of hashes.
const MAX_TILES: usize = 4_096;
/// Bytes of the largest tile.
const MAX_TILE_BYTES: u64 = TILE_WIDTH * Hash::BYTES as u64;

/// Reads a tile of the ledger by its path.
type Read<'a> = Box<dyn Fn(&TilePath) -> Result<Vec<u8>, Trouble> + Sync + 'a>;

/// The ledger's tree.
pub(super) struct Tiles<'a> {
    read: Read<'a>,
    /// The largest size that is known: it says how much of the last tile of each level there is.
    size: AtomicU64,
    known: Mutex<HashMap<(u8, u64), Vec<Hash>>>,
    /// Where full tiles are kept, which never change.
    kept: PathBuf,
}

impl<'a> Tiles<'a> {
    /// The tree of a ledger; full tiles are kept in a folder for the next build.
    pub(super) fn new(ledger: &'a Ledger, kept: PathBuf) -> Self {
        Self::reading(Box::new(|tile| ask(ledger, tile)), kept)
    }

    fn reading(read: Read<'a>, kept: PathBuf) -> Self {
        Self { read, size: AtomicU64::new(0), known: Mutex::default(), kept }
    }

    /// The tree has at least this size.
    pub(super) fn grow(&self, size: u64) {
        self.size.fetch_max(size, Ordering::Relaxed);
    }

    fn tile(&self, level: u8, index: u64, wanted: usize) -> Result<Vec<Hash>, Trouble> {
        let size = self.size.load(Ordering::Relaxed);
        let tile = TilePath::in_tree(TileKind::Hashes { level }, index, size);
        let tile = tile.filter(|tile| usize::from(tile.width) >= wanted);
        let tile =
            tile.ok_or_else(|| failed("a part of the tree was asked for that the log does not have"))?;
        let place = self.kept.join(format!("{level}-{index}"));
        let whole = |bytes: &Vec<u8>| bytes.len() == usize::from(tile.width) * Hash::BYTES;
        let kept = if tile.is_partial() { None } else { fs::read(&place).ok().filter(whole) };
        let bytes = match kept {
            Some(bytes) => bytes,
            None => {
                let bytes = (self.read)(&tile)?;
                if !whole(&bytes) {
                    return Err(failed(format!(
                        "{tile} does not have the length of a tile; ask the ledger's operator"
                    )));
                }
                if !tile.is_partial() {
                    keep(&place, &bytes)?;
                }
                bytes
            }
        };
        Ok(bytes.chunks_exact(Hash::BYTES).filter_map(|hash| Some(Hash(hash.try_into().ok()?))).collect())
    }
}

impl HashReader for Tiles<'_> {
    type Error = Trouble;

    fn read_hashes(&self, level: u8, start: u64, count: usize) -> Result<Vec<Hash>, Trouble> {
        let (index, from) = (start / TILE_WIDTH, (start % TILE_WIDTH) as usize);
        let to = from + count;
        let part = |hashes: &Vec<Hash>| hashes.get(from..to).map(<[Hash]>::to_vec);
        let known = self.known.lock().map_err(failed)?.get(&(level, index)).and_then(part);
        if let Some(hashes) = known {
            return Ok(hashes);
        }
        // Asked for without holding the others up; two that want the same tile ask twice.
        let tile = self.tile(level, index, to)?;
        let hashes = part(&tile).ok_or_else(|| failed("a tile is shorter than the log's size asks for"))?;
        let mut known = self.known.lock().map_err(failed)?;
        if known.len() >= MAX_TILES {
            known.clear();
        }
        known.insert((level, index), tile);
        Ok(hashes)
    }
}

fn ask(ledger: &Ledger, tile: &TilePath) -> Result<Vec<u8>, Trouble> {
    let path = tile.to_string();
    let segments: Vec<&str> = path.split('/').collect();
    let mut bytes = Vec::new();
    let response = ledger.stream_get(&segments, &[])?;
    response
        .take(MAX_TILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(format!("{path}: {error}")))?;
    Ok(bytes)
}

/// Keeps a tile; whole, or not at all.
fn keep(place: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(at(folder))?;
    let part = tempfile::NamedTempFile::new_in(folder).map_err(at(folder))?;
    fs::write(part.path(), bytes).map_err(at(part.path()))?;
    part.persist(place).map(drop).map_err(|error| at(place)(error.error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use daybook_tlog::{LevelAppender, leaf_hash, root_at};
    use std::sync::atomic::AtomicUsize;

    const SIZE: u64 = 70_000;

    fn levels() -> Vec<Vec<Hash>> {
        let mut tree = LevelAppender::default();
        (0..SIZE).for_each(|leaf| tree.push(leaf_hash(&leaf.to_be_bytes())));
        let mut levels = vec![Vec::new(); 3];
        for run in tree.drain_all() {
            levels[usize::from(run.level)].extend(run.hashes);
        }
        levels
    }

    #[test]
    fn a_tile_is_read_once_and_full_ones_are_there_for_the_next_build() {
        let (levels, folder, asked) = (levels(), tempfile::tempdir().unwrap(), AtomicUsize::new(0));
        let tiles = || {
            let read = |tile: &TilePath| {
                asked.fetch_add(1, Ordering::Relaxed);
                let TileKind::Hashes { level } = tile.kind else { panic!("{tile}") };
                let start = tile.start() as usize;
                Ok(levels[usize::from(level)][start..start + usize::from(tile.width)]
                    .iter()
                    .flat_map(|hash| hash.0)
                    .collect())
            };
            Tiles::reading(Box::new(read), folder.path().join("tiles"))
        };
        let first = tiles();
        assert!(first.read_hashes(0, 0, 1).is_err(), "nothing is known of a size yet");
        first.grow(1_000);
        for (start, count) in [(0, 256), (255, 1), (256, 8), (700, 3), (999, 1)] {
            let expected = &levels[0][start as usize..start as usize + count];
            assert_eq!(first.read_hashes(0, start, count).unwrap(), expected, "{start}");
        }
        assert_eq!(asked.swap(0, Ordering::Relaxed), 4, "tiles 0, 1, 2 and the beginning of 3");
        assert!(first.read_hashes(0, 1_000, 1).is_err());
        first.grow(SIZE);
        assert_eq!(
            first.read_hashes(0, 1_000, 1).unwrap(),
            levels[0][1_000..1_001],
            "the log has grown since"
        );
        let mut frontier = LevelAppender::default();
        (0..SIZE).for_each(|leaf| frontier.push(leaf_hash(&leaf.to_be_bytes())));
        assert_eq!(root_at(&first, SIZE).unwrap(), frontier.frontier().root());
        asked.store(0, Ordering::Relaxed);
        let second = tiles();
        second.grow(SIZE);
        for start in [0, 256, 700] {
            second.read_hashes(0, start, 1).unwrap();
        }
        assert_eq!(asked.load(Ordering::Relaxed), 0, "they were kept");
    }

    #[test]
    fn a_tile_of_another_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let tiles = Tiles::reading(Box::new(|_| Ok(vec![0; 33])), folder.path().to_owned());
        tiles.grow(SIZE);
        let refused = tiles.read_hashes(0, 0, 1).unwrap_err().to_string();
        assert!(refused.contains("tile/0/000 does not have the length"), "{refused}");
    }
}
