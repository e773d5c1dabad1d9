//! Renderings of a document: what a native says, for people. Each is a function of document and choices alone.

mod pdf;
pub(crate) mod reading;
mod text;

pub use daybook_paper::file::PdfError;
pub(crate) use pdf::margins;
pub use pdf::{moment, pages, pdf};
pub use text::text;
