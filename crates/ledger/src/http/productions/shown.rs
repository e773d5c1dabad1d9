//! Productions as they are shown: how they stand, and what of each record goes out.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use daybook_access::{Access, Action, Production, RequestState, Role};
use daybook_event::b64;
use daybook_tlog::Policy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::event::send;
use super::super::gate;
use super::super::search::{bad_query, blocking, broken};
use super::super::sign_on::Visitor;
use super::super::{App, Problem, acts};
use crate::access::Desk;

/// Productions that a list shows, newest first.
const PRODUCTIONS_MAX: usize = 1_000;
/// Records on a page of a review unless more are asked for, and at most.
const RECORDS: usize = 100;
const RECORDS_MAX: usize = 1_000;

/// Which records of a production are looked over.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct Since {
    /// Those after this entry.
    after: Option<u64>,
    limit: Option<usize>,
}

/// Every production and how it stands, newest first.
pub(in crate::http) async fn list(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::ReadProductions)?;
    let desk = Arc::clone(gate::desk(&app)?);
    let size = desk.log().size();
    let mut productions: Vec<Production> = desk.access().productions().cloned().collect();
    productions.sort_by_key(|production| std::cmp::Reverse(production.opened.entry));
    productions.truncate(PRODUCTIONS_MAX);
    let (reading, role) = (Arc::clone(&desk), caller.session.role);
    let shown = blocking(move || {
        let shown = productions.iter().map(|production| shown(&reading, production, role));
        shown.collect::<Result<Vec<_>, _>>()
    })
    .await?;
    let (rows, answer) = (shown.len() as u64, json!({ "productions": shown }));
    send(&desk, &caller, "production", b"list", rows, size, &answer).await
}

/// One production, how it stands, and by which key and policy the log is believed.
pub(in crate::http) async fn one(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::ReadProductions)?;
    let desk = Arc::clone(gate::desk(&app)?);
    let size = desk.log().size();
    let production = desk.known_production(&name).map_err(|fault| acts::refused(&fault.into()))?;
    let (reading, role, origin) = (Arc::clone(&desk), caller.session.role, app.origin.clone());
    let answer = blocking(move || {
        let mut answer = shown(&reading, &production, role)?;
        let policy = std::fs::read_to_string(&reading.policy).map_err(|error| broken(&error))?;
        let read: Policy = policy.parse().map_err(|error| broken(&error))?;
        let log = json!({ "origin": origin, "vkey": read.log_vkey().to_string(), "policy": policy });
        answer.insert("log".into(), log);
        Ok(answer)
    })
    .await?;
    send(&desk, &caller, "production", name.as_bytes(), 1, size, &answer).await
}

/// What of each record goes out: public fields, and slots by name.
pub(in crate::http) async fn review(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    visitor: Visitor,
    since: Result<Query<Since>, QueryRejection>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::ReviewProduction)?;
    let Query(since) = since.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = Arc::clone(gate::desk(&app)?);
    let limit = since.limit.unwrap_or(RECORDS).clamp(1, RECORDS_MAX);
    let page = desk.review(&name, since.after, limit).await;
    let (production, page) = page.map_err(|fault| acts::refused(&fault))?;
    let rows = page.records.len() as u64;
    let (query, size) = (production.opened.query.text(), production.opened.searched_size);
    send(&desk, &caller, "production", query.as_bytes(), rows, size, &page).await
}

/// A production and how it stands. Of its first event everything is shown but what is withheld.
fn shown(desk: &Desk, production: &Production, role: Role) -> Result<Map<String, Value>, Problem> {
    let mut opened = desk.event(production.opened.entry, role).map_err(|error| broken(&error))?.fields;
    opened.insert("entry".into(), production.opened.entry.into());
    opened.insert("jti".into(), json!(production.opened.jti));
    let now = desk.clock.now().as_second();
    let access = desk.access();
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    put("production", production.opened.name.as_str().into());
    put("state", access.production_state(production, now).as_str().into());
    put("opened", opened.into());
    if let Some(request) = asked(&access, production, now) {
        put("request", request);
    }
    if let Some(numbered) = &production.numbered {
        put(
            "numbered",
            json!({
                "entry": numbered.entry, "first": numbered.first, "last": numbered.last, "documents": numbered.documents,
            }),
        );
    }
    if let Some(built) = &production.built {
        put(
            "built",
            json!({
                "entry": built.entry, "bag_hash": b64::encode(built.bag_hash), "records": built.records,
                "withheld": built.withheld,
            }),
        );
    }
    if let Some(file) = &production.delivered {
        put("delivered", json!([{ "entry": file.entry, "package_hash": b64::encode(file.package_hash) }]));
    }
    if !production.withdrawn.is_empty() {
        put("withdrawn", production.withdrawn.iter().map(withdrawn).collect());
    }
    Ok(shown)
}

/// The request for its approval, and what became of it.
fn asked(access: &Access, production: &Production, now: i64) -> Option<Value> {
    let request = access.production_request(production)?;
    let state = match &request.state {
        RequestState::Pending if request.is_pending(now) => "pending",
        RequestState::Pending => "lapsed",
        RequestState::Refused { .. } => "refused",
        RequestState::Approved { .. } | RequestState::CarriedOut { .. } => "approved",
    };
    let mut shown = json!({ "jti": request.jti, "entry": request.entry, "state": state });
    if let Some((by, at)) = &request.decided {
        shown["by"] = by.as_str().into();
        shown["at"] = acts::time(*at).into();
    }
    Some(shown)
}

fn withdrawn(withdrawn: &daybook_access::Withdrawn) -> Value {
    let mut shown = json!({
        "entry": withdrawn.entry, "kind": withdrawn.what.kind, "bates": withdrawn.what.bates,
        "ground": withdrawn.what.ground,
    });
    if let Some(name) = &withdrawn.what.replaced_by {
        shown["replaced_by"] = name.as_str().into();
    }
    shown
}
