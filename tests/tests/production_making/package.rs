//! A production as a file: unpacked, read, remade.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use daybook_production::package::{ArchivePackage, BagWriter, MemorySink};
use daybook_tlog::Policy;
use daybook_verify::production::{
    BAG_RECORD, Check, MANIFESTS, MemoryPackage, PackageSource as _, ProductionOptions, ProductionReport,
    Record, Trusted, verify_production,
};

/// Files by their names.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// What the native of a record is named, up to its number.
pub(crate) const NATIVES: &str = "data/VOL001/NATIVES/";

/// A production that somebody received.
#[derive(Clone)]
pub(crate) struct Received {
    /// Its name.
    pub(crate) name: String,
    /// The ZIP.
    pub(crate) zip: Vec<u8>,
    /// What is in it.
    pub(crate) files: Files,
    /// The ledger's policy, from elsewhere.
    pub(crate) policy: Policy,
}

impl Received {
    pub(crate) fn read(zip: &Path, policy: &Path) -> Self {
        let archive = ArchivePackage::open(zip).expect("an archive");
        let name = archive.top().expect("one top folder").to_owned();
        let names = archive.names().expect("names");
        let file = |name: String| {
            let mut bytes = Vec::new();
            let mut file = archive.open(&name).expect("it opens").expect("it is there");
            file.read_to_end(&mut bytes).expect("it is read");
            (name, bytes)
        };
        let files = names.into_iter().map(file).collect();
        let policy = fs::read_to_string(policy).expect("the policy").parse().expect("a policy");
        Self { name, zip: fs::read(zip).expect("it is read"), files, policy }
    }

    /// A text file of it.
    pub(crate) fn text(&self, name: &str) -> &str {
        let bytes = self.files.get(name).unwrap_or_else(|| panic!("there is no {name}"));
        std::str::from_utf8(bytes).expect("text")
    }

    /// The natives, by the numbers of their entries.
    pub(crate) fn natives(&self) -> BTreeMap<u64, (&str, Record)> {
        let natives = self.files.iter().filter(|(name, _)| name.starts_with(NATIVES));
        let record = |(name, bytes): (&'_ String, &Vec<u8>)| -> (u64, (&str, Record)) {
            let record = Record::parse(bytes).expect("a record");
            // The borrow is that of the package, not of the closure.
            let name = self.files.get_key_value(name).expect("it is there").0.as_str();
            (record.index, (name, record))
        };
        natives.map(record).collect()
    }

    /// Rows of a CSV file by their columns.
    pub(crate) fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_reader(self.text(name).as_bytes());
        reader.deserialize().map(|row| row.expect("a row")).collect()
    }

    /// Unpacks it into a folder of its name.
    pub(crate) fn unpack(&self, folder: &Path) -> PathBuf {
        let root = folder.join(&self.name);
        for (name, bytes) in &self.files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
            fs::write(path, bytes).expect("it is written");
        }
        root
    }

    /// The verdict about these files for a recipient who has the ledger's policy from elsewhere.
    pub(crate) fn verdict(&self, files: Files) -> ProductionReport {
        let package = MemoryPackage { top: Some(self.name.clone()), files };
        verify_production(&package, Trusted::Policy(&self.policy), &ProductionOptions::default(), &|_| {})
    }
}

/// Makes declaration and manifests anew, as somebody would who knows what they do, and keeps everything else. The ledger's record of the bag
/// cannot be made anew.
pub(crate) fn remade(files: &Files) -> Files {
    let written =
        |name: &str| MANIFESTS.contains(&name) || ["bagit.txt", "bag-info.txt", BAG_RECORD].contains(&name);
    let mut bag = BagWriter::new(MemorySink::default());
    for (name, bytes) in files.iter().filter(|(name, _)| !written(name)) {
        bag.add(name, bytes).expect("it is added");
    }
    let info = String::from_utf8(files["bag-info.txt"].clone()).expect("text");
    let lines = info.lines().filter_map(|line| line.split_once(": "));
    let lines: Vec<_> = lines.filter(|(label, _)| *label != "Payload-Oxum").collect();
    bag.close(&lines).expect("it is closed");
    bag.seal(&files[BAG_RECORD]).expect("it is sealed").0
}

/// The checks that failed, but for the one that only the ledger's record of the bag's hash makes fail.
pub(crate) fn deep(report: &ProductionReport) -> Vec<Check> {
    let by_hash_alone = |check: Check| {
        let faults = &report.check(check).faults;
        check == Check::Statement && faults.iter().all(|fault| fault.file.as_deref() == Some(BAG_RECORD))
    };
    let failed = report.checks.iter().filter(|check| !check.faults.is_empty()).map(|check| check.code);
    failed.filter(|check| !by_hash_alone(*check)).collect()
}
