//! Where the bytes of a log come from. The verifier reads; it never asks the service for an opinion.

use std::collections::BTreeMap;
use std::io::{self, Read};

/// How a log's files are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The directory of a ledger: entry files, hash files, every checkpoint, vault, keyring (`schemas/formats.md`).
    Ledger,
    /// A static tree of C2SP tlog-tiles: `checkpoint`, `tile/<level>/…`, `tile/entries/…`.
    Tiles,
}

/// A stream of the bytes of one file, from its start.
pub type FileReader = Box<dyn Read + Send>;

/// Files by relative path, with `/` between the parts. Opening a file twice reads it twice.
pub trait LogSource: Sync {
    /// Which files to expect.
    fn layout(&self) -> Layout;

    /// Opens a file at its start; `None` where there is no such file.
    ///
    /// # Errors
    ///
    /// If it may be there but cannot be read.
    fn open(&self, path: &str) -> io::Result<Option<FileReader>>;

    /// The names of the files in a directory; `None` where this source cannot tell (a web server).
    ///
    /// # Errors
    ///
    /// If the directory is there but cannot be read. A directory that is not there is empty.
    fn list(&self, dir: &str) -> io::Result<Option<Vec<String>>>;
}

/// Files in memory.
#[derive(Clone, Debug)]
pub struct MemorySource {
    /// How they are laid out.
    pub layout: Layout,
    /// Contents by relative path.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl LogSource for MemorySource {
    fn layout(&self) -> Layout {
        self.layout
    }

    fn open(&self, path: &str) -> io::Result<Option<FileReader>> {
        let bytes = self.files.get(path).cloned();
        Ok(bytes.map(|bytes| Box::new(io::Cursor::new(bytes)) as FileReader))
    }

    fn list(&self, dir: &str) -> io::Result<Option<Vec<String>>> {
        let inside = self.files.keys().filter_map(|path| path.strip_prefix(dir)?.strip_prefix('/'));
        Ok(Some(inside.filter(|name| !name.contains('/')).map(str::to_owned).collect()))
    }
}
