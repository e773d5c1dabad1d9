//! `daybook bench access`: searching and reading through the real service, while the ledger grows.

mod ask;
mod city;
mod figures;
mod fill;
mod lag;
mod rebuild;
mod service;
mod shapes;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use async_nats::jetstream::Context;
use daybook_event::Origin;
use daybook_ledger::bus::{connect, ensure_stream};
use daybook_ledger::config::Config;
use daybook_ledger::open::Layout;
use daybook_ledger::private_bus::PrivateBus;
use daybook_tlog::Policy;
use jiff::{SignedDuration, Timestamp};

use super::Fault;
use ask::{Ask, Reader, Spread, check};
use city::Random;
use figures::{Asked, Commits, Report, Size};
use fill::Town;
use service::Service;
use shapes::{Questions, Shape};

use crate::{fail, print, say};

pub(super) const HELP: &str = "\
The events are signed and of many types, departments and months; they are written into the log without the bus, as admission would write
them, until it has the first size. Then the index is deleted and made anew, the service is started as a process of its own, without rules,
and asked over HTTP as an auditor asks, once the disk has taken everything in. Every answer waits for its record on the ledger, as always. Then the log grows to the next size.

The index lag is measured last, and between sizes where the next leaves room: events come over a real nats-server at a steady
pace, and the sizes of log and index are compared every 50 ms. Bus, service and bench share the machine.

Examples:
  daybook bench access
  daybook bench access --sizes 20000,100000 --dir /var/tmp/bench --keep
  daybook bench access --json

Exit codes: 0 it ran to the end, however fast; 1 failed";

/// What an event takes on disk with everything around it: entry, vault, hashes, index, and what the bus and a file hold meanwhile.
const EVENT_BYTES: u64 = 3_600;
/// What an event takes that comes over the bus: signed ahead in a file, and in the stream.
const BUS_EVENT_BYTES: u64 = 8_000;
/// Bytes that stay free beside all that.
const SPARE_BYTES: u64 = 1 << 30;
/// Questions of each shape right after the start.
const FIRST: usize = 20;
/// Readers at once.
const READERS: usize = 8;
/// Proofs that are checked at each size.
const PROOFS: usize = 100;
/// Handles of matters that are kept from answers.
const MATTERS: usize = 512;
/// How far back the log reaches.
const DAYS: i64 = 3 * 365;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Entries of the ledger at which it is measured, growing
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [100_000, 1_000_000, 10_000_000])]
    sizes: Vec<u64>,
    /// Questions of each shape, by one reader and again by eight at once
    #[arg(long, value_name = "N", default_value_t = 500)]
    queries: usize,
    /// Single events with proof, by one reader and again by eight at once, each another
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    reads: usize,
    /// Events per second while the index lag is measured
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pace: u64,
    /// How long events come at that pace, seconds; 0 leaves the index lag out
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    lag_seconds: u64,
    /// What is drawn at random follows from this number, keys and salts apart
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the ledger and the bus are made; a temporary directory unless given. The directory must be new or empty
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Leave the ledger there
    #[arg(long)]
    keep: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let temporary = std::env::temp_dir().join(format!("daybook-bench-{}", std::process::id()));
    let dir = args.dir.clone().unwrap_or(temporary);
    let result = whole(args, &dir);
    if args.keep {
        say(&format!("the ledger is in {}", dir.display()));
    } else if matches!(&result, Err(fault) if fault.is::<Refused>()) {
        // What is in it is somebody else's; an empty one that was made for this goes.
        drop(args.dir.is_none().then(|| std::fs::remove_dir(&dir)));
    } else {
        // A left-over of a bench is untidy, not wrong.
        let _ = std::fs::remove_dir_all(&dir);
    }
    match result {
        Ok(report) if args.json => print(&serde_json::to_string(&report).unwrap_or_default()),
        Ok(report) => report.show(),
        Err(error) => return fail(error.as_ref()),
    }
    ExitCode::SUCCESS
}

/// Nothing was made.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("--sizes: sizes grow, and the first is at least {SIZE_MIN}")]
    Sizes,
    #[error("{dir} is not empty; name a new or empty directory")]
    NotEmpty { dir: PathBuf },
    #[error(
        "{dir}: about {needed} bytes are needed and {free} are free; name smaller --sizes or another --dir"
    )]
    Room { dir: PathBuf, needed: u64, free: u64 },
}

/// Smallest ledger that has something of everything.
const SIZE_MIN: u64 = 1_000;

fn whole(args: &Args, dir: &Path) -> Result<Report, Fault> {
    let grows = args.sizes.windows(2).all(|pair| pair[0] < pair[1]);
    let largest = match (args.sizes.first(), args.sizes.last()) {
        (Some(first), Some(last)) if grows && *first >= SIZE_MIN => *last,
        _ => return Err(Refused::Sizes.into()),
    };
    if std::fs::read_dir(dir).is_ok_and(|mut files| files.next().is_some()) {
        return Err(Refused::NotEmpty { dir: dir.to_owned() }.into());
    }
    std::fs::create_dir_all(dir)?;
    let needed = largest * EVENT_BYTES + args.pace * args.lag_seconds * BUS_EVENT_BYTES + SPARE_BYTES;
    let disk = rustix::fs::statvfs(dir)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < needed {
        return Err(Refused::Room { dir: dir.to_owned(), needed, free }.into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(grow(args, dir))
}

/// Everything that stays the same while the ledger grows.
struct Bench<'a> {
    args: &'a Args,
    dir: &'a Path,
    bus: &'a PrivateBus,
    context: Context,
    began: Timestamp,
    policy: Policy,
}

async fn grow(args: &Args, dir: &Path) -> Result<Report, Fault> {
    let origin: Origin = "bench.daybook.example/ledger".parse()?;
    let began = Timestamp::now() - SignedDuration::from_hours(24 * DAYS);
    let mut town = Town::found(dir, origin, args.seed, began)?;
    let layout = Layout::new(dir);
    let bus = PrivateBus::start(&std::path::absolute(layout.bus())?).await?;
    let mut config = Config::read(&layout.config())?.bus;
    bus.url().clone_into(&mut config.url);
    let client = connect(&config, dir).await?;
    let context = async_nats::jetstream::new(client.clone());
    ensure_stream(&context, &config).await?;
    let policy = std::fs::read_to_string(layout.policy())?.parse()?;
    let bench = Bench { args, dir, bus: &bus, context, began, policy };
    let mut report = Report {
        seed: args.seed,
        cores: rayon::current_num_threads(),
        nats_server: client.server_info().version,
        readers: READERS,
        sizes: Vec::new(),
    };
    let result = bench.sizes(&mut town, &mut report).await;
    bus.stop().await;
    result.map(|()| report)
}

impl Bench<'_> {
    async fn sizes(&self, town: &mut Town, report: &mut Report) -> Result<(), Fault> {
        let lag_events = self.args.pace * self.args.lag_seconds;
        let steps = i32::try_from(self.args.sizes.len())?;
        for (step, size) in (1..).zip(&self.args.sizes) {
            // Each step takes the same part of the years, so that every size has months to tell apart.
            let until = self.began + SignedDuration::from_hours(24 * DAYS) * step / steps;
            let mut measured = self.size(town, *size, until).await?;
            let next = self.args.sizes.get(usize::try_from(step)?);
            if lag_events > 0 && next.is_none_or(|next| size + 2 * lag_events <= *next) {
                measured.lag = Some(self.lag(town, lag_events).await?);
            }
            if !self.args.json {
                measured.say();
            }
            report.sizes.push(measured);
        }
        Ok(())
    }

    async fn size(&self, town: &mut Town, size: u64, until: Timestamp) -> Result<Size, Fault> {
        let filled = town.fill(self.dir, size, until)?;
        let log_bytes = figures::bytes(&self.dir.join("log"))? + figures::bytes(&self.dir.join("vault"))?;
        say("making the index anew");
        let rebuild = rebuild::rebuild(self.dir).await?;
        // A ledger that grew over years has nothing left to be written when somebody asks it.
        tokio::task::spawn_blocking(rustix::fs::sync).await?;
        let service = Service::start(self.dir, self.bus.url(), &town.token).await?;
        let at_start = service.memory()?;
        say(&format!("asking a ledger of {size} entries"));
        let random = Random::new(self.args.seed ^ size);
        let mut questions = Questions::new(town, self.began, random);
        let mut asked = self.first(&service.reader, &mut questions).await?;
        let alone = self.rest(&service.reader, &mut questions, &mut asked, 1).await?;
        let together = self.rest(&service.reader, &mut questions, &mut asked, READERS).await?;
        let bare = vec![Ask::Get("/healthz".into()); self.args.queries];
        let bare = Spread::of(service.reader.one_by_one(&bare).await?);
        let after = service.memory()?;
        let index_bytes = figures::bytes(&Layout::new(self.dir).index())?;
        let started_seconds = service.started_seconds;
        service.stop().await?;
        Ok(Size {
            entries: size,
            filled: filled.events,
            filled_per_second: filled.events as f64 / filled.seconds,
            log_bytes_per_entry: log_bytes as f64 / size as f64,
            index_bytes_per_entry: index_bytes as f64 / size as f64,
            rebuild,
            started_seconds,
            at_start,
            after,
            proofs_checked: PROOFS.min(self.args.reads),
            bare,
            alone,
            together,
            asked,
            lag: None,
        })
    }

    /// The first questions after the start, one shape after the other in turn; and what matters there are.
    async fn first(&self, reader: &Reader, questions: &mut Questions<'_>) -> Result<Vec<Asked>, Fault> {
        let mut seconds = vec![Vec::new(); Shape::ALL.len()];
        for _ in 0..FIRST {
            for (shape, seconds) in Shape::ALL.into_iter().zip(&mut seconds) {
                let drawn = questions.draw(shape, 1);
                let Some((ask, entry)) = drawn.first() else { continue };
                let started = std::time::Instant::now();
                let answer = reader.ask(ask).await?;
                seconds.push(started.elapsed().as_secs_f64());
                if let Some(entry) = entry {
                    check(&answer, *entry, &self.policy)?;
                    questions.learn(&answer)?;
                }
            }
        }
        for (ask, entry) in questions.draw(Shape::Event, self.args.reads.min(PROOFS.max(MATTERS))) {
            let answer = reader.ask(&ask).await?;
            check(&answer, entry.unwrap_or(u64::MAX), &self.policy)?;
            questions.learn(&answer)?;
        }
        let first = seconds.into_iter().map(Spread::of);
        Ok(Shape::ALL.into_iter().zip(first).map(|(shape, first)| Asked::new(shape, first)).collect())
    }

    /// The questions after that, by so many readers; what their records cost.
    async fn rest(
        &self,
        reader: &Reader,
        questions: &mut Questions<'_>,
        asked: &mut [Asked],
        readers: usize,
    ) -> Result<Commits, Fault> {
        let before = Commits::of(reader).await?;
        let mut reads = 0;
        for (shape, asked) in Shape::ALL.into_iter().zip(asked) {
            let count = if shape == Shape::Event { self.args.reads } else { self.args.queries };
            let asks: Vec<Ask> = questions.draw(shape, count).into_iter().map(|(ask, _)| ask).collect();
            reads += asks.len();
            let started = std::time::Instant::now();
            let seconds = match readers {
                1 => reader.one_by_one(&asks).await?,
                more => reader.at_once(&asks, more).await?,
            };
            let rate = asks.len() as f64 / started.elapsed().as_secs_f64();
            asked.take(readers, Spread::of(seconds), rate);
        }
        Ok(Commits::of(reader).await?.since(&before, reads))
    }

    async fn lag(&self, town: &mut Town, events: u64) -> Result<lag::Lag, Fault> {
        let path = self.dir.join("signed-ahead");
        lag::sign_ahead(town, events, &path)?;
        let service = Service::start(self.dir, self.bus.url(), &town.token).await?;
        let lag = lag::lag(&self.context, &service.reader, events, self.args.pace, &path).await;
        let lag = lag.map_err(|fault| service.fault(&format!("did not take the events in ({fault})")))?;
        service.stop().await?;
        std::fs::remove_file(&path)?;
        Ok(lag)
    }
}
