//! NATS JetStream behind the [`Bus`] seam.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::{self, stream::Stream};
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use tracing::{info, warn};

use super::{
    AckToken, Bus, BusError, BusSender, EventHeaders, Inbound, InboundBatch, MAX_BATCH_BYTES,
    MAX_BATCH_MESSAGES, SetupError, connect, ensure_consumer, ensure_stream, setup::fresh_consumer,
};
use crate::clock::Clock;
use crate::config::BusConfig;

const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MOST: Duration = Duration::from_secs(5);
/// How long one pull request stays open at the server.
const PULL_EXPIRES: Duration = Duration::from_secs(30);
const PULL_HEARTBEAT: Duration = Duration::from_secs(5);

/// The ledger's connection to JetStream.
pub struct NatsBus {
    config: BusConfig,
    client: Client,
    context: jetstream::Context,
    stream: Stream,
    messages: Option<pull::Stream>,
    clock: Arc<dyn Clock>,
    last_seq: u64,
}

impl NatsBus {
    /// Connects, creates or checks the stream and the consumer.
    ///
    /// # Errors
    /// [`SetupError`]: the bus is out of reach, too old, or set up in a way that would lose events.
    pub async fn open(config: BusConfig, dir: PathBuf, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let client = connect(&config, &dir).await?;
        let context = jetstream::new(client.clone());
        let stream = ensure_stream(&context, &config).await?;
        ensure_consumer(&stream, &config).await?;
        info!(server = %client.server_info().version, stream = %config.stream, "the bus is ready");
        Ok(Self { config, client, context, stream, messages: None, clock, last_seq: 0 })
    }

    /// The client, for publishing events that came in over HTTP.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    async fn subscribe(&mut self) -> Result<pull::Stream, SetupError> {
        self.stream = ensure_stream(&self.context, &self.config).await?;
        let consumer = fresh_consumer(&self.stream, &self.config).await?;
        self.last_seq = 0;
        consumer
            .stream()
            .max_messages_per_batch(MAX_BATCH_MESSAGES)
            .max_bytes_per_batch(MAX_BATCH_BYTES)
            .expires(PULL_EXPIRES)
            .heartbeat(PULL_HEARTBEAT)
            .messages()
            .await
            .map_err(|e| BusError::running("subscribing to events")(&e).into())
    }

    /// The next message, however long the bus is away.
    async fn next_message(&mut self) -> Result<jetstream::Message, BusError> {
        let mut pause = RETRY_FIRST;
        loop {
            if let Some(messages) = &mut self.messages {
                match messages.next().await {
                    Some(Ok(message)) => return Ok(message),
                    Some(Err(error)) => warn!(%error, "reading from the bus failed; trying again"),
                    None => warn!("the bus ended the subscription; subscribing again"),
                }
                self.messages = None;
            }
            match self.subscribe().await {
                Ok(messages) => self.messages = Some(messages),
                Err(fault @ SetupError::Unsafe { .. }) => {
                    let reason = fault.to_string();
                    return Err(BusError::Running { doing: "checking the stream again", reason });
                }
                Err(error @ (SetupError::NoRoom { .. } | SetupError::Bus(_))) => {
                    warn!(%error, pause_ms = pause.as_millis() as u64, "the bus does not answer; trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RETRY_MOST);
                }
            }
        }
    }

    fn take(&mut self, message: jetstream::Message, batch: &mut InboundBatch) {
        let stream_seq = match message.info() {
            Ok(info) => info.stream_sequence,
            Err(error) => {
                // A message without JetStream's reply subject did not come from the stream.
                warn!(%error, "a message without a stream position was left out");
                return;
            }
        };
        if self.last_seq != 0 && stream_seq > self.last_seq + 1 {
            warn!(after = self.last_seq, next = stream_seq, "the bus skipped sequence numbers");
        }
        self.last_seq = stream_seq;
        // Not `split()`: that takes the reply subject away, and with it the way to acknowledge.
        let message = message.message;
        let headers = message.headers.as_ref().map(event_headers).unwrap_or_default();
        batch.acknowledge =
            message.reply.as_ref().map(|reply| AckToken { reply: reply.to_string(), stream_seq });
        batch.bytes += message.payload.len();
        batch.messages.push(Inbound {
            subject: message.subject.to_string(),
            headers,
            payload: message.payload,
            stream_seq,
            received_at: self.clock.now(),
            ticket: None,
        });
    }
}

fn event_headers(map: &HeaderMap) -> EventHeaders {
    let get = |name: &str| map.get(name).map(|value| value.as_str().to_owned());
    EventHeaders {
        msg_id: get("Nats-Msg-Id"),
        ce_id: get("ce-id"),
        ce_source: get("ce-source"),
        ce_type: get("ce-type"),
        content_type: get("Content-Type"),
    }
}

impl Bus for NatsBus {
    async fn extend(&mut self, batch: &mut InboundBatch) -> Result<(), BusError> {
        let first = self.next_message().await?;
        self.take(first, batch);
        // Whatever is here already comes along; nothing is waited for, so a lone event is not delayed.
        while !batch.is_full() {
            let next = self.messages.as_mut().and_then(|messages| messages.next().now_or_never());
            match next {
                Some(Some(Ok(message))) => self.take(message, batch),
                Some(Some(Err(_)) | None) => {
                    self.messages = None;
                    break;
                }
                None => break,
            }
        }
        Ok(())
    }

    fn sender(&self) -> impl BusSender {
        NatsSender { client: self.client.clone(), stream: self.stream.clone() }
    }
}

/// Sends on the same connection that messages are read from.
#[derive(Clone)]
struct NatsSender {
    client: Client,
    stream: Stream,
}

impl BusSender for NatsSender {
    async fn publish(&self, subject: String, payload: Bytes) -> Result<(), BusError> {
        self.client.publish(subject, payload).await.map_err(|e| BusError::running("publishing")(&e))
    }

    async fn acknowledge(&self, token: &AckToken) -> Result<(), BusError> {
        // One connection keeps its order, so receipts reach the server before the acknowledgement that
        // lets it forget the events.
        self.client
            .publish(token.reply.clone(), Bytes::from_static(b"+ACK"))
            .await
            .map_err(|e| BusError::running("acknowledging")(&e))
    }

    async fn flush(&self) -> Result<(), BusError> {
        self.client.flush().await.map_err(|e| BusError::running("flushing")(&e))
    }

    async fn forget_through(&self, stream_seq: u64) -> Result<(), BusError> {
        self.stream
            .purge()
            .sequence(stream_seq + 1)
            .await
            .map(|_| ())
            .map_err(|e| BusError::running("purging acknowledged events")(&e))
    }
}
