use serde_json::json;

use super::super::look::tests::records;
use super::super::one::answered;
use super::*;
use crate::remote::tests::{connection, each, whole};

fn args(address: &str, more: &[&str]) -> Args {
    Args {
        name: "DAYB-26CR1187-P0001".into(),
        profile: None,
        connection: connection(&[&["--ledger", address], more].concat()),
        purpose: Purpose::of("discovery"),
    }
}

fn production() -> Value {
    let mut answer = answered();
    answer["opened"]["profile_hash"] = profiles::load("civil").unwrap().digest().into();
    answer
}

fn answers(bodies: &[Value]) -> Vec<String> {
    bodies.iter().map(|body| whole("200 OK", "", &body.to_string())).collect()
}

#[test]
fn every_page_is_asked_for_after_the_last_record_of_the_one_before() {
    let all = records();
    let bodies = [
        production(),
        json!({ "production": "p", "records": all[..2], "next": 20 }),
        json!({ "production": "p", "records": all[2..] }),
    ];
    let (address, heard) = each(answers(&bodies));
    run(&args(&address, &["--json"])).unwrap();
    let heard = heard.join().unwrap();
    assert!(heard[0].starts_with("GET /v1/productions/DAYB-26CR1187-P0001 HTTP"), "{heard:?}");
    assert!(
        heard[1].starts_with("GET /v1/productions/DAYB-26CR1187-P0001/review?limit=500 HTTP"),
        "{heard:?}"
    );
    assert!(heard[2].contains("/review?limit=500&after=20 HTTP"), "{heard:?}");
}

#[test]
fn a_review_that_is_not_whole_is_none() {
    for (records, words) in [
        (records()[..3].to_vec(), "3 records came and the production found 4"),
        (records().into_iter().rev().collect(), "order of the log"),
    ] {
        let (address, _) = each(answers(&[production(), json!({ "production": "p", "records": records })]));
        let trouble = run(&args(&address, &[])).unwrap_err().to_string();
        assert!(trouble.contains(words), "{trouble}");
    }
}

#[test]
fn a_notice_that_stops_the_production_fails_the_command() {
    let dir = tempfile::tempdir().unwrap();
    let strict = dir.path().join("civil.toml");
    let civil = include_str!("../../../../../ops/profiles/civil.toml");
    std::fs::write(&strict, civil.replace("federal_detainees = \"warn\"", "federal_detainees = \"block\""))
        .unwrap();
    let mut answer = production();
    let profile = profiles::load(strict.to_str().unwrap()).unwrap();
    answer["opened"]["profile_hash"] = profile.digest().into();
    let (address, _) = each(answers(&[answer, json!({ "production": "p", "records": records() })]));
    let mut args = args(&address, &[]);
    args.profile = Some(strict.display().to_string());
    let trouble = run(&args).unwrap_err();
    assert!(matches!(trouble, Trouble::Refused { code: "notice-blocks", .. }), "{trouble}");
    assert!(trouble.to_string().contains("Entry 20: 8 CFR 236.6"), "{trouble}");
}

#[test]
fn another_profile_than_the_recorded_one_reviews_nothing() {
    let (address, _) = each(answers(&[answered()]));
    let trouble = run(&args(&address, &[])).unwrap_err();
    assert!(matches!(trouble, Trouble::Refused { code: "other-profile", .. }), "{trouble}");
}

fn looked() -> Vec<Looked> {
    let (address, _) = each(answers(&[production(), json!({ "production": "p", "records": records() })]));
    let ledger = connection(&["--ledger", &address]).open().unwrap();
    let (_, production) = one::fetch(&ledger, "DAYB-26CR1187-P0001").unwrap();
    let mut kept = Vec::new();
    let profile = profiles::load("civil").unwrap();
    look::over(&ledger, &production, &profile, |page| kept.extend_from_slice(page)).unwrap();
    kept
}

#[test]
fn a_person_reads_what_goes_out_and_why_the_rest_stays_back() {
    let looked = looked();
    assert_eq!(stays_back(&looked[0]), "the whole, privileged: attorney-client");
    assert_eq!(stays_back(&looked[2]), "the whole, excluded: agreement");
    assert_eq!(stays_back(&looked[3]), "the whole, sealed by entry 80");
    assert_eq!(goes_out(&looked[3]), "no");
    let (out, back) = (goes_out(&looked[1]), stays_back(&looked[1]));
    assert!(out.ends_with("; opened: case_number"), "{out}");
    assert!(back.contains("matter_ref (identity)"), "{back}");
    assert!(
        back.contains("times (sealed by entry 80)") && back.contains("person_match (erased by entry 81)"),
        "{back}"
    );
}

#[test]
fn a_program_reads_the_same_with_authority_and_label() {
    let one = as_json(&looked()[1]);
    let slot = |name: &str| {
        let slots = one["slots"].as_array().unwrap();
        slots.iter().find(|slot| slot["slot"] == name).unwrap().clone()
    };
    assert_eq!(slot("case_number"), json!({ "slot": "case_number", "becomes": "shown", "opened": true }));
    assert_eq!(slot("times"), json!({ "slot": "times", "becomes": "sealed", "by": 80 }));
    assert_eq!(slot("matter_ref")["authority"], "C.R.S. 24-74-103");
}
