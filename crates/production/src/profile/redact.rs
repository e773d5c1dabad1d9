//! A record as it goes out under a profile: which disclosures, and why the others stay back.

use daybook_event::{Catalogue, Token, disclose};

use super::{Decision, Profile};
use crate::model::SlotState;
use crate::understand::Held;

/// A record as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The event in compact form with what goes out, in slot order.
    pub event: String,
    /// Why each of the others stays back, in slot order.
    pub held: Vec<Held>,
}

/// A record that cannot go out as the profile says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedactError {
    /// The type is not in the catalogue.
    #[error("the event's type is not in the catalogue of this program; use the version that recorded it")]
    UnknownType,
    /// A slot goes out by the profile, is neither sealed nor erased, and its disclosure was not given.
    #[error(
        "slot {0} goes out by the profile, but its disclosure is not at hand; open it, or say that it is sealed or erased"
    )]
    NotAtHand(String),
}

/// Decides for each slot of an event. `token` carries the disclosures that are at hand; `opened` names slots of class W that an approved opening
/// covers; `locked` says which slots are sealed or erased. What is locked stays back whatever the profile says.
///
/// # Errors
/// [`RedactError`].
pub fn redact(
    token: &Token<'_>,
    profile: &Profile,
    catalogue: &Catalogue,
    opened: &[&str],
    locked: &[Held],
) -> Result<Redacted, RedactError> {
    let claims = token.claims();
    let ty = catalogue.get(claims.event.as_str(), claims.v).ok_or(RedactError::UnknownType)?;
    let (mut keep, mut held) = (Vec::new(), Vec::new());
    for slot in ty.slots() {
        let lock = locked.iter().find(|lock| lock.slot == slot.name && is_lock(&lock.state));
        let decision = match lock {
            Some(lock) => Decision::Withhold(lock.state.clone()),
            None => profile.decide(ty, slot, opened.contains(&slot.name.as_str())),
        };
        match decision {
            Decision::Show => keep.push(slot.name.as_str()),
            Decision::Withhold(state) => held.push(Held { slot: slot.name.clone(), state }),
        }
    }
    let event = disclose(token, &keep).map_err(|fault| match fault {
        daybook_event::DiscloseFault::NoSuchSlot(slot) | daybook_event::DiscloseFault::NotAtHand(slot) => {
            RedactError::NotAtHand(slot)
        }
    })?;
    Ok(Redacted { event, held })
}

fn is_lock(state: &SlotState) -> bool {
    matches!(state, SlotState::Sealed { .. } | SlotState::Erased { .. })
}
