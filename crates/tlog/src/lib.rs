//! A transparency log's arithmetic: RFC 6962 tree, C2SP tiles, signed notes, checkpoints, policies and proofs.
//!
//! Everything here is a function of its arguments: no clock, disk, network or randomness. What reads hashes does it
//! through [`HashReader`], so the same code proves from files, from HTTP and from memory.
//!
//! ```
//! use daybook_tlog::{BatchProver, Checkpoint, Frontier, NoteSigner, Policy, check_inclusion, leaf_hash};
//!
//! // The log: append three leaves, sign the new root.
//! let before = Frontier::new();
//! let leaves = [leaf_hash(b"one"), leaf_hash(b"two"), leaf_hash(b"three")];
//! let batch = BatchProver::new(&before, &leaves);
//! let signer = NoteSigner::from_seed("city.example/ledger".parse()?, [7; 32]);
//! let note = Checkpoint { origin: "city.example/ledger".into(), size: batch.size(), root: batch.root() }.sign(&signer);
//!
//! // A verifier: it knows the policy only.
//! let policy: Policy = format!("log {}\nquorum none\n", signer.vkey()).parse()?;
//! let checkpoint = policy.open_checkpoint(note.as_bytes())?;
//! check_inclusion(1, checkpoint.size, &leaf_hash(b"two"), &batch.path(1), &checkpoint.root)?;
//! assert!(check_inclusion(1, checkpoint.size, &leaf_hash(b"2"), &batch.path(1), &checkpoint.root).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod base64;
mod batch;
mod check;
mod checkpoint;
mod hash;
mod levels;
mod note;
mod policy;
mod prove;
mod reader;
mod tile;
mod tlogproof;
mod tree;
mod vkey;

pub use batch::BatchProver;
pub use check::{MAX_PATH_HASHES, ProofError, check_consistency, check_inclusion};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use hash::{Hash, leaf_hash, node_hash};
pub use levels::{LevelAppender, LevelRun};
pub use note::{
    Cosigner, MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES, NoteError, NoteSignature, NoteSigner, SignedNote,
};
pub use policy::{MAX_POLICY_BYTES, Policy, PolicyError, PolicySyntaxError};
pub use prove::{ProveError, prove_consistency, prove_inclusion};
pub use reader::{HashReader, frontier_at, root_at, subtree_at};
pub use tile::{MAX_LEVEL, TILE_WIDTH, TileKind, TilePath, TilePathError, tiles_at};
pub use tlogproof::{MAX_PROOF_BYTES, TlogProof, TlogProofError};
pub use tree::Frontier;
pub use vkey::{Algorithm, KeyName, KeyNameError, MAX_KEY_NAME_BYTES, Vkey, VkeyError};
