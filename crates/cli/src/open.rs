//! `daybook open`: withheld fields, opened for a time to the account that asked, on somebody's approval or a court's order.

use std::process::ExitCode;

use daybook_access::request::OPENING_MAX_MINUTES;
use daybook_access::{ActKind, Part};
use daybook_event::Jti;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::approvals::{Decide, Verdict, decide};
use crate::asking::{self, Numbers, Scope};
use crate::remote::{self, Connection, Trouble};
use crate::shown::{plain, value};
use crate::{print, say};

/// What can be done about withheld fields.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Ask for withheld fields to be opened to you for some minutes
    #[command(after_help = remote::help("\
Asking opens nothing. A second person approves, or the number of a court's order does. The request is recorded.

Examples:
  daybook open request --event 3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f --authority audit --slot subject --minutes 60
  daybook open request --matter HANDLE --authority court_order --order-number-file order.txt --minutes 1440"))]
    Request(Request),
    /// Approve somebody else's request for an opening, as `daybook approvals approve` does
    #[command(after_help = remote::help("\
The request is shown first, and then you are asked. Other requests are not decided with this.

Example:
  daybook open approve 5f1c…"))]
    Approve(Decide),
    /// Look at what was opened on your request; each look is recorded before anything is shown
    #[command(after_help = remote::help("\
The values are shown once and kept nowhere: mind the screen, the terminal's history and the pipe.

Example:
  daybook open values 5f1c…"))]
    Values(Values),
}

#[derive(clap::Args)]
pub(crate) struct Request {
    #[command(flatten)]
    scope: Scope,
    /// What entitles you
    #[arg(long, value_name = "AUTHORITY", value_parser = asking::authorities(ActKind::Open))]
    authority: String,
    /// Only this slot; may be given several times [default: all withheld slots]
    #[arg(long = "slot", value_name = "SLOT")]
    slots: Vec<String>,
    /// For how many minutes from the approval
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=OPENING_MAX_MINUTES))]
    minutes: u64,
    #[command(flatten)]
    numbers: Numbers,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
pub(crate) struct Values {
    /// The request, by its identifier
    #[arg(value_name = "REQUEST")]
    request: Jti,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(command: &Command) -> ExitCode {
    remote::end(match command {
        Command::Request(args) => {
            body(args).and_then(|body| asking::ask(&args.connection, ActKind::Open, body))
        }
        Command::Approve(args) => decide(args, Verdict::Approved, Some(ActKind::Open.as_str())),
        Command::Values(args) => values(args),
    })
}

fn body(args: &Request) -> Result<Map<String, Value>, Trouble> {
    let mut body = asking::body(ActKind::Open, &args.authority, Part::Withheld.as_str(), &args.numbers)?;
    args.scope.put(&mut body)?;
    if !args.slots.is_empty() {
        body.insert("slots".into(), args.slots.clone().into());
    }
    body.insert("minutes".into(), args.minutes.into());
    Ok(body)
}

#[derive(Deserialize)]
struct Looked {
    opened: Vec<Opened>,
}

#[derive(Deserialize)]
struct Opened {
    entry: u64,
    jti: String,
    values: Map<String, Value>,
}

fn values(args: &Values) -> Result<(), Trouble> {
    let request = args.request.to_string();
    let answer = args.connection.open()?.get(&["v1", "approvals", &request, "values"])?;
    remote::show(&args.connection, &answer, |looked: Looked| {
        for record in &looked.opened {
            print(&format!("entry {}  {}", record.entry, plain(&record.jti)));
            for (field, found) in &record.values {
                print(&format!("  {}  {}", plain(field), value(found)));
            }
            if record.values.is_empty() {
                print("  nothing: the event has no such field, or it is erased");
            }
        }
        say("That you looked is recorded on the ledger.");
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};
    use serde_json::json;

    use super::*;

    fn parsed(args: &[&str]) -> Result<Request, clap::Error> {
        let command = Request::augment_args(clap::Command::new("request"));
        let matches = command.try_get_matches_from(std::iter::once(&"request").chain(args))?;
        Request::from_arg_matches(&matches)
    }

    #[test]
    fn an_opening_is_of_withheld_fields_and_has_an_end() {
        let args = parsed(&[
            "--entry",
            "20-22",
            "17",
            "--authority",
            "audit",
            "--slot",
            "subject",
            "--slot",
            "matter_ref",
            "--minutes",
            "60",
            "--reference",
            "2026-A-17",
        ])
        .unwrap();
        let wanted = json!({
            "act": "open", "authority": "audit", "part": "withheld", "entries": ["17", "20-22"],
            "slots": ["subject", "matter_ref"], "minutes": 60, "reference": "2026-A-17",
        });
        assert_eq!(Value::Object(body(&args).unwrap()), wanted);
        assert!(parsed(&["--entry", "1", "--authority", "audit"]).is_err(), "no end");
        assert!(
            parsed(&["--entry", "1", "--authority", "audit", "--minutes", "10081"]).is_err(),
            "over a week"
        );
        assert!(parsed(&["--entry", "1", "--authority", "retention_schedule", "--minutes", "5"]).is_err());
    }

    #[test]
    fn a_courts_order_is_named_by_its_number_which_stays_off_the_command_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("order.txt");
        std::fs::write(&file, "CV-2026-117\n").unwrap();
        let common = ["--matter", "h", "--authority", "court_order", "--minutes", "5"];
        assert!(matches!(body(&parsed(&common).unwrap()), Err(Trouble::Usage(_))));
        let mut with = common.to_vec();
        with.extend(["--order-number-file", file.to_str().unwrap()]);
        assert_eq!(body(&parsed(&with).unwrap()).unwrap()["order_number"], "CV-2026-117");
    }
}
