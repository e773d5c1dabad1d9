//! `daybook bench`: what this machine can do, with the real parts.

mod access;
mod backlog;
mod drain;
mod findings;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use backlog::Shape;
use daybook_event::{Origin, OsEntropy, PublicKey, Token};
use daybook_ledger::bus::{connect, ensure_stream};
use daybook_ledger::clock::SystemClock;
use daybook_ledger::config::Config;
use daybook_ledger::init;
use daybook_ledger::open::Layout;
use daybook_ledger::private_bus::PrivateBus;
use rayon::prelude::*;
use serde::Serialize;

use crate::{fail, print};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// How long the baseline runs, each time.
const BASELINE: Duration = Duration::from_secs(3);

/// What can be measured.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Build a backlog of events in JetStream, drain it with the real service, and compare with bare signature checks
    #[command(after_help = "\
The backlog is drained by `daybook serve` as a process of its own, with nats-server on the same cores. The
baseline is one-by-one strict Ed25519 verification of the same events on all cores, measured before and after in the same run.

Examples:
  daybook bench ingest
  daybook bench ingest --events 1000000 --json")]
    Ingest(Ingest),
    /// Drain a backlog of whole matters without rules and with them, then compute all findings from scratch
    #[command(after_help = "\
Both backlogs are drained by `daybook serve` as a process of its own; what the rules add is the difference of its CPU per event. The fold from
scratch reads log and vault of the second ledger, as at every start of a service.

Examples:
  daybook bench findings
  daybook bench findings --events 1000000 --json")]
    Findings(findings::Args),
    /// Fill a ledger with events and measure how fast auditors search and read it while it grows
    #[command(after_help = access::HELP)]
    Access(access::Args),
}

#[derive(clap::Args)]
pub(crate) struct Ingest {
    /// Events in the backlog
    #[arg(long, default_value_t = 200_000)]
    events: u64,
    /// Producers that signed them
    #[arg(long, default_value_t = 16)]
    producers: usize,
    /// Where the ledger and the bus are made; a temporary directory unless given. The directory must be new or empty
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: Command) -> ExitCode {
    let args = match command {
        Command::Ingest(args) => args,
        Command::Findings(args) => return findings::run(&args),
        Command::Access(args) => return access::run(&args),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let temporary = std::env::temp_dir().join(format!("daybook-bench-{}", std::process::id()));
    let dir = args.dir.clone().unwrap_or_else(|| temporary.clone());
    let result = runtime.block_on(ingest(&args, &dir, Shape::Papers, true));
    if args.dir.is_none() {
        // A left-over of a bench is untidy, not wrong.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    match result {
        Ok(report) if args.json => print(&report.to_json()),
        Ok(report) => report.show(),
        Err(error) => return fail(error.as_ref()),
    }
    ExitCode::SUCCESS
}

/// The figures of one run.
#[derive(Serialize)]
struct Report {
    events: u64,
    event_bytes: usize,
    clear_fields: usize,
    slots: usize,
    cores: usize,
    nats_server: String,
    seconds: f64,
    events_per_second: f64,
    /// Events per second in each tenth of the backlog.
    tenths: Vec<f64>,
    /// The service's CPU per event in each tenth, µs: whether cost grows with the log, whatever else the machine does.
    cpu_tenths: Vec<f64>,
    baseline_before: f64,
    baseline_after: f64,
    /// Events per second over the mean of the two baselines.
    ratio: f64,
    service_cpu_us_per_event: f64,
    bus_cpu_us_per_event: f64,
    service_peak_mib: f64,
}

impl Report {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn show(&self) {
        let row = |figures: &[f64]| {
            figures.iter().map(|figure| format!("{figure:.0}")).collect::<Vec<_>>().join(" ")
        };
        print(&format!(
            "backlog                  {} events of {} bytes ({} clear fields, {} slots), {} cores, nats-server {}\n\
             drained in               {:.1} s\n\
             events per second        {:.0}\n\
             in each tenth            {}\n\
             CPU µs in each tenth     {}\n\
             strict checks per second {:.0} before, {:.0} after (one by one, all cores, no service running)\n\
             ratio                    {:.2}\n\
             CPU per event            {:.1} µs service, {:.1} µs nats-server\n\
             peak resident            {:.0} MiB (service)",
            self.events,
            self.event_bytes,
            self.clear_fields,
            self.slots,
            self.cores,
            self.nats_server,
            self.seconds,
            self.events_per_second,
            row(&self.tenths),
            row(&self.cpu_tenths),
            self.baseline_before,
            self.baseline_after,
            self.ratio,
            self.service_cpu_us_per_event,
            self.bus_cpu_us_per_event,
            self.service_peak_mib,
        ));
    }
}

async fn ingest(args: &Ingest, dir: &Path, shape: Shape, rules: bool) -> Result<Report, Fault> {
    let origin: Origin = "bench.daybook.example/ledger".parse()?;
    init::create(dir, &origin, None, &SystemClock, &mut OsEntropy)?;
    let path = Layout::new(dir).config();
    let mut config = Config::read(&path)?;
    config.rules.enabled = rules;
    std::fs::write(&path, toml::to_string_pretty(&config)?)?;
    let bus = PrivateBus::start(&std::path::absolute(Layout::new(dir).bus())?).await?;
    let result = measure(args, dir, &origin, bus.url(), shape).await;
    bus.stop().await;
    result
}

async fn measure(
    args: &Ingest,
    dir: &Path,
    origin: &Origin,
    url: &str,
    shape: Shape,
) -> Result<Report, Fault> {
    let mut config = Config::read(&Layout::new(dir).config())?.bus;
    config.url = url.to_owned();
    let client = connect(&config, dir).await?;
    let context = async_nats::jetstream::new(client.clone());
    ensure_stream(&context, &config).await?;

    let mut producers = backlog::Bench::producers(args.producers, origin, shape)?;
    backlog::publish(&context, backlog::register(dir, &producers)?).await?;
    let sample = backlog::backlog(args.events, &mut producers, &context).await?;
    let (clear_fields, slots) = backlog::shape();

    let baseline_before = baseline(&sample)?;
    let drain =
        drain::drain(args.events, dir, url, producers.len() as u64 + 2, shape == Shape::Matters).await?;
    let baseline_after = baseline(&sample)?;
    let rate = args.events as f64 / drain.seconds;
    Ok(Report {
        events: args.events,
        event_bytes: sample.iter().map(|(_, compact)| compact.len()).sum::<usize>() / sample.len().max(1),
        clear_fields,
        slots,
        cores: rayon::current_num_threads(),
        nats_server: client.server_info().version,
        seconds: drain.seconds,
        events_per_second: rate,
        tenths: drain.tenths,
        cpu_tenths: drain.cpu_tenths,
        baseline_before,
        baseline_after,
        ratio: rate / ((baseline_before + baseline_after) / 2.0),
        service_cpu_us_per_event: drain.service_cpu * 1e6 / args.events as f64,
        bus_cpu_us_per_event: drain.bus_cpu * 1e6 / args.events as f64,
        service_peak_mib: drain.peak_kib / 1_024.0,
    })
}

/// Strict signature checks per second, one by one, on all cores.
fn baseline(sample: &[(PublicKey, String)]) -> Result<f64, Fault> {
    let tokens: Vec<(PublicKey, Token<'_>)> = sample
        .iter()
        .map(|(key, compact)| Ok((*key, Token::parse(compact.as_bytes())?)))
        .collect::<Result<_, daybook_event::Refusal>>()?;
    let started = Instant::now();
    let checked: u64 = (0..rayon::current_num_threads())
        .into_par_iter()
        .map(|_| {
            let mut checked = 0;
            for (key, token) in tokens.iter().cycle() {
                if !key.verify_strict(token.signing_input(), token.signature()) {
                    return 0;
                }
                checked += 1;
                if checked % 64 == 0 && started.elapsed() >= BASELINE {
                    break;
                }
            }
            checked
        })
        .sum();
    Ok(checked as f64 / started.elapsed().as_secs_f64())
}
