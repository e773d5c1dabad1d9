//! The access desk: searching and reading for those who may, a record of every look, and what takes two people.
//!
//! ```text
//! committed entries ─▶ stage ─▶ search index, fold of accounts, approvals, seals, holds
//!                                   │
//! request ─▶ gate (http) ─▶ view of index and log ─▶ scribe ─▶ admission ─▶ log ─▶ answer
//! ```
//!
//! Everything the desk knows is a fold over the log. What it records it signs as `ledger/access`, and admits like every other event.

mod approvals;
mod erasing;
mod exports;
mod holding;
mod opening;
mod producing;
mod reading;
mod scoping;
mod scribe;
mod slots;
mod stage;
mod terms;
mod turns;
mod upkeep;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use daybook_access::{Access, AuthFault, Credential, Role, Session};
use daybook_event::{Issuer, Origin, Position, SigningKey, Standing};
use daybook_index::search::{IdentifierKey, SearchIndex, View};
use daybook_store::Reader as Log;
use daybook_tlog::root_at;
use jiff::tz::TimeZone;
use rayon::ThreadPool;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::bus::InboundBatch;
use crate::clock::Clock;
use crate::entries::{EntryReader, Feed, Handover, Stage};
use crate::findings::FindingsDesk;
use crate::metrics::Metrics;
use crate::open::OpenLedger;

pub use approvals::{ActFault, Asked, Decided};
pub(crate) use erasing::Eraser;
pub use exports::ExportAsked;
pub use holding::HoldAsked;
pub use opening::Opened;
pub(crate) use producing::Lines;
pub use producing::{
    ProductionAsked, ProductionMade, RecordOut, ReviewPage, ReviewSlot, Reviewed, WithdrawalAsked,
};
pub use reading::{EventReader, EventView, ReadingFault, TombstoneView};
pub(crate) use scribe::{ISSUER, Writing, stamped};
pub use scribe::{Read, Reader, Recorded, Scribe, ScribeInbox, Unrecorded, scribe};
pub use slots::still_open;
pub(crate) use stage::{AccessStage, RowReader, Rows};
#[cfg(test)]
pub(crate) use terms::filter_of;
pub(crate) use terms::seconds;
pub(crate) use turns::{REQUESTS_PER_ACCOUNT_MAX, Turn, Turns};
pub use upkeep::{Checked, UpkeepFault, build, check};

/// How long a query waits for the index to take in what was committed before it was asked.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(2);

/// What the stage knows and the desk reads.
pub(crate) struct Shared {
    access: RwLock<Access>,
    /// Entries that the index and the fold of access have taken in.
    folded: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { access: RwLock::default(), folded: watch::Sender::new(0) })
    }

    pub(crate) fn access(&self) -> RwLockReadGuard<'_, Access> {
        self.access.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer is complete up to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Complete {
    /// Size of the log.
    pub size: u64,
    /// Root hash of the tree of that size, base64: with it anybody can hold the answer against a checkpoint.
    pub root: String,
}

/// The index does not cover yet what was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Behind {
    /// It is being built or caught up.
    #[error("the index has taken in {done} of {wanted} entries; ask again soon")]
    Index {
        /// Entries taken in.
        done: u64,
        /// Entries asked about.
        wanted: u64,
    },
    /// The log is not that large.
    #[error(
        "the log has {size} entries, fewer than the answer is to be about; leave `at` out for the latest"
    )]
    Future {
        /// Size of the log.
        size: u64,
    },
    /// The log could not be read.
    #[error(
        "the root hash of that size cannot be computed; the operator finds the reason in the service's log"
    )]
    Root,
}

/// The desk. One for a service, shared by all requests.
pub struct Desk {
    pub(crate) scribe: Scribe,
    pub(crate) shared: Arc<Shared>,
    pub(crate) search: Arc<SearchIndex>,
    pub(crate) identifiers: IdentifierKey,
    pub(crate) events: EventReader,
    pub(crate) zone: TimeZone,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) eraser: Eraser,
    pub(crate) turns: Turns,
    /// Size of the log when the service started.
    pub(crate) at_start: u64,
    /// The file of the trust policy that goes with productions.
    pub(crate) policy: PathBuf,
    /// Held from the check of an act to its record in the fold, so that two of them never pass the same check.
    pub(crate) acting: tokio::sync::Mutex<()>,
}

/// What of the desk runs inside the service, behind the committer.
pub struct Backroom {
    entries: EntryReader,
    rows: Rows,
    search: Arc<SearchIndex>,
    shared: Arc<Shared>,
    eraser: Eraser,
    tasks: ScribeInbox,
    key: SigningKey,
    next: Position,
    desk: Arc<Desk>,
    /// What it shares with the stage of findings, and the committer feeds.
    handover: Arc<Handover>,
}

/// The desk of a ledger; none where it has no key of `ledger/access`, or the log does not know that key.
pub fn open_desk(
    ledger: &mut OpenLedger,
    findings: &FindingsDesk,
    clock: Arc<dyn Clock>,
) -> Option<(Arc<Desk>, Backroom)> {
    let issuer: Issuer = ISSUER.parse().expect("a name of a producer");
    let key = ledger.access_key.take()?;
    let search = Arc::new(ledger.search.take()?);
    let head = ledger.state.continuity().head(&issuer);
    let next = head.map_or_else(
        || Position::first(&ledger.config.origin()),
        |head| Position { seq: head.next_seq, prev: head.last_hash },
    );
    let known = ledger.state.registry().standing(&issuer, &key.public().kid(), next.seq);
    if !matches!(known, Standing::InForce(_)) {
        warn!(
            "nobody can read this ledger: the log does not know its key of ledger/access; register it with `daybook keys register`"
        );
        return None;
    }
    let (log, zone) = (ledger.writer.reader(), ledger.config.zone());
    let identifiers = search.identifier_key().clone();
    let keyring = Arc::clone(&ledger.keyring);
    let entries = EntryReader::new(log, keyring);
    let rows = Rows { identifiers: identifiers.clone(), zone: zone.clone() };
    let handover = Arc::<Handover>::default();
    let shared = Shared::new();
    let eraser = Eraser {
        keyring: Arc::clone(&ledger.keyring),
        disk: Arc::clone(&ledger.disk),
        lock: Arc::clone(&ledger.keyring_lock),
        rows: RowReader { entries: entries.clone(), rows: rows.clone() },
        search: Arc::clone(&search),
        findings: findings.clone(),
        handover: Arc::clone(&handover),
    };
    let (scribe, tasks) = scribe();
    let desk = Arc::new(Desk {
        scribe,
        shared: Arc::clone(&shared),
        search: Arc::clone(&search),
        events: EventReader::new(entries.log.clone(), Arc::clone(&ledger.keyring), identifiers.clone()),
        identifiers,
        zone,
        clock,
        eraser: eraser.clone(),
        turns: Turns::default(),
        at_start: ledger.writer.size(),
        policy: ledger.layout.policy(),
        acting: tokio::sync::Mutex::default(),
    });
    let desk_too = Arc::clone(&desk);
    let backroom =
        Backroom { entries, rows, search, shared, eraser, tasks, key, next, desk: desk_too, handover };
    Some((desk, backroom))
}

impl Backroom {
    /// What the stages behind the committer share.
    pub(crate) fn handover(&self) -> Arc<Handover> {
        Arc::clone(&self.handover)
    }

    /// The same, parsing on these threads.
    pub(crate) fn on(self, threads: Option<Arc<ThreadPool>>) -> Self {
        Self { entries: self.entries.on(threads), ..self }
    }

    /// Starts what keeps the index and records readers; the thread ends when `stop` is cancelled, the task when admission ends.
    pub(crate) fn start(
        self,
        origin: Origin,
        to_admission: mpsc::WeakSender<InboundBatch>,
        committed: watch::Receiver<u64>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        stop: CancellationToken,
    ) -> std::io::Result<std::thread::JoinHandle<()>> {
        let Self { entries, rows, search, shared, eraser, tasks, key, next, desk, handover } = self;
        let writing = Writing { origin, key, next, to_admission, clock, metrics: Arc::clone(&metrics) };
        tokio::spawn(writing.run(tasks));
        tokio::spawn(finish_due(desk, stop.clone()));
        let feed = Feed::of_stage(entries, handover.seat(Stage::Access));
        let stage = AccessStage { feed, rows, search, shared, eraser, committed, metrics };
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new().name("access".into()).spawn(move || stage.run(&runtime, &stop))
    }
}

/// Carries out what was approved and not done when the last process died, once the fold is complete.
async fn finish_due(desk: Arc<Desk>, stop: CancellationToken) {
    let size = desk.log().size();
    let mut folded = desk.shared.folded.subscribe();
    let complete = folded.wait_for(|done| *done >= size);
    tokio::select! {
        () = stop.cancelled() => return,
        complete = complete => if complete.is_err() { return },
    }
    if let Err(fault) = desk.carry_out_due().await {
        error!(%fault, "what was approved could not be carried out; it is tried again at the next start");
    }
}

impl Desk {
    /// Whether the fold of accounts has covered everything that the log held at the start. Until then it knows accounts that were revoked
    /// later, and does not know others, so it says nothing about anybody.
    ///
    /// # Errors
    /// [`Behind`], with how far it has come.
    pub fn knows_accounts(&self) -> Result<(), Behind> {
        let done = *self.shared.folded.borrow();
        let wanted = self.at_start;
        if done >= wanted { Ok(()) } else { Err(Behind::Index { done, wanted }) }
    }

    /// Who holds a credential with this digest. Ask [`Self::knows_accounts`] first.
    ///
    /// # Errors
    /// Unknown, expired, revoked.
    pub fn authenticate(&self, credential: Credential, digest: &[u8; 32]) -> Result<Session, AuthFault> {
        self.access().authenticate(credential, digest, self.clock.now().as_second())
    }

    /// The way to records of access.
    #[must_use]
    pub fn scribe(&self) -> &Scribe {
        &self.scribe
    }

    /// Who of the accounts has how many requests in hand.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// The fold of accounts, approvals, seals and holds.
    pub fn access(&self) -> RwLockReadGuard<'_, Access> {
        self.shared.access()
    }

    /// The keyed hashes of the index.
    #[must_use]
    pub fn identifiers(&self) -> &IdentifierKey {
        &self.identifiers
    }

    /// The time zone in which days are meant.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Log {
        self.events.log()
    }

    /// An event as a role may see it.
    ///
    /// # Errors
    /// [`ReadingFault`].
    pub fn event(&self, entry: u64, role: Role) -> Result<EventView, ReadingFault> {
        self.events.view(entry, role, &self.access())
    }

    /// A view of the index that covers the log up to `at`, or up to the latest checkpoint, and what that is.
    ///
    /// # Errors
    /// [`Behind`], with how far the index has come.
    pub async fn complete_to(&self, at: Option<u64>) -> Result<(View, Complete), Behind> {
        let size = self.log().size();
        let wanted = at.unwrap_or(size);
        if wanted > size {
            return Err(Behind::Future { size });
        }
        self.caught_up(wanted).await?;
        let root = root_at(self.log(), wanted).map_err(|error| {
            tracing::error!(%error, size = wanted, "a root hash could not be computed");
            Behind::Root
        })?;
        Ok((self.search.view(), Complete { size: wanted, root: root.to_base64() }))
    }

    /// Waits until index and fold have taken in the first `size` entries.
    pub(crate) async fn caught_up(&self, size: u64) -> Result<(), Behind> {
        let mut folded = self.shared.folded.subscribe();
        let waited = tokio::time::timeout(CATCH_UP_LIMIT, folded.wait_for(|done| *done >= size)).await;
        match waited {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Behind::Index { done: *self.shared.folded.borrow(), wanted: size }),
        }
    }
}
