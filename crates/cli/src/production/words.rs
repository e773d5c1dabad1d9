//! What only people know of a production: names of court and parties, who signs, on what a privilege rests. It stands in the papers and in the
//! privilege log, comes from a file of the custodian's, and never goes to the ledger.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use daybook_event::EntrySpan;
use daybook_production::model::Words;
use serde::Deserialize;

use crate::remote::Trouble;

/// Largest file of words, bytes.
const WORDS_MAX_BYTES: u64 = 1 << 20;
/// Longest text, characters: it must fit where it is printed.
const TEXT_MAX_CHARS: usize = 300;

/// The privileges that a record can be held back under, and the sentence that says on what, where the custodian gives none.
pub(crate) const PRIVILEGES: [(&str, &str); 6] = [
    (
        "attorney-client",
        "Between the city and its attorney, in confidence, to get legal advice (C.R.S. 13-90-107(1)(b)).",
    ),
    ("work-product", "Prepared for litigation or in expectation of it (C.R.C.P. 26(b)(3))."),
    (
        "deliberative-process",
        "Said before a decision was made and as part of making it (C.R.S. 24-72-204(3)(a)(XIII)).",
    ),
    (
        "law-enforcement",
        "Part of an investigation that would suffer if it were known (C.R.S. 24-72-204(2)(a)(I)).",
    ),
    ("informer", "Would tell who informed in confidence (Crim. P. 16(I)(e)(2))."),
    ("medical", "Between a patient and those who treated them (C.R.S. 13-90-107(1)(d))."),
];

/// The custodian's words; without a file there are none, and the papers have blanks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LocalWords {
    /// For the papers and the load files.
    pub(crate) words: Words,
    privileges: Vec<(EntrySpan, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    custodian: String,
    contact: Option<String>,
    court: Option<String>,
    parties: Option<String>,
    case_number: Option<String>,
    recipient: Option<String>,
    declarant: Option<String>,
    declarant_post: Option<String>,
    #[serde(default)]
    privilege: BTreeMap<String, String>,
}

impl LocalWords {
    /// On what the privilege of an entry rests, in a sentence: the custodian's, else the standard one of the privilege.
    pub(crate) fn basis(&self, entry: u64, privilege: &str) -> String {
        let own = self.privileges.iter().find(|(span, _)| span.contains(entry));
        let standard =
            || PRIVILEGES.iter().find(|(code, _)| *code == privilege).map(|(_, sentence)| *sentence);
        own.map(|(_, sentence)| sentence.as_str()).or_else(standard).unwrap_or_default().to_owned()
    }
}

/// Reads a file of words. A fault names the key and never repeats what stands there.
pub(crate) fn read(path: &Path) -> Result<LocalWords, Trouble> {
    let named = |why: &dyn std::fmt::Display| Trouble::Usage(format!("--words: {}: {why}", path.display()));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| named(&error))?;
    file.take(WORDS_MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| named(&error))?;
    if text.len() as u64 > WORDS_MAX_BYTES {
        return Err(named(&format!("it is larger than {WORDS_MAX_BYTES} bytes")));
    }
    parse(&text).map_err(|fault| named(&fault))
}

fn parse(text: &str) -> Result<LocalWords, String> {
    let file: File = toml::from_str(text).map_err(|fault| {
        let line = fault.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        // Other messages of the parser quote what stands there.
        let of_key =
            |message: &&str| ["unknown field", "missing field"].iter().any(|form| message.starts_with(form));
        let message = fault.message().lines().next().filter(of_key);
        let message = message.unwrap_or("it does not have the form that ops/productions/words.toml shows");
        format!("line {line}: {message}")
    })?;
    let optional = [
        ("contact", &file.contact),
        ("court", &file.court),
        ("parties", &file.parties),
        ("case_number", &file.case_number),
        ("recipient", &file.recipient),
        ("declarant", &file.declarant),
        ("declarant_post", &file.declarant_post),
    ];
    printable("custodian", &file.custodian)?;
    for (key, value) in optional {
        value.as_ref().map_or(Ok(()), |value| printable(key, value))?;
    }
    let words = Words {
        custodian: file.custodian,
        contact: file.contact,
        court: file.court,
        parties: file.parties,
        case_number: file.case_number,
        recipient: file.recipient,
        declarant: file.declarant,
        declarant_post: file.declarant_post,
    };
    Ok(LocalWords { words, privileges: privileges(file.privilege)? })
}

fn privileges(file: BTreeMap<String, String>) -> Result<Vec<(EntrySpan, String)>, String> {
    let mut privileges = Vec::new();
    for (key, sentence) in file {
        let place = format!("privilege.\"{key}\"");
        printable(&place, &sentence)?;
        for item in key.split(',') {
            let span = EntrySpan::parse(item.trim())
                .ok_or_else(|| format!("{place}: entries are written as 17, 20-22, or 17,20-22"))?;
            privileges.push((span, sentence.clone()));
        }
    }
    privileges.sort_by_key(|(span, _)| *span);
    match privileges.windows(2).find(|pair| pair[0].0.last >= pair[1].0.first) {
        Some(pair) => Err(format!("privilege: entry {} stands there twice", pair[1].0.first)),
        None => Ok(privileges),
    }
}

fn printable(key: &str, text: &str) -> Result<(), String> {
    let fits = !text.trim().is_empty()
        && text.chars().count() <= TEXT_MAX_CHARS
        && !text.chars().any(char::is_control);
    let fault = || {
        format!(
            "{key}: one line of 1 to {TEXT_MAX_CHARS} characters is wanted; leave the key out where there is nothing to say"
        )
    };
    fits.then_some(()).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../../ops/productions/words.toml");

    #[test]
    fn the_sample_file_is_read_with_all_that_it_shows() {
        let read = parse(SAMPLE).unwrap();
        let Words { custodian, contact, court, parties, case_number, recipient, declarant, declarant_post } =
            &read.words;
        assert!(!custodian.is_empty());
        for (key, value) in [
            ("contact", contact),
            ("court", court),
            ("parties", parties),
            ("case_number", case_number),
            ("recipient", recipient),
            ("declarant", declarant),
            ("declarant_post", declarant_post),
        ] {
            assert!(value.is_some(), "the sample shows {key}");
        }
        assert!(!read.privileges.is_empty(), "the sample shows a sentence for a privilege");
    }

    #[test]
    fn a_privilege_rests_on_the_custodians_sentence_or_on_the_standard_one() {
        let words = parse("custodian = \"Records\"\n[privilege]\n\"17,20-22\" = \"A letter.\"\n").unwrap();
        assert_eq!(words.basis(21, "attorney-client"), "A letter.");
        assert_eq!(words.basis(18, "attorney-client"), PRIVILEGES[0].1);
        assert_eq!(words.basis(18, "unknown"), "");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key_and_not_repeated() {
        for (text, key) in [
            ("court = \"Secret Court\"", "custodian"),
            ("custodian = \"\"", "custodian"),
            ("custodian = \"Records\"\ncourt = \"Secret\\nCourt\"", "court"),
            ("custodian = \"Records\"\nparty = \"Secret\"", "line 2"),
            ("custodian = \"Records\"\nprivilege = \"Secret\"", "line 2"),
            ("custodian = \"Records\"\n[privilege]\n\"x\" = \"Secret\"", "privilege.\"x\""),
            ("custodian = \"Records\"\n[privilege]\n\"5-9\" = \"Secret\"\n\"9\" = \"Secret\"", "entry 9"),
        ] {
            let fault = parse(text).unwrap_err();
            assert!(fault.contains(key) && !fault.contains("Secret"), "{fault}");
        }
    }
}
