//! The whole jail file through the service's rules, and the same answers from a few lines of Python that know nothing of the ledger.
#![allow(clippy::print_stdout, reason = "what was found is shown to whoever runs the test with --nocapture")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use daybook_rules::engine::{Engine, FactSource, Finding};
use daybook_rules::verdict::Status;
use daybook_tests::{Known, Ledger, daybook, jail_data, run_ok};

/// Rule, answer, reason, day, outcome.
type Row = (String, String, String, String, String);

/// The rules that the script plays. Of the others none may have anything to say about the file, but for those listed below.
const PLAYED: [&str; 4] = ["R14", "R17", "R18", "R39"];
/// R30 speaks about every transfer again, from another provision. R16 compares with what a county attests, which the file does not have.
const ALSO: [&str; 2] = ["R16", "R30"];
/// How long nothing is added before the ledger is taken to rest, and how long that is waited for: there are tens of thousands of events.
const QUIET: Duration = Duration::from_secs(5);
const SETTLE_LIMIT: Duration = Duration::from_secs(400);

#[test]
fn the_service_finds_in_the_jail_file_what_a_script_finds_in_its_rows() {
    let Some(data) = jail_data() else {
        println!(
            "not run: travis-county-detainers.csv is not on this machine (set DAYBOOK_DATA to its folder)"
        );
        return;
    };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mapping = tests.join("../ops/mappings/travis-county-detainers.toml");
    let mut ledger = Ledger::new();
    // The file is older than the law; the packs are applied to it as a study.
    ledger.set_rules("study_from = \"1990-01-01\"");
    ledger.start();
    let producer = ledger.producer("sheriff", "jail-records");
    run_ok(
        producer.command("import").args(["--json", "--wait", "600", "--mapping"]).arg(&mapping).arg(&data),
    );
    ledger.settle(0, QUIET, SETTLE_LIMIT);

    // What the service says it found is what anybody computes from the files.
    run_ok(daybook().args(["findings", "compare", "--url", &ledger.http(), "--dir"]).arg(ledger.dir()));
    let known = Known::of(&ledger.dir());
    let rows = rows(&known.engine);
    let script = run_ok(Command::new("python3").arg(tests.join("interop/jail_findings.py")).arg(&data));
    let script: serde_json::Value = serde_json::from_slice(&script.stdout).expect("JSON");
    let script: Vec<Row> = serde_json::from_value(script["findings"].clone()).expect("rows");
    show(&rows);
    assert!(script.len() > 20_000, "the script found {} rows", script.len());
    let mut played: Vec<Row> = rows.iter().filter(|row| PLAYED.contains(&row.0.as_str())).cloned().collect();
    played.sort();
    let mut script = script;
    script.sort();
    let differ = played.iter().zip(&script).find(|(ours, theirs)| ours != theirs);
    assert_eq!(differ, None, "the first row that differs");
    assert_eq!(played.len(), script.len());
    assert!(
        rows.iter().all(|row| row.0 != "R16" || row.1 == "undetermined"),
        "there is no baseline to compare with"
    );
    let others: Vec<&Row> = rows
        .iter()
        .filter(|row| !PLAYED.contains(&row.0.as_str()) && !ALSO.contains(&row.0.as_str()))
        .collect();
    assert!(others.is_empty(), "{:?}", others.first());

    // Everything that fails was raised, once. A departure that came a batch after its eligibility may have closed a finding that was raised in between.
    let fails = rows.iter().filter(|row| row.1 == "fails").count();
    let closed = known.engine.closed().len();
    assert_eq!(
        known.raised,
        fails + closed,
        "every finding is raised once; {closed} were closed by later entries"
    );
    ledger.stop();
    assert_eq!(ledger.verify()["ok"], true);
}

fn rows<S: FactSource>(engine: &Engine<S>) -> Vec<Row> {
    engine.findings().map(|finding| row(engine, &finding)).collect()
}

fn row<S: FactSource>(engine: &Engine<S>, finding: &Finding) -> Row {
    let line = &engine.ruleset().lines()[usize::from(finding.line)];
    let rule = engine.ruleset().rule(line).id.clone();
    let verdict = finding.verdict.as_ref().expect("a finding has a verdict");
    let Some(own) = finding.anchor.entry() else {
        // About a quarter: the file has no attested baseline, so nothing but "cannot tell" may come of it.
        let reason = serde_json::to_value(verdict.reason).expect("a code");
        let (answer, reason) =
            (verdict.status.as_str().to_owned(), reason.as_str().unwrap_or_default().to_owned());
        return (rule, answer, reason, finding.period.to_string(), "none".to_owned());
    };
    let about = engine.fact(own).expect("an entry");
    let reason = serde_json::to_value(verdict.reason).expect("a code");
    // How the person left: of the transfer itself, or of the departures that the rule read.
    let mut outcomes: Vec<String> = verdict
        .read
        .iter()
        .filter_map(|entry| {
            let fact = engine.fact(*entry).ok()?;
            let field = if &*fact.kind == "custody.transferred" { "receiving_agency" } else { "outcome" };
            let left = matches!(&*fact.kind, "custody.transferred" | "release.completed");
            left.then(|| fact.text(field).unwrap_or_default().to_owned())
        })
        .collect();
    outcomes.sort();
    outcomes.dedup();
    let outcome = if outcomes.is_empty() || rule == "R18" { "none".to_owned() } else { outcomes.join("+") };
    let day = about.text("occurred_at").unwrap_or_default().to_owned();
    (rule, verdict.status.as_str().to_owned(), reason.as_str().unwrap_or_default().to_owned(), day, outcome)
}

/// The table: findings by rule, answer, outcome and year.
fn show(rows: &[Row]) {
    let mut years: BTreeMap<(&str, &str, &str, &str), BTreeMap<&str, u64>> = BTreeMap::new();
    for (rule, answer, reason, day, outcome) in rows {
        *years.entry((rule, answer, reason, outcome)).or_default().entry(&day[..4]).or_default() += 1;
    }
    for ((rule, answer, reason, outcome), by_year) in years {
        let total: u64 = by_year.values().sum();
        let by_year: Vec<String> = by_year.iter().map(|(year, count)| format!("{year}: {count}")).collect();
        println!("{rule} {answer} ({reason}), {outcome}: {total}\n    {}", by_year.join(", "));
    }
    assert!(rows.iter().any(|row| row.1 == Status::Undetermined.as_str()));
}
