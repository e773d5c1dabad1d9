//! Import: each row once, quirks kept, what cannot be an event told without its value.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use common::{TestLedger, check_chain, make_home};
use daybook_event::{Catalogue, OsEntropy, Token, check_content, show};
use daybook_producer::import::{ImportError, ImportReport, Reject, import};
use daybook_producer::mapping::{Mapping, MappingError};
use daybook_producer::{Home, OutboxError};
use serde_json::{Map, Value};

const DETAINERS: &str = include_str!("../../../ops/mappings/travis-county-detainers.toml");
const HEADER: &str = "booking,detainer,booked_on,local_charges,felony_charges,local_custody_ended_on,local_outcome,detainer_ended_on,detainer_outcome\n";

/// Lines 2 to 15. What each is for stands beside it.
const QUIRKS: &[&str] = &[
    "B1,1,2012-01-01,1,0,2012-02-01,SENTENCE COMPLETE,2012-02-01,RELEASED TO ICE", // plain
    "B2,1,2012-01-02,1,0,2012-02-03,BOND-SURETY,2012-01-30,RELEASED TO ICE", // ends before local custody
    "B2,2,2012-01-02,1,0,2012-02-03,BOND-SURETY,2012-01-30,RELEASED TO ICE", // the same departure
    "B2,3,2012-01-02,1,0,2012-02-03,BOND-SURETY,2012-01-05,ERROR IN ENTRY",  // no departure
    "B3,1,2012-01-03,0,0,,,2012-01-09,RELEASED TO OTHER AGENCY",             // no local charge
    "B4,1,2012-01-04,1,0,,,,",                                               // open
    "B5,1,2012-01-05,1,0,2011-12-31,DISMISSAL,2012-01-06,WARRANT WITHDRAWN", // over before booking, let go
    "B6,1,2012-01-06,1,0,2012-01-20,DISMISSAL,2012-01-10,WARRANT WITHDRAWN", // still held when it ended
    "B1,1,2012-01-01,1,0,2012-02-01,SENTENCE COMPLETE,2012-02-01,RELEASED TO ICE", // line 10: a row repeated
    "B7,1,2012-13-07,1,0,,,,",                                               // line 11: no date
    "B8,1,,1,0,,,2012-02-01,RELEASED TO ICE",                                // line 12: nothing to link to
    "B9,1,2012-01-09,1,0,2012-01-10,PARDONED,2012-01-11,SPIRITED AWAY",      // line 13: unknown words
    "B10,1,2012-01-10",                                                      // line 14: cells missing
    ",1,2012-01-11,1,0,,,,",                                                 // line 15: no identity
];

struct Run {
    report: ImportReport,
    rejects: Vec<Reject>,
}

fn mapping() -> Mapping {
    Mapping::parse(DETAINERS, Catalogue::builtin()).unwrap()
}

fn run(home: &Home, table: &str, dry_run: bool) -> Run {
    let mut rejects = Vec::new();
    let report = import(
        home,
        &mapping(),
        table.as_bytes(),
        dry_run,
        &mut OsEntropy,
        &mut |reject| {
            rejects.push(reject.clone());
            Ok(())
        },
        &mut |_| {},
    )
    .unwrap();
    Run { report, rejects }
}

fn quirks() -> String {
    format!("{HEADER}{}\n", QUIRKS.join("\n"))
}

/// Type and fields of everything that waits, opened as the ledger opens it.
fn waiting(home: &Home) -> Vec<(String, String, Map<String, Value>)> {
    let catalogue = Catalogue::builtin();
    home.outbox()
        .pending_from(0, 4_096)
        .unwrap()
        .iter()
        .map(|event| {
            let token = Token::parse(&event.compact).unwrap();
            check_content(&token, catalogue).unwrap();
            let fields = show(&token, catalogue).unwrap().fields;
            (event.jti.clone(), event.event_type.clone(), fields)
        })
        .collect()
}

#[test]
fn every_quirk_becomes_what_the_mapping_says_and_nothing_is_hidden() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), "nats://127.0.0.1:1", &TestLedger::new(1));
    let Run { report, rejects } = run(&home, &quirks(), false);
    assert_eq!(
        report.made_by_type(),
        BTreeMap::from([
            // 8 plain rows and B9; not the repeated one, B7, B8, B10 and the one without identity.
            ("request.received", 9),
            ("paper.classified", 9),
            // B1, B2, B5, B6; not B9, whose outcome is unknown.
            ("release.eligible", 4),
            // B1, B2 once.
            ("custody.transferred", 2),
            // B3 to another agency, B5 let go; not B6, who was still held.
            ("release.completed", 2),
        ])
    );
    let told: Vec<(u64, &str, &str)> =
        rejects.iter().map(|reject| (reject.line, reject.event.as_str(), reject.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (10, "request", "repeated-row"),
            (10, "paper", "repeated-row"),
            (11, "request", "not-a-date"),
            (11, "paper", "not-a-date"),
            (12, "request", "missing-value"),
            (12, "paper", "missing-value"),
            (12, "transferred", "no-event-to-link-to"),
            (13, "", "unknown-value"),
            (13, "", "unknown-value"),
            (13, "eligible", "unknown-value"),
            (14, "", "malformed-row"),
            (15, "request", "missing-value"),
            (15, "paper", "missing-value"),
        ]
    );
    let text = format!("{rejects:?}");
    assert!(
        !text.contains("SPIRITED") && !text.contains("2012-13") && !text.contains("B9"),
        "no values: {text}"
    );
    assert_eq!(report.rejected(), 13);
    assert_eq!(check_chain(&home), 26);
}

#[test]
fn a_matter_has_one_random_token_and_later_events_link_to_earlier_ones() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), "nats://127.0.0.1:1", &TestLedger::new(1));
    run(&home, &quirks(), false);
    let events = waiting(&home);
    let of_type = |wanted: &str| events.iter().filter(|(_, ty, _)| ty == wanted).collect::<Vec<_>>();
    let requests = of_type("request.received");
    let token =
        |event: &(String, String, Map<String, Value>)| event.2["matter_ref"].as_str().unwrap().to_owned();
    assert_eq!(token(requests[1]), token(requests[2]), "two detainers of one booking");
    let tokens: std::collections::HashSet<String> = requests.iter().map(|event| token(event)).collect();
    assert_eq!(tokens.len(), 7, "seven bookings");
    let transferred = of_type("custody.transferred")[1];
    assert_eq!(token(transferred), token(requests[1]));
    let links = transferred.2["links"].as_array().unwrap();
    let paper = events.iter().find(|(jti, ..)| links[0]["jti"] == **jti).unwrap();
    let eligible = events.iter().find(|(jti, ..)| links[1]["jti"] == **jti).unwrap();
    assert_eq!((paper.1.as_str(), eligible.1.as_str()), ("paper.classified", "release.eligible"));
    assert_eq!(token(eligible), token(transferred));
    assert_eq!(
        transferred.2["occurred_at"], "2012-01-30",
        "the day as the file has it, before the eligibility"
    );
    let all = format!("{events:?}");
    assert!(!all.contains("B2"), "no booking leaves the department");
}

#[test]
fn importing_twice_changes_nothing_and_a_longer_table_adds_only_what_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), "nats://127.0.0.1:1", &TestLedger::new(1));
    let first = run(&home, &quirks(), false).report;
    let second = run(&home, &quirks(), false).report;
    assert_eq!((first.made(), second.made()), (26, 0));
    assert_eq!(second.events["request"].already, 10, "the repeated row among them");
    let tokens: Vec<Value> = waiting(&home).iter().map(|(.., fields)| fields["matter_ref"].clone()).collect();
    let longer = format!("{}B1,2,2012-01-01,1,0,2012-02-01,SENTENCE COMPLETE,,\n", quirks());
    let third = run(&home, &longer, false).report;
    assert_eq!((third.made(), third.numbers), (2, (26, 28)));
    assert_eq!(third.events["eligible"].already, 8, "all rows of the four bookings, the new one among them");
    assert_eq!(waiting(&home)[26].2["matter_ref"], tokens[0], "the booking keeps its token");
}

#[test]
fn a_rehearsal_promises_what_the_import_makes_and_keeps_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), "nats://127.0.0.1:1", &TestLedger::new(1));
    let rehearsed = run(&home, &quirks(), true);
    assert_eq!(check_chain(&home), 0);
    let made = run(&home, &quirks(), false);
    assert_eq!(rehearsed.report, made.report);
    assert_eq!(rehearsed.rejects, made.rejects);
}

#[test]
fn an_import_that_dies_in_the_middle_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), "nats://127.0.0.1:1", &TestLedger::new(1));
    let rows: Vec<String> = (0..2_000)
        .map(|row| format!("C{row},1,2012-01-01,1,0,2012-02-01,DISMISSAL,2012-02-02,RELEASED TO ICE"))
        .collect();
    let table = format!("{HEADER}{}\n", rows.join("\n"));
    // The list of rejects fails late in the table: the group in work is lost, those before it are not.
    let broken = table.replace("C1900,1,2012-01-01", "C1900,1,someday");
    let failed = import(
        &home,
        &mapping(),
        broken.as_bytes(),
        false,
        &mut OsEntropy,
        &mut |_| Err(std::io::Error::other("disk full")),
        &mut |_| {},
    );
    assert!(matches!(failed, Err(ImportError::Rejects(_))), "{failed:?}");
    let before = check_chain(&home);
    assert!(before > 4_000 && before < 7_700, "{before}");
    let report = run(&home, &table, false).report;
    assert_eq!(before + report.made(), 8_000);
    assert_eq!(check_chain(&home), 8_000);
}

#[test]
fn the_real_file_gives_what_its_mapping_promises() {
    let path = std::env::var_os("DAYBOOK_DATA").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/data/travis-county-detainers.csv"
            ))
        },
        PathBuf::from,
    );
    let Ok(table) = std::fs::read_to_string(&path) else {
        println!("not run: {} is not there; name the file with DAYBOOK_DATA", path.display());
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), "nats://127.0.0.1:1", &TestLedger::new(1));
    let Run { report, rejects } = run(&home, &table, false);
    assert_eq!((report.rows, rejects.as_slice()), (9_602, [].as_slice()));
    assert_eq!(
        report.made_by_type(),
        BTreeMap::from([
            ("request.received", 9_602),
            ("paper.classified", 9_602),
            ("release.eligible", 9_243),
            ("custody.transferred", 8_038),
            ("release.completed", 1_060),
        ])
    );
    assert_eq!(check_chain(&home), 37_545);
    assert_eq!(run(&home, &table, false).report.made(), 0, "twice changes nothing");
}

#[test]
fn a_mapping_that_cannot_work_says_why_before_anything_is_made() {
    let catalogue = Catalogue::builtin();
    let refused = |from: &str, to: &str| {
        assert!(DETAINERS.contains(from), "{from}");
        Mapping::parse(&DETAINERS.replacen(from, to, 1), catalogue).unwrap_err().to_string()
    };
    for (from, to, says) in [
        ("identity = [\"booking\", \"detainer\"]", "identity = []", "identity"),
        ("type = \"request.received\"", "type = \"request.recieved\"", "not in the catalogue"),
        ("request_kind = { const = \"hold\" }\n", "", "needs the field \"request_kind\""),
        ("request_kind = {", "colour = {", "no such field"),
        ("{ const = \"hold\" }", "{ const = \"hold\", day = \"booked_on\" }", "exactly one"),
        ("to = \"request\"", "to = \"paper\"", "no event before it"),
        ("map = \"ground\"", "map = \"grounds\"", "[values.grounds]"),
        ("present = true }", "present = true, equals = \"x\" }", "exactly one"),
        ("name = \"paper\"", "name = \"request\"", "a name of its own"),
        ("const = false", "const = 1.5", "constant"),
        ("title = ", "titel = ", "titel"),
    ] {
        let text = refused(from, to);
        assert!(text.contains(says), "{from} -> {to}: {text}");
    }
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), "nats://127.0.0.1:1", &TestLedger::new(1));
    let table = quirks().replace("booked_on", "booked");
    let none = &mut |_: &Reject| Ok(());
    let error =
        import(&home, &mapping(), table.as_bytes(), false, &mut OsEntropy, none, &mut |_| {}).unwrap_err();
    assert!(matches!(error, ImportError::Mapping(MappingError::NoColumn { .. })), "{error}");
    assert!(error.to_string().contains("booked_on"), "{error}");
}

#[test]
fn cells_that_are_no_text_or_hold_what_is_never_taken_are_rejected() {
    let mapping = r#"
        name = "m"
        identity = ["id"]
        [[event]]
        name = "e"
        type = "release.eligible"
        [event.fields]
        ground = { column = "ground" }
        occurred_at = { day = "day", format = "%m/%d/%Y" }
        recorded_at = { day = "day", format = "%m/%d/%Y" }
        unit = { column = "unit", optional = true }
        matter_ref = { matter = "id" }
    "#;
    let mapping = Mapping::parse(mapping, Catalogue::builtin()).unwrap();
    let mut table = b"id,day,ground,unit\n1,01/31/2012,acquitted,Desk\n2,01/31/2012,acquitted,\n".to_vec();
    table.extend_from_slice(
        b"3,01/31/2012,acquitted,\xff\n4,01/31/2012,whim,Desk\n5,01/31/2012,acquitted,A123456789\n",
    );
    let dir = tempfile::tempdir().unwrap();
    let home = make_home(dir.path(), "nats://127.0.0.1:1", &TestLedger::new(1));
    let mut rejects = Vec::new();
    let mut keep = |reject: &Reject| {
        rejects.push((reject.line, reject.reason.as_str().to_owned()));
        Ok(())
    };
    let report =
        import(&home, &mapping, table.as_slice(), false, &mut OsEntropy, &mut keep, &mut |_| {}).unwrap();
    assert_eq!(report.made(), 2);
    let expected = [(4, "malformed-row"), (5, "schema"), (6, "forbidden-data")];
    assert_eq!(rejects, expected.map(|(line, reason)| (line, reason.to_owned())));
    assert_eq!(waiting(&home)[0].2["occurred_at"], "2012-01-31");
}

#[test]
fn an_import_error_is_told_apart_from_a_full_outbox() {
    let full = OutboxError::Full { pending: 1, bound: 1 };
    assert!(ImportError::from(full).to_string().contains("daybook producer run"));
}
