//! Asking for an export: what exactly would leave, and what comes next.

use std::path::PathBuf;

use daybook_access::request::{OPENING_MAX_MINUTES, PENDING_MAX_S};
use daybook_access::{ActKind, COURT_ORDER};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::approvals::Export;
use crate::asking::{authorities, value_from};
use crate::print;
use crate::remote::{self, Connection, Ledger, Trouble};
use crate::shown::plain;

/// How long an export can be taken out after its approval, unless it is said otherwise: a working day.
const MINUTES: &str = "480";

/// Asking for an export rather than running it.
#[derive(Debug, clap::Args)]
pub(super) struct Asking {
    /// Only ask for the export; a second person approves
    #[arg(long, requires = "authority", conflicts_with_all = ["out", "format", "approval"])]
    request: bool,
    /// What entitles you
    #[arg(long, value_name = "AUTHORITY", requires = "request", value_parser = authorities(ActKind::Export))]
    authority: Option<String>,
    /// For how many minutes from the approval
    #[arg(long, value_name = "N", requires = "request", default_value = MINUTES, value_parser = clap::value_parser!(u64).range(1..=OPENING_MAX_MINUTES))]
    minutes: u64,
    /// File with the number that is printed on the court's order, or - for standard input; it is kept withheld
    #[arg(long, value_name = "FILE", requires = "request")]
    order_number_file: Option<PathBuf>,
}

/// What the ledger answers to a request.
#[derive(Deserialize)]
struct Asked {
    request: String,
    entry: u64,
    export: Export,
}

impl Asking {
    /// Asks, and says what comes next.
    pub(super) fn ask(
        &self,
        connection: &Connection,
        ledger: &Ledger,
        query: Map<String, Value>,
    ) -> Result<(), Trouble> {
        let answer = ledger.post(&["v1", "exports"], &self.body(query)?)?;
        remote::show(connection, &answer, |asked: Asked| {
            told(&asked).iter().for_each(|line| print(line));
            Ok(())
        })
    }

    fn body(&self, query: Map<String, Value>) -> Result<Value, Trouble> {
        let authority = self.authority.as_deref().unwrap_or_default();
        if authority == COURT_ORDER && self.order_number_file.is_none() {
            return Err(Trouble::Usage(
                "--order-number-file is missing: a court's order is named by the number that is printed on it"
                    .into(),
            ));
        }
        let mut body = json!({ "query": query, "authority": authority, "minutes": self.minutes });
        if let Some(path) = &self.order_number_file {
            body["order_number"] = value_from(path)?.into();
        }
        Ok(body)
    }
}

fn told(asked: &Asked) -> Vec<String> {
    let request = plain(&asked.request);
    let days = PENDING_MAX_S / 86_400;
    vec![
        format!("request  {request}"),
        format!("entry    {}", asked.entry),
        format!("asks to  {}", asked.export.what()),
        String::new(),
        format!("Nothing has left the ledger. A second person must approve it within {days} days, with"),
        format!("  daybook approvals approve {request}"),
        "Then take the events out with the same query, purpose and reference, and".to_owned(),
        format!("  daybook events export --approval {request} --format csv --out FILE …"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_reads_what_would_leave_and_what_comes_next() {
        let answer = json!({
            "request": "r", "entry": 90,
            "export": { "terms": ["month=2026-05"], "query": "q", "up_to": 900, "rows": 12, "purpose": "audit" },
        });
        let words = told(&serde_json::from_value(answer).unwrap()).join("\n");
        for word in
            ["take out 12 events (month=2026-05)", "within 7 days", "approvals approve r", "--approval r"]
        {
            assert!(words.contains(word), "{word}: {words}");
        }
    }
}
