//! Many signatures at once.

use crate::keys::{PublicKey, SIGNATURE_BYTES};

/// A signature to check.
#[derive(Debug, Clone, Copy)]
pub struct SignatureItem<'a> {
    /// The key that must have made it.
    pub key: &'a PublicKey,
    /// What it is over.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a [u8; SIGNATURE_BYTES],
}

/// For each item what [`PublicKey::verify_strict`] says of it.
pub fn verify_batch(items: &[SignatureItem<'_>]) -> Vec<bool> {
    items.iter().map(|item| item.key.verify_strict(item.message, item.signature)).collect()
}
