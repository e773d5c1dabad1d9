//! What standing bars and lines share: a scale with round steps, names along the bottom, a legend on top.

use super::{
    super::{
        drawing::{Anchor, Drawing, Part},
        font::Face,
    },
    Data, LABEL, WIDTH,
};
use crate::model::ChartForm;

const PLOT_HEIGHT: f32 = 220.0;
const LEGEND_LEADING: f32 = 20.0;
const NAME_LEADING: f32 = 14.0;
const MAX_NAME_LINES: usize = 3;
const STEPS: u64 = 5;

/// The plot's place and scale.
pub(super) struct Frame {
    pub(super) left: f32,
    pub(super) bottom: f32,
    /// The width that each row of the table has.
    pub(super) slot: f32,
    top_amount: f32,
}

impl Frame {
    /// Draws legend, scale and names. `largest` is the highest amount to be drawn, `remark` stands at the end of the legend.
    pub(super) fn draw(drawing: &mut Drawing, data: &Data<'_>, largest: u64, remark: Option<&str>) -> Self {
        let top = legend(drawing, data, remark) + 14.0;
        let step = round_step(largest);
        let steps = largest.div_ceil(step).max(1);
        let marks: Vec<String> =
            (0..=steps).map(|at| data.amount(data.columns[0], Some(at * step))).collect();
        let widest = marks.iter().map(|mark| Face::Regular.width_anywhere(mark, LABEL)).fold(0.0, f32::max);
        let left = widest.ceil() + 10.0;
        let bottom = top + PLOT_HEIGHT;
        for (at, mark) in marks.iter().enumerate() {
            let y = bottom - PLOT_HEIGHT * at as f32 / steps as f32;
            let part = if at == 0 { Part::Axis } else { Part::Grid };
            drawing.line(vec![(left, y), (WIDTH, y)], part);
            drawing.words((left - 8.0, y + LABEL * 0.36), Anchor::End, LABEL, Part::Muted, mark.as_str());
        }
        let slot = (WIDTH - left) / data.rows.len().max(1) as f32;
        let frame = Self { left, bottom, slot, top_amount: (steps * step) as f32 };
        drawing.height = frame.names(drawing, data) + 6.0;
        frame
    }

    /// How high an amount is above the bottom.
    pub(super) fn height(&self, amount: u64) -> f32 {
        amount as f32 / self.top_amount * PLOT_HEIGHT
    }

    /// The middle of a row's slot.
    pub(super) fn middle(&self, row: usize) -> f32 {
        self.left + self.slot * (row as f32 + 0.5)
    }

    /// The names of the rows, of every second or third if there is no room for all. Returns where they end.
    fn names(&self, drawing: &mut Drawing, data: &Data<'_>) -> f32 {
        let longest_word = |name: &&str| {
            name.split(' ').map(|word| Face::Regular.width_anywhere(word, LABEL)).fold(0.0, f32::max)
        };
        let needed = data.rows.iter().map(longest_word).fold(0.0, f32::max) + 8.0;
        let every = ((needed / self.slot).ceil() as usize).max(1);
        let mut end = self.bottom;
        for (row, name) in data.rows.iter().enumerate().step_by(every) {
            let mut lines = Face::Regular.wrap(name, LABEL, (self.slot * every as f32 - 6.0).max(12.0));
            if lines.len() > MAX_NAME_LINES {
                lines.truncate(MAX_NAME_LINES);
                lines[MAX_NAME_LINES - 1].push('…');
            }
            for (at, line) in lines.iter().enumerate() {
                let y = self.bottom + 18.0 + at as f32 * NAME_LEADING;
                drawing.words((self.middle(row), y), Anchor::Middle, LABEL, Part::Ink, line.as_str());
                end = end.max(y);
            }
        }
        end
    }
}

/// Draws the legend and returns where it ends.
fn legend(drawing: &mut Drawing, data: &Data<'_>, remark: Option<&str>) -> f32 {
    let (mut x, mut y) = (0.0, 0.0);
    let sample = if data.chart.form == ChartForm::Line { 24.0 } else { 12.0 };
    let entries = data.columns.iter().enumerate().map(|(at, name)| (Some(at), *name));
    for (series, name) in entries.chain(remark.map(|remark| (None, remark))) {
        let width = Face::Regular.width_anywhere(name, LABEL) + sample + 24.0;
        if x > 0.0 && x + width > WIDTH {
            (x, y) = (0.0, y + LEGEND_LEADING);
        }
        let words_at = match series {
            Some(series) => {
                if data.chart.form == ChartForm::Line {
                    drawing.line(vec![(x, y + 8.0), (x + 24.0, y + 8.0)], Part::Series(series));
                } else {
                    drawing.rectangle((x, y + 2.0), (12.0, 12.0), Part::Series(series));
                }
                x + sample + 6.0
            }
            None => x,
        };
        drawing.words((words_at, y + 12.0), Anchor::Start, LABEL, Part::Ink, name);
        x += width;
    }
    y + 16.0
}

/// A step of 1, 2 or 5 times a power of ten, so that about five of them reach the largest amount.
fn round_step(largest: u64) -> u64 {
    let rough = largest.div_ceil(STEPS).max(1);
    let mut power = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let Some(step) = power.checked_mul(factor) else { return rough };
            if step >= rough {
                return step;
            }
        }
        let Some(next) = power.checked_mul(10) else { return rough };
        power = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_have_round_steps() {
        assert_eq!([0, 1, 5, 6, 23, 84, 1_000].map(round_step), [1, 1, 1, 2, 5, 20, 200]);
        assert!(round_step(u64::MAX) >= u64::MAX / STEPS);
    }
}
