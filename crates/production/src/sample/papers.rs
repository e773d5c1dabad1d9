//! What a package says beside what it proves: renderings, load files, logs, papers.

use std::collections::BTreeMap;
use std::io;

use daybook_event::hash::sha256;
use serde_json::Value;

use super::ledger::Ledger;
use super::make::Making;
use super::story::Special;
use crate::load::{DatEncoding, LoadWriter, image_path, native_path, text_path};
use crate::logs::{
    self, CustodyStep, Incident, Privilege, RedactionLog, WithheldEntry, WithheldLog, WithheldState,
};
use crate::papers::{Facts, Software, Tally, paper_files};
use crate::render;

/// How much of a package is for the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dress {
    /// Papers, renderings and pages say only what they are. So the bytes follow from the ledger alone, and test vectors stay true when a word
    /// of a paper changes.
    Plain,
    /// Everything as it goes to a recipient.
    Full,
}

type Files = BTreeMap<String, Vec<u8>>;

/// Natives, renderings, load files, logs and papers.
pub(super) fn files(making: &Making, ledger: &Ledger, dress: Dress) -> io::Result<Files> {
    let choices = &making.choices;
    let mut files = Files::new();
    let mut put = |name: String, bytes: Vec<u8>| drop(files.insert(name, bytes));
    let mut load = LoadWriter::new(choices, &making.profile().columns, DatEncoding::Utf8);
    let (mut redactions, mut tally) = (RedactionLog::default(), Tally::default());
    for (ordinal, (native, numbered)) in (0..).zip(making.documents(ledger)?) {
        let bates = &numbered.bates;
        let (text, pdf) = match dress {
            Dress::Plain => (format!("{}\n", bates.begin()), format!("{}\n", bates.begin()).into_bytes()),
            Dress::Full => {
                (render::text(&numbered, choices), render::pdf(&numbered, choices).map_err(io::Error::other)?)
            }
        };
        put(native_path(bates, ordinal), native);
        put(text_path(bates, ordinal), text.into_bytes());
        put(image_path(bates, ordinal), pdf);
        load.push(&numbered).map_err(io::Error::other)?;
        redactions.push(&numbered);
        tally.push(&numbered);
    }
    let load = load.finish();
    let mut held = WithheldLog::default();
    withheld(making, ledger).iter().for_each(|entry| held.push(entry));
    let (withheld, privilege) = held.drain();
    let (custody, incidents) = (custody(making, ledger), incidents(making, ledger));
    put("data/LOGS/redaction-log.csv".into(), redactions.finish());
    put("data/LOGS/withheld.csv".into(), withheld);
    put("data/LOGS/privilege-log.csv".into(), privilege);
    put("data/LOGS/custody.jsonl".into(), logs::custody(&custody));
    put("data/LOGS/incidents.csv".into(), logs::incidents(&incidents));
    if dress == Dress::Full {
        let log_vkey = ledger.log_key().to_string();
        let facts = Facts {
            choices,
            tally: &tally,
            load_file_sha256: sha256(&load.csv),
            custody: &custody,
            incidents: &incidents,
            software: &Software { version: env!("CARGO_PKG_VERSION").to_owned(), build: None },
            log_vkey: &log_vkey,
            dat_is_cp1252: false,
        };
        paper_files(&facts).map_err(io::Error::other)?.into_iter().for_each(|(name, bytes)| put(name, bytes));
    }
    for (name, bytes) in [("dat", load.dat), ("opt", load.opt), ("csv", load.csv), ("jsonl", load.jsonl)] {
        put(format!("data/VOL001/DATA/VOL001.{name}"), bytes);
    }
    put("data/VOL001/DATA/columns.csv".into(), load.columns);
    Ok(files)
}

fn withheld(making: &Making, ledger: &Ledger) -> Vec<WithheldEntry> {
    let entry = |(index, special): &(u64, Special)| {
        let kept = &ledger.kept[*index as usize];
        let (state, reason, authority, ordered_by) = match special {
            Special::SealedWhole(by) => (WithheldState::Sealed, "sealed", "court_order", Some(*by)),
            Special::Excluded => (WithheldState::Excluded, "agreement", "as agreed by the parties", None),
            _ => {
                let claim = Privilege {
                    doctype: kept.event.clone(),
                    period: "2026-11".parse().expect("a month"),
                    department: kept.iss.department().to_owned(),
                    privilege: "attorney-client".into(),
                    basis: "Prepared for the city attorney in this case.".into(),
                    custodian: making.choices.words.custodian.clone(),
                };
                (WithheldState::Privileged(claim), "privileged", "C.R.C.P. 26(b)(5)", None)
            }
        };
        let (reason, authority) = (reason.to_owned(), authority.to_owned());
        WithheldEntry { index: *index, leaf: ledger.leaf(*index), state, reason, authority, ordered_by }
    };
    making.withheld.iter().map(entry).collect()
}

fn custody(making: &Making, ledger: &Ledger) -> Vec<CustodyStep> {
    let searched = making.choices.searched_size;
    let mut steps: Vec<u64> = making.authorities.iter().copied().chain([making.statement]).collect();
    steps.retain(|index| *index >= searched);
    steps.sort_unstable();
    let step = |index: u64| {
        let kept = &ledger.kept[index as usize];
        let account = kept.fields.get("account").and_then(Value::as_str).unwrap_or_default();
        let role = match account.as_bytes().first() {
            None => "automatic",
            Some(b'c') => "custodian",
            Some(_) => "approver",
        };
        CustodyStep {
            step: kept.event.clone(),
            index,
            at: Ledger::at_utc(index),
            account: account.to_owned(),
            role: role.to_owned(),
        }
    };
    steps.into_iter().map(step).collect()
}

/// Keys that were taken back, of producers whose records are in the production.
fn incidents(making: &Making, ledger: &Ledger) -> Vec<Incident> {
    let revoked =
        making.authorities.iter().filter(|index| ledger.kept[**index as usize].event == "key.revoked");
    let incident = |index: &u64| {
        Incident {
        index: *index,
        event: "key.revoked".into(),
        period: "2026-11".parse().expect("a month"),
        what: "A key of a producer of records in this production was taken back; records signed before stay good.".into(),
    }
    };
    revoked.map(incident).collect()
}
