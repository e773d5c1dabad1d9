//! The load files: CSV, DAT, JSON Lines and OPT with the same rows, which say what the natives say.
//!
//! The CSV is read; from each of its rows the lines of the others follow to the byte.

use std::collections::HashMap;
use std::io::Read;

use super::code::Check;
use super::hex;
use super::leaves::number;
use super::load_lines::{dat_line, jsonl_line};
use super::look::Seen;
use super::names::native_bates;
use super::redactions::Redacted;
use super::report::Findings;
use super::rows::{CsvRows, Lines, RowFault};
use super::source::PackageSource;
use super::table::read_table;

/// The columns, in order.
pub const COLUMNS: [&str; 41] = [
    "BEGBATES",
    "ENDBATES",
    "PGCOUNT",
    "CUSTODIAN",
    "DOCTYPE",
    "FILENAME",
    "FILEEXT",
    "FILESIZE",
    "SHA256HASH",
    "NATIVEPATH",
    "TEXTPATH",
    "IMAGEPATH",
    "TIMEZONE",
    "EVENTTIMEUTC",
    "EVENTTIMELOCAL",
    "RECORDEDTIMEUTC",
    "RECORDEDTIMELOCAL",
    "LOGTIMEUTC",
    "EVENTID",
    "EVENTTYPE",
    "EVENTVERSION",
    "DEPARTMENT",
    "PRODUCER",
    "SEQUENCE",
    "ISSUERKID",
    "PERIOD",
    "LOGORIGIN",
    "LOGINDEX",
    "LEAFHASH",
    "CHECKPOINTSIZE",
    "DISCLOSEDCOUNT",
    "WITHHELDCOUNT",
    "ERASEDCOUNT",
    "ABSENTCOUNT",
    "REDACTED",
    "REDACTIONREASON",
    "CONFIDENTIALITY",
    "ASSERTION",
    "LINKS",
    "PRODVOL",
    "SOURCE",
];

const FOLDER: &str = "data/VOL001/DATA/";
const CSV: &str = "data/VOL001/DATA/VOL001.csv";
const DAT: &str = "data/VOL001/DATA/VOL001.dat";
const JSONL: &str = "data/VOL001/DATA/VOL001.jsonl";
const OPT: &str = "data/VOL001/DATA/VOL001.opt";
const NAMES: &str = "data/VOL001/DATA/columns.csv";

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The Bates numbers that the ledger gave to the production.
#[derive(Clone, Debug)]
pub(crate) struct Numbered {
    pub(crate) prefix: String,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// Checks the load files against the natives.
pub(crate) fn check_load(
    source: &dyn PackageSource,
    names: &[String],
    natives: &[Seen<'_>],
    redacted: &[Redacted],
    numbered: Option<&Numbered>,
    findings: &mut Findings,
) {
    let Some(mut files) = Files::open(source, findings) else { return };
    let by_bates =
        natives.iter().enumerate().filter_map(|(at, native)| Some((native_bates(&native.file)?, at)));
    let mut rows = Rows {
        names,
        natives,
        redacted,
        by_bates: by_bates.collect(),
        named: vec![false; natives.len()],
        numbered,
        width: None,
        before: None,
    };
    if numbered.is_none() {
        let what =
            "no production.numbered of ledger/access among the authorities gives this production its numbers";
        findings.file(Check::LoadFiles, FOLDER, what);
    }
    loop {
        match files.next() {
            Ok(Some((line, row))) => {
                if let Err(what) = rows.take(&row) {
                    findings.file(Check::LoadFiles, CSV, format!("line {line}: {what}"));
                }
            }
            Ok(None) => break,
            Err((file, what)) => {
                findings.file(Check::LoadFiles, file, what);
                return;
            }
        }
    }
    for (native, named) in natives.iter().zip(&rows.named) {
        if !named {
            let what = "the load files have no row for this native";
            findings.add(Check::LoadFiles, Some(&native.file), Some(native.index), what);
        }
    }
}

type FileFault = (&'static str, String);

/// The four files, read side by side.
struct Files {
    csv: CsvRows<Box<dyn Read + Send>>,
    dat: Lines<Box<dyn Read + Send>>,
    jsonl: Lines<Box<dyn Read + Send>>,
    opt: Lines<Box<dyn Read + Send>>,
    titles: Vec<String>,
    /// DAT is in Windows-1252, not in UTF-8.
    western: bool,
}

impl Files {
    fn open(source: &dyn PackageSource, findings: &mut Findings) -> Option<Self> {
        let titles = titles(source, findings)?;
        let mut open = |name| match source.open(name) {
            Ok(Some(file)) => Some(file),
            Ok(None) => {
                findings.file(Check::LoadFiles, name, "there is no such file");
                None
            }
            Err(error) => {
                findings.file(Check::Package, name, format!("this file cannot be read: {error}"));
                None
            }
        };
        let (csv, dat, jsonl, opt) = (open(CSV)?, open(DAT)?, open(JSONL)?, open(OPT)?);
        let mut files = Self {
            csv: CsvRows::new(csv),
            dat: Lines::new(dat),
            jsonl: Lines::new(jsonl),
            opt: Lines::new(opt),
            titles,
            western: false,
        };
        match files.header() {
            Ok(()) => Some(files),
            Err((file, what)) => {
                findings.file(Check::LoadFiles, file, what);
                None
            }
        }
    }

    fn header(&mut self) -> Result<(), FileFault> {
        match self.csv.next() {
            Ok(Some(header)) if header == self.titles => {}
            Ok(_) => return Err((CSV, "the first line does not name the columns in their order".to_owned())),
            Err(fault) => return Err(row_fault(CSV, self.csv.lines.number, fault)),
        }
        let mut line = Vec::new();
        self.dat.next(&mut line).map_err(|fault| row_fault(DAT, 1, fault))?;
        let (line, western) = line.strip_prefix(BOM).map_or((line.as_slice(), true), |line| (line, false));
        self.western = western;
        if line == dat_line(&self.titles, western) {
            Ok(())
        } else {
            Err((DAT, "the first line does not name the columns in their order".to_owned()))
        }
    }

    /// The next row, which all four files have.
    fn next(&mut self) -> Result<Option<(u64, Vec<String>)>, FileFault> {
        let row = self.csv.next().map_err(|fault| row_fault(CSV, self.csv.lines.number + 1, fault))?;
        if let Some(row) = &row
            && row.len() != COLUMNS.len()
        {
            return Err((
                CSV,
                format!("line {} has {} values, not {}", self.csv.lines.number, row.len(), COLUMNS.len()),
            ));
        }
        let expected = |row: &Vec<String>| {
            let of = |name| value(row, name);
            let opt = format!("{},VOL001,{},Y,,,{}\r\n", of("BEGBATES"), of("IMAGEPATH"), of("PGCOUNT"));
            (dat_line(row, self.western), jsonl_line(&self.titles, row), opt.into_bytes())
        };
        let (dat, jsonl, opt) = row.as_ref().map(expected).unwrap_or_default();
        same_line(&mut self.dat, DAT, &dat)?;
        same_line(&mut self.jsonl, JSONL, &jsonl)?;
        same_line(&mut self.opt, OPT, &opt)?;
        Ok(row.map(|row| (self.csv.lines.number, row)))
    }
}

fn same_line(
    lines: &mut Lines<Box<dyn Read + Send>>,
    file: &'static str,
    expected: &[u8],
) -> Result<(), FileFault> {
    let mut line = Vec::new();
    lines.next(&mut line).map_err(|fault| row_fault(file, lines.number + 1, fault))?;
    if line == expected {
        return Ok(());
    }
    let what = match (line.is_empty(), expected.is_empty()) {
        (true, _) => "the file ends before VOL001.csv does".to_owned(),
        (_, true) => format!("line {} is beyond the rows of VOL001.csv", lines.number),
        _ => format!("line {} does not say what the same row of VOL001.csv says", lines.number),
    };
    Err((file, what))
}

fn row_fault(file: &'static str, line: u64, fault: RowFault) -> FileFault {
    match fault {
        RowFault::Io(error) => (file, format!("this file cannot be read: {error}")),
        RowFault::Form(why) => (file, format!("line {line} {why}")),
    }
}

/// Under which name each column stands.
fn titles(source: &dyn PackageSource, findings: &mut Findings) -> Option<Vec<String>> {
    let mut titles = Vec::with_capacity(COLUMNS.len());
    let mut good = true;
    let header = ["COLUMN", "RENAMED", "MEANING"];
    let whole = read_table(source, NAMES, &header, Check::LoadFiles, findings, |_, row, _| {
        let [column, renamed, _] = row else { return };
        good &= COLUMNS.get(titles.len()).is_some_and(|expected| expected == column);
        titles.push(if renamed.is_empty() { column.clone() } else { renamed.clone() });
    });
    if whole && !(good && titles.len() == COLUMNS.len()) {
        findings.file(Check::LoadFiles, NAMES, "this file does not list the columns in their order");
        return None;
    }
    whole.then_some(titles)
}

fn value<'r>(row: &'r [String], name: &str) -> &'r str {
    let at = COLUMNS.iter().position(|column| *column == name);
    at.and_then(|at| row.get(at)).map_or("", String::as_str)
}

/// The rows as they come, held against the natives.
struct Rows<'a> {
    names: &'a [String],
    natives: &'a [Seen<'a>],
    redacted: &'a [Redacted],
    by_bates: HashMap<&'a str, usize>,
    named: Vec<bool>,
    numbered: Option<&'a Numbered>,
    /// Digits of a Bates number.
    width: Option<usize>,
    /// The last number of the row before.
    before: Option<u64>,
}

impl Rows<'_> {
    fn take(&mut self, row: &[String]) -> Result<(), String> {
        let of = |name| value(row, name);
        self.numbers(of("BEGBATES"), of("ENDBATES"), of("PGCOUNT"))?;
        let at = *self.by_bates.get(of("BEGBATES")).ok_or("no native has the name BEGBATES")?;
        let native = self.natives.get(at).ok_or("no native has the name BEGBATES")?;
        if let Some(named) = self.named.get_mut(at) {
            if *named {
                return Err("another row is for the same native".to_owned());
            }
            *named = true;
        }
        let (withheld, erased) = self.redacted.get(at).copied().unwrap_or_default();
        let said = [
            ("SHA256HASH", hex::encode(&native.sha256)),
            ("LEAFHASH", hex::encode(native.leaf.as_bytes())),
            ("LOGINDEX", native.index.to_string()),
            ("EVENTID", native.jti.to_string()),
            ("EVENTTYPE", native.ty.name().to_string()),
            ("DISCLOSEDCOUNT", native.shown.to_string()),
            ("ABSENTCOUNT", native.absent.to_string()),
            ("WITHHELDCOUNT", withheld.to_string()),
            ("ERASEDCOUNT", erased.to_string()),
        ];
        if let Some((name, _)) = said.iter().find(|(name, expected)| of(name) != expected) {
            return Err(format!("{name} is not that of the native"));
        }
        if package_name(of("NATIVEPATH")).as_ref() != Some(&native.file) {
            return Err("NATIVEPATH is not that of the native".to_owned());
        }
        for column in ["TEXTPATH", "IMAGEPATH"] {
            let there = package_name(of(column)).is_some_and(|name| self.names.binary_search(&name).is_ok());
            if !there {
                return Err(format!("{column} names no file of the package"));
            }
        }
        Ok(())
    }

    /// The range follows the one before it, and is part of what the ledger numbered.
    fn numbers(&mut self, first: &str, last: &str, pages: &str) -> Result<(), String> {
        let Some(numbered) = self.numbered else { return Ok(()) };
        let digits = |bates: &str| {
            let digits = bates.strip_prefix(&numbered.prefix)?;
            let plain = (1..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| Some((digits.parse::<u64>().ok()?, digits.len()))).flatten()
        };
        let (Some((first, width)), Some((last, width_last))) = (digits(first), digits(last)) else {
            return Err("BEGBATES or ENDBATES is not the production's prefix and a number".to_owned());
        };
        if width != width_last || self.width.is_some_and(|known| known != width) {
            return Err("the Bates numbers are not all of the same length".to_owned());
        }
        self.width = Some(width);
        let before = self.before.replace(last);
        if before.is_some_and(|before| before + 1 != first) {
            return Err("BEGBATES does not follow the row before".to_owned());
        }
        if last < first || number(pages) != Some(last - first + 1) {
            return Err("PGCOUNT is not the number of pages from BEGBATES to ENDBATES".to_owned());
        }
        if first < numbered.first || last > numbered.last {
            return Err("the Bates numbers are outside the range of production.numbered".to_owned());
        }
        Ok(())
    }
}

/// The file that a path in a load file names.
fn package_name(path: &str) -> Option<String> {
    let inside = path.strip_prefix(".\\VOL001\\")?;
    (!inside.contains('/')).then(|| format!("data/VOL001/{}", inside.replace('\\', "/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_page() {
        let page = include_str!("../../../../schemas/production.md");
        let listed = page.split('`').find(|text| text.starts_with("BEGBATES")).unwrap();
        assert_eq!(listed.split_whitespace().collect::<Vec<_>>(), COLUMNS);
    }
}
