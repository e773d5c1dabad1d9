//! `daybook production`: productions for courts and other parties.

mod approve;
mod build;
mod deliver;
mod list;
mod look;
mod new;
pub(crate) mod one;
pub(crate) mod profiles;
mod review;
mod verify;
mod withdraw;
pub(crate) mod words;

use std::process::ExitCode;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use daybook_event::Catalogue;

use crate::remote;

/// What to do with a production.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say what is to be handed over, and ask a second person
    #[command(after_help = remote::help(new::HELP))]
    New(Box<new::Args>),
    /// List productions and what became of them
    #[command(after_help = remote::help(list::LIST_HELP))]
    List(list::List),
    /// Show one production: what was searched for and found, who decided, what was handed over
    #[command(after_help = remote::help(list::SHOW_HELP))]
    Show(list::Show),
    /// Show record by record what goes out, what stays back, and why
    #[command(after_help = remote::help(review::HELP))]
    Review(review::Args),
    /// Approve somebody else's production, after a look at what would go out
    #[command(after_help = remote::help(approve::HELP))]
    Approve(approve::Args),
    /// Make the package of a production that was approved: records, proofs, pages, papers, in one file that was checked
    #[command(after_help = remote::help(build::HELP))]
    Build(Box<build::Args>),
    /// Record that a package is handed over, after a look whether it is the production's
    #[command(after_help = remote::help(deliver::HELP))]
    Deliver(deliver::Args),
    /// Record that another production takes the place of one
    #[command(after_help = remote::help(withdraw::SUPERSEDE_HELP))]
    Supersede(withdraw::Supersede),
    /// Record that pages of a production are asked back
    #[command(after_help = remote::help(withdraw::CLAWBACK_HELP))]
    Clawback(withdraw::Clawback),
    /// Check a production that was handed over, without a network and without trusting whoever made it
    #[command(after_help = verify::help())]
    Verify(verify::Args),
}

/// Runs one of the commands.
pub(crate) fn run(command: &Command) -> ExitCode {
    remote::end(match command {
        Command::New(args) => new::run(args),
        Command::List(args) => list::list(args),
        Command::Show(args) => list::show(args),
        Command::Review(args) => review::run(args),
        Command::Approve(args) => approve::run(args),
        Command::Build(args) => build::run(args),
        Command::Deliver(args) => deliver::run(args),
        Command::Supersede(args) => withdraw::supersede(args),
        Command::Clawback(args) => withdraw::clawback(args),
        Command::Verify(args) => return verify::run(args),
    })
}

/// The values that a field of a type of event can have.
fn codes(event: &str, field: &str) -> PossibleValuesParser {
    let field = Catalogue::builtin().latest(event).and_then(|ty| ty.field(field));
    let codes = field.and_then(|field| field.codes.as_deref()).unwrap_or_default();
    PossibleValuesParser::new(codes.iter().map(String::as_str))
}
