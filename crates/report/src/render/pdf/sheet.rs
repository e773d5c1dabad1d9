//! Pages while they are filled: what is where, and how much room is left. Coordinates are points from the top left.

use super::{
    super::font::Face,
    tree::{LeafId, NodeId, Tagged, Tree},
};

/// US Letter, in points.
pub(super) const PAGE_WIDTH: f32 = 612.0;
pub(super) const PAGE_HEIGHT: f32 = 792.0;
pub(super) const LEFT: f32 = 54.0;
pub(super) const RIGHT: f32 = PAGE_WIDTH - 54.0;
pub(super) const TOP: f32 = 68.0;
pub(super) const BOTTOM: f32 = PAGE_HEIGHT - 78.0;
pub(super) const WIDTH: f32 = RIGHT - LEFT;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ink(pub(super) u8, pub(super) u8, pub(super) u8);

impl Ink {
    pub(super) const BLACK: Self = Self(0x1d, 0x27, 0x30);
    pub(super) const MUTED: Self = Self(0x56, 0x64, 0x6f);
    pub(super) const RULE: Self = Self(0xd3, 0xda, 0xe0);
    pub(super) const AXIS: Self = Self(0x87, 0x94, 0xa0);
    pub(super) const ACCENT: Self = Self(0x1d, 0x5a, 0x78);
    pub(super) const NOTE: Self = Self(0xff, 0xf8, 0xe6);
    pub(super) const NOTE_EDGE: Self = Self(0xc9, 0x8a, 0x1b);
}

/// How words look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) face: Face,
    pub(super) size: f32,
    pub(super) leading: f32,
    pub(super) ink: Ink,
}

impl Style {
    pub(super) const fn new(face: Face, size: f32, leading: f32, ink: Ink) -> Self {
        Self { face, size, leading, ink }
    }

    pub(super) fn wrap(&self, text: &str, width: f32) -> Vec<String> {
        self.face.wrap(&self.face.printable(text), self.size, width)
    }

    pub(super) fn width(&self, text: &str) -> f32 {
        self.face.width(&self.face.printable(text), self.size)
    }
}

/// Something on a page.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Box { x: f32, y: f32, width: f32, height: f32, ink: Ink },
    Line { points: Vec<(f32, f32)>, width: f32, dashes: &'static [f32], ink: Ink },
    Dot { x: f32, y: f32, radius: f32, ink: Ink },
    Words { x: f32, y: f32, face: Face, size: f32, ink: Ink, text: String },
}

/// Shapes that belong together: to a node of the tags, or to none where they only adorn.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) leaf: Option<LeafId>,
    pub(super) shapes: Vec<Shape>,
}

/// All pages.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) pages: Vec<Vec<Piece>>,
    pub(super) tree: Tree,
    /// Headings with their page and height, for the outline.
    pub(super) outline: Vec<(String, usize, f32)>,
    /// Where the next thing goes.
    pub(super) y: f32,
}

impl Sheet {
    pub(super) fn new() -> Self {
        Self { pages: vec![Vec::new()], tree: Tree::default(), outline: Vec::new(), y: TOP }
    }

    /// Starts a new page unless so much room is left. What is higher than a page starts one and is the caller's to split.
    pub(super) fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.break_page();
        }
    }

    pub(super) fn break_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
    }

    /// Leaves room, but not at the top of a page.
    pub(super) fn space(&mut self, height: f32) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// The page that is being filled.
    pub(super) fn page(&self) -> usize {
        self.pages.len() - 1
    }

    /// Puts shapes that mean something.
    pub(super) fn put(&mut self, node: NodeId, shapes: Vec<Shape>) {
        let leaf = Some(self.tree.leaf(node));
        let page = self.page();
        self.pages[page].push(Piece { leaf, shapes });
    }

    /// Puts shapes that only adorn.
    pub(super) fn adorn(&mut self, shapes: Vec<Shape>) {
        let page = self.page();
        self.pages[page].push(Piece { leaf: None, shapes });
    }

    /// Puts a text in lines below each other, over pages if need be.
    pub(super) fn text(&mut self, node: NodeId, style: Style, text: &str, x: f32, width: f32) {
        self.lines(node, style, style.wrap(text, width), x);
    }

    /// Puts a text that is wrapped already.
    pub(super) fn lines(&mut self, node: NodeId, style: Style, lines: Vec<String>, x: f32) {
        let last = lines.len() - 1;
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
    pub(super) fn paragraph(&mut self, parent: NodeId, style: Style, text: &str) {
        let node = self.tree.add(Some(parent), Tagged::Paragraph);
        self.text(node, style, text, LEFT, WIDTH);
    }
}

/// Words on a baseline.
pub(super) fn words(style: Style, x: f32, y: f32, text: impl Into<String>) -> Shape {
    Shape::Words { x, y, face: style.face, size: style.size, ink: style.ink, text: text.into() }
}

/// How far below the top of its line the baseline is.
pub(super) fn baseline(style: Style) -> f32 {
    style.leading / 2.0 + style.size * 0.36
}

/// A thin line across.
pub(super) fn rule(y: f32, width: f32, ink: Ink) -> Shape {
    Shape::Line { points: vec![(LEFT, y), (RIGHT, y)], width, dashes: &[], ink }
}
