//! A share of the keyring's passphrase, as a text that can be printed and typed in again (`schemas/formats.md`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use blahaj::Sharks;
use daybook_event::{Entropy, EntropyError};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::MAX_PASSPHRASE_BYTES;

/// People between whom a passphrase is split at most.
pub(super) const MAX_SHARES: u8 = 16;
/// Fewer than two would be a copy of the passphrase.
pub(super) const MIN_THRESHOLD: u8 = 2;
/// Longest share file that is read, bytes.
pub(super) const MAX_SHARE_FILE_BYTES: u64 = 16 << 10;

const FIRST_LINE: &str = "daybook-escrow-share v1";
const CHECK_LABEL: &str = "daybook escrow share\n";
const SECRET_LABEL: &[u8] = b"daybook escrow secret\n";
/// What is split has a length that is a multiple of this, so that shares do not tell how long the passphrase is.
const BLOCK_BYTES: usize = 64;
const SECRET_CHECK_BYTES: usize = 8;
const CHECK_BYTES: usize = 8;
/// Hex digits that stand together, and groups in a line: easy to type.
const GROUP_DIGITS: usize = 4;
const GROUPS_PER_LINE: usize = 8;

/// One share.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Share {
    /// The ledger.
    pub(super) origin: String,
    /// Shares that were made together have the same.
    pub(super) set: String,
    /// Which of them this is, from 1.
    pub(super) number: u8,
    /// How many there are.
    pub(super) of: u8,
    /// How many give the passphrase.
    pub(super) threshold: u8,
    /// The day on which it was made.
    pub(super) date: String,
    part: Zeroizing<Vec<u8>>,
}

/// Why a share, or several together, cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ShareFault {
    #[error("it is no share: {0}")]
    Form(&'static str),
    #[error("a letter or digit is wrong in it: its check does not fit; compare it with the original")]
    Check,
    #[error(
        "share {0} is from another set or ledger than the first; shares of different sets do not fit together"
    )]
    OtherSet(u8),
    #[error("share {0} is there twice")]
    Twice(u8),
    #[error("{found} shares are not enough: {needed} are needed")]
    TooFew { found: usize, needed: u8 },
    #[error("the shares do not fit together, though each is whole: one of them was forged")]
    Forged,
    #[error("the passphrase is longer than {MAX_PASSPHRASE_BYTES} bytes")]
    TooLong,
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Splits a passphrase.
pub(super) fn split(
    passphrase: &[u8],
    origin: &str,
    date: &str,
    of: u8,
    threshold: u8,
    rng: &mut dyn Entropy,
) -> Result<Vec<Share>, ShareFault> {
    if !(MIN_THRESHOLD..=MAX_SHARES).contains(&threshold) || !(threshold..=MAX_SHARES).contains(&of) {
        return Err(ShareFault::Form("threshold and number of shares are out of bounds"));
    }
    let secret = wrap(passphrase)?;
    let mut set = [0; 6];
    rng.fill(&mut set)?;
    let set = URL_SAFE_NO_PAD.encode(set);
    let dealt = Sharks(threshold).dealer(&secret).take(usize::from(of));
    let shares = dealt.map(|dealt| {
        let bytes = Zeroizing::new(Vec::<u8>::from(&dealt));
        let (number, part) = bytes.split_first().ok_or(ShareFault::Form("empty"))?;
        Ok(Share {
            origin: origin.to_owned(),
            set: set.clone(),
            number: *number,
            of,
            threshold,
            date: date.to_owned(),
            part: Zeroizing::new(part.to_vec()),
        })
    });
    shares.collect()
}

/// Puts the passphrase together.
pub(super) fn combine(shares: &[Share]) -> Result<Zeroizing<Vec<u8>>, ShareFault> {
    let first = shares.first().ok_or(ShareFault::TooFew { found: 0, needed: MIN_THRESHOLD })?;
    let mut parts = Vec::with_capacity(shares.len());
    for (at, share) in shares.iter().enumerate() {
        let same = (&share.origin, &share.set, share.of, share.threshold, share.part.len())
            == (&first.origin, &first.set, first.of, first.threshold, first.part.len());
        if !same {
            return Err(ShareFault::OtherSet(share.number));
        }
        if shares[..at].iter().any(|before| before.number == share.number) {
            return Err(ShareFault::Twice(share.number));
        }
        let bytes = Zeroizing::new([&[share.number][..], &share.part].concat());
        parts.push(blahaj::Share::try_from(&bytes[..]).map_err(ShareFault::Form)?);
    }
    if parts.len() < usize::from(first.threshold) {
        return Err(ShareFault::TooFew { found: parts.len(), needed: first.threshold });
    }
    let secret = Sharks(first.threshold).recover(&parts).map_err(|_| ShareFault::Forged)?;
    unwrap(&Zeroizing::new(secret)).ok_or(ShareFault::Forged)
}

/// `u16` length ‖ passphrase ‖ zeros ‖ check.
fn wrap(passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, ShareFault> {
    let length = u16::try_from(passphrase.len()).ok().filter(|_| passphrase.len() <= MAX_PASSPHRASE_BYTES);
    let length = length.ok_or(ShareFault::TooLong)?;
    let whole = (2 + passphrase.len() + SECRET_CHECK_BYTES).next_multiple_of(BLOCK_BYTES);
    let mut secret = Zeroizing::new(Vec::with_capacity(whole));
    secret.extend_from_slice(&length.to_be_bytes());
    secret.extend_from_slice(passphrase);
    secret.resize(whole - SECRET_CHECK_BYTES, 0);
    let check = secret_check(&secret);
    secret.extend_from_slice(&check);
    Ok(secret)
}

fn unwrap(secret: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (body, check) = secret.split_at(secret.len().checked_sub(SECRET_CHECK_BYTES)?);
    if secret_check(body) != check {
        return None;
    }
    let (length, rest) = body.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length))).map(|text| Zeroizing::new(text.to_vec()))
}

fn secret_check(body: &[u8]) -> [u8; SECRET_CHECK_BYTES] {
    let digest = Sha256::new().chain_update(SECRET_LABEL).chain_update(body).finalize();
    std::array::from_fn(|at| digest[at])
}

impl Share {
    /// The text of the share's file, with what its holder has to know.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        let mut text =
            Zeroizing::new(String::with_capacity(usize::try_from(MAX_SHARE_FILE_BYTES).unwrap_or(0)));
        text.push_str(FIRST_LINE);
        text.push('\n');
        text.push_str(&self.head());
        let digits = hex(&self.part);
        for line in digits.as_bytes().chunks(GROUP_DIGITS * GROUPS_PER_LINE) {
            text.push_str("part:");
            for group in line.chunks(GROUP_DIGITS) {
                text.push(' ');
                text.extend(group.iter().map(|&digit| char::from(digit)));
            }
            text.push('\n');
        }
        text.push_str(&format!("check: {}\n", *self.check()));
        text.push_str(&self.instructions());
        text
    }

    /// Reads a share's file: the lines up to the first empty one.
    pub(super) fn parse(text: &str) -> Result<Share, ShareFault> {
        let mut lines = text.lines().map(str::trim).skip_while(|line| line.is_empty());
        if lines.next() != Some(FIRST_LINE) {
            return Err(ShareFault::Form("it does not begin with the line `daybook-escrow-share v1`"));
        }
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        let [mut origin, mut set, mut share, mut threshold, mut date, mut check] = [None; 6];
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(ShareFault::Form("a line has no colon"))?;
            let value = value.trim();
            let place = match name {
                "part" => {
                    digits
                        .extend(value.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()));
                    continue;
                }
                "ledger" => &mut origin,
                "set" => &mut set,
                "share" => &mut share,
                "threshold" => &mut threshold,
                "date" => &mut date,
                "check" => &mut check,
                _ => return Err(ShareFault::Form("a line is not one that a share has")),
            };
            if place.replace(value).is_some() {
                return Err(ShareFault::Form("a line is there twice"));
            }
        }
        let need =
            |value: Option<&str>| value.map(str::to_owned).ok_or(ShareFault::Form("a line is missing"));
        let small = |text: &str| {
            let number: Option<u8> = text.trim().parse().ok();
            number
                .filter(|n| (1..=MAX_SHARES).contains(n))
                .ok_or(ShareFault::Form("a number is out of bounds"))
        };
        let share = need(share)?;
        let (number, of) = share.split_once(" of ").ok_or(ShareFault::Form("its number"))?;
        let part = unhex(&digits).filter(|part| !part.is_empty());
        let parsed = Share {
            origin: need(origin)?,
            set: need(set)?,
            number: small(number)?,
            of: small(of)?,
            threshold: small(&need(threshold)?)?,
            date: need(date)?,
            part: part.ok_or(ShareFault::Check)?,
        };
        if *parsed.check() != need(check)?.to_ascii_lowercase() {
            return Err(ShareFault::Check);
        }
        if parsed.threshold < MIN_THRESHOLD || parsed.of < parsed.threshold || parsed.of < parsed.number {
            return Err(ShareFault::Form("its numbers contradict each other"));
        }
        Ok(parsed)
    }

    fn head(&self) -> String {
        format!(
            "ledger: {}\nset: {}\nshare: {} of {}\nthreshold: {}\ndate: {}\n",
            self.origin, self.set, self.number, self.of, self.threshold, self.date
        )
    }

    /// Finds a letter that was typed wrong. It is no protection from forgery.
    fn check(&self) -> Zeroizing<String> {
        let digest = Sha256::new()
            .chain_update(CHECK_LABEL)
            .chain_update(self.head())
            .chain_update(&*self.part)
            .finalize();
        hex(&digest[..CHECK_BYTES])
    }

    fn instructions(&self) -> String {
        format!(
            "
What this is
  One of {of} shares of the passphrase of the keyring of the ledger named above. The keyring opens the restricted and
  withheld fields of that ledger. Any {threshold} of the shares together give the passphrase; fewer give nothing at all.

What to do with it
  Keep it where only you can get at it, on paper or on a medium of its own, under lock and key. Do not copy it, photograph
  it, or send it by mail or message. Do not keep it in one place with another share, with the ledger, or with a backup of it.
  Tell the ledger's operator at once if it is lost or somebody else has seen it: the passphrase is then changed, and all
  shares of this set become worthless.

How it is used
  When the passphrase is lost, {threshold} holders bring their shares together:
    daybook keyring recover --dir LEDGER --share FILE --share FILE … --out NEW-PASSPHRASE-FILE
  A share on paper is typed in again from the first line to the line `check`; the spaces do not matter.
",
            of = self.of,
            threshold = self.threshold
        )
    }
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

fn unhex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    for [high, low] in pairs {
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    odd.is_empty().then_some(bytes)
}

#[cfg(test)]
mod tests;
