//! Court productions: packages that a party who trusts nobody can check without a network.
//!
//! What a package holds, byte by byte, and what is checked about it is in `schemas/production.md`.
#![forbid(unsafe_code)]

pub mod load;
pub mod logs;
pub mod model;
pub mod package;
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
