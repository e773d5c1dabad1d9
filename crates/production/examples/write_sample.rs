//! Writes the sample productions as ZIPs: `cargo run -p daybook-production --features sample --example write_sample -- FOLDER`.
//!
//! Beside each, what a recipient knows from elsewhere: `trust.policy`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    fs::create_dir_all(&folder)?;
    for sample in daybook_production::sample::samples(&BTreeMap::new())? {
        fs::write(folder.join(format!("{}.zip", sample.name)), sample.zip()?)?;
        fs::write(folder.join("trust.policy"), &sample.files["data/PROOFS/policy.txt"])?;
    }
    Ok(())
}
