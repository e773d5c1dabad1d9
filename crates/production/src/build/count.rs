//! The first pass: what every record says as it goes out, so that its pages are counted before they are numbered.

use std::collections::BTreeMap;
use std::fmt::Display;

use daybook_tlog::HashReader;

use super::Build;
use super::error::BuildError;
use super::found::{Found, whole};
use super::lines::Lines;
use super::material::{MATERIALS, Material};
use super::plan::{Plan, blocked};
use super::progress::{Progress, Step};
use super::trust::{Tree, Trust};
use crate::load::{DatEncoding, LoadError, fits};
use crate::model::{BatesRange, Choices, Numbered};
use crate::profile::{Notice, Severity};
use crate::render;

/// Most notices that are listed where they stop a production.
const MAX_LISTED: usize = 20;

/// What a production has, as far as it is known before it has numbers.
pub struct Counted {
    /// Records that go out.
    pub documents: u64,
    /// Records that are held back as a whole.
    pub withheld: u64,
    /// Pages of those that go out.
    pub pages: u64,
    /// What counsel should look at: by code, how often, and the first sentence.
    pub notices: BTreeMap<&'static str, (u64, String)>,
    /// The most records that were in memory at once.
    pub most_held: usize,
    pub(super) found: Found,
    /// Pages in front of each document, and of all at the end.
    pub(super) before: Vec<u64>,
}

impl<R: HashReader + Sync> Build<'_, R>
where
    R::Error: Display,
{
    /// Reads the materials twice: once for their form, and for where each event stands, and once for the pages. `searched` is the checkpoint up to
    /// which the ledger was searched, as it was signed.
    ///
    /// # Errors
    /// [`BuildError`]. Nothing was numbered then.
    pub fn count(&self, searched: &str) -> Result<Counted, BuildError> {
        let Self { plan, trust, tree, materials, tell } = *self;
        let searched = open_searched(plan, trust, searched)?;
        let searched = Tree::new(tree, searched)?;
        let found = Found::read(plan, materials, &searched, tell)?;
        // The checkpoint of the proofs is not known yet. Its size and root stand on a line of their own, however long they are.
        let choices = plan.opened.choices(plan, searched.checkpoint.size, searched.checkpoint.root);
        let mut before = vec![0];
        let mut notices: BTreeMap<&'static str, (u64, String)> = BTreeMap::new();
        let mut stops: Vec<Notice> = Vec::new();
        let work = |line| {
            let Material::Produced(record) = Material::read(&line)? else { return Ok(None) };
            let document = record.decide(&plan.profile)?.document(b"", &|jti| found.place(jti))?;
            let notices = plan.profile.notices_of(&document, plan.asked());
            let pages = render::pages(&document, &choices);
            let bates = BatesRange { prefix: choices.bates_prefix.clone(), first: 1, last: pages };
            check_encoding(&Numbered { bates, document }, &choices, plan.encoding)?;
            Ok(Some((pages, notices)))
        };
        let take = |made: Option<(u64, Vec<Notice>)>| {
            let Some((pages, of_record)) = made else { return Ok(()) };
            before.push(before.last().copied().unwrap_or_default() + pages);
            for notice in of_record {
                if notice.severity == Severity::Block && stops.len() < MAX_LISTED {
                    stops.push(notice.clone());
                }
                notices.entry(notice.code).or_insert_with(|| (0, notice.sentence)).0 += 1;
            }
            tell(Progress { step: Step::Counting, done: before.len() as u64 - 1, all: found.produced });
            Ok(())
        };
        let most_held = Lines::open(materials, MATERIALS)?.each(plan.at_once, work, take)?;
        blocked(&stops)?;
        if before.len() as u64 - 1 != found.produced {
            return Err(whole("it was changed while it was read"));
        }
        let pages = before.last().copied().unwrap_or_default();
        let (documents, withheld) = (found.produced, found.withheld);
        Ok(Counted { documents, withheld, pages, notices, most_held, found, before })
    }
}

/// The checkpoint that was searched has the size that was recorded.
pub(super) fn open_searched(
    plan: &Plan<'_>,
    trust: &Trust,
    note: &str,
) -> Result<daybook_tlog::Checkpoint, BuildError> {
    let searched = trust.open(note, "that was searched")?;
    if searched.size == plan.opened.searched_size {
        return Ok(searched);
    }
    let what = format!(
        "the checkpoint that was searched is of {} entries, and production.opened says {}",
        searched.size, plan.opened.searched_size
    );
    Err(BuildError::unfit(what, super::error::FETCH_AGAIN))
}

/// A DAT that cannot hold a value is found before there are numbers.
fn check_encoding(numbered: &Numbered, choices: &Choices, encoding: DatEncoding) -> Result<(), BuildError> {
    fits(numbered, choices, encoding).map_err(|error| {
        let LoadError::Encoding { column, .. } = error;
        let what = format!("column {column} has a character that Windows-1252 does not have");
        BuildError::entry(
            numbered.document.index,
            what,
            "build with the DAT in UTF-8, or choose words without that character",
        )
    })
}
