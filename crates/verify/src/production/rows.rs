//! Rows of CSV (RFC 4180 with CRLF), read strictly and one at a time.

use std::io::{self, BufRead, BufReader, Read};

/// Longest row, bytes.
pub(crate) const MAX_ROW_BYTES: u64 = 1 << 20;

/// Why a row was not read.
#[derive(Debug)]
pub(crate) enum RowFault {
    /// The bytes could not be read.
    Io(io::Error),
    /// They are not a row; why.
    Form(&'static str),
}

impl From<io::Error> for RowFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Lines of a file, each with its end, at most [`MAX_ROW_BYTES`] long.
pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    /// Lines read so far.
    pub(crate) number: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader: BufReader::new(reader), number: 0 }
    }

    /// Appends the next line to `line`; `false` at the end of the file.
    pub(crate) fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, RowFault> {
        let before = line.len();
        let read = self.reader.by_ref().take(MAX_ROW_BYTES + 1).read_until(b'\n', line)?;
        if read == 0 {
            return Ok(false);
        }
        self.number += 1;
        if line.len() as u64 > MAX_ROW_BYTES {
            return Err(RowFault::Form("is longer than any row"));
        }
        if line.get(before..).is_none_or(|line| !line.ends_with(b"\n")) {
            return Err(RowFault::Form("has no line end"));
        }
        Ok(true)
    }
}

/// Rows of a CSV file.
pub(crate) struct CsvRows<R> {
    pub(crate) lines: Lines<R>,
    raw: Vec<u8>,
}

impl<R: Read> CsvRows<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { lines: Lines::new(reader), raw: Vec::new() }
    }

    /// The next row; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<String>>, RowFault> {
        self.raw.clear();
        loop {
            if !self.lines.next(&mut self.raw)? {
                return if self.raw.is_empty() {
                    Ok(None)
                } else {
                    Err(RowFault::Form("ends within quotes"))
                };
            }
            // A line end within quotes belongs to the value.
            if self.raw.iter().filter(|byte| **byte == b'"').count() % 2 == 0 {
                break;
            }
        }
        let text = std::str::from_utf8(&self.raw).map_err(|_| RowFault::Form("is not UTF-8"))?;
        let row = text.strip_suffix("\r\n").ok_or(RowFault::Form("does not end in CRLF"))?;
        split(row).map(Some).ok_or(RowFault::Form("is not CSV: a quote stands where none may"))
    }
}

/// The values of a row. A value is in quotes as a whole or has none in it.
fn split(row: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut rest = row;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let (value, more) =
                rest.split_once(',').map_or((rest, None), |(value, more)| (value, Some(more)));
            if value.contains(['"', '\r', '\n']) {
                return None;
            }
            values.push(value.to_owned());
            match more {
                Some(more) => rest = more,
                None => return Some(values),
            }
            continue;
        };
        let mut value = String::new();
        let mut inside = quoted;
        loop {
            let (part, after) = inside.split_once('"')?;
            value.push_str(part);
            let Some(doubled) = after.strip_prefix('"') else {
                rest = after;
                break;
            };
            value.push('"');
            inside = doubled;
        }
        // Quotes that nothing asks for would be a second spelling.
        if !value.contains(['"', ',', '\r', '\n']) {
            return None;
        }
        values.push(value);
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return rest.is_empty().then_some(values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
        let mut rows = CsvRows::new(text.as_bytes());
        let mut out = Vec::new();
        loop {
            match rows.next() {
                Ok(Some(row)) => out.push(row),
                Ok(None) => return Ok(out),
                Err(RowFault::Form(why)) => return Err(why.to_owned()),
                Err(RowFault::Io(error)) => return Err(error.to_string()),
            }
        }
    }

    #[test]
    fn rows_are_read_as_rfc_4180_writes_them() {
        let text = "a,b\r\n\"x,\"\"y\"\"\r\nz\",\r\n,c\r\n";
        assert_eq!(rows(text).unwrap(), [["a", "b"], ["x,\"y\"\r\nz", ""], ["", "c"]]);
        assert_eq!(rows("").unwrap(), Vec::<Vec<String>>::new());
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "a",
            "a\n",
            "a\"b\"\r\n",
            "\"a\"b\r\n",
            "\"a\r\n",
            "a\rb\r\n",
            "\"a\"\"\r\n",
            "\"a\"\r\n",
            "\"\"\r\n",
        ] {
            assert!(rows(text).is_err(), "{text:?}");
        }
    }
}
