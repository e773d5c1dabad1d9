//! Reading over HTTP, and the way in for departments without NATS.
//!
//! `checkpoint` and hash tiles are public and tell the log's size only. Entry bundles need a bearer token unless the
//! operator opened them. Errors are RFC 9457 problems with stable codes.

mod events;
mod tiles;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use daybook_event::{Catalogue, Origin};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::service::Handles;

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest request body, in bytes: the largest event.
const MAX_BODY_BYTES: usize = 65_536;

/// Who may read entry bundles.
#[derive(Clone)]
pub enum EntriesAccess {
    /// Everybody.
    Open,
    /// Holders of the token with this SHA-256.
    Token([u8; 32]),
}

impl EntriesAccess {
    /// Access for holders of `token`.
    #[must_use]
    pub fn token(token: &str) -> Self {
        Self::Token(Sha256::digest(token.trim()).into())
    }

    fn allows(&self, authorization: Option<&str>) -> bool {
        match self {
            Self::Open => true,
            // Digests are compared, so the time taken tells nothing about the token.
            Self::Token(digest) => authorization
                .and_then(|value| value.strip_prefix("Bearer "))
                .is_some_and(|token| <[u8; 32]>::from(Sha256::digest(token)) == *digest),
        }
    }
}

/// What the routes work with.
#[derive(Clone)]
pub struct App {
    /// The running service.
    pub service: Handles,
    /// Who may read entries.
    pub entries: EntriesAccess,
    /// Where `POST /v1/events` publishes; `None` where it is switched off.
    pub publish: Option<async_nats::Client>,
    /// The ledger's name.
    pub origin: Origin,
    /// The types of event.
    pub catalogue: &'static Catalogue,
}

/// Serves until `stop` is cancelled.
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, app: App, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router(app)).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// All routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/checkpoint", get(tiles::checkpoint))
        .route("/tile/{*path}", get(tiles::tile))
        .route("/v1/events", post(events::publish))
        .route("/v1/findings/digest", get(findings_digest))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .fallback(|| async {
            problem(StatusCode::NOT_FOUND, "no-such-page", "There is nothing at this address.")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CompressionLayer::new().gzip(true))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .with_state(Arc::new(app))
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.service.readiness.is_ready() {
        "ready\n".into_response()
    } else {
        problem(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "The ledger is not taking events in.")
    }
}

/// What the rules say, as a digest: for auditors who compute the findings themselves and compare.
async fn findings_digest(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !app.entries.allows(authorization) {
        return token_required(
            "Findings are for auditors: send the bearer token that the operator gave you.",
        );
    }
    match app.service.findings.ask().await {
        Some(status) => axum::Json(status).into_response(),
        None => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "no-findings",
            "The rules are switched off, or they are far behind the log; ask again later.",
        ),
    }
}

fn token_required(detail: &str) -> Response {
    let mut refused = problem(StatusCode::UNAUTHORIZED, "token-required", detail);
    refused.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    refused
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.service.metrics.encode()).into_response()
}

/// An RFC 9457 problem with a stable code.
fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = serde_json::json!({
        "type": format!("urn:daybook:http:{code}"),
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "code": code,
        "detail": detail,
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
