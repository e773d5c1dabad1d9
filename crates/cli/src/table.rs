//! Tables for people: as wide as the terminal, unbroken in a pipe.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use crate::print;

/// Blanks between columns.
const GAP: u16 = 2;

/// A table with these columns. Those in `whole` are never broken over lines, so that what stands in them can be copied.
pub(crate) fn table(columns: &[&str], whole: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(columns);
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    if let Some((width, _)) = terminal_size::terminal_size_of(std::io::stdout()) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.0);
        for column in whole {
            if let Some(column) = table.column_mut(*column) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
    }
    table
}

/// Prints a table without the blanks at the ends of its lines.
pub(crate) fn print_table(table: &Table) {
    for line in table.lines() {
        print(line.trim_end());
    }
}
