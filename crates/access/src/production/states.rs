//! How a production stands, and what of each record goes out.

use std::ops::RangeInclusive;

use daybook_event::Class;

use super::{FIRST_USE_MAX_S, HeldBack, Production, ProductionQuery};
use crate::access::Access;
use crate::act::Act;
use crate::request::{ActKind, Request, RequestState};
use crate::seal::ByOrder;

/// How far a production has come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ProductionState {
    /// A second person's answer is awaited.
    Opened,
    /// A second person approved.
    Approved,
    /// A second person refused.
    Refused,
    /// Nobody answered in time, or it was not used in time.
    Lapsed,
    /// Its pages have numbers.
    Numbered,
    /// Its package is fixed.
    Built,
    /// It was handed over.
    Delivered,
    /// It, or pages of it, was replaced or called back.
    Withdrawn,
}

impl ProductionState {
    /// The state as answers write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Lapsed => "lapsed",
            Self::Numbered => "numbered",
            Self::Built => "built",
            Self::Delivered => "delivered",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What becomes of a record that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Disposition {
    /// It goes out, but for slots that are closed.
    Produced,
    /// It is held back on a privilege: its code.
    Privileged(String),
    /// It is left out: the code of the reason.
    Excluded(String),
    /// It is sealed as a whole.
    Sealed(ByOrder),
}

/// How a slot stands in a production.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SlotStanding {
    /// A restricted slot that goes out, or a withheld one that does not.
    Present,
    /// A withheld slot that an opening opens.
    Opened,
    /// Sealed or erased.
    Closed(ByOrder),
}

impl Access {
    /// Every production, by name.
    pub fn productions(&self) -> impl Iterator<Item = &Production> {
        self.productions.all()
    }

    /// One production.
    pub fn production(&self, name: &str) -> Option<&Production> {
        self.productions.get(name)
    }

    /// The production that a request is for.
    pub fn production_of(&self, request: &Request) -> Option<&Production> {
        self.productions.opened(&request.production?)
    }

    /// The request for a production's approval.
    pub fn production_request(&self, production: &Production) -> Option<&Request> {
        self.requests.get(&production.request?)
    }

    /// How far a production has come at `now`, seconds of Unix time.
    pub fn production_state(&self, production: &Production, now: i64) -> ProductionState {
        if !production.withdrawn.is_empty() {
            return ProductionState::Withdrawn;
        }
        if production.delivered.is_some() {
            return ProductionState::Delivered;
        }
        if production.built.is_some() {
            return ProductionState::Built;
        }
        if production.numbered.is_some() {
            return ProductionState::Numbered;
        }
        match self.production_request(production) {
            None => ProductionState::Opened,
            Some(request) => match &request.state {
                RequestState::Pending if request.is_pending(now) => ProductionState::Opened,
                RequestState::Pending => ProductionState::Lapsed,
                RequestState::Refused { .. } => ProductionState::Refused,
                RequestState::Approved { at, .. } if now.saturating_sub(*at) > FIRST_USE_MAX_S => {
                    ProductionState::Lapsed
                }
                _ => ProductionState::Approved,
            },
        }
    }

    /// What becomes of a record in a production with this query. A seal counts against everybody, whoever may still read: what is handed over is
    /// read by others than the seal names.
    pub fn disposition(&self, query: &ProductionQuery, entry: u64) -> Disposition {
        match query.held_back(entry) {
            Some(HeldBack::Privileged(code)) => Disposition::Privileged(code.to_owned()),
            Some(HeldBack::Excluded(code)) => Disposition::Excluded(code.to_owned()),
            None => self.seals.closing_whole(entry).map_or(Disposition::Produced, Disposition::Sealed),
        }
    }

    /// How a slot of a record stands in a production.
    pub fn slot_standing(
        &self,
        production: &Production,
        entry: u64,
        class: Class,
        slot: &str,
    ) -> SlotStanding {
        if let Some(order) = self.closing(entry, class, slot) {
            return SlotStanding::Closed(order);
        }
        let opens = |request: &&Request| request.opens(entry, class, slot);
        match class == Class::W && self.openings_of(production).any(|request| opens(&request)) {
            true => SlotStanding::Opened,
            false => SlotStanding::Present,
        }
    }

    /// The openings that count for a production.
    pub fn openings_of(&self, production: &Production) -> impl Iterator<Item = &Request> {
        production.openings.iter().filter_map(|jti| self.requests.get(jti))
    }

    /// The order that closes a slot to whoever gets a production; the empty name stands for what belongs to the part and to no slot of it.
    pub fn closing(&self, entry: u64, class: Class, slot: &str) -> Option<ByOrder> {
        self.seals.closing(entry, class, slot)
    }

    /// Whether there was ever an order about an entry.
    pub fn has_orders(&self, entry: u64) -> bool {
        self.seals.is_marked(entry)
    }

    /// The ranges of entries about which an order came after `entry`, ascending and disjoint. A production that found one of them does not stand
    /// any more as its first event says.
    pub fn touched_after(&self, entry: u64) -> impl Iterator<Item = RangeInclusive<u64>> + '_ {
        self.seals.touched_after(entry)
    }

    /// Whether an order about `entry` came after the entry `after`.
    pub fn is_touched_after(&self, entry: u64, after: u64) -> bool {
        self.seals.is_touched_after(entry, after)
    }

    /// The openings of an account that stand at an act.
    pub(crate) fn openings_at(&self, account: &str, act: &Act<'_>) -> Vec<daybook_event::Jti> {
        let stands = |request: &&Request| {
            request.act == ActKind::Open
                && request.account == account
                && request.open_until().is_some_and(|until| act.received < until)
        };
        self.requests.values().filter(stands).map(|request| request.jti).collect()
    }
}

impl Request {
    /// Whether the opening is of a slot of an entry.
    pub fn opens(&self, entry: u64, class: Class, slot: &str) -> bool {
        let named = self.slots.is_empty() || self.slots.iter().any(|one| one == slot);
        self.act == ActKind::Open && self.part.covers(class) && named && self.entries.contains(entry)
    }
}
