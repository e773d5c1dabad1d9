//! One record of the sample as it goes out.

use std::io;

use daybook_event::disclose::assemble;
use daybook_event::entry::parse_entry;
use daybook_event::{Catalogue, Class, Jti, Slot, Token};
use daybook_tlog::TlogProof;
use daybook_verify::production::Consistency;

use super::ledger::Ledger;
use super::story::Special;
use crate::model::{Document, SlotState};
use crate::package::make_record;
use crate::profile::{Profile, Redacted, redact};
use crate::understand::{Held, Material, understand};

/// What the sample's orders rest on.
const AUTHORITY: &str = "court_order";

/// A record, and what of it goes out.
pub(super) struct Going {
    pub(super) index: u64,
    pub(super) special: Special,
    redacted: Redacted,
}

impl Going {
    /// Decides by the profile, the openings that were approved, and the orders.
    pub(super) fn new(ledger: &Ledger, index: u64, special: Special, profile: &Profile) -> io::Result<Self> {
        let kept = &ledger.kept[index as usize];
        let jwt = parse_entry(&kept.entry).map_err(io::Error::other)?.event;
        let compact = assemble(jwt, kept.disclosures.iter().map(String::as_str));
        let token = Token::parse(compact.as_bytes()).map_err(io::Error::other)?;
        let slots = slots(&token);
        let withheld = || slots.iter().filter(|slot| slot.class == Class::W).map(|slot| slot.name.as_str());
        let opened: Vec<&str> = match special {
            Special::Open | Special::Sealed(_) => withheld().collect(),
            _ => Vec::new(),
        };
        let lock = |slot: &str, state: SlotState| Held { slot: slot.to_owned(), state };
        let locked: Vec<Held> = match special {
            Special::Sealed(by) => {
                vec![lock("matter_ref", SlotState::Sealed { authority: AUTHORITY.into(), by })]
            }
            Special::Erased(by) => withheld()
                .map(|slot| lock(slot, SlotState::Erased { authority: AUTHORITY.into(), by }))
                .collect(),
            _ => Vec::new(),
        };
        let redacted =
            redact(&token, profile, Catalogue::builtin(), &opened, &locked).map_err(io::Error::other)?;
        Ok(Self { index, special, redacted })
    }

    /// The native file under the checkpoint of a size.
    pub(super) fn native(&self, ledger: &Ledger, size: u64) -> Vec<u8> {
        let held = |slot: &Slot| self.redacted.held.iter().any(|held| held.slot == slot.name);
        let native = record(ledger, self.index, |slot| !held(slot), &ledger.proof(self.index, size), None);
        debug_assert!(String::from_utf8_lossy(&native).contains(&self.redacted.event));
        native
    }

    /// The record, understood; `found` are the records of the production.
    pub(super) fn document(
        &self,
        ledger: &Ledger,
        native: &[u8],
        found: &[(u64, Special)],
    ) -> io::Result<Document> {
        let kept = &ledger.kept[self.index as usize];
        let material = Material {
            index: self.index,
            entry: &kept.entry,
            event: &self.redacted.event,
            intake: Some(&kept.intake),
            native,
            held: &self.redacted.held,
        };
        let place = |jti: &Jti| {
            found.iter().map(|(index, _)| *index).find(|index| ledger.kept[*index as usize].jti == *jti)
        };
        understand(&material, Catalogue::builtin(), &place).map_err(io::Error::other)
    }
}

/// What the ledger shows of its own records.
pub(super) fn shows_restricted(slot: &Slot) -> bool {
    slot.class == Class::R
}

/// The record of an entry with the slots that go out.
pub(super) fn record(
    ledger: &Ledger,
    index: u64,
    shows: impl Fn(&Slot) -> bool,
    proof: &TlogProof,
    consistency: Option<Consistency>,
) -> Vec<u8> {
    let kept = &ledger.kept[index as usize];
    let entry = parse_entry(&kept.entry).expect("the ledger's own entries are well formed");
    let token = Token::parse_jwt(entry.event).expect("the ledger's own events are well formed");
    let slots = slots(&token);
    let shown = |name: &str| slots.iter().any(|slot| slot.name == name && shows(slot));
    let disclosures: Vec<&str> = kept.disclosures.iter().map(String::as_str).collect();
    let made = make_record(&kept.entry, &disclosures, shown, Some(&kept.intake), proof, consistency);
    made.expect("the ledger's own entries are well formed").write()
}

fn slots(token: &Token<'_>) -> Vec<Slot> {
    let claims = token.claims();
    let ty = Catalogue::builtin().get(claims.event.as_str(), claims.v);
    ty.map(|ty| ty.slots().to_vec()).unwrap_or_default()
}
