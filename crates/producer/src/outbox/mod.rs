//! The durable queue of one producer.
//!
//! One redb file. What holds when a call returns:
//!
//! * [`Outbox::write`] (and all that is built on it): every event signed in it is on disk, synced, with its sequence
//!   number, and so is whatever was marked as imported. If the process dies before, none of it happened and the next
//!   event gets the same number. So a number is never used twice and never left out.
//! * [`Outbox::accept`]: the receipts are on disk and their events no longer pending, both or neither.
//! * [`Outbox::refuse`]: the event has left the queue and is kept, with the reason, until a person looks.
//!
//! Only a verified receipt or a final refusal takes an event out of `pending`, and a receipt wins over a refusal:
//! receipts are signed, refusals are not.

mod batch;
mod error;
mod look;
mod row;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daybook_event::{Issuer, Origin, Position};
use redb::{Database, Durability, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use tokio::sync::Notify;

pub use batch::{Batch, Signer};
pub use error::OutboxError;
pub use look::{Counts, ReceiptGroup, RefusedEvent, Standing};
pub use row::{PendingEvent, VerifiedReceipt};

/// Most events that may wait for a receipt, in events.
pub const PENDING_MAX: u64 = 1_000_000;
/// Most events signed in one transaction, in events.
pub const BATCH_MAX: usize = 4_096;
/// Page cache of the store, in bytes.
const CACHE_BYTES: usize = 64 << 20;

type Bytes = &'static [u8];
const PENDING: TableDefinition<'_, u64, Bytes> = TableDefinition::new("pending");
const ATTEMPTS: TableDefinition<'_, u64, u32> = TableDefinition::new("attempts");
const RECEIPTS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("receipts");
const CHECKPOINTS: TableDefinition<'_, u64, &str> = TableDefinition::new("checkpoints");
const REFUSED: TableDefinition<'_, u64, Bytes> = TableDefinition::new("refused");
const META: TableDefinition<'_, &str, Bytes> = TableDefinition::new("meta");
const IMPORTS: TableDefinition<'_, &str, Bytes> = TableDefinition::new("imports");
const MATTERS: TableDefinition<'_, &str, &str> = TableDefinition::new("matters");

const META_FORMAT: &str = "format";
const META_OWNER: &str = "owner";
const META_NEXT_SEQ: &str = "next_seq";
const META_PREV: &str = "prev";
const META_KID: &str = "kid";
const FORMAT: &[u8] = b"daybook-outbox v1";

/// The durable queue of one producer. See the module for what each call promises.
pub struct Outbox {
    db: Database,
    path: PathBuf,
    news: Arc<Notify>,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Opens the outbox of `issuer` for the ledger `origin`; makes it if there is none.
    ///
    /// # Errors
    /// [`OutboxError::InUse`] if another process has it, [`OutboxError::Foreign`] if it is another producer's.
    pub fn open(path: &Path, issuer: &Issuer, origin: &Origin) -> Result<Self, OutboxError> {
        create_private(path)?;
        let db = match Database::builder().set_cache_size(CACHE_BYTES).create(path) {
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => {
                return Err(OutboxError::InUse { path: path.to_owned() });
            }
            other => other?,
        };
        let outbox = Self { db, path: path.to_owned(), news: Arc::new(Notify::new()) };
        outbox.claim(&format!("{issuer} at {origin}"), &Position::first(origin))?;
        Ok(outbox)
    }

    /// Checks that the outbox is the owner's, or makes it so if it is new.
    fn claim(&self, owner: &str, first: &Position) -> Result<(), OutboxError> {
        let txn = self.begin()?;
        {
            let mut meta = txn.open_table(META)?;
            let found = meta.get(META_OWNER)?.map(|found| found.value().to_vec());
            match found {
                Some(found) if found == owner.as_bytes() => {
                    if meta.get(META_FORMAT)?.is_none_or(|format| format.value() != FORMAT) {
                        return Err(OutboxError::Damaged { what: "unknown format".into() });
                    }
                    return Ok(());
                }
                Some(found) => {
                    return Err(OutboxError::Foreign {
                        path: self.path.clone(),
                        found: String::from_utf8_lossy(&found).into_owned(),
                        wanted: owner.to_owned(),
                    });
                }
                None => {}
            }
            meta.insert(META_FORMAT, FORMAT)?;
            meta.insert(META_OWNER, owner.as_bytes())?;
            meta.insert(META_NEXT_SEQ, first.seq.to_be_bytes().as_slice())?;
            meta.insert(META_PREV, first.prev.as_slice())?;
            txn.open_table(PENDING)?;
            txn.open_table(ATTEMPTS)?;
            txn.open_table(RECEIPTS)?;
            txn.open_table(CHECKPOINTS)?;
            txn.open_table(REFUSED)?;
            txn.open_table(IMPORTS)?;
            txn.open_table(MATTERS)?;
        }
        txn.commit()?;
        Ok(())
    }

    fn begin(&self) -> Result<redb::WriteTransaction, OutboxError> {
        let mut txn = self.db.begin_write()?;
        // A sequence number that was handed out must survive the power going out.
        txn.set_durability(Durability::Immediate)?;
        Ok(txn)
    }

    /// Told whenever events were added.
    #[must_use]
    pub fn news(&self) -> Arc<Notify> {
        Arc::clone(&self.news)
    }

    /// One transaction: signs, marks and links events through the [`Batch`], all of it or, if `work` fails, none.
    ///
    /// # Errors
    /// What `work` returns, [`OutboxError::Full`], or a failure of the store.
    pub fn write<T, E: From<OutboxError>>(
        &self,
        signer: &mut Signer<'_>,
        work: impl FnOnce(&mut Batch<'_, '_, '_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let txn = self.begin()?;
        let done = {
            let mut batch = Batch::begin(&txn, signer)?;
            let done = work(&mut batch)?;
            batch.finish()?;
            done
        };
        txn.commit().map_err(OutboxError::from)?;
        self.news.notify_one();
        Ok(done)
    }

    /// The position of the next event.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn position(&self) -> Result<Position, OutboxError> {
        let txn = self.db.begin_read()?;
        batch::position(&txn.open_table(META)?)
    }

    /// Up to `max` pending events from sequence number `from` on, in order.
    ///
    /// # Errors
    /// A failure of the store, or a damaged row.
    pub fn pending_from(&self, from: u64, max: usize) -> Result<Vec<PendingEvent>, OutboxError> {
        let txn = self.db.begin_read()?;
        let (pending, attempts) = (txn.open_table(PENDING)?, txn.open_table(ATTEMPTS)?);
        let mut events = Vec::with_capacity(max.min(BATCH_MAX));
        for item in pending.range(from..)?.take(max) {
            let (seq, row) = item?;
            let attempt = attempts.get(seq.value())?.map_or(1, |attempt| attempt.value());
            events.push(row::parse_pending(seq.value(), row.value(), attempt)?);
        }
        Ok(events)
    }

    /// The pending event with this number. A refused one counts, since a receipt may still come for it.
    ///
    /// # Errors
    /// A failure of the store, or a damaged row.
    pub fn unreceipted(&self, seq: u64) -> Result<Option<PendingEvent>, OutboxError> {
        let txn = self.db.begin_read()?;
        if let Some(row) = txn.open_table(PENDING)?.get(seq)? {
            return row::parse_pending(seq, row.value(), 1).map(Some);
        }
        if let Some(row) = txn.open_table(REFUSED)?.get(seq)? {
            let (_, pending) = row::parse_refused(seq, row.value())?;
            return row::parse_pending(seq, pending, 1).map(Some);
        }
        Ok(None)
    }

    /// Notes under which message ids events went out again, so that a restart does not use one twice. Returns the
    /// numbers that wait no longer and need not go out.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn note_attempts(&self, attempts: &[(u64, u32)]) -> Result<Vec<u64>, OutboxError> {
        let txn = self.begin()?;
        let mut gone = Vec::new();
        {
            let (mut table, pending) = (txn.open_table(ATTEMPTS)?, txn.open_table(PENDING)?);
            for (seq, attempt) in attempts {
                if pending.get(*seq)?.is_some() {
                    table.insert(*seq, *attempt)?;
                } else {
                    gone.push(*seq);
                }
            }
        }
        txn.commit()?;
        Ok(gone)
    }

    /// Keeps verified receipts and takes their events out of the queue, in one transaction. Returns the numbers of
    /// the events that were still without a receipt.
    ///
    /// # Errors
    /// A failure of the store; then nothing changed and the events are sent again.
    pub fn accept(&self, groups: &[ReceiptGroup]) -> Result<Vec<u64>, OutboxError> {
        let txn = self.begin()?;
        let mut settled = Vec::new();
        {
            let mut pending = txn.open_table(PENDING)?;
            let mut attempts = txn.open_table(ATTEMPTS)?;
            let mut refused = txn.open_table(REFUSED)?;
            let mut receipts = txn.open_table(RECEIPTS)?;
            let mut checkpoints = txn.open_table(CHECKPOINTS)?;
            for group in groups {
                let id = checkpoints.last()?.map_or(0, |(id, _)| id.value() + 1);
                let before = settled.len();
                for receipt in &group.receipts {
                    let waiting = pending.remove(receipt.seq)?.is_some();
                    let was_refused = refused.remove(receipt.seq)?.is_some();
                    if waiting || was_refused {
                        attempts.remove(receipt.seq)?;
                        receipts.insert(receipt.seq, row::receipt(receipt, id).as_slice())?;
                        settled.push(receipt.seq);
                    }
                }
                if settled.len() > before {
                    checkpoints.insert(id, group.checkpoint.as_str())?;
                }
            }
        }
        txn.commit()?;
        Ok(settled)
    }

    /// Takes events that were refused for good out of the queue and keeps them with the reason. Numbers that are not
    /// pending are passed over.
    ///
    /// # Errors
    /// A failure of the store; then nothing changed.
    pub fn refuse(&self, refusals: &[(u64, String)]) -> Result<(), OutboxError> {
        let txn = self.begin()?;
        {
            let (mut pending, mut attempts) = (txn.open_table(PENDING)?, txn.open_table(ATTEMPTS)?);
            let mut refused = txn.open_table(REFUSED)?;
            for (seq, problem) in refusals {
                if let Some(row) = pending.remove(*seq)? {
                    refused.insert(*seq, row::refused(problem, row.value()).as_slice())?;
                    attempts.remove(*seq)?;
                }
            }
        }
        Ok(txn.commit()?)
    }

    /// Puts a refused event back into the queue, unchanged, to be sent again under a new message id.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn requeue(&self, seq: u64) -> Result<bool, OutboxError> {
        let txn = self.begin()?;
        let found = {
            let (mut pending, mut attempts) = (txn.open_table(PENDING)?, txn.open_table(ATTEMPTS)?);
            let mut refused = txn.open_table(REFUSED)?;
            let row = refused.remove(seq)?.map(|row| row.value().to_vec());
            if let Some(row) = &row {
                pending.insert(seq, row::parse_refused(seq, row)?.1)?;
                attempts.insert(seq, 2)?;
            }
            row.is_some()
        };
        txn.commit()?;
        self.news.notify_one();
        Ok(found)
    }

    /// The key that signs from now on, if one was ever noted.
    pub(crate) fn signing_kid(&self) -> Result<Option<String>, OutboxError> {
        let txn = self.db.begin_read()?;
        let meta = txn.open_table(META)?;
        Ok(meta.get(META_KID)?.map(|kid| String::from_utf8_lossy(kid.value()).into_owned()))
    }

    /// Notes which key signs from now on.
    pub(crate) fn set_signing_kid(&self, kid: &str) -> Result<(), OutboxError> {
        let txn = self.begin()?;
        txn.open_table(META)?.insert(META_KID, kid.as_bytes())?;
        Ok(txn.commit()?)
    }
}

/// Makes the file, if it is not there, readable by its owner only: it holds what the ledger's readers must not see.
fn create_private(path: &Path) -> Result<(), OutboxError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| redb::StorageError::Io(error).into())
}
