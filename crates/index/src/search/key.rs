//! Keys and keyed hashes: what stands in the index for values that must not be read out of it.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use daybook_event::Jti;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The field that names an event's matter.
pub(super) const MATTER_FIELD: &str = "matter_ref";
/// Characters of a handle in writing.
const HANDLE_CHARS: usize = 26;

/// The secret of the whole search index. Keep it with the ledger's other secrets: who has it and the index directory can read the index.
pub struct IndexSecret(Zeroizing<[u8; 32]>);

impl IndexSecret {
    /// A secret of 32 random bytes.
    #[must_use]
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self(secret)
    }

    /// The key of the hashes that stand for identifiers.
    #[must_use]
    pub fn identifier_key(&self) -> IdentifierKey {
        IdentifierKey(self.derive(b"identifiers"))
    }

    /// The key of the file that holds the segments' keys.
    pub(super) fn file_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive(b"search.keys")
    }

    fn derive(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(keyed(&self.0, &[super::FORMAT.as_bytes(), label]))
    }
}

impl fmt::Debug for IndexSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexSecret")
    }
}

/// Makes [`Handle`]s. Without it nobody can tell which value a handle stands for, not even by trying all of them.
#[derive(Clone)]
pub struct IdentifierKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for IdentifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentifierKey")
    }
}

impl IdentifierKey {
    /// The handle of a value of a withheld field. The same value in another field has another handle.
    #[must_use]
    pub fn identifier(&self, field: &str, value: &str) -> Handle {
        self.handle(b"field", field.as_bytes(), value.as_bytes())
    }

    /// The handle of a matter, from its token. It is the identifier of the field `matter_ref`.
    #[must_use]
    pub fn matter(&self, token: &str) -> Handle {
        self.identifier(MATTER_FIELD, token)
    }

    /// The handle under which the events are found that link to this one.
    #[must_use]
    pub fn link(&self, to: &Jti) -> Handle {
        self.handle(b"link", b"", to.as_bytes())
    }

    fn handle(&self, kind: &[u8], name: &[u8], value: &[u8]) -> Handle {
        let full = keyed(&self.0, &[kind, name, value]);
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        Handle(short)
    }
}

/// HMAC-SHA-256 (RFC 2104) over parts, each with its length in front, so that no two lists of parts are the same bytes.
fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Stands for a matter or another identifier: HMAC-SHA-256 under the index's key, the first 128 bits. Written as 26 characters of lower-case base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub [u8; 16]);

/// A text that is not a [`Handle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a handle is 26 characters of a-z and 2-7, as the search gave it")]
pub struct HandleError;

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

impl FromStr for Handle {
    type Err = HandleError;

    fn from_str(text: &str) -> Result<Self, HandleError> {
        if text.len() != HANDLE_CHARS || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(HandleError);
        }
        let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| HandleError)?;
        bytes.try_into().map(Self).map_err(|_| HandleError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> IdentifierKey {
        IndexSecret::new(Zeroizing::new([byte; 32])).identifier_key()
    }

    #[test]
    fn the_same_value_has_another_handle_in_another_field_and_under_another_key() {
        let handle = key(1).identifier("case_number", "2026-1");
        assert_eq!(handle, key(1).identifier("case_number", "2026-1"));
        assert_ne!(handle, key(1).identifier("order_number", "2026-1"));
        assert_ne!(handle, key(2).identifier("case_number", "2026-1"));
        assert_ne!(key(1).identifier("ab", "c"), key(1).identifier("a", "bc"));
        assert_eq!(key(1).matter("x"), key(1).identifier("matter_ref", "x"));
    }

    #[test]
    fn the_secret_gives_different_keys_for_different_ends() {
        let secret = IndexSecret::new(Zeroizing::new([3; 32]));
        assert_ne!(*secret.file_key(), *secret.identifier_key().0);
    }

    #[test]
    fn a_handle_has_one_spelling() {
        let handle = key(1).matter("k3vq7tz2m5ywb4cdnxr6gh2sja");
        let text = handle.to_string();
        assert_eq!(text.len(), HANDLE_CHARS);
        assert_eq!(text.parse(), Ok(handle));
        assert_eq!(text.to_ascii_uppercase().parse::<Handle>(), Err(HandleError));
        assert_eq!(text[..25].parse::<Handle>(), Err(HandleError));
        // The last character carries three bits; the others must be zero.
        assert_eq!("aaaaaaaaaaaaaaaaaaaaaaaaab".parse::<Handle>(), Err(HandleError));
        assert_eq!("1aaaaaaaaaaaaaaaaaaaaaaaaa".parse::<Handle>(), Err(HandleError));
    }
}
