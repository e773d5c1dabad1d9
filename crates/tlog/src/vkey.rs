//! Names and public keys of signers, as C2SP signed-note writes them.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

/// Longest key name, in bytes: later signature types of C2SP count it in one byte.
pub const MAX_KEY_NAME_BYTES: usize = 255;

/// The name of a signing key: not empty, at most 255 bytes, no white space, no control character, no `+`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

/// A string that cannot name a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot name a key; use 1 to {MAX_KEY_NAME_BYTES} bytes without spaces, control characters and '+'"
)]
pub struct KeyNameError(pub String);

impl KeyName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_valid(name: &str) -> bool {
        let refused = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        (1..=MAX_KEY_NAME_BYTES).contains(&name.len()) && !name.contains(refused)
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    fn from_str(name: &str) -> Result<Self, KeyNameError> {
        if Self::is_valid(name) { Ok(Self(name.to_owned())) } else { Err(KeyNameError(name.to_owned())) }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for KeyName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What a key signs, by C2SP signature type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// 0x01: Ed25519 over the note's text.
    Ed25519 = 0x01,
    /// 0x04: cosignature/v1, Ed25519 over a time and the note's text.
    CosignatureV1 = 0x04,
}

/// A public key with its name: `<name>+<key id in hex>+<base64 of type byte and key>`.
///
/// One that exists is usable: the key is a canonical point that is not of small order, and the id belongs to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Vkey {
    name: KeyName,
    algorithm: Algorithm,
    key: VerifyingKey,
}

/// Why a string is not a usable vkey.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VkeyError {
    /// Not `<name>+<8 hex digits>+<base64>`.
    #[error("not a vkey: expected <name>+<8 lower-case hex digits>+<base64>")]
    Malformed,
    /// The name breaks the rules.
    #[error(transparent)]
    Name(#[from] KeyNameError),
    /// A signature type that this crate does not verify.
    #[error(
        "key type 0x{0:02x} is not supported; use Ed25519 (0x01) for a log, cosignature/v1 (0x04) for a witness"
    )]
    UnsupportedType(u8),
    /// The key bytes are not a canonical Ed25519 point of full order.
    #[error("the key is not a usable Ed25519 public key")]
    BadKey,
    /// The id in the string is not that of name, type and key.
    #[error("the key id is not that of this name and key; was the vkey copied in full?")]
    WrongId,
}

impl Vkey {
    /// A vkey from its parts.
    ///
    /// # Errors
    ///
    /// If the key is not a canonical encoding or is of small order.
    pub fn new(name: KeyName, algorithm: Algorithm, key: &[u8; 32]) -> Result<Self, VkeyError> {
        let key = VerifyingKey::from_bytes(key).map_err(|_| VkeyError::BadKey)?;
        // `from_bytes` takes a second spelling of a few points; a key has one here.
        if key.is_weak() || key.to_edwards().compress().to_bytes() != key.to_bytes() {
            return Err(VkeyError::BadKey);
        }
        Ok(Self { name, algorithm, key })
    }

    /// Name of the key; for a log this is its origin.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// What the key signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The 32 bytes of the public key.
    pub fn key_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// First four bytes of SHA-256(name ‖ LF ‖ type ‖ key).
    pub fn key_id(&self) -> u32 {
        let digest = Sha256::new()
            .chain_update(self.name.as_str())
            .chain_update([b'\n', self.algorithm as u8])
            .chain_update(self.key.as_bytes())
            .finalize();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }

    /// Ed25519 with the strict rules: canonical encodings, no small order, no cofactor.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl FromStr for Vkey {
    type Err = VkeyError;

    fn from_str(text: &str) -> Result<Self, VkeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VkeyError::Malformed);
        };
        let name: KeyName = name.parse()?;
        let key = crate::base64::decode(key).ok_or(VkeyError::Malformed)?;
        let (kind, key) = key.split_first().ok_or(VkeyError::Malformed)?;
        let algorithm = match kind {
            0x01 => Algorithm::Ed25519,
            0x04 => Algorithm::CosignatureV1,
            other => return Err(VkeyError::UnsupportedType(*other)),
        };
        let vkey = Self::new(name, algorithm, key.try_into().map_err(|_| VkeyError::BadKey)?)?;
        // Written out, so that upper case and signs, which `from_str_radix` takes, are refused.
        if format!("{:08x}", vkey.key_id()) == id { Ok(vkey) } else { Err(VkeyError::WrongId) }
    }
}

impl fmt::Display for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.algorithm as u8];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.key_id(), crate::base64::encode(&key))
    }
}

impl fmt::Debug for Vkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
