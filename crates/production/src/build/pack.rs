//! The last step: the ledger's record of the bag, the ZIP, and the check that a recipient makes.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use daybook_event::b64;
use daybook_tlog::{HashReader, TlogProof};
use daybook_verify::production::{
    BAG_RECORD, Digests, ProductionOptions, ProductionReport, Trusted, verify_production,
};
use serde_json::Value;

use super::Build;
use super::authority::{Own, said};
use super::error::{BuildError, FETCH_AGAIN};
use super::progress::{Progress, Step, Tell};
use super::trust::{Tree, Trust};
use super::write::Written;
use crate::package::{ArchivePackage, ArchiveWriter};

const BUILT: &str = "production.built";

/// A production that is done: packed, and checked as its recipient will check it.
#[derive(Debug)]
pub struct Packed {
    /// Where it is.
    pub path: PathBuf,
    /// How long it is, bytes.
    pub bytes: u64,
    /// Its SHA-256, which the ledger records on delivery.
    pub sha256: [u8; 32],
    /// What the check found.
    pub report: ProductionReport,
}

impl<R: HashReader + Sync> Build<'_, R>
where
    R::Error: Display,
{
    /// Adds the ledger's record of the bag, packs the bag into `zip` and checks what was packed. The file is there under its name only when it
    /// holds. `record` is the entry of `production.built`, `checkpoint` one behind it, as it was signed.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn pack(
        &self,
        written: Written,
        record: &Own,
        checkpoint: &str,
        zip: &Path,
    ) -> Result<Packed, BuildError> {
        let bag_record = self.bag_record(&written, record, checkpoint)?;
        let Written { mut bag, folder, .. } = written;
        bag.add(BAG_RECORD, &bag_record)?;
        let files: Vec<(String, u64)> =
            bag.files().map(|(name, digests)| (name.to_owned(), digests.bytes)).collect();
        let part = beside(zip);
        archive(&self.plan.opened.production, &folder, &files, &part, self.tell)?;
        let checked = check(self.trust, &part, self.tell);
        if checked.is_err() {
            // Nobody is to take it for the package. Where it cannot be removed, its name still says that it is none.
            let _ = fs::remove_file(&part);
        }
        let (report, digests) = checked?;
        let disk = BuildError::disk(zip);
        fs::rename(&part, zip).map_err(&disk)?;
        let parent = zip.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(&disk)?;
        Ok(Packed { path: zip.to_owned(), bytes: digests.bytes, sha256: digests.sha256, report })
    }

    fn bag_record(&self, written: &Written, record: &Own, note: &str) -> Result<Vec<u8>, BuildError> {
        let tree = Tree::new(self.tree, self.trust.open(note, "of the record of the bag")?)?;
        let path = tree.path(record.index, &record.leaf())?;
        let proof = TlogProof { extra: None, index: record.index, path, checkpoint: note.to_owned() };
        let consistency = tree.since(&written.checkpoint)?;
        let made = record.record(self.plan.profile.intake, &proof, Some(consistency))?;
        let (event, fields) = said(&made)?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let hash = text("bag_hash").and_then(b64::decode_array::<32>);
        if event != BUILT
            || text("production") != Some(&self.plan.opened.production)
            || hash != Some(written.hash)
        {
            let what = "this is not the ledger's record of the bag that was just made";
            return Err(BuildError::entry(record.index, what, FETCH_AGAIN));
        }
        Ok(made.write())
    }
}

/// The name of the file while it is not whole.
fn beside(zip: &Path) -> PathBuf {
    let mut name = zip.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Writes the ZIP and waits until it is on disk.
fn archive(
    name: &str,
    folder: &Path,
    files: &[(String, u64)],
    part: &Path,
    tell: &Tell<'_>,
) -> Result<(), BuildError> {
    let disk = BuildError::disk(part);
    let out =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part).map_err(&disk)?;
    let mut archive = ArchiveWriter::new(BufWriter::new(out), name);
    for (done, (file, size)) in (1..).zip(files) {
        let path = folder.join(file);
        let bytes = File::open(&path).map_err(BuildError::disk(&path))?;
        archive.add(file, *size, bytes).map_err(&disk)?;
        tell(Progress { step: Step::Packing, done, all: files.len() as u64 });
    }
    let out = archive.finish().map_err(&disk)?;
    let out = out.into_inner().map_err(|error| disk(error.into_error()))?;
    out.sync_all().map_err(disk)
}

/// Checks the ZIP with the verifier that everybody has, by the policy that is in it, and hashes it.
fn check(trust: &Trust, part: &Path, tell: &Tell<'_>) -> Result<(ProductionReport, Digests), BuildError> {
    let disk = BuildError::disk(part);
    let package = ArchivePackage::open(part).map_err(&disk)?;
    let told = |progress: daybook_verify::production::ProductionProgress| {
        tell(Progress { step: Step::Verifying, done: progress.done, all: progress.total });
    };
    let options = ProductionOptions::default();
    let report = verify_production(&package, Trusted::Policy(trust.policy()), &options, &told);
    let all = report.counts.files;
    tell(Progress { step: Step::Verifying, done: all, all });
    if let Some(code) = report.code {
        let fault = report.check(code).faults.first();
        let place = fault.map(|fault| (fault.file.as_deref().unwrap_or_default(), fault.index));
        let what = match (place, fault) {
            (Some((file, Some(index))), Some(fault)) => format!("{file}, entry {index}: {}", fault.what),
            (Some((file, None)), Some(fault)) => format!("{file}: {}", fault.what),
            _ => code.title().to_owned(),
        };
        return Err(BuildError::DoesNotHold { code: code.code(), what });
    }
    let digests = Digests::of_stream(File::open(part).map_err(&disk)?).map_err(disk)?;
    Ok((report, digests))
}
