//! What a production searched for, and what of it is held back: the text that stands in `production.opened`.
//!
//! There is one spelling of it, so that what is read gives the same text again.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::export::TERMS_MAX;
use crate::scope::{Entries, EntriesFault};

/// Longest text of a query, characters, as in the schema of `production.opened`.
pub const QUERY_MAX_CHARS: usize = 4_096;
/// Longest value of a term, bytes, as in the schema of `approval.requested`.
const TERM_VALUE_MAX_BYTES: usize = 128;
/// Longest name of a term, bytes.
const TERM_NAME_MAX_BYTES: usize = 64;
/// Longest code of a reason, bytes.
const REASON_MAX_BYTES: usize = 32;

/// The privileges that can be claimed.
const PRIVILEGES: &[&str] =
    &["attorney-client", "work-product", "deliberative-process", "law-enforcement", "informer", "medical"];

/// What was searched for, and what is held back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductionQuery {
    searched: Searched,
    privileged: Vec<(Entries, String)>,
    excluded: Vec<(Entries, String)>,
}

/// What was searched for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Searched {
    /// The terms of a query, sorted, each once, as those of an export; none for everything.
    Terms(Vec<String>),
    /// Entries by their numbers.
    Entries(Entries),
}

/// Why an entry is held back by name.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum HeldBack<'q> {
    /// A privilege is claimed: its code.
    Privileged(&'q str),
    /// It is left out: the code of the reason.
    Excluded(&'q str),
}

/// Why something is no query of a production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryFault {
    /// The terms.
    #[error("the terms are at most {TERMS_MAX}, sorted, each once, and of the form of those of an export")]
    Terms,
    /// A list of entries.
    #[error(transparent)]
    Entries(#[from] EntriesFault),
    /// A privilege.
    #[error(
        "a privilege is one of attorney-client, work-product, deliberative-process, law-enforcement, informer, medical"
    )]
    Privilege,
    /// The code of a reason.
    #[error(
        "the reason for leaving records out is a code: a letter, then at most 31 letters, digits and -, in lower case"
    )]
    Reason,
    /// An entry is held back twice.
    #[error("an entry is named twice among those that are held back")]
    Twice,
    /// The text is too long.
    #[error("the search takes more than {QUERY_MAX_CHARS} characters; make several productions")]
    Long,
    /// It is another text, or another spelling.
    #[error("this is no search as production.opened writes it")]
    Form,
}

/// The query as text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    terms: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    entries: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    privileged: Vec<Claim>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<Exclusion>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    entries: Vec<String>,
    privilege: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exclusion {
    entries: Vec<String>,
    reason: String,
}

impl ProductionQuery {
    /// A query: what is searched for, and the entries that are held back, with the code of the privilege or reason.
    ///
    /// # Errors
    /// The first thing that does not make sense.
    pub fn new(
        searched: Searched,
        privileged: Vec<(Entries, String)>,
        excluded: Vec<(Entries, String)>,
    ) -> Result<Self, QueryFault> {
        if let Searched::Terms(terms) = &searched {
            let sorted = terms.is_sorted_by(|one, next| one < next);
            if !sorted || terms.len() > TERMS_MAX || !terms.iter().all(|term| is_term(term)) {
                return Err(QueryFault::Terms);
            }
        }
        let empty = |(entries, _): &&(Entries, String)| entries.is_empty();
        let named = matches!(&searched, Searched::Entries(entries) if entries.is_empty());
        if named || privileged.iter().chain(&excluded).any(|held| empty(&held)) {
            return Err(EntriesFault::Empty.into());
        }
        if !privileged.iter().all(|(_, code)| PRIVILEGES.contains(&code.as_str())) {
            return Err(QueryFault::Privilege);
        }
        if !excluded.iter().all(|(_, code)| is_reason(code)) {
            return Err(QueryFault::Reason);
        }
        if !are_disjoint(privileged.iter().chain(&excluded).flat_map(|(entries, _)| entries.ranges())) {
            return Err(QueryFault::Twice);
        }
        let query = Self { searched, privileged, excluded };
        if query.text().len() > QUERY_MAX_CHARS { Err(QueryFault::Long) } else { Ok(query) }
    }

    /// Reads what [`Self::text`] writes.
    ///
    /// # Errors
    /// Where it is anything else.
    pub fn parse(text: &str) -> Result<Self, QueryFault> {
        let read: Text = serde_json::from_str(text).map_err(|_| QueryFault::Form)?;
        let searched = match (read.terms, read.entries) {
            (terms, entries) if entries.is_empty() => Searched::Terms(terms),
            (terms, entries) if terms.is_empty() => Searched::Entries(Entries::parse(&entries)?),
            _ => return Err(QueryFault::Form),
        };
        let held = |entries: Vec<String>, code: String| Ok((Entries::parse(&entries)?, code));
        let privileged = read.privileged.into_iter().map(|claim| held(claim.entries, claim.privilege));
        let excluded = read.excluded.into_iter().map(|left| held(left.entries, left.reason));
        let privileged = privileged.collect::<Result<_, QueryFault>>()?;
        let query = Self::new(searched, privileged, excluded.collect::<Result<_, QueryFault>>()?)?;
        if query.text() == text { Ok(query) } else { Err(QueryFault::Form) }
    }

    /// The query as `production.opened` says it: JSON without white space, members in a fixed order, empty ones left out.
    pub fn text(&self) -> String {
        let (terms, entries) = match &self.searched {
            Searched::Terms(terms) => (terms.clone(), Vec::new()),
            Searched::Entries(entries) => (Vec::new(), entries.to_strings()),
        };
        let claim = |(entries, code): &(Entries, String)| Claim {
            entries: entries.to_strings(),
            privilege: code.clone(),
        };
        let exclusion = |(entries, code): &(Entries, String)| Exclusion {
            entries: entries.to_strings(),
            reason: code.clone(),
        };
        let text = Text {
            terms,
            entries,
            privileged: self.privileged.iter().map(claim).collect(),
            excluded: self.excluded.iter().map(exclusion).collect(),
        };
        serde_json::to_string(&text).unwrap_or_default()
    }

    /// What was searched for.
    pub fn searched(&self) -> &Searched {
        &self.searched
    }

    /// Whether an entry is held back by name, and why.
    pub fn held_back(&self, entry: u64) -> Option<HeldBack<'_>> {
        let among =
            |held: &'_ [(Entries, String)]| held.iter().position(|(entries, _)| entries.contains(entry));
        match among(&self.privileged) {
            Some(at) => Some(HeldBack::Privileged(&self.privileged[at].1)),
            None => among(&self.excluded).map(|at| HeldBack::Excluded(&self.excluded[at].1)),
        }
    }

    /// Every entry that is held back by name, in no order.
    pub fn held_back_entries(&self) -> impl Iterator<Item = u64> + '_ {
        self.privileged.iter().chain(&self.excluded).flat_map(|(entries, _)| entries.iter())
    }
}

/// `terms` in the schema of `approval.requested`.
fn is_term(term: &str) -> bool {
    let Some((name, value)) = term.split_once('=') else { return false };
    let of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:".contains(&byte);
    let of_value = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
    (1..=TERM_NAME_MAX_BYTES).contains(&name.len())
        && name.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && name.bytes().all(of_name)
        && (1..=TERM_VALUE_MAX_BYTES).contains(&value.len())
        && value.bytes().all(of_value)
}

/// A code of a redaction profile.
fn is_reason(code: &str) -> bool {
    let of = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    code.len() <= REASON_MAX_BYTES
        && code.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && code.bytes().all(of)
}

fn are_disjoint<'r>(ranges: impl Iterator<Item = &'r RangeInclusive<u64>>) -> bool {
    let mut ends: Vec<(u64, u64)> = ranges.map(|range| (*range.start(), *range.end())).collect();
    ends.sort_unstable();
    ends.iter().zip(ends.iter().skip(1)).all(|((_, last), (first, _))| last < first)
}
