//! Every byte, flipped in turn: as it is, where the manifests must tell, and with all manifests made anew, where what lies deeper must.
//!
//! All of them take long without optimisation, so a plain run takes every so manyth byte; `DAYBOOK_FLIPS=all` takes each.

use std::collections::BTreeMap;

use daybook_production::sample::{Dress, Ledger, Sample, Special, Story, produce, unrelated};
use daybook_verify::production::{BAG_RECORD, Check, MANIFESTS, MemoryPackage};
use rayon::prelude::*;
use serde_json::json;

use crate::change::remake;
use crate::verify;

/// Distance of the bytes that a plain run flips; a prime, so that all places in a repeated line are hit.
const STRIDE: usize = 61;

/// Two records, one with an erased part, and one held back: the least in which every kind of file says something.
fn compact() -> Sample {
    let mut ledger = Ledger::new();
    let jail = "sheriff/jail-records";
    let mut authorities = vec![0, 1, ledger.register(jail)];
    let release = |matter: &str| json!({"outcome": "released_public", "matter_ref": matter});
    let plain = ledger.append(jail, "release.completed", release("k3vq7tz2m5ywb4cdnxr6gh2sja"));
    let erased = ledger.append(jail, "release.completed", release("aaaaaaaaaaaaaaaaaaaaaaaaaa"));
    let held = ledger.append(jail, "release.completed", release("bbbbbbbbbbbbbbbbbbbbbbbbbb"));
    let order = json!({"kind": "erased", "authority": "statute", "part": "withheld", "at_entries": [erased.to_string()],
        "done_on": "2026-11-20", "entries": 1});
    let by = ledger.append("ledger/access", "record.sealed", order);
    authorities.push(by);
    unrelated(&mut ledger);
    let found = vec![(plain, Special::Plain), (erased, Special::Erased(by)), (held, Special::Privileged)];
    produce(&mut ledger, &Story { found, authorities }, 1, 1, Dress::Plain, &BTreeMap::new()).unwrap()
}

struct Flip<'a> {
    file: &'a str,
    at: usize,
    bit: u8,
}

/// The bytes to flip, one bit each.
fn flips<'a>(sample: &'a Sample, wanted: impl Fn(&str) -> bool) -> Vec<Flip<'a>> {
    let all = std::env::var("DAYBOOK_FLIPS").is_ok_and(|which| which == "all");
    let stride = if all { 1 } else { STRIDE };
    let places = sample.files.iter().filter(|(name, _)| wanted(name));
    let places = places.flat_map(|(name, bytes)| (0..bytes.len()).map(move |at| (name.as_str(), at)));
    places.step_by(stride).map(|(file, at)| Flip { file, at, bit: 1 << (at % 8) }).collect()
}

fn flipped(sample: &Sample, flip: &Flip<'_>) -> BTreeMap<String, Vec<u8>> {
    let mut files = sample.files.clone();
    files.get_mut(flip.file).unwrap()[flip.at] ^= flip.bit;
    files
}

#[test]
fn every_flipped_byte_is_found_by_the_manifests() {
    let sample = compact();
    let flips = flips(&sample, |_| true);
    let missed: Vec<String> = flips
        .par_iter()
        .filter_map(|flip| {
            let package = MemoryPackage { top: Some(sample.name.clone()), files: flipped(&sample, flip) };
            let code = verify(&package, &sample).code;
            let expected: &[Check] = match flip.file {
                // The record of the bag is in no manifest; it proves itself.
                BAG_RECORD => {
                    &[Check::Record, Check::Inclusion, Check::Event, Check::Signature, Check::Statement]
                }
                "bagit.txt" => &[Check::Declaration],
                name if name.starts_with("data/") => &[Check::Manifest],
                _ => &[Check::TagManifest],
            };
            let found = code.is_some_and(|code| expected.contains(&code));
            (!found).then(|| format!("{} byte {} bit {}: {code:?}", flip.file, flip.at, flip.bit))
        })
        .collect();
    println!("{} flips in {} files as they are: {} not found", flips.len(), sample.files.len(), missed.len());
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn every_flipped_byte_of_the_evidence_is_found_without_the_manifests() {
    let sample = compact();
    let evidence = |name: &str| name.starts_with("data/PROOFS/") || name.starts_with("data/VOL001/NATIVES/");
    let said = |name: &str| {
        !MANIFESTS.contains(&name)
            && (name.starts_with("data/LOGS/") || name.starts_with("data/VOL001/DATA/"))
    };
    let flips = flips(&sample, |name| evidence(name) || said(name));
    let verdicts: Vec<(&Flip<'_>, bool, bool)> = flips
        .par_iter()
        .map(|flip| {
            let files = remake(&flipped(&sample, flip));
            let report = verify(&MemoryPackage { top: Some(sample.name.clone()), files }, &sample);
            assert!(!report.failed(Check::Manifest) && !report.failed(Check::TagManifest));
            let hash_alone = |check: &Check| {
                *check == Check::Statement
                    && report
                        .check(*check)
                        .faults
                        .iter()
                        .all(|fault| fault.file.as_deref() == Some(BAG_RECORD))
            };
            let deep = crate::failed(&report).iter().any(|check| !hash_alone(check));
            (flip, !report.ok, deep)
        })
        .collect();
    let mut by_file: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (flip, found, deep) in &verdicts {
        assert!(found, "{} byte {}", flip.file, flip.at);
        assert!(
            *deep || !evidence(flip.file),
            "{} byte {} bit {}: only the bag's record tells",
            flip.file,
            flip.at,
            flip.bit
        );
        let (all, by_depth) = by_file.entry(flip.file).or_default();
        *all += 1;
        *by_depth += u64::from(*deep);
    }
    let deep: u64 = by_file.values().map(|(_, deep)| deep).sum();
    println!(
        "{} flips with manifests made anew: all found, {deep} of them also without the bag's record",
        verdicts.len()
    );
    for (file, (all, deep)) in by_file.iter().filter(|(_, (all, deep))| all != deep) {
        println!("  {file}: {deep} of {all} without the bag's record");
    }
}
