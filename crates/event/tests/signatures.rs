//! A batch gives the answers of strict verification, whoever made the signatures and however.
#![allow(clippy::unwrap_used)]

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::{EdwardsPoint, Scalar};
use daybook_event::batch::{MIN_BATCH, verify_batch_with};
use daybook_event::{Entropy, EntropyError, PublicKey, SignatureItem, SigningKey, verify_batch};
use proptest::prelude::*;
use sha2::{Digest, Sha512};

#[derive(Clone)]
struct Signed {
    key: usize,
    message: Vec<u8>,
    signature: [u8; 64],
}

/// Keys whose secret scalars are known, so that a dishonest signer can be played.
struct Signers {
    secrets: Vec<Scalar>,
    publics: Vec<PublicKey>,
}

impl Signers {
    fn new(count: u64) -> Self {
        let secrets: Vec<Scalar> = (1..=count).map(|n| Scalar::from(n * 7919)).collect();
        let publics = secrets
            .iter()
            .map(|a| PublicKey::from_bytes(&EdwardsPoint::mul_base(a).compress().0).unwrap())
            .collect();
        Self { secrets, publics }
    }

    /// A signature with the commitment `[r]B + torsion`, made so that the equation with the cofactor holds.
    fn sign(&self, key: usize, message: &[u8], r: u64, torsion: EdwardsPoint) -> Signed {
        let r = Scalar::from(r);
        let commitment = (ED25519_BASEPOINT_POINT * r + torsion).compress().0;
        let k = Sha512::new()
            .chain_update(commitment)
            .chain_update(self.publics[key].as_bytes())
            .chain_update(message);
        let s = r + Scalar::from_bytes_mod_order_wide(&k.finalize().into()) * self.secrets[key];
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&commitment);
        signature[32..].copy_from_slice(s.as_bytes());
        Signed { key, message: message.to_vec(), signature }
    }

    fn honest(&self, count: usize) -> Vec<Signed> {
        let message = |n: usize| n.to_be_bytes().repeat(1 + n % 40);
        let none = EIGHT_TORSION[0];
        (0..count).map(|n| self.sign(n % self.publics.len(), &message(n), 1_000 + n as u64, none)).collect()
    }

    fn items<'a>(&'a self, signed: &'a [Signed]) -> Vec<SignatureItem<'a>> {
        let item = |s: &'a Signed| SignatureItem {
            key: &self.publics[s.key],
            message: &s.message,
            signature: &s.signature,
        };
        signed.iter().map(item).collect()
    }

    fn strict(&self, signed: &[Signed]) -> Vec<bool> {
        self.items(signed).iter().map(|i| i.key.verify_strict(i.message, i.signature)).collect()
    }
}

fn set_s(signature: &mut [u8; 64], change: impl FnOnce(&mut [u8])) {
    change(&mut signature[32..]);
}

/// L, little-endian.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// s + L: the same equation with another spelling of s.
fn add_group_order(s: &mut [u8]) {
    let mut carry = 0u16;
    for (byte, order) in s.iter_mut().zip(GROUP_ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
    assert_eq!(carry, 0);
}

#[test]
fn valid_batches_of_every_size_are_accepted() {
    let signers = Signers::new(16);
    let signed = signers.honest(700);
    for size in [0, 1, 15, MIN_BATCH - 1, MIN_BATCH, MIN_BATCH + 1, 256, 700] {
        assert_eq!(verify_batch(&signers.items(&signed[..size])), vec![true; size], "{size}");
    }
}

#[test]
fn one_key_and_all_keys_distinct_are_accepted() {
    for keys in [1, 150] {
        let signers = Signers::new(keys);
        assert_eq!(verify_batch(&signers.items(&signers.honest(150))), vec![true; 150]);
    }
}

#[test]
fn real_keys_are_accepted() {
    let keys: Vec<SigningKey> = (0..4).map(|n| SigningKey::from_seed([n; 32])).collect();
    let publics: Vec<PublicKey> = keys.iter().map(SigningKey::public).collect();
    let messages: Vec<[u8; 8]> = (0..200u64).map(u64::to_be_bytes).collect();
    let signatures: Vec<[u8; 64]> = messages.iter().enumerate().map(|(n, m)| keys[n % 4].sign(m)).collect();
    let items: Vec<SignatureItem<'_>> = (0..200)
        .map(|n| SignatureItem { key: &publics[n % 4], message: &messages[n], signature: &signatures[n] })
        .collect();
    assert_eq!(verify_batch(&items), vec![true; 200]);
}

#[test]
fn one_bad_signature_is_found_in_every_place() {
    let signers = Signers::new(5);
    let good = signers.honest(MIN_BATCH + 4);
    for bad in 0..good.len() {
        let mut signed = good.clone();
        signed[bad].message.push(1);
        let answers = verify_batch(&signers.items(&signed));
        let refused: Vec<usize> = (0..signed.len()).filter(|n| !answers[*n]).collect();
        assert_eq!(refused, [bad]);
    }
}

#[test]
fn two_errors_that_cancel_without_weights_are_found() {
    let signers = Signers::new(1);
    let mut signed = signers.honest(160);
    for (at, change) in [(3, Scalar::ONE), (90, -Scalar::ONE)] {
        set_s(&mut signed[at].signature, |s| {
            let value = Scalar::from_bytes_mod_order((&*s).try_into().unwrap());
            s.copy_from_slice((value + change).as_bytes());
        });
    }
    let answers = verify_batch(&signers.items(&signed));
    assert_eq!(answers, signers.strict(&signed));
    assert_eq!(answers.iter().filter(|valid| !**valid).count(), 2);
}

#[test]
fn torsion_in_the_commitment_is_refused_in_every_trial() {
    let signers = Signers::new(3);
    let good = signers.honest(160);
    for trial in 0..24u64 {
        for (order, torsion) in EIGHT_TORSION.iter().enumerate().skip(1) {
            let mut signed = good.clone();
            let at = (trial as usize * 31 + order) % signed.len();
            signed[at] = signers.sign(1, b"forked", 77 + trial, *torsion);
            let answers = verify_batch(&signers.items(&signed));
            assert!(!answers[at], "torsion {order}, trial {trial}");
            assert_eq!(answers.iter().filter(|valid| !**valid).count(), 1);
        }
    }
}

#[test]
fn torsion_that_cancels_between_items_is_refused() {
    let signers = Signers::new(3);
    let mut signed = signers.honest(160);
    // Sums over all items, and over all pairs, are free of torsion.
    for at in 0..signed.len() {
        let torsion = EIGHT_TORSION[if at % 2 == 0 { 1 } else { 7 }];
        signed[at] = signers.sign(1, b"pair", 99 + at as u64, torsion);
    }
    assert_eq!(verify_batch(&signers.items(&signed)), vec![false; 160]);
}

#[test]
fn small_order_commitments_are_refused() {
    let signers = Signers::new(3);
    for torsion in EIGHT_TORSION {
        let mut signed = signers.honest(160);
        // The commitment is the torsion point alone; for the neutral element the plain equation holds.
        signed[40] = signers.sign(0, b"small", 0, torsion);
        let answers = verify_batch(&signers.items(&signed));
        assert!(!answers[40]);
        assert_eq!(answers, signers.strict(&signed));
    }
}

#[test]
fn a_second_spelling_of_s_is_refused() {
    let signers = Signers::new(3);
    let mut signed = signers.honest(160);
    set_s(&mut signed[9].signature, add_group_order);
    let answers = verify_batch(&signers.items(&signed));
    assert!(!answers[9]);
    assert_eq!(answers, signers.strict(&signed));
}

#[test]
fn second_spellings_of_a_commitment_are_refused() {
    let signers = Signers::new(3);
    for low in 0xed..=0xff {
        for high in [0x7f, 0xff] {
            let mut signed = signers.honest(MIN_BATCH + 32);
            let mut spelling = [0xff; 32];
            (spelling[0], spelling[31]) = (low, high);
            signed[5].signature[..32].copy_from_slice(&spelling);
            let answers = verify_batch(&signers.items(&signed));
            assert!(!answers[5]);
            assert_eq!(answers, signers.strict(&signed));
        }
    }
}

#[test]
fn without_randomness_the_answers_are_the_same() {
    struct Failing;
    impl Entropy for Failing {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
            Err(EntropyError)
        }
    }
    let signers = Signers::new(3);
    let mut signed = signers.honest(200);
    signed[150].signature[3] ^= 1;
    assert_eq!(verify_batch_with(&signers.items(&signed), &mut Failing), signers.strict(&signed));
}

#[test]
fn edge_cases_of_every_kind_get_the_strict_answer() {
    // Commitments of small order or with torsion, and s of 0, 1, L - 1, L: as in published tables of edge cases.
    let signers = Signers::new(2);
    let mut signed = signers.honest(MIN_BATCH + 32);
    let mut less_one = GROUP_ORDER;
    less_one[0] -= 1;
    let mut one = [0; 32];
    one[0] = 1;
    for torsion in EIGHT_TORSION {
        for point in [torsion, ED25519_BASEPOINT_POINT + torsion] {
            for s in [[0; 32], one, less_one, GROUP_ORDER, [0xff; 32]] {
                let mut signature = [0; 64];
                signature[..32].copy_from_slice(&point.compress().0);
                signature[32..].copy_from_slice(&s);
                signed.push(Signed { key: 1, message: b"edge".to_vec(), signature });
            }
        }
    }
    assert_eq!(verify_batch(&signers.items(&signed)), signers.strict(&signed));
}

/// What may be done to a signature.
#[derive(Debug, Clone)]
enum Change {
    None,
    Flip(usize),
    Torsion(usize),
    AddOrder,
    OtherKey,
    Message,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        12 => Just(Change::None),
        1 => (0usize..512).prop_map(Change::Flip),
        1 => (0usize..8).prop_map(Change::Torsion),
        1 => Just(Change::AddOrder),
        1 => Just(Change::OtherKey),
        1 => Just(Change::Message),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn batch_and_strict_agree(changes in prop::collection::vec(change(), MIN_BATCH..MIN_BATCH * 2)) {
        let signers = Signers::new(7);
        let mut signed = signers.honest(changes.len());
        for (at, change) in changes.iter().enumerate() {
            let item = &mut signed[at];
            match change {
                Change::None => {}
                Change::Flip(bit) => item.signature[bit / 8] ^= 1 << (bit % 8),
                Change::Torsion(which) => *item = signers.sign(at % 7, b"mixed", 5 + at as u64, EIGHT_TORSION[*which]),
                Change::AddOrder => set_s(&mut item.signature, add_group_order),
                Change::OtherKey => item.key = (item.key + 1) % 7,
                Change::Message => item.message.push(0),
            }
        }
        prop_assert_eq!(verify_batch(&signers.items(&signed)), signers.strict(&signed));
    }

    #[test]
    fn few_torsioned_among_many_agree(which in 1usize..8, at in 0usize..256, second in 0usize..256) {
        let signers = Signers::new(4);
        let mut signed = signers.honest(256);
        signed[at] = signers.sign(2, b"first", 3, EIGHT_TORSION[which]);
        signed[second] = signers.sign(2, b"second", 4, EIGHT_TORSION[8 - which]);
        prop_assert_eq!(verify_batch(&signers.items(&signed)), signers.strict(&signed));
    }
}
