//! Looking into the queue without changing it.

use std::ops::Range;

use redb::{ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _};

use super::{
    CHECKPOINTS, IMPORTS, META, Outbox, OutboxError, PENDING, PendingEvent, RECEIPTS, REFUSED,
    VerifiedReceipt, batch, row,
};

/// How many events are where.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// The number that the next event gets; so many were signed.
    pub next_seq: u64,
    /// Signed, no receipt yet.
    pub pending: u64,
    /// In the ledger, with a verified receipt.
    pub receipts: u64,
    /// Refused for good: gaps in the sequence that the ledger sees.
    pub refused: u64,
}

/// What became of some events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Standing {
    /// In the ledger, with a verified receipt.
    pub receipts: u64,
    /// Refused for good.
    pub refused: u64,
    /// Still waiting.
    pub waiting: u64,
}

/// An event that the ledger refused for good.
#[derive(Debug, Clone)]
pub struct RefusedEvent {
    /// The event.
    pub event: PendingEvent,
    /// The refusal as it came (RFC 9457 problem).
    pub problem: serde_json::Value,
}

/// Receipts that share a checkpoint.
#[derive(Debug, Clone)]
pub struct ReceiptGroup {
    /// The signed note.
    pub checkpoint: String,
    /// Receipts proven by it.
    pub receipts: Vec<VerifiedReceipt>,
}

impl Outbox {
    /// How many events are where.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn counts(&self) -> Result<Counts, OutboxError> {
        let txn = self.db.begin_read()?;
        Ok(Counts {
            next_seq: batch::position(&txn.open_table(META)?)?.seq,
            pending: txn.open_table(PENDING)?.len()?,
            receipts: txn.open_table(RECEIPTS)?.len()?,
            refused: txn.open_table(REFUSED)?.len()?,
        })
    }

    /// Whether an event with a number in `numbers` is still waiting.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn is_waiting(&self, numbers: Range<u64>) -> Result<bool, OutboxError> {
        let txn = self.db.begin_read()?;
        Ok(txn.open_table(PENDING)?.range(numbers)?.next().transpose()?.is_some())
    }

    /// What became of the events with a number in `numbers`.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn standing(&self, numbers: Range<u64>) -> Result<Standing, OutboxError> {
        let txn = self.db.begin_read()?;
        let count = |table| -> Result<u64, OutboxError> {
            Ok(txn.open_table(table)?.range(numbers.clone())?.count() as u64)
        };
        Ok(Standing { receipts: count(RECEIPTS)?, refused: count(REFUSED)?, waiting: count(PENDING)? })
    }

    /// Up to `max` events that were refused for good, in order.
    ///
    /// # Errors
    /// A failure of the store, or a damaged row.
    pub fn refused(&self, max: usize) -> Result<Vec<RefusedEvent>, OutboxError> {
        self.refused_in(0..u64::MAX, max)
    }

    /// Up to `max` events with a number in `numbers` that were refused for good, in order.
    ///
    /// # Errors
    /// A failure of the store, or a damaged row.
    pub fn refused_in(&self, numbers: Range<u64>, max: usize) -> Result<Vec<RefusedEvent>, OutboxError> {
        let txn = self.db.begin_read()?;
        let mut events = Vec::new();
        for item in txn.open_table(REFUSED)?.range(numbers)?.take(max) {
            let (seq, row) = item?;
            let (problem, pending) = row::parse_refused(seq.value(), row.value())?;
            let problem = serde_json::from_str(problem).unwrap_or(serde_json::Value::Null);
            events.push(RefusedEvent { event: row::parse_pending(seq.value(), pending, 1)?, problem });
        }
        Ok(events)
    }

    /// The receipt of one event and the checkpoint that proves it.
    ///
    /// # Errors
    /// A failure of the store, or a damaged row.
    pub fn receipt(&self, seq: u64) -> Result<Option<(VerifiedReceipt, String)>, OutboxError> {
        let txn = self.db.begin_read()?;
        let receipts = txn.open_table(RECEIPTS)?;
        let Some(row) = receipts.get(seq)? else { return Ok(None) };
        let (receipt, id) = row::parse_receipt(seq, row.value())?;
        let checkpoints = txn.open_table(CHECKPOINTS)?;
        let checkpoint = checkpoints
            .get(id)?
            .ok_or_else(|| OutboxError::Damaged { what: format!("checkpoint {id} is missing") })?;
        Ok(Some((receipt, checkpoint.value().to_owned())))
    }

    /// The receipt with the highest sequence number.
    ///
    /// # Errors
    /// A failure of the store, or a damaged row.
    pub fn last_receipt(&self) -> Result<Option<VerifiedReceipt>, OutboxError> {
        let txn = self.db.begin_read()?;
        let receipts = txn.open_table(RECEIPTS)?;
        let Some((seq, row)) = receipts.last()? else { return Ok(None) };
        Ok(Some(row::parse_receipt(seq.value(), row.value())?.0))
    }

    /// The event that came from this source row, if it was imported: its number and `jti`.
    ///
    /// # Errors
    /// A failure of the store, or a damaged row.
    pub fn imported(&self, source: &str) -> Result<Option<(u64, String)>, OutboxError> {
        let txn = self.db.begin_read()?;
        let imports = txn.open_table(IMPORTS)?;
        imports.get(source)?.map(|row| row::parse_import(row.value())).transpose()
    }
}
