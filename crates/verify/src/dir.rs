//! A log in a directory of this machine.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::source::{FileReader, Layout, LogSource};

/// The files under a directory, which is only read.
#[derive(Clone, Debug)]
pub struct DirSource {
    root: PathBuf,
    layout: Layout,
}

impl DirSource {
    /// A directory of which the layout is known.
    pub fn new(root: impl Into<PathBuf>, layout: Layout) -> Self {
        Self { root: root.into(), layout }
    }

    /// Looks whether the directory is a ledger's or a static tile tree; `None` if it is neither.
    pub fn detect(root: impl Into<PathBuf>) -> Option<Self> {
        let root = root.into();
        // `log/` counts even when the checkpoint in it is gone: that is a finding, not another kind of directory.
        let layout = if root.join("log").is_dir() {
            Layout::Ledger
        } else if root.join("checkpoint").is_file() || root.join("tile").is_dir() {
            Layout::Tiles
        } else {
            return None;
        };
        Some(Self { root, layout })
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl LogSource for DirSource {
    fn layout(&self) -> Layout {
        self.layout
    }

    fn open(&self, path: &str) -> io::Result<Option<FileReader>> {
        match File::open(self.root.join(path)) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&self, dir: &str) -> io::Result<Option<Vec<String>>> {
        let entries = match fs::read_dir(self.root.join(dir)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(Vec::new())),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(Some(names))
    }
}
