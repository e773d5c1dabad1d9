//! Court productions: opened, approved by a second person, numbered, built, handed over, and perhaps called back.
//!
//! A production is a row of events, each naming the first one, `production.opened`. Only a step that what came before allows is taken in;
//! everything else on the log changes nothing. What was searched for, and what was held back, stands in that first event, so that every
//! later step follows from the log alone.

mod check;
mod fold;
mod query;
mod states;

use daybook_event::Jti;
use daybook_event::sealing::EntrySpan;

pub use check::{Figures, NewProduction, Numbers};
pub(crate) use fold::Productions;
pub use query::{HeldBack, ProductionQuery, QUERY_MAX_CHARS, QueryFault, Searched};
pub use states::{Disposition, ProductionState, SlotStanding};

use crate::request::PENDING_MAX_S;

/// Most records that a production finds.
pub const FOUND_MAX: u64 = 1_000_000;
/// The highest Bates number: eight digits, of which every page has all.
pub const BATES_MAX: u64 = 99_999_999;
/// Most productions of one Bates prefix: their names have four digits.
pub const PREFIX_PRODUCTIONS_MAX: u64 = 9_999;
/// Most items in which the pages of a withdrawal are written, as in its schema.
pub const PAGES_MAX: usize = 1_024;
/// How long after its approval a production can be used for the first time, seconds.
pub const FIRST_USE_MAX_S: i64 = PENDING_MAX_S;
/// Longest Bates prefix, bytes.
const PREFIX_MAX_BYTES: usize = 24;

/// The bases of a production, and on what authority its approval is asked for.
const BASES: &[(&str, &str)] =
    &[("court_order", "court_order"), ("discovery", "discovery"), ("cora", "statute"), ("ccjra", "statute")];
/// The basis that takes the number of an order.
pub(crate) const COURT_ORDER_BASIS: &str = "court_order";
/// The requester to whom nothing goes but on a court's order (C.R.S. 24-74-103).
pub(crate) const FEDERAL: &str = "federal";
/// The requester whose own records they are.
const PERSON_IN_INTEREST: &str = "person_in_interest";

/// A production.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Production {
    /// How it was opened.
    pub opened: Statement,
    /// The openings of withheld fields that its account had when it was opened: requests that were approved and had not ended.
    pub openings: Vec<Jti>,
    /// The request for its approval; none where nobody asked.
    pub request: Option<Jti>,
    /// The numbers of its pages.
    pub numbered: Option<Numbered>,
    /// Its package.
    pub built: Option<Built>,
    /// Its file, as it was handed over.
    pub delivered: Option<Delivered>,
    /// What of it was replaced or called back, in the order of the log.
    pub withdrawn: Vec<Withdrawn>,
}

/// What `production.opened` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The event.
    pub jti: Jti,
    /// Its entry: seals, erasures and openings count as they stood there.
    pub entry: u64,
    /// When the ledger received it, seconds of Unix time.
    pub at: i64,
    /// The name: the prefix, then P and four digits.
    pub name: String,
    /// The Bates prefix.
    pub prefix: String,
    /// What it rests on, as the event writes it.
    pub basis: String,
    /// Who asked, by kind.
    pub requester: String,
    /// The account that opened it, and alone goes on with it.
    pub account: String,
    /// What was searched for, and what is held back.
    pub query: ProductionQuery,
    /// The size of the log up to which it was searched.
    pub searched_size: u64,
    /// Records found.
    pub found: u64,
    /// How many of them go out.
    pub produced: u64,
    /// How many of them are held back as a whole.
    pub withheld: u64,
}

/// The numbers of its pages.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Numbered {
    /// The entry that records them.
    pub entry: u64,
    /// The number of the first page.
    pub first: u64,
    /// The number of the last page.
    pub last: u64,
    /// How many documents the pages belong to.
    pub documents: u64,
}

/// Its package.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Built {
    /// The entry that records it.
    pub entry: u64,
    /// SHA-256 of `tagmanifest-sha256.txt`.
    pub bag_hash: [u8; 32],
    /// How many records go out.
    pub records: u64,
    /// How many are held back.
    pub withheld: u64,
}

/// Its file, as it was handed over.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Delivered {
    /// The entry that records it.
    pub entry: u64,
    /// Its event.
    pub jti: Jti,
    /// SHA-256 of the file.
    pub package_hash: [u8; 32],
}

/// A production, or pages of it, replaced or called back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Withdrawn {
    /// The entry that records it.
    pub entry: u64,
    /// Its event.
    pub jti: Jti,
    /// What it says.
    pub what: Withdrawal,
}

/// What a withdrawal says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Withdrawal {
    /// `superseded` or `clawed_back`.
    pub kind: String,
    /// The production that takes its place; of one that is superseded.
    pub replaced_by: Option<String>,
    /// The numbers of the pages concerned; empty for all.
    pub bates: Vec<String>,
    /// Why, as the event writes it.
    pub ground: String,
}

impl Statement {
    /// On what authority its approval is asked for.
    pub fn authority(&self) -> &'static str {
        authority(&self.basis, &self.requester).unwrap_or("statute")
    }
}

impl Withdrawal {
    /// Whether it makes sense for a production with these numbers.
    fn fits(&self, numbered: Option<&Numbered>) -> bool {
        let known = match self.kind.as_str() {
            "superseded" => self.replaced_by.is_some(),
            "clawed_back" => self.replaced_by.is_none(),
            _ => false,
        };
        known && self.bates.len() <= PAGES_MAX && self.are_pages(numbered)
    }

    /// Whether its pages ascend and are pages of these numbers.
    fn are_pages(&self, numbered: Option<&Numbered>) -> bool {
        let mut free = numbered.map_or(u64::MAX, |numbered| numbered.first);
        self.bates.iter().all(|item| {
            let Some((span, numbered)) = EntrySpan::parse(item).zip(numbered) else { return false };
            let fits = span.first >= free && span.last <= numbered.last;
            free = span.last.saturating_add(1);
            fits
        })
    }

    /// Whether it is about all of the production.
    pub fn is_whole(&self) -> bool {
        self.bates.is_empty()
    }
}

/// On what authority a production with this basis is approved; `None` for a basis that there is not.
fn authority(basis: &str, requester: &str) -> Option<&'static str> {
    let (_, authority) = BASES.iter().find(|(known, _)| *known == basis)?;
    let own = *authority == "statute" && requester == PERSON_IN_INTEREST;
    Some(if own { PERSON_IN_INTEREST } else { authority })
}

/// The name of production `number` of a prefix.
fn name_of(prefix: &str, number: u64) -> String {
    format!("{prefix}P{number:04}")
}

/// `bates_prefix` in the schema of `production.opened`.
pub fn is_prefix(text: &str) -> bool {
    let bytes = text.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (2..=PREFIX_MAX_BYTES).contains(&bytes.len())
        && bytes.first().is_some_and(plain)
        && bytes.last() == Some(&b'-')
        && bytes.iter().all(|byte| plain(byte) || *byte == b'-')
}
