//! Producers' Ed25519 keys.
//!
//! A [`PublicKey`] that exists is safe to check signatures with: its encoding is canonical, it is not of small order and it has
//! no torsion component. [`crate::batch`] rests on that.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::b64;
use crate::entropy::{Entropy, EntropyError, random};
use crate::hash::sha256;
use crate::names::Kid;

/// Length of an Ed25519 signature, bytes.
pub const SIGNATURE_BYTES: usize = 64;

/// Why 32 bytes are not a key that a ledger takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the canonical encoding of a point of the curve (RFC 8032, 5.1.3).
    #[error("the key is not the canonical encoding of a curve point; make a new key")]
    NotAPoint,
    /// A point of order 1, 2, 4 or 8: anybody can make signatures for it.
    #[error("the key is of small order and protects nothing; make a new key")]
    SmallOrder,
    /// A point outside the prime-order group: verifiers would disagree about its signatures.
    #[error("the key is not in the prime-order group; make a new key")]
    Torsion,
    /// Not 43 characters of canonical base64url.
    #[error("the key is not base64url of 32 bytes")]
    NotBase64,
}

/// A public key that is canonical, of prime order, and so safe for strict verification.
#[derive(Clone, Copy)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Takes the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        let point = key.to_edwards();
        if point.is_small_order() {
            return Err(KeyError::SmallOrder);
        }
        if point.compress().as_bytes() != bytes {
            return Err(KeyError::NotAPoint);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::Torsion);
        }
        Ok(Self(key))
    }

    /// Takes the `x` member of a JWK (RFC 8037): base64url of the 32 bytes.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_x(x: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&b64::decode_array(x).ok_or(KeyError::NotBase64)?)
    }

    /// The 32 bytes of RFC 8032.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The `x` member of its JWK (RFC 8037).
    pub fn x(&self) -> String {
        b64::encode(self.as_bytes())
    }

    /// Its identifier: the RFC 7638 thumbprint of its JWK.
    pub fn kid(&self) -> Kid {
        Kid::from_bytes(sha256(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x())))
    }

    /// Whether `signature` over `message` is accepted: `s` and `R` canonical, `R` not of small order, equation without the
    /// cofactor. This is the definition; [`crate::batch::verify_batch`] is a faster way to the same answer.
    pub fn verify_strict(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    /// The key as a curve point.
    pub(crate) fn point(&self) -> curve25519_dalek::EdwardsPoint {
        self.0.to_edwards()
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}
impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.x())
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.x())
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let x = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::from_x(&x).map_err(serde::de::Error::custom)
    }
}

/// A producer's secret key. Wiped from memory when dropped; never shown by `Debug`.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// Where the source of randomness fails.
    pub fn generate(rng: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let seed = Zeroizing::new(random::<32>(rng)?);
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// The key with this RFC 8032 seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The RFC 8032 seed, for sealing the key into a file.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        // A key made from a seed is a multiple of the base point by a clamped scalar: canonical and of prime order.
        PublicKey(self.0.verifying_key())
    }

    /// Signs `message` (RFC 8032, deterministic).
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().kid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};

    #[test]
    fn a_key_identifier_is_the_thumbprint_of_rfc_8037() {
        let key = PublicKey::from_x("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(key.kid().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn small_order_keys_are_refused() {
        for point in EIGHT_TORSION {
            assert_eq!(PublicKey::from_bytes(&point.compress().0), Err(KeyError::SmallOrder));
        }
    }

    #[test]
    fn mixed_order_keys_are_refused() {
        for point in &EIGHT_TORSION[1..] {
            let bytes = (ED25519_BASEPOINT_POINT + point).compress().0;
            assert_eq!(PublicKey::from_bytes(&bytes), Err(KeyError::Torsion));
        }
    }

    #[test]
    fn second_encodings_of_a_point_are_refused() {
        // y + p for every y < 19: these are the only values with two encodings.
        for y in 0..19u8 {
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed + y;
            for top in [0x7f, 0xff] {
                bytes[31] = top;
                assert!(PublicKey::from_bytes(&bytes).is_err(), "y = {y}");
            }
        }
        assert_eq!(PublicKey::from_bytes(&[2; 32]).err(), Some(KeyError::NotAPoint));
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = SigningKey::from_seed([7; 32]);
        let shown = format!("{key:?}");
        assert!(!shown.contains(&b64::encode([7u8; 32])) && !shown.contains("7, 7"), "{shown}");
        assert!(key.public().verify_strict(b"x", &key.sign(b"x")));
        assert_eq!(SigningKey::from_seed(*key.seed()).public(), key.public());
    }
}
