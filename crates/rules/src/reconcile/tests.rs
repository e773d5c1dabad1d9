use std::sync::Arc;

use daybook_event::Said;
use serde_json::{Map, json};

use super::*;
use crate::fact::{MatterHasher, Reading};
use crate::pack::Pack;
use crate::ruleset::Ruleset;
use crate::verdict::FactFault;

struct Nowhere;

impl FactSource for Nowhere {
    fn load(&self, entry: u64) -> Result<Fact, FactFault> {
        Err(FactFault { entry, reason: "every fact is at hand".into() })
    }
}

fn denver() -> TimeZone {
    TimeZone::get("America/Denver").unwrap()
}

fn question(source: Source) -> Question {
    Question { source, department: "sheriff".into(), types: Vec::new(), zone: denver() }
}

/// A ledger of events: issuer, type, fields.
fn count(question: Question, events: &[(&str, &str, Value)]) -> LedgerMonths {
    let ruleset = Ruleset::new(Pack::builtin().unwrap(), None).unwrap();
    let mut engine = Engine::new(Arc::new(ruleset), Nowhere);
    let mut counter = LedgerCount::new(question);
    for (entry, (issuer, kind, fields)) in (0_u64..).zip(events) {
        let fields: Map<String, Value> = fields.as_object().unwrap().clone();
        let said = Said {
            iss: issuer.parse().unwrap(),
            jti: jti(entry),
            event: kind.parse().unwrap(),
            v: 1,
            period: fields["occurred_at"].as_str().and_then(Period::of_time).unwrap(),
            seq: entry,
            fields,
            hidden: Vec::new(),
        };
        let (zone, matters) = (denver(), MatterHasher::new(&[0; 32]));
        let context = Reading { zone: &zone, matters: &matters };
        let fact = Fact::new(entry, said, 1_800_000_000, &context);
        counter.look(&fact);
        engine.feed(fact).unwrap();
    }
    counter.finish(&engine)
}

fn jti(entry: u64) -> Jti {
    let mut bytes = [7; 16];
    bytes[8..].copy_from_slice(&entry.to_be_bytes());
    Jti::from_random(bytes)
}

fn month(text: &str) -> Period {
    text.parse().unwrap()
}

fn months<const N: usize>(counts: [(&str, u64); N]) -> BTreeMap<Period, u64> {
    counts.into_iter().map(|(text, count)| (month(text), count)).collect()
}

fn form(format: Option<&str>) -> DayForm {
    DayForm::new(format, denver(), "2026-11-22".parse().unwrap()).unwrap()
}

#[test]
fn faxes_of_the_department_are_counted_in_the_month_in_which_they_came_here() {
    let fax = |at: &str| json!({"channel": "fax", "request_kind": "hold", "occurred_at": at});
    let counts = count(
        question(Source::FaxLog),
        &[
            ("sheriff/jail-records", "request.received", fax("2026-03-31T23:30-06:00")),
            // Half past five in the morning in London is the evening before in Denver.
            ("sheriff/jail-records", "request.received", fax("2026-04-01T05:30Z")),
            ("sheriff/front-desk", "request.received", fax("2026-04-01")),
            ("police/dispatch", "request.received", fax("2026-03-05")),
            ("sheriff/jail-records", "release.completed", json!({"occurred_at": "2026-03-05"})),
            (
                "sheriff/jail-records",
                "request.received",
                json!({"channel": "email", "request_kind": "hold", "occurred_at": "2026-03-05"}),
            ),
        ],
    );
    assert_eq!(counts.counts, months([("2026-03", 2), ("2026-04", 1)]));
}

#[test]
fn what_was_corrected_counts_once_and_what_was_entered_in_error_not_at_all() {
    let fax = json!({"channel": "fax", "request_kind": "hold", "occurred_at": "2026-03-05"});
    let mut replaced = fax.clone();
    replaced["occurred_at"] = "2026-04-05".into();
    replaced["links"] = json!([{"rel": "corrects", "jti": jti(0).to_string()}]);
    let back = json!({
        "corrected_type": "request.received", "kind": "entered_in_error", "reason": "duplicate", "occurred_at": "2026-03-06",
        "links": [{"rel": "corrects", "jti": jti(2).to_string()}],
    });
    let counts = count(
        question(Source::FaxLog),
        &[
            ("sheriff/jail-records", "request.received", fax.clone()),
            ("sheriff/jail-records", "request.received", replaced),
            ("sheriff/jail-records", "request.received", fax),
            ("sheriff/jail-records", "record.corrected", back),
        ],
    );
    assert_eq!(counts.counts, months([("2026-04", 1)]));
}

#[test]
fn who_is_handed_over_leaves_the_jail_once() {
    let at = |matter: &str| json!({"occurred_at": "2026-03-05", "matter_ref": matter});
    let counts = count(
        question(Source::JailReleases),
        &[
            ("sheriff/jail-records", "custody.transferred", at("a")),
            ("sheriff/jail-records", "release.completed", at("a")),
            ("sheriff/jail-records", "release.completed", at("b")),
            ("sheriff/jail-records", "custody.transferred", at("c")),
        ],
    );
    assert_eq!(counts.counts, months([("2026-03", 3)]));
}

#[test]
fn types_of_ones_own_choice_are_counted_instead() {
    let types = vec!["request.received".to_owned(), "access.requested".to_owned()];
    let question = Question { types, ..question(Source::IceList) };
    assert_eq!(question.counted_type(), "request.received");
    let at = json!({"occurred_at": "2026-03-05", "request_kind": "records"});
    let events = ["request.received", "access.requested", "release.completed"];
    let events = events.map(|kind| ("sheriff/jail-records", kind, at.clone()));
    assert_eq!(count(question, &events).counts, months([("2026-03", 2)]));
}

#[test]
fn the_same_counts_are_known_and_other_counts_are_not() {
    let counted = |department: &str, outside: u64| {
        json!({
            "source": "fax_log", "about_department": department, "counted_period": "2026-03", "counted_type": "request.received",
            "recorded": 0, "outside": outside, "difference": 0, "occurred_at": "2026-04-02",
        })
    };
    let known = |events: &[(&str, &str, Value)], outside: u64| {
        let ledger = count(question(Source::FaxLog), events);
        let outside = OutsideMonths { counts: months([("2026-03", outside)]) };
        compare(&ledger, &outside, None, None).unwrap()[0].known
    };
    let auditor = "auditor/office";
    assert!(known(&[(auditor, "count.reconciled", counted("sheriff", 6))], 6));
    assert!(!known(&[(auditor, "count.reconciled", counted("sheriff", 6))], 5));
    assert!(!known(&[(auditor, "count.reconciled", counted("police", 6))], 6));
    // The last word counts: they agreed on 6, then on 5.
    let both = [
        (auditor, "count.reconciled", counted("sheriff", 6)),
        (auditor, "count.reconciled", counted("sheriff", 5)),
    ];
    assert!(!known(&both, 6));
    assert!(known(&both, 5));
}

#[test]
fn months_without_a_row_count_as_none_and_are_told_apart() {
    let mut outside = OutsideMonths::default();
    for day in ["01/05/2026", "01/31/2026", "03/02/2026"] {
        outside.item(day, &form(Some("%m/%d/%Y"))).unwrap();
    }
    let ledger = LedgerMonths { counts: months([("2026-02", 4), ("2026-07", 1)]), ..LedgerMonths::default() };
    let months = compare(&ledger, &outside, None, Some(month("2026-04"))).unwrap();
    let told: Vec<_> =
        months.iter().map(|one| (one.ledger, one.outside, one.difference(), one.listed)).collect();
    assert_eq!(told, [(0, 2, -2, true), (4, 0, 4, false), (0, 1, -1, true), (0, 0, 0, false)]);
}

#[test]
fn days_are_read_in_the_form_that_was_named_and_in_no_other() {
    let read = |format: Option<&str>, text: &str| form(format).month(text).map(|month| month.to_string());
    assert_eq!(read(Some("%m/%d/%Y"), " 03/04/2026 "), Ok("2026-03".into()));
    assert_eq!(read(Some("%m/%d/%y %I:%M %p"), "03/04/26 11:59 PM"), Ok("2026-03".into()));
    assert_eq!(read(None, "2026-03-31"), Ok("2026-03".into()));
    assert_eq!(read(None, "2026-03-31 23:59:59"), Ok("2026-03".into()));
    assert_eq!(read(None, "2026-04-01T05:30Z"), Ok("2026-03".into()));
    assert_eq!(read(Some("%Y-%m-%d %H:%M %z"), "2026-04-01 05:30 +0000"), Ok("2026-03".into()));
    for wrong in ["", "13/32/2026", "2026-03-04", "03/04/2026 late", "3-4-2026"] {
        assert_eq!(read(Some("%m/%d/%Y"), wrong), Err(Unreadable::NoDay), "{wrong}");
    }
    for wrong in ["", "03/04/2026", "2026-3-4", "2026-02-30", "2026-03-31x", "ééééééééééé"] {
        assert_eq!(read(None, wrong), Err(Unreadable::NoDay), "{wrong}");
    }
    assert_eq!(read(Some("%m/%d/%Y"), "11/22/2026"), Ok("2026-11".into()));
    assert_eq!(read(Some("%m/%d/%Y"), "11/23/2026"), Err(Unreadable::Future));
}

#[test]
fn a_form_without_a_whole_day_is_refused_before_any_row_is_read() {
    for wrong in ["%m/%Y", "day", "%Q", "%", "%H:%M"] {
        assert_eq!(
            DayForm::new(Some(wrong), denver(), "2026-11-22".parse().unwrap()).err(),
            Some(NoFormat),
            "{wrong}"
        );
    }
}

#[test]
fn counts_by_month_are_taken_once_each() {
    let mut outside = OutsideMonths::default();
    let form = form(None);
    assert_eq!(outside.month("2026-03", " 6", &form), Ok(()));
    assert_eq!(outside.month("2026-03", "6", &form), Err(Unreadable::Twice));
    assert_eq!(outside.month("March", "6", &form), Err(Unreadable::NoMonth));
    assert_eq!(outside.month("2026-04", "-1", &form), Err(Unreadable::NoCount));
    assert_eq!(outside.month("2026-04", "10000000", &form), Err(Unreadable::NoCount));
    assert_eq!(outside.month("2026-12", "1", &form), Err(Unreadable::Future));
    assert_eq!(outside.counts, months([("2026-03", 6)]));
}

#[test]
fn a_range_has_months_and_not_too_many() {
    let (ledger, outside) = (LedgerMonths::default(), OutsideMonths::default());
    let range = |from, to| compare(&ledger, &outside, from, to).map(|months| months.len());
    assert_eq!(range(None, Some(month("2026-03"))), Err(RangeFault::Empty));
    assert_eq!(range(Some(month("2026-04")), Some(month("2026-03"))), Err(RangeFault::Backwards));
    assert_eq!(range(Some(month("2006-12")), Some(month("2026-11"))), Ok(MONTHS_MAX));
    assert_eq!(range(Some(month("0206-11")), Some(month("2026-11"))), Err(RangeFault::TooMany));
}

#[test]
fn every_source_counts_types_that_the_catalogue_has() {
    for source in Source::ALL {
        assert!(daybook_event::Catalogue::builtin().latest(source.counted_type()).is_some());
        assert_eq!(Source::of_name(source.name()), Some(source));
        assert!(source.counts().starts_with(source.counted_type()));
    }
}
