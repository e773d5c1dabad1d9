use clap::{Args as _, FromArgMatches as _};

use super::*;

fn parsed(args: &[&str]) -> Result<Which, clap::Error> {
    let command = Which::augment_args(clap::Command::new("search"));
    Which::from_arg_matches(&command.try_get_matches_from(std::iter::once(&"search").chain(args))?)
}

#[test]
fn what_is_typed_becomes_the_body_that_the_ledger_reads() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("case");
    std::fs::write(&file, "CV-2026-117\n").unwrap();
    let identifier = format!("case_number={}", file.display());
    let jti = "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f";
    let which = parsed(&[
        "--type",
        "access.requested",
        "--type",
        "access.decided",
        "--department",
        "sheriff",
        "--producer",
        "sheriff/jail-records",
        "--month",
        "2026-05",
        "--code",
        "agency=ice_ero",
        "--code",
        "agency=fbi",
        "--code",
        "channel=fax",
        "--from",
        "2026-05-01",
        "--to",
        "2026-05-31",
        "--received-from",
        "2026-05-02",
        "--identifier-file",
        &identifier,
        "--matter",
        "h",
        "--linked-to",
        jti,
        "--at",
        "4000",
    ])
    .unwrap();
    let wanted = json!({
        "types": ["access.requested", "access.decided"],
        "departments": ["sheriff"],
        "producers": ["sheriff/jail-records"],
        "periods": ["2026-05"],
        "codes": { "agency": ["ice_ero", "fbi"], "channel": ["fax"] },
        "occurred": { "from": "2026-05-01", "to": "2026-05-31" },
        "received": { "from": "2026-05-02" },
        "identifiers": { "case_number": "CV-2026-117" },
        "matter": "h",
        "linked_to": jti,
        "at": 4000,
    });
    assert_eq!(Value::Object(which.body().unwrap()), wanted);
}

#[test]
fn a_query_for_everything_says_nothing() {
    assert!(parsed(&[]).unwrap().body().unwrap().is_empty());
}

#[test]
fn a_slip_is_told_before_the_ledger_is_asked() {
    assert!(parsed(&["--type", "Access Requested"]).is_err());
    assert!(parsed(&["--month", "2026-13"]).is_err());
    assert!(parsed(&["--code", "agency"]).is_err());
    assert!(parsed(&["--from", "05/01/2026"]).is_err());
    let backwards = parsed(&["--from", "2026-05-02", "--to", "2026-05-01"]).unwrap().body();
    assert!(matches!(backwards, Err(Trouble::Usage(_))));
    let twice =
        parsed(&["--identifier-file", "badge=/dev/null", "--identifier-file", "badge=/dev/null"]).unwrap();
    assert!(twice.body().is_err());
    let both = parsed(&["--identifier-file", "badge=-", "--identifier-file", "case_number=-"]).unwrap();
    assert!(both.body().unwrap_err().to_string().contains("standard input"));
}
