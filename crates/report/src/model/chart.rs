//! Charts. A chart has no figures of its own: it draws columns of a table, so its figures can always be read there as well.

use serde::Serialize;

/// A chart of columns of a table in the same report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chart {
    /// Unique in the report.
    pub id: String,
    /// The caption.
    pub title: String,
    /// How it is drawn.
    pub form: ChartForm,
    /// The id of the table whose rows are the categories. The total row is not drawn.
    pub table: String,
    /// The heads of the columns that are drawn, of counts or minutes.
    pub columns: Vec<String>,
}

impl Chart {
    /// A chart of one or more columns of a table.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        form: ChartForm,
        table: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            form,
            table: table.into(),
            columns: columns.into_iter().map(Into::into).collect(),
        }
    }
}

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartForm {
    /// A horizontal bar per row, of one column.
    Bars,
    /// A standing bar per row, stacked from the columns; for periods.
    Stacked,
    /// A line per column over the rows; for months.
    Line,
}
