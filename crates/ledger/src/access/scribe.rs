//! The scribe: signs what the ledger records about its own readers, and says when it is on disk.
//!
//! No record, no answer: a handler asks the scribe, waits until the record is durable, and only then sends a byte. While one commit is under way
//! the reads that arrive meanwhile are gathered into the next, so a burst of readers costs a few commits and loses none.

use std::collections::BTreeMap;
use std::sync::Arc;

use daybook_access::Role;
use daybook_event::{
    Catalogue, Code, Draft, Entropy as _, EntropyError, Issuer, Jti, Origin, OsEntropy, Position, SigningKey,
    b64, issue,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use crate::bus::{EventHeaders, Inbound, InboundBatch, NOT_FROM_THE_BUS, Ticket};
use crate::clock::Clock;
use crate::metrics::Metrics;

/// The producer under whose name reads and approvals are recorded.
pub(crate) const ISSUER: &str = "ledger/access";

/// Reads and acts that wait for the scribe. Beyond it a reader waits, and in the end is told to come again.
const QUEUE_MAX: usize = 4_096;
/// Reads that one event records, as in its schema, less what keeps the event well under the size limit.
const READS_PER_EVENT: usize = 128;
/// Reads and acts that one commit records.
const GATHER_MAX: usize = 2_048;

/// A read, as it is recorded.
#[derive(Debug, Clone)]
pub struct Read {
    /// Who reads.
    pub reader: Reader,
    /// What kind of read it is, as in the schema of `records.read`.
    pub kind: &'static str,
    /// SHA-256 of the query.
    pub query: [u8; 32],
    /// Records shown.
    pub rows: u64,
    /// Size of the log up to which the answer is complete.
    pub size: u64,
}

/// Who reads and what for. Reads of one reader may stand in one event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    /// The account's pseudonym.
    pub account: String,
    /// The role in which it reads.
    pub role: Role,
    /// What for, as in the schema.
    pub purpose: String,
    /// The number of the audit, request or case.
    pub reference: Option<String>,
    /// The request that a second person approved, for what takes two.
    pub approval: Option<Jti>,
}

/// What was recorded.
#[derive(Debug, Clone, Copy)]
pub struct Recorded {
    /// The entry that holds the record.
    pub entry: u64,
    /// The record's event; for a read, the number of the read within it is [`Recorded::read`].
    pub event: Jti,
    /// The read's own number; of an act, the event's again.
    pub read: Jti,
}

/// Why nothing was recorded. The answer must not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unrecorded {
    /// The ledger stops, or cannot write.
    #[error("the ledger cannot record who reads just now; ask again later")]
    Stopped,
    /// The event was not taken.
    #[error("the ledger refused its own record ({0}); the operator finds the reason in the service's log")]
    Refused(&'static str),
    /// The event could not be signed: it does not have the form of its type.
    #[error("the record does not have the form of its type; use shorter or simpler values")]
    Malformed,
}

/// What became of the events of one batch, by their numbers in it.
type Outcomes = mpsc::Receiver<(usize, Result<u64, Code>)>;

type Answer = oneshot::Sender<Result<Recorded, Unrecorded>>;

enum Task {
    Read(Read, Answer),
    Act(Box<Draft>, Answer),
}

/// The way to the scribe. Cheap to clone.
#[derive(Clone)]
pub struct Scribe {
    tasks: mpsc::Sender<Task>,
}

impl Scribe {
    /// Records a read; returns once the record is on disk.
    ///
    /// # Errors
    /// [`Unrecorded`]: the answer must not go out.
    pub async fn read(&self, read: Read) -> Result<Recorded, Unrecorded> {
        let (answer, hear) = oneshot::channel();
        self.tasks.send(Task::Read(read, answer)).await.map_err(|_| Unrecorded::Stopped)?;
        hear.await.map_err(|_| Unrecorded::Stopped)?
    }

    /// Records an act; returns once the record is on disk.
    ///
    /// # Errors
    /// [`Unrecorded`]: the act has not happened.
    pub async fn act(&self, draft: Draft) -> Result<Recorded, Unrecorded> {
        let (answer, hear) = oneshot::channel();
        self.tasks.send(Task::Act(Box::new(draft), answer)).await.map_err(|_| Unrecorded::Stopped)?;
        hear.await.map_err(|_| Unrecorded::Stopped)?
    }
}

/// The scribe's end.
pub struct ScribeInbox {
    tasks: mpsc::Receiver<Task>,
}

/// A scribe and its inbox, for one service.
#[must_use]
pub fn scribe() -> (Scribe, ScribeInbox) {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    (Scribe { tasks: sender }, ScribeInbox { tasks: receiver })
}

/// Owner of the key of `ledger/access`.
pub(crate) struct Writing {
    pub(crate) origin: Origin,
    pub(crate) key: SigningKey,
    /// Where its sequence stands in the log.
    pub(crate) next: Position,
    pub(crate) to_admission: mpsc::WeakSender<InboundBatch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
}

/// An event to be signed, and who waits for it: a read has a number of its own, an act that of its event.
type Unsigned = (Draft, Vec<(Option<Jti>, Answer)>);

/// One event on its way, and who waits for it.
struct Waiting {
    event: Jti,
    /// The position after it.
    after: Position,
    answers: Vec<(Jti, Answer)>,
}

impl Writing {
    /// Runs until nobody can ask any more, or intake has ended.
    pub(crate) async fn run(mut self, mut inbox: ScribeInbox) {
        let mut tasks = Vec::new();
        while inbox.tasks.recv_many(&mut tasks, GATHER_MAX).await > 0 {
            let Some(to_admission) = self.to_admission.upgrade() else { return };
            let now = self.clock.now();
            let (batch, waiting, mut outcomes) = self.sign(gather(tasks.drain(..), now), now);
            if batch.messages.is_empty() {
                continue;
            }
            if to_admission.send(batch).await.is_err() {
                return;
            }
            drop(to_admission);
            let mut open: BTreeMap<usize, Waiting> = waiting.into_iter().enumerate().collect();
            while let Some((number, outcome)) = outcomes.recv().await {
                let Some(waiting) = open.remove(&number) else { continue };
                self.settle(waiting, outcome);
            }
            // Those that nobody spoke about are dropped here, and who waits for them hears that nothing was recorded.
        }
    }

    fn settle(&mut self, waiting: Waiting, outcome: Result<u64, Code>) {
        match outcome {
            Ok(entry) => {
                self.next = waiting.after;
                self.metrics.reads_recorded.inc_by(waiting.answers.len() as u64);
                for (read, answer) in waiting.answers {
                    // A reader who has gone away was recorded all the same: the record comes first.
                    let _ = answer.send(Ok(Recorded { entry, event: waiting.event, read }));
                }
            }
            Err(code) => {
                error!(code = code.as_str(), "the ledger refused its own record of access");
                for (_, answer) in waiting.answers {
                    let _ = answer.send(Err(Unrecorded::Refused(code.as_str())));
                }
            }
        }
    }

    fn sign(&self, drafts: Vec<Unsigned>, now: Timestamp) -> (InboundBatch, Vec<Waiting>, Outcomes) {
        let issuer: Issuer = ISSUER.parse().expect("a name of a producer");
        let (to, outcomes) = mpsc::channel(drafts.len().max(1));
        let (mut batch, mut waiting, mut at) = (InboundBatch::default(), Vec::new(), self.next);
        for (draft, answers) in drafts {
            let signed =
                issue(&draft, &issuer, &self.origin, at, &self.key, Catalogue::builtin(), &mut OsEntropy);
            let signed = match signed {
                Ok(signed) => signed,
                Err(fault) => {
                    error!(event = %draft.event, %fault, "a record of access could not be signed");
                    for (_, answer) in answers {
                        let _ = answer.send(Err(Unrecorded::Malformed));
                    }
                    continue;
                }
            };
            at = at.after(&signed);
            let answers =
                answers.into_iter().map(|(read, answer)| (read.unwrap_or(signed.jti), answer)).collect();
            batch.bytes += signed.compact.len();
            batch.messages.push(Inbound {
                subject: issuer.events_subject(),
                headers: EventHeaders::default(),
                payload: signed.compact.into(),
                stream_seq: NOT_FROM_THE_BUS,
                received_at: now,
                ticket: Some(Ticket { number: waiting.len(), to: to.clone() }),
            });
            waiting.push(Waiting { event: signed.jti, after: at, answers });
        }
        (batch, waiting, outcomes)
    }
}

/// The events for what waits: an act is one, the reads of one reader stand together.
fn gather(tasks: impl Iterator<Item = Task>, now: Timestamp) -> Vec<Unsigned> {
    let mut drafts = Vec::new();
    let mut readers: BTreeMap<Reader, Vec<(Jti, Read, Answer)>> = BTreeMap::new();
    for task in tasks {
        match task {
            Task::Act(draft, answer) => drafts.push((*draft, vec![(None, answer)])),
            Task::Read(read, answer) => {
                // Without randomness nothing can be signed either; the answer is dropped and nothing goes out.
                let Ok(number) = random_jti() else { continue };
                readers.entry(read.reader.clone()).or_default().push((number, read, answer));
            }
        }
    }
    for (reader, mut reads) in readers {
        while !reads.is_empty() {
            let rest = reads.split_off(reads.len().min(READS_PER_EVENT));
            let group = std::mem::replace(&mut reads, rest);
            let draft = records_read(&reader, &group, now);
            drafts
                .push((draft, group.into_iter().map(|(number, _, answer)| (Some(number), answer)).collect()));
        }
    }
    drafts
}

fn random_jti() -> Result<Jti, EntropyError> {
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes)?;
    Ok(Jti::from_random(bytes))
}

fn records_read(reader: &Reader, reads: &[(Jti, Read, Answer)], now: Timestamp) -> Draft {
    let listed: Vec<Value> = reads
        .iter()
        .map(|(number, read, _)| {
            json!({
                "read": number.to_string(),
                "kind": read.kind,
                "query": b64::encode(read.query),
                "rows": read.rows,
                "size": read.size,
            })
        })
        .collect();
    let mut fields = stamped(now);
    fields.insert("purpose".into(), reader.purpose.as_str().into());
    fields.insert("reads_total".into(), reads.len().into());
    fields.insert("account".into(), reader.account.as_str().into());
    fields.insert("account_role".into(), reader.role.as_str().into());
    if let Some(reference) = &reader.reference {
        fields.insert("reference".into(), reference.as_str().into());
    }
    if let Some(approval) = &reader.approval {
        fields.insert("links".into(), json!([{ "rel": "of", "jti": approval.to_string() }]));
    }
    fields.insert("reads".into(), listed.into());
    Draft::new("records.read".parse().expect("a type of the catalogue"), fields)
}

/// The fields that every event of the ledger's own has.
pub(crate) fn stamped(now: Timestamp) -> Map<String, Value> {
    let mut fields = Map::new();
    for name in ["occurred_at", "recorded_at"] {
        fields.insert(name.into(), format!("{now:.0}").into());
    }
    fields.insert("role".into(), "automatic".into());
    fields
}
