//! One event with its proof, links and corrections; a matter's timeline.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use daybook_access::Action;
use daybook_event::Jti;
use daybook_event::names::LEDGER_DEPARTMENT;
use daybook_index::search::{Filter, Handle};
use daybook_tlog::{TlogProof, prove_inclusion};
use schemars::JsonSchema;
use serde::Serialize;

use super::gate::{self, Caller};
use super::search::{bad_query, blocking, broken, unsearchable};
use super::sign_on::Visitor;
use super::{App, Problem, codes, problem};
use crate::access::{Complete, Desk, EventView};

/// Events of one matter that are shown; a larger one is searched page by page.
const MATTER_MAX: usize = 4_096;
/// The event that says that withheld fields were looked at.
const OPENED: &str = "withheld_field.opened";
/// Events that are shown as linking to one event.
const LINKED_MAX: usize = 256;

#[derive(Serialize, JsonSchema)]
pub(super) struct Whole {
    complete_to: Complete,
    event: EventView,
    /// Events that link to this one: answers, corrections, what follows.
    linked_from: Vec<EventView>,
    /// Identifiers of events that this one links to and that the ledger does not hold.
    #[schemars(with = "Vec<String>")]
    dangling: Vec<Jti>,
    /// The bytes that are hashed.
    entry: String,
    /// A C2SP tlog-proof of the entry: index, path and signed checkpoint.
    proof: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Timeline {
    complete_to: Complete,
    matter: String,
    /// In the order in which they happened, as far as that is known; corrections stand beside what they correct.
    events: Vec<EventView>,
}

pub(super) async fn event(
    State(app): State<Arc<App>>,
    Path(jti): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    one(&app, &jti, &visitor).await
}

async fn one(app: &Arc<App>, jti: &str, visitor: &Visitor) -> Result<Response, Problem> {
    let caller = gate::admit(app, visitor, Action::ReadEvent)?;
    let desk = Arc::clone(gate::desk(app)?);
    let parsed: Jti = jti.parse().map_err(|_| bad_query("an event's identifier is a UUID in lower case"))?;
    let (view, complete) = ready(&desk).await?;
    let (role, own) = (caller.session.role, caller.own_department().map(str::to_owned));
    let reading = Arc::clone(&desk);
    let whole = blocking(move || {
        let entry = view.entry_of(&parsed).map_err(|error| unsearchable(&error))?;
        let entry = entry.filter(|entry| *entry < complete.size).ok_or_else(no_such_event)?;
        let event = reading.event(entry, role).map_err(|error| broken(&error))?;
        if own.as_ref().is_some_and(|own| *own != event.department) {
            // Whether the event of another department exists is not said either.
            return Err(no_such_event());
        }
        let filter = Filter { linked_to: Some(parsed), ..Filter::default() };
        let from = view
            .page(&filter, complete.size, daybook_index::search::Order::Oldest, None, LINKED_MAX)
            .map_err(|error| unsearchable(&error))?;
        let mut linked_from = Vec::new();
        for entry in from.entries {
            let linked = reading.event(entry, role).map_err(|error| broken(&error))?;
            // A department sees its own events, and that somebody opened one of them.
            let opening = linked.event == OPENED && linked.department == LEDGER_DEPARTMENT;
            if own.as_ref().is_none_or(|own| *own == linked.department || opening) {
                linked_from.push(linked);
            }
        }
        let mut dangling = Vec::new();
        for link in event.fields.get("links").and_then(|links| links.as_array()).into_iter().flatten() {
            if let Some(jti) = link.get("jti").and_then(|jti| jti.as_str()).and_then(|jti| jti.parse().ok())
                && view.entry_of(&jti).map_err(|error| unsearchable(&error))?.is_none()
            {
                dangling.push(jti);
            }
        }
        let (entry, proof) = proof(&reading, entry)?;
        Ok(Whole { complete_to: complete, event, linked_from, dangling, entry, proof })
    })
    .await?;
    let rows = 1 + whole.linked_from.len() as u64;
    let size = whole.complete_to.size;
    send(&desk, &caller, "event", jti.as_bytes(), rows, size, &whole).await
}

pub(super) async fn matter(
    State(app): State<Arc<App>>,
    Path(matter): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    timeline(&app, &matter, &visitor).await
}

async fn timeline(app: &Arc<App>, matter: &str, visitor: &Visitor) -> Result<Response, Problem> {
    let caller = gate::admit(app, visitor, Action::ReadMatter)?;
    let desk = Arc::clone(gate::desk(app)?);
    let handle: Handle =
        matter.parse().map_err(|_| bad_query("take the matter's handle as an event shows it"))?;
    let (view, complete) = ready(&desk).await?;
    let (role, own) = (caller.session.role, caller.own_department().map(str::to_owned));
    let (reading, name) = (Arc::clone(&desk), matter.to_owned());
    let timeline = blocking(move || {
        let entries = view.matter(&handle, complete.size).map_err(|error| unsearchable(&error))?;
        if entries.len() > MATTER_MAX {
            return Err(bad_query(
                "the matter has more events than are shown at once; search for it page by page",
            ));
        }
        let mut events = Vec::new();
        for entry in entries {
            let event = reading.event(entry, role).map_err(|error| broken(&error))?;
            if own.as_ref().is_none_or(|own| *own == event.department) {
                events.push(event);
            }
        }
        if events.is_empty() {
            return Err(problem(
                StatusCode::NOT_FOUND,
                codes::NO_SUCH_MATTER,
                "The ledger has no matter of this handle that you may see.",
            ));
        }
        // Sorting is stable, so that what happened at the same time stays in the order of the log.
        events.sort_by_key(|event| event.occurred(reading.zone()));
        Ok(Timeline { complete_to: complete, matter: name, events })
    })
    .await?;
    let (rows, size) = (timeline.events.len() as u64, timeline.complete_to.size);
    send(&desk, &caller, "matter", matter.as_bytes(), rows, size, &timeline).await
}

/// The latest state of the index that covers the latest checkpoint.
pub(super) async fn ready(desk: &Desk) -> Result<(daybook_index::search::View, Complete), Problem> {
    desk.complete_to(None)
        .await
        .map_err(|behind| problem(StatusCode::SERVICE_UNAVAILABLE, codes::INDEX_BEHIND, &behind.to_string()))
}

/// Records a read and sends its answer: never the other way round.
pub(super) async fn send(
    desk: &Desk,
    caller: &Caller,
    kind: &'static str,
    query: &[u8],
    rows: u64,
    size: u64,
    answer: &impl Serialize,
) -> Result<Response, Problem> {
    let body = serde_json::to_vec(answer).map_err(|error| broken(&error))?;
    let mut asked = kind.as_bytes().to_vec();
    asked.extend(query);
    let read = caller.read(kind, &asked, rows, size);
    let recorded = desk.scribe().read(read).await.map_err(gate::unrecorded)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::HeaderName::from_static("daybook-read"), recorded.read.to_string()),
    ];
    Ok((headers, body).into_response())
}

fn no_such_event() -> Problem {
    problem(StatusCode::NOT_FOUND, codes::NO_SUCH_EVENT, "The ledger has no such event that you may see.")
}

/// The entry's bytes, and its proof under the latest checkpoint.
fn proof(desk: &Desk, index: u64) -> Result<(String, String), Problem> {
    let log = desk.log();
    let note = log.checkpoint().map_err(|error| broken(&error))?;
    let checkpoint = String::from_utf8(note).map_err(|error| broken(&error))?;
    let size = checkpoint.lines().nth(1).and_then(|line| line.parse().ok());
    let size = size.ok_or_else(|| broken(&"the checkpoint has no size"))?;
    let path = prove_inclusion(log, index, size).map_err(|error| broken(&error))?;
    let entry = log.entry(index).map_err(|error| broken(&error))?;
    let entry = String::from_utf8(entry).map_err(|error| broken(&error))?;
    let proof = TlogProof { extra: None, index, path, checkpoint };
    Ok((entry, proof.format()))
}
