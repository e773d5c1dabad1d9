//! Tables: named rows, typed columns, an optional total.

use serde::Serialize;

use super::cell::Cell;

/// A table. Each row has as many cells as the table has columns; the row's head stands in a column of its own before them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Unique in the report: lower case letters, digits and hyphens. Charts refer to it.
    pub id: String,
    /// The caption.
    pub title: String,
    /// What the rows' heads are, for example "Kind of request".
    pub row_head: String,
    /// The columns after the row heads.
    pub columns: Vec<Column>,
    /// The rows in the order in which they are shown.
    pub rows: Vec<Row>,
    /// A last row set apart.
    pub total: Option<Row>,
    /// A sentence below the table.
    pub note: Option<String>,
}

impl Table {
    /// A table without rows yet.
    pub fn new(id: impl Into<String>, title: impl Into<String>, row_head: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            row_head: row_head.into(),
            columns: Vec::new(),
            rows: Vec::new(),
            total: None,
            note: None,
        }
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, head: impl Into<String>, kind: ColumnKind) -> Self {
        self.columns.push(Column { head: head.into(), kind });
        self
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, head: impl Into<String>, cells: impl IntoIterator<Item = impl Into<Cell>>) -> Self {
        self.rows.push(Row::new(head, cells));
        self
    }

    /// Sets the total row.
    #[must_use]
    pub fn total(
        mut self,
        head: impl Into<String>,
        cells: impl IntoIterator<Item = impl Into<Cell>>,
    ) -> Self {
        self.total = Some(Row::new(head, cells));
        self
    }

    /// Sets the note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The place of the column with this head.
    pub fn column_named(&self, head: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.head == head)
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The head; no two in a table are equal.
    pub head: String,
    /// What its cells are.
    pub kind: ColumnKind,
}

/// What the cells of a column are. Empty and withheld cells may stand in any column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Words.
    Text,
    /// Counts.
    Count,
    /// Rates.
    Rate,
    /// Lengths of time.
    Minutes,
    /// Shares.
    Percent,
    /// Days.
    Date,
}

impl ColumnKind {
    /// Whether this cell may stand in a column of this kind.
    pub fn admits(self, cell: &Cell) -> bool {
        match cell {
            Cell::Empty | Cell::Withheld => true,
            Cell::Text(_) => self == Self::Text,
            Cell::Count(_) => self == Self::Count,
            Cell::Rate(_) => self == Self::Rate,
            Cell::Minutes(_) => self == Self::Minutes,
            Cell::Percent(_) => self == Self::Percent,
            Cell::Date(_) => self == Self::Date,
        }
    }

    /// Whether its cells are figures, which line up at the right.
    pub fn is_figure(self) -> bool {
        !matches!(self, Self::Text | Self::Date)
    }
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What the row is about.
    pub head: String,
    /// One cell per column.
    pub cells: Vec<Cell>,
}

impl Row {
    /// A row from its head and cells.
    pub fn new(head: impl Into<String>, cells: impl IntoIterator<Item = impl Into<Cell>>) -> Self {
        Self { head: head.into(), cells: cells.into_iter().map(Into::into).collect() }
    }
}
