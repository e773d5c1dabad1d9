//! `daybook bench`: what this machine can do, with the real parts.

use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use daybook_event::{
    Catalogue, Class, Draft, Entropy as _, Issuer, Origin, OsEntropy, Position, PublicKey, SigningKey, Token,
    issue,
};
use daybook_ledger::bus::{connect, ensure_stream};
use daybook_ledger::clock::SystemClock;
use daybook_ledger::config::Config;
use daybook_ledger::init;
use daybook_ledger::open::Layout;
use daybook_ledger::private_bus::PrivateBus;
use daybook_producer::Home;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{fail, print};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The type of event in the backlog.
const EVENT: &str = "paper.classified";
/// Events signed and published at a time.
const ROUND: usize = 16_384;
/// Publishes that wait for the bus's acknowledgement.
const IN_FLIGHT: usize = 1_024;
/// How long the baseline runs, each time.
const BASELINE: Duration = Duration::from_secs(3);
/// Different signatures that the baseline goes round.
const BASELINE_SAMPLE: usize = 4_096;
/// The drain has failed if the log does not grow for so long.
const STALLED: Duration = Duration::from_secs(60);

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
    let Command::Ingest(args) = command;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let temporary = std::env::temp_dir().join(format!("daybook-bench-{}", std::process::id()));
    let dir = args.dir.clone().unwrap_or_else(|| temporary.clone());
    let result = runtime.block_on(ingest(&args, &dir));
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

async fn ingest(args: &Ingest, dir: &Path) -> Result<Report, Fault> {
    let origin: Origin = "bench.daybook.example/ledger".parse()?;
    init::create(dir, &origin, None, &SystemClock, &mut OsEntropy)?;
    let bus = PrivateBus::start(&std::path::absolute(Layout::new(dir).bus())?).await?;
    let result = measure(args, dir, &origin, bus.url()).await;
    bus.stop().await;
    result
}

async fn measure(args: &Ingest, dir: &Path, origin: &Origin, url: &str) -> Result<Report, Fault> {
    let mut config = Config::read(&Layout::new(dir).config())?.bus;
    config.url = url.to_owned();
    let client = connect(&config, dir).await?;
    let context = async_nats::jetstream::new(client.clone());
    ensure_stream(&context, &config).await?;

    let mut producers = Bench::producers(args.producers, origin)?;
    publish(&context, register(dir, &producers)?).await?;
    let sample = backlog(args.events, &mut producers, &context).await?;
    let (clear_fields, slots) = shape();

    let baseline_before = baseline(&sample)?;
    let drain = drain(args, dir, url, producers.len() as u64 + 1).await?;
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

/// One producer of the bench.
struct Bench {
    iss: Issuer,
    origin: Origin,
    key: SigningKey,
    at: Position,
}

impl Bench {
    fn producers(count: usize, origin: &Origin) -> Result<Vec<Self>, Fault> {
        (0..count)
            .map(|i| {
                Ok(Self {
                    iss: format!("bench/producer-{i}").parse()?,
                    origin: origin.clone(),
                    key: SigningKey::generate(&mut OsEntropy)?,
                    at: Position::first(origin),
                })
            })
            .collect()
    }

    fn sign(&mut self) -> Result<String, Fault> {
        let signed = issue(
            &draft()?,
            &self.iss,
            &self.origin,
            self.at,
            &self.key,
            Catalogue::builtin(),
            &mut OsEntropy,
        )?;
        self.at = self.at.after(&signed);
        Ok(signed.compact)
    }
}

/// A realistic event: a classified paper with every field that the type has, in a matter of its own.
fn draft() -> Result<Draft, Fault> {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let ty = Catalogue::builtin().latest(EVENT).ok_or("the catalogue has no such type")?;
    let mut fields = ty.example().as_object().cloned().unwrap_or_default();
    let mut random = [0; 26];
    OsEntropy.fill(&mut random)?;
    let matter: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    fields.insert("matter_ref".into(), matter.into());
    Ok(Draft::new(EVENT.parse()?, fields))
}

/// How many fields of the event are in the clear, and how many slots it has.
fn shape() -> (usize, usize) {
    /// iss, aud, jti, event, v, period, seq, prev.
    const ENVELOPE: usize = 8;
    let Some(ty) = Catalogue::builtin().latest(EVENT) else { return (0, 0) };
    let present = |name: &str| ty.example().get(name).is_some();
    let public = ty.fields().iter().filter(|field| field.class == Class::P && present(&field.name)).count();
    (ENVELOPE + public, ty.slots().len())
}

/// The governance key's events that register the producers, ahead of everything else in the backlog.
fn register(dir: &Path, producers: &[Bench]) -> Result<Vec<(String, String)>, Fault> {
    let home = Home::open(&Layout::new(dir).governance(), None)?;
    let now = format!("{:.0}", jiff::Timestamp::now());
    let drafts: Vec<Draft> = producers
        .iter()
        .map(|producer| {
            let public = producer.key.public();
            let fields: Map<String, Value> = [
                ("producer", producer.iss.to_string()),
                ("kid", public.kid().to_string()),
                ("x", public.x()),
                ("occurred_at", now.clone()),
                ("recorded_at", now.clone()),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
            Ok(Draft::new("key.registered".parse()?, fields))
        })
        .collect::<Result<_, Fault>>()?;
    let subject = Issuer::governance().events_subject();
    let signed = home.enqueue(&drafts, &mut OsEntropy)?;
    Ok(signed.into_iter().map(|signed| (subject.clone(), signed.compact)).collect())
}

/// Signs and publishes the backlog; returns a sample with the keys that signed it.
async fn backlog(
    events: u64,
    producers: &mut [Bench],
    context: &async_nats::jetstream::Context,
) -> Result<Vec<(PublicKey, String)>, Fault> {
    let bar = ProgressBar::new(events)
        .with_style(ProgressStyle::with_template("building the backlog {bar:40} {pos}/{len} {eta}")?);
    let mut sample = Vec::new();
    let mut left = events;
    while left > 0 {
        let round = usize::try_from(left.min(ROUND as u64))?;
        let share = round.div_ceil(producers.len());
        let signed: Vec<Vec<(PublicKey, String, String)>> = producers
            .par_iter_mut()
            .map(|producer| {
                let (key, subject) = (producer.key.public(), producer.iss.events_subject());
                (0..share)
                    .map(|_| Ok((key, subject.clone(), producer.sign()?)))
                    .collect::<Result<Vec<_>, Fault>>()
            })
            .collect::<Result<_, _>>()?;
        // Interleaved, as many departments at once would.
        let mut columns: Vec<_> = signed.into_iter().map(Vec::into_iter).collect();
        let mut messages = Vec::with_capacity(round);
        for at in 0..round {
            let column = at % columns.len();
            if let Some((key, subject, compact)) = columns[column].next() {
                if sample.len() < BASELINE_SAMPLE {
                    sample.push((key, compact.clone()));
                }
                messages.push((subject, compact));
            }
        }
        // The last round may be uneven; what was signed beyond it is not published and nobody misses it.
        left -= messages.len() as u64;
        bar.inc(messages.len() as u64);
        publish(context, messages).await?;
    }
    bar.finish_and_clear();
    Ok(sample)
}

async fn publish(
    context: &async_nats::jetstream::Context,
    messages: Vec<(String, String)>,
) -> Result<(), Fault> {
    let mut waiting = FuturesUnordered::new();
    for (subject, compact) in messages {
        let jti = Token::parse(compact.as_bytes())?.claims().jti.to_string();
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Nats-Msg-Id", jti);
        let ack = context.publish_with_headers(subject, headers, compact.into()).await?;
        waiting.push(std::future::IntoFuture::into_future(ack));
        if waiting.len() >= IN_FLIGHT {
            waiting.next().await.transpose()?;
        }
    }
    while waiting.next().await.transpose()?.is_some() {}
    Ok(())
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

struct Drain {
    seconds: f64,
    tenths: Vec<f64>,
    cpu_tenths: Vec<f64>,
    service_cpu: f64,
    bus_cpu: f64,
    peak_kib: f64,
}

/// Runs the real service until the log holds the backlog.
async fn drain(args: &Ingest, dir: &Path, url: &str, before: u64) -> Result<Drain, Fault> {
    let log = std::fs::File::create(dir.join("serve.log"))?;
    let mut service = std::process::Command::new(std::env::current_exe()?)
        .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
        .arg(dir)
        .env("DAYBOOK_BUS", url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    let result = watch(args.events, before, dir, &mut service).await;
    let ended = service.kill().and_then(|()| service.wait());
    ended?;
    result
}

async fn watch(events: u64, before: u64, dir: &Path, service: &mut Child) -> Result<Drain, Fault> {
    let bus_pid: u32 = std::fs::read_to_string(Layout::new(dir).bus().join("nats.pid"))?.trim().parse()?;
    let bus_cpu = cpu_seconds(bus_pid)?;
    // The clock starts when the service has started up: the first entry of the backlog is in.
    let mut marks: Vec<Mark> = Vec::new();
    let mut changed = Instant::now();
    let bar = ProgressBar::new(events)
        .with_style(ProgressStyle::with_template("draining             {bar:40} {pos}/{len} {eta}")?);
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let size = logged(dir).saturating_sub(before);
        if marks.last().map_or(size > 0, |last| size > last.size) {
            changed = Instant::now();
            marks.push(Mark { size, at: changed, cpu: cpu_seconds(service.id())? });
            bar.set_position(size);
        }
        if size >= events {
            break;
        }
        if service.try_wait()?.is_some() || changed.elapsed() > STALLED {
            return Err(format!(
                "the service stopped at {size} of {events}; see {}",
                dir.join("serve.log").display()
            )
            .into());
        }
    }
    bar.finish_and_clear();
    let (first, last) = (marks[0], marks[marks.len() - 1]);
    // The first mark is where the clock starts; what was in the log by then is left out and made up for.
    let whole = events as f64 / (last.size - first.size).max(1) as f64;
    let (tenths, cpu_tenths) = tenths(&marks).into_iter().unzip();
    Ok(Drain {
        seconds: (last.at - first.at).as_secs_f64() * whole,
        tenths,
        cpu_tenths,
        service_cpu: (last.cpu - first.cpu) * whole,
        bus_cpu: cpu_seconds(bus_pid)? - bus_cpu,
        peak_kib: peak_kib(service.id())?,
    })
}

/// How far the drain had come at one moment.
#[derive(Clone, Copy)]
struct Mark {
    size: u64,
    at: Instant,
    /// CPU that the service had used, seconds.
    cpu: f64,
}

/// Events per second, and CPU per event in µs, in each tenth of the way.
fn tenths(marks: &[Mark]) -> Vec<(f64, f64)> {
    let Some((first, last)) = marks.first().zip(marks.last()) else { return Vec::new() };
    let cut = |i: u64| {
        let size = first.size + (last.size - first.size) * i / 10;
        marks.iter().find(|mark| mark.size >= size).unwrap_or(last)
    };
    (0..10)
        .map(|i| {
            let (from, to) = (cut(i), cut(i + 1));
            let events = (to.size - from.size).max(1) as f64;
            (events / (to.at - from.at).as_secs_f64(), (to.cpu - from.cpu) * 1e6 / events)
        })
        .collect()
}

/// Size of the log, as its latest checkpoint says.
fn logged(dir: &Path) -> u64 {
    let note = std::fs::read_to_string(dir.join("log/checkpoint")).unwrap_or_default();
    note.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0)
}

/// User and system time of a process so far, in seconds.
fn cpu_seconds(pid: u32) -> Result<f64, Fault> {
    /// The kernel counts these in hundredths of a second on every Linux that Rust supports.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the program's name in brackets and may hold anything.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_SECOND)
}

/// The most memory that a process has had resident, in KiB.
fn peak_kib(pid: u32) -> Result<f64, Fault> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0.0))
}
