//! What text and PDF say, and what they never say.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine;
use daybook_production::load::{DatEncoding, LoadWriter};
use daybook_production::logs::RedactionLog;
use daybook_production::render;
use support::{Produced, choices, documents, profile};

/// The two that differ most in what they show. All five are read in `profiles.rs`.
const PROFILES: [&str; 2] = ["civil", "cora-person-in-interest"];

/// Compares with a file under `tests/golden`; with `DAYBOOK_WRITE_GOLDEN=1` writes it instead.
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("DAYBOOK_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        wanted == text,
        "{} differs; DAYBOOK_WRITE_GOLDEN=1 writes it anew. Now:\n{text}",
        path.display()
    );
}

fn of<'p>(produced: &'p [Produced], event: &str) -> &'p Produced {
    produced.iter().find(|one| one.numbered.document.event.as_str() == event).unwrap()
}

#[test]
fn the_text_of_a_record_shows_every_field_or_says_why_not() {
    let profile = profile("protective-order");
    let choices = choices(&profile);
    let produced = documents(&profile, &choices, 1);
    for event in ["release.notice_sent", "advisement.answered", "court_paper.registered", "request.received"]
    {
        golden(&format!("{event}.txt"), &render::text(&of(&produced, event).numbered, &choices));
    }
    let all: String = produced.iter().map(|one| render::text(&one.numbered, &choices)).collect();
    for word in [
        "[REDACTED]",
        "[SEALED]",
        "[ERASED]",
        "absent",
        "in this production",
        " MST (America/Denver)",
        " UTC",
    ] {
        assert!(all.contains(word), "no {word}");
    }
}

#[test]
fn every_type_becomes_a_pdf_that_conforms_and_is_the_same_twice() {
    for name in PROFILES {
        let profile = profile(name);
        let choices = choices(&profile);
        for one in documents(&profile, &choices, 1) {
            let pdf = render::pdf(&one.numbered, &choices).unwrap();
            assert!(pdf.starts_with(b"%PDF-1.7"));
            assert!(pdf == render::pdf(&one.numbered, &choices).unwrap(), "{}", one.numbered.document.event);
            assert_eq!(one.numbered.bates.pages(), render::pages(&one.numbered.document, &choices));
        }
    }
}

/// The ways in which a value could hide: plain, in UTF-16 both ways round, and in base64 of both alphabets at each of three offsets.
fn disguises(value: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![value.as_bytes().to_vec()];
    forms.push(value.encode_utf16().flat_map(u16::to_le_bytes).collect());
    forms.push(value.encode_utf16().flat_map(u16::to_be_bytes).collect());
    for engine in
        [&base64::engine::general_purpose::URL_SAFE_NO_PAD, &base64::engine::general_purpose::STANDARD_NO_PAD]
    {
        for offset in 0..3 {
            let shifted = [vec![0; offset], value.as_bytes().to_vec()].concat();
            let text = engine.encode(&shifted);
            // The characters that hold nothing but the value.
            let (first, last) = ((offset * 8).div_ceil(6), (offset + value.len()) * 8 / 6);
            forms.push(text.as_bytes()[first..last].to_vec());
        }
    }
    forms
}

#[test]
fn nothing_that_is_withheld_is_in_any_file() {
    for name in PROFILES {
        let profile = profile(name);
        let choices = choices(&profile);
        let mut load = LoadWriter::new(&choices, &profile.columns, DatEncoding::Utf8);
        let mut log = RedactionLog::default();
        let produced = documents(&profile, &choices, 1);
        let mut checked = 0;
        for one in &produced {
            load.push(&one.numbered).unwrap();
            log.push(&one.numbered);
        }
        let load = load.finish();
        let shared = [load.dat, load.csv, load.jsonl, log.finish()];
        for one in &produced {
            let own = [
                render::text(&one.numbered, &choices).into_bytes(),
                render::pdf(&one.numbered, &choices).unwrap(),
                one.native.clone(),
            ];
            for value in &one.withheld {
                // What another record shows with right may stand in a file of all records.
                let elsewhere = produced.iter().any(|other| !std::ptr::eq(other, one) && shows(other, value));
                for form in disguises(value) {
                    let mut files = own.iter().chain(shared.iter().filter(|_| !elsewhere));
                    assert!(
                        !files.any(|file| contains(file, &form)),
                        "{}: {value}",
                        one.numbered.document.event
                    );
                    checked += 1;
                }
            }
        }
        assert!(checked > 500, "only {checked} searches under {name}");
    }
}

fn shows(produced: &Produced, value: &str) -> bool {
    let mut fields = produced.numbered.document.slots.iter().flat_map(|slot| &slot.fields);
    fields.any(|field| field.value.as_ref().is_some_and(|shown| shown.to_string().contains(value)))
}

fn contains(file: &[u8], form: &[u8]) -> bool {
    memchr::memmem::find(file, form).is_some()
}

#[test]
fn the_search_finds_a_value_that_did_leak() {
    for file in [
        "x k3vq7tz2m5ywb4cd x".as_bytes().to_vec(),
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode("{\"a\":\"k3vq7tz2m5ywb4cd\"}").into_bytes(),
    ] {
        assert!(disguises("k3vq7tz2m5ywb4cd").iter().any(|form| contains(&file, form)));
    }
}

#[test]
fn bates_numbers_run_on_without_gap() {
    let profile = profile("civil");
    let choices = choices(&profile);
    let produced = documents(&profile, &choices, 1);
    let numbers: Vec<u64> =
        produced.iter().flat_map(|one| one.numbered.bates.first..=one.numbered.bates.last).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let names: BTreeSet<String> = produced.iter().map(|one| one.numbered.bates.begin()).collect();
    assert_eq!(names.len(), produced.len());
}
