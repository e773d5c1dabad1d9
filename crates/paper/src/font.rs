//! The embedded font: its glyphs in order, and how wide words are. The same on screen and in print, so that labels fit in both.

use std::sync::LazyLock;

use rustybuzz::{Direction, Face as Shaper, ShapePlan, UnicodeBuffer, script};

static REGULAR: &[u8] = include_bytes!("../fonts/OpenSans-Regular.ttf");
static SEMIBOLD: &[u8] = include_bytes!("../fonts/OpenSans-Semibold.ttf");

/// How much wider other fonts are.
const WIDER_FONTS: f32 = 1.15;

/// A weight of the font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// For running text.
    Regular,
    /// For what stands out.
    Semibold,
}

/// One glyph of a shaped text, in parts of the font size.
#[derive(Debug, Clone)]
pub struct Glyph {
    /// Its number in the font.
    pub id: u32,
    /// How far the next glyph is to its right.
    pub advance: f32,
    /// How far it is drawn to the right of its place.
    pub x_offset: f32,
    /// How far it is drawn above its place.
    pub y_offset: f32,
    /// The bytes of the text that it stands for.
    pub bytes: std::ops::Range<usize>,
}

impl Face {
    /// The font's file.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Semibold => SEMIBOLD,
        }
    }

    /// The glyphs of a text of one line.
    pub fn shape(self, text: &str) -> Vec<Glyph> {
        let (shaper, plan) = self.shaper();
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        buffer.set_script(script::LATIN);
        let shaped = rustybuzz::shape_with_plan(shaper, plan, buffer);
        let em = shaper.units_per_em() as f32;
        let starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        let ends =
            |at: usize| starts[at..].iter().copied().find(|end| *end > starts[at]).unwrap_or(text.len());
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions()).enumerate();
        glyphs
            .map(|(at, (info, position))| Glyph {
                id: info.glyph_id,
                advance: position.x_advance as f32 / em,
                x_offset: position.x_offset as f32 / em,
                y_offset: position.y_offset as f32 / em,
                bytes: starts[at]..ends(at),
            })
            .collect()
    }

    /// How wide a text is at this size.
    pub fn width(self, text: &str, size: f32) -> f32 {
        self.shape(text).iter().map(|glyph| glyph.advance).sum::<f32>() * size
    }

    /// How wide a text may get on a screen, where another font may stand in: the widest usual ones are an eighth wider than ours.
    pub fn width_anywhere(self, text: &str, size: f32) -> f32 {
        self.width(text, size) * WIDER_FONTS
    }

    /// The text with every character that the font does not have, and every control character, replaced. A PDF/UA file must not hold a
    /// glyph that stands for nothing.
    pub fn printable(self, text: &str) -> String {
        let known = |c: char| self.shaper().0.glyph_index(c).is_some_and(|glyph| glyph.0 != 0);
        text.chars()
            .map(|c| match c {
                c if c.is_control() => ' ',
                c if known(c) => c,
                _ => '?',
            })
            .collect()
    }

    /// The text in lines no wider than this. Words that are wider alone are broken.
    pub fn wrap(self, text: &str, size: f32, width: f32) -> Vec<String> {
        // Most texts are one short line, and measuring is what layout spends its time on.
        let plain = !text.contains(['\n', '\t']) && !text.contains("  ") && text.trim() == text;
        if plain && self.width(text, size) <= width {
            return vec![text.to_owned()];
        }
        let mut lines = Vec::new();
        let mut line = String::new();
        // A no-break space keeps a number and its unit together.
        for word in text.split([' ', '\n', '\t']).filter(|word| !word.is_empty()) {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, size) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for c in word.chars() {
                line.push(c);
                if self.width(&line, size) > width && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, c.to_string()));
                }
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// The text in as many lines as `wrap` needs, but as equally long as can be.
    pub fn wrap_evenly(self, text: &str, size: f32, width: f32) -> Vec<String> {
        let lines = self.wrap(text, size, width).len();
        let (mut narrow, mut wide) = (width / 2.0, width);
        while wide - narrow > 1.0 {
            let middle = f32::midpoint(narrow, wide);
            if self.wrap(text, size, middle).len() > lines { narrow = middle } else { wide = middle }
        }
        self.wrap(text, size, wide)
    }

    /// The font and how it is shaped, read once.
    fn shaper(self) -> &'static (Shaper<'static>, ShapePlan) {
        static SHAPERS: LazyLock<[(Shaper<'static>, ShapePlan); 2]> = LazyLock::new(|| {
            [REGULAR, SEMIBOLD].map(|bytes| {
                let shaper = Shaper::from_slice(bytes, 0).expect("the fonts of this crate are fonts");
                let plan = ShapePlan::new(&shaper, Direction::LeftToRight, Some(script::LATIN), None, &[]);
                (shaper, plan)
            })
        });
        match self {
            Self::Regular => &SHAPERS[0],
            Self::Semibold => &SHAPERS[1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_equally_wide_so_that_columns_line_up() {
        for face in [Face::Regular, Face::Semibold] {
            let one = face.width("1", 10.0);
            assert!(('0'..='9').all(|digit| face.width(&digit.to_string(), 10.0) == one));
        }
    }

    #[test]
    fn no_line_is_wider_than_asked_and_no_letter_is_lost() {
        let text = "Requests by kind and agency Donaudampfschifffahrtsgesellschaft 84";
        let lines = Face::Regular.wrap(text, 10.0, 60.0);
        assert!(lines.iter().all(|line| Face::Regular.width(line, 10.0) <= 60.0), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        assert_eq!(Face::Regular.wrap("", 10.0, 60.0), [""]);
    }

    #[test]
    fn what_the_font_lacks_is_replaced() {
        assert_eq!(Face::Regular.printable("ñ–“é” \u{1F600}\u{7}"), "ñ–“é” ? ");
    }
}
