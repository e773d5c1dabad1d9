//! Asking a service over HTTP, with a clock beside it.

use std::time::{Duration, Instant};

use daybook_tlog::{Policy, TlogProof, leaf_hash};
use reqwest::{Client, RequestBuilder};
use serde::Serialize;
use serde_json::Value;

use super::super::Fault;

/// Longest wait for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// What the reads are for, as it is recorded with each.
const PURPOSE: &str = "audit bench";

/// One request.
#[derive(Clone)]
pub(super) enum Ask {
    Get(String),
    Post(&'static str, Value),
}

/// Somebody who reads. Connections are kept open between requests.
#[derive(Clone)]
pub(super) struct Reader {
    client: Client,
    address: String,
    token: String,
}

/// How long requests took, milliseconds.
#[derive(Serialize, Clone, Copy, Default)]
pub(super) struct Spread {
    pub(super) count: usize,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
}

impl Spread {
    pub(super) fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        // The smallest value that so many of a hundred do not exceed.
        let at = |percent: usize| {
            let rank = (seconds.len() * percent).div_ceil(100).max(1) - 1;
            seconds.get(rank).copied().unwrap_or(0.0) * 1_000.0
        };
        Self { count: seconds.len(), p50_ms: at(50), p99_ms: at(99), max_ms: at(100) }
    }
}

impl Reader {
    pub(super) fn new(token: &str) -> Result<Self, Fault> {
        let client = Client::builder().no_proxy().timeout(ANSWER_LIMIT).tcp_nodelay(true).build()?;
        Ok(Self { client, address: String::new(), token: token.to_owned() })
    }

    pub(super) fn at(&mut self, address: &str) {
        self.address = format!("http://{address}");
    }

    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, Fault> {
        self.send(path, self.client.get(format!("{}{path}", self.address))).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Vec<u8>, Fault> {
        let request = self.client.post(format!("{}{path}", self.address));
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        self.send(path, request).await
    }

    async fn send(&self, path: &str, request: RequestBuilder) -> Result<Vec<u8>, Fault> {
        let request = request.bearer_auth(&self.token).header("Daybook-Purpose", PURPOSE);
        let response = request.send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        if !status.is_success() {
            return Err(format!("{path}: {status}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(body.into())
    }

    pub(super) async fn ask(&self, ask: &Ask) -> Result<Vec<u8>, Fault> {
        match ask {
            Ask::Get(path) => self.get(path).await,
            Ask::Post(path, body) => self.post(path, body).await,
        }
    }

    /// One request after the other; how long each took, in seconds.
    pub(super) async fn one_by_one(&self, asks: &[Ask]) -> Result<Vec<f64>, Fault> {
        let mut seconds = Vec::with_capacity(asks.len());
        for ask in asks {
            let started = Instant::now();
            self.ask(ask).await?;
            seconds.push(started.elapsed().as_secs_f64());
        }
        Ok(seconds)
    }

    /// As [`one_by_one`](Self::one_by_one), by so many readers at once, each with a share of the requests.
    pub(super) async fn at_once(&self, asks: &[Ask], readers: usize) -> Result<Vec<f64>, Fault> {
        let tasks: Vec<_> = asks
            .chunks(asks.len().div_ceil(readers).max(1))
            .map(|share| {
                let (reader, share) = (self.clone(), share.to_vec());
                tokio::spawn(async move { reader.one_by_one(&share).await })
            })
            .collect();
        let mut seconds = Vec::with_capacity(asks.len());
        for task in tasks {
            seconds.extend(task.await??);
        }
        Ok(seconds)
    }

    /// The sum of all samples of a metric.
    pub(super) async fn metrics(&self, names: &[&str]) -> Result<Vec<f64>, Fault> {
        let text = String::from_utf8(self.get("/metrics").await?)?;
        let value = |name: &&str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("daybook_{name} ")));
            line.and_then(|value| value.parse().ok()).ok_or_else(|| format!("no metric {name}").into())
        };
        names.iter().map(value).collect()
    }
}

/// Checks the proof of an answer about one event: the log's signed checkpoint covers these bytes at this place.
pub(super) fn check(answer: &[u8], entry: u64, policy: &Policy) -> Result<(), Fault> {
    let whole: Value = serde_json::from_slice(answer)?;
    let text = |name: &str| whole[name].as_str().ok_or_else(|| format!("the answer has no {name}"));
    let proof = TlogProof::parse(text("proof")?)?;
    proof.verify(policy, &leaf_hash(text("entry")?.as_bytes()))?;
    if proof.index != entry {
        return Err(format!("the proof is about entry {}, not {entry}", proof.index).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn a_percentile_is_a_value_that_was_measured_and_that_so_many_do_not_exceed() {
        let spread = Spread::of((1..=1_000).rev().map(|ms| f64::from(ms) / 1_000.0).collect());
        assert_eq!(
            (spread.count, spread.p50_ms, spread.p99_ms, spread.max_ms),
            (1_000, 500.0, 990.0, 1_000.0)
        );
        assert_eq!(Spread::of(vec![0.002]).p99_ms, 2.0);
        assert_eq!(Spread::of(Vec::new()).max_ms, 0.0);
    }
}
