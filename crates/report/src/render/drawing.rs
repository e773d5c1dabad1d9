//! A drawing without a medium: rectangles, lines and words, each with a part to play rather than a colour.

use super::font::Face;

/// A drawing.
#[derive(Debug, Clone)]
pub(super) struct Drawing {
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) marks: Vec<Mark>,
}

/// One thing drawn. The origin is at the top left.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    Box { x: f32, y: f32, width: f32, height: f32, part: Part },
    Line { points: Vec<(f32, f32)>, part: Part },
    Dot { x: f32, y: f32, part: Part },
    Words { x: f32, y: f32, anchor: Anchor, size: f32, face: Face, part: Part, text: String },
}

/// Where the words are, seen from their point on the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What a mark is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Ink,
    Muted,
    Grid,
    Axis,
    /// The n-th of the drawn columns, below `MAX_CHART_SERIES`.
    Series(usize),
}

impl Drawing {
    pub(super) fn new(width: f32) -> Self {
        Self { width, height: 0.0, marks: Vec::new() }
    }

    pub(super) fn words(
        &mut self,
        at: (f32, f32),
        anchor: Anchor,
        size: f32,
        part: Part,
        text: impl Into<String>,
    ) {
        let (x, y) = at;
        self.marks.push(Mark::Words { x, y, anchor, size, face: Face::Regular, part, text: text.into() });
    }

    pub(super) fn line(&mut self, points: Vec<(f32, f32)>, part: Part) {
        self.marks.push(Mark::Line { points, part });
    }

    pub(super) fn rectangle(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), part: Part) {
        self.marks.push(Mark::Box { x, y, width, height, part });
    }
}

/// How the line of each series is broken, as lengths of line and gap: so that lines can be told apart without colour.
pub(super) const DASHES: [&[f32]; 6] =
    [&[], &[8.0, 4.0], &[2.0, 3.0], &[10.0, 3.0, 2.0, 3.0], &[5.0, 2.0], &[12.0, 5.0]];
