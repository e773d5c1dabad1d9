//! Copying an export and counting its rows on the way.

use std::io::{self, BufRead as _, BufReader, Read, Write};

use super::Format;
use crate::remote::{Trouble, failed};

/// Longest row, bytes: the largest event, with room for its view.
const ROW_MAX_BYTES: u64 = 1 << 20;
/// Rows after which progress is told.
const TELL_EVERY: u64 = 256;

/// Copies every byte and counts the rows. A row that is cut counts for nothing: it is an error.
pub(super) fn copy(
    from: impl Read,
    to: &mut impl Write,
    format: Format,
    progress: &dyn Fn(u64),
) -> Result<u64, Trouble> {
    let mut tee = Tee { from, to, last: b'\n', fault: None };
    let rows = match format {
        Format::Jsonl => json_lines(&mut tee, progress),
        Format::Csv => csv_rows(&mut tee, progress),
    };
    // The disk's fault is said as such and not as one of the answer.
    if let Some(fault) = tee.fault {
        return Err(failed(format!("the file cannot be written: {fault}")));
    }
    let rows = rows
        .map_err(|fault| failed(format!("the export broke off ({fault}); nothing was written, ask again")))?;
    if tee.last != b'\n' {
        return Err(failed("the export broke off within a row; nothing was written, ask again"));
    }
    Ok(rows)
}

/// What is read through it is written as well.
struct Tee<'w, R, W> {
    from: R,
    to: &'w mut W,
    last: u8,
    fault: Option<io::Error>,
}

impl<R: Read, W: Write> Read for Tee<'_, R, W> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(out)?;
        let bytes = &out[..read];
        if let Err(fault) = self.to.write_all(bytes) {
            self.fault = Some(fault);
            return Err(io::Error::other("the file cannot be written"));
        }
        self.last = bytes.last().copied().unwrap_or(self.last);
        Ok(read)
    }
}

fn json_lines(from: &mut impl Read, progress: &dyn Fn(u64)) -> io::Result<u64> {
    let (mut reader, mut line, mut rows) = (BufReader::new(from), Vec::new(), 0);
    loop {
        line.clear();
        if (&mut reader).take(ROW_MAX_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(rows);
        }
        // A row is an object; something else is no event, whatever number of lines it has.
        serde_json::from_slice::<serde::de::IgnoredAny>(&line)
            .map_err(|_| io::Error::other(format!("row {} is not JSON", rows + 1)))?;
        rows += 1;
        tell(rows, progress);
    }
}

fn csv_rows(from: &mut impl Read, progress: &dyn Fn(u64)) -> io::Result<u64> {
    let mut reader = csv::Reader::from_reader(from);
    let (mut record, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).map_err(io::Error::other)? {
        rows += 1;
        tell(rows, progress);
    }
    Ok(rows)
}

fn tell(rows: u64, progress: &dyn Fn(u64)) {
    if rows.is_multiple_of(TELL_EVERY) {
        progress(rows);
    }
}
