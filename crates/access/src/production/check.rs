//! The checks before a step is signed. Each asks what the fold would make of the event, and refuses what it would pass over.

use super::{
    BATES_MAX, Built, COURT_ORDER_BASIS, Delivered, FEDERAL, FIRST_USE_MAX_S, FOUND_MAX, Numbered,
    Production, Withdrawal, Withdrawn,
};
use crate::access::Access;
use crate::account::Session;
use crate::fault::AccessFault;
use crate::request::{ActKind, NewRequest, RequestState};
use crate::roles::Action;

/// A production that is not on the log yet.
#[derive(Copy, Clone, Debug)]
pub struct NewProduction<'n> {
    /// The Bates prefix.
    pub prefix: &'n str,
    /// What it rests on, as the event writes it.
    pub basis: &'n str,
    /// Whether a court's order is shown, by its number.
    pub order: bool,
    /// Who asked, by kind.
    pub requester: &'n str,
    /// What was found.
    pub figures: Figures,
}

/// What was found.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Records found.
    pub found: u64,
    /// How many of them go out.
    pub produced: u64,
    /// How many of them are held back as a whole.
    pub withheld: u64,
    /// The first entry that is to be held back and was not found.
    pub not_found: Option<u64>,
}

/// The numbers of a production's pages.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Numbers {
    /// They were given before, for the same figures.
    Given(Numbered),
    /// They are free: the first and the last.
    Free {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
}

impl Access {
    /// Whether a session may open a production, and the name that it gets.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_new_production(
        &self,
        session: &Session,
        new: &NewProduction<'_>,
        now: i64,
    ) -> Result<String, AccessFault> {
        self.check_action(session, Action::Produce, now)?;
        if new.requester == FEDERAL && new.basis != COURT_ORDER_BASIS {
            return Err(AccessFault::FederalNeedsOrder);
        }
        if new.basis == COURT_ORDER_BASIS && !new.order {
            return Err(AccessFault::OrderMissing);
        }
        let Figures { found, produced, not_found, .. } = new.figures;
        if found > FOUND_MAX {
            return Err(AccessFault::TooManyFound { found });
        }
        if let Some(entry) = not_found {
            return Err(AccessFault::HeldBackNotFound { entry });
        }
        if produced == 0 {
            return Err(AccessFault::NothingToProduce);
        }
        self.check_pending(session, now)?;
        self.productions.next_name(new.prefix).ok_or(AccessFault::BatesExhausted)
    }

    /// Whether a session may have the records of a production. Whether they still stand as they were found is asked where they are known.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_materials(
        &self,
        session: &Session,
        name: &str,
        now: i64,
    ) -> Result<&Production, AccessFault> {
        let production = self.own_production(session, name, now)?;
        self.check_approved(production, now)?;
        Ok(production)
    }

    /// The numbers that a session gets for the pages of a production.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_numbers(
        &self,
        session: &Session,
        name: &str,
        (documents, pages): (u64, u64),
        now: i64,
    ) -> Result<Numbers, AccessFault> {
        let production = self.check_materials(session, name, now)?;
        if let Some(given) = production.numbered {
            let same = given.documents == documents && given.last - given.first + 1 == pages;
            let otherwise = AccessFault::AlreadyNumberedOtherwise { entry: given.entry };
            return if same { Ok(Numbers::Given(given)) } else { Err(otherwise) };
        }
        if documents != production.opened.produced || pages < documents {
            return Err(AccessFault::ProductionFigures);
        }
        let first = self.productions.next_page(&production.opened.prefix);
        let last = (first - 1).checked_add(pages).filter(|last| *last <= BATES_MAX);
        last.map(|last| Numbers::Free { first, last }).ok_or(AccessFault::BatesExhausted)
    }

    /// Whether a session may have records on which those of a production rest: once it is numbered.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_authorities(
        &self,
        session: &Session,
        name: &str,
        now: i64,
    ) -> Result<(&Production, Numbered), AccessFault> {
        let production = self.check_materials(session, name, now)?;
        Ok((production, production.numbered.ok_or(AccessFault::NotNumbered)?))
    }

    /// Whether a session may fix the package of a production: the one that is fixed already, where it is the same.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_built(
        &self,
        session: &Session,
        name: &str,
        bag_hash: &[u8; 32],
        (records, withheld): (u64, u64),
        now: i64,
    ) -> Result<Option<Built>, AccessFault> {
        let (production, _) = self.check_authorities(session, name, now)?;
        if (records, withheld) != (production.opened.produced, production.opened.withheld) {
            return Err(AccessFault::ProductionFigures);
        }
        match production.built {
            Some(built) if built.bag_hash != *bag_hash => {
                Err(AccessFault::AlreadyBuiltOtherwise { entry: built.entry })
            }
            built => Ok(built),
        }
    }

    /// Whether a session may record that a production was handed over: the record that there is, where it is of the same file.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_delivered(
        &self,
        session: &Session,
        name: &str,
        package_hash: &[u8; 32],
        now: i64,
    ) -> Result<Option<Delivered>, AccessFault> {
        let production = self.check_materials(session, name, now)?;
        production.built.ok_or(AccessFault::NotBuilt)?;
        match production.delivered {
            Some(before) if before.package_hash != *package_hash => {
                Err(AccessFault::AlreadyDeliveredOtherwise { entry: before.entry })
            }
            before => Ok(before),
        }
    }

    /// Whether a session may replace a production or call it or pages of it back: the same withdrawal, where there is one.
    ///
    /// # Errors
    /// The first thing in the way.
    pub fn check_withdraw(
        &self,
        session: &Session,
        name: &str,
        what: &Withdrawal,
        now: i64,
    ) -> Result<Option<&Withdrawn>, AccessFault> {
        let production = self.own_production(session, name, now)?;
        if let Some(other) = &what.replaced_by
            && (other == name || self.productions.get(other).is_none())
        {
            return Err(AccessFault::UnknownProduction);
        }
        if let Some(before) = production.withdrawn.iter().find(|before| before.what == *what) {
            return Ok(Some(before));
        }
        if production.withdrawn.iter().any(|before| before.what.is_whole()) {
            return Err(AccessFault::ProductionWithdrawn);
        }
        if what.fits(production.numbered.as_ref()) { Ok(None) } else { Err(AccessFault::NotItsPages) }
    }

    /// Whether a request is for the approval of a production that the session opened and nobody asked about yet.
    pub(crate) fn check_opened_production(
        &self,
        session: &Session,
        new: &NewRequest,
    ) -> Result<(), AccessFault> {
        let opened = new.production.and_then(|jti| self.productions.opened(&jti));
        let production = opened.ok_or(AccessFault::UnknownProduction)?;
        if production.opened.account != session.account {
            return Err(AccessFault::NotRequester);
        }
        if production.request.is_some() {
            return Err(AccessFault::AlreadyDecided);
        }
        if new.authority != production.opened.authority() {
            return Err(AccessFault::Authority { act: ActKind::Produce });
        }
        Ok(())
    }

    fn own_production(&self, session: &Session, name: &str, now: i64) -> Result<&Production, AccessFault> {
        self.check_action(session, Action::Produce, now)?;
        let production = self.productions.get(name).ok_or(AccessFault::UnknownProduction)?;
        if production.opened.account != session.account {
            return Err(AccessFault::NotRequester);
        }
        Ok(production)
    }

    /// Whether a second person approved, not too long before its first use, and nothing was withdrawn.
    fn check_approved(&self, production: &Production, now: i64) -> Result<(), AccessFault> {
        if !production.withdrawn.is_empty() {
            return Err(AccessFault::ProductionWithdrawn);
        }
        let state = self.production_request(production).map(|request| &request.state);
        let Some(RequestState::Approved { at, .. }) = state else { return Err(AccessFault::NotApproved) };
        if production.numbered.is_none() && now.saturating_sub(*at) > FIRST_USE_MAX_S {
            return Err(AccessFault::RequestExpired);
        }
        Ok(())
    }
}
