//! The cases as files, for other verifiers.

use std::path::Path;

use serde_json::{Value, json};

use crate::{SAMPLES, attacks, zips};

/// Set to anything, the files are written instead of compared.
const RENEW: &str = "DAYBOOK_RENEW";
const COMMAND: &str = "DAYBOOK_RENEW=1 cargo test -p daybook-production --test tampering";

#[test]
fn the_vectors_are_fresh() {
    let [own, other] = &*SAMPLES;
    let zip = own.zip().unwrap();
    let sha = |bytes: &[u8]| daybook_verify::production::hex::encode(&daybook_event::hash::sha256(bytes));
    let cases: Vec<Value> = attacks::cases(own)
        .iter()
        .map(|case| {
            let also: Vec<&str> = case.also.iter().map(|check| check.code()).collect();
            json!({"name": case.name, "reason": case.reason, "changes": case.changes, "remade": case.remade,
                "expect": case.expect.code(), "also": also})
        })
        .collect();
    let archives: Vec<Value> = zips::cases(&zip, &own.name).iter().map(|case| json!(case)).collect();
    let head = json!({"sample": own.name, "sha256": sha(&zip), "other": other.name, "other_sha256": sha(&other.zip().unwrap())});
    fresh("packages.json", &lines(&head, &cases));
    fresh("archives.json", &lines(&head, &archives));
}

/// One case a line, so that a change is seen as one.
fn lines(head: &Value, cases: &[Value]) -> String {
    let cases: Vec<String> = cases.iter().map(Value::to_string).collect();
    format!("{{\"about\":{head},\n\"cases\":[\n{}\n]}}\n", cases.join(",\n"))
}

fn fresh(name: &str, written: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/vectors/production").join(name);
    if std::env::var_os(RENEW).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, written).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == written,
        "schemas/vectors/production/{name} is behind the cases; renew it with: {COMMAND}"
    );
}
