//! `daybook whoami`: what the ledger knows of the account that asks.

use std::process::ExitCode;

use serde::Deserialize;

use crate::print;
use crate::remote::{self, Connection, Trouble};
use crate::shown::{code_words, plain};
use crate::table::{print_table, table};

pub(crate) const HELP: &str = "\
Example:
  daybook whoami --ledger https://ledger.city.example --token-file a-0009.token";

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    connection: Connection,
}

#[derive(Deserialize)]
struct Me {
    account: String,
    role: String,
    department: Option<String>,
    expires_at: String,
    may: Vec<May>,
}

#[derive(Deserialize)]
struct May {
    action: String,
    extent: String,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    remote::end(ask(args))
}

fn ask(args: &Args) -> Result<(), Trouble> {
    let answer = args.connection.open()?.get(&["v1", "me"])?;
    remote::show(&args.connection, &answer, |me: Me| {
        print(&format!("account     {}", plain(&me.account)));
        print(&format!("role        {}", plain(&me.role)));
        if let Some(department) = &me.department {
            print(&format!("department  {}", plain(department)));
        }
        print(&format!("ends        {}", plain(&me.expires_at)));
        print("");
        let mut table = table(&["May", "Of"], &[]);
        for may in &me.may {
            let extent = if may.extent == "own" { "your own".into() } else { plain(&may.extent) };
            table.add_row([code_words(&may.action), extent]);
        }
        print_table(&table);
        Ok(())
    })
}
