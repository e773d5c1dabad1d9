//! Reading over HTTP, and the way in for departments without NATS.
//!
//! `checkpoint` and hash tiles are public and tell the log's size only. Entry bundles need a bearer token unless the
//! operator opened them. Everything else is for accounts: [`gate`] says who asks and whether they may, and no handler
//! answers before the look is on the ledger. Errors are RFC 9457 problems with stable codes.

mod acts;
mod attempts;
mod codes;
mod event;
mod events;
mod export;
mod exporting;
mod gate;
mod listen;
mod lists;
pub mod oidc;
mod openapi;
pub mod password;
mod productions;
mod search;
mod sessions;
mod sign_on;
mod tiles;
pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use daybook_access::Action;
use daybook_event::{Catalogue, Origin};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

pub use sign_on::SignOn;
use sign_on::Visitor;
pub use tls::{PeerCertificate, Tls};

use codes::ProblemCode;

use crate::access::Desk;
use crate::service::Handles;

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// When somebody with too many requests at once is asked to come again, in seconds, unless it is known better.
const RETRY_AFTER_SECONDS: &str = "1";
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

    fn allows(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Open => true,
            // Digests are compared, so the time taken tells nothing about the token.
            Self::Token(digest) => headers
                .get(header::AUTHORIZATION)
                .and_then(|value| value.to_str().ok())
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
    /// Searching and reading for those who may; none where the ledger has no key to record them with.
    pub desk: Option<Arc<Desk>>,
    /// The ways to sign on beside tokens of accounts.
    pub sign_on: Arc<SignOn>,
}

/// Serves until `stop` is cancelled: over TLS, or plainly where there is none.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    app: App,
    tls: Option<Arc<Tls>>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    listen::serve(listener, router(app), tls, stop).await
}

/// The stable codes with which HTTP refuses, but those of refused events; each has a page in `ops/errors`.
pub fn problem_codes() -> impl Iterator<Item = &'static str> {
    codes::all()
}

/// All routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/checkpoint", get(tiles::checkpoint))
        .route("/tile/{*path}", get(tiles::tile))
        .route("/v1/events", post(events::publish))
        .route("/v1/events/search", post(search::search))
        .route("/v1/events/count", post(search::count))
        .route("/v1/events/export", post(exporting::export))
        .route("/v1/events/{jti}", get(event::event))
        .route("/v1/matters/{matter}", get(event::matter))
        .route("/v1/approvals", get(acts::list).post(acts::request))
        .route("/v1/approvals/{jti}", get(acts::one))
        .route("/v1/approvals/{jti}/decision", post(acts::decide))
        .route("/v1/approvals/{jti}/values", get(acts::values))
        .route("/v1/exports", post(exporting::request))
        .route("/v1/productions", get(productions::list).post(productions::open))
        .route("/v1/productions/{name}", get(productions::one))
        .route("/v1/productions/{name}/review", get(productions::review))
        .route("/v1/productions/{name}/materials", get(productions::materials))
        .route("/v1/productions/{name}/numbers", post(productions::number))
        .route("/v1/productions/{name}/authorities", get(productions::authorities))
        .route("/v1/productions/{name}/built", post(productions::build))
        .route("/v1/productions/{name}/delivered", post(productions::deliver))
        .route("/v1/productions/{name}/withdraw", post(productions::withdraw))
        .route("/v1/holds", post(acts::hold))
        .route("/v1/me", get(acts::me))
        .route("/v1/sessions", post(sessions::open).delete(sessions::close))
        .route("/v1/findings", post(lists::findings))
        .route("/v1/departments", get(lists::departments))
        .route("/v1/checkpoints", get(lists::checkpoints))
        .route("/v1/findings/digest", get(findings_digest))
        .route("/v1/openapi.json", get(openapi::serve))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .fallback(|| async {
            problem(StatusCode::NOT_FOUND, codes::NO_SUCH_PAGE, "There is nothing at this address.")
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
        problem(StatusCode::SERVICE_UNAVAILABLE, codes::NOT_READY, "The ledger is not taking events in.")
            .into_response()
    }
}

/// What the rules say, as a digest: for auditors who compute the findings themselves and compare.
async fn findings_digest(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let otherwise = "Findings are for auditors: send the bearer token that the operator gave you.";
    if let Err(refusal) = gate::entitled(&app, &visitor, Action::FindingsDigest, otherwise) {
        return refusal.into_response();
    }
    match app.service.findings.ask().await {
        Some(status) => axum::Json(status).into_response(),
        None => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            codes::NO_FINDINGS,
            "The rules are switched off, or they are far behind the log; ask again later.",
        )
        .into_response(),
    }
}

fn token_required(detail: &str) -> Problem {
    problem(StatusCode::UNAUTHORIZED, codes::TOKEN_REQUIRED, detail)
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.service.metrics.encode()).into_response()
}

/// An RFC 9457 problem with a stable code.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: ProblemCode,
    detail: String,
}

fn problem(status: StatusCode, code: impl Into<ProblemCode>, detail: &str) -> Problem {
    Problem { status, code: code.into(), detail: detail.to_owned() }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "type": format!("urn:daybook:http:{}", self.code.as_str()),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code.as_str(),
            "detail": self.detail,
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, kind, body.to_string()).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            let seconds = header::HeaderValue::from_static(RETRY_AFTER_SECONDS);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        response
    }
}
