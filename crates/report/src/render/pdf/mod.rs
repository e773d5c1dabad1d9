//! PDF: tagged for accessibility (PDF/UA-1), with its font inside, the same bytes for the same report.

mod flow;
mod sheet;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod write;

use crate::model::Report;

/// The language of all words that are not the report's own.
const LANGUAGE: &str = "en-US";

/// Why no PDF came about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// The file would break a rule of its standard.
    #[error("the PDF would not conform to PDF/UA-1 and was not written: {rules}")]
    Standard {
        /// The rules.
        rules: String,
    },
}

/// The report as a PDF file.
///
/// Characters that the embedded font does not have are replaced by question marks; it covers Latin, Greek and Cyrillic script.
///
/// # Errors
/// If the file would not conform to PDF/UA-1. No report is known for which that happens.
pub fn pdf(report: &Report) -> Result<Vec<u8>, PdfError> {
    write::write(report, &flow::flow(report))
}
