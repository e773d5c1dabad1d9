//! Court productions: opened, looked over, built from the ledger's records, handed over, called back.
//!
//! Who opened a production goes on with it, once a second person approved; `crate::access` holds each step against the log.

mod shown;
mod stream;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use daybook_access::{Action, Entries, ProductionQuery, QueryFault, Searched};
use daybook_event::b64;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::exporting::{known, terms};
use super::gate::{self, Caller};
use super::search::{Query, bad_query, blocking, understand};
use super::sign_on::Visitor;
use super::{App, Problem, acts, codes, problem};
use crate::access::{ActFault, Desk, ProductionAsked, WithdrawalAsked};

pub(super) use shown::{list, one, review};
pub(super) use stream::{authorities, materials};

type Body<T> = Result<Json<T>, JsonRejection>;

/// A production that somebody opens. Either a query is given or entries are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// What stands before the number on each page, and in the production's name.
    bates_prefix: String,
    /// What it rests on, as in the schema of `production.opened`.
    basis: String,
    /// The number of the court's order.
    #[serde(default)]
    order_number: Option<String>,
    /// Who asked, by kind.
    requester: String,
    /// The redaction profile.
    profile: NamedProfile,
    /// What is stamped on every page.
    confidentiality: String,
    /// The time zone, by its IANA name, in which times are shown beside UTC.
    time_zone: String,
    /// The number of the request that it answers.
    #[serde(default)]
    request_number: Option<String>,
    /// The court's number of the case.
    #[serde(default)]
    case_number: Option<String>,
    /// The matter that it belongs to, by its handle.
    #[serde(default)]
    matter: Option<String>,
    /// What is searched for.
    #[serde(default)]
    query: Option<Query>,
    /// Entries by number and range.
    #[serde(default)]
    entries: Vec<String>,
    /// What is held back on a privilege.
    #[serde(default)]
    privileged: Vec<Claim>,
    /// What is left out.
    #[serde(default)]
    excluded: Vec<Exclusion>,
}

/// A redaction profile.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NamedProfile {
    /// Its name.
    name: String,
    /// SHA-256 of its file, base64url.
    hash: String,
}

/// Entries on which a privilege is claimed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Claim {
    entries: Vec<String>,
    /// The code of the privilege.
    privilege: String,
}

/// Entries that are left out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Exclusion {
    entries: Vec<String>,
    /// The code of the reason.
    reason: String,
}

/// The figures of a production whose pages were counted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Counted {
    documents: u64,
    pages: u64,
}

/// A package that was built.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Package {
    /// SHA-256 of `tagmanifest-sha256.txt`, base64url.
    bag_hash: String,
    records: u64,
    withheld: u64,
}

/// A file that was handed over.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Handed {
    /// SHA-256 of the file, base64url.
    package_hash: String,
}

/// Opens a production. The answer says what was found; its approval is asked for.
pub(super) async fn open(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    body: Body<Wanted>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::Produce)?;
    let Json(wanted) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = Arc::clone(gate::desk(&app)?);
    let asked = wanted.asked(&desk, &caller).await?;
    let made = desk.open_production(&caller.session, asked).await.map_err(|fault| acts::refused(&fault))?;
    Ok(acts::created(&json!({
        "production": made.name,
        "opened": made.opened.event,
        "entry": made.opened.entry,
        "request": made.request.event,
        "request_entry": made.request.entry,
        "searched_size": made.searched_size,
        "found": made.figures.found,
        "produced": made.figures.produced,
        "withheld": made.figures.withheld,
    })))
}

/// Gives the pages their numbers.
pub(super) async fn number(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    visitor: Visitor,
    body: Body<Counted>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::Produce)?;
    let Json(Counted { documents, pages }) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = Arc::clone(gate::desk(&app)?);
    let numbered = desk.number_production(&caller.session, &name, (documents, pages)).await;
    let numbered = numbered.map_err(|fault| acts::refused(&fault))?;
    let prefix = desk.known_production(&name).map_err(|fault| acts::refused(&fault.into()))?.opened.prefix;
    let body = json!({
        "entry": numbered.entry, "prefix": prefix, "first": numbered.first, "last": numbered.last,
    });
    Ok(Json(body).into_response())
}

/// Fixes the package; the answer is the record that goes into it.
pub(super) async fn build(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    visitor: Visitor,
    body: Body<Package>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::Produce)?;
    let Json(package) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = Arc::clone(gate::desk(&app)?);
    let hash = digest("bag_hash", &package.bag_hash)?;
    let figures = (package.records, package.withheld);
    let record = desk.build_production(&caller.session, &name, &hash, figures).await;
    Ok(Json(json!({ "record": record.map_err(|fault| acts::refused(&fault))? })).into_response())
}

/// Records that the file was handed over.
pub(super) async fn deliver(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    visitor: Visitor,
    body: Body<Handed>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::Produce)?;
    let Json(handed) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = gate::desk(&app)?;
    let hash = digest("package_hash", &handed.package_hash)?;
    let recorded = desk.deliver_production(&caller.session, &name, &hash).await;
    let (entry, event) = recorded.map_err(|fault| acts::refused(&fault))?;
    Ok(Json(json!({ "entry": entry, "event": event })).into_response())
}

/// Records that a production is replaced, or that it or pages of it are called back.
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    visitor: Visitor,
    body: Body<WithdrawalAsked>,
) -> Result<Response, Problem> {
    let caller = gate::admit(&app, &visitor, Action::Produce)?;
    let Json(asked) = body.map_err(|fault| bad_query(&fault.body_text()))?;
    let desk = gate::desk(&app)?;
    let recorded = desk.withdraw_production(&caller.session, &name, asked).await;
    let (entry, event) = recorded.map_err(|fault| acts::refused(&fault))?;
    Ok(Json(json!({ "entry": entry, "event": event })).into_response())
}

impl Wanted {
    /// The same, understood: names that the ledger keeps for good are such as it knows.
    async fn asked(self, desk: &Desk, caller: &Caller) -> Result<ProductionAsked, Problem> {
        if !daybook_access::production::is_prefix(&self.bates_prefix) {
            return Err(bad_query(
                "bates_prefix: capital letters, digits and -, at most 24, with - at the end: DAYB-26CR1187-",
            ));
        }
        if TimeZone::get(&self.time_zone).is_err() {
            return Err(bad_query("time_zone: there is no time zone of this name"));
        }
        let profile_hash = digest("profile.hash", &self.profile.hash)?;
        let (searched, at) = match (self.query, self.entries) {
            (Some(query), entries) if entries.is_empty() => searched(desk, caller, query).await?,
            (None, entries) => (Searched::Entries(named(&entries)?), None),
            _ => return Err(bad_query("say what is searched for in one way: query or entries")),
        };
        let privileged = self.privileged.iter().map(|claim| held(&claim.entries, &claim.privilege));
        let excluded = self.excluded.iter().map(|left| held(&left.entries, &left.reason));
        let privileged = privileged.collect::<Result<_, _>>()?;
        let query = ProductionQuery::new(searched, privileged, excluded.collect::<Result<_, _>>()?);
        Ok(ProductionAsked {
            bates_prefix: self.bates_prefix,
            basis: self.basis,
            order_number: self.order_number,
            requester: self.requester,
            profile: self.profile.name,
            profile_hash,
            confidentiality: self.confidentiality,
            time_zone: self.time_zone,
            request_number: self.request_number,
            case_number: self.case_number,
            matter: self.matter,
            query: query.map_err(|fault| no_query(&fault))?,
            at,
        })
    }
}

/// A query as terms, and the size of the log that it is about.
async fn searched(desk: &Desk, caller: &Caller, query: Query) -> Result<(Searched, Option<u64>), Problem> {
    let terms = terms(desk.identifiers(), &query)?;
    let asked = understand(desk, caller, query, "production").await?;
    let size = asked.complete.size;
    blocking(move || known(&asked)).await?;
    Ok((Searched::Terms(terms), Some(size)))
}

fn named(entries: &[String]) -> Result<Entries, Problem> {
    Entries::parse(entries).map_err(|fault| no_query(&fault.into()))
}

fn held(entries: &[String], code: &str) -> Result<(Entries, String), Problem> {
    Ok((named(entries)?, code.to_owned()))
}

fn no_query(fault: &QueryFault) -> Problem {
    match fault {
        QueryFault::Entries(_) | QueryFault::Twice => acts::refused(&ActFault::Scope(fault.to_string())),
        _ => problem(StatusCode::BAD_REQUEST, codes::BAD_QUERY, &fault.to_string()),
    }
}

fn digest(name: &str, text: &str) -> Result<[u8; 32], Problem> {
    b64::decode_array::<32>(text)
        .ok_or_else(|| bad_query(&format!("{name}: SHA-256 as base64url, 43 characters")))
}
