//! The tables of the public report: always the same, whatever happened.

use daybook_report::model::{Chart, ChartForm};
use daybook_report::public::{
    Key, KeyedColumn, KeyedRateLine, KeyedRates, KeyedTable, Months, Pick, PublicBlock, PublicSection,
};

use super::pooling::Pooling;
use super::tally::{ANSWERS, BUILDINGS, KINDS, LEADS, OUTCOMES};

/// The words of what the rules decided: kept, not kept, undecided.
type Decided = [(&'static str, &'static str); 3];

pub(super) fn sections(pooling: &Pooling) -> Vec<PublicSection> {
    vec![
        requests(pooling),
        notices(pooling),
        interviews(pooling),
        releases(pooling),
        transfers(pooling),
        access(pooling),
        terms(),
    ]
}

fn picks(dimension: &'static str, values: &[(&'static str, &'static str)]) -> Vec<Pick> {
    values.iter().map(|(code, words)| Pick::value(*words, dimension, *code)).collect()
}

fn counts(picks: Vec<Pick>) -> Vec<KeyedColumn> {
    picks.into_iter().map(KeyedColumn::Count).collect()
}

fn all() -> KeyedColumn {
    KeyedColumn::Count(Pick::all("All"))
}

fn requests(pooling: &Pooling) -> PublicSection {
    let kinds = KeyedTable {
        id: "requests-by-kind",
        title: "Requests, by kind and answer",
        row_head: "Kind",
        base: Key::all("requests", pooling.all),
        rows: picks("kind", &KINDS),
        columns: counts(picks("answer", &ANSWERS)).into_iter().chain([all()]).collect(),
        total: Some("All"),
        note: None,
    };
    let time = over_time("requests-over-time", "Requests over time", "requests", pooling, vec![all()]);
    PublicSection::new("requests", "Requests by federal authorities")
        .lead("How often federal immigration authorities asked city departments for something, and what the answer was.")
        .block(PublicBlock::Table(kinds))
        .block(PublicBlock::Chart(Chart::new("chart-requests", "Requests over time", ChartForm::Bars, "requests-over-time", ["All"])))
        .block(PublicBlock::Table(time))
}

fn over_time(
    id: &'static str,
    title: &'static str,
    measure: &str,
    pooling: &Pooling,
    columns: Vec<KeyedColumn>,
) -> KeyedTable {
    KeyedTable {
        id,
        title,
        row_head: "Time",
        base: Key::all(measure, pooling.all),
        rows: pooling.parts.iter().copied().map(Pick::months).collect(),
        columns,
        total: (pooling.parts.len() > 1).then_some("The whole period"),
        note: None,
    }
}

/// What the rules decided over time, of the events that they looked at.
fn decided(
    (id, title): (&'static str, &'static str),
    (measure, dimension): (&str, &'static str),
    pooling: &Pooling,
    words: Decided,
) -> PublicBlock {
    let mut table = over_time(id, title, measure, pooling, counts(picks(dimension, &words)));
    table.base = Key::all(measure, pooling.all).with_any(dimension, ["kept", "not_kept", "undecided"]);
    table.columns.push(all());
    PublicBlock::Table(table)
}

/// The share of those that a rule looked at.
fn share(
    (id, title): (&'static str, &'static str),
    (measure, dimension): (&str, &'static str),
    months: Months,
    (label, value): (&'static str, &'static str),
) -> PublicBlock {
    let of = Key::all(measure, months).with_any(dimension, ["kept", "not_kept", "undecided"]);
    PublicBlock::Rates(KeyedRates {
        id,
        title,
        lines: vec![KeyedRateLine { of, those: Pick::value(label, dimension, value) }],
    })
}

fn notices(pooling: &Pooling) -> PublicSection {
    let leads = KeyedTable {
        id: "notices-lead",
        title: "Release notices, by the time ahead of the release that they state",
        row_head: "Time ahead",
        base: Key::all("notices", pooling.all),
        rows: picks("lead", &LEADS),
        columns: vec![all()],
        total: Some("All"),
        note: None,
    };
    let words =
        [("kept", "Advised before"), ("not_kept", "Not advised before"), ("undecided", "Cannot be told")];
    PublicSection::new("notices", "Release notices")
        .lead("Before the jail tells a federal authority of a release, the person must be advised of rights.")
        .block(share(
            ("notices-advised", "Advised in time"),
            ("notices", "advised"),
            pooling.all,
            ("Release notices before which the person was advised", "kept"),
        ))
        .block(decided(
            ("notices-over-time", "Release notices, by advisement"),
            ("notices", "advised"),
            pooling,
            words,
        ))
        .block(PublicBlock::Table(leads))
}

fn interviews(pooling: &Pooling) -> PublicSection {
    PublicSection::new("interviews", "Interviews in custody")
        .lead(
            "An interview takes place only after the person was advised in writing that it may be declined.",
        )
        .block(share(
            ("interviews-advised", "Advised in time"),
            ("interviews", "advised"),
            pooling.all,
            ("Interviews before which the person was advised", "kept"),
        ))
}

fn releases(pooling: &Pooling) -> PublicSection {
    let words = [("kept", "Left in time"), ("not_kept", "Kept too long"), ("undecided", "Cannot be told")];
    PublicSection::new("releases", "Release from custody")
        .lead("People for whom a federal paper was there and who became eligible for release. “Kept too long” counts those who left after the limit of the rule, and those for whom the ledger shows no departure at all.")
        .block(share(("releases-late", "Kept too long"), ("releases", "stay"), pooling.all, ("People kept past their release", "not_kept")))
        .block(decided(("releases-over-time", "Release from custody over time"), ("releases", "stay"), pooling, words))
        .block(PublicBlock::Chart(Chart::new(
            "chart-releases",
            "Release from custody over time",
            ChartForm::Stacked,
            "releases-over-time",
            words.map(|(_, words)| words),
        )))
}

fn transfers(pooling: &Pooling) -> PublicSection {
    let words =
        [("kept", "After a judge's paper"), ("not_kept", "Without one"), ("undecided", "Cannot be told")];
    PublicSection::new("transfers", "Transfers to federal authorities")
        .lead("A person is handed to a federal authority only on a judge's paper.")
        .block(decided(
            ("transfers-over-time", "Transfers over time"),
            ("transfers", "paper"),
            pooling,
            words,
        ))
}

fn access(pooling: &Pooling) -> PublicSection {
    let table = KeyedTable {
        id: "access-by-building",
        title: "Requests for access, by building and outcome",
        row_head: "Building",
        base: Key::all("access", pooling.all),
        rows: picks("building", &BUILDINGS),
        columns: counts(picks("outcome", &OUTCOMES)).into_iter().chain([all()]).collect(),
        total: Some("All"),
        note: None,
    };
    PublicSection::new("access", "Access to buildings")
        .lead("Areas that are not open to the public are entered on the warrant of a federal judge only.")
        .block(PublicBlock::Table(table))
}

fn terms() -> PublicSection {
    PublicSection::new("terms", "Terms").block(PublicBlock::Definitions(&[
        ("Withheld", "A figure that is kept back so that nobody can be singled out, by itself or together with others. It may be large or small."),
        ("Cannot be told", "The times on the ledger are not exact enough to decide, a value is erased, or the time in which it can be done is not over."),
        ("Judge's paper", "A warrant, writ or order of a court, signed by a judge or magistrate."),
        ("Events that no rule looks at", "They are not counted in shares and in tables of what the rules say."),
    ]))
}
