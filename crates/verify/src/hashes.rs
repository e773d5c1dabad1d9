//! The stored hashes of one level as a stream, from a level file or from tiles.

use std::io::{self, BufReader};

use daybook_tlog::{Frontier, Hash, TILE_WIDTH, TileKind, TilePath};

use crate::records::read_full;
use crate::source::{FileReader, Layout, LogSource};

const BUFFER_BYTES: usize = 1 << 16;

/// Level `level` of a log of `size` entries: hash after hash.
pub(crate) struct HashStream<'a> {
    source: &'a dyn LogSource,
    level: u8,
    size: u64,
    next: u64,
    open: Option<BufReader<FileReader>>,
    missing: bool,
}

impl<'a> HashStream<'a> {
    pub(crate) fn new(source: &'a dyn LogSource, level: u8, size: u64) -> Self {
        Self { source, level, size, next: 0, open: None, missing: false }
    }

    /// How many hashes this level has in a log of this size.
    pub(crate) fn expected(&self) -> u64 {
        self.size.checked_shr(8 * u32::from(self.level)).unwrap_or(0)
    }

    /// File that holds hash number `index`, and the offset there.
    pub(crate) fn place(&self, index: u64) -> (String, u64) {
        let (path, first) = self.file(index);
        (path, (index - first) * Hash::BYTES as u64)
    }

    fn file(&self, index: u64) -> (String, u64) {
        match self.source.layout() {
            Layout::Ledger => (format!("log/tiles/{}", self.level), 0),
            Layout::Tiles => {
                let kind = TileKind::Hashes { level: self.level };
                let tile = TilePath::in_tree(kind, index / TILE_WIDTH, self.size);
                tile.map_or_else(Default::default, |tile| (tile.to_string(), tile.start()))
            }
        }
    }

    /// The next `count` hashes, or as many as there are before the first that is missing.
    pub(crate) fn read(&mut self, count: u64) -> io::Result<Vec<Hash>> {
        let mut hashes = Vec::new();
        let end = (self.next + count).min(self.expected());
        while self.next < end && !self.missing {
            let (path, first) = self.file(self.next);
            if self.next == first {
                self.open = self.source.open(&path)?.map(|file| BufReader::with_capacity(BUFFER_BYTES, file));
            }
            let mut hash = [0; Hash::BYTES];
            let whole = match &mut self.open {
                Some(file) => read_full(file, &mut hash)? == Hash::BYTES,
                None => false,
            };
            if whole {
                hashes.push(Hash(hash));
                self.next += 1;
            } else {
                self.missing = true;
            }
        }
        Ok(hashes)
    }

    /// Passes over hashes up to number `index`.
    pub(crate) fn skip_to(&mut self, index: u64) -> io::Result<()> {
        while self.next < index && !self.missing {
            self.read((index - self.next).min(TILE_WIDTH))?;
        }
        Ok(())
    }

    /// Number of the next hash.
    pub(crate) fn position(&self) -> u64 {
        self.next
    }

    /// Whether bytes follow the last hash of the level.
    pub(crate) fn has_surplus(&mut self) -> io::Result<bool> {
        if self.expected() == 0 && self.source.layout() == Layout::Ledger {
            self.open = self.source.open(&format!("log/tiles/{}", self.level))?.map(BufReader::new);
        }
        let Some(file) = &mut self.open else { return Ok(false) };
        Ok(!self.missing && read_full(file, &mut [0])? > 0)
    }
}

/// The root over the stored leaf hashes, or `None` where some are missing.
pub(crate) fn stored_root(source: &dyn LogSource, size: u64) -> io::Result<Option<Hash>> {
    let mut level = HashStream::new(source, 0, size);
    let mut frontier = Frontier::new();
    while frontier.size() < size {
        let hashes = level.read(TILE_WIDTH)?;
        if hashes.is_empty() {
            return Ok(None);
        }
        hashes.into_iter().for_each(|hash| frontier.push(hash));
    }
    Ok(Some(frontier.root()))
}
