//! Creating the stream and the consumer, and refusing those that would lose data.

use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::context::CreateStreamErrorKind;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType, Stream};
use async_nats::jetstream::{self, consumer};

use super::BusError;
use crate::config::BusConfig;

/// The subjects that the stream holds.
const EVENT_SUBJECTS: &str = "daybook.events.*.*";
/// How long the server remembers a `Nats-Msg-Id`. A courtesy that saves work: what counts is the ledger's own
/// check for duplicates.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);
/// How long the server waits for an acknowledgement before it delivers again: after a crash the events that were on
/// their way come back so much later. Delivering too early is harmless, they are found to be duplicates.
const ACK_WAIT: Duration = Duration::from_secs(10);
/// How many messages may be delivered and not yet acknowledged.
const MAX_ACK_PENDING: i64 = 65_536;

/// Why a stream or consumer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Its configuration would lose events, or show the ledger only some of them.
    #[error("{what} `{name}` on the bus is set up in a way that loses data: {}. Correct it, or remove it and let the ledger make it anew once its messages are in the ledger", reasons.join("; "))]
    Unsafe {
        /// `stream` or `consumer`.
        what: &'static str,
        /// Its name.
        name: String,
        /// Each setting, what it is and what it must be.
        reasons: Vec<String>,
    },
    /// The server has not the room that the stream may take.
    #[error(
        "the bus has no room for a stream of {max_bytes} bytes: nats-server gives its streams three quarters of the disk that is free when it starts, unless it is told otherwise. Make room on its disk and start it again, or set bus.max_bytes in ledger.toml to less"
    )]
    NoRoom {
        /// What the ledger asked for.
        max_bytes: i64,
    },
    /// The bus did not answer as expected.
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Opens the stream of events, making it where it does not exist.
///
/// # Errors
/// [`SetupError::Unsafe`] where an existing stream could lose an event that the ledger has not acknowledged, [`SetupError::NoRoom`] where a new one
/// does not fit.
pub async fn ensure_stream(context: &jetstream::Context, config: &BusConfig) -> Result<Stream, SetupError> {
    let failed = BusError::running("opening the stream of events");
    let wanted = Config {
        name: config.stream.clone(),
        description: Some("Signed events on their way into the Daybook ledger".into()),
        subjects: vec![EVENT_SUBJECTS.into()],
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        max_bytes: config.max_bytes,
        num_replicas: config.replicas,
        duplicate_window: DUPLICATE_WINDOW,
        deny_delete: true,
        ..Config::default()
    };
    let stream = context.get_or_create_stream(wanted).await.map_err(|error| match error.kind() {
        CreateStreamErrorKind::JetStream(fault)
            if fault.error_code() == ErrorCode::STORAGE_RESOURCES_EXCEEDED =>
        {
            SetupError::NoRoom { max_bytes: config.max_bytes }
        }
        _ => failed(&error).into(),
    })?;
    let reasons = stream_faults(&stream.cached_info().config);
    if reasons.is_empty() {
        Ok(stream)
    } else {
        Err(SetupError::Unsafe { what: "stream", name: config.stream.clone(), reasons })
    }
}

/// What about a stream could lose events. Empty: nothing.
fn stream_faults(found: &Config) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |good: bool, fault: String| {
        if !good {
            faults.push(fault);
        }
    };
    must(
        found.retention == RetentionPolicy::Limits,
        format!(
            "retention is {:?}, it must be limits: anybody else's acknowledgement would delete events",
            found.retention
        ),
    );
    must(
        found.storage == StorageType::File,
        format!("storage is {:?}, it must be file: memory is gone with the server", found.storage),
    );
    must(
        found.discard == DiscardPolicy::New,
        format!("discard is {:?}, it must be new: a full stream would drop the oldest events", found.discard),
    );
    must(found.max_age.is_zero(), format!("max age is {:?}, it must be unlimited", found.max_age));
    must(
        found.max_messages_per_subject <= 0,
        format!("max messages per subject is {}, it must be unlimited", found.max_messages_per_subject),
    );
    must(found.deny_delete, "deny_delete is off, it must be on: events could be deleted singly".into());
    must(!found.deny_purge, "deny_purge is on, it must be off: what is in the ledger must not linger".into());
    must(
        !found.no_ack,
        "no_ack is on, it must be off: publishers would not know that an event arrived".into(),
    );
    must(!found.sealed, "it is sealed and takes no more events".into());
    must(
        found.subjects == [EVENT_SUBJECTS],
        format!("its subjects are {:?}, they must be [{EVENT_SUBJECTS:?}]", found.subjects),
    );
    must(
        found.max_message_size <= 0 || found.max_message_size >= 128 << 10,
        format!("max message size is {}, it must be unlimited or at least 131072", found.max_message_size),
    );
    faults
}

/// Opens the ledger's durable consumer, making it where it does not exist.
///
/// # Errors
/// [`SetupError::Unsafe`] where an existing consumer would skip or forget events.
pub async fn ensure_consumer(stream: &Stream, config: &BusConfig) -> Result<PullConsumer, SetupError> {
    let failed = BusError::running("opening the ledger's consumer");
    let wanted = pull::Config {
        durable_name: Some(config.consumer.clone()),
        description: Some("The Daybook ledger; acknowledges what is on its disk".into()),
        ack_policy: AckPolicy::All,
        ack_wait: ACK_WAIT,
        max_ack_pending: MAX_ACK_PENDING,
        deliver_policy: consumer::DeliverPolicy::All,
        ..pull::Config::default()
    };
    let consumer: PullConsumer =
        stream.get_or_create_consumer(&config.consumer, wanted).await.map_err(|e| failed(&e))?;
    let reasons = consumer_faults(&consumer.cached_info().config);
    if reasons.is_empty() {
        Ok(consumer)
    } else {
        Err(SetupError::Unsafe { what: "consumer", name: config.consumer.clone(), reasons })
    }
}

/// Opens the consumer anew, so that it delivers from the first event that the stream holds.
///
/// An acknowledgement covers everything that was delivered before it, to whomever. What was under way to a process that died would so be acknowledged by the
/// next one, which never saw it. The stream is purged behind what the ledger has, so that little is delivered twice, and the ledger knows its own events.
///
/// # Errors
/// As [`ensure_consumer`]; or the bus does not let it be removed.
pub(super) async fn fresh_consumer(stream: &Stream, config: &BusConfig) -> Result<PullConsumer, SetupError> {
    ensure_consumer(stream, config).await?;
    let failed = BusError::running("opening the ledger's consumer anew");
    stream.delete_consumer(&config.consumer).await.map_err(|e| failed(&e))?;
    ensure_consumer(stream, config).await
}

fn consumer_faults(found: &consumer::Config) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |good: bool, fault: String| {
        if !good {
            faults.push(fault);
        }
    };
    must(found.ack_policy == AckPolicy::All, format!("ack policy is {:?}, it must be all", found.ack_policy));
    must(
        found.deliver_policy == consumer::DeliverPolicy::All,
        format!("deliver policy is {:?}, it must be all: events would be skipped", found.deliver_policy),
    );
    must(
        found.max_deliver <= 0,
        format!("max deliver is {}, it must be unlimited: events would be given up", found.max_deliver),
    );
    must(
        found.filter_subject.is_empty() && found.filter_subjects.is_empty(),
        "it has a filter: events of some departments would never arrive".into(),
    );
    must(found.durable_name.is_some(), "it is not durable".into());
    must(!found.headers_only, "it delivers headers only".into());
    must(!found.memory_storage, "its state is kept in memory".into());
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Config {
        Config {
            subjects: vec![EVENT_SUBJECTS.into()],
            discard: DiscardPolicy::New,
            deny_delete: true,
            ..Config::default()
        }
    }

    #[test]
    fn every_lossy_stream_setting_is_named() {
        assert_eq!(stream_faults(&sound()), Vec::<String>::new());
        type Spoil<T> = fn(&mut T);
        let break_one: [(&str, Spoil<Config>); 9] = [
            ("retention", |c| c.retention = RetentionPolicy::WorkQueue),
            ("storage", |c| c.storage = StorageType::Memory),
            ("discard", |c| c.discard = DiscardPolicy::Old),
            ("max age", |c| c.max_age = Duration::from_secs(60)),
            ("max messages per subject", |c| c.max_messages_per_subject = 5),
            ("deny_delete", |c| c.deny_delete = false),
            ("deny_purge", |c| c.deny_purge = true),
            ("subjects", |c| c.subjects = vec!["daybook.events.sheriff.*".into()]),
            ("max message size", |c| c.max_message_size = 1_000),
        ];
        for (name, spoil) in break_one {
            let mut config = sound();
            spoil(&mut config);
            let faults = stream_faults(&config);
            assert!(faults.len() == 1 && faults[0].contains(name), "{name}: {faults:?}");
        }
    }

    #[test]
    fn every_lossy_consumer_setting_is_named() {
        let sound = || consumer::Config {
            durable_name: Some("x".into()),
            ack_policy: AckPolicy::All,
            ..consumer::Config::default()
        };
        assert_eq!(consumer_faults(&sound()), Vec::<String>::new());
        type Spoil = fn(&mut consumer::Config);
        let break_one: [(&str, Spoil); 4] = [
            ("ack policy", |c| c.ack_policy = AckPolicy::None),
            ("deliver policy", |c| c.deliver_policy = consumer::DeliverPolicy::New),
            ("max deliver", |c| c.max_deliver = 3),
            ("filter", |c| c.filter_subject = "daybook.events.sheriff.*".into()),
        ];
        for (name, spoil) in break_one {
            let mut config = sound();
            spoil(&mut config);
            let faults = consumer_faults(&config);
            assert!(faults.len() == 1 && faults[0].contains(name), "{name}: {faults:?}");
        }
    }
}
