//! What is wrong with a pack, and where.

use std::fmt;

use serde::Serialize;
use toml::Spanned;

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
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let before = &text[..byte];
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

    /// The byte of the file at which byte `offset` of the text of a string literal stands: escapes and line breaks make them differ.
    pub(super) fn in_string(&self, raw: &Spanned<String>, offset: usize) -> usize {
        let start = raw.span().start.min(self.text.len());
        let literal = &self.text[start..];
        let quotes = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| literal.starts_with(quotes));
        let Some(quotes) = quotes else { return start + offset };
        let mut at = quotes.len();
        if quotes.len() == 3 {
            // A line break right after the opening quotes is not part of the text (TOML 1.0, strings).
            at += ["\r\n", "\n"].into_iter().find(|end| literal[at..].starts_with(end)).map_or(0, str::len);
        }
        let escapes = quotes.starts_with('"');
        let keeps_returns = raw.get_ref().contains('\r');
        let mut left = offset;
        while left > 0 && at < literal.len() {
            let rest = &literal[at..];
            let (source, meant) = match escapes.then(|| escape(rest)).flatten() {
                Some(step) => step,
                None if rest.starts_with("\r\n") && !keeps_returns => (2, 1),
                None => rest.chars().next().map_or((1, 1), |c| (c.len_utf8(), c.len_utf8())),
            };
            at += source;
            left = left.saturating_sub(meant);
        }
        // The text may go on behind an escaped line break.
        while escapes && let Some((source, 0)) = escape(&literal[at.min(literal.len())..]) {
            at += source;
        }
        start + at
    }
}

/// How many bytes of the file an escape at the start of `rest` takes, and how many of the text it stands for.
fn escape(rest: &str) -> Option<(usize, usize)> {
    let kind = rest.strip_prefix('\\')?.chars().next()?;
    let code = |digits: usize| {
        let value = rest.get(2..2 + digits).and_then(|code| u32::from_str_radix(code, 16).ok());
        (2 + digits, value.and_then(char::from_u32).map_or(1, char::len_utf8))
    };
    Some(match kind {
        'u' => code(4),
        'U' => code(8),
        kind if kind.is_whitespace() => (1 + rest[1..].len() - rest[1..].trim_start().len(), 0),
        kind => (1 + kind.len_utf8(), 1),
    })
}
