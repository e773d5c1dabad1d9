//! The checks before an event is signed. Each asks what the fold would make of the event, and refuses what it would pass over.

use daybook_event::Jti;

use crate::access::Access;
use crate::account::{Credential, Session};
use crate::fault::AccessFault;
use crate::hold::{Lookup, Place};
use crate::request::{
    ActKind, NewRequest, PENDING_MAX, PENDING_MAX_PER_ACCOUNT, PENDING_MAX_S, Request, RequestState,
};
use crate::roles::{Action, Extent, may};
use crate::scope::Entries;

impl Access {
    /// How far a session may do something: the account still stands as it did when the session began, and its role may.
    ///
    /// # Errors
    /// `session-ended`, `role`.
    pub fn check_action(&self, session: &Session, action: Action, now: i64) -> Result<Extent, AccessFault> {
        let view = self.accounts.get(&session.account).filter(|view| view.stands(now));
        view.filter(|view| view.role == session.role && view.department == session.department)
            .ok_or(AccessFault::SessionEnded)?;
        match may(session.role, action) {
            Extent::None => Err(AccessFault::Role { action }),
            extent => Ok(extent),
        }
    }

    /// Whether an account can be granted with this credential.
    ///
    /// # Errors
    /// `credential-taken`: the fold would pass over such a grant.
    pub fn check_grant(
        &self,
        account: &str,
        credential: Credential,
        digest: &[u8; 32],
    ) -> Result<(), AccessFault> {
        self.accounts.check_grant(account, credential, digest)
    }

    /// Whether a request may be put on the log. Of the entries it knows what [`Self::learn`] was told.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_request(&self, session: &Session, new: &NewRequest, now: i64) -> Result<(), AccessFault> {
        self.check_request_with(session, new, now, &|entry| self.places.get(&entry).copied())
    }

    /// Like [`Self::check_request`], with what the caller knows of the entries.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_request_with(
        &self,
        session: &Session,
        new: &NewRequest,
        now: i64,
        place: Lookup<'_>,
    ) -> Result<(), AccessFault> {
        self.check_action(session, new.act.action(), now)?;
        new.check()?;
        match new.act {
            ActKind::Erase => self.check_erasable(&new.entries, place)?,
            ActKind::ReleaseHold => self.check_held(&new.entries)?,
            ActKind::Open => self.check_unsealed(new, session)?,
            ActKind::Produce => self.check_opened_production(session, new)?,
            ActKind::Seal | ActKind::Unseal | ActKind::Export => {}
        }
        self.check_pending(session, now)
    }

    /// Whether there is room for one more request that waits.
    ///
    /// # Errors
    /// `too-many-pending`.
    pub fn check_pending(&self, session: &Session, now: i64) -> Result<(), AccessFault> {
        let pending = || self.requests.values().filter(|request| request.is_pending(now));
        let own = pending().filter(|request| request.account == session.account).count();
        if own >= PENDING_MAX_PER_ACCOUNT || pending().count() >= PENDING_MAX {
            return Err(AccessFault::TooManyPending);
        }
        Ok(())
    }

    /// Whether a session may approve a request. Of the entries it knows what [`Self::learn`] was told.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_decision(&self, session: &Session, request: &Jti, now: i64) -> Result<(), AccessFault> {
        self.check_decision_with(session, request, now, &|entry| self.places.get(&entry).copied())
    }

    /// Like [`Self::check_decision`], with what the caller knows of the entries.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_decision_with(
        &self,
        session: &Session,
        request: &Jti,
        now: i64,
        place: Lookup<'_>,
    ) -> Result<(), AccessFault> {
        let request = self.decidable(session, request, now)?;
        match request.act {
            ActKind::Erase => self.check_erasable(&request.entries, place),
            ActKind::ReleaseHold => self.check_held(&request.entries),
            _ => Ok(()),
        }
    }

    /// Whether a session may refuse a request: as [`Self::check_decision`], but a hold is not in the way of a refusal.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_refusal(&self, session: &Session, request: &Jti, now: i64) -> Result<(), AccessFault> {
        self.decidable(session, request, now).map(drop)
    }

    /// Whether what was approved may be carried out now, by the ledger itself: asked again right before the event is signed, since a
    /// hold may have come after the approval.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_execution(
        &self,
        request: &Jti,
        now: i64,
        place: Lookup<'_>,
    ) -> Result<&Request, AccessFault> {
        let request = self.requests.get(request).ok_or(AccessFault::UnknownRequest)?;
        if !request.act.is_carried_out() {
            return Err(AccessFault::OtherAct { act: request.act });
        }
        match request.state {
            RequestState::CarriedOut { entry } => return Err(AccessFault::AlreadyCarriedOut { entry }),
            RequestState::Approved { at, .. } if now.saturating_sub(at) > PENDING_MAX_S => {
                return Err(AccessFault::RequestExpired);
            }
            RequestState::Approved { .. } => {}
            RequestState::Pending | RequestState::Refused { .. } => return Err(AccessFault::NotApproved),
        }
        if request.act == ActKind::Erase {
            self.check_erasable(&request.entries, place)?;
        }
        Ok(request)
    }

    /// Whether a session may look at what was opened on its request.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_opening(&self, session: &Session, request: &Jti, now: i64) -> Result<&Request, AccessFault> {
        self.check_action(session, Action::ReadOpened, now)?;
        let request = self.requests.get(request).ok_or(AccessFault::UnknownRequest)?;
        if request.account != session.account {
            return Err(AccessFault::NotRequester);
        }
        if request.act != ActKind::Open {
            return Err(AccessFault::OtherAct { act: request.act });
        }
        let until = request.open_until().ok_or(AccessFault::NotApproved)?;
        if now >= until {
            return Err(AccessFault::OpeningExpired);
        }
        let closed = self.seals.first_closed(&request.entries, request.part, &request.slots, session.role);
        closed.map_or(Ok(request), |entry| Err(AccessFault::OpeningSealed { entry }))
    }

    fn decidable(&self, session: &Session, request: &Jti, now: i64) -> Result<&Request, AccessFault> {
        self.check_action(session, Action::Decide, now)?;
        let request = self.requests.get(request).ok_or(AccessFault::UnknownRequest)?;
        if request.account == session.account {
            return Err(AccessFault::OwnRequest);
        }
        if request.state != RequestState::Pending {
            return Err(AccessFault::AlreadyDecided);
        }
        if request.has_lapsed(now) {
            return Err(AccessFault::RequestExpired);
        }
        Ok(request)
    }

    fn check_held(&self, entries: &Entries) -> Result<(), AccessFault> {
        let missing = entries.iter().find(|entry| !self.holds.stands_at(*entry));
        missing.map_or(Ok(()), |entry| Err(AccessFault::NoSuchHold { entry }))
    }

    fn check_erasable(&self, entries: &Entries, place: Lookup<'_>) -> Result<(), AccessFault> {
        let hold = |entry| self.over(entry, place(entry)).next().map(|hold| (entry, hold));
        if let Some((entry, hold)) = entries.iter().find_map(hold) {
            return Err(AccessFault::UnderHold { entry, hold: hold.jti, hold_entry: hold.entry });
        }
        let needed = entries.iter().find(|entry| self.needed.contains(entry));
        needed.map_or(Ok(()), |entry| Err(AccessFault::Needed { entry }))
    }

    fn check_unsealed(&self, new: &NewRequest, session: &Session) -> Result<(), AccessFault> {
        let closed = self.seals.first_closed(&new.entries, new.part, &new.slots, session.role);
        closed.map_or(Ok(()), |entry| Err(AccessFault::OpeningSealed { entry }))
    }

    /// What [`Self::learn`] was told of an entry.
    pub fn place(&self, entry: u64) -> Option<Place> {
        self.places.get(&entry).copied()
    }
}
