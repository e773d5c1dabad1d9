//! `daybook hold`: while a hold stands, nothing of what is under it is erased.

use std::path::PathBuf;
use std::process::ExitCode;

use daybook_access::{ActKind, Part};
use daybook_event::Jti;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::asking::{self, Numbers};
use crate::print;
use crate::remote::{self, Connection, Trouble};
use crate::shown::plain;

/// What a hold can be for, as in the schema of `hold.placed`.
const BASES: [&str; 3] = ["litigation", "investigation", "audit"];

/// What can be done with holds.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Place a hold; it stands at once
    #[command(after_help = remote::help("\
A hold over a matter covers what is recorded of it later too. `daybook approvals list` shows the holds that stand.

Examples:
  daybook hold place --matter HANDLE --basis litigation --case-number-file case.txt
  daybook hold place --event JTI JTI --basis audit"))]
    Place(Place),
    /// Ask for holds to be let go; a second person approves
    #[command(after_help = remote::help("\
Holds are named by the entries that placed them, as `daybook approvals list` shows them.

Example:
  daybook hold release --entry 4711 --authority litigation --reference 2026-L-9"))]
    Release(Release),
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("over").required(true).args(["matter", "events"]))]
pub(crate) struct Place {
    /// Everything of a matter, by its handle as an event shows it
    #[arg(long, value_name = "HANDLE")]
    matter: Option<String>,
    /// Records by the identifiers of their events, at most 32
    #[arg(long = "event", value_name = "JTI", num_args = 1..)]
    events: Vec<Jti>,
    /// What it is for
    #[arg(long, value_name = "BASIS", value_parser = BASES)]
    basis: String,
    /// File with the number of the case, or - for standard input; it is kept withheld
    #[arg(long, value_name = "FILE")]
    case_number_file: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    /// The entries that placed the holds
    #[arg(long = "entry", value_name = "N", num_args = 1.., required = true)]
    entries: Vec<String>,
    /// What ends the holds
    #[arg(long, value_name = "AUTHORITY", value_parser = asking::authorities(ActKind::ReleaseHold))]
    authority: String,
    #[command(flatten)]
    numbers: Numbers,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(command: &Command) -> ExitCode {
    remote::end(match command {
        Command::Place(args) => place(args),
        Command::Release(args) => {
            release_body(args).and_then(|body| asking::ask(&args.connection, ActKind::ReleaseHold, body))
        }
    })
}

#[derive(Deserialize)]
struct Placed {
    hold: String,
    entry: u64,
}

fn place(args: &Place) -> Result<(), Trouble> {
    let body = place_body(args)?;
    let answer = args.connection.open()?.post(&["v1", "holds"], &Value::Object(body))?;
    remote::show(&args.connection, &answer, |placed: Placed| {
        print(&format!("hold   {}", plain(&placed.hold)));
        print(&format!("entry  {}", placed.entry));
        print("It stands from now on: nothing under it is erased until it is let go, with");
        print(&format!("  daybook hold release --entry {} --authority …", placed.entry));
        Ok(())
    })
}

fn place_body(args: &Place) -> Result<Map<String, Value>, Trouble> {
    let mut body = Map::new();
    body.insert("basis".into(), args.basis.as_str().into());
    if !args.events.is_empty() {
        let events: Vec<String> = args.events.iter().map(Jti::to_string).collect();
        body.insert("events".into(), events.into());
    }
    if let Some(matter) = &args.matter {
        body.insert("matter".into(), matter.as_str().into());
    }
    if let Some(path) = &args.case_number_file {
        body.insert("case_number".into(), asking::value_from(path)?.into());
    }
    Ok(body)
}

fn release_body(args: &Release) -> Result<Map<String, Value>, Trouble> {
    // A hold has no parts; the request names one all the same, and it is the whole.
    let part = Part::All.as_str();
    let mut body = asking::body(ActKind::ReleaseHold, &args.authority, part, &args.numbers)?;
    body.insert("entries".into(), asking::entries(&args.entries)?.into());
    Ok(body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed<T: clap::Args>(args: &[&str]) -> Result<T, clap::Error> {
        let command = T::augment_args(clap::Command::new("it"));
        T::from_arg_matches(&command.try_get_matches_from(std::iter::once(&"it").chain(args))?)
    }

    #[test]
    fn a_hold_is_over_a_matter_or_over_events_and_never_over_nothing() {
        let args: Place = parsed(&["--matter", "h", "--basis", "litigation"]).unwrap();
        assert_eq!(
            Value::Object(place_body(&args).unwrap()),
            json!({ "basis": "litigation", "matter": "h" })
        );
        assert!(parsed::<Place>(&["--basis", "audit"]).is_err());
        let jti = "3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f";
        assert!(parsed::<Place>(&["--basis", "audit", "--matter", "h", "--event", jti]).is_err());
        assert!(parsed::<Place>(&["--basis", "retention", "--matter", "h"]).is_err());
    }

    #[test]
    fn letting_go_of_a_hold_is_a_request_about_the_entries_that_placed_it() {
        let args: Release = parsed(&["--entry", "9", "8", "--authority", "litigation"]).unwrap();
        let wanted =
            json!({ "act": "release_hold", "authority": "litigation", "part": "all", "entries": ["8-9"] });
        assert_eq!(Value::Object(release_body(&args).unwrap()), wanted);
    }
}
