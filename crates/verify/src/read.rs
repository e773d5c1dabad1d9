//! Reading entries without judging them.

use std::io;

use crate::entries::{EntryFiles, EntryStream};
use crate::options::ENTRIES_PER_FILE;
use crate::source::LogSource;

/// Passes the first `size` entries on, in order. Nothing is verified.
///
/// # Errors
///
/// What the source or `each` says; an entry that is missing or cut is [`io::ErrorKind::InvalidData`].
pub fn for_each_entry(
    source: &dyn LogSource,
    size: u64,
    mut each: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let files = EntryFiles::new(source.layout(), size, ENTRIES_PER_FILE);
    walk(EntryStream::new(source, files), |index, entry| each(index, entry).map(|()| true))
}

/// Entry `index` of a log that has `size`; `None` if it has no such entry. Nothing is verified.
///
/// # Errors
///
/// If it is missing or cut, or its file cannot be read.
pub fn read_entry(source: &dyn LogSource, index: u64, size: u64) -> io::Result<Option<Vec<u8>>> {
    if index >= size {
        return Ok(None);
    }
    let files = EntryFiles::new(source.layout(), size, ENTRIES_PER_FILE);
    let mut found = None;
    walk(EntryStream::starting_at(source, files, index), |at, entry| {
        if at == index {
            found = Some(entry.to_vec());
        }
        Ok(at < index)
    })?;
    Ok(found)
}

/// Goes through records until `each` has seen enough.
fn walk(mut stream: EntryStream<'_>, mut each: impl FnMut(u64, &[u8]) -> io::Result<bool>) -> io::Result<()> {
    while let Some(chunk) = stream.next_chunk()? {
        for record in &chunk.records {
            if !each(record.index, chunk.entry(record))? {
                return Ok(());
            }
        }
        if let Some(gap) = &chunk.gap {
            let message = format!("entry {} in {}: {}", gap.entries.start, gap.file, gap.why);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
    }
    Ok(())
}
