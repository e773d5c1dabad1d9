//! `daybook bench findings`: what the rules cost.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;

use super::backlog::Shape;
use super::drain::{cpu_seconds, peak_kib};
use super::{Fault, Ingest, ingest};
use crate::known::{self, Until};
use crate::{fail, print};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Events in each backlog
    #[arg(long, default_value_t = 200_000)]
    events: u64,
    /// Where the two ledgers are made; a temporary directory unless given. The directory must be new or empty
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The figures of one run.
#[derive(Serialize)]
struct Report {
    events: u64,
    cores: usize,
    without_rules_per_second: f64,
    with_rules_per_second: f64,
    /// CPU of the service per event, µs.
    without_rules_cpu_us: f64,
    with_rules_cpu_us: f64,
    with_rules_cpu_tenths: Vec<f64>,
    with_rules_peak_mib: f64,
    /// Entries per second, from scratch.
    fold_per_second: f64,
    fold_cpu_us: f64,
    /// CPU per entry in each tenth of the log, µs: whether cost grows with the log.
    fold_cpu_tenths: Vec<f64>,
    fold_peak_mib: f64,
    findings: usize,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let temporary = std::env::temp_dir().join(format!("daybook-bench-{}", std::process::id()));
    let dir = args.dir.clone().unwrap_or_else(|| temporary.clone());
    let result = measure(args, &dir);
    if args.dir.is_none() {
        // A left-over of a bench is untidy, not wrong.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    match result {
        Ok(report) if args.json => print(&serde_json::to_string(&report).unwrap_or_default()),
        Ok(report) => report.show(),
        Err(error) => return fail(error.as_ref()),
    }
    ExitCode::SUCCESS
}

fn measure(args: &Args, dir: &Path) -> Result<Report, Fault> {
    std::fs::create_dir_all(dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ingest_args = Ingest { events: args.events, producers: 16, dir: None, json: false };
    let without = runtime.block_on(ingest(&ingest_args, &dir.join("without"), Shape::Matters, false))?;
    let with = runtime.block_on(ingest(&ingest_args, &dir.join("with"), Shape::Matters, true))?;

    let own = std::process::id();
    let mut marks = vec![(0_u64, cpu_seconds(own)?)];
    let (started, mut seen) = (Instant::now(), 0_u64);
    let known = known::fold(&dir.join("with"), Until::default(), |_| {
        seen += 1;
        if seen.is_multiple_of((args.events / 10).max(1)) {
            marks.extend(cpu_seconds(own).ok().map(|cpu| (seen, cpu)));
        }
    })?;
    let (seconds, size) = (started.elapsed().as_secs_f64(), known.engine.size());
    let tenths = marks.windows(2).map(|pair| (pair[1].1 - pair[0].1) * 1e6 / (pair[1].0 - pair[0].0) as f64);
    Ok(Report {
        events: args.events,
        cores: rayon::current_num_threads(),
        without_rules_per_second: without.events_per_second,
        with_rules_per_second: with.events_per_second,
        without_rules_cpu_us: without.service_cpu_us_per_event,
        with_rules_cpu_us: with.service_cpu_us_per_event,
        with_rules_cpu_tenths: with.cpu_tenths,
        with_rules_peak_mib: with.service_peak_mib,
        fold_per_second: size as f64 / seconds,
        fold_cpu_us: (cpu_seconds(own)? - marks[0].1) * 1e6 / size as f64,
        fold_cpu_tenths: tenths.collect(),
        fold_peak_mib: peak_kib(own)? / 1_024.0,
        findings: known.engine.findings().count(),
    })
}

impl Report {
    fn show(&self) {
        let row = |figures: &[f64]| {
            figures.iter().map(|figure| format!("{figure:.0}")).collect::<Vec<_>>().join(" ")
        };
        print(&format!(
            "backlogs                 {} events of whole matters, {} cores\n\
             drained without rules    {:.0} events/s, {:.1} µs CPU per event\n\
             drained with rules       {:.0} events/s, {:.1} µs CPU per event, peak {:.0} MiB\n\
             added by the rules       {:.1} µs CPU per event\n\
             CPU µs in each tenth     {}\n\
             from scratch             {:.0} entries/s, {:.1} µs CPU per entry, peak {:.0} MiB, {} findings and measures\n\
             CPU µs in each tenth     {}",
            self.events,
            self.cores,
            self.without_rules_per_second,
            self.without_rules_cpu_us,
            self.with_rules_per_second,
            self.with_rules_cpu_us,
            self.with_rules_peak_mib,
            self.with_rules_cpu_us - self.without_rules_cpu_us,
            row(&self.with_rules_cpu_tenths),
            self.fold_per_second,
            self.fold_cpu_us,
            self.fold_peak_mib,
            self.findings,
            row(&self.fold_cpu_tenths),
        ));
    }
}
