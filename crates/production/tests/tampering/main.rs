//! What somebody might do to a production, and the code under which it is found: every way that we could think of, and every byte.
//!
//! The cases are also written to `schemas/vectors/production`, for other verifiers to try on the same sample; this test fails when they are
//! behind, and `DAYBOOK_RENEW=1 cargo test -p daybook-production --test tampering` writes them anew.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod attacks;
mod change;
mod flips;
mod hostile;
mod logs;
mod proofs;
mod vectors;
mod zips;

use std::sync::LazyLock;

use daybook_production::sample::{Sample, samples};
use daybook_verify::production::{
    Check, PackageSource, ProductionOptions, ProductionReport, Trusted, verify_production,
};

/// The two productions of the sample's ledger.
static SAMPLES: LazyLock<[Sample; 2]> = LazyLock::new(|| samples(&Default::default()).unwrap());

/// A verdict for a recipient who has the ledger's policy from elsewhere.
fn verify(source: &dyn PackageSource, sample: &Sample) -> ProductionReport {
    verify_production(source, Trusted::Policy(&sample.policy), &ProductionOptions::default(), &|_| {})
}

/// The checks that failed.
fn failed(report: &ProductionReport) -> Vec<Check> {
    report.checks.iter().filter(|check| !check.faults.is_empty()).map(|check| check.code).collect()
}
