//! The reports of a ledger: what each kind contains, in what order and in which words.
//!
//! [`daybook_rules::figures`] counts and knows no words; [`daybook_report`] renders and knows no ledger. This crate stands between them, so that
//! the command line and a service can make the same reports. Pure: figures and a [`Basis`] go in, a [`Report`](daybook_report::Report) comes out.
//!
//! | module | report |
//! |---|---|
//! | [`council`](mod@council) | for the city council: everything, counted |
//! | [`public`](mod@public) | for everybody: few tables, half-years, small figures withheld |
//! | [`grant`](mod@grant) | on grant conditions: three neutral answers with their evidence |
//! | [`department`](mod@department) | for one department: its part, and how good its record is |
//!
//! ```
//! use daybook_report::{Report, render};
//! use daybook_reporting::{Basis, council};
//! use daybook_rules::figures::Figures;
//!
//! fn page(figures: &Figures, basis: &Basis<'_>) -> Result<String, Box<dyn std::error::Error>> {
//!     let report: Report = council::report(figures, basis)?;
//!     Ok(render::html(&report))
//! }
//! ```
#![forbid(unsafe_code)]

mod basis;
pub mod council;
pub mod department;
pub mod grant;
pub mod public;
mod spans;
mod tables;
mod words;

pub use basis::Basis;
