//! One event with its proof, links and corrections; a matter's timeline.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use daybook_access::{Action, Role, links_of};
use daybook_event::Jti;
use daybook_event::names::LEDGER_DEPARTMENT;
use daybook_index::search::{Filter, Handle, Order, View};
use daybook_tlog::{TlogProof, prove_inclusion};
use schemars::JsonSchema;
use serde::Serialize;

use super::gate::{self, Caller};
use super::search::{bad_query, blocking, broken, events, unsearchable};
use super::sign_on::Visitor;
use super::{App, Problem, codes, problem};
use crate::access::{Complete, Desk, EventView, Read, Recorded};

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
    let own = caller.own_department().map(str::to_owned);
    let (searching, size) = (view.clone(), complete.size);
    let found = blocking(move || find(&searching, size, parsed, own)).await?;
    let read = recorded_as(&caller, "event", jti.as_bytes(), 1 + found.linked_from.len() as u64, size);
    let made = whole(&desk, view, complete, found, caller.session.role);
    let (recorded, whole) = gate::recorded_beside(&desk, read, made).await?;
    answer(recorded, &whole)
}

/// An event and those that link to it, by their entries: what a caller may see of them.
struct Found {
    entry: u64,
    linked_from: Vec<u64>,
}

fn find(view: &View, size: u64, jti: Jti, own: Option<String>) -> Result<Found, Problem> {
    let page = |filter: &Filter, limit| {
        let found = view.page(filter, size, Order::Oldest, None, limit);
        found.map(|found| found.entries).map_err(|error| unsearchable(&error))
    };
    let Some(own) = own else {
        let entry = view.entry_of(&jti).map_err(|error| unsearchable(&error))?;
        let entry = entry.filter(|entry| *entry < size).ok_or_else(no_such_event)?;
        let linked_from = page(&Filter { linked_to: Some(jti), ..Filter::default() }, LINKED_MAX)?;
        return Ok(Found { entry, linked_from });
    };
    // A department sees its own events, and that somebody opened one of them. Whether the event of another department exists is not said either.
    let own = vec![own];
    let itself = Filter { jtis: vec![jti], departments: own.clone(), ..Filter::default() };
    let entry = page(&itself, 1)?.first().copied().ok_or_else(no_such_event)?;
    let mut linked_from =
        page(&Filter { linked_to: Some(jti), departments: own, ..Filter::default() }, LINKED_MAX)?;
    let openings = Filter {
        linked_to: Some(jti),
        types: vec![OPENED.parse().expect("a type of the catalogue")],
        departments: vec![LEDGER_DEPARTMENT.to_owned()],
        ..Filter::default()
    };
    linked_from.extend(page(&openings, LINKED_MAX)?);
    linked_from.sort_unstable();
    linked_from.dedup();
    linked_from.truncate(LINKED_MAX);
    Ok(Found { entry, linked_from })
}

/// Reads what was found and proves it, everything at once.
async fn whole(
    desk: &Arc<Desk>,
    view: View,
    complete_to: Complete,
    found: Found,
    role: Role,
) -> Result<Whole, Problem> {
    let Found { entry, linked_from } = found;
    let reading = Arc::clone(desk);
    let itself = blocking(move || {
        let event = reading.event(entry, role).map_err(|error| broken(&error))?;
        let dangling = dangling(&view, &event)?;
        Ok((event, dangling))
    });
    let proving = Arc::clone(desk);
    let proved = blocking(move || proof(&proving, entry));
    let ((event, dangling), linked_from, (entry, proof)) =
        tokio::try_join!(itself, events(desk, linked_from, role), proved)?;
    Ok(Whole { complete_to, event, linked_from, dangling, entry, proof })
}

/// The events that an event links to and the ledger does not hold.
fn dangling(view: &View, event: &EventView) -> Result<Vec<Jti>, Problem> {
    let mut dangling = Vec::new();
    for (_, jti) in links_of(&event.fields) {
        if view.entry_of(&jti).map_err(|error| unsearchable(&error))?.is_none() {
            dangling.push(jti);
        }
    }
    Ok(dangling)
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
pub(super) async fn ready(desk: &Desk) -> Result<(View, Complete), Problem> {
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
    let read = recorded_as(caller, kind, query, rows, size);
    let recorded = desk.scribe().read(read).await.map_err(gate::unrecorded)?;
    self::answer(recorded, answer)
}

/// How the read of something that has a name is recorded.
fn recorded_as(caller: &Caller, kind: &'static str, query: &[u8], rows: u64, size: u64) -> Read {
    let mut asked = kind.as_bytes().to_vec();
    asked.extend(query);
    caller.read(kind, &asked, rows, size)
}

/// An answer whose read was recorded.
fn answer(recorded: Recorded, answer: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(answer).map_err(|error| broken(&error))?;
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
