//! What there is to protect: facts, and the figures that count them.

use std::collections::{BTreeMap, BTreeSet};

/// How many axes facts may have.
pub const MAX_AXES: usize = 12;
/// How many figures one problem may have.
pub const MAX_FIGURES: usize = 20_000;

/// The kind of a fact: its value on every axis.
pub type Atom = Vec<u16>;

/// How many facts there are of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// How many values each axis has.
    pub axes: Vec<u16>,
    /// The kinds that occur.
    pub counts: BTreeMap<Atom, u64>,
}

/// A part of the space of facts: per axis, the values that belong to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(pub Vec<BTreeSet<u16>>);

impl Region {
    /// Everything.
    pub fn whole(axes: &[u16]) -> Self {
        Self(axes.iter().map(|size| (0..*size).collect()).collect())
    }

    /// The same, with one value only on this axis.
    #[must_use]
    pub fn at(mut self, axis: usize, value: u16) -> Self {
        self.0[axis] = BTreeSet::from([value]);
        self
    }

    /// Whether facts of this kind belong to it.
    pub fn contains(&self, atom: &[u16]) -> bool {
        self.0.iter().zip(atom).all(|(values, value)| values.contains(value))
    }
}

/// One number: how many facts are in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The facts counted.
    pub region: Region,
    /// Facts of the region that are not counted.
    pub minus: Option<Region>,
    /// What the report does with it.
    pub role: Role,
}

impl Figure {
    /// Whether facts of this kind are counted.
    pub fn counts(&self, atom: &[u16]) -> bool {
        self.region.contains(atom) && !self.minus.as_ref().is_some_and(|minus| minus.contains(atom))
    }
}

/// What the report does with a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It has a place in the report, and is shown there unless it is withheld.
    Shown {
        /// The total of the smallest row that it stands in: decides whether a zero is shown.
        row_total: u64,
        /// Whether it is the numerator of a rate over that total, so that "all of a few" would tell as much as "none of a few".
        share: bool,
    },
    /// No table shows it, but it can be got by subtraction. It is protected if it is small.
    Implied,
    /// Readers have it already. It cannot be withheld any more.
    Known,
}

/// Facts and figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// What happened.
    pub facts: Facts,
    /// What is counted.
    pub figures: Vec<Figure>,
}

impl Problem {
    /// The true count of a figure.
    pub fn count(&self, figure: &Figure) -> u64 {
        self.facts.counts.iter().filter(|(atom, _)| figure.counts(atom)).map(|(_, count)| *count).sum()
    }

    /// Whether axes, atoms and regions fit together.
    pub(crate) fn check(&self) -> Result<(), ProblemFault> {
        let axes = &self.facts.axes;
        if axes.len() > MAX_AXES || self.figures.len() > MAX_FIGURES {
            return Err(ProblemFault::TooLarge);
        }
        let fits =
            |atom: &Atom| atom.len() == axes.len() && atom.iter().zip(axes).all(|(value, size)| value < size);
        let covers = |region: &Region| {
            let in_axis = |(values, size): (&BTreeSet<u16>, &u16)| {
                values.first().is_some() && values.last().is_some_and(|value| value < size)
            };
            region.0.len() == axes.len() && region.0.iter().zip(axes).all(in_axis)
        };
        let regions =
            self.figures.iter().flat_map(|figure| [Some(&figure.region), figure.minus.as_ref()]).flatten();
        if !self.facts.counts.keys().all(fits) || !regions.into_iter().all(covers) {
            return Err(ProblemFault::Shape);
        }
        let total = self.facts.counts.values().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        // Alternative tables are made in signed numbers.
        if total.is_none_or(|total| total > u64::from(u32::MAX)) {
            Err(ProblemFault::TooLarge)
        } else {
            Ok(())
        }
    }
}

/// Why a problem cannot be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProblemFault {
    /// Atoms or regions that do not fit the axes.
    #[error("a fact or a region does not fit the axes")]
    Shape,
    /// More than the bounds.
    #[error(
        "more than {MAX_AXES} axes, {MAX_FIGURES} figures or four thousand million facts; split the report by subject"
    )]
    TooLarge,
}

/// The rule's numbers. They are part of a report's policy and are printed in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Counts from 1 up to this are withheld.
    pub small_up_to: u64,
    /// A zero is shown only in a row with at least this total.
    pub zero_row_at_least: u64,
    /// How many values every withheld figure could have, as far as a reader can tell.
    pub min_values: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self { small_up_to: 9, zero_row_at_least: 50, min_values: 3 }
    }
}

/// Why a figure is withheld. Never printed: a reader who knew it would know more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is from 1 to the threshold, or a zero, in a row where zeros are withheld too.
    SmallOrZero,
    /// It is from 1 to the threshold, in a row where zeros are shown.
    Small,
    /// It is all of a few: its rest would be a zero that is withheld.
    AllOfFew,
    /// It would give another figure away.
    Complement,
    /// Nothing less protects the others.
    Whole,
}

impl Reason {
    /// The values that the strictest reader would think possible for a withheld figure, true count given.
    pub(crate) fn range(self, count: i64, params: &Params) -> (i64, i64) {
        let threshold = i64::try_from(params.small_up_to).unwrap_or(i64::MAX - 1);
        match self {
            Self::SmallOrZero => (0, threshold),
            Self::Small => (1, threshold),
            Self::AllOfFew | Self::Complement if count > threshold => (threshold + 1, i64::MAX),
            Self::AllOfFew | Self::Complement | Self::Whole => (0, i64::MAX),
        }
    }
}
