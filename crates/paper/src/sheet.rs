//! Pages while they are filled: what is where, and how much room is left. Coordinates are points from the top left.

use crate::{
    font::Face,
    tree::{LeafId, NodeId, Tagged, Tree},
};

/// Width of a page, in points: US Letter.
pub const PAGE_WIDTH: f32 = 612.0;
/// Height of a page, in points: US Letter.
pub const PAGE_HEIGHT: f32 = 792.0;
/// Where the text begins, in points from the left edge.
pub const LEFT: f32 = 54.0;
/// Where the text ends, in points from the left edge.
pub const RIGHT: f32 = PAGE_WIDTH - 54.0;
/// Where the text begins, in points from the top.
pub const TOP: f32 = 68.0;
/// Where the text ends, in points from the top; below is the foot of the page.
pub const BOTTOM: f32 = PAGE_HEIGHT - 78.0;
/// How wide the text is, in points.
pub const WIDTH: f32 = RIGHT - LEFT;

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink(
    /// Red.
    pub u8,
    /// Green.
    pub u8,
    /// Blue.
    pub u8,
);

impl Ink {
    /// Of running text.
    pub const BLACK: Self = Self(0x1d, 0x27, 0x30);
    /// Of what is less important.
    pub const MUTED: Self = Self(0x56, 0x64, 0x6f);
    /// Of thin lines.
    pub const RULE: Self = Self(0xd3, 0xda, 0xe0);
    /// Of lines that count.
    pub const AXIS: Self = Self(0x87, 0x94, 0xa0);
    /// Of what stands out.
    pub const ACCENT: Self = Self(0x1d, 0x5a, 0x78);
    /// Behind a notice.
    pub const NOTE: Self = Self(0xff, 0xf8, 0xe6);
    /// Beside a notice.
    pub const NOTE_EDGE: Self = Self(0xc9, 0x8a, 0x1b);
}

/// How words look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The weight.
    pub face: Face,
    /// The size, in points.
    pub size: f32,
    /// From one baseline to the next, in points.
    pub leading: f32,
    /// The colour.
    pub ink: Ink,
}

impl Style {
    /// A style.
    pub const fn new(face: Face, size: f32, leading: f32, ink: Ink) -> Self {
        Self { face, size, leading, ink }
    }

    /// The text in lines no wider than this, with what the font lacks replaced.
    pub fn wrap(&self, text: &str, width: f32) -> Vec<String> {
        self.face.wrap(&self.face.printable(text), self.size, width)
    }

    /// How wide a text of one line is, in points.
    pub fn width(&self, text: &str) -> f32 {
        self.face.width(&self.face.printable(text), self.size)
    }
}

/// Something on a page.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "places and sizes in points from the top left, and what is drawn there")]
pub enum Shape {
    /// A filled rectangle.
    Box { x: f32, y: f32, width: f32, height: f32, ink: Ink },
    /// A line through points, whole or with dashes.
    Line { points: Vec<(f32, f32)>, width: f32, dashes: &'static [f32], ink: Ink },
    /// A filled circle.
    Dot { x: f32, y: f32, radius: f32, ink: Ink },
    /// Words of one line, which begin at a point of their baseline.
    Words { x: f32, y: f32, face: Face, size: f32, ink: Ink, text: String },
}

/// Shapes that belong together: to a node of the tags, or to none where they only adorn.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The piece in the tags.
    pub leaf: Option<LeafId>,
    /// What is drawn.
    pub shapes: Vec<Shape>,
}

/// All pages.
#[derive(Debug)]
pub struct Sheet {
    /// What is on each page.
    pub pages: Vec<Vec<Piece>>,
    /// The tags.
    pub tree: Tree,
    /// Headings with their page and height, for the outline.
    pub outline: Vec<(String, usize, f32)>,
    /// Where the next thing goes.
    pub y: f32,
}

impl Default for Sheet {
    fn default() -> Self {
        Self::new()
    }
}

impl Sheet {
    /// One empty page.
    pub fn new() -> Self {
        Self { pages: vec![Vec::new()], tree: Tree::default(), outline: Vec::new(), y: TOP }
    }

    /// Starts a new page unless so much room is left. What is higher than a page starts one and is the caller's to split.
    pub fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.break_page();
        }
    }

    /// Starts a new page.
    pub fn break_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
    }

    /// Leaves room, but not at the top of a page.
    pub fn space(&mut self, height: f32) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// The page that is being filled.
    pub fn page(&self) -> usize {
        self.pages.len() - 1
    }

    /// Puts shapes that mean something.
    pub fn put(&mut self, node: NodeId, shapes: Vec<Shape>) {
        let leaf = Some(self.tree.leaf(node));
        let page = self.page();
        self.pages[page].push(Piece { leaf, shapes });
    }

    /// Puts shapes that only adorn.
    pub fn adorn(&mut self, shapes: Vec<Shape>) {
        let page = self.page();
        self.pages[page].push(Piece { leaf: None, shapes });
    }

    /// Puts a text in lines below each other, over pages if need be.
    pub fn text(&mut self, node: NodeId, style: Style, text: &str, x: f32, width: f32) {
        self.lines(node, style, style.wrap(text, width), x);
    }

    /// Puts a text that is wrapped already.
    pub fn lines(&mut self, node: NodeId, style: Style, lines: Vec<String>, x: f32) {
        let last = lines.len().saturating_sub(1);
        for (at, mut line) in lines.into_iter().enumerate() {
            self.need(style.leading);
            if at < last {
                // Words are told apart by a space, also where a line ends (ISO 14289-1, 7.2).
                line.push(' ');
            }
            let shape = words(style, x, self.y + baseline(style), line);
            self.put(node, vec![shape]);
            self.y += style.leading;
        }
    }

    /// A paragraph of its own.
    pub fn paragraph(&mut self, parent: NodeId, style: Style, text: &str) {
        let node = self.tree.add(Some(parent), Tagged::Paragraph);
        self.text(node, style, text, LEFT, WIDTH);
    }
}

/// Words on a baseline.
pub fn words(style: Style, x: f32, y: f32, text: impl Into<String>) -> Shape {
    Shape::Words { x, y, face: style.face, size: style.size, ink: style.ink, text: text.into() }
}

/// How far below the top of its line the baseline is.
pub fn baseline(style: Style) -> f32 {
    style.leading / 2.0 + style.size * 0.36
}

/// A thin line across.
pub fn rule(y: f32, width: f32, ink: Ink) -> Shape {
    Shape::Line { points: vec![(LEFT, y), (RIGHT, y)], width, dashes: &[], ink }
}
