//! Standing bars, one per row, stacked from the columns.

use super::{
    super::drawing::{Anchor, Drawing, Part},
    Data, LABEL, WIDTH,
    frame::Frame,
};

const MAX_BAR: f32 = 64.0;
/// White between the parts of a bar, so that they can be told apart without colour.
const SEAM: f32 = 1.5;

pub(super) fn draw(data: &Data<'_>) -> Drawing {
    let mut drawing = Drawing::new(WIDTH);
    let row_total =
        |row: usize| data.amounts.iter().filter_map(|column| column[row]).fold(0_u64, u64::saturating_add);
    let largest = (0..data.rows.len()).map(row_total).max().unwrap_or(0);
    let remark = data.any_withheld().then_some("* some parts withheld and not drawn");
    // The sum above the highest bar needs room below the top of the scale.
    let frame = Frame::draw(&mut drawing, data, largest.saturating_add(largest / 12), remark);
    let width = (frame.slot * 0.62).min(MAX_BAR);
    for row in 0..data.rows.len() {
        let left = frame.middle(row) - width / 2.0;
        let mut y = frame.bottom;
        for (series, column) in data.amounts.iter().enumerate() {
            let height = column[row].map_or(0.0, |amount| frame.height(amount));
            if height > 0.0 {
                drawing.rectangle(
                    (left, y - height),
                    (width, (height - SEAM).max(0.5)),
                    Part::Series(series),
                );
            }
            y -= height;
        }
        let incomplete = data.amounts.iter().any(|column| column[row].is_none());
        let words =
            if incomplete { "*".to_owned() } else { data.amount(data.columns[0], Some(row_total(row))) };
        if frame.slot > 22.0 || incomplete {
            drawing.words((frame.middle(row), y - 5.0), Anchor::Middle, LABEL, Part::Ink, words);
        }
    }
    drawing
}
