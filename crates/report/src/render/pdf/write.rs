//! Laid-out pages as a file, with header and foot on each.

use krilla::{
    Data, Document, SerializeSettings,
    color::rgb,
    configure::{Configuration, Validator},
    destination::XyzDestination,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, FillRule, Stroke, StrokeDash},
    surface::Surface,
    tagging::{ArtifactType, ContentTag, SpanTag},
    text::{Font, GlyphId, KrillaGlyph},
};

use super::{
    super::{font::Face, words as wording},
    LANGUAGE, PdfError,
    sheet::{Ink, LEFT, PAGE_HEIGHT, PAGE_WIDTH, Piece, RIGHT, Shape, Sheet, Style, baseline, rule, words},
};
use crate::model::Report;

const HEADER: Style = Style::new(Face::Regular, 8.0, 11.0, Ink::MUTED);
const FOOT: Style = Style::new(Face::Regular, 7.0, 9.5, Ink::MUTED);
const HEADER_TOP: f32 = 34.0;
const FOOT_TOP: f32 = PAGE_HEIGHT - 62.0;
const PAGE_NUMBER_WIDTH: f32 = 76.0;
/// How far a circle's handles are from its quarters, in radii.
const CIRCLE_HANDLE: f32 = 0.552_285;

pub(super) fn write(report: &Report, sheet: &Sheet) -> Result<Vec<u8>, PdfError> {
    let mut document = Document::new_with(SerializeSettings {
        configuration: Configuration::new_with_validator(Validator::UA1),
        ..SerializeSettings::default()
    });
    document.set_metadata(metadata(report));
    document.set_outline(outline(sheet));
    let fonts = Fonts::new();
    let mut marks = sheet.tree.marks();
    let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).expect("the page has a size");
    for (number, pieces) in sheet.pages.iter().enumerate() {
        let mut page = document.start_page_with(settings.clone());
        let mut surface = page.surface();
        if number > 0 {
            artifact(&mut surface, &fonts, ArtifactType::Header, &header(report));
        }
        for Piece { leaf, shapes } in pieces {
            match leaf {
                None => artifact(&mut surface, &fonts, ArtifactType::Other, shapes),
                Some(leaf) => {
                    marks.set(*leaf, surface.start_tagged(ContentTag::Span(SpanTag::empty())));
                    shapes.iter().for_each(|shape| draw(&mut surface, &fonts, shape));
                    surface.end_tagged();
                }
            }
        }
        artifact(&mut surface, &fonts, ArtifactType::Footer, &foot(report, number + 1, sheet.pages.len()));
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(sheet.tree.finish(&marks));
    document.finish().map_err(|error| PdfError::Standard { rules: format!("{error:?}") })
}

fn metadata(report: &Report) -> Metadata {
    let head = report.head();
    let (at, offset) = (head.as_of.datetime(), head.as_of.offset().seconds());
    let small = |value: i8| value.unsigned_abs();
    let created = DateTime::new(at.year().unsigned_abs())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(i8::try_from(offset / 3600).unwrap_or(0))
        .utc_offset_minute(u8::try_from(offset.abs() % 3600 / 60).unwrap_or(0));
    Metadata::new()
        .title(head.title.clone())
        .authors(vec![wording::whose(head)])
        .description(format!("{}, {}", wording::kind(report.kind()), wording::period(&head.period)))
        .language(LANGUAGE.to_owned())
        .creator("Daybook".to_owned())
        .creation_date(created)
}

fn outline(sheet: &Sheet) -> Outline {
    let mut outline = Outline::new();
    for (title, page, y) in &sheet.outline {
        let place = XyzDestination::new(*page, Point::from_xy(LEFT, *y));
        outline.push_child(OutlineNode::new(title.clone(), place));
    }
    outline
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

fn artifact(surface: &mut Surface<'_>, fonts: &Fonts, kind: ArtifactType, shapes: &[Shape]) {
    surface.start_tagged(ContentTag::Artifact(kind));
    shapes.iter().for_each(|shape| draw(surface, fonts, shape));
    surface.end_tagged();
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, shape: &Shape) {
    let mut path = PathBuilder::new();
    match shape {
        Shape::Box { x, y, width, height, ink } => {
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                path.push_rect(rect);
            }
            paint(surface, Some(fill(*ink)), None);
        }
        Shape::Dot { x, y, radius, ink } => {
            circle(&mut path, *x, *y, *radius);
            paint(surface, Some(fill(*ink)), None);
        }
        Shape::Line { points, width, dashes, ink } => {
            for (at, (x, y)) in points.iter().enumerate() {
                if at == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
            }
            let dash = (!dashes.is_empty()).then(|| StrokeDash { array: dashes.to_vec(), offset: 0.0 });
            let stroke = Stroke { paint: color(*ink).into(), width: *width, dash, ..Stroke::default() };
            paint(surface, None, Some(stroke));
        }
        Shape::Words { x, y, face, size, ink, text } => {
            paint(surface, Some(fill(*ink)), None);
            let glyphs: Vec<KrillaGlyph> = face
                .shape(text)
                .into_iter()
                .map(|glyph| {
                    let id = GlyphId::new(glyph.id);
                    KrillaGlyph::new(
                        id,
                        glyph.advance,
                        glyph.x_offset,
                        glyph.y_offset,
                        0.0,
                        glyph.bytes,
                        None,
                    )
                })
                .collect();
            surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, fonts.of(*face), text, *size, false);
            return;
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn paint(surface: &mut Surface<'_>, fill: Option<Fill>, stroke: Option<Stroke>) {
    surface.set_fill(fill);
    surface.set_stroke(stroke);
}

fn fill(ink: Ink) -> Fill {
    Fill { paint: color(ink).into(), opacity: NormalizedF32::ONE, rule: FillRule::default() }
}

fn color(Ink(red, green, blue): Ink) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

fn circle(path: &mut PathBuilder, x: f32, y: f32, r: f32) {
    let h = r * CIRCLE_HANDLE;
    path.move_to(x + r, y);
    path.cubic_to(x + r, y + h, x + h, y + r, x, y + r);
    path.cubic_to(x - h, y + r, x - r, y + h, x - r, y);
    path.cubic_to(x - r, y - h, x - h, y - r, x, y - r);
    path.cubic_to(x + h, y - r, x + r, y - h, x + r, y);
    path.close();
}

struct Fonts {
    regular: Font,
    semibold: Font,
}

impl Fonts {
    fn new() -> Self {
        let font =
            |face: Face| Font::new(Data::from(face.bytes()), 0).expect("the fonts of this crate are fonts");
        Self { regular: font(Face::Regular), semibold: font(Face::Semibold) }
    }

    fn of(&self, face: Face) -> Font {
        match face {
            Face::Regular => self.regular.clone(),
            Face::Semibold => self.semibold.clone(),
        }
    }
}
