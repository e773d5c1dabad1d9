//! `daybook keyring status`.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use daybook_ledger::open;
use daybook_store::{Class, KEYRING, Keyring, MAX_KEYRING_FILE_BYTES, Passphrase, Reader};
use serde::Serialize;

use super::fields::{self, Field};
use super::orders::Orders;
use super::spans::Spans;
use super::{Place, read_passphrase};
use crate::{Fault, print};

/// Exit code where something that the ledger erased can still be opened.
const STILL_ALIVE: u8 = 5;

/// How a keyring's file begins.
const FIRST_LINE: &[u8] = b"daybook-keyring v1\n";

/// Files of the ledger's directory that are looked at for copies of the keyring, at most.
const MAX_FILES: usize = 1_000;

pub(super) const HELP: &str = "\
An erasure is done when the event is on the ledger, the keyring has lost the key, and every copy of an older keyring is
destroyed. This command looks at all three, as far as it can see. It changes nothing and does not disturb a running ledger.

Examples:
  daybook keyring status --dir my-ledger
  daybook keyring status --dir my-ledger --file /mnt/backup/keyring
  daybook keyring status --dir my-ledger --file OLD --passphrase-file old.passphrase --json

Exit codes: 0 everything that the ledger erased is gone, 1 it could not be told, 2 wrong usage,
5 something that the ledger erased can still be opened: with this keyring, or with the copy";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_DIR")]
    dir: PathBuf,
    /// A copy of the keyring: tell what it would still open
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The passphrase of the copy, where it is not that of the ledger
    #[arg(long, value_name = "FILE", requires = "file")]
    passphrase_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Serialize)]
struct Status {
    origin: String,
    size: u64,
    /// What this keyring has lost.
    destroyed: Keys,
    erasures: Vec<Erasure>,
    unclear: Vec<Unclear>,
    /// Keys that are destroyed though no event on the ledger says so.
    without_order: Parts,
    /// Other files in the ledger's directory that are keyrings.
    copies_beside: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<CopyStatus>,
}

#[derive(Serialize)]
struct Keys {
    /// Whole records of class R.
    restricted: u64,
    /// Whole records of class W.
    withheld: u64,
    /// Single fields of other records, those that are erased together counted as one.
    fields: u64,
}

/// Entries, by which of their records is meant, and single fields of others.
#[derive(Serialize)]
struct Parts {
    restricted: Vec<String>,
    withheld: Vec<String>,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Erasure {
    by: u64,
    entries: Vec<String>,
    part: &'static str,
    /// Which slots of the part; all of them where it is empty.
    slots: Vec<String>,
    authority: String,
    period: String,
    carried_out: bool,
    /// What can still be opened.
    alive: Parts,
}

#[derive(Serialize)]
struct Unclear {
    entry: u64,
    what: String,
}

#[derive(Serialize)]
struct CopyStatus {
    file: PathBuf,
    /// What it would open that the ledger erased.
    opens: Parts,
    must_be_destroyed: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Fault> {
    let place = Place::open(&args.dir)?;
    // The log first: what is erased while this runs is then not yet expected of the keyring.
    let orders = Orders::read(&args.dir)?;
    let (_, log, keyring) = open::read_only(&args.dir)?;
    let gone = Gone::of(&keyring);
    let erasures: Result<Vec<Erasure>, Fault> = orders
        .erasures
        .iter()
        .map(|order| {
            let alive = gone.missing(|class| order.covers(class), fields::alive(&log, &keyring, order)?);
            Ok(Erasure {
                by: order.by,
                entries: order.sealing.spans.iter().map(ToString::to_string).collect(),
                part: order.sealing.part.name(),
                slots: order.sealing.slots.clone(),
                authority: order.sealing.authority.clone(),
                period: order.period.clone(),
                carried_out: alive.is_none(),
                alive,
            })
        })
        .collect();
    let copy = args.file.as_deref().map(|file| look_at_copy(args, file, &place, (&log, &keyring), &orders));
    let status = Status {
        origin: place.config.origin().to_string(),
        size: orders.size,
        destroyed: Keys {
            restricted: gone.r.count(),
            withheld: gone.w.count(),
            fields: fields::destroyed(&keyring),
        },
        erasures: erasures?,
        unclear: orders
            .unclear
            .iter()
            .map(|(entry, what)| Unclear { entry: *entry, what: what.clone() })
            .collect(),
        without_order: Parts {
            restricted: gone.r.without(&orders.covers(Class::R)).names(),
            withheld: gone.w.without(&orders.covers(Class::W)).names(),
            fields: fields::without_order(&keyring, &orders),
        },
        copies_beside: copies_beside(&args.dir)?,
        copy: copy.transpose()?,
    };
    let alive = status.erasures.iter().any(|erasure| !erasure.carried_out)
        || status.copy.as_ref().is_some_and(|copy| copy.must_be_destroyed);
    print(&if args.json { serde_json::to_string_pretty(&status)? } else { describe(&status) });
    Ok(if alive { ExitCode::from(STILL_ALIVE) } else { ExitCode::SUCCESS })
}

impl Parts {
    fn is_none(&self) -> bool {
        self.restricted.is_empty() && self.withheld.is_empty() && self.fields.is_empty()
    }
}

/// What a keyring cannot open any more.
struct Gone {
    r: Spans,
    w: Spans,
}

impl Gone {
    fn of(keyring: &Keyring) -> Gone {
        Gone { r: Spans::new(keyring.erased(Class::R)), w: Spans::new(keyring.erased(Class::W)) }
    }

    /// What is ordered to be gone and is not: whole records, and the fields that still open.
    fn missing(&self, ordered: impl Fn(Class) -> Spans, fields: Vec<Field>) -> Parts {
        Parts {
            restricted: ordered(Class::R).without(&self.r).names(),
            withheld: ordered(Class::W).without(&self.w).names(),
            fields,
        }
    }
}

fn look_at_copy(
    args: &Args,
    file: &Path,
    place: &Place,
    (log, keyring): (&Reader, &Keyring),
    orders: &Orders,
) -> Result<CopyStatus, Fault> {
    let told = |what: &str| format!("{}: {what}", file.display());
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(MAX_KEYRING_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|e| told(&e.to_string()))?;
    if bytes.len() as u64 > MAX_KEYRING_FILE_BYTES {
        return Err(told("is longer than any keyring").into());
    }
    let passphrase =
        read_passphrase(&args.passphrase_file.clone().unwrap_or_else(|| place.passphrase_file()))?;
    let copy = Keyring::open_from(&bytes, &Passphrase::new(passphrase)?).map_err(|e| told(&e.to_string()))?;
    if let (Some(ours), Some(theirs)) = (keyring.index_key(), copy.index_key())
        && ours != theirs
    {
        return Err(told("is a keyring of another ledger").into());
    }
    let fields = fields::alive_of_all(log, &copy, orders)?;
    let opens = Gone::of(&copy).missing(|class| orders.covers(class), fields);
    let must_be_destroyed = !opens.is_none();
    Ok(CopyStatus { file: file.to_owned(), opens, must_be_destroyed })
}

/// Other keyring files in the ledger's directory and in `keys/`: copies that somebody made and forgot.
fn copies_beside(dir: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    for folder in [dir.to_owned(), dir.join("keys")] {
        let Ok(listed) = std::fs::read_dir(&folder) else { continue };
        for entry in listed.take(MAX_FILES) {
            let path = entry?.path();
            let mut begins = [0; FIRST_LINE.len()];
            let is_keyring = path.is_file()
                && std::fs::File::open(&path).and_then(|mut file| file.read_exact(&mut begins)).is_ok()
                && begins == FIRST_LINE;
            if is_keyring && path != dir.join(KEYRING) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn describe(status: &Status) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line(format!("{}, {} entries", status.origin, status.size));
    line(format!(
        "destroyed   the keys of {} restricted and {} withheld records, and of {} single fields of others",
        status.destroyed.restricted, status.destroyed.withheld, status.destroyed.fields
    ));
    if status.erasures.is_empty() {
        line("erasures    none on the ledger".to_owned());
    }
    for erasure in &status.erasures {
        let done = if erasure.carried_out { "done      " } else { "NOT DONE  " };
        let slots = match erasure.slots.as_slice() {
            [] => String::new(),
            slots => format!(" fields, slots {},", slots.join(", ")),
        };
        line(format!(
            "{done}  ordered by entry {} ({}, {}): {}{slots} of entries {}",
            erasure.by,
            erasure.period,
            erasure.authority.replace('_', " "),
            erasure.part,
            erasure.entries.join(", ")
        ));
        for still in alive_lines(&erasure.alive) {
            line(format!("              can still be opened: {still}"));
        }
    }
    for unclear in &status.unclear {
        line(format!("unclear     entry {}: {}", unclear.entry, unclear.what));
    }
    for without in alive_lines(&status.without_order) {
        line(format!("note: destroyed, and no event on the ledger says so: {without}"));
    }
    for copy in &status.copies_beside {
        line(format!(
            "note: {} is a keyring too; look at it with --file, and destroy it if it is older",
            copy.display()
        ));
    }
    if let Some(copy) = &status.copy {
        if copy.must_be_destroyed {
            line(format!("DESTROY     {}: it opens what the ledger erased", copy.file.display()));
            for opens in alive_lines(&copy.opens) {
                line(format!("              {opens}"));
            }
        } else {
            line(format!("copy        {} opens nothing that the ledger erased", copy.file.display()));
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn alive_lines(parts: &Parts) -> Vec<String> {
    let of = |what: &str, entries: &[String]| {
        (!entries.is_empty()).then(|| format!("{what} fields of entries {}", entries.join(", ")))
    };
    let fields = parts.fields.iter().map(fields::name);
    [of("restricted", &parts.restricted), of("withheld", &parts.withheld)]
        .into_iter()
        .flatten()
        .chain(fields)
        .collect()
}
