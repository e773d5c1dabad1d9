//! Everything that is refused, each with its code.

mod story;

use daybook_access::{
    AccessFault, ActKind, Action, AuthFault, Credential, Erasure, ExportRun, ExportScope, NewRequest, Part,
    RequestState, Role,
};
use daybook_event::{Catalogue, Jti};
use serde_json::json;
use story::{DAY, Story, digest, jti, new};

fn code<T: std::fmt::Debug>(result: Result<T, AccessFault>) -> &'static str {
    let fault = result.expect_err("this is refused");
    assert!(fault.to_string().len() > 10 && fault.remedy().ends_with('.'), "{fault}");
    fault.code()
}

fn asking(story: &Story, account: &str, new: &NewRequest) -> Result<(), AccessFault> {
    story.access.check_request(&story.session(account), new, story.now)
}

fn deciding(story: &Story, account: &str, request: &Jti) -> Result<(), AccessFault> {
    story.access.check_decision(&story.session(account), request, story.now)
}

fn looking(story: &Story, account: &str, request: &Jti) -> Result<(), AccessFault> {
    story.access.check_opening(&story.session(account), request, story.now).map(drop)
}

#[test]
fn a_request_is_made_by_a_role_that_may() {
    let story = Story::with_accounts();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Public) {
        for act in [ActKind::Open, ActKind::Seal, ActKind::Unseal, ActKind::Erase, ActKind::Export] {
            let reading = matches!(act, ActKind::Open | ActKind::Export);
            let may = role == Role::Custodian || (role == Role::Auditor && reading);
            let asked = asking(&story, role.as_str(), &new(act, &["17"]));
            match may {
                true => assert_eq!(asked, Ok(()), "{role:?} {act:?}"),
                false => assert_eq!(code(asked), "role", "{role:?} {act:?}"),
            }
        }
    }
}

#[test]
fn records_are_sealed_and_erased_on_three_authorities_only() {
    let story = Story::with_accounts();
    for act in [ActKind::Seal, ActKind::Unseal, ActKind::Erase] {
        for authority in ["litigation", "investigation", "audit", "finding_review", "discovery", "", "whim"] {
            let new = NewRequest { authority: authority.to_owned(), ..new(act, &["17"]) };
            assert_eq!(
                code(asking(&story, "custodian", &new)),
                "authority-not-for-act",
                "{act:?} {authority}"
            );
        }
        for authority in ["court_order", "statute", "retention_schedule"] {
            let new = NewRequest { authority: authority.to_owned(), order: true, ..new(act, &["17"]) };
            assert_eq!(asking(&story, "custodian", &new), Ok(()), "{act:?} {authority}");
        }
    }
    let unnumbered = NewRequest { authority: "court_order".to_owned(), ..new(ActKind::Erase, &["17"]) };
    assert_eq!(code(asking(&story, "custodian", &unnumbered)), "order-missing");
}

#[test]
fn a_request_is_well_formed() {
    let story = Story::with_accounts();
    for (minutes, good) in [(0, false), (1, true), (10_080, true), (10_081, false), (u64::MAX, false)] {
        let new = NewRequest { minutes, ..new(ActKind::Open, &["17"]) };
        assert_eq!(asking(&story, "auditor", &new).is_ok(), good, "{minutes}");
        assert!(good || code(asking(&story, "auditor", &new)) == "bad-minutes");
    }
    for slot in ["", "Matter", "9", "a b", &"s".repeat(49)] {
        let new = NewRequest { slots: vec![slot.to_owned()], ..new(ActKind::Seal, &["17"]) };
        assert_eq!(code(asking(&story, "custodian", &new)), "bad-slots", "{slot:?}");
    }
    let named = vec!["matter_ref".to_owned()];
    let erase = NewRequest { slots: named.clone(), ..new(ActKind::Erase, &["17"]) };
    assert_eq!(asking(&story, "custodian", &erase), Ok(()), "single fields can be erased");
    let release = NewRequest {
        slots: named.clone(),
        authority: "audit".to_owned(),
        ..new(ActKind::ReleaseHold, &["17"])
    };
    assert_eq!(code(asking(&story, "custodian", &release)), "bad-slots", "a hold has none");
    let twice = NewRequest { slots: vec!["a".to_owned(); 2], ..new(ActKind::Seal, &["17"]) };
    assert_eq!(code(asking(&story, "custodian", &twice)), "bad-slots");
    let many: Vec<String> = (0..33).map(|n| format!("s{n}")).collect();
    let many = NewRequest { slots: many, ..new(ActKind::Seal, &["17"]) };
    assert_eq!(code(asking(&story, "custodian", &many)), "bad-slots");
    let seal =
        |readers: Vec<Role>| NewRequest { slots: named.clone(), readers, ..new(ActKind::Seal, &["17"]) };
    assert_eq!(asking(&story, "custodian", &seal(vec![Role::Auditor])), Ok(()));
    for other in [Role::Public, Role::Approver, Role::Operator, Role::Witness] {
        assert_eq!(code(asking(&story, "custodian", &seal(vec![other]))), "bad-readers", "{other:?}");
    }
    assert_eq!(code(asking(&story, "custodian", &seal(vec![Role::Auditor; 2]))), "bad-readers");
    let unseal = NewRequest { readers: vec![Role::Auditor], ..new(ActKind::Unseal, &["17"]) };
    assert_eq!(code(asking(&story, "custodian", &unseal)), "bad-readers");
}

#[test]
fn slots_belong_to_the_type_of_every_record_and_to_the_part() {
    let ty = |name: &str| Catalogue::builtin().latest(name).expect("a type of the catalogue");
    let fits = |part, slots: &[&str], name: &str| {
        let slots = slots.iter().map(|&slot| slot.to_owned()).collect();
        let new = NewRequest { part, slots, ..new(ActKind::Erase, &["17"]) };
        new.check_slots(ty(name)).map_err(|fault| fault.code())
    };
    for (part, slots) in [
        (Part::Withheld, &["case_number"][..]),
        (Part::Withheld, &["case_number", "matter_ref", "person_match"]),
        (Part::Restricted, &["times"]),
        (Part::All, &["times", "case_number"]),
        (Part::All, &[]),
    ] {
        assert_eq!(fits(part, slots, "paper.classified"), Ok(()), "{part:?} {slots:?}");
    }
    for (part, slots) in [
        (Part::Restricted, &["case_number"][..]),
        (Part::Withheld, &["times"]),
        (Part::Withheld, &["case_number", "times"]),
        // A public field, a field within a slot, and nothing at all.
        (Part::All, &["paper_class"]),
        (Part::All, &["judge_signed"]),
        (Part::All, &["nothing"]),
    ] {
        assert_eq!(fits(part, slots, "paper.classified"), Err("bad-slots"), "{part:?} {slots:?}");
    }
    assert_eq!(fits(Part::Withheld, &["person_match"], "release.notice_sent"), Err("bad-slots"));
}

#[test]
fn nothing_is_erased_under_a_hold_and_the_hold_is_named() {
    let mut story = Story::with_accounts();
    let erase = new(ActKind::Erase, &["16-17"]);
    let request = story.ask("custodian", &erase);
    let hold = story.hold(Some([1; 16]), &[]);
    let fault = AccessFault::UnderHold { entry: 17, hold, hold_entry: story.last() };
    assert_eq!(asking(&story, "custodian", &erase), Err(fault));
    assert_eq!(deciding(&story, "approver", &request), Err(fault));
    assert_eq!(code(deciding(&story, "approver", &request)), "under-hold");
    assert_eq!(story.access.check_refusal(&story.session("approver"), &request, story.now), Ok(()));
    assert_eq!(
        asking(&story, "custodian", &new(ActKind::Seal, &["16-17"])),
        Ok(()),
        "a hold forbids erasing only"
    );
    assert_eq!(asking(&story, "custodian", &new(ActKind::Erase, &["16"])), Ok(()), "another matter");
    story.release("city-attorney/docket", &hold);
    assert_eq!(deciding(&story, "approver", &request), Ok(()));
    // The hold that comes after the approval still comes in time.
    story.decide("approver", &request, "approved");
    let of = story.hold(None, &[jti(16)]);
    let executed = story.access.check_execution(&request, story.now, &|entry| Some(story::place(entry)));
    assert_eq!(
        executed.map(drop),
        Err(AccessFault::UnderHold { entry: 16, hold: of, hold_entry: story.last() })
    );
}

#[test]
fn what_cannot_be_told_is_under_every_hold() {
    let mut story = Story::with_accounts();
    let unknown = new(ActKind::Erase, &["5000"]);
    assert_eq!(asking(&story, "custodian", &unknown), Ok(()), "there is no hold");
    story.hold(Some([1; 16]), &[]);
    assert_eq!(code(asking(&story, "custodian", &unknown)), "under-hold");
    let told = story.access.check_request_with(&story.session("custodian"), &unknown, story.now, &|entry| {
        Some(story::place(entry - entry % 4))
    });
    assert_eq!(told, Ok(()), "the caller says that it is another matter");
}

#[test]
fn once_the_matter_is_erased_the_rest_of_the_entry_waits_for_every_hold_by_matter() {
    let mut story = Story::with_accounts();
    story.done(&NewRequest { part: Part::Withheld, ..new(ActKind::Erase, &["17"]) });
    let rest = NewRequest { part: Part::Restricted, ..new(ActKind::Erase, &["17"]) };
    assert_eq!(asking(&story, "custodian", &rest), Ok(()));
    story.hold(Some([0; 16]), &[]);
    assert_eq!(code(asking(&story, "custodian", &rest)), "under-hold");
}

#[test]
fn what_says_who_may_do_what_is_not_erased() {
    let mut story = Story::with_accounts();
    let erase = new(ActKind::Erase, &["99-100"]);
    let fault = AccessFault::Needed { entry: 100 };
    assert_eq!(asking(&story, "custodian", &erase), Err(fault));
    let request = story.ask("custodian", &erase);
    assert_eq!(code(deciding(&story, "approver", &request)), "needed-by-ledger");
}

#[test]
fn a_hold_is_let_go_by_two_people_or_by_a_department() {
    let mut story = Story::with_accounts();
    assert_eq!(code(asking(&story, "custodian", &new(ActKind::ReleaseHold, &["17"]))), "no-such-hold");
    let hold = story.hold(Some([1; 16]), &[]);
    let entry = story.last().to_string();
    for issuer in ["ledger/access", "ledger/governance", "ledger/rules"] {
        story.release(issuer, &hold);
    }
    story.release("sheriff/jail-records", &hold);
    assert_eq!(story.access.holds().count(), 1, "neither one person at the ledger nor any department");
    let new = new(ActKind::ReleaseHold, &[&entry]);
    assert_eq!(asking(&story, "custodian", &new), Ok(()));
    let request = story.ask("custodian", &new);
    story.let_go(&request, &[hold]);
    assert_eq!(story.access.holds().count(), 1, "nobody approved it");
    story.decide("approver", &request, "approved");
    assert_eq!(story.access.due().count(), 1, "the ledger lets go");
    assert!(story.access.check_execution(&request, story.now, &|_| None).is_ok());
    story.let_go(&request, &[jti(7)]);
    assert_eq!(story.access.holds().count(), 1, "another hold than the one that it is about");
    story.let_go(&request, &[hold]);
    assert_eq!(story.access.holds().count(), 0);
    let entry = story.last();
    let state = story.access.request(&request).map(|request| request.state.clone());
    assert_eq!(state, Some(RequestState::CarriedOut { entry }));
    assert_eq!(code(asking(&story, "custodian", &new)), "no-such-hold", "it stands no longer");
}

#[test]
fn a_request_about_several_holds_is_done_once_the_last_has_ended() {
    let mut story = Story::with_accounts();
    let first = story.hold(Some([1; 16]), &[]);
    let entry = story.last();
    let second = story.hold(Some([2; 16]), &[]);
    let new = new(ActKind::ReleaseHold, &[&format!("{entry}-{}", story.last())]);
    let request = story.ask("custodian", &new);
    story.decide("approver", &request, "approved");
    story.let_go(&request, &[first]);
    assert_eq!(story.access.due().count(), 1, "one of two");
    // The department that placed the other one lets go of it itself.
    story.release("city-attorney/docket", &second);
    assert_eq!(story.access.due().count(), 0);
    let late = story.ask("custodian", &new);
    assert_eq!(code(deciding(&story, "approver", &late)), "no-such-hold", "there is nothing to let go of");
    assert_eq!(story.access.check_refusal(&story.session("approver"), &late, story.now), Ok(()));
}

#[test]
fn an_export_is_what_was_approved_for_who_asked_and_for_its_time() {
    let mut story = Story::with_accounts();
    let asked = NewRequest { reference: Some("2026-A-17".to_owned()), ..new(ActKind::Export, &[]) };
    let scope = asked.export.clone().expect("an export has a scope");
    let run = ExportRun { terms: &scope.terms, up_to: None, purpose: "audit", reference: None };
    let request = story.ask("auditor", &new(ActKind::Export, &[]));
    let running = |story: &Story, account: &str, request: &Jti, run: &ExportRun<'_>| {
        story.access.check_export(&story.session(account), request, run, story.now).map(drop)
    };
    assert_eq!(code(running(&story, "auditor", &request, &run)), "not-approved");
    story.decide("auditor", &request, "approved");
    assert_eq!(
        code(running(&story, "auditor", &request, &run)),
        "not-approved",
        "nobody approves the own one"
    );
    story.now += 3600;
    story.decide("approver", &request, "approved");
    assert_eq!(running(&story, "auditor", &request, &run), Ok(()));
    assert_eq!(
        running(&story, "auditor", &request, &run),
        Ok(()),
        "an answer that broke off is asked for again"
    );
    assert_eq!(code(running(&story, "custodian", &request, &run)), "not-requester");
    assert_eq!(code(running(&story, "approver", &request, &run)), "role");
    assert_eq!(code(running(&story, "auditor", &jti(7), &run)), "unknown-request");
    let fewer = &scope.terms[..1];
    for other in [
        ExportRun { terms: fewer, ..run },
        ExportRun { terms: &[], ..run },
        ExportRun { up_to: Some(scope.up_to + 1), ..run },
        ExportRun { purpose: "discovery", ..run },
        ExportRun { reference: Some("2026-A-18"), ..run },
    ] {
        assert_eq!(code(running(&story, "auditor", &request, &other)), "other-query", "{other:?}");
    }
    assert_eq!(running(&story, "auditor", &request, &ExportRun { up_to: Some(scope.up_to), ..run }), Ok(()));
    story.now += 3599;
    assert_eq!(running(&story, "auditor", &request, &run), Ok(()));
    story.now += 1;
    assert_eq!(code(running(&story, "auditor", &request, &run)), "export-expired");
    let open = story.ask("auditor", &new(ActKind::Open, &["17"]));
    story.decide("approver", &open, "approved");
    assert_eq!(code(running(&story, "auditor", &open, &run)), "other-act");
    let named = story.ask("auditor", &asked);
    story.decide("approver", &named, "approved");
    assert_eq!(code(running(&story, "auditor", &named, &run)), "other-query", "under another reference");
    assert_eq!(
        running(&story, "auditor", &named, &ExportRun { reference: Some("2026-A-17"), ..run }),
        Ok(())
    );
}

#[test]
fn a_courts_order_does_not_stand_for_the_second_person_of_an_export() {
    let mut story = Story::with_accounts();
    let ordered =
        |order| NewRequest { authority: "court_order".to_owned(), order, ..new(ActKind::Export, &[]) };
    assert_eq!(code(asking(&story, "auditor", &ordered(false))), "order-missing");
    let request = story.ask("auditor", &ordered(true));
    assert_eq!(deciding(&story, "approver", &request), Ok(()), "it waits");
}

#[test]
fn an_export_says_of_what_and_nothing_else_does() {
    let mut story = Story::with_accounts();
    let export = new(ActKind::Export, &[]);
    let without = NewRequest { export: None, ..export.clone() };
    assert_eq!(code(asking(&story, "auditor", &without)), "other-query");
    let seal = NewRequest { export: export.export.clone(), ..new(ActKind::Seal, &["17"]) };
    assert_eq!(code(asking(&story, "custodian", &seal)), "other-query");
    let endless = NewRequest { minutes: 10_081, ..export.clone() };
    assert_eq!(code(asking(&story, "auditor", &endless)), "bad-minutes");
    // What the log says of a query is taken only where its digest is that of its terms, sorted, each once.
    let unsorted = |terms: &[&str]| {
        let scope = export.export.clone().expect("an export has a scope");
        let terms = terms.iter().map(|term| (*term).to_owned()).collect();
        NewRequest { export: Some(ExportScope { terms, ..scope }), ..export.clone() }
    };
    for terms in [&["b=1", "a=1"][..], &["a=1", "a=1"]] {
        let request = story.ask("auditor", &unsorted(terms));
        assert!(story.access.request(&request).is_none(), "{terms:?}");
    }
    let everything = story.ask("auditor", &unsorted(&[]));
    assert!(story.access.request(&everything).is_some());
}

#[test]
fn requests_that_wait_are_bounded_and_lapse() {
    let mut story = Story::with_accounts();
    let seal = new(ActKind::Seal, &["17"]);
    let first = story.ask("custodian", &seal);
    for _ in 1..64 {
        story.ask("custodian", &seal);
    }
    assert_eq!(code(asking(&story, "custodian", &seal)), "too-many-pending");
    assert_eq!(asking(&story, "custodian-2", &seal), Ok(()));
    story.now += 7 * DAY;
    assert_eq!(deciding(&story, "approver", &first), Ok(()), "to the second");
    story.now += 1;
    assert_eq!(code(deciding(&story, "approver", &first)), "request-expired");
    assert_eq!(asking(&story, "custodian", &seal), Ok(()));
    story.decide("approver", &first, "approved");
    assert!(story.access.due().next().is_none(), "the fold does not take what the check refuses");
}

#[test]
fn one_decides_about_what_somebody_else_asked_once() {
    let mut story = Story::with_accounts();
    let seal = new(ActKind::Seal, &["17"]);
    let request = story.ask("custodian", &seal);
    assert_eq!(code(deciding(&story, "approver", &jti(7))), "unknown-request");
    assert_eq!(code(deciding(&story, "custodian", &request)), "role");
    // Somebody who asked as custodian and became approver since.
    story.grant("custodian", "approver", 30);
    assert_eq!(code(deciding(&story, "custodian", &request)), "own-request");
    story.decide("custodian", &request, "approved");
    assert_eq!(deciding(&story, "approver", &request), Ok(()), "the fold does not take it either");
    story.decide("approver", &request, "approved");
    assert_eq!(code(deciding(&story, "approver", &request)), "already-decided");
    assert_eq!(code(deciding(&story, "approver-2", &request)), "already-decided");
    story.decide("approver-2", &request, "refused");
    assert_eq!(story.access.due().count(), 1, "nor a second decision");
}

#[test]
fn decisions_by_others_count_for_nothing() {
    let mut story = Story::with_accounts();
    let request = story.ask("custodian", &new(ActKind::Seal, &["17"]));
    for account in ["auditor", "operator", "custodian-2", "nobody", "court order"] {
        story.decide(account, &request, "approved");
    }
    story.revoke("approver");
    story.decide("approver", &request, "approved");
    let fields =
        json!({"decision": "approved", "account": "approver-2", "links": [{"rel": "of", "jti": request}]});
    for issuer in ["ledger/governance", "ledger/rules", "auditor/desk"] {
        story.say(issuer, "approval.decided", None, fields.clone());
    }
    let answers = json!({"decision": "approved", "account": "approver-2", "links": [{"rel": "answers", "jti": request}]});
    story.say("ledger/access", "approval.decided", None, answers);
    assert_eq!(deciding(&story, "approver-2", &request), Ok(()), "it still waits");
}

#[test]
fn what_was_approved_is_carried_out_once_and_as_it_was_approved() {
    let mut story = Story::with_accounts();
    let erase = new(ActKind::Erase, &["17", "20-22"]);
    let execute = |story: &Story, request: &Jti| {
        story.access.check_execution(request, story.now, &|entry| Some(story::place(entry))).map(drop)
    };
    let request = story.ask("custodian", &erase);
    story.carry_out(&request, &erase);
    assert_eq!(code(execute(&story, &request)), "not-approved");
    assert_eq!(story.access.erasures().count(), 0, "not approved, not erased");
    story.decide("approver", &request, "approved");
    assert_eq!(execute(&story, &request), Ok(()));
    for other in [
        new(ActKind::Erase, &["17", "20-23"]),
        new(ActKind::Seal, &["17", "20-22"]),
        NewRequest { part: Part::Withheld, ..erase.clone() },
    ] {
        story.carry_out(&request, &other);
        assert_eq!(story.access.erasures().count(), 0, "something else was approved");
    }
    story.carry_out(&request, &erase);
    let entry = story.last();
    let erased: Vec<_> = story.access.erasures().collect();
    assert_eq!(erased, [17, 20, 21, 22].map(|entry| Erasure { entry, part: Part::All, slots: Vec::new() }));
    assert_eq!(execute(&story, &request), Err(AccessFault::AlreadyCarriedOut { entry }));
    assert_eq!(code(execute(&story, &request)), "already-carried-out");
    story.carry_out(&request, &erase);
    assert_eq!(story.access.tombstone(20).map(|tombstone| tombstone.ordered_by), Some(entry));
    let late = story.ask("custodian", &new(ActKind::Seal, &["1"]));
    story.decide("approver", &late, "approved");
    story.now += 7 * DAY + 1;
    assert_eq!(code(execute(&story, &late)), "request-expired");
}

#[test]
fn an_opening_is_for_who_asked_and_for_its_time() {
    let mut story = Story::with_accounts();
    let request = story.ask("auditor", &new(ActKind::Open, &["17"]));
    assert_eq!(code(looking(&story, "auditor", &request)), "not-approved");
    story.now += 3600;
    story.decide("approver", &request, "approved");
    assert_eq!(looking(&story, "auditor", &request), Ok(()), "the time runs from the approval");
    assert_eq!(code(looking(&story, "custodian", &request)), "not-requester");
    assert_eq!(code(looking(&story, "approver", &request)), "role");
    assert_eq!(code(looking(&story, "auditor", &jti(7))), "unknown-request");
    let look = json!({"links": [{"rel": "of", "jti": request}, {"rel": "of", "jti": jti(17)}]});
    story.say("ledger/access", "withheld_field.opened", None, look);
    assert_eq!(story.access.request(&request).map(|request| request.looks), Some(1));
    story.now += 3599;
    assert_eq!(looking(&story, "auditor", &request), Ok(()));
    story.now += 1;
    assert_eq!(code(looking(&story, "auditor", &request)), "opening-expired");
    let seal = story.ask("custodian", &new(ActKind::Seal, &["17"]));
    assert_eq!(code(looking(&story, "custodian", &seal)), "other-act");
    let refused = story.ask("auditor", &new(ActKind::Open, &["17"]));
    story.decide("approver", &refused, "refused");
    assert_eq!(code(looking(&story, "auditor", &refused)), "not-approved");
}

#[test]
fn a_courts_order_opens_without_a_second_person_and_does_nothing_else_so() {
    let mut story = Story::with_accounts();
    let order = |act| NewRequest { authority: "court_order".to_owned(), order: true, ..new(act, &["17"]) };
    let request = story.ask("auditor", &order(ActKind::Open));
    assert_eq!(looking(&story, "auditor", &request), Ok(()));
    assert_eq!(code(deciding(&story, "approver", &request)), "already-decided");
    let erase = story.ask("custodian", &order(ActKind::Erase));
    assert!(story.access.due().next().is_none());
    assert_eq!(deciding(&story, "approver", &erase), Ok(()));
    let without = NewRequest { order: false, ..order(ActKind::Open) };
    let without = story.ask("auditor", &without);
    assert!(story.access.request(&without).is_none(), "an order has a number");
}

#[test]
fn a_seal_that_comes_later_closes_an_opening() {
    let mut story = Story::with_accounts();
    let request = story.ask("auditor", &new(ActKind::Open, &["16-17"]));
    story.decide("approver", &request, "approved");
    let readers = vec![Role::Auditor];
    story.done(&NewRequest { readers, ..new(ActKind::Seal, &["16"]) });
    assert_eq!(looking(&story, "auditor", &request), Ok(()), "the seal leaves auditors reading");
    story.done(&new(ActKind::Seal, &["17"]));
    assert_eq!(looking(&story, "auditor", &request), Err(AccessFault::OpeningSealed { entry: 17 }));
    assert_eq!(code(asking(&story, "auditor", &new(ActKind::Open, &["17"]))), "opening-sealed");
}

#[test]
fn every_code_is_told_apart_and_explained() {
    let codes: std::collections::BTreeSet<_> = AccessFault::CODES.iter().collect();
    assert_eq!(codes.len(), AccessFault::CODES.len());
    for fault in AuthFault::ALL {
        assert!(fault.remedy().ends_with('.') && !codes.contains(&fault.code()), "{fault}");
    }
    let mut story = Story::with_accounts();
    assert_eq!(
        code(story.access.check_grant("b-0001", Credential::Token, &digest("auditor"))),
        "credential-taken"
    );
    let session = story.session("auditor");
    story.revoke("auditor");
    assert_eq!(code(story.access.check_action(&session, Action::ReadSelf, story.now)), "session-ended");
    // All codes that a test of this file or of the productions asks for.
    let source = concat!(include_str!("faults.rs"), include_str!("productions.rs"));
    for code in AccessFault::CODES {
        assert!(source.contains(&format!("\"{code}\"")), "no test looks at {code}");
    }
}
