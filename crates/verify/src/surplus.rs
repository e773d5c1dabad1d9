//! Files that a ledger of this size has no place for.

use std::io;

use crate::options::Options;
use crate::records::read_full;
use crate::report::{Failure, Kind, Report};
use crate::source::LogSource;

/// A directory of a ledger and the names that belong there, as far as they carry numbers.
struct Folder {
    dir: &'static str,
    name: fn(u64) -> String,
    /// How many of them a ledger of this size has.
    count: u64,
    wanted: bool,
}

/// Reports numbered files beyond the checkpoint as failures, and files that nobody knows as notes.
pub(crate) fn unknown_files(
    source: &dyn LogSource,
    size: u64,
    options: &Options<'_>,
    report: &mut Report,
) -> io::Result<()> {
    let files = size.div_ceil(options.entries_per_file);
    let levels = (0..8).filter(|level| size >> (8 * level) > 0).count() as u64;
    let numbered = |number: u64| format!("{number:09}.vlt");
    let folders = [
        Folder { dir: "log/entries", name: |number| format!("{number:09}.log"), count: files, wanted: true },
        Folder { dir: "log/tiles", name: |level| level.to_string(), count: levels, wanted: true },
        Folder { dir: "vault/r", name: numbered, count: files, wanted: options.vault },
        Folder { dir: "vault/w", name: numbered, count: files, wanted: options.vault },
    ];
    for folder in folders.into_iter().filter(|folder| folder.wanted) {
        for file in source.list(folder.dir)?.unwrap_or_default() {
            let path = format!("{}/{file}", folder.dir);
            let number = file.split('.').next().and_then(|number| number.parse().ok());
            let number = number.filter(|number| (folder.name)(*number) == file);
            match number {
                Some(number) if number < folder.count => {}
                // The writer may open the next file before it has anything to put into it.
                Some(_) if is_empty(source, &path)? => {}
                Some(_) => {
                    let what = format!("{path} lies beyond the checkpoint of size {size}");
                    report.fail(Failure::new(Kind::Trailing, what).file(path));
                }
                None => report.note(format!("{path} is no file of a ledger and was not looked at")),
            }
        }
    }
    Ok(())
}

fn is_empty(source: &dyn LogSource, path: &str) -> io::Result<bool> {
    match source.open(path)? {
        Some(mut file) => Ok(read_full(&mut file, &mut [0])? == 0),
        None => Ok(true),
    }
}
