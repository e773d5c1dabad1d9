use serde_json::json;

use super::*;

/// The identifier of the event of an entry.
fn jti(entry: u64) -> String {
    format!("00000000-0000-4000-8000-{entry:012}")
}

/// An event with links to those of other entries.
pub(crate) fn event(entry: u64, links: &[(&str, u64)]) -> Event {
    let links: Vec<Value> = links.iter().map(|(rel, to)| json!({ "rel": rel, "jti": jti(*to) })).collect();
    serde_json::from_value(json!({
        "entry": entry, "jti": jti(entry), "event": "access.requested", "v": 1, "issuer": "sheriff/jail-records",
        "department": "sheriff", "seq": entry, "period": "2026-05", "matter": "h",
        "fields": { "occurred_at": "2026-05-04T10:00-06:00", "agency": "ice_ero", "links": links },
        "withheld": ["subject"],
    }))
    .unwrap()
}

#[test]
fn a_correction_stands_beside_the_original_with_its_differences_marked() {
    let original = event(1, &[]);
    let mut correction = event(2, &[("corrects", 1), ("of", 9)]);
    correction.fields.insert("agency".into(), "fbi".into());
    correction.fields.insert("channel".into(), "fax".into());
    let events = [original, correction, event(3, &[("follows", 1)])];
    let found = corrections(&events);
    assert_eq!(found.len(), 1, "what only follows corrects nothing");
    let lines = found[0].lines();
    let line = |name: &str| lines.iter().find(|line| line.field == name).unwrap();
    assert!(
        line("agency").differs && line("agency").original == "ice_ero" && line("agency").correction == "fbi"
    );
    assert!(line("channel").differs && line("channel").original.is_empty());
    assert!(!line("occurred_at").differs);
    assert!(lines.iter().all(|line| line.field != "links"), "links tell which is which and are no content");
    assert!(
        found[0].words().contains("entry 1") && found[0].words().contains("replaces"),
        "{}",
        found[0].words()
    );
}

#[test]
fn an_event_that_was_taken_back_is_said_to_be_and_stays_as_it_was() {
    let mut correction = event(2, &[("corrects", 1)]);
    correction.event = "record.corrected".into();
    correction.fields.insert("kind".into(), "entered_in_error".into());
    correction.fields.insert("reason".into(), "wrong_matter".into());
    let events = [event(1, &[]), correction];
    let found = corrections(&events);
    let words = found[0].words();
    assert!(words.contains("takes it back") && words.contains("wrong matter"), "{words}");
    assert!(found[0].lines().is_empty(), "it says nothing anew that could stand beside the original");
}

#[test]
fn what_a_department_signed_cannot_steer_the_terminal_of_who_reads_it() {
    assert_eq!(plain("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb c");
    assert_eq!(plain("x\u{202e}y\u{9b}"), "x\\u{202e}y\\u{9b}");
    assert_eq!(value(&json!("ä→Ω")), "ä→Ω");
    assert_eq!(value(&json!(["a\u{7}\u{9b}"])), "[\"a\\u0007\\u{9b}\"]");
}

#[test]
fn a_tombstone_says_in_words_what_happened_and_on_what_authority() {
    let sealed = Tombstone {
        kind: "sealed".into(),
        part: "all".into(),
        slots: Vec::new(),
        authority: "court_order".into(),
        period: "2026-05".into(),
        by_entry: 90,
    };
    assert_eq!(
        sealed.words(),
        "the restricted and the withheld fields are sealed: only those whom the order names may read them (authority: court order; 2026-05, entry 90)"
    );
    let erased = Tombstone { kind: "erased".into(), part: "withheld".into(), ..sealed };
    assert!(erased.words().starts_with("the withheld fields are erased: nobody can read them any more"));
    let slots = Tombstone { slots: vec!["matter_ref".into(), "case_number".into()], ..erased };
    let words = slots.words();
    assert!(
        words.starts_with("the withheld fields in the slots matter ref, case number are erased"),
        "{words}"
    );
}
