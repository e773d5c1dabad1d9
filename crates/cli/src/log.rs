//! `daybook log`: looks at entries, and writes the log out as static files.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use daybook_event::Token;
use daybook_event::entry::parse_entry;
use daybook_tlog::{
    Checkpoint, Frontier, Hash, LevelAppender, MAX_NOTE_BYTES, SignedNote, TILE_WIDTH, TileKind, TilePath,
    leaf_hash,
};
use daybook_verify::{DirSource, Layout, LogSource, for_each_entry, read_entry};
use serde_json::{Value, json};

use crate::print;

/// What to do with a log.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show an entry as far as it is in the clear. Nothing is verified
    #[command(after_help = SHOW_HELP)]
    Show(ShowArgs),
    /// Write the log out as static files that any web server or outside tool can read (C2SP tlog-tiles)
    #[command(after_help = EXPORT_HELP)]
    Export(ExportArgs),
}

/// Arguments of `daybook log show`.
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// Number of the entry, from 0
    index: u64,
    /// The ledger's directory, or one made by `daybook log export`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `daybook log export`.
#[derive(Args)]
pub(crate) struct ExportArgs {
    /// Where to write: a new directory, or one of an earlier export to bring up to date
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// The ledger's directory
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

const SHOW_HELP: &str = "\
Examples:
  daybook log show 17 --dir /srv/daybook
  daybook log show 17 --dir /srv/daybook --json | jq .event.public";

const EXPORT_HELP: &str = "\
The checkpoint is written last and in one step, so a web server may serve OUT meanwhile.
Entries hold no disclosures; vault and keyring are not exported.

Examples:
  daybook log export /var/www/log --dir /srv/daybook
  daybook verify log /var/www/log --policy trust.policy";

#[derive(Debug, thiserror::Error)]
enum LogError {
    #[error("{0} is neither a ledger's directory nor a static copy of a log")]
    NoLog(PathBuf),
    #[error("{0} is no ledger's directory; only a ledger can be exported")]
    NoLedger(PathBuf),
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(String),
    #[error("the log has {size} entries; there is no entry {index}")]
    NoEntry { index: u64, size: u64 },
    #[error("the entry cannot be read; `daybook verify log` says what is wrong: {0}")]
    Entry(String),
    #[error(
        "the entries do not lead to the checkpoint's root, so nothing was published; `daybook verify log` says where"
    )]
    WrongRoot,
    #[error("{place}: {error}")]
    Io { place: String, error: io::Error },
}

/// Runs one of the commands.
pub(crate) fn run(command: Command) -> ExitCode {
    let outcome = match command {
        Command::Show(args) => show(&args),
        Command::Export(args) => export(&args),
    };
    match outcome {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(error) => crate::fail(&error),
    }
}

/// The latest checkpoint as it is written, note and text; unverified.
fn latest(source: &DirSource) -> Result<(Vec<u8>, Checkpoint), LogError> {
    let bad = |error: String| LogError::Checkpoint(error);
    let path = match source.layout() {
        Layout::Ledger => "log/checkpoint",
        Layout::Tiles => "checkpoint",
    };
    let file = source.open(path).map_err(|error| bad(error.to_string()))?;
    let file = file.ok_or_else(|| bad("there is none".into()))?;
    let mut note = Vec::new();
    file.take(MAX_NOTE_BYTES as u64 + 1).read_to_end(&mut note).map_err(|error| bad(error.to_string()))?;
    let text = SignedNote::parse(&note).map_err(|error| bad(error.to_string()))?.text();
    let checkpoint = Checkpoint::parse_text(text).map_err(|error| bad(error.to_string()))?;
    Ok((note, checkpoint))
}

// ----- show -----

fn show(args: &ShowArgs) -> Result<String, LogError> {
    let source = DirSource::detect(&args.dir).ok_or_else(|| LogError::NoLog(args.dir.clone()))?;
    let (_, checkpoint) = latest(&source)?;
    let bytes = read_entry(&source, args.index, checkpoint.size)
        .map_err(|error| LogError::Entry(error.to_string()))?
        .ok_or(LogError::NoEntry { index: args.index, size: checkpoint.size })?;
    let shown = describe(args.index, &bytes)?;
    Ok(if args.json { format!("{shown:#}") } else { for_eyes(&shown) })
}

/// Everything that an entry shows.
fn describe(index: u64, bytes: &[u8]) -> Result<Value, LogError> {
    let entry = parse_entry(bytes).map_err(|error| LogError::Entry(error.to_string()))?;
    let token = Token::parse_jwt(entry.event).map_err(|error| LogError::Entry(error.to_string()))?;
    let claims = token.claims();
    let slots: serde_json::Map<String, Value> = claims
        .slots
        .iter()
        .map(|slot| (slot.name.clone(), Value::from(daybook_event::b64::encode(slot.digest))))
        .collect();
    Ok(json!({
        "index": index,
        "leaf_hash": leaf_hash(bytes).to_base64(),
        "prev": Hash(entry.prev).to_base64(),
        "intake": entry.intake,
        "event": {
            "kid": token.kid(),
            "iss": claims.iss,
            "aud": claims.aud,
            "jti": claims.jti,
            "event": claims.event,
            "v": claims.v,
            "period": claims.period,
            "seq": claims.seq,
            "prev": daybook_event::b64::encode(claims.prev),
            "public": claims.data,
            "withheld": slots,
            "jwt": entry.event,
        },
    }))
}

fn for_eyes(shown: &Value) -> String {
    let event = &shown["event"];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut lines = vec![format!("entry      {}", shown["index"])];
    for (label, value) in [
        ("leaf hash", &shown["leaf_hash"]),
        ("prev", &shown["prev"]),
        ("intake", &shown["intake"]),
        ("event", &event["event"]),
        ("by", &event["iss"]),
        ("number", &event["seq"]),
        ("period", &event["period"]),
        ("id", &event["jti"]),
        ("key", &event["kid"]),
    ] {
        lines.push(format!("{label:10} {}", text(value)));
    }
    for (heading, fields) in [("in the clear", &event["public"]), ("withheld", &event["withheld"])] {
        lines.push(format!("{heading}:"));
        for (name, value) in fields.as_object().into_iter().flatten() {
            lines.push(format!("  {name:24} {}", text(value)));
        }
    }
    lines.join("\n")
}

// ----- export -----

fn export(args: &ExportArgs) -> Result<String, LogError> {
    let source = DirSource::detect(&args.dir)
        .filter(|source| source.layout() == Layout::Ledger)
        .ok_or_else(|| LogError::NoLedger(args.dir.clone()))?;
    let (note, checkpoint) = latest(&source)?;
    let size = checkpoint.size;
    let mut tree = TileTree::new(&args.out, size);
    for_each_entry(&source, size, |index, entry| tree.push(index, entry))
        .map_err(|error| LogError::Io { place: args.dir.display().to_string(), error })?;
    if tree.levels.frontier().root() != checkpoint.root {
        return Err(LogError::WrongRoot);
    }
    write_file(&args.out.join("checkpoint"), &note, true)
        .map_err(|error| LogError::Io { place: args.out.display().to_string(), error })?;
    Ok(format!("exported {size} entries of {} to {}", checkpoint.origin, args.out.display()))
}

/// Writes tiles as they fill up, and the partial ones at the end.
struct TileTree<'a> {
    out: &'a Path,
    size: u64,
    levels: LevelAppender,
    /// Hashes of each level that wait for their tile to fill.
    waiting: Vec<Vec<Hash>>,
    bundle: Vec<u8>,
}

impl<'a> TileTree<'a> {
    fn new(out: &'a Path, size: u64) -> Self {
        let levels = LevelAppender::new(Frontier::new());
        Self { out, size, levels, waiting: Vec::new(), bundle: Vec::new() }
    }

    fn push(&mut self, index: u64, entry: &[u8]) -> io::Result<()> {
        let length = u16::try_from(entry.len()).map_err(io::Error::other)?;
        self.bundle.extend(length.to_be_bytes());
        self.bundle.extend(entry);
        self.levels.push(leaf_hash(entry));
        let done = index + 1;
        if done.is_multiple_of(TILE_WIDTH) || done == self.size {
            let bundle = std::mem::take(&mut self.bundle);
            self.write(TileKind::Entries, index / TILE_WIDTH, &bundle)?;
            self.hashes(done)?;
        }
        Ok(())
    }

    /// Writes the hash tiles that are full, and at the end those that are not.
    fn hashes(&mut self, done: u64) -> io::Result<()> {
        for run in self.levels.drain_all() {
            let level = usize::from(run.level);
            self.waiting.resize_with(self.waiting.len().max(level + 1), Vec::new);
            self.waiting[level].extend(run.hashes);
        }
        for level in 0..self.waiting.len() {
            let stored = done >> (8 * level);
            let waiting = &self.waiting[level];
            let full = waiting.len() as u64 == TILE_WIDTH;
            if full || (done == self.size && !waiting.is_empty()) {
                let bytes: Vec<u8> = waiting.iter().flat_map(|hash| hash.0).collect();
                // Levels stay below 8.
                self.write(TileKind::Hashes { level: level as u8 }, (stored - 1) / TILE_WIDTH, &bytes)?;
                self.waiting[level].clear();
            }
        }
        Ok(())
    }

    fn write(&self, kind: TileKind, index: u64, bytes: &[u8]) -> io::Result<()> {
        let tile = TilePath::in_tree(kind, index, self.size);
        let tile = tile.ok_or_else(|| io::Error::other("a tile beyond the size of the log"))?;
        let path = self.out.join(tile.to_string());
        // A tile never changes once it is there; one that does differ is a leftover of something else.
        match fs::read(&path) {
            Ok(there) if there == bytes => Ok(()),
            _ => write_file(&path, bytes, false),
        }
    }
}

/// Puts a file in place in one step; `durable` for the one whose appearance says that the others are complete.
fn write_file(path: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let temporary = PathBuf::from(name);
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    if durable {
        file.sync_all()?;
    }
    fs::rename(&temporary, path)
}
