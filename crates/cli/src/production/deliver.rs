//! `daybook production deliver`: that a package is handed over, on the ledger, with the hash for the cover letter.

use std::fs::File;
use std::path::{Path, PathBuf};

use daybook_event::b64;
use daybook_production::package::ArchivePackage;
use daybook_tlog::Policy;
use daybook_verify::production::{Digests, ProductionOptions, ProductionReport, Trusted, verify_production};
use serde::Deserialize;
use serde_json::json;

use super::build::hex;
use crate::approvals::answerable;
use crate::asking;
use crate::print;
use crate::remote::{Connection, Purpose, Trouble, failed};
use crate::shown::plain;

pub(super) const HELP: &str = "\
Checks that the package is the production's and holds, records its hash on the ledger, and prints the hash, which whoever
hands the package over writes into the cover letter. Handing it over is yours to do; the ledger records it. The same
package is recorded once, however often this is run.

Example:
  daybook production deliver DAYB-26CR1187-P0001 --package productions/DAYB-26CR1187-P0001.zip --purpose discovery";

/// A package that is not the one that is to be delivered.
const OTHER_PACKAGE: &str = "other-package";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The production
    #[arg(value_name = "NAME")]
    name: String,
    /// The ZIP as it is handed over
    #[arg(long, value_name = "ZIP")]
    package: PathBuf,
    /// You mean it; ask nothing
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

#[cfg(test)]
impl Args {
    /// To deliver it without being asked.
    pub(super) fn of(name: &str, package: &Path, connection: Connection, purpose: Purpose) -> Self {
        Self { name: name.to_owned(), package: package.to_owned(), yes: true, connection, purpose }
    }
}

#[derive(Deserialize)]
struct Known {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    policy: String,
}

#[derive(Deserialize)]
struct Recorded {
    entry: u64,
    event: String,
}

pub(super) fn run(args: &Args) -> Result<(), Trouble> {
    answerable(args.connection.json(), args.yes)?;
    let ledger = args.connection.reading(&args.purpose)?;
    let known: Known = ledger.get(&["v1", "productions", &args.name])?.parse()?;
    let policy: Policy = known.log.policy.parse().map_err(failed)?;
    let before = digest(&args.package)?;
    let report = check(&args.package, &args.name, &policy)?;
    let hash = digest(&args.package)?;
    if hash != before {
        return Err(refused(
            &args.package,
            "the file was changed while it was checked; see who writes to it".into(),
        ));
    }
    if !args.yes {
        let counts = report.counts;
        print(&format!(
            "{} holds in every check: {} records, {} held back",
            plain(&args.name),
            counts.produced,
            counts.withheld
        ));
        print(&format!("SHA-256  {}", hex(&hash)));
        let sentence = "To record that this package is handed over type yes, anything else records nothing:";
        asking::typed(sentence, "yes", "nothing was recorded")?;
    }
    let body = json!({ "package_hash": b64::encode(hash) });
    let answer = ledger.post(&["v1", "productions", &args.name, "delivered"], &body)?;
    let recorded: Recorded = answer.parse()?;
    if args.connection.json() {
        let Recorded { entry, event } = recorded;
        let summary = json!({
            "production": args.name, "package_hash": b64::encode(hash), "sha256": hex(&hash), "entry": entry, "event": event,
        });
        print(&summary.to_string());
        return Ok(());
    }
    print(&format!("recorded in entry {}, {}", recorded.entry, plain(&recorded.event)));
    print("Write this into the cover letter, under \"Hashes to be written in on delivery\":");
    print(&format!("  SHA-256 of the ZIP file  {}", hex(&hash)));
    Ok(())
}

fn digest(package: &Path) -> Result<[u8; 32], Trouble> {
    let named = |error| failed(format!("{}: {error}", package.display()));
    let file = File::open(package).map_err(named)?;
    Ok(Digests::of_stream(file).map_err(named)?.sha256)
}

/// The package holds by the ledger's own policy, and is this production's.
fn check(package: &Path, name: &str, policy: &Policy) -> Result<ProductionReport, Trouble> {
    let archive =
        ArchivePackage::open(package).map_err(|error| failed(format!("{}: {error}", package.display())))?;
    let report = verify_production(&archive, Trusted::Policy(policy), &ProductionOptions::default(), &|_| {});
    if let Some(code) = report.code {
        let why = format!(
            "it does not hold: {} ({}); `daybook production verify` lists what is wrong. Build it again",
            code.title(),
            code.code()
        );
        return Err(refused(package, why));
    }
    if report.production.as_deref() != Some(name) {
        let other = report.production.as_deref().map_or_else(|| "another production".to_owned(), plain);
        return Err(refused(
            package,
            format!("it is the package of {other}; name that production, or the other file"),
        ));
    }
    Ok(report)
}

fn refused(package: &Path, why: String) -> Trouble {
    Trouble::Refused { code: OTHER_PACKAGE, why: format!("{}: {why}", package.display()) }
}
