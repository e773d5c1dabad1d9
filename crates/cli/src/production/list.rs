//! `daybook production list` and `show`: the productions of the ledger, and what became of them.

use serde::Deserialize;

use super::one::Production;
use crate::print;
use crate::remote::{self, Connection, Purpose, Trouble};
use crate::shown::{code_words, plain};
use crate::table::{print_table, table};

pub(super) const LIST_HELP: &str = "\
Nothing of the records is shown. The look is recorded.

Example:
  daybook production list --purpose supervision";

pub(super) const SHOW_HELP: &str = "\
Nothing of the records is shown. The look is recorded. With --json the ledger's name, key and trust policy are there too.

Example:
  daybook production show DAYB-26CR1187-P0001 --purpose discovery";

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The production, by its name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

#[derive(Deserialize)]
struct Listed {
    productions: Vec<Production>,
}

pub(super) fn list(args: &List) -> Result<(), Trouble> {
    let answer = args.connection.reading(&args.purpose)?.get(&["v1", "productions"])?;
    remote::show(&args.connection, &answer, |listed: Listed| {
        let columns = ["Production", "Opened", "By", "Basis", "For", "Go out", "Held back", "State"];
        let mut rows = table(&columns, &[0]);
        for production in &listed.productions {
            let opened = &production.opened;
            rows.add_row([
                plain(&production.production),
                plain(&opened.occurred_at),
                plain(&opened.account),
                code_words(&opened.basis),
                code_words(&opened.requester),
                opened.produced.to_string(),
                opened.withheld.to_string(),
                code_words(&production.state),
            ]);
        }
        print_table(&rows);
        Ok(())
    })
}

pub(super) fn show(args: &Show) -> Result<(), Trouble> {
    let answer = args.connection.reading(&args.purpose)?.get(&["v1", "productions", &args.name])?;
    remote::show(&args.connection, &answer, |production: Production| {
        production.lines().iter().for_each(|line| print(line));
        if let Some(next) = production.next() {
            print("");
            print(&next);
        }
        Ok(())
    })
}
