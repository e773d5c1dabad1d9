//! The bytes of the outbox's rows.
//!
//! ```text
//! pending   u8 length of jti ‖ jti ‖ u8 length of type ‖ type ‖ compact event
//! receipts  u64 index ‖ u64 checkpoint id ‖ u8 path length ‖ 32-byte hashes ‖ entry
//! refused   u32 length of the problem ‖ problem JSON ‖ pending row
//! imports   u64 seq ‖ jti
//! ```
//!
//! Integers are big-endian.

use bytes::Bytes;
use daybook_tlog::Hash;

use super::OutboxError;

/// An event that is signed and not yet receipted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEvent {
    /// Its place in the producer's sequence.
    pub seq: u64,
    /// Its identifier.
    pub jti: String,
    /// Its type.
    pub event_type: String,
    /// The signed bytes with their disclosures, exactly as they go on the bus.
    pub compact: Bytes,
    /// Message ids used so far for asking again, 1 if none.
    pub attempt: u32,
}

impl PendingEvent {
    /// The issuer-signed JWT: everything before the first `~`.
    #[must_use]
    pub fn jwt(&self) -> &[u8] {
        let end = self.compact.iter().position(|byte| *byte == b'~').unwrap_or(self.compact.len());
        &self.compact[..end]
    }
}

/// A receipt that was verified against the trust policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedReceipt {
    /// The event's place in the producer's sequence.
    pub seq: u64,
    /// The entry's index in the ledger.
    pub index: u64,
    /// The entry, as it is in the ledger.
    pub entry: String,
    /// The inclusion path to the root of the checkpoint.
    pub path: Vec<Hash>,
}

fn damaged(table: &str, seq: u64) -> OutboxError {
    OutboxError::Damaged { what: format!("row {seq} of table {table} has the wrong form") }
}

pub(super) fn pending(jti: &str, event_type: &str, compact: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(compact.len() + 128);
    for text in [jti, event_type] {
        let length = u8::try_from(text.len()).expect("identifiers and type names are at most 64 bytes");
        row.push(length);
        row.extend_from_slice(text.as_bytes());
    }
    row.extend_from_slice(compact);
    row
}

fn short_text(row: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = row.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

pub(super) fn parse_pending(seq: u64, row: &[u8], attempt: u32) -> Result<PendingEvent, OutboxError> {
    let parse = || {
        let (jti, rest) = short_text(row)?;
        let (event_type, compact) = short_text(rest)?;
        Some(PendingEvent {
            seq,
            jti: jti.to_owned(),
            event_type: event_type.to_owned(),
            compact: Bytes::copy_from_slice(compact),
            attempt,
        })
    };
    parse().ok_or_else(|| damaged("pending", seq))
}

pub(super) fn receipt(receipt: &VerifiedReceipt, checkpoint: u64) -> Vec<u8> {
    let mut row = Vec::with_capacity(17 + 32 * receipt.path.len() + receipt.entry.len());
    row.extend_from_slice(&receipt.index.to_be_bytes());
    row.extend_from_slice(&checkpoint.to_be_bytes());
    row.push(u8::try_from(receipt.path.len()).expect("a path of a tree of u64 size has at most 64 hashes"));
    for hash in &receipt.path {
        row.extend_from_slice(hash.as_bytes());
    }
    row.extend_from_slice(receipt.entry.as_bytes());
    row
}

/// A receipt row and the id of its checkpoint.
pub(super) fn parse_receipt(seq: u64, row: &[u8]) -> Result<(VerifiedReceipt, u64), OutboxError> {
    let parse = || {
        let (index, rest) = row.split_first_chunk::<8>()?;
        let (checkpoint, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first()?;
        let (hashes, entry) = rest.split_at_checked(32 * usize::from(*length))?;
        let path =
            hashes.chunks_exact(32).map(|hash| hash.try_into().map(Hash)).collect::<Result<_, _>>().ok()?;
        let entry = String::from_utf8(entry.to_vec()).ok()?;
        Some((
            VerifiedReceipt { seq, index: u64::from_be_bytes(*index), entry, path },
            u64::from_be_bytes(*checkpoint),
        ))
    };
    parse().ok_or_else(|| damaged("receipts", seq))
}

pub(super) fn refused(problem: &str, pending: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(4 + problem.len() + pending.len());
    let length = u32::try_from(problem.len()).expect("a problem is bounded by the bus message it came in");
    row.extend_from_slice(&length.to_be_bytes());
    row.extend_from_slice(problem.as_bytes());
    row.extend_from_slice(pending);
    row
}

/// The problem and the pending row of a refused event.
pub(super) fn parse_refused(seq: u64, row: &[u8]) -> Result<(&str, &[u8]), OutboxError> {
    let parse = || {
        let (length, rest) = row.split_first_chunk::<4>()?;
        let (problem, pending) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        Some((std::str::from_utf8(problem).ok()?, pending))
    };
    parse().ok_or_else(|| damaged("refused", seq))
}

pub(super) fn import(seq: u64, jti: &str) -> Vec<u8> {
    let mut row = seq.to_be_bytes().to_vec();
    row.extend_from_slice(jti.as_bytes());
    row
}

pub(super) fn parse_import(row: &[u8]) -> Result<(u64, String), OutboxError> {
    let parse = || {
        let (seq, jti) = row.split_first_chunk::<8>()?;
        Some((u64::from_be_bytes(*seq), String::from_utf8(jti.to_vec()).ok()?))
    };
    parse().ok_or_else(|| OutboxError::Damaged { what: "a row of table imports has the wrong form".into() })
}
