//! From the ledger's entries to the package.

use std::collections::BTreeMap;
use std::io::{self, Cursor};

use daybook_event::Catalogue;
use daybook_tlog::{Checkpoint, Hash, SignedNote};
use daybook_verify::production::{LeafState, MemoryPackage, REQUIRED};

use super::acts;
use super::document::{Going, record, shows_restricted};
use super::ledger::Ledger;
use super::papers::{Dress, files};
use super::story::{Special, Story, unrelated};
use crate::model::{BatesRange, Choices, Confidentiality, Numbered, Words, Zone};
use crate::package::{ArchiveWriter, BagWriter, MemorySink, write_leaves};
use crate::profile::Profile;

pub(super) const PREFIX: &str = "DAYB-26CR1187-";
pub(super) const PROFILE: &str = "protective-order";
const PROFILE_TOML: &str = include_str!("../../../../ops/profiles/protective-order.toml");
pub(super) const QUERY: &str = r#"{"type":["request.received","release.completed"]}"#;
pub(super) const ZONE: &str = "America/Denver";

/// A production of the sample ledger.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its name, which is that of the top folder.
    pub name: String,
    /// Every file of the package.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The log's key, which a recipient knows from elsewhere.
    pub log_key: daybook_tlog::Vkey,
    /// The trust policy that a recipient knows from elsewhere.
    pub policy: daybook_tlog::Policy,
}

impl Sample {
    /// The package in memory.
    pub fn package(&self) -> MemoryPackage {
        MemoryPackage { top: Some(self.name.clone()), files: self.files.clone() }
    }

    /// The package as a ZIP.
    ///
    /// # Errors
    /// None in practice: it is written to memory.
    pub fn zip(&self) -> io::Result<Vec<u8>> {
        let mut archive = ArchiveWriter::new(Cursor::new(Vec::new()), &self.name);
        for (name, bytes) in &self.files {
            archive.add(name, bytes.len() as u64, bytes.as_slice())?;
        }
        Ok(archive.finish()?.into_inner())
    }
}

/// Makes production `number` of what the story finds, with pages from `first_page` on; `extras` are files that take the place of the
/// sample's own.
///
/// # Errors
/// Where the machine has no time zone data, or a rendering fails.
pub fn produce(
    ledger: &mut Ledger,
    story: &Story,
    number: u64,
    first_page: u64,
    dress: Dress,
    extras: &BTreeMap<String, Vec<u8>>,
) -> io::Result<Sample> {
    let making = Making::open(ledger, story, number, first_page)?;
    let mut made = making.proofs(ledger)?;
    made.extend(files(&making, ledger, dress)?);
    for name in REQUIRED {
        made.entry(name.to_owned()).or_insert_with(|| format!("{name}\n").into_bytes());
    }
    made.extend(extras.iter().map(|(name, bytes)| (name.clone(), bytes.clone())));
    let mut bag = BagWriter::new(MemorySink::default());
    // What the bag writes itself.
    let own = |name: &str| !name.contains('/') && name != "READ-ME-FIRST.txt";
    for (name, bytes) in made.iter().filter(|(name, _)| !own(name)) {
        bag.add(name, bytes)?;
    }
    let info = [
        ("Source-Organization", "City Attorney"),
        ("External-Identifier", making.choices.production.as_str()),
        ("Bagging-Date", "2026-11-20"),
    ];
    let hash = bag.close(&info)?;
    let record = making.built(ledger, hash);
    let files = bag.seal(&record)?.0;
    let name = making.choices.production;
    Ok(Sample { name, files, log_key: ledger.log_key(), policy: ledger.trusted() })
}

/// A production between its steps.
pub(super) struct Making {
    pub(super) choices: Choices,
    pub(super) going: Vec<(BatesRange, Going)>,
    pub(super) withheld: Vec<(u64, Special)>,
    pub(super) authorities: Vec<u64>,
    pub(super) statement: u64,
    profile: Profile,
}

impl Making {
    /// Puts the production's steps on the ledger.
    fn open(ledger: &mut Ledger, story: &Story, number: u64, first_page: u64) -> io::Result<Self> {
        let profile = profile()?;
        let searched = ledger.size();
        unrelated(ledger);
        let (withheld, found): (Vec<_>, Vec<_>) =
            story.found.iter().copied().partition(|(_, special)| special.is_held());
        let mut choices = choices(&profile, format!("{PREFIX}P{number:04}"))?;
        (choices.searched_size, choices.found) = (searched, story.found.len() as u64);
        (choices.produced, choices.withheld) = (found.len() as u64, withheld.len() as u64);
        choices.opened_at = Ledger::at(ledger.size());
        let mut next = first_page;
        let mut going = Vec::with_capacity(found.len());
        for (index, special) in &found {
            let one = Going::new(ledger, *index, *special, &profile)?;
            let pages = crate::render::pages(&one.document(ledger, b"", &found)?, &choices);
            going.push((BatesRange { prefix: PREFIX.to_owned(), first: next, last: next + pages - 1 }, one));
            next += pages;
        }
        let statement = acts::opened(ledger, &choices, &profile);
        let [asked, decided] = acts::approved(ledger, statement);
        let documents = going.len() as u64;
        let numbered = acts::numbered(ledger, &choices, statement, documents, (first_page, next - 1));
        unrelated(ledger);
        let authorities = story.authorities.iter().copied().chain([asked, decided, numbered]).collect();
        choices.checkpoint_size = ledger.size();
        choices.checkpoint_root = root(&ledger.checkpoint(ledger.size()));
        Ok(Self { choices, going, withheld, authorities, statement, profile })
    }

    /// Natives and their documents, in the order of their numbers.
    pub(super) fn documents(&self, ledger: &Ledger) -> io::Result<Vec<(Vec<u8>, Numbered)>> {
        let found: Vec<(u64, Special)> = self.going.iter().map(|(_, one)| (one.index, one.special)).collect();
        let one = |(bates, going): &(BatesRange, Going)| {
            let native = going.native(ledger, self.choices.checkpoint_size);
            let document = going.document(ledger, &native, &found)?;
            Ok((native, Numbered { bates: bates.clone(), document }))
        };
        self.going.iter().map(one).collect()
    }

    /// The profile by which it is made.
    pub(super) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Everything under `PROOFS`.
    fn proofs(&self, ledger: &Ledger) -> io::Result<BTreeMap<String, Vec<u8>>> {
        let (searched, size) = (self.choices.searched_size, self.choices.checkpoint_size);
        let mut files = BTreeMap::new();
        let mut put = |name: &str, bytes: Vec<u8>| drop(files.insert(format!("data/PROOFS/{name}"), bytes));
        put("policy.txt", ledger.policy().into_bytes());
        put("checkpoint.txt", ledger.checkpoint(size).into_bytes());
        put("checkpoint-searched.txt", ledger.checkpoint(searched).into_bytes());
        put("consistency.json", ledger.consistency(searched, size).write());
        let mut leaves = Vec::new();
        write_leaves(ledger, size, searched, self.named(), &mut leaves).map_err(io::Error::other)?;
        put("leaves.csv", leaves);
        let own = |index: u64| record(ledger, index, shows_restricted, &ledger.proof(index, size), None);
        put("statement.json", own(self.statement));
        for index in &self.authorities {
            put(&format!("AUTHORITY/{index}.json"), own(*index));
        }
        Ok(files)
    }

    fn named(&self) -> BTreeMap<u64, LeafState> {
        let authorities =
            self.authorities.iter().chain([&self.statement]).map(|index| (*index, LeafState::Authority));
        let withheld = self.withheld.iter().map(|(index, _)| (*index, LeafState::Withheld));
        let produced = self.going.iter().map(|(_, one)| (one.index, LeafState::Produced));
        authorities.chain(withheld).chain(produced).collect()
    }

    /// Puts the bag on the ledger and gives its record.
    fn built(&self, ledger: &mut Ledger, hash: [u8; 32]) -> Vec<u8> {
        let first = self.going.first().map_or(1, |(bates, _)| bates.first);
        let last = self.going.last().map_or(1, |(bates, _)| bates.last);
        let index = acts::built(ledger, &self.choices, self.statement, hash, (first, last));
        let size = ledger.size();
        let consistency = ledger.consistency(self.choices.checkpoint_size, size);
        record(ledger, index, shows_restricted, &ledger.proof(index, size), Some(consistency))
    }
}

/// The profile of the sample.
pub(super) fn profile() -> io::Result<Profile> {
    Profile::parse(PROFILE, PROFILE_TOML, Catalogue::builtin()).map_err(io::Error::other)
}

pub(super) fn choices(profile: &Profile, production: String) -> io::Result<Choices> {
    Ok(Choices {
        production,
        bates_prefix: PREFIX.to_owned(),
        basis: "discovery".into(),
        requester: "defense".into(),
        request_number: Some("2026-D-17".into()),
        confidentiality: Confidentiality::ProtectiveOrder,
        legend: profile.legend.clone(),
        profile: PROFILE.into(),
        zone: Zone::new(ZONE).map_err(io::Error::other)?,
        query: QUERY.into(),
        opened_at: String::new(),
        origin: super::ORIGIN.parse().map_err(io::Error::other)?,
        searched_size: 0,
        found: 0,
        produced: 0,
        withheld: 0,
        checkpoint_size: 0,
        checkpoint_root: Hash::EMPTY_ROOT,
        words: Words {
            custodian: "Office of the City Attorney".into(),
            court: Some("District Court, City and County of Example".into()),
            case_number: Some("26CR1187".into()),
            ..Words::default()
        },
    })
}

/// The root hash that a signed checkpoint names.
fn root(note: &str) -> Hash {
    let note = SignedNote::parse(note.as_bytes()).expect("the ledger's own checkpoint");
    Checkpoint::parse_text(note.text()).expect("the ledger's own checkpoint").root
}
