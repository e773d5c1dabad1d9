//! The real service as a process of its own, and what it takes of the machine.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use serde_json::{Value, json};

use super::super::Fault;
use super::super::drain::resident_kib;
use super::ask::Reader;

/// How long a start may take: the index of a very large ledger may have to be caught up.
const START_LIMIT: Duration = Duration::from_secs(3_600);
const STOP_LIMIT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running service. Dropping it kills it; [`Service::stop`] lets it end in order.
pub(super) struct Service {
    child: Child,
    log: PathBuf,
    pub(super) reader: Reader,
    /// From the start of the process to the first answer about the whole log, seconds.
    pub(super) started_seconds: f64,
}

/// Memory of a process.
#[derive(Serialize, Clone, Copy)]
pub(super) struct Memory {
    pub(super) resident_mib: f64,
    pub(super) peak_mib: f64,
}

impl Service {
    /// Starts it, and waits until it answers about all of the log.
    pub(super) async fn start(dir: &Path, bus: &str, token: &str) -> Result<Self, Fault> {
        let log = dir.join("serve.log");
        let started = Instant::now();
        let child = std::process::Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
            .arg(dir)
            .env("DAYBOOK_BUS", bus)
            .env("RUST_LOG", "info,async_nats=warn,sled=warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        let reader = Reader::new(token)?;
        let mut service = Self { child, log, reader, started_seconds: 0.0 };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Some(address) = service.address() {
                service.reader.at(&address);
                if service.reader.post("/v1/events/count", &json!({})).await.is_ok() {
                    break;
                }
            }
            if service.child.try_wait()?.is_some() || started.elapsed() > START_LIMIT {
                return Err(service.fault("does not start"));
            }
        }
        service.started_seconds = started.elapsed().as_secs_f64();
        Ok(service)
    }

    /// Where it listens, as its log says.
    fn address(&self) -> Option<String> {
        let log = std::fs::read_to_string(&self.log).ok()?;
        let line = log.lines().find(|line| line.contains("serving HTTP"))?;
        let said: Value = serde_json::from_str(line).ok()?;
        said["address"].as_str().map(str::to_owned)
    }

    pub(super) fn fault(&self, what: &str) -> Fault {
        format!("the service {what}; see {}, which --keep leaves there", self.log.display()).into()
    }

    pub(super) fn memory(&self) -> Result<Memory, Fault> {
        let mib = |name| Ok::<_, Fault>(resident_kib(self.child.id(), name)? / 1_024.0);
        Ok(Memory { resident_mib: mib("VmRSS:")?, peak_mib: mib("VmHWM:")? })
    }

    /// Lets it commit what it has and acknowledge it, so that the bus delivers nothing twice to the next.
    pub(super) async fn stop(mut self) -> Result<(), Fault> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).ok_or("no process id")?;
        kill_process(pid, Signal::TERM)?;
        let asked = Instant::now();
        while self.child.try_wait()?.is_none() {
            if asked.elapsed() > STOP_LIMIT {
                return Err(self.fault("does not stop"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail where it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
