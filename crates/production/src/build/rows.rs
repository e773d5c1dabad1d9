//! The files of a package that grow with its records. They are written while the records go by, so that none is in memory as a whole.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::error::BuildError;
use super::plan::Plan;
use crate::load::{LoadFiles, LoadWriter};
use crate::logs::{RedactionLog, WithheldEntry, WithheldLog};
use crate::model::{Choices, Numbered};
use crate::package::{BagWriter, DirSink};
use crate::papers::Tally;

/// The files, in the order of [`Rows::parts`].
pub(super) const CSV: &str = "data/VOL001/DATA/VOL001.csv";
const NAMES: [&str; 8] = [
    "data/VOL001/DATA/VOL001.dat",
    "data/VOL001/DATA/VOL001.opt",
    CSV,
    "data/VOL001/DATA/VOL001.jsonl",
    "data/VOL001/DATA/columns.csv",
    "data/LOGS/redaction-log.csv",
    "data/LOGS/withheld.csv",
    "data/LOGS/privilege-log.csv",
];

/// Load files and logs while they grow.
pub(super) struct Rows<'a> {
    load: LoadWriter<'a>,
    redactions: RedactionLog,
    withheld: WithheldLog,
    tally: Tally,
    files: Vec<(PathBuf, BufWriter<File>)>,
}

impl<'a> Rows<'a> {
    /// Begins the files under this folder.
    pub(super) fn begin(folder: &Path, plan: &Plan<'_>, choices: &'a Choices) -> Result<Self, BuildError> {
        let mut files = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            let path = folder.join(name);
            let disk = BuildError::disk(&path);
            fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(&disk)?;
            let file = File::create(&path).map_err(&disk)?;
            files.push((path, BufWriter::new(file)));
        }
        Ok(Self {
            load: LoadWriter::new(choices, &plan.profile.columns, plan.encoding),
            redactions: RedactionLog::default(),
            withheld: WithheldLog::default(),
            tally: Tally::default(),
            files,
        })
    }

    /// Adds a record that goes out; they come in the order of their numbers.
    pub(super) fn produced(&mut self, numbered: &Numbered) -> Result<(), BuildError> {
        self.load
            .push(numbered)
            .map_err(|error| BuildError::unfit(error.to_string(), "build with the DAT in UTF-8"))?;
        self.redactions.push(numbered);
        self.tally.push(numbered);
        self.write()
    }

    /// Adds one that is held back.
    pub(super) fn withheld(&mut self, entry: &WithheldEntry) -> Result<(), BuildError> {
        self.withheld.push(entry);
        self.write()
    }

    /// Writes what has come since, and forgets it.
    fn write(&mut self) -> Result<(), BuildError> {
        let LoadFiles { dat, opt, csv, jsonl, columns } = self.load.drain();
        let (withheld, privilege) = self.withheld.drain();
        let parts = [dat, opt, csv, jsonl, columns, self.redactions.drain(), withheld, privilege];
        for ((path, file), part) in self.files.iter_mut().zip(parts) {
            file.write_all(&part).map_err(BuildError::disk(path))?;
        }
        Ok(())
    }

    /// Ends the files and takes them into the bag. Gives what was counted on the way.
    pub(super) fn end(mut self, bag: &mut BagWriter<DirSink>) -> Result<Tally, BuildError> {
        self.write()?;
        for (name, (path, file)) in NAMES.into_iter().zip(self.files) {
            let disk = BuildError::disk(&path);
            file.into_inner().map_err(|error| disk(error.into_error()))?;
            bag.adopt(name, File::open(&path).map_err(&disk)?).map_err(&disk)?;
        }
        Ok(self.tally)
    }
}
