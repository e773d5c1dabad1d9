//! Court productions: packages that a party who trusts nobody can check without a network.
//!
//! What a package holds, byte by byte, and what is checked about it is in `schemas/production.md`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`profile`] | what goes out, what stays back, and on what authority |
//! | [`understand`](mod@understand), [`model`] | a record as it goes out: titles, order, and a reason for everything that is not shown |
//! | [`render`] | text and PDF, with pages counted before they are numbered |
//! | [`load`], [`logs`] | load files; logs of redactions, records held back, custody, incidents |
//! | [`papers`] | what a stranger reads first, the hand check, cover letter, certificate, Forms 37 and 38 |
//! | [`package`] | the bag, the ZIP, the leaves |
//! | [`build`] | from what the ledger hands out to a package that was checked |
//! | [`page`] | `verify.html`, which checks a production in a browser |
//!
//! A withheld field stays back whatever a profile says, until an approved opening covers it:
//!
//! ```
//! use daybook_event::Catalogue;
//! use daybook_production::profile::{Decision, Profile};
//!
//! let toml = include_str!("../../../ops/profiles/civil.toml");
//! let profile = Profile::parse("civil", toml, Catalogue::builtin())?;
//! let ty = Catalogue::builtin().latest("release.completed").ok_or("no such type")?;
//! let slot = ty.slots().iter().find(|slot| slot.name == "matter_ref").ok_or("no such slot")?;
//! assert_eq!(profile.decide(ty, slot, true), Decision::Show);
//! assert!(matches!(profile.decide(ty, slot, false), Decision::Withhold(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod build;
pub mod load;
pub mod logs;
pub mod model;
pub mod package;
pub mod page;
pub mod papers;
pub mod profile;
pub mod render;
#[cfg(feature = "sample")]
pub mod sample;
pub mod times;
pub mod understand;

pub use model::{BatesRange, Choices, Confidentiality, Document, Numbered};
pub use profile::Profile;
pub use understand::{Held, Material, UnderstandError, understand};
