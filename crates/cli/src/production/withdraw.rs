//! `daybook production supersede` and `clawback`: what was handed over is taken back, or replaced. The ledger records it; it cannot fetch paper.

use serde::Deserialize;
use serde_json::{Value, json};

use super::one;
use crate::approvals::answerable;
use crate::asking::{self, entries_of};
use crate::print;
use crate::remote::{self, Connection, Purpose, Trouble};
use crate::shown::plain;

pub(super) const SUPERSEDE_HELP: &str = "\
Records that another production takes the place of this one. The other one has been opened before, under a name and with
numbers of its own: Bates numbers are never used twice. Tell the recipient; the ledger does not.

Example:
  daybook production supersede DAYB-26CR1187-P0001 --by DAYB-26CR1187-P0002 --purpose discovery";

pub(super) const CLAWBACK_HELP: &str = "\
Records that pages of a production, or all of it, are asked back (C.R.C.P. 26(b)(5)(B), CRE 502). What was handed over stays
provable for whoever has it: only the rule and the order protect it. Write to the recipient; the ledger does not.

Examples:
  daybook production clawback DAYB-26CR1187-P0001 --bates 3,5-7 --ground privileged --purpose discovery
  daybook production clawback DAYB-26CR1187-P0001 --ground order --purpose court_order";

#[derive(Debug, clap::Args)]
pub(crate) struct Supersede {
    /// The production that is replaced
    #[arg(value_name = "NAME")]
    name: String,
    /// The production that takes its place
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why
    #[arg(long, value_name = "GROUND", default_value = "error", value_parser = super::codes("production.withdrawn", "ground"))]
    ground: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Clawback {
    /// The production
    #[arg(value_name = "NAME")]
    name: String,
    /// The pages, by their numbers: 3,5-7, or as they are stamped [default: the whole production]
    #[arg(long, value_name = "PAGES", value_delimiter = ',')]
    bates: Vec<String>,
    /// Why
    #[arg(long, value_name = "GROUND", value_parser = super::codes("production.withdrawn", "ground"))]
    ground: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct How {
    /// You mean it; ask nothing
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

#[derive(Deserialize)]
struct Recorded {
    entry: u64,
    event: String,
}

pub(super) fn supersede(args: &Supersede) -> Result<(), Trouble> {
    if args.by == args.name {
        return Err(Trouble::Usage("--by: a production does not take its own place".into()));
    }
    let body = json!({ "kind": "superseded", "replaced_by": args.by, "bates": [], "ground": args.ground });
    let what = format!("To record that {} takes its place", plain(&args.by));
    record(&args.name, &body, &args.how, &what)
}

pub(super) fn clawback(args: &Clawback) -> Result<(), Trouble> {
    let bates = pages(&args.name, &args.bates)?;
    let which =
        if bates.is_empty() { "all of it".to_owned() } else { format!("the pages {}", bates.join(", ")) };
    let body = json!({ "kind": "clawed_back", "bates": bates, "ground": args.ground });
    record(&args.name, &body, &args.how, &format!("To record that {which} is asked back"))
}

fn record(name: &str, body: &Value, how: &How, what: &str) -> Result<(), Trouble> {
    answerable(how.connection.json(), how.yes)?;
    let ledger = how.connection.reading(&how.purpose)?;
    if !how.yes {
        let (_, production) = one::fetch(&ledger, name)?;
        production.lines().iter().for_each(|line| print(line));
        asking::typed(
            &format!("{what} type yes, anything else records nothing:"),
            "yes",
            "nothing was recorded",
        )?;
    }
    let answer = ledger.post(&["v1", "productions", name, "withdraw"], body)?;
    remote::show(&how.connection, &answer, |recorded: Recorded| {
        print(&format!("recorded in entry {}, {}", recorded.entry, plain(&recorded.event)));
        print("Write to the recipient now, and keep the answer with the production's file.");
        Ok(())
    })
}

/// Pages in their shortest form, whether they were given by number or as they are stamped.
fn pages(name: &str, items: &[String]) -> Result<Vec<String>, Trouble> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let prefix = name.rsplit_once('P').map_or("", |(prefix, _)| prefix);
    let number = |text: &str| {
        let digits = text.trim().strip_prefix(prefix).unwrap_or(text.trim()).trim_start_matches('0');
        if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
    };
    let item = |item: &String| {
        // A stamp has hyphens of its own, so a range of stamps is cut where the second one begins.
        let again = item.rfind(prefix).filter(|at| *at > 0 && !prefix.is_empty());
        let (first, last) = match again {
            Some(at) => (item[..at].strip_suffix('-').unwrap_or(&item[..at]), Some(&item[at..])),
            None => match item.strip_prefix(prefix).unwrap_or(item).split_once('-') {
                Some((first, last)) => (first, Some(last)),
                None => (item.as_str(), None),
            },
        };
        match last.map(number) {
            Some(last) if last != number(first) => format!("{}-{last}", number(first)),
            _ => number(first),
        }
    };
    let items: Vec<String> = items.iter().map(item).collect();
    if items.iter().any(|item| item == "0" || item.starts_with("0-")) {
        return Err(Trouble::Usage("--bates: pages are numbered from 1".into()));
    }
    entries_of("--bates", &items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::tests::{connection, once, whole};

    const NAME: &str = "DAYB-26CR1187-P0001";

    fn read(items: &[&str]) -> Result<Vec<String>, Trouble> {
        pages(NAME, &items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn pages_are_named_by_their_numbers_or_as_they_are_stamped() {
        assert_eq!(read(&["5-7", "3"]).unwrap(), ["3", "5-7"]);
        assert_eq!(read(&["DAYB-26CR1187-00000003"]).unwrap(), ["3"]);
        assert_eq!(read(&["DAYB-26CR1187-00000005-DAYB-26CR1187-00000007"]).unwrap(), ["5-7"]);
        assert_eq!(read(&["DAYB-26CR1187-00000005-00000007"]).unwrap(), ["5-7"]);
        assert_eq!(read(&["00000003-00000003"]).unwrap(), ["3"]);
        assert_eq!(read(&[]).unwrap(), Vec::<String>::new());
        for wrong in ["0", "x", "7-5", "DAYB-26CR1188-00000003", "3-"] {
            let fault = read(&[wrong]).unwrap_err().to_string();
            assert!(fault.starts_with("--bates: "), "{wrong}: {fault}");
        }
        assert!(read(&["3", "3"]).is_err());
    }

    fn how(address: &str) -> How {
        How {
            yes: true,
            connection: connection(&["--ledger", address, "--json"]),
            purpose: Purpose::of("discovery"),
        }
    }

    #[test]
    fn what_is_taken_back_is_recorded_with_its_pages_and_ground() {
        let (address, heard) = once(whole("200 OK", "", "{\"entry\":98,\"event\":\"e\"}"));
        let args = Clawback {
            name: NAME.into(),
            bates: vec!["3".into(), "5-7".into()],
            ground: "privileged".into(),
            how: how(&address),
        };
        clawback(&args).unwrap();
        let heard = heard.join().unwrap();
        assert!(heard.starts_with(&format!("POST /v1/productions/{NAME}/withdraw HTTP")), "{heard}");
        assert!(
            heard.ends_with("{\"bates\":[\"3\",\"5-7\"],\"ground\":\"privileged\",\"kind\":\"clawed_back\"}"),
            "{heard}"
        );
        let (address, heard) = once(whole("200 OK", "", "{\"entry\":99,\"event\":\"e\"}"));
        let mut args = Supersede {
            name: NAME.into(),
            by: "DAYB-26CR1187-P0002".into(),
            ground: "error".into(),
            how: how(&address),
        };
        supersede(&args).unwrap();
        let heard = heard.join().unwrap();
        assert!(heard.contains("\"kind\":\"superseded\",\"replaced_by\":\"DAYB-26CR1187-P0002\""), "{heard}");
        args.by = NAME.into();
        assert!(matches!(supersede(&args), Err(Trouble::Usage(_))));
    }

    #[test]
    fn nothing_is_recorded_that_nobody_could_be_asked_about() {
        let mut how = how("http://127.0.0.1:1");
        how.yes = false;
        let args = Clawback { name: NAME.into(), bates: Vec::new(), ground: "error".into(), how };
        assert!(matches!(clawback(&args), Err(Trouble::Usage(_))));
    }
}
