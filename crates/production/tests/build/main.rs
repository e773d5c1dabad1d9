//! A production that is built from what a ledger hands out holds, is the same every time, and is refused where anything about it is wrong.
#![cfg(feature = "sample")]
#![allow(clippy::unwrap_used)]

mod desk;
mod interrupted;
mod refused;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use daybook_production::build::Step;
use daybook_production::load::DatEncoding;
use daybook_production::package::ArchivePackage;
use daybook_production::sample::{Ledger, Special, full_sample, unrelated};
use daybook_verify::production::{Outcome, PackageSource};
use desk::{Desk, Told};

fn files(zip: &Path) -> BTreeMap<String, Vec<u8>> {
    let package = ArchivePackage::open(zip).unwrap();
    let read = |name: String| {
        let mut bytes = Vec::new();
        package.open(&name).unwrap().unwrap().read_to_end(&mut bytes).unwrap();
        (name, bytes)
    };
    package.names().unwrap().into_iter().map(read).collect()
}

#[test]
fn what_is_built_holds_in_every_check() {
    let folder = tempfile::tempdir().unwrap();
    let done = Desk::new().build(folder.path()).unwrap();
    let report = &done.packed.report;
    assert!(report.ok && report.code.is_none());
    assert!(report.checks.iter().all(|check| check.outcome == Outcome::Held && check.faults.is_empty()));
    assert_eq!(report.production.as_deref(), Some("DAYB-26CR1187-P0001"));
    let counts = report.counts;
    assert_eq!((counts.produced, counts.withheld, counts.authority), (7, 2, 12));
    assert_eq!((done.documents, done.pages), (7, 14));
    for present in [
        counts.slots_shown,
        counts.slots_absent,
        counts.slots_withheld,
        counts.slots_sealed,
        counts.slots_erased,
    ] {
        assert!(present > 0, "{counts:?}");
    }
    assert_eq!(done.notices.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["8-cfr-236-6", "sealed"]);
    let bytes = fs::read(&done.packed.path).unwrap();
    assert_eq!(daybook_event::hash::sha256(&bytes), done.packed.sha256);
    assert_eq!(bytes.len() as u64, done.packed.bytes);
    assert_eq!(fs::metadata(&done.packed.path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_builder_and_the_sample_make_the_same_package_each_in_its_own_way() {
    let folder = tempfile::tempdir().unwrap();
    let built = files(&Desk::new().build(folder.path()).unwrap().packed.path);
    let sample = full_sample().unwrap().files;
    assert_eq!(built.keys().collect::<Vec<_>>(), sample.keys().collect::<Vec<_>>());
    // What rests on the words of whoever builds, and what follows from it.
    let own = |name: &str| {
        name.contains("manifest-")
            || name.ends_with("withheld.csv")
            || name.ends_with("privilege-log.csv")
            || name.starts_with("bag-")
    };
    for (name, bytes) in built.iter().filter(|(name, _)| !own(name)) {
        assert!(sample[name] == *bytes, "{name}");
    }
}

#[test]
fn two_builds_give_the_same_bytes_however_many_records_are_worked_on_at_once() {
    let mut desk = Desk::with_records(20);
    let zips = [1, 3, 1_000].map(|at_once| {
        let folder = tempfile::tempdir().unwrap();
        desk.at_once = at_once;
        fs::read(desk.build(folder.path()).unwrap().packed.path).unwrap()
    });
    assert!(zips[0] == zips[1] && zips[1] == zips[2]);
}

#[test]
fn no_more_than_two_chunks_of_records_are_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::with_records(60);
    desk.at_once = 4;
    let done = desk.build(folder.path()).unwrap();
    assert_eq!((done.documents, done.most_held), (67, 8));
}

#[test]
fn every_step_tells_how_far_it_is_to_its_end() {
    let (folder, told) = (tempfile::tempdir().unwrap(), Told::default());
    Desk::new().build_telling(folder.path(), &|progress| told.hear(progress)).unwrap();
    let told = told.0.into_inner().unwrap();
    assert!(told.is_sorted_by_key(|progress| (progress.step, progress.done)));
    for step in Step::ALL {
        let last = told.iter().rfind(|progress| progress.step == step).unwrap();
        assert_eq!(last.done, last.all, "{step:?}");
    }
}

#[test]
fn what_is_held_back_stands_in_its_logs_with_reason_and_authority() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk =
        Desk::of(Ledger::new(), |ledger, story| story.found.push((unrelated(ledger), Special::Excluded)));
    let files = files(&desk.build(folder.path()).unwrap().packed.path);
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let withheld = text("data/LOGS/withheld.csv");
    for row in [
        ",privileged,attorney-client,C.R.S. 13-90-107(1)(b); C.R.C.P. 26(b)(5),",
        ",sealed,sealed,court_order,",
        ",excluded,agreement,",
    ] {
        assert!(withheld.contains(row), "{row}: {withheld}");
    }
    let privilege = text("data/LOGS/privilege-log.csv");
    assert!(
        privilege.contains("PRIV-0001,")
            && privilege.contains("is attorney-client.,Office of the City Attorney"),
        "{privilege}"
    );
    assert_eq!(privilege.lines().count(), 2, "what is sealed or excluded is not called privileged");
    assert!(text("bag-info.txt").contains("Bagging-Date: 2026-11-20\n"), "the day on which it was opened");
}

#[test]
fn a_dat_in_windows_1252_holds_too_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::new();
    desk.encoding = DatEncoding::Cp1252;
    desk.words.custodian = "Oficina de Peñasco".into();
    let files = files(&desk.build(folder.path()).unwrap().packed.path);
    assert!(files["data/VOL001/DATA/VOL001.dat"].windows(4).any(|bytes| bytes == b"Pe\xf1a"));
    assert!(String::from_utf8_lossy(&files["READ-ME-FIRST.txt"]).contains("Windows-1252"));
}

#[test]
fn nothing_of_the_machine_gets_into_a_package() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&Desk::new().build(folder.path()).unwrap().packed.path);
    let path = folder.path().to_str().unwrap().as_bytes();
    for (name, bytes) in files {
        assert!(memchr::memmem::find(&bytes, path).is_none(), "{name}");
    }
}
