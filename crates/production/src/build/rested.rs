//! Writing the records on which a production rests, and what they say of its steps.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use daybook_event::EventTime;
use daybook_event::sealing::RECORD_SEALED;
use daybook_tlog::{HashReader, TlogProof};
use daybook_verify::production::{AUTHORITY, LeafState, STATEMENT};
use serde_json::{Map, Value};

use super::authority::{AUTHORITIES, Authority, Own, said};
use super::count::Counted;
use super::error::{BuildError, FETCH_AGAIN, OPEN_ANEW};
use super::lines::Lines;
use super::opened::Opened;
use super::plan::Plan;
use super::trust::Tree;
use super::write::Numbers;
use crate::logs::{CustodyStep, Incident};
use crate::package::{BagWriter, DirSink};

const OPENED: &str = "production.opened";
const NUMBERED: &str = "production.numbered";
const REQUESTED: &str = "approval.requested";
const DECIDED: &str = "approval.decided";

/// What a production rests on.
#[derive(Default)]
pub(super) struct Rested {
    /// The entries, ascending.
    pub(super) entries: BTreeSet<u64>,
    /// The production's steps, in the order of the log.
    pub(super) custody: Vec<CustodyStep>,
    pub(super) incidents: Vec<Incident>,
    orders: BTreeSet<u64>,
    statements: u64,
    end: Option<u64>,
}

/// A line of the authorities, with its record as it goes out.
enum Made {
    Record { statement: bool, index: u64, event: String, fields: Map<String, Value>, file: Vec<u8> },
    Incident(Incident),
    End(u64),
}

/// What the records are held against.
pub(super) struct Resting<'a, R> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) counted: &'a Counted,
    pub(super) numbers: &'a Numbers,
    pub(super) tree: &'a Tree<'a, R>,
    pub(super) note: &'a str,
}

impl<R: HashReader + Sync> Resting<'_, R>
where
    R::Error: Display,
{
    /// Writes the records into the bag.
    pub(super) fn write(
        &self,
        authorities: &Path,
        bag: &mut BagWriter<DirSink>,
    ) -> Result<Rested, BuildError> {
        let mut rested = Rested::default();
        let work = |line| match Authority::read(&line)? {
            Authority::Record { statement, own } => self.make(statement, &own),
            Authority::Incident(incident) => Ok(Made::Incident(incident)),
            Authority::End { records } => Ok(Made::End(records)),
        };
        let take = |made| {
            if rested.end.is_some() {
                return Err(whole("there are lines behind the one that ends it"));
            }
            match made {
                Made::Record { statement, index, event, fields, file } => {
                    self.take(&mut rested, statement, index, &event, &fields)?;
                    let name =
                        if statement { STATEMENT.to_owned() } else { format!("{AUTHORITY}{index}.json") };
                    bag.add(&name, &file)?;
                }
                Made::Incident(incident) => rested.incidents.push(incident),
                Made::End(records) => rested.end = Some(records),
            }
            Ok(())
        };
        Lines::open(authorities, AUTHORITIES)?.each(self.plan.at_once, work, take)?;
        rested.check(self)?;
        rested.custody.sort_by_key(|step| step.index);
        rested.incidents.sort_by_key(|incident| incident.index);
        Ok(rested)
    }

    fn make(&self, statement: bool, own: &Own) -> Result<Made, BuildError> {
        let path = self.tree.path(own.index, &own.leaf())?;
        let proof = TlogProof { extra: None, index: own.index, path, checkpoint: self.note.to_owned() };
        let record = own.record(self.plan.profile.intake, &proof, None)?;
        let (event, fields) = said(&record)?;
        Ok(Made::Record { statement, index: own.index, event, fields, file: record.write() })
    }

    fn take(
        &self,
        rested: &mut Rested,
        statement: bool,
        index: u64,
        event: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), BuildError> {
        if !rested.entries.insert(index) {
            return Err(BuildError::entry(index, "it is among the authorities twice", FETCH_AGAIN));
        }
        if self.counted.found.state(index) == Some(LeafState::Withheld) {
            let what = "it is held back as a whole, and others rest on it: its record must be in the package";
            return Err(BuildError::entry(index, what, "open a new production that lets this entry go out"));
        }
        if statement != (event == OPENED) {
            return Err(BuildError::entry(index, "it is no statement, or one too many", FETCH_AGAIN));
        }
        if statement {
            rested.statements += 1;
            if Opened::read(fields)? != self.plan.opened {
                let what = "production.opened does not say what the production was built by";
                return Err(BuildError::entry(index, what, FETCH_AGAIN));
            }
        }
        if event == NUMBERED {
            self.check_numbers(index, fields)?;
        }
        if event == RECORD_SEALED {
            rested.orders.insert(index);
        }
        rested.custody.extend(step(index, event, fields));
        Ok(())
    }

    fn check_numbers(&self, index: u64, fields: &Map<String, Value>) -> Result<(), BuildError> {
        let number = |name: &str| fields.get(name).and_then(Value::as_u64);
        let numbers = (Some(self.numbers.first), Some(self.numbers.last), Some(self.counted.documents));
        if index == self.numbers.entry && numbers == (number("first"), number("last"), number("documents")) {
            return Ok(());
        }
        let what = "production.numbered has other numbers than the ledger gave when they were asked for";
        Err(BuildError::entry(index, what, FETCH_AGAIN))
    }
}

impl Rested {
    /// Nothing is cut off, and what the package says is borne out by a record.
    fn check<R>(&self, resting: &Resting<'_, R>) -> Result<(), BuildError> {
        match self.end {
            None => return Err(whole("the line that ends it is missing, so it was cut off")),
            Some(records) if records != self.entries.len() as u64 => {
                return Err(whole("its last line counts other records than it has"));
            }
            Some(_) => {}
        }
        if self.statements != 1 {
            return Err(whole("it does not have exactly one statement"));
        }
        for step in [REQUESTED, DECIDED, NUMBERED] {
            if !self.custody.iter().any(|known| known.step == step) {
                return Err(whole(&format!("it has no {step} of this production")));
            }
        }
        if let Some(order) = resting.counted.found.orders.difference(&self.orders).next() {
            let what = "something found is sealed or erased by this entry, and its record is not among the authorities";
            return Err(BuildError::entry(*order, what, OPEN_ANEW));
        }
        Ok(())
    }
}

fn whole(what: &str) -> BuildError {
    BuildError::unfit(format!("the file of the authorities is not whole: {what}"), FETCH_AGAIN)
}

/// A step of the production, where the event is one.
fn step(index: u64, event: &str, fields: &Map<String, Value>) -> Option<CustodyStep> {
    let role = match event {
        DECIDED => "approver",
        OPENED | NUMBERED | REQUESTED => "custodian",
        _ => return None,
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let account = text("account").to_owned();
    let role = if account.is_empty() { "automatic" } else { role };
    let at = EventTime::parse(text("occurred_at")).and_then(|time| time.timestamp());
    let at = at.map_or_else(|| text("occurred_at").to_owned(), |at| at.to_string());
    Some(CustodyStep { step: event.to_owned(), index, at, account, role: role.to_owned() })
}
