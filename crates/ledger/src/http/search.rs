//! Searching and counting events.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use daybook_access::{Action, Role};
use daybook_event::Jti;
use daybook_index::search::{
    FILTER_TERMS_MAX, Facet, Filter, Handle, IdentifierKey, Order, Page as Entries, SearchError, View,
};
use futures::future::try_join_all;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gate::{self, Caller};
use super::sign_on::Visitor;
use super::{App, Problem, codes, problem};
use crate::access::{Complete, Desk, EventView, seconds};

/// Events on a page unless the query says otherwise, and at most.
const PAGE: usize = 50;
const PAGE_MAX: usize = 1_000;
/// Most facets that one answer counts.
const FACETS_MAX: usize = 32;

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
    let asked = Arc::new(understand(&desk, &caller, query, kind).await?);
    let found = if kind == "search" { find(&asked).await? } else { Entries::default() };
    let read = caller.read(kind, &asked.bytes, found.entries.len() as u64, asked.complete.size);
    let made = page(&desk, &asked, found, caller.session.role);
    let (recorded, page) = gate::recorded_beside(&desk, read, made).await?;
    let body = serde_json::to_vec(&page).map_err(|error| broken(&error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::HeaderName::from_static("daybook-read"), recorded.read.to_string()),
    ];
    Ok((headers, body).into_response())
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
    let mut filter = filter(desk.identifiers(), desk.zone(), &query)?;
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
    if query.facets.len() > FACETS_MAX {
        return Err(bad_query(&format!("facets: at most {FACETS_MAX} are counted at once")));
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

pub(super) fn filter(keys: &IdentifierKey, zone: &TimeZone, query: &Query) -> Result<Filter, Problem> {
    let mut identifiers: Vec<Handle> = Vec::new();
    for (field, value) in &query.identifiers {
        identifiers.push(keys.identifier(field, value));
    }
    if let Some(matter) = &query.matter {
        let handle = matter.parse().map_err(|_| bad_query("matter: take the handle as an event shows it"))?;
        identifiers.push(handle);
    }
    let linked_to = query.linked_to.as_ref().map(|text| {
        text.parse::<Jti>().map_err(|_| bad_query("linked_to: take the identifier as an event shows it"))
    });
    let filter = Filter {
        types: each("types", &query.types)?,
        departments: query.departments.clone(),
        producers: each("producers", &query.producers)?,
        periods: each("periods", &query.periods)?,
        codes: query
            .codes
            .iter()
            .flat_map(|(field, values)| values.iter().map(|value| (field.clone(), value.clone())))
            .collect(),
        occurred: query.occurred.as_ref().map(|days| seconds(days.from, days.to, zone)),
        received: query.received.as_ref().map(|days| seconds(days.from, days.to, zone)),
        identifiers,
        linked_to: linked_to.transpose()?,
        ..Filter::default()
    };
    let (terms, max) = (filter.terms(), FILTER_TERMS_MAX);
    if terms > max {
        return Err(unsearchable(&SearchError::TooManyTerms { terms, max }));
    }
    Ok(filter)
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

/// The entries of the page.
async fn find(asked: &Arc<Asked>) -> Result<Entries, Problem> {
    let asked = Arc::clone(asked);
    blocking(move || {
        let found =
            asked.view.page(&asked.filter, asked.complete.size, asked.order, asked.after, asked.limit);
        found.map_err(|error| unsearchable(&error))
    })
    .await
}

/// Counts and reads, everything at once.
async fn page(desk: &Arc<Desk>, asked: &Arc<Asked>, found: Entries, role: Role) -> Result<Page, Problem> {
    let complete_to = asked.complete.clone();
    let last = found.entries.last().filter(|_| found.more);
    let next = last.map(|last| format!("{}.{last}", complete_to.size));
    let counting = Arc::clone(asked);
    let total = blocking(move || {
        let total = counting.view.count(&counting.filter, counting.complete.size);
        total.map_err(|error| unsearchable(&error))
    });
    let facets = asked.facets.iter().map(|facet| {
        let (counting, facet) = (Arc::clone(asked), facet.clone());
        blocking(move || {
            let counts = counting.view.facet_counts(&counting.filter, counting.complete.size, &facet);
            let counts = counts.map_err(|error| unsearchable(&error))?;
            Ok((facet.to_string(), counts.into_iter().collect()))
        })
    });
    let events = events(desk, found.entries, role);
    let (total, facets, events) = tokio::try_join!(total, try_join_all(facets), events)?;
    Ok(Page { complete_to, total, facets: facets.into_iter().collect(), events, next })
}

/// These entries as a role may see them.
pub(super) async fn events(
    desk: &Arc<Desk>,
    entries: Vec<u64>,
    role: Role,
) -> Result<Vec<EventView>, Problem> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let desk = Arc::clone(desk);
    blocking(move || {
        entries.into_iter().map(|entry| desk.event(entry, role).map_err(|error| broken(&error))).collect()
    })
    .await
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
