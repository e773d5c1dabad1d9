//! Laid-out pages as a PDF file, with what stands on the head and foot of each.

use std::sync::LazyLock;

use krilla::{
    Data, Document, SerializeSettings,
    color::rgb,
    configure::{Accessibility, Archival, Configuration, ConfigurationBuilder},
    destination::XyzDestination,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, FillRule, Stroke, StrokeDash},
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, SpanTag},
    text::{Font, GlyphId, KrillaGlyph},
};

use crate::{
    font::Face,
    sheet::{Ink, LEFT, PAGE_HEIGHT, PAGE_WIDTH, Piece, Shape, Sheet},
};

/// How far a circle's handles are from its quarters, in radii.
const CIRCLE_HANDLE: f32 = 0.552_285;

/// What a file keeps to. A file that would not is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// PDF/UA-1 (ISO 14289-1): tagged, so that it can be read aloud.
    Accessible,
    /// PDF/A-2a (ISO 19005-2) and PDF/UA-1: for the long term too.
    ArchivalAccessible,
}

/// A moment by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "year, month, day and so on say what they are")]
pub struct Moment {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    /// Seconds that the clock is ahead of UTC.
    pub offset_s: i32,
}

/// What a file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its title. PDF/UA asks for one.
    pub title: String,
    /// Whose it is.
    pub author: String,
    /// What it is, in a sentence.
    pub description: String,
    /// The language of its words, as in RFC 3066.
    pub language: String,
    /// When what it says was so: never when the file was written, since the same pages must give the same bytes.
    pub created: Option<Moment>,
    /// What tells it from all other files; without it, it is made from the content.
    pub id: Option<String>,
}

impl Default for About {
    fn default() -> Self {
        Self {
            title: String::new(),
            author: String::new(),
            description: String::new(),
            language: "en-US".to_owned(),
            created: Some(Moment {
                year: 2000,
                month: 1,
                day: 1,
                hour: 0,
                minute: 0,
                second: 0,
                offset_s: 0,
            }),
            id: None,
        }
    }
}

/// What a thing on the head or foot of a page is. None of it is part of what is read aloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Margin {
    /// The head.
    Head,
    /// The foot.
    Foot,
    /// The number of the page.
    PageNumber,
    /// The number that the page has in a production to a court.
    Bates,
}

/// Why no PDF came about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// The file would break a rule of its standard.
    #[error("the PDF would not conform to its standard and was not written: {rules}")]
    Standard {
        /// The rules.
        rules: String,
    },
}

/// Writes the pages. `margins` says what stands on the head and foot of a page, given its number from 1 and how many there are.
///
/// # Errors
/// If the file would not keep to the standard.
pub fn pdf(
    sheet: &Sheet,
    about: &About,
    standard: Standard,
    margins: impl Fn(usize, usize) -> Vec<(Margin, Vec<Shape>)>,
) -> Result<Vec<u8>, PdfError> {
    let settings =
        SerializeSettings { configuration: standard.configuration(), ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata(about));
    document.set_outline(outline(sheet));
    let mut marks = sheet.tree.marks();
    let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).expect("the page has a size");
    for (number, pieces) in sheet.pages.iter().enumerate() {
        let mut page = document.start_page_with(settings.clone());
        let mut surface = page.surface();
        let (foot, head): (Vec<_>, Vec<_>) = margins(number + 1, sheet.pages.len())
            .into_iter()
            .partition(|(margin, _)| *margin != Margin::Head);
        head.iter().for_each(|(margin, shapes)| artifact(&mut surface, margin.artifact(), shapes));
        for Piece { leaf, shapes } in pieces {
            match leaf {
                None => artifact(&mut surface, ArtifactType::Other, shapes),
                Some(leaf) => {
                    marks.set(*leaf, surface.start_tagged(ContentTag::Span(SpanTag::empty())));
                    shapes.iter().for_each(|shape| draw(&mut surface, shape));
                    surface.end_tagged();
                }
            }
        }
        foot.iter().for_each(|(margin, shapes)| artifact(&mut surface, margin.artifact(), shapes));
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(sheet.tree.finish(&marks, &about.language));
    document.finish().map_err(|error| PdfError::Standard { rules: format!("{error:?}") })
}

impl Standard {
    fn configuration(self) -> Configuration {
        let builder = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1);
        let builder = match self {
            Self::Accessible => builder,
            Self::ArchivalAccessible => builder.with_archival_validator(Archival::A2_A),
        };
        builder.finish().expect("PDF/A-2a and PDF/UA-1 are both of PDF 1.7")
    }
}

impl Margin {
    fn artifact(self) -> ArtifactType {
        match self {
            Self::Head => ArtifactType::Header,
            Self::Foot => ArtifactType::Footer,
            Self::PageNumber => ArtifactType::PageNumber,
            Self::Bates => ArtifactType::Bates,
        }
    }
}

fn metadata(about: &About) -> Metadata {
    let mut metadata = Metadata::new()
        .title(about.title.clone())
        .description(about.description.clone())
        .language(about.language.clone())
        .creator("Daybook".to_owned());
    if !about.author.is_empty() {
        metadata = metadata.authors(vec![about.author.clone()]);
    }
    if let Some(id) = &about.id {
        metadata = metadata.document_id(id.clone());
    }
    match about.created {
        Some(created) => metadata.creation_date(created.date()),
        None => metadata,
    }
}

impl Moment {
    fn date(self) -> DateTime {
        DateTime::new(self.year)
            .month(self.month)
            .day(self.day)
            .hour(self.hour)
            .minute(self.minute)
            .second(self.second)
            .utc_offset_hour(i8::try_from(self.offset_s / 3600).unwrap_or(0))
            .utc_offset_minute(u8::try_from(self.offset_s.abs() % 3600 / 60).unwrap_or(0))
    }
}

fn outline(sheet: &Sheet) -> Outline {
    let mut outline = Outline::new();
    for (title, page, y) in &sheet.outline {
        let place = XyzDestination::new(*page, Point::from_xy(LEFT, *y));
        outline.push_child(OutlineNode::new(title.clone(), place));
    }
    outline
}

fn artifact(surface: &mut Surface<'_>, kind: ArtifactType, shapes: &[Shape]) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
    shapes.iter().for_each(|shape| draw(surface, shape));
    surface.end_tagged();
}

fn draw(surface: &mut Surface<'_>, shape: &Shape) {
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
            let place = Point::from_xy(*x, *y);
            surface.draw_glyphs(place, &glyphs(*face, text), font(*face), text, *size, false);
            return;
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn glyphs(face: Face, text: &str) -> Vec<KrillaGlyph> {
    let glyph = |glyph: crate::font::Glyph| {
        let (id, x, y) = (GlyphId::new(glyph.id), glyph.x_offset, glyph.y_offset);
        KrillaGlyph::new(id, glyph.advance, x, y, 0.0, glyph.bytes, None)
    };
    face.shape(text).into_iter().map(glyph).collect()
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

/// The font as the file needs it, read once: a production writes many thousand files.
fn font(face: Face) -> Font {
    static FONTS: LazyLock<[Font; 2]> = LazyLock::new(|| {
        [Face::Regular, Face::Semibold]
            .map(|face| Font::new(Data::from(face.bytes()), 0).expect("the fonts of this crate are fonts"))
    });
    match face {
        Face::Regular => FONTS[0].clone(),
        Face::Semibold => FONTS[1].clone(),
    }
}
