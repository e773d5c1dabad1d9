//! Which disclosures of an entry its slots stand for.

use daybook_access::{AccessFault, Erasure, NewRequest};
use daybook_event::entry::parse_entry;
use daybook_event::hash::sha256;
use daybook_event::{Catalogue, Token};
use daybook_store::{Class, Keyring, ReadError, Reader, RecordFault, Target};

use super::approvals::ActFault;
use super::reading::ReadingFault;

/// What of an erasure a keyring can still open: the records of a part as a whole, or the disclosures of the slots that it names. Those are
/// found by the digests that the department signed, so nothing rests on the order in which they were sealed.
///
/// # Errors
/// Where the log or the vault cannot be read.
pub fn still_open(log: &Reader, keyring: &Keyring, erasure: &Erasure) -> Result<Vec<Target>, ReadingFault> {
    let entry = erasure.entry;
    let classes = Class::ALL.into_iter().filter(|class| match class {
        Class::R => erasure.part.covers(daybook_event::Class::R),
        Class::W => erasure.part.covers(daybook_event::Class::W),
    });
    if erasure.slots.is_empty() {
        let records = classes.map(|class| Target::record(entry, class));
        return Ok(records.filter(|record| keyring.is_alive(*record)).collect());
    }
    let digests = digests(log, erasure)?;
    let mut keys = keyring.walk();
    let mut found = Vec::new();
    for class in classes {
        let record = log.vault_record(entry, class)?;
        let opened = match log.open_positions(&mut keys, entry, class, record) {
            Err(ReadError::Record { fault: RecordFault::Erased, .. }) => continue,
            other => other?,
        };
        // The first of class R is the intake disclosure, which belongs to no slot.
        let slots = opened.into_iter().enumerate().skip(usize::from(class == Class::R));
        let named =
            slots.filter(|(_, text)| text.as_ref().is_some_and(|text| digests.contains(&sha256(text))));
        found.extend(named.map(|(position, _)| Target::disclosure(entry, class, position)));
    }
    Ok(found)
}

/// Refuses a request that names slots which the event of some entry does not have in that part.
pub(super) fn check(log: &Reader, new: &NewRequest) -> Result<(), ActFault> {
    for entry in new.entries.iter() {
        let bytes = log.entry(entry).map_err(ReadingFault::from)?;
        let event = token(entry, &bytes)?;
        let claims = event.claims();
        let ty = Catalogue::builtin().get(claims.event.as_str(), claims.v).ok_or(AccessFault::Slots)?;
        new.check_slots(ty)?;
    }
    Ok(())
}

/// The digests that the signed event has in the slots.
fn digests(log: &Reader, erasure: &Erasure) -> Result<Vec<[u8; 32]>, ReadingFault> {
    let bytes = log.entry(erasure.entry)?;
    let event = token(erasure.entry, &bytes)?;
    let named = event.claims().slots.iter().filter(|slot| erasure.slots.contains(&slot.name));
    Ok(named.map(|slot| slot.digest).collect())
}

fn token(entry: u64, bytes: &[u8]) -> Result<Token<'_>, ReadingFault> {
    let fault = |reason: String| ReadingFault::Entry { entry, reason };
    let parsed = parse_entry(bytes).map_err(|error| fault(error.to_string()))?;
    Token::parse_jwt(parsed.event).map_err(|refusal| fault(refusal.to_string()))
}
