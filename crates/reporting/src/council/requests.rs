//! Requests of federal authorities, and the answers.

use daybook_report::model::{Chart, ChartForm, MAX_CHART_SERIES, Rates, Section, Table};
use daybook_rules::figures::Figures;

use crate::spans::{spans, unit};
use crate::tables::{by_word, codes, crossed, over_time};
use crate::words::{many, words};

pub(super) fn received(figures: &Figures) -> Option<Section> {
    let events = figures.of("request.received");
    let all = events.count();
    if all == 0 {
        return None;
    }
    let kinds = codes(&events, "request_kind");
    let (first, rest) = kinds.split_at(kinds.len().min(MAX_CHART_SERIES - 1));
    let mut columns: Vec<_> =
        first.iter().map(|kind| (words(kind), events.with("request_kind", kind))).collect();
    if !rest.is_empty() {
        columns.push(("All others".to_owned(), events.with_any("request_kind", rest)));
    }
    let heads: Vec<String> = columns.iter().map(|(head, _)| head.clone()).collect();
    let unit = unit(figures.window());
    let time = over_time(
        ("requests-over-time", &format!("Requests received, by {}", unit.to_lowercase()), unit),
        &spans(figures.window()),
        &columns,
    );
    let mut section = Section::new("requests", "Requests by federal authorities")
        .lead(format!(
            "Departments recorded {}. Each is counted once, on the day on which it came in.",
            many(all, "request", "requests")
        ))
        .block(crossed(
            ("requests-by-kind", "Requests received, by kind and agency", "Kind"),
            &events,
            "request_kind",
            "agency",
        ));
    if events.values("channel").len() > 1 {
        section = section.block(by_word(
            "requests-by-channel",
            "Requests received, by channel",
            "Channel",
            &events,
            "channel",
        ));
    }
    section = section
        .block(Chart::new(
            "chart-requests",
            format!("Requests received, by {}", unit.to_lowercase()),
            ChartForm::Stacked,
            "requests-over-time",
            heads,
        ))
        .block(time);
    Some(section.block(in_time(figures)))
}

/// What R18 says about the requests.
fn in_time(figures: &Figures) -> Rates {
    let events = figures.of("request.received");
    let judged = events.keep(|part| events.word(part, "answered").is_some());
    let all = judged.count();
    let said = |words: &[&str]| judged.with_any("answered", words).count();
    Rates::new("requests-answered", "Answers in time (rule R18), of the requests that the rule looked at")
        .line("Answered in the time allowed", said(&["kept"]), all)
        .line("No answer in the time allowed", said(&["late", "absent"]), all)
        .line("The time allowed still runs", said(&["open"]), all)
        .line("Cannot be told", said(&["undetermined"]), all)
}

pub(super) fn answered(figures: &Figures) -> Option<Section> {
    let events = figures.of("request.answered");
    if events.count() == 0 {
        return None;
    }
    let table: Table =
        crossed(("answers", "Answers, by decision and ground", "Ground"), &events, "ground", "decision");
    Some(
        Section::new("answers-section", "Answers")
            .lead("Each answer is counted on the day on which it was given; the request may be of an earlier period.")
            .block(table),
    )
}
