//! Sections and what stands in them.

use serde::Serialize;

use super::{cell::Cell, chart::Chart, table::Table};

/// A part of a report with a heading of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Unique in the report: lower case letters, digits and hyphens.
    pub id: String,
    /// The heading.
    pub title: String,
    /// Sentences that say what the section shows and what it does not.
    pub lead: Vec<String>,
    /// What follows, in order.
    pub blocks: Vec<Block>,
}

impl Section {
    /// A section without blocks yet.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), lead: Vec::new(), blocks: Vec::new() }
    }

    /// Adds a lead sentence.
    #[must_use]
    pub fn lead(mut self, sentence: impl Into<String>) -> Self {
        self.lead.push(sentence.into());
        self
    }

    /// Adds a block: a [`Table`], [`Rates`], [`Chart`], [`Paragraph`] or definitions.
    #[must_use]
    pub fn block(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }
}

/// What can stand in a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Rows and columns.
    Table(Table),
    /// Rates with their denominators.
    Rates(Rates),
    /// A drawing of a table's columns.
    Chart(Chart),
    /// Words.
    Paragraph(Paragraph),
    /// Terms and what they mean.
    Definitions {
        /// In the order in which they are shown.
        items: Vec<Definition>,
    },
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Rates> for Block {
    fn from(rates: Rates) -> Self {
        Self::Rates(rates)
    }
}

impl From<Chart> for Block {
    fn from(chart: Chart) -> Self {
        Self::Chart(chart)
    }
}

impl From<Paragraph> for Block {
    fn from(paragraph: Paragraph) -> Self {
        Self::Paragraph(paragraph)
    }
}

impl From<Vec<Definition>> for Block {
    fn from(items: Vec<Definition>) -> Self {
        Self::Definitions { items }
    }
}

/// Rates, each with what it is a share of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rates {
    /// Unique in the report.
    pub id: String,
    /// The caption.
    pub title: String,
    /// One rate per line.
    pub lines: Vec<RateLine>,
}

impl Rates {
    /// No lines yet.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), lines: Vec::new() }
    }

    /// Adds a rate.
    #[must_use]
    pub fn line(mut self, label: impl Into<String>, numerator: u64, denominator: u64) -> Self {
        self.lines.push(RateLine { label: label.into(), figure: Cell::rate(numerator, denominator) });
        self
    }
}

/// One rate with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RateLine {
    /// What is true of the numerator, in words that also say of whom.
    pub label: String,
    /// A rate, or withheld.
    pub figure: Cell,
}

/// A paragraph of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paragraph {
    /// The words.
    pub text: String,
}

impl Paragraph {
    /// A paragraph.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

/// A term and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// The term as the report uses it.
    pub term: String,
    /// What it means.
    pub meaning: String,
}

impl Definition {
    /// A definition.
    pub fn new(term: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self { term: term.into(), meaning: meaning.into() }
    }
}
