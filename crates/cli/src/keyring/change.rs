//! `daybook keyring change-passphrase`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use daybook_event::OsEntropy;
use daybook_store::{Disk, KEYRING, KeyringError, Passphrase, Storage as _};
use zeroize::Zeroizing;

use super::{Place, read_passphrase};
use crate::{Fault, exit, say};

pub(super) const HELP: &str = "\
The service has to be stopped. First the keyring is sealed under the new passphrase, then the file that ledger.toml names for
the passphrase is replaced. If the second step fails, say the command again: it goes on where it stopped.

Copies of the keyring that were made before still open with the old passphrase. Where every copy of the old passphrase is
destroyed, with all its shares, none of those copies opens any more: a second way to be rid of old keyrings.

Example:
  (umask 077; head -c 32 /dev/urandom | base64 > new.passphrase)
  daybook keyring change-passphrase --dir my-ledger --to new.passphrase

Then: remove new.passphrase, back the new passphrase up, and make new shares (daybook keyring escrow).";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// File with the new passphrase; only its owner may be able to read it
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    let place = Place::open(&args.dir)?;
    let present = place.passphrase_file();
    if same_file(&present, &args.to) {
        say(&format!(
            "error: {} is the file of the present passphrase; write the new one to another",
            args.to.display()
        ));
        return Ok(ExitCode::from(exit::USAGE));
    }
    let new = read_passphrase(&args.to)?;
    let _lock = place.lock()?;
    match place.keyring_under(&new) {
        // An earlier attempt came this far, or it is the same passphrase.
        Ok(_) => {}
        Err(KeyringError::WrongKey) => {
            let keyring = place.keyring()?;
            keyring.save(&place.disk, KEYRING, &Passphrase::new(new.clone())?, &mut OsEntropy)?;
        }
        Err(error) => return Err(error.into()),
    }
    replace(&present, &new).map_err(|e| {
        format!(
            "the keyring opens with the new passphrase already, but {} could not be replaced: {e}; put {} in its place",
            present.display(),
            args.to.display()
        )
    })?;
    say(&format!("The keyring of {} is sealed under the new passphrase.", place.config.origin()));
    say("Shares of the old passphrase are worthless now: collect and destroy them, and make new ones.");
    Ok(ExitCode::SUCCESS)
}

fn same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(one).is_some() && real(one) == real(other)
}

/// Puts the passphrase in its file's place, atomically and durably.
fn replace(file: &Path, passphrase: &Zeroizing<Vec<u8>>) -> Result<(), Fault> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name().and_then(|name| name.to_str())) else {
        return Err("it is no file's name".into());
    };
    let mut line = Zeroizing::new(Vec::with_capacity(passphrase.len() + 1));
    line.extend_from_slice(passphrase);
    line.push(b'\n');
    Ok(Disk::open(folder)?.replace(name, &line)?)
}
