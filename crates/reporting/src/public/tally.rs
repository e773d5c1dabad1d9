//! Every fact that a public table counts.
//!
//! Measures count different things, so that no two can be compared: a request, a notice, an interview, a release, a transfer, a request for access.

use daybook_report::public::{Month, Tally, TallyFault};
use daybook_rules::figures::{Counted, Figures, Selection};

/// Kinds of request that have a row of their own.
pub(super) const KINDS: [(&str, &str); 5] = [
    ("hold", "Detainer: hold the person"),
    ("release_notice", "Notice of a release"),
    ("interview", "Interview in custody"),
    ("records", "Records, information, subpoenas"),
    ("other", "Everything else"),
];
/// What was answered.
pub(super) const ANSWERS: [(&str, &str); 4] = [
    ("declined", "Declined"),
    ("granted", "Granted, at least in part"),
    ("other", "No record held, or referred"),
    ("none", "No answer recorded"),
];
/// What the rules say of an event.
pub(super) const SAID: [&str; 4] = ["kept", "not_kept", "undecided", "not_judged"];
/// Classes of the lead time that notices state.
pub(super) const LEADS: [(&str, &str); 3] =
    [("short", "Under 8 hours"), ("day", "8 to 48 hours"), ("long", "48 hours or more")];
/// Buildings that have a row of their own.
pub(super) const BUILDINGS: [(&str, &str); 4] = [
    ("jail", "Jail"),
    ("police_station", "Police station"),
    ("court", "Court"),
    ("other", "Other city buildings"),
];
/// Whether agents were let in.
pub(super) const OUTCOMES: [(&str, &str); 3] =
    [("granted", "Let in"), ("refused", "Refused"), ("none", "No decision recorded")];

/// The facts of all measures.
pub(super) fn tally(figures: &Figures) -> Result<Tally, TallyFault> {
    let mut tally = Tally::new();
    let (kinds, answers) = (KINDS.map(first), ANSWERS.map(first));
    tally.measure("requests", &[("kind", &kinds), ("answer", &answers)])?;
    add(&mut tally, "requests", figures.of("request.received"), |events, one| {
        vec![
            ("kind", kind(events.word(one, "request_kind"))),
            ("answer", answer(events.word(one, "answer_decision"))),
        ]
    })?;
    tally.measure("notices", &[("advised", &SAID), ("lead", &LEADS.map(first))])?;
    add(&mut tally, "notices", figures.of("release.notice_sent"), |events, one| {
        vec![("advised", said(events.word(one, "advised"))), ("lead", lead(events.word(one, "lead_time")))]
    })?;
    tally.measure("interviews", &[("advised", &SAID)])?;
    add(&mut tally, "interviews", figures.of("interview.closed").with("result", "held"), |events, one| {
        vec![("advised", said(events.word(one, "advised")))]
    })?;
    tally.measure("releases", &[("stay", &SAID)])?;
    add(&mut tally, "releases", figures.of("release.eligible"), |events, one| {
        vec![("stay", said(events.word(one, "held")))]
    })?;
    tally.measure("transfers", &[("paper", &SAID)])?;
    add(&mut tally, "transfers", figures.of("custody.transferred"), |events, one| {
        vec![("paper", said(events.word(one, "paper_found")))]
    })?;
    tally.measure("access", &[("building", &BUILDINGS.map(first)), ("outcome", &OUTCOMES.map(first))])?;
    add(&mut tally, "access", figures.of("access.requested"), |events, one| {
        let outcome = one_of(&OUTCOMES, events.word(one, "answer_decision"), "none");
        vec![
            ("building", one_of(&BUILDINGS, events.word(one, "building_class"), "other")),
            ("outcome", outcome),
        ]
    })?;
    Ok(tally)
}

fn first<'a>((code, _): (&'a str, &'a str)) -> &'a str {
    code
}

fn add(
    tally: &mut Tally,
    measure: &str,
    events: Selection<'_>,
    values: impl Fn(&Selection<'_>, &Counted) -> Vec<(&'static str, &'static str)>,
) -> Result<(), TallyFault> {
    for one in events.parts() {
        let (year, month) = (i16::try_from(one.month.year()), i8::try_from(one.month.month()));
        let month = year.ok().zip(month.ok()).and_then(|(year, month)| Month::new(year, month));
        if let Some(month) = month {
            tally.add(measure, month, &values(&events, one), one.count)?;
        }
    }
    Ok(())
}

fn one_of(
    known: &'static [(&'static str, &'static str)],
    code: Option<&str>,
    rest: &'static str,
) -> &'static str {
    known.iter().map(|(known, _)| *known).find(|known| Some(*known) == code).unwrap_or(rest)
}

fn kind(code: Option<&str>) -> &'static str {
    match code {
        Some("admin_subpoena") => "records",
        code => one_of(&KINDS, code, "other"),
    }
}

fn answer(code: Option<&str>) -> &'static str {
    match code {
        Some("declined") => "declined",
        Some("granted" | "partly") => "granted",
        Some(_) => "other",
        None => "none",
    }
}

fn said(code: Option<&str>) -> &'static str {
    match code {
        Some("kept") => "kept",
        Some("late" | "absent") => "not_kept",
        Some(_) => "undecided",
        None => "not_judged",
    }
}

fn lead(code: Option<&str>) -> &'static str {
    match code {
        Some("from_8h_to_24h" | "from_24h_to_48h") => "day",
        Some("from_48h") => "long",
        _ => "short",
    }
}
