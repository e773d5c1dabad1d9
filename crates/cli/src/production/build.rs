//! `daybook production build`: from the ledger's records to one file that proves itself.

mod bars;
mod fetch;
mod folder;
mod steps;
mod tiles;

use std::path::{Path, PathBuf};
use std::time::Duration;

use daybook_event::b64;
use daybook_production::build::{BuildError, Packed};
use serde_json::json;

use crate::print;
use crate::remote::{Connection, Purpose, Trouble, failed};
use crate::shown::plain;
use steps::Made;

pub(super) const HELP: &str = "\
Whoever opened the production builds it, once a second person has approved. The pages are counted, the ledger numbers them,
everything is written, the ledger records the bag's hash, and what was made is checked as its recipient will check it. The
ZIP appears when all of that holds, or not at all. Only you can read it.

What was fetched waits in DIR/.work until the build is done, readable by you alone; it holds restricted fields. After a
break run the same command again: it goes on, and gives the same bytes. The same profile, words and version of the program
give the same package on any machine, so the production can be built again later.

Without --words the papers have blanks, and the column CUSTODIAN is empty. ops/productions/words.toml shows what to fill in.

Examples:
  daybook production build DAYB-26CR1187-P0001 --words words.toml --out productions --purpose discovery
  daybook production build DAYB-26CR1187-P0001 --profile ./ours.toml --words words.toml --out productions --dat-cp1252 --purpose discovery";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The production
    #[arg(value_name = "NAME")]
    name: String,
    /// The folder to put the ZIP into, under the production's name
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The profile under which it was opened, by name or file [default: the built-in one of the recorded name]
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    /// File with the words that only people know: court, parties, who signs, on what a privilege rests
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    /// Write the DAT in Windows-1252, for platforms that read nothing else
    #[arg(long)]
    dat_cp1252: bool,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    purpose: Purpose,
}

pub(super) fn run(args: &Args) -> Result<(), Trouble> {
    let made = match args.threads {
        None => steps::make(args)?,
        Some(threads) => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build();
            pool.map_err(failed)?.install(|| steps::make(args))?
        }
    };
    if args.connection.json() {
        print(&summary(args, &made).to_string());
    } else {
        told(args, &made).iter().for_each(|line| print(line));
    }
    Ok(())
}

fn summary(args: &Args, made: &Made) -> serde_json::Value {
    let Packed { path, bytes, sha256, .. } = &made.packed;
    json!({
        "production": args.name, "zip": path, "bytes": bytes, "package_hash": b64::encode(sha256), "sha256": hex(sha256),
        "bag_hash": b64::encode(made.bag_hash), "first": made.bates.0, "last": made.bates.1, "records": made.documents,
        "documents": made.documents, "pages": made.pages, "withheld": made.withheld, "pages_per_s": made.pages_per_s().round(),
        "read": made.read,
    })
}

fn told(args: &Args, made: &Made) -> Vec<String> {
    let Packed { path, bytes, sha256, .. } = &made.packed;
    let (name, path) = (plain(&args.name), plain(&path.display().to_string()));
    vec![
        format!("{name} holds in every check and is in {path}"),
        format!("pages     {} to {}: {} of {} records", made.bates.0, made.bates.1, made.pages, made.documents),
        format!("withheld  {} as a whole", made.withheld),
        format!("size      {bytes} bytes"),
        format!("SHA-256   {}", hex(sha256)),
        format!("made at   {:.0} pages a second", made.pages_per_s()),
        String::new(),
        "Look at it before it leaves: open data/VERIFY/verify.html in it, and the papers. When it is handed over, record that with".to_owned(),
        format!("  daybook production deliver {name} --package {path}"),
    ]
}

/// SHA-256 as people compare it.
pub(super) fn hex(sha256: &[u8; 32]) -> String {
    daybook_verify::production::hex::encode(sha256)
}

/// What went wrong, in the kinds of the command line.
fn trouble(error: BuildError) -> Trouble {
    match error {
        BuildError::Blocked(_) => Trouble::Refused { code: "notice-blocks", why: error.to_string() },
        error => failed(error),
    }
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> Trouble + use<> {
    let path = path.display().to_string();
    move |error| failed(format!("{path}: {error}"))
}

impl Made {
    fn pages_per_s(&self) -> f64 {
        let seconds = self.worked.max(Duration::from_millis(1)).as_secs_f64();
        self.pages as f64 / seconds
    }
}

#[cfg(test)]
mod tests;
