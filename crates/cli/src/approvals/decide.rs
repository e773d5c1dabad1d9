//! The second person's answer: the request is shown, and then it is asked whether that is meant.

use daybook_access::PURPOSES;
use daybook_event::Jti;
use serde::Deserialize;
use serde_json::json;

use super::request::Request;
use crate::asking;
use crate::print;
use crate::remote::{self, Connection, Ledger, Purpose, Trouble};
use crate::shown::{code_words, plain};

/// The act of handing records over.
const PRODUCE: &str = "produce";

pub(super) const APPROVE_HELP: &str = "\
The request is shown first, and then you are asked. What it asks for is done at once; an erasure cannot be taken back, so
there you type the word. Looking at the request is recorded. Programs give --yes, and with --json must.

Examples:
  daybook approvals approve 3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f
  daybook approvals approve 3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f --yes --json";
pub(super) const REFUSE_HELP: &str = "\
The request is shown first, and then you are asked. Nothing is done. Programs give --yes, and with --json must.

Example:
  daybook approvals refuse 3f0b2d4e-8a51-4c36-9d7e-0a1b2c3d4e5f";

/// What the second person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approved,
    Refused,
}

#[derive(clap::Args)]
pub(crate) struct Decide {
    /// The request, by its identifier
    #[arg(value_name = "REQUEST")]
    request: Jti,
    /// You have looked at the request; ask nothing
    #[arg(long)]
    yes: bool,
    /// What you look at the request for; it is recorded
    #[arg(long, value_name = "CODE", env = "DAYBOOK_PURPOSE", default_value = "supervision", value_parser = PURPOSES)]
    purpose: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Deserialize)]
struct One {
    request: Request,
}

#[derive(Deserialize)]
struct Decided {
    decision: String,
    done: Option<String>,
    done_entry: Option<u64>,
}

/// Decides; about another act than `only` nothing is decided.
pub(crate) fn run(args: &Decide, verdict: Verdict, only: Option<&str>) -> Result<(), Trouble> {
    let json = args.connection.json();
    answerable(json, args.yes)?;
    let ledger = args.connection.reading(&Purpose::of(&args.purpose))?;
    let id = args.request.to_string();
    // A program that names the request and says yes has decided; it needs no look.
    if !json || only.is_some() {
        let request = look(&ledger, &id, !json)?;
        is_of(&request, only)?;
        if only.is_none() && verdict == Verdict::Approved && request.act == PRODUCE {
            let name = request.production.as_deref().map_or_else(|| "NAME".to_owned(), plain);
            return Err(Trouble::Usage(format!(
                "this is about a production: approve it with `daybook production approve {name}`, which looks at what would go out first"
            )));
        }
        if !args.yes {
            ask(&request, verdict)?;
        }
    }
    send(&ledger, &args.connection, &id, verdict)
}

/// Approves a request for a production, after whoever calls has shown what would go out.
pub(crate) fn approve_production(
    ledger: &Ledger,
    connection: &Connection,
    request: &str,
    yes: bool,
) -> Result<(), Trouble> {
    let shown = look(ledger, request, !connection.json())?;
    is_of(&shown, Some(PRODUCE))?;
    if !yes {
        ask(&shown, Verdict::Approved)?;
    }
    send(ledger, connection, request, Verdict::Approved)
}

/// Refuses to ask where nobody can be asked.
pub(crate) fn answerable(json: bool, yes: bool) -> Result<(), Trouble> {
    if json && !yes {
        return Err(Trouble::Usage(
            "--json is for programs, and those give --yes: nobody can be asked".into(),
        ));
    }
    Ok(())
}

fn is_of(request: &Request, only: Option<&str>) -> Result<(), Trouble> {
    match only.filter(|only| *only != request.act) {
        None => Ok(()),
        Some(only) => Err(Trouble::Usage(format!(
            "the request asks to {}, and this decides about {only} only; use `daybook approvals`",
            code_words(&request.act)
        ))),
    }
}

fn look(ledger: &Ledger, request: &str, shown: bool) -> Result<Request, Trouble> {
    let answer = ledger.get(&["v1", "approvals", request])?;
    let One { request } = answer.parse()?;
    if shown {
        request.lines().iter().for_each(|line| print(line));
        answer.say_read();
    }
    Ok(request)
}

fn ask(request: &Request, verdict: Verdict) -> Result<(), Trouble> {
    let word = word(request, verdict);
    let sentence = match verdict {
        Verdict::Approved if request.act == "erase" => format!(
            "What is erased is lost for good, for everybody. To approve it type the word {word}, anything else leaves it undecided:"
        ),
        Verdict::Approved => format!("To approve it type {word}, anything else leaves it undecided:"),
        Verdict::Refused => format!("To refuse it type {word}, anything else leaves it undecided:"),
    };
    asking::typed(&sentence, word, "nothing was decided; the request waits")
}

/// What is typed to say that it is meant. What cannot be taken back takes a word that nobody types out of habit.
fn word(request: &Request, verdict: Verdict) -> &'static str {
    if verdict == Verdict::Approved && request.act == "erase" { "erase" } else { "yes" }
}

fn send(ledger: &Ledger, connection: &Connection, request: &str, verdict: Verdict) -> Result<(), Trouble> {
    let decision = match verdict {
        Verdict::Approved => "approved",
        Verdict::Refused => "refused",
    };
    let path = ["v1", "approvals", request, "decision"];
    let answer = ledger.post(&path, &json!({ "decision": decision }))?;
    remote::show(connection, &answer, |decided: Decided| {
        told(&decided, verdict).iter().for_each(|line| print(line));
        Ok(())
    })
}

fn told(decided: &Decided, verdict: Verdict) -> Vec<String> {
    let decision = plain(&decided.decision);
    if verdict == Verdict::Refused {
        return vec![format!("refused; recorded as {decision}. Nothing is done.")];
    }
    let mut lines = vec![format!("approved; recorded as {decision}.")];
    lines.push(match (decided.done_entry, &decided.done) {
        (Some(entry), Some(done)) => format!("It is done: entry {entry}, {}.", plain(done)),
        _ => "Whoever asked for it can use it now, until its time is over.".into(),
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::super::request::tests::answered;
    use super::*;

    #[test]
    fn a_refusal_says_that_nothing_is_done_and_an_approval_what_was() {
        let decided = |done: Option<u64>| Decided {
            decision: "d".into(),
            done: done.map(|_| "e".into()),
            done_entry: done,
        };
        assert!(told(&decided(None), Verdict::Refused)[0].contains("Nothing is done"));
        assert!(told(&decided(Some(7)), Verdict::Approved)[1].contains("entry 7"));
        assert!(told(&decided(None), Verdict::Approved)[1].contains("can use it now"));
    }

    #[test]
    fn an_erasure_is_approved_with_a_word_that_nobody_types_out_of_habit() {
        let mut answer = answered();
        let mut word_for = |act: &str, verdict| {
            answer["act"] = act.into();
            word(&serde_json::from_value(answer.clone()).unwrap(), verdict)
        };
        assert_eq!(word_for("erase", Verdict::Approved), "erase");
        assert_eq!(word_for("erase", Verdict::Refused), "yes");
        assert_eq!(word_for("seal", Verdict::Approved), "yes");
    }
}
