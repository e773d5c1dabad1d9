//! The papers of a production: what a stranger reads first, and what a human completes and signs. Ready for review by counsel; none of it is legal advice.

mod certificate;
mod cover_letter;
mod facts;
mod files;
mod forms;
mod hand_check;
mod page;
mod paper;
mod read_me;

pub use certificate::certificate;
pub use cover_letter::cover_letter;
pub use facts::{Facts, RedactionCount, Software, Tally};
pub use files::paper_files;
pub use forms::{form_37, form_38};
pub use hand_check::hand_check;
pub use paper::{Block, Paper};
pub use read_me::read_me_first;
