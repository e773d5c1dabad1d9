//! Renderings of a [`Report`](crate::Report). Each is a function of the report alone: the same report gives the same bytes, always.

mod chart;
mod csv;
mod drawing;
mod html;
mod json;
mod pdf;
mod words;

use daybook_paper::font;

pub use csv::csv;
pub use html::html;
pub use json::json;
pub use pdf::{PdfError, pdf};
