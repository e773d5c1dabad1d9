//! A paper before it is set: headings, paragraphs, facts, and blanks for a pen. Its text and its PDF say the same.

use super::page;
use crate::model::Choices;
use crate::render::PdfError;

/// Width of the text form, characters.
const LINE_CHARS: usize = 80;
/// Where values begin in the text form, characters.
const VALUE_COLUMN: usize = 26;
/// What a blank looks like in the text form.
const BLANK: &str = "________________________________________";

/// A paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Its title.
    pub title: String,
    /// A line under the title; nothing where empty.
    pub subtitle: String,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A piece of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// Facts: what, and the value; without one a blank to be filled in by hand.
    Facts(Vec<(String, Option<String>)>),
    /// Boxes to tick.
    Choices(Vec<String>),
    /// Lines to sign on, each with what belongs there.
    Signatures(Vec<String>),
}

impl Block {
    /// A paragraph.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Paragraph(text.into())
    }
}

impl Paper {
    /// The paper as text.
    pub fn text(&self, choices: &Choices) -> String {
        let mut out = format!("{}\n{}\n", self.title, "=".repeat(self.title.chars().count()));
        if !self.subtitle.is_empty() {
            out += &wrap(&self.subtitle, 0);
        }
        out += &format!("Production {}\n", choices.production);
        for block in &self.blocks {
            out.push('\n');
            match block {
                Block::Heading(text) => out += &format!("{text}\n{}\n", "-".repeat(text.chars().count())),
                Block::Paragraph(text) => out += &wrap(text, 0),
                Block::Facts(facts) => {
                    facts.iter().for_each(|(what, value)| push_fact(&mut out, what, value.as_deref()))
                }
                Block::Choices(choices) => {
                    choices.iter().for_each(|choice| out += &format!("[ ] {}", wrap(choice, 4)));
                }
                Block::Signatures(lines) => {
                    lines.iter().for_each(|what| out += &format!("\n{BLANK}\n{what}\n"))
                }
            }
        }
        out
    }

    /// The paper as PDF.
    ///
    /// # Errors
    /// Where the file would not conform to its standard. No paper is known for which that happens.
    pub fn pdf(&self, choices: &Choices) -> Result<Vec<u8>, PdfError> {
        page::pdf(self, choices)
    }
}

fn push_fact(out: &mut String, what: &str, value: Option<&str>) {
    let label = format!("{what}:");
    let gap = if label.chars().count() < VALUE_COLUMN { "" } else { "\n                          " };
    *out += &format!("{label:<VALUE_COLUMN$}{gap}{}", wrap(value.unwrap_or(BLANK), VALUE_COLUMN));
}

/// The text in lines; those after the first are indented.
pub(super) fn wrap(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut length = indent;
    for word in text.split_whitespace() {
        let chars = word.chars().count();
        if length > indent && length + 1 + chars > LINE_CHARS {
            out += &format!("\n{}", " ".repeat(indent));
            length = indent;
        }
        if length > indent {
            out.push(' ');
            length += 1;
        }
        out += word;
        length += chars;
    }
    out.push('\n');
    out
}
