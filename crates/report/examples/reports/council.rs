//! A council report with made-up figures.

use daybook_report::model::{
    Chart, ChartForm, Checkpoint, ColumnKind, Definition, Head, ModelFault, OpenKind, Pack, PackState,
    Paragraph, Period, Rates, Report, Section, Table,
};
use jiff::{civil::date, tz::TimeZone};

/// A half-year of a city that does not exist.
pub(crate) fn report() -> Result<Report, ModelFault> {
    let sections = vec![requests(), advisements(), lead_times(), access(), findings(), terms()];
    Report::open(OpenKind::Council, head("Immigration-related interactions, first half of 2026")?, sections)
}

/// What stands above every example.
pub(crate) fn head(title: &str) -> Result<Head, ModelFault> {
    let as_of = date(2026, 11, 22).at(9, 30, 0, 0).to_zoned(TimeZone::fixed(jiff::tz::offset(-7)));
    Ok(Head {
        title: title.to_owned(),
        jurisdiction: "City and County of Example".to_owned(),
        department: None,
        period: Period::new(date(2026, 1, 1), date(2026, 6, 30))?,
        as_of: as_of.expect("a fixed offset has every time"),
        checkpoint: Checkpoint {
            origin: "ledger.example/daybook".to_owned(),
            size: 184_302,
            root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(),
        },
        packs: vec![
            Pack {
                id: "city-ordinance".to_owned(),
                version: "3.1".to_owned(),
                title: "City ordinance, chapter 28".to_owned(),
                valid_from: date(2017, 8, 31),
                valid_to: None,
                state: PackState::InForce,
                digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            },
            Pack {
                id: "subpoena-notice".to_owned(),
                version: "0.2".to_owned(),
                title: "Notice to subjects of subpoenas".to_owned(),
                valid_from: date(2026, 8, 12),
                valid_to: Some(date(2027, 6, 30)),
                state: PackState::Study,
                digest: "sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".to_owned(),
            },
        ],
        notices: vec![
            "The pack “Notice to subjects of subpoenas” was applied to months before it became law. Its findings show what it would have meant \
             and are nobody's breach."
                .to_owned(),
        ],
    })
}

fn requests() -> Section {
    let kinds = Table::new("requests-by-kind", "Requests received, by kind", "Kind of request")
        .column("Received", ColumnKind::Count)
        .column("Answered", ColumnKind::Count)
        .column("Refused", ColumnKind::Count)
        .column("Open", ColumnKind::Count)
        .column("Median time to answer", ColumnKind::Minutes)
        .row("Release notification", counts([168, 152, 9, 7], Some(412)))
        .row("Civil immigration detainer", counts([121, 0, 121, 0], Some(95)))
        .row("Interview in custody", counts([34, 21, 13, 0], Some(1_310)))
        .row("Records or personal information", counts([27, 4, 21, 2], Some(4_025)))
        .row("Access to a secure area", counts([11, 2, 9, 0], Some(38)))
        .row("Other", counts([3, 1, 1, 1], None))
        .total("All requests", counts([364, 180, 174, 10], None))
        .note("A request is open while the department has neither answered nor refused it. Time to answer counts closed requests only.");
    let months = ["January", "February", "March", "April", "May", "June"];
    let by_month = [[24, 17, 9], [22, 19, 8], [31, 20, 14], [29, 24, 12], [27, 18, 15], [35, 23, 17]];
    let monthly = months.iter().zip(by_month).fold(
        Table::new("requests-by-month", "Requests received, by month", "Month")
            .column("Release notification", ColumnKind::Count)
            .column("Detainer", ColumnKind::Count)
            .column("All others", ColumnKind::Count),
        |table, (month, figures)| table.row(*month, figures),
    );
    Section::new("requests", "Requests by federal authorities")
        .lead("Departments recorded 364 requests, against 341 in the half-year before. Each is counted once, when it was received.")
        .block(kinds)
        .block(Chart::new("chart-kinds", "Requests received, by kind", ChartForm::Bars, "requests-by-kind", ["Received"]))
        .block(monthly)
        .block(Chart::new(
            "chart-months",
            "Requests received, by month",
            ChartForm::Stacked,
            "requests-by-month",
            ["Release notification", "Detainer", "All others"],
        ))
}

fn counts(figures: [u64; 4], minutes: Option<u64>) -> Vec<daybook_report::model::Cell> {
    use daybook_report::model::Cell;
    let last = minutes.map_or(Cell::Empty, Cell::Minutes);
    figures.into_iter().map(Cell::Count).chain([last]).collect()
}

fn advisements() -> Section {
    Section::new("advisements", "Advisement of rights")
        .lead("The person in custody must be told of their rights in writing, in a language of their choice, before an interview and before a release notice.")
        .block(
            Rates::new("advisement-rates", "Advised in time")
                .line("Release notices before which the person was advised", 79, 84)
                .line("Interviews before which the person was advised", 21, 21)
                .line("Advisements in the language that was asked for", 98, 100)
                .line("Interviews at the wish of counsel, with counsel present", 0, 0),
        )
        .block(Paragraph::new("Five notices went out before the advisement was recorded. Each is a finding, and the jail answered all five."))
}

fn lead_times() -> Section {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"];
    let figures = [[4, 6, 2], [5, 7, 1], [3, 9, 4], [6, 8, 3], [2, 7, 5], [4, 6, 2]];
    let table = months.iter().zip(figures).fold(
        Table::new("lead-times", "Release notices, by time between notice and release", "Month")
            .column("Under 1 hour", ColumnKind::Count)
            .column("1 to 48 hours", ColumnKind::Count)
            .column("48 hours or more", ColumnKind::Count),
        |table, (month, row)| table.row(*month, row),
    );
    Section::new("lead-times-section", "Time between notice and release")
        .lead("The classes are measures. Which of them is wanted depends on whom one asks, and this report takes no side.")
        .block(Chart::new(
            "chart-lead",
            "Release notices per month",
            ChartForm::Line,
            "lead-times",
            ["Under 1 hour", "1 to 48 hours", "48 hours or more"],
        ))
        .block(table.total("Half-year", [24, 43, 17]))
}

fn access() -> Section {
    use daybook_report::model::Cell;
    let row = |asked: u64, granted: u64, judicial: u64| {
        vec![
            Cell::Count(asked),
            Cell::Count(granted),
            Cell::rate(judicial, granted),
            Cell::share(granted, asked),
        ]
    };
    let table = Table::new("access-by-building", "Requests for access, by building", "Building")
        .column("Asked", ColumnKind::Count)
        .column("Granted", ColumnKind::Count)
        .column("Granted on judicial paper", ColumnKind::Rate)
        .column("Share granted", ColumnKind::Percent)
        .row("Jail", row(8, 2, 2))
        .row("Police stations", row(2, 0, 0))
        .row("Courts", row(14, 6, 5))
        .row("Libraries and recreation centers", row(1, 0, 0));
    Section::new("access", "Access to buildings")
        .lead("Secure areas are open on a judge's paper only.")
        .block(table)
}

fn findings() -> Section {
    use daybook_report::model::Cell;
    let row = |title: &str, severity: &str, raised: u64, answered: u64, day: Option<jiff::civil::Date>| {
        let last = day.map_or(Cell::Empty, Cell::Date);
        (
            title.to_owned(),
            vec![Cell::text(severity), Cell::Count(raised), Cell::rate(answered, raised), last],
        )
    };
    let rows = [
        row("R02 Advisement after the notice", "V1", 5, 5, Some(date(2026, 7, 3))),
        row("R18 Request without an answer after 14 days", "V2", 12, 9, Some(date(2026, 8, 19))),
        row("R32 Account review older than 31 days", "V2", 2, 2, Some(date(2026, 4, 30))),
        row("R39 Recorded more than 24 hours after it happened", "V3", 31, 31, Some(date(2026, 7, 1))),
        row("R43 Forbidden data in a record", "V1", 0, 0, None),
    ];
    let table = rows.into_iter().fold(
        Table::new("findings-by-rule", "Findings, by rule", "Rule")
            .column("Severity", ColumnKind::Text)
            .column("Raised", ColumnKind::Count)
            .column("Answered", ColumnKind::Rate)
            .column("Last answer", ColumnKind::Date),
        |table, (title, cells)| table.row(title, cells),
    );
    Section::new("findings", "Findings")
        .lead("A finding names the rule, the version of its pack and the entries it rests on.")
        .block(table)
}

fn terms() -> Section {
    Section::new("terms", "Terms").block(vec![
        Definition::new(
            "Judicial paper",
            "A warrant, writ or order signed by a judge or magistrate of a court.",
        ),
        Definition::new(
            "Detainer",
            "A request to keep somebody in custody beyond release. The city does not hold on it.",
        ),
        Definition::new("Open", "Neither answered nor refused when the figures were taken."),
    ])
}
