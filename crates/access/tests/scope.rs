//! Entries have one spelling that is accepted, and a size that is bounded.

use daybook_access::request::SEAL_READERS;
use daybook_access::{ActKind, ENTRIES_MAX, Entries, EntriesFault, PURPOSES, Part};
use daybook_event::{Catalogue, Class};
use serde_json::json;

#[test]
fn entries_are_read_and_written_in_their_shortest_form() {
    let entries = Entries::parse(&["0", "17", "20-22", "23", "999999999999"]).unwrap();
    assert_eq!(entries.to_strings(), ["0", "17", "20-23", "999999999999"]);
    assert_eq!(entries.iter().collect::<Vec<_>>(), [0, 17, 20, 21, 22, 23, 999_999_999_999]);
    assert_eq!((entries.len(), entries.last()), (7, 999_999_999_999));
    for entry in 0..30 {
        assert_eq!(entries.contains(entry), entries.iter().any(|one| one == entry), "{entry}");
    }
}

#[test]
fn other_spellings_are_refused() {
    for form in ["", "-", "017", "00", "+1", " 1", "1-", "-1", "3-3", "4-3", "1-2-3", "x", "1000000000000"] {
        assert_eq!(Entries::parse(&[form]), Err(EntriesFault::Form), "{form:?}");
    }
    for order in [["2", "1"], ["2", "2"], ["1-5", "5"], ["1-5", "2-3"]] {
        assert_eq!(Entries::parse(&order), Err(EntriesFault::Order), "{order:?}");
    }
    assert_eq!(Entries::parse::<&str>(&[]), Err(EntriesFault::Empty));
}

#[test]
fn one_act_is_about_a_bounded_number_of_entries() {
    let most = format!("0-{}", ENTRIES_MAX - 1);
    assert_eq!(Entries::parse(&[&most]).unwrap().len(), ENTRIES_MAX);
    assert_eq!(Entries::parse(&[most.as_str(), "9000"]), Err(EntriesFault::TooMany));
    assert_eq!(Entries::parse(&["0-999999999999"]), Err(EntriesFault::TooMany));
    let ranges: Vec<String> = (0..1025).map(|n| (n * 2).to_string()).collect();
    assert_eq!(Entries::parse(&ranges), Err(EntriesFault::TooMany));
    assert_eq!(Entries::parse(&ranges[..1024]).unwrap().len(), 1024);
}

#[test]
fn a_part_never_holds_public_fields() {
    for part in Part::ALL {
        assert!(!part.covers(Class::P));
        assert_eq!(Part::parse(part.as_str()), Some(part));
    }
    let covers = |part: Part| [part.covers(Class::R), part.covers(Class::W)];
    assert_eq!(Part::ALL.map(covers), [[false, true], [true, false], [true, true]]);
}

#[test]
fn the_catalogue_has_the_same_words() {
    let ty = Catalogue::builtin().latest("approval.requested").unwrap();
    let check = |field: &str, value: &str| {
        let mut flat = ty.example().clone();
        flat[field] = value.into();
        assert!(ty.check_value(&flat).is_ok(), "{field} {value}");
    };
    for act in ActKind::ALL {
        assert_eq!(ActKind::parse(act.as_str()), Some(act));
        if act.names_entries() {
            check("act", act.as_str());
        }
        act.authorities().iter().for_each(|authority| check("authority", authority));
    }
    Part::ALL.iter().for_each(|part| check("part", part.as_str()));
}

#[test]
fn a_request_for_an_export_names_its_query_and_no_entries() {
    let ty = Catalogue::builtin().latest("approval.requested").unwrap();
    let mut export = ty.example().clone();
    let fields = export.as_object_mut().unwrap();
    fields.remove("at_entries");
    fields.insert("act".into(), "export".into());
    fields.insert("query".into(), "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg".into());
    fields.insert("up_to".into(), 37_547.into());
    fields.insert("rows".into(), 12.into());
    for purpose in PURPOSES {
        let mut export = export.clone();
        export["purpose"] = purpose.into();
        assert!(ty.check_value(&export).is_ok(), "{purpose}");
    }
    assert!(ty.check_value(&export).is_err(), "without a purpose");
    export["purpose"] = "audit".into();
    export["at_entries"] = json!(["17"]);
    assert!(ty.check_value(&export).is_err(), "entries and a query");
}

#[test]
fn what_is_approved_can_be_recorded_as_carried_out() {
    let ty = Catalogue::builtin().latest("record.sealed").unwrap();
    for act in ActKind::ALL {
        let Some(kind) = act.sealed_kind() else { continue };
        for authority in act.authorities() {
            let mut flat = ty.example().clone();
            flat["kind"] = kind.into();
            flat["authority"] = (*authority).into();
            flat["at_entries"] = Entries::parse(&["17", "20-22"]).unwrap().to_strings().into();
            flat["part"] = Part::All.as_str().into();
            flat["readers"] = SEAL_READERS.iter().map(|role| role.as_str()).collect::<Vec<_>>().into();
            assert!(ty.check_value(&flat).is_ok(), "{kind} {authority}");
        }
    }
}
