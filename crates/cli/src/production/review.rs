//! `daybook production review`: record by record what goes out, what stays back and why.

use std::collections::BTreeMap;

use daybook_production::profile::Severity;
use serde_json::{Value, json};

use super::look::{self, Becomes, Looked, Totals};
use super::one::{self, Production};
use super::profiles;
use crate::print;
use crate::remote::{Connection, Purpose, Trouble};
use crate::shown::{code_words, plain};
use crate::table::{print_table, table};

pub(super) const HELP: &str = "\
Shows type, department and month of each record, and the names of fields that go out or stay back; never a value that is
not public. Whether a slot is sealed, erased or opened is as it was when the production was opened. What the profile keeps
back is decided here, by the profile under which it was opened. Each look is recorded. The command fails (3) where a notice
stops the production. With --json a line is printed for each record, and a last one with the totals.

Examples:
  daybook production review DAYB-26CR1187-P0001 --purpose discovery
  daybook production review DAYB-26CR1187-P0001 --purpose supervision --profile ./our-order.toml --json";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The production, by its name
    #[arg(value_name = "NAME")]
    name: String,
    /// The file of the profile, where it is not one that comes with the program
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

pub(super) fn run(args: &Args) -> Result<(), Trouble> {
    let ledger = args.connection.reading(&args.purpose)?;
    let (_, production) = one::fetch(&ledger, &args.name)?;
    let opened = &production.opened;
    let profile = profiles::recorded(args.profile.as_deref(), &opened.profile, &opened.profile_hash)?;
    let totals = if args.connection.json() {
        let totals = look::over(&ledger, &production, &profile, |page| {
            page.iter().for_each(|looked| print(&as_json(looked).to_string()));
        })?;
        print(&totals_json(&production, &totals).to_string());
        totals
    } else {
        production.lines().iter().for_each(|line| print(line));
        let totals = look::over(&ledger, &production, &profile, print_page)?;
        print_totals(&totals);
        totals
    };
    match totals.blocking() {
        Some((code, sentence)) => Err(profiles::blocked(sentence, code)),
        None => Ok(()),
    }
}

fn print_page(page: &[Looked]) {
    let mut rows = table(&["Entry", "Type", "Department", "Month", "Goes out", "Stays back"], &[0]);
    for looked in page {
        let record = &looked.record;
        rows.add_row([
            record.entry.to_string(),
            plain(&record.event),
            plain(&record.department),
            plain(&record.period),
            goes_out(looked),
            stays_back(looked),
        ]);
    }
    print("");
    print_table(&rows);
}

/// How much of a record goes out.
fn goes_out(looked: &Looked) -> String {
    if looked.record.state != "produced" {
        return "no".to_owned();
    }
    let shown = looked.slots.iter().filter(|(_, becomes)| matches!(becomes, Becomes::Shown { .. })).count();
    let opened: Vec<String> = looked
        .slots
        .iter()
        .filter(|(_, becomes)| matches!(becomes, Becomes::Shown { opened: true }))
        .map(|(slot, _)| plain(slot))
        .collect();
    let opened = if opened.is_empty() { String::new() } else { format!("; opened: {}", opened.join(", ")) };
    format!("{shown} of {}{opened}", looked.slots.len())
}

/// What stays back of a record, by reason.
fn stays_back(looked: &Looked) -> String {
    let record = &looked.record;
    if record.state != "produced" {
        let by = record.by.map(|by| format!(" by entry {by}")).unwrap_or_default();
        let code = record.code.as_deref().filter(|code| *code != record.state);
        let code = code.map(|code| format!(": {}", plain(code))).unwrap_or_default();
        return format!("the whole, {}{by}{code}", plain(&record.state));
    }
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (slot, becomes) in &looked.slots {
        if let Some(why) = why(becomes) {
            by_reason.entry(why).or_default().push(plain(slot));
        }
    }
    let items = by_reason.into_iter().map(|(why, slots)| format!("{} ({why})", slots.join(", ")));
    items.collect::<Vec<_>>().join("; ")
}

fn why(becomes: &Becomes) -> Option<String> {
    match becomes {
        Becomes::Shown { .. } => None,
        Becomes::Withheld { reason, .. } => Some(plain(reason)),
        Becomes::Locked { state, by } => {
            Some(format!("{}{}", plain(state), by.map(|by| format!(" by entry {by}")).unwrap_or_default()))
        }
    }
}

pub(super) fn print_totals(totals: &Totals) {
    if !totals.withheld.is_empty() {
        let mut reasons = table(&["Reason", "Slots", "Rests on", "Printed in their place"], &[0]);
        for (code, (slots, authority, label)) in &totals.withheld {
            reasons.add_row([&plain(code), &slots.to_string(), &plain(authority), &plain(label)]);
        }
        print("");
        print_table(&reasons);
    }
    for (code, noticed) in &totals.notices {
        print("");
        print(&format!("{}: {code} ({})", word(noticed.severity), noticed.count));
        noticed.sentences.iter().for_each(|sentence| print(&format!("  {}", plain(sentence))));
        let more = noticed.count.saturating_sub(noticed.sentences.len() as u64);
        if more > 0 {
            print(&format!("  and {more} more"));
        }
    }
    print("");
    let records: Vec<String> =
        totals.records.iter().map(|(state, count)| format!("{count} {}", code_words(state))).collect();
    print(&format!("records    {}", records.join(", ")));
    let withheld: u64 = totals.withheld.values().map(|(slots, _, _)| slots).sum();
    print(&format!(
        "slots      {} go out, {} of them opened; {withheld} stay back by the profile, {} sealed, {} erased",
        totals.shown, totals.opened, totals.sealed, totals.erased
    ));
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Warn => "look at this",
        Severity::Block => "THIS STOPS IT",
    }
}

fn as_json(looked: &Looked) -> Value {
    let record = &looked.record;
    let slots: Vec<Value> = looked
        .slots
        .iter()
        .map(|(slot, becomes)| match becomes {
            Becomes::Shown { opened } => json!({ "slot": slot, "becomes": "shown", "opened": opened }),
            Becomes::Withheld { reason, authority, label } => json!({
                "slot": slot, "becomes": "withheld", "reason": reason, "authority": authority, "label": label,
            }),
            Becomes::Locked { state, by } => json!({ "slot": slot, "becomes": state, "by": by }),
        })
        .collect();
    json!({
        "entry": record.entry, "jti": record.jti, "event": record.event, "v": record.v, "department": record.department,
        "period": record.period, "state": record.state, "code": record.code, "by": record.by, "public": record.public,
        "slots": slots,
    })
}

fn totals_json(production: &Production, totals: &Totals) -> Value {
    let withheld: BTreeMap<&str, Value> = totals
        .withheld
        .iter()
        .map(|(code, (slots, authority, label))| {
            (code.as_str(), json!({ "slots": slots, "authority": authority, "label": label }))
        })
        .collect();
    let notices: Vec<Value> = totals
        .notices
        .iter()
        .map(|(code, noticed)| {
            json!({
                "code": code, "blocks": noticed.severity == Severity::Block,
                "count": noticed.count, "first": noticed.sentences,
            })
        })
        .collect();
    json!({
        "end": true, "production": production.production, "records": totals.records,
        "slots": { "shown": totals.shown, "opened": totals.opened, "withheld": withheld, "sealed": totals.sealed, "erased": totals.erased },
        "notices": notices, "blocked": totals.blocking().is_some(),
    })
}

#[cfg(test)]
mod tests;
