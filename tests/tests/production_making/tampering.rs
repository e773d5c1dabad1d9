//! Records dropped, swapped and exchanged between two productions of one real ledger, with all manifests made anew: each is found.

use std::collections::BTreeMap;

use daybook_verify::production::{AUTHORITY, BAG_RECORD, Check};
use rayon::prelude::*;

use crate::made::{MADE, Made};
use crate::package::{Files, NATIVES, Received, deep, remade};

/// Distance of the bytes that a plain run flips; a prime, so that all places in a repeated line are hit. `DAYBOOK_FLIPS=all` takes each.
const STRIDE: usize = 1_009;

/// What was tried, and under which code it was found first.
#[derive(Default)]
struct Tried {
    by_code: BTreeMap<&'static str, u64>,
    by_hash_alone: Vec<String>,
}

/// What a verdict says of a change.
struct Finding {
    what: String,
    /// The first check that failed, but for the one that the hash of the bag alone makes fail.
    deep: Option<Check>,
    /// The first check that failed.
    code: Option<Check>,
    /// Whether the manifests, made anew, hold.
    anew: bool,
}

impl Finding {
    fn of(what: String, production: &Received, files: &Files) -> Self {
        let report = production.verdict(remade(files));
        let anew = !report.failed(Check::Manifest) && !report.failed(Check::TagManifest);
        Self { what, deep: deep(&report).first().copied(), code: report.code, anew }
    }
}

impl Tried {
    /// A change that has to be found. `evidence` has to be found by what it proves, and not only by the hash of the bag.
    fn found(&mut self, what: &str, production: &Received, files: &Files, evidence: bool) {
        self.count(Finding::of(what.to_owned(), production, files), evidence);
    }

    fn count(&mut self, finding: Finding, evidence: bool) {
        let Finding { what, deep, code, anew } = finding;
        let code = code.unwrap_or_else(|| panic!("{what} went unnoticed"));
        assert!(anew, "{what}: the manifests were made anew");
        assert!(deep.is_some() || !evidence, "{what}: only the bag's record tells");
        *self.by_code.entry(deep.unwrap_or(code).code()).or_default() += 1;
        if deep.is_none() {
            self.by_hash_alone.push(what);
        }
    }

    fn told(&self, what: &str) {
        let all: u64 = self.by_code.values().sum();
        let alone = self.by_hash_alone.len();
        println!(
            "{what}: {all} changes, all found ({alone} by the hash of the bag alone): {:?}",
            self.by_code
        );
    }
}

/// The production of everything and that of the matter: records of the second are in the first too.
fn two(made: &Made) -> (&Received, &Received) {
    (&made.all, &made.matter)
}

#[test]
fn a_record_that_is_left_out_or_put_in_is_found() {
    let (one, other) = two(&MADE);
    let mut tried = Tried::default();
    for (production, foreign) in [(one, other), (other, one)] {
        let (own, others) = (production.natives(), foreign.natives());
        for (index, (name, _)) in &own {
            let mut files = production.files.clone();
            files.remove(*name);
            tried.found(&format!("entry {index} left out of {}", production.name), production, &files, true);
        }
        for (index, (name, _)) in others.iter().filter(|(index, _)| !own.contains_key(index)) {
            let mut files = production.files.clone();
            files.insert(format!("{NATIVES}NATIVE001/more.json"), foreign.files[*name].clone());
            tried.found(&format!("entry {index} put into {}", production.name), production, &files, true);
        }
    }
    tried.told("left out and put in");
}

#[test]
fn a_record_of_the_other_production_is_none_of_this_one() {
    let (one, other) = two(&MADE);
    let mut tried = Tried::default();
    for (production, foreign) in [(one, other), (other, one)] {
        let (own, others) = (production.natives(), foreign.natives());
        for (index, (name, record)) in &own {
            // The same entry with what the other production discloses of it, and with its proof.
            if let Some((theirs, their_record)) = others.get(index) {
                assert_ne!(record.proof, their_record.proof, "they are proved under different checkpoints");
                let mut files = production.files.clone();
                files.insert((*name).to_owned(), foreign.files[*theirs].clone());
                tried.found(
                    &format!("entry {index} of the other in {}", production.name),
                    production,
                    &files,
                    true,
                );
            }
        }
    }
    tried.told("exchanged with the other production's");
    assert!(!tried.by_code.is_empty(), "they have records in common");
}

#[test]
fn two_records_that_change_places_are_found() {
    let (one, _) = two(&MADE);
    let mut tried = Tried::default();
    let natives: Vec<(u64, &str)> = one.natives().iter().map(|(index, (name, _))| (*index, *name)).collect();
    for pair in natives.windows(2) {
        let ((first, a), (second, b)) = (pair[0], pair[1]);
        let mut files = one.files.clone();
        files.insert(a.to_owned(), one.files[b].clone());
        files.insert(b.to_owned(), one.files[a].clone());
        tried.found(&format!("entries {first} and {second} changed places"), one, &files, true);
    }
    tried.told("changed places");
}

#[test]
fn every_file_that_differs_in_the_other_production_is_found_in_its_place() {
    let (one, other) = two(&MADE);
    let mut tried = Tried::default();
    for (production, foreign) in [(one, other), (other, one)] {
        for (name, bytes) in &foreign.files {
            let differs = production.files.get(name).is_some_and(|own| own != bytes);
            let manifest =
                name.starts_with("manifest-") || name.starts_with("tagmanifest-") || name == "bag-info.txt";
            if !differs || manifest {
                continue;
            }
            let mut files = production.files.clone();
            files.insert(name.clone(), bytes.clone());
            let evidence = name.starts_with("data/PROOFS/") || name == BAG_RECORD;
            tried.found(&format!("{name} of the other in {}", production.name), production, &files, evidence);
        }
    }
    tried.told("files of the other production");
}

#[test]
fn an_authority_that_is_left_out_is_found() {
    let (one, other) = two(&MADE);
    let mut tried = Tried::default();
    for production in [one, other] {
        for name in production.files.keys().filter(|name| name.starts_with(AUTHORITY)) {
            let mut files = production.files.clone();
            files.remove(name);
            tried.found(&format!("{name} left out of {}", production.name), production, &files, true);
        }
    }
    tried.told("authorities left out");
}

#[test]
fn every_flipped_byte_of_a_built_production_is_found() {
    let (one, _) = two(&MADE);
    let all = std::env::var("DAYBOOK_FLIPS").is_ok_and(|which| which == "all");
    let stride = if all { 1 } else { STRIDE };
    // The renderings are for the eye: only the hash of the bag speaks for them.
    let looked_at = |name: &str| {
        name.starts_with("data/PROOFS/") || name.starts_with(NATIVES) || name.starts_with("data/LOGS/")
    };
    let places = one.files.iter().filter(|(name, _)| looked_at(name));
    let places: Vec<(&String, usize)> =
        places.flat_map(|(name, bytes)| (0..bytes.len()).map(move |at| (name, at))).step_by(stride).collect();
    let findings: Vec<(Finding, bool)> = places
        .par_iter()
        .map(|(name, at)| {
            let mut files = one.files.clone();
            files.get_mut(*name).expect("it is there")[*at] ^= 1 << (at % 8);
            let finding = Finding::of(format!("{name} byte {at}"), one, &files);
            (finding, !name.starts_with("data/LOGS/"))
        })
        .collect();
    let mut tried = Tried::default();
    findings.into_iter().for_each(|(finding, evidence)| tried.count(finding, evidence));
    tried.told("flips");
}
