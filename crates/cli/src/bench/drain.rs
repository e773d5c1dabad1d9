//! Draining the backlog with the real service, watched from outside.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use daybook_ledger::open::Layout;
use indicatif::{ProgressBar, ProgressStyle};

use super::Fault;

/// The drain has failed if the log does not grow for so long.
const STALLED: Duration = Duration::from_secs(60);

/// What was seen.
pub(super) struct Drain {
    pub(super) seconds: f64,
    pub(super) tenths: Vec<f64>,
    pub(super) cpu_tenths: Vec<f64>,
    pub(super) service_cpu: f64,
    pub(super) bus_cpu: f64,
    pub(super) peak_kib: f64,
}

/// Runs the real service until the log holds the backlog.
///
/// With `settle` it goes on until the service rests: what works behind the log, such as the rules, is then counted in full.
pub(super) async fn drain(
    events: u64,
    dir: &Path,
    url: &str,
    before: u64,
    settle: bool,
) -> Result<Drain, Fault> {
    let log = std::fs::File::create(dir.join("serve.log"))?;
    let mut service = std::process::Command::new(std::env::current_exe()?)
        .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
        .arg(dir)
        .env("DAYBOOK_BUS", url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    let result = watch(events, before, dir, &mut service, settle).await;
    let ended = service.kill().and_then(|()| service.wait());
    ended?;
    result
}

async fn watch(
    events: u64,
    before: u64,
    dir: &Path,
    service: &mut Child,
    settle: bool,
) -> Result<Drain, Fault> {
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
    let drained = cpu_seconds(service.id())?;
    let at_rest = if settle { rest(service).await? } else { drained };
    let (first, last) = (marks[0], marks[marks.len() - 1]);
    // The first mark is where the clock starts; what was in the log by then is left out and made up for.
    let whole = events as f64 / (last.size - first.size).max(1) as f64;
    let (tenths, cpu_tenths) = tenths(&marks).into_iter().unzip();
    Ok(Drain {
        seconds: (last.at - first.at).as_secs_f64() * whole,
        tenths,
        cpu_tenths,
        service_cpu: (last.cpu - first.cpu) * whole + (at_rest - drained),
        bus_cpu: cpu_seconds(bus_pid)? - bus_cpu,
        peak_kib: peak_kib(service.id())?,
    })
}

/// Waits until the service uses next to no CPU; what it has used by then, in seconds.
async fn rest(service: &Child) -> Result<f64, Fault> {
    const LOOK_EVERY: Duration = Duration::from_millis(1_500);
    const REST_LIMIT: Duration = Duration::from_secs(1_800);
    let started = Instant::now();
    let mut used = cpu_seconds(service.id())?;
    while started.elapsed() < REST_LIMIT {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = cpu_seconds(service.id())?;
        if now - used < 0.05 {
            return Ok(now);
        }
        used = now;
    }
    Err("the service does not come to rest; see serve.log".into())
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
pub(super) fn cpu_seconds(pid: u32) -> Result<f64, Fault> {
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
pub(super) fn peak_kib(pid: u32) -> Result<f64, Fault> {
    resident_kib(pid, "VmHWM:")
}

/// A figure of a process's memory by its name in `/proc`, in KiB.
pub(super) fn resident_kib(pid: u32, name: &str) -> Result<f64, Fault> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    Ok(line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0.0))
}
