//! A public report with made-up facts.

use daybook_report::{
    model::{Chart, ChartForm, Head, Period, Report},
    public::{
        Key, KeyedColumn, KeyedRateLine, KeyedRates, KeyedTable, Month, Months, Pick, PublicBlock,
        PublicDraft, PublicPolicy, PublicSection, PublishError, Tally, TallyFault, publish,
    },
};
use jiff::civil::date;

const KINDS: [(&str, &str); 5] = [
    ("notification", "Release notification"),
    ("detainer", "Civil immigration detainer"),
    ("interview", "Interview in custody"),
    ("records", "Records or personal information"),
    ("other", "Other"),
];
const ANSWERS: [(&str, &str); 3] = [("met", "Met"), ("refused", "Refused"), ("open", "Open")];

/// Two years of a city that does not exist.
pub(crate) fn report(mut head: Head) -> Result<Report, PublishError> {
    head.period = Period::new(date(2024, 7, 1), date(2026, 6, 30))?;
    publish(&draft(head)?, &PublicPolicy::default())
}

/// The layout and the facts.
pub(crate) fn draft(head: Head) -> Result<PublicDraft, TallyFault> {
    let sections = vec![requests(), notices()];
    Ok(PublicDraft { head, tally: tally()?, sections, shown_before: Vec::new() })
}

fn tally() -> Result<Tally, TallyFault> {
    let mut tally = Tally::new();
    let (kinds, answers) = (KINDS.map(|(code, _)| code), ANSWERS.map(|(code, _)| code));
    tally.measure("requests", &[("kind", &kinds), ("answer", &answers)])?;
    tally.measure("notices", &[("advised", &["before", "after", "never"])])?;
    // Per half-year, kind and answer; real ones come one event at a time.
    let figures = [
        [[61, 4, 0], [0, 52, 0], [9, 6, 0], [2, 11, 1], [1, 2, 0]],
        [[70, 3, 1], [0, 49, 0], [12, 5, 0], [1, 14, 0], [0, 1, 0]],
        [[74, 5, 0], [0, 58, 0], [11, 7, 0], [3, 9, 0], [2, 0, 0]],
        [[78, 4, 3], [0, 63, 0], [10, 6, 0], [1, 12, 1], [1, 1, 1]],
    ];
    for (half, kinds) in figures.iter().enumerate() {
        for ((kind, _), counts) in KINDS.iter().zip(kinds) {
            for ((answer, _), count) in ANSWERS.iter().zip(counts) {
                for (month, share) in months_of(half, *count) {
                    tally.add("requests", month, &[("kind", kind), ("answer", answer)], share)?;
                }
            }
        }
        for (advised, count) in [("before", 38 + half as u64), ("after", 4), ("never", 0)] {
            for (month, share) in months_of(half, count) {
                tally.add("notices", month, &[("advised", advised)], share)?;
            }
        }
    }
    Ok(tally)
}

/// A half-year's first and last month, with how many of so many facts fall in each.
fn months_of(half: usize, count: u64) -> [(Month, u64); 2] {
    let first = Month::new(2024, 7).expect("July").plus(i32::try_from(half).expect("few") * 6);
    [(first, count / 2), (first.plus(5), count - count / 2)]
}

fn halves() -> [Months; 4] {
    [(2024, 2), (2025, 1), (2025, 2), (2026, 1)]
        .map(|(year, half)| Months::half(year, half).expect("first or second"))
}

fn all() -> Months {
    let [first, .., last] = halves();
    Months::new(first.from(), last.until()).expect("two years")
}

fn requests() -> PublicSection {
    let rows: Vec<Pick> = KINDS.iter().map(|(code, words)| Pick::value(*words, "kind", *code)).collect();
    let by_answer = KeyedTable {
        id: "requests-by-answer",
        title: "Requests, by kind and answer",
        row_head: "Kind of request",
        base: Key::all("requests", all()),
        rows: rows.clone(),
        columns: std::iter::once(KeyedColumn::Count(Pick::all("All")))
            .chain(
                ANSWERS.iter().map(|(code, words)| KeyedColumn::Count(Pick::value(*words, "answer", *code))),
            )
            .collect(),
        total: Some("All requests"),
        note: None,
    };
    let by_half = KeyedTable {
        id: "requests-by-half-year",
        title: "Requests, by half-year and kind",
        row_head: "Half-year",
        base: Key::all("requests", all()),
        rows: halves().into_iter().map(Pick::months).collect(),
        columns: rows
            .into_iter()
            .map(KeyedColumn::Count)
            .chain([KeyedColumn::Count(Pick::all("All"))])
            .collect(),
        total: Some("Two years"),
        note: Some("Half-years are the shortest periods shown."),
    };
    PublicSection::new("requests", "Requests by federal authorities")
        .lead("How often federal authorities asked city departments for help with civil immigration enforcement, and what the answer was.")
        .block(PublicBlock::Table(by_answer))
        .block(PublicBlock::Table(by_half))
        .block(PublicBlock::Chart(Chart::new(
            "chart-halves",
            "Requests by half-year",
            ChartForm::Stacked,
            "requests-by-half-year",
            KINDS.map(|(_, words)| words),
        )))
}

fn notices() -> PublicSection {
    let line = |months: Months| KeyedRateLine {
        of: Key::all("notices", months),
        those: Pick::value(
            format!("{months}: notices before which the person was advised"),
            "advised",
            "before",
        ),
    };
    PublicSection::new("notices", "Advisement before release notices")
        .lead("Before the jail tells federal authorities of a release, the person must be told of their rights.")
        .block(PublicBlock::Rates(KeyedRates {
            id: "advised",
            title: "Advised in time",
            lines: halves().into_iter().chain([all()]).map(line).collect(),
        }))
        .block(PublicBlock::Definitions(&[(
            "Withheld",
            "A figure that is kept back so that nobody can be singled out, by itself or together with others. It may be large or small.",
        )]))
}
