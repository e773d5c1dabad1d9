//! A request as the ledger answers it, and as people read it.

use serde::Deserialize;

use crate::shown::{code_words, part_words, plain};

#[derive(Deserialize)]
pub(super) struct Request {
    pub(super) request: String,
    pub(super) act: String,
    pub(super) authority: String,
    pub(super) part: String,
    pub(super) at_entries: Vec<String>,
    pub(super) slots: Vec<String>,
    pub(super) readers: Vec<String>,
    pub(super) minutes: u64,
    /// What is taken out, where it is an export.
    pub(super) export: Option<Export>,
    /// The production that it is about, where it is about one.
    #[serde(default)]
    pub(super) production: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) order_shown: bool,
    pub(super) account: String,
    pub(super) asked_at: String,
    pub(super) decide_until: String,
    pub(super) state: String,
    pub(super) decided_by: Option<String>,
    pub(super) decided_at: Option<String>,
    pub(super) open_until: Option<String>,
    pub(super) done_entry: Option<u64>,
}

/// What an export takes out.
#[derive(Deserialize)]
pub(crate) struct Export {
    pub(crate) terms: Vec<String>,
    pub(crate) query: String,
    pub(crate) up_to: u64,
    pub(crate) rows: u64,
    pub(crate) purpose: String,
}

impl Export {
    /// The same in one sentence.
    pub(crate) fn what(&self) -> String {
        let terms: Vec<String> = self.terms.iter().map(|term| plain(term)).collect();
        let which = if terms.is_empty() { "all".to_owned() } else { terms.join(", ") };
        format!("take out {} events ({which}) up to a log of {} entries", self.rows, self.up_to)
    }
}

impl Request {
    /// What is asked for.
    pub(super) fn what(&self) -> String {
        let records: Vec<String> = self.at_entries.iter().map(|item| plain(item)).collect();
        let records = records.join(", ");
        let names = |names: &[String]| names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ");
        let mut what = match self.act.as_str() {
            "release_hold" => format!("let go of the holds of entries {records}"),
            "produce" => {
                let name = self.production.as_deref().map_or_else(|| "a production".to_owned(), plain);
                format!("hand over {name}, as `daybook production review` shows it")
            }
            "export" => self.export.as_ref().map_or_else(|| "export".to_owned(), Export::what),
            act => format!("{} {} of entries {records}", code_words(act), part_words(&self.part)),
        };
        if !self.slots.is_empty() {
            what += &format!("; only {}", names(&self.slots));
        }
        if !self.readers.is_empty() {
            what += &format!("; {} may still read", names(&self.readers));
        }
        if self.minutes > 0 {
            what += &format!("; for {} minutes", self.minutes);
        }
        what
    }

    /// On what it rests.
    pub(super) fn ground(&self) -> String {
        let order = if self.order_shown { ", order shown" } else { "" };
        let reference = self.reference.as_deref().map(|text| format!(", {}", plain(text)));
        format!("{}{order}{}", code_words(&self.authority), reference.unwrap_or_default())
    }

    /// What became of it.
    pub(super) fn state(&self) -> String {
        let by = self.decided_by.as_deref().map(|by| format!(" by {}", plain(by))).unwrap_or_default();
        let at = self.decided_at.as_deref().map(|at| format!(" at {}", plain(at))).unwrap_or_default();
        let until = self.open_until.as_deref().map(|at| format!(", open until {}", plain(at)));
        match (self.state.as_str(), self.done_entry) {
            ("pending", _) => format!("pending until {}", plain(&self.decide_until)),
            (_, Some(entry)) => format!("approved{by}{at}, {} in entry {entry}", code_words(&self.state)),
            _ => format!("{}{by}{at}{}", code_words(&self.state), until.unwrap_or_default()),
        }
    }

    /// Everything that the second person looks at before deciding, line by line.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("request    {}", plain(&self.request)),
            format!("asked by   {}, at {}", plain(&self.account), plain(&self.asked_at)),
            format!("asks to    {}", self.what()),
            format!("authority  {}", self.ground()),
            format!("state      {}", self.state()),
        ];
        if let Some(export) = &self.export {
            lines.push(format!("purpose    {}", code_words(&export.purpose)));
            lines.push(format!("query      {}", plain(&export.query)));
            match export.terms.is_empty() {
                true => lines.push("           every event of the ledger".to_owned()),
                false => lines.extend(export.terms.iter().map(|term| format!("           {}", plain(term)))),
            }
        }
        lines
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(in crate::approvals) fn answered() -> Value {
        json!({
            "request": "r", "entry": 5, "act": "seal", "authority": "court_order", "part": "all",
            "at_entries": ["17", "20-22"], "slots": ["times"], "readers": ["custodian"], "minutes": 0, "export": null,
            "reference": "2026-A-17", "order_shown": true, "account": "a-0009", "asked_at": "2026-11-22T16:38:12Z",
            "decide_until": "2026-11-29T16:38:12Z", "state": "pending",
            "decided_by": null, "decided_at": null, "open_until": null, "done_entry": null,
        })
    }

    #[test]
    fn the_second_person_reads_what_is_asked_for_in_words() {
        let mut request: Request = serde_json::from_value(answered()).unwrap();
        assert_eq!(
            request.what(),
            "seal the restricted and the withheld fields of entries 17, 20-22; only times; custodian may still read"
        );
        assert_eq!(request.ground(), "court order, order shown, 2026-A-17");
        assert_eq!(request.state(), "pending until 2026-11-29T16:38:12Z");
        request.state = "carried_out".into();
        request.decided_by = Some("p-0001".into());
        request.done_entry = Some(90);
        assert_eq!(request.state(), "approved by p-0001, carried out in entry 90");
        request.state = "lapsed".into();
        (request.decided_by, request.done_entry) = (None, None);
        assert_eq!(request.state(), "lapsed");
    }

    #[test]
    fn of_a_production_they_read_its_name_and_where_it_is_shown() {
        let mut answer = answered();
        answer["act"] = "produce".into();
        answer["production"] = "DAYB-26CR1187-P0001".into();
        for list in ["at_entries", "slots", "readers"] {
            answer[list] = json!([]);
        }
        let request: Request = serde_json::from_value(answer).unwrap();
        assert_eq!(request.what(), "hand over DAYB-26CR1187-P0001, as `daybook production review` shows it");
    }

    #[test]
    fn of_an_export_they_read_the_query_its_size_and_what_it_is_for() {
        let mut answer = answered();
        answer["act"] = "export".into();
        answer["at_entries"] = json!([]);
        answer["minutes"] = 60.into();
        answer["export"] = json!({
            "terms": ["identifier:case_number=k3vq7tz2m5ywb4cdnxr6gh2sja", "type=request.received"],
            "query": "q", "up_to": 900, "rows": 12, "purpose": "finding_review",
        });
        let lines = serde_json::from_value::<Request>(answer).unwrap().lines().join("\n");
        for told in [
            "a-0009",
            "take out 12 events",
            "a log of 900 entries",
            "for 60 minutes",
            "finding review",
            "type=request.received",
        ] {
            assert!(lines.contains(told), "{told}: {lines}");
        }
    }
}
