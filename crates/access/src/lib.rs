//! Who may do what, as pure folds over the log: roles, accounts, requests that take two people, seals, erasures and holds.
//!
//! Nothing here is stored anywhere but on the log. Whoever folds the same entries, with the fields that are read here opened, comes to
//! the same answers. This crate knows no clock, disk or network: the caller says what time it is, as seconds of Unix time.
//!
//! | module | what it holds |
//! |---|---|
//! | [`roles`] | the table of roles and actions; what is not in it is not allowed |
//! | [`act`] | what an entry says about access |
//! | [`account`] | accounts, credentials, sessions |
//! | [`scope`] | which entries, and which part of them |
//! | [`request`] | what takes two people, and what became of it |
//! | [`export`] | taking many events out at once |
//! | [`seal`], [`hold`] | what is sealed or erased; what may not be erased |
//! | [`production`] | court productions: opened, approved, numbered, built, handed over, called back |
//! | [`access`] | the fold over all of them |
//! | [`fault`] | why something is not allowed: stable codes |
//!
//! The ledger's governance grants an account, and somebody comes with its token:
//!
//! ```
//! use daybook_access::{Access, Act, Action, AuthFault, Credential, Extent, Role, may};
//! use daybook_event::{Issuer, Jti, b64};
//! use serde_json::json;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let digest = [7; 32];
//! let fields = json!({
//!     "account_role": "auditor",
//!     "credential": "token",
//!     "account": "a-0009",
//!     "expires_at": "2027-11-22T00:00:00Z",
//!     "credential_digest": b64::encode(digest),
//! });
//! let act = Act {
//!     entry: 5,
//!     jti: Jti::from_random([1; 16]),
//!     issuer: &Issuer::governance(),
//!     event: "account.granted",
//!     period: "2026-11".parse()?,
//!     received: 1_795_305_600,
//!     matter: None,
//!     links: Vec::new(),
//!     fields: fields.as_object().ok_or("an object")?,
//! };
//! let mut access = Access::default();
//! access.apply(&act);
//!
//! let session = access.authenticate(Credential::Token, &digest, 1_795_305_600)?;
//! assert_eq!(session.role, Role::Auditor);
//! assert_eq!(may(session.role, Action::SearchEvents), Extent::All);
//! assert_eq!(may(session.role, Action::Decide), Extent::None);
//! assert_eq!(access.authenticate(Credential::Token, &[8; 32], 1_795_305_600), Err(AuthFault::Unknown));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod access;
pub mod account;
pub mod act;
mod check;
pub mod export;
pub mod fault;
pub mod hold;
pub mod production;
pub mod request;
pub mod roles;
pub mod scope;
pub mod seal;

pub use access::Access;
pub use account::{AccountView, Credential, Session};
pub use act::{ACCESS_ISSUER, Act, GOVERNED, links_of};
pub use export::{ExportRun, ExportScope, TERMS_MAX};
pub use fault::{AccessFault, AuthFault};
pub use hold::{HoldView, Lookup, Place};
pub use production::{
    Built, Delivered, Disposition, FOUND_MAX, Figures, HeldBack, NewProduction, Numbered, Numbers,
    Production, ProductionQuery, ProductionState, QueryFault, Searched, SlotStanding, Statement, Withdrawal,
    Withdrawn,
};
pub use request::{ActKind, BY_ORDER, COURT_ORDER, NewRequest, Request, RequestState};
pub use roles::{Action, Extent, PURPOSES, REFERENCE_MAX_BYTES, Role, may, requires_purpose};
pub use scope::{ENTRIES_MAX, Entries, EntriesFault, Part};
pub use seal::{ByOrder, Erasure, Tombstone, TombstoneKind, Visibility};
