//! The steps of a build, and what the ledger is asked for between them. Each can be made again: what was fetched stays, and the ledger gives the same
//! answer to the same figures.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use daybook_event::b64;
use daybook_production::build::{
    Build, BuildError, Counted, Numbers, Opened, Own, Packed, Plan, Steps, Trust, Written,
};
use daybook_production::load::DatEncoding;
use daybook_production::papers::Software;
use daybook_tlog::Vkey;
use daybook_verify::production::Digests;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::bars::Bars;
use super::fetch::fetch;
use super::folder::Folder;
use super::tiles::Tiles;
use super::{Args, trouble};
use crate::production::{profiles, words};
use crate::remote::{Ledger, Trouble, failed};
use crate::say;

/// How long a checkpoint behind an entry is waited for.
const CHECKPOINT_WAIT: Duration = Duration::from_secs(300);
/// How often it is asked for.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

/// What to do where the ledger has other figures.
const OTHERWISE: &str = "it was numbered or built before with other pages: take the profile, the words and the version of the program of that time, or open a new production and supersede this one";

/// What came of a build.
pub(super) struct Made {
    pub(super) packed: Packed,
    pub(super) bag_hash: [u8; 32],
    pub(super) bates: (String, String),
    pub(super) documents: u64,
    pub(super) pages: u64,
    pub(super) withheld: u64,
    /// How long the machine worked, without waiting for the ledger.
    pub(super) worked: Duration,
    /// The number under which the read was recorded, where the materials were fetched now.
    pub(super) read: Option<String>,
}

/// What the ledger tells of the production.
#[derive(Deserialize)]
struct Known {
    opened: Map<String, Value>,
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    vkey: String,
    policy: String,
}

#[derive(Deserialize)]
struct NumbersJson {
    entry: u64,
    prefix: String,
    first: u64,
    last: u64,
}

#[derive(Deserialize)]
struct Recorded {
    record: Own,
}

#[derive(Deserialize)]
struct Checkpoints {
    checkpoints: Vec<Stored>,
}

#[derive(Deserialize)]
struct Stored {
    size: u64,
    note: String,
}

pub(super) fn make(args: &Args) -> Result<Made, Trouble> {
    let ledger = args.connection.reading(&args.purpose)?;
    let known: Known = ledger.get(&["v1", "productions", &args.name])?.parse()?;
    let trust = trusted(&known.log)?;
    let opened = Opened::read(&known.opened).map_err(trouble)?;
    if opened.production != args.name {
        return Err(failed("the ledger answered about another production than the one that was named"));
    }
    let profile = profiles::recorded(args.profile.as_deref(), &opened.profile, &opened.profile_hash)?;
    let words = args.words.as_deref().map(words::read).transpose()?.unwrap_or_default();
    let basis = |entry: u64, code: &str| words.basis(entry, code);
    let encoding = if args.dat_cp1252 { DatEncoding::Cp1252 } else { DatEncoding::Utf8 };
    let plan = Plan::new(opened, profile, words.words.clone(), &basis, &trust).map_err(trouble)?;
    let plan = plan.encoding(encoding).software(software()?);
    let folder = Folder::open(&args.out, &args.name)?;
    let desk =
        Desk { args, ledger: &ledger, plan: &plan, trust: &trust, folder: &folder, bars: &Bars::default() };
    let made = desk.make()?;
    folder.remove()?;
    Ok(made)
}

/// The policy that the ledger proposes, which must be that of its own key.
fn trusted(log: &Log) -> Result<Trust, Trouble> {
    let trust = Trust::new(&log.policy).map_err(trouble)?;
    let key: Option<Vkey> = log.vkey.parse().ok();
    if key.as_ref() == Some(trust.policy().log_vkey()) {
        return Ok(trust);
    }
    Err(failed("the ledger's trust policy is not that of its key; ask its operator"))
}

/// This program, for the certificate.
fn software() -> Result<Software, Trouble> {
    let program = std::env::current_exe().and_then(std::fs::File::open);
    let hashed = program.and_then(Digests::of_stream);
    let hashed = hashed.map_err(|error| failed(format!("this program cannot read its own file: {error}")))?;
    let build = Some(super::hex(&hashed.sha256));
    Ok(Software { version: env!("CARGO_PKG_VERSION").to_owned(), build })
}

/// What the steps work with.
struct Desk<'a> {
    args: &'a Args,
    ledger: &'a Ledger,
    plan: &'a Plan<'a>,
    trust: &'a Trust,
    folder: &'a Folder,
    bars: &'a Bars,
}

impl Desk<'_> {
    fn make(&self) -> Result<Made, Trouble> {
        let opened = self.plan.opened();
        self.plan.notices().iter().for_each(|notice| say(&format!("notice: {}", notice.sentence)));
        let materials = self.folder.path("materials.jsonl");
        let route = ["v1", "productions", &self.args.name, "materials"];
        let read =
            fetch(self.ledger, &route, &materials, &|lines| self.bars.show("fetching", lines, opened.found))?;
        let tiles = Tiles::new(self.ledger, self.folder.path("tiles"));
        let searched = self.checkpoint(opened.searched_size.saturating_sub(1))?;
        tiles.grow(searched.size);
        let tell = |progress| self.bars.tell(progress);
        let build =
            Build { plan: self.plan, trust: self.trust, tree: &tiles, materials: &materials, tell: &tell };
        let mut worked = Watch::default();
        let counted = worked.time(|| build.count(&searched.note)).map_err(|error| self.trouble(error))?;
        self.bars.clear();
        for (code, (count, sentence)) in &counted.notices {
            say(&format!("notice {code}, {count} times, first: {sentence}"));
        }
        let numbers = self.number(&counted)?;
        let checkpoint = self.checkpoint(numbers.entry)?;
        tiles.grow(checkpoint.size);
        let authorities = self.folder.path("authorities.jsonl");
        let route = ["v1", "productions", &self.args.name, "authorities"];
        fetch(self.ledger, &route, &authorities, &|_| {})?;
        let steps = Steps {
            numbers: &numbers,
            searched: &searched.note,
            checkpoint: &checkpoint.note,
            authorities: &authorities,
        };
        let written = worked
            .time(|| build.write(&counted, &steps, &self.folder.path("bag")))
            .map_err(|error| self.trouble(error))?;
        let (bag_hash, bates) = (written.hash(), written.bates.clone());
        let record = self.built(&counted, &written)?;
        let behind = self.checkpoint(record.index)?;
        tiles.grow(behind.size);
        let zip = self.args.out.join(format!("{}.zip", self.args.name));
        let packed = worked
            .time(|| build.pack(written, &record, &behind.note, &zip))
            .map_err(|error| self.trouble(error))?;
        self.bars.clear();
        Ok(Made {
            packed,
            bag_hash,
            bates,
            documents: counted.documents,
            pages: counted.pages,
            withheld: counted.withheld,
            worked: worked.0,
            read,
        })
    }

    /// What went wrong. Where what was fetched is in doubt it is not built from once more.
    fn trouble(&self, error: BuildError) -> Trouble {
        match error.doubts_what_was_fetched().then(|| self.folder.forget()) {
            Some(Err(also)) => failed(format!("{error}; and {also}")),
            _ => trouble(error),
        }
    }

    /// Has the pages numbered.
    fn number(&self, counted: &Counted) -> Result<Numbers, Trouble> {
        let body = json!({ "documents": counted.documents, "pages": counted.pages });
        let answer = self.ledger.post(&["v1", "productions", &self.args.name, "numbers"], &body);
        let answer = answer.map_err(|trouble| trouble.advised("already-numbered-otherwise", OTHERWISE))?;
        let NumbersJson { entry, prefix, first, last } = answer.parse()?;
        Ok(Numbers { entry, prefix, first, last })
    }

    /// Has the bag recorded.
    fn built(&self, counted: &Counted, written: &Written) -> Result<Own, Trouble> {
        let body = json!({
            "bag_hash": b64::encode(written.hash()), "records": counted.documents, "withheld": counted.withheld,
        });
        let answer = self.ledger.post(&["v1", "productions", &self.args.name, "built"], &body);
        let answer = answer.map_err(|trouble| trouble.advised("already-built-otherwise", OTHERWISE))?;
        let Recorded { record } = answer.parse()?;
        Ok(record)
    }

    /// The first checkpoint of a log larger than this; waits where there is none yet.
    fn checkpoint(&self, above: u64) -> Result<Stored, Trouble> {
        let started = Instant::now();
        let waited = AtomicU64::new(0);
        loop {
            let query = [("above", above.to_string()), ("limit", "1".to_owned())];
            let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
            let answer: Checkpoints = self.ledger.get_with(&["v1", "checkpoints"], &query)?.parse()?;
            if let Some(stored) = answer.checkpoints.into_iter().next() {
                return Ok(stored);
            }
            if started.elapsed() > CHECKPOINT_WAIT {
                return Err(failed(format!(
                    "the ledger has signed no checkpoint behind entry {above} in {} seconds; ask its operator, then run the same command again",
                    CHECKPOINT_WAIT.as_secs()
                )));
            }
            self.bars.show("waiting", waited.fetch_add(1, Ordering::Relaxed), CHECKPOINT_WAIT.as_secs() * 2);
            std::thread::sleep(CHECKPOINT_EVERY);
        }
    }
}

/// Adds up how long the machine works.
#[derive(Default)]
struct Watch(Duration);

impl Watch {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        self.0 += started.elapsed();
        done
    }
}
