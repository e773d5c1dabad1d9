//! The erasures that a ledger orders, read off its log.

use std::path::Path;

use daybook_event::entry::parse_entry;
use daybook_event::sealing::RECORD_SEALED;
use daybook_event::{Registry, SealKind, Sealing, Standing, Token};
use daybook_store::Class;
use daybook_tlog::{Checkpoint, SignedNote};
use daybook_verify::{DirSource, Layout, for_each_entry};

use super::spans::Spans;
use crate::Fault;

/// One erasure.
pub(super) struct Order {
    /// The entry that orders it.
    pub(super) by: u64,
    /// What it covers.
    pub(super) sealing: Sealing,
    /// The month of the event.
    pub(super) period: String,
}

impl Order {
    /// The entries whose whole record of this class it takes away.
    pub(super) fn covers(&self, class: Class) -> Spans {
        let whole = self.is_about(class) && self.sealing.slots.is_empty();
        let runs = self.sealing.spans.iter().filter(|_| whole);
        Spans::new(runs.map(|span| span.first..span.last + 1).collect())
    }

    /// Whether it takes away something of this class of an entry.
    pub(super) fn touches(&self, entry: u64, class: Class) -> bool {
        self.is_about(class) && self.sealing.spans.iter().any(|span| span.contains(entry))
    }

    fn is_about(&self, class: Class) -> bool {
        match class {
            Class::R => self.sealing.part.restricted(),
            Class::W => self.sealing.part.withheld(),
        }
    }
}

/// All erasures of a ledger.
pub(super) struct Orders {
    /// Entries under the latest checkpoint.
    pub(super) size: u64,
    pub(super) erasures: Vec<Order>,
    /// Entries that order something which cannot be relied on, with what is wrong.
    pub(super) unclear: Vec<(u64, String)>,
}

impl Orders {
    /// Folds the log. Its files are only read, so a running ledger is not disturbed.
    pub(super) fn read(dir: &Path) -> Result<Orders, Fault> {
        let note = std::fs::read_to_string(dir.join("log/checkpoint")).map_err(|e| {
            format!("{}: {e}; is this a ledger's directory?", dir.join("log/checkpoint").display())
        })?;
        let size = Checkpoint::parse_text(SignedNote::parse(note.as_bytes())?.text())?.size;
        let mut orders = Orders { size, erasures: Vec::new(), unclear: Vec::new() };
        let mut registry = Registry::default();
        for_each_entry(&DirSource::new(dir, Layout::Ledger), size, |index, entry| {
            orders.take(index, entry, &mut registry).map_err(|reason| {
                std::io::Error::other(format!("entry {index}: {reason}; run `daybook verify log`"))
            })
        })?;
        Ok(orders)
    }

    /// As a verifier does: only an event of the ledger's own, signed by a key that was in force, counts.
    fn take(&mut self, index: u64, entry: &[u8], registry: &mut Registry) -> Result<(), String> {
        let event = parse_entry(entry).map_err(|e| e.to_string())?.event;
        let token = Token::parse_jwt(event).map_err(|e| e.to_string())?;
        let claims = token.claims();
        if claims.event.as_str() != RECORD_SEALED {
            return registry.apply(index, &token).map_err(|e| e.to_string());
        }
        let Standing::InForce(key) = registry.standing(&claims.iss, token.kid(), claims.seq) else {
            return Ok(());
        };
        if !claims.iss.is_ledger() || !key.verify_strict(token.signing_input(), token.signature()) {
            return Ok(());
        }
        match Sealing::read(index, &claims.data) {
            Ok(Some(sealing)) if sealing.kind == SealKind::Erased => {
                self.erasures.push(Order { by: index, sealing, period: claims.period.to_string() });
            }
            Ok(_) => {}
            Err(fault) => self.unclear.push((index, fault.to_string())),
        }
        Ok(())
    }

    /// Every entry whose whole record of this class is to be gone.
    pub(super) fn covers(&self, class: Class) -> Spans {
        Spans::new(self.erasures.iter().flat_map(|order| order.covers(class).into_runs()).collect())
    }
}
