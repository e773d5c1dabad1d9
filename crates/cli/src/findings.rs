//! `daybook findings`: what the rules found, why, and what is answered to it.

mod answer;
mod compare;
mod explain;
mod list;

use std::path::PathBuf;
use std::process::ExitCode;

use daybook_ledger::knowledge::FactReader;
use daybook_rules::engine::{Engine, Finding};
use daybook_rules::finding::FindingId;
use jiff::Timestamp;

use crate::known::{self, Known, Until};
use crate::{Fault, fail};

/// What can be done with findings.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List findings, gravest first
    #[command(after_help = list::HELP)]
    List(list::Args),
    /// Show one finding with its answers
    #[command(after_help = "Example:\n  daybook findings show --dir my-ledger F-ABCD-EFGH-2345")]
    Show(explain::Args),
    /// Show why the rule says so: its text, the events that it read, their times, and what was known when
    #[command(after_help = "Example:\n  daybook findings explain --dir my-ledger F-ABCD-EFGH-2345")]
    Explain(explain::Args),
    /// Answer a finding: confirm, dismiss, remedy or reopen it
    #[command(after_help = answer::HELP)]
    Answer(answer::Args),
    /// Compute all findings anew and compare with those of the running service
    #[command(after_help = compare::HELP)]
    Compare(compare::Args),
}

/// Which ledger, and when.
#[derive(clap::Args)]
pub(crate) struct Where {
    /// The ledger's directory; a running service is not disturbed
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// Let clocks run to this time instead of the present: 2026-03-05 or 2026-03-05T12:00-07:00
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Where {
    fn known(&self) -> Result<Known, Fault> {
        let mut known = known::fold(&self.dir, Until::default(), |_| {})?;
        let as_of = match &self.as_of {
            Some(text) => known::time(text, known.engine.ruleset())?,
            None => Timestamp::now().as_second(),
        };
        known.engine.advance(as_of)?;
        Ok(known)
    }
}

pub(crate) fn run(command: &Command) -> ExitCode {
    let result = match command {
        Command::List(args) => list::run(args),
        Command::Show(args) => explain::run(args, false),
        Command::Explain(args) => explain::run(args, true),
        Command::Answer(args) => answer::run(args),
        Command::Compare(args) => compare::run(args),
    };
    result.unwrap_or_else(|error| fail(error.as_ref()))
}

/// The finding of a name: as it stands, or as it was raised where it no longer holds.
fn find(engine: &Engine<FactReader>, id: FindingId) -> Option<Finding> {
    engine.findings().find(|finding| finding.id == id)
}
