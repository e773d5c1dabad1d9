//! `daybook findings answer`: an answer is a signed event of whoever answers.

use std::path::PathBuf;
use std::process::ExitCode;

use daybook_event::Draft;
use daybook_rules::finding::FindingId;
use serde_json::{Map, Value};

use crate::producer::record_and_wait;
use crate::{Fault, exit, say};

pub(super) const HELP: &str = "\
The answer is signed with the key of the producer in --home, queued there like every event, and sent when the bus can be
reached. Where the ledger's directory is at hand, --dir finds the rule; otherwise give --rule.

Examples:
  daybook findings answer F-ABCD-EFGH-2345 --dir my-ledger --home auditor --action confirm --reason lawful_basis_shown
  daybook findings answer F-ABCD-EFGH-2345 --rule R01 --home jail --action dismiss --reason recorded_elsewhere --wait 30

Exit codes: 0 recorded; 1 failed; 3 refused; 4 queued, not recorded yet";

const ACTIONS: [&str; 4] = ["confirm", "dismiss", "remedy", "reopen"];

/// Arguments of `daybook findings answer`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The finding
    #[arg(value_name = "FINDING")]
    finding: FindingId,
    /// What the answer does
    #[arg(long, value_name = "ACTION", value_parser = ACTIONS)]
    action: String,
    /// Why: a code of the type finding.answered
    #[arg(long, value_name = "REASON")]
    reason: String,
    /// The producer's home whose key signs the answer
    #[arg(long, value_name = "HOME")]
    home: PathBuf,
    /// File with the passphrase of that key
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The ledger's directory, where it is at hand
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: Option<PathBuf>,
    /// The rule of the finding, where the ledger's directory is not at hand
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// How long to wait for the receipt
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    let Some(rule) = rule(args)? else {
        return Ok(ExitCode::from(exit::FAILED));
    };
    let fields: [(&str, Value); 6] = [
        ("rule", rule.into()),
        ("action", args.action.clone().into()),
        ("reason", args.reason.clone().into()),
        ("finding", args.finding.to_string().into()),
        ("occurred_at", now().into()),
        ("recorded_at", now().into()),
    ];
    let fields: Map<String, Value> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let draft = Draft::new("finding.answered".parse()?, fields);
    record_and_wait(&args.home, args.passphrase_file.as_deref(), vec![draft], args.wait)
}

fn now() -> String {
    format!("{:.0}", jiff::Timestamp::now())
}

fn rule(args: &Args) -> Result<Option<String>, Fault> {
    if let Some(rule) = &args.rule {
        return Ok(Some(rule.clone()));
    }
    let Some(dir) = &args.dir else {
        say("give --dir with the ledger's directory, or --rule with the rule of the finding");
        return Ok(None);
    };
    let known = crate::known::fold(
        dir,
        crate::known::Until { as_of: Some(jiff::Timestamp::now().as_second()), size: None },
        |_| {},
    )?;
    let engine = &known.engine;
    let rule = super::find(engine, args.finding).map(|finding| {
        engine.ruleset().rule(&engine.ruleset().lines()[usize::from(finding.line)]).id.clone()
    });
    let raised = || Some(engine.fact(engine.raised(args.finding)?.entry).ok()?.text("rule")?.to_owned());
    let rule = rule.or_else(raised);
    if rule.is_none() {
        say(&format!("there is no finding {}; `daybook findings list --state all` shows all", args.finding));
    }
    Ok(rule)
}
