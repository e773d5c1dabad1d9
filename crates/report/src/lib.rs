//! x
#![forbid(unsafe_code)]
pub mod model;
pub mod public;
pub mod suppress;
pub use model::Report;
