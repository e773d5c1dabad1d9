//! A paper as PDF.

use daybook_paper::file::{self, About, PdfError, Standard};
use daybook_paper::font::Face;
use daybook_paper::sheet::{BOTTOM, Ink, LEFT, RIGHT, Shape, Sheet, Style, TOP, WIDTH, baseline, words};
use daybook_paper::tree::{NodeId, Tagged};

use super::paper::{Block, Paper};
use crate::model::Choices;
use crate::render::{margins, moment};

const TITLE: Style = Style::new(Face::Semibold, 17.0, 23.0, Ink::BLACK);
const SUBTITLE: Style = Style::new(Face::Regular, 10.0, 15.0, Ink::MUTED);
const HEADING: Style = Style::new(Face::Semibold, 11.0, 16.0, Ink::BLACK);
const BODY: Style = Style::new(Face::Regular, 10.0, 14.5, Ink::BLACK);
const LABEL: Style = Style::new(Face::Regular, 9.5, 14.0, Ink::MUTED);
const FACT: Style = Style::new(Face::Regular, 9.5, 14.0, Ink::BLACK);
const UNDER_LINE: Style = Style::new(Face::Regular, 8.5, 12.0, Ink::MUTED);

const LABELS: f32 = 146.0;
const VALUES_X: f32 = LEFT + LABELS + 10.0;
const VALUES: f32 = RIGHT - VALUES_X;
const INDENT: f32 = 20.0;
const TICK: f32 = 8.5;
const SIGN_ROOM: f32 = 30.0;
/// Room for a pen above a blank's line, in points.
const PEN_ROOM: f32 = 17.0;
const SIGN_WIDTH: f32 = 290.0;

pub(super) fn pdf(paper: &Paper, choices: &Choices) -> Result<Vec<u8>, PdfError> {
    let about = About {
        title: format!("{}, {}", paper.title, choices.production),
        author: choices.words.custodian.clone(),
        description: format!("{} of production {}", paper.title, choices.production),
        created: Some(moment(&choices.opened_at)),
        id: Some(format!("{}/{}", choices.production, paper.title)),
        ..About::default()
    };
    file::pdf(&layout(paper), &about, Standard::ArchivalAccessible, |page, of| {
        margins(choices, &paper.title, None, page, of)
    })
}

fn layout(paper: &Paper) -> Sheet {
    let mut sheet = Sheet::new();
    let part = sheet.tree.add(None, Tagged::Section);
    let title = sheet.tree.add(Some(part), Tagged::Heading(1, paper.title.clone()));
    sheet.outline.push((paper.title.clone(), 0, sheet.y));
    sheet.text(title, TITLE, &paper.title, LEFT, WIDTH);
    if !paper.subtitle.is_empty() {
        sheet.paragraph(part, SUBTITLE, &paper.subtitle);
    }
    sheet.y += 6.0;
    for block in &paper.blocks {
        set(&mut sheet, part, block);
    }
    sheet
}

fn set(sheet: &mut Sheet, part: NodeId, block: &Block) {
    match block {
        Block::Heading(text) => {
            sheet.space(8.0);
            sheet.need(HEADING.leading + BODY.leading * 4.0);
            let node = sheet.tree.add(Some(part), Tagged::Heading(2, text.clone()));
            sheet.outline.push((text.clone(), sheet.page(), sheet.y));
            sheet.text(node, HEADING, text, LEFT, WIDTH);
            sheet.y += 2.0;
        }
        Block::Paragraph(text) => {
            sheet.paragraph(part, BODY, text);
            sheet.y += 6.0;
        }
        Block::Facts(facts) => {
            let table = sheet.tree.add(Some(part), Tagged::Table);
            let body = sheet.tree.add(Some(table), Tagged::TableBody);
            facts.iter().for_each(|(what, value)| set_fact(sheet, body, what, value.as_deref()));
            sheet.y += 7.0;
        }
        Block::Choices(choices) => {
            let list = sheet.tree.add(Some(part), Tagged::List);
            choices.iter().for_each(|choice| set_choice(sheet, list, choice));
            sheet.y += 4.0;
        }
        Block::Signatures(lines) => {
            lines.iter().for_each(|what| set_signature(sheet, part, what));
            sheet.y += 10.0;
        }
    }
}

fn set_fact(sheet: &mut Sheet, body: NodeId, what: &str, value: Option<&str>) {
    let lines = value.map_or(1, |value| FACT.wrap(value, VALUES).len()).max(LABEL.wrap(what, LABELS).len());
    let height = if value.is_some() {
        lines as f32 * FACT.leading + 3.0
    } else {
        (lines as f32 * FACT.leading).max(PEN_ROOM) + 3.0
    };
    if height <= BOTTOM - TOP {
        sheet.need(height);
    }
    let node = sheet.tree.add(Some(body), Tagged::Row);
    let (page, top) = (sheet.page(), sheet.y);
    let head = sheet.tree.add(Some(node), Tagged::RowHead);
    sheet.text(head, LABEL, what, LEFT, LABELS);
    if sheet.page() == page {
        sheet.y = top;
    }
    let cell = sheet.tree.add(Some(node), Tagged::Cell);
    match value {
        Some(value) => sheet.text(cell, FACT, value, VALUES_X, VALUES),
        None => {
            // The line only adorns; a cell without content would vanish from the tags.
            let y = sheet.y + PEN_ROOM - 2.0;
            let line = Shape::Line {
                points: vec![(VALUES_X, y), (RIGHT, y)],
                width: 0.6,
                dashes: &[],
                ink: Ink::AXIS,
            };
            sheet.adorn(vec![line]);
            sheet.put(cell, vec![words(FACT, VALUES_X, y, " ")]);
            sheet.y += PEN_ROOM + 2.0;
        }
    }
    sheet.y = if sheet.page() == page { sheet.y.max(top + height) } else { sheet.y + 3.0 };
}

fn set_choice(sheet: &mut Sheet, list: NodeId, text: &str) {
    sheet.need(BODY.wrap(text, WIDTH - INDENT).len() as f32 * BODY.leading + 3.0);
    let item = sheet.tree.add(Some(list), Tagged::Item);
    let (x, y) = (LEFT + 2.0, sheet.y + (BODY.leading - TICK) / 2.0);
    let corners = vec![(x, y), (x + TICK, y), (x + TICK, y + TICK), (x, y + TICK), (x, y)];
    sheet.adorn(vec![Shape::Line { points: corners, width: 0.8, dashes: &[], ink: Ink::BLACK }]);
    let body = sheet.tree.add(Some(item), Tagged::Body);
    sheet.text(body, BODY, text, LEFT + INDENT, WIDTH - INDENT);
    sheet.y += 3.0;
}

fn set_signature(sheet: &mut Sheet, part: NodeId, what: &str) {
    sheet.need(SIGN_ROOM + UNDER_LINE.leading);
    sheet.y += SIGN_ROOM;
    let line = Shape::Line {
        points: vec![(LEFT, sheet.y), (LEFT + SIGN_WIDTH, sheet.y)],
        width: 0.7,
        dashes: &[],
        ink: Ink::BLACK,
    };
    sheet.adorn(vec![line]);
    let node = sheet.tree.add(Some(part), Tagged::Paragraph);
    let y = sheet.y + baseline(UNDER_LINE);
    sheet.put(node, vec![words(UNDER_LINE, LEFT, y, UNDER_LINE.face.printable(what))]);
    sheet.y += UNDER_LINE.leading;
}
