//! What a custodian must see before a production is approved. None of it is legal advice: it says what counsel should look at.

use super::{Profile, ReasonKind};
use crate::model::{Document, SlotState};

/// Types that say something about a person whom the federal side holds or wants to hold.
const DETAINEE_TYPES: [&str; 6] = [
    "request.received",
    "paper.classified",
    "request.copy_given",
    "release.notice_sent",
    "custody.transferred",
    "hold.overrun",
];
/// Kinds of request that concern somebody's custody.
const CUSTODY_KINDS: [&str; 3] = ["hold", "release_notice", "transport"];

/// Whether a production may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Counsel should look at it.
    Warn,
    /// It may not go out like that.
    Block,
}

impl Severity {
    /// Reads `warn` or `block`.
    pub fn of_code(code: &str) -> Option<Self> {
        match code {
            "warn" => Some(Self::Warn),
            "block" => Some(Self::Block),
            _ => None,
        }
    }
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether it may go out.
    pub severity: Severity,
    /// A stable code.
    pub code: &'static str,
    /// What it is about and what to do.
    pub sentence: String,
}

/// What must be known of a record to say what is to be looked at: no content but the kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glimpse<'a> {
    /// The entry.
    pub index: u64,
    /// The type of event.
    pub event: &'a str,
    /// Its public field `request_kind`, where it has one.
    pub request_kind: Option<&'a str>,
    /// The slots that are sealed, each with the entry of the order.
    pub sealed: &'a [(&'a str, u64)],
}

/// Who asks, and on what basis: codes of `production.opened`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The basis.
    pub basis: &'a str,
    /// The requester.
    pub requester: &'a str,
}

impl Profile {
    /// What is to be said about the production as a whole.
    pub fn notices(&self, asked: Asked<'_>) -> Vec<Notice> {
        let mut notices = Vec::new();
        for (code, reason) in self.reasons() {
            if reason.kind == ReasonKind::Relevance && reason.authority.trim().is_empty() {
                let sentence = format!(
                    "Reason {code} of profile {} redacts for relevance without an authority. Courts disfavour that, and some refuse it without leave. Name an order or agreement, or do not redact.",
                    self.name
                );
                notices.push(Notice { severity: Severity::Warn, code: "relevance", sentence });
            }
        }
        if asked.requester == "federal" {
            let severity = if asked.basis == "court_order" { Severity::Warn } else { Severity::Block };
            let sentence = "C.R.S. 24-74-103: personal information that is not public goes to an authority for immigration enforcement only where federal or state law requires it or under a \
                            subpoena, warrant or order issued by a court. Record the court paper (court_paper.registered) and choose the basis court_order, or decline."
                .to_owned();
            notices.push(Notice { severity, code: "crs-24-74-103", sentence });
        }
        if asked.basis == "cora" && matches!(asked.requester, "public" | "federal") {
            let sentence = "C.R.S. 24-74-106: a request for personal information is to be recorded and reported where its purpose is immigration enforcement. Ask counsel whether this one is, and record it (request.received)."
                .to_owned();
            notices.push(Notice { severity: Severity::Warn, code: "crs-24-74-106", sentence });
        }
        notices
    }

    /// What is to be said about one record that goes out.
    pub fn notices_of(&self, document: &Document, asked: Asked<'_>) -> Vec<Notice> {
        let sealed: Vec<(&str, u64)> = document
            .sealed_slots()
            .filter_map(|slot| match slot.state {
                SlotState::Sealed { by, .. } => Some((slot.name.as_str(), by)),
                _ => None,
            })
            .collect();
        let glimpse = Glimpse {
            index: document.index,
            event: document.event.as_str(),
            request_kind: document.text("request_kind"),
            sealed: &sealed,
        };
        self.notices_about(glimpse, asked)
    }

    /// The same for whoever reviews a production and has not seen the record itself.
    pub fn notices_about(&self, record: Glimpse<'_>, asked: Asked<'_>) -> Vec<Notice> {
        let mut notices = Vec::new();
        if asked.requester != "court" && concerns_detainee(&record) {
            let sentence = format!(
                "Entry {}: 8 CFR 236.6 makes information about people held for the federal immigration authority a federal decision, and some courts have applied it to forms about people in local custody. Counsel decides whether this record goes out.",
                record.index
            );
            notices.push(Notice { severity: self.federal_detainees, code: "8-cfr-236-6", sentence });
        }
        for (slot, by) in record.sealed {
            let sentence = format!(
                "Entry {}: slot {slot} is sealed by entry {by} and stays back. If the order names this recipient, it must be opened before the production is made (C.R.S. 24-72-703).",
                record.index
            );
            notices.push(Notice { severity: Severity::Warn, code: "sealed", sentence });
        }
        notices
    }
}

fn concerns_detainee(record: &Glimpse<'_>) -> bool {
    DETAINEE_TYPES.contains(&record.event)
        && record.request_kind.is_none_or(|kind| CUSTODY_KINDS.contains(&kind))
}
