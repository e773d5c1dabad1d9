//! What takes two people: a request, and what became of it.

use std::collections::BTreeSet;

use daybook_event::sealing::{MAX_SLOTS, is_slot_name};
use daybook_event::{EventType, Jti};
use serde::{Deserialize, Serialize};

use crate::act::Act;
use crate::export::{ExportScope, TERMS_MAX};
use crate::fault::AccessFault;
use crate::roles::{Action, Role};
use crate::scope::{Entries, Part};

/// Most slots that a request names.
pub const SLOTS_MAX: usize = MAX_SLOTS;
/// The roles that a seal can leave reading (`readers` in `record.sealed`); the others read no such fields anyway.
pub const SEAL_READERS: &[Role] = &[Role::Department, Role::Auditor, Role::Custodian];
/// Longest that an opening or an export lasts, minutes: a week.
pub const OPENING_MAX_MINUTES: u64 = 10_080;
/// How long a request waits for its decision, and what was approved for being carried out, seconds: 7 days.
pub const PENDING_MAX_S: i64 = 7 * 24 * 3600;
/// Most requests of one account that wait for a decision.
pub const PENDING_MAX_PER_ACCOUNT: usize = 64;
/// Most requests that wait for a decision.
pub const PENDING_MAX: usize = 1024;
/// Who approved an opening that a court ordered. No account has this name.
pub const BY_ORDER: &str = "court order";

/// The authority that approves an opening by itself, given the order's number.
pub const COURT_ORDER: &str = "court_order";
/// What a record is sealed or erased on (`authority` in `record.sealed`).
const RESTRICTING: &[&str] = &[COURT_ORDER, "statute", "retention_schedule"];
/// What withheld fields are opened and events exported on: everything but the end of a period.
const OPENING: &[&str] = &[
    COURT_ORDER,
    "statute",
    "litigation",
    "investigation",
    "audit",
    "finding_review",
    "discovery",
    "person_in_interest",
];
/// What a production is approved on; which of them follows from its basis.
const PRODUCING: &[&str] = &[COURT_ORDER, "discovery", "person_in_interest", "statute"];
/// What a hold is let go on.
const RELEASING: &[&str] = &[COURT_ORDER, "statute", "litigation", "investigation", "audit"];

/// What is asked for.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    /// Open withheld fields to the account that asks, for a time.
    Open,
    /// Close fields to all roles but those named.
    Seal,
    /// Lift seals.
    Unseal,
    /// Destroy fields for good.
    Erase,
    /// Let go of the holds that the entries placed.
    ReleaseHold,
    /// Take out all events that fit a query, up to a size of the log, for a time.
    Export,
    /// Hand a production over.
    Produce,
}

impl ActKind {
    /// Every act.
    pub const ALL: [Self; 7] =
        [Self::Open, Self::Seal, Self::Unseal, Self::Erase, Self::ReleaseHold, Self::Export, Self::Produce];

    /// The act as events write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Seal => "seal",
            Self::Unseal => "unseal",
            Self::Erase => "erase",
            Self::ReleaseHold => "release_hold",
            Self::Export => "export",
            Self::Produce => "produce",
        }
    }

    /// Reads what [`Self::as_str`] writes; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == text)
    }

    /// What a role must be allowed in order to ask for it.
    pub const fn action(self) -> Action {
        match self {
            Self::Open => Action::RequestOpening,
            Self::Export => Action::RequestExport,
            Self::Produce => Action::Produce,
            _ => Action::RequestRestriction,
        }
    }

    /// The authorities on which it can be asked for, as events write them.
    pub const fn authorities(self) -> &'static [&'static str] {
        match self {
            Self::Open | Self::Export => OPENING,
            Self::Seal | Self::Unseal | Self::Erase => RESTRICTING,
            Self::ReleaseHold => RELEASING,
            Self::Produce => PRODUCING,
        }
    }

    /// Whether the ledger does it once it is approved, and records that it did. Of the others an opening and an export end by their time, and a
    /// production goes on by steps of its own.
    pub const fn is_carried_out(self) -> bool {
        !matches!(self, Self::Open | Self::Export | Self::Produce)
    }

    /// Whether it is about entries by their numbers: an export names a query, a production an event that says what was searched for.
    pub const fn names_entries(self) -> bool {
        !matches!(self, Self::Export | Self::Produce)
    }

    /// The `kind` of the `record.sealed` that carries it out; none for what `record.sealed` does not record.
    pub const fn sealed_kind(self) -> Option<&'static str> {
        match self {
            Self::Seal => Some("sealed"),
            Self::Unseal => Some("unsealed"),
            Self::Erase => Some("erased"),
            Self::Open | Self::ReleaseHold | Self::Export | Self::Produce => None,
        }
    }
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Nobody decided yet.
    Pending,
    /// A second person refused.
    Refused {
        /// Who refused.
        by: String,
        /// When the ledger received it, seconds of Unix time.
        at: i64,
    },
    /// A second person approved, or for an opening a court did ([`BY_ORDER`]).
    Approved {
        /// Who approved.
        by: String,
        /// When the ledger received it, seconds of Unix time.
        at: i64,
    },
    /// It was done. An opening or an export stays approved, and ends by its time; so does a production, and goes on by its own steps.
    CarriedOut {
        /// The entry that records it.
        entry: u64,
    },
}

/// A request on the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The identifier of the event that asks.
    pub jti: Jti,
    /// The entry that asks.
    pub entry: u64,
    /// What is asked for.
    pub act: ActKind,
    /// On what authority, as the event writes it.
    pub authority: String,
    /// Which part of the entries.
    pub part: Part,
    /// Which entries; for [`ActKind::ReleaseHold`] those that placed the holds, for [`ActKind::Export`] and [`ActKind::Produce`] none.
    pub entries: Entries,
    /// Which slots; empty for all of the part.
    pub slots: Vec<String>,
    /// Who may still read what is sealed; empty for nobody.
    pub readers: Vec<Role>,
    /// How long an opening or an export lasts from its approval, minutes; 0 for other acts.
    pub minutes: u64,
    /// The number of the audit, request or case.
    pub reference: Option<String>,
    /// Whether a court's order was shown, by its number.
    pub order: bool,
    /// What is exported; none for other acts.
    pub export: Option<ExportScope>,
    /// The `production.opened` of what is to be handed over; none for other acts.
    pub production: Option<Jti>,
    /// Who asks.
    pub account: String,
    /// When the ledger received it, seconds of Unix time.
    pub at: i64,
    /// What became of it.
    pub state: RequestState,
    /// Who decided, and when the ledger received it, seconds of Unix time.
    pub decided: Option<(String, i64)>,
    /// The entry of the decision; none where there is none, or a court decided.
    pub decided_entry: Option<u64>,
    /// How many times fields were looked at under it.
    pub looks: u64,
}

/// A request that is not on the log yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRequest {
    /// What is asked for.
    pub act: ActKind,
    /// On what authority, as the event writes it.
    pub authority: String,
    /// Which part of the entries.
    pub part: Part,
    /// Which entries; for [`ActKind::ReleaseHold`] those that placed the holds, for [`ActKind::Export`] and [`ActKind::Produce`] none.
    pub entries: Entries,
    /// Which slots; empty for all of the part.
    pub slots: Vec<String>,
    /// Who may still read what is sealed; empty for nobody.
    pub readers: Vec<Role>,
    /// How long an opening or an export lasts from its approval, minutes; 0 for other acts.
    pub minutes: u64,
    /// The number of the audit, request or case.
    pub reference: Option<String>,
    /// Whether a court's order is shown, by its number.
    pub order: bool,
    /// What is exported; none for other acts.
    pub export: Option<ExportScope>,
    /// The `production.opened` of what is to be handed over; none for other acts.
    pub production: Option<Jti>,
}

impl NewRequest {
    /// What an `approval.requested` asks for; `None` where it does not make sense.
    pub(crate) fn of(act: &Act<'_>) -> Option<Self> {
        let readers = act.texts("readers", SEAL_READERS.len())?;
        let slots = act.texts("slots", SLOTS_MAX)?;
        let kind = ActKind::parse(act.text("act")?)?;
        let export = (kind == ActKind::Export).then(|| ExportScope::of(act));
        Some(Self {
            act: kind,
            authority: act.text("authority")?.to_owned(),
            part: if kind == ActKind::Produce { Part::All } else { act.part()? },
            entries: if kind.names_entries() { act.entries()? } else { Entries::none() },
            slots: slots.into_iter().map(str::to_owned).collect(),
            readers: readers.into_iter().map(Role::parse_granted).collect::<Option<_>>()?,
            minutes: act.number("minutes").unwrap_or(0),
            reference: act.text("reference").map(str::to_owned),
            order: act.text("order_number").is_some(),
            export: match export {
                Some(scope) => Some(scope?),
                None => None,
            },
            production: if kind == ActKind::Produce { Some(act.sole()?) } else { None },
        })
    }

    /// Whether an event of this type has all the slots that are named, in the part that is named. What is erased is gone for good, so
    /// nobody should believe that something was erased which is not there.
    ///
    /// # Errors
    /// `bad-slots`.
    pub fn check_slots(&self, ty: &EventType) -> Result<(), AccessFault> {
        let there =
            |name: &String| ty.slots().iter().any(|slot| slot.name == *name && self.part.covers(slot.class));
        if self.slots.iter().all(there) { Ok(()) } else { Err(AccessFault::Slots) }
    }

    /// Whether it makes sense by itself, whoever asks and whatever the log says.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), AccessFault> {
        if !self.act.authorities().contains(&self.authority.as_str()) {
            return Err(AccessFault::Authority { act: self.act });
        }
        if self.authority == COURT_ORDER && !self.order {
            return Err(AccessFault::OrderMissing);
        }
        let lasting = matches!(self.act, ActKind::Open | ActKind::Export);
        if lasting && !(1..=OPENING_MAX_MINUTES).contains(&self.minutes) {
            return Err(AccessFault::Minutes);
        }
        let terms = self.export.as_ref().map(|scope| scope.terms.len());
        if (self.act == ActKind::Export) != terms.is_some() || terms.is_some_and(|terms| terms > TERMS_MAX) {
            return Err(AccessFault::OtherQuery);
        }
        if (self.act == ActKind::Produce) != self.production.is_some() {
            return Err(AccessFault::UnknownProduction);
        }
        let named = self.slots.iter().all(|name| is_slot_name(name)) && is_set(&self.slots);
        // Neither a hold nor a query has slots.
        let none = self.act == ActKind::ReleaseHold || !self.act.names_entries();
        let slots = named && (!none || self.slots.is_empty());
        if !slots || self.slots.len() > SLOTS_MAX {
            return Err(AccessFault::Slots);
        }
        let readers = self.readers.iter().all(|role| SEAL_READERS.contains(role)) && is_set(&self.readers);
        if !readers || (self.act != ActKind::Seal && !self.readers.is_empty()) {
            return Err(AccessFault::Readers);
        }
        Ok(())
    }
}

/// Whether no item is there twice.
fn is_set<T: Ord>(items: &[T]) -> bool {
    items.iter().collect::<BTreeSet<_>>().len() == items.len()
}

impl Request {
    pub(crate) fn new(new: NewRequest, act: &Act<'_>, account: &str) -> Self {
        // A court's order is the second person for an opening; everything else takes one of ours as well.
        let ordered = new.act == ActKind::Open && new.authority == COURT_ORDER && new.order;
        let state = match ordered {
            true => RequestState::Approved { by: BY_ORDER.to_owned(), at: act.received },
            false => RequestState::Pending,
        };
        Self {
            jti: act.jti,
            entry: act.entry,
            act: new.act,
            authority: new.authority,
            part: new.part,
            entries: new.entries,
            slots: new.slots,
            readers: new.readers,
            minutes: new.minutes,
            reference: new.reference,
            order: new.order,
            export: new.export,
            production: new.production,
            account: account.to_owned(),
            at: act.received,
            decided: ordered.then(|| (BY_ORDER.to_owned(), act.received)),
            decided_entry: None,
            state,
            looks: 0,
        }
    }

    /// Whether it waits for a decision at `now`, seconds of Unix time.
    pub fn is_pending(&self, now: i64) -> bool {
        self.state == RequestState::Pending && !self.has_lapsed(now)
    }

    /// The last second, of Unix time, at which it can be decided.
    pub fn decide_until(&self) -> i64 {
        self.at.saturating_add(PENDING_MAX_S)
    }

    /// Whether it is too old to be decided.
    pub(crate) fn has_lapsed(&self, now: i64) -> bool {
        now > self.decide_until()
    }

    /// The second, of Unix time, up to which an approved opening or export lasts; `None` for anything else.
    pub fn open_until(&self) -> Option<i64> {
        match &self.state {
            RequestState::Approved { at, .. } if matches!(self.act, ActKind::Open | ActKind::Export) => {
                let minutes = i64::try_from(self.minutes).unwrap_or(0);
                Some(at.saturating_add(minutes.saturating_mul(60)))
            }
            _ => None,
        }
    }
}
