//! How fast documents become pages: `cargo bench -p daybook-production --bench pages -- 2000`.
//!
//! Prints pages a second by the clock and by the processor's own time, on one core, with the size of the files and the most memory used. Measuring the pages and
//! writing text and load files are part of it, as they are when a production is made.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::time::Instant;

use daybook_production::load::{DatEncoding, LoadWriter};
use daybook_production::model::{BatesRange, Numbered};
use daybook_production::render;

/// Clock ticks a second in `/proc`, on every Linux of today.
const TICKS_PER_S: f64 = 100.0;

fn main() {
    let wanted: usize = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(2_000);
    let profile = support::profile("protective-order");
    let choices = support::choices(&profile);
    let events = support::events(1);
    let documents: Vec<_> = events
        .iter()
        .enumerate()
        .map(|(at, signed)| support::document(&profile, signed, at as u64).0)
        .collect();
    let (started, before) = (Instant::now(), processor_s());
    let mut load = LoadWriter::new(&choices, &BTreeMap::new(), DatEncoding::Utf8);
    let (mut first, mut bytes, mut text_bytes) = (1, 0, 0);
    for document in documents.iter().cycle().take(wanted) {
        let pages = render::pages(document, &choices);
        let bates = BatesRange { prefix: choices.bates_prefix.clone(), first, last: first + pages - 1 };
        first += pages;
        let numbered = Numbered { bates, document: document.clone() };
        bytes += render::pdf(&numbered, &choices).unwrap().len();
        text_bytes += render::text(&numbered, &choices).len();
        load.push(&numbered).unwrap();
    }
    let load = load.finish();
    let (clock, processor) = (started.elapsed().as_secs_f64(), processor_s() - before);
    let pages = (first - 1) as f64;
    println!("{wanted} documents, {pages} pages");
    println!(
        "clock:     {clock:.2} s, {:.0} pages/s, {:.0} documents/s",
        pages / clock,
        wanted as f64 / clock
    );
    println!(
        "processor: {processor:.2} s, {:.0} pages/s, {:.0} documents/s",
        pages / processor,
        wanted as f64 / processor
    );
    println!(
        "PDF {} bytes a document, text {}, load files {} in all",
        bytes / wanted,
        text_bytes / wanted,
        load.dat.len() + load.csv.len() + load.jsonl.len() + load.opt.len()
    );
    println!("most memory: {} MiB", peak_mib());
}

/// Processor time of this process, seconds.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS_PER_S
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
