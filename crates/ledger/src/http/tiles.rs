//! C2SP tlog-tiles over HTTP.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use daybook_access::Action;
use daybook_tlog::{TILE_WIDTH, TileKind, TilePath};

use super::sign_on::Visitor;
use super::{App, codes, gate, problem};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Entries are for those entitled, so no shared cache may keep them.
const PRIVATE_IMMUTABLE: &str = "private, max-age=31536000, immutable";

pub(super) async fn checkpoint(State(app): State<Arc<App>>) -> Response {
    match app.service.reader.checkpoint() {
        Ok(note) => {
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], note)
                .into_response()
        }
        Err(error) => unreadable(&error),
    }
}

pub(super) async fn tile(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    visitor: Visitor,
) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<TilePath>() else {
        return problem(
            StatusCode::NOT_FOUND,
            codes::BAD_TILE_PATH,
            "This is not a tile path as C2SP tlog-tiles writes them, such as tile/0/x001/067 or tile/entries/000.p/12.",
        ).into_response();
    };
    if matches!(tile.kind, TileKind::Entries) {
        let otherwise =
            "Entries are for auditors and departments: send the bearer token that the operator gave you.";
        if let Err(refusal) = gate::entitled(&app, &visitor, Action::ReadEntries, otherwise) {
            return refusal.into_response();
        }
    }
    if !exists(&tile, app.service.reader.size()) {
        return problem(
            StatusCode::NOT_FOUND,
            codes::NO_SUCH_TILE,
            "The log has no such tile at its present size; ask for what the checkpoint implies.",
        )
        .into_response();
    }
    // A bundle can be 16 MB off the disk, which is too long for a thread that serves others too.
    let read = tokio::task::spawn_blocking(move || match tile.kind {
        TileKind::Entries => {
            app.service.reader.bundle(tile.index, tile.width).map(|bytes| (bytes, PRIVATE_IMMUTABLE))
        }
        TileKind::Hashes { level } => {
            app.service.reader.tile(level, tile.index, tile.width).map(|bytes| (bytes, IMMUTABLE))
        }
    });
    match read.await {
        Ok(Ok((bytes, cache))) => {
            ([(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, cache)], bytes)
                .into_response()
        }
        Ok(Err(error)) => unreadable(&error),
        Err(error) => unreadable(&error),
    }
}

/// Whether a log of `size` entries has this tile, whole or partial.
fn exists(tile: &TilePath, size: u64) -> bool {
    let level = match tile.kind {
        TileKind::Entries => 0,
        TileKind::Hashes { level } => u32::from(level),
    };
    let Some(hashes) = 8u32.checked_mul(level).and_then(|shift| size.checked_shr(shift)) else {
        return false;
    };
    let end = tile.index.checked_mul(TILE_WIDTH).and_then(|start| start.checked_add(u64::from(tile.width)));
    end.is_some_and(|end| end <= hashes)
}

fn unreadable(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "the log could not be read");
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        codes::LOG_UNREADABLE,
        "The log could not be read; the operator has been told.",
    )
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, size: u64) -> bool {
        exists(&path.parse().expect("a tile path"), size)
    }

    #[test]
    fn only_tiles_that_the_size_implies_exist() {
        assert!(at("tile/0/000.p/1", 1) && !at("tile/0/000.p/2", 1));
        assert!(at("tile/0/000", 256) && !at("tile/0/000", 255));
        assert!(at("tile/1/000.p/1", 256) && !at("tile/1/000.p/1", 255));
        assert!(at("tile/entries/001.p/3", 259) && !at("tile/entries/001.p/4", 259));
        assert!(!at("tile/63/000.p/1", u64::MAX));
    }
}
