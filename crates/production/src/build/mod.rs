//! Building a production from what the ledger hands out, without a network: [count](Build::count) its pages, have them numbered,
//! [write](Build::write) the bag, have its hash recorded, [pack](Build::pack) it.
//!
//! The same inputs give the same bytes: there is no clock and no randomness here, and no path gets into a package. Nothing is believed that
//! can be checked: both checkpoints against the ledger's key, and every entry against the tree under them before it goes into the bag. What
//! was made is checked at the end as its recipient will check it.
//!
//! Memory grows with the number of records by a few bytes for each, and by the names and digests of the files; never with what is in them.

use std::path::Path;

mod authority;
mod count;
mod decide;
mod error;
mod found;
mod held;
mod lines;
mod material;
mod opened;
mod pack;
mod plan;
mod progress;
mod rested;
mod rows;
mod trust;
mod write;

pub use authority::{Authority, Own};
pub use count::Counted;
pub use error::BuildError;
pub use lines::MAX_LINE_BYTES;
pub use material::{Lock, Locked, Material, Produced, Why, Withheld};
pub use opened::Opened;
pub use pack::Packed;
pub use plan::{Basis, Plan, RECORDS_AT_ONCE};
pub use progress::{Progress, Step, Tell};
pub use trust::Trust;
pub use write::{Numbers, Steps, Written};

/// What every step of a build works with.
pub struct Build<'a, R> {
    /// What is settled.
    pub plan: &'a Plan<'a>,
    /// The ledger's key.
    pub trust: &'a Trust,
    /// The ledger's tree. Who reads it need not be trusted.
    pub tree: &'a R,
    /// The file of the materials; one line each, ended by the line that says so.
    pub materials: &'a Path,
    /// Who is told how far it is.
    pub tell: &'a Tell<'a>,
}
