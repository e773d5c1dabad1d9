//! The fold: what the log says about access, entry by entry. Whoever folds the same entries gets the same answers.

use std::collections::{BTreeMap, BTreeSet};

use daybook_event::{Class, Issuer, Jti};

use crate::account::{AccountView, Accounts, Credential, Session, is_account};
use crate::act::{
    ACCESS_ISSUER, ACCOUNT_GRANTED, ACCOUNT_REVOKED, APPROVAL_DECIDED, APPROVAL_REQUESTED, Act,
    EXPORT_PRODUCED, HOLD_PLACED, HOLD_RELEASED, PRODUCTION_BUILT, PRODUCTION_NUMBERED, PRODUCTION_OPENED,
    PRODUCTION_WITHDRAWN, RECORD_SEALED, WITHHELD_FIELD_OPENED,
};
use crate::fault::AuthFault;
use crate::hold::{HoldView, Holds, Place};
use crate::production::Productions;
use crate::request::{ActKind, NewRequest, Request, RequestState, SLOTS_MAX};
use crate::roles::{Action, Extent, Role, may};
use crate::seal::{Erasure, Seals, Tombstone, TombstoneKind, Visibility};

/// The slot that holds the token of the matter.
const MATTER_SLOT: &str = "matter_ref";

/// Who may do what, as of some entry.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Access {
    pub(crate) accounts: Accounts,
    pub(crate) requests: BTreeMap<Jti, Request>,
    pub(crate) holds: Holds,
    pub(crate) seals: Seals,
    pub(crate) productions: Productions,
    /// The entries that were read: without the fields of one of them a later fold would come to another answer.
    pub(crate) needed: BTreeSet<u64>,
    /// What the caller told about entries.
    pub(crate) places: BTreeMap<u64, Place>,
}

impl Access {
    /// Takes in an entry. What the log allows nobody, or what makes no sense, changes nothing: only the ledger's governance decides
    /// about accounts, and only its access key speaks of approvals and of what was sealed or erased on them.
    ///
    /// Entries come in the order of the log, each once.
    pub fn apply(&mut self, act: &Act<'_>) {
        let governance = act.is_from(Issuer::GOVERNANCE);
        let access = act.is_from(ACCESS_ISSUER);
        match act.event {
            ACCOUNT_GRANTED if governance => self.accounts.grant(act),
            ACCOUNT_REVOKED if governance => self.accounts.revoke(act),
            APPROVAL_REQUESTED if access => self.ask(act),
            APPROVAL_DECIDED if access => self.decide(act),
            WITHHELD_FIELD_OPENED if access => self.look(act),
            RECORD_SEALED if access => self.carry_out(act),
            HOLD_PLACED => self.holds.place(act),
            HOLD_RELEASED if access => self.let_go(act),
            HOLD_RELEASED => self.release(act),
            PRODUCTION_OPENED if access => self.open_production(act),
            PRODUCTION_NUMBERED if access => self.number_production(act),
            PRODUCTION_BUILT if access => self.build_production(act),
            EXPORT_PRODUCED if access => self.deliver_production(act),
            PRODUCTION_WITHDRAWN if access => self.withdraw_production(act),
            _ => return,
        }
        self.needed.insert(act.entry);
    }

    /// Remembers what stands at an entry, so that holds by matter or event can be held against it. An entry that nobody told about is
    /// taken to be under every hold.
    pub fn learn(&mut self, entry: u64, place: Place) {
        self.places.insert(entry, place);
    }

    /// Who comes with a credential: `digest` is what [`Credential`] says of its kind, `now` seconds of Unix time.
    ///
    /// # Errors
    /// Where no account has the credential, or the account has ended or was closed.
    pub fn authenticate(
        &self,
        credential: Credential,
        digest: &[u8; 32],
        now: i64,
    ) -> Result<Session, AuthFault> {
        self.accounts.authenticate(credential, digest, now)
    }

    /// An account as it was granted last.
    pub fn account(&self, name: &str) -> Option<AccountView> {
        self.accounts.get(name).cloned()
    }

    /// Every account, by name.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountView> {
        self.accounts.all()
    }

    /// Every request, by identifier.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.values()
    }

    /// One request.
    pub fn request(&self, jti: &Jti) -> Option<&Request> {
        self.requests.get(jti)
    }

    /// What is approved and not done yet: to be carried out, at start too. Openings, exports and productions are not among them.
    pub fn due(&self) -> impl Iterator<Item = &Request> {
        let due = |request: &&Request| {
            request.act.is_carried_out() && matches!(request.state, RequestState::Approved { .. })
        };
        self.requests.values().filter(due)
    }

    /// What is sealed or erased at an entry: the latest erasure of a whole part, otherwise of slots, otherwise the latest seal that stands.
    pub fn tombstone(&self, entry: u64) -> Option<Tombstone> {
        let mut standing = self.seals.tombstones(entry);
        let erased = |slots_too: bool| {
            standing.iter().rposition(|tombstone| {
                tombstone.kind == TombstoneKind::Erased && (slots_too || tombstone.slots.is_empty())
            })
        };
        match erased(false).or_else(|| erased(true)) {
            Some(at) => Some(standing.swap_remove(at)),
            None => standing.pop(),
        }
    }

    /// Everything that is sealed or erased at an entry, in the order of the log.
    pub fn tombstones(&self, entry: u64) -> Vec<Tombstone> {
        self.seals.tombstones(entry)
    }

    /// Whether seals and erasures leave a slot to a reader. Several seals bind together: each must name the reader.
    pub fn visible(&self, entry: u64, class: Class, slot: &str, reader: Role) -> Visibility {
        self.seals.visible(entry, class, Some(slot), reader)
    }

    /// Every erasure on the log: to be done again where it is not done. Doing it twice does no harm.
    pub fn erasures(&self) -> impl Iterator<Item = Erasure> + '_ {
        self.seals.erasures()
    }

    /// The holds over an entry with this matter and identifier.
    pub fn holds_over(&self, entry: u64, matter: Option<[u8; 16]>, jti: &Jti) -> Vec<HoldView> {
        self.over(entry, Some(Place { jti: *jti, matter })).cloned().collect()
    }

    /// Every hold that stands.
    pub fn holds(&self) -> impl Iterator<Item = &HoldView> {
        self.holds.all()
    }

    pub(crate) fn over(&self, entry: u64, place: Option<Place>) -> impl Iterator<Item = &HoldView> {
        // The matter is a withheld field; once it is erased nobody can say any more which matter it was.
        self.holds.over(entry, place, self.seals.is_erased(entry, Class::W, MATTER_SLOT))
    }

    /// Whether the account stands at `now` and its role may do `action`.
    pub(crate) fn stands(&self, account: &str, action: Action, now: i64) -> bool {
        let view = self.accounts.get(account).filter(|view| view.stands(now));
        view.is_some_and(|view| may(view.role, action) != Extent::None)
    }

    fn ask(&mut self, act: &Act<'_>) {
        let Some(account) = act.text("account").filter(|name| is_account(name)) else { return };
        let Some(new) = NewRequest::of(act).filter(|new| new.check().is_ok()) else { return };
        if !self.stands(account, new.act.action(), act.received) {
            return;
        }
        let produced = new
            .production
            .is_none_or(|opened| self.productions.request(&opened, &act.jti, account, &new.authority));
        if produced {
            self.requests.entry(act.jti).or_insert_with(|| Request::new(new, act, account));
        }
    }

    fn decide(&mut self, act: &Act<'_>) {
        let Some(account) = act.text("account").filter(|name| is_account(name)) else { return };
        if !self.stands(account, Action::Decide, act.received) {
            return;
        }
        let (by, at) = (account.to_owned(), act.received);
        let decided = Some((by.clone(), at));
        let state = match act.text("decision") {
            Some("approved") => RequestState::Approved { by, at },
            Some("refused") => RequestState::Refused { by, at },
            _ => return,
        };
        let request = act.sole().and_then(|jti| self.requests.get_mut(&jti));
        // A decision is good once and never for the own request: a second one changes nothing.
        let request =
            request.filter(|request| request.account != account && request.is_pending(act.received));
        let Some(request) = request else { return };
        request.state = state;
        request.decided = decided;
        request.decided_entry = Some(act.entry);
    }

    fn look(&mut self, act: &Act<'_>) {
        for jti in act.of() {
            let request = self.requests.get_mut(&jti).filter(|request| request.act == ActKind::Open);
            if let Some(request) = request {
                request.looks = request.looks.saturating_add(1);
            }
        }
    }

    /// Only what was approved, exactly as it was approved, once. Whether a hold came in between is asked before this is signed: what
    /// is recorded as erased has been erased, and no later fold may say otherwise.
    fn carry_out(&mut self, act: &Act<'_>) {
        let (Some(kind), Some(part), Some(entries)) = (act.text("kind"), act.part(), act.entries()) else {
            return;
        };
        let Some(slots) = act.texts("slots", SLOTS_MAX) else { return };
        for jti in act.of() {
            let fits = |request: &&mut Request| {
                request.act.sealed_kind() == Some(kind)
                    && request.part == part
                    && request.entries == entries
                    && request.slots == slots
                    && matches!(request.state, RequestState::Approved { .. })
            };
            if let Some(request) = self.requests.get_mut(&jti).filter(fits) {
                request.state = RequestState::CarriedOut { entry: act.entry };
                self.seals.carry_out(request, act.entry, act.period);
                return;
            }
        }
    }

    /// The ledger's own release: of holds that an approved request is about, and of no others.
    fn let_go(&mut self, act: &Act<'_>) {
        let named: Vec<Jti> = act.of().collect();
        let approved = |jti: &Jti| self.requests.get(jti).filter(|request| is_release(request));
        if let Some(request) = named.iter().find_map(approved) {
            self.holds.let_go(&named, &request.entries);
            self.releases_done(act.entry);
        }
    }

    /// A department's own release. It may be what somebody asked for here, too.
    fn release(&mut self, act: &Act<'_>) {
        self.holds.release(act);
        self.releases_done(act.entry);
    }

    /// What was asked for is done once the last of its holds has ended.
    fn releases_done(&mut self, entry: u64) {
        for request in self.requests.values_mut().filter(|request| is_release(request)) {
            if !request.entries.iter().any(|hold| self.holds.stands_at(hold)) {
                request.state = RequestState::CarriedOut { entry };
            }
        }
    }
}

/// Whether it is an approved request to let go of holds.
fn is_release(request: &Request) -> bool {
    request.act == ActKind::ReleaseHold && matches!(request.state, RequestState::Approved { .. })
}
