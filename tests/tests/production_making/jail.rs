//! The jail file: a year of it as one production from a real ledger, and a few of its matters by themselves.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use daybook_tests::{Ledger, Person, daybook, jail_data, run_ok};
use serde_json::Value;

use crate::city::Desk;
use crate::made::{Built, build_args, built, name, opened, verify};

/// Matters that are produced by themselves.
const MATTERS: usize = 3;
/// How often the memory of a build is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[test]
fn a_year_of_the_jail_file_is_one_production_and_each_matter_is_one_too() {
    let Some(data) = jail_data() else {
        println!(
            "not run: travis-county-detainers.csv is not on this machine (set DAYBOOK_DATA to its folder)"
        );
        return;
    };
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/mappings/travis-county-detainers.toml");
    let mut ledger = Ledger::running_without_rules();
    let producer = ledger.producer("sheriff", "jail-records");
    let import = Instant::now();
    run_ok(producer.command("import").args(["--wait", "600", "--mapping"]).arg(&mapping).arg(&data));
    println!(
        "jail file: {} entries in the ledger, imported in {:.0} s",
        ledger.size(),
        import.elapsed().as_secs_f64()
    );
    let desk = Desk::of(&ledger);
    let words = ledger.scratch().join("words.toml");
    fs::write(&words, include_str!("../../../ops/productions/words.toml")).expect("the words");
    let log_key = key(&ledger);

    let year =
        ["--profile", "civil", "--department", "sheriff", "--from", "2014-01-01", "--to", "2014-12-31"];
    let asked = approved(&desk, &year);
    let production = name(&asked);
    let matters = matters(&desk.custodian);
    let (one, peak_kib, took) = measured(&desk.custodian, production, &words, &ledger.scratch().join("year"));
    told("2014 as one production", &one, peak_kib, took, &log_key);
    assert_eq!(one.answer["records"], asked["produced"]);
    println!("  {} matters", matters.len());
    let again = built(&desk.custodian, production, &words, &ledger.scratch().join("again"), &[]);
    assert_eq!(again.answer["package_hash"], one.answer["package_hash"], "built again it is the same file");
    drop(fs::remove_file(&again.zip));

    let mut largest: Vec<(&String, &u64)> = matters.iter().collect();
    largest.sort_by_key(|(matter, events)| (std::cmp::Reverse(**events), *matter));
    for (matter, _) in largest.into_iter().take(MATTERS) {
        let shown = desk.custodian.json(&["matter", "show", matter]);
        let asked = approved(&desk, &["--profile", "civil", "--matter", matter]);
        assert_eq!(asked["found"].as_u64(), shown["events"].as_array().map(|events| events.len() as u64));
        assert_eq!(asked["withheld"], 0);
        let folder = ledger.scratch().join(name(&asked));
        let (of_matter, peak_kib, took) = measured(&desk.custodian, name(&asked), &words, &folder);
        told("a matter by itself", &of_matter, peak_kib, took, &log_key);
    }
    ledger.stop();
    assert_eq!(ledger.verify()["ok"], true);
}

fn key(ledger: &Ledger) -> String {
    let policy = fs::read_to_string(ledger.policy()).expect("the policy");
    let line = policy.lines().find_map(|line| line.strip_prefix("log ")).expect("a key");
    line.split(' ').next().expect("a key").to_owned()
}

fn approved(desk: &Desk, which: &[&str]) -> Value {
    let asked = opened(&desk.custodian, which);
    desk.approver.json(&["production", "approve", name(&asked), "--yes"]);
    asked
}

/// The matters of the year, each with how many events of it are of the year.
fn matters(custodian: &Person) -> BTreeMap<String, u64> {
    let mut matters = BTreeMap::new();
    let mut after: Option<String> = None;
    loop {
        let mut args = vec![
            "events",
            "search",
            "--department",
            "sheriff",
            "--from",
            "2014-01-01",
            "--to",
            "2014-12-31",
            "--limit",
            "1000",
        ];
        if let Some(after) = &after {
            args.extend(["--after", after]);
        }
        let page = custodian.json(&args);
        for event in page["events"].as_array().expect("events") {
            if let Some(matter) = event["matter"].as_str() {
                *matters.entry(matter.to_owned()).or_default() += 1;
            }
        }
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return matters,
        }
    }
}

/// Builds, and looks at the time and at the most memory that the process has had.
fn measured(custodian: &Person, production: &str, words: &Path, out: &Path) -> (Built, u64, Duration) {
    fs::create_dir(out).expect("a folder");
    let mut command = custodian.command();
    command
        .args(build_args(production, words, out))
        .arg("--json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let mut peak_kib = 0;
    while child.try_wait().expect("it is ours").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak_kib = kib.unwrap_or(0).max(peak_kib);
        std::thread::sleep(LOOK_EVERY);
    }
    let took = started.elapsed();
    let output = child.wait_with_output().expect("it is ours");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer = serde_json::from_slice(&output.stdout).expect("JSON");
    (Built { zip: out.join(format!("{production}.zip")), answer }, peak_kib, took)
}

fn told(what: &str, built: &Built, peak_kib: u64, took: Duration, log_key: &str) {
    let size = fs::metadata(&built.zip).expect("it is there").len();
    let pages = built.answer["pages"].as_f64().expect("pages");
    let started = Instant::now();
    let (code, report) = verify(&built.zip, &["--log-key", log_key]);
    assert_eq!((code, &report["ok"]), (Some(0), &Value::Bool(true)), "{report:#}");
    println!(
        "{what}: {} records, {pages} pages, {size} bytes; built in {:.1} s, {:.1} pages/s, peak {} MiB; verified in {:.1} s ({})",
        built.answer["records"],
        took.as_secs_f64(),
        pages / took.as_secs_f64(),
        peak_kib >> 10,
        started.elapsed().as_secs_f64(),
        daybook().get_program().to_string_lossy()
    );
}
