//! How far the auditors' index is behind the log while events come in at a steady pace.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_nats::jetstream::Context;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::super::Fault;
use super::ask::{Reader, Spread};
use super::city::Stretch;
use super::fill::Town;

/// How often sizes are looked at; a lag is known to be no longer than this above the truth.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often somebody asks for a count meanwhile.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// How often events go out.
const TICK: Duration = Duration::from_millis(5);
/// Events whose acknowledgement by the bus is waited for.
const IN_FLIGHT: usize = 4_096;
/// Events signed at a time.
const ROUND: u64 = 16_384;
/// The log has stopped if it does not grow for so long.
const STALLED: Duration = Duration::from_secs(60);
/// Part of the pace that counts as having kept it.
const KEPT: f64 = 0.97;

/// What was seen while events came in.
#[derive(Serialize, Clone)]
pub(super) struct Lag {
    /// Entries before.
    entries: u64,
    events: u64,
    pace_per_second: u64,
    published_per_second: f64,
    logged_per_second: f64,
    kept_pace: bool,
    samples: usize,
    /// Age of the oldest entry that was not in the index, seconds.
    p50_seconds: f64,
    p99_seconds: f64,
    max_seconds: f64,
    /// Entries in the log that were not in the index, at most.
    max_entries: u64,
    /// A count each 200 ms, each complete up to the log at the time of asking.
    counts: Spread,
    counts_behind: usize,
}

impl Lag {
    pub(super) fn line(&self) -> String {
        let pace = if self.kept_pace { "" } else { "   THE MACHINE DID NOT KEEP THE PACE" };
        format!(
            "{:<10} {} events at {}/s asked, {:.0}/s published, {:.0}/s logged; index behind by p50 {:.3} s, p99 {:.3} s, max {:.3} s ({} entries); \
             counts meanwhile p50 {:.1}, p99 {:.1}, max {:.1} ms of {}, {} without an answer{pace}",
            self.entries,
            self.events,
            self.pace_per_second,
            self.published_per_second,
            self.logged_per_second,
            self.p50_seconds,
            self.p99_seconds,
            self.max_seconds,
            self.max_entries,
            self.counts.p50_ms,
            self.counts.p99_ms,
            self.counts.max_ms,
            self.counts.count,
            self.counts_behind,
        )
    }
}

/// Signs events ahead into a file, so that signing does not compete with what is measured.
pub(super) fn sign_ahead(town: &mut Town, events: u64, path: &Path) -> Result<(), Fault> {
    let bar = ProgressBar::new(events)
        .with_style(ProgressStyle::with_template("signing ahead        {bar:40} {pos}/{len} {eta}")?);
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    let mut done = 0;
    while done < events {
        let (round, now) = (ROUND.min(events - done), Timestamp::now());
        for made in town.sign(round, Stretch { from: now, until: now })? {
            writeln!(file, "{} {} {}", made.subject, made.jti, made.compact)?;
        }
        done += round;
        bar.set_position(done);
    }
    file.flush()?;
    bar.finish_and_clear();
    Ok(())
}

/// Publishes the events of a file at a pace, and watches the service until they are all in the log and in the index.
pub(super) async fn lag(
    context: &Context,
    reader: &Reader,
    events: u64,
    pace: u64,
    path: &Path,
) -> Result<Lag, Fault> {
    let entries = sizes(reader).await?.0;
    let published = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(watch(reader.clone(), entries + events));
    let asking = tokio::spawn(ask(reader.clone(), Arc::clone(&published)));
    let started = Instant::now();
    let sent = publish(context, events, pace, path).await;
    let published_seconds = started.elapsed().as_secs_f64();
    published.store(true, Ordering::Relaxed);
    sent?;
    let (mut samples, logged) = watching.await??;
    let (counts, counts_behind) = asking.await??;
    let logged_seconds = logged.duration_since(started).as_secs_f64();
    samples.sort_by(|a, b| a.0.total_cmp(&b.0));
    let seconds = Spread::of(samples.iter().map(|(seconds, _)| *seconds).collect());
    let rate = |seconds: f64| events as f64 / seconds;
    Ok(Lag {
        entries,
        events,
        pace_per_second: pace,
        published_per_second: rate(published_seconds),
        logged_per_second: rate(logged_seconds),
        kept_pace: rate(published_seconds).min(rate(logged_seconds)) >= KEPT * pace as f64,
        samples: samples.len(),
        p50_seconds: seconds.p50_ms / 1_000.0,
        p99_seconds: seconds.p99_ms / 1_000.0,
        max_seconds: seconds.max_ms / 1_000.0,
        max_entries: samples.iter().map(|(_, entries)| *entries).max().unwrap_or(0),
        counts,
        counts_behind,
    })
}

/// Entries in the log, and entries in the index.
async fn sizes(reader: &Reader) -> Result<(u64, u64), Fault> {
    let sizes = reader.metrics(&["log_size", "access_size"]).await?;
    Ok((sizes[0] as u64, sizes[1] as u64))
}

/// Looks at both sizes until they have reached `goal`: how old the oldest entry was that was not in the index, and how many there were, at
/// each look; and when the log had reached it.
async fn watch(reader: Reader, goal: u64) -> Result<(Vec<(f64, u64)>, Instant), Fault> {
    let mut history: Vec<(Instant, u64)> = Vec::new();
    let (mut samples, mut reached, mut changed) = (Vec::new(), None, Instant::now());
    let mut timer = tokio::time::interval(LOOK_EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let (log, index) = sizes(&reader).await?;
        let now = Instant::now();
        if history.last().is_none_or(|(_, size)| log > *size) {
            changed = now;
        }
        history.push((now, log));
        if log >= goal {
            reached.get_or_insert(now);
        }
        // The last look at which all that was there is now in the index: what is not came right after it at the earliest.
        let known = history.partition_point(|(_, size)| *size <= index);
        let since = history.get(known.saturating_sub(1)).map_or(now, |(at, _)| *at);
        let behind = if known == history.len() { 0.0 } else { now.duration_since(since).as_secs_f64() };
        samples.push((behind, log.saturating_sub(index)));
        if let Some(reached) = reached
            && index >= goal
        {
            return Ok((samples, reached));
        }
        if changed.elapsed() > STALLED {
            return Err(format!("the log stopped at {log} of {goal}; see serve.log").into());
        }
    }
}

/// Asks for counts until everything is published; how long each took, and how many were told that the index is behind.
async fn ask(reader: Reader, published: Arc<AtomicBool>) -> Result<(Spread, usize), Fault> {
    let (mut seconds, mut behind) = (Vec::new(), 0);
    let mut timer = tokio::time::interval(ASK_EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !published.load(Ordering::Relaxed) {
        timer.tick().await;
        let started = Instant::now();
        match reader.post("/v1/events/count", &json!({ "types": ["request.received"] })).await {
            Ok(_) => seconds.push(started.elapsed().as_secs_f64()),
            Err(fault) if fault.to_string().contains("index-behind") => behind += 1,
            Err(fault) => return Err(fault),
        }
    }
    Ok((Spread::of(seconds), behind))
}

async fn publish(context: &Context, events: u64, pace: u64, path: &Path) -> Result<(), Fault> {
    let bar = ProgressBar::new(events).with_style(ProgressStyle::with_template(
        "publishing           {bar:40} {pos}/{len} {per_sec} {eta}",
    )?);
    let mut lines = BufReader::new(std::fs::File::open(path)?).lines();
    let (mut waiting, mut sent) = (FuturesUnordered::new(), 0);
    let started = Instant::now();
    let mut timer = tokio::time::interval(TICK);
    while sent < events {
        timer.tick().await;
        let due = ((started.elapsed().as_secs_f64() * pace as f64) as u64).min(events);
        while sent < due {
            let line = lines.next().transpose()?.ok_or("the file of signed events is too short")?;
            let mut parts = line.splitn(3, ' ').map(str::to_owned);
            let (Some(subject), Some(jti), Some(compact)) = (parts.next(), parts.next(), parts.next()) else {
                return Err("the file of signed events is damaged".into());
            };
            let mut headers = async_nats::HeaderMap::new();
            headers.insert("Nats-Msg-Id", jti);
            let ack = context.publish_with_headers(subject, headers, compact.into()).await?;
            waiting.push(std::future::IntoFuture::into_future(ack));
            if waiting.len() >= IN_FLIGHT {
                waiting.next().await.transpose()?;
            }
            sent += 1;
        }
        bar.set_position(sent);
    }
    while waiting.next().await.transpose()?.is_some() {}
    bar.finish_and_clear();
    Ok(())
}
