//! What a production is built from, line by line. The read is recorded before the first byte; without its last line an answer was cut.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use daybook_access::{Action, Production};
use futures::Stream;

use super::super::gate::{self, Caller};
use super::super::sign_on::Visitor;
use super::super::{App, Problem, acts};
use crate::access::{Desk, Lines};

/// The records of a production: the disclosures that may go out, and what is held back.
pub(in crate::http) async fn materials(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::Produce)?;
    let desk = Arc::clone(gate::desk(&app)?);
    let materials = desk.materials(&caller.session, &name).await;
    let (production, lines) = materials.map_err(|fault| acts::refused(&fault))?;
    send(&desk, caller, &production, lines).await
}

/// The records on which those of a production rest.
pub(in crate::http) async fn authorities(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::Produce)?;
    let desk = Arc::clone(gate::desk(&app)?);
    let authorities = desk.authorities(&caller.session, &name).await;
    let (production, lines) = authorities.map_err(|fault| acts::refused(&fault))?;
    send(&desk, caller, &production, lines).await
}

/// Records the read and sends the lines.
async fn send(
    desk: &Desk,
    mut caller: Caller,
    production: &Production,
    lines: impl Lines,
) -> Result<Response, Problem> {
    let opened = &production.opened;
    if let Some(request) = production.request {
        caller.approved_by(request);
    }
    let read = caller.read("production", opened.query.text().as_bytes(), opened.found, opened.searched_size);
    let recorded = desk.scribe().read(read).await.map_err(gate::unrecorded)?;
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::HeaderName::from_static("daybook-read"), recorded.read.to_string()),
    ];
    Ok((headers, Body::from_stream(stream(lines, caller))).into_response())
}

/// The lines piece by piece. The caller's turn lasts as long as it does, and where the next piece cannot be made the answer breaks off.
fn stream<L: Lines>(
    lines: L,
    caller: Caller,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    futures::stream::try_unfold((lines, caller), |(lines, caller)| async {
        let made = tokio::task::spawn_blocking(move || piece(lines)).await.map_err(std::io::Error::other)?;
        Ok(made?.map(|(piece, lines)| (piece, (lines, caller))))
    })
}

/// The next piece that has something in it.
fn piece<L: Lines>(mut lines: L) -> Result<Option<(Bytes, L)>, std::io::Error> {
    loop {
        match lines.piece() {
            Ok(Some(piece)) if piece.is_empty() => {}
            Ok(Some(piece)) => return Ok(Some((piece.into(), lines))),
            Ok(None) => return Ok(None),
            Err(fault) => {
                tracing::error!(%fault, "an answer about a production was cut");
                return Err(std::io::Error::other("a record could not be read"));
            }
        }
    }
}
