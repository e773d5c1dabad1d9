//! A document as plain text: the same as the PDF, for searching.

use super::reading::{Part, Reading, Row};
use crate::model::{Choices, Numbered};

/// Where values begin, in characters.
const VALUE_COLUMN: usize = 28;

/// The text of a document. Nothing in it is withheld, sealed or erased.
pub fn text(numbered: &Numbered, choices: &Choices) -> String {
    let reading = Reading::of(&numbered.document, choices);
    let mut out = format!("{}\n{}\n", choices.production, numbered.bates);
    if !choices.legend.is_empty() {
        out += &format!("{}\n", choices.legend);
    }
    out += &format!("\n{}\n{}\n", reading.title, reading.subtitle);
    for part in &reading.parts {
        push_part(&mut out, part);
    }
    out
}

fn push_part(out: &mut String, part: &Part) {
    *out += &format!("\n{}\n{}\n", part.heading, "-".repeat(part.heading.chars().count()));
    for row in &part.rows {
        match row {
            Row::Value { label, lines } => push_lines(out, label, lines),
            Row::Absent { label } => push_lines(out, label, &["absent".to_owned()]),
            Row::Note(sentence) => *out += &format!("{sentence}\n"),
            Row::Boxed { labels, head, lines, commitment } => {
                push_lines(out, &labels.join(", "), &[format!("[{head}] {}", lines.join(" / "))]);
                if let Some(digest) = commitment {
                    push_lines(out, "", &[format!("Digest in the signed event: {digest}")]);
                }
            }
        }
    }
}

fn push_lines(out: &mut String, label: &str, lines: &[String]) {
    let name = if label.is_empty() { String::new() } else { format!("{label}:") };
    for (at, line) in lines.iter().enumerate() {
        let name = if at == 0 { name.as_str() } else { "" };
        *out += &format!(
            "{name:<VALUE_COLUMN$}{}{line}\n",
            if name.chars().count() < VALUE_COLUMN { "" } else { " " }
        );
    }
}
