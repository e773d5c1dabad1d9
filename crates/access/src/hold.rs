//! Holds: while one stands over an entry, nothing of it is erased.

use std::collections::{BTreeMap, BTreeSet};

use daybook_event::{Catalogue, Jti};

use crate::act::{Act, HOLD_PLACED, HOLD_RELEASED};
use crate::scope::Entries;

/// What of an entry decides whether a hold is over it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The event's identifier.
    pub jti: Jti,
    /// Its matter, hashed as in [`Act::matter`]; none where the event has none.
    pub matter: Option<[u8; 16]>,
}

/// Says what stands at an entry; `None` where the caller cannot tell.
pub type Lookup<'l> = &'l dyn Fn(u64) -> Option<Place>;

/// A hold that stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoldView {
    /// The identifier of the event that placed it.
    pub jti: Jti,
    /// The entry that placed it.
    pub entry: u64,
    /// What it is for, as the event writes it.
    pub basis: String,
    /// The department that placed it.
    pub department: String,
    /// When the ledger received it, seconds of Unix time.
    pub since: i64,
    /// Whether it covers everything, since it names neither matter nor event.
    pub everything: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Hold {
    view: HoldView,
    matter: Option<[u8; 16]>,
    events: BTreeSet<Jti>,
}

impl Hold {
    /// Whether it is over what stands at an entry. What cannot be told is covered: erasing waits, it is not undone.
    fn covers(&self, entry: u64, place: Option<Place>, matter_erased: bool) -> bool {
        let Some(place) = place else { return true };
        let matter = match (self.matter, place.matter) {
            (Some(_), _) if matter_erased => true,
            (Some(held), Some(matter)) => held == matter,
            _ => false,
        };
        self.view.everything || matter || self.events.contains(&place.jti) || self.view.entry == entry
    }
}

/// The holds that stand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Holds {
    standing: BTreeMap<Jti, Hold>,
    /// Every identifier under which a hold was ever placed: one that was released does not come back under it.
    known: BTreeSet<Jti>,
}

fn may_publish(act: &Act<'_>) -> bool {
    Catalogue::builtin().latest(act.event).is_some_and(|ty| ty.may_publish(act.issuer.department()))
}

impl Holds {
    pub(crate) fn place(&mut self, act: &Act<'_>) {
        if act.event != HOLD_PLACED || !may_publish(act) || !self.known.insert(act.jti) {
            return;
        }
        let events: BTreeSet<Jti> = act.of().collect();
        let view = HoldView {
            jti: act.jti,
            entry: act.entry,
            basis: act.text("basis").unwrap_or_default().to_owned(),
            department: act.issuer.department().to_owned(),
            since: act.received,
            everything: act.matter.is_none() && events.is_empty(),
        };
        self.standing.insert(act.jti, Hold { view, matter: act.matter, events });
    }

    /// A department's release. The ledger's own goes by a request that a second person approved.
    pub(crate) fn release(&mut self, act: &Act<'_>) {
        if act.event == HOLD_RELEASED && may_publish(act) && !act.issuer.is_ledger() {
            act.of().for_each(|hold| drop(self.standing.remove(&hold)));
        }
    }

    /// Ends the holds of these names that these entries placed.
    pub(crate) fn let_go(&mut self, named: &[Jti], entries: &Entries) {
        self.standing.retain(|jti, hold| !(named.contains(jti) && entries.contains(hold.view.entry)));
    }

    pub(crate) fn stands_at(&self, entry: u64) -> bool {
        self.standing.values().any(|hold| hold.view.entry == entry)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &HoldView> {
        self.standing.values().map(|hold| &hold.view)
    }

    pub(crate) fn over(
        &self,
        entry: u64,
        place: Option<Place>,
        matter_erased: bool,
    ) -> impl Iterator<Item = &HoldView> {
        let covering = move |hold: &&Hold| hold.covers(entry, place, matter_erased);
        self.standing.values().filter(covering).map(|hold| &hold.view)
    }
}
