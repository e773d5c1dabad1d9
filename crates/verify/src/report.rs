//! What a verification found, for eyes and for machines.

use serde::Serialize;

use crate::sealed::Sealings;

/// Most failures that a report lists; the rest are counted.
pub const MAX_FAILURES: usize = 100;

/// Most notes that a report lists; the rest are counted.
pub const MAX_NOTES: usize = 1_000;

/// What kind of thing failed. Each has an exit code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A checkpoint: note, signature, quorum, or one that contradicts the entries under it.
    Checkpoint,
    /// An entry: changed, missing, moved, inserted, or not in the form of an entry.
    Entry,
    /// The chain of `prev` hashes.
    Chain,
    /// The root over the entries is not the one that was signed, and nothing tells which entry is to blame.
    Tree,
    /// The hash files (or hash tiles) differ from the entries.
    HashFiles,
    /// An event's signature.
    Signature,
    /// A key had no authority for the event that it signed.
    Authority,
    /// An event is not in the form that its type asks for.
    EventForm,
    /// A producer's sequence: a fork, or a `prev` that does not fit.
    Sequence,
    /// A record of the vault.
    Vault,
    /// The keyring file.
    Keyring,
    /// A receipt.
    Receipt,
    /// Something beyond the checkpoint, where a closed log has nothing.
    Trailing,
    /// Bytes could not be read at all.
    Source,
}

impl Kind {
    /// All kinds, by exit code.
    pub const ALL: [Self; 14] = [
        Self::Checkpoint,
        Self::Entry,
        Self::Chain,
        Self::Tree,
        Self::HashFiles,
        Self::Signature,
        Self::Authority,
        Self::EventForm,
        Self::Sequence,
        Self::Vault,
        Self::Keyring,
        Self::Receipt,
        Self::Trailing,
        Self::Source,
    ];

    /// The exit code of a process that found this first: 10 and up. 0 is success, 2 wrong usage.
    pub fn exit_code(self) -> u8 {
        10 + self as u8
    }

    /// The kind in a few words, for help texts.
    pub fn title(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::Entry => "entry changed, missing, moved or malformed",
            Self::Chain => "hash chain",
            Self::Tree => "Merkle root",
            Self::HashFiles => "hash files",
            Self::Signature => "event signature",
            Self::Authority => "authority of a key",
            Self::EventForm => "form of an event",
            Self::Sequence => "producer's sequence (fork or broken link)",
            Self::Vault => "vault record",
            Self::Keyring => "keyring file",
            Self::Receipt => "receipt",
            Self::Trailing => "data beyond the checkpoint",
            Self::Source => "files could not be read",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What kind of thing.
    pub kind: Kind,
    /// A sentence: what, and why that is known.
    pub what: String,
    /// The file, relative to the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where in the file, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// The producer of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<String>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), file: None, offset: None, entry: None, producer: None }
    }

    pub(crate) fn file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    pub(crate) fn at(self, file: impl Into<String>, offset: u64) -> Self {
        Self { offset: Some(offset), ..self.file(file) }
    }

    pub(crate) fn entry(mut self, entry: u64) -> Self {
        self.entry = Some(entry);
        self
    }

    pub(crate) fn producer(mut self, producer: impl ToString) -> Self {
        self.producer = Some(producer.to_string());
        self
    }
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Entries read and hashed.
    pub entries: u64,
    /// Event signatures that verified.
    pub signatures: u64,
    /// Producers that have events in the log.
    pub producers: u64,
    /// Checkpoints of `log/checkpoints.log` that verified.
    pub checkpoints: u64,
    /// Stored hashes compared with recomputed ones.
    pub hashes: u64,
    /// Vault records checked, both classes together.
    pub vault_records: u64,
}

/// The verdict on a log.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing failed.
    pub ok: bool,
    /// The log, as the policy names it.
    pub origin: String,
    /// Size of the checkpoint up to which the verdict holds.
    pub size: Option<u64>,
    /// Root of that checkpoint, in base64.
    pub root: Option<String>,
    /// What is wrong; the first is the one to look at first.
    pub failures: Vec<Failure>,
    /// Failures beyond the listed ones.
    pub unlisted_failures: u64,
    /// What is worth knowing and no failure, such as gaps in a producer's sequence.
    pub notes: Vec<String>,
    /// Notes beyond the listed ones.
    pub unlisted_notes: u64,
    /// What the log says was sealed, erased and unsealed. No failure: entries, hashes and proofs stay.
    pub sealings: Sealings,
    /// How much was looked at.
    pub counts: Counts,
    /// Time taken, milliseconds.
    pub duration_ms: u64,
}

impl Report {
    pub(crate) fn new(origin: &str) -> Self {
        Self {
            ok: false,
            origin: origin.to_owned(),
            size: None,
            root: None,
            failures: Vec::new(),
            unlisted_failures: 0,
            notes: Vec::new(),
            unlisted_notes: 0,
            sealings: Sealings::default(),
            counts: Counts::default(),
            duration_ms: 0,
        }
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        if self.failures.len() < MAX_FAILURES {
            self.failures.push(failure);
        } else {
            self.unlisted_failures += 1;
        }
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(note.into());
        } else {
            self.unlisted_notes += 1;
        }
    }

    /// Exit code of a process with this verdict: 0, or that of the first failure's kind.
    pub fn exit_code(&self) -> u8 {
        self.failures.first().map_or(0, |failure| failure.kind.exit_code())
    }
}
