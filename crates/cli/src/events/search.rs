//! `daybook events search` and `count`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::query::Which;
use crate::remote::{self, Connection, Purpose, Trouble};
use crate::shown::{Complete, Event, plain};
use crate::table::{print_table, table};
use crate::{print, say};

pub(super) const SEARCH_HELP: &str = "\
Every search is recorded with your account and what it was for, before anything is shown. The answer says up to which
size of the log it is complete; with --at it can be asked for again later and says the same.

Examples:
  daybook events search --purpose audit --type access.requested --month 2026-05
  daybook events search --purpose audit --department sheriff --code agency=ice_ero --from 2026-05-01 --to 2026-05-31
  printf %s \"$CASE\" | daybook events search --purpose court_order --reference 2026-L-9 --identifier-file case_number=-
  daybook events search --purpose audit --month 2026-05 --count-by type --count-by code:agency --limit 1";

pub(super) const COUNT_HELP: &str = "\
Examples:
  daybook events count --purpose audit --month 2026-05
  daybook events count --purpose audit --month 2026-05 --count-by department --count-by type";

/// Most events on a page.
const PAGE_MAX: u64 = 1_000;
/// Matters that are named below a page.
const MATTERS_MAX: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Search {
    #[command(flatten)]
    which: Which,
    /// Show the oldest first
    #[arg(long)]
    oldest_first: bool,
    /// How many events to show [default: 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=PAGE_MAX))]
    limit: Option<u64>,
    /// Go on where the page before ended: the cursor that it gave
    #[arg(long, value_name = "CURSOR", conflicts_with = "at")]
    after: Option<String>,
    #[command(flatten)]
    facets: Facets,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Count {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    facets: Facets,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Facets {
    /// Count what fits by type, department, producer, period or code:FIELD; may be given several times
    #[arg(long = "count-by", value_name = "FACET", value_parser = facet)]
    count_by: Vec<String>,
}

fn facet(text: &str) -> Result<String, &'static str> {
    let known = matches!(text, "type" | "department" | "producer" | "period")
        || text.strip_prefix("code:").is_some_and(|field| !field.is_empty());
    known.then(|| text.to_owned()).ok_or("type, department, producer, period or code:FIELD is wanted")
}

impl Facets {
    fn put(&self, body: &mut Map<String, Value>) {
        if !self.count_by.is_empty() {
            body.insert("facets".into(), self.count_by.clone().into());
        }
    }
}

impl Search {
    pub(super) fn body(&self) -> Result<Map<String, Value>, Trouble> {
        let mut body = self.which.body()?;
        if self.oldest_first {
            body.insert("order".into(), "oldest".into());
        }
        if let Some(limit) = self.limit {
            body.insert("limit".into(), limit.into());
        }
        if let Some(after) = &self.after {
            body.insert("after".into(), after.as_str().into());
        }
        self.facets.put(&mut body);
        Ok(body)
    }
}

#[derive(Deserialize)]
struct Page {
    complete_to: Complete,
    total: u64,
    #[serde(default)]
    facets: BTreeMap<String, BTreeMap<String, u64>>,
    #[serde(default)]
    events: Vec<Event>,
    next: Option<String>,
}

pub(super) fn search(args: &Search) -> Result<(), Trouble> {
    let body = Value::Object(args.body()?);
    let answer = args.connection.reading(&args.purpose)?.post(&["v1", "events", "search"], &body)?;
    remote::show(&args.connection, &answer, |page: Page| {
        let mut table = table(&["Entry", "Happened", "Type", "Department", "Event", ""], &[0, 1, 4]);
        for event in &page.events {
            table.add_row([
                event.entry.to_string(),
                event.happened(),
                plain(&event.event),
                plain(event.department()),
                plain(&event.jti),
                event.remark(),
            ]);
        }
        print_table(&table);
        print_matters(&page.events);
        print_facets(&page.facets);
        say(&format!(
            "{} of {} events that fit; {}",
            page.events.len(),
            page.total,
            page.complete_to.words()
        ));
        if let Some(next) = &page.next {
            say(&format!("there are more: repeat the same search with --after {}", plain(next)));
        }
        Ok(())
    })
}

pub(super) fn count(args: &Count) -> Result<(), Trouble> {
    let mut body = args.which.body()?;
    args.facets.put(&mut body);
    let ledger = args.connection.reading(&args.purpose)?;
    let answer = ledger.post(&["v1", "events", "count"], &Value::Object(body))?;
    remote::show(&args.connection, &answer, |page: Page| {
        print(&page.total.to_string());
        print_facets(&page.facets);
        say(&page.complete_to.words());
        Ok(())
    })
}

/// Prints the matters of a page, which are too long for a column of their own.
fn print_matters(events: &[Event]) {
    let mut matters: BTreeMap<&str, usize> = BTreeMap::new();
    for matter in events.iter().filter_map(|event| event.matter.as_deref()) {
        *matters.entry(matter).or_default() += 1;
    }
    if matters.len() > MATTERS_MAX {
        say(&format!("they are of {} matters, too many to name; --json names each", matters.len()));
    } else if !matters.is_empty() {
        print("");
        let mut table = table(&["Matter", "Events above"], &[0]);
        for (matter, events) in matters {
            table.add_row([plain(matter), events.to_string()]);
        }
        print_table(&table);
    }
}

/// Prints how many there are of each, most first.
fn print_facets(facets: &BTreeMap<String, BTreeMap<String, u64>>) {
    for (name, counts) in facets {
        print("");
        let mut table = table(&[&plain(name), "Events"], &[]);
        let mut counts: Vec<(&String, &u64)> = counts.iter().collect();
        counts.sort_by_key(|(value, count)| (std::cmp::Reverse(**count), *value));
        for (value, count) in counts {
            table.add_row([plain(value), count.to_string()]);
        }
        print_table(&table);
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};
    use serde_json::json;

    use super::*;

    fn parsed(args: &[&str]) -> Result<Search, clap::Error> {
        let command = Search::augment_args(clap::Command::new("search"));
        let args = std::iter::once(&"search").chain(&["--purpose", "audit"]).chain(args);
        Search::from_arg_matches(&command.try_get_matches_from(args)?)
    }

    #[test]
    fn a_page_is_asked_for_with_its_order_its_length_its_place_and_what_is_counted() {
        let args = [
            "--oldest-first",
            "--limit",
            "10",
            "--after",
            "4000.17",
            "--count-by",
            "type",
            "--count-by",
            "code:agency",
        ];
        let wanted =
            json!({ "order": "oldest", "limit": 10, "after": "4000.17", "facets": ["type", "code:agency"] });
        assert_eq!(Value::Object(parsed(&args).unwrap().body().unwrap()), wanted);
        assert!(parsed(&["--limit", "1001"]).is_err());
        assert!(parsed(&["--count-by", "colour"]).is_err());
        assert!(parsed(&["--after", "4000.17", "--at", "3000"]).is_err(), "a cursor has its size in it");
    }
}
