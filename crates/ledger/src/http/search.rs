//! Searching and counting events.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use daybook_access::Action;
use daybook_event::Jti;
use daybook_index::search::{Facet, Filter, Handle, Order, SearchError, View};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gate::{self, Caller};
use super::sign_on::Visitor;
use super::{App, Problem, codes, problem};
use crate::access::{Complete, Desk, EventView};

/// Events on a page unless the query says otherwise, and at most.
const PAGE: usize = 50;
const PAGE_MAX: usize = 1_000;

/// A query, as the body of a request.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Query {
    pub(super) types: Vec<String>,
    pub(super) departments: Vec<String>,
    pub(super) producers: Vec<String>,
    pub(super) periods: Vec<String>,
    /// Fields with a closed list of values, and the values that are looked for.
    pub(super) codes: BTreeMap<String, Vec<String>>,
    /// When it happened, as days in the ledger's time zone, both included.
    pub(super) occurred: Option<Days>,
    /// When it reached the ledger.
    pub(super) received: Option<Days>,
    /// Exact values of withheld fields, by field: `{"case_number": "…"}`. They are looked up by keyed hash and never shown.
    pub(super) identifiers: BTreeMap<String, String>,
    /// A matter's handle, as an event shows it.
    pub(super) matter: Option<String>,
    /// Events that link to this one.
    pub(super) linked_to: Option<String>,
    order: Direction,
    pub(super) limit: Option<usize>,
    /// The cursor of the page before.
    pub(super) after: Option<String>,
    /// Size of the log that the answer is to be about; the latest unless it is given.
    pub(super) at: Option<u64>,
    /// Facets to count: type, department, producer, period, or code:FIELD.
    pub(super) facets: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Days {
    #[schemars(with = "Option<String>")]
    pub(super) from: Option<Date>,
    #[schemars(with = "Option<String>")]
    pub(super) to: Option<Date>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    #[default]
    Newest,
    Oldest,
}

/// A query that is understood: what to look for, and up to where.
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) view: View,
    pub(super) complete: Complete,
    order: Order,
    after: Option<u64>,
    limit: usize,
    facets: Vec<Facet>,
    /// The withheld fields whose values are looked for.
    pub(super) fields: Vec<String>,
    /// What the record's digest is made of.
    pub(super) bytes: Vec<u8>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Page {
    complete_to: Complete,
    total: u64,
    facets: BTreeMap<String, BTreeMap<String, u64>>,
    events: Vec<EventView>,
    /// Ask for the next page with it; none on the last.
    next: Option<String>,
}

pub(super) async fn search(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    body: Result<Json<Query>, JsonRejection>,
) -> Result<Response, Problem> {
    answer(&app, &visitor, body, Action::SearchEvents, "search").await
}

/// As [`search`], without the events.
pub(super) async fn count(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    body: Result<Json<Query>, JsonRejection>,
) -> Result<Response, Problem> {
    answer(&app, &visitor, body, Action::CountEvents, "count").await
}

async fn answer(
    app: &Arc<App>,
    visitor: &Visitor,
    body: Result<Json<Query>, JsonRejection>,
    action: Action,
    kind: &'static str,
) -> Result<Response, Problem> {
    let caller = gate::admit(app, visitor, action)?;
    let desk = Arc::clone(gate::desk(app)?);
    let Json(query) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let asked = understand(&desk, &caller, query, kind).await?;
    let role = caller.session.role;
    let (asked, page) = {
        let desk = Arc::clone(&desk);
        let shown = kind == "search";
        blocking(move || page(&desk, &asked, role, shown).map(|page| (asked, page))).await?
    };
    let body = serde_json::to_vec(&page).map_err(|error| broken(&error))?;
    let read = caller.read(kind, &asked.bytes, page.events.len() as u64, page.complete_to.size);
    // No record, no answer.
    let recorded = desk.scribe().read(read).await.map_err(gate::unrecorded)?;
    Ok((
        [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (header::HeaderName::from_static("daybook-read"), recorded.read.to_string()),
        ],
        body,
    )
        .into_response())
}

/// Checks a query, confines it to what the caller may see, and fixes the size of the log that it is about.
pub(super) async fn understand(
    desk: &Desk,
    caller: &Caller,
    query: Query,
    kind: &'static str,
) -> Result<Asked, Problem> {
    let cursor = query.after.as_deref().map(parse_cursor).transpose()?;
    let at = cursor.map(|(size, _)| size).or(query.at);
    let (view, complete) = desk.complete_to(at).await.map_err(|behind| {
        problem(StatusCode::SERVICE_UNAVAILABLE, codes::INDEX_BEHIND, &behind.to_string())
    })?;
    let mut filter = filter(desk, &query)?;
    if let Some(own) = caller.own_department() {
        let others = filter.departments.iter().any(|department| department != own);
        if others {
            return Err(problem(
                StatusCode::FORBIDDEN,
                codes::OTHER_DEPARTMENT,
                "A department reads its own events only; leave the filter on departments out.",
            ));
        }
        filter.departments = vec![own.to_owned()];
    }
    let facets = query
        .facets
        .iter()
        .map(|name| facet(name).ok_or_else(|| bad_facet(name)))
        .collect::<Result<_, _>>()?;
    let mut bytes = kind.as_bytes().to_vec();
    bytes.extend(serde_json::to_vec(&query).unwrap_or_default());
    Ok(Asked {
        filter,
        view,
        complete,
        order: match query.order {
            Direction::Newest => Order::Newest,
            Direction::Oldest => Order::Oldest,
        },
        after: cursor.map(|(_, entry)| entry),
        limit: query.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX),
        facets,
        fields: query.identifiers.into_keys().collect(),
        bytes,
    })
}

fn filter(desk: &Desk, query: &Query) -> Result<Filter, Problem> {
    let mut identifiers: Vec<Handle> = Vec::new();
    for (field, value) in &query.identifiers {
        identifiers.push(desk.identifiers().identifier(field, value));
    }
    if let Some(matter) = &query.matter {
        let handle = matter.parse().map_err(|_| bad_query("matter: take the handle as an event shows it"))?;
        identifiers.push(handle);
    }
    let linked_to = query.linked_to.as_ref().map(|text| {
        text.parse::<Jti>().map_err(|_| bad_query("linked_to: take the identifier as an event shows it"))
    });
    Ok(Filter {
        types: each("types", &query.types)?,
        departments: query.departments.clone(),
        producers: each("producers", &query.producers)?,
        periods: each("periods", &query.periods)?,
        codes: query
            .codes
            .iter()
            .flat_map(|(field, values)| values.iter().map(|value| (field.clone(), value.clone())))
            .collect(),
        occurred: query.occurred.as_ref().map(|days| seconds(desk, days)),
        received: query.received.as_ref().map(|days| seconds(desk, days)),
        identifiers,
        linked_to: linked_to.transpose()?,
        ..Filter::default()
    })
}

fn each<T: std::str::FromStr>(name: &str, texts: &[String]) -> Result<Vec<T>, Problem> {
    let parse = |text: &String| {
        text.parse().map_err(|_| bad_query(&format!("{name}: {text:?} has not the form of one")))
    };
    texts.iter().map(parse).collect()
}

fn facet(name: &str) -> Option<Facet> {
    Some(match name {
        "type" => Facet::Type,
        "department" => Facet::Department,
        "producer" => Facet::Producer,
        "period" => Facet::Period,
        other => Facet::Code(other.strip_prefix("code:")?.to_owned()),
    })
}

/// The seconds of some days in the ledger's time zone.
fn seconds(desk: &Desk, days: &Days) -> Range<i64> {
    let start =
        |day: Date| day.to_zoned(desk.zone().clone()).map_or(i64::MAX, |at| at.timestamp().as_second());
    let from = days.from.map_or(i64::MIN, start);
    let to = days.to.and_then(|day| day.tomorrow().ok()).map_or(i64::MAX, start);
    from..to
}

fn page(desk: &Desk, asked: &Asked, role: daybook_access::Role, shown: bool) -> Result<Page, Problem> {
    let (view, size) = (&asked.view, asked.complete.size);
    let total = view.count(&asked.filter, size).map_err(|error| unsearchable(&error))?;
    let mut facets = BTreeMap::new();
    for facet in &asked.facets {
        let counts = view.facet_counts(&asked.filter, size, facet).map_err(|error| unsearchable(&error))?;
        facets.insert(facet.to_string(), counts.into_iter().collect());
    }
    let (mut events, mut next) = (Vec::new(), None);
    if shown {
        let found = view
            .page(&asked.filter, size, asked.order, asked.after, asked.limit)
            .map_err(|error| unsearchable(&error))?;
        if found.more {
            next = found.entries.last().map(|last| format!("{size}.{last}"));
        }
        for entry in found.entries {
            events.push(desk.event(entry, role).map_err(|error| broken(&error))?);
        }
    }
    Ok(Page { complete_to: asked.complete.clone(), total, facets, events, next })
}

fn parse_cursor(text: &str) -> Result<(u64, u64), Problem> {
    let parts = text.split_once('.');
    let parsed = parts.and_then(|(size, entry)| Some((size.parse().ok()?, entry.parse().ok()?)));
    parsed.ok_or_else(|| bad_query("after: take the cursor as the page before gave it"))
}

/// Why the index gave no answer: the query, or the index itself.
pub(super) fn unsearchable(error: &SearchError) -> Problem {
    match error {
        SearchError::TooManyTerms { .. } | SearchError::PageLimit { .. } => bad_query(&error.to_string()),
        SearchError::Behind { .. } | SearchError::Damaged { .. } => {
            problem(StatusCode::SERVICE_UNAVAILABLE, codes::INDEX_BEHIND, &error.to_string())
        }
        other => broken(other),
    }
}

pub(super) fn bad_query(detail: &str) -> Problem {
    problem(StatusCode::BAD_REQUEST, codes::BAD_QUERY, detail)
}

fn bad_facet(name: &str) -> Problem {
    bad_query(&format!("facets: {name:?} is none of type, department, producer, period, code:FIELD"))
}

/// The ledger could not read what it holds. What exactly stands in the service's log, not in the answer.
pub(super) fn broken(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "an answer could not be made");
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        codes::UNREADABLE,
        "The ledger cannot read this just now; the operator finds the reason in the service's log.",
    )
}

/// Runs what reads the disk away from the threads that serve others.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| broken(&error))?
}
