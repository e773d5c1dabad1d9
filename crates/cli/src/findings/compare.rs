//! `daybook findings compare`: the running service's findings against those computed anew.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use daybook_event::b64;
use serde::Deserialize;
use serde_json::json;

use crate::known::{self, Until};
use crate::remote::trusting;
use crate::{Fault, exit, print, say};

pub(super) const HELP: &str = "\
Asks the service how many entries it has taken in, to what time its clocks run and what digest its findings have; then
folds the same entries from the files and compares.

Example:
  daybook findings compare --dir my-ledger --url http://127.0.0.1:8420 --token-file my-ledger/keys/entries.token

Exit codes: 0 the same; 1 could not compare; 3 they differ";

/// Longest wait for the service.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Arguments of `daybook findings compare`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// The service's address
    #[arg(long, value_name = "URL")]
    url: String,
    /// File with the bearer token for entries [default: the ledger's own]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Trust this authority's certificates (PEM) and no others
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Told {
    size: u64,
    as_of: i64,
    digest: String,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    let token_file = args.token_file.clone().unwrap_or_else(|| args.dir.join("keys/entries.token"));
    let token = std::fs::read_to_string(&token_file).map_err(|e| format!("{}: {e}", token_file.display()))?;
    let client =
        trusting(reqwest::blocking::Client::builder().timeout(TIMEOUT), args.ca.as_deref())?.build()?;
    let url = format!("{}/v1/findings/digest", args.url.trim_end_matches('/'));
    let told: Told = client
        .get(&url)
        .bearer_auth(token.trim())
        .send()?
        .error_for_status()?
        .text()
        .map_err(Fault::from)
        .and_then(|text| Ok(serde_json::from_str(&text)?))?;
    let known = known::fold(&args.dir, Until { size: Some(told.size), as_of: Some(told.as_of) }, |_| {})?;
    let own = b64::encode(known.engine.digest());
    let same = own == told.digest;
    if args.json {
        print(&json!({"size": told.size, "as_of": told.as_of, "service": told.digest, "computed": own, "same": same}).to_string());
    } else if same {
        print(&format!("the same: {} entries, digest {own}", told.size));
    } else {
        say(&format!(
            "they differ over {} entries: the service says {}, the files say {own}",
            told.size, told.digest
        ));
    }
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
}
