//! Figures for reports: plain counts of what happened in a span of days.
//!
//! A [`Collector`] looks at every fact while the [`engine`](crate::engine) folds it and keeps a small row of each: its day, its department and
//! a few fields that are codes or numbers, never a withheld one. When the fold is done, [`Collector::finish`] keeps what happened in the
//! [`Window`] and still stands, and sets beside each event what the rules say about it.
//!
//! Figures know nothing of tables, titles or words; whoever makes a report asks for what it needs:
//!
//! ```
//! use daybook_rules::figures::Figures;
//!
//! fn released_to_the_public(figures: &Figures) -> u64 {
//!     figures.of("release.completed").with("outcome", "released_public").count()
//! }
//! ```

mod collect;
mod computed;
mod departments;
mod facets;
mod finish;
mod found;
mod lawful;
mod selection;
#[cfg(test)]
mod tests;
mod window;

pub use collect::Collector;
pub use departments::Department;
pub use facets::{FACETS, Facets};
pub use finish::{Figures, LeftOut};
pub use found::{Found, Named};
pub use lawful::{AppliedPack, applied_packs};
pub use selection::{Counted, Listed, Selection, Sum};
pub use window::{Window, WindowFault};
