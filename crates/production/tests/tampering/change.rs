//! Changes to a package, as data: so that another verifier's tests can make them too.

use std::collections::BTreeMap;

use daybook_production::package::{BagWriter, MemorySink};
use daybook_production::sample::Sample;
use daybook_verify::production::{BAG_RECORD, Check, MANIFESTS};
use serde::Serialize;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// One change.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub(crate) enum Change {
    /// Flip the lowest bit of the byte at this offset.
    Flip { file: String, at: usize },
    /// Put `with` in the place of the first `find`.
    Replace { file: String, find: String, with: String },
    /// Take the file away.
    Remove { file: String },
    /// A file with this text.
    Put { file: String, text: String },
    /// The bytes of another file of the untouched package.
    Copy { from: String, to: String },
    /// The bytes of a file of the ledger's other production.
    Foreign { from: String, to: String },
}

impl Change {
    pub(crate) fn replace(file: &str, find: &str, with: &str) -> Self {
        Self::Replace { file: file.into(), find: find.into(), with: with.into() }
    }

    pub(crate) fn remove(file: &str) -> Self {
        Self::Remove { file: file.into() }
    }

    pub(crate) fn put(file: &str, text: &str) -> Self {
        Self::Put { file: file.into(), text: text.into() }
    }

    pub(crate) fn copy(from: &str, to: &str) -> Self {
        Self::Copy { from: from.into(), to: to.into() }
    }

    pub(crate) fn foreign(from: &str, to: &str) -> Self {
        Self::Foreign { from: from.into(), to: to.into() }
    }

    pub(crate) fn apply(&self, files: &mut Files, own: &Sample, other: &Sample) {
        match self {
            Self::Flip { file, at } => files.get_mut(file).unwrap()[*at] ^= 1,
            Self::Replace { file, find, with } => {
                let text = String::from_utf8(files[file].clone()).unwrap();
                assert!(text.contains(find), "{file} has no {find}");
                files.insert(file.clone(), text.replacen(find, with, 1).into_bytes());
            }
            Self::Remove { file } => assert!(files.remove(file).is_some(), "{file}"),
            Self::Put { file, text } => drop(files.insert(file.clone(), text.clone().into_bytes())),
            Self::Copy { from, to } => drop(files.insert(to.clone(), own.files[from].clone())),
            Self::Foreign { from, to } => drop(files.insert(to.clone(), other.files[from].clone())),
        }
    }
}

/// One thing that somebody might do.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) changes: Vec<Change>,
    /// Whether the manifests and tag manifests are made anew afterwards, as somebody would who knows what they do. The ledger's record of the
    /// bag cannot be.
    pub(crate) remade: bool,
    /// The verdict's code.
    pub(crate) expect: Check,
    /// Checks that must fail besides, were the first to be passed over.
    pub(crate) also: &'static [Check],
}

impl Case {
    pub(crate) fn files(&self, own: &Sample, other: &Sample) -> Files {
        let mut files = own.files.clone();
        self.changes.iter().for_each(|change| change.apply(&mut files, own, other));
        if self.remade { remake(&files) } else { files }
    }
}

/// Makes declaration and manifests anew, and keeps everything else.
pub(crate) fn remake(files: &Files) -> Files {
    let mut bag = BagWriter::new(MemorySink::default());
    let written =
        |name: &str| MANIFESTS.contains(&name) || ["bagit.txt", "bag-info.txt", BAG_RECORD].contains(&name);
    for (name, bytes) in files.iter().filter(|(name, _)| !written(name)) {
        bag.add(name, bytes).unwrap();
    }
    let info = String::from_utf8(files.get("bag-info.txt").cloned().unwrap_or_default()).unwrap();
    let lines: Vec<_> = info.lines().filter_map(|line| line.split_once(": ")).collect();
    let lines: Vec<_> = lines.into_iter().filter(|(label, _)| *label != "Payload-Oxum").collect();
    bag.close(&lines).unwrap();
    let record = files.get(BAG_RECORD).cloned();
    let mut remade = bag.seal(record.as_deref().unwrap_or_default()).unwrap().0;
    if record.is_none() {
        remade.remove(BAG_RECORD);
    }
    remade
}
