//! From the request to the clawback: what a recipient gets, and what the ledger says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use daybook_event::{Catalogue, Token};
use serde_json::{Value, json};

use crate::city::{
    self, ERASED_EVENT, ERASED_SLOT, EXCLUDED, OPENED_SLOT, PRIVILEGED, SEALED_EVENT, SEALED_SLOT,
};
use crate::made::{MADE, verify};

#[test]
fn a_recipient_with_the_ledgers_key_from_elsewhere_finds_that_everything_holds() {
    let made = &*MADE;
    let policy = made.folder.path().join("trust.policy");
    for production in [&made.all, &made.matter, &made.rest] {
        let zip = made.folder.path().join(format!("{}.zip", production.name));
        for more in [["--log-key", made.log_key.as_str()], ["--policy", policy.to_str().expect("a path")]] {
            let (code, report) = verify(&zip, &more);
            assert_eq!((code, &report["ok"]), (Some(0), &json!(true)), "{report:#}");
            let outcomes: BTreeSet<&str> = report["checks"]
                .as_array()
                .expect("checks")
                .iter()
                .filter_map(|check| check["outcome"].as_str())
                .collect();
            assert_eq!(outcomes, BTreeSet::from(["held"]), "{report:#}");
            let asked = &made.asked[&production.name];
            assert_eq!(report["counts"]["produced"], asked["produced"]);
            assert_eq!(report["counts"]["withheld"], asked["withheld"]);
            assert_eq!(report["searched_size"], asked["searched_size"]);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let (code, report) = verify(&production.unpack(folder.path()), &["--log-key", &made.log_key]);
        assert_eq!((code, &report["ok"]), (Some(0), &json!(true)), "unpacked: {report:#}");
    }
}

#[test]
fn every_type_that_departments_publish_goes_out() {
    let made = &*MADE;
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    for (_, record) in made.all.natives().values() {
        let token = Token::parse(record.event.as_bytes()).expect("an event");
        *types.entry(token.claims().event.to_string()).or_default() += 1;
    }
    assert_eq!(types.keys().cloned().collect::<Vec<_>>(), city::published());
    let beside = made.matter.natives().len() + made.rest.natives().len();
    println!(
        "{} types in {} records; {beside} in the two productions beside it",
        types.len(),
        made.all.natives().len()
    );
    // What the first holds back as privileged and excluded goes out in the others; what was erased is out of its matter, and in the first only.
    assert_eq!(beside - 2, made.all.natives().len() - 1);
}

/// Rows of a log by the number of their entry.
fn by_entry(rows: Vec<BTreeMap<String, String>>) -> BTreeMap<String, Vec<BTreeMap<String, String>>> {
    let mut by_entry: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for row in rows {
        by_entry.entry(row["LOGINDEX"].clone()).or_default().push(row);
    }
    by_entry
}

#[test]
fn what_is_held_back_stands_in_the_logs_with_its_reason() {
    let made = &*MADE;
    let withheld = by_entry(made.all.rows("data/LOGS/withheld.csv"));
    let held = |ty: &str| withheld[&made.city.first(ty)][0].clone();
    assert_eq!(
        (held(PRIVILEGED)["STATE"].as_str(), held(PRIVILEGED)["REASON"].as_str()),
        ("privileged", "attorney-client")
    );
    assert_eq!(
        (held(EXCLUDED)["STATE"].as_str(), held(EXCLUDED)["REASON"].as_str()),
        ("excluded", "agreement")
    );
    assert_eq!(held(SEALED_EVENT)["STATE"], "sealed");
    assert_eq!(held(SEALED_EVENT)["AUTHORITY"], "court_order");
    assert!(!held(SEALED_EVENT)["ORDEREDBY"].is_empty());
    assert_eq!(withheld.len() as u64, made.asked[&made.all.name]["withheld"].as_u64().expect("a number"));
    let privileges = made.all.rows("data/LOGS/privilege-log.csv");
    assert_eq!(privileges.len(), 1);
    assert_eq!(privileges[0]["LOGINDEX"], made.city.first(PRIVILEGED));
    assert!(!privileges[0]["BASIS"].is_empty());
}

#[test]
fn each_slot_that_stays_back_is_a_row_with_reason_authority_and_order() {
    let made = &*MADE;
    let rows = by_entry(made.all.rows("data/LOGS/redaction-log.csv"));
    let slot = |ty: &str, slot: &str| {
        let rows = rows.get(&made.city.first(ty)).map(Vec::as_slice).unwrap_or_default();
        rows.iter().find(|row| row["SLOT"] == slot).cloned()
    };
    let state =
        |ty: &str, name: &str| slot(ty, name).map(|row| (row["STATE"].clone(), row["AUTHORITY"].clone()));
    let pair = |state: &str, authority: &str| Some((state.to_owned(), authority.to_owned()));
    assert_eq!(state(SEALED_SLOT.0, SEALED_SLOT.1), pair("sealed", "statute"));
    assert_eq!(state(ERASED_SLOT.0, ERASED_SLOT.1), pair("erased", "statute"));
    assert_eq!(state(OPENED_SLOT.0, OPENED_SLOT.1), None, "an approved opening covers it");
    assert_eq!(
        state("request.received", "recorder"),
        pair("withheld", "Protective order of 2026-11-02, paragraph 4")
    );
    let erased = Catalogue::builtin().latest(ERASED_EVENT).expect("a type");
    for erased in erased.slots() {
        assert_eq!(
            state(ERASED_EVENT, &erased.name),
            pair("erased", "retention_schedule"),
            "{}",
            erased.name
        );
    }
    for row in rows.values().flatten() {
        assert_eq!(row["ORDEREDBY"].is_empty(), row["STATE"] == "withheld", "{row:?}");
        assert!(
            !row["REASON"].is_empty() && !row["AUTHORITY"].is_empty() && !row["LABEL"].is_empty(),
            "{row:?}"
        );
    }
    // The review said the same before anything left.
    let review: Vec<_> = made.review.iter().filter(|line| line["state"] == "produced").collect();
    assert_eq!(review.len(), made.all.natives().len());
    for line in review {
        let back: BTreeSet<String> = line["slots"]
            .as_array()
            .expect("slots")
            .iter()
            .filter(|slot| slot["becomes"] != "shown")
            .map(|slot| {
                format!(
                    "{} {}",
                    slot["slot"].as_str().expect("a slot"),
                    slot["becomes"].as_str().expect("a word")
                )
            })
            .collect();
        let logged = rows.get(&line["entry"].to_string()).map(Vec::as_slice).unwrap_or_default();
        let logged: BTreeSet<String> =
            logged.iter().map(|row| format!("{} {}", row["SLOT"], row["STATE"])).collect();
        assert_eq!(back, logged, "entry {}", line["entry"]);
    }
    let end = made.review.last().expect("a last line");
    assert_eq!((&end["end"], &end["blocked"]), (&json!(true), &json!(false)));
}

/// Every text in a value, however deep.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_review_shows_no_value_that_is_not_public() {
    let made = &*MADE;
    let mut searched = 0;
    for line in made.review.iter().filter(|line| line["state"] == "produced") {
        let index = line["entry"].as_u64().expect("an entry");
        let record = &made.all.natives()[&index].1;
        let token = Token::parse(record.event.as_bytes()).expect("an event");
        let public: BTreeSet<&str> = texts(&line["public"]).into_iter().collect();
        let shown: BTreeSet<&str> = texts(line).into_iter().collect();
        for disclosure in token.disclosures() {
            let list: Value =
                serde_json::from_slice(&daybook_event::b64::decode(disclosure).expect("base64url"))
                    .expect("JSON");
            // A code of few letters may be the name of something else; what tells something is longer.
            for text in texts(&list[1]).into_iter().filter(|text| text.len() > 12 && !public.contains(text)) {
                assert!(!shown.contains(text), "entry {index}: the review shows a restricted value");
                searched += 1;
            }
        }
    }
    println!("{searched} restricted values, none of them in the review");
    assert!(searched > made.review.len());
}

#[test]
fn nothing_that_stays_back_is_anywhere_in_the_package() {
    let made = &*MADE;
    let disclosures = made.withheld.values().flat_map(|secrets| &secrets.disclosures);
    let secrets: BTreeSet<&str> = disclosures.map(String::as_str).chain([city::MATTER]).collect();
    for (name, bytes) in &made.all.files {
        for secret in &secrets {
            let found = memchr::memmem::find(bytes, secret.as_bytes()).is_some();
            assert!(!found, "{name} holds something that stays back");
        }
    }
    println!("{} texts that stay back are in none of {} files", secrets.len(), made.all.files.len());
    assert!(secrets.len() > 2 * made.all.natives().len());
}

#[test]
fn the_page_by_hand_holds_with_bash_coreutils_and_openssl_alone() {
    let made = &*MADE;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/hand_check.sh");
    for production in [&made.all, &made.matter, &made.rest] {
        let folder = tempfile::tempdir().expect("a folder");
        let output = Command::new(&script).arg(production.unpack(folder.path())).output().expect("it starts");
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("All checks of this page hold."), "{said}");
    }
}

#[test]
fn every_step_is_on_the_ledger_up_to_the_clawback() {
    let made = &*MADE;
    let shown = |name: &str| &made.shown[name];
    for production in [&made.all, &made.matter, &made.rest] {
        let shown = shown(&production.name);
        assert_eq!(shown["request"]["state"], "approved", "{shown:#}");
        assert_eq!(shown["request"]["by"], "p-0001");
        let zip_hash = daybook_event::b64::encode(daybook_event::hash::sha256(&production.zip));
        assert_eq!(shown["delivered"][0]["package_hash"], json!(zip_hash));
        let custody: Vec<Value> = production
            .text("data/LOGS/custody.jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let steps: Vec<&str> = custody.iter().filter_map(|step| step["step"].as_str()).collect();
        assert_eq!(
            steps,
            ["production.opened", "approval.requested", "approval.decided", "production.numbered"]
        );
        assert_eq!((&custody[0]["account"], &custody[2]["account"]), (&json!("c-0001"), &json!("p-0001")));
    }
    assert_eq!(shown(&made.rest.name)["state"], "delivered");
    let replaced = shown(&made.matter.name);
    assert_eq!(replaced["state"], "withdrawn");
    assert_eq!(replaced["withdrawn"][0]["kind"], "superseded");
    assert_eq!(replaced["withdrawn"][0]["replaced_by"], json!(made.all.name));
    let back = &shown(&made.all.name)["withdrawn"][0];
    assert_eq!((&back["kind"], &back["ground"]), (&json!("clawed_back"), &json!("privileged")));
    assert_eq!(back["bates"], json!(["1", "3-4"]));
}

#[test]
fn no_page_has_a_number_that_another_production_has() {
    let made = &*MADE;
    let mut free = 1;
    // They were numbered in this order.
    for production in [&made.all, &made.matter, &made.rest] {
        let rows = production.rows("data/VOL001/DATA/VOL001.csv");
        for row in &rows {
            let number = |column: &str| {
                let digits = row[column].strip_prefix("DAYB-26CR1187-").expect("the prefix");
                assert_eq!(digits.len(), 8);
                digits.parse::<u64>().expect("a number")
            };
            assert_eq!(number("BEGBATES"), free, "{}", production.name);
            free = number("ENDBATES") + 1;
            assert_eq!(row["PGCOUNT"], (free - number("BEGBATES")).to_string());
        }
    }
    println!("{} pages in three productions, none with a number of another", free - 1);
}
