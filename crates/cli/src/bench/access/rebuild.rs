//! Making the index anew, in a process of its own, so that its memory can be told from that of the bench.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use daybook_ledger::open::Layout;
use serde::{Deserialize, Serialize};

use super::super::Fault;
use super::super::drain::{cpu_seconds, peak_kib};

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What it took.
#[derive(Serialize, Clone, Copy)]
pub(super) struct Rebuild {
    pub(super) entries: u64,
    pub(super) seconds: f64,
    /// Part of the seconds in which the log was read for what admission decides on.
    pub(super) reading_the_log_seconds: f64,
    pub(super) entries_per_second: f64,
    pub(super) cpu_us_per_entry: f64,
    pub(super) peak_mib: f64,
}

#[derive(Deserialize)]
struct Said {
    entries: u64,
    seconds: f64,
    reading_the_log_seconds: f64,
}

/// Deletes the index and runs `daybook index rebuild`.
pub(super) async fn rebuild(dir: &Path) -> Result<Rebuild, Fault> {
    let index = Layout::new(dir).index();
    if index.exists() {
        std::fs::remove_dir_all(&index)?;
    }
    let mut child = tokio::process::Command::new(std::env::current_exe()?)
        .args(["index", "rebuild", "--json", "--dir"])
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let pid = child.id().ok_or("the process ended at once")?;
    let (mut cpu, mut peak) = (0.0, 0.0_f64);
    while child.try_wait()?.is_none() {
        // Either is gone once it has ended; what was seen last is off by what it did since the last look.
        cpu = cpu_seconds(pid).unwrap_or(cpu);
        peak = peak.max(peak_kib(pid).unwrap_or(0.0));
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        return Err("`daybook index rebuild` failed".into());
    }
    let said: Said = serde_json::from_slice(&output.stdout)?;
    Ok(Rebuild {
        entries: said.entries,
        seconds: said.seconds,
        reading_the_log_seconds: said.reading_the_log_seconds,
        entries_per_second: said.entries as f64 / said.seconds,
        cpu_us_per_entry: cpu * 1e6 / said.entries as f64,
        peak_mib: peak / 1_024.0,
    })
}
