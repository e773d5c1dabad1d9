//! PDF: tagged for accessibility (PDF/UA-1), with its font inside, the same bytes for the same report.

mod flow;
mod table;
#[cfg(test)]
mod tests;
mod write;

pub use daybook_paper::file::PdfError;
use daybook_paper::{sheet, tree};

use crate::model::Report;

/// The language of all words that are not the report's own.
const LANGUAGE: &str = "en-US";

/// The report as a PDF file.
///
/// Characters that the embedded font does not have are replaced by question marks; it covers Latin, Greek and Cyrillic script.
///
/// # Errors
/// If the file would not conform to PDF/UA-1. No report is known for which that happens.
pub fn pdf(report: &Report) -> Result<Vec<u8>, PdfError> {
    write::write(report, &flow::flow(report))
}
