//! The verifier in JavaScript gives the verdict of this one on whatever was done to a production: same code, same failed checks.
#![cfg(feature = "sample")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use daybook_production::package::ArchivePackage;
use daybook_production::sample::{Dress, Ledger, Sample, Special, Story, play, produce, samples};
use daybook_verify::production::{
    Check, Outcome, ProductionOptions, Trusted, manifest_line, verify_production,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};

/// Packages that are changed and checked twice. `DAYBOOK_MUTANTS` sets another number.
const MUTANTS: usize = 120;
/// The oldest Node for which the verifier is written.
const LEAST_NODE: u32 = 20;

type Files = BTreeMap<String, Vec<u8>>;
type Hash = fn(&[u8]) -> Vec<u8>;

fn has_node() -> bool {
    let told = Command::new("node").arg("--version").output().ok();
    let version = told.and_then(|told| String::from_utf8(told.stdout).ok()).unwrap_or_default();
    let major = version.trim().strip_prefix('v').and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    if major.is_none_or(|major| major < LEAST_NODE) {
        eprintln!(
            "not run: this needs Node {LEAST_NODE} or later; on Debian or Ubuntu: sudo apt-get install nodejs"
        );
        return false;
    }
    true
}

/// What `tests/javascript/verdicts.mjs` says of each package, and how fast it was.
fn in_javascript(policy: &Path, packages: &[PathBuf]) -> (Vec<Value>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/javascript/verdicts.mjs");
    let run =
        Command::new("node").arg("--no-warnings").arg(script).arg(policy).args(packages).output().unwrap();
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{told}");
    let lines = String::from_utf8(run.stdout).unwrap();
    (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), told)
}

/// The first check that failed, all that failed, and the figures.
fn in_rust(sample: &Sample, zip: &[u8]) -> Value {
    let package = ArchivePackage::from_bytes(zip.to_vec()).unwrap();
    let options = ProductionOptions::default();
    let report = verify_production(&package, Trusted::Policy(&sample.policy), &options, &|_| {});
    let failed = report.checks.iter().filter(|check| check.outcome == Outcome::Failed);
    let failed: Vec<&str> = failed.map(|check| check.code.code()).collect();
    json!({"code": report.code.map(Check::code), "failed": failed, "counts": report.counts})
}

/// xorshift64*: the same seed makes the same mutants.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, names: &'a [String]) -> &'a String {
        &names[self.roll(names.len())]
    }
}

/// Does one thing to the files and says what.
fn mutate(files: &mut Files, other: &Files, dice: &mut Dice) -> String {
    let names =
        |accept: &dyn Fn(&str) -> bool| files.keys().filter(|name| accept(name)).cloned().collect::<Vec<_>>();
    let read = names(&|name| !name.contains("VERIFY") && !name.contains("PAPERS"));
    let tables =
        names(&|name| [".csv", ".dat", ".opt", ".jsonl", ".txt"].iter().any(|end| name.ends_with(end)));
    let records = names(&|name| {
        ["NATIVES", "AUTHORITY", "statement", "bag-record"].iter().any(|part| name.contains(part))
    });
    let (kind, any) = (dice.roll(9), dice.pick(&read).clone());
    match kind {
        0 => {
            let bytes = files.get_mut(&any).unwrap();
            let at = dice.roll(bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.roll(8);
            }
            format!("flip a bit of {any}")
        }
        1 => {
            files.remove(&any);
            format!("remove {any}")
        }
        2 => {
            let (one, two) = (dice.pick(&records).clone(), dice.pick(&records).clone());
            let (first, second) = (files[&one].clone(), files[&two].clone());
            files.extend([(one.clone(), second), (two.clone(), first)]);
            format!("exchange {one} and {two}")
        }
        3 => {
            if let Some(bytes) = other.get(&any) {
                files.insert(any.clone(), bytes.clone());
            }
            format!("take {any} of the other production")
        }
        4 => change_lines(files, dice.pick(&tables).clone(), dice),
        5 => change_cell(files, dice.pick(&tables).clone(), dice),
        6 => change_disclosures(files, dice.pick(&records).clone(), dice),
        7 => change_member(files, dice.pick(&records).clone(), dice.pick(&records).clone(), dice),
        _ => {
            let name = dice.pick(&records).clone();
            let to = ["5.json", "007.json", "DAYB-26CR1187-000099.json", "x.txt", "A/B.json"][dice.roll(5)];
            let renamed = format!("{}/{to}", name.rsplit_once('/').map_or("data", |(folder, _)| folder));
            let bytes = files[&name].clone();
            files.insert(renamed.clone(), bytes);
            if dice.roll(2) == 0 {
                files.remove(&name);
            }
            format!("{name} as {renamed}")
        }
    }
}

fn change_lines(files: &mut Files, name: String, dice: &mut Dice) -> String {
    let mut lines: Vec<Vec<u8>> =
        files[&name].split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.is_empty() {
        return format!("nothing to {name}");
    }
    let (at, to) = (dice.roll(lines.len()), dice.roll(lines.len()));
    match dice.roll(3) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at].clone()),
        _ => lines.swap(at, to),
    }
    files.insert(name.clone(), lines.concat());
    format!("change lines of {name}")
}

fn change_cell(files: &mut Files, name: String, dice: &mut Dice) -> String {
    const CELLS: [&str; 16] = [
        "",
        "0",
        "1",
        "7",
        "17",
        "24",
        "withheld",
        "sealed",
        "erased",
        "produced",
        "later",
        "authority",
        "not_responsive",
        "W",
        "\"R\"",
        " 1",
    ];
    let text = String::from_utf8_lossy(&files[&name]).into_owned();
    let mut lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
    let at = dice.roll(lines.len());
    let mut cells: Vec<&str> = lines[at].split(',').collect();
    let cell = dice.roll(cells.len());
    cells[cell] = CELLS[dice.roll(CELLS.len())];
    lines[at] = cells.join(",");
    files.insert(name.clone(), lines.join("\r\n").into_bytes());
    format!("change a cell of {name}")
}

fn change_record(files: &mut Files, name: &str, change: impl FnOnce(&mut Value)) {
    let Ok(mut record) = serde_json::from_slice::<Value>(&files[name]) else { return };
    change(&mut record);
    let members = ["v", "format", "index", "entry", "event", "intake", "proof", "consistency"];
    let members = members.iter().filter(|member| record.get(**member).is_some());
    let text: Vec<String> = members.map(|member| format!("\"{member}\":{}", record[*member])).collect();
    files.insert(name.to_owned(), format!("{{{}}}\n", text.join(",")).into_bytes());
}

fn change_disclosures(files: &mut Files, name: String, dice: &mut Dice) -> String {
    change_record(files, &name, |record| {
        let mut parts: Vec<&str> = record["event"].as_str().unwrap_or_default().split('~').collect();
        if parts.len() > 3 {
            let at = 1 + dice.roll(parts.len() - 3);
            match dice.roll(3) {
                0 => drop(parts.remove(at)),
                1 => parts.swap(at, at + 1),
                _ => parts.insert(at, parts[at]),
            }
        }
        record["event"] = parts.join("~").into();
    });
    format!("change the disclosures of {name}")
}

fn change_member(files: &mut Files, name: String, from: String, dice: &mut Dice) -> String {
    let member = ["index", "entry", "event", "proof", "intake", "consistency"][dice.roll(6)];
    let other: Value = serde_json::from_slice(&files[&from]).unwrap_or_default();
    change_record(files, &name, |record| {
        if let Some(value) = other.get(member) {
            record[member] = value.clone();
        }
    });
    format!("{member} of {from} in {name}")
}

/// Writes the manifests anew, so that what was changed is found by the checks behind them.
fn remake_manifests(files: &mut Files) {
    let is_tag = |name: &str| {
        !name.starts_with("data/") && !name.starts_with("tagmanifest-") && name != "bag-record.json"
    };
    let write = |files: &Files, accept: &dyn Fn(&str) -> bool, digest: Hash| -> Vec<u8> {
        let lines = files.iter().filter(|(name, _)| accept(name));
        lines.map(|(name, bytes)| manifest_line(&digest(bytes), name)).collect::<String>().into_bytes()
    };
    let digests: [(&str, Hash); 2] = [
        ("sha256", |bytes| Sha256::digest(bytes).to_vec()),
        ("sha512", |bytes| Sha512::digest(bytes).to_vec()),
    ];
    for (name, digest) in digests {
        let manifest = write(files, &|name| name.starts_with("data/"), digest);
        files.insert(format!("manifest-{name}.txt"), manifest);
    }
    for (name, digest) in digests {
        let manifest = write(files, &is_tag, digest);
        files.insert(format!("tagmanifest-{name}.txt"), manifest);
    }
}

#[test]
fn both_verifiers_give_the_same_verdict_on_whatever_is_changed() {
    if !has_node() {
        return;
    }
    let seed = std::env::var("DAYBOOK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(26_1187);
    let mutants =
        std::env::var("DAYBOOK_MUTANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(MUTANTS);
    eprintln!("DAYBOOK_SEED={seed} DAYBOOK_MUTANTS={mutants}");
    let mut dice = Dice(seed);
    let [sample, other] = samples(&BTreeMap::new()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("trust.policy");
    std::fs::write(&policy, &sample.files["data/PROOFS/policy.txt"]).unwrap();
    let (mut packages, mut stories, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..=mutants {
        let mut changed = sample.clone();
        let mut story = Vec::new();
        // The first is left as it is, so that agreement on nothing but refusals is not enough.
        for _ in 0..(if number == 0 { 0 } else { 1 + dice.roll(2) }) {
            story.push(mutate(&mut changed.files, &other.files, &mut dice));
        }
        if number > 0 && dice.roll(3) > 0 {
            remake_manifests(&mut changed.files);
        }
        let mut zip = changed.zip().unwrap();
        if number > 0 && dice.roll(12) == 0 {
            let at = dice.roll(zip.len());
            zip[at] ^= 1 << dice.roll(8);
            story.push(format!("flip a bit of byte {at} of the ZIP"));
        }
        let path = folder.path().join(format!("{number}.zip"));
        std::fs::write(&path, &zip).unwrap();
        expected.push(in_rust(&sample, &zip));
        packages.push(path);
        stories.push(story.join("; "));
    }
    let (found, _) = in_javascript(&policy, &packages);
    assert_eq!((found.len(), &found[0]["code"]), (mutants + 1, &Value::Null));
    assert_eq!(found[0]["counts"], expected[0]["counts"]);
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for ((found, expected), story) in found.iter().zip(&expected).zip(&stories) {
        *codes.entry(expected["code"].to_string()).or_default() += 1;
        assert_eq!(found["code"], expected["code"], "{story}\nJavaScript: {found}\nRust: {expected}");
        // Of a ZIP that is none, one may read more than the other.
        if expected["code"] != "package" {
            assert_eq!(found["failed"], expected["failed"], "{story}");
        }
    }
    eprintln!("verdicts: {codes:?}");
    assert!(codes.len() > 8, "the mutants reach too few checks: {codes:?}");
}

#[test]
fn the_javascript_verifier_gives_the_codes_of_the_attacks() {
    if !has_node() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for sample in samples(&BTreeMap::new()).unwrap() {
        std::fs::write(folder.path().join(format!("{}.zip", sample.name)), sample.zip().unwrap()).unwrap();
        std::fs::write(folder.path().join("trust.policy"), &sample.files["data/PROOFS/policy.txt"]).unwrap();
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/javascript/productions.test.mjs");
    let run =
        Command::new("node").arg("--test").arg(tests).env("DAYBOOK_SAMPLES", folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && told.contains("# skipped 0"),
        "{told}{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

/// A production of `count` records more than the sample's.
fn large(count: usize) -> Sample {
    let mut ledger = Ledger::new();
    let story = play(&mut ledger);
    let mut found = story.found.clone();
    for _ in 0..count {
        let fields = json!({"outcome": "released_public", "exit_point": "public_lobby", "matter_ref": "zzzzzzzzzzzzzzzzzzzzzzzzzz"});
        found.push((ledger.append("sheriff/jail-records", "release.completed", fields), Special::Plain));
    }
    produce(&mut ledger, &Story { found, ..story }, 1, 1, Dress::Plain, &BTreeMap::new()).unwrap()
}

#[test]
#[ignore = "measures; DAYBOOK_LARGE=FILE keeps the package: cargo test -p daybook-production --test javascript -- --ignored --nocapture"]
fn two_thousand_records_in_node() {
    let sample = large(2_000);
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("trust.policy");
    std::fs::write(&policy, &sample.files["data/PROOFS/policy.txt"]).unwrap();
    let kept = std::env::var_os("DAYBOOK_LARGE").map(PathBuf::from);
    let path = kept.unwrap_or_else(|| folder.path().join("large.zip"));
    std::fs::write(&path, sample.zip().unwrap()).unwrap();
    let (found, told) = in_javascript(&policy, std::slice::from_ref(&path));
    assert_eq!(found[0]["code"], Value::Null, "{}", found[0]);
    eprintln!("Node: {told}");
}
