//! The second pass: records with their proofs, texts and pages, then everything else that the bag holds.

use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use daybook_tlog::{Checkpoint, HashReader, TlogProof};
use daybook_verify::production::{Digests, LeafState, Record};

use super::Build;
use super::count::{Counted, open_searched};
use super::error::{BuildError, FETCH_AGAIN, OPEN_ANEW};
use super::found::whole;
use super::lines::Lines;
use super::material::{MATERIALS, Material, Produced};
use super::plan::Plan;
use super::progress::{Progress, Step, Tell};
use super::rested::{Rested, Resting};
use super::rows::{CSV, Rows};
use super::trust::{Tree, unread};
use crate::load::{image_path, native_path, text_path};
use crate::logs::{self, WithheldEntry};
use crate::model::{BatesRange, Choices, Numbered};
use crate::package::{BagWriter, DirSink, LeavesError, write_leaves};
use crate::papers::{Facts, Tally, paper_files};
use crate::render;

const POLICY: &str = "data/PROOFS/policy.txt";
const CHECKPOINT: &str = "data/PROOFS/checkpoint.txt";
const SEARCHED: &str = "data/PROOFS/checkpoint-searched.txt";
const CONSISTENCY: &str = "data/PROOFS/consistency.json";
const LEAVES: &str = "data/PROOFS/leaves.csv";

/// The numbers that the ledger gave to the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The entry of `production.numbered`.
    pub entry: u64,
    /// What stands before the digits.
    pub prefix: String,
    /// The number of the first page.
    pub first: u64,
    /// The number of the last page.
    pub last: u64,
}

/// What the ledger gave after the pages were numbered.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a> {
    /// The numbers.
    pub numbers: &'a Numbers,
    /// The checkpoint up to which it was searched, as it was signed.
    pub searched: &'a str,
    /// The checkpoint of the proofs, as it was signed: behind the entry of the numbers.
    pub checkpoint: &'a str,
    /// The file of the authorities.
    pub authorities: &'a Path,
}

/// A bag that is complete but for the ledger's record of it.
pub struct Written {
    pub(super) bag: BagWriter<DirSink>,
    pub(super) folder: PathBuf,
    pub(super) hash: [u8; 32],
    pub(super) checkpoint: Checkpoint,
    /// The first number and the last, stamped.
    pub bates: (String, String),
    /// The most records that were in memory at once.
    pub most_held: usize,
}

impl Written {
    /// The bag's hash, which the ledger records: SHA-256 of `tagmanifest-sha256.txt`.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }
}

impl<R: HashReader + Sync> Build<'_, R>
where
    R::Error: Display,
{
    /// Writes the bag. What stands in `folder` is removed first: a build that was interrupted begins again here, and gives the same bytes.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn write(&self, counted: &Counted, steps: &Steps<'_>, folder: &Path) -> Result<Written, BuildError> {
        let Self { plan, trust, tree, materials, tell } = *self;
        check_numbers(plan, counted, steps.numbers)?;
        let searched = open_searched(plan, trust, steps.searched)?;
        let checkpoint = trust.open(steps.checkpoint, "of the proofs")?;
        if checkpoint.size <= steps.numbers.entry {
            let what = format!(
                "the checkpoint of the proofs, of {} entries, does not cover the entry of the numbers, {}",
                checkpoint.size, steps.numbers.entry
            );
            return Err(BuildError::unfit(what, "wait for the ledger's next checkpoint"));
        }
        let choices = plan.opened.choices(plan, checkpoint.size, checkpoint.root);
        let tree = Tree::new(tree, checkpoint)?;
        let consistency = tree.since(&searched)?;
        begin(folder)?;
        let mut bag = BagWriter::new(DirSink(folder.to_owned()));
        let writing = Writing { plan, counted, steps, tree: &tree, choices: &choices, materials, folder };
        let (tally, most_held) = writing.records(&mut bag, tell)?;
        bag.add(POLICY, trust.text().as_bytes())?;
        bag.add(CHECKPOINT, steps.checkpoint.as_bytes())?;
        bag.add(SEARCHED, steps.searched.as_bytes())?;
        bag.add(CONSISTENCY, &consistency.write())?;
        let resting = Resting { plan, counted, numbers: steps.numbers, tree: &tree, note: steps.checkpoint };
        let rested = resting.write(steps.authorities, &mut bag)?;
        writing.leaves(&rested, &mut bag)?;
        writing.words(&rested, &tally, &trust.policy().log_vkey().to_string(), &mut bag)?;
        let hash = bag.close(&writing.info())?;
        let range = BatesRange {
            prefix: steps.numbers.prefix.clone(),
            first: steps.numbers.first,
            last: steps.numbers.last,
        };
        let folder = folder.to_owned();
        let bates = (range.begin(), range.end());
        Ok(Written { bag, folder, hash, checkpoint: tree.checkpoint, bates, most_held })
    }
}

/// An empty folder that only its owner can look into.
fn begin(folder: &Path) -> Result<(), BuildError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let disk = BuildError::disk(folder);
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(disk(error)),
        _ => {}
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(disk)
}

fn check_numbers(plan: &Plan<'_>, counted: &Counted, numbers: &Numbers) -> Result<(), BuildError> {
    let pages = numbers.last.checked_sub(numbers.first).map_or(0, |more| more.saturating_add(1));
    if numbers.prefix == plan.opened.bates_prefix && pages == counted.pages && numbers.first > 0 {
        return Ok(());
    }
    let what =
        format!("the ledger gave {pages} numbers, and the records that go out have {} pages", counted.pages);
    Err(BuildError::unfit(
        what,
        "build with the words, the profile and the version of the program with which the pages were counted, or open a new production",
    ))
}

/// What the second pass works with.
struct Writing<'a, R> {
    plan: &'a Plan<'a>,
    counted: &'a Counted,
    steps: &'a Steps<'a>,
    tree: &'a Tree<'a, R>,
    choices: &'a Choices,
    materials: &'a Path,
    folder: &'a Path,
}

/// What becomes of a line of the materials.
enum Made {
    Produced(Box<Rendered>),
    Withheld(Box<WithheldEntry>),
    End,
}

/// A record with its renderings, each with its digests.
struct Rendered {
    ordinal: u64,
    numbered: Numbered,
    files: [(String, Vec<u8>, Digests); 3],
}

impl<R: HashReader + Sync> Writing<'_, R>
where
    R::Error: Display,
{
    /// Natives, texts, pages, and the rows about them.
    fn records(&self, bag: &mut BagWriter<DirSink>, tell: &Tell<'_>) -> Result<(Tally, usize), BuildError> {
        let mut rows = Rows::begin(self.folder, self.plan, self.choices)?;
        let mut done = 0;
        let work = |line| match Material::read(&line)? {
            Material::Produced(record) => Ok(Made::Produced(Box::new(self.render(&record)?))),
            Material::Withheld(record) => {
                self.tree.path(record.index, &record.leaf)?;
                Ok(Made::Withheld(Box::new(record.row(self.plan))))
            }
            Material::End { .. } => Ok(Made::End),
        };
        let take = |made| {
            match made {
                Made::Produced(rendered) => {
                    let Rendered { ordinal, numbered, files } = *rendered;
                    if ordinal != done {
                        return Err(whole("it was changed while it was read"));
                    }
                    for (name, bytes, digests) in &files {
                        bag.add_hashed(name, bytes, digests.clone())?;
                    }
                    rows.produced(&numbered)?;
                    done += 1;
                    tell(Progress { step: Step::Writing, done, all: self.counted.documents });
                }
                Made::Withheld(entry) => rows.withheld(&entry)?,
                Made::End => {}
            }
            Ok(())
        };
        let most_held = Lines::open(self.materials, MATERIALS)?.each(self.plan.at_once, work, take)?;
        if done != self.counted.documents {
            return Err(whole("it was changed while it was read"));
        }
        Ok((rows.end(bag)?, most_held))
    }

    fn render(&self, record: &Produced) -> Result<Rendered, BuildError> {
        let index = record.index;
        let changed = || whole("it was changed while it was read");
        let ordinal = self.counted.found.ordinal(index).ok_or_else(changed)?;
        let at = usize::try_from(ordinal).map_err(|_| changed())?;
        let [before, behind] = [at, at + 1].map(|at| self.counted.before.get(at).copied());
        let (before, behind) = (before.ok_or_else(changed)?, behind.ok_or_else(changed)?);
        let path = self.tree.path(index, &record.leaf())?;
        let decided = record.decide(&self.plan.profile)?;
        let proof = TlogProof { extra: None, index, path, checkpoint: self.steps.checkpoint.to_owned() };
        let native = Record {
            index,
            entry: record.entry.clone(),
            event: decided.event.clone(),
            intake: decided.intake.map(str::to_owned),
            proof: proof.format(),
            consistency: None,
        };
        let native = native.write();
        let document = decided.document(&native, &|jti| self.counted.found.place(jti))?;
        if render::pages(&document, self.choices) != behind - before {
            let what = "it has another number of pages than when they were counted";
            return Err(BuildError::entry(index, what, OPEN_ANEW));
        }
        let first = self.steps.numbers.first;
        let prefix = self.choices.bates_prefix.clone();
        let bates = BatesRange { prefix, first: first + before, last: first + behind - 1 };
        let numbered = Numbered { bates, document };
        let pdf = render::pdf(&numbered, self.choices).map_err(|error| BuildError::Rendering {
            what: format!("the PDF of entry {index}"),
            why: error.to_string(),
        })?;
        let text = render::text(&numbered, self.choices).into_bytes();
        let bates = &numbered.bates;
        let files = [
            (native_path(bates, ordinal), native),
            (text_path(bates, ordinal), text),
            (image_path(bates, ordinal), pdf),
        ];
        let files = files.map(|(name, bytes)| {
            let digests = Digests::of(&bytes);
            (name, bytes, digests)
        });
        Ok(Rendered { ordinal, numbered, files })
    }

    /// What became of every leaf.
    fn leaves(&self, rested: &Rested, bag: &mut BagWriter<DirSink>) -> Result<(), BuildError> {
        let found = &self.counted.found;
        let mut named: Vec<(u64, LeafState)> = found.states().collect();
        let beside = rested.entries.iter().filter(|index| found.state(**index).is_none());
        named.extend(beside.map(|index| (*index, LeafState::Authority)));
        named.sort_unstable();
        let (size, searched) = (self.choices.checkpoint_size, self.choices.searched_size);
        let listed = bag.stream(LEAVES, |out| write_leaves(self.tree.reader(), size, searched, named, out));
        listed.map_err(|error| match error {
            LeavesError::Named(index) => BuildError::entry(
                index,
                "it was found and is not below the size that was searched",
                FETCH_AGAIN,
            ),
            LeavesError::Read(error) => unread(&error),
            LeavesError::Write(error) => error.into(),
        })
    }

    /// Logs of steps and incidents, papers, and what explains the package.
    fn words(
        &self,
        rested: &Rested,
        tally: &Tally,
        log_vkey: &str,
        bag: &mut BagWriter<DirSink>,
    ) -> Result<(), BuildError> {
        bag.add("data/LOGS/custody.jsonl", &logs::custody(&rested.custody))?;
        bag.add("data/LOGS/incidents.csv", &logs::incidents(&rested.incidents))?;
        let csv = bag.digests(CSV).map_or([0; 32], |digests| digests.sha256);
        let facts = Facts {
            choices: self.choices,
            tally,
            load_file_sha256: csv,
            custody: &rested.custody,
            incidents: &rested.incidents,
            software: &self.plan.software,
            log_vkey,
            dat_is_cp1252: self.plan.encoding == crate::load::DatEncoding::Cp1252,
        };
        let files = paper_files(&facts).map_err(|error| BuildError::Rendering {
            what: "the papers".to_owned(),
            why: error.to_string(),
        })?;
        for (name, bytes) in files {
            bag.add(&name, &bytes)?;
        }
        Ok(())
    }

    /// The lines of `bag-info.txt`. The day is the event's, never a clock's.
    fn info(&self) -> [(&str, &str); 3] {
        let custodian = self.choices.words.custodian.as_str();
        let office = if custodian.is_empty() { self.choices.origin.as_str() } else { custodian };
        [
            ("Source-Organization", office),
            ("External-Identifier", &self.choices.production),
            ("Bagging-Date", self.plan.opened.day()),
        ]
    }
}
