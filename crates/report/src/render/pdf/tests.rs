//! Where things come to stand on pages.

use std::collections::BTreeSet;

use jiff::{civil::date, tz::TimeZone};

use super::{
    flow::flow,
    sheet::{BOTTOM, LEFT, RIGHT, Shape, Sheet, TOP},
};
use crate::model::{
    Cell, Chart, ChartForm, Checkpoint, ColumnKind, Definition, Head, OpenKind, Paragraph, Period, Report,
    Section, Table,
};

/// More than usual of everything: rows, columns, words without spaces.
fn heavy() -> Report {
    let word = "Donaudampfschifffahrtsgesellschaftskapitänspatent".repeat(4);
    let mut wide = Table::new("wide", word.clone(), word.clone());
    for at in 0..8 {
        let kind = if at % 2 == 0 { ColumnKind::Text } else { ColumnKind::Count };
        wide = wide.column(format!("{at} {word}"), kind);
    }
    for _ in 0..4 {
        let cells =
            (0..8).map(|at| if at % 2 == 0 { Cell::text(word.clone()) } else { Cell::Count(u64::MAX) });
        wide = wide.row(word.clone(), cells);
    }
    let mut long = Table::new("long", "A long table", "Row").column("Figure", ColumnKind::Count);
    for at in 0..30_u64 {
        long = long.row(format!("Row {at}"), [at]);
    }
    let chart = |id: &str, form| Chart::new(id, "A chart", form, "long", ["Figure"]);
    let charts = [("c0", ChartForm::Bars), ("c1", ChartForm::Stacked), ("c2", ChartForm::Line)];
    let section = Section::new("s", "Heavy").block(wide).block(long);
    let section = charts.iter().fold(section, |section, (id, form)| section.block(chart(id, *form)));
    let mut huge = Table::new("huge", "A table over many pages", "Row").column("Figure", ColumnKind::Count);
    for at in 0..200_u64 {
        huge = huge.row(format!("Row {at}"), [at]);
    }
    let section = section
        .block(huge.total("All", [19_900]))
        .block(Paragraph::new("Words and words. ".repeat(230)))
        .block(vec![Definition::new("Term", "Meaning ".repeat(480))]);
    Report::open(OpenKind::Council, head(), vec![section]).unwrap()
}

fn head() -> Head {
    Head {
        title: "T ".repeat(150),
        jurisdiction: "J ".repeat(150),
        department: None,
        period: Period::new(date(2026, 1, 1), date(2026, 6, 30)).unwrap(),
        as_of: date(2026, 11, 22).at(9, 30, 0, 0).to_zoned(TimeZone::UTC).unwrap(),
        checkpoint: Checkpoint { origin: "o".repeat(120), size: u64::MAX, root: "r".repeat(120) },
        packs: vec![],
        notices: vec!["Notice. ".repeat(490), "Notice. ".repeat(490)],
    }
}

/// Page, left, right and height of all words.
fn words(sheet: &Sheet) -> Vec<(usize, f32, f32, f32, &str)> {
    let mut words = Vec::new();
    for (page, pieces) in sheet.pages.iter().enumerate() {
        for shape in pieces.iter().flat_map(|piece| &piece.shapes) {
            if let Shape::Words { x, y, face, size, text, .. } = shape {
                words.push((page, *x, x + face.width(text.trim_end(), *size), *y, text.as_str()));
            }
        }
    }
    words
}

#[test]
fn nothing_runs_over_the_margins() {
    let sheet = flow(&heavy());
    for (page, left, right, y, text) in words(&sheet) {
        assert!(left >= LEFT - 0.5 && right <= RIGHT + 0.5, "page {page}: {text:?} from {left} to {right}");
        assert!((TOP..=BOTTOM + 0.5).contains(&y), "page {page}: {text:?} at {y}");
    }
}

#[test]
fn a_table_repeats_its_head_on_every_page_it_takes() {
    let sheet = flow(&heavy());
    let words = words(&sheet);
    let pages_with = |wanted: &dyn Fn(&str) -> bool| -> BTreeSet<usize> {
        words.iter().filter(|(.., text)| wanted(text)).map(|(page, ..)| *page).collect()
    };
    let rows = pages_with(&|text| text.starts_with("Row ") && text.len() == 7);
    assert!(rows.len() > 3 && rows.is_subset(&pages_with(&|text| text == "Figure")), "{rows:?}");
    let continued = words.iter().filter(|(.., text)| *text == "A table over many pages (continued)").count();
    assert!(continued >= 3, "{continued}");
}

#[test]
fn the_checkpoint_is_on_the_foot_of_every_page_and_fits() {
    let report = heavy();
    for shape in super::write::foot(&report, 1, 99) {
        if let Shape::Words { y, text, .. } = shape {
            assert!(y < super::sheet::PAGE_HEIGHT - 8.0, "{text:?} at {y}");
        }
    }
    let text: String = super::write::foot(&report, 1, 99)
        .into_iter()
        .filter_map(|shape| if let Shape::Words { text, .. } = shape { Some(text) } else { None })
        .collect();
    assert!(text.contains("18446744073709551615 entries") && text.ends_with("Page 1 of 99"), "{text}");
    assert_eq!(text.matches('r').count() - "Ledger, entries, root".matches('r').count(), 120);
}

#[test]
fn even_a_heavy_report_conforms() {
    assert!(super::pdf(&heavy()).unwrap().starts_with(b"%PDF-1.7"));
}
