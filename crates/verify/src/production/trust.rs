//! What everything is measured by: policy, checkpoints, the proof between them, and the list of leaves.

use daybook_event::Origin;
use daybook_tlog::{
    Checkpoint, MAX_NOTE_BYTES, MAX_POLICY_BYTES, Policy, SignedNote, Vkey, check_consistency,
};
use sha2::{Digest, Sha256};

use super::bag::read_whole;
use super::code::Check;
use super::hex;
use super::leaves::{Leaves, read_leaves};
use super::record::{Consistency, MAX_RECORD_BYTES};
use super::report::{Findings, ProductionReport};
use super::source::PackageSource;

const POLICY: &str = "data/PROOFS/policy.txt";
const CHECKPOINT: &str = "data/PROOFS/checkpoint.txt";
const SEARCHED: &str = "data/PROOFS/checkpoint-searched.txt";
const CONSISTENCY: &str = "data/PROOFS/consistency.json";
const LEAVES: &str = "data/PROOFS/leaves.csv";

/// What whoever checks knows from elsewhere.
#[derive(Clone, Copy, Debug)]
pub enum Trusted<'a> {
    /// Nothing: the key's fingerprint is shown, to be compared.
    Nothing,
    /// The log's key.
    LogKey(&'a Vkey),
    /// A whole policy; its quorum must be met too.
    Policy(&'a Policy),
}

impl Trusted<'_> {
    fn log_key(&self) -> Option<&Vkey> {
        match self {
            Self::Nothing => None,
            Self::LogKey(key) => Some(key),
            Self::Policy(policy) => Some(policy.log_vkey()),
        }
    }
}

/// The fingerprint of a log's key: hex SHA-256 of its vkey as text.
pub fn fingerprint(key: &Vkey) -> String {
    hex::encode(&Sha256::digest(key.to_string()))
}

/// The anchors of a production, as far as they could be read.
#[derive(Default)]
pub(crate) struct Trust {
    pub(crate) policies: Vec<Policy>,
    pub(crate) origin: Option<Origin>,
    /// The signed checkpoint, to the byte; proofs must carry it.
    pub(crate) note: String,
    pub(crate) checkpoint: Option<Checkpoint>,
    pub(crate) searched: Option<Checkpoint>,
    pub(crate) leaves: Option<Leaves>,
}

impl Trust {
    pub(crate) fn read(
        source: &dyn PackageSource,
        trusted: Trusted<'_>,
        findings: &mut Findings,
        report: &mut ProductionReport,
    ) -> Self {
        let mut trust = Self::default();
        trust.read_policy(source, trusted, findings, report);
        if let Some((note, checkpoint)) = trust.read_checkpoint(source, CHECKPOINT, findings) {
            (trust.note, trust.checkpoint) = (note, checkpoint);
        }
        trust.searched =
            trust.read_checkpoint(source, SEARCHED, findings).and_then(|(_, checkpoint)| checkpoint);
        trust.check_consistency(source, findings);
        trust.read_leaves(source, findings);
        report.size = trust.checkpoint.as_ref().map(|checkpoint| checkpoint.size);
        report.root = trust.checkpoint.as_ref().map(|checkpoint| checkpoint.root.to_base64());
        report.searched_size = trust.searched.as_ref().map(|checkpoint| checkpoint.size);
        trust
    }

    fn read_policy(
        &mut self,
        source: &dyn PackageSource,
        trusted: Trusted<'_>,
        findings: &mut Findings,
        report: &mut ProductionReport,
    ) {
        let text = text(source, POLICY, MAX_POLICY_BYTES, Check::TrustedKey, findings);
        let own: Option<Policy> = text.and_then(|text| match text.parse() {
            Ok(policy) => Some(policy),
            Err(error) => {
                findings.file(Check::TrustedKey, POLICY, format!("this is no trust policy: {error}"));
                None
            }
        });
        if let Some(own) = own {
            match trusted.log_key() {
                None => findings.leave_open(Check::TrustedKey),
                Some(key) if key == own.log_vkey() => {}
                Some(_) => {
                    let what = "the log's key in this policy is not the one that you gave; whoever made this package \
                                may have put in a key of their own";
                    findings.file(Check::TrustedKey, POLICY, what);
                }
            }
            report.origin = Some(own.origin().to_owned());
            report.log_key = Some(own.log_vkey().to_string());
            report.fingerprint = Some(fingerprint(own.log_vkey()));
            self.origin = own.origin().parse().ok();
            if self.origin.is_none() {
                let what = "the log that this policy names has no name that a ledger can have";
                findings.file(Check::TrustedKey, POLICY, what);
            }
            self.policies.push(own);
        }
        if let Trusted::Policy(policy) = trusted {
            self.policies.push(policy.clone());
        }
    }

    /// The note and what it says, verified or not: later checks look at it either way.
    fn read_checkpoint(
        &self,
        source: &dyn PackageSource,
        name: &str,
        findings: &mut Findings,
    ) -> Option<(String, Option<Checkpoint>)> {
        let note = text(source, name, MAX_NOTE_BYTES, Check::Checkpoint, findings)?;
        if self.policies.is_empty() {
            findings.file(Check::Checkpoint, name, "there is no policy to check the signature by");
        }
        if let Err(what) = self.check_note(&note) {
            findings.file(Check::Checkpoint, name, what);
        }
        let said = SignedNote::parse(note.as_bytes()).ok();
        let said = said.and_then(|note| Checkpoint::parse_text(note.text()).ok());
        Some((note, said))
    }

    /// Whether every policy opens the note.
    pub(crate) fn check_note(&self, note: &str) -> Result<(), String> {
        let open = |policy: &Policy| policy.open_checkpoint(note.as_bytes()).map(drop);
        self.policies.iter().try_for_each(open).map_err(|error| error.to_string())
    }

    fn check_consistency(&self, source: &dyn PackageSource, findings: &mut Findings) {
        let bytes = match read_whole(source, CONSISTENCY, MAX_RECORD_BYTES as u64) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                return findings.file(
                    Check::Consistency,
                    CONSISTENCY,
                    "there is no such file, or it is too large",
                );
            }
            Err(error) => {
                return findings.file(
                    Check::Package,
                    CONSISTENCY,
                    format!("this file cannot be read: {error}"),
                );
            }
        };
        let Some(proof) = Consistency::parse(&bytes) else {
            let what = "this is not a consistency proof in the form from, to, path";
            return findings.file(Check::Consistency, CONSISTENCY, what);
        };
        let (Some(old), Some(new)) = (&self.searched, &self.checkpoint) else {
            return findings.not_done(Check::Consistency);
        };
        if let Err(what) = consistent(&proof, old, new) {
            findings.file(Check::Consistency, CONSISTENCY, what);
        }
    }

    fn read_leaves(&mut self, source: &dyn PackageSource, findings: &mut Findings) {
        let (Some(old), Some(new)) = (&self.searched, &self.checkpoint) else {
            return findings.not_done(Check::Leaves);
        };
        let file = match source.open(LEAVES) {
            Ok(Some(file)) => file,
            Ok(None) => return findings.file(Check::Leaves, LEAVES, "there is no such file"),
            Err(error) => {
                return findings.file(Check::Package, LEAVES, format!("this file cannot be read: {error}"));
            }
        };
        let leaves = match read_leaves(file, old.size) {
            Ok(leaves) => leaves,
            Err(what) => return findings.file(Check::Leaves, LEAVES, what),
        };
        if leaves.size != new.size {
            let what =
                format!("the rows cover {} leaves; the checkpoint is of size {}", leaves.size, new.size);
            findings.file(Check::Leaves, LEAVES, what);
        } else if leaves.root != new.root {
            findings.file(Check::Leaves, LEAVES, "the rows do not lead to the root of checkpoint.txt");
        }
        if leaves.searched_root != Some(old.root) {
            findings.file(
                Check::Leaves,
                LEAVES,
                "the rows do not lead to the root of checkpoint-searched.txt",
            );
        }
        self.leaves = Some(leaves);
    }
}

/// Whether the proof leads from one checkpoint to the other.
pub(crate) fn consistent(proof: &Consistency, old: &Checkpoint, new: &Checkpoint) -> Result<(), String> {
    if (proof.from, proof.to) != (old.size, new.size) {
        return Err(format!(
            "the proof is from size {} to size {}; the checkpoints are of sizes {} and {}",
            proof.from, proof.to, old.size, new.size
        ));
    }
    check_consistency(old.size, new.size, &old.root, &new.root, &proof.path)
        .map_err(|error| error.to_string())
}

/// A small text file; what is wrong with it goes to `check`.
pub(crate) fn text(
    source: &dyn PackageSource,
    name: &str,
    limit: usize,
    check: Check,
    findings: &mut Findings,
) -> Option<String> {
    match read_whole(source, name, limit as u64) {
        Ok(Some(bytes)) => {
            let text = String::from_utf8(bytes).ok();
            if text.is_none() {
                findings.file(check, name, "this file is not UTF-8");
            }
            text
        }
        Ok(None) => {
            findings.file(check, name, "there is no such file, or it is larger than any");
            None
        }
        Err(error) => {
            findings.file(Check::Package, name, format!("this file cannot be read: {error}"));
            findings.file(check, name, "this file cannot be read");
            None
        }
    }
}
