//! JSON: the model as it is, in the order of its fields.

use crate::model::Report;

/// The report as JSON with two spaces of indentation and a line feed at the end.
pub fn json(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("the model has string keys only");
    text.push('\n');
    text
}
