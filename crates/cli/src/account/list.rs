//! `daybook account list`: the accounts as the log tells them, folded beside a service that may be running.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use daybook_access::{Access, AccountView, Act, links_of};
use daybook_event::entry::{parse_entry, received_at};
use daybook_event::{Catalogue, Token, show};
use daybook_ledger::open;
use daybook_store::{Class, Keyring, Reader};
use jiff::Timestamp;

use crate::table::{print_table, table};
use crate::{Fault, known, print};

pub(super) const HELP: &str = "\
Example:
  daybook account list --dir my-ledger
  daybook account list --dir my-ledger --json | jq -r 'select(.state == \"in force\").account'";

/// Entries after which the bar moves.
const BAR_EVERY: u64 = 1_024;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ledger's directory; a running service is not disturbed
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// Print JSON, one line for each account
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    let access = fold(&args.dir)?;
    let now = Timestamp::now().as_second();
    if args.json {
        for account in access.accounts() {
            print(&as_json(account, now).to_string());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let columns = ["Account", "Role", "Department", "Proves itself by", "Ends", "State", "Granted by"];
    let mut table = table(&columns, &[0]);
    for account in access.accounts() {
        table.add_row([
            account.account.as_str(),
            account.role.as_str(),
            account.department.as_deref().unwrap_or_default(),
            account.credential.as_str(),
            &time(account.expires_at),
            &match account.revoked_by {
                Some(entry) => format!("revoked by entry {entry}"),
                None => state(account, now).to_owned(),
            },
            &format!("entry {}", account.granted_by),
        ]);
    }
    print_table(&table);
    Ok(ExitCode::SUCCESS)
}

fn state(account: &AccountView, now: i64) -> &'static str {
    match account.revoked_by {
        Some(_) => "revoked",
        None if account.stands(now) => "in force",
        None => "ended",
    }
}

fn as_json(account: &AccountView, now: i64) -> serde_json::Value {
    serde_json::json!({
        "account": account.account,
        "role": account.role,
        "department": account.department,
        "credential": account.credential,
        "expires_at": time(account.expires_at),
        "state": state(account, now),
        "granted_by": account.granted_by,
        "revoked_by": account.revoked_by,
    })
}

fn time(second: i64) -> String {
    Timestamp::from_second(second).map(|at| at.to_string()).unwrap_or_default()
}

/// Folds what the log says about accounts. Only entries of that kind are opened.
fn fold(dir: &Path) -> Result<Access, Fault> {
    let (_, reader, keyring) = open::read_only(dir)?;
    let (mut access, size) = (Access::default(), reader.size());
    let bar = known::progress(size);
    for (index, entry) in (0..size).zip(reader.entries(0..size)) {
        apply(&mut access, &reader, &keyring, index, &entry?)
            .map_err(|e| format!("entry {index}: {e}; run `daybook verify log`"))?;
        if index % BAR_EVERY == 0 {
            bar.set_position(index);
        }
    }
    bar.finish_and_clear();
    Ok(access)
}

fn apply(
    access: &mut Access,
    reader: &Reader,
    keyring: &Keyring,
    index: u64,
    entry: &[u8],
) -> Result<(), Fault> {
    let event = parse_entry(entry)?.event;
    let token = Token::parse_jwt(event).map_err(|refusal| refusal.to_string())?;
    if !token.claims().event.as_str().starts_with("account.") {
        return Ok(());
    }
    let restricted = reader.open_record(keyring, index, Class::R)?;
    let withheld = reader.open_record(keyring, index, Class::W)?;
    let mut compact = format!("{event}~");
    // The first of the restricted record is the ledger's own: when it took the event in.
    for disclosure in restricted.iter().skip(1).chain(&withheld) {
        compact.push_str(disclosure);
        compact.push('~');
    }
    let token = Token::parse(compact.as_bytes()).map_err(|refusal| refusal.to_string())?;
    let shown = show(&token, Catalogue::builtin()).map_err(|refusal| refusal.to_string())?;
    let received = restricted.first().and_then(|intake| received_at(intake));
    let received = received.and_then(|time| time.parse::<Timestamp>().ok());
    let claims = token.claims();
    access.apply(&Act {
        entry: index,
        jti: claims.jti,
        issuer: &claims.iss,
        event: claims.event.as_str(),
        period: claims.period,
        received: received.map_or(0, Timestamp::as_second),
        matter: None,
        links: links_of(&shown.fields),
        fields: &shown.fields,
    });
    Ok(())
}
