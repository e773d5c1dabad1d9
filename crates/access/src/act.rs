//! What an entry of the log says about access.

use daybook_event::{Issuer, Jti, Period};
use serde_json::{Map, Value};

use crate::scope::{Entries, Part};

/// Gives an account.
pub const ACCOUNT_GRANTED: &str = "account.granted";
/// Takes an account away.
pub const ACCOUNT_REVOKED: &str = "account.revoked";
/// Asks for what takes two people.
pub const APPROVAL_REQUESTED: &str = "approval.requested";
/// The second person's answer.
pub const APPROVAL_DECIDED: &str = "approval.decided";
/// Withheld fields were looked at.
pub const WITHHELD_FIELD_OPENED: &str = "withheld_field.opened";
/// Records were sealed, unsealed or erased.
pub const RECORD_SEALED: &str = "record.sealed";
/// Nothing may be erased.
pub const HOLD_PLACED: &str = "hold.placed";
/// A hold ends.
pub const HOLD_RELEASED: &str = "hold.released";
/// A production was opened: what was searched for and found.
pub const PRODUCTION_OPENED: &str = "production.opened";
/// The pages of a production have their Bates numbers.
pub const PRODUCTION_NUMBERED: &str = "production.numbered";
/// The package of a production is fixed.
pub const PRODUCTION_BUILT: &str = "production.built";
/// Records left the ledger; a production was handed over.
pub const EXPORT_PRODUCED: &str = "export.produced";
/// A production, or pages of it, was replaced or called back.
pub const PRODUCTION_WITHDRAWN: &str = "production.withdrawn";

/// The types of event that the fold reads. It passes over all others.
pub const GOVERNED: &[&str] = &[
    ACCOUNT_GRANTED,
    ACCOUNT_REVOKED,
    APPROVAL_REQUESTED,
    APPROVAL_DECIDED,
    WITHHELD_FIELD_OPENED,
    RECORD_SEALED,
    HOLD_PLACED,
    HOLD_RELEASED,
    PRODUCTION_OPENED,
    PRODUCTION_NUMBERED,
    PRODUCTION_BUILT,
    EXPORT_PRODUCED,
    PRODUCTION_WITHDRAWN,
];

/// The name of the ledger's key that signs what this crate allowed.
pub const ACCESS_ISSUER: &str = "ledger/access";

/// The relation of an event to what it belongs to.
pub(crate) const OF: &str = "of";

/// What one entry says to this crate.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    /// Its number in the log.
    pub entry: u64,
    /// Its identifier.
    pub jti: Jti,
    /// Who signed it.
    pub issuer: &'a Issuer,
    /// Its type.
    pub event: &'a str,
    /// The month that it shows.
    pub period: Period,
    /// When the ledger received it, seconds of Unix time.
    pub received: i64,
    /// Its matter, hashed under whatever key the caller uses for all matters alike.
    pub matter: Option<[u8; 16]>,
    /// Its links: relation and event; see [`links_of`].
    pub links: Vec<(&'a str, Jti)>,
    /// Its fields, public and opened.
    pub fields: &'a Map<String, Value>,
}

/// The links in the fields of an event: relation and event. What is not well formed is left out.
pub fn links_of(fields: &Map<String, Value>) -> Vec<(&str, Jti)> {
    let link = |link: &'_ Value| -> Option<Jti> { link.get("jti")?.as_str()?.parse().ok() };
    let links = fields.get("links").and_then(Value::as_array);
    let links = links.into_iter().flatten();
    links.filter_map(|item| Some((item.get("rel")?.as_str()?, link(item)?))).collect()
}

impl Act<'_> {
    /// The events to which it belongs.
    pub(crate) fn of(&self) -> impl Iterator<Item = Jti> + '_ {
        self.links.iter().filter(|(rel, _)| *rel == OF).map(|(_, jti)| *jti)
    }

    /// The one event to which it belongs: what belongs to two at once belongs to none.
    pub(crate) fn sole(&self) -> Option<Jti> {
        let mut of = self.of();
        of.next().filter(|_| of.next().is_none())
    }

    pub(crate) fn is_from(&self, issuer: &str) -> bool {
        self.issuer.as_str() == issuer
    }

    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    pub(crate) fn number(&self, field: &str) -> Option<u64> {
        self.fields.get(field).and_then(Value::as_u64)
    }

    /// The texts of a list of at most `max`; an absent field is an empty list, anything else than texts is `None`.
    pub(crate) fn texts(&self, field: &str, max: usize) -> Option<Vec<&str>> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::Array(items)) if items.len() <= max => items.iter().map(Value::as_str).collect(),
            Some(_) => None,
        }
    }

    pub(crate) fn entries(&self) -> Option<Entries> {
        Entries::parse(&self.texts("at_entries", crate::scope::RANGES_MAX)?).ok()
    }

    pub(crate) fn part(&self) -> Option<Part> {
        self.text("part").and_then(Part::parse)
    }
}
