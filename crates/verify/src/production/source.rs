//! Where the files of a production come from: a ZIP that somebody else reads, a folder, or memory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::source::FileReader;

/// Deepest folder that is looked into, so that no folder can keep a verifier busy for ever.
const MAX_FOLDER_DEPTH: usize = 16;

/// The files of a package, by their names relative to its top folder, with `/` between the parts.
pub trait PackageSource: Sync {
    /// What is wrong with the container itself, each with the file where it belongs to one. Each fails check `package`.
    fn faults(&self) -> Vec<(Option<String>, String)>;

    /// The name of the top folder; `None` where a package has been taken out of it and the name says nothing.
    fn top(&self) -> Option<&str>;

    /// The name of every file, in any order.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Opens a file at its start; `None` where there is no such file.
    ///
    /// # Errors
    /// If it is there but cannot be read. The reader's own errors mean that the container is damaged.
    fn open(&self, name: &str) -> io::Result<Option<FileReader>>;
}

/// A package in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryPackage {
    /// The name of the top folder.
    pub top: Option<String>,
    /// Contents by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl PackageSource for MemoryPackage {
    fn faults(&self) -> Vec<(Option<String>, String)> {
        Vec::new()
    }

    fn top(&self) -> Option<&str> {
        self.top.as_deref()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.files.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Option<FileReader>> {
        let bytes = self.files.get(name).cloned();
        Ok(bytes.map(|bytes| Box::new(io::Cursor::new(bytes)) as FileReader))
    }
}

/// A package that was unpacked into a folder, which is only read. Links are not followed.
#[derive(Clone, Debug)]
pub struct DirPackage {
    root: PathBuf,
    names: Vec<String>,
    faults: Vec<(Option<String>, String)>,
}

impl DirPackage {
    /// Lists the folder that holds `bagit.txt`.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let mut package = Self { root: root.into(), names: Vec::new(), faults: Vec::new() };
        let root = package.root.clone();
        package.list(&root, "", 0)?;
        package.names.sort();
        Ok(package)
    }

    fn list(&mut self, dir: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        if depth > MAX_FOLDER_DEPTH {
            let what = format!("folders are nested more than {MAX_FOLDER_DEPTH} deep");
            self.faults.push((Some(prefix.to_owned()), what));
            return Ok(());
        }
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                self.faults.push((Some(prefix.to_owned()), "a file's name is not UTF-8".to_owned()));
                continue;
            };
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.list(&entry.path(), &format!("{path}/"), depth + 1)?;
            } else if kind.is_file() {
                self.names.push(path);
            } else {
                let what = "this is neither a file nor a folder; a package has no links".to_owned();
                self.faults.push((Some(path), what));
            }
        }
        Ok(())
    }
}

impl PackageSource for DirPackage {
    fn faults(&self) -> Vec<(Option<String>, String)> {
        self.faults.clone()
    }

    fn top(&self) -> Option<&str> {
        None
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.names.clone())
    }

    fn open(&self, name: &str) -> io::Result<Option<FileReader>> {
        // Only what was listed is opened, so no name can lead out of the folder.
        if self.names.binary_search_by(|known| known.as_str().cmp(name)).is_err() {
            return Ok(None);
        }
        Ok(Some(Box::new(File::open(self.root.join(name))?)))
    }
}
