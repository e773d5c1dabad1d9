//! The logs of a production: what was redacted, what was held back, who did what, what went wrong.
//!
//! The form of each is in `schemas/production.md`.

use daybook_event::{Period, b64};
use daybook_tlog::Hash;
use daybook_verify::production::REDACTION_COLUMNS;
use serde::Serialize;

use crate::load::csv_line;
use crate::model::{Numbered, SlotState};
use crate::render::reading::hex;

/// The columns of `privilege-log.csv`.
const PRIVILEGE_COLUMNS: [&str; 9] =
    ["LOGID", "LOGINDEX", "LEAFHASH", "DOCTYPE", "PERIOD", "DEPARTMENT", "PRIVILEGE", "BASIS", "CUSTODIAN"];

/// An entry that was found and is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithheldEntry {
    /// The entry.
    pub index: u64,
    /// Its leaf hash.
    pub leaf: Hash,
    /// Why it is held back.
    pub state: WithheldState,
    /// Code of the reason, out of the profile.
    pub reason: String,
    /// What it rests on.
    pub authority: String,
    /// The entry of the order, for what is sealed.
    pub ordered_by: Option<u64>,
}

/// Why a whole entry is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WithheldState {
    /// A privilege covers it; it stands in the privilege log.
    Privileged(Privilege),
    /// An order sealed it.
    Sealed,
    /// The profile or an agreement excludes it.
    Excluded,
}

/// What the privilege log says of an entry: enough to assess the claim without revealing what is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privilege {
    /// The type of event in words.
    pub doctype: String,
    /// The month.
    pub period: Period,
    /// The department that signed it.
    pub department: String,
    /// The privilege.
    pub privilege: String,
    /// On what the claim rests, in a sentence.
    pub basis: String,
    /// The office that keeps the record.
    pub custodian: String,
}

impl WithheldState {
    /// Its word in `withheld.csv`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Privileged(_) => "privileged",
            Self::Sealed => "sealed",
            Self::Excluded => "excluded",
        }
    }
}

/// A step of a production: an entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustodyStep {
    /// The type of event.
    pub step: String,
    /// The entry.
    pub index: u64,
    /// When: RFC 3339.
    pub at: String,
    /// The account that took the step, by pseudonym; empty where the event names none.
    pub account: String,
    /// The role in which it did.
    pub role: String,
}

/// Something that went wrong with a producer concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The entry of the event that records it.
    pub index: u64,
    /// The event's type.
    pub event: String,
    /// The month.
    pub period: Period,
    /// What it was, in a sentence.
    pub what: String,
}

/// `redaction-log.csv`, document by document.
#[derive(Debug)]
pub struct RedactionLog(Vec<u8>);

impl Default for RedactionLog {
    fn default() -> Self {
        let mut out = Vec::new();
        csv_line(&mut out, &REDACTION_COLUMNS);
        Self(out)
    }
}

impl RedactionLog {
    /// Adds a row for each slot that is not shown.
    pub fn push(&mut self, numbered: &Numbered) {
        let Numbered { bates, document } = numbered;
        for slot in document.sealed_slots() {
            let Some(state) = slot.state.log_word() else { continue };
            let (reason, authority, label, by) = match &slot.state {
                SlotState::Withheld { reason, authority, label } => {
                    (reason.as_str(), authority.as_str(), label.as_str(), None)
                }
                SlotState::Sealed { authority, by } => {
                    ("sealed", authority.as_str(), "Sealed by order", Some(by))
                }
                SlotState::Erased { authority, by } => {
                    ("erased", authority.as_str(), "Erased by order", Some(by))
                }
                SlotState::Shown | SlotState::Absent => continue,
            };
            let fields: Vec<&str> = slot.fields.iter().map(|field| field.name.as_str()).collect();
            let commitment = slot.commitment.map(b64::encode).unwrap_or_default();
            let row = [
                &bates.begin(),
                &document.index.to_string(),
                &slot.name,
                &fields.join(";"),
                &format!("{:?}", slot.class),
                state,
                reason,
                authority,
                label,
                &commitment,
                &by.map(u64::to_string).unwrap_or_default(),
            ];
            csv_line(&mut self.0, &row.map(|value: &str| value.to_owned()));
        }
    }

    /// Takes out what was written so far. The parts in their order are the file.
    pub fn drain(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    /// The file, or what is left of it.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// `withheld.csv` and `privilege-log.csv`, entry by entry in ascending order.
#[derive(Debug)]
pub struct WithheldLog {
    withheld: Vec<u8>,
    privilege: Vec<u8>,
    privileged: u64,
}

impl Default for WithheldLog {
    fn default() -> Self {
        let mut log = Self { withheld: Vec::new(), privilege: Vec::new(), privileged: 0 };
        csv_line(&mut log.withheld, &["LOGINDEX", "LEAFHASH", "STATE", "REASON", "AUTHORITY", "ORDEREDBY"]);
        csv_line(&mut log.privilege, &PRIVILEGE_COLUMNS);
        log
    }
}

impl WithheldLog {
    /// Adds an entry to the one, and to the other where it is privileged.
    pub fn push(&mut self, entry: &WithheldEntry) {
        let (index, leaf) = (entry.index.to_string(), hex(entry.leaf.as_bytes()));
        let by = entry.ordered_by.map(|by| by.to_string()).unwrap_or_default();
        let row = [&index, &leaf, entry.state.word(), &entry.reason, &entry.authority, &by];
        csv_line(&mut self.withheld, &row);
        let WithheldState::Privileged(claim) = &entry.state else { return };
        self.privileged += 1;
        let id = format!("PRIV-{:04}", self.privileged);
        let period = claim.period.to_string();
        let row = [
            &id,
            &index,
            &leaf,
            &claim.doctype,
            &period,
            &claim.department,
            &claim.privilege,
            &claim.basis,
            &claim.custodian,
        ];
        csv_line(&mut self.privilege, &row);
    }

    /// Takes out what was written so far, of `withheld.csv` and of `privilege-log.csv`. The parts in their order are the files.
    pub fn drain(&mut self) -> (Vec<u8>, Vec<u8>) {
        (std::mem::take(&mut self.withheld), std::mem::take(&mut self.privilege))
    }
}

/// `custody.jsonl`; the steps in the order of the log.
pub fn custody(steps: &[CustodyStep]) -> Vec<u8> {
    let mut out = Vec::new();
    for step in steps {
        out.extend(serde_json::to_vec(step).unwrap_or_default());
        out.push(b'\n');
    }
    out
}

/// `incidents.csv`; in the order of the log.
pub fn incidents(incidents: &[Incident]) -> Vec<u8> {
    let mut out = Vec::new();
    csv_line(&mut out, &["LOGINDEX", "EVENTTYPE", "PERIOD", "WHAT"]);
    for incident in incidents {
        let (index, period) = (incident.index.to_string(), incident.period.to_string());
        csv_line(&mut out, &[&index, &incident.event, &period, &incident.what]);
    }
    out
}
