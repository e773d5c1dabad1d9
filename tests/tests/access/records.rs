//! What the ledger recorded of its readers, read from its files.

use std::collections::BTreeMap;

use daybook_ledger::knowledge::{CHUNK_ENTRIES, FactReader};
use daybook_ledger::open;
use daybook_rules::fact::Fact;
use daybook_tests::Ledger;

/// Every fact of the ledger.
pub(crate) fn facts(ledger: &Ledger) -> Vec<Fact> {
    let (config, reader, keyring) = open::read_only(&ledger.dir()).expect("a ledger");
    let reader = FactReader::new(reader, keyring, config.zone(), &[3; 32]);
    let mut facts: Vec<Fact> = Vec::new();
    while (facts.len() as u64) < reader.size() {
        let from = facts.len() as u64;
        facts.extend(reader.facts(from..reader.size().min(from + CHUNK_ENTRIES)).expect("entries"));
    }
    facts
}

/// The reads that are recorded, by their numbers: how often each, and how many records it showed.
pub(crate) fn reads(facts: &[Fact]) -> BTreeMap<String, (usize, u64)> {
    let mut reads = BTreeMap::new();
    for fact in facts.iter().filter(|fact| &*fact.kind == "records.read") {
        let listed = fact.fields["reads"].as_array().expect("reads");
        assert_eq!(fact.fields["reads_total"].as_u64(), Some(listed.len() as u64));
        for read in listed {
            let number = read["read"].as_str().expect("a number").to_owned();
            let seen = reads.entry(number).or_insert((0, 0));
            seen.0 += 1;
            seen.1 = read["rows"].as_u64().expect("rows");
        }
    }
    reads
}
