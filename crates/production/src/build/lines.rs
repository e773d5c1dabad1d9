//! Lines of what the ledger hands out, one at a time, and work on many of them with few in memory.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use rayon::prelude::*;

use super::error::{BuildError, FETCH_AGAIN};

/// Longest line, bytes: an entry, an event's disclosures and an intake disclosure, each at its limit and escaped.
pub const MAX_LINE_BYTES: u64 = 512 << 10;

/// A line without its end.
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    pub(super) bytes: Vec<u8>,
}

/// Reads a file line by line.
pub(super) struct Lines {
    reader: BufReader<File>,
    name: &'static str,
    number: u64,
}

impl Lines {
    /// Opens a file; `name` is what it is called in errors.
    pub(super) fn open(path: &Path, name: &'static str) -> Result<Self, BuildError> {
        let file = File::open(path).map_err(BuildError::disk(path))?;
        Ok(Self { reader: BufReader::new(file), name, number: 0 })
    }

    fn next(&mut self) -> Result<Option<Line>, BuildError> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut bytes);
        let fault = |error| BuildError::Disk { what: self.name.to_owned(), error };
        if read.map_err(fault)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let number = self.number;
        let fault = |what: &str| self.fault(number, what);
        if bytes.len() as u64 > MAX_LINE_BYTES {
            return Err(fault("it is longer than any line of a ledger"));
        }
        if bytes.pop() != Some(b'\n') {
            return Err(fault("the file ends within this line"));
        }
        Ok(Some(Line { number, bytes }))
    }

    fn fault(&self, line: u64, what: &str) -> BuildError {
        BuildError::Line { file: self.name, line, what: what.to_owned(), remedy: FETCH_AGAIN }
    }

    /// Up to so many lines; fewer at the end of the file.
    fn chunk(&mut self, most: usize) -> Result<Vec<Line>, BuildError> {
        let mut chunk = Vec::with_capacity(most);
        while chunk.len() < most
            && let Some(line) = self.next()?
        {
            chunk.push(line);
        }
        Ok(chunk)
    }

    /// Works on all lines, on all cores, and hands what came of them on in their order. While one chunk is handed on, the next is worked on;
    /// more than two are never in memory. Gives the most lines that were.
    ///
    /// The first line that fails, in the order of the file, is the one that is reported.
    pub(super) fn each<T: Send>(
        mut self,
        at_once: usize,
        work: impl Fn(Line) -> Result<T, BuildError> + Sync,
        mut take: impl FnMut(T) -> Result<(), BuildError> + Send,
    ) -> Result<usize, BuildError> {
        let mut make = || -> Result<Vec<Result<T, BuildError>>, BuildError> {
            Ok(self.chunk(at_once.max(1))?.into_par_iter().map(&work).collect())
        };
        let mut next = make()?;
        let mut most = next.len();
        while !next.is_empty() {
            let held = next.len();
            let mut hand_on = || next.drain(..).try_for_each(|made| take(made?));
            let (taken, made) = rayon::join(&mut hand_on, &mut make);
            taken?;
            next = made?;
            most = most.max(held + next.len());
        }
        Ok(most)
    }
}
