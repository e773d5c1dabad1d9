//! Somebody who builds a production from what the sample's ledger hands out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use daybook_production::build::{Build, BuildError, Opened, Packed, Plan, Progress, Steps, Tell, Trust};
use daybook_production::load::DatEncoding;
use daybook_production::model::Words;
use daybook_production::papers::Software;
use daybook_production::profile::Profile;
use daybook_production::sample::{Ledger, Service, Special, Story, play, unrelated};
use serde_json::Value;

/// What a build is given, for tests to spoil.
pub(crate) struct Desk {
    pub(crate) service: Service,
    pub(crate) profile: Profile,
    pub(crate) words: Words,
    pub(crate) policy: String,
    pub(crate) encoding: DatEncoding,
    /// Records in memory at once.
    pub(crate) at_once: usize,
    /// Changes the lines of materials and authorities on their way.
    pub(crate) materials: fn(&mut Vec<Value>),
    pub(crate) authorities: fn(&mut Vec<Value>),
}

/// What came of a build, beside the package.
pub(crate) struct Done {
    pub(crate) packed: Packed,
    pub(crate) most_held: usize,
    pub(crate) documents: u64,
    pub(crate) pages: u64,
    pub(crate) notices: Vec<(&'static str, u64)>,
}

impl Desk {
    /// The sample's first production.
    pub(crate) fn new() -> Self {
        Self::of(Ledger::new(), |_, _| {})
    }

    /// The same with so many plain records more.
    pub(crate) fn with_records(more: usize) -> Self {
        Self::of(Ledger::new(), |ledger, story| {
            story.found.extend((0..more).map(|_| (unrelated(ledger), Special::Plain)));
        })
    }

    pub(crate) fn of(mut ledger: Ledger, change: impl Fn(&mut Ledger, &mut Story)) -> Self {
        let mut story = play(&mut ledger);
        change(&mut ledger, &mut story);
        let service = Service::open(ledger, story, 1).unwrap();
        Self {
            profile: service.profile(),
            words: service.words(),
            policy: service.policy(),
            service,
            encoding: DatEncoding::Utf8,
            at_once: 4,
            materials: |_| {},
            authorities: |_| {},
        }
    }

    /// Builds in a folder.
    pub(crate) fn build(&mut self, folder: &Path) -> Result<Done, BuildError> {
        self.build_telling(folder, &|_| {})
    }

    pub(crate) fn build_telling(&mut self, folder: &Path, tell: &Tell<'_>) -> Result<Done, BuildError> {
        let materials = lines(folder, "materials.jsonl", self.service.materials(), self.materials);
        self.build_from(&materials, folder, tell)
    }

    /// Builds from a file of materials.
    pub(crate) fn build_from(
        &mut self,
        materials: &Path,
        folder: &Path,
        tell: &Tell<'_>,
    ) -> Result<Done, BuildError> {
        let trust = Trust::new(&self.policy)?;
        let opened = Opened::read(&self.service.opened())?;
        let basis = |entry: u64, code: &str| format!("Entry {entry} is {code}.");
        let plan = Plan::new(opened, self.profile.clone(), self.words.clone(), &basis, &trust)?
            .encoding(self.encoding)
            .software(Software { version: env!("CARGO_PKG_VERSION").to_owned(), build: None })
            .at_once(self.at_once);
        let searched = self.service.searched();
        let build = Build { plan: &plan, trust: &trust, tree: &self.service.ledger, materials, tell };
        let counted = build.count(&searched)?;
        let numbers = self.service.number(1, counted.documents, counted.pages);
        let checkpoint = self.service.checkpoint(numbers.entry);
        let authorities = lines(folder, "authorities.jsonl", self.service.authorities(), self.authorities);
        let steps = Steps {
            numbers: &numbers,
            searched: &searched,
            checkpoint: &checkpoint,
            authorities: &authorities,
        };
        let build = Build { plan: &plan, trust: &trust, tree: &self.service.ledger, materials, tell };
        let written = build.write(&counted, &steps, &folder.join("bag"))?;
        let most_held = written.most_held.max(counted.most_held);
        let record = self.service.build(written.hash());
        let checkpoint = self.service.checkpoint(record.index);
        let build = Build { plan: &plan, trust: &trust, tree: &self.service.ledger, materials, tell };
        let packed = build.pack(written, &record, &checkpoint, &folder.join("made.zip"))?;
        let notices = counted.notices.iter().map(|(code, (count, _))| (*code, *count)).collect();
        Ok(Done { packed, most_held, documents: counted.documents, pages: counted.pages, notices })
    }

    /// What is wrong with it, in a sentence.
    pub(crate) fn refused(&mut self) -> String {
        let folder = tempfile::tempdir().unwrap();
        let refused = self.build(folder.path()).map(|done| done.packed.path).unwrap_err();
        let zips = ["made.zip", "made.zip.part"].map(|name| folder.path().join(name).exists());
        assert_eq!(zips, [false; 2], "nothing that was refused is there");
        refused.to_string()
    }
}

/// Writes lines into a file.
fn lines(folder: &Path, name: &str, mut lines: Vec<Value>, change: fn(&mut Vec<Value>)) -> PathBuf {
    change(&mut lines);
    let path = folder.join(name);
    fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    path
}

/// Everything that was told.
#[derive(Default)]
pub(crate) struct Told(pub(crate) Mutex<Vec<Progress>>);

impl Told {
    pub(crate) fn hear(&self, progress: Progress) {
        self.0.lock().unwrap().push(progress);
    }
}
