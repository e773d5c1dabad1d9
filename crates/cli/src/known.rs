//! What a ledger knows: its entries folded into findings, read beside a service that may be running.

use std::path::Path;
use std::sync::Arc;

use daybook_event::{Entropy as _, OsEntropy};
use daybook_ledger::config::Config;
use daybook_ledger::findings;
use daybook_ledger::knowledge::{CHUNK_ENTRIES, FactReader};
use daybook_ledger::open;
use daybook_rules::calendar::Calendar;
use daybook_rules::engine::Engine;
use daybook_rules::fact::Fact;
use daybook_rules::ruleset::Ruleset;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;
use zeroize::Zeroizing;

use crate::Fault;

/// Entries below which no progress is shown: they are read in less than a second.
const SILENT_ENTRIES: u64 = 20_000;

/// A ledger, folded.
pub(crate) struct Known {
    pub(crate) engine: Engine<FactReader>,
    /// The log and vault that it was folded from.
    pub(crate) facts: FactReader,
}

/// Up to where a ledger is folded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Until {
    /// The number of entries; all, if left out.
    pub(crate) size: Option<u64>,
    /// The time to which clocks run, in seconds; the time at which the last entry reached the ledger, if left out.
    pub(crate) as_of: Option<i64>,
}

/// Folds a ledger, and shows every fact to `look` on the way.
pub(crate) fn fold(dir: &Path, until: Until, mut look: impl FnMut(&Fact)) -> Result<Known, Fault> {
    let (config, reader, keyring) = open::read_only(dir)?;
    let ruleset: Arc<Ruleset> = Arc::new(findings::ruleset(dir, &config.rules)?);
    let mut secret = Zeroizing::new([0; 32]);
    OsEntropy.fill(secret.as_mut())?;
    let facts = FactReader::new(reader, keyring, ruleset.calendar().zone().clone(), &secret);
    let mut engine = Engine::new(ruleset, facts.clone());
    let size = until.size.unwrap_or(facts.size());
    if size > facts.size() {
        return Err(format!("the ledger has {} entries, not {size}", facts.size()).into());
    }
    let bar = progress(size);
    while engine.size() < size {
        let from = engine.size();
        for fact in facts.facts(from..size.min(from + CHUNK_ENTRIES))? {
            look(&fact);
            engine.feed(fact)?;
        }
        bar.set_position(engine.size());
    }
    bar.finish_and_clear();
    if let Some(as_of) = until.as_of {
        engine.advance(as_of)?;
    }
    Ok(Known { engine, facts })
}

/// The time zone of the jurisdiction of a ledger, as its packs say it.
pub(crate) fn zone(dir: &Path) -> Result<TimeZone, Fault> {
    Ok(calendar(dir)?.zone().clone())
}

/// The calendar of the jurisdiction of a ledger, as its packs say it.
pub(crate) fn calendar(dir: &Path) -> Result<Calendar, Fault> {
    let config = Config::read(&open::Layout::new(dir).config())?;
    Ok(findings::ruleset(dir, &config.rules)?.calendar().clone())
}

/// A bar for reading so many entries; hidden where there are few.
pub(crate) fn progress(size: u64) -> ProgressBar {
    if size < SILENT_ENTRIES {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} entries, {eta} left");
    let bar = ProgressBar::new(size).with_message("reading");
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}

/// Reads a time of the command line: a time with its offset, or a day, which stands for its end in the jurisdiction's time zone.
pub(crate) fn time(text: &str, ruleset: &Ruleset) -> Result<i64, Fault> {
    let time = daybook_event::EventTime::parse(text);
    let when = time.and_then(|time| daybook_rules::time::When::of(&time, ruleset.calendar().zone()));
    let when = when.or_else(|| {
        let second = text.parse::<jiff::Timestamp>().ok()?.as_second();
        Some(daybook_rules::time::When::exactly(second))
    });
    when.map(|when| when.latest)
        .ok_or_else(|| format!("{text:?} is no time; write 2026-03-05 or 2026-03-05T12:00-07:00").into())
}
