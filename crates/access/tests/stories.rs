//! Claims over random stories: acts in any order, by anybody, sensible or not. A failing story is printed and shrunk.

mod story;

use daybook_access::{Access, ActKind, BY_ORDER, Erasure, NewRequest, RequestState};
use proptest::prelude::*;
use story::{DAY, RECORDS, Story, apply, new, place};

const PEOPLE: [&str; 6] = ["auditor", "custodian", "custodian-2", "approver", "approver-2", "nobody"];
const ROLES: [&str; 3] = ["auditor", "custodian", "approver"];

#[derive(Debug, Clone)]
enum Move {
    Grant(usize, usize),
    Revoke(usize),
    Ask(usize, usize, u64, u64, bool),
    Decide(usize, usize, bool),
    CarryOut(usize),
    Hold(Option<u8>, Option<u64>),
    Release(usize),
    Wait(i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let who = 0..PEOPLE.len();
    let one = prop_oneof![
        4 => (who.clone(), 0..3usize).prop_map(|(who, role)| Move::Grant(who, role)),
        1 => who.clone().prop_map(Move::Revoke),
        5 => (who.clone(), 0..6usize, 0..20u64, 0..4u64, any::<bool>()).prop_map(|(w, a, s, m, o)| Move::Ask(w, a, s, m, o)),
        6 => (who, 0..6usize, prop::bool::weighted(0.8)).prop_map(|(who, back, yes)| Move::Decide(who, back, yes)),
        4 => (0..6usize).prop_map(Move::CarryOut),
        2 => (prop::option::of(0..4u8), prop::option::of(0..20u64)).prop_map(|(m, of)| Move::Hold(m, of)),
        2 => (0..3usize).prop_map(Move::Release),
        1 => (0..5 * DAY).prop_map(Move::Wait),
    ];
    prop::collection::vec(one, 0..80)
}

/// What was asked and placed so far.
struct Told {
    requests: Vec<(daybook_event::Jti, NewRequest)>,
    holds: Vec<(daybook_event::Jti, u64)>,
}

fn back<T>(items: &[T], steps: usize) -> Option<&T> {
    items.iter().rev().nth(steps)
}

fn play(story: &mut Story, told: &mut Told, step: &Move) {
    match step {
        Move::Grant(who, role) => drop(story.grant(PEOPLE[*who], ROLES[*role], 40)),
        Move::Revoke(who) => drop(story.revoke(PEOPLE[*who])),
        Move::Ask(who, act, start, more, order) => {
            let act = ActKind::ALL[*act];
            let range = if *more == 0 { start.to_string() } else { format!("{start}-{}", start + more) };
            let hold = told.holds.last().map(|(_, entry)| entry.to_string());
            let range = if act == ActKind::ReleaseHold { hold.unwrap_or(range) } else { range };
            let authority = if *order { "court_order" } else { "statute" };
            let new = NewRequest { authority: authority.to_owned(), order: *order, ..new(act, &[&range]) };
            told.requests.push((story.ask(PEOPLE[*who], &new), new));
        }
        Move::Decide(who, steps, yes) => {
            if let Some((request, _)) = back(&told.requests, *steps) {
                story.decide(PEOPLE[*who], request, if *yes { "approved" } else { "refused" });
            }
        }
        Move::CarryOut(steps) => {
            if let Some((request, new)) = back(&told.requests, *steps) {
                story.carry_out(request, new);
            }
        }
        Move::Hold(matter, of) => {
            let of: Vec<_> = of.iter().map(|entry| place(*entry).jti).collect();
            let hold = story.hold(matter.map(|matter| [matter; 16]), &of);
            told.holds.push((hold, story.last()));
        }
        Move::Release(steps) => {
            if let Some((hold, _)) = back(&told.holds, *steps) {
                story.release("city-attorney/docket", hold);
            }
        }
        Move::Wait(seconds) => story.now += seconds,
    }
}

/// What holds after every act, whatever was said.
fn check(story: &Story, before: &Access) -> Result<(), TestCaseError> {
    let access = &story.access;
    for request in access.requests() {
        let was = before.request(&request.jti).map(|request| &request.state);
        match &request.state {
            RequestState::Approved { by, .. } => {
                prop_assert_ne!(by, &request.account, "nobody approves the own request");
                let ordered = by == BY_ORDER && request.act == ActKind::Open && request.order;
                let approver = access.account(by).is_some() && !ordered;
                prop_assert!(ordered || approver);
                prop_assert!(
                    matches!(was, None | Some(RequestState::Pending)) || was == Some(&request.state)
                );
            }
            RequestState::Refused { by, .. } => prop_assert_ne!(by, &request.account),
            RequestState::CarriedOut { .. } => prop_assert!(
                was == Some(&request.state) || matches!(was, Some(RequestState::Approved { .. })),
                "only what was approved is carried out, and once"
            ),
            RequestState::Pending => prop_assert!(was.is_none_or(|was| *was == RequestState::Pending)),
        }
        for account in access.accounts().filter(|account| account.stands(story.now)) {
            let session = story.session(&account.account);
            let allowed = access.check_decision(&session, &request.jti, story.now);
            let covered = request
                .entries
                .iter()
                .any(|entry| !access.holds_over(entry, place(entry).matter, &place(entry).jti).is_empty());
            if request.act == ActKind::Erase && covered {
                prop_assert!(allowed.is_err(), "an erasure passes under a hold");
            }
            if allowed.is_ok() {
                prop_assert_ne!(&account.account, &request.account);
                prop_assert_eq!(&request.state, &RequestState::Pending);
            }
        }
    }
    // Nothing is erased or sealed but what a request that was carried out names.
    for Erasure { entry, part, .. } in access.erasures() {
        let ordered = |class| {
            access.requests().any(|request| {
                request.act == ActKind::Erase
                    && matches!(request.state, RequestState::CarriedOut { .. })
                    && request.entries.contains(entry)
                    && request.part.covers(class)
            })
        };
        for class in [daybook_event::Class::R, daybook_event::Class::W] {
            prop_assert!(!part.covers(class) || ordered(class));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_said_two_people_are_two_and_holds_hold(moves in moves()) {
        let mut story = Story::with_accounts();
        let mut told = Told { requests: Vec::new(), holds: Vec::new() };
        for step in &moves {
            let before = story.access.clone();
            play(&mut story, &mut told, step);
            check(&story, &before)?;
        }
        let mut again = Access::default();
        (0..RECORDS).for_each(|entry| again.learn(entry, place(entry)));
        story.said.iter().for_each(|said| apply(&mut again, said));
        prop_assert_eq!(&again, &story.access, "a fold from scratch says the same");
    }

    #[test]
    fn what_the_check_allows_the_fold_takes_and_what_it_refuses_the_fold_passes_over(moves in moves()) {
        let mut story = Story::with_accounts();
        let mut told = Told { requests: Vec::new(), holds: Vec::new() };
        for step in &moves {
            if let Move::Decide(who, steps, true) = step
                && let Some((request, _)) = back(&told.requests, *steps).cloned()
                && story.access.account(PEOPLE[*who]).is_some_and(|account| account.stands(story.now))
            {
                let allowed = story.access.check_refusal(&story.session(PEOPLE[*who]), &request, story.now);
                let before = story.access.request(&request).map(|request| request.state.clone());
                story.decide(PEOPLE[*who], &request, "approved");
                let after = story.access.request(&request).map(|request| request.state.clone());
                prop_assert_eq!(allowed.is_ok(), before != after, "{:?}", allowed);
                continue;
            }
            play(&mut story, &mut told, step);
        }
    }
}
