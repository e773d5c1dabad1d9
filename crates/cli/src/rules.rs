//! `daybook rules`: rule packs, for those who write and approve them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use daybook_rules::example;
use daybook_rules::pack::{Mistake, Pack, PackState};
use daybook_rules::ruleset::Ruleset;
use serde_json::json;

use crate::{Fault, exit, fail, print, say};

/// What can be done with rule packs.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Find the mistakes in a pack, with line and column, and play its examples
    #[command(after_help = "\
Examples:
  daybook rules check ops/packs/denver-2017.toml
  daybook rules check --json my-pack.toml

Exit codes: 0 no mistakes; 3 mistakes, or an example whose rule says something else; 1 the file could not be read")]
    Check(Check),
    /// List the rules that a ledger applies, pack by pack
    #[command(after_help = "\
Examples:
  daybook rules list                    the packs of this program
  daybook rules list --dir my-ledger    those that the ledger applies
  daybook rules list --pack denver-2017 --text")]
    List(List),
}

#[derive(clap::Args)]
pub(crate) struct Check {
    /// The pack
    #[arg(value_name = "PACK")]
    pack: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct List {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: Option<PathBuf>,
    /// Only this pack
    #[arg(long, value_name = "ID")]
    pack: Option<String>,
    /// Print what each rule asks, and on what it rests
    #[arg(long)]
    text: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: &Command) -> ExitCode {
    let result = match command {
        Command::Check(args) => check(args),
        Command::List(args) => list(args),
    };
    result.unwrap_or_else(|error| fail(error.as_ref()))
}

fn check(args: &Check) -> Result<ExitCode, Fault> {
    let text = std::fs::read_to_string(&args.pack).map_err(|e| format!("{}: {e}", args.pack.display()))?;
    let pack = match Pack::read(&text) {
        Ok(pack) => pack,
        Err(mistakes) => {
            mistakes_found(&args.pack, &mistakes, args.json);
            return Ok(ExitCode::from(exit::REFUSED));
        }
    };
    let (rules, id, version) = (pack.rules.len(), pack.id.clone(), pack.version.clone());
    let wrong = play(pack)?;
    if args.json {
        let examples: Vec<_> = wrong
            .iter()
            .map(|(rule, name, fault)| json!({"rule": rule, "example": name, "fault": fault}))
            .collect();
        print(
            &json!({"pack": id, "version": version, "rules": rules, "mistakes": [], "examples": examples})
                .to_string(),
        );
    } else {
        for (rule, name, fault) in &wrong {
            print(&format!("{}: {rule}, example {name:?}: {fault}", args.pack.display()));
        }
        if wrong.is_empty() {
            print(&format!("{id} {version}: {rules} rules, no mistakes; every example says what it claims"));
        }
    }
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
}

fn mistakes_found(path: &Path, mistakes: &[Mistake], json: bool) {
    if json {
        print(&json!({"mistakes": mistakes}).to_string());
        return;
    }
    for mistake in mistakes {
        let hint = mistake.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        print(&format!("{}:{}:{}: {}{hint}", path.display(), mistake.line, mistake.column, mistake.message));
    }
    say(&format!("{} mistakes", mistakes.len()));
}

/// Plays the examples of a pack, on its own and as if it were in force: rule, example and what is wrong.
fn play(mut pack: Pack) -> Result<Vec<(String, String, String)>, Fault> {
    pack.state = PackState::InForce;
    let ruleset = Arc::new(Ruleset::new(vec![pack], None)?);
    let mut wrong = Vec::new();
    for rule in ruleset.packs().iter().flat_map(|pack| &pack.rules) {
        for one in &rule.examples {
            if let Err(fault) = example::check(&ruleset, &rule.id, one) {
                wrong.push((rule.id.clone(), one.name.clone(), fault.to_string()));
            }
        }
    }
    Ok(wrong)
}

fn list(args: &List) -> Result<ExitCode, Fault> {
    let ruleset = match &args.dir {
        None => Ruleset::new(Pack::builtin().map_err(|(name, _)| format!("{name} has mistakes"))?, None)?,
        Some(dir) => {
            let config =
                daybook_ledger::config::Config::read(&daybook_ledger::open::Layout::new(dir).config())?;
            daybook_ledger::findings::ruleset(dir, &config.rules)?
        }
    };
    let packs = ruleset.packs().iter().filter(|pack| args.pack.as_ref().is_none_or(|id| *id == pack.id));
    let mut any = false;
    for pack in packs {
        any = true;
        if args.json {
            print(&pack_json(pack).to_string());
        } else {
            pack_text(pack, args.text);
        }
    }
    if !any {
        say("there is no such pack; `daybook rules list` shows them all");
        return Ok(ExitCode::from(exit::USAGE));
    }
    Ok(ExitCode::SUCCESS)
}

fn pack_json(pack: &Pack) -> serde_json::Value {
    let rules: Vec<_> = pack
        .rules
        .iter()
        .map(|rule| {
            let checks: Vec<_> = rule
                .checks
                .iter()
                .map(|check| json!({"name": check.name, "form": check.form.name()}))
                .collect();
            json!({
                "id": rule.id, "title": rule.title, "severity": rule.severity, "text": rule.text,
                "provisions": rule.provisions, "reads": rule.reads, "checks": checks,
            })
        })
        .collect();
    json!({
        "pack": pack.id, "version": pack.version, "title": pack.title, "jurisdiction": pack.jurisdiction, "basis": pack.basis,
        "valid_from": pack.valid_from.to_string(), "valid_to": pack.valid_to.map(|day| day.to_string()),
        "state": pack.state, "state_reason": pack.state_reason, "digest": pack.digest, "rules": rules,
    })
}

fn pack_text(pack: &Pack, long: bool) {
    let until = pack.valid_to.map(|day| format!(" to {day}")).unwrap_or_default();
    print(&format!("{} {}: {} (from {}{until})", pack.id, pack.version, pack.title, pack.valid_from));
    if let (PackState::SwitchedOff, Some(reason)) = (pack.state, &pack.state_reason) {
        print(&format!("  switched off: {reason}"));
    }
    for rule in &pack.rules {
        print(&format!("  {:<4} {}  {}", rule.id, rule.severity.as_str(), rule.title));
        if long {
            print(&format!("            {}", rule.text));
            for code in &rule.provisions {
                let text =
                    pack.provisions.iter().find(|(of, _)| of == code).map_or("", |(_, text)| text.as_str());
                print(&format!("            {code}: {text}"));
            }
        }
    }
}
