//! `daybook account`: the governance key grants and closes accounts; anybody with the ledger's directory lists them.

mod list;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use daybook_access::account::{ACCOUNT_MAX_BYTES, ACCOUNT_MIN_BYTES};
use daybook_access::{Credential, Role};
use daybook_event::hash::sha256;
use daybook_event::{Entropy as _, Origin, OsEntropy, b64};
use daybook_ledger::config::Config;
use daybook_ledger::http::password::{PASSWORD_MAX_BYTES, PASSWORD_MIN_BYTES, password_digest};
use daybook_ledger::open::{Layout, check_private, write_private};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::keys::{Desk, Governance, record};
use crate::{Fault, exit, fail, say};

/// Longest term of an account, days: five years.
const TERM_MAX_DAYS: i64 = 1_827;
/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;
/// What every token begins with, so that one that went astray is recognised.
const TOKEN_PREFIX: &str = "dbt_";
/// Why an account is closed, as in the schema of `account.revoked`.
const REASONS: [&str; 6] = ["left", "role_changed", "lost", "replaced", "misuse", "other"];

/// What can be done with accounts. Each change is an event on the ledger, so the ledger has to be running.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Give somebody a role on the ledger, and the way in which they prove who they are
    #[command(after_help = "\
An account has a pseudonym, never a name; who is behind it is written down elsewhere. A token is made here, written to a
new file that only you can read, and shown nowhere: hand the file over, then delete it. The ledger keeps its digest.
Granting an account again replaces it: role, term and credential; the old credential opens nothing any more.

Examples:
  daybook account grant --dir my-ledger --account a-0009 --role auditor --token-out a-0009.token
  daybook account grant --dir my-ledger --account d-0001 --role department --department sheriff --until 2027-11-22 \\
      --certificate sheriff.pem
  daybook account grant --dir my-ledger --account a-0011 --role approver --days 90 \\
      --oidc-issuer https://login.city.example --oidc-subject 8c1f
  daybook account grant --dir my-ledger --account a-0012 --role auditor --password-file a-0012.password

Exit codes: 0 recorded; 1 failed; 2 wrong usage; 3 refused; 4 queued, not recorded yet")]
    Grant(Box<Grant>),
    /// Close an account at once
    #[command(after_help = "\
Example:
  daybook account revoke --dir my-ledger --account a-0009 --reason lost

Exit codes: 0 recorded; 1 failed; 2 wrong usage; 3 refused; 4 queued, not recorded yet")]
    Revoke(Revoke),
    /// List the accounts that the log knows, without anything by which they prove themselves
    #[command(after_help = list::HELP)]
    List(list::Args),
}

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("proof").required(true).args(["token_out", "certificate", "oidc_issuer", "password_file"]))]
pub(crate) struct Grant {
    #[command(flatten)]
    governance: Governance,
    /// The account's pseudonym, such as a-0009
    #[arg(long, value_name = "PSEUDONYM", value_parser = pseudonym)]
    account: String,
    /// What the account may do
    #[arg(long, value_name = "ROLE", value_parser = role())]
    role: Role,
    /// The department whose events the account reads; for the role department
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
    /// The day with whose beginning the account ends, in the city's time zone
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "days")]
    until: Option<Date>,
    /// How many days the account lasts from now
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=TERM_MAX_DAYS))]
    days: i64,
    /// Make a token and write it to this new file
    #[arg(long, value_name = "FILE")]
    token_out: Option<PathBuf>,
    /// The client certificate (PEM) by which the account proves itself
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// The city's sign-on: its issuer, as it names itself
    #[arg(long, value_name = "URL", requires = "oidc_subject")]
    oidc_issuer: Option<String>,
    /// The city's sign-on: the subject, as it names the person
    #[arg(long, value_name = "TEXT", requires = "oidc_issuer")]
    oidc_subject: Option<String>,
    /// File with the password by which the account proves itself, of 15 bytes or more, which only you can read
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    governance: Governance,
    /// The account's pseudonym
    #[arg(long, value_name = "PSEUDONYM", value_parser = pseudonym)]
    account: String,
    /// Why
    #[arg(long, value_name = "REASON", value_parser = REASONS)]
    reason: String,
}

/// Every role that can be granted.
fn role() -> impl TypedValueParser<Value = Role> {
    let roles = Role::ALL.into_iter().filter(|role| *role != Role::Public);
    PossibleValuesParser::new(roles.map(Role::as_str))
        .try_map(|text| Role::parse(&text).ok_or("this is no role of an account"))
}

/// `account` in `schemas/events/common.json`.
fn pseudonym(text: &str) -> Result<String, String> {
    let good = (ACCOUNT_MIN_BYTES..=ACCOUNT_MAX_BYTES).contains(&text.len())
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let form = format!(
        "a pseudonym is {ACCOUNT_MIN_BYTES} to {ACCOUNT_MAX_BYTES} small letters, digits and hyphens, a letter first, such as a-0009"
    );
    good.then(|| text.to_owned()).ok_or(form)
}

pub(crate) fn run(command: Command) -> ExitCode {
    let result = match command {
        Command::Grant(args) => match usage(&args) {
            Ok(()) => grant(&args),
            Err(words) => {
                say(&format!("error: {words}"));
                return ExitCode::from(exit::USAGE);
            }
        },
        Command::Revoke(args) => revoke(&args),
        Command::List(args) => list::run(&args),
    };
    result.unwrap_or_else(|error| fail(error.as_ref()))
}

/// What is wrong with the call, before anything is made.
fn usage(args: &Grant) -> Result<(), &'static str> {
    match (args.role, &args.department) {
        (Role::Department, None) => {
            return Err("--department is missing: an account of the role department reads the events of one");
        }
        (Role::Department, Some(_)) | (_, None) => {}
        (_, Some(_)) => return Err("--department belongs to the role department; the others are about all"),
    }
    let oidc = [&args.oidc_issuer, &args.oidc_subject];
    if oidc.into_iter().flatten().any(|text| text.is_empty() || text.chars().any(char::is_control)) {
        return Err("--oidc-issuer and --oidc-subject: one line each, as the city's sign-on writes them");
    }
    Ok(())
}

fn grant(args: &Grant) -> Result<ExitCode, Fault> {
    let expires = expires(args, Timestamp::now())?;
    let desk = Desk::open(&args.governance)?;
    let token = args.token_out.as_deref().map(|path| Ok::<_, Fault>((path, new_token()?))).transpose()?;
    let (credential, digest) = match &token {
        Some((_, token)) => (Credential::Token, sha256(token.as_bytes())),
        None => shown_credential(args)?,
    };
    // The token lies in its file before its digest is on its way: an account whose token nobody has would be of no use.
    if let Some((path, token)) = &token {
        write_private(path, Zeroizing::new(format!("{}\n", token.as_str())).as_bytes())?;
    }
    let discard = || token.iter().for_each(|(path, _)| drop(std::fs::remove_file(path)));
    let fields = fields(args, credential, &digest, expires);
    let seq = desk.queue("account.granted", fields).inspect_err(|_| discard())?;
    let done = format!("account.granted: {} as {} until {expires:.0}", args.account, args.role.as_str());
    let code = desk.settle("account.granted", seq, &done)?;
    if code == ExitCode::from(exit::REFUSED) {
        discard();
    } else if let Some((path, _)) = &token {
        let path = path.display();
        say(&format!("The token is in {path}. Hand it over and delete it; the ledger cannot show it again."));
    }
    Ok(code)
}

fn fields(
    args: &Grant,
    credential: Credential,
    digest: &[u8; 32],
    expires: Timestamp,
) -> Vec<(&'static str, Value)> {
    let mut fields = vec![
        ("account_role", args.role.as_str().into()),
        ("credential", credential.as_str().into()),
        ("account", args.account.clone().into()),
        ("expires_at", format!("{expires:.0}").into()),
        ("credential_digest", b64::encode(digest).into()),
    ];
    fields.extend(args.department.iter().map(|name| ("for_department", name.clone().into())));
    fields
}

pub(crate) fn new_token() -> Result<Zeroizing<String>, Fault> {
    let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
    OsEntropy.fill(bytes.as_mut())?;
    let mut token = Zeroizing::new(TOKEN_PREFIX.to_owned());
    b64::encode_into(bytes.as_ref(), &mut token);
    Ok(token)
}

/// What the account shows besides a token, and its digest.
fn shown_credential(args: &Grant) -> Result<(Credential, [u8; 32]), Fault> {
    if let Some(path) = &args.certificate {
        return Ok((Credential::Certificate, certificate_digest(path)?));
    }
    if let Some(path) = &args.password_file {
        let origin = Config::read(&Layout::new(&args.governance.dir).config())?.origin();
        return Ok((Credential::Password, file_password_digest(&origin, &args.account, path)?));
    }
    let (Some(issuer), Some(subject)) = (&args.oidc_issuer, &args.oidc_subject) else {
        return Err("one of --token-out, --certificate, --oidc-issuer, --password-file is wanted".into());
    };
    Ok((Credential::Oidc, sha256(format!("{issuer}\n{subject}"))))
}

/// SHA-256 of the first certificate in a file: that of the holder, before those of its authorities.
fn certificate_digest(path: &Path) -> Result<[u8; 32], Fault> {
    let text = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let certificate = CertificateDer::from_pem_slice(&text)
        .map_err(|e| format!("{}: it holds no certificate in PEM: {e}", path.display()))?;
    Ok(sha256(certificate.as_ref()))
}

/// The digest of the password in a file, without the line end that editors put there.
fn file_password_digest(origin: &Origin, account: &str, path: &Path) -> Result<[u8; 32], Fault> {
    check_private(path)?;
    let text = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let text = Zeroizing::new(text);
    let end = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
    let password = &text[..end];
    let one_line = std::str::from_utf8(password).is_ok_and(|text| !text.chars().any(char::is_control));
    if !one_line || !(PASSWORD_MIN_BYTES..=PASSWORD_MAX_BYTES).contains(&password.len()) {
        let bounds = format!("{PASSWORD_MIN_BYTES} to {PASSWORD_MAX_BYTES} bytes");
        return Err(format!("{}: a password is one line of {bounds}", path.display()).into());
    }
    Ok(password_digest(origin, account, password)?)
}

/// When the account ends.
fn expires(args: &Grant, now: Timestamp) -> Result<Timestamp, Fault> {
    let Some(day) = args.until else {
        return Ok(now + Span::new().hours(args.days * 24));
    };
    let zone = Config::read(&Layout::new(&args.governance.dir).config())?.zone();
    let at = day.to_zoned(zone)?.timestamp();
    let last = now + Span::new().hours(TERM_MAX_DAYS * 24);
    if at <= now || at > last {
        return Err(
            format!("--until {day}: an account ends in the future, within {TERM_MAX_DAYS} days").into()
        );
    }
    Ok(at)
}

fn revoke(args: &Revoke) -> Result<ExitCode, Fault> {
    let fields = vec![("account", args.account.clone().into()), ("reason", args.reason.clone().into())];
    record(&args.governance, "account.revoked", fields, &format!("account.revoked: {}", args.account))
}

#[cfg(test)]
mod tests;
