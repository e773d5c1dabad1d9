//! Every redaction is listed, with the commitment that the signed event holds; what is sealed or erased was ordered.

use std::collections::{BTreeMap, HashMap};

use daybook_event::sealing::RECORD_SEALED;
use daybook_event::{Class, SealKind, Sealing, b64};

use super::code::Check;
use super::complete::{SealedRow, WITHHELD};
use super::leaves::number;
use super::look::{Looked, Seen};
use super::names::native_bates;
use super::report::{Findings, ProductionCounts};
use super::source::PackageSource;
use super::statement::fields;
use super::table::read_table;

const LOG: &str = "data/LOGS/redaction-log.csv";
/// The columns of `redaction-log.csv`, in order.
pub const COLUMNS: [&str; 11] = [
    "BATES",
    "LOGINDEX",
    "SLOT",
    "FIELDS",
    "CLASS",
    "STATE",
    "REASON",
    "AUTHORITY",
    "LABEL",
    "COMMITMENT",
    "ORDEREDBY",
];

/// An order of sealing or erasing among the authorities.
struct Order {
    sealing: Sealing,
}

/// How many slots of one native are withheld or sealed, and how many erased.
pub(crate) type Redacted = (u64, u64);

/// Checks the redaction log; for each native the number of its redactions by kind.
pub(crate) fn check_redactions(
    source: &dyn PackageSource,
    natives: &[Seen<'_>],
    authorities: &[Looked<'_>],
    sealed: &[SealedRow],
    findings: &mut Findings,
    counts: &mut ProductionCounts,
) -> Vec<Redacted> {
    let orders = orders(authorities);
    let mut log = Log {
        natives,
        orders: &orders,
        by_index: natives.iter().enumerate().map(|(at, native)| (native.index, at)).collect(),
        open: natives.iter().map(missing_bits).collect(),
        redacted: vec![(0, 0); natives.len()],
        counts,
    };
    read_table(source, LOG, &COLUMNS, Check::Redactions, findings, |line, row, findings| {
        if let Err((index, what)) = log.take(row) {
            findings.add(Check::Redactions, Some(LOG), index, format!("line {line}: {what}"));
        }
    });
    for (native, open) in natives.iter().zip(&log.open) {
        if *open != 0 {
            let slots = native.missing.iter().filter(|(number, _)| open & bit(*number) != 0);
            let names: Vec<&str> = slots.filter_map(|(number, _)| slot_name(native, *number)).collect();
            let what = format!("not disclosed, and without a row in the redaction log: {}", names.join(", "));
            findings.add(Check::Redactions, Some(&native.file), Some(native.index), what);
        }
    }
    let redacted = log.redacted;
    for (index, by) in sealed {
        let ordered = by.and_then(|by| orders.get(&by));
        let covered = ordered.is_some_and(|order| {
            order.sealing.kind == SealKind::Sealed
                && order.sealing.spans.iter().any(|span| span.contains(*index))
        });
        if !covered {
            let what =
                "this record is called sealed, and no record.sealed of the ledger that it names covers it";
            findings.add(Check::Redactions, Some(WITHHELD), Some(*index), what);
        }
    }
    redacted
}

struct Log<'a> {
    natives: &'a [Seen<'a>],
    orders: &'a BTreeMap<u64, Order>,
    by_index: HashMap<u64, usize>,
    /// The missing slots that no row has named so far, as bits.
    open: Vec<u64>,
    redacted: Vec<Redacted>,
    counts: &'a mut ProductionCounts,
}

impl Log<'_> {
    fn take(&mut self, row: &[String]) -> Result<(), (Option<u64>, &'static str)> {
        let [bates, index, slot, _, class, state, _, _, _, commitment, by] = row else {
            return Err((None, "is no row of the redaction log"));
        };
        let index = number(index).ok_or((None, "LOGINDEX is not a number"))?;
        let fault = |what| (Some(index), what);
        let at = *self.by_index.get(&index).ok_or(fault("no native is of this index"))?;
        let (Some(native), Some(open)) = (self.natives.get(at), self.open.get_mut(at)) else {
            return Err(fault("no native is of this index"));
        };
        if native_bates(&native.file) != Some(bates) {
            return Err(fault("BATES is not the native's"));
        }
        let named = |(number, _): &&(u8, [u8; 32])| slot_name(native, *number) == Some(slot);
        let (number, digest) = native
            .missing
            .iter()
            .find(named)
            .ok_or(fault("the native discloses this slot, or has none of this name"))?;
        if *open & bit(*number) == 0 {
            return Err(fault("this slot has another row"));
        }
        *open &= !bit(*number);
        if *commitment != b64::encode(digest) {
            return Err(fault("COMMITMENT is not the digest in the signed event"));
        }
        let slot_class = native.ty.slots().get(usize::from(*number)).map(|slot| slot.class);
        let class_name = match slot_class {
            Some(Class::R) => "R",
            _ => "W",
        };
        if class != class_name {
            return Err(fault("CLASS is not that of the slot"));
        }
        let kind = match state.as_str() {
            "withheld" => None,
            "sealed" => Some(SealKind::Sealed),
            "erased" => Some(SealKind::Erased),
            _ => return Err(fault("STATE is none of withheld, sealed and erased")),
        };
        let Some((withheld, erased)) = self.redacted.get_mut(at) else { return Ok(()) };
        match kind {
            None => (*withheld += 1, self.counts.slots_withheld += 1),
            Some(SealKind::Erased) => (*erased += 1, self.counts.slots_erased += 1),
            Some(_) => (*withheld += 1, self.counts.slots_sealed += 1),
        };
        match kind {
            None if by.is_empty() => Ok(()),
            None => Err(fault("ORDEREDBY names an order, and the slot is called withheld")),
            Some(kind) => {
                let order = super::leaves::number(by).and_then(|by| self.orders.get(&by));
                let order = order
                    .ok_or(fault("ORDEREDBY names no record.sealed of the ledger among the authorities"))?;
                order.covers(kind, index, slot, class == "R").map_err(fault)
            }
        }
    }
}

impl Order {
    fn covers(&self, kind: SealKind, index: u64, slot: &str, restricted: bool) -> Result<(), &'static str> {
        let Sealing { kind: ordered, part, slots, spans, .. } = &self.sealing;
        if *ordered != kind {
            return Err("the order is of another kind");
        }
        if !spans.iter().any(|span| span.contains(index)) {
            return Err("the order does not cover this entry");
        }
        if !(if restricted { part.restricted() } else { part.withheld() }) {
            return Err("the order covers another part of the record");
        }
        let named = slots.is_empty() || slots.iter().any(|named| named == slot);
        if named { Ok(()) } else { Err("the order does not cover this slot") }
    }
}

/// The orders among the authorities that can be relied on: of `ledger/access`, and with a list of entries that reads.
fn orders(authorities: &[Looked<'_>]) -> BTreeMap<u64, Order> {
    let read = |looked: &Looked<'_>| {
        let shown = fields(looked, RECORD_SEALED)?;
        let seen = looked.seen.as_ref()?;
        let sealing = Sealing::read(seen.index, shown).ok()??;
        Some((seen.index, Order { sealing }))
    };
    authorities.iter().filter_map(read).collect()
}

/// The missing slots as bits. A type has at most as many slots as an event has disclosures, 64.
fn missing_bits(native: &Seen<'_>) -> u64 {
    native.missing.iter().fold(0, |bits, (number, _)| bits | bit(*number))
}

fn bit(number: u8) -> u64 {
    1_u64.checked_shl(u32::from(number)).unwrap_or(0)
}

fn slot_name<'n>(native: &'n Seen<'_>, number: u8) -> Option<&'n str> {
    native.ty.slots().get(usize::from(number)).map(|slot| slot.name.as_str())
}
