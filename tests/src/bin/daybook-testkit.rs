//! Data and damage for trying Daybook out: drafts of a made-up city, signed samples, and changes to a copy of a ledger.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use daybook_tests::{Change, Department, samples};
use serde::Serialize;

#[derive(Parser)]
#[command(about = "Data and damage for trying Daybook out", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print drafts of a department as JSON Lines, for `daybook producer publish --json`
    Drafts {
        /// Whose drafts
        #[arg(long)]
        department: Name,
        /// Number of matters; each gives two to eight events
        #[arg(long, default_value_t = 20)]
        matters: usize,
        /// The same seed prints the same drafts
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// Print signed events and what an outside reader must find in them, as JSON Lines
    Samples {
        /// Number of events
        #[arg(long, default_value_t = 40)]
        count: usize,
        /// The same seed prints the same samples
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// Change a COPY of a ledger directory as somebody with access to its disk might
    Tamper {
        /// The copy
        dir: PathBuf,
        #[command(flatten)]
        change: ChangeArgs,
        /// Also mend the hash chain and the tree's hash files, which needs no key
        #[arg(long)]
        cover_up: bool,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct ChangeArgs {
    /// Flip one bit in the middle of entry N
    #[arg(long, value_name = "N")]
    byte: Option<usize>,
    /// Cut entry N out
    #[arg(long, value_name = "N")]
    remove: Option<usize>,
    /// Let entries N and N + 1 change places
    #[arg(long, value_name = "N")]
    reorder: Option<usize>,
}

impl ChangeArgs {
    fn change(&self) -> Option<Change> {
        let byte = self.byte.map(Change::Byte);
        byte.or(self.remove.map(Change::Removal)).or(self.reorder.map(Change::Reorder))
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    Sheriff,
    Police,
    HumanServices,
}

impl From<Name> for Department {
    fn from(name: Name) -> Self {
        match name {
            Name::Sheriff => Self::Sheriff,
            Name::Police => Self::Police,
            Name::HumanServices => Self::HumanServices,
        }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed pipe (`| head`) is no failure.
            if error.kind() == io::ErrorKind::BrokenPipe {
                return ExitCode::SUCCESS;
            }
            let _ = writeln!(io::stderr(), "daybook-testkit: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> io::Result<()> {
    match command {
        Command::Drafts { department, matters, seed } => {
            print_lines(&Department::from(department).drafts(seed, matters))
        }
        Command::Samples { count, seed } => print_lines(&samples(seed, count)),
        Command::Tamper { dir, change, cover_up } => {
            let mut copy = daybook_tests::Copy::read(&dir)?;
            let change = change.change().ok_or_else(|| io::Error::other("no change given"))?;
            if !copy.change(change) {
                return Err(io::Error::other(format!(
                    "{change:?}: the copy has {} entries only",
                    copy.len()
                )));
            }
            if cover_up {
                copy.cover_up()?;
            }
            copy.write()
        }
    }
}

fn print_lines(lines: &[impl Serialize]) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in lines {
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
