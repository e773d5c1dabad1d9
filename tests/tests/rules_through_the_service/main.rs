//! Every example of every pack through real ledgers: signed by producers, sent over a bus, taken in by the service, read with `daybook findings list`. What
//! fails is on the ledger as `finding.raised`, too.
//!
//! The service's clock is the real one, so an example is moved in time first: by whole weeks where its answer stays the same, else by days or months. Where the
//! answer hangs on time having passed between entries, or on values that were erased or that no ledger takes today, the log is written at rest and the
//! service started on it.

mod fold;
mod plan;
mod play;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Instant;

use plan::{Group, Packs, plan};

/// Ledgers that run at a time: there are few cores.
const AT_A_TIME: usize = 3;
/// The rules of the catalogue.
const RULES: usize = 47;
/// What every rule must have been seen to say.
const COLUMNS: [&str; 3] = ["fails", "quiet", "other"];

#[test]
fn every_example_of_every_pack_says_through_the_service_what_it_claims() {
    let packs = Packs::read();
    let (groups, unplayable) = plan(&packs);
    let started = Instant::now();
    let queue: Mutex<VecDeque<(usize, &Group)>> = Mutex::new(groups.iter().enumerate().collect());
    let wrong: Mutex<Vec<String>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no thread panicked").pop_front();
                    let Some((number, group)) = next else { return };
                    let played = catch_unwind(AssertUnwindSafe(|| play::play(&packs, group, number as u64)));
                    let mistakes = played.unwrap_or_else(|panic| vec![reason(group, panic.as_ref())]);
                    wrong.lock().expect("no thread panicked").extend(mistakes);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panicked");
    let plays = groups.iter().map(|group| group.plays.len()).sum::<usize>();
    assert!(unplayable.is_empty(), "no time was found for:\n{}", unplayable.join("\n"));
    assert!(wrong.is_empty(), "{} of {plays} differ:\n{}", wrong.len(), wrong.join("\n"));
    show(&groups, plays, started.elapsed().as_secs());
    let seen = seen(&groups);
    let lacking: Vec<String> = (1..=RULES)
        .map(|number| format!("R{number:02}"))
        .filter(|rule| {
            let needed = if plan::only_measures(&packs, rule) { 1 } else { COLUMNS.len() };
            seen.get(rule).is_none_or(|columns| columns.len() < needed)
        })
        .collect();
    assert!(lacking.is_empty(), "not seen to fail, to be quiet and to wait, doubt or measure: {lacking:?}");
}

#[test]
fn a_time_is_found_for_every_example_on_whatever_day_this_is_run() {
    // The first and last days of months, quarters and years, and days on which clocks change.
    for day in ["2026-11-01", "2026-12-31", "2027-01-01", "2027-03-14", "2027-06-11", "2028-02-29"] {
        let now = format!("{day}T07:30:00Z").parse::<jiff::Timestamp>().expect("a time");
        let (_, unplayable) = plan(&Packs::read_at(now.as_second()));
        assert!(unplayable.is_empty(), "on {day} no time was found for:\n{}", unplayable.join("\n"));
    }
}

/// What went wrong on a ledger as a whole.
fn reason(group: &Group, panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    let rules: BTreeSet<&str> = group.plays.iter().map(|play| play.rule.as_str()).collect();
    format!(
        "the ledger of {rules:?} ({:?}, by bus: {}): {}",
        group.variant,
        group.by_bus,
        said.unwrap_or("?")
    )
}

/// By rule: the columns in which it was seen.
fn seen(groups: &[Group]) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut seen = BTreeMap::<String, BTreeSet<_>>::new();
    for play in groups.iter().flat_map(|group| &group.plays) {
        seen.entry(play.rule.clone()).or_default().insert(column(&play.expect));
    }
    seen
}

fn column(expect: &str) -> &'static str {
    COLUMNS.into_iter().find(|name| *name == expect).unwrap_or(COLUMNS[2])
}

#[allow(clippy::print_stdout, reason = "the table is what a reader of the test's output is after")]
fn show(groups: &[Group], plays: usize, seconds: u64) {
    let mut table = BTreeMap::<&str, BTreeMap<&str, usize>>::new();
    for play in groups.iter().flat_map(|group| &group.plays) {
        *table.entry(&play.rule).or_default().entry(column(&play.expect)).or_default() += 1;
    }
    println!("rule  fails  quiet  open, undetermined or measured");
    for (rule, counts) in &table {
        let count = |name: &str| counts.get(name).copied().unwrap_or(0);
        println!("{rule:<4}  {:>5}  {:>5}  {:>5}", count("fails"), count("quiet"), count("other"));
    }
    for (group, play) in groups.iter().flat_map(|group| group.plays.iter().map(move |play| (group, play))) {
        for reason in group.variant.reason().into_iter().chain(play.at_rest_because()) {
            println!("{} {:?}: {reason}", play.rule, play.name);
        }
    }
    let at_rest = groups.iter().filter(|group| !group.by_bus);
    let at_rest: usize = at_rest.map(|group| group.plays.len()).sum();
    println!(
        "{plays} examples on {} ledgers, {at_rest} of them on logs written at rest; {seconds} s",
        groups.len()
    );
}
