//! Committing: the one page that says what is durable when.
//!
//! ```text
//!      entries, vault, hashes        checkpoints.log      log/checkpoint     readers
//!   1    written                          –                    –               –
//!   2    synced                           –                    –               –
//!   3      "                    signed, written, synced        –               –      <- the batch is committed
//!   4      "                              "                 replaced           –
//!   5      "                              "                    "            see it
//! ```
//!
//! Recovery cuts everything above the last checkpoint in `checkpoints.log`. So up to step 3 a batch that was cut short leaves
//! no trace: nobody had a receipt for it, and it comes again from the bus. From step 3 on it is in the ledger, whether or not the caller lived
//! to be told.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use daybook_event::hash::sha256;
use daybook_tlog::{BatchProver, Checkpoint, Frontier, Hash, LevelAppender, NoteSigner};

use crate::batch::{self, Commit, EntryBatch, NewEntry};
use crate::checkpoints;
use crate::error::{CommitError, CreateError, OpenError};
use crate::keyring::Keyring;
use crate::layout::{CHECKPOINT, CHECKPOINTS, KEYRING, LOCK, Layout, SERIES, tile_path};
use crate::reader::{Reader, Shared};
use crate::recover::{self, Recovery};
use crate::storage::{Storage, StorageLock};
use crate::vault::{self, SealFault, SealedRecords};

/// Appends to a ledger. There is one at a time: it holds the ledger's lock.
pub struct Writer {
    core: Core,
    signer: NoteSigner,
    keyring: Arc<Keyring>,
}

impl Writer {
    /// Makes the files of a new ledger, with `genesis` as its entry 0. The keyring has to be saved before.
    ///
    /// A creation that was cut short can be repeated: what it left behind was never committed.
    ///
    /// # Errors
    /// Where there is a ledger already, or the disk fails.
    pub fn create(
        storage: Arc<dyn Storage>,
        origin: &str,
        keyring: &Keyring,
        signer: &NoteSigner,
        genesis: NewEntry<'_>,
    ) -> Result<(), CreateError> {
        Writer::create_in(storage, origin, keyring, signer, genesis, Layout::STANDARD)
    }

    /// As [`create`](Writer::create), with another number of entries per file.
    #[doc(hidden)]
    pub fn create_in(
        storage: Arc<dyn Storage>,
        origin: &str,
        keyring: &Keyring,
        signer: &NoteSigner,
        genesis: NewEntry<'_>,
        layout: Layout,
    ) -> Result<(), CreateError> {
        let vkey = signer.vkey();
        if vkey.name() != origin {
            return Err(CreateError::OtherOrigin {
                signer: vkey.name().to_owned(),
                origin: origin.to_owned(),
            });
        }
        let lock = storage.lock(LOCK).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => CreateError::Locked,
            _ => CreateError::Io { doing: "taking the lock", source },
        })?;
        recover::clear_for_creation(&*storage)?;
        let shared = Arc::new(Shared::new(storage, layout, origin));
        let levels = LevelAppender::new(Frontier::new());
        let mut core = Core { shared, levels, prev: sha256(origin), poisoned: false, _lock: lock };
        core.commit(keyring, signer, &[genesis])?;
        Ok(())
    }

    /// Opens a ledger for appending. This is recovery, every time: what is under the last durable checkpoint is checked, what is
    /// above it is cut.
    ///
    /// # Errors
    /// Where another process has the ledger open, something under the last checkpoint is missing or differs, the key or the
    /// keyring is another's, or the disk fails.
    pub fn open(
        storage: Arc<dyn Storage>,
        signer: NoteSigner,
        keyring: Arc<Keyring>,
    ) -> Result<(Writer, Recovery), OpenError> {
        Writer::open_in(storage, signer, keyring, Layout::STANDARD)
    }

    /// As [`open`](Writer::open), with another number of entries per file.
    #[doc(hidden)]
    pub fn open_in(
        storage: Arc<dyn Storage>,
        signer: NoteSigner,
        keyring: Arc<Keyring>,
        layout: Layout,
    ) -> Result<(Writer, Recovery), OpenError> {
        let lock = storage.lock(LOCK).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => OpenError::Locked,
            _ => OpenError::Io { doing: "taking the lock", source },
        })?;
        // A keyring that was being replaced when a process died must not lie about: it may hold keys that are erased later.
        for path in [KEYRING, CHECKPOINT] {
            let tidied = storage.tidy(path);
            tidied.map_err(|source| OpenError::Io { doing: "removing an unfinished file", source })?;
        }
        let vkey = signer.vkey();
        let shared = Arc::new(Shared::new(storage, layout, vkey.name()).storing_positions());
        let found = recover::recover(&shared, &vkey, &keyring)?;
        shared.publish(found.report.size, &found.note);
        let core = Core { shared, levels: found.levels, prev: found.prev, poisoned: false, _lock: lock };
        Ok((Writer { core, signer, keyring }, found.report))
    }

    /// Number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier().size()
    }

    /// The right edge of the tree.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        self.core.levels.frontier()
    }

    /// A view for reading.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.core.shared))
    }

    /// Appends a batch for good.
    ///
    /// # Errors
    /// [`CommitError::Io`] leaves open whether the batch is in the ledger, and the writer refuses everything from then on: open the
    /// ledger again to find out. All other errors come before anything was written.
    pub fn commit(&mut self, batch: &[NewEntry<'_>]) -> Result<Commit, CommitError> {
        self.core.commit(&self.keyring, &self.signer, batch)
    }
}

/// The state machine. Its state is the right edge of what is committed.
struct Core {
    shared: Arc<Shared>,
    levels: LevelAppender,
    /// Leaf hash of the last entry.
    prev: [u8; 32],
    /// An earlier commit began to write and did not come to its end.
    poisoned: bool,
    _lock: Box<dyn StorageLock>,
}

impl Core {
    fn commit(
        &mut self,
        keyring: &Keyring,
        signer: &NoteSigner,
        batch: &[NewEntry<'_>],
    ) -> Result<Commit, CommitError> {
        if self.poisoned {
            return Err(CommitError::Poisoned);
        }
        // In memory only: an error up to here leaves everything as it was.
        let made = self.make(keyring, batch)?;
        let storage = &*self.shared.storage;
        let files = self.files(made.first, batch.len());

        // If anything below fails or panics, this stays: what is in the files is then unknown, and only recovery may
        // find out. The process dying on any of these lines is the same case.
        self.poisoned = true;

        // 1. Write. Dies here: the files have bytes above the last checkpoint, which recovery cuts.
        for (file, range) in &files {
            storage
                .append(&SERIES[0].path(*file), &[made.entries.file_bytes(range)])
                .map_err(io("writing entries"))?;
            for (series, records) in SERIES[1..].iter().zip(&made.records) {
                storage
                    .append(&series.path(*file), &[records.file_bytes(range)])
                    .map_err(io("writing the vault"))?;
            }
        }
        for (level, hashes) in &made.hashes {
            storage.append(&tile_path(*level), &[hashes]).map_err(io("writing hashes"))?;
        }

        // 2. Sync. Dies here: as before. Hashes are derived, so they wait until a file of entries is left behind, which
        // recovery will not read again.
        let mut paths: Vec<String> =
            files.iter().flat_map(|(file, _)| SERIES.map(|series| series.path(*file))).collect();
        if files.iter().any(|(file, range)| self.is_new_file(*file, made.first + range.start as u64)) {
            paths.extend((0..).take_while(|level| made.checkpoint.size >> (8 * level) > 0).map(tile_path));
        }
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        storage.sync(&paths).map_err(io("syncing entries and vault"))?;

        // 3. The checkpoint. Dies before the sync is through: the record may be there or not, whole or torn; either is a
        // ledger that nobody has a contrary receipt for. Dies after it: the batch is committed and its producers are not told; they send
        // again and are given the receipts then.
        let note = made.checkpoint.sign(signer);
        let (length, bytes) = checkpoints::record(note.as_bytes());
        storage.append(CHECKPOINTS, &[&length, bytes]).map_err(io("writing the checkpoint"))?;
        storage.sync(&[CHECKPOINTS]).map_err(io("syncing the checkpoint"))?;

        // 4. For readers of the file. Dies here: recovery writes it again.
        storage.replace_unsynced(CHECKPOINT, note.as_bytes()).map_err(io("publishing the checkpoint"))?;

        // 5. For readers in this process.
        self.shared.publish(made.checkpoint.size, note.as_bytes());
        self.levels = made.levels;
        self.prev = made.last;
        self.poisoned = false;
        Ok(Commit { first_index: made.first, entries: made.entries, prover: made.prover, checkpoint: note })
    }

    /// Everything that a commit writes: entries and proofs on one core while the disclosures are sealed on the others.
    fn make(&self, keyring: &Keyring, batch: &[NewEntry<'_>]) -> Result<Made, CommitError> {
        let intakes = batch::prepare(batch)?;
        let before = self.levels.frontier();
        let first = before.size();
        let origin = self.shared.origin.as_str();
        let hash = || {
            let (entries, leaves) = batch::chain(batch, &intakes, self.prev);
            let prover = BatchProver::new(before, &leaves);
            let mut levels = self.levels.clone();
            leaves.iter().for_each(|leaf| levels.push(*leaf));
            (entries, leaves, prover, levels)
        };
        let seal = || vault::seal_batch(keyring, origin, first, batch);
        let ((entries, leaves, prover, mut levels), sealed) = rayon::join(hash, seal);
        let hashes = levels.drain_all().into_iter().map(|run| (run.level, bytes_of(&run.hashes))).collect();
        let checkpoint = Checkpoint { origin: origin.to_owned(), size: prover.size(), root: prover.root() };
        let last = leaves.last().map_or(self.prev, |leaf| leaf.0);
        Ok(Made { first, entries, records: sealed?, hashes, prover, checkpoint, levels, last })
    }

    /// The files that entries `first` to `first + count - 1` go to, each with the places in the batch that it gets.
    fn files(&self, first: u64, count: usize) -> Vec<(u64, Range<usize>)> {
        let layout = self.shared.layout;
        let (mut files, mut from) = (Vec::new(), 0);
        while from < count {
            let file = layout.file_of(first + from as u64);
            let room = layout.start_of(file + 1) - first;
            let until = usize::try_from(room).map_or(count, |room| room.min(count));
            files.push((file, from..until));
            from = until;
        }
        files
    }

    fn is_new_file(&self, file: u64, entry: u64) -> bool {
        file > 0 && entry == self.shared.layout.start_of(file)
    }
}

/// What a commit is about to write, and the state that it leads to.
struct Made {
    first: u64,
    entries: EntryBatch,
    records: [SealedRecords; 2],
    /// By level, as they are appended.
    hashes: Vec<(u8, Vec<u8>)>,
    prover: BatchProver,
    checkpoint: Checkpoint,
    levels: LevelAppender,
    last: [u8; 32],
}

pub(crate) fn bytes_of(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().map(|hash| hash.0).collect::<Vec<_>>().into_flattened()
}

fn io(doing: &'static str) -> impl FnOnce(io::Error) -> CommitError {
    move |source| CommitError::Io { doing, source }
}

impl From<SealFault> for CommitError {
    fn from(fault: SealFault) -> CommitError {
        match fault {
            SealFault::TooLarge { at } => CommitError::RecordTooLarge { at },
            SealFault::TooMany { at, found } => CommitError::TooManyDisclosures { at, found },
            SealFault::Malformed { at } => CommitError::Malformed { at },
            SealFault::NoKey { entry } => CommitError::NoKey { entry },
            SealFault::Entropy(e) => CommitError::Entropy(e),
        }
    }
}
