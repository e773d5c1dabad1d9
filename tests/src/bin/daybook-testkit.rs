//! Data and damage for trying Daybook out: drafts of a made-up city, signed samples, and changes to a copy of a ledger.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use daybook_event::{Draft, Origin};
use daybook_tests::{BusError, Change, Department, Program, Refused, StoredLedger, samples};
use serde::Serialize;
use serde_json::Value;

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
    /// Make a ledger directory with made-up events, without bus or service
    Ledger {
        /// A new directory
        dir: PathBuf,
        /// The ledger's origin
        #[arg(long, default_value = "ledger.example/made-up")]
        origin: String,
        /// Matters of each of three departments; each gives two to eight events
        #[arg(long, default_value_t = 20)]
        matters: usize,
        /// The same seed makes the same ledger
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// Print the request to register the key with which `hostile` signs
    Registration(ProgramArgs),
    /// Send messages that the ledger must refuse, and print each refusal; ends with status 1 if one is not refused
    Hostile {
        #[command(flatten)]
        program: ProgramArgs,
        /// The bus, `nats://user:password@host:port`
        #[arg(long)]
        bus: String,
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

/// A careless program of the sheriff's office.
#[derive(Args)]
struct ProgramArgs {
    /// The ledger's origin
    #[arg(long)]
    origin: Origin,
    /// Its producer name
    #[arg(long, default_value = "visitor-log")]
    producer: String,
    /// The same seed gives the same key
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

impl ProgramArgs {
    fn program(&self) -> Result<Program, BusError> {
        let issuer = format!("{}/{}", Department::Sheriff.issuer().department(), self.producer).parse()?;
        Ok(Program::new(issuer, self.origin.clone(), self.seed))
    }
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
        // A closed pipe (`| head`) is no failure.
        Err(error) if is_closed_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "daybook-testkit: {error}");
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn run(command: Command) -> Result<(), BusError> {
    match command {
        Command::Drafts { department, matters, seed } => {
            let drafts = Department::from(department).drafts(seed, matters);
            print_lines(drafts.into_iter().map(flat))?;
        }
        Command::Samples { count, seed } => print_lines(samples(seed, count))?,
        Command::Ledger { dir, origin, matters, seed } => {
            std::fs::create_dir_all(&dir)?;
            let ledger = StoredLedger::create(&dir, &origin, seed, matters)?;
            writeln!(io::stdout(), "{} entries in {}", ledger.size(), dir.display())?;
        }
        Command::Registration(args) => writeln!(io::stdout(), "{}", args.program()?.registration())?,
        Command::Hostile { program, bus } => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(hostile(program.program()?, &bus))?;
        }
        Command::Tamper { dir, change, cover_up } => tamper(&dir, &change, cover_up)?,
    }
    Ok(())
}

/// The form that `daybook producer publish --json` reads: `{"event": type, field: value, …}`.
fn flat(draft: Draft) -> Value {
    let mut line = draft.fields;
    line.insert("event".into(), draft.event.to_string().into());
    Value::Object(line)
}

async fn hostile(mut program: Program, bus: &str) -> Result<(), BusError> {
    let mut refused = Refused::on(bus).await?;
    for message in program.hostile()? {
        let answer = refused.send(&message).await?;
        let (_, problem) = answer.ok_or_else(|| format!("{}: no refusal came", message.what))?;
        let (code, detail) =
            (problem["code"].as_str().unwrap_or("?"), problem["detail"].as_str().unwrap_or("?"));
        if code != message.code.as_str() {
            return Err(format!("{}: refused as {code}, expected {}", message.what, message.code).into());
        }
        writeln!(io::stdout(), "{:42} {code:24} {detail}", message.what)?;
    }
    Ok(())
}

fn tamper(dir: &Path, change: &ChangeArgs, cover_up: bool) -> Result<(), BusError> {
    let mut copy = daybook_tests::Copy::read(dir)?;
    let change = change.change().ok_or("no change given")?;
    if !copy.change(change) {
        return Err(format!("{change:?}: the copy has {} entries only", copy.len()).into());
    }
    if cover_up {
        copy.cover_up()?;
    }
    Ok(copy.write()?)
}

fn print_lines(lines: impl IntoIterator<Item = impl Serialize>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in lines {
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
