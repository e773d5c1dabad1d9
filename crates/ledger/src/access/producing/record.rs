//! One record as it leaves the ledger.

use daybook_access::{AccessFault, Disposition, Production, SlotStanding};
use daybook_event::entry::parse_entry;
use daybook_event::hash::sha256;
use daybook_event::{Catalogue, Claims, Class, EventType, Slot, Token};
use daybook_store::Class as Sealed;
use serde::Serialize;

use super::super::approvals::ActFault;
use super::super::{Desk, EventReader, ReadingFault};

/// A record with the disclosures that go out.
#[derive(Debug, Clone, Serialize)]
pub struct RecordOut {
    /// The entry.
    pub entry: u64,
    /// The log's entry, byte for byte.
    pub bytes: String,
    /// The disclosures, in the order of the type's slots.
    pub disclosures: Vec<String>,
    /// The intake disclosure, where it goes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intake: Option<String>,
}

/// An entry without its disclosures.
pub(super) struct Plain {
    pub(super) entry: u64,
    pub(super) bytes: String,
    pub(super) claims: Claims,
    pub(super) ty: &'static EventType,
}

/// What of a record goes out in a production.
pub(super) struct Standing {
    pub(super) disposition: Disposition,
    /// The slots of the type, in its order.
    pub(super) slots: Vec<(&'static Slot, SlotStanding)>,
    /// Whether the intake disclosure goes out.
    pub(super) intake: bool,
}

impl Plain {
    pub(super) fn read(events: &EventReader, entry: u64) -> Result<Self, ReadingFault> {
        let fault = |reason: String| ReadingFault::Entry { entry, reason };
        let bytes =
            String::from_utf8(events.log().entry(entry)?).map_err(|error| fault(error.to_string()))?;
        let parsed = parse_entry(bytes.as_bytes()).map_err(|error| fault(error.to_string()))?;
        let token = Token::parse_jwt(parsed.event).map_err(|refusal| fault(refusal.to_string()))?;
        let claims = token.claims().clone();
        let ty = Catalogue::builtin().get(claims.event.as_str(), claims.v);
        let ty = ty.ok_or_else(|| fault("the catalogue has no such type".into()))?;
        Ok(Self { entry, bytes, claims, ty })
    }

    /// The record with the disclosures of the slots that are wanted, and the intake disclosure where it is.
    ///
    /// # Errors
    /// Where a disclosure that is wanted is not there: nothing goes out that says less than it claims.
    pub(super) fn going_out(
        self,
        events: &EventReader,
        wanted: impl Fn(&Slot) -> bool,
        intake: bool,
    ) -> Result<RecordOut, ReadingFault> {
        let missing = |what: &str| ReadingFault::Entry {
            entry: self.entry,
            reason: format!("{what} is not in the vault, and no order closes it"),
        };
        let wanted: Vec<&Slot> = self.ty.slots().iter().filter(|slot| wanted(slot)).collect();
        let mut restricted = events.open(self.entry, Sealed::R)?.into_iter();
        let first = restricted.next();
        let mut at_hand: Vec<String> = restricted.collect();
        if wanted.iter().any(|slot| slot.class == Class::W) {
            at_hand.extend(events.open(self.entry, Sealed::W)?);
        }
        let mut at_hand: Vec<([u8; 32], Option<String>)> =
            at_hand.into_iter().map(|disclosure| (sha256(&disclosure), Some(disclosure))).collect();
        let mut disclosures = Vec::with_capacity(wanted.len());
        for slot in wanted {
            let Some(signed) = self.claims.slots.iter().find(|signed| signed.name == slot.name) else {
                continue;
            };
            let found = at_hand.iter_mut().find(|(digest, _)| *digest == signed.digest);
            let found = found.and_then(|(_, disclosure)| disclosure.take());
            disclosures.push(found.ok_or_else(|| missing("a disclosure"))?);
        }
        let intake = match (intake, first) {
            (false, _) => None,
            (true, None) => return Err(missing("the intake disclosure")),
            (true, first) => first,
        };
        Ok(RecordOut { entry: self.entry, bytes: self.bytes, disclosures, intake })
    }
}

impl Desk {
    /// How a record stands in a production.
    ///
    /// # Errors
    /// `production-outdated`, where an order about it came after the production was opened.
    pub(super) fn standing(&self, production: &Production, plain: &Plain) -> Result<Standing, AccessFault> {
        let (entry, access) = (plain.entry, self.access());
        if access.is_touched_after(entry, production.opened.entry) {
            return Err(AccessFault::ProductionOutdated);
        }
        let slot =
            |slot: &'static Slot| (slot, access.slot_standing(production, entry, slot.class, &slot.name));
        Ok(Standing {
            disposition: access.disposition(&production.opened.query, entry),
            slots: plain.ty.slots().iter().map(slot).collect(),
            intake: access.closing(entry, Class::R, "").is_none(),
        })
    }

    /// A record on which others rest: with its restricted disclosures, as far as no order closes them.
    pub(super) fn own_record(&self, entry: u64) -> Result<RecordOut, ActFault> {
        let plain = Plain::read(&self.events, entry)?;
        let closed: Vec<&str> = {
            let access = self.access();
            let closed = |slot: &&'static Slot| access.closing(entry, slot.class, &slot.name).is_some();
            plain.ty.slots().iter().filter(closed).map(|slot| slot.name.as_str()).collect()
        };
        let intake = self.access().closing(entry, Class::R, "").is_none();
        let shown = |slot: &Slot| slot.class == Class::R && !closed.contains(&slot.name.as_str());
        Ok(plain.going_out(&self.events, shown, intake)?)
    }
}
