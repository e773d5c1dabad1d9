//! Entries as they were understood: read from the log and the vault, parsed once for all who work behind the committer.
//!
//! Reading goes through the vault's keys and holds withheld values, for moments: the index keeps keyed hashes, the rules answer yes, no or unknown.

mod feed;
mod handover;

use std::ops::Range;
use std::sync::Arc;

use daybook_event::entry::{parse_entry, received_at};
use daybook_event::{Catalogue, Said};
use daybook_store::{Class, KeyWalk, Keyring, ReadError, Reader, RecordFault};
use jiff::Timestamp;
use rayon::ThreadPool;
use rayon::prelude::*;

pub(crate) use feed::Feed;
pub(crate) use handover::{Handover, Seat, Stage};

/// Entries that are read and parsed at a time.
pub(crate) const CHUNK_ENTRIES: u64 = 4_096;
/// Entries that one core parses at a time.
const PARSE_CHUNK: usize = 256;

/// An entry as it was understood. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Opened {
    /// Its index in the log.
    pub(crate) index: u64,
    /// When it reached the ledger, in seconds; none where that is erased.
    pub(crate) received: Option<i64>,
    /// What its event says, as far as it is open.
    pub(crate) said: Arc<Said>,
}

/// An entry that could not be read or understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// The log or the vault.
    #[error("entry {entry}: {fault}")]
    Read {
        /// The entry.
        entry: u64,
        /// What is wrong.
        fault: ReadError,
    },
    /// The entry is not what admission lets in.
    #[error("entry {entry}: {reason}")]
    Form {
        /// The entry.
        entry: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads entries from the disk. Cheap to clone.
#[derive(Clone)]
pub(crate) struct EntryReader {
    pub(crate) log: Reader,
    pub(crate) keyring: Arc<Keyring>,
    catalogue: &'static Catalogue,
    /// The threads that parse; those of the whole process where it is none.
    threads: Option<Arc<ThreadPool>>,
}

/// An entry as it lies on the disk: its bytes and its two vault records.
struct Stored {
    index: u64,
    entry: Vec<u8>,
    restricted: Vec<u8>,
    withheld: Vec<u8>,
}

/// Entries as they lie on the disk, in portions for one core.
pub(crate) struct Unopened {
    chunks: Vec<Vec<Stored>>,
    len: usize,
}

impl EntryReader {
    /// A reader that parses on the threads of the whole process.
    pub(crate) fn new(log: Reader, keyring: Arc<Keyring>) -> Self {
        Self { log, keyring, catalogue: Catalogue::builtin(), threads: None }
    }

    /// The same reader, parsing on these threads.
    pub(crate) fn on(self, threads: Option<Arc<ThreadPool>>) -> Self {
        Self { threads, ..self }
    }

    /// The same reader with other keys.
    pub(crate) fn with(self, keyring: Arc<Keyring>) -> Self {
        Self { keyring, ..self }
    }

    /// Reads a range and makes something of each entry, in order, on all threads.
    ///
    /// # Errors
    /// The first entry that cannot be read.
    pub(crate) fn each<T: Send>(
        &self,
        range: Range<u64>,
        make: impl Fn(Opened) -> T + Send + Sync,
    ) -> Result<Vec<T>, Unread> {
        self.open_each(self.fetch(range)?, make)
    }

    /// Reads a range as it lies on the disk.
    ///
    /// # Errors
    /// The first entry that cannot be read.
    pub(crate) fn fetch(&self, range: Range<u64>) -> Result<Unopened, Unread> {
        let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0);
        let entries = self.log.entries(range.clone());
        let restricted = self.log.vault_records(Class::R, range.clone());
        let withheld = self.log.vault_records(Class::W, range.clone());
        let mut chunks: Vec<Vec<Stored>> = Vec::with_capacity(len.div_ceil(PARSE_CHUNK));
        for ((index, entry), (restricted, withheld)) in range.zip(entries).zip(restricted.zip(withheld)) {
            let whole = || Ok(Stored { index, entry: entry?, restricted: restricted?, withheld: withheld? });
            let stored = whole().map_err(|fault| Unread::Read { entry: index, fault })?;
            match chunks.last_mut() {
                Some(chunk) if chunk.len() < PARSE_CHUNK => chunk.push(stored),
                _ => chunks.push(vec![stored]),
            }
        }
        Ok(Unopened { chunks, len })
    }

    /// Opens what was read and makes something of each entry, in order, on all threads.
    ///
    /// # Errors
    /// The first entry that cannot be understood.
    pub(crate) fn open_each<T: Send>(
        &self,
        Unopened { chunks, len }: Unopened,
        make: impl Fn(Opened) -> T + Send + Sync,
    ) -> Result<Vec<T>, Unread> {
        let parse = |chunk: Vec<Stored>| -> Result<Vec<T>, Unread> {
            let mut keys = self.keyring.walk();
            chunk.into_iter().map(|stored| self.open(stored, &mut keys).map(&make)).collect()
        };
        let made: Vec<Result<Vec<T>, Unread>> = self.spread(|| chunks.into_par_iter().map(parse).collect());
        let mut all = Vec::with_capacity(len);
        for chunk in made {
            all.extend(chunk?);
        }
        Ok(all)
    }

    /// Reads one entry.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn one(&self, index: u64) -> Result<Opened, Unread> {
        let record = |class| self.log.vault_record(index, class);
        let read = || {
            let (restricted, withheld) = (record(Class::R)?, record(Class::W)?);
            Ok(Stored { index, entry: self.log.entry(index)?, restricted, withheld })
        };
        let stored = read().map_err(|fault| Unread::Read { entry: index, fault })?;
        self.open(stored, &mut self.keyring.walk())
    }

    /// Runs `work` where this reader parses.
    pub(crate) fn spread<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.threads {
            Some(threads) => threads.install(work),
            None => work(),
        }
    }

    fn open(&self, stored: Stored, keys: &mut KeyWalk<'_>) -> Result<Opened, Unread> {
        let Stored { index, entry, restricted, withheld } = stored;
        let mut open = |class, record| match self.log.open_stored(keys, index, class, record) {
            // What is erased is hidden, not a fault.
            Err(ReadError::Record { fault: RecordFault::Erased, .. }) => Ok(Vec::new()),
            other => other.map_err(|fault| Unread::Read { entry: index, fault }),
        };
        let restricted = open(Class::R, restricted)?;
        let withheld = open(Class::W, withheld)?;
        let form = |reason: String| Unread::Form { entry: index, reason };
        let entry = parse_entry(&entry).map_err(|fault| form(fault.to_string()))?;
        let disclosures = restricted.iter().skip(1).chain(&withheld).map(String::as_str).collect();
        let said = Said::read(entry.event, disclosures, self.catalogue);
        let said = said.map_err(|refusal| form(refusal.to_string()))?;
        let received = restricted.first().and_then(|intake| received_at(intake)?.parse::<Timestamp>().ok());
        Ok(Opened { index, received: received.map(Timestamp::as_second), said: Arc::new(said) })
    }
}

#[cfg(test)]
mod tests;
