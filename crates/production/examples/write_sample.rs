//! Writes the sample productions as ZIPs: `cargo run -p daybook-production --features sample --example write_sample -- FOLDER`.
//!
//! The plain ones, of which the test vectors are, and under `full` the same with everything that a recipient gets. Beside them, what a recipient
//! knows from elsewhere: `trust.policy`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs, io};

use daybook_production::sample::{Dress, dressed_samples};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    for (folder, dress) in [(folder.clone(), Dress::Plain), (folder.join("full"), Dress::Full)] {
        fs::create_dir_all(&folder)?;
        for sample in dressed_samples(dress, &BTreeMap::new())? {
            fs::write(folder.join(format!("{}.zip", sample.name)), sample.zip()?)?;
            fs::write(folder.join("trust.policy"), &sample.files["data/PROOFS/policy.txt"])?;
        }
    }
    Ok(())
}
