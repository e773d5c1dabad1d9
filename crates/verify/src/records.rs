//! Files of length-prefixed records, read as a stream.

use std::io::{self, BufReader, Read};

use crate::source::{FileReader, LogSource};

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// What came next in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A whole record of so many bytes, appended to the buffer; it begins (with its length) at this offset.
    Record { offset: u64, length: usize },
    /// The end of the file, after a whole record.
    End,
    /// Not a record: why, and where.
    Broken { offset: u64, why: String },
}

/// A file of records, each after its length in `PREFIX` big-endian bytes.
pub(crate) struct RecordFile<const PREFIX: usize> {
    reader: BufReader<FileReader>,
    offset: u64,
    max_bytes: usize,
}

impl<const PREFIX: usize> RecordFile<PREFIX> {
    /// Opens a file whose records have at most `max_bytes`.
    pub(crate) fn open(
        source: &dyn LogSource,
        path: &str,
        max_bytes: usize,
    ) -> io::Result<Option<RecordFile<PREFIX>>> {
        let file = source.open(path)?;
        Ok(file.map(|file| Self {
            reader: BufReader::with_capacity(BUFFER_BYTES, file),
            offset: 0,
            max_bytes,
        }))
    }

    /// Where the next record begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads the next record onto the end of `into`.
    pub(crate) fn next(&mut self, into: &mut Vec<u8>) -> io::Result<Next> {
        let offset = self.offset;
        let mut prefix = [0; PREFIX];
        match read_full(&mut self.reader, &mut prefix)? {
            0 => return Ok(Next::End),
            found if found < PREFIX => {
                return Ok(Next::Broken { offset, why: "the file ends within a length".into() });
            }
            _ => {}
        }
        let length = prefix.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        if length == 0 || length > self.max_bytes {
            return Ok(Next::Broken { offset, why: format!("{length} cannot be the length of a record") });
        }
        let start = into.len();
        into.resize(start + length, 0);
        let found = read_full(&mut self.reader, &mut into[start..])?;
        if found < length {
            into.truncate(start);
            let why = format!("the file ends after {found} of {length} bytes");
            return Ok(Next::Broken { offset, why });
        }
        self.offset += (PREFIX + length) as u64;
        Ok(Next::Record { offset, length })
    }

    /// Whether anything follows.
    pub(crate) fn at_end(&mut self) -> io::Result<bool> {
        use io::BufRead;
        Ok(self.reader.fill_buf()?.is_empty())
    }
}

/// Fills the buffer unless the stream ends before; how many bytes came.
pub(crate) fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads a small file whole; `None` where there is none. One that is larger than `max_bytes` is an error.
pub(crate) fn read_small(
    source: &dyn LogSource,
    path: &str,
    max_bytes: usize,
) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = source.open(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.take(max_bytes as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > max_bytes {
        let message = format!("{path} is larger than {max_bytes} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(Some(bytes))
}
