//! The auditors' index is derived: whatever happens to it, the answers are the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use daybook_tests::{Account, Ledger, Random, daybook, run_ok};
use serde_json::{Value, json};

use crate::city;

fn queries() -> Vec<Value> {
    vec![
        json!({}),
        json!({ "order": "oldest", "limit": 7 }),
        json!({ "types": ["request.received", "release.notice_sent"] }),
        json!({ "departments": ["police"], "facets": ["type", "period", "code:request_kind"] }),
        json!({ "codes": { "request_kind": ["release_notice"] }, "occurred": { "from": "2026-09-15" } }),
        json!({ "received": { "to": "2026-01-01" } }),
    ]
}

/// The answers at a size of the log, once the service gives them.
fn answers(account: &Account, at: u64) -> Vec<String> {
    let started = Instant::now();
    let ask = |query: &Value| loop {
        let mut query = query.clone();
        query["at"] = at.into();
        let answer = account.post("/v1/events/search", &query);
        match answer {
            Ok(answer) if answer.status == 200 => return answer.text(),
            other => assert!(started.elapsed() < Duration::from_secs(30), "{other:?}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    queries().iter().map(ask).collect()
}

pub(crate) fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for file in fs::read_dir(dir).into_iter().flatten() {
        let path = file.expect("a file").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
    found.sort();
}

#[test]
fn an_index_that_is_deleted_or_damaged_is_rebuilt_and_the_answers_are_the_same() {
    let mut ledger = Ledger::running();
    city::at_work(&ledger, 6);
    let auditor = ledger.account("a-0001", "auditor", None);
    let at = ledger.size();
    let before = answers(&auditor, at);
    assert!(before[0].contains("\"entry\""));
    let mut random = Random::new(20_261_122);
    for round in 0..6 {
        if round % 2 == 0 {
            ledger.kill()
        } else {
            ledger.stop()
        }
        let index = ledger.dir().join("index");
        let mut all = Vec::new();
        files(&index, &mut all);
        assert!(!all.is_empty());
        let file = all[random.below(all.len() as u64) as usize].clone();
        match round {
            0 => fs::remove_dir_all(&index).expect("removed"),
            1 => fs::remove_file(&file).expect("removed"),
            2 => fs::write(&file, b"").expect("written"),
            _ => {
                let mut bytes = fs::read(&file).expect("read");
                for _ in 0..8 {
                    if !bytes.is_empty() {
                        let place = random.below(bytes.len() as u64) as usize;
                        bytes[place] ^= 1 << random.below(8);
                    }
                }
                fs::write(&file, bytes).expect("written");
            }
        }
        println!("round {round}: {}", file.display());
        ledger.start();
        assert_eq!(answers(&auditor, at), before, "round {round}: {}", file.display());
    }
    ledger.stop();
    ledger.verify();
    let upkeep = |what: &str| run_ok(daybook().args(["index", what, "--dir"]).arg(ledger.dir()));
    let rebuilt = String::from_utf8_lossy(&upkeep("rebuild").stdout).into_owned();
    assert!(rebuilt.starts_with(&format!("{} entries indexed", ledger.size())), "{rebuilt}");
    upkeep("check");
}
