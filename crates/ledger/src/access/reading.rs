//! An event as a reader may see it.
//!
//! Withheld fields are never opened here, with one exception: the matter's token is read to be turned into its handle, a keyed hash under which
//! auditors group events without seeing the token.

use std::sync::Arc;

use daybook_access::{Access, Role, Tombstone, TombstoneKind, Visibility};
use daybook_event::disclose::assemble;
use daybook_event::entry::{parse_entry, received_at};
use daybook_event::{Catalogue, Class, EventTime, Jti, Token, show};
use daybook_index::search::IdentifierKey;
use daybook_store::{Class as Sealed, Keyring, ReadError, Reader, RecordFault};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::entries::Unread;

/// Reads events for people. Cheap to clone.
#[derive(Clone)]
pub struct EventReader {
    reader: Reader,
    keyring: Arc<Keyring>,
    identifiers: IdentifierKey,
}

/// Why an event cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ReadingFault {
    /// The log or the vault.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The entry is not what admission lets in.
    #[error("entry {entry} is not well formed: {reason}; run `daybook verify log`")]
    Entry {
        /// The entry.
        entry: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<Unread> for ReadingFault {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Read { fault, .. } => Self::Read(fault),
            Unread::Form { entry, reason } => Self::Entry { entry, reason },
        }
    }
}

/// What is sealed or erased in an event, and on whose authority.
#[derive(Debug, Clone, Serialize, JsonSchema, PartialEq, Eq)]
pub struct TombstoneView {
    /// `sealed` or `erased`.
    pub kind: &'static str,
    /// `withheld`, `restricted` or `all`.
    pub part: &'static str,
    /// Which slots of the part; all of them where it is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<String>,
    /// As in the event that ordered it.
    pub authority: String,
    /// The month of that event.
    pub period: String,
    /// The entry of that event.
    pub by_entry: u64,
}

/// An event as one reader may see it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EventView {
    /// Index of the entry.
    pub entry: u64,
    /// The event's identifier.
    #[schemars(with = "String")]
    pub jti: Jti,
    /// Its type.
    pub event: String,
    /// Version of the type.
    pub v: u32,
    /// Who signed it: department and producer.
    pub issuer: String,
    /// The department.
    pub department: String,
    /// Its number in the producer's sequence.
    pub seq: u64,
    /// The month that it counts for.
    pub period: String,
    /// When it reached the ledger; none where that is sealed or erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// Stands for the matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<String>,
    /// The public and restricted fields.
    pub fields: Map<String, Value>,
    /// Slots that take an opening.
    pub withheld: Vec<String>,
    /// What is sealed or erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tombstone: Option<TombstoneView>,
}

impl EventView {
    /// When it happened at the earliest, in seconds, for sorting; what does not say is last.
    #[must_use]
    pub fn occurred(&self, zone: &TimeZone) -> i64 {
        let time = self.fields.get("occurred_at").and_then(Value::as_str).and_then(EventTime::parse);
        time.and_then(|time| earliest(&time, zone)).unwrap_or(i64::MAX)
    }
}

impl EventReader {
    /// A reader of events.
    #[must_use]
    pub fn new(reader: Reader, keyring: Arc<Keyring>, identifiers: IdentifierKey) -> Self {
        Self { reader, keyring, identifiers }
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Reader {
        &self.reader
    }

    /// The event of an entry as a role may see it.
    ///
    /// # Errors
    /// [`ReadingFault`]; what is erased is no fault.
    pub fn view(&self, entry: u64, role: Role, access: &Access) -> Result<EventView, ReadingFault> {
        let fault = |reason: String| ReadingFault::Entry { entry, reason };
        let bytes = self.reader.entry(entry)?;
        let parsed = parse_entry(&bytes).map_err(|error| fault(error.to_string()))?;
        let restricted = self.open(entry, Sealed::R)?;
        let compact = assemble(parsed.event, restricted.iter().skip(1).map(String::as_str));
        let token = Token::parse(compact.as_bytes()).map_err(|refusal| fault(refusal.to_string()))?;
        let shown = show(&token, Catalogue::builtin()).map_err(|refusal| fault(refusal.to_string()))?;
        let claims = token.claims();
        let ty = Catalogue::builtin().get(claims.event.as_str(), claims.v);
        let mut fields = shown.fields;
        let mut withheld = Vec::new();
        for slot in ty.map_or(&[][..], |ty| ty.slots()) {
            match access.visible(entry, slot.class, &slot.name, role) {
                Visibility::Open if slot.class == Class::W => withheld.push(slot.name.clone()),
                Visibility::Open => {}
                Visibility::Sealed | Visibility::Erased => {
                    slot.fields.iter().for_each(|field| drop(fields.remove(field)));
                }
            }
        }
        let times = access.visible(entry, Class::R, "", role) == Visibility::Open;
        let grouped = access.visible(entry, Class::W, "matter_ref", role) == Visibility::Open;
        Ok(EventView {
            entry,
            jti: claims.jti,
            event: claims.event.to_string(),
            v: claims.v,
            issuer: claims.iss.to_string(),
            department: claims.iss.department().to_owned(),
            seq: claims.seq,
            period: claims.period.to_string(),
            received_at: restricted.first().filter(|_| times).and_then(|intake| received_at(intake)),
            matter: if grouped { self.matter(entry, parsed.event)? } else { None },
            fields,
            withheld,
            tombstone: access.tombstone(entry).map(|tombstone| tombstone_view(&tombstone)),
        })
    }

    /// The values of withheld slots, for an opening that was approved. `slots` empty: all of them.
    ///
    /// # Errors
    /// As [`view`](Self::view).
    pub fn opened(&self, entry: u64, slots: &[String]) -> Result<Map<String, Value>, ReadingFault> {
        let fault = |reason: String| ReadingFault::Entry { entry, reason };
        let bytes = self.reader.entry(entry)?;
        let parsed = parse_entry(&bytes).map_err(|error| fault(error.to_string()))?;
        let withheld = self.open(entry, Sealed::W)?;
        let compact = assemble(parsed.event, withheld.iter().map(String::as_str));
        let token = Token::parse(compact.as_bytes()).map_err(|refusal| fault(refusal.to_string()))?;
        let shown = show(&token, Catalogue::builtin()).map_err(|refusal| fault(refusal.to_string()))?;
        let claims = token.claims();
        let ty = Catalogue::builtin().get(claims.event.as_str(), claims.v);
        let mut values = Map::new();
        for slot in ty.map_or(&[][..], |ty| ty.slots()) {
            let asked = slots.is_empty() || slots.contains(&slot.name);
            if slot.class == Class::W && asked {
                for field in &slot.fields {
                    values.extend(shown.fields.get(field).map(|value| (field.clone(), value.clone())));
                }
            }
        }
        Ok(values)
    }

    /// The identifier of an entry's event.
    ///
    /// # Errors
    /// As [`view`](Self::view).
    pub fn jti(&self, entry: u64) -> Result<Jti, ReadingFault> {
        let bytes = self.reader.entry(entry)?;
        let fault = |reason: String| ReadingFault::Entry { entry, reason };
        let parsed = parse_entry(&bytes).map_err(|error| fault(error.to_string()))?;
        let token = Token::parse_jwt(parsed.event).map_err(|refusal| fault(refusal.to_string()))?;
        Ok(token.claims().jti)
    }

    fn matter(&self, entry: u64, event: &str) -> Result<Option<String>, ReadingFault> {
        let withheld = self.open(entry, Sealed::W)?;
        let compact = assemble(event, withheld.iter().map(String::as_str));
        let fault = |reason: String| ReadingFault::Entry { entry, reason };
        let token = Token::parse(compact.as_bytes()).map_err(|refusal| fault(refusal.to_string()))?;
        let shown = show(&token, Catalogue::builtin()).map_err(|refusal| fault(refusal.to_string()))?;
        let matter = shown.fields.get("matter_ref").and_then(Value::as_str);
        Ok(matter.map(|token| self.identifiers.matter(token).to_string()))
    }

    /// The disclosures of an entry and class that are not erased; in class R the intake disclosure comes first.
    pub(super) fn open(&self, entry: u64, class: Sealed) -> Result<Vec<String>, ReadingFault> {
        match self.reader.open_record(&self.keyring, entry, class) {
            // What is erased is shown as a tombstone, not as a fault.
            Err(ReadError::Record { fault: RecordFault::Erased, .. }) => Ok(Vec::new()),
            other => Ok(other?),
        }
    }
}

/// The first second of a time; a day begins at midnight in the ledger's zone.
fn earliest(time: &EventTime, zone: &TimeZone) -> Option<i64> {
    match time.timestamp() {
        Some(at) => Some(at.as_second()),
        None => Some(time.civil.date().to_zoned(zone.clone()).ok()?.timestamp().as_second()),
    }
}

fn tombstone_view(tombstone: &Tombstone) -> TombstoneView {
    TombstoneView {
        kind: match tombstone.kind {
            TombstoneKind::Sealed => "sealed",
            TombstoneKind::Erased => "erased",
        },
        part: tombstone.part.as_str(),
        slots: tombstone.slots.clone(),
        authority: tombstone.authority.clone(),
        period: tombstone.period.to_string(),
        by_entry: tombstone.ordered_by,
    }
}
