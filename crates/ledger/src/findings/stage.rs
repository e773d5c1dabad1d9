//! The stage that folds committed entries into findings and raises them, behind intake and never in its way.
//!
//! What is raised goes into the log through admission like every other event. Nothing is kept outside the log: whatever was raised and not committed
//! when the process dies is found again by the next fold, and has the same name.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use daybook_event::{Catalogue, Draft, Issuer, Jti, Origin, OsEntropy, Position, SigningKey, issue};
use daybook_rules::engine::Engine;
use daybook_rules::fact::Fact;
use daybook_rules::ruleset::Ruleset;
use daybook_rules::verdict::FactFault;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{FindingsInbox, FindingsStatus, Wake, raise};
use crate::bus::{EventHeaders, Inbound, InboundBatch, NOT_FROM_THE_BUS};
use crate::clock::Clock;
use crate::giving_way::give_way;
use crate::knowledge::{CHUNK_ENTRIES, FactReader};
use crate::metrics::Metrics;

/// How often clocks are looked at while nothing arrives.
const TICK: Duration = Duration::from_secs(1);
/// How soon the log is looked at for what was just raised.
const RAISED_SOON: Duration = Duration::from_millis(20);
/// Findings that are raised at a time.
const RAISE_MAX: usize = 256;

/// Owner of the findings.
pub(crate) struct FindingsStage {
    pub(crate) facts: FactReader,
    pub(crate) ruleset: Arc<Ruleset>,
    pub(crate) origin: Origin,
    /// The key of `ledger/rules`; without it findings are computed and not raised.
    pub(crate) key: Option<SigningKey>,
    pub(crate) to_admission: mpsc::WeakSender<InboundBatch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
}

/// Why a fold ended.
enum Ended {
    /// The service stops.
    Stopped,
    /// It has to begin again.
    Anew,
}

/// What the log says about this stage's own events.
struct Own {
    issuer: Issuer,
    next: Position,
    /// Whether the log knows our key.
    registered: bool,
    in_flight: HashSet<Jti>,
    /// Findings and packs whose event could not be signed, by name: left out until the next start, so that they are not tried again and again.
    left_out: HashSet<String>,
    /// Digest and state of each pack as last adopted.
    adopted: BTreeMap<String, (String, String)>,
}

impl FindingsStage {
    /// Runs until `stop` is cancelled.
    pub(crate) fn run(self, inbox: &FindingsInbox, stop: &CancellationToken) {
        give_way();
        if self.key.is_none() {
            warn!("findings are computed and not raised: the ledger has no key for its rules");
        }
        loop {
            match self.fold(inbox, stop) {
                Ok(Ended::Stopped) => return,
                Ok(Ended::Anew) => info!("values were erased; findings are computed anew"),
                Err(fault) => {
                    // The log goes on without findings; a fold that lost an entry must not go on.
                    error!(%fault, "findings are not computed any more until the next start");
                    self.metrics.findings_behind.set(1);
                    return;
                }
            }
        }
    }

    fn fold(&self, inbox: &FindingsInbox, stop: &CancellationToken) -> Result<Ended, FactFault> {
        let mut engine = Engine::new(Arc::clone(&self.ruleset), self.facts.clone());
        let mut own = Own {
            issuer: "ledger/rules".parse().expect("a name of a producer"),
            next: Position::first(&self.origin),
            registered: false,
            in_flight: HashSet::new(),
            left_out: HashSet::new(),
            adopted: BTreeMap::new(),
        };
        loop {
            while engine.size() < self.facts.size() {
                if stop.is_cancelled() {
                    return Ok(Ended::Stopped);
                }
                let from = engine.size();
                for fact in self.facts.facts(from..self.facts.size().min(from + CHUNK_ENTRIES))? {
                    self.note(&mut own, &fact)?;
                    engine.feed(fact)?;
                }
            }
            engine.advance(self.clock.now().as_second())?;
            self.metrics.findings_size.set(i64::try_from(engine.size()).unwrap_or(i64::MAX));
            let raising = own.in_flight.is_empty() && self.raise(&mut engine, &mut own);
            if stop.is_cancelled() {
                return Ok(Ended::Stopped);
            }
            let wait = if raising { RAISED_SOON } else { TICK };
            match inbox.next(wait) {
                Ok(Wake::Asked(answer)) => drop(answer.send(self.status(&engine))),
                Ok(Wake::Page(query, answer)) => drop(answer.send(query.page(&engine))),
                Ok(Wake::Standing(answer)) => drop(answer.send(engine.standing())),
                Ok(Wake::Committed) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Stopped),
            }
            // What is in flight is awaited first: its place in the sequence is known only once the log has it.
            if own.in_flight.is_empty() && inbox.begins_anew() {
                return Ok(Ended::Anew);
            }
        }
    }

    /// Keeps track of this stage's own events as the log has them.
    fn note(&self, own: &mut Own, fact: &Fact) -> Result<(), FactFault> {
        if fact.issuer == own.issuer {
            own.in_flight.remove(&fact.jti);
            if fact.seq + 1 > own.next.seq {
                own.next = Position { seq: fact.seq + 1, prev: self.facts.jwt_hash(fact.entry)? };
            }
            if &*fact.kind == "policy.adopted" {
                let text = |field| fact.text(field).unwrap_or_default().to_owned();
                own.adopted.insert(text("name"), (text("digest"), text("state")));
            }
        } else if fact.issuer.is_ledger() && fact.text("producer") == Some(own.issuer.as_str()) {
            let kid = self.key.as_ref().map(|key| key.public().kid().to_string());
            if fact.text("kid") == kid.as_deref() {
                own.registered = matches!(&*fact.kind, "key.registered" | "key.rotated");
            }
        }
        Ok(())
    }

    /// Puts new findings, and packs that are newly applied, on their way into the log; whether there were any.
    fn raise(&self, engine: &mut Engine<FactReader>, own: &mut Own) -> bool {
        let Some(key) = self.key.as_ref().filter(|_| own.registered) else { return false };
        let now = self.clock.now();
        let study = self.ruleset.study_from().is_some();
        let packs = self.ruleset.packs().iter().filter(|pack| {
            let present = (pack.digest.clone(), raise::state(pack, study).to_owned());
            own.adopted.get(&pack.id) != Some(&present)
        });
        let mut drafts: Vec<(String, Draft)> =
            packs.filter_map(|pack| Some((pack.id.clone(), raise::adopted(pack, study, now)?))).collect();
        let new = engine.to_raise(RAISE_MAX);
        drafts.extend(new.iter().filter_map(|finding| {
            Some((finding.id.to_string(), raise::finding(engine, &self.facts, finding, now)?))
        }));
        drafts.retain(|(name, _)| !own.left_out.contains(name));
        if drafts.is_empty() {
            return false;
        }
        let mut batch = InboundBatch::default();
        let mut at = own.next;
        for (name, draft) in drafts {
            let signed = match issue(
                &draft,
                &own.issuer,
                &self.origin,
                at,
                key,
                Catalogue::builtin(),
                &mut OsEntropy,
            ) {
                Ok(signed) => signed,
                Err(fault) => {
                    // A fault of this program: the catalogue has no room for what the rules say. Said once, not every second.
                    error!(event = %draft.event, %fault, "an event of the rules could not be signed; it is left out until the next start");
                    own.left_out.insert(name);
                    self.metrics.findings_behind.set(1);
                    continue;
                }
            };
            at = at.after(&signed);
            own.in_flight.insert(signed.jti);
            batch.bytes += signed.compact.len();
            batch.messages.push(Inbound {
                subject: own.issuer.events_subject(),
                headers: EventHeaders::default(),
                payload: signed.compact.into(),
                stream_seq: NOT_FROM_THE_BUS,
                received_at: now,
                ticket: None,
            });
        }
        if batch.messages.is_empty() {
            return false;
        }
        info!(events = batch.messages.len(), "raising findings");
        self.metrics.findings_raised.inc_by(batch.messages.len() as u64);
        // A weak sender: this stage must not keep admission open when intake has ended.
        let sender = self.to_admission.upgrade();
        sender.is_some_and(|sender| sender.blocking_send(batch).is_ok())
    }

    fn status(&self, engine: &Engine<FactReader>) -> FindingsStatus {
        FindingsStatus {
            size: engine.size(),
            as_of: engine.now(),
            digest: daybook_event::b64::encode(engine.digest()),
            caught_up: engine.size() == self.facts.size(),
        }
    }
}
