//! Court productions of a real ledger, made by the command line: what goes out, what stays back, who may do what, and what a recipient can check.
//!
//! The packages of the first test are kept where `DAYBOOK_KEEP` names a folder, for `tests/interop/built.sh` and `tests/browser/run.sh`.

#![allow(clippy::print_stdout, reason = "a run prints what it saw")]

mod city;
mod jail;
mod made;
mod package;
mod refusals;
mod tampering;
mod whole;
