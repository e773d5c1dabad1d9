//! Pages for print: words measured in an embedded font, laid out over pages, tagged for people who have them read to them, and written as PDF.
//!
//! Pure: no clock, disk or randomness, and the same pages give the same bytes.
//!
//! | module | what it holds |
//! |---|---|
//! | [`font`] | the embedded font: shaping, measuring, breaking lines |
//! | [`sheet`] | pages while they are filled |
//! | [`tree`] | what each piece of a page is, in reading order |
//! | [`file`](mod@file) | pages as a PDF file that keeps to its standard |
//!
//! ```
//! use daybook_paper::file::{About, Standard, pdf};
//! use daybook_paper::font::Face;
//! use daybook_paper::sheet::{Ink, Sheet, Style};
//! use daybook_paper::tree::Tagged;
//!
//! let mut sheet = Sheet::new();
//! let part = sheet.tree.add(None, Tagged::Section);
//! sheet.paragraph(part, Style::new(Face::Regular, 10.0, 15.0, Ink::BLACK), "Nothing was left out.");
//! let about = About { title: "A page".into(), ..About::default() };
//! let bytes = pdf(&sheet, &about, Standard::ArchivalAccessible, |_, _| vec![])?;
//! assert!(bytes.starts_with(b"%PDF-1.7"));
//! # Ok::<(), daybook_paper::file::PdfError>(())
//! ```
#![forbid(unsafe_code)]

pub mod file;
pub mod font;
pub mod sheet;
pub mod tree;
