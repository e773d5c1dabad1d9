//! The service: wires the stages together, watches them, and stops them in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use daybook_event::{Entropy as _, EntropyError, OsEntropy};
use daybook_store::{CommitError, Reader};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use zeroize::Zeroizing;

use crate::access::Backroom;
use crate::bus::{Bus, BusError, BusSender, InboundBatch};
use crate::clock::Clock;
use crate::entries::{EntryReader, Stage};
use crate::findings::{FindingsDesk, FindingsInbox, FindingsStage};
use crate::giving_way;
use crate::knowledge::FactReader;
use crate::metrics::Metrics;
use crate::open::OpenLedger;
use crate::pipeline::{Admission, AdmittedBatch, CommittedBatch, Committer, Publisher, STAGE_DEPTH};

pub use crate::pipeline::{AdmissionError, PublishError};

/// How often acknowledged events are purged from the bus.
const PURGE_EVERY: Duration = Duration::from_secs(2);

/// Whether the service can take events, for `/readyz`.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicU8>);

impl Readiness {
    const READY: u8 = 1;
    const STOPPED: u8 = 2;

    /// Taking events in.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::READY
    }

    fn set(&self, state: u8) {
        self.0.store(state, Ordering::Release);
    }
}

/// What works behind the committer, and never in intake's way.
pub struct BehindCommitter {
    /// Told of every commit.
    pub findings: FindingsDesk,
    /// The other end, for the stage of findings.
    pub inbox: FindingsInbox,
    /// The access desk's index and scribe; none where the ledger has no key for them.
    pub access: Option<Backroom>,
}

/// Why the service stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The bus cannot be used any more.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// Admission could not read its state.
    #[error("admission: {0}")]
    Admission(#[from] AdmissionError),
    /// The disk failed. Start again: recovery tells what the disk really holds.
    #[error("the commit failed, no receipt was given for it: {0}")]
    Commit(#[from] CommitError),
    /// Receipts could not be made or sent.
    #[error("receipts: {0}")]
    Publish(#[from] PublishError),
    /// A thread of the service could not be started or ended in a panic.
    #[error("a thread of the service ended: {0}")]
    Thread(String),
}

/// Runs intake, admission, committer and publisher until `stop` is cancelled or one of them fails.
///
/// Stopping is orderly: intake ends first, what it took in is committed and receipted, then the rest ends.
///
/// # Errors
/// The first failure of a stage. Everything with a receipt is on disk; the bus still has the rest.
pub async fn run<B: Bus>(
    ledger: OpenLedger,
    bus: B,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    readiness: Readiness,
    behind: BehindCommitter,
    stop: CancellationToken,
) -> Result<(), ServiceError> {
    let (to_admission, inbound) = mpsc::channel(STAGE_DEPTH);
    let (to_committer, admitted) = mpsc::channel(STAGE_DEPTH);
    let (to_publisher, committed) = mpsc::channel(STAGE_DEPTH);
    let (acknowledged, purge_through) = watch::channel(0);

    let BehindCommitter { findings, inbox, access } = behind;
    let OpenLedger { config, writer, state, index, catalogue, keyring, ruleset, rules_key, .. } = ledger;
    let reader = writer.reader();
    let handover = access.as_ref().map(Backroom::handover).unwrap_or_default();
    let threads = giving_way::threads();
    let stage = ruleset.map(|ruleset| {
        let mut secret = Zeroizing::new([0; 32]);
        OsEntropy.fill(secret.as_mut())?;
        let zone = ruleset.calendar().zone().clone();
        Ok::<_, EntropyError>(FindingsStage {
            facts: FactReader::of_stage(
                EntryReader::new(reader.clone(), keyring).on(threads.clone()),
                handover.seat(Stage::Findings),
                zone,
                &secret,
            ),
            ruleset,
            origin: config.origin(),
            key: rules_key,
            to_admission: to_admission.downgrade(),
            clock: Arc::clone(&clock),
            metrics: Arc::clone(&metrics),
        })
    });
    let stage = stage.transpose().map_err(AdmissionError::from)?;
    let admission = Admission {
        origin: config.origin(),
        catalogue,
        state,
        stream: config.bus.stream.clone(),
        entropy: Box::new(daybook_event::OsEntropy),
        metrics: Arc::clone(&metrics),
        handover: Arc::clone(&handover),
    };
    let (told, committed_size) = watch::channel(writer.size());
    let stopping = stop.clone();
    let access = access.map(|access| {
        let (admission, metrics) = (to_admission.downgrade(), Arc::clone(&metrics));
        let clock = Arc::clone(&clock);
        let started =
            access.on(threads).start(config.origin(), admission, committed_size, clock, metrics, stopping);
        started.map_err(|error| ServiceError::Thread(format!("access: {error}")))
    });
    let access = access.transpose()?;
    let committer = Committer::new(writer, index, Arc::clone(&metrics), clock, findings, told, handover);
    let sender = bus.sender();
    let publisher = Publisher { sender: sender.clone(), reader, metrics, acknowledged };

    let admission = thread("admission", move || admission_stage(admission, inbound, &to_committer))?;
    let committer = thread("committer", move || commit_stage(committer, admitted, &to_publisher))?;
    let stopping = stop.clone();
    let rules = stage.map(|stage| thread("rules", move || stage.run(&inbox, &stopping))).transpose()?;
    let purge = tokio::spawn(purge_stage(sender.clone(), purge_through.clone()));
    readiness.set(Readiness::READY);
    info!("taking events in");

    let (intake, publish) =
        tokio::join!(intake_stage(bus, to_admission, stop.clone()), publish_stage(publisher, committed));
    readiness.set(Readiness::STOPPED);
    purge.abort();
    let admission = join("admission", admission).await;
    let committer = join("committer", committer).await;
    for behind in [rules, access].into_iter().flatten() {
        // They read what is committed, and nothing of what they know is lost with them.
        let _ = tokio::task::spawn_blocking(move || behind.join()).await;
    }
    let last = *purge_through.borrow();
    if publish.is_ok() && last > 0 {
        // Nothing that is in the ledger stays behind on the bus.
        if let Err(error) = sender.forget_through(last).await {
            warn!(%error, "acknowledged events stay on the bus until the next start");
        }
    }
    // A stage that fails closes its channels and so ends its neighbours; the cause is the one that is an error.
    committer.and(admission).and(publish).and(intake)
}

fn thread<T: Send + 'static>(
    name: &'static str,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<std::thread::JoinHandle<T>, ServiceError> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(body)
        .map_err(|e| ServiceError::Thread(format!("{name}: {e}")))
}

async fn join(
    name: &'static str,
    handle: std::thread::JoinHandle<Result<(), ServiceError>>,
) -> Result<(), ServiceError> {
    tokio::task::spawn_blocking(move || handle.join())
        .await
        .map_err(|e| ServiceError::Thread(format!("{name}: {e}")))?
        .map_err(|_| ServiceError::Thread(format!("{name} panicked")))?
}

async fn intake_stage<B: Bus>(
    mut bus: B,
    to_admission: mpsc::Sender<InboundBatch>,
    stop: CancellationToken,
) -> Result<(), ServiceError> {
    loop {
        let mut batch = InboundBatch::default();
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = to_admission.closed() => return Ok(()),
            extended = bus.extend(&mut batch) => extended?,
        }
        // While admission is busy the batch grows: a lone event goes at once, a backlog goes in large batches,
        // in which a signature costs a third.
        let permit = loop {
            tokio::select! {
                biased;
                permit = to_admission.reserve() => break permit,
                extended = bus.extend(&mut batch), if !batch.is_full() => extended?,
            }
        };
        match permit {
            Ok(permit) => permit.send(batch),
            Err(_) => return Ok(()),
        }
    }
}

fn admission_stage(
    mut admission: Admission,
    mut inbound: mpsc::Receiver<InboundBatch>,
    to_committer: &mpsc::Sender<AdmittedBatch>,
) -> Result<(), ServiceError> {
    while let Some(batch) = inbound.blocking_recv() {
        let admitted = admission.admit(batch)?;
        if to_committer.blocking_send(admitted).is_err() {
            break;
        }
    }
    Ok(())
}

fn commit_stage(
    mut committer: Committer,
    mut admitted: mpsc::Receiver<AdmittedBatch>,
    to_publisher: &mpsc::Sender<CommittedBatch>,
) -> Result<(), ServiceError> {
    while let Some(batch) = admitted.blocking_recv() {
        let committed = committer.commit(batch).inspect_err(|error| error!(%error, "the commit failed"))?;
        if to_publisher.blocking_send(committed).is_err() {
            break;
        }
    }
    committer.finish();
    Ok(())
}

async fn publish_stage<S: BusSender>(
    publisher: Publisher<S>,
    mut committed: mpsc::Receiver<CommittedBatch>,
) -> Result<(), ServiceError> {
    while let Some(batch) = committed.recv().await {
        publisher.publish(batch).await?;
    }
    publisher.sender.flush().await?;
    Ok(())
}

async fn purge_stage<S: BusSender>(sender: S, mut through: watch::Receiver<u64>) {
    while through.changed().await.is_ok() {
        tokio::time::sleep(PURGE_EVERY).await;
        let stream_seq = *through.borrow_and_update();
        if let Err(error) = sender.forget_through(stream_seq).await {
            warn!(%error, "acknowledged events stay on the bus for now");
        }
    }
}

/// What the HTTP side needs of a running service.
#[derive(Clone)]
pub struct Handles {
    /// Reads the log.
    pub reader: Reader,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Ready or not.
    pub readiness: Readiness,
    /// The way to what the rules say.
    pub findings: FindingsDesk,
}
