//! Findings in the running service: the packs that are applied, the stage that folds entries as they arrive, and the events in which findings are
//! raised.

mod raise;
mod shown;
mod stage;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use daybook_rules::engine::Standing;
use daybook_rules::pack::{Mistake, Pack};
use daybook_rules::ruleset::{Ruleset, RulesetFault};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::config::{PackChoice, RulesConfig};

pub use shown::{FindingsPage, FindingsQuery, as_json, happened};
pub(crate) use stage::FindingsStage;

/// Packs that cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A directory or file could not be read.
    #[error(
        "{path}: {source}; set rules.packs to a directory with packs, or leave it out for the packs of this program"
    )]
    Read {
        /// The place.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A pack has mistakes.
    #[error("{name}: {}", .mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Mistakes {
        /// The pack's file.
        name: String,
        /// All of them.
        mistakes: Vec<Mistake>,
    },
    /// The packs contradict each other.
    #[error(transparent)]
    Set(#[from] RulesetFault),
}

/// Reads the packs that a ledger applies.
///
/// # Errors
/// The file and the mistake in it.
pub fn ruleset(dir: &Path, config: &RulesConfig) -> Result<Ruleset, PackError> {
    let mut packs = match &config.packs {
        None => Pack::builtin().map_err(|(name, mistakes)| PackError::Mistakes { name, mistakes })?,
        Some(place) => read_packs(&dir.join(place))?,
    };
    for pack in &mut packs {
        if let Some(choice) = config.choices.get(&pack.id) {
            pack.state = match choice {
                PackChoice::InForce => daybook_rules::pack::PackState::InForce,
                PackChoice::SwitchedOff => daybook_rules::pack::PackState::SwitchedOff,
            };
        }
    }
    Ok(Ruleset::new(packs, config.study_from)?)
}

fn read_packs(dir: &Path) -> Result<Vec<Pack>, PackError> {
    let read = |source| PackError::Read { path: dir.to_owned(), source };
    let mut files = Vec::new();
    for file in std::fs::read_dir(dir).map_err(read)? {
        let path = file.map_err(read)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    let pack = |path: &PathBuf| {
        let text =
            std::fs::read_to_string(path).map_err(|source| PackError::Read { path: path.clone(), source })?;
        Pack::read(&text)
            .map_err(|mistakes| PackError::Mistakes { name: path.display().to_string(), mistakes })
    };
    files.iter().map(pack).collect()
}

/// What the running service says about its findings, so that anybody who can compute them can compare.
#[derive(Debug, Clone, Serialize)]
pub struct FindingsStatus {
    /// Entries taken in.
    pub size: u64,
    /// The time up to which clocks have run, seconds since 1970.
    pub as_of: i64,
    /// SHA-256 over all findings, base64url.
    pub digest: String,
    /// Whether every entry of the log was taken in.
    pub caught_up: bool,
}

/// What wakes the stage.
pub(crate) enum Wake {
    /// Entries were committed.
    Committed,
    /// Somebody asks what it says.
    Asked(oneshot::Sender<FindingsStatus>),
    /// Somebody asks for a page of findings.
    Page(Box<FindingsQuery>, oneshot::Sender<FindingsPage>),
    /// Somebody asks how departments and their sequences stand.
    Standing(oneshot::Sender<Standing>),
}

/// Questions that wait while the stage is busy, and one wake beside them. Who asks in vain asks again.
const WAKES_MAX: usize = 16;

/// The way to the stage: for the committer, and for those who ask.
#[derive(Debug, Clone)]
pub struct FindingsDesk {
    wakes: SyncSender<Wake>,
    /// Whether a wake is waiting: one stands for many commits.
    told: Arc<AtomicBool>,
    /// Whether something was erased that the fold may rest on.
    anew: Arc<AtomicBool>,
}

/// The stage's end of the [`FindingsDesk`].
pub struct FindingsInbox {
    wakes: Receiver<Wake>,
    told: Arc<AtomicBool>,
    anew: Arc<AtomicBool>,
}

/// A desk and its inbox, for one service.
#[must_use]
pub fn desk() -> (FindingsDesk, FindingsInbox) {
    let (sender, receiver) = sync_channel(WAKES_MAX);
    let told = Arc::new(AtomicBool::new(false));
    let anew = Arc::new(AtomicBool::new(false));
    let inbox = FindingsInbox { wakes: receiver, told: Arc::clone(&told), anew: Arc::clone(&anew) };
    (FindingsDesk { wakes: sender, told, anew }, inbox)
}

impl FindingsInbox {
    /// Waits for what comes next, at most so long.
    pub(crate) fn next(&self, wait: Duration) -> Result<Wake, RecvTimeoutError> {
        let wake = self.wakes.recv_timeout(wait);
        if matches!(wake, Ok(Wake::Committed)) {
            self.told.store(false, Ordering::Release);
        }
        wake
    }

    /// Whether the fold has to begin again; says so once.
    pub(crate) fn begins_anew(&self) -> bool {
        self.anew.swap(false, Ordering::AcqRel)
    }
}

impl FindingsDesk {
    /// Says that there are new entries.
    pub(crate) fn committed(&self) {
        if !self.told.swap(true, Ordering::AcqRel) {
            // A full channel means that the stage will look anyway; it looks on its own every second too.
            let _ = self.wakes.try_send(Wake::Committed);
        }
    }

    /// Has the fold begin again: values were erased, and findings must not rest on what nobody can read any more. So a fold that was running says
    /// what a fold from scratch would say.
    pub(crate) fn fold_anew(&self) {
        self.anew.store(true, Ordering::Release);
        self.committed();
    }

    /// What the stage says about everything that it has taken in; `None` where it does not answer, because findings are switched off or it is
    /// far behind.
    pub async fn ask(&self) -> Option<FindingsStatus> {
        let (answer, hear) = oneshot::channel();
        self.wakes.try_send(Wake::Asked(answer)).ok()?;
        hear.await.ok()
    }

    /// A page of findings; `None` as with [`ask`](Self::ask).
    pub async fn page(&self, query: FindingsQuery) -> Option<FindingsPage> {
        let (answer, hear) = oneshot::channel();
        self.wakes.try_send(Wake::Page(Box::new(query), answer)).ok()?;
        hear.await.ok()
    }

    /// How departments and their sequences stand; `None` as with [`ask`](Self::ask).
    pub async fn standing(&self) -> Option<Standing> {
        let (answer, hear) = oneshot::channel();
        self.wakes.try_send(Wake::Standing(answer)).ok()?;
        hear.await.ok()
    }
}
