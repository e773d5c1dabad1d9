//! The entries of a log as a stream of chunks, whatever files they lie in.

use std::io;
use std::ops::Range;

use daybook_event::entry::ENTRY_MAX_BYTES;
use daybook_tlog::{TILE_WIDTH, TileKind, TilePath};

use crate::records::{Next, RecordFile};
use crate::source::{Layout, LogSource};

/// Most entries in a chunk: enough to keep all cores busy.
const CHUNK_ENTRIES: usize = 4_096;

/// Bytes of entries after which a chunk is closed.
const CHUNK_BYTES: usize = 8 << 20;

/// Which files hold the entries.
#[derive(Clone, Copy)]
pub(crate) struct EntryFiles {
    pub(crate) layout: Layout,
    pub(crate) size: u64,
    pub(crate) per_file: u64,
}

impl EntryFiles {
    pub(crate) fn new(layout: Layout, size: u64, entries_per_file: u64) -> Self {
        let per_file = match layout {
            Layout::Ledger => entries_per_file,
            Layout::Tiles => TILE_WIDTH,
        };
        Self { layout, size, per_file }
    }

    /// Path of file number `file` and the entries that it has within the size; `None` after the last.
    pub(crate) fn file(&self, file: u64) -> Option<(String, Range<u64>)> {
        let first = file * self.per_file;
        let entries = first..(first + self.per_file).min(self.size);
        let path = match self.layout {
            Layout::Ledger => format!("log/entries/{file:09}.log"),
            Layout::Tiles => TilePath::in_tree(TileKind::Entries, file, self.size)?.to_string(),
        };
        (first < self.size).then_some((path, entries))
    }

    /// Path of the file that holds an entry.
    pub(crate) fn path_of(&self, entry: u64) -> String {
        self.file(entry / self.per_file).map_or_else(String::new, |(path, _)| path)
    }
}

/// One record of an entry file.
pub(crate) struct Record {
    pub(crate) index: u64,
    pub(crate) offset: u64,
    /// Its place in the chunk's bytes.
    pub(crate) range: Range<usize>,
}

/// Entries that could not be read: the rest of a file.
#[derive(Clone, Debug)]
pub(crate) struct Gap {
    pub(crate) entries: Range<u64>,
    pub(crate) file: String,
    pub(crate) offset: u64,
    pub(crate) why: String,
}

/// Bytes behind the last entry of a file.
pub(crate) struct Surplus {
    pub(crate) file: String,
    pub(crate) offset: u64,
}

/// Some consecutive records; where gaps are listed, they lie behind the records.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: Vec<Record>,
    pub(crate) gap: Option<Gap>,
    pub(crate) surplus: Option<Surplus>,
}

impl Chunk {
    pub(crate) fn entry(&self, record: &Record) -> &[u8] {
        &self.bytes[record.range.clone()]
    }
}

/// Reads the entries of a log in order. After a file that is cut or broken it goes on with the next one.
pub(crate) struct EntryStream<'a> {
    source: &'a dyn LogSource,
    files: EntryFiles,
    next_file: u64,
    open: Option<Open>,
}

struct Open {
    path: String,
    records: RecordFile<2>,
    left: Range<u64>,
}

impl<'a> EntryStream<'a> {
    pub(crate) fn new(source: &'a dyn LogSource, files: EntryFiles) -> Self {
        Self { source, files, next_file: 0, open: None }
    }

    /// A stream that begins with the file that holds this entry.
    pub(crate) fn starting_at(source: &'a dyn LogSource, files: EntryFiles, entry: u64) -> Self {
        Self { source, files, next_file: entry / files.per_file, open: None }
    }

    /// The next records; `None` after the last.
    pub(crate) fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk::default();
        while chunk.records.len() < CHUNK_ENTRIES && chunk.bytes.len() < CHUNK_BYTES {
            let Some(mut open) = self.open.take() else {
                let Some((path, left)) = self.files.file(self.next_file) else { break };
                self.next_file += 1;
                match RecordFile::open(self.source, &path, ENTRY_MAX_BYTES)? {
                    Some(records) => self.open = Some(Open { path, records, left }),
                    None => {
                        let why = "the file is missing".into();
                        chunk.gap = Some(Gap { entries: left, file: path, offset: 0, why });
                        return Ok(Some(chunk));
                    }
                }
                continue;
            };
            if open.left.is_empty() {
                if !open.records.at_end()? {
                    let offset = open.records.offset();
                    chunk.surplus = Some(Surplus { file: open.path, offset });
                    return Ok(Some(chunk));
                }
                continue;
            }
            let start = chunk.bytes.len();
            let (offset, why) = match open.records.next(&mut chunk.bytes)? {
                Next::Record { offset, length } => {
                    let index = open.left.start;
                    chunk.records.push(Record { index, offset, range: start..start + length });
                    open.left.start += 1;
                    self.open = Some(open);
                    continue;
                }
                Next::End => (open.records.offset(), "the file ends".into()),
                Next::Broken { offset, why } => (offset, why),
            };
            chunk.gap = Some(Gap { entries: open.left, file: open.path, offset, why });
            return Ok(Some(chunk));
        }
        Ok((!chunk.records.is_empty()).then_some(chunk))
    }
}
