//! A ledger with millions of events, written as admission would write them, without the bus.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use daybook_access::{Credential, Role};
use daybook_event::entry::intake_disclosure;
use daybook_event::hash::sha256;
use daybook_event::{Catalogue, Draft, Jti, Origin, OsEntropy, Token, b64, check_content};
use daybook_ledger::clock::Clock;
use daybook_ledger::config::Config;
use daybook_ledger::init;
use daybook_ledger::open::{Layout, read_keyring, read_signer};
use daybook_producer::Home;
use daybook_store::{Disk, MAX_BATCH_ENTRIES, NewEntry, Writer};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use rayon::prelude::*;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::super::Fault;
use super::city::{self, Made, Random, Signer, Stretch};
use crate::account::new_token;

/// Events that are signed, and then written, at a time: what bounds the memory that this takes.
const ROUND: u64 = 4 * MAX_BATCH_ENTRIES as u64;
/// Events of the log that are remembered, to be asked for later. Each has the same chance to be among them.
const KNOWN: usize = 16_384;
/// The stream that intake disclosures name. The real one stays free for the events that go over the bus.
const STREAM: &str = "BENCH_FILL";
/// The account that reads.
const AUDITOR: &str = "a-0001";

/// An event of the log that can be asked for.
pub(super) struct Known {
    pub(super) jti: Jti,
    pub(super) entry: u64,
    pub(super) identifier: Option<(String, String)>,
}

/// The ledger of the bench, while no service has it open.
pub(super) struct Town {
    pub(super) signers: Vec<Signer>,
    pub(super) known: Vec<Known>,
    pub(super) token: Zeroizing<String>,
    pub(super) random: Random,
    origin: Origin,
    seen: u64,
    stream_seq: u64,
    /// The time at which the last event was received.
    now: Timestamp,
}

/// What filling took.
pub(super) struct Filled {
    pub(super) events: u64,
    pub(super) seconds: f64,
}

struct Fixed(Timestamp);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }
}

impl Town {
    /// A new ledger whose first entries are years old: the producers' keys and an auditor's account.
    pub(super) fn found(dir: &Path, origin: Origin, seed: u64, now: Timestamp) -> Result<Self, Fault> {
        init::create(dir, &origin, None, &Fixed(now), &mut OsEntropy)?;
        let path = Layout::new(dir).config();
        let mut config = Config::read(&path)?;
        config.rules.enabled = false;
        std::fs::write(&path, toml::to_string_pretty(&config)?)?;
        let mut town = Self {
            signers: city::signers(&origin, seed)?,
            known: Vec::with_capacity(KNOWN),
            token: new_token()?,
            random: Random::new(!seed),
            origin,
            seen: 0,
            stream_seq: 0,
            now,
        };
        let governed = town.governance(dir)?;
        let mut writer = town.writer(dir)?;
        town.write(&mut writer, &governed, Stretch { from: now, until: now })?;
        Ok(town)
    }

    fn governance(&self, dir: &Path) -> Result<Vec<Made>, Fault> {
        let home = Home::open(&Layout::new(dir).governance(), None)?;
        let keys = self.signers.iter().map(|signer| {
            let public = signer.key.public();
            let producer = signer.iss.to_string().into();
            (
                "key.registered",
                vec![
                    ("producer", producer),
                    ("kid", public.kid().to_string().into()),
                    ("x", public.x().into()),
                ],
            )
        });
        let expires = Timestamp::now() + SignedDuration::from_hours(24 * 365);
        let account = vec![
            ("account_role", Role::Auditor.as_str().into()),
            ("credential", Credential::Token.as_str().into()),
            ("account", AUDITOR.into()),
            ("expires_at", format!("{expires:.0}").into()),
            ("credential_digest", b64::encode(sha256(self.token.as_bytes())).into()),
        ];
        let all = keys.chain([("account.granted", account)]);
        let drafts = all.map(|(event, fields): (&str, Vec<(&str, Value)>)| {
            let mut flat: Map<String, Value> =
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            for name in ["occurred_at", "recorded_at"] {
                flat.insert(name.to_owned(), format!("{:.0}", self.now).into());
            }
            Ok(Draft::new(event.parse()?, flat))
        });
        let signed = home.enqueue(&drafts.collect::<Result<Vec<_>, Fault>>()?, &mut OsEntropy)?;
        let made = |signed: daybook_event::Signed| Made {
            subject: String::new(),
            compact: signed.compact,
            jti: signed.jti,
            identifier: None,
        };
        Ok(signed.into_iter().map(made).collect())
    }

    fn writer(&self, dir: &Path) -> Result<Writer, Fault> {
        let layout = Layout::new(dir);
        let config = Config::read(&layout.config())?;
        let disk = Arc::new(Disk::open(dir)?);
        let keyring = Arc::new(read_keyring(disk.as_ref(), &layout, &config)?);
        let signer = read_signer(&dir.join(&config.keys.log), self.origin.as_str())?;
        Ok(Writer::open(disk, signer, keyring)?.0)
    }

    /// Adds events until the log has `size` entries; the last of them was received at `until`.
    pub(super) fn fill(&mut self, dir: &Path, size: u64, until: Timestamp) -> Result<Filled, Fault> {
        let mut writer = self.writer(dir)?;
        let events = size.saturating_sub(writer.size());
        let bar = ProgressBar::new(events).with_style(ProgressStyle::with_template(
            "filling to {msg:12} {bar:40} {pos}/{len} {per_sec} {eta}",
        )?);
        bar.set_message(size.to_string());
        let (started, stretch) = (Instant::now(), Stretch { from: self.now, until });
        let mut done = 0;
        while done < events {
            let round = ROUND.min(events - done);
            let part = stretch.part(done, done + round, events);
            let made = self.sign(round, part)?;
            self.write(&mut writer, &made, part)?;
            done += round;
            bar.set_position(done);
        }
        bar.finish_and_clear();
        Ok(Filled { events, seconds: started.elapsed().as_secs_f64() })
    }

    /// Signs events of all producers on all cores, mixed as departments that work at the same time would send them.
    pub(super) fn sign(&mut self, events: u64, stretch: Stretch) -> Result<Vec<Made>, Fault> {
        let shares = city::shares(events);
        let signed: Vec<Vec<Made>> = self
            .signers
            .par_iter_mut()
            .zip(shares)
            .with_max_len(1)
            .map(|(signer, share)| signer.sign(share, stretch))
            .collect::<Result<_, _>>()?;
        let mut columns: Vec<_> = signed.into_iter().map(|made| (made.len(), made.into_iter())).collect();
        let mut mixed = Vec::with_capacity(usize::try_from(events)?);
        for at in 1..=events {
            for (share, column) in &mut columns {
                // So many of its share as of all.
                let due = (*share as u64 * at).div_ceil(events);
                let taken = (*share - column.len()) as u64;
                mixed.extend(column.by_ref().take(usize::try_from(due.saturating_sub(taken))?));
            }
        }
        Ok(mixed)
    }

    /// Writes events as admission writes them: parsed and checked, disclosures by class, with an intake disclosure each.
    fn write(&mut self, writer: &mut Writer, made: &[Made], stretch: Stretch) -> Result<(), Fault> {
        for (number, batch) in made.chunks(MAX_BATCH_ENTRIES).enumerate() {
            let before = number * MAX_BATCH_ENTRIES;
            let first = self.stream_seq + 1;
            let intakes: Vec<String> = (0..batch.len() as u64)
                .into_par_iter()
                .map(|at| {
                    let time = stretch.at(before as u64 + at, made.len() as u64);
                    intake_disclosure(&format!("{time:.3}"), Some((STREAM, first + at)), &mut OsEntropy)
                })
                .collect::<Result<_, _>>()?;
            let entries: Vec<NewEntry<'_>> = batch
                .par_iter()
                .zip(&intakes)
                .map(|(made, intake)| entry(made, intake))
                .collect::<Result<_, _>>()?;
            let commit = writer.commit(&entries)?;
            self.stream_seq += batch.len() as u64;
            for (made, index) in batch.iter().zip(commit.first_index..) {
                self.remember(made, index);
            }
        }
        self.now = stretch.until;
        Ok(())
    }

    /// Keeps a sample in which every event has the same chance (Vitter's algorithm R).
    fn remember(&mut self, made: &Made, entry: u64) {
        if made.subject.is_empty() {
            return;
        }
        self.seen += 1;
        let known = Known { jti: made.jti, entry, identifier: made.identifier.clone() };
        if self.known.len() < KNOWN {
            self.known.push(known);
        } else if let Some(place) =
            self.known.get_mut(usize::try_from(self.random.below(self.seen)).unwrap_or(usize::MAX))
        {
            *place = known;
        }
    }

    /// The time at which the last event was received.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }
}

fn entry<'a>(made: &'a Made, intake: &'a str) -> Result<NewEntry<'a>, Fault> {
    let token = Token::parse(made.compact.as_bytes())?;
    let content = check_content(&token, Catalogue::builtin())?;
    Ok(NewEntry { jwt: token.jwt(), intake, r: content.r, w: content.w })
}
