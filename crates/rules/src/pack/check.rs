//! What is wrong with a pack, and where.

use std::fmt;

use serde::Serialize;

/// A mistake in a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
    }
}

/// Line and column of a byte.
pub(super) fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(byte.min(text.len()))];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Collects mistakes while a pack is compiled.
pub(super) struct Mistakes<'t> {
    text: &'t str,
    pub(super) found: Vec<Mistake>,
}

impl<'t> Mistakes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// A mistake at a byte of the file.
    pub(super) fn at(&mut self, byte: usize, message: impl Into<String>, hint: Option<String>) {
        let (line, column) = place(self.text, byte);
        self.found.push(Mistake { line, column, message: message.into(), hint });
    }

    /// The byte at which the content of the string literal at `start` begins.
    pub(super) fn content_of(&self, start: usize) -> usize {
        let literal = &self.text[start.min(self.text.len())..];
        for quotes in ["'''", "\"\"\""] {
            if let Some(rest) = literal.strip_prefix(quotes) {
                // A line break right after the opening quotes is not part of the string (TOML 1.0, strings).
                return start + 3 + usize::from(rest.starts_with('\n'));
            }
        }
        start + 1
    }
}
