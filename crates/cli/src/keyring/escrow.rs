//! `daybook keyring escrow`.

use std::path::PathBuf;
use std::process::ExitCode;

use daybook_event::OsEntropy;
use daybook_ledger::open::write_private;

use super::share::{MAX_SHARES, MIN_THRESHOLD, Share, combine, split};
use super::{Place, read_passphrase};
use crate::{Fault, exit, print, say};

pub(super) const HELP: &str = "\
The passphrase is split, not the keyring: the keyring's file changes with every erasure, and an old copy of it would undo
them; the passphrase stays. Who has enough shares still needs the ledger's own keyring file to open anything. Each
share is a text file that tells its holder what to do with it. Nothing of a share is shown on the terminal.

Examples:
  daybook keyring escrow --dir my-ledger --out /mnt/usb/shares
  daybook keyring escrow --dir my-ledger --shares 5 --threshold 3 --out /mnt/usb/shares

Then: hand each file to another person, and remove the folder. `ops/keys-and-backups.md` says who should hold them.";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// How many shares to make
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(i64::from(MIN_THRESHOLD)..=i64::from(MAX_SHARES)))]
    shares: u8,
    /// How many of them give the passphrase
    #[arg(long, value_name = "K", default_value_t = 2, value_parser = clap::value_parser!(u8).range(i64::from(MIN_THRESHOLD)..=i64::from(MAX_SHARES)))]
    threshold: u8,
    /// A new folder for the files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    if args.threshold > args.shares {
        say(&format!(
            "error: {} shares can never be enough: the threshold is {}",
            args.shares, args.threshold
        ));
        return Ok(ExitCode::from(exit::USAGE));
    }
    let place = Place::open(&args.dir)?;
    let passphrase = read_passphrase(&place.passphrase_file())?;
    // A passphrase that opens nothing must not be what is kept for the worst day.
    place.keyring_under(&passphrase)?;
    let origin = place.config.origin().to_string();
    let date = jiff::Zoned::now().date().to_string();
    let shares = split(&passphrase, &origin, &date, args.shares, args.threshold, &mut OsEntropy)?;
    make_folder(args)?;
    let mut written = Vec::with_capacity(shares.len());
    for share in &shares {
        let path = args.out.join(format!("share-{}-of-{}.txt", share.number, share.of));
        write_private(&path, share.to_text().as_bytes())?;
        written.push(path);
    }
    // Read back and put together: whoever needs the shares one day has no second try.
    let read: Vec<Share> =
        written.iter().map(|path| super::recover::read_share(path)).collect::<Result<_, Fault>>()?;
    for some in read.windows(usize::from(args.threshold)) {
        if combine(some)? != passphrase {
            return Err(
                "the shares that were written do not give the passphrase; remove them and try again".into()
            );
        }
    }
    for path in &written {
        print(&path.display().to_string());
    }
    say(&format!(
        "{} of these {} shares give the passphrase. Hand each to another person and remove the folder.",
        args.threshold, args.shares
    ));
    Ok(ExitCode::SUCCESS)
}

fn make_folder(args: &Args) -> Result<(), Fault> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().mode(0o700).create(&args.out);
    made.map_err(|e| format!("{}: {e}; name a folder that is not there yet", args.out.display()).into())
}
