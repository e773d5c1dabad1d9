//! `daybook keyring recover`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use daybook_ledger::open::write_private;
use zeroize::Zeroizing;

use super::Place;
use super::share::{MAX_SHARE_FILE_BYTES, MAX_SHARES, Share, combine};
use crate::{Fault, say};

pub(super) const HELP: &str = "\
The passphrase is written to a new file that only its owner can read, and only after it has opened the ledger's keyring.

Example:
  daybook keyring recover --dir my-ledger --share share-1-of-3.txt --share share-3-of-3.txt --out keyring.passphrase

Then put the file where ledger.toml expects it (keys/keyring.passphrase).";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ledger's directory, with its keyring
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// A share; give as many as its threshold says
    #[arg(long = "share", value_name = "FILE", required = true)]
    shares: Vec<PathBuf>,
    /// A new file for the passphrase
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    if args.shares.len() > usize::from(MAX_SHARES) {
        return Err(format!("no set has more than {MAX_SHARES} shares").into());
    }
    let place = Place::open(&args.dir)?;
    let shares: Vec<Share> = args.shares.iter().map(|path| read_share(path)).collect::<Result<_, Fault>>()?;
    let origin = place.config.origin().to_string();
    if let Some(other) = shares.iter().find(|share| share.origin != origin) {
        return Err(format!("the shares are of the ledger {}, this one is {origin}", other.origin).into());
    }
    let mut passphrase = combine(&shares)?;
    place.keyring_under(&passphrase).map_err(|e| {
        format!(
            "the shares fit together, but: {e}; the passphrase may have been changed after they were made"
        )
    })?;
    // Room for the line end is made in a new place, so that no copy is left behind by growing.
    let mut line = Zeroizing::new(Vec::with_capacity(passphrase.len() + 1));
    line.append(&mut passphrase);
    line.push(b'\n');
    write_private(&args.out, &line)?;
    say(&format!("{} opens the keyring of {origin}.", args.out.display()));
    say("Now take care of the shares: whoever has seen enough of them knows the passphrase. Best change it.");
    Ok(ExitCode::SUCCESS)
}

/// Reads a share's file.
pub(super) fn read_share(path: &Path) -> Result<Share, Fault> {
    let told = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MAX_SHARE_FILE_BYTES)? + 1));
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_SHARE_FILE_BYTES).read_to_string(&mut text))
        .map_err(|e| told(&e))?;
    Share::parse(&text).map_err(|e| told(&e).into())
}
