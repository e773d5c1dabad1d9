//! `daybook approvals`: what waits for a second person, and the second person's answer.

mod decide;
mod request;

use std::process::ExitCode;

use serde::Deserialize;

use crate::print;
use crate::remote::{self, Connection, Purpose, Trouble};
use crate::shown::{code_words, plain};
use crate::table::{print_table, table};

pub(crate) use decide::{Decide, Verdict, answerable, approve_production, run as decide};
pub(crate) use request::Export;
use request::Request;

/// What can have become of a request.
const STATES: [&str; 5] = ["pending", "lapsed", "approved", "refused", "carried_out"];

/// What can be done with requests.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List requests and what became of them, newest first, and the holds that stand
    #[command(after_help = remote::help("\
Examples:
  daybook approvals list --purpose supervision --state pending
  daybook approvals list --purpose audit --reference 2026-A-17 --json"))]
    List(List),
    /// Approve somebody else's request: what it asks for is done at once
    #[command(after_help = remote::help(decide::APPROVE_HELP))]
    Approve(decide::Decide),
    /// Refuse somebody else's request
    #[command(after_help = remote::help(decide::REFUSE_HELP))]
    Refuse(decide::Decide),
}

#[derive(clap::Args)]
pub(crate) struct List {
    /// Only requests in this state; --json prints all
    #[arg(long, value_name = "STATE", value_parser = STATES)]
    state: Option<String>,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

pub(crate) fn run(command: &Command) -> ExitCode {
    remote::end(match command {
        Command::List(args) => list(args),
        Command::Approve(args) => decide::run(args, Verdict::Approved, None),
        Command::Refuse(args) => decide::run(args, Verdict::Refused, None),
    })
}

#[derive(Deserialize)]
struct Listed {
    requests: Vec<Request>,
    holds: Vec<Hold>,
}

#[derive(Deserialize)]
struct Hold {
    hold: String,
    entry: u64,
    basis: String,
    department: String,
    since: String,
    everything: bool,
}

fn list(args: &List) -> Result<(), Trouble> {
    let answer = args.connection.reading(&args.purpose)?.get(&["v1", "approvals"])?;
    remote::show(&args.connection, &answer, |listed: Listed| {
        let wanted = |request: &&Request| args.state.as_ref().is_none_or(|state| *state == request.state);
        let mut requests = table(&["Request", "Asked", "By", "What", "Authority", "State"], &[0]);
        for request in listed.requests.iter().filter(wanted) {
            requests.add_row([
                plain(&request.request),
                plain(&request.asked_at),
                plain(&request.account),
                request.what(),
                request.ground(),
                request.state(),
            ]);
        }
        print_table(&requests);
        if listed.holds.is_empty() {
            return Ok(());
        }
        print("");
        let mut holds = table(&["Hold", "Entry", "For", "Placed by", "Since", "Over"], &[0, 1]);
        for hold in &listed.holds {
            holds.add_row([
                plain(&hold.hold),
                hold.entry.to_string(),
                code_words(&hold.basis),
                plain(&hold.department),
                plain(&hold.since),
                if hold.everything { "everything" } else { "its matter or events" }.to_owned(),
            ]);
        }
        print_table(&holds);
        Ok(())
    })
}
