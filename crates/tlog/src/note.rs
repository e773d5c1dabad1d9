//! Signed notes (C2SP signed-note): a text, an empty line, signature lines. Read strictly, so that a note has one
//! spelling and a changed byte never goes unnoticed.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};

use crate::vkey::{Algorithm, KeyName, Vkey};

/// Largest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 1_000_000;

/// Most signature lines that are read.
pub const MAX_NOTE_SIGNATURES: usize = 100;

/// Largest time that a cosignature may claim, in seconds since 1970 (C2SP tlog-cosignature).
const MAX_COSIGNATURE_TIME_S: u64 = i64::MAX as u64;

/// Why a note was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Over [`MAX_NOTE_BYTES`].
    #[error("the note has {0} bytes; at most {MAX_NOTE_BYTES} are read")]
    TooLarge(usize),
    /// Over [`MAX_NOTE_SIGNATURES`].
    #[error("the note has more than {MAX_NOTE_SIGNATURES} signatures")]
    TooManySignatures,
    /// Not UTF-8, or a control character other than the line feed.
    #[error("the note is not plain text: invalid UTF-8 or a control character")]
    NotText,
    /// There is no empty line between text and signatures, or nothing before or behind it.
    #[error("the note is not a text, an empty line and signature lines")]
    NoSignatures,
    /// A signature line is not an em dash, a space, a name, a space and canonical base64.
    #[error("signature line {0} is malformed")]
    BadSignatureLine(usize),
    /// The signature of a known key does not fit the text.
    #[error("the signature of {name} does not fit the text")]
    BadSignature {
        /// Name of the key.
        name: String,
    },
    /// No signature is by a known key.
    #[error("no signature is by a known key")]
    NoKnownSignature,
}

/// One signature line, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature<'a> {
    /// Name of the key, as claimed.
    pub name: &'a str,
    /// Id of the key, as claimed.
    pub key_id: u32,
    /// What follows the id; its form depends on the type of the key.
    pub signature: Vec<u8>,
}

/// A note taken apart. Nothing is verified until [`verify`](Self::verify).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote<'a> {
    text: &'a str,
    signatures: Vec<NoteSignature<'a>>,
}

impl<'a> SignedNote<'a> {
    /// Takes a note apart.
    ///
    /// # Errors
    ///
    /// If it breaks the format of C2SP signed-note or a limit of this crate.
    pub fn parse(note: &'a [u8]) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge(note.len()));
        }
        let note = std::str::from_utf8(note).map_err(|_| NoteError::NotText)?;
        if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(NoteError::NotText);
        }
        // The text keeps its final line feed; the separator is the line feed after it. The last one counts, since a
        // text may contain empty lines.
        let end = note.rfind("\n\n").ok_or(NoteError::NoSignatures)? + 1;
        let (text, lines) = (&note[..end], &note[end + 1..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        let mut signatures = Vec::new();
        for (number, line) in lines.split('\n').enumerate() {
            if number == MAX_NOTE_SIGNATURES {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(parse_line(line).ok_or(NoteError::BadSignatureLine(number + 1))?);
        }
        Ok(Self { text, signatures })
    }

    /// The text, with its final line feed. Unverified.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The signature lines. Unverified.
    pub fn signatures(&self) -> &[NoteSignature<'a>] {
        &self.signatures
    }

    /// The keys, out of `known`, that signed this text. Signatures by others are passed over.
    ///
    /// # Errors
    ///
    /// If a signature that claims a known name and id does not verify, or none is by a known key.
    pub fn verify<'k>(&self, known: &'k [Vkey]) -> Result<Vec<&'k Vkey>, NoteError> {
        let mut verified: Vec<&'k Vkey> = Vec::new();
        for signature in &self.signatures {
            let claimed = |key: &&Vkey| key.name() == signature.name && key.key_id() == signature.key_id;
            let Some(key) = known.iter().find(claimed) else { continue };
            if !signature_fits(key, self.text, &signature.signature) {
                return Err(NoteError::BadSignature { name: signature.name.to_owned() });
            }
            if !verified.contains(&key) {
                verified.push(key);
            }
        }
        if verified.is_empty() { Err(NoteError::NoKnownSignature) } else { Ok(verified) }
    }
}

fn parse_line(line: &str) -> Option<NoteSignature<'_>> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = crate::base64::decode(encoded)?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    if !KeyName::is_valid(name) || signature.is_empty() {
        return None;
    }
    Some(NoteSignature { name, key_id: u32::from_be_bytes(*id), signature: signature.to_vec() })
}

fn signature_fits(key: &Vkey, text: &str, signature: &[u8]) -> bool {
    match key.algorithm() {
        Algorithm::Ed25519 => {
            signature.try_into().is_ok_and(|signature| key.verifies(text.as_bytes(), signature))
        }
        Algorithm::CosignatureV1 => {
            let Some((time, signature)) = signature.split_first_chunk::<8>() else { return false };
            let time = u64::from_be_bytes(*time);
            let Ok(signature) = signature.try_into() else { return false };
            time <= MAX_COSIGNATURE_TIME_S && key.verifies(&cosigned_message(text, time), signature)
        }
    }
}

/// What a witness signs (C2SP tlog-cosignature, cosignature/v1).
fn cosigned_message(text: &str, time_s: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time_s}\n{text}").into_bytes()
}

fn signature_line(vkey: &Vkey, signature: &[u8]) -> String {
    let mut bytes = vkey.key_id().to_be_bytes().to_vec();
    bytes.extend_from_slice(signature);
    format!("— {} {}\n", vkey.name(), crate::base64::encode(&bytes))
}

/// A log's signing key (Ed25519, 0x01). The secret is wiped when it is dropped and never shown.
pub struct NoteSigner {
    key: SigningKey,
    vkey: Vkey,
}

impl NoteSigner {
    /// The key of this name and RFC 8032 seed.
    pub fn from_seed(name: KeyName, seed: [u8; 32]) -> Self {
        let (key, vkey) = key_pair(name, Algorithm::Ed25519, seed);
        Self { key, vkey }
    }

    /// The public half, to put into a policy.
    pub fn vkey(&self) -> Vkey {
        self.vkey.clone()
    }

    /// Signs a text and returns the complete note.
    ///
    /// The text must be lines that each end in LF, without other control characters: no reader takes the note otherwise.
    pub fn sign(&self, text: &str) -> String {
        debug_assert!(text.ends_with('\n'), "the text of a note ends in a line feed");
        format!("{text}\n{}", signature_line(&self.vkey, &self.key.sign(text.as_bytes()).to_bytes()))
    }
}

/// A witness's signing key (cosignature/v1, 0x04). The secret is wiped when it is dropped and never shown.
pub struct Cosigner {
    key: SigningKey,
    vkey: Vkey,
}

impl Cosigner {
    /// The key of this name and RFC 8032 seed.
    pub fn from_seed(name: KeyName, seed: [u8; 32]) -> Self {
        let (key, vkey) = key_pair(name, Algorithm::CosignatureV1, seed);
        Self { key, vkey }
    }

    /// The public half, to put into a policy.
    pub fn vkey(&self) -> Vkey {
        self.vkey.clone()
    }

    /// The signature line that says: at this time (seconds since 1970) this was the largest consistent tree I had seen.
    ///
    /// `text` is the text of the checkpoint. Appended to the signed note, the line makes it a cosigned one.
    pub fn cosign(&self, text: &str, time_s: u64) -> String {
        let mut signature = time_s.to_be_bytes().to_vec();
        signature.extend_from_slice(&self.key.sign(&cosigned_message(text, time_s)).to_bytes());
        signature_line(&self.vkey, &signature)
    }
}

fn key_pair(name: KeyName, algorithm: Algorithm, seed: [u8; 32]) -> (SigningKey, Vkey) {
    let seed = zeroize::Zeroizing::new(seed);
    let key = SigningKey::from_bytes(&seed);
    let vkey = Vkey::new(name, algorithm, key.verifying_key().as_bytes())
        .expect("a key made from a seed is canonical and of full order");
    (key, vkey)
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteSigner").field("vkey", &self.vkey).finish_non_exhaustive()
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cosigner").field("vkey", &self.vkey).finish_non_exhaustive()
    }
}
