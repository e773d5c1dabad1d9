//! What happens to people in custody: papers, notices, interviews, releases, transfers.

use daybook_report::model::{Chart, ChartForm, ColumnKind, Rates, Section, Table};
use daybook_rules::figures::{Figures, Selection};

use crate::spans::{spans, unit};
use crate::tables::{by_word, codes, crossed, over_time};
use crate::words::{many, words};

/// Papers that a judge signs; the classes of the catalogue.
const JUDICIAL: [&str; 4] = ["federal_judicial_warrant", "state_judicial_paper", "writ", "court_order"];

/// The classes of the time from a notice to a release, as rule R20 writes them and as departments state them.
const LEADS: [(&str, &str); 5] = [
    ("under 1 hour", "under_1h"),
    ("1 to 8 hours", "from_1h_to_8h"),
    ("8 to 24 hours", "from_8h_to_24h"),
    ("24 to 48 hours", "from_24h_to_48h"),
    ("48 hours or more", "from_48h"),
];

pub(super) fn papers(figures: &Figures) -> Option<Section> {
    let events = figures.of("paper.classified");
    let all = events.count();
    if all == 0 {
        return None;
    }
    let judicial = events.with_any("paper_class", &JUDICIAL);
    let signed = judicial.with("judge_signed", "yes").count();
    let none = events.with("paper_class", "none").count();
    let administrative = all - judicial.count() - none;
    let rates = Rates::new("papers-judicial", "A judge's paper, or an administrative one")
        .line("Classified as a judge's paper", judicial.count(), all)
        .line("Of those, signed by a judge as far as the record says", signed, judicial.count())
        .line("Administrative paper of a federal authority", administrative, all)
        .line("No paper at all", none, all);
    let section = Section::new("papers", "Papers")
        .lead("Before anything is granted, the paper behind a request is classified. A detainer and an administrative warrant are signed by officers, not by a judge.")
        .block(by_word("papers-by-class", "Papers, by class", "Paper", &events, "paper_class"));
    Some(section.block(rates))
}

/// Five lines that add up: what was found, what was not, and what is not known.
fn judged(id: &str, title: &str, events: &Selection<'_>, word: &str, labels: [&str; 3]) -> Rates {
    let looked_at = events.keep(|part| events.word(part, word).is_some());
    let all = looked_at.count();
    let said = |value: &str| looked_at.with(word, value).count();
    let [kept, late, absent] = labels;
    Rates::new(id, title)
        .line(kept, said("kept"), all)
        .line(late, said("late"), all)
        .line(absent, said("absent"), all)
        .line("Cannot be told: times known to the day only, or erased", said("undetermined"), all)
        .line("Still open: a record may be on its way", said("open"), all)
}

/// A sentence about events that no rule looked at.
fn not_judged(events: &Selection<'_>, word: &str, what: (&str, &str)) -> Option<String> {
    let count = events.without(word).count();
    (count > 0).then(|| format!("No rule applied to {}.", many(count, what.0, what.1)))
}

pub(crate) fn notices(figures: &Figures) -> Option<Section> {
    let events = figures.of("release.notice_sent");
    let all = events.count();
    if all == 0 {
        return None;
    }
    let unit = unit(figures.window());
    let columns: Vec<(String, Selection<'_>)> =
        LEADS.iter().map(|(_, stated)| (words(stated), events.with("lead_time", stated))).collect();
    let heads: Vec<String> = columns.iter().map(|(head, _)| head.clone()).collect();
    let title = format!("Release notices, by {} and by the lead time that they state", unit.to_lowercase());
    let time = over_time(("notices-over-time", &title, unit), &spans(figures.window()), &columns);
    let mut leads = Table::new("lead-times", "Time from the notice to the release", "Lead time")
        .column("Stated in the notice", ColumnKind::Count)
        .column("Measured (R20)", ColumnKind::Count);
    for (measured, stated) in LEADS {
        let row = [events.with("lead_time", stated).count(), events.with("measured_lead", measured).count()];
        leads = leads.row(words(stated), row);
    }
    let unclear = events.with("measured_lead", "undetermined").count();
    let waiting = events.with("measured_lead", "open").count();
    let unmeasured = events.without("measured_lead").count();
    for (head, count) in
        [("Cannot be told", unclear), ("No release yet", waiting), ("Not measured", unmeasured)]
    {
        if count > 0 {
            leads = leads.row(head, [0, count]);
        }
    }
    leads = leads.total("All", [all, all]).note(
        "Stated: the class that the department gave when it sent the notice, until the scheduled release. Measured: until the release or transfer that \
         is on the ledger. A measure, no verdict.",
    );
    let rates = judged(
        "notices-advised",
        "Advisement of rights before the notice (rules R01 and R02), of the notices that the rules looked at",
        &events,
        "advised",
        ["Advised before the notice", "Advised only afterwards", "No advisement on the ledger"],
    );
    let mut section = Section::new("notices", "Release notices")
        .lead(format!("Departments recorded {} to a federal authority. Before a notice the person must be advised of rights.", many(all, "notice", "notices")));
    section.lead.extend(not_judged(&events, "advised", ("notice", "notices")));
    Some(
        section
            .block(rates)
            .block(leads)
            .block(Chart::new("chart-notices", title, ChartForm::Stacked, "notices-over-time", heads))
            .block(time),
    )
}

pub(super) fn interviews(figures: &Figures) -> Option<Section> {
    let events = figures.of("interview.closed");
    if events.count() == 0 {
        return None;
    }
    let held = events.with("result", "held");
    let mut section = Section::new("interviews", "Interviews in custody")
        .lead("Before an interview the person must be advised in writing, in the language of choice, and may decline.")
        .block(crossed(("interviews-by-mode", "Interviews, by way and result", "Way"), &events, "mode", "result"))
        .block(judged(
            "interviews-advised",
            "Advisement of rights before the interview (rule R04), of the interviews that were held and that the rule looked at",
            &held,
            "advised",
            ["Advised before the interview", "Advised only afterwards", "No advisement on the ledger"],
        ));
    section.lead.extend(not_judged(
        &held,
        "advised",
        ("interview that was held", "interviews that were held"),
    ));
    Some(section)
}

/// What rule R14 says of a stay, and the words behind it.
const STAYS: [(&str, &[&str]); 5] = [
    ("Left in time", &["kept"]),
    ("Left too late", &["late"]),
    ("No departure", &["absent"]),
    ("Cannot be told", &["undetermined"]),
    ("Still open", &["open"]),
];

pub(super) fn holds(figures: &Figures) -> Option<Section> {
    let events = figures.of("release.eligible");
    if events.count() == 0 {
        return None;
    }
    let judged = events.keep(|part| events.word(part, "held").is_some());
    let all = judged.count();
    let unit = unit(figures.window());
    let title = format!("Stays past release, by {}", unit.to_lowercase());
    let shown = &STAYS[1..4];
    let series: Vec<(String, Selection<'_>)> =
        shown.iter().map(|(head, values)| ((*head).to_owned(), judged.with_any("held", values))).collect();
    let time = over_time(("holds-over-time", &title, unit), &spans(figures.window()), &series);
    let mut section = Section::new("holds", "Release from custody")
        .lead("A person who becomes eligible for release leaves within the limit of the law of that day, whatever a detainer asks, unless a judge's paper says otherwise (rule R14). The rule looks at people for whom a detainer or other paper was there.")
        .lead("“Left too late” is certain. “No departure” means that the limit is over and the ledger shows no release and no transfer. “Cannot be told” means that the times are known to the day only and the days do not decide.");
    section.lead.extend(not_judged(
        &events,
        "held",
        ("person who became eligible", "people who became eligible"),
    ));
    let rates = STAYS.iter().zip(stays(&judged)).fold(
        Rates::new("holds-rates", "Stays past release, of the people whom the rule looked at"),
        |rates, ((head, _), count)| rates.line(*head, count, all),
    );
    section = section.block(rates);
    if all > 0 {
        section = section
            .block(Chart::new(
                "chart-holds",
                title,
                ChartForm::Stacked,
                "holds-over-time",
                shown.iter().map(|(head, _)| *head),
            ))
            .block(time)
            .block(grounds(&judged));
    }
    if let Some(ways) = departures(&judged) {
        section = section.block(ways);
    }
    let overruns = figures.of("hold.overrun");
    if overruns.count() > 0 {
        section = section.block(by_word(
            "overruns",
            "Stays past release that the jail itself reported, by cause",
            "Cause",
            &overruns,
            "cause",
        ));
    }
    Some(section)
}

/// How many stays are of each answer, and all.
fn stays(events: &Selection<'_>) -> Vec<u64> {
    let counts = STAYS.iter().map(|(_, values)| events.with_any("held", values).count());
    counts.chain([events.count()]).collect()
}

fn grounds(judged: &Selection<'_>) -> Table {
    let columns = |table: Table| {
        let table = STAYS.iter().fold(table, |table, (head, _)| table.column(*head, ColumnKind::Count));
        table.column("All", ColumnKind::Count)
    };
    let mut table = columns(Table::new(
        "holds-by-ground",
        "Stays past release, by why the person became eligible",
        "Ground",
    ));
    for ground in codes(judged, "ground") {
        table = table.row(words(ground), stays(&judged.with("ground", ground)));
    }
    table.total("All", stays(judged))
}

/// How the people left whose stay was too long, or cannot be told.
fn departures(judged: &Selection<'_>) -> Option<Table> {
    let mut ways =
        Table::new("holds-by-departure", "Stays past release, by how the person left", "How the person left")
            .column("Left too late", ColumnKind::Count)
            .column("Cannot be told", ColumnKind::Count);
    let past = judged.with_any("held", &["late", "undetermined"]);
    let both =
        |events: &Selection<'_>| ["late", "undetermined"].map(|value| events.with("held", value).count());
    for way in codes(&past, "left") {
        let head = if way == "none" { "No departure on the ledger".to_owned() } else { words(way) };
        ways = ways.row(head, both(&past.with("left", way)));
    }
    (past.count() > 0).then(|| ways.total("All", both(&past)))
}

pub(super) fn transfers(figures: &Figures) -> Option<Section> {
    let events = figures.of("custody.transferred");
    let all = events.count();
    if all == 0 {
        return None;
    }
    let mut section = Section::new("transfers", "Transfers to federal authorities")
        .lead(format!("Departments recorded {}. A person is handed over only on a judge's paper that was classified before.", many(all, "transfer", "transfers")));
    section.lead.extend(not_judged(&events, "paper_found", ("transfer", "transfers")));
    let rates = judged(
        "transfers-paper",
        "A judge's paper before the transfer (rule R17), of the transfers that the rule looked at",
        &events,
        "paper_found",
        [
            "A judge's paper was classified before",
            "A judge's paper was classified only afterwards",
            "No judge's paper on the ledger",
        ],
    );
    Some(section.block(rates).block(crossed(
        ("transfers-by-agency", "Transfers, by receiving agency and paper noted", "Receiving agency"),
        &events,
        "receiving_agency",
        "paper_class",
    )))
}
