//! Drawings as inline SVG. Colours are classes of the page's style, so that they follow light and dark.

use maud::{Markup, html};

use super::super::{
    drawing::{Anchor, DASHES, Drawing, Mark, Part},
    font::Face,
};

/// A drawing with its name and its words for those who cannot see it.
pub(super) fn draw(drawing: &Drawing, id: &str, title: &str, in_words: &str) -> Markup {
    let (title_id, words_id) = (format!("{id}_title"), format!("{id}_words"));
    html! {
        svg viewBox={ "0 0 " (number(drawing.width)) " " (number(drawing.height)) } role="img"
            aria-labelledby={ (title_id) " " (words_id) } {
            title id=(title_id) { (title) }
            desc id=(words_id) { (in_words) }
            g aria-hidden="true" { @for mark in &drawing.marks { (self::mark(mark)) } }
        }
    }
}

fn mark(mark: &Mark) -> Markup {
    match mark {
        Mark::Box { x, y, width, height, part } => html! {
            rect class={ "fill-" (name(*part)) } x=(number(*x)) y=(number(*y)) width=(number(*width)) height=(number(*height)) {}
        },
        Mark::Line { points, part } => {
            let points: Vec<String> =
                points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
            let dashes = if let Part::Series(at) = part { DASHES[at % DASHES.len()] } else { &[] };
            let dashes: Vec<String> = dashes.iter().map(|length| number(*length)).collect();
            let dashes = (!dashes.is_empty()).then(|| dashes.join(" "));
            html! {
                polyline class={ "stroke-" (name(*part)) } points=(points.join(" ")) stroke-dasharray=[dashes] {}
            }
        }
        Mark::Dot { x, y, part } => html! {
            circle class={ "fill-" (name(*part)) } cx=(number(*x)) cy=(number(*y)) r="3" {}
        },
        Mark::Words { x, y, anchor, size, face, part, text } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let weight = if *face == Face::Semibold { "600" } else { "400" };
            html! {
                text class={ "fill-" (name(*part)) } x=(number(*x)) y=(number(*y)) text-anchor=(anchor)
                    font-size=(number(*size)) font-weight=(weight) { (text) }
            }
        }
    }
}

fn name(part: Part) -> String {
    match part {
        Part::Ink => "ink".to_owned(),
        Part::Muted => "muted".to_owned(),
        Part::Grid => "grid".to_owned(),
        Part::Axis => "axis".to_owned(),
        Part::Series(at) => format!("series-{at}"),
    }
}

/// With one decimal at most: enough for a screen, and the same on every machine.
fn number(value: f32) -> String {
    let tenths = (f64::from(value) * 10.0).round() as i64;
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}", tenths as f64 / 10.0) }
}
