//! The bus: where signed events come from and where receipts and refusals go.
//!
//! The bus is not part of any promise. What it delivers may be lost, repeated or reordered; the ledger
//! acknowledges only what is on its own disk, and a producer keeps an event until its receipt arrives.

mod connect;
mod nats;
mod setup;

use std::future::Future;

use bytes::Bytes;
use daybook_event::Code;
use jiff::Timestamp;
use tokio::sync::mpsc;

pub use connect::{BusError, connect, server_version};
pub use nats::NatsBus;
pub use setup::{SetupError, ensure_consumer, ensure_stream};

/// The most messages that one batch holds.
pub const MAX_BATCH_MESSAGES: usize = 2_048;
/// The most bytes of payload that one batch holds; the message that crosses it is the last one in.
pub const MAX_BATCH_BYTES: usize = 8 << 20;
/// The largest message that the ledger puts on the bus, in bytes; half of the smallest limit a server has by default.
pub const MAX_OUTBOUND_BYTES: usize = 512 << 10;

/// Stands for the sequence number of what the ledger itself says: it came over no bus. JetStream counts from 1.
pub const NOT_FROM_THE_BUS: u64 = 0;

/// The headers of an event message, as far as admission reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventHeaders {
    /// `Nats-Msg-Id`.
    pub msg_id: Option<String>,
    /// CloudEvents `ce-id`.
    pub ce_id: Option<String>,
    /// CloudEvents `ce-source`.
    pub ce_source: Option<String>,
    /// CloudEvents `ce-type`.
    pub ce_type: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
}

/// One message as it came off the bus. Nothing in it has been checked.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// The subject it was published on.
    pub subject: String,
    /// Its headers.
    pub headers: EventHeaders,
    /// Its body.
    pub payload: Bytes,
    /// Its sequence number in the stream, or [`NOT_FROM_THE_BUS`].
    pub stream_seq: u64,
    /// When the ledger took it off the bus.
    pub received_at: Timestamp,
    /// Who inside the ledger waits to hear what became of it.
    pub ticket: Option<Ticket>,
}

/// For the ledger's own events: where to say what became of one of them.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Which of the waiting events it is.
    pub number: usize,
    /// Where it is said. There is room for every ticket, so saying it never waits.
    pub to: mpsc::Sender<(usize, Result<u64, Code>)>,
}

impl Ticket {
    /// Says the entry that the event has become, durably, or why it was refused.
    pub(crate) fn answer(&self, outcome: Result<u64, Code>) {
        // Whoever waited may be gone; the log does not depend on it.
        let _ = self.to.try_send((self.number, outcome));
    }
}

/// A batch off the bus, in stream order.
#[derive(Debug, Default)]
pub struct InboundBatch {
    /// The messages.
    pub messages: Vec<Inbound>,
    /// Bytes of payload in them.
    pub bytes: usize,
    /// What acknowledges the last message and, with it, all before.
    pub acknowledge: Option<AckToken>,
}

impl InboundBatch {
    /// Whether no more messages go in.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.messages.len() >= MAX_BATCH_MESSAGES || self.bytes >= MAX_BATCH_BYTES
    }
}

/// Acknowledges one message and every message before it.
#[derive(Debug, Clone)]
pub struct AckToken {
    /// Where the acknowledgement goes.
    pub reply: String,
    /// Sequence number of the message in the stream.
    pub stream_seq: u64,
}

/// The seam between the service and a message bus.
///
/// Contract: `extend` delivers messages in stream order and delivers again what was not acknowledged;
/// `acknowledge` covers everything up to its token; `publish` may lose messages; `forget_through` deletes
/// acknowledged messages from the bus, so that plain personal data does not linger there.
pub trait Bus: Send + Sync + 'static {
    /// Waits for messages and puts into the batch what is there, up to its limits. May be cancelled while it waits;
    /// what it had put in stays in.
    fn extend(&mut self, batch: &mut InboundBatch) -> impl Future<Output = Result<(), BusError>> + Send;

    /// The half that sends.
    fn sender(&self) -> impl BusSender;
}

/// The sending half of a [`Bus`]; cheap to clone.
pub trait BusSender: Clone + Send + Sync + 'static {
    /// Publishes without waiting for anybody to have it.
    fn publish(&self, subject: String, payload: Bytes) -> impl Future<Output = Result<(), BusError>> + Send;
    /// Acknowledges everything up to `token`, after everything published before has left this process.
    fn acknowledge(&self, token: &AckToken) -> impl Future<Output = Result<(), BusError>> + Send;
    /// Waits until everything published has left this process.
    fn flush(&self) -> impl Future<Output = Result<(), BusError>> + Send;
    /// Deletes every message up to `stream_seq` from the bus.
    fn forget_through(&self, stream_seq: u64) -> impl Future<Output = Result<(), BusError>> + Send;
}
