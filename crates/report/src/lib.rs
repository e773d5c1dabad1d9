//! Report documents and their renderings, and the withholding of small figures from public ones.
//!
//! Pure: figures come in as plain data, text and bytes go out. Nothing here reads a clock, a file or the ledger, and the same report
//! gives the same bytes in every rendering.
//!
//! | module | what it holds |
//! |---|---|
//! | [`model`] | a [`Report`]: head, sections, tables, rates, charts, every figure a typed cell |
//! | [`public`] | public reports: keys instead of numbers, and `publish`, the one way from keys to numbers |
//! | [`suppress`] | which figures must be withheld, and the proof that nobody can work them out |
//! | [`render`](mod@render) | JSON, CSV, HTML and PDF |
//!
//! A report whose readers may see every figure:
//!
//! ```
//! use daybook_report::model::{Chart, ChartForm, ColumnKind, OpenKind, Rates, Section, Table};
//! use daybook_report::{Report, render};
//! # use daybook_report::model::{Checkpoint, Head, Period};
//! # fn head() -> Result<Head, Box<dyn std::error::Error>> {
//! #     Ok(Head {
//! #         title: "Requests, first half of 2026".into(),
//! #         jurisdiction: "City and County of Example".into(),
//! #         department: None,
//! #         period: Period::new("2026-01-01".parse()?, "2026-06-30".parse()?)?,
//! #         as_of: "2026-11-22T09:30-07:00[-07:00]".parse()?,
//! #         checkpoint: Checkpoint { origin: "ledger.example/daybook".into(), size: 184_302, root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into() },
//! #         packs: vec![],
//! #         notices: vec![],
//! #     })
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let table = Table::new("by-kind", "Requests received, by kind", "Kind")
//!     .column("Received", ColumnKind::Count)
//!     .row("Release notification", [168])
//!     .row("Detainer", [121])
//!     .total("All", [289]);
//! let section = Section::new("requests", "Requests by federal authorities")
//!     .lead("Each request is counted once, when it was received.")
//!     .block(table)
//!     .block(Chart::new("chart", "Requests received", ChartForm::Bars, "by-kind", ["Received"]))
//!     .block(Rates::new("advised", "Advised in time").line("Release notices after an advisement", 79, 84));
//! let report = Report::open(OpenKind::Council, head()?, vec![section])?;
//!
//! assert!(render::html(&report).contains("79 of 84 (94\u{a0}%)"));
//! assert!(render::csv(&report).contains("requests,by-kind,Detainer,Received,121,,no"));
//! assert!(render::pdf(&report)?.starts_with(b"%PDF-1.7"));
//! # Ok(())
//! # }
//! ```
//!
//! A public report has no place for a number: its tables name facts, and counting them is `publish`'s.
//!
//! ```
//! use daybook_report::model::Cell;
//! use daybook_report::public::{Key, KeyedRateLine, KeyedRates, Month, Months, Pick, PublicBlock, PublicDraft};
//! use daybook_report::public::{PublicPolicy, PublicSection, Tally, publish};
//! # use daybook_report::model::{Block, Checkpoint, Head, Period};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let head = Head {
//! #     title: "Advisements, first half of 2026".into(), jurisdiction: "City and County of Example".into(), department: None,
//! #     period: Period::new("2026-01-01".parse()?, "2026-06-30".parse()?)?, as_of: "2026-11-22T09:30-07:00[-07:00]".parse()?,
//! #     checkpoint: Checkpoint { origin: "ledger.example/daybook".into(), size: 1, root: String::new() }, packs: vec![], notices: vec![],
//! # };
//! let mut tally = Tally::new();
//! tally.measure("notices", &[("advised", &["before", "after"])])?;
//! let march = Month::new(2026, 3).ok_or("a month")?;
//! tally.add("notices", march, &[("advised", "before")], 79)?;
//! tally.add("notices", march, &[("advised", "after")], 5)?;
//!
//! let half = Months::half(2026, 1).ok_or("a half-year")?;
//! let line = KeyedRateLine { of: Key::all("notices", half), those: Pick::value("Advised before", "advised", "before") };
//! let rates = KeyedRates { id: "advised", title: "Advised in time", lines: vec![line] };
//! let section = PublicSection::new("notices", "Release notices").block(PublicBlock::Rates(rates));
//! let draft = PublicDraft { head, tally, sections: vec![section], shown_before: vec![] };
//! let report = publish(&draft, &PublicPolicy::default())?;
//!
//! // 79 of 84 would tell that it was five who were not advised.
//! # let Block::Rates(rates) = &report.sections()[0].blocks[0] else { unreachable!() };
//! assert_eq!(rates.lines[0].figure, Cell::Withheld);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod model;
pub mod public;
pub mod render;
pub mod suppress;

pub use model::Report;
pub use public::publish;
