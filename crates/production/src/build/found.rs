//! What was found: every line of the materials is read once and held against the tree that was searched.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use daybook_event::Jti;
use daybook_tlog::{Hash, HashReader};
use daybook_verify::production::LeafState;

use super::error::{BuildError, FETCH_AGAIN};
use super::lines::Lines;
use super::material::{MATERIALS, Material, Why};
use super::plan::Plan;
use super::progress::{Progress, Step, Tell};
use super::trust::Tree;

/// An entry that was found.
struct Entry {
    index: u64,
    /// How many that go out stand before it; none where it is held back.
    ordinal: Option<u64>,
}

/// What was found, small enough to be kept in memory as a whole.
pub(super) struct Found {
    entries: Vec<Entry>,
    /// Where the events that go out stand, by identifier.
    places: Vec<(Jti, u64)>,
    /// The orders that something found is sealed or erased by.
    pub(super) orders: BTreeSet<u64>,
    pub(super) produced: u64,
    pub(super) withheld: u64,
}

/// What is kept of a line.
enum Row {
    Entry { line: u64, index: u64, jti: Option<Jti>, orders: Vec<u64> },
    End { produced: u64, withheld: u64 },
}

impl Found {
    /// Reads the materials to their end.
    pub(super) fn read<R: HashReader + Sync>(
        plan: &Plan<'_>,
        materials: &Path,
        searched: &Tree<'_, R>,
        tell: &Tell<'_>,
    ) -> Result<Self, BuildError>
    where
        R::Error: Display,
    {
        let mut found = Self {
            entries: Vec::new(),
            places: Vec::new(),
            orders: BTreeSet::new(),
            produced: 0,
            withheld: 0,
        };
        let mut end = None;
        let work = |line| row(&line, searched);
        let take = |row| match row {
            _ if end.is_some() => Err(whole("there are lines behind the one that ends it")),
            Row::End { produced, withheld } => {
                end = Some((produced, withheld));
                Ok(())
            }
            Row::Entry { line, index, jti, orders } => {
                found.push(line, index, jti, orders)?;
                let done = found.entries.len() as u64;
                tell(Progress { step: Step::Reading, done, all: plan.opened.found });
                Ok(())
            }
        };
        Lines::open(materials, MATERIALS)?.each(plan.at_once, work, take)?;
        match end {
            None => return Err(whole("the line that ends it is missing, so it was cut off")),
            Some(end) if end != (found.produced, found.withheld) => {
                return Err(whole("its last line counts other records than it has"));
            }
            Some(_) => {}
        }
        let opened = &plan.opened;
        if (found.produced, found.withheld) != (opened.produced, opened.withheld) {
            let what = format!(
                "the materials have {} records that go out and {} that are held back, and production.opened says {} and {}",
                found.produced, found.withheld, opened.produced, opened.withheld
            );
            return Err(BuildError::unfit(what, FETCH_AGAIN));
        }
        found.places.sort_unstable();
        Ok(found)
    }

    fn push(&mut self, line: u64, index: u64, jti: Option<Jti>, orders: Vec<u64>) -> Result<(), BuildError> {
        if self.entries.last().is_some_and(|before| before.index >= index) {
            let what = format!("entry {index} does not come after the one before it");
            return Err(BuildError::Line { file: MATERIALS, line, what, remedy: FETCH_AGAIN });
        }
        let ordinal = jti.map(|jti| {
            self.places.push((jti, index));
            self.produced += 1;
            self.produced - 1
        });
        if ordinal.is_none() {
            self.withheld += 1;
        }
        self.entries.push(Entry { index, ordinal });
        self.orders.extend(orders);
        Ok(())
    }

    /// At which entry of this production an event stands; the first, where an identifier was used twice.
    pub(super) fn place(&self, jti: &Jti) -> Option<u64> {
        let at = self.places.partition_point(|(known, _)| known < jti);
        self.places.get(at).filter(|(known, _)| known == jti).map(|(_, index)| *index)
    }

    /// How many records that go out stand before this one.
    pub(super) fn ordinal(&self, index: u64) -> Option<u64> {
        self.entry(index)?.ordinal
    }

    /// What became of an entry, where it was found.
    pub(super) fn state(&self, index: u64) -> Option<LeafState> {
        self.entry(index).map(Entry::state)
    }

    /// All of them, ascending.
    pub(super) fn states(&self) -> impl Iterator<Item = (u64, LeafState)> {
        self.entries.iter().map(|entry| (entry.index, entry.state()))
    }

    fn entry(&self, index: u64) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&index, |entry| entry.index).ok()?;
        self.entries.get(at)
    }
}

impl Entry {
    fn state(&self) -> LeafState {
        if self.ordinal.is_some() { LeafState::Produced } else { LeafState::Withheld }
    }
}

/// The materials as a whole are not what they should be.
pub(super) fn whole(what: &str) -> BuildError {
    BuildError::unfit(format!("the file of the materials is not whole: {what}"), FETCH_AGAIN)
}

fn row<R: HashReader>(line: &super::lines::Line, searched: &Tree<'_, R>) -> Result<Row, BuildError>
where
    R::Error: Display,
{
    let material = Material::read(line)?;
    let (index, leaf): (u64, Hash) = match &material {
        Material::Produced(record) => (record.index, record.leaf()),
        Material::Withheld(record) => (record.index, record.leaf),
        Material::End { produced, withheld } => {
            return Ok(Row::End { produced: *produced, withheld: *withheld });
        }
    };
    searched.path(index, &leaf)?;
    let (jti, orders) = match material {
        Material::Produced(record) => {
            (Some(record.jti()?), record.locked.iter().map(|lock| lock.by).collect())
        }
        Material::Withheld(record) => match record.why {
            Why::Sealed { by, .. } => (None, vec![by]),
            Why::Privileged(_) | Why::Excluded(_) => (None, Vec::new()),
        },
        Material::End { .. } => (None, Vec::new()),
    };
    Ok(Row::Entry { line: line.number, index, jti, orders })
}
