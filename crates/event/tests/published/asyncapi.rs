//! Writes `schemas/asyncapi.yaml`: the bus as AsyncAPI 3.0, seen from the ledger.

use std::fmt::Write as _;

use daybook_event::Catalogue;

/// The headers of an event on the bus.
pub(crate) const EVENT_HEADERS: [&str; 6] =
    ["Nats-Msg-Id", "ce-specversion", "ce-id", "ce-source", "ce-type", "Content-Type"];

const HEAD: &str = include_str!("asyncapi.head.yaml");
const FOOT: &str = include_str!("asyncapi.foot.yaml");

/// The whole file.
pub(crate) fn write() -> String {
    let mut file = HEAD.to_owned();
    let types = || Catalogue::builtin().types();
    for ty in types() {
        let key = key(ty.name().as_str(), ty.version());
        writeln!(file, "      {key}:\n        $ref: '#/components/messages/{key}'").unwrap();
    }
    file.push_str(FOOT);
    for ty in types() {
        let (name, key) = (ty.name(), key(ty.name().as_str(), ty.version()));
        let title = serde_json::to_string(ty.title()).unwrap();
        let summary = serde_json::to_string(ty.description()).unwrap();
        write!(
            file,
            "    {key}:
      name: {name}
      title: {title}
      summary: {summary}
      traits:
        - $ref: '#/components/messageTraits/event'
      headers:
        type: object
        properties:
          ce-type:
            const: {name}
      payload:
        schemaFormat: application/schema+json;version=2020-12
        schema:
          type: string
          contentMediaType: application/daybook-event+sd-jwt
          contentSchema:
            $ref: ./events/{name}.v{}.json
",
            ty.version()
        )
        .unwrap();
    }
    file
}

/// The name of a message: letters, digits and `_`, so that it can stand in a JSON pointer.
fn key(name: &str, version: u32) -> String {
    format!("{}_v{version}", name.replace('.', "_"))
}
