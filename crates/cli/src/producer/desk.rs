//! Where events are recorded: in the outbox, or, while another process holds it, by handing them to that process.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daybook_event::{Draft, OsEntropy};
use daybook_producer::{Home, HomeError, OutboxError, Producer};

use super::handover::{self, Answer, Outcome, Recorded, Request};
use super::{Failure, HomeArgs, runtime};

/// Refused events looked at for their reasons, in events.
const REFUSED_SHOWN_MAX: usize = 100;
/// How often a running producer is asked whether events are settled, in milliseconds.
const ASK_EVERY_MS: u64 = 100;

/// Why a group of drafts was not recorded.
pub(super) enum NotRecorded {
    /// The draft at this place may not be signed.
    Draft {
        place: usize,
        what: String,
    },
    Failed(Failure),
}

pub(super) enum Desk {
    /// The outbox is ours.
    Own(Box<Home>),
    /// A producer runs in that home.
    Running(PathBuf),
}

impl Desk {
    pub(super) fn open(args: &HomeArgs) -> Result<Self, Failure> {
        match args.open() {
            Ok(home) => Ok(Self::Own(Box::new(home))),
            Err(Failure::Home(HomeError::Outbox(in_use @ OutboxError::InUse { .. }))) => {
                let nothing = Request::Standing { from: 0, before: 0 };
                match handover::ask(&args.home, &nothing) {
                    Some(answer) => answer.map(|_| Self::Running(args.home.clone())),
                    None => Err(in_use.into()),
                }
            }
            Err(other) => Err(other),
        }
    }

    /// Records drafts, all or none; on disk and synced when this returns.
    pub(super) fn record(&self, drafts: Vec<Draft>) -> Result<Vec<Recorded>, NotRecorded> {
        let answer = match self {
            Self::Own(home) => answer(home, Request::Record(drafts)),
            Self::Running(home) => ask(home, &Request::Record(drafts)).map_err(NotRecorded::Failed)?,
        };
        match answer {
            Answer::Recorded(recorded) => Ok(recorded),
            Answer::NotIssued { place, what } => Err(NotRecorded::Draft { place, what }),
            Answer::Failed(what) => Err(NotRecorded::Failed(Failure::Said(what))),
            Answer::Outcome(_) => Err(NotRecorded::Failed(odd())),
        }
    }

    /// Waits until the events with these numbers are settled, at most `seconds`, sending them if nobody else does.
    pub(super) fn wait(&self, numbers: Range<u64>, seconds: u64) -> Result<Outcome, Failure> {
        match self {
            Self::Own(home) => send_and_wait(home, numbers, seconds),
            Self::Running(home) => {
                let deadline = Instant::now() + Duration::from_secs(seconds);
                loop {
                    let request = Request::Standing { from: numbers.start, before: numbers.end };
                    match ask(home, &request)? {
                        Answer::Outcome(outcome) if outcome.waiting == 0 || Instant::now() >= deadline => {
                            return Ok(outcome);
                        }
                        Answer::Outcome(_) => std::thread::sleep(Duration::from_millis(ASK_EVERY_MS)),
                        Answer::Failed(what) => return Err(Failure::Said(what)),
                        Answer::Recorded(_) | Answer::NotIssued { .. } => return Err(odd()),
                    }
                }
            }
        }
    }
}

fn odd() -> Failure {
    Failure::Said("the running producer is of another version; restart it".into())
}

fn ask(home: &Path, request: &Request) -> Result<Answer, Failure> {
    handover::ask(home, request).unwrap_or_else(|| {
        Err(Failure::Said(
            "the running producer has stopped; what it had recorded is safe. Give the command again".into(),
        ))
    })
}

/// Does what a request asks, for this process or for one that handed it over.
pub(super) fn answer(home: &Home, request: Request) -> Answer {
    match request {
        Request::Record(drafts) => match home.record(&drafts, &mut OsEntropy) {
            Ok(recorded) => Answer::Recorded(
                recorded
                    .into_iter()
                    .zip(&drafts)
                    .map(|((seq, signed), draft)| Recorded {
                        seq,
                        jti: signed.jti.to_string(),
                        event: draft.event.to_string(),
                    })
                    .collect(),
            ),
            Err(OutboxError::NotIssued { place, source }) => {
                Answer::NotIssued { place, what: source.to_string() }
            }
            Err(other) => Answer::Failed(other.to_string()),
        },
        Request::Standing { from, before } => match outcome(home, from..before) {
            Ok(outcome) => Answer::Outcome(outcome),
            Err(error) => Answer::Failed(error.to_string()),
        },
    }
}

fn outcome(home: &Home, numbers: Range<u64>) -> Result<Outcome, OutboxError> {
    let standing = home.outbox().standing(numbers.clone())?;
    let mut messages = Vec::new();
    if standing.refused > 0 {
        for refused in home.outbox().refused_in(numbers, REFUSED_SHOWN_MAX)? {
            let text = |name: &str| refused.problem[name].as_str().unwrap_or("").to_owned();
            messages.push(format!(
                "event {} refused ({}): {} {}",
                refused.event.seq,
                text("code"),
                text("detail"),
                text("remedy")
            ));
        }
    }
    let daybook_producer::Standing { receipts, refused, waiting } = standing;
    Ok(Outcome { receipts, refused, waiting, messages })
}

fn send_and_wait(home: &Home, numbers: Range<u64>, seconds: u64) -> Result<Outcome, Failure> {
    let producer = Producer::new(home)?;
    let progress = producer.progress();
    let limit = Duration::from_secs(seconds);
    runtime()?.block_on(producer.run_until_settled(numbers.clone(), limit))?;
    let mut outcome = outcome(home, numbers.clone())?;
    let put_off = progress.take_refusals();
    let put_off = put_off.iter().filter(|refusal| refusal.retry && numbers.contains(&refusal.seq));
    // One event may be put off many times; the last reason is the one to tell.
    let last: std::collections::BTreeMap<u64, _> = put_off.map(|refusal| (refusal.seq, refusal)).collect();
    for (seq, refusal) in last {
        let (code, detail, remedy) = (&refusal.code, &refusal.detail, &refusal.remedy);
        outcome.messages.push(format!("event {seq} put off ({code}): {detail} {remedy}"));
    }
    if outcome.waiting > 0 {
        let figures = progress.figures();
        outcome.messages.push(match (figures.connected, figures.trouble) {
            (false, _) => format!("the bus at {} cannot be reached", home.bus().shown_url()),
            (true, Some(trouble)) => trouble,
            (true, None) if figures.invalid_receipts > 0 => {
                format!("{} receipts came that the trust policy does not prove", figures.invalid_receipts)
            }
            (true, None) => "no receipt came: is the ledger running?".into(),
        });
    }
    Ok(outcome)
}
