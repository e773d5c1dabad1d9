//! `daybook findings show` and `daybook findings explain`.

use std::process::ExitCode;
use std::sync::Arc;

use daybook_ledger::findings::{as_json, happened};
use daybook_ledger::knowledge::FactReader;
use daybook_rules::case::{self, CaseEvent, Tombstone};
use daybook_rules::engine::{Engine, Finding};
use daybook_rules::fact::Fact;
use daybook_rules::finding::FindingId;
use daybook_rules::time::show;
use serde_json::json;

use super::{Where, find};
use crate::{Fault, exit, print, say};

/// Arguments of `daybook findings show` and `explain`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Where,
    /// The finding
    #[arg(value_name = "FINDING")]
    finding: FindingId,
}

pub(super) fn run(args: &Args, long: bool) -> Result<ExitCode, Fault> {
    let known = args.place.known()?;
    let engine = &known.engine;
    let Some(finding) = find(engine, args.finding) else {
        return closed(engine, args);
    };
    if args.place.json {
        let mut value = as_json(engine, &finding);
        if long {
            value["text"] = words(engine, &finding).into();
            value["case"] = case_json(engine, &finding)?;
        }
        print(&value.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    head(engine, &finding);
    if long {
        why(engine, &finding)?;
    }
    answers(engine, &finding);
    Ok(ExitCode::SUCCESS)
}

/// The finding was raised, and no longer holds; or there never was one.
fn closed(engine: &Engine<FactReader>, args: &Args) -> Result<ExitCode, Fault> {
    let Some(raised) = engine.raised(args.finding) else {
        say(&format!("there is no finding {}; `daybook findings list --state all` shows all", args.finding));
        return Ok(ExitCode::from(exit::FAILED));
    };
    let zone = engine.ruleset().calendar().zone();
    let fact = engine.fact(raised.entry)?;
    let text = |field| fact.text(field).unwrap_or_default().to_owned();
    let since: Vec<u64> = case_of(engine, &fact).into_iter().filter(|entry| *entry > raised.entry).collect();
    if args.place.json {
        print(&json!({"finding": args.finding, "rule": text("rule"), "check": text("check"), "state": "closed", "raised_entry": raised.entry, "entries_since": since}).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    print(&format!("{}  {}  closed", args.finding, text("rule")));
    print(&format!(
        "Raised in entry {} on {}, under {} {}.",
        raised.entry,
        show(raised.at, zone),
        text("pack"),
        raised.pack_version
    ));
    print("It no longer holds: what reached the ledger since then shows otherwise.");
    for entry in since {
        let event = engine.fact(entry)?;
        print(&format!("  entry {entry}: {}, {}", event.kind, times(&event, engine)));
    }
    Ok(ExitCode::SUCCESS)
}

fn head(engine: &Engine<FactReader>, finding: &Finding) {
    let ruleset = engine.ruleset();
    let line = &ruleset.lines()[usize::from(finding.line)];
    let (rule, pack) = (ruleset.rule(line), ruleset.pack(line));
    print(&format!("{}  {} {}  {}", finding.id, rule.id, rule.severity.as_str(), rule.title));
    print(&format!("  state       {}", finding.state.as_str()));
    print(&format!("  severity    {}", rule.severity.meaning()));
    print(&format!("  department  {}", finding.department));
    print(&format!("  happened    {}", happened(engine, finding)));
    print(&format!("  pack        {} {} ({})", pack.id, pack.version, pack.title));
    if finding.study {
        print(&format!("  study       the pack was not law then; it applies from {}", pack.valid_from));
    }
    if let Some(class) = finding.verdict.as_ref().and_then(|verdict| verdict.measured.as_ref()) {
        print(&format!("  measured    {class}"));
    }
    print("");
    print(&words(engine, finding));
}

/// The finding in the words of its rule.
fn words(engine: &Engine<FactReader>, finding: &Finding) -> String {
    let line = &engine.ruleset().lines()[usize::from(finding.line)];
    let read: Vec<Arc<Fact>> = finding
        .verdict
        .iter()
        .flat_map(|verdict| &verdict.read)
        .filter_map(|entry| engine.fact(*entry).ok())
        .collect();
    let derived = engine.derived(&finding.anchor);
    let own = finding.anchor.entry().and_then(|entry| engine.fact(entry).ok());
    let of_types = |types: &[String]| {
        let others = read.iter().filter(|fact| Some(fact.entry) != finding.anchor.entry());
        others.rev().find(|fact| types.iter().any(|ty| **ty == *fact.kind)).map(|fact| &**fact)
    };
    line.check.says.fill(|variable| match variable {
        "e" => derived.as_ref().or(own.as_deref()),
        "r" => line.check.form_related().and_then(|related| of_types(&related.types)),
        name => line
            .check
            .bindings
            .iter()
            .find(|binding| binding.name == name)
            .and_then(|binding| of_types(&binding.among.types)),
    })
}

fn why(engine: &Engine<FactReader>, finding: &Finding) -> Result<(), Fault> {
    let ruleset = engine.ruleset();
    let line = &ruleset.lines()[usize::from(finding.line)];
    let (rule, pack) = (ruleset.rule(line), ruleset.pack(line));
    let zone = pack.calendar.zone();
    print("");
    print("The rule");
    print(&format!("  {}", rule.text));
    for code in &rule.provisions {
        let text = pack.provisions.iter().find(|(of, _)| of == code).map_or("", |(_, text)| text.as_str());
        print(&format!("  {code}: {text}"));
    }
    print(&format!("  Form: {}.", line.check.form.name()));
    let Some(verdict) = &finding.verdict else { return Ok(()) };
    print("");
    print("Why");
    print(&format!("  {}: {}.", verdict.status.as_str(), verdict.reason.words()));
    if let Some(due) = verdict.due {
        print(&format!("  The clock runs out on {}.", show(due, zone)));
    }
    print(&format!("  All clocks stand at {}.", show(engine.now(), zone)));
    print("");
    print("Events that were read");
    for entry in &verdict.read {
        let fact = engine.fact(*entry)?;
        print(&format!("  entry {entry}: {} of {}", fact.kind, fact.issuer));
        print(&format!("    {}", times(&fact, engine)));
    }
    late_knowledge(engine, finding, &verdict.read)?;
    let Some(fact) = finding.anchor.entry().map(|entry| engine.fact(entry)).transpose()? else {
        return Ok(());
    };
    let view = case::view(engine, &case_of(engine, &fact), None)?;
    print("");
    print("The case, in order of occurrence");
    for event in &view.events {
        print(&format!("  {}", case_line(event)));
    }
    for (from, rel, to) in &view.dangling {
        print(&format!(
            "  {from} {} {to}, which the ledger does not hold (yet)",
            format!("{rel:?}").to_lowercase()
        ));
    }
    Ok(())
}

/// Says where knowledge came after the fact: records that reached the ledger long after the event that the finding is about.
fn late_knowledge(engine: &Engine<FactReader>, finding: &Finding, read: &[u64]) -> Result<(), Fault> {
    let Some(own) = finding.anchor.entry() else { return Ok(()) };
    if let Some(raised) = &finding.raised {
        for entry in read.iter().filter(|entry| **entry > raised.entry) {
            let fact = engine.fact(*entry)?;
            print(&format!(
                "  Entry {entry} ({}) came after the finding was raised and is taken into account.",
                fact.kind
            ));
        }
    }
    for entry in read.iter().filter(|entry| **entry > own) {
        let (fact, about) = (engine.fact(*entry)?, engine.fact(own)?);
        let (Some(then), Some(here)) = (fact.occurred, about.occurred) else { continue };
        if then.latest <= here.earliest {
            print(&format!(
                "  Entry {entry} ({}) tells of something earlier, and reached the ledger later.",
                fact.kind
            ));
        }
    }
    Ok(())
}

fn times(fact: &Fact, engine: &Engine<FactReader>) -> String {
    let stated = |field| {
        if fact.is_hidden(field) { "sealed" } else { fact.text(field).unwrap_or("not stated") }.to_owned()
    };
    // The time of arrival is erased together with the time of the event.
    let received = if fact.is_hidden("occurred_at") {
        "sealed".to_owned()
    } else {
        show(fact.received, engine.ruleset().calendar().zone())
    };
    format!(
        "occurred {}, recorded {}, reached the ledger {received}",
        stated("occurred_at"),
        stated("recorded_at")
    )
}

fn case_line(event: &CaseEvent) -> String {
    let fact = &event.fact;
    let when = fact.text("occurred_at").unwrap_or("(time sealed)");
    let mut line = format!("{when:<25}  entry {:<8} {} of {}", fact.entry, fact.kind, fact.issuer);
    match event.tombstone {
        Tombstone::None => {}
        Tombstone::Part => line.push_str("  [partly sealed or erased]"),
        Tombstone::Whole => line.push_str("  [sealed or erased]"),
    }
    if !event.stands {
        line.push_str("  [corrected]");
    }
    line
}

fn case_of(engine: &Engine<FactReader>, fact: &Fact) -> Vec<u64> {
    engine.case_of(&fact.jti)
}

fn case_json(engine: &Engine<FactReader>, finding: &Finding) -> Result<serde_json::Value, Fault> {
    let Some(fact) = finding.anchor.entry().map(|entry| engine.fact(entry)).transpose()? else {
        return Ok(json!([]));
    };
    let view = case::view(engine, &case_of(engine, &fact), None)?;
    let events = view.events.iter().map(|event| {
        json!({
            "entry": event.fact.entry, "event": event.fact.jti.to_string(), "type": &*event.fact.kind,
            "by": event.fact.issuer.to_string(), "occurred_at": event.fact.text("occurred_at"),
            "recorded_at": event.fact.text("recorded_at"), "stands": event.stands, "tombstone": event.tombstone,
            "corrected_by": event.corrected_by.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    });
    let dangling = view
        .dangling
        .iter()
        .map(|(from, rel, to)| json!({"from": from.to_string(), "rel": rel, "to": to.to_string()}));
    Ok(json!({"events": events.collect::<Vec<_>>(), "dangling": dangling.collect::<Vec<_>>()}))
}

fn answers(engine: &Engine<FactReader>, finding: &Finding) {
    let zone = engine.ruleset().calendar().zone();
    print("");
    match &finding.raised {
        Some(raised) => print(&format!("Raised in entry {} on {}.", raised.entry, show(raised.at, zone))),
        None => print("Not raised."),
    }
    for answer in &finding.answers {
        let action = format!("{:?}", answer.action).to_lowercase();
        print(&format!(
            "Entry {}, {}: {} answers {action} ({})",
            answer.entry,
            show(answer.at, zone),
            answer.issuer,
            answer.reason.replace('_', " ")
        ));
    }
    for answer in &finding.passed_over {
        let action = format!("{:?}", answer.action).to_lowercase();
        print(&format!(
            "Entry {}, {}: {} answers {action}; the finding is about {}, so this changes nothing",
            answer.entry,
            show(answer.at, zone),
            answer.issuer,
            finding.department
        ));
    }
}
