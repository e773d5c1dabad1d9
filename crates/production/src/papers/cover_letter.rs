//! The letter that goes with a production.

use super::facts::{Facts, counted};
use super::paper::{Block, Paper};

/// The cover letter.
pub fn cover_letter(facts: &Facts<'_>) -> Paper {
    let choices = facts.choices;
    let words = &choices.words;
    let some = |text: &str| Some(text.to_owned());
    let blocks = vec![
        Block::Facts(vec![
            ("Date".to_owned(), None),
            ("To".to_owned(), words.recipient.clone()),
            ("From".to_owned(), Some(words.custodian.clone()).filter(|name| !name.is_empty())),
            ("Court".to_owned(), words.court.clone()),
            ("Parties".to_owned(), words.parties.clone()),
            ("Case number".to_owned(), words.case_number.clone()),
            ("Your request".to_owned(), choices.request_number.clone()),
        ]),
        Block::text(format!(
            "Enclosed is production {} of records of the audit ledger {}, made on the basis of {}. It is one ZIP file. Please begin with READ-ME-FIRST.txt in it.",
            choices.production,
            choices.origin,
            basis(&choices.basis)
        )),
        Block::Heading("What is produced".to_owned()),
        Block::Facts(vec![
            ("Records".to_owned(), Some(facts.documents().to_string())),
            ("Pages".to_owned(), Some(facts.pages().to_string())),
            ("Bates numbers".to_owned(), Some(facts.bates())),
            (
                "Held back as a whole".to_owned(),
                Some(format!(
                    "{}, listed in data/LOGS/withheld.csv",
                    counted(choices.withheld, "record", "records")
                )),
            ),
            ("Confidentiality".to_owned(), Some(choices.confidentiality.code().replace('_', " "))),
            (
                "Time zone".to_owned(),
                Some(format!("{}; every time is also given in UTC", choices.zone.name())),
            ),
            (
                "Load files".to_owned(),
                some(&format!(
                    "data/VOL001/DATA: Concordance DAT ({}), OPT, CSV, JSON Lines",
                    if facts.dat_is_cp1252 { "Windows-1252" } else { "UTF-8 with byte order mark" }
                )),
            ),
            ("Hash algorithm".to_owned(), some("SHA-256; manifests also in SHA-512")),
        ]),
        Block::Heading("What was searched".to_owned()),
        Block::text(format!(
            "Entries 0 to {} of the ledger were searched; {} found. The search is recorded on the ledger word for word (data/PROOFS/statement.json), and data/PROOFS/leaves.csv says of every entry what became of it, so that you can check that none is missing.",
            choices.searched_size.saturating_sub(1),
            counted(choices.found, "record was", "records were")
        )),
        Block::Heading("Redactions".to_owned()),
        Block::text(
            "A native file is redactable in itself: a part that is withheld is left out, and its signed digest stays in its place. So natives are produced also where the PDF shows a redaction, and the text files are those of the redacted rendering. \
             Each redaction is in data/LOGS/redaction-log.csv with its reason and authority. The column LEAFHASH is the same in every production of a record; SHA256HASH is that of the native file as produced here.",
        ),
        redactions(facts),
        Block::Heading("Hashes to be written in on delivery".to_owned()),
        Block::text(
            "This letter is inside the package and cannot name the hash of it. The ledger records both hashes, and whoever hands the package over writes them in here.",
        ),
        Block::Facts(vec![
            ("SHA-256 of VOL001.csv".to_owned(), Some(facts.load_file_hash())),
            ("SHA-256 of the ZIP file".to_owned(), None),
            ("SHA-256 of verify.html, as published".to_owned(), None),
        ]),
        Block::Heading("If something was produced by mistake".to_owned()),
        Block::text(
            "Nothing privileged is meant to be produced. If you find something that looks privileged or protected, please stop reading, tell us, and return or destroy it as the rules and any order under FRE 502(d), CRE 502 or C.R.C.P. 26(b)(5)(B) ask. \
             What was disclosed once can be proved by whoever has it; only the order protects it.",
        ),
        Block::Signatures(vec!["For the custodian of records".to_owned()]),
    ];
    Paper { title: "Cover letter".to_owned(), subtitle: "Ready for review by counsel".to_owned(), blocks }
}

/// Redactions by reason as facts.
pub(super) fn redactions(facts: &Facts<'_>) -> Block {
    let (sealed, erased) = facts.locked();
    let mut rows: Vec<(String, Option<String>)> = facts
        .redactions()
        .into_iter()
        .map(|count| {
            (
                format!("Withheld: {}", count.reason),
                Some(format!("{}; {}", counted(count.slots, "part", "parts"), count.authority)),
            )
        })
        .collect();
    rows.push(("Sealed by order".to_owned(), Some(counted(sealed, "part", "parts"))));
    rows.push(("Erased by order".to_owned(), Some(counted(erased, "part", "parts"))));
    Block::Facts(rows)
}

/// A basis in words.
pub(super) fn basis(code: &str) -> &str {
    match code {
        "court_order" => "a court order",
        "discovery" => "discovery",
        "cora" => "the Colorado Open Records Act (C.R.S. 24-72-201 and following)",
        "ccjra" => "the Colorado Criminal Justice Records Act (C.R.S. 24-72-301 and following)",
        other => other,
    }
}
