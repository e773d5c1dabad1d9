//! `daybook init`.

use std::path::PathBuf;
use std::process::ExitCode;

use daybook_event::{Origin, OsEntropy};
use daybook_ledger::clock::SystemClock;
use daybook_ledger::init;
use daybook_producer::Passphrase as KeyPassphrase;

use crate::{fail, print, say};

/// Makes a new ledger in a new or empty directory.
///
/// The directory then holds ledger.toml (settings), keys/ (secrets: guard and back them up apart from the vault), keyring
/// (opens the vault), log/ and vault/ (the ledger), and trust.policy: publish it, every verifier and producer needs it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  daybook init --dir my-ledger --origin ledger.city.example
  daybook init --dir my-ledger --origin ledger.city.example --governance-passphrase-file secret.txt

Next: daybook up --dir my-ledger")]
pub(crate) struct Args {
    /// A new or empty directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// The ledger's name for good: a host name or URL without scheme; every event and checkpoint carries it
    #[arg(long, value_name = "NAME")]
    origin: Origin,
    /// Encrypt the governance key, which registers all others, with the passphrase in this file
    #[arg(long, value_name = "FILE")]
    governance_passphrase_file: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let passphrase =
        match args.governance_passphrase_file.as_deref().map(KeyPassphrase::from_file).transpose() {
            Ok(passphrase) => passphrase,
            Err(error) => return fail(&error),
        };
    let made = match init::create(&args.dir, &args.origin, passphrase.as_ref(), &SystemClock, &mut OsEntropy)
    {
        Ok(made) => made,
        Err(error) => return fail(&error),
    };
    if args.json {
        let json = serde_json::json!({
            "origin": args.origin.to_string(),
            "vkey": made.vkey.to_string(),
            "governance_kid": made.governance_kid,
            "policy": made.policy,
        });
        print(&json.to_string());
        return ExitCode::SUCCESS;
    }
    let dir = args.dir.display();
    say(&format!("Made the ledger {} in {dir}.", args.origin));
    say("");
    say(&format!("  publish    {}  (verifiers and producers need it)", made.policy.display()));
    say(&format!("  guard      {dir}/keys  (the log's key, the governance key, the keyring's passphrase)"));
    say(&format!("  next       daybook up --dir {dir}"));
    say("");
    print(&made.vkey.to_string());
    ExitCode::SUCCESS
}
