//! What of each type of event figures know.

/// What of one type of event figures know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facets {
    /// The type.
    pub kind: &'static str,
    /// Fields that hold a code, a yes or no, or a list of codes. None of them is withheld.
    pub words: &'static [&'static str],
    /// Fields that hold a number.
    pub numbers: &'static [&'static str],
    /// What the rules add: one word for each.
    pub computed: &'static [&'static str],
    /// The field with the month that the event speaks of, where that is what it counts for, rather than the day on which it was said.
    pub month: Option<&'static str>,
    /// Whether its events are few and are listed one by one; they speak of departments, never of a person.
    pub listed: bool,
}

const fn counted(
    kind: &'static str,
    words: &'static [&'static str],
    numbers: &'static [&'static str],
    computed: &'static [&'static str],
) -> Facets {
    Facets { kind, words, numbers, computed, month: None, listed: false }
}

const fn listed(
    kind: &'static str,
    words: &'static [&'static str],
    numbers: &'static [&'static str],
    month: Option<&'static str>,
) -> Facets {
    Facets { kind, words, numbers, computed: &[], month, listed: true }
}

/// What the rules say about the answer to a request: R18.
pub(super) const ANSWERED: &str = "answered";
/// What was answered to a request, and on what ground.
pub(super) const DECISION: &str = "answer_decision";
/// What the rules say about the advisement before: R01 and R02, or R04.
pub(super) const ADVISED: &str = "advised";
/// The class of the time from a notice to the release: R20.
pub(super) const LEAD: &str = "measured_lead";
/// What the rules say about a stay past release: R14.
pub(super) const HELD: &str = "held";
/// How the person left, where the stay was too long or cannot be told.
pub(super) const LEFT: &str = "left";
/// What the rules say about the judge's paper behind a transfer: R17.
pub(super) const PAPER: &str = "paper_found";

/// All types that figures know something of. Of the others they know how many there were.
pub const FACETS: &[Facets] = &[
    counted("request.received", &["request_kind", "agency", "channel"], &[], &[ANSWERED, DECISION]),
    counted("request.answered", &["decision", "ground"], &["days_taken"], &[]),
    counted("paper.classified", &["paper_class", "judge_signed"], &[], &[]),
    counted("advisement.given", &["purpose"], &[], &[]),
    counted("interview.closed", &["mode", "result"], &[], &[ADVISED]),
    counted("release.eligible", &["ground"], &[], &[HELD, LEFT]),
    counted("release.notice_sent", &["lead_time"], &[], &[ADVISED, LEAD]),
    counted("release.completed", &["outcome"], &[], &[]),
    counted("custody.transferred", &["paper_class", "receiving_agency"], &[], &[PAPER]),
    counted("hold.overrun", &["cause"], &["minutes"], &[]),
    counted("information.disclosed", &["authority", "categories"], &["persons"], &[]),
    counted("access.requested", &["building_class", "area_class", "agency", "paper_shown"], &[], &[DECISION]),
    counted("access.decided", &["decision", "area_class", "basis_class"], &[], &[]),
    counted("federal_arrest.observed", &["place_class", "paper_shown", "staff_involvement"], &[], &[]),
    counted("status_question.asked", &["ground"], &[], &[]),
    counted("assistance.contact", &["purpose", "decision"], &["hours", "units"], &[]),
    counted("outside_account.opened", &["system_class", "user_class", "certification_signed"], &[], &[]),
    counted("outside_account.reviewed", &["system_class"], &["reviewed", "closed", "open_after"], &[]),
    counted("outside_search.flagged", &["system_class", "reason_code", "hits"], &["searches"], &[]),
    counted("form.reviewed", &["result"], &[], &[]),
    counted("court_paper.registered", &["paper", "court_level"], &[], &[]),
    counted("subpoena.decided", &["subpoena_class", "decision"], &[], &[]),
    counted("complaint.received", &["topic", "about_department"], &[], &[]),
    counted("complaint.closed", &["topic", "outcome"], &[], &[]),
    listed(
        "taskforce.reported",
        &["purpose", "partner_agencies"],
        &["arrests_total", "arrests_immigration", "officers", "hours"],
        Some("reported_period"),
    ),
    listed(
        "training.recorded",
        &["course", "course_version", "trained_unit"],
        &["trained", "required"],
        None,
    ),
    listed(
        "policy.issued",
        &["document_kind", "document_id", "action", "effective_on", "link", "title"],
        &[],
        None,
    ),
    listed(
        "policy.adopted",
        &["kind", "name", "version", "digest", "valid_from", "valid_to", "state"],
        &[],
        None,
    ),
    listed(
        "count.reconciled",
        &["source", "about_department", "counted_type"],
        &["recorded", "outside", "difference"],
        Some("counted_period"),
    ),
    listed(
        "period.attested",
        &["nil"],
        &[
            "requests",
            "notices",
            "visa_certifications",
            "required_checks",
            "releases",
            "median_release_minutes",
        ],
        Some("attested_period"),
    ),
];

impl Facets {
    /// What figures know of a type.
    #[must_use]
    pub fn of(kind: &str) -> Option<&'static Self> {
        FACETS.iter().find(|facets| facets.kind == kind)
    }

    /// The place of a word, those that the rules add after those of the event.
    pub(super) fn word(&self, name: &str) -> Option<usize> {
        self.words.iter().chain(self.computed).position(|word| *word == name)
    }

    /// The place of a number.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.numbers.iter().position(|number| *number == name)
    }
}
