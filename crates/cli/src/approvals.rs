//! `daybook approvals`: what waits for a second person, and the second person's answer.

use std::process::ExitCode;

use daybook_event::Jti;
use serde::Deserialize;
use serde_json::json;

use crate::print;
use crate::remote::{self, Connection, Purpose, Trouble};
use crate::shown::{code_words, part_words, plain};
use crate::table::{print_table, table};

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
    #[command(after_help = remote::help("\
Look first at what it asks for, with `daybook approvals list`. An erasure cannot be taken back.

Example:
  daybook approvals approve 3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f"))]
    Approve(Decide),
    /// Refuse somebody else's request
    #[command(after_help = remote::help("\
Example:
  daybook approvals refuse 3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f"))]
    Refuse(Decide),
}

#[derive(clap::Args)]
pub(crate) struct List {
    /// Only requests in this state; --json prints all
    #[arg(long, value_name = "STATE", value_parser = ["pending", "approved", "refused", "carried_out"])]
    state: Option<String>,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

#[derive(clap::Args)]
pub(crate) struct Decide {
    /// The request, by its identifier
    #[arg(value_name = "REQUEST")]
    request: Jti,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(command: &Command) -> ExitCode {
    remote::end(match command {
        Command::List(args) => list(args),
        Command::Approve(args) => decide(args, true),
        Command::Refuse(args) => decide(args, false),
    })
}

#[derive(Deserialize)]
struct Listed {
    requests: Vec<Request>,
    holds: Vec<Hold>,
}

#[derive(Deserialize)]
struct Request {
    request: String,
    act: String,
    authority: String,
    part: String,
    at_entries: Vec<String>,
    slots: Vec<String>,
    readers: Vec<String>,
    minutes: u64,
    reference: Option<String>,
    order_shown: bool,
    account: String,
    asked_at: String,
    state: String,
    decided_by: Option<String>,
    open_until: Option<String>,
    done_entry: Option<u64>,
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

impl Request {
    /// What is asked for.
    fn what(&self) -> String {
        let records: Vec<String> = self.at_entries.iter().map(|item| plain(item)).collect();
        let records = records.join(", ");
        let names = |names: &[String]| names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ");
        let mut what = match self.act.as_str() {
            "release_hold" => format!("let go of the holds of entries {records}"),
            act => format!("{} {} of entries {records}", code_words(act), part_words(&self.part)),
        };
        if !self.slots.is_empty() {
            what += &format!("; only {}", names(&self.slots));
        }
        if !self.readers.is_empty() {
            what += &format!("; {} may still read", names(&self.readers));
        }
        if self.minutes > 0 {
            what += &format!("; for {} minutes", self.minutes);
        }
        what
    }

    /// On what it rests.
    fn ground(&self) -> String {
        let order = if self.order_shown { ", order shown" } else { "" };
        let reference = self.reference.as_deref().map(|text| format!(", {}", plain(text)));
        format!("{}{order}{}", code_words(&self.authority), reference.unwrap_or_default())
    }

    /// What became of it.
    fn state(&self) -> String {
        let by = self.decided_by.as_deref().map(|by| format!(" by {}", plain(by))).unwrap_or_default();
        let until = self.open_until.as_deref().map(|at| format!(", open until {}", plain(at)));
        match self.done_entry {
            Some(entry) => format!("{} in entry {entry}", code_words(&self.state)),
            None => format!("{}{by}{}", code_words(&self.state), until.unwrap_or_default()),
        }
    }
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

#[derive(Deserialize)]
struct Decided {
    decision: String,
    done: Option<String>,
    done_entry: Option<u64>,
}

fn decide(args: &Decide, approve: bool) -> Result<(), Trouble> {
    let request = args.request.to_string();
    let body = json!({ "decision": if approve { "approved" } else { "refused" } });
    let answer = args.connection.open()?.post(&["v1", "approvals", &request, "decision"], &body)?;
    remote::show(&args.connection, &answer, |decided: Decided| {
        told(&decided, approve).iter().for_each(|line| print(line));
        Ok(())
    })
}

fn told(decided: &Decided, approve: bool) -> Vec<String> {
    let decision = plain(&decided.decision);
    if !approve {
        return vec![format!("refused; recorded as {decision}. Nothing is done.")];
    }
    let mut lines = vec![format!("approved; recorded as {decision}.")];
    lines.push(match (decided.done_entry, &decided.done) {
        (Some(entry), Some(done)) => format!("It is done: entry {entry}, {}.", plain(done)),
        _ => "If it asked for an opening, whoever asked can look now; if it asked to let go of a hold, the hold has ended.".into(),
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        serde_json::from_value(json!({
            "request": "r", "entry": 5, "act": "seal", "authority": "court_order", "part": "all",
            "at_entries": ["17", "20-22"], "slots": ["times"], "readers": ["custodian"], "minutes": 0, "reference": "2026-A-17",
            "order_shown": true, "account": "a-0009", "asked_at": "2026-11-22T16:38:12Z", "state": "pending",
            "decided_by": null, "decided_at": null, "open_until": null, "done_entry": null,
        }))
        .unwrap()
    }

    #[test]
    fn the_second_person_reads_what_is_asked_for_in_words() {
        let mut request = request();
        assert_eq!(
            request.what(),
            "seal the restricted and the withheld fields of entries 17, 20-22; only times; custodian may still read"
        );
        assert_eq!(request.ground(), "court order, order shown, 2026-A-17");
        assert_eq!(request.state(), "pending");
        request.state = "carried_out".into();
        request.done_entry = Some(90);
        assert_eq!(request.state(), "carried out in entry 90");
    }

    #[test]
    fn a_refusal_says_that_nothing_is_done_and_an_approval_what_was() {
        let decided = |done: Option<u64>| Decided {
            decision: "d".into(),
            done: done.map(|_| "e".into()),
            done_entry: done,
        };
        assert!(told(&decided(None), false)[0].contains("Nothing is done"));
        assert!(told(&decided(Some(7)), true)[1].contains("entry 7"));
        assert!(told(&decided(None), true)[1].contains("opening"));
    }
}
