//! A fact: what one entry says, in the form in which rules read it.

use std::borrow::Cow;
use std::sync::Arc;

use daybook_event::{EventTime, Issuer, Jti, Period, Said};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::time::When;

/// How an event relates to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rel {
    /// It is the answer to it.
    Answers,
    /// It comes after it in the same course.
    Follows,
    /// It replaces what it said.
    Corrects,
    /// It belongs to it.
    Of,
}

impl Rel {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "answers" => Self::Answers,
            "follows" => Self::Follows,
            "corrects" => Self::Corrects,
            "of" => Self::Of,
            _ => return None,
        })
    }
}

/// Stands for a matter: a keyed hash of its token, so that grouping by matter opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatterKey(pub [u8; 16]);

/// Makes matter keys. The secret is drawn anew by each process and never stored.
pub struct MatterHasher(Sha256);

impl std::fmt::Debug for MatterHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MatterHasher")
    }
}

impl MatterHasher {
    /// Makes keys with this secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Sha256::new().chain_update(b"daybook matter\0").chain_update(secret))
    }

    /// The key of a token.
    #[must_use]
    pub fn key(&self, token: &str) -> MatterKey {
        let full: [u8; 32] = self.0.clone().chain_update(token.as_bytes()).finalize().into();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        MatterKey(short)
    }
}

/// Most links of an event, as in its schema.
pub const LINKS_MAX: usize = 32;

/// What one entry says.
#[derive(Debug)]
pub struct Fact {
    /// Index of the entry in the log.
    pub entry: u64,
    /// The event's identifier.
    pub jti: Jti,
    /// Its type.
    pub kind: Arc<str>,
    /// Who signed it.
    pub issuer: Issuer,
    /// Its number in the producer's sequence.
    pub seq: u64,
    /// The month that it counts for.
    pub period: Period,
    /// When it happened; none for the few types without.
    pub occurred: Option<When>,
    /// When it was written down in the department's system.
    pub recorded: Option<When>,
    /// When it reached the ledger, in seconds.
    pub received: i64,
    /// The matter that it belongs to.
    pub matter: Option<MatterKey>,
    /// The events that it relates to, whether the ledger holds them or not.
    pub links: Vec<(Rel, Jti)>,
    /// The fields by name. `matter_ref` is not among them.
    pub fields: Map<String, Value>,
    /// The fields whose values are erased or locked. What depends on them stays undetermined.
    pub hidden: Vec<String>,
}

impl Fact {
    /// Makes a fact of what an event says. `received` is when it reached the ledger, in seconds.
    #[must_use]
    pub fn new(entry: u64, said: Said, received: i64, context: &Reading<'_>) -> Self {
        let Said { iss, jti, event, period, seq, mut fields, hidden, .. } = said;
        let time = |name: &str| {
            fields
                .get(name)
                .and_then(Value::as_str)
                .and_then(EventTime::parse)
                .and_then(|t| When::of(&t, context.zone))
        };
        let (occurred, recorded) = (time("occurred_at"), time("recorded_at"));
        let matter = fields.remove("matter_ref");
        let matter = matter.as_ref().and_then(Value::as_str).map(|token| context.matters.key(token));
        let links = fields.remove("links").map(|links| read_links(&links)).unwrap_or_default();
        Self {
            entry,
            jti,
            kind: event.as_str().into(),
            issuer: iss,
            seq,
            period,
            occurred,
            recorded,
            received,
            matter,
            links,
            fields,
            hidden,
        }
    }

    /// A fact that the ledger derives: it has no entry of its own, so it carries the entry that it was last derived from.
    pub(crate) fn derived(
        entry: u64,
        kind: &str,
        issuer: Issuer,
        period: Period,
        at: When,
        fields: Map<String, Value>,
    ) -> Self {
        Self {
            entry,
            jti: Jti::from_random([0; 16]),
            kind: kind.into(),
            issuer,
            seq: 0,
            period,
            occurred: Some(at),
            recorded: Some(at),
            received: at.latest,
            matter: None,
            links: Vec::new(),
            fields,
            hidden: Vec::new(),
        }
    }

    /// A fact with these fields and nothing else, to try a condition on.
    pub(crate) fn sample(kind: &str, fields: Map<String, Value>) -> Self {
        let issuer = "sample/sample".parse().expect("a name of an issuer");
        let period = "2000-01".parse().expect("a month");
        Self::derived(0, kind, issuer, period, When::exactly(0), fields)
    }

    /// A text field.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }

    /// What stands in a text field or in the envelope, for comparing events by it.
    #[must_use]
    pub fn word(&self, field: &str) -> Option<Cow<'_, str>> {
        match field {
            "type" => Some(Cow::Borrowed(&*self.kind)),
            "department" => Some(Cow::Borrowed(self.issuer.department())),
            "producer" => Some(Cow::Borrowed(self.issuer.producer())),
            "period" => Some(Cow::Owned(self.period.to_string())),
            field => self.text(field).map(Cow::Borrowed),
        }
    }

    /// Whether what the field says is erased or locked.
    #[must_use]
    pub fn is_hidden(&self, field: &str) -> bool {
        self.hidden.iter().any(|hidden| hidden == field)
    }
}

/// What reading a fact takes beside the event.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The jurisdiction's time zone, for times known to the day.
    pub zone: &'a TimeZone,
    /// Makes matter keys.
    pub matters: &'a MatterHasher,
}

fn read_links(links: &Value) -> Vec<(Rel, Jti)> {
    let read = |link: &Value| Some((Rel::parse(link["rel"].as_str()?)?, link["jti"].as_str()?.parse().ok()?));
    links.as_array().into_iter().flatten().take(LINKS_MAX).filter_map(read).collect()
}
