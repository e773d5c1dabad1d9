//! The four renderings of two example reports.

#[path = "../examples/reports/council.rs"]
mod council;
#[path = "../examples/reports/public.rs"]
mod public;

use std::{collections::BTreeSet, path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use daybook_report::{
    Report,
    model::{
        Block, Cell, Chart, ChartForm, Checkpoint, ColumnKind, Head, ModelFault, OpenKind, Paragraph,
        Section, Table,
    },
    render,
};
use sha2::{Digest, Sha256};

fn reports() -> [(&'static str, Report); 2] {
    let head = council::head("Immigration-related interactions, July 2024 to June 2026").expect("a head");
    [("council", council::report().expect("whole")), ("public", public::report(head).expect("publishable"))]
}

/// Compares with a file under `tests/golden`; with `DAYBOOK_WRITE_GOLDEN=1` writes it instead.
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("DAYBOOK_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, text).expect("writable");
    }
    let had = std::fs::read_to_string(&path).expect("DAYBOOK_WRITE_GOLDEN=1 writes the files anew");
    let differs = had.lines().zip(text.lines()).position(|(had, now)| had != now);
    assert!(
        had == text,
        "{name} differs from line {:?} on; DAYBOOK_WRITE_GOLDEN=1 writes it anew",
        differs.map(|at| at + 1)
    );
}

#[test]
fn renderings_are_what_they_were() {
    for (name, report) in reports() {
        golden(&format!("{name}.json"), &render::json(&report));
        golden(&format!("{name}.csv"), &render::csv(&report));
        golden(&format!("{name}.html"), &render::html(&report));
    }
}

fn digests() -> String {
    let renderings = reports().map(|(_, report)| {
        let pdf = render::pdf(&report).expect("conforms");
        [
            render::json(&report).into_bytes(),
            render::csv(&report).into_bytes(),
            render::html(&report).into_bytes(),
            pdf,
        ]
    });
    renderings
        .iter()
        .flatten()
        .map(|bytes| STANDARD.encode(Sha256::digest(bytes)))
        .collect::<Vec<_>>()
        .join(" ")
}

const CHILD: &str = "DAYBOOK_PRINT_DIGESTS";

#[test]
fn another_process_renders_the_same_bytes() {
    if std::env::var_os(CHILD).is_some() {
        println!("digests: {}", digests());
        return;
    }
    let this = std::env::current_exe().expect("a test is a program");
    let child = Command::new(this)
        .args(["--exact", "another_process_renders_the_same_bytes", "--nocapture"])
        .env(CHILD, "1")
        .env("TZ", "Asia/Tokyo")
        .output()
        .expect("starts");
    let printed = String::from_utf8(child.stdout).expect("text");
    let theirs =
        printed.lines().find_map(|line| line.split_once("digests: ")).map(|(_, digests)| digests.to_owned());
    assert_eq!(theirs.expect("printed"), digests());
    assert_eq!(digests(), digests());
}

#[test]
fn csv_reads_back_with_every_cell_once() {
    for (name, report) in reports() {
        let text = render::csv(&report);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let cells: usize = report
            .sections()
            .iter()
            .flat_map(|section| &section.blocks)
            .map(|block| match block {
                Block::Table(table) => {
                    table.columns.len() * (table.rows.len() + usize::from(table.total.is_some()))
                }
                Block::Rates(rates) => rates.lines.len(),
                _ => 0,
            })
            .sum();
        let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("RFC 4180");
        assert_eq!(records.len(), cells, "{name}");
        assert!(
            records.iter().all(|record| &record[6] != "yes" || record[4].is_empty() && record[5].is_empty())
        );
        assert!(text.ends_with("\r\n"));
    }
}

/// A report of nothing but text that tries to break out.
fn hostile() -> Report {
    let evil = "</style><script>alert(1)</script>\"'&=HYPERLINK(\"http://x\")";
    let head = Head {
        title: evil.to_owned(),
        jurisdiction: evil.to_owned(),
        department: Some(evil.to_owned()),
        checkpoint: Checkpoint { origin: evil.to_owned(), size: 1, root: evil.to_owned() },
        notices: vec![evil.to_owned()],
        ..council::head("").expect("a head")
    };
    let table = Table::new("t", evil, evil)
        .column(evil, ColumnKind::Text)
        .column("n", ColumnKind::Count)
        .row(format!("={evil}"), [Cell::text(format!("@{evil}")), Cell::Count(3)])
        .row("日本語 \u{202e} \u{0} 🦀", [Cell::Empty, Cell::Withheld])
        .note(evil);
    let section = Section::new("s", evil)
        .lead(evil)
        .block(table)
        .block(Chart::new("c", evil, ChartForm::Bars, "t", ["n"]))
        .block(Paragraph::new(evil));
    Report::open(OpenKind::Council, head, vec![section]).expect("whole")
}

#[test]
fn the_page_needs_nothing_and_text_stays_text() {
    for (name, report) in reports().into_iter().chain([("hostile", hostile())]) {
        let page = render::html(&report);
        for banned in [
            "<script", "<link", "<img", "<iframe", "<object", "src=", "@import", "url(", "style=\"", "onload",
        ] {
            assert!(!page.contains(banned), "{name}: {banned}");
        }
        assert_eq!(page.matches("<style>").count(), 1);
        let style =
            page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
        let digest = STANDARD.encode(Sha256::digest(style));
        assert!(
            page.contains(&format!("style-src 'sha256-{digest}'")),
            "{name}: the policy names another style"
        );
    }
}

#[test]
fn the_page_can_be_read_without_seeing_it() {
    for (name, report) in reports() {
        let page = render::html(&report);
        assert!(page.contains("<html lang=\"en\">"), "{name}");
        assert_eq!(
            page.matches("<th ").count(),
            page.matches("scope=\"").count(),
            "{name}: a head without a scope"
        );
        assert_eq!(page.matches("<th>").count(), 0, "{name}: a head without a scope");
        assert_eq!(page.matches("<table").count(), page.matches("<caption>").count(), "{name}");
        assert_eq!(page.matches("<svg").count(), page.matches("<desc ").count(), "{name}");
        assert_eq!(page.matches("<h1>").count(), 1, "{name}");
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{name}: an id twice");
        for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(ids.contains(&target), "{name}: a link to nowhere, {target}");
        }
    }
}

#[test]
fn a_chart_says_in_words_what_it_draws_and_withholds() {
    let [_, (_, report)] = reports();
    let page = render::html(&report);
    let words = page.split("<desc ").nth(1).and_then(|rest| rest.split("</desc>").next()).expect("a chart");
    assert!(words.contains("Stacked bar chart") && words.contains("2024, second half: 65"), "{words}");
    assert!(words.contains("withheld"), "{words}");
}

#[test]
fn a_pdf_claims_its_standard_and_holds_tags_and_language() {
    for (name, report) in reports().into_iter().chain([("hostile", hostile())]) {
        let pdf = render::pdf(&report).expect("conforms to PDF/UA-1");
        let has = |words: &str| pdf.windows(words.len()).any(|window| window == words.as_bytes());
        for words in
            ["/StructTreeRoot", "/Marked true", "pdfuaid:part", "(en-US)", "/TH", "/Scope", "/FontFile2"]
        {
            assert!(has(words), "{name}: {words}");
        }
        assert!(!has("/JavaScript") && !has("/URI"), "{name}");
    }
}

#[test]
fn a_report_that_is_not_whole_is_refused_with_the_place() {
    let open = |blocks: Vec<Block>| {
        let section = Section { blocks, ..Section::new("s", "S") };
        Report::open(OpenKind::Department, council::head("T").expect("a head"), vec![section])
    };
    let table = || Table::new("t", "T", "R").column("n", ColumnKind::Count);
    let fault = |blocks: Vec<Block>| open(blocks).expect_err("refused");
    assert!(open(vec![table().row("r", [1]).into()]).is_ok());
    assert!(matches!(fault(vec![table().row("r", [1, 2]).into()]), ModelFault::RowWidth { .. }));
    assert!(matches!(fault(vec![table().row("r", ["words"]).into()]), ModelFault::CellKind { .. }));
    assert!(matches!(fault(vec![table().into(), table().into()]), ModelFault::RepeatedId { .. }));
    assert!(matches!(
        fault(vec![table().column("n", ColumnKind::Text).into()]),
        ModelFault::RepeatedColumn { .. }
    ));
    assert!(matches!(fault(vec![Table::new("T", "T", "R").into()]), ModelFault::BadId { .. }));
    assert!(matches!(fault(vec![table().row("x".repeat(301), [1]).into()]), ModelFault::TooMuch { .. }));
    let chart = |table: &str, column: &str| Chart::new("c", "C", ChartForm::Bars, table, [column]).into();
    assert!(matches!(fault(vec![chart("t", "n")]), ModelFault::ChartSource { .. }));
    assert!(matches!(fault(vec![table().into(), chart("t", "m")]), ModelFault::ChartSource { .. }));
    let rates = daybook_report::model::Rates::new("r", "R").line("more than all", 2, 1);
    assert!(matches!(fault(vec![rates.into()]), ModelFault::RateAboveOne { .. }));
}
