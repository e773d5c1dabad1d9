//! Single fields: which slots that the ledger erased can still be opened, and which were destroyed.

use std::collections::BTreeSet;

use daybook_access::{Erasure, Part};
use daybook_ledger::access::still_open;
use daybook_store::{Class, Keyring, Reader};
use serde::Serialize;

use super::orders::{Order, Orders};
use crate::Fault;

/// A field of one entry, or fields that are always erased together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Field {
    pub(super) entry: u64,
    /// Its slot; none where no order says which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slot: Option<String>,
}

/// The slots that an order names and a keyring still opens.
pub(super) fn alive(log: &Reader, keyring: &Keyring, order: &Order) -> Result<Vec<Field>, Fault> {
    let part = Part::parse(order.sealing.part.name()).ok_or("a part that is not known")?;
    let mut found = Vec::new();
    for slot in &order.sealing.slots {
        for entry in order.sealing.spans.iter().flat_map(|span| span.first..=span.last) {
            let erasure = Erasure { entry, part, slots: vec![slot.clone()] };
            if !still_open(log, keyring, &erasure)?.is_empty() {
                found.push(Field { entry, slot: Some(slot.clone()) });
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The same over all orders.
pub(super) fn alive_of_all(log: &Reader, keyring: &Keyring, orders: &Orders) -> Result<Vec<Field>, Fault> {
    let mut found = BTreeSet::new();
    for order in &orders.erasures {
        found.extend(alive(log, keyring, order)?);
    }
    Ok(found.into_iter().collect())
}

/// How many single disclosures a keyring has lost, beside whole records.
pub(super) fn destroyed(keyring: &Keyring) -> u64 {
    let count =
        |class| keyring.partly_erased(class).values().map(|positions| positions.len() as u64).sum::<u64>();
    Class::ALL.into_iter().map(count).sum()
}

/// Entries of which single disclosures are destroyed though no order is about fields of theirs.
pub(super) fn without_order(keyring: &Keyring, orders: &Orders) -> Vec<Field> {
    let ordered = |entry: u64, class| orders.erasures.iter().any(|order| order.touches(entry, class));
    let mut found: BTreeSet<u64> = BTreeSet::new();
    for class in Class::ALL {
        found.extend(keyring.partly_erased(class).into_keys().filter(|entry| !ordered(*entry, class)));
    }
    found.into_iter().map(|entry| Field { entry, slot: None }).collect()
}

/// In words.
pub(super) fn name(field: &Field) -> String {
    match &field.slot {
        Some(slot) => format!("{slot} of entry {}", field.entry),
        None => format!("some of entry {}", field.entry),
    }
}
