//! The sample holds, in memory, as a ZIP and in a folder, and its bytes never change.
#![cfg(feature = "sample")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use daybook_production::package::ArchivePackage;
use daybook_production::sample::{full_sample, sample, samples};
use daybook_verify::production::{
    Check, DirPackage, Outcome, PackageSource, ProductionOptions, ProductionReport, Trusted,
    verify_production,
};

fn verify(source: &dyn PackageSource, trusted: Trusted<'_>) -> ProductionReport {
    verify_production(source, trusted, &ProductionOptions::default(), &|_| {})
}

fn faults(report: &ProductionReport) -> String {
    let faults = report
        .checks
        .iter()
        .flat_map(|check| check.faults.iter().map(move |fault| (check.code.code(), fault)));
    faults.map(|fault| format!("{fault:?}\n")).collect()
}

#[test]
fn the_sample_holds_in_every_form() {
    let sample = sample().unwrap();
    let memory = verify(&sample.package(), Trusted::Policy(&sample.policy));
    assert!(memory.ok, "{}", faults(&memory));
    assert!(memory.checks.iter().all(|check| check.outcome == Outcome::Held));
    let zip = sample.zip().unwrap();
    let archive = ArchivePackage::from_bytes(zip).unwrap();
    let packed = verify(&archive, Trusted::LogKey(&sample.log_key));
    assert!(packed.ok, "{}", faults(&packed));
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &sample.files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let unpacked = verify(&DirPackage::open(folder.path()).unwrap(), Trusted::Nothing);
    assert!(unpacked.ok, "{}", faults(&unpacked));
    assert_eq!(unpacked.check(Check::TrustedKey).outcome, Outcome::Open);
    assert_eq!((memory.counts, memory.documents), (packed.counts, packed.documents));
    let counts = packed.counts;
    for present in [
        counts.slots_absent,
        counts.slots_withheld,
        counts.slots_sealed,
        counts.slots_erased,
        counts.withheld,
    ] {
        assert!(present > 0, "{counts:?}");
    }
}

#[test]
fn the_second_production_of_the_ledger_holds_too() {
    let [_, second] = samples(&BTreeMap::new()).unwrap();
    let report = verify(&second.package(), Trusted::Policy(&second.policy));
    assert!(report.ok, "{}", faults(&report));
    assert_eq!(report.production.as_deref(), Some("DAYB-26CR1187-P0002"));
}

#[test]
fn another_key_than_the_one_known_from_elsewhere_is_no_match() {
    let sample = sample().unwrap();
    let other =
        daybook_tlog::NoteSigner::from_seed("ledger.example/daybook".parse().unwrap(), [9; 32]).vkey();
    let report = verify(&sample.package(), Trusted::LogKey(&other));
    assert_eq!((report.code, report.exit_code()), (Some(Check::TrustedKey), 34));
}

#[test]
fn a_damaged_or_foreign_file_is_a_verdict_and_no_accident() {
    let report = |bytes: Vec<u8>| verify(&ArchivePackage::from_bytes(bytes).unwrap(), Trusted::Nothing);
    let zip = sample().unwrap().zip().unwrap();
    for length in [0, 1, 21, 22, 100, zip.len() / 2, zip.len() - 1] {
        let report = report(zip[..length].to_vec());
        assert_eq!(report.code, Some(Check::Package), "{length}");
        assert_eq!(report.check(Check::LoadFiles).outcome, Outcome::NotDone);
    }
}

#[test]
fn the_full_sample_holds_and_nothing_in_it_is_a_stand_in() {
    let sample = full_sample().unwrap();
    let report = verify(&sample.package(), Trusted::Policy(&sample.policy));
    assert!(report.ok, "{}", faults(&report));
    for (name, bytes) in &sample.files {
        if name.ends_with(".pdf") {
            assert!(bytes.starts_with(b"%PDF-"), "{name}");
        }
        let stand_in = format!("{name}\n");
        assert!(*bytes != stand_in.as_bytes(), "{name}");
    }
    assert_eq!(full_sample().unwrap().files, sample.files, "the bytes are the same every time");
}
