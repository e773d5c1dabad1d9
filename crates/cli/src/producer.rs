//! `daybook producer …`: what a department runs.

mod desk;
mod fields;
mod handover;
mod home;
mod import;
mod publish;
mod run;
mod status;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use daybook_producer::{Home, HomeError, KeyFileError, OutboxError, Passphrase, SendError};

/// Everything went as asked.
const EXIT_OK: u8 = 0;
/// Something failed; the message says what and what to do.
const EXIT_FAILED: u8 = 1;
/// The input was understood but something in it was refused or rejected.
const EXIT_REFUSED: u8 = 3;
/// Events are safe in the outbox but have no receipt yet.
const EXIT_WAITING: u8 = 4;
/// Another process has the home open.
const EXIT_IN_USE: u8 = 5;

const EXIT_CODES: &str = "\
Exit codes:
  0  as asked
  1  failed; the message says what to do
  2  wrong usage
  3  an event was refused, or rows were rejected
  4  --wait ran out; the events are safe in the outbox
  5  another process has the home open";

/// Record events, send them, and keep the ledger's receipts.
///
/// A department's home directory holds its signing key and its outbox. Events are signed and synced to the outbox
/// first and sent after; they stay there until the ledger's receipt has been verified.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct ProducerArgs {
    #[command(subcommand)]
    command: ProducerCommand,
}

#[derive(Debug, Subcommand)]
enum ProducerCommand {
    Init(home::InitArgs),
    Publish(publish::PublishArgs),
    Import(import::ImportArgs),
    Run(run::RunArgs),
    Status(status::StatusArgs),
    Receipt(status::ReceiptArgs),
    Requeue(home::RequeueArgs),
    Rotate(home::RotateArgs),
}

/// Where the producer lives.
#[derive(Debug, Args)]
struct HomeArgs {
    /// The producer's home directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_HOME", default_value = "daybook-producer")]
    home: PathBuf,
    /// File whose first line is the passphrase of the key
    #[arg(long, value_name = "FILE", env = "DAYBOOK_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
}

impl HomeArgs {
    fn passphrase(&self) -> Result<Option<Passphrase>, Failure> {
        Ok(self.passphrase_file.as_deref().map(Passphrase::from_file).transpose()?)
    }

    fn open(&self) -> Result<Home, Failure> {
        Ok(Home::open(&self.home, self.passphrase()?.as_ref())?)
    }
}

/// Why a command ended without doing what it was asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Key(#[from] KeyFileError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Import(#[from] daybook_producer::import::ImportError),
    #[error("{path}: {source}", path = .path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// A sentence that says what is wrong and what to do.
    #[error("{0}")]
    Said(String),
    /// What was given was refused.
    #[error("{0}")]
    Refused(String),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Outbox(OutboxError::InUse { .. })
            | Self::Home(HomeError::Outbox(OutboxError::InUse { .. })) => EXIT_IN_USE,
            Self::Refused(_) | Self::Outbox(OutboxError::NotIssued { .. }) => EXIT_REFUSED,
            _ => EXIT_FAILED,
        }
    }
}

/// Runs a `daybook producer` command.
pub(crate) fn run(args: ProducerArgs) -> ExitCode {
    let done = match args.command {
        ProducerCommand::Init(args) => home::init(&args),
        ProducerCommand::Publish(args) => publish::publish(&args),
        ProducerCommand::Import(args) => import::import(&args),
        ProducerCommand::Run(args) => run::run(&args),
        ProducerCommand::Status(args) => status::status(&args),
        ProducerCommand::Receipt(args) => status::receipt(&args),
        ProducerCommand::Requeue(args) => home::requeue(&args),
        ProducerCommand::Rotate(args) => home::rotate(&args),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            say_error(&format!("error: {failure}"));
            ExitCode::from(failure.code())
        }
    }
}

/// Records drafts with a producer's key, sends them and waits for their receipts: for commands whose results are events.
pub(crate) fn record_and_wait(
    home: &std::path::Path,
    passphrase_file: Option<&std::path::Path>,
    drafts: Vec<daybook_event::Draft>,
    seconds: u64,
) -> Result<ExitCode, crate::Fault> {
    let args = HomeArgs { home: home.to_owned(), passphrase_file: passphrase_file.map(Into::into) };
    let desk = desk::Desk::open(&args).map_err(|failure| failure.to_string())?;
    let recorded = desk.record(drafts).map_err(|error| match error {
        desk::NotRecorded::Draft { what, .. } => what,
        desk::NotRecorded::Failed(failure) => failure.to_string(),
    })?;
    for event in &recorded {
        say(&serde_json::json!({ "seq": event.seq, "jti": event.jti, "event": event.event }).to_string());
    }
    let Some((first, last)) = recorded.first().zip(recorded.last()) else { return Ok(ExitCode::SUCCESS) };
    let code =
        publish::wait(&desk, first.seq..last.seq + 1, seconds).map_err(|failure| failure.to_string())?;
    Ok(ExitCode::from(code))
}

/// A line for the user. A closed pipe is not an error.
fn say(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout().lock(), "{line}").ok();
}

/// A line beside the output.
fn say_error(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stderr().lock(), "{line}").ok();
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure::Said(format!("no runtime: {error}")))
}
