use clap::{Args as _, FromArgMatches as _};

use super::*;
use crate::remote::tests::{connection, once, whole};

const COMMON: [&str; 10] = [
    "--prefix",
    "DAYB-26CR1187-",
    "--basis",
    "discovery",
    "--requester",
    "defense",
    "--profile",
    "civil",
    "--purpose",
    "discovery",
];

fn parsed(args: &[&str]) -> Result<Args, clap::Error> {
    let command = Args::augment_args(clap::Command::new("new"));
    Args::from_arg_matches(&command.try_get_matches_from(std::iter::once(&"new").chain(args))?)
}

fn with(more: &[&str]) -> Args {
    parsed(&[&COMMON[..], more].concat()).unwrap()
}

fn asked(more: &[&str]) -> Result<Value, Trouble> {
    let args = with(more);
    body(&args, &profiles::load(&args.profile)?)
}

fn usage(more: &[&str]) -> String {
    match asked(more).unwrap_err() {
        Trouble::Usage(words) => words,
        other => panic!("another trouble: {other}"),
    }
}

#[test]
fn a_production_is_asked_for_with_all_that_the_ledger_records_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let case = dir.path().join("case.txt");
    std::fs::write(&case, "26CR1187\n").unwrap();
    let more = [
        "--matter",
        "k3vq7tz2m5ywb4cdnxr6gh2sja",
        "--type",
        "request.received",
        "--request-number",
        "2026-D-17",
        "--case-number-file",
        case.to_str().unwrap(),
        "--privileged",
        "20-22,17=attorney-client",
        "--privileged",
        "40=work-product",
        "--exclude",
        "30=agreement",
    ];
    let wanted = json!({
        "bates_prefix": "DAYB-26CR1187-", "basis": "discovery", "requester": "defense",
        "profile": { "name": "civil", "hash": profiles::load("civil").unwrap().digest() },
        "confidentiality": "none", "time_zone": "America/Denver", "request_number": "2026-D-17",
        "case_number": "26CR1187", "matter": "k3vq7tz2m5ywb4cdnxr6gh2sja",
        "query": { "types": ["request.received"], "matter": "k3vq7tz2m5ywb4cdnxr6gh2sja" },
        "privileged": [
            { "entries": ["17", "20-22"], "privilege": "attorney-client" },
            { "entries": ["40"], "privilege": "work-product" },
        ],
        "excluded": [{ "entries": ["30"], "reason": "agreement" }],
    });
    assert_eq!(asked(&more).unwrap(), wanted);
    let by_entry = asked(&["--entry", "20-22", "17", "--confidentiality", "confidential"]).unwrap();
    assert_eq!(by_entry["entries"], json!(["17", "20-22"]));
    assert_eq!(by_entry["confidentiality"], "confidential");
    assert!(by_entry.get("query").is_none() && by_entry.get("privileged").is_none());
}

#[test]
fn the_profile_says_how_confidential_it_is_unless_it_is_said() {
    let args = parsed(
        &[&["--profile", "attorneys-eyes-only"], &COMMON[..6], &COMMON[8..], &["--entry", "1"]].concat(),
    );
    let args = args.unwrap();
    let body = body(&args, &profiles::load(&args.profile).unwrap()).unwrap();
    assert_eq!(body["confidentiality"], "attorneys_eyes_only");
}

#[test]
fn records_are_named_in_one_way_and_never_all_of_the_ledger() {
    assert!(usage(&[]).contains("name the records"));
    assert!(usage(&["--entry", "17", "--matter", "h"]).contains("--entry names"));
    assert!(usage(&["--entry", "17", "17"]).starts_with("--entry: "));
}

#[test]
fn what_stays_back_as_a_whole_has_a_code_that_there_is() {
    let words = usage(&["--entry", "17", "--privileged", "17=clergy"]);
    assert!(words.contains("attorney-client") && words.contains("informer"), "{words}");
    assert!(usage(&["--entry", "17", "--privileged", "17"]).contains("17,20-22=privilege"));
    let words = usage(&["--entry", "17", "--exclude", "17=relevance"]);
    assert!(words.contains("identity") && words.contains("agreement"), "{words}");
    assert!(asked(&["--entry", "17", "--exclude", "17=security"]).is_ok(), "a reason of the profile");
    assert!(usage(&["--entry", "17", "--exclude", "x=agreement"]).starts_with("--exclude: "));
}

#[test]
fn a_courts_order_is_named_and_a_time_zone_is_one() {
    let order = ["--prefix", "D-", "--basis", "court_order", "--entry", "1"];
    let args = parsed(&[&order[..], &COMMON[4..]].concat()).unwrap();
    let fault = body(&args, &profiles::load("civil").unwrap()).unwrap_err();
    assert!(fault.to_string().contains("--order-number-file"), "{fault}");
    assert!(usage(&["--entry", "1", "--time-zone", "Denver"]).contains("--time-zone"));
    for wrong in ["DAYB-26CR1187", "dayb-", "-", "", "A B-", "ABCDEFGHIJKLMNOPQRSTUVWX-"] {
        assert!(parsed(&[&["--prefix", wrong], &COMMON[2..]].concat()).is_err(), "{wrong}");
    }
    assert!(parsed(&[&["--prefix", "A", "--basis", "whim"], &COMMON[4..]].concat()).is_err());
}

#[test]
fn a_notice_that_blocks_is_said_before_anything_is_asked() {
    // Nobody listens there: had it been asked, the trouble would be another.
    let args = [
        "--prefix",
        "D-",
        "--basis",
        "cora",
        "--requester",
        "federal",
        "--profile",
        "civil",
        "--purpose",
        "public_record",
        "--entry",
        "1",
        "--ledger",
        "http://127.0.0.1:1",
    ];
    let refused = run(&parsed(&args).unwrap()).unwrap_err();
    assert!(matches!(refused, Trouble::Refused { code: "notice-blocks", .. }), "{refused}");
}

#[test]
fn whoever_asks_reads_that_nothing_has_left_and_who_does_what_next() {
    let made: Made = serde_json::from_value(json!({
        "production": "DAYB-26CR1187-P0001", "opened": "o", "entry": 92, "request": "r", "request_entry": 93,
        "searched_size": 91, "found": 57, "produced": 55, "withheld": 2,
    }))
    .unwrap();
    let words = told(&made).join("\n");
    for word in [
        "57 records up to a log of 91 entries",
        "2 as a whole",
        "r, entry 93",
        "Nothing has left",
        "production review DAYB-26CR1187-P0001",
        "within 7 days",
        "production approve DAYB-26CR1187-P0001",
        "production build DAYB-26CR1187-P0001",
    ] {
        assert!(words.contains(word), "{word}: {words}");
    }
}

#[test]
fn the_purpose_travels_with_the_request() {
    let body = json!({
        "production": "D-P0001", "opened": "o", "entry": 1, "request": "r", "request_entry": 2, "searched_size": 1, "found": 1,
        "produced": 1, "withheld": 0,
    });
    let (address, heard) = once(whole("201 Created", "", &body.to_string()));
    let mut args = with(&["--entry", "1", "--reference", "2026-D-17"]);
    args.connection = connection(&["--ledger", &address, "--json"]);
    run(&args).unwrap();
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("POST /v1/productions HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("daybook-purpose: discovery 2026-D-17\r\n"), "{heard}");
}
