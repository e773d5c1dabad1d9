//! Reading length-prefixed records one after the other. Recovery, streaming and the search for one record all go this way.

use std::io;
use std::sync::Arc;

use crate::layout::Series;
use crate::storage::Storage;

/// What stands at a place in a file of records.
pub(crate) enum Frame<'a> {
    Record(&'a [u8]),
    /// The file ends here, between two records.
    End,
    /// The file ends within a record, or what stands here cannot be a record's length.
    Torn,
}

/// A buffered walk over the records of one file, up to the length that the file had at the start.
pub(crate) struct FrameScan {
    storage: Arc<dyn Storage>,
    series: Series,
    path: String,
    file_len: u64,
    /// Where `buffer` begins in the file.
    base: u64,
    buffer: Vec<u8>,
    /// The next record in `buffer`.
    next: usize,
    chunk_bytes: usize,
}

impl FrameScan {
    /// Starts at byte `from` of a file, which must be the beginning of a record, reading `chunk_bytes` at a time.
    /// A file that is not there is empty.
    pub(crate) fn start(
        storage: &Arc<dyn Storage>,
        series: Series,
        file: u64,
        from: u64,
        chunk_bytes: usize,
    ) -> io::Result<FrameScan> {
        let path = series.path(file);
        let file_len = storage.len(&path)?.unwrap_or(0);
        let storage = Arc::clone(storage);
        Ok(FrameScan {
            storage,
            series,
            path,
            file_len,
            base: from,
            buffer: Vec::new(),
            next: 0,
            chunk_bytes,
        })
    }

    /// Byte at which the next record begins.
    pub(crate) fn position(&self) -> u64 {
        self.base + self.next as u64
    }

    /// The next record, without its length.
    pub(crate) fn next(&mut self) -> io::Result<Frame<'_>> {
        let prefix = self.series.prefix_bytes();
        let left = self.file_len.saturating_sub(self.position());
        if left == 0 {
            return Ok(Frame::End);
        }
        if left < prefix as u64 {
            return Ok(Frame::Torn);
        }
        self.fill(prefix)?;
        let length = &self.buffer[self.next..self.next + prefix];
        let length = length.iter().fold(0_usize, |n, &byte| n << 8 | usize::from(byte));
        // No record is empty, so a length of zero is a hole.
        if length == 0 || length > self.series.max_record_bytes() || left < (prefix + length) as u64 {
            return Ok(Frame::Torn);
        }
        self.fill(prefix + length)?;
        let start = self.next + prefix;
        self.next = start + length;
        Ok(Frame::Record(&self.buffer[start..start + length]))
    }

    /// Makes sure that `need` bytes from the next record on are in the buffer. The caller has seen that the file has them.
    fn fill(&mut self, need: usize) -> io::Result<()> {
        let have = self.buffer.len() - self.next;
        if have >= need {
            return Ok(());
        }
        self.buffer.drain(..self.next);
        self.base += self.next as u64;
        self.next = 0;
        let read_from = self.base + have as u64;
        let rest = usize::try_from(self.file_len - read_from).unwrap_or(usize::MAX);
        let more = self.chunk_bytes.max(need - have).min(rest);
        self.buffer.resize(have + more, 0);
        self.storage.read_at(&self.path, read_from, &mut self.buffer[have..])
    }
}
