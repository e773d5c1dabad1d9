//! `daybook matter`: everything that the ledger holds about one matter, in the order in which it happened.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde::Deserialize;

use crate::remote::{self, Connection, Purpose, Trouble};
use crate::shown::{Complete, Event, code_words, corrections, plain, value};
use crate::table::{print_table, table};
use crate::{print, say};

/// Fields that have columns of their own, or say nothing about what happened.
const NOT_TOLD: [&str; 5] = ["occurred_at", "recorded_at", "links", "provisions", "correction"];

/// What can be done with matters.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show a matter's events as a timeline, corrections beside what they correct
    #[command(after_help = remote::help("\
A matter is named by its handle, as `daybook events show` and `search` show it. What is sealed or erased stays in its place
as a tombstone.

Examples:
  daybook matter show HANDLE --purpose audit --reference 2026-A-17
  daybook matter show HANDLE --purpose court_order --json"))]
    Show(Show),
}

#[derive(clap::Args)]
pub(crate) struct Show {
    /// The matter's handle
    #[arg(value_name = "HANDLE")]
    matter: String,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

#[derive(Deserialize)]
struct Timeline {
    complete_to: Complete,
    matter: String,
    events: Vec<Event>,
}

pub(crate) fn run(command: &Command) -> ExitCode {
    let Command::Show(args) = command;
    remote::end(show(args))
}

fn show(args: &Show) -> Result<(), Trouble> {
    let answer = args.connection.reading(&args.purpose)?.get(&["v1", "matters", &args.matter])?;
    remote::show(&args.connection, &answer, |timeline: Timeline| {
        print(&format!("matter {}, {} events", plain(&timeline.matter), timeline.events.len()));
        print("");
        let mut rows = table(&["Happened", "Entry", "Department", "What", "Event"], &[0, 1, 4]);
        for (depth, event) in ordered(&timeline.events) {
            let mark = if depth > 0 { "↳ correction: " } else { "" };
            rows.add_row([
                event.happened(),
                event.entry.to_string(),
                plain(event.department()),
                format!("{mark}{}", told(event)),
                plain(&event.jti),
            ]);
        }
        print_table(&rows);
        for correction in corrections(&timeline.events) {
            print("");
            correction.print();
        }
        say(&timeline.complete_to.words());
        Ok(())
    })
}

/// The events in the order in which they came, except that each correction follows what it corrects.
fn ordered(events: &[Event]) -> Vec<(usize, &Event)> {
    let is_correction = |event: &Event| events.iter().any(|other| event.corrects(other));
    let (mut rows, mut seen) = (Vec::with_capacity(events.len()), BTreeSet::new());
    // Those that correct nothing here come first in line; what only corrects in a circle is not lost either.
    let (corrections, originals): (Vec<&Event>, Vec<&Event>) =
        events.iter().partition(|event| is_correction(event));
    for root in originals.into_iter().chain(corrections) {
        let mut next = vec![(0, root)];
        while let Some((depth, event)) = next.pop() {
            if seen.insert(event.entry) {
                rows.push((depth, event));
                let follow = events.iter().rev().filter(|other| other.corrects(event));
                next.extend(follow.map(|other| (depth + 1, other)));
            }
        }
    }
    rows
}

/// What happened, on one line: the type, its public and restricted fields, and its tombstone in words.
fn told(event: &Event) -> String {
    let fields = event.fields.iter().filter(|(name, _)| !NOT_TOLD.contains(&name.as_str()));
    let fields: Vec<String> =
        fields.map(|(name, field)| format!("{} {}", code_words(name), value(field))).collect();
    let mut told = plain(&event.event);
    if !fields.is_empty() {
        told += &format!(": {}", fields.join(", "));
    }
    if let Some(tombstone) = &event.tombstone {
        told += &format!(" [{}]", tombstone.words());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::tests::event;

    #[test]
    fn each_correction_follows_what_it_corrects_and_nothing_is_lost() {
        let (a, b, c) = (event(1, &[]), event(2, &[]), event(3, &[("corrects", 1)]));
        let d = event(4, &[("corrects", 3), ("corrects", 4)]);
        let events = [a, b, c, d];
        let rows: Vec<(usize, u64)> =
            ordered(&events).into_iter().map(|(depth, event)| (depth, event.entry)).collect();
        assert_eq!(rows, [(0, 1), (1, 3), (2, 4), (0, 2)]);

        let circle = [event(5, &[("corrects", 6)]), event(6, &[("corrects", 5)])];
        assert_eq!(ordered(&circle).len(), 2, "events that correct each other are both shown");
    }

    #[test]
    fn what_is_erased_is_said_in_words_where_the_fields_stood() {
        let mut gone = event(1, &[]);
        gone.tombstone = serde_json::from_value(serde_json::json!({
            "kind": "erased", "part": "withheld", "authority": "retention_schedule", "period": "2026-05", "by_entry": 90,
        }))
        .unwrap();
        let words = told(&gone);
        assert!(words.contains("the withheld fields are erased"), "{words}");
        assert!(words.contains("retention schedule") && words.contains("entry 90"), "{words}");
    }
}
