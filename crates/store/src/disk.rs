//! The real disk.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, IoSlice, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::storage::{Storage, StorageLock};

/// Read handles kept open at most. Above that the one that was used longest ago is closed.
const MAX_READ_HANDLES: usize = 256;

/// Append handles kept open at most, unsynced ones apart: those stay open until their sync, because a
/// handle opened later may not be told of an earlier failure to write.
const MAX_APPEND_HANDLES: usize = 32;

/// Mode of a new file that only its owner can read.
const PRIVATE: u32 = 0o600;

/// Mode of a new file that the process's mask may leave to others.
const SHARED: u32 = 0o666;

/// A directory of the operating system's file system.
///
/// `sync` is `fdatasync` on the very handle that appended. Where a file is created, its directory is synced before
/// `append` returns. Locks are advisory file locks, so they end with the process.
pub struct Disk {
    root: PathBuf,
    readers: Mutex<Handles>,
    appenders: Mutex<Handles>,
    clock: AtomicU64,
}

type Handles = HashMap<String, Arc<Handle>>;

struct Handle {
    file: File,
    /// Bytes appended or cut since the last good sync.
    dirty: AtomicBool,
    used: AtomicU64,
}

impl Disk {
    /// A disk that keeps its files below `root`, which must exist.
    ///
    /// # Errors
    /// If `root` is not a directory that can be read.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Disk> {
        let root = root.into();
        if !fs::metadata(&root)?.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::NotADirectory,
                format!("{} is not a directory", root.display()),
            ));
        }
        Ok(Disk { root, readers: Mutex::default(), appenders: Mutex::default(), clock: AtomicU64::new(0) })
    }

    fn at(&self, path: &str) -> io::Result<PathBuf> {
        let relative = Path::new(path);
        if !path.is_empty() && relative.components().all(|c| matches!(c, Component::Normal(_))) {
            return Ok(self.root.join(relative));
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path:?} is not a path below the ledger")))
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    fn reader(&self, path: &str) -> io::Result<Arc<Handle>> {
        if let Some(handle) = hold(&self.readers).get(path) {
            handle.used.store(self.tick(), Ordering::Relaxed);
            return Ok(Arc::clone(handle));
        }
        let handle = self.handle(File::open(self.at(path)?)?);
        let mut readers = hold(&self.readers);
        make_room(&mut readers, MAX_READ_HANDLES);
        readers.insert(path.to_owned(), Arc::clone(&handle));
        Ok(handle)
    }

    fn appender(&self, path: &str) -> io::Result<Arc<Handle>> {
        let mut appenders = hold(&self.appenders);
        if let Some(handle) = appenders.get(path) {
            handle.used.store(self.tick(), Ordering::Relaxed);
            return Ok(Arc::clone(handle));
        }
        let full = self.at(path)?;
        let file = match OpenOptions::new().append(true).open(&full) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let file = OpenOptions::new().append(true).create(true).open(&full)?;
                sync_parent(&full)?;
                file
            }
            Err(e) => return Err(e),
        };
        let handle = self.handle(file);
        make_room(&mut appenders, MAX_APPEND_HANDLES);
        appenders.insert(path.to_owned(), Arc::clone(&handle));
        Ok(handle)
    }

    fn handle(&self, file: File) -> Arc<Handle> {
        Arc::new(Handle { file, dirty: AtomicBool::new(false), used: AtomicU64::new(self.tick()) })
    }

    /// Where the new content of a file is written before it takes the place of the old.
    fn temporary(&self, path: &str) -> io::Result<PathBuf> {
        self.at(&format!("{path}.new"))
    }

    fn swap_in(&self, path: &str, bytes: &[u8], durable: bool) -> io::Result<()> {
        let target = self.at(path)?;
        let temporary = self.temporary(path)?;
        // What is replaced durably may hold secrets; what is only published may be for others to read.
        let mode = if durable { PRIVATE } else { SHARED };
        let put = || {
            // A new file each time: one that was left behind keeps its own mode.
            remove_if_there(&temporary)?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
            file.write_all(bytes)?;
            if durable {
                file.sync_all()?;
            }
            fs::rename(&temporary, &target)
        };
        if let Err(error) = put() {
            // Best effort: starting tidies up what stays.
            let _ = remove_if_there(&temporary);
            return Err(error);
        }
        hold(&self.readers).remove(path);
        hold(&self.appenders).remove(path);
        if durable { sync_parent(&target) } else { Ok(()) }
    }
}

impl Storage for Disk {
    fn len(&self, path: &str) -> io::Result<Option<u64>> {
        match fs::metadata(self.at(path)?) {
            Ok(meta) => Ok(Some(meta.len())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn read_at(&self, path: &str, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.reader(path)?.file.read_exact_at(buf, offset)
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        // Not through the cached handles: another process may have put a new file in its place.
        let file = match File::open(self.at(path)?) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).is_ok_and(|len| len <= limit) {
            return Ok(Some(bytes));
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, format!("{path} is longer than {limit} bytes")))
    }

    fn append(&self, path: &str, parts: &[&[u8]]) -> io::Result<()> {
        let handle = self.appender(path)?;
        handle.dirty.store(true, Ordering::Release);
        write_gathered(&handle.file, parts)
    }

    fn sync(&self, paths: &[&str]) -> io::Result<()> {
        let Some((first, rest)) = paths.split_first() else { return Ok(()) };
        let one = |path: &str| {
            let handle = self.appender(path)?;
            // Cleared only by success: what a failed sync left behind must keep its handle.
            handle.file.sync_data()?;
            handle.dirty.store(false, Ordering::Release);
            Ok(())
        };
        // Threads of their own: a computing pool's workers must not be put to sleep on a device.
        std::thread::scope(|scope| {
            let others: Vec<_> = rest.iter().map(|path| scope.spawn(move || one(path))).collect();
            let mut outcome = one(first);
            for other in others {
                let result = other.join().unwrap_or_else(|_| Err(io::Error::other("a sync panicked")));
                outcome = outcome.and(result);
            }
            outcome
        })
    }

    fn truncate(&self, path: &str, len: u64) -> io::Result<()> {
        let now = self.len(path)?.ok_or(io::ErrorKind::NotFound)?;
        if now < len {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{path} has {now} bytes and cannot be cut to {len}"),
            ));
        }
        let handle = self.appender(path)?;
        handle.dirty.store(true, Ordering::Release);
        handle.file.set_len(len)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.swap_in(path, bytes, true)
    }

    fn replace_unsynced(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.swap_in(path, bytes, false)
    }

    fn tidy(&self, path: &str) -> io::Result<()> {
        let temporary = self.temporary(path)?;
        if remove_if_there(&temporary)? { sync_parent(&temporary) } else { Ok(()) }
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.at(dir)?) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        let mut at = self.root.clone();
        self.at(dir)?;
        for part in Path::new(dir).components() {
            at.push(part);
            match fs::create_dir(&at) {
                Ok(()) => sync_parent(&at)?,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        // Also where it existed: whoever made its files may have died before their names were safe.
        File::open(&at)?.sync_all()
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn StorageLock>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(self.at(path)?)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(DiskLock { _file: file })),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }
}

/// The open file is the lock; closing it lets go.
struct DiskLock {
    _file: File,
}

impl StorageLock for DiskLock {}

fn hold(handles: &Mutex<Handles>) -> MutexGuard<'_, Handles> {
    // The map is whole between any two statements, so a panic elsewhere does not spoil it.
    handles.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes the clean handle that was used longest ago, if `limit` is reached.
fn make_room(handles: &mut Handles, limit: usize) {
    if handles.len() < limit {
        return;
    }
    let oldest = handles
        .iter()
        .filter(|(_, handle)| !handle.dirty.load(Ordering::Acquire))
        .min_by_key(|(_, handle)| handle.used.load(Ordering::Relaxed))
        .map(|(path, _)| path.clone());
    if let Some(path) = oldest {
        handles.remove(&path);
    }
}

/// Removes a file; whether there was one.
fn remove_if_there(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

fn write_gathered(mut file: &File, parts: &[&[u8]]) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut slices = &mut slices[..];
    // Drops empty slices in front, so that a write of nothing means a full device.
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => IoSlice::advance_slices(&mut slices, n),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}
