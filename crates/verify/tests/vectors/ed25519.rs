//! Ed25519 where libraries are known to differ ("Taming the many EdDSAs", SSR 2020; ours are made anew): small order, second encodings,
//! torsion, the cofactor, large `s`.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::{EdwardsPoint, Scalar};
use daybook_event::PublicKey;
use daybook_tlog::{Algorithm, Vkey};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::signing::key;
use super::{hex, text, unhex};

const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// A point given by its bytes, which need not be canonical.
type Encoded = [u8; 32];

fn hash(parts: &[&[u8]]) -> Scalar {
    let digest = parts.iter().fold(Sha512::new(), |sum, part| sum.chain_update(part)).finalize();
    Scalar::from_bytes_mod_order_wide(&digest.into())
}

/// y + p: the second encoding of a point whose y is below 19.
fn second_encodings() -> Vec<Encoded> {
    let encoding = |y: u8, top: u8| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xed + y, top);
        bytes
    };
    (0..19).flat_map(|y| [encoding(y, 0x7f), encoding(y, 0xff)]).collect()
}

/// y = 1 and y = -1 with a sign, though x is 0.
fn signed_zeros() -> [Encoded; 2] {
    let mut one = [0; 32];
    (one[0], one[31]) = (1, 0x80);
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    [one, minus_one]
}

pub(crate) fn key_cases() -> Vec<Value> {
    let mut cases = Vec::new();
    let mut put = |bytes: &[u8; 32], event: bool, note: bool, why: &str| {
        cases.push(json!({"why": why, "key": hex(bytes), "signs_events": event, "signs_notes": note}));
    };
    for n in 1..4 {
        put(key(n).public().as_bytes(), true, true, "a key made from a seed");
    }
    for point in EIGHT_TORSION {
        put(&point.compress().0, false, false, "small order");
    }
    for torsion in &EIGHT_TORSION[1..] {
        let mixed = key_scalar() * ED25519_BASEPOINT_POINT + torsion;
        put(&mixed.compress().0, false, true, "mixed order: a torsion component");
    }
    for bytes in second_encodings() {
        put(&bytes, false, false, "not canonical: y is not below p");
    }
    for bytes in signed_zeros() {
        put(&bytes, false, false, "not canonical: x is 0 and has a sign");
    }
    put(&[2; 32], false, false, "not on the curve");
    cases
}

pub(crate) fn check_key(case: &Value) {
    let bytes: [u8; 32] = unhex(text(case, "key")).try_into().unwrap();
    assert_eq!(PublicKey::from_bytes(&bytes).is_ok(), case["signs_events"], "{case}");
    let vkey = Vkey::new("log.example/x".parse().unwrap(), Algorithm::Ed25519, &bytes);
    assert_eq!(vkey.is_ok(), case["signs_notes"], "{case}");
}

fn key_scalar() -> Scalar {
    hash(&[b"a key for vectors"])
}

struct Signing {
    secret: Scalar,
    public: EdwardsPoint,
}

impl Signing {
    fn new() -> Self {
        let secret = key_scalar();
        Self { secret, public: secret * ED25519_BASEPOINT_POINT }
    }

    /// `s` for a given encoding of R, of which `r` is the part of prime order.
    fn s(&self, r: Scalar, encoded_r: &[u8], message: &[u8]) -> Scalar {
        r + hash(&[encoded_r, self.public.compress().as_bytes(), message]) * self.secret
    }
}

pub(crate) fn signature_cases() -> Vec<Value> {
    let signing = Signing::new();
    let public = hex(signing.public.compress().as_bytes());
    let mut cases = Vec::new();
    let mut put = |key: &str, message: &[u8], r: &[u8], s: &[u8], accepted: bool, why: &str| {
        let signature = hex(&[r, s].concat());
        cases.push(json!({"why": why, "key": key, "message": hex(message), "signature": signature, "accepted": accepted}));
    };
    for (n, message) in [&b""[..], b"a", b"every event is signed", &[0x5a; 1_500]].into_iter().enumerate() {
        let r = hash(&[b"nonce", &[n as u8]]);
        let encoded = (r * ED25519_BASEPOINT_POINT).compress();
        let s = signing.s(r, encoded.as_bytes(), message);
        put(&public, message, encoded.as_bytes(), s.as_bytes(), true, "a good signature");
        put(&public, b"another", encoded.as_bytes(), s.as_bytes(), false, "another message");
        let large = add_order(s.as_bytes());
        put(&public, message, encoded.as_bytes(), &large, false, "s is not below the order");
        let mut flipped = *s.as_bytes();
        flipped[7] ^= 1;
        put(&public, message, encoded.as_bytes(), &flipped, false, "a flipped bit in s");
        for torsion in &EIGHT_TORSION[1..3] {
            let mixed = (r * ED25519_BASEPOINT_POINT + torsion).compress();
            let s = signing.s(r, mixed.as_bytes(), message);
            put(
                &public,
                message,
                mixed.as_bytes(),
                s.as_bytes(),
                false,
                "torsion in R: good only with the cofactor",
            );
        }
    }
    for torsion in EIGHT_TORSION {
        let encoded = torsion.compress();
        let s = signing.s(Scalar::ZERO, encoded.as_bytes(), b"m");
        put(&public, b"m", encoded.as_bytes(), s.as_bytes(), false, "R is of small order");
    }
    for encoded in second_encodings().into_iter().take(6).chain(signed_zeros()) {
        let s = signing.s(Scalar::ZERO, &encoded, b"m");
        put(&public, b"m", &encoded, s.as_bytes(), false, "R is not canonical");
    }
    put(&public, b"m", &[0xff; 32], &[0xff; 32], false, "all bits set");
    put(&public, b"m", &[0; 32], &[0; 32], false, "all zeros");
    put(&public, b"m", &[2; 32], signing.secret.as_bytes(), false, "R is not on the curve");
    for point in &EIGHT_TORSION[..2] {
        // For a key of small order anybody finds a signature.
        let r = hash(&[b"anybody"]);
        let encoded = (r * ED25519_BASEPOINT_POINT).compress();
        let why = "the key is of small order";
        put(&hex(point.compress().as_bytes()), b"m", encoded.as_bytes(), r.as_bytes(), false, why);
    }
    cases
}

pub(crate) fn check_signature(case: &Value) {
    let bytes: [u8; 32] = unhex(text(case, "key")).try_into().unwrap();
    let signature: [u8; 64] = unhex(text(case, "signature")).try_into().unwrap();
    let message = unhex(text(case, "message"));
    let found = PublicKey::from_bytes(&bytes).is_ok_and(|key| key.verify_strict(&message, &signature));
    assert_eq!(found, case["accepted"], "{case}");
}

fn add_order(s: &[u8; 32]) -> [u8; 32] {
    let mut sum = [0; 32];
    let mut carry = 0;
    for (at, order) in unhex(ORDER).into_iter().enumerate() {
        let total = u16::from(s[at]) + u16::from(order) + carry;
        sum[at] = total as u8;
        carry = total >> 8;
    }
    sum
}
