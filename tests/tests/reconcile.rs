//! Counts held against an outside list, on a real ledger: the fax that nobody recorded, files that say nothing, and runs that change nothing.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use daybook_event::Token;
use daybook_event::entry::parse_entry;
use daybook_tests::{Ledger, Producer, daybook, run_ok};
use daybook_verify::{DirSource, Layout, for_each_entry};
use serde_json::{Value, json};

const DIFFER: i32 = 6;
const REFUSED: i32 = 3;
/// Longest wait for a finding.
const RAISED_LIMIT: Duration = Duration::from_secs(60);

/// A name that stands in the outside list and must stand nowhere else.
const NAME: &str = "Quillfeather";

/// A ledger with four faxes in 2025-03, and the auditor's home.
fn four_faxes() -> (Ledger, Producer) {
    let ledger = Ledger::running();
    let jail = ledger.producer("sheriff", "jail-records");
    let auditor = ledger.producer("auditor", "office");
    let mut lines = String::new();
    for day in ["2025-03-03", "2025-03-10T09:30-06:00", "2025-03-17", "2025-03-31T23:30-06:00"] {
        let fax = json!({
            "event": "request.received", "request_kind": "hold", "agency": "ice_ero", "channel": "fax", "occurred_at": day,
            "recorded_at": day, "matter_ref": "k3vq7tz2m5ywb4cdnxr6gh2sja",
        });
        lines.push_str(&format!("{fax}\n"));
    }
    let attested = json!({
        "event": "period.attested", "attested_period": "2025-03", "nil": false, "requests": 4, "notices": 0,
        "occurred_at": "2025-04-02", "recorded_at": "2025-04-02",
    });
    lines.push_str(&format!("{attested}\n"));
    let file = ledger.scratch().join("faxes.jsonl");
    fs::write(&file, lines).expect("written");
    run_ok(jail.command("publish").args(["--wait", "60", "--quiet", "--json"]).arg(&file));
    (ledger, auditor)
}

/// The fax server's log: six faxes in March, two of which nobody recorded.
fn fax_server(ledger: &Ledger) -> PathBuf {
    let mut rows = String::from("Received,From,Pages\n");
    for day in ["03/03/2025", "03/10/2025", "03/11/2025", "03/17/2025", "03/20/2025", "03/31/2025"] {
        rows.push_str(&format!("{day},\"{NAME}, A.\",2\n"));
    }
    list(ledger, "fax.csv", &rows)
}

fn list(ledger: &Ledger, name: &str, rows: &str) -> PathBuf {
    let file = ledger.scratch().join(name);
    fs::write(&file, rows).expect("written");
    file
}

fn reconcile(ledger: &Ledger, file: &PathBuf) -> Command {
    let mut call = daybook();
    call.args(["reconcile", "--source", "fax-log", "--department", "sheriff", "--dir"])
        .arg(ledger.dir())
        .arg(file);
    call
}

fn by_days(ledger: &Ledger, file: &PathBuf) -> Command {
    let mut call = reconcile(ledger, file);
    call.args(["--day-column", "Received", "--format", "%m/%d/%Y"]);
    call
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What the appended events say: month, recorded, outside, difference.
fn appended(ledger: &Ledger) -> Vec<(String, i64, i64, i64)> {
    let mut found = Vec::new();
    let source = DirSource::new(ledger.dir(), Layout::Ledger);
    for_each_entry(&source, ledger.size(), |_, bytes| {
        let entry = parse_entry(bytes).expect("an entry");
        let token = Token::parse_jwt(entry.event).expect("an event");
        if token.claims().event.as_str() == "count.reconciled" {
            let data = &token.claims().data;
            let number = |name: &str| data[name].as_i64().expect("a number");
            let month = data["counted_period"].as_str().expect("a month").to_owned();
            found.push((month, number("recorded"), number("outside"), number("difference")));
        }
        Ok(())
    })
    .expect("the log is read");
    found
}

#[test]
fn two_faxes_that_nobody_recorded_are_a_difference_of_two() {
    let (ledger, auditor) = four_faxes();
    let fax = fax_server(&ledger);
    let before = appended(&ledger).len();

    let dry = by_days(&ledger, &fax).args(["--dry-run", "--json"]).output().unwrap();
    assert_eq!(dry.status.code(), Some(DIFFER), "{}", text(&dry));
    let told: Value = serde_json::from_slice(&dry.stdout).unwrap();
    let row = json!({"month": "2025-03", "ledger": 4, "outside": 6, "difference": -2, "listed": true, "known": false});
    assert_eq!(told["months"], json!([row]));
    assert_eq!(appended(&ledger).len(), before, "a dry run appends nothing");
    assert_eq!(auditor.status()["pending"], 0, "and signs nothing");

    let run = by_days(&ledger, &fax).arg("--home").arg(&auditor.home).output().unwrap();
    assert_eq!(run.status.code(), Some(DIFFER), "{}", text(&run));
    assert!(text(&run).contains("2025-03          4          6          -2"), "{}", text(&run));
    assert!(!text(&run).contains(NAME));
    assert_eq!(appended(&ledger), [("2025-03".to_owned(), 4, 6, -2)]);
    the_service_raises_r38(&ledger);

    let again = by_days(&ledger, &fax).arg("--home").arg(&auditor.home).output().unwrap();
    assert_eq!(again.status.code(), Some(DIFFER), "{}", text(&again));
    assert!(text(&again).contains("on the ledger already"), "{}", text(&again));
    assert_eq!(appended(&ledger).len(), 1, "the second run appends nothing");

    run_differing(by_days(&ledger, &fax).arg("--again").arg("--home").arg(&auditor.home));
    assert_eq!(appended(&ledger).len(), 2, "unless it is asked to");
    ledger.verify();
}

/// The lost fax is a finding: the service raises it by itself.
fn the_service_raises_r38(ledger: &Ledger) {
    let deadline = Instant::now() + RAISED_LIMIT;
    loop {
        let list = ["findings", "list", "--rule", "R38", "--state", "raised", "--json", "--dir"];
        let listed = run_ok(daybook().args(list).arg(ledger.dir()));
        let rows: Vec<Value> = String::from_utf8_lossy(&listed.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).expect("a finding is JSON"))
            .collect();
        if let [row] = rows.as_slice() {
            assert_eq!(row["check"], "count");
            return;
        }
        assert!(rows.is_empty() && Instant::now() < deadline, "{rows:#?}\n{}", ledger.log_tail());
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn run_differing(command: &mut Command) {
    let output = command.output().expect("the command starts");
    assert_eq!(output.status.code(), Some(DIFFER), "{}", text(&output));
}

#[test]
fn months_that_agree_are_appended_and_months_without_a_row_count_as_none() {
    let (ledger, auditor) = four_faxes();
    let counts = list(&ledger, "counts.csv", "\u{feff}Month,Count,Note\n2025-03,4,x\n2025-05,0,y\n");
    let run = reconcile(&ledger, &counts).arg("--counts").arg("--home").arg(&auditor.home).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", text(&run));
    assert!(text(&run).contains("no row in the file, counted as 0: 2025-04"), "{}", text(&run));
    let expected = [("2025-03", 4, 4, 0), ("2025-04", 0, 0, 0), ("2025-05", 0, 0, 0)];
    assert_eq!(appended(&ledger), expected.map(|(month, a, b, c)| (month.to_owned(), a, b, c)));

    // The fax server's people find two more: other numbers are another answer, for that month only.
    let counts = list(&ledger, "counts.csv", "month,count\n2025-03,6\n2025-04,0\n2025-05,0\n");
    run_differing(reconcile(&ledger, &counts).arg("--counts").arg("--home").arg(&auditor.home));
    assert_eq!(appended(&ledger).len(), 4);

    let part =
        reconcile(&ledger, &counts).args(["--counts", "--dry-run", "--from", "2025-04"]).output().unwrap();
    assert_eq!(part.status.code(), Some(0), "{}", text(&part));
    assert!(
        text(&part).contains("6 items of the file are of months that were not asked for"),
        "{}",
        text(&part)
    );
}

#[test]
fn a_file_that_cannot_be_read_whole_is_refused_by_line_and_column_and_never_by_content() {
    let (ledger, auditor) = four_faxes();
    let refused = |name: &str, rows: &str, args: &[&str]| {
        let file = list(&ledger, name, rows);
        let output = reconcile(&ledger, &file).args(args).arg("--home").arg(&auditor.home).output().unwrap();
        let text = text(&output);
        assert_eq!(output.status.code(), Some(REFUSED), "{text}");
        assert!(!text.contains(NAME), "{text}");
        assert!(text.contains("nothing was appended"), "{text}");
        text
    };
    let days = format!("who,day\n{NAME},2025-03-03\n{NAME},{NAME}\n{NAME},2999-01-01\n\"{NAME}\nJr\",\n");
    let said = refused("a.csv", &days, &[]);
    assert!(said.contains("a.csv: line 3, column day: no day"), "{said}");
    assert!(said.contains("a.csv: line 4, column day: a day that has not come yet"), "{said}");
    assert!(said.contains("a.csv: line 5, column day: no day"), "{said}");
    let said = refused("b.csv", &format!("day,who\n2025-03-03,{NAME},{NAME}\n"), &[]);
    assert!(said.contains("b.csv: line 2: 3 columns instead of 2"), "{said}");
    // A list without a header: its first row is a person.
    let said = refused("c.csv", &format!("2025-03-03,{NAME}\n"), &[]);
    assert!(said.contains("none of the 2 columns of the first row is called day or date"), "{said}");
    let said = refused("d.csv", "month,count\n2025-03,4\n2025-03,5\n2025-04,many\n", &["--counts"]);
    assert!(said.contains("d.csv: line 3, column month: a month that has a row already"), "{said}");
    assert!(said.contains("d.csv: line 4, column count: no whole number"), "{said}");
    let said = refused("e.csv", "day\n", &[]);
    assert!(said.contains("--from and --to"), "{said}");
    let said = refused("f.csv", "day\n1025-03-03\n2025-03-03\n", &[]);
    assert!(said.contains("more than 240 months"), "{said}");
    refused("g.csv", "", &[]);
    assert_eq!(appended(&ledger), []);
    assert_eq!(auditor.status()["pending"], 0, "nothing was signed");

    let misspelt = daybook()
        .args(["reconcile", "--source", "fax-log", "--department", "sherif", "--dry-run", "--dir"])
        .arg(ledger.dir())
        .arg(fax_server(&ledger))
        .args(["--day-column", "Received", "--format", "%m/%d/%Y"])
        .output()
        .unwrap();
    assert_eq!(misspelt.status.code(), Some(2), "{}", text(&misspelt));
}
