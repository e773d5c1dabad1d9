//! What the ledger recorded when the production was opened.

use daybook_tlog::Hash;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{BuildError, FETCH_AGAIN};
use super::plan::Plan;
use crate::model::{Choices, Confidentiality};

/// The fields of `production.opened` that a package depends on; the withheld ones are not among them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Opened {
    /// The production's name.
    pub production: String,
    /// What stands before the number on each page.
    pub bates_prefix: String,
    /// What it rests on.
    pub basis: String,
    /// Who asked, by kind.
    pub requester: String,
    /// The request's number.
    pub request_number: Option<String>,
    /// The name of the redaction profile.
    pub profile: String,
    /// base64url SHA-256 of the profile's file.
    pub profile_hash: String,
    /// How confidential it is: a code.
    pub confidentiality: String,
    /// The IANA name of the time zone.
    pub time_zone: String,
    /// The search, as JSON.
    pub query: String,
    /// How many entries were searched.
    pub searched_size: u64,
    /// How many of them were found.
    pub found: u64,
    /// How many of those go out.
    pub produced: u64,
    /// How many of those are held back.
    pub withheld: u64,
    /// When, as the event says it.
    pub occurred_at: String,
}

impl Opened {
    /// Reads the fields of the event, or of the ledger's answer about the production, which has more.
    ///
    /// # Errors
    /// Where one is missing or of another type.
    pub fn read(fields: &Map<String, Value>) -> Result<Self, BuildError> {
        let opened: Self = serde_json::from_value(Value::Object(fields.clone())).map_err(|error| {
            BuildError::unfit(format!("production.opened does not read as such ({error})"), FETCH_AGAIN)
        })?;
        if opened.produced.checked_add(opened.withheld) != Some(opened.found) {
            let what = "production.opened does not add up: what goes out and what is held back is not what was found";
            return Err(BuildError::unfit(what, FETCH_AGAIN));
        }
        Ok(opened)
    }

    /// The day, as the event has it.
    pub(super) fn day(&self) -> &str {
        self.occurred_at.get(..10).unwrap_or(&self.occurred_at)
    }

    /// What renderings and papers say of the production, under a checkpoint.
    pub(super) fn choices(&self, plan: &Plan<'_>, size: u64, root: Hash) -> Choices {
        Choices {
            production: self.production.clone(),
            bates_prefix: self.bates_prefix.clone(),
            basis: self.basis.clone(),
            requester: self.requester.clone(),
            request_number: self.request_number.clone(),
            confidentiality: Confidentiality::of_code(&self.confidentiality).unwrap_or(Confidentiality::None),
            legend: plan.profile.legend.clone(),
            profile: self.profile.clone(),
            zone: plan.zone().clone(),
            query: self.query.clone(),
            opened_at: self.occurred_at.clone(),
            origin: plan.origin().clone(),
            searched_size: self.searched_size,
            found: self.found,
            produced: self.produced,
            withheld: self.withheld,
            checkpoint_size: size,
            checkpoint_root: root,
            words: plan.words.clone(),
        }
    }
}
