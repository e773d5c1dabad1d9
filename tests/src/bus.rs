//! A client on a test's bus.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, HeaderMap, Subscriber};
use daybook_event::{b64, hash::sha256};
use futures::StreamExt;
use serde_json::Value;

use crate::hostile::Hostile;

/// How long a refusal may take.
const REFUSAL_LIMIT: Duration = Duration::from_secs(20);

/// What can go wrong on the way; tests and scripts only print it.
pub type BusError = Box<dyn std::error::Error + Send + Sync>;

/// Connects to `nats://[user:password@]host:port`. The client library leaves user and password in a URL unused.
///
/// # Errors
/// The server does not answer or does not let us in.
pub async fn connect(url: &str) -> Result<Client, BusError> {
    let (scheme, rest) = url.split_once("://").ok_or("a URL like nats://host:port is needed")?;
    let Some((user, host)) = rest.rsplit_once('@') else { return Ok(async_nats::connect(url).await?) };
    let (user, password) = user.split_once(':').ok_or("user:password@ is needed in the URL")?;
    let options = ConnectOptions::new().user_and_password(user.to_owned(), password.to_owned());
    Ok(options.connect(format!("{scheme}://{host}")).await?)
}

/// Sends messages that must be refused and hears their refusals.
#[derive(Debug)]
pub struct Refused {
    client: Client,
    refusals: Subscriber,
}

impl Refused {
    /// Listens to the refusals of all producers.
    ///
    /// # Errors
    /// See [`connect`].
    pub async fn on(url: &str) -> Result<Self, BusError> {
        let client = connect(url).await?;
        let refusals = client.subscribe("daybook.refusals.>").await?;
        client.flush().await?;
        Ok(Self { client, refusals })
    }

    /// Sends the message and waits for the problem that answers it: its subject and content. `None`: no answer in time.
    ///
    /// # Errors
    /// The bus does not take the message.
    pub async fn send(&mut self, hostile: &Hostile) -> Result<Option<(String, Value)>, BusError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &hostile.headers {
            headers.insert(*name, value.as_str());
        }
        let body = hostile.body.clone().into();
        let stream = async_nats::jetstream::new(self.client.clone());
        stream.publish_with_headers(hostile.subject.clone(), headers, body).await?.await?;
        let digest = b64::encode(sha256(&hostile.body));
        let answer = async {
            while let Some(message) = self.refusals.next().await {
                let problem: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
                if problem["digest"] == digest.as_str() {
                    return Some((message.subject.to_string(), problem));
                }
            }
            None
        };
        Ok(tokio::time::timeout(REFUSAL_LIMIT, answer).await.unwrap_or(None))
    }
}
