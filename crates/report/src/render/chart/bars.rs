//! Horizontal bars, one per row of the table, each with its name in front and its figure behind.

use super::{
    super::{
        drawing::{Anchor, Drawing, Part},
        font::Face,
        words::WITHHELD,
    },
    Data, LABEL, WIDTH,
};

const LABELS_WIDTH: f32 = 200.0;
const LABEL_LEADING: f32 = 15.0;
const BAR: f32 = 18.0;
const GAP: f32 = 10.0;
/// Room for the figure behind the longest bar.
const FIGURE_WIDTH: f32 = 84.0;

pub(super) fn draw(data: &Data<'_>) -> Drawing {
    let mut drawing = Drawing::new(WIDTH);
    let labels: Vec<Vec<String>> =
        data.rows.iter().map(|row| Face::Regular.wrap(row, LABEL, LABELS_WIDTH)).collect();
    let widest =
        labels.iter().flatten().map(|line| Face::Regular.width_anywhere(line, LABEL)).fold(0.0, f32::max);
    let left = widest.ceil() + 12.0;
    let longest = WIDTH - left - FIGURE_WIDTH;
    let largest = data.largest().max(1) as f32;
    let mut y = GAP / 2.0;
    for (lines, amount) in labels.iter().zip(&data.amounts[0]) {
        let height = BAR.max(lines.len() as f32 * LABEL_LEADING);
        let middle = y + height / 2.0;
        let first = middle - (lines.len() as f32 - 1.0) * LABEL_LEADING / 2.0 + LABEL * 0.36;
        for (at, line) in lines.iter().enumerate() {
            drawing.words(
                (left - 12.0, first + at as f32 * LABEL_LEADING),
                Anchor::End,
                LABEL,
                Part::Ink,
                line.as_str(),
            );
        }
        let baseline = middle + LABEL * 0.36;
        match amount {
            None => drawing.words((left + 8.0, baseline), Anchor::Start, LABEL, Part::Muted, WITHHELD),
            Some(amount) => {
                let length = *amount as f32 / largest * longest;
                if *amount > 0 {
                    drawing.rectangle((left, middle - BAR / 2.0), (length.max(1.0), BAR), Part::Series(0));
                }
                let words = data.amount(data.columns[0], Some(*amount));
                drawing.words((left + length + 8.0, baseline), Anchor::Start, LABEL, Part::Ink, words);
            }
        }
        y += height + GAP;
    }
    drawing.height = y - GAP / 2.0;
    drawing.line(vec![(left, 0.0), (left, drawing.height)], Part::Axis);
    drawing
}
