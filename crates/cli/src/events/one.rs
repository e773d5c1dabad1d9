//! `daybook events show`: one event, what it links to, what links to it, and what corrects it.

use daybook_event::Jti;
use serde::Deserialize;

use super::proof::{Claimed, Proof};
use crate::remote::{Answer, Connection, Ledger, Purpose, Trouble};
use crate::shown::{Complete, Event, corrections, plain, value};
use crate::table::{print_table, table};
use crate::{print, say};

pub(super) const HELP: &str = "\
An event that corrects another is shown beside it; for that the other one is read too, and recorded as a read of its own.

Examples:
  daybook events show 3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f --purpose audit
  daybook events show 3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f --purpose audit --policy trust.policy
  daybook events show 3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f --purpose court_order --proof-out e.proof --entry-out e.entry";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The event, by its identifier
    #[arg(value_name = "JTI")]
    event: Jti,
    #[command(flatten)]
    proof: Proof,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

#[derive(Deserialize)]
struct Whole {
    complete_to: Complete,
    event: Event,
    #[serde(default)]
    linked_from: Vec<Event>,
    #[serde(default)]
    dangling: Vec<String>,
    entry: String,
    proof: String,
}

pub(super) fn run(args: &Args) -> Result<(), Trouble> {
    let ledger = args.connection.reading(&args.purpose)?;
    let answer = ask(&ledger, &args.event.to_string())?;
    if args.connection.json() {
        print(answer.text());
        if !args.proof.is_wanted() {
            return Ok(());
        }
        let whole: Whole = answer.parse()?;
        for line in args.proof.carry_out(&claimed(&whole, &args.event.to_string()))? {
            say(&line);
        }
        return Ok(());
    }
    let whole: Whole = answer.parse()?;
    print_event(&whole.event);
    print_links(&whole);
    print_corrections(&ledger, &whole)?;
    print("");
    say(&whole.complete_to.words());
    answer.say_read();
    for line in args.proof.carry_out(&claimed(&whole, &args.event.to_string()))? {
        print(&line);
    }
    Ok(())
}

fn ask(ledger: &Ledger, jti: &str) -> Result<Answer, Trouble> {
    ledger.get(&["v1", "events", jti])
}

/// The identifier is the one that was asked for, whatever the answer says.
fn claimed<'a>(whole: &'a Whole, asked: &'a str) -> Claimed<'a> {
    Claimed { jti: asked, event: &whole.event, entry: &whole.entry, proof: &whole.proof }
}

/// Prints an event with its fields.
fn print_event(event: &Event) {
    print(&format!("{}, version {}", plain(&event.event), event.v));
    let mut lines = vec![
        ("entry", event.entry.to_string()),
        ("event", plain(&event.jti)),
        ("signed by", format!("{}, number {}", plain(&event.issuer), event.seq)),
        ("month", plain(&event.period)),
    ];
    lines.extend(event.received_at.as_deref().map(|at| ("received", plain(at))));
    lines.extend(event.matter.as_deref().map(|matter| ("matter", plain(matter))));
    for (name, text) in lines {
        print(&format!("{name:<10} {text}"));
    }
    if let Some(tombstone) = &event.tombstone {
        print(&format!("{:<10} {}", "tombstone", tombstone.words()));
    }
    print("");
    let mut fields = table(&["Field", "Value"], &[0]);
    for (name, field) in event.fields.iter().filter(|(name, _)| *name != "links") {
        fields.add_row([plain(name), value(field)]);
    }
    print_table(&fields);
    if !event.withheld.is_empty() {
        let slots: Vec<String> = event.withheld.iter().map(|slot| plain(slot)).collect();
        print("");
        print(&format!("withheld   {}", slots.join(", ")));
        print(&format!("           ask with `daybook open request --event {} …`", plain(&event.jti)));
    }
}

/// Prints what it links to, and what links to it.
fn print_links(whole: &Whole) {
    let mut to = table(&["This event", "Event", ""], &[1]);
    for (rel, jti) in whole.event.links() {
        let dangling = whole.dangling.iter().any(|missing| missing == jti);
        let remark = if dangling { "not on this ledger, or not yet" } else { "" };
        to.add_row([&relation(rel), &plain(jti), remark]);
    }
    if !to.is_empty() {
        print("");
        print_table(&to);
    }
    let mut from = table(&["Linked from", "Happened", "Type", "Event", "", "Entry"], &[3]);
    for event in &whole.linked_from {
        let rels = event.links().filter(|(_, jti)| *jti == whole.event.jti).map(|(rel, _)| relation(rel));
        from.add_row([
            rels.collect::<Vec<_>>().join(", "),
            event.happened(),
            plain(&event.event),
            plain(&event.jti),
            event.remark(),
            event.entry.to_string(),
        ]);
    }
    if !from.is_empty() {
        print("");
        print_table(&from);
    }
}

/// A relation as a verb.
fn relation(rel: &str) -> String {
    match rel {
        "of" => "belongs to".into(),
        other => plain(other),
    }
}

/// Prints corrections of this event beside it, and it beside what it corrects.
fn print_corrections(ledger: &Ledger, whole: &Whole) -> Result<(), Trouble> {
    let mut events = vec![whole.event.clone()];
    events.extend(whole.linked_from.iter().filter(|event| event.corrects(&whole.event)).cloned());
    for (rel, jti) in whole.event.links() {
        if rel == "corrects" && !whole.dangling.iter().any(|missing| missing == jti) {
            match ask(ledger, jti).and_then(|answer| answer.parse::<Whole>()) {
                Ok(original) => events.push(original.event),
                Err(trouble) => {
                    say(&format!("{}, which it corrects, cannot be shown: {trouble}", plain(jti)))
                }
            }
        }
    }
    for correction in corrections(&events) {
        print("");
        correction.print();
    }
    Ok(())
}
