//! The report from its title to its checkpoint, laid out over pages.

use super::{
    super::{
        chart::Data,
        drawing::{Anchor, DASHES, Drawing, Mark, Part},
        font::Face,
        words,
    },
    sheet::{BOTTOM, Ink, LEFT, RIGHT, Shape, Sheet, Style, TOP, WIDTH},
    table::{Grid, Words, table},
    tree::{NodeId, Tagged},
};
use crate::model::{Block, Cell, Chart, Definition, Pack, Rates, Report, Row, Section, Table};

const KIND: Style = Style::new(Face::Semibold, 10.5, 16.0, Ink::ACCENT);
const TITLE: Style = Style::new(Face::Semibold, 23.0, 30.0, Ink::BLACK);
const PERIOD: Style = Style::new(Face::Regular, 12.0, 18.0, Ink::BLACK);
const HEADING: Style = Style::new(Face::Semibold, 14.5, 20.0, Ink::BLACK);
const BODY: Style = Style::new(Face::Regular, 10.0, 15.0, Ink::BLACK);
const TERM: Style = Style::new(Face::Semibold, 10.0, 15.0, Ink::BLACK);
const CAPTION: Style = Style::new(Face::Semibold, 10.0, 16.0, Ink::BLACK);
const SMALL: Style = Style::new(Face::Regular, 8.5, 12.5, Ink::MUTED);
const NOTE_PAD: f32 = 11.0;
const SERIES: [Ink; 6] = [
    Ink(0x1d, 0x5a, 0x78),
    Ink(0xd0, 0x8a, 0x2e),
    Ink(0x5d, 0x8f, 0x6a),
    Ink(0x8a, 0x5d, 0x94),
    Ink(0x8a, 0x97, 0xa3),
    Ink(0xb0, 0x50, 0x3f),
];

/// Lays out the whole report.
pub(super) fn flow(report: &Report) -> Sheet {
    let mut sheet = Sheet::new();
    masthead(&mut sheet, report);
    for section in report.sections() {
        self::section(&mut sheet, report, section);
    }
    if !report.head().packs.is_empty() {
        packs(&mut sheet, &report.head().packs);
    }
    checkpoint(&mut sheet, report);
    sheet
}

fn masthead(sheet: &mut Sheet, report: &Report) {
    let head = report.head();
    let part = sheet.tree.add(None, Tagged::Section);
    sheet.paragraph(part, KIND, &format!("{} · {}", words::whose(head), words::kind(report.kind())));
    sheet.y += 4.0;
    let title = sheet.tree.add(Some(part), Tagged::Heading(1, head.title.clone()));
    sheet.outline.push((head.title.clone(), sheet.page(), sheet.y));
    sheet.lines(
        title,
        TITLE,
        TITLE.face.wrap_evenly(&TITLE.face.printable(&head.title), TITLE.size, WIDTH),
        LEFT,
    );
    sheet.y += 4.0;
    sheet.paragraph(part, PERIOD, &words::period(&head.period));
    let entry = words::count(head.checkpoint.size);
    sheet.paragraph(part, SMALL, &format!("Figures as of {}, at ledger entry {entry}", words::as_of(report)));
    sheet.y += 10.0;
    if !head.notices.is_empty() {
        notices(sheet, part, &head.notices);
    }
}

/// Notices in a box, or without one if they are longer than a page.
fn notices(sheet: &mut Sheet, part: NodeId, notices: &[String]) {
    let (left, width) = (LEFT + NOTE_PAD + 4.0, WIDTH - 2.0 * NOTE_PAD - 4.0);
    let lines: usize = notices.iter().map(|notice| BODY.wrap(notice, width).len()).sum();
    let height = lines as f32 * BODY.leading + notices.len() as f32 * 4.0 + TERM.leading + 2.0 * NOTE_PAD;
    if height <= BOTTOM - TOP {
        sheet.need(height);
        sheet.adorn(vec![
            Shape::Box { x: LEFT, y: sheet.y, width: WIDTH, height, ink: Ink::NOTE },
            Shape::Box { x: LEFT, y: sheet.y, width: 3.5, height, ink: Ink::NOTE_EDGE },
        ]);
    }
    sheet.y += NOTE_PAD;
    let head = sheet.tree.add(Some(part), Tagged::Heading(2, "Please note".to_owned()));
    sheet.text(head, TERM, "Please note", left, width);
    let list = sheet.tree.add(Some(part), Tagged::List);
    for notice in notices {
        sheet.y += 4.0;
        let item = sheet.tree.add(Some(list), Tagged::Item);
        let body = sheet.tree.add(Some(item), Tagged::Body);
        sheet.text(body, BODY, notice, left, width);
    }
    sheet.y += NOTE_PAD;
}

/// A section's heading, never alone at the foot of a page.
fn heading(sheet: &mut Sheet, title: &str) -> NodeId {
    let part = sheet.tree.add(None, Tagged::Section);
    sheet.space(26.0);
    sheet.need(HEADING.leading * 2.0 + BODY.leading * 5.0);
    let node = sheet.tree.add(Some(part), Tagged::Heading(2, title.to_owned()));
    sheet.outline.push((title.to_owned(), sheet.page(), sheet.y));
    sheet.text(node, HEADING, title, LEFT, WIDTH);
    sheet.y += 5.0;
    part
}

fn section(sheet: &mut Sheet, report: &Report, section: &Section) {
    let part = heading(sheet, &section.title);
    for sentence in &section.lead {
        sheet.paragraph(part, BODY, sentence);
        sheet.y += 3.0;
    }
    for (at, block) in section.blocks.iter().enumerate() {
        sheet.space(if at == 0 && section.lead.is_empty() { 2.0 } else { 13.0 });
        match block {
            Block::Table(block) => {
                table(sheet, part, &grid(block));
                if let Some(note) = &block.note {
                    sheet.y += 4.0;
                    sheet.paragraph(part, SMALL, note);
                }
            }
            Block::Rates(block) => table(sheet, part, &rates(block)),
            Block::Chart(block) => chart(sheet, part, report, block),
            Block::Paragraph(block) => sheet.paragraph(part, BODY, &block.text),
            Block::Definitions { items } => definitions(sheet, part, items),
        }
    }
}

fn cell(cell: &Cell) -> Words {
    Words { text: words::cell(cell), muted: *cell == Cell::Withheld }
}

fn plain(text: &str) -> Words {
    Words { text: text.to_owned(), muted: false }
}

fn grid(table: &Table) -> Grid {
    let row = |row: &Row| std::iter::once(plain(&row.head)).chain(row.cells.iter().map(cell)).collect();
    let heads = std::iter::once(&table.row_head).chain(table.columns.iter().map(|column| &column.head));
    Grid {
        caption: table.title.clone(),
        heads: Some(heads.cloned().collect()),
        figures: std::iter::once(false)
            .chain(table.columns.iter().map(|column| column.kind.is_figure()))
            .collect(),
        rows: table.rows.iter().map(row).collect(),
        total: table.total.as_ref().map(row),
    }
}

fn rates(rates: &Rates) -> Grid {
    Grid {
        caption: rates.title.clone(),
        heads: None,
        figures: vec![false, true],
        rows: rates.lines.iter().map(|line| vec![plain(&line.label), cell(&line.figure)]).collect(),
        total: None,
    }
}

fn definitions(sheet: &mut Sheet, part: NodeId, items: &[Definition]) {
    let list = sheet.tree.add(Some(part), Tagged::List);
    for item in items {
        sheet.need(TERM.leading + BODY.leading);
        let node = sheet.tree.add(Some(list), Tagged::Item);
        let label = sheet.tree.add(Some(node), Tagged::Label);
        sheet.text(label, TERM, &item.term, LEFT, WIDTH);
        let body = sheet.tree.add(Some(node), Tagged::Body);
        sheet.text(body, BODY, &item.meaning, LEFT, WIDTH);
        sheet.y += 5.0;
    }
}

fn packs(sheet: &mut Sheet, packs: &[Pack]) {
    let part = heading(sheet, "Rules applied");
    let heads = ["Pack", "Version", "Valid", "State", "Digest"].map(str::to_owned).to_vec();
    let row = |pack: &Pack| {
        let name = format!("{} ({})", pack.title, pack.id);
        let valid = words::validity(pack.valid_from, pack.valid_to);
        [&name, &pack.version, &valid, pack.state.words(), &pack.digest].map(plain).to_vec()
    };
    let rows = packs.iter().map(row).collect();
    table(
        sheet,
        part,
        &Grid {
            caption: "Rule packs".to_owned(),
            heads: Some(heads),
            figures: vec![false; 5],
            rows,
            total: None,
        },
    );
}

fn checkpoint(sheet: &mut Sheet, report: &Report) {
    let checkpoint = &report.head().checkpoint;
    let part = heading(sheet, "Where the figures come from");
    sheet.paragraph(part, BODY, words::CHECKPOINT_MEANING);
    sheet.y += 8.0;
    let entries = words::count(checkpoint.size);
    let rows = [("Ledger", &checkpoint.origin), ("Entries", &entries), ("Root hash", &checkpoint.root)];
    table(
        sheet,
        part,
        &Grid {
            caption: "Checkpoint".to_owned(),
            heads: None,
            figures: vec![false, false],
            rows: rows.map(|(name, value)| vec![plain(name), plain(value)]).to_vec(),
            total: None,
        },
    );
}

fn chart(sheet: &mut Sheet, part: NodeId, report: &Report, chart: &Chart) {
    let data = Data::of(report, chart);
    let drawing = data.draw();
    let around = CAPTION.leading + SMALL.leading + 14.0;
    let scale = (WIDTH / drawing.width).min((BOTTOM - TOP - around) / drawing.height);
    let height = drawing.height * scale;
    sheet.need(height + around);
    let caption = sheet.tree.add(Some(part), Tagged::Paragraph);
    sheet.text(caption, CAPTION, &chart.title, LEFT, WIDTH);
    sheet.y += 5.0;
    let ltrb = [LEFT, sheet.y, RIGHT, sheet.y + height];
    let figure = Tagged::Figure { in_words: data.in_words(), page: sheet.page(), ltrb };
    let node = sheet.tree.add(Some(part), figure);
    let shapes = shapes(&drawing, scale, sheet.y);
    sheet.put(node, shapes);
    sheet.y += height + 5.0;
    sheet.paragraph(part, SMALL, &format!("Figures: {}", data.table.title));
}

fn shapes(drawing: &Drawing, scale: f32, top: f32) -> Vec<Shape> {
    let place = |x: f32, y: f32| (LEFT + x * scale, top + y * scale);
    let shape = |mark: &Mark| match mark {
        Mark::Box { x, y, width, height, part } => {
            let (x, y) = place(*x, *y);
            Shape::Box { x, y, width: width * scale, height: height * scale, ink: ink(*part) }
        }
        Mark::Line { points, part } => Shape::Line {
            points: points.iter().map(|(x, y)| place(*x, *y)).collect(),
            width: if matches!(part, Part::Series(_)) { 1.7 } else { 0.7 },
            dashes: if let Part::Series(at) = part { DASHES[at % DASHES.len()] } else { &[] },
            ink: ink(*part),
        },
        Mark::Dot { x, y, part } => {
            let (x, y) = place(*x, *y);
            Shape::Dot { x, y, radius: 2.4, ink: ink(*part) }
        }
        Mark::Words { x, y, anchor, size, face, part, text } => {
            let (x, y) = place(*x, *y);
            let (size, text) = (size * scale, face.printable(text));
            let width = face.width(&text, size);
            let x = match anchor {
                Anchor::Start => x,
                Anchor::Middle => x - width / 2.0,
                Anchor::End => x - width,
            };
            Shape::Words { x, y, face: *face, size, ink: ink(*part), text }
        }
    };
    drawing.marks.iter().map(shape).collect()
}

fn ink(part: Part) -> Ink {
    match part {
        Part::Ink => Ink::BLACK,
        Part::Muted => Ink::MUTED,
        Part::Grid => Ink::RULE,
        Part::Axis => Ink::AXIS,
        Part::Series(at) => SERIES[at % SERIES.len()],
    }
}
