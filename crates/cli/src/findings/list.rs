//! `daybook findings list`.

use std::process::ExitCode;

use daybook_ledger::findings::{as_json, happened};
use daybook_ledger::knowledge::FactReader;
use daybook_rules::engine::{Engine, Finding};
use daybook_rules::finding::State;
use daybook_rules::pack::Severity;
use serde_json::json;

use super::Where;
use crate::{Fault, print, say};

pub(super) const HELP: &str = "\
Without --state the findings are listed about which something is to be done: new, raised, confirmed.

Examples:
  daybook findings list --dir my-ledger
  daybook findings list --dir my-ledger --severity V1 --department sheriff
  daybook findings list --dir my-ledger --state open --state undetermined --json
  daybook findings list --dir my-ledger --state all --rule R14 --as-of 2026-06-30";

const STATES: [&str; 10] = [
    "all",
    "open",
    "undetermined",
    "new",
    "raised",
    "confirmed",
    "dismissed",
    "remedied",
    "closed",
    "measure",
];

/// Arguments of `daybook findings list`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
    /// Only findings in this state; may be given several times
    #[arg(long, value_name = "STATE", value_parser = STATES)]
    state: Vec<String>,
    /// Only findings of this rule
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Only findings of this severity
    #[arg(long, value_name = "V1..V4", value_parser = ["V1", "V2", "V3", "V4"])]
    severity: Option<String>,
    /// Only findings about this department
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    let known = args.place.known()?;
    let engine = &known.engine;
    let mut rows: Vec<(Severity, String, String, Finding)> = engine
        .findings()
        .filter_map(|finding| {
            let rule = engine.ruleset().rule(&engine.ruleset().lines()[usize::from(finding.line)]);
            let wanted = wanted_state(args, finding.state)
                && args.rule.as_ref().is_none_or(|id| *id == rule.id)
                && args.severity.as_ref().is_none_or(|severity| severity == rule.severity.as_str())
                && args.department.as_ref().is_none_or(|name| *name == finding.department);
            wanted.then(|| (rule.severity, rule.id.clone(), happened(engine, &finding), finding))
        })
        .collect();
    rows.sort_by(|a, b| (a.0, &a.1, &a.2, a.3.id).cmp(&(b.0, &b.1, &b.2, b.3.id)));
    if args.place.json {
        for (.., finding) in &rows {
            print(&as_json(engine, finding).to_string());
        }
    } else {
        for (severity, rule, when, finding) in &rows {
            let title = &engine.ruleset().rule(&engine.ruleset().lines()[usize::from(finding.line)]).title;
            let study = if finding.study { " (study)" } else { "" };
            let state = finding.state.as_str();
            print(&format!(
                "{}  {}  {rule:<4}  {state:<12}  {when:<25}  {:<16}  {title}{study}",
                finding.id,
                severity.as_str(),
                finding.department
            ));
        }
    }
    let mut closed = 0;
    if wanted_state(args, State::Closed) && args.severity.is_none() && args.department.is_none() {
        closed = closed_ones(args, engine);
    }
    summary(rows.len() + closed, engine);
    Ok(ExitCode::SUCCESS)
}

fn wanted_state(args: &Args, state: State) -> bool {
    if args.state.is_empty() {
        return matches!(state, State::New | State::Raised | State::Confirmed);
    }
    args.state.iter().any(|one| one == "all" || one == state.as_str())
}

/// Findings that were raised and that the ledger, knowing more, no longer makes.
fn closed_ones(args: &Args, engine: &Engine<FactReader>) -> usize {
    let mut shown = 0;
    for (id, raised) in engine.closed() {
        let Ok(fact) = engine.fact(raised.entry) else { continue };
        let text = |field| fact.text(field).unwrap_or_default().to_owned();
        if args.rule.as_ref().is_some_and(|rule| *rule != text("rule")) {
            continue;
        }
        shown += 1;
        if args.place.json {
            print(&json!({"finding": id, "rule": text("rule"), "check": text("check"), "severity": text("severity"), "state": "closed", "raised_entry": raised.entry}).to_string());
        } else {
            print(&format!(
                "{id}  {}  {:<4}  {:<12}  raised in entry {}; later records show otherwise",
                text("severity"),
                text("rule"),
                "closed",
                raised.entry
            ));
        }
    }
    shown
}

fn summary(rows: usize, engine: &Engine<FactReader>) {
    let as_of = daybook_rules::time::show(engine.now(), engine.ruleset().calendar().zone());
    say(&format!("{rows} findings over {} entries as of {as_of}", engine.size()));
}
