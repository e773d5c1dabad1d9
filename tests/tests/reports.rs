//! Reports of real ledgers: their figures equal counts made without the ledger's code, the same ledger gives the same bytes, and what must not be
//! told is not told.

mod reports {
    pub(crate) mod ledgers;
    pub(crate) mod small;
}

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use daybook_tests::{Ledger, daybook, jail_data, run_ok};
use reports::ledgers::{Told, examples, signed_in_order};
use reports::small::small_figures;
use serde_json::Value;

const USAGE: i32 = 2;
const REFUSED: i32 = 3;

/// The period of nearly all examples of the packs.
const MARCH: [&str; 4] = ["--from", "2026-03-01", "--to", "2026-03-31"];
/// The column of findings that were closed, in the table by rule.
const CLOSED: usize = 5;
const KINDS: [&str; 3] = ["council", "grant-conditions", "department"];
const FORMATS: [&str; 4] = ["html", "pdf", "csv", "json"];

/// `daybook report KIND` of a ledger.
fn report(dir: &Path, kind: &str, rest: &[&str]) -> Command {
    let mut call = daybook();
    call.args(["report", kind, "--dir"]).arg(dir).args(rest);
    if kind == "department" {
        call.args(["--department", "sheriff"]);
    }
    call
}

fn read(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("a report in JSON")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The block of a report with an id.
fn block<'r>(report: &'r Value, id: &str) -> &'r Value {
    let blocks = report["sections"]
        .as_array()
        .expect("sections")
        .iter()
        .flat_map(|section| section["blocks"].as_array().expect("blocks"));
    blocks.into_iter().find(|block| block["id"] == id).unwrap_or_else(|| panic!("no block {id}"))
}

/// A count of a table, by the heads of its row and column.
fn count(report: &Value, table: &str, row: &str, column: &str) -> u64 {
    let table = block(report, table);
    let columns = table["columns"].as_array().expect("columns");
    let place =
        columns.iter().position(|one| one["head"] == column).unwrap_or_else(|| panic!("no column {column}"));
    let rows = table["rows"].as_array().expect("rows").iter().chain(std::iter::once(&table["total"]));
    let row = rows.into_iter().find(|one| one["head"] == row);
    row.map_or(0, |row| row["cells"][place]["value"].as_u64().expect("a count"))
}

/// The rows of a table that count something, with the value of their last column.
fn last_column(report: &Value, table: &str) -> BTreeMap<String, u64> {
    let rows = block(report, table)["rows"].as_array().expect("rows");
    rows.iter()
        .map(|row| {
            let cells = row["cells"].as_array().expect("cells");
            let last = cells.last().expect("a column")["value"].as_u64().expect("a count");
            (row["head"].as_str().expect("a head").to_owned(), last)
        })
        .collect()
}

#[test]
fn a_council_report_counts_what_was_signed_whatever_the_order_and_says_it_in_the_same_bytes() {
    let told = examples();
    let mut sections = Vec::new();
    let tomorrow = format!("{:.0}", jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24));
    for seed in [1, 2] {
        let mut ledger = Ledger::running();
        signed_in_order(&ledger, &told, seed);
        ledger.kill();
        ledger.start();
        ledger.stop();
        let dir = ledger.dir();
        let made = run_ok(report(&dir, "council", &MARCH).args(["--format", "json", "--as-of", &tomorrow]));
        let made = read(&made);
        counts_agree(&made, &told);
        sections.push(without_the_ledgers_own_days(&made));
        if seed == 1 {
            same_bytes(&dir);
            nothing_personal(&dir, &told);
        }
        assert_eq!(made["checkpoint"]["size"].as_u64(), Some(ledger.size()));
        assert_eq!(ledger.verify()["ok"], true);
    }
    let [first, second] = &sections[..] else { panic!("two ledgers") };
    for (first, second) in first.iter().zip(second) {
        for (first, second) in rows(first).iter().zip(&rows(second)) {
            assert_eq!(first, second, "the first row that differs");
        }
        assert_eq!(first, second, "another order of arrival gives the same figures");
    }
    assert_eq!(first.len(), second.len());
}

/// What a report says, section by section, without what depends on how the test ran: the day on which the ledger adopted its packs, findings that
/// were raised before the records came that closed them, and rule R47, which speaks of corrections after a finding was raised.
fn without_the_ledgers_own_days(report: &Value) -> Vec<Value> {
    let mut sections = report["sections"].as_array().expect("sections").clone();
    for section in &mut sections {
        let blocks = section["blocks"].as_array_mut().expect("blocks");
        blocks.retain(|block| {
            !["rule-changes", "findings-by-severity", "findings-by-department"]
                .iter()
                .any(|id| block["id"] == *id)
        });
        for block in blocks {
            let rule = block["id"] == "findings-by-rule";
            let Some(rows) = block["rows"].as_array_mut().filter(|_| rule) else { continue };
            for row in rows.iter_mut() {
                row["cells"][CLOSED]["value"] = 0.into();
            }
            rows.retain(|row| {
                let own = row["head"].as_str().is_some_and(|head| head.contains("R47"));
                !own && row["cells"].as_array().expect("cells").iter().any(|cell| cell["value"] != 0)
            });
        }
    }
    sections
}

/// The rows of all tables of a section, short enough to be read when they differ.
fn rows(section: &Value) -> Vec<String> {
    let blocks = section["blocks"].as_array().expect("blocks").iter();
    blocks.flat_map(|block| block["rows"].as_array().into_iter().flatten()).map(ToString::to_string).collect()
}

fn counts_agree(report: &Value, told: &[Told]) {
    let march = |one: &&Told| one.stands && ("2026-03-01"..="2026-03-31").contains(&&one.day[..10]);
    let of = |kind: &'static str| told.iter().filter(march).filter(move |one| one.kind.as_str() == kind);
    let by = |kind: &'static str, field: &str| {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        of(kind).for_each(|one| *counts.entry(one.text(field)).or_default() += 1);
        counts
    };
    let sorted = |counts: BTreeMap<String, u64>| {
        let mut counts: Vec<u64> = counts.into_values().collect();
        counts.sort_unstable();
        counts
    };
    for (table, kind, field) in [
        ("requests-by-kind", "request.received", "request_kind"),
        ("answers", "request.answered", "ground"),
        ("papers-by-class", "paper.classified", "paper_class"),
        ("access-by-building", "access.requested", "building_class"),
        ("transfers-by-agency", "custody.transferred", "receiving_agency"),
        ("arrests-by-place", "federal_arrest.observed", "place_class"),
        ("questions-by-ground", "status_question.asked", "ground"),
        ("interviews-by-mode", "interview.closed", "mode"),
        ("subpoenas-by-class", "subpoena.decided", "subpoena_class"),
    ] {
        let counted = match table {
            "access-by-building" => block(report, table)["rows"]
                .as_array()
                .expect("rows")
                .iter()
                .map(|row| (row["head"].to_string(), row["cells"][0]["value"].as_u64().expect("a count")))
                .collect(),
            table => last_column(report, table),
        };
        let expected = by(kind, field);
        assert!(!expected.is_empty(), "the examples have {kind}");
        assert_eq!(sorted(counted), sorted(expected), "{table}");
    }
    assert_eq!(
        count(report, "glance", "Release notices", "Number"),
        of("release.notice_sent").count() as u64
    );
    let corrected = told.iter().filter(|one| !one.stands && one.day.starts_with("2026-03")).count() as u64;
    assert_eq!(block(report, "left-out")["rows"][0]["cells"][0]["value"].as_u64(), Some(corrected));
    assert!(corrected > 0, "the examples have corrections");
}

/// Every kind in every format, twice, each in a process of its own.
fn same_bytes(dir: &Path) {
    for kind in KINDS {
        for format in FORMATS {
            let made = || run_ok(report(dir, kind, &MARCH).args(["--format", format])).stdout;
            let first = made();
            assert!(first.len() > 1_000, "{kind} {format}");
            assert_eq!(first, made(), "{kind} {format}");
        }
    }
    let public = |format| {
        run_ok(
            report(dir, "public", &["--from", "2025-01-01", "--to", "2026-06-30"])
                .args(["--format", format])
                .args(["--as-of", "2027-03-01"]),
        )
        .stdout
    };
    for format in FORMATS {
        assert_eq!(public(format), public(format), "public {format}");
    }
}

/// No report holds the identifier of an event or matter, a time of day of an event, or a withheld value.
fn nothing_personal(dir: &Path, told: &[Told]) {
    for kind in KINDS {
        let text = String::from_utf8(run_ok(report(dir, kind, &MARCH).args(["--format", "json"])).stdout)
            .expect("text");
        for one in told {
            for withheld in
                ["matter_ref", "location", "case_number", "language", "document_hash", "content_hash"]
            {
                let value = one.text(withheld);
                assert!(value.len() < 6 || !text.contains(&value), "{kind} holds {withheld} {value}");
            }
            assert!(
                one.day.len() < 16 || !text.contains(&one.day[..16]),
                "{kind} holds the time {}",
                one.day
            );
        }
        assert_eq!(
            text.contains("F-"),
            kind == "department",
            "only a department reads names of findings: {kind}"
        );
    }
}

#[test]
fn wrong_calls_are_told_what_would_be_right() {
    let ledger = Ledger::running();
    ledger.producer("sheriff", "jail-records");
    ledger.producer("library", "desk");
    let dir = ledger.dir();
    let fails = |code: i32, call: &mut Command, says: &str| {
        let output = call.output().expect("it starts");
        assert_eq!(output.status.code(), Some(code), "{}", words(&output));
        assert!(words(&output).contains(says), "{}", words(&output));
        assert!(output.stdout.is_empty());
    };
    let json = ["--format", "json"];
    let year = ["--from", "2025-01-01", "--to", "2025-12-31"];
    let call = |kind: &str, rest: &[&str]| {
        let mut call = daybook();
        call.args(["report", kind, "--dir"]).arg(&dir).args(json).args(rest);
        call
    };
    fails(
        USAGE,
        &mut call("council", &["--from", "2025-12-31", "--to", "2025-01-01"]),
        "exchange the two days",
    );
    fails(USAGE, call("department", &year).args(["--department", "sherif"]), "there are library, sheriff");
    fails(USAGE, &mut call("department", &year), "--department is missing");
    fails(
        USAGE,
        call("council", &year).args(["--department", "sheriff"]),
        "belongs to the report `department`",
    );
    fails(USAGE, call("council", &year).args(["--enforceable", "notice=no"]), "grant-conditions");
    fails(USAGE, call("grant-conditions", &year).args(["--enforceable", "notice=perhaps"]), "notice=no");
    fails(USAGE, call("council", &year).args(["--as-of", "2020-01-01"]), "cannot be of a time before it");
    fails(USAGE, &mut call("public", &["--from", "2025-01-02", "--to", "2025-12-31"]), "whole months");
    fails(
        REFUSED,
        &mut call("public", &["--from", "2025-01-01", "--to", "2025-05-31"]),
        "shorter than 6 months",
    );
    let this_year = jiff::Timestamp::now().strftime("%Y").to_string();
    let recent = [format!("{this_year}-01-01"), format!("{this_year}-12-31")];
    fails(REFUSED, &mut call("public", &["--from", &recent[0], "--to", &recent[1]]), "wait, or leave it out");
    let stated = run_ok(call("grant-conditions", &year).args(["--enforceable", "notice=no"]));
    assert!(String::from_utf8_lossy(&stated.stdout).contains("not enforceable now"));
    let file = ledger.scratch().join("council.pdf");
    run_ok(
        daybook()
            .args(["report", "council", "--dir"])
            .arg(&dir)
            .args(year)
            .args(["--format", "pdf", "--out"])
            .arg(&file),
    );
    assert!(std::fs::read(file).expect("a file").starts_with(b"%PDF-"));
}

#[test]
fn the_jail_files_reports_count_its_rows_and_publish_no_small_figure() {
    let Some(data) = jail_data() else {
        println!(
            "not run: travis-county-detainers.csv is not on this machine (set DAYBOOK_DATA to its folder)"
        );
        return;
    };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut ledger = Ledger::new();
    ledger.set_rules("study_from = \"1990-01-01\"");
    ledger.start();
    let producer = ledger.producer("sheriff", "jail-records");
    let mapping = tests.join("../ops/mappings/travis-county-detainers.toml");
    run_ok(
        producer.command("import").args(["--json", "--wait", "600", "--mapping"]).arg(&mapping).arg(&data),
    );
    ledger.stop();

    let script = run_ok(Command::new("python3").arg(tests.join("interop/jail_findings.py")).arg(&data));
    let script: Value = serde_json::from_slice(&script.stdout).expect("JSON");
    let rows: Vec<[String; 5]> = serde_json::from_value(script["findings"].clone()).expect("rows");
    let years = ["--from", "2010-01-01", "--to", "2016-12-31"];
    let rows: Vec<_> = rows.into_iter().filter(|row| ("2010".."2017").contains(&&row[3][..4])).collect();
    let scripted = |rule: &str, reason: &str, year: &str, outcome: &str| {
        let fits = |row: &&[String; 5]| {
            row[0] == rule && row[2] == reason && row[3].starts_with(year) && row[4].contains(outcome)
        };
        rows.iter().filter(fits).count() as u64
    };
    let council = read(&run_ok(report(&ledger.dir(), "council", &years).args(["--format", "json"])));
    for year in 2010..2017 {
        let year = year.to_string();
        // Every row of the file is a request without an answer, so the script's R18 counts requests.
        assert_eq!(
            count(&council, "requests-over-time", &year, "Detainer: hold the person"),
            scripted("R18", "absent", &year, ""),
            "{year}"
        );
        for (column, reason) in
            [("Left too late", "late"), ("No departure", "absent"), ("Cannot be told", "cannot_tell")]
        {
            assert_eq!(
                count(&council, "holds-over-time", &year, column),
                scripted("R14", reason, &year, ""),
                "{year} {column}"
            );
        }
    }
    for (way, outcome) in [
        ("Released to the public", "released_public"),
        ("Released to another agency", "released_to_other_agency"),
    ] {
        for (column, reason) in [("Left too late", "late"), ("Cannot be told", "cannot_tell")] {
            assert_eq!(
                count(&council, "holds-by-departure", way, column),
                scripted("R14", reason, "", outcome),
                "{way}"
            );
        }
    }
    for (agency, outcome) in [("ICE, enforcement and removal", "ice_ero"), ("Other federal", "other_federal")]
    {
        assert_eq!(
            count(&council, "transfers-by-agency", agency, "All"),
            scripted("R17", "absent", "", outcome)
        );
    }
    assert!(council["notices"][0].as_str().is_some_and(|notice| notice.starts_with("A study")));

    let public = read(&run_ok(report(&ledger.dir(), "public", &years).args(["--format", "json"])));
    let text = public.to_string();
    assert!(!text.contains("F-") && text.contains("withheld"));
    assert_eq!(small_figures(&public), Vec::<String>::new());
}
