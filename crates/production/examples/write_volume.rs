//! Writes a volume with an event of every type, its logs and papers: `cargo run -p daybook-production --example write_volume -- FOLDER [PROFILE]`.
//!
//! For the eye, and for outside software (`tests/interop/production.sh`). Beside the volume, `withheld.json` lists what must be nowhere in it.

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use daybook_production::load::{DatEncoding, LoadWriter, image_path, native_path, text_path};
use daybook_production::papers::{
    Facts, Software, Tally, certificate, cover_letter, form_37, form_38, read_me_first,
};
use daybook_production::{logs, render};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| "volume".to_owned()));
    let profile = support::profile(&env::args().nth(2).unwrap_or_else(|| "protective-order".to_owned()));
    let choices = support::choices(&profile);
    let put = |path: &str, bytes: &[u8]| write(&folder.join(path), bytes);
    let mut load = LoadWriter::new(&choices, &profile.columns, DatEncoding::Utf8);
    let (mut redactions, mut tally, mut withheld) =
        (logs::RedactionLog::default(), Tally::default(), BTreeMap::new());
    for (at, produced) in support::documents(&profile, &choices, 1).iter().enumerate() {
        let (numbered, ordinal) = (&produced.numbered, at as u64);
        put(&native_path(&numbered.bates, ordinal), &produced.native)?;
        put(&text_path(&numbered.bates, ordinal), render::text(numbered, &choices).as_bytes())?;
        put(
            &image_path(&numbered.bates, ordinal),
            &render::pdf(numbered, &choices).map_err(io::Error::other)?,
        )?;
        load.push(numbered).map_err(io::Error::other)?;
        redactions.push(numbered);
        tally.push(numbered);
        withheld.insert(numbered.bates.begin(), produced.withheld.clone());
    }
    let load = load.finish();
    for (name, bytes) in [("dat", &load.dat), ("opt", &load.opt), ("csv", &load.csv), ("jsonl", &load.jsonl)]
    {
        put(&format!("data/VOL001/DATA/VOL001.{name}"), bytes)?;
    }
    put("data/VOL001/DATA/columns.csv", &load.columns)?;
    put("data/LOGS/redaction-log.csv", &redactions.finish())?;
    let software = Software { version: env!("CARGO_PKG_VERSION").to_owned(), build: None };
    let facts = Facts {
        choices: &choices,
        tally: &tally,
        load_file_sha256: daybook_event::hash::sha256(&load.csv),
        custody: &support::custody(),
        incidents: &[],
        software: &software,
        log_vkey: support::LOG_VKEY,
        dat_is_cp1252: false,
    };
    put("READ-ME-FIRST.txt", read_me_first(&facts).as_bytes())?;
    let papers = [
        ("cover-letter", cover_letter(&facts)),
        ("certificate", certificate(&facts)),
        ("form-37", form_37(&facts)),
        ("form-38", form_38(&facts)),
    ];
    for (name, paper) in papers {
        put(&format!("data/PAPERS/{name}.txt"), paper.text(&choices).as_bytes())?;
        put(&format!("data/PAPERS/{name}.pdf"), &paper.pdf(&choices).map_err(io::Error::other)?)?;
    }
    write(&folder.join("withheld.json"), serde_json::to_string(&withheld)?.as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, bytes)
}
