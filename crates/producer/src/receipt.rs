//! Receipts and refusals as they come off the bus.
//!
//! A receipt is believed only for what it proves: that the very JWT which this producer signed under that number is
//! the event of an entry, and that the entry is in the tree of a checkpoint that the trust policy accepts. Who sent
//! the message says nothing; anybody may replay a true receipt, and nobody can make a false one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_event::Token;
use daybook_event::entry::parse_entry;
use daybook_tlog::{Checkpoint, Hash, Policy, TlogProof, check_inclusion, leaf_hash};
use daybook_verify::write_receipt;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::outbox::{Outbox, OutboxError, PendingEvent, ReceiptGroup, VerifiedReceipt};

/// Largest gathered receipt message that is read, in bytes (formats.md, "Receipt").
pub const RECEIPTS_MAX_BYTES: usize = 524_288;
/// Largest refusal that is read, in bytes.
pub const REFUSAL_MAX_BYTES: usize = 16_384;
/// Pending events compared with a refusal that names no number, in events.
const REFUSAL_SEARCH_MAX: usize = 8_192;

/// Why a receipt was not believed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReceiptFault {
    /// The message is not in the form of formats.md.
    #[error("it is malformed: {0}")]
    Malformed(String),
    /// It is for another producer.
    #[error("it is for another producer")]
    OtherProducer,
    /// The trust policy does not accept the checkpoint.
    #[error("its checkpoint is not accepted by the trust policy: {0}")]
    Checkpoint(String),
    /// The entry does not contain what was signed here under that number.
    #[error("its entry {index} does not hold the event that was signed here")]
    NotMine {
        /// The index that it claims.
        index: u64,
    },
    /// The path does not lead from the entry to the root of the checkpoint.
    #[error("its path does not prove entry {index}: {what}")]
    NotIncluded {
        /// The index that it claims.
        index: u64,
        /// What the check said.
        what: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gathered {
    v: u32,
    iss: String,
    checkpoint: String,
    receipts: Vec<GatheredReceipt>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GatheredReceipt {
    index: u64,
    entry: String,
    path: Vec<String>,
}

/// What a gathered message brought.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) group: ReceiptGroup,
    pub(crate) faults: Vec<ReceiptFault>,
    /// Receipts for events that have theirs already.
    pub(crate) repeated: usize,
}

/// Opens a gathered message: every receipt in it is checked against the policy and against the outbox.
pub(crate) fn open_gathered(
    bytes: &[u8],
    issuer: &str,
    policy: &Policy,
    outbox: &Outbox,
) -> Result<Result<Opened, ReceiptFault>, OutboxError> {
    let (gathered, checkpoint) = match open_envelope(bytes, issuer, policy) {
        Ok(opened) => opened,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut opened = Opened {
        group: ReceiptGroup { checkpoint: gathered.checkpoint, receipts: Vec::new() },
        faults: Vec::new(),
        repeated: 0,
    };
    for receipt in gathered.receipts {
        match open_receipt(receipt, &checkpoint, outbox)? {
            Ok(Some(receipt)) => opened.group.receipts.push(receipt),
            Ok(None) => opened.repeated += 1,
            Err(fault) => opened.faults.push(fault),
        }
    }
    Ok(Ok(opened))
}

fn open_envelope(
    bytes: &[u8],
    issuer: &str,
    policy: &Policy,
) -> Result<(Gathered, Checkpoint), ReceiptFault> {
    if bytes.len() > RECEIPTS_MAX_BYTES {
        return Err(ReceiptFault::Malformed(format!("longer than {RECEIPTS_MAX_BYTES} bytes")));
    }
    let gathered: Gathered =
        serde_json::from_slice(bytes).map_err(|error| ReceiptFault::Malformed(error.to_string()))?;
    if gathered.v != 1 {
        return Err(ReceiptFault::Malformed("unknown version".into()));
    }
    if gathered.iss != issuer {
        return Err(ReceiptFault::OtherProducer);
    }
    let checkpoint = policy
        .open_checkpoint(gathered.checkpoint.as_bytes())
        .map_err(|error| ReceiptFault::Checkpoint(error.to_string()))?;
    Ok((gathered, checkpoint))
}

/// `None`: the event has its receipt already.
fn open_receipt(
    receipt: GatheredReceipt,
    checkpoint: &Checkpoint,
    outbox: &Outbox,
) -> Result<Result<Option<VerifiedReceipt>, ReceiptFault>, OutboxError> {
    let GatheredReceipt { index, entry, path } = receipt;
    let (jwt, seq, path) = match proven(index, &entry, &path, checkpoint) {
        Ok(proven) => proven,
        Err(fault) => return Ok(Err(fault)),
    };
    if let Some(mine) = outbox.unreceipted(seq)? {
        if mine.jwt() != jwt.as_bytes() {
            return Ok(Err(ReceiptFault::NotMine { index }));
        }
        return Ok(Ok(Some(VerifiedReceipt { seq, index, entry, path })));
    }
    match outbox.receipt(seq)? {
        // The same entry under the same or another checkpoint: the ledger answered twice.
        Some((kept, _)) if kept.entry == entry => Ok(Ok(None)),
        _ => Ok(Err(ReceiptFault::NotMine { index })),
    }
}

/// The JWT that is proven to be in the ledger at `index`, the number that it claims, and the path.
fn proven<'e>(
    index: u64,
    entry: &'e str,
    path: &[String],
    checkpoint: &Checkpoint,
) -> Result<(&'e str, u64, Vec<Hash>), ReceiptFault> {
    let path = path
        .iter()
        .map(|hash| {
            Hash::from_base64(hash).ok_or_else(|| ReceiptFault::Malformed("a hash is not base64".into()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let leaf = leaf_hash(entry.as_bytes());
    check_inclusion(index, checkpoint.size, &leaf, &path, &checkpoint.root)
        .map_err(|error| ReceiptFault::NotIncluded { index, what: error.to_string() })?;
    let parsed = parse_entry(entry.as_bytes()).map_err(|error| ReceiptFault::Malformed(error.to_string()))?;
    let token = Token::parse_jwt(parsed.event).map_err(|_| ReceiptFault::NotMine { index })?;
    Ok((parsed.event, token.claims().seq, path))
}

/// The receipt as a file that proves inclusion by itself (formats.md, "Receipt").
#[must_use]
pub fn receipt_file(receipt: &VerifiedReceipt, checkpoint: &str) -> String {
    let (index, path) = (receipt.index, receipt.path.clone());
    let proof = TlogProof { extra: None, index, path, checkpoint: checkpoint.to_owned() };
    write_receipt(&receipt.entry, &proof)
}

/// A refusal of one of this producer's events.
#[derive(Debug, Clone)]
pub struct OpenedRefusal {
    /// The event's place in the producer's sequence.
    pub seq: u64,
    /// The stable code.
    pub code: String,
    /// A sentence for the clerk.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// Whether the same bytes may be accepted later.
    pub retry: bool,
    /// The message as it came.
    pub problem: String,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    remedy: String,
    retry: bool,
    digest: String,
    seq: Option<u64>,
}

/// Opens a refusal; `None` if it is about no event that is waiting here.
pub(crate) fn open_refusal(bytes: &[u8], outbox: &Outbox) -> Result<Option<OpenedRefusal>, OutboxError> {
    if bytes.len() > REFUSAL_MAX_BYTES {
        return Ok(None);
    }
    let (Ok(problem), Ok(text)) = (serde_json::from_slice::<Problem>(bytes), std::str::from_utf8(bytes))
    else {
        return Ok(None);
    };
    let about = |event: &PendingEvent| digest(&event.compact) == problem.digest;
    let seq = match problem.seq {
        Some(seq) => outbox
            .pending_from(seq, 1)?
            .first()
            .filter(|event| event.seq == seq && about(event))
            .map(|e| e.seq),
        None => outbox.pending_from(0, REFUSAL_SEARCH_MAX)?.iter().find(|event| about(event)).map(|e| e.seq),
    };
    Ok(seq.map(|seq| OpenedRefusal {
        seq,
        code: problem.code,
        detail: problem.detail,
        remedy: problem.remedy,
        retry: problem.retry,
        problem: text.to_owned(),
    }))
}

/// The digest by which a refusal names the message that it is about.
#[must_use]
pub fn digest(body: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(body))
}
