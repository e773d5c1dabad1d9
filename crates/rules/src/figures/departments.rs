//! What each department recorded and attested.

use std::collections::BTreeSet;

use daybook_event::Period;
use jiff::civil::Date;

/// A department in a span of days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Department {
    /// Its name.
    pub name: String,
    /// When its first key was registered.
    pub since: Option<Date>,
    /// Events that stand.
    pub events: u64,
    /// Months that it attested.
    pub attested: BTreeSet<Period>,
    /// Of those, months in which it says that there was nothing.
    pub nil: BTreeSet<Period>,
    /// Months about which it neither recorded nor attested anything in time: R37.
    pub silent: BTreeSet<Period>,
    /// Events that rule R39 judged.
    pub timed: u64,
    /// Of those, events that were written down late.
    pub late: u64,
    /// Of those, events of which the ledger's times cannot tell.
    pub unclear: u64,
}
