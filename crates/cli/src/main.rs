//! `daybook`: the one binary, for operators, departments, auditors and courts.
#![forbid(unsafe_code)]

mod account;
mod approvals;
mod asking;
mod bench;
mod events;
mod findings;
mod hold;
mod index;
mod init;
mod keyring;
mod keys;
mod known;
mod log;
mod logging;
mod matter;
mod open;
mod output;
mod producer;
mod production;
mod reconcile;
mod remote;
mod report;
mod restrict;
mod rules;
mod serve;
mod shown;
mod table;
mod verify;
mod whoami;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A verifiable ledger of immigration-related interactions: signed events in, proofs out.
#[derive(Parser)]
#[command(name = "daybook", version, arg_required_else_help = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Operator:              daybook init, up, serve, keys, keyring, account
Department:            daybook producer init, publish, import, run, status
Auditor:               daybook events search, count, show, export; matter; open; hold place;
                       findings list, show, explain, answer; rules check; reconcile; report
Custodian of records:  daybook seal, unseal, erase; hold place, release; open; events; matter;
                       production new, review, build, deliver, supersede, clawback
Approver:              daybook approvals list, approve, refuse; production review, approve
Anybody:               daybook verify log, verify receipt; production verify; whoami

Each command has examples of its own: daybook COMMAND --help";

#[derive(Subcommand)]
enum Command {
    /// Make a new ledger: keys, keyring, first entry and trust policy
    Init(init::Args),
    /// Run the ledger on one machine, with a private message bus beside it
    Up(serve::UpArgs),
    /// Run the ledger on a bus that runs already
    Serve(serve::ServeArgs),
    /// Register, rotate, revoke and list producers' keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// See whether erasures are carried out; keep the keyring's passphrase in shares, recover and change it
    #[command(subcommand)]
    Keyring(keyring::Command),
    /// Grant, close and list accounts: who may read the ledger, and in which role
    #[command(subcommand)]
    Account(account::Command),
    /// Search, count, read and take out events, as your account may see them
    #[command(subcommand)]
    Events(events::Command),
    /// Show what the ledger holds about one matter
    #[command(subcommand)]
    Matter(matter::Command),
    /// Ask for withheld fields to be opened, and look at them
    #[command(subcommand)]
    Open(open::Command),
    /// Ask for fields to be closed to all but some roles
    #[command(after_help = remote::help(restrict::SEAL_HELP))]
    Seal(restrict::Seal),
    /// Ask for seals to be lifted
    #[command(after_help = remote::help(restrict::UNSEAL_HELP))]
    Unseal(restrict::Unseal),
    /// Ask for fields to be destroyed for good
    #[command(after_help = remote::help(restrict::ERASE_HELP))]
    Erase(restrict::Erase),
    /// Place holds, under which nothing is erased, and ask for them to be let go
    #[command(subcommand)]
    Hold(hold::Command),
    /// See what waits for a second person, and decide
    #[command(subcommand)]
    Approvals(approvals::Command),
    /// Show what the ledger knows of your account
    #[command(after_help = remote::help(whoami::HELP))]
    Whoami(whoami::Args),
    /// Sign, queue and send a department's events
    Producer(producer::ProducerArgs),
    /// Check a ledger or a receipt without trusting anybody
    #[command(subcommand)]
    Verify(verify::Command),
    /// Hand records over to courts and other parties, and check what was handed over
    #[command(subcommand)]
    Production(production::Command),
    /// Show entries and write the log out as static files
    #[command(subcommand)]
    Log(log::Command),
    /// Look at rule packs and check them
    #[command(subcommand)]
    Rules(rules::Command),
    /// List, explain and answer what the rules found
    #[command(subcommand)]
    Findings(findings::Command),
    /// Hold the ledger's counts against those of a fax server, a visitors' book or another list
    #[command(after_help = reconcile::HELP)]
    Reconcile(reconcile::Args),
    /// Make a report: for the council, for everybody, on grant conditions, or for one department
    #[command(after_help = report::HELP)]
    Report(report::Args),
    /// Look after the auditors' index while the service is stopped
    #[command(subcommand)]
    Index(index::Command),
    /// Measure this machine
    #[command(subcommand)]
    Bench(bench::Command),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Init(args) => init::run(&args),
        Command::Up(args) => serve::up(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Keys(command) => keys::run(command),
        Command::Keyring(command) => keyring::run(&command),
        Command::Account(command) => account::run(command),
        Command::Events(command) => events::run(&command),
        Command::Matter(command) => matter::run(&command),
        Command::Open(command) => open::run(&command),
        Command::Seal(args) => restrict::seal(&args),
        Command::Unseal(args) => restrict::unseal(&args),
        Command::Erase(args) => restrict::erase(&args),
        Command::Hold(command) => hold::run(&command),
        Command::Approvals(command) => approvals::run(&command),
        Command::Whoami(args) => whoami::run(&args),
        Command::Producer(args) => producer::run(args),
        Command::Verify(command) => verify::run(command),
        Command::Production(command) => production::run(&command),
        Command::Log(command) => log::run(command),
        Command::Rules(command) => rules::run(&command),
        Command::Findings(command) => findings::run(&command),
        Command::Reconcile(args) => reconcile::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Index(command) => index::run(&command),
        Command::Bench(command) => bench::run(command),
    }
}

/// Whatever goes wrong in a command.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Exit codes that every command shares; `daybook verify` has more of its own.
pub(crate) mod exit {
    /// The command could not do what it was asked to.
    pub(crate) const FAILED: u8 = 1;
    /// The call itself was wrong.
    pub(crate) const USAGE: u8 = 2;
    /// The ledger refused it.
    pub(crate) const REFUSED: u8 = 3;
    /// It is queued and safe, but its receipt has not come yet.
    pub(crate) const PENDING: u8 = 4;
}

/// Prints an error with its causes and gives the exit code for a failure.
pub(crate) fn fail(error: &dyn std::error::Error) -> ExitCode {
    say(&format!("error: {error}"));
    let mut source = error.source();
    while let Some(cause) = source {
        // Messages that already quote their cause are not followed by it again.
        if !error.to_string().contains(&cause.to_string()) {
            say(&format!("  because: {cause}"));
        }
        source = cause.source();
    }
    ExitCode::from(exit::FAILED)
}

/// A line for the person at the terminal, on standard error: standard output is for results.
#[allow(clippy::print_stderr, reason = "the command line talks to a person here")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// A line of result, on standard output. A reader that has gone away (`| head`) is no error.
pub(crate) fn print(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn every_command_is_put_together_without_contradiction() {
        super::Cli::command().debug_assert();
    }
}
