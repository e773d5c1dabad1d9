//! `daybook production approve`: the second person sees what would go out, and then decides.

use daybook_access::PURPOSES;

use super::{look, one, profiles, review};
use crate::approvals::{answerable, approve_production};
use crate::print;
use crate::remote::{Connection, Purpose, Trouble, failed};

pub(super) const HELP: &str = "\
Shows the production, looks at every record under the profile that it was opened with, says what is to be looked at, shows
the request, and then asks. Nothing is decided where another profile is given than the recorded one, or where a notice stops
the production. Nobody approves what they asked for themselves. After the approval whoever opened the production can build
it. Looking is recorded. Programs give --yes, and with --json must. `daybook approvals refuse REQUEST` refuses it.

Examples:
  daybook production approve DAYB-26CR1187-P0001
  daybook production approve DAYB-26CR1187-P0001 --profile ./our-order.toml --yes --json";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The production, by its name
    #[arg(value_name = "NAME")]
    name: String,
    /// The file of the profile, where it is not one that comes with the program
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    /// You have looked at what would go out; ask nothing
    #[arg(long)]
    yes: bool,
    /// What you look at it for; it is recorded
    #[arg(long, value_name = "CODE", env = "DAYBOOK_PURPOSE", default_value = "supervision", value_parser = PURPOSES)]
    purpose: String,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(args: &Args) -> Result<(), Trouble> {
    let people = !args.connection.json();
    answerable(!people, args.yes)?;
    let ledger = args.connection.reading(&Purpose::of(&args.purpose))?;
    let (_, production) = one::fetch(&ledger, &args.name)?;
    let opened = &production.opened;
    let profile = profiles::recorded(args.profile.as_deref(), &opened.profile, &opened.profile_hash)?;
    let totals = look::over(&ledger, &production, &profile, |_| ())?;
    if people {
        production.lines().iter().for_each(|line| print(line));
        review::print_totals(&totals);
        print("");
    }
    if let Some((code, sentence)) = totals.blocking() {
        return Err(profiles::blocked(sentence, code));
    }
    let Some(request) = &production.request else {
        return Err(failed(
            "nobody asked for an approval, since the ledger stopped in between; open a new production",
        ));
    };
    approve_production(&ledger, &args.connection, &request.jti, args.yes)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::look::tests::records;
    use super::super::one::answered;
    use super::*;
    use crate::remote::tests::{connection, each, whole};

    /// Runs the command against a ledger that gives the first of its answers and is gone then.
    fn run_against(production: &Value, act: &str, answers: usize) -> (Result<(), Trouble>, Vec<String>) {
        let request = json!({ "request": {
            "request": "r", "entry": 93, "act": act, "authority": "discovery", "part": "restricted", "at_entries": [],
            "slots": [], "readers": [], "minutes": 0, "export": null, "reference": null, "order_shown": false,
            "account": "c-0001", "asked_at": "2026-11-22T16:38:12Z", "decide_until": "2026-11-29T16:38:12Z",
            "state": "pending", "decided_by": null, "decided_at": null, "open_until": null, "done_entry": null,
        } });
        let decided = json!({ "decision": "d", "done": null, "done_entry": null });
        let review = json!({ "production": "p", "records": records() });
        let bodies = [production.clone(), review, request, decided];
        let answers =
            bodies.iter().take(answers).map(|body| whole("200 OK", "", &body.to_string())).collect();
        let (address, heard) = each(answers);
        let args = Args {
            name: "DAYB-26CR1187-P0001".into(),
            profile: None,
            yes: true,
            purpose: "supervision".into(),
            connection: connection(&["--ledger", &address, "--json"]),
        };
        (run(&args), heard.join().unwrap())
    }

    fn civil() -> Value {
        let mut answer = answered();
        answer["opened"]["profile_hash"] = profiles::load("civil").unwrap().digest().into();
        answer
    }

    #[test]
    fn the_second_person_decides_after_every_record_was_looked_at() {
        let (outcome, heard) = run_against(&civil(), "produce", 4);
        outcome.unwrap();
        assert!(heard[1].starts_with("GET /v1/productions/DAYB-26CR1187-P0001/review?"), "{heard:?}");
        assert!(heard[3].starts_with("POST /v1/approvals/r/decision HTTP"), "{heard:?}");
        assert!(heard[3].ends_with("{\"decision\":\"approved\"}"), "{heard:?}");
    }

    // Were more asked than is answered, the trouble would be that nobody is there.

    #[test]
    fn nothing_is_decided_under_another_profile() {
        let (outcome, _) = run_against(&answered(), "produce", 1);
        assert!(matches!(outcome, Err(Trouble::Refused { code: "other-profile", .. })));
    }

    #[test]
    fn nothing_is_decided_where_a_notice_stops_the_production() {
        let mut federal = civil();
        federal["opened"]["requester"] = "federal".into();
        let (outcome, _) = run_against(&federal, "produce", 2);
        assert!(matches!(outcome, Err(Trouble::Refused { code: "notice-blocks", .. })));
    }

    #[test]
    fn a_request_for_something_else_is_not_decided_as_one_for_a_production() {
        let (outcome, _) = run_against(&civil(), "erase", 3);
        assert!(matches!(outcome, Err(Trouble::Usage(_))));
    }
}
