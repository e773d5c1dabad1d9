//! Load files say the same in every form, and what the verifier expects to the byte.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use daybook_production::load::{COLUMNS, DatEncoding, LoadError, LoadFiles, LoadWriter};
use daybook_verify::production::{LOAD_COLUMNS, dat_line, jsonl_line};
use support::{choices, documents, profile};

fn write(renames: &BTreeMap<String, String>, encoding: DatEncoding) -> Result<LoadFiles, LoadError> {
    let profile = profile("protective-order");
    let choices = choices(&profile);
    let mut load = LoadWriter::new(&choices, renames, encoding);
    for one in documents(&profile, &choices, 1) {
        load.push(&one.numbered)?;
    }
    Ok(load.finish())
}

fn rows(csv: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn the_columns_are_those_that_the_verifier_reads() {
    assert_eq!(COLUMNS.map(|column| column.name), LOAD_COLUMNS);
}

#[test]
fn all_forms_have_the_same_rows_as_the_verifier_writes_them() {
    for encoding in [DatEncoding::Utf8, DatEncoding::Cp1252] {
        let files = write(&BTreeMap::new(), encoding).unwrap();
        let rows = rows(&files.csv);
        let western = encoding == DatEncoding::Cp1252;
        let bom: &[u8] = if western { b"" } else { b"\xef\xbb\xbf" };
        let dat: Vec<u8> = rows.iter().flat_map(|row| dat_line(row, western)).collect();
        assert!(files.dat == [bom, &dat].concat());
        let jsonl: Vec<u8> = rows[1..].iter().flat_map(|row| jsonl_line(&rows[0], row)).collect();
        assert!(files.jsonl == jsonl);
        let opt: String =
            rows[1..].iter().map(|row| format!("{},VOL001,{},Y,,,{}\r\n", row[0], row[11], row[2])).collect();
        assert_eq!(String::from_utf8(files.opt).unwrap(), opt);
        assert!(files.csv.ends_with(b"\r\n") && rows.len() > 50);
    }
}

#[test]
fn a_renamed_column_has_its_new_name_everywhere_and_columns_csv_says_so() {
    let renames = BTreeMap::from([("BEGBATES".to_owned(), "Begin Bates".to_owned())]);
    let files = write(&renames, DatEncoding::Utf8).unwrap();
    assert_eq!(rows(&files.csv)[0][0], "Begin Bates");
    assert!(files.jsonl.starts_with(b"{\"Begin Bates\":\"DAYB-26CR1187-00000001\""));
    assert!(String::from_utf8(files.dat).unwrap().starts_with("\u{feff}\u{fe}Begin Bates\u{fe}\u{14}"));
    let columns = rows(&files.columns);
    assert_eq!(columns[0], ["COLUMN", "RENAMED", "MEANING"]);
    assert_eq!(columns[1][..2], ["BEGBATES", "Begin Bates"]);
    assert_eq!(columns[2][..2], ["ENDBATES", ""]);
    assert_eq!(columns.len(), COLUMNS.len() + 1);
}

#[test]
fn what_windows_1252_lacks_is_refused_and_named() {
    let profile = profile("civil");
    let mut choices = choices(&profile);
    choices.words.custodian = "Urząd".into();
    let one = &documents(&profile, &choices, 1)[0];
    let refused =
        LoadWriter::new(&choices, &BTreeMap::new(), DatEncoding::Cp1252).push(&one.numbered).unwrap_err();
    assert_eq!(refused, LoadError::Encoding { bates: "DAYB-26CR1187-00000001".into(), column: "CUSTODIAN" });
    assert!(LoadWriter::new(&choices, &BTreeMap::new(), DatEncoding::Utf8).push(&one.numbered).is_ok());
}

#[test]
fn slots_are_all_counted_once() {
    let profile = profile("protective-order");
    for one in documents(&profile, &choices(&profile), 1) {
        let counts = one.numbered.document.counts();
        let slots = one.numbered.document.sealed_slots().count() as u64;
        assert_eq!(counts.disclosed + counts.absent + counts.withheld + counts.erased, slots);
    }
}
