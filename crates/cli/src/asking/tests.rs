use super::*;

#[test]
fn entries_are_named_in_any_order_and_asked_for_in_that_of_the_log() {
    let named = |items: &[&str]| entries(&items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>());
    assert_eq!(named(&["20-22", "17", "23"]).unwrap(), ["17", "20-23"]);
    assert!(named(&["17", "17"]).is_err(), "named twice");
    assert!(named(&["0-4096"]).is_err(), "too many");
    assert!(named(&["x"]).unwrap_err().to_string().starts_with("--entry: "));
}

#[test]
fn a_value_from_a_file_is_one_line_and_the_fault_does_not_repeat_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = |text: &str| {
        let path = dir.path().join("value");
        std::fs::write(&path, text).unwrap();
        value_from(&path)
    };
    assert_eq!(file("CV-2026-117\r\n").unwrap(), "CV-2026-117");
    assert!(file("").is_err());
    let fault = file("secret\nmore\n").unwrap_err().to_string();
    assert!(fault.contains("one line") && !fault.contains("secret"), "{fault}");
    assert!(file(&"x".repeat(1_025)).is_err(), "a whole file is no value");
}

fn asked() -> Asked {
    Asked { request: "r".into(), entry: 90, at_entries: vec!["17".into(), "20-22".into()] }
}

#[test]
fn whoever_asks_reads_that_nothing_has_happened_and_what_the_second_person_does() {
    let words = told(ActKind::Seal, &asked(), 4, false).join("\n");
    assert!(words.contains("seal 4 records: entries 17, 20-22"), "{words}");
    assert!(words.contains("Nothing has happened yet") && words.contains("within 7 days"), "{words}");
    assert!(words.contains("  daybook approvals approve r"), "{words}");
    assert!(!words.contains("open values"), "{words}");
}

#[test]
fn an_opening_on_a_courts_order_waits_for_nobody() {
    let words = told(ActKind::Open, &asked(), 4, true).join("\n");
    assert!(!words.contains("approvals approve") && words.contains("daybook open values r"), "{words}");
    let words = told(ActKind::Open, &asked(), 4, false).join("\n");
    assert!(words.contains("approvals approve r") && words.contains("open values r"), "{words}");
}
