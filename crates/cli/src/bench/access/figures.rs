//! The figures, for machines and for people.

use std::path::Path;

use serde::Serialize;

use super::super::Fault;
use super::ask::{Reader, Spread};
use super::lag::Lag;
use super::rebuild::Rebuild;
use super::service::Memory;
use super::shapes::Shape;
use crate::table::{print_table, table};
use crate::{print, say};

/// All figures of a run.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) seed: u64,
    pub(super) cores: usize,
    pub(super) nats_server: String,
    /// Readers at once.
    pub(super) readers: usize,
    pub(super) sizes: Vec<Size>,
}

/// The figures at one size of the ledger.
#[derive(Serialize)]
pub(super) struct Size {
    pub(super) entries: u64,
    pub(super) filled: u64,
    pub(super) filled_per_second: f64,
    /// Log and vault.
    pub(super) log_bytes_per_entry: f64,
    /// Of everything derived: what admission decides on, and what auditors search.
    pub(super) index_bytes_per_entry: f64,
    pub(super) rebuild: Rebuild,
    /// From the start of the process to its first answer about the whole log.
    pub(super) started_seconds: f64,
    pub(super) at_start: Memory,
    pub(super) after: Memory,
    pub(super) proofs_checked: usize,
    /// A request that reads nothing and is recorded nowhere: what HTTP itself takes.
    pub(super) bare: Spread,
    /// Commits while one reader asked, and while several did.
    pub(super) alone: Commits,
    pub(super) together: Commits,
    pub(super) asked: Vec<Asked>,
    pub(super) lag: Option<Lag>,
}

/// How long questions of one shape took.
#[derive(Serialize)]
pub(super) struct Asked {
    shape: &'static str,
    /// Right after the start.
    first: Spread,
    /// After that, by one reader.
    one: Spread,
    one_per_second: f64,
    /// By several at once.
    several: Spread,
    several_per_second: f64,
}

/// What recording the reads took.
#[derive(Serialize, Clone, Copy)]
pub(super) struct Commits {
    pub(super) commits: f64,
    /// Mean time of a commit, milliseconds.
    pub(super) commit_ms: f64,
    pub(super) reads_per_commit: f64,
}

impl Asked {
    pub(super) fn new(shape: Shape, first: Spread) -> Self {
        let (one, several) = (Spread::default(), Spread::default());
        Self { shape: shape.name(), first, one, one_per_second: 0.0, several, several_per_second: 0.0 }
    }

    pub(super) fn take(&mut self, readers: usize, spread: Spread, per_second: f64) {
        if readers == 1 {
            (self.one, self.one_per_second) = (spread, per_second);
        } else {
            (self.several, self.several_per_second) = (spread, per_second);
        }
    }
}

impl Commits {
    /// What the service has counted so far; `commit_ms` is all of it.
    pub(super) async fn of(reader: &Reader) -> Result<Self, Fault> {
        let counted = reader.metrics(&["commit_seconds_count", "commit_seconds_sum"]).await?;
        Ok(Self { commits: counted[0], commit_ms: counted[1] * 1_000.0, reads_per_commit: 0.0 })
    }

    pub(super) fn since(&self, before: &Self, reads: usize) -> Self {
        let commits = self.commits - before.commits;
        Self {
            commits,
            commit_ms: (self.commit_ms - before.commit_ms) / commits.max(1.0),
            reads_per_commit: reads as f64 / commits.max(1.0),
        }
    }
}

impl Size {
    /// A word between two sizes, for whoever waits.
    pub(super) fn say(&self) {
        say(&format!(
            "{} entries: filled at {:.0}/s, rebuilt at {:.0}/s, started in {:.1} s",
            self.entries, self.filled_per_second, self.rebuild.entries_per_second, self.started_seconds
        ));
    }
}

impl Report {
    pub(super) fn show(&self) {
        print(&format!(
            "{} cores, nats-server {}, seed {}; times in ms\n",
            self.cores, self.nats_server, self.seed
        ));
        self.show_ledger();
        for at in 0..self.sizes.first().map_or(0, |size| size.asked.len()) {
            self.show_shape(at);
        }
        self.show_records();
        let lags: Vec<String> =
            self.sizes.iter().filter_map(|size| size.lag.as_ref()).map(Lag::line).collect();
        if !lags.is_empty() {
            print(&format!("\nindex lag, from entries\n{}", lags.join("\n")));
        }
    }

    fn show_ledger(&self) {
        let mut rows = table(
            &[
                "entries",
                "filled/s",
                "log+vault B/entry",
                "index B/entry",
                "rebuilt/s",
                "of that log read, s",
                "CPU µs/entry",
                "peak MiB",
                "start s",
                "resident MiB",
                "after reads",
                "peak",
            ],
            &[],
        );
        for size in &self.sizes {
            let rebuild = &size.rebuild;
            rows.add_row([
                size.entries.to_string(),
                format!("{:.0}", size.filled_per_second),
                format!("{:.0}", size.log_bytes_per_entry),
                format!("{:.1}", size.index_bytes_per_entry),
                format!("{:.0}", rebuild.entries_per_second),
                format!("{:.1}", rebuild.reading_the_log_seconds),
                format!("{:.1}", rebuild.cpu_us_per_entry),
                format!("{:.0}", rebuild.peak_mib),
                format!("{:.2}", size.started_seconds),
                format!("{:.0}", size.at_start.resident_mib),
                format!("{:.0}", size.after.resident_mib),
                format!("{:.0}", size.after.peak_mib),
            ]);
        }
        print_table(&rows);
    }

    fn show_shape(&self, at: usize) {
        let shapes: Vec<(u64, &Asked)> =
            self.sizes.iter().filter_map(|size| Some((size.entries, size.asked.get(at)?))).collect();
        let Some((_, one)) = shapes.first() else { return };
        print("");
        let several = format!("{} readers: p50", self.readers);
        let mut rows = table(
            &[
                one.shape,
                "first: p50",
                "p99",
                "max",
                "then: p50",
                "p99",
                "max",
                &several,
                "p99",
                "max",
                "reads/s",
            ],
            &[],
        );
        for (entries, asked) in shapes {
            let spreads = [asked.first, asked.one, asked.several];
            let times = spreads.into_iter().flat_map(|spread| [spread.p50_ms, spread.p99_ms, spread.max_ms]);
            let mut row = vec![entries.to_string()];
            row.extend(times.map(|ms| format!("{ms:.2}")));
            row.push(format!("{:.0}", asked.several_per_second));
            rows.add_row(row);
        }
        print_table(&rows);
    }

    fn show_records(&self) {
        print("");
        let several = format!("{} readers: a commit", self.readers);
        let mut rows = table(
            &["records of reads", "bare HTTP p50", "p99", "a commit", "reads in it", &several, "reads in it"],
            &[],
        );
        for size in &self.sizes {
            rows.add_row([
                size.entries.to_string(),
                format!("{:.2}", size.bare.p50_ms),
                format!("{:.2}", size.bare.p99_ms),
                format!("{:.2}", size.alone.commit_ms),
                format!("{:.1}", size.alone.reads_per_commit),
                format!("{:.2}", size.together.commit_ms),
                format!("{:.1}", size.together.reads_per_commit),
            ]);
        }
        print_table(&rows);
    }
}

/// Bytes that the files below a directory take on disk.
pub(super) fn bytes(dir: &Path) -> Result<u64, Fault> {
    use std::os::unix::fs::MetadataExt as _;
    /// What the blocks are counted in, whatever the file system (stat(2)).
    const BLOCK_BYTES: u64 = 512;
    let mut sum = 0;
    for file in std::fs::read_dir(dir)? {
        let file = file?;
        let metadata = file.metadata()?;
        sum += if metadata.is_dir() { bytes(&file.path())? } else { metadata.blocks() * BLOCK_BYTES };
    }
    Ok(sum)
}
