//! The ten normal courses of events, played against all packs together: the rules say exactly what they should, and nothing stays in the air.

use std::collections::BTreeSet;
use std::sync::Arc;

use daybook_rules::example::play_all;
use daybook_rules::pack::{Example, ExampleEvent, Pack, PackState};
use daybook_rules::ruleset::Ruleset;
use daybook_rules::verdict::Status;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chains {
    background: Vec<ExampleEvent>,
    #[serde(rename = "chain")]
    chains: Vec<Chain>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chain {
    name: String,
    as_of: String,
    /// Rule and check of everything that fails.
    fails: BTreeSet<String>,
    event: Vec<ExampleEvent>,
}

fn chains() -> Vec<(Example, BTreeSet<String>)> {
    let read: Chains = toml::from_str(include_str!("chains.toml")).expect("the chains");
    let whole = |chain: Chain| {
        let events = read.background.iter().cloned().chain(chain.event).collect();
        (Example { name: chain.name, expect: String::new(), as_of: chain.as_of, events }, chain.fails)
    };
    read.chains.into_iter().map(whole).collect()
}

fn all_packs(state_of_all: Option<PackState>) -> Arc<Ruleset> {
    let mut packs = Pack::builtin().expect("the packs of this repository");
    for pack in &mut packs {
        pack.state = state_of_all.unwrap_or(pack.state);
    }
    Arc::new(Ruleset::new(packs, None).expect("they fit together"))
}

fn differences(ruleset: &Arc<Ruleset>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (chain, expected) in chains() {
        let (mut fails, mut in_the_air) = (BTreeSet::new(), BTreeSet::new());
        for (rule, check, verdict) in play_all(ruleset, &chain).expect("events that the catalogue takes") {
            match verdict.status {
                Status::Fails => drop(fails.insert(format!("{rule} {check}"))),
                Status::Open | Status::Undetermined => {
                    in_the_air.insert(format!("{rule} {check} {}", verdict.status.as_str()));
                }
                Status::Quiet | Status::Measured => {}
            }
        }
        if fails != expected || !in_the_air.is_empty() {
            wrong
                .push(format!("{}: fails {fails:?}, not {expected:?}; left open {in_the_air:?}", chain.name));
        }
    }
    wrong
}

#[test]
fn each_normal_course_of_events_gives_exactly_its_findings() {
    assert_eq!(chains().len(), 10);
    let wrong = differences(&all_packs(None));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn they_stay_the_same_if_every_law_is_in_force() {
    let wrong = differences(&all_packs(Some(PackState::InForce)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_event_of_a_chain_that_is_left_out_is_missed_or_was_not_needed() {
    // What a chain loses by one event less, so that the silence of the rules about the whole chain means something.
    let ruleset = all_packs(None);
    let mut missed = BTreeSet::new();
    for (chain, expected) in chains() {
        for left_out in 0..chain.events.len() {
            let kind = chain.events[left_out].kind.clone();
            let mut less = chain.clone();
            less.events.remove(left_out);
            for event in &mut less.events {
                event.links.clear();
            }
            // Without their links some types are refused; those chains are not tried.
            let Ok(said) = play_all(&ruleset, &less) else { continue };
            let fails = said.into_iter().filter(|(_, _, verdict)| verdict.status == Status::Fails);
            for (rule, check, _) in fails {
                if !expected.contains(&format!("{rule} {check}")) {
                    missed.insert(format!(
                        "{} without {kind}: {rule}",
                        chain.name.split(':').next().unwrap_or_default()
                    ));
                }
            }
        }
    }
    for needed in [
        "1 without policy.issued: R36",
        "1 without request.received: R22",
        "1 without advisement.given: R01",
        "1 without release.completed: R14",
        "3 without request.answered: R18",
        "5 without paper.classified: R10",
        "5 without paper.classified: R17",
        "6 without subpoena.decided: R18",
        "6 without subpoena.decided: R25",
        "7 without request.answered: R33",
        "8 without request.received: R38",
        "8 without request.answered: R18",
        "9 without period.attested: R37",
    ] {
        assert!(
            missed.contains(needed),
            "{needed} is not among\n{}",
            missed.iter().cloned().collect::<Vec<_>>().join("\n")
        );
    }
}
