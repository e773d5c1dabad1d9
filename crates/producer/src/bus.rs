//! The bus client: subjects, headers, connection.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::jetstream::{Context, ContextBuilder};
use async_nats::{Client, ConnectError, ConnectOptions, Event, HeaderMap, ServerAddr};
use daybook_event::Issuer;
use tokio::sync::watch;

use crate::window::Sending;

/// Publishes without an acknowledgement at one time, in messages.
pub const PUBLISH_IN_FLIGHT: usize = 1_024;
/// Wait for the bus to acknowledge a message.
pub const PUBLISH_ACK_WAIT: Duration = Duration::from_secs(5);
/// Messages that a subscription holds before the bus client drops some; what is dropped is asked for again.
const SUBSCRIPTION_MESSAGES: usize = 4_096;
/// Longest wait between two attempts to connect.
const RECONNECT_WAIT_MAX: Duration = Duration::from_secs(5);

/// Where the bus is and how to reach it.
#[derive(Clone)]
pub struct BusConfig {
    /// `nats://[user:password@]host:port`, or `tls://…`.
    pub url: String,
    /// Certificates of the authorities that the bus's certificate may come from, PEM.
    pub ca: Option<PathBuf>,
    /// The producer's own certificate, PEM.
    pub cert: Option<PathBuf>,
    /// The key of that certificate, PEM.
    pub key: Option<PathBuf>,
}

impl BusConfig {
    /// The address without what stands before its `@`, to be shown.
    #[must_use]
    pub fn shown_url(&self) -> String {
        without_password(&self.url)
    }
}

impl std::fmt::Debug for BusConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BusConfig").field("url", &self.shown_url()).finish_non_exhaustive()
    }
}

/// An address without what stands before its `@`.
pub(crate) fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") }
}

/// A connection, and whether it stands.
pub(crate) struct Bus {
    pub(crate) client: Client,
    pub(crate) stream: Context,
    pub(crate) connected: watch::Receiver<bool>,
}

/// Starts connecting; returns at once, also when the bus cannot be reached yet.
pub(crate) async fn connect(config: &BusConfig, issuer: &Issuer) -> Result<Bus, ConnectError> {
    let (state, connected) = watch::channel(false);
    let mut options = ConnectOptions::new()
        .name(format!("daybook producer {issuer}"))
        .retry_on_initial_connect()
        .subscription_capacity(SUBSCRIPTION_MESSAGES)
        .reconnect_delay_callback(|attempt| {
            let doublings = u32::try_from(attempt.min(10)).unwrap_or(10);
            Duration::from_millis(50).saturating_mul(1 << doublings).min(RECONNECT_WAIT_MAX)
        })
        .event_callback(move |event| {
            match &event {
                Event::Connected => drop(state.send_replace(true)),
                Event::Disconnected | Event::Closed => drop(state.send_replace(false)),
                _ => {}
            }
            let text = event.to_string();
            async move {
                match event {
                    Event::Connected => tracing::info!("connected to the bus"),
                    _ => tracing::warn!("bus: {text}"),
                }
            }
        });
    if let Some(ca) = &config.ca {
        options = options.add_root_certificates(ca.clone()).require_tls(true);
    }
    if let (Some(cert), Some(key)) = (&config.cert, &config.key) {
        options = options.add_client_certificate(cert.clone(), key.clone()).require_tls(true);
    }
    let address: ServerAddr =
        config.url.parse().map_err(|_| ConnectError::new(async_nats::ConnectErrorKind::ServerParse))?;
    // The client library leaves credentials in the address to its user.
    if let (Some(user), Some(password)) = (address.username(), address.password()) {
        options = options.user_and_password(user.to_owned(), password.to_owned());
    }
    let client = options.connect(address).await?;
    let stream = ContextBuilder::new()
        .timeout(PUBLISH_ACK_WAIT)
        .max_ack_inflight(PUBLISH_IN_FLIGHT)
        .build(client.clone());
    Ok(Bus { client, stream, connected })
}

/// The headers of an event (formats.md, "On the bus").
pub(crate) fn headers(issuer: &str, sending: &Sending) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Msg-Id", sending.message_id().as_str());
    headers.insert("ce-specversion", "1.0");
    headers.insert("ce-id", sending.jti.as_str());
    headers.insert("ce-source", issuer);
    headers.insert("ce-type", sending.event_type.as_str());
    headers.insert("Content-Type", "application/daybook-event+sd-jwt");
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (url, shown) in [
            ("nats://jail:secret@bus.city.example:4222", "nats://bus.city.example:4222"),
            ("tls://bus.city.example:4222", "tls://bus.city.example:4222"),
            ("jail:sec@ret@bus", "bus"),
        ] {
            assert_eq!(without_password(url), shown);
            let config = BusConfig { url: url.into(), ca: None, cert: None, key: None };
            assert!(!format!("{config:?}").contains("sec"));
        }
    }
}
