//! Asking figures: events of one type, narrowed by what they say.

use std::collections::BTreeSet;
use std::sync::Arc;

use daybook_event::{Issuer, Period};
use jiff::civil::Date;

use super::facets::Facets;

/// Events of one type, month and department that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The month in which they happened.
    pub month: Period,
    /// The department that recorded them.
    pub department: Arc<str>,
    /// What they say, in the order of [`Facets::words`] and [`Facets::computed`]; none where they do not say it or it is erased.
    pub words: Vec<Option<Arc<str>>>,
    /// How many.
    pub count: u64,
    /// Their numbers added up, in the order of [`Facets::numbers`].
    pub sums: Vec<Sum>,
}

/// Numbers added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many events tell the number.
    pub known: u64,
    /// The sum.
    pub total: i64,
}

/// One event of a type whose events are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The day on which it happened, or the first day of the month that it speaks of.
    pub day: Date,
    /// Who signed it.
    pub issuer: Issuer,
    /// What it says, in the order of [`Facets::words`].
    pub words: Vec<Option<Arc<str>>>,
    /// Its numbers, in the order of [`Facets::numbers`].
    pub numbers: Vec<Option<i64>>,
    /// Which of two about the same thing was written down later; it does not depend on the order of the log.
    pub(super) order: (i64, [u8; 16]),
    pub(super) facets: &'static Facets,
}

impl Listed {
    /// A word.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&str> {
        self.words.get(self.facets.word(name)?)?.as_deref()
    }

    /// A number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        *self.numbers.get(self.facets.number(name)?)?
    }
}

/// Events of one type, or some of them.
#[derive(Debug, Clone)]
pub struct Selection<'f> {
    pub(super) facets: Option<&'static Facets>,
    pub(super) counted: Vec<&'f Counted>,
}

impl<'f> Selection<'f> {
    /// Those in which a word is this one.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        self.with_any(name, &[value])
    }

    /// Those in which a word is one of these.
    #[must_use]
    pub fn with_any(&self, name: &str, values: &[&str]) -> Self {
        self.keep(|counted| self.word(counted, name).is_some_and(|word| values.contains(&word)))
    }

    /// Those that do not tell a word.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        self.keep(|counted| self.word(counted, name).is_none())
    }

    /// Those of a department.
    #[must_use]
    pub fn of_department(&self, department: &str) -> Self {
        self.keep(|counted| &*counted.department == department)
    }

    /// Those of a month.
    #[must_use]
    pub fn in_month(&self, month: Period) -> Self {
        self.keep(|counted| counted.month == month)
    }

    /// Those that something is true of.
    #[must_use]
    pub fn keep(&self, keep: impl Fn(&Counted) -> bool) -> Self {
        let counted = self.counted.iter().copied().filter(|counted| keep(counted)).collect();
        Self { facets: self.facets, counted }
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counted.iter().map(|counted| counted.count).sum()
    }

    /// A number added up.
    #[must_use]
    pub fn sum(&self, name: &str) -> Sum {
        let Some(at) = self.facets.and_then(|facets| facets.number(name)) else { return Sum::default() };
        self.counted.iter().filter_map(|counted| counted.sums.get(at)).fold(Sum::default(), |all, one| Sum {
            known: all.known + one.known,
            total: all.total + one.total,
        })
    }

    /// What a word says in them, each once.
    #[must_use]
    pub fn values(&self, name: &str) -> BTreeSet<&'f str> {
        let at = self.facets.and_then(|facets| facets.word(name));
        let word = |counted: &&'f Counted| counted.words.get(at?)?.as_deref();
        self.counted.iter().filter_map(word).collect()
    }

    /// What they are made of.
    pub fn parts(&self) -> impl Iterator<Item = &'f Counted> + '_ {
        self.counted.iter().copied()
    }

    /// What a word says in a part.
    #[must_use]
    pub fn word<'c>(&self, counted: &'c Counted, name: &str) -> Option<&'c str> {
        counted.words.get(self.facets?.word(name)?)?.as_deref()
    }
}
