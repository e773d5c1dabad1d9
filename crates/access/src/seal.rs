//! What is sealed or erased where. Public fields are never touched; seals bind readers, erasing binds everybody.
//!
//! Nothing is taken back in place: what holds at an entry is read off the orders about it, in the order of the log.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use daybook_event::{Class, Period};
use serde::{Deserialize, Serialize};

use crate::request::{ActKind, Request};
use crate::roles::Role;
use crate::scope::{Entries, Part};

/// What became of a part of a record.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TombstoneKind {
    /// Readable by those whom the order names.
    Sealed,
    /// Readable by nobody, for good.
    Erased,
}

/// What stands in the place of fields that are sealed or erased.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tombstone {
    /// Sealed or erased.
    pub kind: TombstoneKind,
    /// Which part; of a seal that was lifted for a part, the rest.
    pub part: Part,
    /// Which slots; empty for all slots of the part.
    pub slots: Vec<String>,
    /// Who may still read; empty for nobody.
    pub readers: Vec<Role>,
    /// On what authority, as the event writes it.
    pub authority: String,
    /// The month of the order's entry.
    pub period: Period,
    /// The entry that carried the order out.
    pub ordered_by: u64,
}

/// The order by which something is closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ByOrder {
    /// Sealed or erased.
    pub kind: TombstoneKind,
    /// On what authority, as the event writes it.
    pub authority: String,
    /// The entry that carried the order out.
    pub entry: u64,
}

/// What is to be erased of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Erasure {
    /// The entry.
    pub entry: u64,
    /// Which part.
    pub part: Part,
    /// Which slots of the part; empty for all of it.
    pub slots: Vec<String>,
}

/// Whether seals and erasures leave a slot to a reader. It says nothing about the reader's role otherwise.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Nothing is in the way.
    Open,
    /// Sealed to this reader.
    Sealed,
    /// Erased.
    Erased,
}

/// An order that was carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Order {
    kind: ActKind,
    part: Part,
    slots: Vec<String>,
    readers: Vec<Role>,
    authority: String,
    period: Period,
    entry: u64,
}

impl ByOrder {
    fn of(order: &Order, kind: TombstoneKind) -> Self {
        Self { kind, authority: order.authority.clone(), entry: order.entry }
    }
}

impl Order {
    fn covers(&self, class: Class, slot: Option<&str>) -> bool {
        let named = slot.is_none_or(|slot| self.slots.is_empty() || self.slots.iter().any(|one| one == slot));
        self.part.covers(class) && named
    }

    /// Whether this unsealing lifts `seal` for a class as a whole.
    fn lifts(&self, seal: &Self, class: Class) -> bool {
        let all_slots = self.slots.is_empty()
            || (!seal.slots.is_empty() && seal.slots.iter().all(|slot| self.slots.contains(slot)));
        self.kind == ActKind::Unseal && self.part.covers(class) && all_slots
    }
}

/// All orders, and which of them are about which entries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Seals {
    orders: Vec<Order>,
    /// Disjoint ranges by their first entry: the last entry, and the orders about the range in the order of the log.
    marks: BTreeMap<u64, (u64, Vec<usize>)>,
}

impl Seals {
    /// Takes in an order for sealing, unsealing or erasing that entry `entry` says was carried out.
    pub(crate) fn carry_out(&mut self, request: &Request, entry: u64, period: Period) {
        let order = Order {
            kind: request.act,
            part: request.part,
            slots: request.slots.clone(),
            readers: request.readers.clone(),
            authority: request.authority.clone(),
            period,
            entry,
        };
        let number = self.orders.len();
        self.orders.push(order);
        for range in request.entries.ranges() {
            self.mark(range, number);
        }
    }

    /// Adds an order to a range: ranges that cross its ends are cut there, and what is in between is filled in.
    fn mark(&mut self, range: &RangeInclusive<u64>, order: usize) {
        let (start, end) = (*range.start(), *range.end());
        self.cut(start);
        self.cut(end + 1);
        let mut free = start;
        let mut gaps = Vec::new();
        for (&first, (last, orders)) in self.marks.range_mut(start..=end) {
            if free < first {
                gaps.push((free, first - 1));
            }
            orders.push(order);
            free = *last + 1;
        }
        if free <= end {
            gaps.push((free, end));
        }
        self.marks.extend(gaps.into_iter().map(|(first, last)| (first, (last, vec![order]))));
    }

    /// Lets a range begin at `at` where one goes across it.
    fn cut(&mut self, at: u64) {
        let Some((_, (last, orders))) = self.marks.range_mut(..at).next_back() else { return };
        if *last >= at {
            let rest = (*last, orders.clone());
            *last = at - 1;
            self.marks.insert(at, rest);
        }
    }

    fn at(&self, entry: u64) -> impl DoubleEndedIterator<Item = &Order> {
        let found = self.marks.range(..=entry).next_back().filter(|(_, (last, _))| *last >= entry);
        let orders = found.map(|(_, (_, orders))| orders.as_slice()).unwrap_or_default();
        orders.iter().filter_map(|number| self.orders.get(*number))
    }

    /// Whether a slot of a class, or without a slot any slot of the class, is closed to a reader.
    pub(crate) fn visible(&self, entry: u64, class: Class, slot: Option<&str>, reader: Role) -> Visibility {
        let mut against: Vec<&Order> = Vec::new();
        for order in self.at(entry) {
            match order.kind {
                // Where single slots are erased, the rest of the class is as it was.
                ActKind::Erase if order.covers(class, Some(slot.unwrap_or_default())) => {
                    return Visibility::Erased;
                }
                ActKind::Seal if order.covers(class, slot) && !order.readers.contains(&reader) => {
                    against.push(order);
                }
                ActKind::Unseal => against.retain(|seal| match slot {
                    Some(_) => !order.covers(class, slot),
                    None => !order.lifts(seal, class),
                }),
                _ => {}
            }
        }
        if against.is_empty() { Visibility::Open } else { Visibility::Sealed }
    }

    /// The order that closes a slot to everybody whom no seal can name: the first erasure, otherwise the first seal that stands.
    pub(crate) fn closing(&self, entry: u64, class: Class, slot: &str) -> Option<ByOrder> {
        let mut against: Vec<&Order> = Vec::new();
        for order in self.at(entry).filter(|order| order.covers(class, Some(slot))) {
            match order.kind {
                ActKind::Erase => return Some(ByOrder::of(order, TombstoneKind::Erased)),
                ActKind::Seal => against.push(order),
                ActKind::Unseal => against.clear(),
                _ => {}
            }
        }
        against.first().map(|order| ByOrder::of(order, TombstoneKind::Sealed))
    }

    /// The first seal over everything of an entry of which nothing was lifted since.
    pub(crate) fn closing_whole(&self, entry: u64) -> Option<ByOrder> {
        let mut against: Vec<&Order> = Vec::new();
        for order in self.at(entry) {
            match order.kind {
                ActKind::Seal if order.part == Part::All && order.slots.is_empty() => against.push(order),
                ActKind::Unseal => against.clear(),
                _ => {}
            }
        }
        against.first().map(|order| ByOrder::of(order, TombstoneKind::Sealed))
    }

    /// The ranges about which an order came after an entry, ascending.
    pub(crate) fn touched_after(&self, entry: u64) -> impl Iterator<Item = RangeInclusive<u64>> + '_ {
        let later = move |number: &usize| self.orders.get(*number).is_some_and(|order| order.entry > entry);
        let touched = self.marks.iter().filter(move |(_, (_, orders))| orders.iter().any(later));
        touched.map(|(first, (last, _))| *first..=*last)
    }

    /// Whether an order about `entry` came after the entry `after`.
    pub(crate) fn is_touched_after(&self, entry: u64, after: u64) -> bool {
        self.at(entry).any(|order| order.entry > after)
    }

    /// Whether there was ever an order about an entry.
    pub(crate) fn is_marked(&self, entry: u64) -> bool {
        self.at(entry).next().is_some()
    }

    /// Whether a slot of an entry is erased, by itself or with its part.
    pub(crate) fn is_erased(&self, entry: u64, class: Class, slot: &str) -> bool {
        self.at(entry).any(|order| order.kind == ActKind::Erase && order.covers(class, Some(slot)))
    }

    /// Everything that stands at an entry, in the order of the log.
    pub(crate) fn tombstones(&self, entry: u64) -> Vec<Tombstone> {
        let mut standing: Vec<Tombstone> = Vec::new();
        let orders: Vec<&Order> = self.at(entry).collect();
        for (at, order) in orders.iter().enumerate() {
            let lifted = |class| {
                let later = orders.iter().skip(at + 1);
                order.kind == ActKind::Seal && later.into_iter().any(|other| other.lifts(order, class))
            };
            let stands = |class| order.part.covers(class) && !lifted(class);
            let kind = match order.kind {
                ActKind::Seal => TombstoneKind::Sealed,
                ActKind::Erase => TombstoneKind::Erased,
                _ => continue,
            };
            standing.extend(Part::of(stands(Class::R), stands(Class::W)).map(|part| Tombstone {
                kind,
                part,
                slots: order.slots.clone(),
                readers: order.readers.clone(),
                authority: order.authority.clone(),
                period: order.period,
                ordered_by: order.entry,
            }));
        }
        standing
    }

    /// What is to be erased of each entry: the parts that are erased as a whole, then each order on slots.
    pub(crate) fn erasures(&self) -> impl Iterator<Item = Erasure> + '_ {
        self.marks.iter().flat_map(move |(first, (last, orders))| {
            let orders = orders.iter().filter_map(|number| self.orders.get(*number));
            let orders: Vec<&Order> = orders.filter(|order| order.kind == ActKind::Erase).collect();
            let whole = |class| orders.iter().any(|order| order.slots.is_empty() && order.part.covers(class));
            let parts = Part::of(whole(Class::R), whole(Class::W)).map(|part| (part, Vec::new()));
            let slots = orders.iter().filter(|order| !order.slots.is_empty());
            let slots = slots.map(|order| (order.part, order.slots.clone()));
            let said: Vec<(Part, Vec<String>)> = parts.into_iter().chain(slots).collect();
            (*first..=*last).flat_map(move |entry| {
                let of = move |(part, slots): (Part, Vec<String>)| Erasure { entry, part, slots };
                said.clone().into_iter().map(of)
            })
        })
    }

    /// The first entry of which something of `part` is closed to a reader.
    pub(crate) fn first_closed(
        &self,
        entries: &Entries,
        part: Part,
        slots: &[String],
        reader: Role,
    ) -> Option<u64> {
        let closed = |entry, class, slot| {
            part.covers(class) && self.visible(entry, class, slot, reader) != Visibility::Open
        };
        entries.iter().find(|&entry| {
            [Class::R, Class::W].into_iter().any(|class| match slots {
                [] => closed(entry, class, None),
                named => named.iter().any(|slot| closed(entry, class, Some(slot))),
            })
        })
    }
}
