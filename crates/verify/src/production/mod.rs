//! Verdicts on court productions, from the bytes of the package alone (`schemas/production.md`).
//!
//! A package is read through a [`PackageSource`]; every check is made, in the order in which [`Check`] lists them, and the first that fails
//! is the verdict's code. Records are looked at on all cores, a few hundred at a time, so that memory grows with the number of
//! files and not with their bytes.

mod bag;
mod code;
mod complete;
pub mod hex;
mod keys;
mod leaves;
mod load;
mod load_lines;
mod look;
mod manifest;
mod names;
mod record;
mod redactions;
mod report;
mod rows;
mod run;
mod source;
mod statement;
mod table;
mod trust;

pub use bag::{DECLARATION, Digests, MANIFESTS, TAG_MANIFEST};
pub use code::Check;
pub use leaves::{LEAVES_HEADER, LeafRow, LeafState};
pub use load::COLUMNS as LOAD_COLUMNS;
pub use load_lines::{dat_line, jsonl_line};
pub use manifest::manifest_line;
pub use names::{AUTHORITY, BAG_RECORD, MAX_NAME_BYTES, NATIVES, REQUIRED, STATEMENT};
pub use record::{Consistency, MAX_RECORD_BYTES, Record};
pub use redactions::COLUMNS as REDACTION_COLUMNS;
pub use report::{Checked, Fault, MAX_LISTED, NOT_PROVED, Outcome, ProductionCounts, ProductionReport};
pub use run::{ProductionOptions, ProductionProgress, verify_production};
pub use source::{DirPackage, MemoryPackage, PackageSource};
pub use trust::{Trusted, fingerprint};
