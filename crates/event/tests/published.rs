//! The published pages about the catalogue say what the schema files say.
//!
//! `schemas/README.md`, `schemas/asyncapi.yaml` and `schemas/verify/types.js` are written from `schemas/events`. This test fails when one of them is behind;
//! `DAYBOOK_RENEW=1 cargo test -p daybook-event --test published` writes them anew.
#![allow(clippy::unwrap_used)]

#[path = "published/asyncapi.rs"]
mod asyncapi;
#[path = "published/files.rs"]
mod files;
#[path = "published/readme.rs"]
mod readme;
#[path = "published/types_js.rs"]
mod types_js;

use std::path::{Path, PathBuf};

use daybook_event::Catalogue;

/// Set to anything, the pages are written instead of compared.
const RENEW: &str = "DAYBOOK_RENEW";
const COMMAND: &str = "DAYBOOK_RENEW=1 cargo test -p daybook-event --test published";

fn published(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas").join(name)
}

fn is_fresh(name: &str, written: &str) {
    let path = published(name);
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&path, written).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let line = found.lines().zip(written.lines()).position(|(found, wanted)| found != wanted);
    let line = line.unwrap_or_else(|| found.lines().count().min(written.lines().count())) + 1;
    assert!(
        found == written,
        "schemas/{name} is behind the schema files from line {line} on; renew it with: {COMMAND}"
    );
}

#[test]
fn the_page_about_the_event_types_is_fresh() {
    is_fresh("README.md", &readme::write());
}

#[test]
fn the_description_of_the_bus_is_fresh() {
    is_fresh("asyncapi.yaml", &asyncapi::write());
}

#[test]
fn the_types_of_the_javascript_verifier_are_fresh() {
    is_fresh("verify/types.js", &types_js::write());
}

#[test]
fn both_pages_name_every_type_and_every_field() {
    let (readme, asyncapi) = (readme::write(), asyncapi::write());
    for ty in Catalogue::builtin().types() {
        assert!(readme.contains(&format!("\n## {}\n", ty.name())), "{}", ty.name());
        assert!(
            asyncapi.contains(&format!("$ref: ./events/{}.v{}.json\n", ty.name(), ty.version())),
            "{}",
            ty.name()
        );
        let section =
            readme.split(&format!("\n## {}\n", ty.name())).nth(1).unwrap().split("\n## ").next().unwrap();
        for field in ty.fields() {
            let row = format!("\n| `{}` | {} |", field.name, field.title);
            let shared = files::is_envelope(&field.name) && readme.contains(&row);
            assert!(shared || section.contains(&row), "{} {}", ty.name(), field.name);
        }
    }
}

#[test]
fn the_headers_described_are_the_ones_that_the_formats_name() {
    let (formats, asyncapi) = (std::fs::read_to_string(published("formats.md")).unwrap(), asyncapi::write());
    for header in asyncapi::EVENT_HEADERS {
        assert!(formats.contains(&format!("`{header}`")), "{header}");
        assert!(asyncapi.contains(&format!("        {header}:\n")), "{header}");
    }
}
