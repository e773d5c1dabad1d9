//! Rule packs, cases and findings: what the ledger says about the ordinance.
//!
//! Entries come in as [`fact`]s, in the order of the log. The [`engine`] groups them into cases, evaluates the rules of all packs that are in force,
//! and keeps what fails, what is open and what cannot be decided. It knows no clock, disk or network: facts and the time are passed in, so the same
//! log, packs and time give the same findings for everybody.
//!
//! | module | what it holds |
//! |---|---|
//! | [`time`], [`calendar`] | moments known to a precision, limits in hours, days and business days, holidays |
//! | [`fact`], [`vocab`] | what an entry says; which types and fields rules may speak of |
//! | [`pack`] | rule packs: reading, checking with line and column, compiling |
//! | [`expr`] | predicates in CEL |
//! | [`ruleset`] | packs applied together: which version of a rule decides on which day |
//! | [`verdict`] | what one check says about one event, and why |
//! | [`engine`] | the fold: verdicts, clocks, findings, rates |
//! | [`finding`] | names, states and answers of findings |
//! | [`case`](mod@case), [`corrections`] | a case as people read it; what corrections take back |
//! | [`example`] | the examples of a pack, played |
//! | [`figures`] | counts for reports |
//! | [`reconcile`] | the ledger's counts against counts from outside |
//!
//! A pack says what it means by examples, which are played:
//!
//! ```
//! use std::sync::Arc;
//!
//! use daybook_rules::example;
//! use daybook_rules::pack::Pack;
//! use daybook_rules::ruleset::Ruleset;
//!
//! let pack = Pack::read(
//!     r#"
//! [pack]
//! id = "sample"
//! version = "1"
//! title = "A sample"
//! jurisdiction = "Nowhere"
//! basis = "None"
//! valid_from = 2020-01-01
//! time_zone = "America/Denver"
//! wait = "24 hours"
//!
//! [[rule]]
//! id = "R27"
//! title = "Prohibited question"
//! severity = "V1"
//! provisions = []
//! text = "Nobody is asked about status without a legal ground."
//!
//! [[rule.check]]
//! name = "no-ground"
//! on = ["status_question.asked"]
//! only_if = 'e.ground != "none"'
//! says = "A question about status was asked at {e.occurred_at} without a legal ground."
//!
//! [[rule.example]]
//! name = "asked without a ground"
//! expect = "fails"
//! as_of = "2026-03-05T12:00-07:00"
//! event = [{ type = "status_question.asked", at = "2026-03-02T10:00-07:00", set = { ground = "none" } }]
//! "#,
//! )
//! .expect("no mistakes");
//! let rules = Arc::new(Ruleset::new(vec![pack], None)?);
//! let rule = &rules.packs()[0].rules[0];
//! assert_eq!(example::play(&rules, &rule.id, &rule.examples[0])?, "fails");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod calendar;
pub mod case;
pub mod corrections;
pub mod engine;
pub mod example;
pub mod expr;
pub mod fact;
pub mod figures;
pub mod finding;
pub mod pack;
pub mod reconcile;
pub mod ruleset;
pub mod time;
pub mod verdict;
mod view;
pub mod vocab;
