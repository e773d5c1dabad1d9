//! Writes an example report to standard output: `cargo run -p daybook-report --example reports -- council pdf > council.pdf`.

mod council;
mod public;

use std::{error::Error, io::Write};

use daybook_report::render;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (which, format) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let report = match which.as_str() {
        "council" => council::report()?,
        "public" => {
            public::report(council::head("Immigration-related interactions, July 2024 to June 2026")?)?
        }
        _ => return Err("say which report: council or public".into()),
    };
    let bytes = match format.as_str() {
        "html" => render::html(&report).into_bytes(),
        "pdf" => render::pdf(&report)?,
        "csv" => render::csv(&report).into_bytes(),
        "json" => render::json(&report).into_bytes(),
        _ => return Err("say which format: html, pdf, csv or json".into()),
    };
    Ok(std::io::stdout().write_all(&bytes)?)
}
