//! The daemon: keep sending.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use daybook_producer::Producer;

use super::{EXIT_OK, Failure, HomeArgs, desk, handover, runtime, say_error, status};
use crate::logging::{self, LogFormat};

/// How often the status file is written, in milliseconds.
const STATUS_EVERY_MS: u64 = 2_000;

/// Keep sending what is in the outbox, until stopped.
///
/// While it runs it holds the home. `daybook producer publish` hands it what it is to record, and `daybook producer
/// status` asks it; for import, rotate and the rest stop it first. Stopping it (SIGTERM, Ctrl-C) at any time loses
/// nothing.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// How log lines look
    #[arg(long, value_enum, default_value = "text")]
    log: LogFormat,
    #[command(flatten)]
    home: HomeArgs,
}

pub(super) fn run(args: &RunArgs) -> Result<u8, Failure> {
    logging::start(args.log);
    let home = Arc::new(args.home.open()?);
    let producer = Producer::new(&home)?;
    let progress = producer.progress();
    say_error(&format!("sending as {} to {}", home.config().issuer, home.bus().shown_url()));
    let path = home.dir().join(status::STATUS_FILE);
    let result = runtime()?.block_on(async {
        let figures = async {
            loop {
                if let Ok(text) = status::running(&home, &progress.figures()) {
                    replace(&path, &text).ok();
                }
                tokio::time::sleep(Duration::from_millis(STATUS_EVERY_MS)).await;
            }
        };
        let stop = async {
            tokio::select! {
                () = stop_signal() => {}
                () = figures => {}
                () = handover::serve(Arc::clone(&home), desk::answer) => {}
            }
        };
        producer.run(stop).await
    });
    std::fs::remove_file(&path).ok();
    result?;
    Ok(EXIT_OK)
}

/// Readers see the old text or the new one, never half of one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("new");
    std::fs::write(&new, text)?;
    std::fs::rename(&new, path)
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    tokio::signal::ctrl_c().await.ok();
}
