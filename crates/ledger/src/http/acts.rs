//! What takes two people, openings, holds; accounts.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use daybook_access::{Access, AccessFault, ActKind, Action, ExportScope, Extent, Request, RequestState};
use daybook_event::{Jti, b64};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::event::send;
use super::gate;
use super::search::{bad_query, broken, unsearchable};
use super::sign_on::Visitor;
use super::{App, Problem, codes, problem};
use crate::access::{ActFault, Asked, HoldAsked};

/// Requests that a list shows, newest first.
const REQUESTS_MAX: usize = 1_000;

/// A decision.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    decision: Answer,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Approved,
    Refused,
}

pub(super) async fn request(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    body: Result<Json<Asked>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(asked) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let caller = gate::admit(&app, &visitor, asked.act.action())?;
    if asked.act == ActKind::Export {
        return Err(bad_query("act: an export is asked for with POST /v1/exports, which takes a query"));
    }
    if asked.act == ActKind::Produce {
        return Err(bad_query("act: a production is asked for when it is opened, with POST /v1/productions"));
    }
    let desk = gate::desk(&app)?;
    let (recorded, entries) = desk.request(&caller.session, asked).await.map_err(|fault| refused(&fault))?;
    let body = json!({
        "request": recorded.event,
        "entry": recorded.entry,
        "at_entries": entries.to_strings(),
    });
    Ok(created(&body))
}

pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Path(jti): Path<String>,
    visitor: Visitor,
    body: Result<Json<Decision>, JsonRejection>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::Decide)?;
    let Json(decision) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = gate::desk(&app)?;
    let request = identifier(&jti)?;
    let approve = decision.decision == Answer::Approved;
    let decided = desk.decide(&caller.session, &request, approve).await.map_err(|fault| refused(&fault))?;
    Ok(Json(decided).into_response())
}

/// The values that an approved opening opens. Recorded as `withheld_field.opened` before they are sent.
pub(super) async fn values(
    State(app): State<Arc<App>>,
    Path(jti): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::ReadOpened)?;
    let desk = gate::desk(&app)?;
    let opened = desk.look(&caller.session, &identifier(&jti)?).await.map_err(|fault| refused(&fault))?;
    let never = [(header::CACHE_CONTROL, "no-store")];
    Ok((never, Json(json!({ "opened": opened }))).into_response())
}

pub(super) async fn hold(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    body: Result<Json<HoldAsked>, JsonRejection>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::PlaceHold)?;
    let Json(asked) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = gate::desk(&app)?;
    let recorded = desk.hold(&caller.session, asked).await.map_err(|fault| refused(&fault))?;
    Ok(created(&json!({ "hold": recorded.event, "entry": recorded.entry })))
}

/// Requests and what became of them, newest first.
pub(super) async fn list(State(app): State<Arc<App>>, visitor: Visitor) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::ReadApprovals)?;
    let desk = gate::desk(&app)?;
    let (size, now) = (desk.log().size(), desk.clock.now().as_second());
    let (requests, holds): (Vec<Value>, Vec<Value>) = {
        let access = desk.access();
        let mut seen: Vec<&Request> = access
            .requests()
            .filter(|request| caller.extent == Extent::All || request.account == caller.session.account)
            .collect();
        seen.sort_by_key(|request| std::cmp::Reverse(request.entry));
        let holds = access.holds().map(|hold| {
            json!({
                "hold": hold.jti, "entry": hold.entry, "basis": hold.basis,
                "department": hold.department, "since": time(hold.since), "everything": hold.everything,
            })
        });
        let requests = seen.into_iter().take(REQUESTS_MAX).map(|request| shown(request, &access, now));
        (requests.collect(), holds.collect())
    };
    let rows = (requests.len() + holds.len()) as u64;
    let answer = json!({ "requests": requests, "holds": holds });
    send(desk, &caller, "approvals", b"", rows, size, &answer).await
}

/// One request, for whoever is to decide about it.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path(jti): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::ReadApprovals)?;
    let desk = gate::desk(&app)?;
    let request = identifier(&jti)?;
    let (size, now) = (desk.log().size(), desk.clock.now().as_second());
    let unknown = || refused(&AccessFault::UnknownRequest.into());
    let answer = {
        let access = desk.access();
        let own = |found: &&Request| found.account == caller.session.account;
        let found = access.request(&request).filter(|found| caller.extent == Extent::All || own(found));
        json!({ "request": shown(found.ok_or_else(unknown)?, &access, now) })
    };
    send(desk, &caller, "approvals", jti.as_bytes(), 1, size, &answer).await
}

/// What the ledger knows of the account that asks.
pub(super) async fn me(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    #[derive(Serialize)]
    struct Me<'a> {
        account: &'a str,
        role: &'a str,
        department: Option<&'a str>,
        expires_at: String,
        may: Vec<Value>,
    }
    match gate::admit(&app, &visitor, Action::ReadSelf) {
        Err(refusal) => refusal.into_response(),
        Ok(caller) => {
            let role = caller.session.role;
            let may = Action::ALL.iter().filter_map(|action| match daybook_access::may(role, *action) {
                Extent::None => None,
                extent => Some(json!({ "action": action.as_str(), "extent": extent })),
            });
            Json(Me {
                account: &caller.session.account,
                role: role.as_str(),
                department: caller.session.department.as_deref(),
                expires_at: time(caller.session.expires_at),
                may: may.collect(),
            })
            .into_response()
        }
    }
}

fn shown(request: &Request, access: &Access, now: i64) -> Value {
    let state = match &request.state {
        RequestState::Pending if request.is_pending(now) => "pending",
        RequestState::Pending => "lapsed",
        RequestState::Refused { .. } => "refused",
        RequestState::Approved { .. } => "approved",
        RequestState::CarriedOut { .. } => "carried_out",
    };
    let (by, at) = request.decided.as_ref().map(|(by, at)| (by.as_str(), *at)).unzip();
    let done = match &request.state {
        RequestState::CarriedOut { entry } => Some(*entry),
        _ => None,
    };
    let production = access.production_of(request).map(|production| &production.opened.name);
    json!({
        "request": request.jti,
        "entry": request.entry,
        "act": request.act,
        "authority": request.authority,
        "part": request.part,
        "at_entries": request.entries.to_strings(),
        "slots": request.slots,
        "readers": request.readers,
        "minutes": request.minutes,
        "export": request.export.as_ref().map(exported),
        "production": production,
        "reference": request.reference,
        "order_shown": request.order,
        "account": request.account,
        "asked_at": time(request.at),
        "decide_until": time(request.decide_until()),
        "state": state,
        "decided_by": by,
        "decided_at": at.map(time),
        "open_until": request.open_until().map(time),
        "done_entry": done,
    })
}

/// What an export is of, for whoever asks and whoever decides.
pub(super) fn exported(scope: &ExportScope) -> Value {
    json!({
        "terms": scope.terms, "query": b64::encode(scope.query()), "up_to": scope.up_to, "rows": scope.rows,
        "purpose": scope.purpose,
    })
}

pub(super) fn time(second: i64) -> String {
    jiff::Timestamp::from_second(second).map(|at| at.to_string()).unwrap_or_default()
}

fn identifier(jti: &str) -> Result<Jti, Problem> {
    jti.parse().map_err(|_| bad_query("a request's identifier is a UUID in lower case"))
}

pub(super) fn created(body: &Value) -> Response {
    (StatusCode::CREATED, Json(body)).into_response()
}

pub(super) fn refused(fault: &ActFault) -> Problem {
    match fault {
        ActFault::Access(access) => {
            let status = match access.code() {
                "role" | "session-ended" | "own-request" | "not-requester" | "federal-needs-order" => {
                    StatusCode::FORBIDDEN
                }
                "unknown-request" | "unknown-production" => StatusCode::NOT_FOUND,
                "bad-minutes"
                | "bad-slots"
                | "bad-readers"
                | "authority-not-for-act"
                | "order-missing"
                | "nothing-to-produce"
                | "too-many-found"
                | "held-back-not-found"
                | "production-figures"
                | "not-its-pages" => StatusCode::BAD_REQUEST,
                _ => StatusCode::CONFLICT,
            };
            problem(status, *access, &fault.to_string())
        }
        ActFault::Scope(detail) => problem(StatusCode::BAD_REQUEST, codes::BAD_SCOPE, detail),
        ActFault::Unrecorded(unrecorded) => gate::unrecorded(*unrecorded),
        ActFault::Behind(behind) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, codes::INDEX_BEHIND, &behind.to_string())
        }
        ActFault::Erasing(_) => {
            tracing::error!(%fault, "an erasure is not finished");
            problem(
                StatusCode::SERVICE_UNAVAILABLE,
                codes::ERASURE_UNFINISHED,
                "The erasure is recorded, and the ledger could not finish it; it does so at its next start. The operator finds the reason in the service's log.",
            )
        }
        ActFault::Search(error) => unsearchable(error),
        ActFault::Reading(_) => broken(fault),
    }
}
