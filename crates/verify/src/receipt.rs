//! A receipt alone: what it proves, and what it cannot.

use daybook_event::entry::{EntryFault, parse_entry};
use daybook_event::{Catalogue, Claims, Kid, Origin, Refusal};
use daybook_tlog::{Checkpoint, Policy, TlogProof, TlogProofError, leaf_hash};
use serde::{Deserialize, Serialize};

use crate::event::read_event;

/// Largest receipt that is read, in bytes.
pub const MAX_RECEIPT_BYTES: usize = 4 << 20;

/// What a receipt proves: this entry is number `index` of the log that signed this checkpoint.
#[derive(Clone, Debug)]
pub struct ReceiptVerdict {
    /// Number of the entry.
    pub index: u64,
    /// The checkpoint under which it is proved.
    pub checkpoint: Checkpoint,
    /// The entry, byte for byte.
    pub entry: String,
    /// What the event in it says, as far as it is in the clear.
    pub claims: Claims,
    /// The key that the event names. See [`not_proved`](Self::not_proved).
    pub kid: Kid,
    /// SHA-256 of the ASCII of the issuer-signed JWT, by which a producer finds its own event.
    pub jwt_hash: [u8; 32],
}

impl ReceiptVerdict {
    /// What no receipt can prove by itself, in a sentence for whoever relies on one.
    pub fn not_proved(&self) -> &'static str {
        "A receipt proves that the log holds this entry. Whether the key that signed the event was in force for its \
         producer is written in the log's earlier entries: verify the log for that."
    }
}

/// Why a receipt proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// Not a receipt at all.
    #[error("not a receipt: expected JSON with exactly v, entry and proof")]
    Malformed,
    /// A version that this program does not know.
    #[error("the receipt has version {0}; this program reads version 1")]
    Version(u64),
    /// The entry in it is none.
    #[error("the entry in the receipt: {0}")]
    Entry(#[from] EntryFault),
    /// The proof does not hold.
    #[error("the proof in the receipt: {0}")]
    Proof(#[from] TlogProofError),
    /// The event is not one for this log.
    #[error("the event in the receipt: {0}")]
    Event(Refusal),
    /// The policy's origin cannot be that of a ledger.
    #[error("the policy's log {0:?} has no name that a ledger can have")]
    Origin(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptFile {
    v: u64,
    entry: String,
    proof: String,
}

/// Writes the receipt file of an entry.
pub fn write_receipt(entry: &str, proof: &TlogProof) -> String {
    let file = ReceiptFile { v: 1, entry: entry.to_owned(), proof: proof.format() };
    serde_json::to_string(&file).expect("strings and numbers always serialise")
}

/// Checks a receipt file: its form, the entry's, the event's as far as it shows, and the proof under `policy`.
///
/// The event's signature is not checked: a receipt does not contain the key.
///
/// # Errors
///
/// The first thing that does not hold.
pub fn verify_receipt(bytes: &[u8], policy: &Policy) -> Result<ReceiptVerdict, ReceiptFault> {
    verify_receipt_with(bytes, policy, Catalogue::builtin())
}

/// Like [`verify_receipt`], with event types other than the built-in ones.
///
/// # Errors
///
/// As [`verify_receipt`].
pub fn verify_receipt_with(
    bytes: &[u8],
    policy: &Policy,
    catalogue: &Catalogue,
) -> Result<ReceiptVerdict, ReceiptFault> {
    if bytes.len() > MAX_RECEIPT_BYTES {
        return Err(ReceiptFault::Malformed);
    }
    let file: ReceiptFile = serde_json::from_slice(bytes).map_err(|_| ReceiptFault::Malformed)?;
    if file.v != 1 {
        return Err(ReceiptFault::Version(file.v));
    }
    let origin: Origin =
        policy.origin().parse().map_err(|_| ReceiptFault::Origin(policy.origin().to_owned()))?;
    let proof = TlogProof::parse(&file.proof)?;
    if proof.extra.is_some() {
        return Err(TlogProofError::Malformed("a receipt's proof has no extra data").into());
    }
    let checkpoint = proof.verify(policy, &leaf_hash(file.entry.as_bytes()))?;
    let entry = parse_entry(file.entry.as_bytes())?;
    let token = read_event(entry.event, &origin, catalogue).map_err(ReceiptFault::Event)?;
    let (claims, kid, jwt_hash) = (token.claims().clone(), *token.kid(), token.jwt_hash());
    Ok(ReceiptVerdict { index: proof.index, checkpoint, claims, kid, jwt_hash, entry: file.entry })
}
