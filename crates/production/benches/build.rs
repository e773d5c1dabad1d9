//! How fast a production is built: `cargo bench -p daybook-production --bench build -- 2000`.
//!
//! Builds a production of so many records from the sample's ledger, on one thread and then on every core, and prints pages a second for each step and over the whole,
//! with the ratio of the two: what other machines can be compared by. Reading the materials, checking every leaf, proofs, text, PDF, load files, manifests, the ZIP and the
//! verification of what was made are all part of it; a network is not.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use daybook_production::build::{Build, Opened, Plan, Steps, Trust};
use daybook_production::model::Words;
use daybook_production::sample::{Ledger, Service, Special, play, unrelated};
use serde_json::Value;

/// How long each step took.
struct Took {
    pages: u64,
    steps: [(&'static str, Duration); 3],
}

fn main() {
    let wanted: usize = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(2_000);
    let mut ledger = Ledger::new();
    let mut story = play(&mut ledger);
    let more = wanted.saturating_sub(story.found.len());
    story.found.extend((0..more).map(|_| (unrelated(&mut ledger), Special::Plain)));
    let mut service = Service::open(ledger, story, 1).unwrap();
    let cores = rayon::current_num_threads();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let alone = one.install(|| build(&mut service));
    let all = build(&mut service);
    println!("{wanted} records, {} pages, {cores} cores", all.pages);
    println!("{:12} {:>10} {:>10} {:>6}", "pages/s", "1 thread", "all cores", "ratio");
    let rows = alone.steps.iter().zip(&all.steps).map(|((name, one), (_, all))| (*name, *one, *all));
    let sum = |took: &Took| took.steps.iter().map(|(_, time)| *time).sum::<Duration>();
    for (name, one, many) in rows.chain([("whole", sum(&alone), sum(&all))]) {
        let [one, many] = [one, many].map(|time| all.pages as f64 / time.as_secs_f64());
        println!("{name:12} {one:>10.0} {many:>10.0} {:>6.2}", many / one);
    }
    println!("most memory: {} MiB", peak_mib());
}

fn build(service: &mut Service) -> Took {
    let folder = tempfile::tempdir().unwrap();
    let materials = lines(folder.path(), "materials.jsonl", &service.materials());
    let trust = Trust::new(&service.policy()).unwrap();
    let opened = Opened::read(&service.opened()).unwrap();
    let basis = |_: u64, code: &str| code.to_owned();
    let plan = Plan::new(opened, service.profile(), Words::default(), &basis, &trust).unwrap();
    let searched = service.searched();
    let started = Instant::now();
    let counted = {
        let tree = &service.ledger;
        Build { plan: &plan, trust: &trust, tree, materials: &materials, tell: &|_| {} }
            .count(&searched)
            .unwrap()
    };
    let count = started.elapsed();
    let numbers = service.number(1, counted.documents, counted.pages);
    let checkpoint = service.checkpoint(numbers.entry);
    let authorities = lines(folder.path(), "authorities.jsonl", &service.authorities());
    let steps =
        Steps { numbers: &numbers, searched: &searched, checkpoint: &checkpoint, authorities: &authorities };
    let started = Instant::now();
    let written = {
        let tree = &service.ledger;
        let build = Build { plan: &plan, trust: &trust, tree, materials: &materials, tell: &|_| {} };
        build.write(&counted, &steps, &folder.path().join("bag")).unwrap()
    };
    let write = started.elapsed();
    let record = service.build(written.hash());
    let checkpoint = service.checkpoint(record.index);
    let started = Instant::now();
    let tree = &service.ledger;
    let build = Build { plan: &plan, trust: &trust, tree, materials: &materials, tell: &|_| {} };
    let packed = build.pack(written, &record, &checkpoint, &folder.path().join("made.zip")).unwrap();
    assert!(packed.report.ok);
    let steps = [("count", count), ("write", write), ("pack, verify", started.elapsed())];
    Took { pages: counted.pages, steps }
}

fn lines(folder: &Path, name: &str, lines: &[Value]) -> std::path::PathBuf {
    let path = folder.join(name);
    fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    path
}

fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
