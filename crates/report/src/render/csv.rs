//! CSV (RFC 4180): every figure of the report in one long table, for people who count further.

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::words;
use crate::model::{Block, Cell, Report, Table};

const HEADS: [&str; 7] = ["section", "block", "row", "column", "value", "of", "withheld"];

/// One line per cell: section, block, row, column, value, what it is of (for rates), and whether it is withheld.
///
/// Numbers are plain digits: minutes as minutes, shares in per cent with one decimal, days as `2026-11-22`. Charts have no lines, since
/// they draw tables. Text that a spreadsheet would take for a formula gets an apostrophe in front.
pub fn csv(report: &Report) -> String {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .from_writer(Vec::new());
    let mut line = |fields: [&str; 7]| {
        let safe = fields.map(harmless);
        writer.write_record(&safe).expect("a vector takes everything and each record has seven fields");
    };
    line(HEADS);
    for section in report.sections() {
        for block in &section.blocks {
            match block {
                Block::Table(table) => table_lines(&section.id, table, &mut line),
                Block::Rates(rates) => {
                    for rate in &rates.lines {
                        let [value, of, withheld] = figure(&rate.figure);
                        line([&section.id, &rates.id, &rate.label, "rate", &value, &of, &withheld]);
                    }
                }
                Block::Chart(_) | Block::Paragraph(_) | Block::Definitions { .. } => {}
            }
        }
    }
    let bytes = writer.into_inner().expect("a vector takes everything");
    String::from_utf8(bytes).expect("only text was written")
}

fn table_lines(section: &str, table: &Table, line: &mut impl FnMut([&str; 7])) {
    for row in table.rows.iter().chain(&table.total) {
        for (column, cell) in table.columns.iter().zip(&row.cells) {
            let [value, of, withheld] = figure(cell);
            line([section, &table.id, &row.head, &column.head, &value, &of, &withheld]);
        }
    }
}

/// Value, denominator, and whether the figure is withheld.
fn figure(cell: &Cell) -> [String; 3] {
    let shown = |value: String| [value, String::new(), "no".to_owned()];
    match cell {
        Cell::Withheld => [String::new(), String::new(), "yes".to_owned()],
        Cell::Rate(rate) => [rate.numerator.to_string(), rate.denominator.to_string(), "no".to_owned()],
        Cell::Count(amount) | Cell::Minutes(amount) => shown(amount.to_string()),
        Cell::Percent(tenths) => shown(format!("{}.{}", tenths / 10, tenths % 10)),
        Cell::Date(day) => shown(day.to_string()),
        Cell::Empty | Cell::Text(_) => shown(words::cell(cell)),
    }
}

/// Spreadsheets run a cell that starts with one of these as a formula (OWASP, CSV injection), also behind spaces and in full width.
fn harmless(field: &str) -> String {
    let first = field
        .trim_start_matches(|c: char| c.is_whitespace() && !matches!(c, '\t' | '\r' | '\n'))
        .chars()
        .next();
    match first {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            format!("'{field}")
        }
        _ => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_run_as_a_formula_is_disarmed() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =HYPERLINK(\"x\")", "＝1"] {
            assert!(harmless(formula).starts_with('\''), "{formula:?}");
        }
        for text in ["", "12", "Detainers", "a=b", "'=1"] {
            assert_eq!(harmless(text), text);
        }
    }
}
