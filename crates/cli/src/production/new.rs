//! `daybook production new`: says what is to be handed over, to whom and on what basis, and asks a second person.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use daybook_access::request::PENDING_MAX_S;
use daybook_production::Profile;
use daybook_production::model::Zone;
use daybook_production::profile::Asked;
use serde::Deserialize;
use serde_json::{Value, json};

use super::words::PRIVILEGES;
use super::{codes, profiles};
use crate::asking::{entries_of, value_from};
use crate::events::query::Which;
use crate::remote::{self, Connection, Purpose, Trouble, reference};
use crate::shown::plain;
use crate::{print, say};

pub(super) const HELP: &str = "\
Nothing leaves the ledger with this. The ledger searches, gives the production its name, and records what was searched for
and found; a second person decides. Records are named by their entries, or by what `events search` takes; then the search
goes up to the latest stored checkpoint. Whole records stay back where they are named as privileged or excluded, and where
an order sealed them. What stays back of the others is for the profile: `daybook production review` shows it.

Examples:
  daybook production new --prefix DAYB-26CR1187- --basis discovery --requester defense --profile criminal-rule-16 \\
      --purpose discovery --matter HANDLE --case-number-file case.txt --privileged 17,20-22=attorney-client
  daybook production new --prefix DAYB-CORA-26-118- --basis cora --requester person_in_interest \\
      --profile cora-person-in-interest --purpose person_in_interest --request-number 26-118 --entry 17 20-22
  daybook production new --prefix DAYB-26CV31204- --basis court_order --order-number-file order.txt --requester court \\
      --profile ./our-order.toml --purpose court_order --type request.received --from 2026-05-01 --to 2026-05-31";

/// Longest prefix without its last hyphen, characters, as in the schema of `production.opened`.
const PREFIX_MAX_CHARS: usize = 23;
/// Longest code of a reason, characters.
const REASON_MAX_CHARS: usize = 32;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What stands before the number on each page, such as DAYB-26CR1187-
    #[arg(long, value_name = "PREFIX", value_parser = prefix)]
    prefix: String,
    /// What it rests on
    #[arg(long, value_name = "BASIS", value_parser = opened("basis"))]
    basis: String,
    /// Who asked, by kind
    #[arg(long, value_name = "WHO", value_parser = opened("requester"))]
    requester: String,
    /// The redaction profile: the name of one that comes with the program, or a file
    #[arg(long, value_name = "NAME|FILE")]
    profile: String,
    /// The time zone in which times are printed beside UTC
    #[arg(long, value_name = "ZONE", env = "DAYBOOK_TIME_ZONE", default_value = "America/Denver")]
    time_zone: String,
    /// How confidential it is [default: as the profile says]
    #[arg(long, value_name = "DEGREE", value_parser = opened("confidentiality"))]
    confidentiality: Option<String>,
    /// The number of the request, as your office writes it
    #[arg(long, value_name = "TEXT", value_parser = reference)]
    request_number: Option<String>,
    /// File with the number of the case, or - for standard input; it is kept withheld
    #[arg(long, value_name = "FILE")]
    case_number_file: Option<PathBuf>,
    /// File with the number that is printed on the court's order, or - for standard input; it is kept withheld
    #[arg(long, value_name = "FILE")]
    order_number_file: Option<PathBuf>,
    /// Records by their numbers in the log: 17, or a range such as 20-22
    #[arg(long = "entry", value_name = "N", num_args = 1..)]
    entries: Vec<String>,
    /// Records that a privilege covers, such as 17,20-22=attorney-client; may be given several times
    #[arg(long, value_name = "ENTRIES=PRIVILEGE")]
    privileged: Vec<String>,
    /// Records that stay back for a reason of the profile or an agreement, such as 30=agreement; may be given several times
    #[arg(long, value_name = "ENTRIES=REASON")]
    exclude: Vec<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

/// What the ledger answers.
#[derive(Deserialize)]
struct Made {
    production: String,
    entry: u64,
    request: String,
    request_entry: u64,
    searched_size: u64,
    found: u64,
    produced: u64,
    withheld: u64,
}

/// The values that a field of `production.opened` can have.
fn opened(field: &str) -> PossibleValuesParser {
    codes("production.opened", field)
}

fn prefix(text: &str) -> Result<String, String> {
    let stem = text.strip_suffix('-').unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    let good = !stem.is_empty()
        && stem.len() <= PREFIX_MAX_CHARS
        && !stem.starts_with('-')
        && stem.bytes().all(allowed);
    good.then(|| text.to_owned()).ok_or_else(|| {
        "1 to 23 capital letters, digits and hyphens are wanted, and a hyphen at the end".to_owned()
    })
}

pub(super) fn run(args: &Args) -> Result<(), Trouble> {
    let profile = profiles::load(&args.profile)?;
    let asked = Asked { basis: &args.basis, requester: &args.requester };
    for notice in profiles::notices(&profile, asked)? {
        say(&format!("look at this: {} ({})", notice.sentence, notice.code));
    }
    let body = body(args, &profile)?;
    let ledger = args.connection.reading(&args.purpose)?;
    let answer = ledger.post(&["v1", "productions"], &body)?;
    remote::show(&args.connection, &answer, |made: Made| {
        told(&made).iter().for_each(|line| print(line));
        Ok(())
    })
}

fn body(args: &Args, profile: &Profile) -> Result<Value, Trouble> {
    let zone = Zone::new(&args.time_zone).map_err(|fault| Trouble::Usage(format!("--time-zone: {fault}")))?;
    let confidentiality =
        args.confidentiality.clone().unwrap_or_else(|| profile.confidentiality.code().to_owned());
    let mut body = json!({
        "bates_prefix": args.prefix,
        "basis": args.basis,
        "requester": args.requester,
        "profile": { "name": profile.name, "hash": profile.digest() },
        "confidentiality": confidentiality,
        "time_zone": zone.name(),
    });
    if args.basis == daybook_access::COURT_ORDER && args.order_number_file.is_none() {
        return Err(Trouble::Usage(
            "--order-number-file is missing: a court's order is named by the number that is printed on it"
                .into(),
        ));
    }
    if let Some(number) = &args.request_number {
        body["request_number"] = number.as_str().into();
    }
    for (key, file) in [("case_number", &args.case_number_file), ("order_number", &args.order_number_file)] {
        if let Some(file) = file {
            body[key] = value_from(file)?.into();
        }
    }
    put_records(args, &mut body)?;
    put_held(args, profile, &mut body)?;
    Ok(body)
}

/// Which records: by their entries, or by a query.
fn put_records(args: &Args, body: &mut Value) -> Result<(), Trouble> {
    let query = args.which.body()?;
    match (args.entries.is_empty(), query.is_empty()) {
        (true, true) => Err(Trouble::Usage(
            "name the records: with --entry, with --matter, or with what else `events search` takes".into(),
        )),
        (false, false) => {
            Err(Trouble::Usage("--entry names the records already; leave what searches for them out".into()))
        }
        (false, true) => {
            body["entries"] = entries_of("--entry", &args.entries)?.into();
            Ok(())
        }
        (true, false) => {
            if let Some(matter) = args.which.matter() {
                body["matter"] = matter.into();
            }
            body["query"] = query.into();
            Ok(())
        }
    }
}

/// Whole records that stay back.
fn put_held(args: &Args, profile: &Profile, body: &mut Value) -> Result<(), Trouble> {
    let privileged = held("--privileged", "privilege", &args.privileged, &|code| {
        if PRIVILEGES.iter().any(|(known, _)| *known == code) {
            return Ok(());
        }
        let known: Vec<&str> = PRIVILEGES.iter().map(|(code, _)| *code).collect();
        Err(format!("there is no such privilege; there are {}", known.join(", ")))
    })?;
    let excluded = held("--exclude", "reason", &args.exclude, &|code| {
        let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let form = code.len() <= REASON_MAX_CHARS
            && code.starts_with(|c: char| c.is_ascii_lowercase())
            && code.chars().all(rest);
        if form && (profile.reason(code).is_some() || code == "agreement") {
            return Ok(());
        }
        let known: Vec<&str> = profile.reasons().map(|(code, _)| code).collect();
        Err(format!("the profile has no such reason; it has {}, and agreement is one too", known.join(", ")))
    })?;
    for (key, held) in [("privileged", privileged), ("excluded", excluded)] {
        if !held.is_empty() {
            body[key] = held.into();
        }
    }
    Ok(())
}

fn held(
    option: &str,
    member: &str,
    items: &[String],
    check: &dyn Fn(&str) -> Result<(), String>,
) -> Result<Vec<Value>, Trouble> {
    let one = |item: &String| {
        let (entries, code) = item.split_once('=').ok_or_else(|| {
            Trouble::Usage(format!("{option}: entries, = and a code are wanted, such as 17,20-22={member}"))
        })?;
        check(code).map_err(|why| Trouble::Usage(format!("{option}: {why}")))?;
        let entries: Vec<&str> = entries.split(',').collect();
        Ok(json!({ "entries": entries_of(option, &entries)?, member: code }))
    };
    items.iter().map(one).collect()
}

/// What whoever asks reads: what was found, and who does what next.
fn told(made: &Made) -> Vec<String> {
    let name = plain(&made.production);
    let days = PENDING_MAX_S / 86_400;
    vec![
        format!("production  {name}, entry {}", made.entry),
        format!("found       {} records up to a log of {} entries", made.found, made.searched_size),
        format!("produced    {}", made.produced),
        format!("withheld    {} as a whole", made.withheld),
        format!("request     {}, entry {}", plain(&made.request), made.request_entry),
        String::new(),
        "Nothing has left the ledger. Look at what would go out, and what stays back and why, with"
            .to_owned(),
        format!("  daybook production review {name}"),
        format!("A second person must approve it within {days} days, with"),
        format!("  daybook production approve {name}"),
        "Then build the package, from the same account, with".to_owned(),
        format!("  daybook production build {name} …"),
    ]
}

#[cfg(test)]
mod tests;
