//! `daybook production`: productions for courts and other parties.

mod verify;

use std::process::ExitCode;

use clap::Subcommand;

/// What to do with a production.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a production that was handed over, without a network and without trusting whoever made it
    #[command(after_help = verify::help())]
    Verify(verify::Args),
}

/// Runs one of the commands.
pub(crate) fn run(command: &Command) -> ExitCode {
    match command {
        Command::Verify(args) => verify::run(args),
    }
}
