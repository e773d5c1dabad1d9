//! Many signatures at once, with exactly the answers of [`PublicKey::verify_strict`].
//!
//! # What is accepted
//!
//! The group of the curve is `⟨B⟩ × T`: the base point's group of prime order `L`, and the torsion group `T` of order 8. A signature
//! `(R, s)` under the key `A` is accepted if `s < L`, `R` is canonical and not of small order, and `D = [s]B - R - [k]A` is the neutral element,
//! where `k` is SHA-512 of `R`, `A` and the message. A [`PublicKey`] is canonical and lies in `⟨B⟩`.
//!
//! # Why the batch accepts the same set
//!
//! The form of `s` and `R`, and the order of `R`, are looked at for each item. What is left is that every `D_i` is neutral. Two checks on all items:
//!
//! 1. **Torsion.** Every `R_i` lies in `⟨B⟩`. For uniformly random `b_i ∈ {0, 1}` the point `P = Σ b_i R_i` is multiplied by `L`, which leaves the torsion
//!    part `Σ b_i t_i` and no other. If some `t_j` is not neutral then, whatever the other terms are, at most one of the two values of `b_j` makes the sum neutral: the check misses
//!    with probability at most 1/2, for torsion of order 2, 4 and 8 alike, and however the `R_i` were chosen. [`TORSION_CHECKS`] independent checks miss with at most 2⁻⁶⁴.
//! 2. **Equation.** `Σ z_i D_i` is neutral for independent random 128-bit `z_i`. After the first check all `D_i` lie in `⟨B⟩`, of prime order, so if some `D_j` is not neutral
//!    there is exactly one residue of `z_j` that makes the sum neutral: probability at most 2⁻¹²⁸. Without the first check this would be wrong: a signer can make `D_j` torsion only, and `[z_j]D_j`
//!    is then neutral for one `z_j` in eight, two or four.
//!
//! So the batch accepts a set that holds one item which strict verification refuses with probability below 2⁻⁶³, over randomness drawn after the items are fixed. The other
//! way round there is no error at all: if every item is strictly valid then `R_i = [s_i]B - [k_i]A_i` lies in `⟨B⟩` and every `D_i` is neutral, so both checks hold whatever the randomness.
//!
//! A batch that fails is halved until the pieces are small enough to go one by one, so a refused item is always refused by strict verification itself.

use std::collections::HashMap;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::traits::{Identity, IsIdentity, VartimeMultiscalarMul};
use curve25519_dalek::{EdwardsPoint, Scalar};
use sha2::{Digest, Sha512};

use crate::entropy::{Entropy, EntropyError, OsEntropy};
use crate::keys::{PublicKey, SIGNATURE_BYTES};

/// Independent torsion checks of a batch: each misses with probability at most 1/2.
pub const TORSION_CHECKS: usize = GROUPS * LABEL_BITS;
/// Below this many items the fixed cost of the torsion checks is more than a batch saves.
pub const MIN_BATCH: usize = 96;

/// Torsion checks that share one pass over the points.
const LABEL_BITS: usize = 8;
/// Passes over the points.
const GROUPS: usize = 8;

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

impl SignatureItem<'_> {
    /// The definition.
    fn strict(&self) -> bool {
        self.key.verify_strict(self.message, self.signature)
    }
}

/// For each item what [`PublicKey::verify_strict`] says of it. Runs on the calling thread; items per call: 512 and more pay.
pub fn verify_batch(items: &[SignatureItem<'_>]) -> Vec<bool> {
    verify_batch_with(items, &mut OsEntropy)
}

/// Like [`verify_batch`], with another source of randomness. It must not be known to whoever made the signatures before they are fixed.
pub fn verify_batch_with(items: &[SignatureItem<'_>], rng: &mut dyn Entropy) -> Vec<bool> {
    if items.len() < MIN_BATCH {
        return items.iter().map(SignatureItem::strict).collect();
    }
    let mut answers = vec![false; items.len()];
    let prepared: Vec<Prepared<'_>> =
        items.iter().enumerate().filter_map(|(at, item)| Prepared::new(at, item)).collect();
    decide(items, &prepared, rng, &mut answers);
    answers
}

/// Sets the answers of the prepared items; those that could not be prepared stay refused.
fn decide(
    items: &[SignatureItem<'_>],
    prepared: &[Prepared<'_>],
    rng: &mut dyn Entropy,
    answers: &mut [bool],
) {
    let mut set = |p: &Prepared<'_>, valid: bool| {
        if let Some(answer) = answers.get_mut(p.at) {
            *answer = valid;
        }
    };
    if prepared.len() < MIN_BATCH {
        for p in prepared {
            set(p, items.get(p.at).is_some_and(SignatureItem::strict));
        }
        return;
    }
    // Without randomness nothing can be said of many at once; one by one needs none.
    if all_valid(prepared, rng).unwrap_or(false) {
        prepared.iter().for_each(|p| set(p, true));
        return;
    }
    let (left, right) = prepared.split_at(prepared.len() / 2);
    decide(items, left, rng, answers);
    decide(items, right, rng, answers);
}

/// An item whose `s` and `R` have the accepted form.
struct Prepared<'a> {
    at: usize,
    key: &'a PublicKey,
    r: EdwardsPoint,
    s: Scalar,
    k: Scalar,
}

impl<'a> Prepared<'a> {
    fn new(at: usize, item: &SignatureItem<'a>) -> Option<Self> {
        let (r_bytes, s_bytes) = item.signature.split_first_chunk::<32>()?;
        let s = Option::from(Scalar::from_canonical_bytes(s_bytes.try_into().ok()?))?;
        if !y_is_canonical(r_bytes) {
            return None;
        }
        // The other second spellings, x = 0 with a sign, belong to points of order 1 and 2 only.
        let r = CompressedEdwardsY(*r_bytes).decompress()?;
        if r.is_small_order() {
            return None;
        }
        let k =
            Sha512::new().chain_update(r_bytes).chain_update(item.key.as_bytes()).chain_update(item.message);
        let k = Scalar::from_bytes_mod_order_wide(&k.finalize().into());
        Some(Self { at, key: item.key, r, s, k })
    }
}

/// Whether the y coordinate is below p = 2^255 - 19 (RFC 8032, 5.1.3).
fn y_is_canonical(encoding: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = encoding;
    *low < 0xed || (high & 0x7f) != 0x7f || middle.iter().any(|b| *b != 0xff)
}

fn all_valid(items: &[Prepared<'_>], rng: &mut dyn Entropy) -> Result<bool, EntropyError> {
    // The equation is the cheaper of the two, and the one that ordinary bad signatures fail.
    Ok(equation_holds(items, rng)? && torsion_free(items, rng)?)
}

/// Whether `Σ z_i ([s_i]B - R_i - [k_i]A_i)` is neutral, the terms of equal keys merged.
fn equation_holds(items: &[Prepared<'_>], rng: &mut dyn Entropy) -> Result<bool, EntropyError> {
    let mut random = vec![0u8; items.len() * 16];
    rng.fill(&mut random)?;
    let mut of_base = Scalar::ZERO;
    let mut keys: HashMap<&[u8; 32], usize> = HashMap::new();
    let mut scalars = Vec::with_capacity(items.len() * 2 + 1);
    let mut points = Vec::with_capacity(items.len() * 2 + 1);
    for (item, random) in items.iter().zip(random.as_chunks::<16>().0) {
        let z = Scalar::from(u128::from_le_bytes(*random));
        of_base += z * item.s;
        scalars.push(z);
        points.push(item.r);
        let at = *keys.entry(item.key.as_bytes()).or_insert(usize::MAX);
        if let Some(of_key) = scalars.get_mut(at) {
            *of_key += z * item.k;
        } else {
            keys.insert(item.key.as_bytes(), scalars.len());
            scalars.push(z * item.k);
            points.push(item.key.point());
        }
    }
    // Everything on one side: Σ z_i R_i + Σ (z_i k_i) A_i - (Σ z_i s_i) B.
    scalars.push(-of_base);
    points.push(ED25519_BASEPOINT_POINT);
    Ok(EdwardsPoint::vartime_multiscalar_mul(&scalars, &points).is_identity())
}

/// Whether every `R` is in the group of the base point; see the module for the error.
///
/// The sums of [`LABEL_BITS`] random subsets are found together: each point goes into the bucket that its random label names, once, and the buckets are then
/// folded in halves, the upper half being the sum of the subset of the topmost label bit.
fn torsion_free(items: &[Prepared<'_>], rng: &mut dyn Entropy) -> Result<bool, EntropyError> {
    let mut labels = vec![0u8; items.len() * GROUPS];
    rng.fill(&mut labels)?;
    for group in labels.chunks_exact(items.len()) {
        let mut buckets = vec![EdwardsPoint::identity(); 1 << LABEL_BITS];
        for (item, label) in items.iter().zip(group) {
            if let Some(bucket) = buckets.get_mut(usize::from(*label)) {
                *bucket += item.r;
            }
        }
        while buckets.len() > 1 {
            let upper = buckets.split_off(buckets.len() / 2);
            if !is_torsion_free(&upper.iter().sum()) {
                return Ok(false);
            }
            for (low, up) in buckets.iter_mut().zip(&upper) {
                *low += up;
            }
        }
    }
    Ok(true)
}

/// Whether `[L]P` is neutral, asked as `[L - 1]P = -P`. Nothing here is secret, so the time may vary.
fn is_torsion_free(point: &EdwardsPoint) -> bool {
    EdwardsPoint::vartime_double_scalar_mul_basepoint(&-Scalar::ONE, point, &Scalar::ZERO) == -point
}

#[cfg(test)]
mod tests {
    use super::*;

    // Nobody can sign with a second spelling of R, since nobody knows its logarithm; so the rule is tested by itself.
    #[test]
    fn the_canonical_y_are_those_below_p() {
        let ends = |low: u8, high: u8| {
            let mut y = [0xff; 32];
            (y[0], y[31]) = (low, high);
            y
        };
        for high in [0x7f, 0xff] {
            assert!(y_is_canonical(&ends(0xec, high)));
            assert!((0xed..=0xff).all(|low| !y_is_canonical(&ends(low, high))));
        }
        assert!(y_is_canonical(&ends(0xff, 0x7e)) && y_is_canonical(&[0; 32]));
        let mut middle = ends(0xff, 0x7f);
        middle[17] = 0xfe;
        assert!(y_is_canonical(&middle));
    }

    #[test]
    fn only_multiples_of_the_base_point_are_free_of_torsion() {
        for (at, torsion) in curve25519_dalek::constants::EIGHT_TORSION.iter().enumerate() {
            for point in [*torsion, ED25519_BASEPOINT_POINT * Scalar::from(77u8) + torsion] {
                assert_eq!(is_torsion_free(&point), at == 0);
            }
        }
    }
}
