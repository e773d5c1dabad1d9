//! `POST /v1/events`: the same bytes onto the same bus.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use daybook_event::{Code, Refusal, Token, check_content};
use futures::StreamExt;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{App, codes, problem};

/// The longest that a request may ask to wait for its receipt, in seconds.
const MAX_WAIT_SECS: u64 = 25;

#[derive(Deserialize)]
pub(super) struct Wait {
    /// Seconds to wait for the receipt.
    #[serde(default)]
    wait: u64,
}

/// Puts an event on the bus. 202: it is on the bus, keep it until its receipt arrives. With `?wait=SECONDS`, 201 and
/// the receipts message that holds this event's receipt, or the refusal.
pub(super) async fn publish(State(app): State<Arc<App>>, Query(wait): Query<Wait>, body: Bytes) -> Response {
    let Some(client) = app.publish.clone() else {
        return problem(
            StatusCode::NOT_FOUND,
            codes::PUBLISHING_OFF,
            "This ledger takes events over its bus only.",
        )
        .into_response();
    };
    let (subject, jti, seq, jwt_hash, receipts, refusals) = {
        // What is certain to be refused is refused here, so that an open port does not fill the bus.
        let checked = Token::parse(&body).and_then(|token| {
            if token.claims().aud != app.origin {
                return Err(Refusal::new(Code::WrongAudience).of(token.claims().jti, token.claims().seq));
            }
            check_content(&token, app.catalogue)?;
            Ok(token)
        });
        let token = match &checked {
            Ok(token) => token,
            Err(refusal) => return refused(refusal, &body),
        };
        let claims = token.claims();
        (
            claims.iss.events_subject(),
            claims.jti.to_string(),
            claims.seq,
            token.jwt_hash(),
            claims.iss.receipts_subject(),
            claims.iss.refusals_subject(),
        )
    };
    let digest: [u8; 32] = Sha256::digest(&body).into();
    // Subscribed before publishing: an answer that comes at once is not missed.
    let answers = if wait.wait > 0 {
        match (client.subscribe(receipts).await, client.subscribe(refusals).await) {
            (Ok(receipts), Ok(refusals)) => Some((receipts, refusals)),
            _ => return bus_down(),
        }
    } else {
        None
    };
    if let Err(response) = put_on_bus(client, subject, &jti, body).await {
        return response;
    }
    if let Some((receipts, refusals)) = answers {
        let within = Duration::from_secs(wait.wait.min(MAX_WAIT_SECS));
        if let Ok(answer) = tokio::time::timeout(within, answer(receipts, refusals, jwt_hash, digest)).await {
            return answer;
        }
    }
    let body = serde_json::json!({ "jti": jti, "seq": seq, "status": "queued" });
    (StatusCode::ACCEPTED, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn put_on_bus(
    client: async_nats::Client,
    subject: String,
    jti: &str,
    body: Bytes,
) -> Result<(), Response> {
    let context = async_nats::jetstream::new(client);
    let send = async |id: &str| {
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Nats-Msg-Id", id);
        headers.insert("Content-Type", "application/daybook-event+sd-jwt");
        match context.publish_with_headers(subject.clone(), headers, body.clone()).await {
            Ok(pending) => pending.await,
            Err(error) => Err(error),
        }
        .map_err(|error| {
            tracing::warn!(%error, "an event could not be put on the bus");
            bus_down()
        })
    };
    if send(jti).await?.duplicate {
        // The bus kept it back as seen before; under another id it reaches the ledger, which knows it
        // and sends its receipt again.
        let again = jiff::Timestamp::now().as_nanosecond().rem_euclid(10_000_000_000);
        send(&format!("{jti}/{again}")).await?;
    }
    Ok(())
}

async fn answer(
    mut receipts: async_nats::Subscriber,
    mut refusals: async_nats::Subscriber,
    jwt_hash: [u8; 32],
    digest: [u8; 32],
) -> Response {
    loop {
        tokio::select! {
            Some(message) = receipts.next() => {
                if holds_receipt(&message.payload, &jwt_hash) {
                    let kind = [(header::CONTENT_TYPE, "application/json")];
                    return (StatusCode::CREATED, kind, message.payload).into_response();
                }
            }
            Some(message) = refusals.next() => {
                let problem = serde_json::from_slice(&message.payload).ok();
                if problem.as_ref().and_then(Refusal::from_problem).is_some_and(|(_, of)| of == digest) {
                    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
                    return (StatusCode::UNPROCESSABLE_ENTITY, kind, message.payload).into_response();
                }
            }
            else => return bus_down(),
        }
    }
}

/// Whether a receipts message has the receipt of the event with this hash. A receipt of another event with the same
/// sequence number is no answer: one of the two is forged.
fn holds_receipt(payload: &[u8], jwt_hash: &[u8; 32]) -> bool {
    #[derive(Deserialize)]
    struct Receipt<'a> {
        #[serde(borrow)]
        entry: std::borrow::Cow<'a, str>,
    }
    #[derive(Deserialize)]
    struct Gathered<'a> {
        #[serde(borrow)]
        receipts: Vec<Receipt<'a>>,
    }
    let Ok(gathered) = serde_json::from_slice::<Gathered<'_>>(payload) else { return false };
    gathered.receipts.iter().any(|receipt| {
        daybook_event::entry::parse_entry(receipt.entry.as_bytes())
            .is_ok_and(|entry| <[u8; 32]>::from(Sha256::digest(entry.event)) == *jwt_hash)
    })
}

fn refused(refusal: &Refusal, body: &[u8]) -> Response {
    let problem = refusal.to_problem(&Sha256::digest(body).into());
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::UNPROCESSABLE_ENTITY, kind, problem.to_string()).into_response()
}

fn bus_down() -> Response {
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        codes::BUS_DOWN,
        "The bus does not take events just now; keep the event and send it again.",
    )
    .into_response()
}
