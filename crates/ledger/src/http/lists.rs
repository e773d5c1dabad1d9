//! Findings, departments, checkpoints.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use daybook_access::Action;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::event::send;
use super::gate;
use super::search::{bad_query, blocking, broken};
use super::sign_on::Visitor;
use super::{App, Problem, codes, problem};
use crate::findings::FindingsQuery;

/// Checkpoints on a page, and at most.
const CHECKPOINTS_MAX: usize = 1_000;

/// Which checkpoints are asked for.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Since {
    /// Those of a log larger than this.
    above: u64,
    limit: Option<usize>,
}

pub(super) async fn findings(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    body: Result<Json<FindingsQuery>, JsonRejection>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::ReadFindings)?;
    let desk = gate::desk(&app)?;
    let Json(mut query) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    if let Some(own) = caller.own_department() {
        query.departments = vec![own.to_owned()];
    }
    let asked = serde_json::to_vec(&query).map_err(|error| broken(&error))?;
    let page = app.service.findings.page(query).await.ok_or_else(no_findings)?;
    let (rows, size) = (page.findings.len() as u64, page.size);
    send(desk, &caller, "findings", &asked, rows, size, &page).await
}

/// How departments and their sequences stand: gaps, forks, silence.
pub(super) async fn departments(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::ReadDepartments)?;
    let desk = gate::desk(&app)?;
    let mut standing = app.service.findings.standing().await.ok_or_else(no_findings)?;
    if let Some(own) = caller.own_department() {
        let prefix = format!("{own}/");
        standing.producers.retain(|producer| producer.issuer.starts_with(&prefix));
        standing.departments.retain(|department| department.department == own);
    }
    let rows = (standing.producers.len() + standing.departments.len()) as u64;
    send(desk, &caller, "departments", b"", rows, standing.size, &standing).await
}

/// The checkpoints that were signed, oldest first. They hold nothing of any record, so no record is made of reading them.
pub(super) async fn checkpoints(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Response, Problem> {
    gate::admit(&app, &visitor, Action::ReadCheckpoints)?;
    let Query(since) = query.map_err(|fault| bad_query(&fault.body_text()))?;
    let reader = app.service.reader.clone();
    let limit = since.limit.unwrap_or(CHECKPOINTS_MAX).clamp(1, CHECKPOINTS_MAX);
    let notes =
        blocking(move || reader.checkpoints(since.above, limit).map_err(|error| broken(&error))).await?;
    let notes =
        notes.into_iter().map(|(size, note)| json!({ "size": size, "note": String::from_utf8_lossy(&note) }));
    let notes: Vec<Value> = notes.collect();
    Ok(axum::response::IntoResponse::into_response(Json(json!({ "checkpoints": notes }))))
}

fn no_findings() -> Problem {
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        codes::NO_FINDINGS,
        "The rules are switched off, or they are far behind the log; ask again later.",
    )
}
