//! The records on which those of a production rest, and what went wrong with the producers concerned.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use daybook_access::{Disposition, Production, Session, SlotStanding};
use daybook_event::{Issuer, TypeName};
use daybook_index::search::{Facet, Filter};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::Desk;
use super::super::approvals::ActFault;
use super::record::{Plain, RecordOut};
use super::search::{EntryWalk, Search};
use super::{CHUNK_BYTES, CHUNK_ENTRIES, Lines, off, write_line};

/// The events by which keys are known.
const KEY_EVENTS: &[&str] = &["ledger.opened", "key.registered", "key.rotated", "key.revoked"];
/// The events that say that something went wrong.
const INCIDENTS: &[&str] = &["key.revoked", "count.reconciled", "finding.raised"];
/// The checks of the rule packs that are about missing and repeated numbers of a producer.
const SEQUENCE_CHECKS: &[&str] = &["gap", "fork"];

/// The records on which a production rests, on their way.
pub(crate) struct Authorities {
    desk: Arc<Desk>,
    statement: u64,
    records: std::vec::IntoIter<u64>,
    incidents: EntryWalk,
    concerned: Concerned,
    written: u64,
    /// Whether the last line was written.
    ended: bool,
}

/// The producers and departments of the records found.
#[derive(Default)]
struct Concerned {
    producers: BTreeSet<String>,
    departments: BTreeSet<String>,
}

#[derive(Serialize)]
struct RecordLine<'l> {
    entry: u64,
    kind: &'static str,
    bytes: &'l str,
    disclosures: &'l [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    intake: Option<&'l str>,
}

#[derive(Serialize)]
struct IncidentLine {
    incident: Incident,
}

#[derive(Serialize)]
struct Incident {
    entry: u64,
    event: String,
    period: String,
    what: String,
}

/// The last line.
#[derive(Serialize)]
struct EndLine {
    end: bool,
    records: u64,
}

impl Desk {
    /// The records on which a numbered production rests.
    ///
    /// # Errors
    /// [`ActFault`]; then nothing is handed out.
    pub(crate) async fn authorities(
        self: &Arc<Self>,
        session: &Session,
        name: &str,
    ) -> Result<(Production, Authorities), ActFault> {
        let now = self.clock.now().as_second();
        let production = self.access().check_authorities(session, name, now)?.0.clone();
        let search = self.current(&production).await?;
        let (desk, asked) = (Arc::clone(self), production.clone());
        let authorities = off(move || Authorities::of(desk, &asked, &search)).await?;
        Ok((production, authorities))
    }

    /// The orders that seal or lock something of what was found.
    fn orders_of(&self, production: &Production, search: &Search) -> Result<BTreeSet<u64>, ActFault> {
        let mut orders = BTreeSet::new();
        for entry in search.walk()? {
            let entry = entry?;
            if !self.access().has_orders(entry) {
                continue;
            }
            let plain = Plain::read(&self.events, entry)?;
            let standing = self.standing(production, &plain)?;
            match standing.disposition {
                Disposition::Sealed(order) => drop(orders.insert(order.entry)),
                Disposition::Produced => {
                    orders.extend(standing.slots.into_iter().filter_map(|(_, slot)| match slot {
                        SlotStanding::Closed(order) => Some(order.entry),
                        _ => None,
                    }));
                }
                Disposition::Privileged(_) | Disposition::Excluded(_) => {}
            }
        }
        Ok(orders)
    }

    fn concerned(&self, search: &Search) -> Result<Concerned, ActFault> {
        let mut producers = BTreeSet::new();
        match search {
            Search::Index { view, filter, size } => {
                let counts = view.facet_counts(filter, *size, &Facet::Producer)?;
                producers.extend(counts.into_iter().map(|(producer, _)| producer));
            }
            Search::Named(_) => {
                for entry in search.walk()? {
                    producers.insert(Plain::read(&self.events, entry?)?.claims.iss.to_string());
                }
            }
        }
        let issuers = producers.iter().filter_map(|producer| producer.parse::<Issuer>().ok());
        let departments = issuers.map(|issuer| issuer.department().to_owned()).collect();
        Ok(Concerned { producers, departments })
    }
}

impl Authorities {
    fn of(desk: Arc<Desk>, production: &Production, search: &Search) -> Result<Self, ActFault> {
        let opened = &production.opened;
        let numbered = production.numbered.map_or(opened.entry, |numbered| numbered.entry);
        let below = |types: &[&str]| -> Result<EntryWalk, ActFault> {
            let types: Vec<TypeName> =
                types.iter().map(|name| name.parse().expect("a type of the catalogue")).collect();
            Ok(Box::new(desk.search.view().all(&Filter { types, ..Filter::default() }, numbered + 1)?))
        };
        let mut records = desk.orders_of(production, search)?;
        for entry in below(KEY_EVENTS)? {
            records.insert(entry?);
        }
        records.extend([opened.entry, numbered]);
        {
            let access = desk.access();
            let request = access.production_request(production);
            records.extend(request.map(|request| request.entry));
            records.extend(request.and_then(|request| request.decided_entry));
        }
        Ok(Self {
            statement: opened.entry,
            records: records.into_iter().collect::<Vec<_>>().into_iter(),
            incidents: below(INCIDENTS)?,
            concerned: desk.concerned(search)?,
            written: 0,
            ended: false,
            desk,
        })
    }

    /// Looks at the next entry, and writes a line where there is something to say.
    fn next(&mut self, out: &mut Vec<u8>) -> Result<ControlFlow<()>, ActFault> {
        if let Some(entry) = self.records.next() {
            self.written += 1;
            let kind = if entry == self.statement { "statement" } else { "authority" };
            let RecordOut { entry, bytes, disclosures, intake } = &self.desk.own_record(entry)?;
            let intake = intake.as_deref();
            write_line(out, &RecordLine { entry: *entry, kind, bytes, disclosures, intake })?;
            return Ok(ControlFlow::Continue(()));
        }
        if let Some(entry) = self.incidents.next() {
            let plain = Plain::read(&self.desk.events, entry?)?;
            if let Some(what) = self.concerned.incident(plain.claims.event.as_str(), &plain.claims.data) {
                let (event, period) = (plain.claims.event.to_string(), plain.claims.period.to_string());
                let incident = Incident { entry: plain.entry, event, period, what };
                write_line(out, &IncidentLine { incident })?;
            }
            return Ok(ControlFlow::Continue(()));
        }
        self.ended = true;
        write_line(out, &EndLine { end: true, records: self.written })?;
        Ok(ControlFlow::Break(()))
    }
}

impl Lines for Authorities {
    fn piece(&mut self) -> Result<Option<Vec<u8>>, ActFault> {
        if self.ended {
            return Ok(None);
        }
        let mut out = Vec::new();
        for _ in 0..CHUNK_ENTRIES {
            if out.len() >= CHUNK_BYTES || self.next(&mut out)?.is_break() {
                break;
            }
        }
        Ok(Some(out))
    }
}

impl Concerned {
    /// What an event says that went wrong with one of these, in a sentence made of public fields only.
    fn incident(&self, event: &str, public: &Map<String, Value>) -> Option<String> {
        let text = |name: &str| public.get(name).and_then(Value::as_str);
        let department = || text("about_department").filter(|name| self.departments.contains(*name));
        match event {
            "key.revoked" => {
                let producer = text("producer").filter(|name| self.producers.contains(*name))?;
                Some(format!("A key of {producer} was ended: {}.", text("reason")?))
            }
            "count.reconciled" => {
                let difference = public.get("difference").and_then(Value::as_i64).filter(|by| *by != 0)?;
                Some(format!(
                    "For {} in {} the ledger's count of {} differs by {difference} from that of {}.",
                    department()?,
                    text("counted_period")?,
                    text("counted_type")?,
                    text("source")?,
                ))
            }
            "finding.raised" => {
                let check = text("check").filter(|check| SEQUENCE_CHECKS.contains(check))?;
                let what = if check == "gap" { "numbers are missing" } else { "a number was used twice" };
                Some(format!(
                    "The rules found that {what} in the sequence of a producer of {} ({} {check}).",
                    department()?,
                    text("rule")?,
                ))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn incidents_are_those_of_the_producers_concerned_only() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let concerned =
            Concerned { producers: set(&["sheriff/jail-records"]), departments: set(&["sheriff"]) };
        let said = |event: &str, fields: Value| {
            concerned.incident(event, fields.as_object().expect("an object")).is_some()
        };
        assert!(said("key.revoked", json!({"producer": "sheriff/jail-records", "reason": "lost"})));
        assert!(!said("key.revoked", json!({"producer": "sheriff/front-desk", "reason": "lost"})));
        let count = |department: &str, difference: i64| {
            json!({"about_department": department, "counted_period": "2026-02", "counted_type": "request.received",
                "source": "fax_log", "difference": difference})
        };
        assert!(said("count.reconciled", count("sheriff", -2)));
        assert!(
            !said("count.reconciled", count("sheriff", 0)) && !said("count.reconciled", count("police", -2))
        );
        let finding = |department: &str, check: &str| json!({"about_department": department, "check": check, "rule": "R38"});
        assert!(
            said("finding.raised", finding("sheriff", "gap"))
                && said("finding.raised", finding("sheriff", "fork"))
        );
        assert!(
            !said("finding.raised", finding("sheriff", "count"))
                && !said("finding.raised", finding("police", "gap"))
        );
    }
}
