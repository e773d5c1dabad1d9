//! A production as the ledger tells of it.

use daybook_production::profile::Asked;
use serde::Deserialize;
#[cfg(test)]
use serde_json::Value;

use crate::remote::{Answer, Ledger, Trouble};
use crate::shown::{code_words, plain};

/// What the ledger knows of a production.
#[derive(Debug, Deserialize)]
pub(crate) struct Production {
    pub(crate) production: String,
    pub(crate) state: String,
    pub(crate) opened: Opened,
    /// None where the ledger stopped between the production's event and that of its request.
    pub(crate) request: Option<Request>,
    pub(crate) numbered: Option<Numbered>,
    pub(crate) built: Option<Built>,
    #[serde(default)]
    pub(crate) delivered: Vec<Delivered>,
    #[serde(default)]
    pub(crate) withdrawn: Vec<Withdrawn>,
}

/// `production.opened`, without what is withheld.
#[derive(Debug, Deserialize)]
pub(crate) struct Opened {
    pub(crate) entry: u64,
    pub(crate) bates_prefix: String,
    pub(crate) basis: String,
    pub(crate) requester: String,
    pub(crate) profile: String,
    pub(crate) profile_hash: String,
    pub(crate) confidentiality: String,
    pub(crate) time_zone: String,
    pub(crate) account: String,
    pub(crate) request_number: Option<String>,
    pub(crate) query: String,
    pub(crate) searched_size: u64,
    pub(crate) found: u64,
    pub(crate) produced: u64,
    pub(crate) withheld: u64,
    pub(crate) occurred_at: String,
}

/// The request that a second person decides about.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) jti: String,
    pub(crate) entry: u64,
    pub(crate) state: String,
    pub(crate) by: Option<String>,
    pub(crate) at: Option<String>,
}

/// `production.numbered`.
#[derive(Debug, Deserialize)]
pub(crate) struct Numbered {
    pub(crate) entry: u64,
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) documents: u64,
}

/// `production.built`.
#[derive(Debug, Deserialize)]
pub(crate) struct Built {
    pub(crate) entry: u64,
    pub(crate) bag_hash: String,
}

/// `export.produced` of a production.
#[derive(Debug, Deserialize)]
pub(crate) struct Delivered {
    pub(crate) entry: u64,
    pub(crate) package_hash: String,
}

/// `production.withdrawn`.
#[derive(Debug, Deserialize)]
pub(crate) struct Withdrawn {
    pub(crate) entry: u64,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) bates: Vec<String>,
    pub(crate) ground: String,
    pub(crate) replaced_by: Option<String>,
}

/// The search of a production, as `production.opened` records it.
#[derive(Debug, Default, Deserialize)]
struct Query {
    terms: Option<Vec<String>>,
    entries: Option<Vec<String>>,
    #[serde(default)]
    privileged: Vec<Privileged>,
    #[serde(default)]
    excluded: Vec<Excluded>,
}

#[derive(Debug, Deserialize)]
struct Privileged {
    entries: Vec<String>,
    privilege: String,
}

#[derive(Debug, Deserialize)]
struct Excluded {
    entries: Vec<String>,
    reason: String,
}

/// Asks for a production.
pub(crate) fn fetch(ledger: &Ledger, name: &str) -> Result<(Answer, Production), Trouble> {
    let answer = ledger.get(&["v1", "productions", name])?;
    let production = answer.parse()?;
    Ok((answer, production))
}

impl Production {
    /// Who asked, and on what basis.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { basis: &self.opened.basis, requester: &self.opened.requester }
    }

    /// Everything that is known of it, line by line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![("production", plain(&self.production)), ("state", plain(&self.state))];
        lines.extend(self.opened.lines());
        match &self.request {
            Some(request) => lines.push(("request", request.words())),
            None => lines.push(("request", "none: the ledger stopped before it was recorded".to_owned())),
        }
        if let Some(numbered) = &self.numbered {
            lines.push(("numbered", self.numbers(numbered)));
        }
        if let Some(built) = &self.built {
            let what = format!("the bag has the hash {}, entry {}", plain(&built.bag_hash), built.entry);
            lines.push(("built", what));
        }
        for delivered in &self.delivered {
            let hash = plain(&delivered.package_hash);
            lines.push(("delivered", format!("the package has the hash {hash}, entry {}", delivered.entry)));
        }
        lines.extend(self.withdrawn.iter().map(|withdrawn| ("withdrawn", withdrawn.words())));
        lines.into_iter().map(|(name, text)| format!("{name:<12} {text}")).collect()
    }

    fn numbers(&self, numbered: &Numbered) -> String {
        let prefix = plain(&self.opened.bates_prefix);
        let Numbered { entry, first, last, documents } = numbered;
        format!("pages {prefix}{first:08} to {prefix}{last:08} of {documents} records, entry {entry}")
    }

    /// What there is to do next, and who does it.
    pub(crate) fn next(&self) -> Option<String> {
        let name = plain(&self.production);
        Some(match self.state.as_str() {
            "opened" if self.request.is_none() => "Nobody can approve it. Open a new production.".to_owned(),
            "opened" => format!(
                "A second person decides, with `daybook production approve {name}`. What would go out shows `daybook production review {name}`."
            ),
            "approved" | "numbered" => {
                format!("Whoever opened it builds it, with `daybook production build {name}`.")
            }
            "built" => format!(
                "Whoever opened it hands the package over and records that, with `daybook production deliver {name}`."
            ),
            "refused" | "lapsed" => "Nothing leaves under it. Open a new production.".to_owned(),
            _ => return None,
        })
    }
}

impl Opened {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            (
                "opened",
                format!("at {} by {}, entry {}", plain(&self.occurred_at), plain(&self.account), self.entry),
            ),
            ("basis", format!("{}; asked for by: {}", code_words(&self.basis), code_words(&self.requester))),
        ];
        lines.extend(self.request_number.as_deref().map(|number| ("request no.", plain(number))));
        lines.extend(query_lines(&self.query));
        lines.push((
            "found",
            format!(
                "{} records up to a log of {} entries: {} go out, {} are held back",
                self.found, self.searched_size, self.produced, self.withheld
            ),
        ));
        lines.push((
            "profile",
            format!("{} with the hash {}", plain(&self.profile), plain(&self.profile_hash)),
        ));
        lines.push((
            "marked",
            format!("{}, times also in {}", code_words(&self.confidentiality), plain(&self.time_zone)),
        ));
        lines
    }
}

impl Request {
    fn words(&self) -> String {
        let by = self.by.as_deref().map(|by| format!(" by {}", plain(by))).unwrap_or_default();
        let at = self.at.as_deref().map(|at| format!(" at {}", plain(at))).unwrap_or_default();
        let state = code_words(&self.state);
        format!("{}, entry {}: {state}{by}{at}", plain(&self.jti), self.entry)
    }
}

impl Withdrawn {
    fn words(&self) -> String {
        let pages: Vec<String> = self.bates.iter().map(|item| plain(item)).collect();
        let what =
            if pages.is_empty() { "the whole".to_owned() } else { format!("pages {}", pages.join(", ")) };
        let by = self.replaced_by.as_deref().map(|name| format!(", replaced by {}", plain(name)));
        format!(
            "{}: {what}; ground: {}{}, entry {}",
            code_words(&self.kind),
            code_words(&self.ground),
            by.unwrap_or_default(),
            self.entry
        )
    }
}

/// The search in words.
fn query_lines(query: &str) -> Vec<(&'static str, String)> {
    let Ok(query) = serde_json::from_str::<Query>(query) else {
        return vec![("search", plain(query))];
    };
    let list = |items: &[String]| items.iter().map(|item| plain(item)).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    lines.extend(query.terms.as_deref().map(|terms| ("search", list(terms))));
    lines.extend(query.entries.as_deref().map(|entries| ("search", format!("entries {}", list(entries)))));
    for held in &query.privileged {
        lines.push(("privileged", format!("entries {}: {}", list(&held.entries), plain(&held.privilege))));
    }
    for held in &query.excluded {
        lines.push(("excluded", format!("entries {}: {}", list(&held.entries), plain(&held.reason))));
    }
    lines
}

/// An answer of the kind, for tests.
#[cfg(test)]
pub(crate) fn answered() -> Value {
    serde_json::json!({
        "production": "DAYB-26CR1187-P0001",
        "state": "opened",
        "opened": {
            "entry": 92, "jti": "o", "production": "DAYB-26CR1187-P0001", "bates_prefix": "DAYB-26CR1187-", "basis": "discovery",
            "requester": "defense", "profile": "civil", "profile_hash": "h", "confidentiality": "none",
            "time_zone": "America/Denver", "account": "c-0001", "request_number": "2026-D-17",
            "query": "{\"terms\":[\"matter=abc\"],\"privileged\":[{\"entries\":[\"17\"],\"privilege\":\"attorney-client\"}],\"excluded\":[{\"entries\":[\"30\"],\"reason\":\"agreement\"}]}",
            "searched_size": 91, "found": 4, "produced": 2, "withheld": 2,
            "occurred_at": "2026-11-22T09:38:12-07:00", "recorded_at": "2026-11-22T09:38:12-07:00",
        },
        "request": { "jti": "r", "entry": 93, "state": "pending" },
        "withdrawn": [],
        "delivered": [],
        "log": { "origin": "ledger.example/daybook", "vkey": "v", "policy": "p" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_production_is_told_with_its_search_and_what_comes_next() {
        let production: Production = serde_json::from_value(answered()).unwrap();
        let words = production.lines().join("\n");
        for told in [
            "DAYB-26CR1187-P0001",
            "matter=abc",
            "entries 17: attorney-client",
            "entries 30: agreement",
            "4 records up to a log of 91 entries: 2 go out, 2 are held back",
            "asked for by: defense",
            "2026-D-17",
            "r, entry 93: pending",
        ] {
            assert!(words.contains(told), "{told}: {words}");
        }
        assert!(production.next().unwrap().contains("production approve DAYB-26CR1187-P0001"));
    }

    #[test]
    fn what_was_built_delivered_and_taken_back_is_told_with_its_entries() {
        let mut answer = answered();
        answer["state"] = "withdrawn".into();
        answer["request"] = serde_json::json!({ "jti": "r", "entry": 93, "state": "approved", "by": "p-0001", "at": "2026-11-22T17:00:00Z" });
        answer["numbered"] = serde_json::json!({ "entry": 95, "first": 8, "last": 12, "documents": 2 });
        answer["built"] = serde_json::json!({ "entry": 96, "bag_hash": "b", "records": 2, "withheld": 2 });
        answer["delivered"] = serde_json::json!([{ "entry": 97, "package_hash": "z" }]);
        answer["withdrawn"] = serde_json::json!([
            { "entry": 98, "kind": "clawed_back", "bates": ["8", "10-12"], "ground": "privileged" },
            { "entry": 99, "kind": "superseded", "bates": [], "ground": "error", "replaced_by": "DAYB-26CR1187-P0002" },
        ]);
        let production: Production = serde_json::from_value(answer).unwrap();
        let words = production.lines().join("\n");
        for told in [
            "approved by p-0001 at 2026-11-22T17:00:00Z",
            "DAYB-26CR1187-00000008 to DAYB-26CR1187-00000012 of 2 records, entry 95",
            "hash b, entry 96",
            "hash z, entry 97",
            "clawed back: pages 8, 10-12; ground: privileged, entry 98",
            "superseded: the whole; ground: error, replaced by DAYB-26CR1187-P0002, entry 99",
        ] {
            assert!(words.contains(told), "{told}: {words}");
        }
        assert!(production.next().is_none());
    }
}
