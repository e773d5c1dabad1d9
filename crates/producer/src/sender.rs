//! The sending half of a producer, and the loop that joins both halves.
//!
//! Order of things: subscribe to receipts and refusals and wait until the bus knows it; only then publish, lowest
//! number first. If a message is not taken by the bus, nothing new is sent until it is, so that the ledger sees the
//! sequence without gaps where it can; a message that the bus never takes holds the others up for a bounded time only.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use daybook_event::{Entropy, Issuer, OsEntropy};
use daybook_tlog::Policy;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;

use crate::bus::{self, Bus, BusConfig, PUBLISH_IN_FLIGHT};
use crate::clock::{Clock, SystemClock};
use crate::home::{Home, HomeError};
use crate::outbox::{Outbox, OutboxError, Standing};
use crate::progress::Progress;
use crate::settle::{Settled, Settler};
use crate::window::{Sending, Waits, Window};

/// Events read from the outbox at a time, in events.
const PAGE: usize = 256;
/// Longest sleep of the loop, so that no missed wake-up lasts.
const TICK: Duration = Duration::from_millis(500);
/// How often the wait for a settlement looks by itself.
const SETTLED_TICK: Duration = Duration::from_millis(100);
/// Outcomes between the halves, in messages.
const NEWS_MAX: usize = 256;

/// Why a producer stopped sending.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address or the certificates of the bus cannot be used.
    #[error("the bus cannot be used: {0}. Check the bus address and certificates in producer.toml")]
    Bus(String),
    /// The outbox failed; nothing is sent that it could not account for.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The bus client closed its subscriptions.
    #[error("the connection to the bus was closed for good. Start again; nothing is lost")]
    Closed,
}

/// Sends the events of one outbox until stopped.
pub struct Producer {
    outbox: Arc<Outbox>,
    issuer: Issuer,
    policy: Arc<Policy>,
    bus: BusConfig,
    waits: Waits,
    clock: Arc<dyn Clock>,
    rng: Box<dyn Entropy + Send>,
    progress: Arc<Progress>,
}

impl Producer {
    /// The producer of a home, with the machine's clock and randomness.
    ///
    /// # Errors
    /// The trust policy cannot be read.
    pub fn new(home: &Home) -> Result<Self, HomeError> {
        let (outbox, issuer) = (Arc::clone(home.outbox()), home.config().issuer.clone());
        let policy = Arc::new(home.policy()?);
        Ok(Self::with(outbox, issuer, policy, home.bus(), Arc::new(SystemClock::new()), Box::new(OsEntropy)))
    }

    /// A producer for `outbox`, which must be `issuer`'s. Receipts are believed only under `policy`.
    #[must_use]
    pub fn with(
        outbox: Arc<Outbox>,
        issuer: Issuer,
        policy: Arc<Policy>,
        bus: BusConfig,
        clock: Arc<dyn Clock>,
        rng: Box<dyn Entropy + Send>,
    ) -> Self {
        let (waits, progress) = (Waits::default(), Arc::new(Progress::default()));
        Self { outbox, issuer, policy, bus, waits, clock, rng, progress }
    }

    /// Other waits than the usual ones.
    #[must_use]
    pub fn with_waits(mut self, waits: Waits) -> Self {
        self.waits = waits;
        self
    }

    /// The figures of this sender, which go on being counted while it runs.
    #[must_use]
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Sends until every event with a number in `numbers` has a receipt or is refused for good, or `limit` is over.
    ///
    /// # Errors
    /// As [`Producer::run`].
    pub async fn run_until_settled(
        self,
        numbers: Range<u64>,
        limit: Duration,
    ) -> Result<Standing, SendError> {
        let (outbox, progress) = (Arc::clone(&self.outbox), self.progress());
        let (waiting, range) = (Arc::clone(&self.outbox), numbers.clone());
        let stop = async move {
            // A failing outbox ends the run by itself.
            while waiting.is_waiting(range.clone()).unwrap_or(false) {
                tokio::time::timeout(SETTLED_TICK, progress.settled()).await.ok();
            }
        };
        self.run(async move { drop(tokio::time::timeout(limit, stop).await) }).await?;
        Ok(outbox.standing(numbers)?)
    }

    /// Sends until `stop` completes. What has no receipt by then stays in the outbox and is sent at the next run.
    ///
    /// # Errors
    /// See [`SendError`]. A bus that cannot be reached is not an error: it is tried again for ever.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), SendError> {
        let bus = bus::connect(&self.bus, &self.issuer).await.map_err(|e| SendError::Bus(e.to_string()))?;
        let subscribe_error = |error: async_nats::SubscribeError| SendError::Bus(error.to_string());
        let receipts = bus.client.subscribe(self.issuer.receipts_subject()).await.map_err(subscribe_error)?;
        let refusals = bus.client.subscribe(self.issuer.refusals_subject()).await.map_err(subscribe_error)?;
        let (news, outcomes) = mpsc::channel(NEWS_MAX);
        let settler = Settler {
            outbox: Arc::clone(&self.outbox),
            policy: Arc::clone(&self.policy),
            issuer: self.issuer.to_string(),
            progress: Arc::clone(&self.progress),
            news,
        };
        let client = bus.client.clone();
        let sending = Loop::new(self, bus, outcomes).run();
        let result = tokio::select! {
            result = sending => result,
            settled = settler.run(receipts, refusals) => settled.map_err(SendError::from).and(Err(SendError::Closed)),
            () = stop => Ok(()),
        };
        // What was handed to the client goes out; a bus that is away must not hold up the end.
        tokio::time::timeout(TICK, client.flush()).await.ok();
        result
    }
}

type Ack = (u64, u32, Result<bool, PublishError>);

struct Loop {
    sender: Producer,
    bus: Bus,
    outcomes: mpsc::Receiver<Settled>,
    subject: String,
    window: Window,
    acks: FuturesUnordered<BoxFuture<'static, Ack>>,
    /// First number not sent in this run.
    next: u64,
    /// Everything in the outbox was sent; look again when told.
    drained: bool,
    /// Spreads the waits of producers, not those of one producer's events, which keep their order.
    jitter: u8,
}

impl Loop {
    fn new(mut sender: Producer, bus: Bus, outcomes: mpsc::Receiver<Settled>) -> Self {
        let mut jitter = [127_u8; 1];
        // Without randomness the spread is lost and nothing else.
        sender.rng.fill(&mut jitter).ok();
        let subject = sender.issuer.events_subject();
        let (window, acks) = (Window::default(), FuturesUnordered::new());
        Self { sender, bus, outcomes, subject, window, acks, next: 0, drained: false, jitter: jitter[0] }
    }

    async fn run(mut self) -> Result<(), SendError> {
        let news = self.sender.outbox.news();
        loop {
            self.wait_for_the_bus().await?;
            self.send_again().await?;
            self.send_new().await?;
            let now = self.sender.clock.elapsed();
            let sleep = self.window.next_due().map_or(TICK, |due| due.saturating_sub(now).min(TICK));
            tokio::select! {
                Some(ack) = self.acks.next(), if !self.acks.is_empty() => {
                    self.take_ack(ack);
                    // Many acknowledgements are there at once; take them before sending more.
                    while let Some(Some(ack)) = self.acks.next().now_or_never() {
                        self.take_ack(ack);
                    }
                }
                outcome = self.outcomes.recv() => match outcome {
                    Some(outcome) => self.take_outcome(outcome),
                    None => return Err(SendError::Closed),
                },
                () = news.notified() => self.drained = false,
                () = tokio::time::sleep(sleep) => self.drained = false,
                _ = self.bus.connected.changed() => {}
            }
        }
    }

    /// Waits for a connection, then makes sure that the bus has the subscriptions before anything is published.
    async fn wait_for_the_bus(&mut self) -> Result<(), SendError> {
        if *self.bus.connected.borrow_and_update() && self.sender.progress.is_connected() {
            return Ok(());
        }
        loop {
            self.sender.progress.connected(false);
            while !*self.bus.connected.borrow_and_update() {
                tokio::select! {
                    changed = self.bus.connected.changed() => changed.map_err(|_| SendError::Closed)?,
                    outcome = self.outcomes.recv() => match outcome {
                        Some(outcome) => self.take_outcome(outcome),
                        None => return Err(SendError::Closed),
                    },
                }
            }
            if let Ok(Ok(())) = tokio::time::timeout(bus::PUBLISH_ACK_WAIT, self.bus.client.flush()).await {
                self.sender.progress.connected(true);
                return Ok(());
            }
            tokio::time::sleep(TICK).await;
        }
    }

    async fn send_new(&mut self) -> Result<(), SendError> {
        while !self.drained && !self.window.held_up() {
            let room = self.window.room().min(PUBLISH_IN_FLIGHT.saturating_sub(self.acks.len())).min(PAGE);
            if room == 0 {
                return Ok(());
            }
            let (outbox, next) = (Arc::clone(&self.sender.outbox), self.next);
            let page = blocking(move || outbox.pending_from(next, room)).await?;
            self.drained = page.len() < room;
            let now = self.sender.clock.elapsed();
            let events = page.len();
            for event in page {
                self.next = event.seq + 1;
                let sending = Sending {
                    seq: event.seq,
                    jti: event.jti,
                    event_type: event.event_type,
                    body: event.compact,
                    attempt: event.attempt,
                };
                let jitter = self.jitter;
                self.window.sent(sending.clone(), now, &self.sender.waits, jitter);
                self.publish(sending).await;
            }
            self.sender.progress.sent(events);
        }
        Ok(())
    }

    async fn send_again(&mut self) -> Result<(), SendError> {
        let room = PUBLISH_IN_FLIGHT.saturating_sub(self.acks.len()).min(PAGE);
        let (now, jitter) = (self.sender.clock.elapsed(), self.jitter);
        let sendings = self.window.due(now, room, &self.sender.waits, jitter);
        if sendings.is_empty() {
            return Ok(());
        }
        let attempts: Vec<(u64, u32)> =
            sendings.iter().map(|sending| (sending.seq, sending.attempt)).collect();
        let outbox = Arc::clone(&self.sender.outbox);
        let gone = blocking(move || outbox.note_attempts(&attempts)).await?;
        self.sender.progress.resent(sendings.len() - gone.len());
        for sending in sendings {
            // Settled between being read and being sent: its receipt was for the run before.
            if gone.contains(&sending.seq) {
                self.window.remove(sending.seq);
            } else {
                self.publish(sending).await;
            }
        }
        Ok(())
    }

    async fn publish(&mut self, sending: Sending) {
        let headers = bus::headers(self.sender.issuer.as_str(), &sending);
        let Sending { seq, attempt, body, .. } = sending;
        match self.bus.stream.publish_with_headers(self.subject.clone(), headers, body).await {
            Ok(ack) => self.acks.push(acknowledgement(seq, attempt, ack).boxed()),
            Err(error) => self.take_ack((seq, attempt, Err(error))),
        }
    }

    fn take_ack(&mut self, (seq, attempt, ack): Ack) {
        let (now, jitter) = (self.sender.clock.elapsed(), self.jitter);
        match ack {
            Ok(duplicate) => {
                self.window.acknowledged(seq, attempt, duplicate, now, &self.sender.waits);
                self.sender.progress.acknowledged();
                if !self.window.held_up() {
                    self.sender.progress.trouble(None);
                }
            }
            Err(error) => {
                let trouble = trouble(&error);
                tracing::debug!(seq, attempt, "not taken: {trouble}");
                self.window.not_taken(seq, attempt, now, &self.sender.waits, jitter);
                self.sender.progress.trouble(Some(trouble));
            }
        }
    }

    fn take_outcome(&mut self, outcome: Settled) {
        match outcome {
            Settled::Done(seqs) => {
                for seq in seqs {
                    self.window.remove(seq);
                }
                self.window.answered(self.sender.clock.elapsed(), &self.sender.waits);
            }
            Settled::PutOff(seq) => {
                let (now, jitter) = (self.sender.clock.elapsed(), self.jitter);
                self.window.put_off(seq, now, &self.sender.waits, jitter);
            }
        }
    }
}

async fn acknowledgement(seq: u64, attempt: u32, ack: PublishAckFuture) -> Ack {
    (seq, attempt, ack.await.map(|ack| ack.duplicate))
}

fn trouble(error: &PublishError) -> String {
    match error.kind() {
        PublishErrorKind::StreamNotFound => {
            "the bus has no stream for this producer's events: is the ledger set up there?".into()
        }
        PublishErrorKind::TimedOut => "the bus does not acknowledge".into(),
        _ => format!("the bus did not take an event: {error}"),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
