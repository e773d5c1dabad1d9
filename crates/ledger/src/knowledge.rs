//! What the entries say: facts for the rules, read from the log and the vault.
//!
//! Reading goes through the vault's keys, but nothing of what is read leaves as it is: rules answer yes, no or unknown, matters are keyed hashes,
//! and findings name events.

use std::ops::Range;
use std::sync::Arc;

use daybook_event::Period;
use daybook_event::entry::parse_entry;
use daybook_rules::engine::FactSource;
use daybook_rules::fact::{Fact, MatterHasher, Reading};
use daybook_rules::verdict::FactFault;
use daybook_store::{Keyring, Reader};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::entries::{self, EntryReader, Feed, Opened, Seat, Unread};

/// Entries that are read and parsed at a time.
pub const CHUNK_ENTRIES: u64 = entries::CHUNK_ENTRIES;

/// Reads facts. Cheap to clone.
#[derive(Clone)]
pub struct FactReader {
    feed: Feed,
    zone: TimeZone,
    matters: Arc<MatterHasher>,
}

impl FactReader {
    /// A reader of facts. `secret` keys the hashes that stand for matters; draw it anew for each process.
    #[must_use]
    pub fn new(reader: Reader, keyring: Arc<Keyring>, zone: TimeZone, secret: &[u8; 32]) -> Self {
        Self::of(Feed::from_disk(EntryReader::new(reader, keyring)), zone, secret)
    }

    /// A reader of facts for a stage of the service.
    pub(crate) fn of_stage(entries: EntryReader, seat: Seat, zone: TimeZone, secret: &[u8; 32]) -> Self {
        Self::of(Feed::of_stage(entries, seat), zone, secret)
    }

    fn of(feed: Feed, zone: TimeZone, secret: &[u8; 32]) -> Self {
        Self { feed, zone, matters: Arc::new(MatterHasher::new(secret)) }
    }

    /// Number of entries that can be read.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.reader().size()
    }

    /// The log that it reads.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.feed.entries.log
    }

    /// The keyed hash that stands for a matter.
    #[must_use]
    pub fn matters(&self) -> &MatterHasher {
        &self.matters
    }

    /// The facts of a range from its beginning on, at most [`CHUNK_ENTRIES`] and at least one, in order.
    ///
    /// # Errors
    /// The first entry that cannot be read.
    pub fn facts(&self, range: Range<u64>) -> Result<Vec<Fact>, FactFault> {
        let range = range.start..range.end.min(range.start + CHUNK_ENTRIES);
        self.feed.next(range, |opened| self.fact(opened)).map_err(fault)
    }

    fn fact(&self, opened: Opened) -> Fact {
        let Opened { index, received, said } = opened;
        // Erased with the rest of the record; the month in the clear is left, so that the packs of that time still speak.
        let received = received.unwrap_or_else(|| first_second(said.period, &self.zone));
        let context = Reading { zone: &self.zone, matters: &self.matters };
        Fact::new(index, Arc::unwrap_or_clone(said), received, &context)
    }

    /// The token of the matter of an entry, for an event of the ledger's own that belongs to the same matter.
    pub(crate) fn matter_token(&self, index: u64) -> Option<String> {
        let opened = self.feed.entries.one(index).ok()?;
        opened.said.fields.get("matter_ref")?.as_str().map(str::to_owned)
    }

    /// SHA-256 of the issuer-signed JWT of an entry.
    pub(crate) fn jwt_hash(&self, index: u64) -> Result<[u8; 32], FactFault> {
        let read = |fault| Unread::Read { entry: index, fault };
        let bytes = self.reader().entry(index).map_err(read).map_err(fault)?;
        let form = |reason: daybook_event::entry::EntryFault| Unread::Form {
            entry: index,
            reason: reason.to_string(),
        };
        let entry = parse_entry(&bytes).map_err(form).map_err(fault)?;
        Ok(daybook_event::hash::sha256(entry.event.as_bytes()))
    }
}

impl FactSource for FactReader {
    fn load(&self, entry: u64) -> Result<Fact, FactFault> {
        self.feed.entries.one(entry).map(|opened| self.fact(opened)).map_err(fault)
    }
}

fn first_second(month: Period, zone: &TimeZone) -> i64 {
    let first = format!("{month}-01").parse::<Date>().and_then(|day| day.to_zoned(zone.clone()));
    first.map_or(0, |start| start.timestamp().as_second())
}

fn fault(unread: Unread) -> FactFault {
    let (entry, reason) = match unread {
        Unread::Read { entry, fault } => (entry, fault.to_string()),
        Unread::Form { entry, reason } => (entry, reason),
    };
    FactFault { entry, reason: format!("{reason}; run `daybook verify log`") }
}
