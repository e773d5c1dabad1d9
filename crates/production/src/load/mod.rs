//! Load files: a row for each native, in the three forms that review platforms and people read, and the list of pages' files.
//!
//! The form of each is in `schemas/production.md`.

mod columns;
mod dat;
mod paths;
mod row;

use std::collections::BTreeMap;

pub use columns::{COLUMNS, Column};
pub use dat::DatEncoding;
pub use paths::{FILES_PER_FOLDER, VOLUME, image_path, native_path, text_path};

use crate::model::{Choices, Numbered};

/// A value that the chosen encoding cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Windows-1252 has some 220 characters.
    #[error(
        "{bates}: column {column} has a character that Windows-1252 does not have; choose UTF-8 for the DAT, or words without that character"
    )]
    Encoding {
        /// The document.
        bates: String,
        /// The column.
        column: &'static str,
    },
}

/// Writes the load files of a volume, document by document, in the order of their Bates numbers.
#[derive(Debug)]
pub struct LoadWriter<'a> {
    choices: &'a Choices,
    encoding: DatEncoding,
    names: Vec<String>,
    files: LoadFiles,
    documents: u64,
}

/// The load files of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadFiles {
    /// `VOL001.dat`.
    pub dat: Vec<u8>,
    /// `VOL001.opt`.
    pub opt: Vec<u8>,
    /// `VOL001.csv`.
    pub csv: Vec<u8>,
    /// `VOL001.jsonl`.
    pub jsonl: Vec<u8>,
    /// `columns.csv`.
    pub columns: Vec<u8>,
}

impl<'a> LoadWriter<'a> {
    /// Begins with the heads. `renames` gives columns the names that the protocol has for them.
    pub fn new(choices: &'a Choices, renames: &BTreeMap<String, String>, encoding: DatEncoding) -> Self {
        let renamed =
            |column: &Column| renames.get(column.name).map_or(column.name, String::as_str).to_owned();
        let names: Vec<String> = COLUMNS.iter().map(renamed).collect();
        let mut files = LoadFiles { columns: columns_csv(&names), ..LoadFiles::default() };
        csv_line(&mut files.csv, &names);
        encoding.begin(&mut files.dat);
        encoding.line(&mut files.dat, &names);
        Self { choices, encoding, names, files, documents: 0 }
    }

    /// Adds a document.
    ///
    /// # Errors
    /// Where the DAT's encoding lacks a character. Nothing of the document is written then.
    pub fn push(&mut self, numbered: &Numbered) -> Result<(), LoadError> {
        let values = row::values(numbered, self.choices, self.documents);
        check(&values, self.encoding, numbered)?;
        self.encoding.line(&mut self.files.dat, &values);
        csv_line(&mut self.files.csv, &values);
        json_line(&mut self.files.jsonl, &self.names, &values);
        let (begin, image) =
            (numbered.bates.begin(), paths::in_load_file(&image_path(&numbered.bates, self.documents)));
        let line = format!("{begin},{VOLUME},{image},Y,,,{}\r\n", numbered.bates.pages());
        self.files.opt.extend_from_slice(line.as_bytes());
        self.documents += 1;
        Ok(())
    }

    /// Takes out what was written so far, so that no more than a part is ever in memory. The parts in their order are the files.
    pub fn drain(&mut self) -> LoadFiles {
        std::mem::take(&mut self.files)
    }

    /// The files, or what is left of them.
    pub fn finish(self) -> LoadFiles {
        self.files
    }
}

/// Whether the row of a document can be written; its number does not matter.
///
/// # Errors
/// Where the DAT's encoding lacks a character.
pub fn fits(numbered: &Numbered, choices: &Choices, encoding: DatEncoding) -> Result<(), LoadError> {
    match encoding {
        DatEncoding::Utf8 => Ok(()),
        DatEncoding::Cp1252 => check(&row::values(numbered, choices, 0), encoding, numbered),
    }
}

fn check(values: &[String], encoding: DatEncoding, numbered: &Numbered) -> Result<(), LoadError> {
    match values.iter().position(|value| !encoding.holds(value)) {
        Some(at) => Err(LoadError::Encoding { bates: numbered.bates.begin(), column: COLUMNS[at].name }),
        None => Ok(()),
    }
}

fn columns_csv(names: &[String]) -> Vec<u8> {
    let mut out = Vec::new();
    csv_line(&mut out, &["COLUMN", "RENAMED", "MEANING"]);
    for (column, name) in COLUMNS.iter().zip(names) {
        let renamed = if name == column.name { "" } else { name };
        csv_line(&mut out, &[column.name, renamed, column.meaning]);
    }
    out
}

/// A line of RFC 4180: quoted only where a value asks for it, CRLF at its end.
pub(crate) fn csv_line<T: AsRef<[u8]>>(out: &mut Vec<u8>, values: &[T]) {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(out);
    // A vector takes every write.
    let _ = writer.write_record(values.iter().map(AsRef::as_ref));
    let _ = writer.flush();
}

fn json_line(out: &mut Vec<u8>, names: &[String], values: &[String]) {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let members: Vec<String> =
        names.iter().zip(values).map(|(name, value)| format!("{}:{}", text(name), text(value))).collect();
    out.extend_from_slice(format!("{{{}}}\n", members.join(",")).as_bytes());
}
