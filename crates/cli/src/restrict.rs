//! `daybook seal`, `unseal`, `erase`: each only asks; a second person decides.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use daybook_access::request::SEAL_READERS;
use daybook_access::{ActKind, Part};
use serde_json::{Map, Value};

use crate::asking::{self, Numbers, Scope};
use crate::remote::{self, Connection, Trouble};

pub(crate) const SEAL_HELP: &str = "\
A seal closes fields to every role but those named. Nothing is destroyed, and a seal can be lifted. Public fields, the
signature and the place in the log stay as they are, so every proof still holds. This only asks; a second person approves.

Examples:
  daybook seal --matter HANDLE --authority statute --part all --reader custodian
  daybook seal --event JTI JTI --authority court_order --order-number-file order.txt --part withheld --slot subject";

pub(crate) const UNSEAL_HELP: &str = "\
Lifts seals. Whatever was erased stays erased. This only asks; a second person approves.

Example:
  daybook unseal --entry 17 20-22 --authority court_order --order-number-file order.txt --part all";

pub(crate) const ERASE_HELP: &str = "\
Erasing destroys the keys of the fields, for good: nobody can read them again, neither the ledger nor a court, and no
command brings them back. What is public, the signature and the place in the log stay, so every proof still holds, and a
tombstone says what was erased and on what authority. Records under a hold are not erased. This only asks; a second
person approves, and then it is done at once.

Examples:
  daybook erase --matter HANDLE --authority retention_schedule --part withheld --yes
  daybook erase --entry 17 --authority statute --part withheld --slot case_number --yes";

/// What sealing, unsealing and erasing have in common.
#[derive(Debug, clap::Args)]
pub(crate) struct Asking {
    #[command(flatten)]
    scope: Scope,
    /// What allows it
    #[arg(long, value_name = "AUTHORITY", value_parser = asking::authorities(ActKind::Seal))]
    authority: String,
    /// Which fields of the records
    #[arg(long, value_name = "PART", value_parser = parts())]
    part: String,
    #[command(flatten)]
    numbers: Numbers,
    #[command(flatten)]
    connection: Connection,
}

/// Arguments of `daybook seal`.
#[derive(Debug, clap::Args)]
pub(crate) struct Seal {
    /// Only this slot; may be given several times [default: the whole part]
    #[arg(long = "slot", value_name = "SLOT")]
    slots: Vec<String>,
    /// A role that may still read; may be given several times [default: none]
    #[arg(long = "reader", value_name = "ROLE", value_parser = readers())]
    readers: Vec<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Arguments of `daybook unseal`.
#[derive(Debug, clap::Args)]
pub(crate) struct Unseal {
    /// Only this slot; may be given several times [default: the whole part]
    #[arg(long = "slot", value_name = "SLOT")]
    slots: Vec<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Arguments of `daybook erase`.
#[derive(Debug, clap::Args)]
pub(crate) struct Erase {
    /// Only this slot, which every record named must have; may be given several times [default: the whole part]
    #[arg(long = "slot", value_name = "SLOT")]
    slots: Vec<String>,
    /// You have read what is lost for good
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    asking: Asking,
}

fn parts() -> PossibleValuesParser {
    PossibleValuesParser::new(Part::ALL.map(Part::as_str))
}

fn readers() -> PossibleValuesParser {
    PossibleValuesParser::new(SEAL_READERS.iter().map(|role| role.as_str()))
}

pub(crate) fn seal(args: &Seal) -> ExitCode {
    run(&args.asking, ActKind::Seal, seal_body(args))
}

pub(crate) fn unseal(args: &Unseal) -> ExitCode {
    run(&args.asking, ActKind::Unseal, unseal_body(args))
}

pub(crate) fn erase(args: &Erase) -> ExitCode {
    run(&args.asking, ActKind::Erase, erase_body(args))
}

fn run(asking: &Asking, act: ActKind, body: Result<Map<String, Value>, Trouble>) -> ExitCode {
    remote::end(body.and_then(|body| asking::ask(&asking.connection, act, body)))
}

fn body(asking: &Asking, act: ActKind, slots: &[String]) -> Result<Map<String, Value>, Trouble> {
    let mut body = asking::body(act, &asking.authority, &asking.part, &asking.numbers)?;
    asking.scope.put(&mut body)?;
    if !slots.is_empty() {
        body.insert("slots".into(), slots.into());
    }
    Ok(body)
}

fn seal_body(args: &Seal) -> Result<Map<String, Value>, Trouble> {
    let mut body = body(&args.asking, ActKind::Seal, &args.slots)?;
    if !args.readers.is_empty() {
        body.insert("readers".into(), args.readers.clone().into());
    }
    Ok(body)
}

fn unseal_body(args: &Unseal) -> Result<Map<String, Value>, Trouble> {
    body(&args.asking, ActKind::Unseal, &args.slots)
}

fn erase_body(args: &Erase) -> Result<Map<String, Value>, Trouble> {
    if !args.yes {
        return Err(Trouble::Usage(lost(&args.asking.part, &args.slots)));
    }
    body(&args.asking, ActKind::Erase, &args.slots)
}

/// What an erasure loses, in plain words.
fn lost(part: &str, slots: &[String]) -> String {
    let restricted = "the restricted fields: times to the minute, places, roles and other details, links to other events, and when the ledger received the record";
    let withheld = "the withheld fields: who it was about, numbers of cases and papers, and the token of the matter, so that nobody can find the record by them or by its matter any more";
    let named = slots.join(", ");
    let fields = match part {
        _ if !slots.is_empty() => format!("  - what is in the slots {named}, and nothing else"),
        "restricted" => format!("  - {restricted}"),
        "withheld" => format!("  - {withheld}"),
        _ => format!("  - {restricted}\n  - {withheld}"),
    };
    format!(
        "an erasure is asked for with --yes, once you have read this. Lost for good, for everybody, are\n{fields}\n\
         No command, key or order brings them back. What stays: type, month and public fields, the signature, the place in the\n\
         log with its proofs, and a tombstone. Copies of the keyring from before still open the fields until the operator destroys\n\
         them (`daybook keyring status` finds out). If it is enough that others cannot read them, use `daybook seal`."
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed<T: clap::Args>(args: &[&str]) -> Result<T, clap::Error> {
        let command = T::augment_args(clap::Command::new("it"));
        T::from_arg_matches(&command.try_get_matches_from(std::iter::once(&"it").chain(args))?)
    }

    const COMMON: [&str; 6] = ["--entry", "9", "--authority", "statute", "--part", "all"];

    #[test]
    fn a_seal_names_slots_and_those_who_may_still_read() {
        let args =
            [&COMMON[..], &["--slot", "times", "--reader", "custodian", "--reader", "auditor"]].concat();
        let body = seal_body(&parsed::<Seal>(&args).unwrap()).unwrap();
        let wanted = json!({
            "act": "seal", "authority": "statute", "part": "all", "entries": ["9"], "slots": ["times"],
            "readers": ["custodian", "auditor"],
        });
        assert_eq!(Value::Object(body), wanted);
        let everybody = [&COMMON[..], &["--reader", "public"]].concat();
        assert!(parsed::<Seal>(&everybody).is_err(), "the public is no reader of what is sealed");
        assert!(parsed::<Unseal>(&[&COMMON[..], &["--reader", "auditor"]].concat()).is_err());
        assert_eq!(unseal_body(&parsed(&COMMON).unwrap()).unwrap()["act"], "unseal");
    }

    #[test]
    fn nothing_is_erased_before_it_is_said_what_is_lost() {
        let without = erase_body(&parsed::<Erase>(&COMMON).unwrap());
        let Err(trouble @ Trouble::Usage(_)) = without else { panic!("asked for without --yes") };
        let words = trouble.to_string();
        assert!(
            words.contains("for good") && words.contains("--yes") && words.contains("daybook seal"),
            "{words}"
        );
        let with = [&COMMON[..], &["--yes"]].concat();
        assert_eq!(erase_body(&parsed::<Erase>(&with).unwrap()).unwrap()["act"], "erase");
        let slots = [&COMMON[..], &["--slot", "times", "--slot", "case_number"]].concat();
        let Err(trouble) = erase_body(&parsed::<Erase>(&slots).unwrap()) else { panic!("without --yes") };
        let words = trouble.to_string();
        assert!(words.contains("times, case_number") && !words.contains("token of the matter"), "{words}");
        let slots = [&slots[..], &["--yes"]].concat();
        let body = erase_body(&parsed::<Erase>(&slots).unwrap()).unwrap();
        assert_eq!(body["slots"], json!(["times", "case_number"]));
    }

    #[test]
    fn records_are_named_in_exactly_one_way() {
        assert!(parsed::<Seal>(&["--authority", "statute", "--part", "all"]).is_err());
        let both = [&COMMON[..], &["--matter", "h"]].concat();
        assert!(parsed::<Seal>(&both).is_err());
        let overlapping = ["--entry", "5", "--entry", "3-6", "--authority", "statute", "--part", "all"];
        assert!(matches!(seal_body(&parsed::<Seal>(&overlapping).unwrap()), Err(Trouble::Usage(_))));
    }
}
