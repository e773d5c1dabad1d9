//! `daybook events`: searching, counting, reading and taking out events over HTTP.

mod export;
mod one;
mod proof;
pub(crate) mod query;
mod search;

use std::process::ExitCode;

use crate::remote;

/// What can be done with events.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Find events, newest first
    #[command(after_help = remote::help(search::SEARCH_HELP))]
    Search(Box<search::Search>),
    /// Count events, without showing any
    #[command(after_help = remote::help(search::COUNT_HELP))]
    Count(Box<search::Count>),
    /// Show one event with its links, its corrections and its proof
    #[command(after_help = remote::help(one::HELP))]
    Show(Box<one::Args>),
    /// Write all events that fit to a file
    #[command(after_help = remote::help(export::HELP))]
    Export(Box<export::Args>),
}

pub(crate) fn run(command: &Command) -> ExitCode {
    remote::end(match command {
        Command::Search(args) => search::search(args),
        Command::Count(args) => search::count(args),
        Command::Show(args) => one::run(args),
        Command::Export(args) => export::run(args),
    })
}
