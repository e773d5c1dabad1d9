//! `/v1/openapi.json`: what there is to ask, generated from the types that handlers read and write and from the table of roles.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use daybook_access::{Action, Extent, Role, may, requires_purpose};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{acts, event, exporting, productions, search};
use crate::access::{Asked, Decided, HoldAsked, ReviewPage, WithdrawalAsked};
use crate::findings::{FindingsPage, FindingsQuery};

type Shape = fn(&mut SchemaGenerator) -> Value;

/// One way to ask.
struct Operation {
    method: &'static str,
    path: &'static str,
    /// What the caller must be allowed; none where anybody may.
    action: Option<Action>,
    summary: &'static str,
    body: Option<Shape>,
    answer: Option<Shape>,
}

const fn asks(
    method: &'static str,
    path: &'static str,
    action: Action,
    summary: &'static str,
    body: Option<Shape>,
    answer: Option<Shape>,
) -> Operation {
    Operation { method, path, action: Some(action), summary, body, answer }
}

fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

fn operations() -> Vec<Operation> {
    let open =
        |method, path, summary| Operation { method, path, action: None, summary, body: None, answer: None };
    vec![
        open("get", "/checkpoint", "The latest signed checkpoint, a C2SP signed note"),
        open(
            "get",
            "/tile/{path}",
            "Tiles of hashes for anybody, entry bundles for those entitled (C2SP tlog-tiles)",
        ),
        open("post", "/v1/events", "Hand in a signed event; with ?wait=SECONDS the receipt is awaited"),
        open("get", "/healthz", "Whether the process answers"),
        open("get", "/readyz", "Whether events are taken in"),
        open("get", "/metrics", "Measurements, OpenMetrics"),
        open("get", "/v1/openapi.json", "This document"),
        open("post", "/v1/sessions", "Sign in with account and password, where the operator allows it"),
        open("delete", "/v1/sessions", "Sign out"),
        asks(
            "post",
            "/v1/events/search",
            Action::SearchEvents,
            "Events that fit, page by page, with counts by facet",
            Some(shape::<search::Query>),
            Some(shape::<search::Page>),
        ),
        asks(
            "post",
            "/v1/events/count",
            Action::CountEvents,
            "How many events fit, in all and by facet",
            Some(shape::<search::Query>),
            Some(shape::<search::Page>),
        ),
        asks(
            "post",
            "/v1/events/export",
            Action::Export,
            "All events that fit, as JSON Lines or CSV (Accept: text/csv); for others than the own department's a request that was approved is named",
            Some(shape::<search::Query>),
            None,
        ),
        asks(
            "get",
            "/v1/events/{jti}",
            Action::ReadEvent,
            "One event with its links and its proof",
            None,
            Some(shape::<event::Whole>),
        ),
        asks(
            "get",
            "/v1/matters/{matter}",
            Action::ReadMatter,
            "The events of a matter in the order in which they happened",
            None,
            Some(shape::<event::Timeline>),
        ),
        asks(
            "post",
            "/v1/findings",
            Action::ReadFindings,
            "Findings, page by page",
            Some(shape::<FindingsQuery>),
            Some(shape::<FindingsPage>),
        ),
        asks(
            "get",
            "/v1/findings/digest",
            Action::FindingsDigest,
            "The digest of all findings, to hold against one's own",
            None,
            None,
        ),
        asks(
            "get",
            "/v1/departments",
            Action::ReadDepartments,
            "How departments and their sequences stand",
            None,
            None,
        ),
        asks(
            "get",
            "/v1/checkpoints",
            Action::ReadCheckpoints,
            "Checkpoints that were signed: ?above=SIZE&limit=N",
            None,
            None,
        ),
        asks(
            "get",
            "/v1/approvals",
            Action::ReadApprovals,
            "Requests for what takes two people, and holds",
            None,
            None,
        ),
        asks(
            "get",
            "/v1/approvals/{jti}",
            Action::ReadApprovals,
            "One request, to be looked at before it is decided",
            None,
            None,
        ),
        asks(
            "post",
            "/v1/approvals",
            Action::RequestOpening,
            "Ask for an opening, or as custodian for a seal, its lifting, an erasure, or the end of a hold",
            Some(shape::<Asked>),
            None,
        ),
        asks(
            "post",
            "/v1/approvals/{jti}/decision",
            Action::Decide,
            "Approve or refuse somebody else's request",
            Some(shape::<acts::Decision>),
            Some(shape::<Decided>),
        ),
        asks(
            "get",
            "/v1/approvals/{jti}/values",
            Action::ReadOpened,
            "The values that an approved opening opens",
            None,
            None,
        ),
        asks(
            "post",
            "/v1/exports",
            Action::RequestExport,
            "Ask for taking out all events that fit a query",
            Some(shape::<exporting::Wanted>),
            None,
        ),
        asks(
            "post",
            "/v1/productions",
            Action::Produce,
            "Open a court production: what is searched for is found and counted, and its approval asked for",
            Some(shape::<productions::Wanted>),
            None,
        ),
        asks("get", "/v1/productions", Action::ReadProductions, "Productions and how they stand", None, None),
        asks(
            "get",
            "/v1/productions/{name}",
            Action::ReadProductions,
            "One production, how it stands, and the log's key and trust policy",
            None,
            None,
        ),
        asks(
            "get",
            "/v1/productions/{name}/review",
            Action::ReviewProduction,
            "What of each record goes out, by slot and without values: ?after=ENTRY&limit=N",
            None,
            Some(shape::<ReviewPage>),
        ),
        asks(
            "get",
            "/v1/productions/{name}/materials",
            Action::Produce,
            "The records of an approved production as JSON Lines; the last line says that the answer is whole",
            None,
            None,
        ),
        asks(
            "post",
            "/v1/productions/{name}/numbers",
            Action::Produce,
            "Have the pages numbered",
            Some(shape::<productions::Counted>),
            None,
        ),
        asks(
            "get",
            "/v1/productions/{name}/authorities",
            Action::Produce,
            "The records on which a numbered production rests, as JSON Lines: keys, orders, its own steps",
            None,
            None,
        ),
        asks(
            "post",
            "/v1/productions/{name}/built",
            Action::Produce,
            "Fix the package by its hash; the answer is the record that goes into it",
            Some(shape::<productions::Package>),
            None,
        ),
        asks(
            "post",
            "/v1/productions/{name}/delivered",
            Action::Produce,
            "Record that the file was handed over",
            Some(shape::<productions::Handed>),
            None,
        ),
        asks(
            "post",
            "/v1/productions/{name}/withdraw",
            Action::Produce,
            "Record that a production is replaced, or that it or pages of it are called back",
            Some(shape::<WithdrawalAsked>),
            None,
        ),
        asks("post", "/v1/holds", Action::PlaceHold, "Place a hold", Some(shape::<HoldAsked>), None),
        asks("get", "/v1/me", Action::ReadSelf, "What the ledger knows of the account that asks", None, None),
    ]
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

pub(super) async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

fn document() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths = Map::new();
    for operation in operations() {
        let described = describe(&operation, &mut generator);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = described;
    }
    let problem = json!({
        "type": "object",
        "description": "RFC 9457; `code` is stable, `detail` says what to do.",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
            "code": { "type": "string" }, "detail": { "type": "string" },
        },
    });
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".into(), problem);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Daybook",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Reading the ledger, and what takes two people. Every read is recorded before its answer leaves; the header Daybook-Read names the record.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "account": { "type": "http", "scheme": "bearer" } },
        },
    });
    known_formats(&mut document);
    document
}

/// Takes out the formats of unsigned numbers, which OpenAPI's own list of formats does not have; that they are not negative stands in `minimum`.
fn known_formats(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint"))
            {
                members.remove("format");
            }
            members.values_mut().for_each(known_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(known_formats),
        _ => {}
    }
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = operation
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let mut described = json!({ "summary": operation.summary });
    if let Some(action) = operation.action {
        let who = Role::ALL.iter().filter_map(|role| match may(*role, action) {
            Extent::None => None,
            Extent::Own => Some(format!("{} (own)", role.as_str())),
            Extent::All => Some(role.as_str().to_owned()),
        });
        described["description"] = format!("For: {}.", who.collect::<Vec<_>>().join(", ")).into();
        described["security"] = json!([{ "account": [] }]);
        if requires_purpose(action) {
            parameters.push(json!({
                "name": "Daybook-Purpose", "in": "header", "required": true, "schema": { "type": "string" },
                "description": "What the reading is for, and after a space its reference: `audit 2026-A-17`",
            }));
        }
    }
    if operation.action == Some(Action::Export) {
        parameters.push(json!({
            "name": "Daybook-Approval", "in": "header", "required": false, "schema": { "type": "string", "format": "uuid" },
            "description": "The request for this export that a second person approved; a department needs none for its own events",
        }));
    }
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(body) = operation.body {
        described["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body(generator) } } });
    }
    let answer =
        operation.answer.map(|answer| json!({ "application/json": { "schema": answer(generator) } }));
    let problem =
        json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    described["responses"] = json!({
        "2XX": { "description": "The answer", "content": answer.unwrap_or_else(|| json!({})) },
        "default": { "description": "A problem with a stable code", "content": problem },
    });
    described
}
