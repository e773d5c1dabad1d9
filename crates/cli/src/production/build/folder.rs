//! The folder in which a build works, which nobody else may look into, and in which one build works at a time.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::at;
use crate::remote::{Trouble, failed};

/// The folder for what is not done, in that of the results.
const WORK: &str = ".work";
const LOCK: &str = "lock";
/// Only the owner may look into it.
const PRIVATE: u32 = 0o700;

/// `DIR/.work/NAME`, held for one build.
pub(super) struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes it, or takes up one that a broken build left.
    pub(super) fn open(out: &Path, name: &str) -> Result<Self, Trouble> {
        let work = out.join(WORK);
        let root = work.join(name);
        for folder in [&work, &root] {
            DirBuilder::new().recursive(true).mode(PRIVATE).create(folder).map_err(at(folder))?;
            // One that was there may have been made by something else.
            fs::set_permissions(folder, fs::Permissions::from_mode(PRIVATE)).map_err(at(folder))?;
        }
        let path = root.join(LOCK);
        let lock = File::create(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(failed(format!(
                "another build of {name} works in {}; wait until it is done, or name another folder with --out",
                root.display()
            ))),
            Err(TryLockError::Error(error)) => Err(at(&path)(error)),
        }
    }

    /// A place in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Removes what was fetched, so that the next build fetches it again.
    pub(super) fn forget(&self) -> Result<(), Trouble> {
        for entry in fs::read_dir(&self.root).map_err(at(&self.root))? {
            let path = entry.map_err(at(&self.root))?.path();
            let removed = match path.is_dir() {
                true => fs::remove_dir_all(&path),
                false if path.ends_with(LOCK) => Ok(()),
                false => fs::remove_file(&path),
            };
            removed.map_err(at(&path))?;
        }
        Ok(())
    }

    /// Removes it, and the folder around it where nothing else is in it.
    pub(super) fn remove(self) -> Result<(), Trouble> {
        fs::remove_dir_all(&self.root).map_err(at(&self.root))?;
        let Some(work) = self.root.parent() else { return Ok(()) };
        match fs::remove_dir(work) {
            Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(at(work)(error)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_may_look_into_it_and_one_build_works_in_it() {
        let out = tempfile::tempdir().unwrap();
        let folder = Folder::open(out.path(), "DAYB-P0001").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder.root), mode(&out.path().join(WORK))), (0o700, 0o700));
        let Err(second) = Folder::open(out.path(), "DAYB-P0001") else {
            panic!("two builds work in one folder")
        };
        assert!(second.to_string().contains("another build of DAYB-P0001"), "{second}");
        let other = Folder::open(out.path(), "DAYB-P0002").unwrap();
        folder.remove().unwrap();
        assert!(out.path().join(WORK).exists(), "the other build's folder is in it");
        other.remove().unwrap();
        assert!(!out.path().join(WORK).exists());
        Folder::open(out.path(), "DAYB-P0001").unwrap();
    }
}
