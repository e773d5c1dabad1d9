//! Exports: asking for one, and writing out what was approved.
//!
//! A department takes its own events out by itself. Whoever takes out others' asks first, and a second person sees the query, its size and what it
//! is for; what then leaves is that query up to that size of the log, and the record of the read names the approval.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daybook_access::{Action, ExportRun, ExportScope, TERMS_MAX};
use daybook_event::Jti;
use daybook_index::search::{Facet, Filter, IdentifierKey};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::export::{self, Form};
use super::gate::{self, Caller};
use super::search::{Asked, Query, bad_query, blocking, understand, unsearchable};
use super::sign_on::Visitor;
use super::{App, Problem, acts, codes, problem};
use crate::access::{Desk, ExportAsked};

/// The header that names the request that was approved.
const APPROVAL: &str = "daybook-approval";

/// What somebody asks to take out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    query: Query,
    /// On what authority, as in the schema of `approval.requested`.
    authority: String,
    /// For how many minutes after the approval it can be taken out.
    minutes: u64,
    /// The number of the court's order.
    #[serde(default)]
    order_number: Option<String>,
}

/// Asks for an export. The answer says what exactly would leave.
pub(super) async fn request(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::RequestExport)?;
    let Json(wanted) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = Arc::clone(gate::desk(&app)?);
    let terms = terms(desk.identifiers(), &wanted.query)?;
    let asked = understand(&desk, &caller, wanted.query, "export").await?;
    let (asked, rows) = blocking(move || {
        known(&asked)?;
        let rows = asked.view.count(&asked.filter, asked.complete.size);
        rows.map(|rows| (asked, rows)).map_err(|error| unsearchable(&error))
    })
    .await?;
    let (purpose, reference) = caller.purpose();
    let scope = ExportScope { terms, up_to: asked.complete.size, rows, purpose: purpose.to_owned() };
    let wanted = ExportAsked {
        scope: scope.clone(),
        authority: wanted.authority,
        minutes: wanted.minutes,
        reference: reference.map(str::to_owned),
        order_number: wanted.order_number,
    };
    let recorded =
        desk.request_export(&caller.session, wanted).await.map_err(|fault| acts::refused(&fault))?;
    Ok(acts::created(&json!({
        "request": recorded.event,
        "entry": recorded.entry,
        "export": acts::exported(&scope),
    })))
}

/// Writes every event that fits out, as JSON Lines or CSV.
pub(super) async fn export(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    body: Result<Json<Query>, JsonRejection>,
) -> Result<Response, Problem> {
    let mut caller = gate::admit(&app, &visitor, Action::Export)?;
    let form = Form::asked(&visitor.headers)?;
    let Json(query) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = Arc::clone(gate::desk(&app)?);
    let asked = match caller.own_department() {
        Some(_) => understand(&desk, &caller, query, "export").await?,
        None => approved(&desk, &mut caller, query, &visitor.headers).await?,
    };
    let size = asked.complete.size;
    let rows = asked.view.count(&asked.filter, size).map_err(|error| unsearchable(&error))?;
    let read = caller.read("export", &asked.bytes, rows, size);
    let recorded = desk.scribe().read(read).await.map_err(gate::unrecorded)?;
    let headers = [
        (header::CONTENT_TYPE, form.content_type().to_owned()),
        (header::HeaderName::from_static("daybook-read"), recorded.read.to_string()),
        (header::HeaderName::from_static("daybook-complete-to"), size.to_string()),
        (header::HeaderName::from_static("daybook-rows"), rows.to_string()),
    ];
    let stream = export::stream(desk, asked.view, asked.filter, size, caller, form);
    Ok((headers, Body::from_stream(stream)).into_response())
}

/// The query as it was approved: the same terms, up to the same size of the log, for the same purpose.
async fn approved(
    desk: &Desk,
    caller: &mut Caller,
    mut query: Query,
    headers: &HeaderMap,
) -> Result<Asked, Problem> {
    let request = approval(headers)?;
    let terms = terms(desk.identifiers(), &query)?;
    let (purpose, reference) = caller.purpose();
    let run = ExportRun { terms: &terms, up_to: query.at, purpose, reference };
    let scope =
        desk.check_export(&caller.session, &request, &run).map_err(|fault| acts::refused(&fault.into()))?;
    query.at = Some(scope.up_to);
    let mut asked = understand(desk, caller, query, "export").await?;
    asked.bytes = scope.text();
    caller.approved_by(request);
    Ok(asked)
}

/// The request that a run names.
fn approval(headers: &HeaderMap) -> Result<Jti, Problem> {
    let Some(value) = headers.get(APPROVAL) else {
        return Err(problem(
            StatusCode::FORBIDDEN,
            codes::APPROVAL_REQUIRED,
            "Taking many events out takes two people. Ask with POST /v1/exports, have a second person approve, and name the request in the header Daybook-Approval; `daybook events export --request` asks.",
        ));
    };
    let parsed = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    parsed.ok_or_else(|| bad_query("Daybook-Approval: a request's identifier is a UUID in lower case"))
}

/// The query as terms, sorted, each once. What is searched for stands as its keyed hash: the log does not say it. [`filter_of`](crate::access::filter_of)
/// reads them back.
pub(super) fn terms(keys: &IdentifierKey, query: &Query) -> Result<Vec<String>, Problem> {
    if query.after.is_some() || query.limit.is_some() || !query.facets.is_empty() {
        return Err(bad_query(
            "every event that fits is taken, oldest first: leave after, limit and facets out",
        ));
    }
    let mut terms = Vec::new();
    let mut list = |key: &str, values: &[String]| {
        terms.extend(values.iter().map(|value| format!("{key}={value}")));
    };
    list("type", &query.types);
    list("department", &query.departments);
    list("producer", &query.producers);
    list("month", &query.periods);
    query.codes.iter().for_each(|(field, values)| list(&format!("code:{field}"), values));
    list("matter", query.matter.as_slice());
    list("linked_to", query.linked_to.as_slice());
    for (name, days) in [("happened", &query.occurred), ("received", &query.received)] {
        let days = days.iter().flat_map(|days| [("from", days.from), ("to", days.to)]);
        terms.extend(days.filter_map(|(end, day)| Some(format!("{name}_{end}={}", day?))));
    }
    let identifier =
        |(field, value): (&String, &String)| format!("identifier:{field}={}", keys.identifier(field, value));
    terms.extend(query.identifiers.iter().map(identifier));
    terms.sort_unstable();
    terms.dedup();
    if terms.len() > TERMS_MAX {
        return Err(bad_query(&format!("a query has at most {TERMS_MAX} terms here; make several")));
    }
    Ok(terms)
}

/// Whether a query names only what there is, so that nothing else gets into the request that is kept for good.
pub(super) fn known(asked: &Asked) -> Result<(), Problem> {
    let catalogue = daybook_event::Catalogue::builtin();
    let has = |facet: &Facet, name: &str| {
        let counts = asked.view.facet_counts(&Filter::default(), asked.complete.size, facet);
        counts
            .map(|counts| counts.into_iter().any(|(value, _)| value == name))
            .map_err(|error| unsearchable(&error))
    };
    for department in &asked.filter.departments {
        if !has(&Facet::Department, department)? {
            return Err(bad_query("departments: the ledger has no events of one of them"));
        }
    }
    for producer in &asked.filter.producers {
        if !has(&Facet::Producer, producer.as_str())? {
            return Err(bad_query("producers: the ledger has no events of one of them"));
        }
    }
    if asked.filter.types.iter().any(|name| catalogue.latest(name.as_str()).is_none()) {
        return Err(bad_query("types: the catalogue has no such type"));
    }
    let code = |(field, value): &(String, String)| {
        catalogue.types().filter_map(|ty| ty.field(field)?.codes.as_ref()).any(|codes| codes.contains(value))
    };
    if !asked.filter.codes.iter().all(code) {
        return Err(bad_query("codes: no type of event has such a field with such a value"));
    }
    let field = |field: &String| catalogue.types().any(|ty| ty.field(field).is_some());
    if !asked.fields.iter().all(field) {
        return Err(bad_query("identifiers: no type of event has such a field"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use daybook_index::search::IndexSecret;
    use jiff::tz::TimeZone;
    use zeroize::Zeroizing;

    use super::*;
    use crate::access::filter_of;
    use crate::http::search::filter;

    /// A filter whose lists are in one order: a filter asks for the same in any.
    fn sorted(mut filter: Filter) -> Filter {
        filter.types.sort_unstable();
        filter.departments.sort_unstable();
        filter.producers.sort_unstable();
        filter.periods.sort_unstable();
        filter.codes.sort_unstable();
        filter.identifiers.sort_unstable();
        filter
    }

    #[test]
    fn what_is_written_as_terms_is_read_back_as_the_same_filter() {
        let keys = IndexSecret::new(Zeroizing::new([3; 32])).identifier_key();
        let zone = TimeZone::get("America/Denver").unwrap();
        let matter = keys.matter("k3vq7tz2m5ywb4cdnxr6gh2sja").to_string();
        for query in [
            json!({}),
            json!({ "types": ["request.received", "release.completed"], "departments": ["sheriff", "police"] }),
            json!({ "producers": ["sheriff/jail-records"], "periods": ["2026-03", "2026-02"] }),
            json!({ "codes": { "request_kind": ["hold", "notify"], "outcome": ["released_public"] } }),
            json!({ "occurred": { "from": "2026-03-08", "to": "2026-03-08" }, "received": { "to": "2026-11-01" } }),
            json!({ "occurred": { "to": "2026-01-31" }, "received": { "from": "2026-01-01" } }),
            json!({ "identifiers": { "case_number": "26CR1187", "matter_ref": "x" }, "matter": matter }),
            json!({ "linked_to": "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f", "types": ["request.answered"] }),
        ] {
            let query: Query = serde_json::from_value(query).unwrap();
            let written = terms(&keys, &query).unwrap();
            let read = filter_of(&written, &zone).unwrap();
            assert_eq!(sorted(read), sorted(filter(&keys, &zone, &query).unwrap()), "{written:?}");
            assert!(
                daybook_access::ProductionQuery::new(
                    daybook_access::Searched::Terms(written),
                    Vec::new(),
                    Vec::new()
                )
                .is_ok()
            );
        }
    }

    #[test]
    fn what_is_no_term_is_not_read() {
        let zone = TimeZone::UTC;
        for term in [
            "type",
            "type=No Type",
            "colour=red",
            "code=request_kind",
            "matter=somebody",
            "identifier:case_number=26CR1187",
            "happened_from=yesterday",
            "linked_to=x",
            "facet:type=x",
        ] {
            assert_eq!(filter_of(&[term.to_owned()], &zone), None, "{term}");
        }
        let twice = ["happened_from=2026-01-01", "happened_from=2026-01-02"].map(str::to_owned);
        assert_eq!(filter_of(&twice, &zone), None);
    }
}
