//! Whom a verifier trusts (C2SP tlog-policy): a log, witnesses, groups of them, and the quorum.

use std::collections::HashMap;
use std::str::FromStr;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::note::{NoteError, SignedNote};
use crate::vkey::{Algorithm, Vkey, VkeyError};

/// Largest policy that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 65_536;

/// A trust policy: one log, and which witnesses must have cosigned what it says.
///
/// One log only, though C2SP allows several of which any suffices: a verdict on "the ledger" must not depend on which of
/// several logs the bytes at hand chose to be.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The log's key, then the witnesses' in the order of the file.
    keys: Vec<Vkey>,
    parts: Vec<Part>,
    quorum: Option<usize>,
}

/// A named thing that can have seen a checkpoint.
#[derive(Clone, Debug)]
enum Part {
    /// Position in `keys`.
    Witness(usize),
    /// At least `needed` of the members (positions in `parts`, all smaller than this one's).
    Group { needed: usize, members: Vec<usize> },
}

/// Why a file is not a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("policy line {line}: {fault}")]
pub struct PolicySyntaxError {
    /// Line, from 1; 0 for what the file lacks as a whole.
    pub line: usize,
    /// What is wrong, in a sentence.
    pub fault: String,
}

/// Why a checkpoint is not to be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The note is malformed or a signature in it is false.
    #[error("the checkpoint's note was refused: {0}")]
    Note(#[from] NoteError),
    /// The text is not a checkpoint.
    #[error("the note is no checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// It is a checkpoint of another log.
    #[error("the checkpoint is of {found:?}; the policy trusts {expected:?}")]
    WrongOrigin {
        /// The origin in the checkpoint.
        found: String,
        /// The origin that the policy names.
        expected: String,
    },
    /// Witnesses signed, but the log did not.
    #[error("the log's own signature is missing")]
    NotSignedByLog,
    /// Too few witnesses.
    #[error("the witnesses that cosigned do not make the policy's quorum ({cosigned} known cosignatures)")]
    NoQuorum {
        /// Known witnesses whose cosignature was verified.
        cosigned: usize,
    },
}

impl Policy {
    /// The origin of the log.
    pub fn origin(&self) -> &str {
        self.log_vkey().name()
    }

    /// The key of the log.
    pub fn log_vkey(&self) -> &Vkey {
        &self.keys[0]
    }

    /// The keys of the witnesses.
    pub fn witnesses(&self) -> &[Vkey] {
        &self.keys[1..]
    }

    /// Opens a signed checkpoint: the log's signature verified, the quorum met, the text exactly a checkpoint.
    ///
    /// # Errors
    ///
    /// If any of that is not so, or any signature that claims a key of this policy is false.
    pub fn open_checkpoint(&self, note: &[u8]) -> Result<Checkpoint, PolicyError> {
        self.open(note, self.quorum)
    }

    /// Opens a checkpoint that only the log must have signed, whatever the quorum: what a log keeps for itself, between
    /// the checkpoints that witnesses see.
    ///
    /// # Errors
    ///
    /// As [`open_checkpoint`](Self::open_checkpoint), without the quorum.
    pub fn open_log_signed(&self, note: &[u8]) -> Result<Checkpoint, PolicyError> {
        self.open(note, None)
    }

    fn open(&self, note: &[u8], quorum: Option<usize>) -> Result<Checkpoint, PolicyError> {
        let note = SignedNote::parse(note)?;
        let signed_by = note.verify(&self.keys)?;
        let signed: Vec<bool> = self.keys.iter().map(|key| signed_by.contains(&key)).collect();
        if !signed[0] {
            return Err(PolicyError::NotSignedByLog);
        }
        let checkpoint = Checkpoint::parse_text(note.text())?;
        if checkpoint.origin != self.origin() {
            let expected = self.origin().to_owned();
            return Err(PolicyError::WrongOrigin { found: checkpoint.origin, expected });
        }
        if quorum.is_some_and(|quorum| !self.has_seen(&signed)[quorum]) {
            return Err(PolicyError::NoQuorum { cosigned: signed_by.len() - 1 });
        }
        Ok(checkpoint)
    }

    /// For each part, whether it has seen the checkpoint that was signed by these keys.
    fn has_seen(&self, signed: &[bool]) -> Vec<bool> {
        let mut seen: Vec<bool> = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            seen.push(match part {
                Part::Witness(key) => signed[*key],
                Part::Group { needed, members } => {
                    members.iter().filter(|member| seen[**member]).count() >= *needed
                }
            });
        }
        seen
    }
}

impl FromStr for Policy {
    type Err = PolicySyntaxError;

    fn from_str(text: &str) -> Result<Self, PolicySyntaxError> {
        let whole = |fault: &str| PolicySyntaxError { line: 0, fault: fault.to_owned() };
        if text.len() > MAX_POLICY_BYTES {
            return Err(whole("the file is larger than 65,536 bytes"));
        }
        let mut reader = PolicyReader::default();
        for (number, line) in text.split('\n').enumerate() {
            reader.line(line).map_err(|fault| PolicySyntaxError { line: number + 1, fault })?;
        }
        let log = reader.log.ok_or_else(|| whole("there is no log line"))?;
        let quorum = reader
            .quorum
            .ok_or_else(|| whole("there is no quorum line; without witnesses say: quorum none"))?;
        let mut keys = vec![log];
        keys.extend(reader.witnesses);
        Ok(Self { keys, parts: reader.parts, quorum })
    }
}

#[derive(Default)]
struct PolicyReader {
    log: Option<Vkey>,
    witnesses: Vec<Vkey>,
    parts: Vec<Part>,
    names: HashMap<String, usize>,
    grouped: Vec<usize>,
    quorum: Option<Option<usize>>,
}

impl PolicyReader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.bytes().any(|byte| (byte < 0x20 && byte != b'\t') || byte == 0x7f) {
            return Err("control characters are not allowed (lines end in LF alone)".into());
        }
        let items: Vec<&str> = line.split([' ', '\t']).filter(|item| !item.is_empty()).collect();
        match items[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", vkey] | ["log", vkey, _] => self.log(vkey),
            ["witness", name, vkey] | ["witness", name, vkey, _] => self.witness(name, vkey),
            ["group", name, needed, ref members @ ..] if !members.is_empty() => {
                self.group(name, needed, members)
            }
            ["quorum", name] => self.quorum(name),
            [other, ..] => Err(format!(
                "{other:?} with {} items is none of: log <vkey> [<url>], witness <name> <vkey> [<url>], \
                 group <name> all|any|<k> <member>..., quorum <name>|none",
                items.len() - 1
            )),
        }
    }

    fn log(&mut self, vkey: &str) -> Result<(), String> {
        if self.log.is_some() {
            return Err("there is more than one log; a policy here trusts exactly one".into());
        }
        self.log = Some(parse_key(vkey, Algorithm::Ed25519)?);
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str) -> Result<(), String> {
        let key = parse_key(vkey, Algorithm::CosignatureV1)?;
        if self.witnesses.iter().any(|known| known.key_bytes() == key.key_bytes()) {
            return Err(format!("the key of witness {name:?} is already that of another witness"));
        }
        self.witnesses.push(key);
        // Position 0 among the keys is the log's.
        self.define(name, Part::Witness(self.witnesses.len()))
    }

    fn group(&mut self, name: &str, needed: &str, members: &[&str]) -> Result<(), String> {
        let mut positions = Vec::with_capacity(members.len());
        for member in members {
            let position = self.lookup(member)?;
            // A witness counts in one way only.
            if self.grouped.contains(&position) {
                return Err(format!("{member:?} is a member of a group already"));
            }
            self.grouped.push(position);
            positions.push(position);
        }
        let needed = match needed {
            "any" => 1,
            "all" => positions.len(),
            number => crate::checkpoint::decimal(number)
                .and_then(|k| usize::try_from(k).ok())
                .filter(|k| (1..=positions.len()).contains(k))
                .ok_or_else(|| {
                    format!("{number:?} is not any, all or a number from 1 to {}", positions.len())
                })?,
        };
        self.define(name, Part::Group { needed, members: positions })
    }

    fn quorum(&mut self, name: &str) -> Result<(), String> {
        if self.quorum.is_some() {
            return Err("there is more than one quorum line".into());
        }
        self.quorum = Some(if name == "none" { None } else { Some(self.lookup(name)?) });
        Ok(())
    }

    fn define(&mut self, name: &str, part: Part) -> Result<(), String> {
        if name == "none" || self.names.insert(name.to_owned(), self.parts.len()).is_some() {
            return Err(format!("the name {name:?} is taken"));
        }
        self.parts.push(part);
        Ok(())
    }

    fn lookup(&self, name: &str) -> Result<usize, String> {
        self.names.get(name).copied().ok_or_else(|| format!("{name:?} is not defined on a line above"))
    }
}

fn parse_key(text: &str, algorithm: Algorithm) -> Result<Vkey, String> {
    let key: Vkey = text.parse().map_err(|error: VkeyError| error.to_string())?;
    if key.algorithm() != algorithm {
        return Err(format!("the key has type {:?}; {algorithm:?} is needed here", key.algorithm()));
    }
    Ok(key)
}
