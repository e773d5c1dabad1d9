//! The load files of a sample: one row per native, in all four forms.

use daybook_verify::production::{LOAD_COLUMNS, dat_line, jsonl_line};

/// A row by column; columns that are not named are empty.
pub(super) type Row = Vec<(&'static str, String)>;

/// The files under `DATA`: name and bytes.
pub(super) fn files(rows: &[Row]) -> Vec<(&'static str, Vec<u8>)> {
    let titles: Vec<String> = LOAD_COLUMNS.map(str::to_owned).into();
    let mut csv = csv_line(&titles);
    let mut dat = [b"\xef\xbb\xbf".to_vec(), dat_line(&titles, false)].concat();
    let (mut jsonl, mut opt) = (Vec::new(), String::new());
    for row in rows {
        let of = |column: &str| {
            row.iter().find(|(name, _)| *name == column).map_or("", |(_, value)| value).to_owned()
        };
        let values: Vec<String> = LOAD_COLUMNS.iter().map(|column| of(column)).collect();
        csv += &csv_line(&values);
        dat.extend(dat_line(&values, false));
        jsonl.extend(jsonl_line(&titles, &values));
        opt += &format!("{},VOL001,{},Y,,,{}\r\n", of("BEGBATES"), of("IMAGEPATH"), of("PGCOUNT"));
    }
    let meanings = LOAD_COLUMNS.iter().map(|column| format!("{column},,See production.md\r\n"));
    let columns = format!("COLUMN,RENAMED,MEANING\r\n{}", meanings.collect::<String>());
    vec![
        ("VOL001.csv", csv.into_bytes()),
        ("VOL001.dat", dat),
        ("VOL001.jsonl", jsonl),
        ("VOL001.opt", opt.into_bytes()),
        ("columns.csv", columns.into_bytes()),
    ]
}

/// A line of CSV, quoted where it must be.
pub(super) fn csv_line(values: &[String]) -> String {
    let quoted = |value: &String| match value.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value.clone(),
    };
    values.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n"
}
