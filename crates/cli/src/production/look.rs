//! What goes out of each record of a production and what stays back: states from the ledger, decisions from the profile.

use std::collections::BTreeMap;

use daybook_event::{Catalogue, Class};
use daybook_production::Profile;
use daybook_production::model::SlotState;
use daybook_production::profile::{Asked, Decision, Glimpse, Notice, Severity};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::one::Production;
use crate::remote::{Ledger, Trouble, failed};

/// Records that are asked for at a time.
const PAGE_RECORDS: u64 = 500;
/// Notices of one code that are kept with their sentences; of the others only the number is.
const SENTENCES_MAX: usize = 20;

/// A record as the ledger tells of it before anything of it leaves.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Record {
    pub(super) entry: u64,
    pub(super) jti: String,
    pub(super) event: String,
    pub(super) v: u32,
    pub(super) department: String,
    pub(super) period: String,
    /// `produced`, `privileged`, `excluded` or `sealed`.
    pub(super) state: String,
    pub(super) code: Option<String>,
    pub(super) by: Option<u64>,
    #[serde(default)]
    pub(super) public: Map<String, Value>,
    #[serde(default)]
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Deserialize)]
struct Slot {
    name: String,
    /// `present`, `opened`, `sealed` or `erased`.
    state: String,
    by: Option<u64>,
}

#[derive(Deserialize)]
struct Page {
    records: Vec<Record>,
    next: Option<u64>,
}

/// What becomes of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Becomes {
    /// It goes out; a withheld one because an approved opening covers it.
    Shown {
        /// Whether an opening covers it.
        opened: bool,
    },
    /// The profile keeps it back.
    Withheld {
        /// The code of the reason.
        reason: String,
        /// On what it rests.
        authority: String,
        /// What is printed at its place.
        label: String,
    },
    /// An order closed or destroyed it.
    Locked {
        /// `sealed` or `erased`.
        state: String,
        /// The entry of the order.
        by: Option<u64>,
    },
}

/// A record and what becomes of each of its slots.
#[derive(Debug, Clone)]
pub(super) struct Looked {
    pub(super) record: Record,
    /// Slots by name, in the order of the type; of records that stay back as a whole none.
    pub(super) slots: Vec<(String, Becomes)>,
}

/// What was counted over all records.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// Records by what becomes of them: `produced`, or why they stay back.
    pub(super) records: BTreeMap<String, u64>,
    /// Slots that go out.
    pub(super) shown: u64,
    /// Those of them that are withheld and go out by an opening.
    pub(super) opened: u64,
    /// Slots that stay back, by the code of the reason, with its authority and label.
    pub(super) withheld: BTreeMap<String, (u64, String, String)>,
    /// Slots that are sealed.
    pub(super) sealed: u64,
    /// Slots that are erased.
    pub(super) erased: u64,
    /// What is to be looked at, by code.
    pub(super) notices: BTreeMap<&'static str, Noticed>,
}

/// Notices of one code.
#[derive(Debug)]
pub(super) struct Noticed {
    pub(super) severity: Severity,
    pub(super) count: u64,
    /// The first of them.
    pub(super) sentences: Vec<String>,
}

impl Totals {
    /// A notice that stops the production: its code and first sentence.
    pub(super) fn blocking(&self) -> Option<(&'static str, &str)> {
        let blocking = self.notices.iter().find(|(_, noticed)| noticed.severity == Severity::Block);
        blocking.map(|(code, noticed)| (*code, noticed.sentences.first().map_or("", String::as_str)))
    }

    fn notice(&mut self, notice: Notice) {
        let fresh = Noticed { severity: notice.severity, count: 0, sentences: Vec::new() };
        let noticed = self.notices.entry(notice.code).or_insert(fresh);
        noticed.severity = noticed.severity.max(notice.severity);
        noticed.count += 1;
        if noticed.sentences.len() < SENTENCES_MAX {
            noticed.sentences.push(notice.sentence);
        }
    }

    fn count(&mut self, looked: &Looked) {
        *self.records.entry(looked.record.state.clone()).or_default() += 1;
        for (_, becomes) in &looked.slots {
            match becomes {
                Becomes::Shown { opened } => {
                    self.shown += 1;
                    self.opened += u64::from(*opened);
                }
                Becomes::Withheld { reason, authority, label } => {
                    let fresh = || (0, authority.clone(), label.clone());
                    self.withheld.entry(reason.clone()).or_insert_with(fresh).0 += 1;
                }
                Becomes::Locked { state, .. } if state == "erased" => self.erased += 1,
                Becomes::Locked { .. } => self.sealed += 1,
            }
        }
    }
}

/// Goes over every record that the production found, page by page, each page with what becomes of its records.
pub(super) fn over(
    ledger: &Ledger,
    production: &Production,
    profile: &Profile,
    mut page: impl FnMut(&[Looked]),
) -> Result<Totals, Trouble> {
    let path = ["v1", "productions", production.production.as_str(), "review"];
    let (mut totals, mut last, mut found) = (Totals::default(), None::<u64>, 0);
    let asked = production.asked();
    profile.notices(asked).into_iter().for_each(|notice| totals.notice(notice));
    let mut after = None::<u64>;
    loop {
        let (limit, from) = (PAGE_RECORDS.to_string(), after.map(|entry| entry.to_string()));
        let mut query = vec![("limit", limit.as_str())];
        query.extend(from.as_deref().map(|from| ("after", from)));
        let Page { records, next } = ledger.get_with(&path, &query)?.parse()?;
        let mut looked = Vec::with_capacity(records.len());
        for record in records {
            if last.is_some_and(|last| record.entry <= last) {
                return Err(failed(
                    "the records do not come in the order of the log; nothing can be said about them",
                ));
            }
            (last, found) = (Some(record.entry), found + 1);
            let one = look(record, profile)?;
            totals.count(&one);
            notices(&one, profile, asked).into_iter().for_each(|notice| totals.notice(notice));
            looked.push(one);
        }
        page(&looked);
        match next {
            None => break,
            // Otherwise the same page would come for ever.
            Some(next) if after.is_some_and(|after| next <= after) => {
                return Err(failed("the ledger names a page again that it has shown; ask again"));
            }
            Some(next) => after = Some(next),
        }
    }
    if found != production.opened.found {
        return Err(failed(format!(
            "{found} records came and the production found {}; ask again",
            production.opened.found
        )));
    }
    Ok(totals)
}

fn look(record: Record, profile: &Profile) -> Result<Looked, Trouble> {
    if record.state != "produced" {
        return Ok(Looked { record, slots: Vec::new() });
    }
    let unknown = || {
        failed(format!(
            "entry {}: this program does not know its type in its version; use the one that runs the ledger",
            record.entry
        ))
    };
    let ty = Catalogue::builtin().get(&record.event, record.v).ok_or_else(unknown)?;
    let mut slots = Vec::with_capacity(ty.slots().len());
    for slot in ty.slots() {
        let told = record.slots.iter().find(|told| told.name == slot.name).ok_or_else(unknown)?;
        let becomes = match told.state.as_str() {
            state @ ("sealed" | "erased") => Becomes::Locked { state: state.to_owned(), by: told.by },
            state => match profile.decide(ty, slot, state == "opened") {
                Decision::Show => Becomes::Shown { opened: slot.class == Class::W },
                Decision::Withhold(SlotState::Withheld { reason, authority, label }) => {
                    Becomes::Withheld { reason, authority, label }
                }
                Decision::Withhold(_) => return Err(unknown()),
            },
        };
        slots.push((slot.name.clone(), becomes));
    }
    Ok(Looked { record, slots })
}

fn notices(looked: &Looked, profile: &Profile, asked: Asked<'_>) -> Vec<Notice> {
    if looked.record.state != "produced" {
        return Vec::new();
    }
    let sealed = looked.slots.iter().filter_map(|(name, becomes)| match becomes {
        Becomes::Locked { state, by } if state == "sealed" => Some((name.as_str(), (*by)?)),
        _ => None,
    });
    let sealed: Vec<(&str, u64)> = sealed.collect();
    let glimpse = Glimpse {
        index: looked.record.entry,
        event: &looked.record.event,
        request_kind: looked.record.public.get("request_kind").and_then(Value::as_str),
        sealed: &sealed,
    };
    profile.notices_about(glimpse, asked)
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::super::profiles;
    use super::*;

    /// The records of a page as the ledger answers them: one that goes out with every state of a slot, and one of each kind that does not.
    pub(in super::super) fn records() -> Vec<Value> {
        let ty = Catalogue::builtin().latest("paper.classified").unwrap();
        let slots: Vec<Value> = ty
            .slots()
            .iter()
            .map(|slot| {
                let (state, by) = match slot.name.as_str() {
                    "case_number" => ("opened", None),
                    "times" => ("sealed", Some(80)),
                    "person_match" => ("erased", Some(81)),
                    _ => ("present", None),
                };
                json!({ "name": slot.name, "class": slot.class, "state": state, "by": by })
            })
            .collect();
        let record = |entry: u64, state: &str, slots: &[Value], more: Value| {
            let mut record = json!({
                "entry": entry, "jti": format!("j{entry}"), "event": "paper.classified", "v": ty.version(),
                "department": "sheriff", "period": "2026-11", "state": state, "public": { "court": "no_court" }, "slots": slots,
            });
            record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            record
        };
        vec![
            record(17, "privileged", &[], json!({ "code": "attorney-client" })),
            record(20, "produced", &slots, json!({})),
            record(30, "excluded", &[], json!({ "code": "agreement" })),
            record(31, "sealed", &[], json!({ "code": "sealed", "by": 80 })),
        ]
    }

    fn looked(at: usize) -> Looked {
        let record = serde_json::from_value(records()[at].clone()).unwrap();
        look(record, &profiles::load("civil").unwrap()).unwrap()
    }

    #[test]
    fn the_ledger_says_what_is_locked_and_opened_and_the_profile_decides_about_the_rest() {
        let one = looked(1);
        let of = |name: &str| one.slots.iter().find(|(slot, _)| slot == name).unwrap().1.clone();
        assert_eq!(of("case_number"), Becomes::Shown { opened: true });
        assert_eq!(of("times"), Becomes::Locked { state: "sealed".into(), by: Some(80) });
        assert_eq!(of("person_match"), Becomes::Locked { state: "erased".into(), by: Some(81) });
        assert_eq!(of("recorder"), Becomes::Shown { opened: false });
        assert!(matches!(of("matter_ref"), Becomes::Withheld { reason, .. } if reason == "identity"));
        assert_eq!(looked(0).slots, [], "of what stays back as a whole nothing is said");
    }

    #[test]
    fn a_slot_of_which_the_ledger_says_nothing_is_no_slot_that_goes_out() {
        let mut record = records()[1].clone();
        record["slots"].as_array_mut().unwrap().pop();
        let record = serde_json::from_value(record).unwrap();
        assert!(look(record, &profiles::load("civil").unwrap()).is_err());
    }

    #[test]
    fn what_is_sealed_or_about_a_detainee_is_noticed_with_its_entry() {
        let civil = profiles::load("civil").unwrap();
        let asked = Asked { basis: "discovery", requester: "defense" };
        let codes: Vec<_> =
            notices(&looked(1), &civil, asked).into_iter().map(|notice| notice.code).collect();
        assert_eq!(codes, ["8-cfr-236-6", "sealed"]);
        assert!(notices(&looked(0), &civil, asked).is_empty(), "it stays back");
    }
}
