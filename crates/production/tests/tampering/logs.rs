//! Deliberate changes to logs and load files.

use daybook_production::sample::Sample;
use daybook_verify::production::Check;

use crate::attacks::text;
use crate::change::{Case, Change};

const LOG: &str = "data/LOGS/redaction-log.csv";
const WITHHELD: &str = "data/LOGS/withheld.csv";
const CSV: &str = "data/VOL001/DATA/VOL001.csv";
const DAT: &str = "data/VOL001/DATA/VOL001.dat";
const JSONL: &str = "data/VOL001/DATA/VOL001.jsonl";
const OPT: &str = "data/VOL001/DATA/VOL001.opt";

/// The first line of a file that holds all of these.
fn line(sample: &Sample, file: &str, holds: &[&str]) -> String {
    let text = text(sample, file);
    let found = text.split_inclusive('\n').find(|line| holds.iter().all(|one| line.contains(one)));
    found.unwrap_or_else(|| panic!("{file}: {holds:?}")).to_owned()
}

/// All load files say something else at once.
fn everywhere(find: &str, with: &str) -> Vec<Change> {
    [CSV, DAT, JSONL].map(|file| Change::replace(file, find, with)).into()
}

/// The cases. Only the ledger's record of the bag can come before them, in the verdict's order, so all have its code.
pub(crate) fn cases(s: &Sample) -> Vec<Case> {
    let redacted = line(s, LOG, &[",4,", "matter_ref"]);
    let sealed = line(s, LOG, &[",sealed,"]);
    let erased = line(s, LOG, &[",erased,"]);
    let commitment = redacted.rsplit(',').nth(1).unwrap().to_owned();
    let other = line(s, LOG, &[",5,", "matter_ref"]).rsplit(',').nth(1).unwrap().to_owned();
    let held = line(s, WITHHELD, &["privileged"]);
    let held_sealed = line(s, WITHHELD, &["sealed"]);
    let csv = line(s, CSV, &["DAYB-26CR1187-00000001"]);
    let sha = csv.split(',').nth(8).unwrap().to_owned();
    let other_sha = line(s, CSV, &["DAYB-26CR1187-00000003"]).split(',').nth(8).unwrap().to_owned();
    let leaf = csv.split(',').nth(28).unwrap().to_owned();
    let redactions = |name, reason, changes| case(name, reason, changes, &[Check::Redactions]);
    let load = |name, reason, changes| case(name, reason, changes, &[Check::LoadFiles]);
    let swap = |file, line: &str, find: &str, with: &str| {
        assert!(line.contains(find), "{line}");
        vec![Change::replace(file, line, &line.replacen(find, with, 1))]
    };
    vec![
        redactions(
            "redaction-row-dropped",
            "a redaction has no row",
            vec![Change::replace(LOG, &redacted, "")],
        ),
        redactions(
            "redaction-row-twice",
            "a redaction has two rows",
            vec![Change::replace(LOG, &redacted, &redacted.repeat(2))],
        ),
        redactions(
            "redaction-row-for-what-is-shown",
            "a slot that is shown has a row",
            swap(LOG, &redacted, "matter_ref", "times"),
        ),
        redactions(
            "redaction-of-another-record",
            "a row names a record that is not there",
            swap(LOG, &redacted, ",4,", ",7,"),
        ),
        redactions(
            "commitment-of-another",
            "a row has the commitment of another record",
            swap(LOG, &redacted, &commitment, &other),
        ),
        redactions(
            "bates-of-another",
            "a row has another record's Bates number",
            swap(LOG, &redacted, "00000001", "00000003"),
        ),
        redactions(
            "class-edited",
            "a row calls a withheld slot restricted",
            swap(LOG, &redacted, ",W,", ",R,"),
        ),
        redactions(
            "called-sealed",
            "a slot is called sealed, and no order is named",
            swap(LOG, &redacted, ",withheld,", ",sealed,"),
        ),
        redactions(
            "called-erased-by-another-order",
            "a slot is called erased by an order about another record",
            vec![Change::replace(
                LOG,
                &redacted,
                &redacted.replacen(",withheld,", ",erased,", 1).replacen(",\r\n", ",26\r\n", 1),
            )],
        ),
        redactions(
            "sealed-called-erased",
            "the order is one of sealing",
            swap(LOG, &sealed, ",sealed,", ",erased,"),
        ),
        redactions(
            "erased-by-no-order",
            "the order that is named is none",
            swap(LOG, &erased, ",26\r\n", ",12\r\n"),
        ),
        redactions(
            "sealed-called-withheld",
            "a slot with an order is called withheld",
            swap(LOG, &sealed, ",sealed,", ",withheld,"),
        ),
        redactions(
            "unknown-state",
            "a state that there is not",
            swap(LOG, &redacted, ",withheld,", ",secret,"),
        ),
        redactions(
            "log-header",
            "the redaction log has other columns",
            vec![Change::replace(LOG, "BATES", "PAGES")],
        ),
        case(
            "withheld-row-dropped",
            "a record that is held back has no row",
            vec![Change::replace(WITHHELD, &held, "")],
            &[Check::Complete],
        ),
        case(
            "withheld-row-added",
            "a row for a record that is handed over",
            vec![Change::replace(WITHHELD, &held, &format!("{held}{}", held.replacen("15,", "4,", 1)))],
            &[Check::Complete],
        ),
        case(
            "withheld-hash-edited",
            "a row has another leaf hash",
            swap(WITHHELD, &held, &held[3..7], if held[3..7] == *"0000" { "1111" } else { "0000" }),
            &[Check::Complete],
        ),
        redactions(
            "sealed-record-without-order",
            "a record is called sealed by an order about another",
            swap(WITHHELD, &held_sealed, ",24\r\n", ",25\r\n"),
        ),
        load(
            "dat-row-edited",
            "one load file says something else",
            vec![Change::replace(DAT, "request.received", "request.answered")],
        ),
        load(
            "jsonl-row-dropped",
            "one load file lacks a row",
            vec![Change::replace(JSONL, &line(s, JSONL, &["00000001"]), "")],
        ),
        load(
            "opt-pages-edited",
            "the image load file counts other pages",
            swap(OPT, &line(s, OPT, &["00000001"]), "Y,,,2", "Y,,,3"),
        ),
        load(
            "opt-row-added",
            "the image load file has a row too many",
            vec![Change::replace(OPT, &line(s, OPT, &["00000013"]), &line(s, OPT, &["00000013"]).repeat(2))],
        ),
        load("hash-in-all-load-files", "all load files name another hash", everywhere(&sha, &other_sha)),
        load("leaf-in-all-load-files", "all load files name another leaf", everywhere(&leaf, &sha)),
        load(
            "type-in-all-load-files",
            "all load files name another type",
            [
                everywhere("request.received", "request.answered"),
                everywhere("request.received", "request.answered"),
            ]
            .concat(),
        ),
        load(
            "path-in-all-load-files",
            "all load files name a text that is not there",
            [CSV, DAT]
                .map(|file| {
                    Change::replace(
                        file,
                        "TEXT001\\DAYB-26CR1187-00000001.txt",
                        "TEXT001\\DAYB-26CR1187-00000002.txt",
                    )
                })
                .into_iter()
                .chain([Change::replace(
                    JSONL,
                    "TEXT001\\\\DAYB-26CR1187-00000001.txt",
                    "TEXT001\\\\DAYB-26CR1187-00000002.txt",
                )])
                .collect(),
        ),
        load(
            "columns-renamed",
            "a column stands under another name than columns.csv says",
            vec![Change::replace(CSV, "CUSTODIAN", "KEEPER")],
        ),
    ]
}

fn case(name: &'static str, reason: &'static str, changes: Vec<Change>, also: &'static [Check]) -> Case {
    Case { name, reason, changes, remade: true, expect: Check::Statement, also }
}
