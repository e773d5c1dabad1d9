//! Prometheus metrics. Labels are refusal codes and nothing else: no department, no event type of a person's matter.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// The label of the refusals counter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RefusalLabel {
    /// The stable refusal code.
    pub code: &'static str,
}

/// What the service counts.
pub struct Metrics {
    registry: Registry,
    /// Events appended.
    pub accepted: Counter,
    /// Events that were in the ledger already.
    pub duplicates: Counter,
    /// Messages refused, by code.
    pub refused: Family<RefusalLabel, Counter>,
    /// Receipts sent.
    pub receipts: Counter,
    /// Gaps opened in producers' sequences.
    pub gaps: Counter,
    /// Two different events under one sequence number.
    pub forks: Counter,
    /// Findings raised.
    pub findings_raised: Counter,
    /// Entries that the rules have seen.
    pub findings_size: Gauge,
    /// 1 where findings are not computed any more.
    pub findings_behind: Gauge,
    /// Reads and acts of access that were recorded.
    pub reads_recorded: Counter,
    /// Entries that the auditors' index has taken in.
    pub access_size: Gauge,
    /// 1 where the auditors' index is not kept up any more.
    pub access_behind: Gauge,
    /// Entries in the log.
    pub size: Gauge,
    /// Time of the last checkpoint, seconds since 1970.
    pub checkpoint_time: Gauge<f64, AtomicU64>,
    /// Events per commit.
    pub batch_size: Histogram,
    /// Duration of commits.
    pub commit_seconds: Histogram,
    /// Duration of admission, per batch.
    pub admission_seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = || Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        let mut metrics = Self {
            registry: Registry::with_prefix("daybook"),
            accepted: Counter::default(),
            duplicates: Counter::default(),
            refused: Family::default(),
            receipts: Counter::default(),
            gaps: Counter::default(),
            forks: Counter::default(),
            findings_raised: Counter::default(),
            findings_size: Gauge::default(),
            findings_behind: Gauge::default(),
            reads_recorded: Counter::default(),
            access_size: Gauge::default(),
            access_behind: Gauge::default(),
            size: Gauge::default(),
            checkpoint_time: Gauge::default(),
            batch_size: Histogram::new(exponential_buckets(1.0, 2.0, 13)),
            commit_seconds: seconds(),
            admission_seconds: seconds(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("events_accepted", "Events appended to the log", self.accepted.clone());
        r.register("events_duplicate", "Events that were in the log already", self.duplicates.clone());
        r.register("events_refused", "Messages refused, by code", self.refused.clone());
        r.register("receipts_sent", "Receipts sent", self.receipts.clone());
        r.register("sequence_gaps", "Gaps opened in producers' sequences", self.gaps.clone());
        r.register("sequence_forks", "Different events under one sequence number", self.forks.clone());
        r.register("findings_raised", "Findings raised", self.findings_raised.clone());
        r.register("findings_size", "Entries that the rules have seen", self.findings_size.clone());
        r.register(
            "findings_behind",
            "1 where findings are not computed any more",
            self.findings_behind.clone(),
        );
        r.register(
            "reads_recorded",
            "Reads and acts of access that were recorded",
            self.reads_recorded.clone(),
        );
        r.register("access_size", "Entries that the auditors' index has taken in", self.access_size.clone());
        r.register(
            "access_behind",
            "1 where the auditors' index is not kept up any more",
            self.access_behind.clone(),
        );
        r.register("log_size", "Entries in the log", self.size.clone());
        r.register("checkpoint_time_seconds", "Time of the latest checkpoint", self.checkpoint_time.clone());
        r.register("batch_events", "Events per commit", self.batch_size.clone());
        r.register_with_unit("commit", "Duration of commits", Unit::Seconds, self.commit_seconds.clone());
        r.register_with_unit(
            "admission",
            "Duration of admission",
            Unit::Seconds,
            self.admission_seconds.clone(),
        );
    }

    /// All metrics in the OpenMetrics text format.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        // Writing into a string cannot fail; an encoder error would be a broken registration.
        text::encode(&mut out, &self.registry).expect("metrics encode into a string");
        out
    }
}
