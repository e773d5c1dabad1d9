//! What is counted and known about a production when its papers are written.

use std::collections::{BTreeMap, BTreeSet};

use daybook_event::{Issuer, Kid};

use crate::load::native_path;
use crate::logs::{CustodyStep, Incident};
use crate::model::{BatesRange, Choices, Numbered, SlotState};
use crate::render::reading::hex;

/// The program that made the production.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Software {
    /// Its version.
    pub version: String,
    /// SHA-256 of the program's file, hex, where it is known.
    pub build: Option<String>,
}

/// Redactions with one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactionCount {
    /// Code of the reason.
    pub reason: String,
    /// What it rests on.
    pub authority: String,
    /// How many slots.
    pub slots: u64,
}

/// Counts while documents go by.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    documents: u64,
    range: Option<BatesRange>,
    first_native: String,
    redactions: BTreeMap<(String, String), u64>,
    sealed: u64,
    erased: u64,
    keys: BTreeSet<(String, String)>,
    types: BTreeMap<String, u64>,
}

impl Tally {
    /// Adds a document; they come in the order of their numbers.
    pub fn push(&mut self, numbered: &Numbered) {
        let Numbered { bates, document } = numbered;
        match &mut self.range {
            None => {
                self.first_native = native_path(bates, 0);
                self.range = Some(bates.clone());
            }
            Some(range) => range.last = bates.last,
        }
        self.documents += 1;
        *self.types.entry(document.title.clone()).or_default() += 1;
        self.key(&document.issuer, &document.kid);
        for slot in document.sealed_slots() {
            match &slot.state {
                SlotState::Shown | SlotState::Absent => {}
                SlotState::Sealed { .. } => self.sealed += 1,
                SlotState::Erased { .. } => self.erased += 1,
                SlotState::Withheld { reason, authority, .. } => {
                    *self.redactions.entry((reason.clone(), authority.clone())).or_default() += 1;
                }
            }
        }
    }

    fn key(&mut self, issuer: &Issuer, kid: &Kid) {
        self.keys.insert((issuer.to_string(), kid.to_string()));
    }
}

/// Everything that the papers say.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The production.
    pub choices: &'a Choices,
    /// What was counted.
    pub tally: &'a Tally,
    /// SHA-256 of `VOL001.csv`, which names the SHA-256 of every native.
    pub load_file_sha256: [u8; 32],
    /// The steps of the production.
    pub custody: &'a [CustodyStep],
    /// What went wrong with the producers concerned.
    pub incidents: &'a [Incident],
    /// The program.
    pub software: &'a Software,
    /// The ledger's key as `policy.txt` has it.
    pub log_vkey: &'a str,
    /// Whether the DAT is in Windows-1252 instead of UTF-8.
    pub dat_is_cp1252: bool,
}

impl Facts<'_> {
    /// How many documents.
    pub fn documents(&self) -> u64 {
        self.tally.documents
    }

    /// The Bates numbers from the first to the last; `none` where nothing goes out.
    pub fn bates(&self) -> String {
        self.tally.range.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
    }

    /// How many pages.
    pub fn pages(&self) -> u64 {
        self.tally.range.as_ref().map_or(0, BatesRange::pages)
    }

    /// Path of the first native; the hand check begins with it.
    pub fn first_native(&self) -> &str {
        &self.tally.first_native
    }

    /// SHA-256 of `VOL001.csv`, hex.
    pub fn load_file_hash(&self) -> String {
        hex(&self.load_file_sha256)
    }

    /// Redactions by reason.
    pub fn redactions(&self) -> Vec<RedactionCount> {
        let count = |((reason, authority), slots): (&(String, String), &u64)| RedactionCount {
            reason: reason.clone(),
            authority: authority.clone(),
            slots: *slots,
        };
        self.tally.redactions.iter().map(count).collect()
    }

    /// How many slots are sealed, and how many erased.
    pub fn locked(&self) -> (u64, u64) {
        (self.tally.sealed, self.tally.erased)
    }

    /// The producers' keys, by producer: issuer and thumbprint.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tally.keys.iter().map(|(issuer, kid)| (issuer.as_str(), kid.as_str()))
    }

    /// The types of event in words, with how many documents of each there are.
    pub fn types(&self) -> impl Iterator<Item = (&str, u64)> {
        self.tally.types.iter().map(|(title, count)| (title.as_str(), *count))
    }

    /// The size of the log, in words, under which it is proved.
    pub fn checkpoint(&self) -> String {
        let choices = self.choices;
        format!("{} entries, root hash {}", choices.checkpoint_size, choices.checkpoint_root)
    }
}

/// `one record`, `2 records`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
