//! The verdict on a production, for eyes and for machines.

use std::collections::BTreeMap;

use serde::Serialize;

use super::code::Check;

/// Most failures of one check that a report lists; the rest are counted.
pub const MAX_LISTED: usize = 100;

/// Failures of one check that are held before the surplus is let go.
const MAX_HELD: usize = 10 * MAX_LISTED;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds.
    Held,
    /// It does not hold.
    Failed,
    /// It is for whoever checks to decide; no failure.
    Open,
    /// There was nothing to look at, since something before it failed.
    NotDone,
}

/// One thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The file, by its name in the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The entry of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// A sentence. Holds no value out of an event.
    pub what: String,
}

/// One check and how it came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The check.
    pub code: Check,
    /// How it came out.
    pub outcome: Outcome,
    /// What was checked, in plain words.
    pub title: &'static str,
    /// What to do, where it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
    /// The first things that do not hold, by file.
    pub faults: Vec<Fault>,
    /// Further ones.
    pub unlisted: u64,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProductionCounts {
    /// Files in the package.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records handed over.
    pub produced: u64,
    /// Records held back as a whole.
    pub withheld: u64,
    /// Records on which others rest.
    pub authority: u64,
    /// Signatures that hold.
    pub signatures: u64,
    /// Slots shown, in the records handed over.
    pub slots_shown: u64,
    /// Slots that are shown to be empty.
    pub slots_absent: u64,
    /// Slots redacted and still held by the ledger.
    pub slots_withheld: u64,
    /// Slots sealed by order.
    pub slots_sealed: u64,
    /// Slots erased by order.
    pub slots_erased: u64,
}

/// The verdict on a production.
#[derive(Clone, Debug, Serialize)]
pub struct ProductionReport {
    /// Whether every check holds or is open.
    pub ok: bool,
    /// The first check that failed, by its code.
    pub code: Option<Check>,
    /// The production's name, as the ledger's statement says it.
    pub production: Option<String>,
    /// The log's name.
    pub origin: Option<String>,
    /// The log's key, as a C2SP vkey.
    pub log_key: Option<String>,
    /// The key's fingerprint: hex SHA-256 of the vkey's text, to be compared with one from elsewhere.
    pub fingerprint: Option<String>,
    /// Size of the checkpoint under which everything is proved.
    pub size: Option<u64>,
    /// Its root, base64.
    pub root: Option<String>,
    /// Size up to which the ledger was searched.
    pub searched_size: Option<u64>,
    /// Every check, in order.
    pub checks: Vec<Checked>,
    /// How much was looked at.
    pub counts: ProductionCounts,
    /// Records handed over, by type of event.
    pub documents: BTreeMap<String, u64>,
    /// What no check can tell.
    pub not_proved: [&'static str; 3],
    /// Time taken, milliseconds; for the caller, who has a clock.
    pub duration_ms: u64,
}

/// What no verifier can tell from a package.
pub const NOT_PROVED: [&str; 3] = [
    "No check can tell whether the search asked for the right thing.",
    "No check can tell whether PDF and text say what the native says: they are the custodian's renderings, and the native is the evidence.",
    "No check can tell whether a key was given away, or whether an entry counted as not responsive takes a key back.",
];

impl ProductionReport {
    /// Exit code of a process with this verdict: 0, or that of the first check that failed.
    pub fn exit_code(&self) -> u8 {
        self.code.map_or(0, Check::exit_code)
    }

    /// How one check came out.
    pub fn check(&self, check: Check) -> &Checked {
        &self.checks[check as usize]
    }

    /// Whether this check failed, whatever failed before it.
    pub fn failed(&self, check: Check) -> bool {
        self.check(check).outcome == Outcome::Failed
    }
}

/// Collects faults while the checks run.
#[derive(Default)]
pub(crate) struct Findings {
    faults: BTreeMap<Check, (Vec<Fault>, u64)>,
    undone: Vec<Check>,
    open: Vec<Check>,
}

impl Findings {
    /// Something does not hold.
    pub(crate) fn add(
        &mut self,
        check: Check,
        file: Option<&str>,
        index: Option<u64>,
        what: impl Into<String>,
    ) {
        self.put(check, Fault { file: file.map(str::to_owned), index, what: what.into() });
    }

    /// Something does not hold about a file.
    pub(crate) fn file(&mut self, check: Check, file: &str, what: impl Into<String>) {
        self.add(check, Some(file), None, what);
    }

    pub(crate) fn put(&mut self, check: Check, fault: Fault) {
        let (held, dropped) = self.faults.entry(check).or_default();
        held.push(fault);
        if held.len() > MAX_HELD {
            held.sort();
            *dropped += (held.len() - MAX_LISTED) as u64;
            held.truncate(MAX_LISTED);
        }
    }

    /// A check had nothing to look at.
    pub(crate) fn not_done(&mut self, check: Check) {
        self.undone.push(check);
    }

    /// A check is for the reader to decide.
    pub(crate) fn leave_open(&mut self, check: Check) {
        self.open.push(check);
    }

    pub(crate) fn into_checks(mut self) -> Vec<Checked> {
        let one = |code: Check| {
            let (mut faults, mut unlisted) = self.faults.remove(&code).unwrap_or_default();
            faults.sort();
            faults.dedup();
            unlisted += faults.len().saturating_sub(MAX_LISTED) as u64;
            faults.truncate(MAX_LISTED);
            let outcome = match () {
                () if !faults.is_empty() => Outcome::Failed,
                () if self.undone.contains(&code) => Outcome::NotDone,
                () if self.open.contains(&code) => Outcome::Open,
                () => Outcome::Held,
            };
            let remedy = (outcome == Outcome::Failed).then(|| code.remedy());
            Checked { code, outcome, title: code.title(), remedy, faults, unlisted }
        };
        Check::ALL.map(one).into()
    }
}
