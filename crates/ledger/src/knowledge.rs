//! What the entries say: facts for the rules, read from the log and the vault.
//!
//! Reading goes through the vault's keys, but nothing of what is read leaves as it is: rules answer yes, no or unknown, matters are keyed hashes,
//! and findings name events.

use std::ops::Range;
use std::sync::Arc;

use daybook_event::disclose::assemble;
use daybook_event::entry::{parse_entry, received_at};
use daybook_event::{Catalogue, Period, Token, show};
use daybook_rules::engine::FactSource;
use daybook_rules::fact::{Fact, MatterHasher, Reading};
use daybook_rules::verdict::FactFault;
use daybook_store::{Class, KeyWalk, Keyring, ReadError, Reader, RecordFault};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rayon::prelude::*;

/// Entries that are read and parsed at a time.
pub const CHUNK_ENTRIES: u64 = 4_096;
/// Entries that one core parses at a time.
const PARSE_CHUNK: usize = 256;

/// Reads facts. Cheap to clone.
#[derive(Clone)]
pub struct FactReader {
    reader: Reader,
    keyring: Arc<Keyring>,
    catalogue: &'static Catalogue,
    zone: TimeZone,
    matters: Arc<MatterHasher>,
}

/// An entry as it lies on disk: its bytes and its two vault records.
struct Stored {
    index: u64,
    entry: Vec<u8>,
    restricted: Vec<u8>,
    withheld: Vec<u8>,
}

impl FactReader {
    /// A reader of facts. `secret` keys the hashes that stand for matters; draw it anew for each process.
    #[must_use]
    pub fn new(reader: Reader, keyring: Arc<Keyring>, zone: TimeZone, secret: &[u8; 32]) -> Self {
        let matters = Arc::new(MatterHasher::new(secret));
        Self { reader, keyring, catalogue: Catalogue::builtin(), zone, matters }
    }

    /// Number of entries that can be read.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.reader.size()
    }

    /// The log that it reads.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The keyed hash that stands for a matter.
    #[must_use]
    pub fn matters(&self) -> &MatterHasher {
        &self.matters
    }

    /// The facts of a range, at most [`CHUNK_ENTRIES`], in order.
    ///
    /// # Errors
    /// The first entry that cannot be read.
    pub fn facts(&self, range: Range<u64>) -> Result<Vec<Fact>, FactFault> {
        let range = range.start..range.end.min(range.start + CHUNK_ENTRIES);
        let entries = self.reader.entries(range.clone());
        let restricted = self.reader.vault_records(Class::R, range.clone());
        let withheld = self.reader.vault_records(Class::W, range.clone());
        let mut stored = Vec::with_capacity(usize::try_from(range.end - range.start).unwrap_or(0));
        for ((index, entry), (restricted, withheld)) in range.zip(entries).zip(restricted.zip(withheld)) {
            let whole = || -> Result<Stored, ReadError> {
                Ok(Stored { index, entry: entry?, restricted: restricted?, withheld: withheld? })
            };
            stored.push(whole().map_err(|error| fault(index, &error))?);
        }
        let parse = |chunk: Vec<Stored>| -> Vec<Result<Fact, FactFault>> {
            let mut keys = self.keyring.walk();
            chunk.into_iter().map(|stored| self.fact(stored, &mut keys)).collect()
        };
        let mut chunks = Vec::new();
        while !stored.is_empty() {
            let rest = stored.split_off(PARSE_CHUNK.min(stored.len()));
            chunks.push(std::mem::replace(&mut stored, rest));
        }
        chunks.into_par_iter().flat_map_iter(parse).collect()
    }

    fn fact(&self, stored: Stored, keys: &mut KeyWalk<'_>) -> Result<Fact, FactFault> {
        let index = stored.index;
        let open =
            |keys: &mut KeyWalk<'_>, class, record| match self.reader.open_stored(keys, index, class, record)
            {
                // What is erased is hidden, not missing.
                Err(ReadError::Record { fault: RecordFault::Erased, .. }) => Ok(Vec::new()),
                other => other.map_err(|error| fault(index, &error)),
            };
        let restricted = open(keys, Class::R, stored.restricted)?;
        let withheld = open(keys, Class::W, stored.withheld)?;
        let entry = parse_entry(&stored.entry).map_err(|error| fault(index, &error))?;
        let disclosures = restricted.iter().skip(1).chain(&withheld).map(String::as_str);
        let compact = assemble(entry.event, disclosures);
        let token = Token::parse(compact.as_bytes()).map_err(|refusal| fault(index, &refusal))?;
        let shown = show(&token, self.catalogue).map_err(|refusal| fault(index, &refusal))?;
        let claims = token.claims();
        let hidden = self.catalogue.get(claims.event.as_str(), claims.v).map_or_else(Vec::new, |ty| {
            let slots = ty.slots().iter().filter(|slot| shown.withheld.contains(&slot.name));
            slots.flat_map(|slot| slot.fields.iter().cloned()).collect()
        });
        let received = restricted.first().and_then(|intake| received_at(intake));
        // Erased with the rest of the record; the month in the clear is left, so that the packs of that time still speak.
        let received = received
            .and_then(|time| time.parse::<Timestamp>().ok())
            .map_or_else(|| first_second(claims.period, &self.zone), Timestamp::as_second);
        let context = Reading { zone: &self.zone, matters: &self.matters };
        Ok(Fact::new(index, claims, received, shown.fields, hidden, &context))
    }

    /// The token of the matter of an entry, for an event of the ledger's own that belongs to the same matter.
    pub(crate) fn matter_token(&self, index: u64) -> Option<String> {
        let withheld = self.reader.open_record(&self.keyring, index, Class::W).ok()?;
        let bytes = self.reader.entry(index).ok()?;
        let entry = parse_entry(&bytes).ok()?;
        let compact = assemble(entry.event, withheld.iter().map(String::as_str));
        let shown = show(&Token::parse(compact.as_bytes()).ok()?, self.catalogue).ok()?;
        shown.fields.get("matter_ref")?.as_str().map(str::to_owned)
    }

    /// SHA-256 of the issuer-signed JWT of an entry.
    pub(crate) fn jwt_hash(&self, index: u64) -> Result<[u8; 32], FactFault> {
        let bytes = self.reader.entry(index).map_err(|error| fault(index, &error))?;
        let entry = parse_entry(&bytes).map_err(|error| fault(index, &error))?;
        Ok(daybook_event::hash::sha256(entry.event.as_bytes()))
    }
}

impl FactSource for FactReader {
    fn load(&self, entry: u64) -> Result<Fact, FactFault> {
        let read = |class| self.reader.vault_record(entry, class).map_err(|error| fault(entry, &error));
        let (restricted, withheld) = (read(Class::R)?, read(Class::W)?);
        let bytes = self.reader.entry(entry).map_err(|error| fault(entry, &error))?;
        self.fact(Stored { index: entry, entry: bytes, restricted, withheld }, &mut self.keyring.walk())
    }
}

fn first_second(month: Period, zone: &TimeZone) -> i64 {
    let first = format!("{month}-01").parse::<Date>().and_then(|day| day.to_zoned(zone.clone()));
    first.map_or(0, |start| start.timestamp().as_second())
}

fn fault(entry: u64, reason: &dyn std::fmt::Display) -> FactFault {
    FactFault { entry, reason: format!("{reason}; run `daybook verify log`") }
}
