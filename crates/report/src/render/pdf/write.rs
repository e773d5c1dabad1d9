//! A report's pages as a file, with header and foot on each.

use daybook_paper::file::{About, Margin, Moment, Standard};

use super::{
    super::{font::Face, words as wording},
    LANGUAGE, PdfError,
    sheet::{Ink, LEFT, PAGE_HEIGHT, RIGHT, Shape, Sheet, Style, baseline, rule, words},
};
use crate::model::Report;

const HEADER: Style = Style::new(Face::Regular, 8.0, 11.0, Ink::MUTED);
const FOOT: Style = Style::new(Face::Regular, 7.0, 9.5, Ink::MUTED);
const HEADER_TOP: f32 = 34.0;
const FOOT_TOP: f32 = PAGE_HEIGHT - 62.0;
const PAGE_NUMBER_WIDTH: f32 = 76.0;

pub(super) fn write(report: &Report, sheet: &Sheet) -> Result<Vec<u8>, PdfError> {
    daybook_paper::file::pdf(sheet, &about(report), Standard::Accessible, |number, of| {
        let foot = (Margin::Foot, foot(report, number, of));
        if number > 1 { vec![(Margin::Head, header(report)), foot] } else { vec![foot] }
    })
}

fn about(report: &Report) -> About {
    let head = report.head();
    let at = head.as_of.datetime();
    let small = |value: i8| value.unsigned_abs();
    let created = Moment {
        year: at.year().unsigned_abs(),
        month: small(at.month()),
        day: small(at.day()),
        hour: small(at.hour()),
        minute: small(at.minute()),
        second: small(at.second()),
        offset_s: head.as_of.offset().seconds(),
    };
    About {
        title: head.title.clone(),
        author: wording::whose(head),
        description: format!("{}, {}", wording::kind(report.kind()), wording::period(&head.period)),
        language: LANGUAGE.to_owned(),
        created: Some(created),
        id: None,
    }
}

/// On every page but the first: whose report, and which.
fn header(report: &Report) -> Vec<Shape> {
    let half = (RIGHT - LEFT) / 2.0 - 10.0;
    let y = HEADER_TOP + baseline(HEADER);
    let left = one_line(HEADER, &wording::whose(report.head()), half);
    let right = one_line(HEADER, &report.head().title, half);
    let x = RIGHT - HEADER.width(&right);
    vec![words(HEADER, LEFT, y, left), words(HEADER, x, y, right), rule(HEADER_TOP + 15.0, 0.5, Ink::RULE)]
}

/// On every page: the checkpoint that the figures come from, and the page's number.
pub(super) fn foot(report: &Report, number: usize, of: usize) -> Vec<Shape> {
    let checkpoint = &report.head().checkpoint;
    let text =
        format!("Ledger {}, {} entries, root hash {}", checkpoint.origin, checkpoint.size, checkpoint.root);
    let mut shapes = vec![rule(FOOT_TOP - 6.0, 0.5, Ink::RULE)];
    for (at, line) in FOOT.wrap(&text, RIGHT - LEFT - PAGE_NUMBER_WIDTH).into_iter().enumerate() {
        shapes.push(words(FOOT, LEFT, FOOT_TOP + at as f32 * FOOT.leading + baseline(FOOT), line));
    }
    let page = format!("Page {number} of {of}");
    shapes.push(words(HEADER, RIGHT - HEADER.width(&page), FOOT_TOP + baseline(FOOT), page));
    shapes
}

/// As much of the text as fits on one line.
fn one_line(style: Style, text: &str, width: f32) -> String {
    let mut lines = style.wrap(text, width - style.width("…"));
    let first = lines.swap_remove(0);
    if lines.is_empty() { first } else { format!("{first}…") }
}
