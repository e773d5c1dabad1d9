//! A document as PDF: PDF/A-2a and PDF/UA-1, a Bates number on every page, and a box at the place of what is not shown.

use daybook_event::EventTime;
use daybook_paper::file::{self, About, Margin, Moment, PdfError, Standard};
use daybook_paper::font::Face;
use daybook_paper::sheet::{
    BOTTOM, Ink, LEFT, PAGE_HEIGHT, RIGHT, Shape, Sheet, Style, TOP, WIDTH, baseline, rule, words,
};
use daybook_paper::tree::{NodeId, Tagged};

use super::reading::{Part, Reading, Row};
use crate::model::{Choices, Document, Numbered};

const TITLE: Style = Style::new(Face::Semibold, 17.0, 22.0, Ink::BLACK);
const SUBTITLE: Style = Style::new(Face::Regular, 9.5, 14.0, Ink::MUTED);
const HEADING: Style = Style::new(Face::Semibold, 10.5, 15.0, Ink::BLACK);
const LABEL: Style = Style::new(Face::Regular, 9.0, 13.0, Ink::MUTED);
const VALUE: Style = Style::new(Face::Regular, 9.0, 13.0, Ink::BLACK);
const ABSENT: Style = Style::new(Face::Regular, 9.0, 13.0, Ink::MUTED);
const BOX_HEAD: Style = Style::new(Face::Semibold, 8.5, 12.0, WHITE);
const BOX: Style = Style::new(Face::Regular, 8.5, 11.5, Ink::BLACK);
const BOX_SMALL: Style = Style::new(Face::Regular, 7.0, 10.0, Ink::MUTED);
const MARGIN: Style = Style::new(Face::Regular, 8.0, 11.0, Ink::MUTED);
const STAMP: Style = Style::new(Face::Semibold, 9.5, 12.0, Ink::BLACK);
const LEGEND: Style = Style::new(Face::Semibold, 8.5, 11.0, Ink::BLACK);
const WHITE: Ink = Ink(0xff, 0xff, 0xff);
const BLACK: Ink = Ink(0, 0, 0);

/// Width of the column of labels, in points.
const LABELS: f32 = 150.0;
const VALUES_X: f32 = LEFT + LABELS + 10.0;
const VALUES: f32 = RIGHT - VALUES_X;
const ROW_PAD: f32 = 2.2;
const BOX_PAD: f32 = 5.0;
const BOX_EDGE: f32 = 0.9;
const HEADER_TOP: f32 = 34.0;
const FOOT_TOP: f32 = PAGE_HEIGHT - 58.0;

/// How many pages the document takes. Its numbers do not matter for that, so it is known before there are any.
pub fn pages(document: &Document, choices: &Choices) -> u64 {
    layout(document, choices).pages.len() as u64
}

/// The document as a PDF file.
///
/// # Errors
/// Where the file would not conform to PDF/A-2a and PDF/UA-1. No document is known for which that happens.
pub fn pdf(numbered: &Numbered, choices: &Choices) -> Result<Vec<u8>, PdfError> {
    let Numbered { bates, document } = numbered;
    let about = About {
        title: format!("{} {}", bates.begin(), document.title),
        author: choices.words.custodian.clone(),
        description: format!(
            "{}: {}, entry {} of {}",
            choices.production, document.event, document.index, choices.origin
        ),
        created: Some(moment(&choices.opened_at)),
        id: Some(format!("{}/{}", choices.production, bates.begin())),
        ..About::default()
    };
    file::pdf(&layout(document, choices), &about, Standard::ArchivalAccessible, |page, of| {
        let stamp = bates.stamp(bates.first + page as u64 - 1);
        margins(choices, &format!("{} · entry {}", document.title, document.index), Some(&stamp), page, of)
    })
}

/// The moment that a file says it was made: the event's, never a clock's. A day stands for its midnight in UTC.
pub fn moment(text: &str) -> Moment {
    let epoch = Moment { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, offset_s: 0 };
    EventTime::parse(text).map_or(epoch, |time| Moment {
        year: time.civil.year().unsigned_abs(),
        month: time.civil.month().unsigned_abs(),
        day: time.civil.day().unsigned_abs(),
        hour: time.civil.hour().unsigned_abs(),
        minute: time.civil.minute().unsigned_abs(),
        second: time.civil.second().unsigned_abs(),
        offset_s: time.offset.map_or(0, |offset| offset.seconds()),
    })
}

/// Head and foot: the production, what the page is of, the legend on the lower left, the Bates number on the lower right.
pub(crate) fn margins(
    choices: &Choices,
    what: &str,
    stamp: Option<&str>,
    page: usize,
    of: usize,
) -> Vec<(Margin, Vec<Shape>)> {
    let y = HEADER_TOP + baseline(MARGIN);
    let what = MARGIN.face.printable(what);
    let head = vec![
        words(MARGIN, LEFT, y, choices.production.clone()),
        words(MARGIN, RIGHT - MARGIN.width(&what), y, what),
        rule(HEADER_TOP + 15.0, 0.5, Ink::RULE),
    ];
    let mut foot = vec![rule(FOOT_TOP - 6.0, 0.5, Ink::RULE)];
    let legend = LEGEND.wrap(&choices.legend, WIDTH * 0.4);
    for (at, line) in legend.into_iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        foot.push(words(LEGEND, LEFT, FOOT_TOP + at as f32 * LEGEND.leading + baseline(LEGEND), line));
    }
    let number = format!("Page {page} of {of}");
    let middle = LEFT + (WIDTH - MARGIN.width(&number)) / 2.0;
    let number = words(MARGIN, middle, FOOT_TOP + baseline(MARGIN), number);
    let mut margins = vec![(Margin::Head, head), (Margin::Foot, foot), (Margin::PageNumber, vec![number])];
    if let Some(stamp) = stamp {
        let place = (RIGHT - STAMP.width(stamp), FOOT_TOP + baseline(STAMP));
        margins.push((Margin::Bates, vec![words(STAMP, place.0, place.1, stamp)]));
    }
    margins
}

fn layout(document: &Document, choices: &Choices) -> Sheet {
    let reading = Reading::of(document, choices);
    let mut sheet = Sheet::new();
    let top = sheet.tree.add(None, Tagged::Section);
    let title = sheet.tree.add(Some(top), Tagged::Heading(1, reading.title.clone()));
    sheet.outline.push((reading.title.clone(), 0, sheet.y));
    sheet.text(title, TITLE, &reading.title, LEFT, WIDTH);
    sheet.paragraph(top, SUBTITLE, &reading.subtitle);
    for part in &reading.parts {
        set_part(&mut sheet, part);
    }
    sheet
}

fn set_part(sheet: &mut Sheet, part: &Part) {
    let section = sheet.tree.add(None, Tagged::Section);
    sheet.space(9.0);
    let first = part.rows.first().map_or(0.0, height);
    sheet.need(HEADING.leading + 3.0 + first.min(BOTTOM - TOP - HEADING.leading - 3.0));
    let node = sheet.tree.add(Some(section), Tagged::Heading(2, part.heading.clone()));
    sheet.outline.push((part.heading.clone(), sheet.page(), sheet.y));
    sheet.text(node, HEADING, &part.heading, LEFT, WIDTH);
    sheet.adorn(vec![rule(sheet.y + 1.0, 0.8, Ink::AXIS)]);
    sheet.y += 3.0;
    let mut table = None;
    for row in &part.rows {
        if let Row::Note(sentence) = row {
            table = None;
            sheet.y += 4.0;
            sheet.paragraph(section, LABEL, sentence);
            continue;
        }
        let body = *table.get_or_insert_with(|| {
            let table = sheet.tree.add(Some(section), Tagged::Table);
            sheet.tree.add(Some(table), Tagged::TableBody)
        });
        set_row(sheet, body, row);
    }
}

fn height(row: &Row) -> f32 {
    let labels = |labels: &[String]| {
        labels.iter().map(|label| LABEL.wrap(label, LABELS).len()).sum::<usize>() as f32 * LABEL.leading
    };
    match row {
        Row::Value { label, lines } => {
            let lines: usize = lines.iter().map(|line| VALUE.wrap(line, VALUES).len()).sum();
            labels(std::slice::from_ref(label)).max(lines as f32 * VALUE.leading) + 2.0 * ROW_PAD
        }
        Row::Absent { label } => labels(std::slice::from_ref(label)).max(VALUE.leading) + 2.0 * ROW_PAD,
        Row::Boxed { labels: names, lines, commitment, .. } => {
            labels(names).max(boxed_height(lines, commitment.is_some())) + 2.0 * ROW_PAD
        }
        Row::Note(_) => LABEL.leading,
    }
}

fn boxed_lines(lines: &[String]) -> Vec<String> {
    lines.iter().flat_map(|line| BOX.wrap(line, VALUES - 2.0 * BOX_PAD)).collect()
}

fn boxed_height(lines: &[String], committed: bool) -> f32 {
    let small = if committed { BOX_SMALL.leading } else { 0.0 };
    BOX_HEAD.leading + 3.0 + boxed_lines(lines).len() as f32 * BOX.leading + small + 2.0 * BOX_PAD
}

fn set_row(sheet: &mut Sheet, body: NodeId, row: &Row) {
    let height = height(row);
    // What is higher than a page flows on; everything else stays together.
    if height <= BOTTOM - TOP {
        sheet.need(height);
    }
    let node = sheet.tree.add(Some(body), Tagged::Row);
    let (page, top) = (sheet.page(), sheet.y);
    sheet.y += ROW_PAD;
    let head = sheet.tree.add(Some(node), Tagged::RowHead);
    match row {
        Row::Value { label, .. } | Row::Absent { label } => sheet.text(head, LABEL, label, LEFT, LABELS),
        Row::Boxed { labels, .. } => {
            labels.iter().for_each(|label| sheet.text(head, LABEL, label, LEFT, LABELS))
        }
        Row::Note(_) => {}
    }
    // Values stand beside their labels, unless the labels went on to another page.
    if sheet.page() == page {
        sheet.y = top + ROW_PAD;
    }
    let cell = sheet.tree.add(Some(node), Tagged::Cell);
    match row {
        Row::Value { lines, .. } => set_lines(sheet, cell, VALUE, lines),
        Row::Absent { .. } => sheet.text(cell, ABSENT, "absent", VALUES_X, VALUES),
        Row::Boxed { head, lines, commitment, .. } => {
            set_box(sheet, cell, head, lines, commitment.as_deref())
        }
        Row::Note(_) => {}
    }
    sheet.y = if sheet.page() == page { top + height } else { sheet.y + ROW_PAD };
    sheet.adorn(vec![rule(sheet.y, 0.4, Ink::RULE)]);
}

fn set_lines(sheet: &mut Sheet, cell: NodeId, style: Style, lines: &[String]) {
    let set: Vec<String> = lines.iter().flat_map(|line| style.wrap(line, VALUES)).collect();
    sheet.lines(cell, style, set, VALUES_X);
}

/// A box that says why nothing is shown. What is not shown is not in the document at all, so nothing can be under it.
fn set_box(sheet: &mut Sheet, cell: NodeId, head: &str, lines: &[String], commitment: Option<&str>) {
    let height = boxed_height(lines, commitment.is_some());
    let (top, strip) = (sheet.y, BOX_HEAD.leading + 3.0);
    sheet.adorn(vec![
        Shape::Box { x: VALUES_X, y: top, width: VALUES, height, ink: BLACK },
        Shape::Box {
            x: VALUES_X + BOX_EDGE,
            y: top + strip,
            width: VALUES - 2.0 * BOX_EDGE,
            height: height - strip - BOX_EDGE,
            ink: WHITE,
        },
    ]);
    let x = VALUES_X + BOX_PAD;
    sheet.y = top + 1.5;
    sheet.lines(cell, BOX_HEAD, vec![format!("{head} ")], x);
    sheet.y = top + strip + BOX_PAD * 0.6;
    let mut set = boxed_lines(lines);
    // Words are told apart by a space, also where a line ends (ISO 14289-1, 7.2).
    set.iter_mut().for_each(|line| line.push(' '));
    sheet.lines(cell, BOX, set, x);
    if let Some(digest) = commitment {
        sheet.lines(cell, BOX_SMALL, vec![format!("Digest in the signed event: {digest}")], x);
    }
    sheet.y = top + height;
}
