//! The tail: the entries after the last full segment, in memory.
//!
//! It is a list of small segments, so it answers as they do. Sixteen of about one size become one, so there are few of them, and an entry is
//! looked at again at most four times before its segment is full.

use std::sync::Arc;

use super::row::Row;
use super::segment::Segment;

/// Small segments that become one; a power of two.
const FAN_IN: usize = 16;

/// The rows of a segment that is not full, and small segments over them.
#[derive(Debug)]
pub(super) struct Tail {
    first: u64,
    rows: Vec<Row>,
    chunks: Vec<Arc<Segment>>,
}

impl Tail {
    /// An empty tail that begins with entry `first`.
    pub(super) fn new(first: u64) -> Self {
        Self { first, rows: Vec::new(), chunks: Vec::new() }
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn chunks(&self) -> &[Arc<Segment>] {
        &self.chunks
    }

    /// Appends rows without making them searchable; for rows that fill the segment.
    pub(super) fn hold(&mut self, rows: impl Iterator<Item = Row>) {
        self.rows.extend(rows);
    }

    /// Makes searchable what is held and is not yet.
    pub(super) fn index(&mut self) {
        let done: usize = self.chunks.iter().map(|chunk| chunk.head.len as usize).sum();
        if done < self.rows.len() {
            self.chunks.push(self.segment(done));
        }
        while let Some(from) = self.crowd() {
            let done = self.chunks[..from].iter().map(|chunk| chunk.head.len as usize).sum();
            self.chunks.truncate(from);
            self.chunks.push(self.segment(done));
        }
    }

    /// Other rows for the same entries.
    pub(super) fn replace(&mut self, rows: Vec<Row>) {
        self.rows = rows;
        self.chunks.clear();
        self.index();
    }

    fn segment(&self, from: usize) -> Arc<Segment> {
        Arc::new(Segment::new(self.first + from as u64, &self.rows[from..]))
    }

    /// From which one on the last small segments are to become one.
    fn crowd(&self) -> Option<usize> {
        let size = |chunk: &Arc<Segment>| chunk.head.len.max(1).ilog(FAN_IN as u32);
        let last = size(self.chunks.last()?);
        let from = self.chunks.iter().rposition(|chunk| size(chunk) > last).map_or(0, |larger| larger + 1);
        (self.chunks.len() - from >= FAN_IN).then_some(from)
    }
}
