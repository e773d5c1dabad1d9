//! tmp
#![forbid(unsafe_code)]
pub mod calendar;
pub mod case;
pub mod corrections;
pub mod engine;
pub mod example;
pub mod expr;
pub mod fact;
pub mod finding;
pub mod pack;
pub mod reconcile;
pub mod ruleset;
pub mod time;
pub mod verdict;
mod view;
pub mod vocab;
