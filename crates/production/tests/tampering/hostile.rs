//! Nothing that anybody sends makes the verifier do anything but give a verdict.

use daybook_production::package::ArchivePackage;
use daybook_verify::production::MemoryPackage;
use proptest::prelude::*;

use crate::{SAMPLES, verify};

/// Files whose bytes are worth making up.
const SMALL: [&str; 14] = [
    "bagit.txt",
    "bag-record.json",
    "manifest-sha256.txt",
    "tagmanifest-sha512.txt",
    "data/PROOFS/policy.txt",
    "data/PROOFS/checkpoint.txt",
    "data/PROOFS/consistency.json",
    "data/PROOFS/leaves.csv",
    "data/PROOFS/statement.json",
    "data/PROOFS/AUTHORITY/2.json",
    "data/LOGS/redaction-log.csv",
    "data/LOGS/withheld.csv",
    "data/VOL001/DATA/VOL001.csv",
    "data/VOL001/DATA/columns.csv",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_of_any_bytes_gives_a_verdict(which in 0..SMALL.len(), bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let [sample, _] = &*SAMPLES;
        let mut files = sample.files.clone();
        files.insert(SMALL[which].to_owned(), bytes);
        let holds = verify(&MemoryPackage { top: None, files }, sample).ok;
        prop_assert!(!holds);
    }

    #[test]
    fn a_file_cut_anywhere_gives_a_verdict(which in 0..SMALL.len(), part in 0.0..1.0f64) {
        let [sample, _] = &*SAMPLES;
        let mut files = sample.files.clone();
        let bytes = files.get_mut(SMALL[which]).unwrap();
        bytes.truncate((bytes.len() as f64 * part) as usize);
        let holds = verify(&MemoryPackage { top: None, files }, sample).ok;
        prop_assert!(!holds);
    }

    #[test]
    fn an_archive_of_any_bytes_gives_a_verdict(bytes in prop::collection::vec(any::<u8>(), 0..2000), tail in any::<bool>()) {
        let [sample, _] = &*SAMPLES;
        let mut bytes = bytes;
        if tail {
            // With the end of a real one behind it, more of the reader is reached.
            let zip = sample.zip().unwrap();
            bytes.extend(&zip[zip.len() - 400..]);
        }
        let holds = verify(&ArchivePackage::from_bytes(bytes).unwrap(), sample).ok;
        prop_assert!(!holds);
    }
}
