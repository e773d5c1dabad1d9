//! What somebody who holds the ledger's disk might try, done for real on a copy.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use daybook_event::entry::{EntryRef, parse_entry, write_entry};
use daybook_tlog::{Frontier, LevelAppender, leaf_hash};

/// A change to the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The lowest bit of the middle byte of entry n is flipped.
    Byte(usize),
    /// Entry n is cut out.
    Removal(usize),
    /// Entries n and n + 1 change places.
    Reorder(usize),
}

/// The entries of a small ledger directory (one entry file), in memory.
#[derive(Debug)]
pub struct Copy {
    dir: PathBuf,
    entries: Vec<Vec<u8>>,
}

impl Copy {
    /// Reads the entries under `dir`.
    ///
    /// # Errors
    /// The files cannot be read, or hold more than one entry file.
    pub fn read(dir: &Path) -> io::Result<Self> {
        let copy = Self { dir: dir.to_owned(), entries: Vec::new() };
        let mut files = fs::read_dir(copy.entries_dir())?.collect::<io::Result<Vec<_>>>()?;
        files.retain(|file| file.path().extension().is_some_and(|extension| extension == "log"));
        if files.len() != 1 {
            return Err(io::Error::other("this tool changes ledgers of a single entry file only"));
        }
        let bytes = fs::read(copy.file())?;
        Ok(Self { entries: split(&bytes)?, ..copy })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Makes the change in memory. `false`: there is no such entry.
    #[must_use]
    pub fn change(&mut self, change: Change) -> bool {
        let len = self.entries.len();
        match change {
            Change::Byte(n) if n < len => {
                let middle = self.entries[n].len() / 2;
                self.entries[n][middle] ^= 1;
            }
            Change::Removal(n) if n < len => drop(self.entries.remove(n)),
            Change::Reorder(n) if n + 1 < len => self.entries.swap(n, n + 1),
            _ => return false,
        }
        true
    }

    /// Mends everything that needs no key: the chain of `prev`, as far as entries still have the form of one, and the tree's
    /// hash files. Only the signed checkpoint and the departments' signatures and sequences are left to tell.
    ///
    /// # Errors
    /// The hash files cannot be written.
    pub fn cover_up(&mut self) -> io::Result<()> {
        let mut appender = LevelAppender::new(Frontier::new());
        let mut previous = None;
        for entry in &mut self.entries {
            if let (Some(prev), Ok(parts)) = (previous, parse_entry(entry)) {
                *entry = write_entry(&EntryRef { prev, ..parts });
            }
            let leaf = leaf_hash(entry);
            appender.push(leaf);
            previous = Some(leaf.0);
        }
        let tiles = self.dir.join("log/tiles");
        for run in appender.drain_all() {
            let hashes: Vec<u8> = run.hashes.iter().flat_map(|hash| hash.0).collect();
            fs::write(tiles.join(run.level.to_string()), hashes)?;
        }
        Ok(())
    }

    /// Writes the entries back.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self) -> io::Result<()> {
        let mut bytes = Vec::new();
        for entry in &self.entries {
            let length =
                u16::try_from(entry.len()).map_err(|_| io::Error::other("an entry grew too long"))?;
            bytes.extend(length.to_be_bytes());
            bytes.extend(entry);
        }
        fs::write(self.file(), bytes)
    }

    fn entries_dir(&self) -> PathBuf {
        self.dir.join("log/entries")
    }

    fn file(&self) -> PathBuf {
        self.entries_dir().join("000000000.log")
    }
}

/// Cuts `u16 length ‖ entry` apart.
fn split(mut bytes: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let torn = || io::Error::other("the entry file ends inside an entry");
        let (entry, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(torn)?;
        entries.push(entry.to_vec());
        bytes = rest;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(entries: &[&[u8]]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for part in ["log/entries", "log/tiles"] {
            fs::create_dir_all(dir.path().join(part)).expect("a directory in it");
        }
        let entries = entries.iter().map(|entry| entry.to_vec()).collect();
        Copy { dir: dir.path().to_owned(), entries }.write().expect("written");
        dir
    }

    #[test]
    fn each_change_does_what_it_says() {
        let dir = ledger(&[b"aaa", b"bbb", b"ccc"]);
        let changed = |change| {
            let mut copy = Copy::read(dir.path()).expect("read");
            assert!(copy.change(change));
            copy.entries.concat()
        };
        assert_eq!(changed(Change::Byte(1)), b"aaabcbccc");
        assert_eq!(changed(Change::Removal(0)), b"bbbccc");
        assert_eq!(changed(Change::Reorder(1)), b"aaacccbbb");
        let mut copy = Copy::read(dir.path()).expect("read");
        assert!(
            !copy.change(Change::Byte(3))
                && !copy.change(Change::Removal(3))
                && !copy.change(Change::Reorder(2))
        );
    }
}
