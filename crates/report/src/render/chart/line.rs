//! Lines over the rows, one per column, broken where a figure is withheld.

use super::{
    super::drawing::{Drawing, Mark, Part},
    Data, WIDTH,
    frame::Frame,
};

pub(super) fn draw(data: &Data<'_>) -> Drawing {
    let mut drawing = Drawing::new(WIDTH);
    let remark = data.any_withheld().then_some("gaps: withheld");
    let frame = Frame::draw(&mut drawing, data, data.largest(), remark);
    for (series, amounts) in data.amounts.iter().enumerate() {
        let mut points = Vec::new();
        for (row, amount) in amounts.iter().enumerate() {
            match amount {
                Some(amount) => points.push((frame.middle(row), frame.bottom - frame.height(*amount))),
                None => stroke(&mut drawing, std::mem::take(&mut points), series),
            }
        }
        stroke(&mut drawing, points, series);
    }
    drawing
}

fn stroke(drawing: &mut Drawing, points: Vec<(f32, f32)>, series: usize) {
    let part = Part::Series(series);
    for (x, y) in &points {
        drawing.marks.push(Mark::Dot { x: *x, y: *y, part });
    }
    if points.len() > 1 {
        drawing.line(points, part);
    }
}
