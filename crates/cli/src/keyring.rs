//! `daybook keyring`: whether erasures are carried out, and what keeps the keyring's passphrase safe.

mod change;
mod escrow;
mod fields;
mod orders;
mod recover;
mod share;
mod spans;
mod status;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use daybook_ledger::config::Config;
use daybook_ledger::open::{self, Layout};
use daybook_store::{Disk, KEYRING, Keyring, KeyringError, LOCK, Passphrase, Storage, StorageLock};
use zeroize::Zeroizing;

use crate::{Fault, fail};

/// Longest passphrase that is read, bytes.
const MAX_PASSPHRASE_BYTES: usize = 1024;

/// What can be done with the keyring.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Tell whether every erasure on the ledger is carried out, and what a copy of the keyring would still open
    #[command(after_help = status::HELP)]
    Status(status::Args),
    /// Split the keyring's passphrase into shares, of which some together give it back
    #[command(after_help = escrow::HELP)]
    Escrow(escrow::Args),
    /// Put the passphrase together from shares
    #[command(after_help = recover::HELP)]
    Recover(recover::Args),
    /// Seal the keyring under another passphrase
    #[command(after_help = change::HELP)]
    ChangePassphrase(change::Args),
}

pub(crate) fn run(command: &Command) -> ExitCode {
    let result = match command {
        Command::Status(args) => status::run(args),
        Command::Escrow(args) => escrow::run(args),
        Command::Recover(args) => recover::run(args),
        Command::ChangePassphrase(args) => change::run(args),
    };
    result.unwrap_or_else(|error| fail(error.as_ref()))
}

/// A ledger's directory, as far as the keyring is concerned.
struct Place {
    layout: Layout,
    config: Config,
    disk: Disk,
}

impl Place {
    fn open(dir: &Path) -> Result<Place, Fault> {
        let layout = Layout::new(dir);
        let config = Config::read(&layout.config())?;
        let disk = Disk::open(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        Ok(Place { layout, config, disk })
    }

    /// The file that `ledger.toml` names for the passphrase.
    fn passphrase_file(&self) -> PathBuf {
        self.layout.dir().join(&self.config.keys.keyring_passphrase_file)
    }

    fn keyring(&self) -> Result<Keyring, Fault> {
        Ok(open::read_keyring(&self.disk, &self.layout, &self.config)?)
    }

    /// The ledger's keyring, opened with a passphrase of the caller's.
    fn keyring_under(&self, passphrase: &Zeroizing<Vec<u8>>) -> Result<Keyring, KeyringError> {
        Keyring::load(&self.disk, KEYRING, &Passphrase::new(passphrase.clone())?)
    }

    /// Keeps the service from running while the value lives.
    fn lock(&self) -> Result<Box<dyn StorageLock>, Fault> {
        self.disk.lock(LOCK).map_err(|e| match e.kind() {
            std::io::ErrorKind::WouldBlock => {
                "a process has the ledger open; stop the service first (it knows the passphrase of before)"
                    .into()
            }
            _ => format!("{}: {e}", self.layout.dir().join(LOCK).display()).into(),
        })
    }
}

/// Reads a passphrase from a file that only its owner can read, without the line end that editors put there.
fn read_passphrase(path: &Path) -> Result<Zeroizing<Vec<u8>>, Fault> {
    open::check_private(path)?;
    let told = |what: &str| format!("{}: {what}", path.display());
    let length = std::fs::metadata(path).map_err(|e| told(&e.to_string()))?.len();
    if length > MAX_PASSPHRASE_BYTES as u64 {
        return Err(told(&format!("is longer than a passphrase, {MAX_PASSPHRASE_BYTES} bytes")).into());
    }
    let mut text = Zeroizing::new(std::fs::read(path).map_err(|e| told(&e.to_string()))?);
    while text.last().is_some_and(|&b| b == b'\n' || b == b'\r') {
        text.pop();
    }
    if text.is_empty() { Err(told("is empty").into()) } else { Ok(text) }
}
