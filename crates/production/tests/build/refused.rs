//! What is refused, and what it is called: the entry, and what to do.

use daybook_production::build::BuildError;
use daybook_production::load::DatEncoding;
use daybook_production::profile::{Profile, Severity};
use daybook_production::sample::{Ledger, Special, Story};
use serde_json::Value;

use crate::desk::Desk;

/// The first record of the materials that goes out, and its entry.
const FIRST: &str = "entry 4";

fn spoiled(materials: fn(&mut Vec<Value>)) -> String {
    let mut desk = Desk::new();
    desk.materials = materials;
    let message = desk.refused();
    assert_eq!(
        desk.service.numbered(),
        None,
        "numbers are never given twice, so none are asked for in vain: {message}"
    );
    message
}

fn rests_on(authorities: fn(&mut Vec<Value>)) -> String {
    let mut desk = Desk::new();
    desk.authorities = authorities;
    desk.refused()
}

fn change(line: &mut Value, member: &str, change: impl Fn(&str) -> String) {
    let text = change(line[member].as_str().unwrap());
    line[member] = text.into();
}

fn said(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

/// Another character of the same alphabet in the middle of a text.
fn flip(text: &str) -> String {
    let at = text.len() / 2;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[test]
fn the_samples_first_line_is_the_entry_that_these_tests_name() {
    assert_eq!(Desk::new().service.materials()[0]["entry"], 4);
}

#[test]
fn a_wrong_byte_in_an_entry() {
    said(
        &spoiled(|lines| change(&mut lines[0], "bytes", flip)),
        &[FIRST, "not what the ledger signed", "fetch it from the ledger again"],
    );
}

#[test]
fn a_wrong_byte_in_a_disclosure() {
    let message = spoiled(|lines| {
        let first = flip(lines[0]["disclosures"][0].as_str().unwrap());
        lines[0]["disclosures"][0] = first.into();
    });
    said(&message, &[FIRST, "not one that was signed", "fetch it from the ledger again"]);
}

#[test]
fn a_disclosure_that_is_there_twice() {
    let message = spoiled(|lines| {
        let disclosures = lines[0]["disclosures"].as_array_mut().unwrap();
        disclosures.push(disclosures[0].clone());
    });
    said(&message, &[FIRST, "is there twice"]);
}

#[test]
fn a_wrong_byte_in_the_intake() {
    said(
        &spoiled(|lines| change(&mut lines[0], "intake", flip)),
        &[FIRST, "intake disclosure is of another entry"],
    );
}

#[test]
fn a_wrong_leaf_of_a_record_that_is_held_back() {
    let message = spoiled(|lines| {
        let line = lines.iter_mut().find(|line| line["state"] == "privileged").unwrap();
        let leaf = line["leaf"].as_str().unwrap();
        line["leaf"] = format!("{}{}", if leaf.starts_with('A') { "B" } else { "A" }, &leaf[1..]).into();
    });
    said(&message, &["entry ", "not what the ledger signed"]);
}

#[test]
fn an_entry_that_stands_elsewhere() {
    said(&spoiled(|lines| lines[0]["entry"] = 3.into()), &["entry 3", "not what the ledger signed"]);
    said(&spoiled(|lines| lines[0]["entry"] = 4_000.into()), &["entry 4000", "not below the checkpoint"]);
}

#[test]
fn a_line_too_few_too_many_or_out_of_order() {
    said(&spoiled(|lines| drop(lines.pop())), &["materials", "cut off", "fetch it from the ledger again"]);
    said(&spoiled(|lines| drop(lines.remove(2))), &["counts other records"]);
    said(&spoiled(|lines| lines.swap(0, 1)), &["materials, line 2", "does not come after"]);
    said(&spoiled(|lines| lines.insert(1, lines[0].clone())), &["materials, line 2", "does not come after"]);
    said(&spoiled(|lines| lines.push(lines[0].clone())), &["behind the one that ends it"]);
    let fewer = |lines: &mut Vec<Value>| {
        lines.remove(0);
        let end = lines.last_mut().unwrap();
        end["produced"] = (end["produced"].as_u64().unwrap() - 1).into();
    };
    said(&spoiled(fewer), &["6 records that go out", "production.opened says 7"]);
}

#[test]
fn a_line_of_another_form_and_nothing_of_it_is_repeated() {
    for spoil in [
        (|lines| lines[1]["colour"] = "red-secret".into()) as fn(&mut Vec<Value>),
        |lines| lines[1]["entry"] = "red-secret".into(),
        |lines| lines[1]["state"] = "red-secret".into(),
        |lines| lines[1]["code"] = "red-secret".into(),
        |lines| drop(lines[1].as_object_mut().unwrap().remove("locked")),
    ] {
        let message = spoiled(spoil);
        said(&message, &["materials, line 2", "fetch it from the ledger again"]);
        assert!(!message.contains("red-secret"), "{message}");
    }
}

#[test]
fn a_withheld_slot_that_was_not_opened() {
    let message = spoiled(|lines| {
        let open = lines
            .iter_mut()
            .find(|line| line["opened"].as_array().is_some_and(|opened| opened.len() > 1))
            .unwrap();
        open["opened"] = Value::Array(Vec::new());
    });
    said(&message, &["entry ", "withheld and was not opened", "approved opening"]);
}

#[test]
fn an_opened_slot_whose_disclosure_is_not_there() {
    let message = spoiled(|lines| {
        let open = lines
            .iter_mut()
            .find(|line| line["opened"].as_array().is_some_and(|opened| opened.len() > 1))
            .unwrap();
        open["disclosures"].as_array_mut().unwrap().pop();
    });
    said(
        &message,
        &["entry ", "goes out by the profile", "not among the materials", "fetch the materials again"],
    );
}

#[test]
fn a_locked_slot_whose_disclosure_is_there_or_that_there_is_not() {
    said(
        &spoiled(
            |lines| lines[0]["locked"] = serde_json::json!([{"slot": "details", "state": "sealed", "authority": "court_order", "by": 24}]),
        ),
        &[FIRST, "slot details is called sealed or erased"],
    );
    said(
        &spoiled(|lines| lines[0]["opened"] = serde_json::json!(["no_such_slot"])),
        &[FIRST, "its type does not have"],
    );
}

#[test]
fn an_order_whose_record_is_missing() {
    let message = rests_on(|lines| without(lines, 24));
    said(&message, &["entry 24", "sealed or erased by this entry"]);
}

/// Takes an authority away and makes the last line fit.
fn without(lines: &mut Vec<Value>, entry: u64) {
    lines.retain(|line| line["entry"] != entry);
    let end = lines.last_mut().unwrap();
    end["records"] = (end["records"].as_u64().unwrap() - 1).into();
}

#[test]
fn a_key_that_no_authority_registers_is_found_by_the_check_of_what_was_made() {
    let message = rests_on(|lines| without(lines, 2));
    said(
        &message,
        &["the package that was made does not hold (key)", "AUTHORITY/12.json", "verify the ledger"],
    );
}

#[test]
fn authorities_that_are_cut_or_of_another_ledger() {
    said(&rests_on(|lines| drop(lines.pop())), &["authorities", "cut off"]);
    said(&rests_on(|lines| drop(lines.remove(1))), &["authorities", "counts other records"]);
    said(&rests_on(|lines| change(&mut lines[1], "bytes", flip)), &["entry 1", "not what the ledger signed"]);
    said(&rests_on(|lines| lines[1] = lines[0].clone()), &["entry 0", "twice"]);
    said(&rests_on(|lines| lines[0]["kind"] = "statement".into()), &["entry 0", "no statement"]);
}

#[test]
fn an_entry_on_which_others_rest_and_that_is_held_back() {
    let key = |_: &mut Ledger, story: &mut Story| story.found.push((2, Special::Privileged));
    let message = Desk::of(Ledger::new(), key).refused();
    said(&message, &["entry 2", "others rest on it", "lets this entry go out"]);
}

#[test]
fn a_checkpoint_by_another_key() {
    let mut desk = Desk::new();
    let other = daybook_tlog::NoteSigner::from_seed("ledger.example/daybook".parse().unwrap(), [9; 32]);
    desk.policy = format!("log {}\nquorum none\n", other.vkey());
    said(&desk.refused(), &["checkpoint that was searched", "not one to be relied on"]);
}

#[test]
fn another_profile_than_the_one_that_was_recorded() {
    let mut desk = Desk::new();
    let toml = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../ops/profiles/protective-order.toml"
    ))
    .unwrap();
    desk.profile =
        Profile::parse("protective-order", &format!("{toml}\n"), daybook_event::Catalogue::builtin())
            .unwrap();
    said(&desk.refused(), &["opened under the profile protective-order", "give the file that was used then"]);
}

#[test]
fn a_notice_that_stops_it_names_the_entries() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new();
    desk.profile.federal_detainees = Severity::Block;
    let refused = desk.build(folder.path()).map(|done| done.pages).unwrap_err();
    let BuildError::Blocked(notices) = &refused else { panic!("{refused}") };
    assert!(notices.iter().all(|notice| notice.code == "8-cfr-236-6"));
    said(&refused.to_string(), &["Entry 4", "8 CFR 236.6"]);
    assert!(!folder.path().join("bag").exists(), "nothing was written, and nothing numbered");
}

#[test]
fn words_that_the_dat_cannot_hold_are_refused_before_there_are_numbers() {
    let mut desk = Desk::new();
    desk.encoding = DatEncoding::Cp1252;
    desk.words.custodian = "Urząd".into();
    said(&desk.refused(), &[FIRST, "column CUSTODIAN", "UTF-8"]);
}
