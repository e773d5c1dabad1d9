//! Productions: what must come before each step, whose numbers are whose, and what of a record goes out.

mod story;

use daybook_access::{
    Access, AccessFault, ActKind, Disposition, Figures, NewProduction, NewRequest, Numbers, Part,
    ProductionQuery, ProductionState, SlotStanding, Withdrawal,
};
use daybook_event::{Class, Jti, b64};
use proptest::prelude::*;
use serde_json::{Value, json};
use story::{DAY, Story, apply, new};

const PREFIX: &str = "DAYB-26CR1187-";
const ACCESS: &str = "ledger/access";
const QUERY: &str = r#"{"entries":["17","20-22"],"privileged":[{"entries":["20"],"privilege":"attorney-client"}],"excluded":[{"entries":["21"],"reason":"agreement"}]}"#;

fn code<T: std::fmt::Debug>(result: Result<T, AccessFault>) -> &'static str {
    let fault = result.expect_err("this is refused");
    assert!(fault.to_string().len() > 10 && fault.remedy().ends_with('.'), "{fault}");
    fault.code()
}

fn name(number: u64) -> String {
    format!("{PREFIX}P{number:04}")
}

/// What `production.opened` says: four records found, two of which go out.
fn statement(number: u64) -> Value {
    json!({
        "basis": "discovery", "production": name(number), "bates_prefix": PREFIX, "requester": "defense",
        "account": "custodian", "query": QUERY, "searched_size": 100, "found": 4, "produced": 2, "withheld": 2,
    })
}

fn opened(story: &mut Story, number: u64) -> Jti {
    story.say(ACCESS, "production.opened", None, statement(number))
}

fn asked(story: &mut Story, account: &str, opened: Jti) -> Jti {
    let production = Some(opened);
    let authority = "discovery".to_owned();
    story.ask(account, &NewRequest { production, authority, ..new(ActKind::Produce, &[]) })
}

/// Opened, asked and approved.
fn approved(story: &mut Story, number: u64) -> Jti {
    let opened = opened(story, number);
    let request = asked(story, "custodian", opened);
    story.decide("approver", &request, "approved");
    opened
}

fn of(opened: Jti, mut fields: Value) -> Value {
    fields["links"] = json!([{"rel": "of", "jti": opened}]);
    fields
}

fn numbered(story: &mut Story, opened: Jti, number: u64, first: u64, last: u64) {
    let fields = json!({"production": name(number), "bates_prefix": PREFIX, "first": first, "last": last, "documents": 2});
    story.say(ACCESS, "production.numbered", None, of(opened, fields));
}

fn numbered_for(story: &mut Story, opened: Jti, documents: u64) {
    let fields =
        json!({"production": name(1), "bates_prefix": PREFIX, "first": 1, "last": 9, "documents": documents});
    story.say(ACCESS, "production.numbered", None, of(opened, fields));
}

fn built(story: &mut Story, opened: Jti, number: u64, (first, last): (u64, u64), hash: [u8; 32]) {
    let fields = json!({
        "production": name(number), "bag_hash": b64::encode(hash), "records": 2, "withheld": 2, "bates_first": first,
        "bates_last": last,
    });
    story.say(ACCESS, "production.built", None, of(opened, fields));
}

fn delivered(story: &mut Story, opened: Jti, number: u64, hash: [u8; 32]) {
    let fields = json!({
        "basis": "discovery", "format": "production", "requester": "defense", "entries": 2, "production": name(number),
        "package_hash": b64::encode(hash),
    });
    story.say(ACCESS, "export.produced", None, of(opened, fields));
}

fn withdrawn(story: &mut Story, opened: Jti, number: u64, bates: &[&str]) {
    let fields =
        json!({"kind": "clawed_back", "production": name(number), "bates": bates, "ground": "privileged"});
    story.say(ACCESS, "production.withdrawn", None, of(opened, fields));
}

fn state(story: &Story, number: u64) -> &'static str {
    let production = story.access.production(&name(number)).expect("a production");
    story.access.production_state(production, story.now).as_str()
}

fn numbers(story: &Story, account: &str, number: u64, figures: (u64, u64)) -> Result<Numbers, AccessFault> {
    story.access.check_numbers(&story.session(account), &name(number), figures, story.now)
}

fn materials(story: &Story, account: &str, number: u64) -> Result<(), AccessFault> {
    story.access.check_materials(&story.session(account), &name(number), story.now).map(drop)
}

fn building(story: &Story, number: u64, hash: u8, figures: (u64, u64)) -> Result<bool, AccessFault> {
    let session = story.session("custodian");
    let built = story.access.check_built(&session, &name(number), &[hash; 32], figures, story.now);
    built.map(|built| built.is_some())
}

fn delivering(story: &Story, number: u64, hash: u8) -> Result<bool, AccessFault> {
    let session = story.session("custodian");
    let before = story.access.check_delivered(&session, &name(number), &[hash; 32], story.now);
    before.map(|before| before.is_some())
}

fn clawback(bates: &[&str]) -> Withdrawal {
    Withdrawal {
        kind: "clawed_back".to_owned(),
        replaced_by: None,
        bates: bates.iter().map(|item| (*item).to_owned()).collect(),
        ground: "privileged".to_owned(),
    }
}

fn withdrawing(story: &Story, number: u64, what: &Withdrawal) -> Result<bool, AccessFault> {
    let session = story.session("custodian");
    let before = story.access.check_withdraw(&session, &name(number), what, story.now);
    before.map(|before| before.is_some())
}

#[test]
fn a_production_goes_step_by_step_and_each_step_is_answered_again_with_the_same_figures() {
    let mut story = Story::with_accounts();
    let production = opened(&mut story, 1);
    assert_eq!((state(&story, 1), code(materials(&story, "custodian", 1))), ("opened", "not-approved"));
    let request = asked(&mut story, "custodian", production);
    assert_eq!(code(materials(&story, "custodian", 1)), "not-approved");
    story.decide("approver", &request, "approved");
    assert_eq!((state(&story, 1), materials(&story, "custodian", 1)), ("approved", Ok(())));
    assert_eq!(code(building(&story, 1, 7, (2, 2))), "not-numbered");
    let session = story.session("custodian");
    assert_eq!(code(story.access.check_authorities(&session, &name(1), story.now)), "not-numbered");
    assert_eq!(numbers(&story, "custodian", 1, (2, 9)), Ok(Numbers::Free { first: 1, last: 9 }));
    for figures in [(1, 9), (3, 9), (2, 1), (2, 0)] {
        assert_eq!(code(numbers(&story, "custodian", 1, figures)), "production-figures", "{figures:?}");
    }
    [1, 3].into_iter().for_each(|documents| numbered_for(&mut story, production, documents));
    assert_eq!(state(&story, 1), "approved", "for other documents than it has");
    numbered(&mut story, production, 1, 1, 9);
    assert_eq!(state(&story, 1), "numbered");
    assert!(matches!(numbers(&story, "custodian", 1, (2, 9)), Ok(Numbers::Given(given)) if given.last == 9));
    for figures in [(2, 8), (2, 10), (3, 9)] {
        assert_eq!(
            code(numbers(&story, "custodian", 1, figures)),
            "already-numbered-otherwise",
            "{figures:?}"
        );
    }
    assert_eq!(code(delivering(&story, 1, 9)), "not-built");
    assert_eq!(code(building(&story, 1, 7, (2, 1))), "production-figures");
    assert_eq!(building(&story, 1, 7, (2, 2)), Ok(false));
    built(&mut story, production, 1, (1, 9), [7; 32]);
    assert_eq!((state(&story, 1), building(&story, 1, 7, (2, 2))), ("built", Ok(true)));
    assert_eq!(code(building(&story, 1, 8, (2, 2))), "already-built-otherwise");
    assert_eq!(delivering(&story, 1, 9), Ok(false));
    delivered(&mut story, production, 1, [9; 32]);
    assert_eq!((state(&story, 1), delivering(&story, 1, 9)), ("delivered", Ok(true)));
    assert_eq!(code(delivering(&story, 1, 8)), "already-delivered-otherwise");
    // What the log says a second time, otherwise, does not count.
    built(&mut story, production, 1, (1, 9), [8; 32]);
    delivered(&mut story, production, 1, [8; 32]);
    assert_eq!((building(&story, 1, 7, (2, 2)), delivering(&story, 1, 9)), (Ok(true), Ok(true)));
    // Long after, it is built again as it was.
    story.now += 300 * DAY;
    assert_eq!(materials(&story, "custodian", 1), Ok(()));
    assert!(matches!(numbers(&story, "custodian", 1, (2, 9)), Ok(Numbers::Given(_))));
}

#[test]
fn nobody_goes_on_with_a_production_that_is_not_approved_or_is_somebody_elses() {
    let mut story = Story::with_accounts();
    let production = opened(&mut story, 1);
    assert_eq!(code(materials(&story, "custodian", 2)), "unknown-production");
    let stranger = asked(&mut story, "custodian-2", production);
    assert!(story.access.request(&stranger).is_none(), "only who opened it asks");
    let request = asked(&mut story, "custodian", production);
    let again = asked(&mut story, "custodian", production);
    assert!(story.access.request(&again).is_none(), "and once");
    // The one who asked cannot approve, under whatever role.
    let session = story.session("custodian");
    assert_eq!(code(story.access.check_decision(&session, &request, story.now)), "role");
    story.decide("custodian", &request, "approved");
    assert_eq!(state(&story, 1), "opened");
    story.grant("custodian", "approver", 400);
    let session = story.session("custodian");
    assert_eq!(code(story.access.check_decision(&session, &request, story.now)), "own-request");
    story.decide("custodian", &request, "approved");
    assert_eq!(state(&story, 1), "opened");
    story.grant("custodian", "custodian", 400);
    numbered(&mut story, production, 1, 1, 9);
    assert_eq!(state(&story, 1), "opened", "numbers without an approval are none");
    story.decide("approver", &request, "refused");
    assert_eq!((state(&story, 1), code(materials(&story, "custodian", 1))), ("refused", "not-approved"));
    let second = approved(&mut story, 2);
    assert_eq!(code(materials(&story, "custodian-2", 2)), "not-requester");
    assert_eq!(code(numbers(&story, "custodian-2", 2, (2, 9))), "not-requester");
    assert_eq!(code(materials(&story, "auditor", 2)), "role");
    // A replay of somebody else's step, or of a step of another production, changes nothing.
    numbered(&mut story, production, 2, 1, 9);
    numbered(&mut story, second, 1, 1, 9);
    assert_eq!((state(&story, 1), state(&story, 2)), ("refused", "approved"));
}

#[test]
fn an_approval_lapses_where_nobody_uses_it_for_seven_days() {
    let mut story = Story::with_accounts();
    let production = approved(&mut story, 1);
    let waiting = opened(&mut story, 2);
    asked(&mut story, "custodian", waiting);
    story.now += 7 * DAY;
    assert_eq!(materials(&story, "custodian", 1), Ok(()));
    story.now += 1;
    assert_eq!((state(&story, 1), code(materials(&story, "custodian", 1))), ("lapsed", "request-expired"));
    assert_eq!(code(numbers(&story, "custodian", 1, (2, 9))), "request-expired");
    assert_eq!((state(&story, 2), code(materials(&story, "custodian", 2))), ("lapsed", "not-approved"));
    numbered(&mut story, production, 1, 1, 9);
    assert_eq!(state(&story, 1), "lapsed", "the log may say it, it does not count");
}

#[test]
fn bates_numbers_are_given_once_also_to_what_is_withdrawn_or_never_built() {
    let mut story = Story::with_accounts();
    let first = approved(&mut story, 1);
    numbered(&mut story, first, 1, 1, 9);
    withdrawn(&mut story, first, 1, &[]);
    assert_eq!(
        (state(&story, 1), code(materials(&story, "custodian", 1))),
        ("withdrawn", "production-withdrawn")
    );
    assert_eq!(code(numbers(&story, "custodian", 1, (2, 9))), "production-withdrawn");
    built(&mut story, first, 1, (1, 9), [7; 32]);
    assert!(story.access.production(&name(1)).is_some_and(|production| production.built.is_none()));
    let second = approved(&mut story, 2);
    assert_eq!(numbers(&story, "custodian", 2, (2, 5)), Ok(Numbers::Free { first: 10, last: 14 }));
    for (from, to) in [(1, 5), (9, 14), (11, 15), (10, 9), (10, 10), (10, 100_000_000)] {
        numbered(&mut story, second, 2, from, to);
        assert_eq!(state(&story, 2), "approved", "{from} to {to} are not the next numbers");
    }
    numbered(&mut story, second, 2, 10, 99_999_999);
    assert_eq!(state(&story, 2), "numbered");
    approved(&mut story, 3);
    assert_eq!(code(numbers(&story, "custodian", 3, (2, 2))), "bates-exhausted");
    assert_eq!(code(numbers(&story, "custodian", 3, (2, u64::MAX))), "bates-exhausted");
}

#[test]
fn names_follow_one_another_and_a_wrong_one_is_passed_over() {
    let mut story = Story::with_accounts();
    opened(&mut story, 2);
    assert!(story.access.productions().next().is_none(), "the first is P0001");
    opened(&mut story, 1);
    opened(&mut story, 1);
    assert_eq!(story.access.productions().count(), 1);
    for (field, value) in [
        ("production", json!("OTHER-P0002")),
        ("bates_prefix", json!("daybook-")),
        ("basis", json!("curiosity")),
        ("requester", json!("federal")),
        ("account", json!("auditor")),
        ("query", json!(r#"{"entries":[]}"#)),
        ("query", json!(r#"{ "entries":["17"]}"#)),
        ("searched_size", json!(1_000_000)),
        ("found", json!(5)),
        ("produced", json!(0)),
    ] {
        let mut fields = statement(2);
        fields[field] = value.clone();
        story.say(ACCESS, "production.opened", None, fields);
        assert_eq!(story.access.productions().count(), 1, "{field}: {value}");
    }
    story.say("ledger/governance", "production.opened", None, statement(2));
    story.say("city-attorney/docket", "production.opened", None, statement(2));
    assert_eq!(story.access.productions().count(), 1, "only the ledger opens one");
    opened(&mut story, 2);
    assert_eq!(story.access.productions().count(), 2);
}

#[test]
fn what_cannot_be_opened_is_refused_with_its_reason() {
    let story = Story::with_accounts();
    let figures = Figures { found: 4, produced: 2, withheld: 2, not_found: None };
    let fine =
        NewProduction { prefix: PREFIX, basis: "discovery", order: false, requester: "defense", figures };
    let check = |account: &str, new: NewProduction<'_>| {
        story.access.check_new_production(&story.session(account), &new, story.now)
    };
    assert_eq!(check("custodian", fine), Ok(name(1)));
    for account in ["auditor", "approver", "department", "operator", "witness"] {
        assert_eq!(code(check(account, fine)), "role", "{account}");
    }
    for basis in ["discovery", "cora", "ccjra"] {
        let new = NewProduction { requester: "federal", order: true, basis, ..fine };
        assert_eq!(code(check("custodian", new)), "federal-needs-order", "{basis}");
    }
    let order = NewProduction { requester: "federal", basis: "court_order", ..fine };
    assert_eq!(code(check("custodian", order)), "order-missing");
    assert_eq!(check("custodian", NewProduction { order: true, ..order }), Ok(name(1)));
    let nothing = Figures { produced: 0, withheld: 4, ..figures };
    assert_eq!(code(check("custodian", NewProduction { figures: nothing, ..fine })), "nothing-to-produce");
    let many = Figures { found: 1_000_001, ..figures };
    assert_eq!(code(check("custodian", NewProduction { figures: many, ..fine })), "too-many-found");
    let other = Figures { not_found: Some(30), ..figures };
    assert_eq!(
        check("custodian", NewProduction { figures: other, ..fine }),
        Err(AccessFault::HeldBackNotFound { entry: 30 })
    );
    assert_eq!(AccessFault::HeldBackNotFound { entry: 30 }.code(), "held-back-not-found");
    assert_eq!(AccessFault::ProductionOutdated.code(), "production-outdated");
}

#[test]
fn pages_that_are_called_back_are_pages_of_the_production() {
    let mut story = Story::with_accounts();
    let production = approved(&mut story, 1);
    assert_eq!(code(withdrawing(&story, 1, &clawback(&["1"]))), "not-its-pages");
    numbered(&mut story, production, 1, 1, 9);
    for pages in [&["10"][..], &["0"], &["3-2"], &["4", "3"], &["4-6", "6"], &["07"], &["1-10"], &["x"]] {
        assert_eq!(code(withdrawing(&story, 1, &clawback(pages))), "not-its-pages", "{pages:?}");
    }
    let replaced = |by: &str| Withdrawal {
        kind: "superseded".to_owned(),
        replaced_by: Some(by.to_owned()),
        ..clawback(&[])
    };
    assert_eq!(code(withdrawing(&story, 1, &replaced(&name(1)))), "unknown-production");
    assert_eq!(code(withdrawing(&story, 1, &replaced(&name(2)))), "unknown-production");
    opened(&mut story, 2);
    assert_eq!(withdrawing(&story, 1, &replaced(&name(2))), Ok(false));
    assert_eq!(withdrawing(&story, 1, &clawback(&["2-4", "9"])), Ok(false));
    withdrawn(&mut story, production, 1, &["2-4", "9"]);
    assert_eq!(state(&story, 1), "withdrawn");
    assert_eq!(withdrawing(&story, 1, &clawback(&["2-4", "9"])), Ok(true), "the same again");
    assert_eq!(withdrawing(&story, 1, &clawback(&[])), Ok(false), "more of it");
    withdrawn(&mut story, production, 1, &[]);
    assert_eq!(code(withdrawing(&story, 1, &clawback(&["5"]))), "production-withdrawn");
    assert_eq!(story.access.production(&name(1)).map(|one| one.withdrawn.len()), Some(2));
}

#[test]
fn what_is_held_back_and_sealed_stands_as_it_stood_at_the_opening() {
    let mut story = Story::with_accounts();
    let query = ProductionQuery::parse(QUERY).expect("a query");
    story.done(&NewRequest { readers: vec![daybook_access::Role::Custodian], ..new(ActKind::Seal, &["22"]) });
    let by = story.last();
    let disposition = |story: &Story, entry| story.access.disposition(&query, entry);
    assert_eq!(disposition(&story, 17), Disposition::Produced);
    assert_eq!(disposition(&story, 20), Disposition::Privileged("attorney-client".to_owned()));
    assert_eq!(disposition(&story, 21), Disposition::Excluded("agreement".to_owned()));
    let Disposition::Sealed(order) = disposition(&story, 22) else { panic!("whoever may still read") };
    assert_eq!((order.authority.as_str(), order.entry), ("statute", by));
    // What is lifted of it in part goes out in part.
    story.done(&NewRequest { slots: vec!["times".to_owned()], ..new(ActKind::Unseal, &["22"]) });
    assert_eq!(disposition(&story, 22), Disposition::Produced);
    assert!(story.access.closing(22, Class::R, "times").is_none());
    assert_eq!(story.access.closing(22, Class::R, "details").map(|order| order.entry), Some(by));
    // A later order touches what was found.
    opened(&mut story, 1);
    let entry = story.access.production(&name(1)).expect("a production").opened.entry;
    assert_eq!(story.access.touched_after(entry).next(), None);
    story.done(&NewRequest { part: Part::Withheld, ..new(ActKind::Erase, &["16-18"]) });
    assert_eq!(story.access.touched_after(entry).collect::<Vec<_>>(), [16..=18]);
    assert!(story.access.has_orders(17) && !story.access.has_orders(19));
    assert_eq!(disposition(&story, 17), Disposition::Produced, "what is erased is listed slot by slot");
    let closed = story.access.closing(17, Class::W, "matter_ref").expect("erased");
    assert_eq!(closed.kind, daybook_access::TombstoneKind::Erased);
    assert_eq!(story.access.closing(17, Class::R, ""), None);
}

#[test]
fn withheld_slots_go_out_where_an_opening_stood_when_the_production_was_opened() {
    let mut story = Story::with_accounts();
    let open = |entries: &[&str], slots: &[&str]| NewRequest {
        part: Part::Withheld,
        slots: slots.iter().map(|slot| (*slot).to_owned()).collect(),
        ..new(ActKind::Open, entries)
    };
    let approve = |story: &mut Story, account: &str, new: &NewRequest| {
        let request = story.ask(account, new);
        story.decide("approver", &request, "approved");
        request
    };
    // An hour each; the first has ended when the production is opened.
    approve(&mut story, "custodian", &open(&["22"], &[]));
    story.now += 3_600;
    approve(&mut story, "custodian", &open(&["17"], &["matter_ref"]));
    approve(&mut story, "custodian", &NewRequest { part: Part::All, ..open(&["19"], &[]) });
    approve(&mut story, "auditor", &open(&["20-22"], &[]));
    story.ask("custodian", &open(&["21"], &[]));
    opened(&mut story, 1);
    approve(&mut story, "custodian", &open(&["20"], &[]));
    let standing = |story: &Story, entry, class, slot: &str| {
        let production = story.access.production(&name(1)).expect("a production");
        story.access.slot_standing(production, entry, class, slot)
    };
    assert_eq!(standing(&story, 17, Class::W, "matter_ref"), SlotStanding::Opened);
    assert_eq!(standing(&story, 17, Class::W, "case_number"), SlotStanding::Present, "another slot");
    assert_eq!(standing(&story, 17, Class::R, "times"), SlotStanding::Present, "another part");
    assert_eq!(standing(&story, 19, Class::W, "matter_ref"), SlotStanding::Opened);
    assert_eq!(
        standing(&story, 19, Class::R, "times"),
        SlotStanding::Present,
        "a restricted slot needs none"
    );
    for (entry, why) in [(20, "approved later"), (21, "not approved"), (22, "ended")] {
        assert_eq!(standing(&story, entry, Class::W, "matter_ref"), SlotStanding::Present, "{why}");
    }
    // The opening's end does not close what it opened, so that the production can be built again.
    story.now += 30 * DAY;
    assert_eq!(standing(&story, 17, Class::W, "matter_ref"), SlotStanding::Opened);
    let production = story.access.production(&name(1)).expect("a production");
    assert_eq!(story.access.openings_of(production).count(), 2);
    story.done(&NewRequest { slots: vec!["matter_ref".to_owned()], ..new(ActKind::Seal, &["17"]) });
    assert!(matches!(standing(&story, 17, Class::W, "matter_ref"), SlotStanding::Closed(_)));
}

#[test]
fn a_query_has_one_spelling() {
    for text in [
        "{}",
        QUERY,
        r#"{"terms":["department=sheriff","happened_from=2026-01-01","identifier:case_number=abcdefghijklmnopqrstuvwxyz","type=request.received"]}"#,
        r#"{"terms":["type=a.b"],"excluded":[{"entries":["3"],"reason":"agreement"},{"entries":["1-2"],"reason":"agreement"}]}"#,
    ] {
        assert_eq!(ProductionQuery::parse(text).map(|query| query.text()).as_deref(), Ok(text));
    }
    for text in [
        "",
        "[]",
        r#"{"terms":[]}"#,
        r#"{"terms":["b=1","a=1"]}"#,
        r#"{"terms":["a=1","a=1"]}"#,
        r#"{"terms":["a"]}"#,
        r#"{"terms":["a=b c"]}"#,
        r#"{"terms":["A=b"]}"#,
        r#"{"terms":["a=1"],"entries":["1"]}"#,
        r#"{"entries":["2","1"]}"#,
        r#"{"entries":["1","2"]}"#,
        r#"{"entries":["01"]}"#,
        r#"{"excluded":[],"entries":["1"]}"#,
        r#"{"entries":["1"],"excluded":[{"reason":"agreement","entries":["1"]}]}"#,
        r#"{"entries":["1"],"excluded":[{"entries":["1"],"reason":"Agreement"}]}"#,
        r#"{"entries":["1"],"excluded":[{"entries":[],"reason":"agreement"}]}"#,
        r#"{"entries":["1"],"privileged":[{"entries":["1"],"privilege":"secret"}]}"#,
        r#"{"entries":["1-3"],"privileged":[{"entries":["1-2"],"privilege":"medical"}],"excluded":[{"entries":["2"],"reason":"agreement"}]}"#,
        r#"{"entries":["1"],"words":"because"}"#,
    ] {
        assert!(ProductionQuery::parse(text).is_err(), "{text}");
    }
    let terms: Vec<String> =
        (10..60).map(|number| format!("identifier:a{number}={}", "x".repeat(100))).collect();
    let long = serde_json::to_string(&json!({ "terms": terms })).expect("JSON");
    assert!(long.len() > 4_096 && ProductionQuery::parse(&long).is_err());
}

#[test]
fn a_state_is_written_as_answers_write_it() {
    for (state, text) in [(ProductionState::Approved, "approved"), (ProductionState::Withdrawn, "withdrawn")]
    {
        assert_eq!(state.as_str(), text);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Open(u64),
    Ask(usize),
    Decide(usize, bool),
    Number(usize, u64, u64),
    Build(usize),
    Deliver(usize),
    Withdraw(usize),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let which = 0..3usize;
    let one = prop_oneof![
        3 => (1..5u64).prop_map(Step::Open),
        3 => which.clone().prop_map(Step::Ask),
        3 => (which.clone(), prop::bool::weighted(0.8)).prop_map(|(which, yes)| Step::Decide(which, yes)),
        4 => (which.clone(), 0..4u64, 1..5u64).prop_map(|(which, skip, pages)| Step::Number(which, skip, pages)),
        2 => which.clone().prop_map(Step::Build),
        2 => which.clone().prop_map(Step::Deliver),
        1 => which.prop_map(Step::Withdraw),
        1 => (0..5 * DAY).prop_map(Step::Wait),
    ];
    prop::collection::vec(one, 0..60)
}

fn play(story: &mut Story, step: &Step) {
    let all: Vec<_> = story.access.productions().cloned().collect();
    let at = |which: usize| all.get(all.len().checked_sub(which + 1)?);
    let number = |which: usize| all.len().saturating_sub(which) as u64;
    match step {
        Step::Open(number) => drop(opened(story, *number)),
        Step::Wait(seconds) => story.now += seconds,
        Step::Ask(which) => {
            let Some(one) = at(*which) else { return };
            asked(story, "custodian", one.opened.jti);
        }
        Step::Decide(which, yes) => {
            let request = at(*which).and_then(|one| one.request);
            let decision = if *yes { "approved" } else { "refused" };
            let Some(request) = request else { return };
            story.decide("approver", &request, decision);
        }
        Step::Number(which, skip, pages) => {
            let next = all.iter().filter_map(|one| Some(one.numbered?.last)).max().unwrap_or(0) + skip;
            let Some(one) = at(*which) else { return };
            numbered(story, one.opened.jti, number(*which), next, next + pages - 1);
        }
        Step::Build(which) => {
            let Some(one) = at(*which) else { return };
            let range = one.numbered.map_or((1, 2), |numbered| (numbered.first, numbered.last));
            built(story, one.opened.jti, number(*which), range, [7; 32]);
        }
        Step::Deliver(which) => {
            let Some(one) = at(*which) else { return };
            delivered(story, one.opened.jti, number(*which), [9; 32]);
        }
        Step::Withdraw(which) => {
            let Some(one) = at(*which) else { return };
            withdrawn(story, one.opened.jti, number(*which), &[]);
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_said_no_page_has_two_owners_no_step_comes_before_its_time_and_a_fold_is_a_fold(steps in steps()) {
        let mut story = Story::with_accounts();
        for step in &steps {
            play(&mut story, step);
        }
        let mut next = 1;
        for (at, one) in story.access.productions().enumerate() {
            prop_assert_eq!(&one.opened.name, &name(at as u64 + 1));
            let request = one.request.and_then(|jti| story.access.request(&jti));
            let decided = request.and_then(|request| request.decided_entry);
            prop_assert!(one.numbered.is_none_or(|numbered| decided.is_some_and(|entry| entry < numbered.entry)));
            prop_assert!(one.built.is_none_or(|built| one.numbered.is_some_and(|numbered| numbered.entry < built.entry)));
            prop_assert!(one.delivered.is_none_or(|file| one.built.is_some_and(|built| built.entry < file.entry)));
            let steps = [one.numbered.map(|it| it.entry), one.built.map(|it| it.entry), one.delivered.map(|it| it.entry)];
            let withdrawn = one.withdrawn.first().map_or(u64::MAX, |withdrawn| withdrawn.entry);
            prop_assert!(steps.iter().flatten().all(|entry| *entry < withdrawn));
        }
        let mut ranges: Vec<_> = story.access.productions().filter_map(|one| one.numbered).collect();
        ranges.sort_by_key(|numbered| numbered.entry);
        for numbered in ranges {
            prop_assert_eq!(numbered.first, next);
            next = numbered.last + 1;
        }
        let mut again = Access::default();
        (0..story::RECORDS).for_each(|entry| again.learn(entry, story::place(entry)));
        story.said.iter().for_each(|said| apply(&mut again, said));
        prop_assert_eq!(&again, &story.access);
    }
}
