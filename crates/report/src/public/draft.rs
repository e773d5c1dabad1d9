//! A public report before its figures: the layout, with a key where a number will stand.

use std::collections::{BTreeMap, BTreeSet};

use super::{key::Key, month::Months, tally::Tally};
use crate::model::{Chart, Head};

/// A public report before its figures. Sentences are constants, so that none can carry a number from the ledger.
#[derive(Debug, Clone)]
pub struct PublicDraft {
    /// What stands above the sections. The time in `as_of` is cut to the day.
    pub head: Head,
    /// The facts.
    pub tally: Tally,
    /// The layout.
    pub sections: Vec<PublicSection>,
    /// Figures that earlier reports showed, over the same facts. They cannot be withheld any more, and are reckoned with.
    pub shown_before: Vec<Key>,
}

/// A part of a public report.
#[derive(Debug, Clone)]
pub struct PublicSection {
    id: &'static str,
    title: &'static str,
    lead: Vec<&'static str>,
    blocks: Vec<PublicBlock>,
}

impl PublicSection {
    /// A section without blocks yet.
    pub fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title, lead: Vec::new(), blocks: Vec::new() }
    }

    /// Adds a lead sentence.
    #[must_use]
    pub fn lead(mut self, sentence: &'static str) -> Self {
        self.lead.push(sentence);
        self
    }

    /// Adds a block.
    #[must_use]
    pub fn block(mut self, block: PublicBlock) -> Self {
        self.blocks.push(block);
        self
    }

    pub(super) fn parts(&self) -> (&'static str, &'static str, &[&'static str], &[PublicBlock]) {
        (self.id, self.title, &self.lead, &self.blocks)
    }
}

/// What can stand in a public section.
#[derive(Debug, Clone)]
pub enum PublicBlock {
    /// Rows and columns.
    Table(KeyedTable),
    /// Rates.
    Rates(KeyedRates),
    /// A drawing of the published columns of a table. What is withheld there is not drawn.
    Chart(Chart),
    /// Words.
    Paragraph(&'static str),
    /// Terms and what they mean.
    Definitions(&'static [(&'static str, &'static str)]),
}

/// A table whose cell in a row and column counts the facts that both pick.
#[derive(Debug, Clone)]
pub struct KeyedTable {
    /// Unique in the report.
    pub id: &'static str,
    /// The caption.
    pub title: &'static str,
    /// What the rows are.
    pub row_head: &'static str,
    /// What the whole table counts.
    pub base: Key,
    /// The rows.
    pub rows: Vec<Pick>,
    /// The columns.
    pub columns: Vec<KeyedColumn>,
    /// The label of a row that counts the whole base, if there is to be one.
    pub total: Option<&'static str>,
    /// A sentence below the table.
    pub note: Option<&'static str>,
}

/// A column of a keyed table.
#[derive(Debug, Clone)]
pub enum KeyedColumn {
    /// How many of the row's facts.
    Count(Pick),
    /// How many of the row's facts, of all of them.
    Rate(Pick),
}

/// Rates over keyed facts.
#[derive(Debug, Clone)]
pub struct KeyedRates {
    /// Unique in the report.
    pub id: &'static str,
    /// The caption.
    pub title: &'static str,
    /// One rate per line.
    pub lines: Vec<KeyedRateLine>,
}

/// One rate: of the facts of a key, those that are picked. The numerator is a part of the denominator by construction.
#[derive(Debug, Clone)]
pub struct KeyedRateLine {
    /// All who are counted.
    pub of: Key,
    /// Those of whom it is true; its label names the rate.
    pub those: Pick,
}

/// A choice among facts, with the label under which it is shown.
#[derive(Debug, Clone)]
pub struct Pick {
    pub(super) label: String,
    pub(super) at: BTreeMap<String, BTreeSet<String>>,
    pub(super) months: Option<Months>,
}

impl Pick {
    /// All facts.
    pub fn all(label: impl Into<String>) -> Self {
        Self { label: label.into(), at: BTreeMap::new(), months: None }
    }

    /// Those with this value.
    pub fn value(label: impl Into<String>, dimension: impl Into<String>, value: impl Into<String>) -> Self {
        Self::all(label).and(dimension, [value])
    }

    /// Those of these months, under the months' own name.
    pub fn months(months: Months) -> Self {
        Self { months: Some(months), ..Self::all(months.to_string()) }
    }

    /// Of them, those with one of these values on a further dimension.
    #[must_use]
    pub fn and(
        mut self,
        dimension: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.at.insert(dimension.into(), values.into_iter().map(Into::into).collect());
        self
    }

    /// Of a key's facts, those that are picked.
    pub(super) fn of(&self, key: &Key) -> Key {
        let mut key = key.clone();
        for (dimension, values) in &self.at {
            key.narrow(dimension.clone(), values.clone());
        }
        if let Some(months) = self.months { key.during(months) } else { key }
    }

    /// Whether it leaves anything out.
    pub(super) fn narrows(&self) -> bool {
        !self.at.is_empty() || self.months.is_some()
    }
}
