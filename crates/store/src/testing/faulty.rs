//! A disk in memory that fails when told to, and forgets what was not synced when the power goes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::change::{Change, Dice};
use crate::storage::{Storage, StorageLock};

/// What goes wrong, and at which operation. Operations are counted from 0 from the making of the disk or its last
/// [`crash`](FaultyDisk::crash), every call of [`Storage`] being one and `sync` being one for each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Operation `n` reports an error and has done nothing. If it is a sync, its bytes are given up: no later sync
    /// brings them to the device, as with an operating system that drops the pages that it could not write.
    Lost(u64),
    /// Operation `n` reports an error, but has been done in full, durably where it promises that.
    Done(u64),
    /// Operation `n` reports an error; if it is an append, a part of the bytes was appended; if it is a replace, a part of the
    /// new content lies beside the file, which is as it was.
    Torn(u64),
    /// From operation `n` on the disk lies: a sync, or a replace, reports success and nothing becomes durable.
    Lies(u64),
}

/// Files in memory, each with what is visible and what would survive a power failure.
///
/// Clones are the same disk, as seen by another process.
#[derive(Clone, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, FaultyFile>,
    dirs: BTreeSet<String>,
    locked: BTreeSet<String>,
    /// Raised by each crash, so that a lock of before lets go of nothing.
    life: u64,
    operations: u64,
    changing: Vec<u64>,
    fault: Option<Fault>,
    lied: bool,
}

#[derive(Default, Clone)]
struct FaultyFile {
    visible: Vec<u8>,
    /// `None` where not even the name would survive.
    durable: Option<Vec<u8>>,
    /// Since the last sync, in order.
    pending: Vec<Change>,
}

/// What to do with the operation at hand.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Turn {
    Works,
    Lies,
    Lost,
    Done,
    Torn,
}

impl FaultyDisk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new() -> FaultyDisk {
        FaultyDisk::default()
    }

    /// Sets the fault to come and starts counting operations from 0.
    pub fn plan(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.operations = 0;
        state.changing.clear();
        state.fault = fault;
    }

    /// Operations since the last [`plan`](FaultyDisk::plan) or [`crash`](FaultyDisk::crash).
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Which of these operations were to change something. A fault at another one is a failed read, of whatever kind.
    #[must_use]
    pub fn changing_operations(&self) -> Vec<u64> {
        self.state().changing.clone()
    }

    /// Whether a sync or replace has reported success falsely since the disk was made.
    #[must_use]
    pub fn lied(&self) -> bool {
        self.state().lied
    }

    /// The power fails and comes back. What was durable stays; of the rest, the seed decides which sectors of which
    /// changes made it. Seed 0 keeps none of it and seed 1 all. Locks are gone and faults are over.
    pub fn crash(&self, seed: u64) {
        let mut dice = Dice::new(seed);
        let mut state = self.state();
        state.life += 1;
        state.locked.clear();
        state.operations = 0;
        state.changing.clear();
        state.fault = None;
        for file in state.files.values_mut() {
            let changes = std::mem::take(&mut file.pending);
            let mut survived = file.durable.take();
            if survived.is_none() && dice.keeps() {
                survived = Some(Vec::new());
            }
            if let Some(bytes) = &mut survived {
                changes.into_iter().for_each(|change| change.survive(bytes, &mut dice));
                file.visible.clone_from(bytes);
            }
            file.durable = survived;
        }
        state.files.retain(|_, file| file.durable.is_some());
    }

    /// The processes that had the disk open end, but the power stays on: locks are gone, faults are over, what was
    /// visible stays visible.
    pub fn restart(&self) {
        let mut state = self.state();
        state.life += 1;
        state.locked.clear();
        state.operations = 0;
        state.changing.clear();
        state.fault = None;
    }

    /// A copy of the disk as it is, to try several endings of one story.
    #[must_use]
    pub fn fork(&self) -> FaultyDisk {
        let state = self.state();
        let copy = State {
            files: state.files.clone(),
            dirs: state.dirs.clone(),
            locked: state.locked.clone(),
            life: state.life,
            operations: state.operations,
            changing: state.changing.clone(),
            fault: state.fault,
            lied: state.lied,
        };
        FaultyDisk { state: Arc::new(Mutex::new(copy)) }
    }

    /// Changes a file behind everybody's back, durably: what a vandal or a decaying device does. The closure gets
    /// the bytes; the file is made if it is missing.
    pub fn tamper(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let file = state.files.entry(path.to_owned()).or_default();
        change(&mut file.visible);
        file.durable = Some(file.visible.clone());
        file.pending.clear();
    }

    /// Removes a file behind everybody's back.
    pub fn remove(&self, path: &str) {
        self.state().files.remove(path);
    }

    /// The visible bytes of a file; `None` if there is none.
    #[must_use]
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        self.state().files.get(path).map(|file| file.visible.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The turn of an operation that changes something.
    fn turn(&mut self) -> Turn {
        self.changing.push(self.operations);
        self.next_turn()
    }

    fn next_turn(&mut self) -> Turn {
        let n = self.operations;
        self.operations += 1;
        match self.fault {
            Some(Fault::Lost(at)) if at == n => Turn::Lost,
            Some(Fault::Done(at)) if at == n => Turn::Done,
            Some(Fault::Torn(at)) if at == n => Turn::Torn,
            Some(Fault::Lies(from)) if from <= n => Turn::Lies,
            _ => Turn::Works,
        }
    }

    /// For operations that change nothing: any fault at them is just an error.
    fn look(&mut self) -> io::Result<()> {
        match self.next_turn() {
            Turn::Works | Turn::Lies => Ok(()),
            Turn::Lost | Turn::Done | Turn::Torn => Err(broken()),
        }
    }

    fn file(&mut self, path: &str) -> io::Result<&mut FaultyFile> {
        self.files.get_mut(path).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// What is written of a new content before the device fails. It survives, as it well may.
    fn leave_temporary(&mut self, path: &str, bytes: &[u8]) {
        let part = bytes[..bytes.len() / 2].to_vec();
        let left = FaultyFile { visible: part.clone(), durable: Some(part), pending: Vec::new() };
        self.files.insert(temporary(path), left);
    }

    fn check_parent(&self, path: &str) -> io::Result<()> {
        match path.rsplit_once('/') {
            Some((dir, _)) if !self.dirs.contains(dir) => Err(io::ErrorKind::NotFound.into()),
            _ => Ok(()),
        }
    }
}

impl Storage for FaultyDisk {
    fn len(&self, path: &str) -> io::Result<Option<u64>> {
        let mut state = self.state();
        state.look()?;
        Ok(state.files.get(path).map(|file| file.visible.len() as u64))
    }

    fn read_at(&self, path: &str, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        state.look()?;
        let file = state.file(path)?;
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let bytes = start.checked_add(buf.len()).and_then(|end| file.visible.get(start..end));
        buf.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let mut state = self.state();
        state.look()?;
        match state.files.get(path) {
            Some(file) if file.visible.len() as u64 > limit => Err(io::ErrorKind::InvalidData.into()),
            found => Ok(found.map(|file| file.visible.clone())),
        }
    }

    fn append(&self, path: &str, parts: &[&[u8]]) -> io::Result<()> {
        let mut bytes = parts.concat();
        let mut state = self.state();
        state.check_parent(path)?;
        let turn = state.turn();
        if turn == Turn::Lost {
            return Err(broken());
        }
        if turn == Turn::Torn {
            // Not on a sector's border, and never all of it.
            bytes.truncate(bytes.len().saturating_mul(3) / 5);
        }
        let made = turn != Turn::Lies;
        let file = state.files.entry(path.to_owned()).or_default();
        if made && file.durable.is_none() {
            file.durable = Some(Vec::new());
        }
        file.pending.push(Change::Written { at: file.visible.len(), bytes: bytes.clone() });
        file.visible.extend_from_slice(&bytes);
        if matches!(turn, Turn::Works | Turn::Lies) { Ok(()) } else { Err(broken()) }
    }

    fn sync(&self, paths: &[&str]) -> io::Result<()> {
        let mut state = self.state();
        let mut outcome = Ok(());
        for path in paths {
            let turn = state.turn();
            state.lied |= turn == Turn::Lies;
            let file = state.file(path)?;
            match turn {
                Turn::Works | Turn::Done => file.harden(),
                Turn::Lost | Turn::Torn => file.pending.clear(),
                Turn::Lies => {}
            }
            if !matches!(turn, Turn::Works | Turn::Lies) {
                outcome = Err(broken());
            }
        }
        outcome
    }

    fn truncate(&self, path: &str, len: u64) -> io::Result<()> {
        let mut state = self.state();
        let turn = state.turn();
        let len = usize::try_from(len).map_err(io::Error::other)?;
        let file = state.file(path)?;
        if file.visible.len() < len {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if !matches!(turn, Turn::Lost | Turn::Torn) {
            file.visible.truncate(len);
            file.pending.push(Change::Cut { len });
        }
        if matches!(turn, Turn::Works | Turn::Lies) { Ok(()) } else { Err(broken()) }
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.check_parent(path)?;
        let turn = state.turn();
        if turn == Turn::Torn {
            state.leave_temporary(path, bytes);
        }
        if matches!(turn, Turn::Lost | Turn::Torn) {
            return Err(broken());
        }
        state.files.remove(&temporary(path));
        if turn == Turn::Lies {
            state.lied = true;
        }
        let file = state.files.entry(path.to_owned()).or_default();
        file.visible = bytes.to_vec();
        file.pending.push(Change::Swapped { bytes: bytes.to_vec() });
        if turn != Turn::Lies {
            file.harden();
        }
        if turn == Turn::Done { Err(broken()) } else { Ok(()) }
    }

    fn replace_unsynced(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.check_parent(path)?;
        let turn = state.turn();
        if turn == Turn::Torn {
            state.leave_temporary(path, bytes);
        }
        if matches!(turn, Turn::Lost | Turn::Torn) {
            return Err(broken());
        }
        state.files.remove(&temporary(path));
        let file = state.files.entry(path.to_owned()).or_default();
        file.visible = bytes.to_vec();
        file.pending.push(Change::Swapped { bytes: bytes.to_vec() });
        if turn == Turn::Done { Err(broken()) } else { Ok(()) }
    }

    fn tidy(&self, path: &str) -> io::Result<()> {
        let mut state = self.state();
        let turn = state.turn();
        if matches!(turn, Turn::Lost | Turn::Torn) {
            return Err(broken());
        }
        state.files.remove(&temporary(path));
        if turn == Turn::Done { Err(broken()) } else { Ok(()) }
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.look()?;
        let names = state.files.keys().filter_map(|path| path.strip_prefix(dir)?.strip_prefix('/'));
        Ok(names.filter(|name| !name.contains('/')).map(str::to_owned).collect())
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        let mut state = self.state();
        let turn = state.turn();
        if turn == Turn::Lost {
            return Err(broken());
        }
        let ends = dir.match_indices('/').map(|(at, _)| at).chain([dir.len()]);
        state.dirs.extend(ends.map(|end| dir[..end].to_owned()));
        if turn != Turn::Lies {
            let here = format!("{dir}/");
            let inside = state.files.iter_mut().filter(|(path, _)| path.starts_with(&here));
            for (_, file) in inside {
                file.durable.get_or_insert_default();
            }
        }
        if matches!(turn, Turn::Works | Turn::Lies) { Ok(()) } else { Err(broken()) }
    }

    fn lock(&self, path: &str) -> io::Result<Box<dyn StorageLock>> {
        let mut state = self.state();
        state.look()?;
        if !state.locked.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let life = state.life;
        Ok(Box::new(FaultyLock { disk: self.clone(), path: path.to_owned(), life }))
    }
}

impl FaultyFile {
    fn harden(&mut self) {
        let durable = self.durable.get_or_insert_default();
        self.pending.drain(..).for_each(|change| change.apply(durable));
    }
}

struct FaultyLock {
    disk: FaultyDisk,
    path: String,
    life: u64,
}

impl StorageLock for FaultyLock {}

impl Drop for FaultyLock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.life == self.life {
            state.locked.remove(&self.path);
        }
    }
}

/// Where the new content of a file is before it takes its place.
fn temporary(path: &str) -> String {
    format!("{path}.new")
}

fn broken() -> io::Error {
    io::Error::other("the device failed (planned by the test)")
}
