//! A record of the materials before it goes out: what was handed out fits the signed event, and the profile decides about each slot.

use daybook_event::entry::{intake_digest, parse_entry};
use daybook_event::hash::sha256;
use daybook_event::{Catalogue, Class, EventType, Jti, Token};
use daybook_tlog::{Hash, leaf_hash};

use super::error::{BuildError, FETCH_AGAIN};
use super::material::{Lock, Produced};
use crate::model::{Document, SlotState};
use crate::profile::{Profile, RedactError, redact};
use crate::understand::{Held, Material, understand};

/// What to do about an event that this program cannot read.
const OTHER_VERSION: &str = "use the version of the program that recorded it, or a later one";

/// A record, and what of it goes out.
pub(super) struct Decided<'m> {
    material: &'m Produced,
    /// The event with what goes out.
    pub(super) event: String,
    held: Vec<Held>,
    /// The intake disclosure, where it goes out.
    pub(super) intake: Option<&'m str>,
}

impl Produced {
    /// The entry's leaf hash.
    pub(super) fn leaf(&self) -> Hash {
        leaf_hash(self.entry.as_bytes())
    }

    /// The event's identifier.
    pub(super) fn jti(&self) -> Result<Jti, BuildError> {
        Ok(self.token()?.claims().jti)
    }

    /// The event with everything that was handed out.
    fn token(&self) -> Result<Token<'_>, BuildError> {
        let broken = |what: String| BuildError::entry(self.index, what, FETCH_AGAIN);
        let entry = parse_entry(self.entry.as_bytes()).map_err(|fault| broken(fault.to_string()))?;
        if self.intake.as_ref().is_some_and(|intake| intake_digest(intake) != entry.intake) {
            return Err(broken("the intake disclosure is of another entry".to_owned()));
        }
        let disclosures = self.disclosures.iter().map(String::as_str).collect();
        Token::parse_parts(entry.event, disclosures)
            .map_err(|refusal| broken(format!("the event does not read ({})", refusal.code.as_str())))
    }

    /// Decides about each slot. What was handed out must be the event's, and no more than may be looked at.
    pub(super) fn decide<'m>(&'m self, profile: &Profile) -> Result<Decided<'m>, BuildError> {
        let token = self.token()?;
        let claims = token.claims();
        let ty = Catalogue::builtin().get(claims.event.as_str(), claims.v);
        let ty =
            ty.ok_or_else(|| BuildError::entry(self.index, "its type is not known here", OTHER_VERSION))?;
        self.check_disclosures(&token, ty)?;
        self.check_names(ty)?;
        let opened: Vec<&str> = self.opened.iter().map(String::as_str).collect();
        let redacted = redact(&token, profile, Catalogue::builtin(), &opened, &self.locks());
        let redacted = redacted.map_err(|error| match error {
            RedactError::UnknownType => BuildError::entry(self.index, "its type is not known here", OTHER_VERSION),
            RedactError::NotAtHand(slot) => BuildError::entry(
                self.index,
                format!("slot {slot} goes out by the profile, and its disclosure is not among the materials"),
                "fetch the materials again; a slot that is not open needs an approved opening before the production is opened",
            ),
        })?;
        let intake = self.intake.as_deref().filter(|_| profile.intake);
        Ok(Decided { material: self, event: redacted.event, held: redacted.held, intake })
    }

    /// Each disclosure belongs to a slot that may be looked at, and none is there twice.
    fn check_disclosures(&self, token: &Token<'_>, ty: &EventType) -> Result<(), BuildError> {
        let fault = |what: String, remedy: &str| Err(BuildError::entry(self.index, what, remedy));
        let mut seen: Vec<&str> = Vec::with_capacity(self.disclosures.len());
        for disclosure in &self.disclosures {
            let digest = sha256(disclosure);
            let Some(slot) = token.claims().slots.iter().find(|slot| slot.digest == digest) else {
                return fault(
                    "a disclosure among its materials is not one that was signed".to_owned(),
                    FETCH_AGAIN,
                );
            };
            let name = slot.name.as_str();
            if seen.contains(&name) {
                return fault(format!("the disclosure of slot {name} is there twice"), FETCH_AGAIN);
            }
            seen.push(name);
            if self.locked.iter().any(|lock| lock.slot == name) {
                let what =
                    format!("slot {name} is called sealed or erased, and its disclosure was handed out");
                return fault(what, FETCH_AGAIN);
            }
            let withheld = ty.slots().iter().any(|slot| slot.name == name && slot.class == Class::W);
            if withheld && !self.opened.iter().any(|opened| opened == name) {
                let what =
                    format!("slot {name} is withheld and was not opened, and its disclosure was handed out");
                return fault(
                    what,
                    "delete the materials and tell the ledger's operator; a withheld slot goes out only under an approved opening",
                );
            }
        }
        Ok(())
    }

    /// What is called opened or locked is a slot of the type, once.
    fn check_names(&self, ty: &EventType) -> Result<(), BuildError> {
        let locked = self.locked.iter().map(|lock| &lock.slot);
        for (names, class) in
            [(self.opened.iter().collect::<Vec<_>>(), Some(Class::W)), (locked.collect(), None)]
        {
            for (at, name) in names.iter().enumerate() {
                let fits = |slot: &&daybook_event::Slot| {
                    slot.name == **name && class.is_none_or(|class| slot.class == class)
                };
                if ty.slots().iter().find(fits).is_none() || names[..at].contains(name) {
                    let what = "the materials call a slot opened, sealed or erased that its type does not have, or do so twice";
                    return Err(BuildError::entry(self.index, what, FETCH_AGAIN));
                }
            }
        }
        Ok(())
    }

    fn locks(&self) -> Vec<Held> {
        let held = |lock: &super::material::Locked| {
            let (authority, by) = (lock.authority.clone(), lock.by);
            let state = match lock.state {
                Lock::Sealed => SlotState::Sealed { authority, by },
                Lock::Erased => SlotState::Erased { authority, by },
            };
            Held { slot: lock.slot.clone(), state }
        };
        self.locked.iter().map(held).collect()
    }
}

impl Decided<'_> {
    /// What it says as it goes out; `native` is its file, which need not be known to count pages.
    pub(super) fn document(
        &self,
        native: &[u8],
        place: &dyn Fn(&Jti) -> Option<u64>,
    ) -> Result<Document, BuildError> {
        let material = Material {
            index: self.material.index,
            entry: self.material.entry.as_bytes(),
            event: &self.event,
            intake: self.intake,
            native,
            held: &self.held,
        };
        Ok(understand(&material, Catalogue::builtin(), place)?)
    }
}
