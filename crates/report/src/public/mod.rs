//! Public reports. Their cells carry keys instead of numbers, and [`publish`] alone turns keys into numbers, for the whole report at once.
//!
//! So no table can be forgotten: a [`PublicDraft`] has no place for a number, its sentences are constants of the program (`&'static str`), which
//! cannot hold a figure of the ledger, and a [`Report`](crate::Report) of the public kind comes from [`publish`] only.
//!
//! 1. Put every fact that any table counts into a [`Tally`], with its month and its value on every dimension.
//! 2. Lay out tables and rates by [`Key`]s and [`Pick`]s.
//! 3. Call [`publish`].
//!
//! A table with numbers has no place in a draft:
//!
//! ```compile_fail,E0308
//! # use daybook_report::{model::Table, public::{PublicBlock, PublicSection}};
//! PublicSection::new("s", "S").block(PublicBlock::Table(Table::new("t", "T", "Row")));
//! ```
//!
//! nor has a sentence made at run time:
//!
//! ```compile_fail,E0308
//! # use daybook_report::public::PublicSection;
//! let count = 5;
//! PublicSection::new("s", "S").lead(format!("There were {count}."));
//! ```
//!
//! and a public report cannot be made in another way:
//!
//! ```compile_fail,E0599
//! # use daybook_report::{Report, model::{Head, OpenKind}};
//! # fn made(head: Head) {
//! Report::open(OpenKind::Public, head, vec![]);
//! # }
//! ```

mod draft;
mod key;
mod month;
mod policy;
mod publish;
mod sheet;
mod tally;

pub use draft::{
    KeyedColumn, KeyedRateLine, KeyedRates, KeyedTable, Pick, PublicBlock, PublicDraft, PublicSection,
};
pub use key::Key;
pub use month::{Month, Months};
pub use policy::{FORBIDDEN_DIMENSION_WORDS, PublicPolicy};
pub use publish::{PublishError, publish};
pub use tally::{MAX_VALUES, Tally, TallyFault};
