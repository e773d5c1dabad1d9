//! Nothing left out, nothing added: the list of leaves, the records and the list of what is held back say the same.

use std::collections::{BTreeMap, BTreeSet};

use daybook_tlog::Hash;

use super::code::Check;
use super::hex;
use super::leaves::{LeafState, Leaves, number};
use super::look::Seen;
use super::report::Findings;
use super::source::PackageSource;
use super::table::read_table;

const LEAVES: &str = "data/PROOFS/leaves.csv";
pub(crate) const WITHHELD: &str = "data/LOGS/withheld.csv";
pub(crate) const WITHHELD_COLUMNS: [&str; 6] =
    ["LOGINDEX", "LEAFHASH", "STATE", "REASON", "AUTHORITY", "ORDEREDBY"];
const WITHHELD_STATES: [&str; 3] = ["privileged", "sealed", "excluded"];

/// A row of `withheld.csv` that says that a record is sealed: entry, and entry of the order.
pub(crate) type SealedRow = (u64, Option<u64>);

/// Checks completeness; what `withheld.csv` calls sealed.
pub(crate) fn check_complete(
    source: &dyn PackageSource,
    leaves: &Leaves,
    natives: &[Seen<'_>],
    others: &[&Seen<'_>],
    findings: &mut Findings,
) -> Vec<SealedRow> {
    let mut produced = BTreeSet::new();
    for native in natives {
        if !produced.insert(native.index) {
            let what = "another native has the same record";
            findings.add(Check::Complete, Some(&native.file), Some(native.index), what);
        }
        against_row(native, leaves, &[LeafState::Produced], findings);
    }
    let allowed = [LeafState::Authority, LeafState::Produced];
    others.iter().for_each(|other| against_row(other, leaves, &allowed, findings));
    let held: BTreeSet<u64> = others.iter().map(|other| other.index).collect();
    let (withheld, sealed) = read_withheld(source, findings);
    for (index, (state, hash)) in &leaves.named {
        let fault = |findings: &mut Findings, file, what: &str| {
            findings.add(Check::Complete, Some(file), Some(*index), what);
        };
        match state {
            LeafState::Produced if !produced.contains(index) => {
                fault(findings, LEAVES, "this leaf is called produced, and no native has its record");
            }
            LeafState::Authority if !held.contains(index) => {
                fault(
                    findings,
                    LEAVES,
                    "this leaf is called authority, and its record is not in the package",
                );
            }
            LeafState::Withheld => match withheld.get(index) {
                None => fault(
                    findings,
                    LEAVES,
                    "this leaf is called withheld, and withheld.csv has no row for it",
                ),
                Some(listed) if listed != hash => {
                    fault(findings, WITHHELD, "the leaf hash in this row is not the one in leaves.csv");
                }
                Some(_) => {}
            },
            _ => {}
        }
    }
    for index in withheld.keys() {
        if !matches!(leaves.named.get(index), Some((LeafState::Withheld, _))) {
            let what = "this row is for a leaf that leaves.csv does not call withheld";
            findings.add(Check::Complete, Some(WITHHELD), Some(*index), what);
        }
    }
    sealed
}

/// Whether a record's row says what the record is, with its leaf hash.
fn against_row(seen: &Seen<'_>, leaves: &Leaves, allowed: &[LeafState], findings: &mut Findings) {
    // Records from beyond the checkpoint have no row; only the bag record can have a proof there.
    if seen.index >= leaves.size {
        return;
    }
    let what = match leaves.named.get(&seen.index) {
        None => "leaves.csv does not name this record's leaf: it says not responsive or later",
        Some((state, _)) if !allowed.contains(state) => "leaves.csv gives this record's leaf another state",
        Some((_, hash)) if *hash != seen.leaf => "the leaf hash in leaves.csv is not this record's",
        Some(_) => return,
    };
    findings.add(Check::Complete, Some(&seen.file), Some(seen.index), what);
}

fn read_withheld(
    source: &dyn PackageSource,
    findings: &mut Findings,
) -> (BTreeMap<u64, Hash>, Vec<SealedRow>) {
    let (mut withheld, mut sealed) = (BTreeMap::new(), Vec::new());
    read_table(source, WITHHELD, &WITHHELD_COLUMNS, Check::Complete, findings, |line, row, findings| {
        let [index, leaf, state, _, _, by] = row else { return };
        let (index, leaf) = (number(index), hex::decode(leaf).map(Hash));
        let by = if by.is_empty() { Some(None) } else { number(by).map(Some) };
        let known = WITHHELD_STATES.contains(&state.as_str());
        let (Some(index), Some(leaf), Some(by), true) = (index, leaf, by, known) else {
            let what = format!(
                "line {line} is not an index, a leaf hash, a state that there is, and an order's index or nothing"
            );
            return findings.file(Check::Complete, WITHHELD, what);
        };
        if withheld.insert(index, leaf).is_some() {
            findings.add(Check::Complete, Some(WITHHELD), Some(index), "this leaf has two rows");
        }
        if state == "sealed" {
            sealed.push((index, by));
        }
    });
    (withheld, sealed)
}
