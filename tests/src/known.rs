//! What a ledger knows, folded in the test's own process from the ledger's files.

use std::path::Path;
use std::sync::Arc;

use daybook_ledger::knowledge::{CHUNK_ENTRIES, FactReader};
use daybook_ledger::{findings, open};
use daybook_rules::engine::Engine;

/// A ledger, folded to the present.
pub struct Known {
    /// The fold.
    pub engine: Engine<FactReader>,
    /// Entries of type `finding.raised`.
    pub raised: usize,
}

impl Known {
    /// Folds the ledger in a directory, beside a service that may be running.
    ///
    /// # Panics
    /// It cannot be read.
    pub fn of(dir: &Path) -> Self {
        let (config, reader, keyring) = open::read_only(dir).expect("a ledger");
        let ruleset = Arc::new(findings::ruleset(dir, &config.rules).expect("packs"));
        let facts = FactReader::new(reader, keyring, ruleset.calendar().zone().clone(), &[3; 32]);
        let mut known = Self { engine: Engine::new(ruleset, facts.clone()), raised: 0 };
        while known.engine.size() < facts.size() {
            let from = known.engine.size();
            for fact in facts.facts(from..facts.size().min(from + CHUNK_ENTRIES)).expect("entries") {
                known.raised += usize::from(&*fact.kind == "finding.raised");
                known.engine.feed(fact).expect("entries");
            }
        }
        known.engine.advance(jiff::Timestamp::now().as_second()).expect("entries");
        known
    }
}
