//! Whether a report is whole. Checked once, when it is made; renderers rely on it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{
    block::{Block, Rates, Section},
    cell::Cell,
    chart::{Chart, ChartForm},
    head::Head,
    table::{Row, Table},
};

/// How many sections a report may have.
pub const MAX_SECTIONS: usize = 64;
/// How many blocks a section may have.
pub const MAX_BLOCKS_PER_SECTION: usize = 64;
/// How many columns a table may have beside its row heads: more do not fit on a page.
pub const MAX_COLUMNS: usize = 8;
/// How many rows a table may have.
pub const MAX_ROWS: usize = 2_000;
/// How many columns a chart may draw: more colours cannot be told apart.
pub const MAX_CHART_SERIES: usize = 6;
/// How many rows a chart may draw.
pub const MAX_CHART_CATEGORIES: usize = 36;
/// How long a paragraph, sentence or notice may be, in characters.
pub const MAX_TEXT_CHARS: usize = 4_000;
/// How long a ledger's name, a digest, or a pack's name and version may be, in characters: they stand at the foot of every page.
pub const MAX_CODE_CHARS: usize = 120;
/// How long a title, head, label or cell may be, in characters: a row must fit on a page.
pub const MAX_CELL_CHARS: usize = 300;

/// Why a report is not whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFault {
    /// A period ends before it starts.
    #[error("the period from {from} to {to} ends before it starts; exchange the two days")]
    PeriodReversed {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// An id of another form.
    #[error(
        "the id {id:?} is not made of lower case letters, digits and hyphens; links in the report are made from it"
    )]
    BadId {
        /// The id.
        id: String,
    },
    /// Two parts with one id.
    #[error("two parts of the report have the id {id:?}; give each its own")]
    RepeatedId {
        /// The id.
        id: String,
    },
    /// Two columns with one head.
    #[error(
        "table {table:?} has two columns headed {head:?}; charts and CSV tell columns apart by their heads"
    )]
    RepeatedColumn {
        /// The table.
        table: String,
        /// The head.
        head: String,
    },
    /// A row with more or fewer cells than there are columns.
    #[error(
        "row {row:?} of table {table:?} has {cells} cells for {columns} columns; use an empty cell where nothing belongs"
    )]
    RowWidth {
        /// The table.
        table: String,
        /// The row's head.
        row: String,
        /// Its cells.
        cells: usize,
        /// The table's columns.
        columns: usize,
    },
    /// A cell of another kind than its column.
    #[error("row {row:?} of table {table:?} has a cell of another kind than column {column:?}")]
    CellKind {
        /// The table.
        table: String,
        /// The row's head.
        row: String,
        /// The column's head.
        column: String,
    },
    /// More of whom it is true than there are.
    #[error(
        "a rate in {block:?} counts more in its numerator than in its denominator; count both over the same set"
    )]
    RateAboveOne {
        /// The table or rates.
        block: String,
    },
    /// A line of rates that holds something else.
    #[error("a line of the rates {block:?} is not a rate")]
    NotARate {
        /// The rates.
        block: String,
    },
    /// A chart of a table or column that is not there, or not of amounts.
    #[error(
        "chart {chart:?} needs a table {table:?} in the report with a column {column:?} of counts or minutes"
    )]
    ChartSource {
        /// The chart.
        chart: String,
        /// The table it names.
        table: String,
        /// The column it names.
        column: String,
    },
    /// More than fits.
    #[error("{what} in {place:?}: {found}, and at most {most} can be shown; split it")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// Where.
        place: String,
        /// How much.
        found: usize,
        /// The bound.
        most: usize,
    },
}

/// Checks all parts, in the order of the report.
pub(crate) fn check(head: &Head, sections: &[Section]) -> Result<(), ModelFault> {
    bounded("sections", "the report", sections.len(), MAX_SECTIONS)?;
    check_head(head)?;
    let tables: BTreeMap<&str, &Table> = sections
        .iter()
        .flat_map(|section| &section.blocks)
        .filter_map(
            |block| if let Block::Table(table) = block { Some((table.id.as_str(), table)) } else { None },
        )
        .collect();
    let mut ids = BTreeSet::new();
    sections.iter().try_for_each(|section| check_section(section, &mut ids, &tables))
}

fn check_section<'a>(
    section: &'a Section,
    ids: &mut BTreeSet<&'a str>,
    tables: &BTreeMap<&str, &Table>,
) -> Result<(), ModelFault> {
    take_id(ids, &section.id)?;
    label(&section.id, &section.title)?;
    bounded("blocks", &section.id, section.blocks.len(), MAX_BLOCKS_PER_SECTION)?;
    section.lead.iter().try_for_each(|sentence| paragraph(&section.id, sentence))?;
    for block in &section.blocks {
        match block {
            Block::Table(table) => take_id(ids, &table.id).and_then(|()| check_table(table))?,
            Block::Rates(rates) => take_id(ids, &rates.id).and_then(|()| check_rates(rates))?,
            Block::Chart(chart) => take_id(ids, &chart.id).and_then(|()| check_chart(chart, tables))?,
            Block::Paragraph(text) => paragraph(&section.id, &text.text)?,
            Block::Definitions { items } => {
                bounded("definitions", &section.id, items.len(), MAX_ROWS)?;
                for item in items {
                    label(&section.id, &item.term)?;
                    paragraph(&section.id, &item.meaning)?;
                }
            }
        }
    }
    Ok(())
}

fn check_head(head: &Head) -> Result<(), ModelFault> {
    bounded("notices", "the head", head.notices.len(), MAX_BLOCKS_PER_SECTION)?;
    bounded("rule packs", "the head", head.packs.len(), MAX_ROWS)?;
    for text in &head.notices {
        paragraph("the head", text)?;
    }
    let codes = head.packs.iter().flat_map(|pack| [&pack.id, &pack.version, &pack.digest]);
    for code in codes.chain([&head.checkpoint.origin, &head.checkpoint.root]) {
        bounded("characters of a name or digest", "the head", code.chars().count(), MAX_CODE_CHARS)?;
    }
    let packs = head.packs.iter().map(|pack| &pack.title);
    [&head.title, &head.jurisdiction]
        .into_iter()
        .chain(&head.department)
        .chain(packs)
        .try_for_each(|text| label("the head", text))
}

fn paragraph(place: &str, text: &str) -> Result<(), ModelFault> {
    bounded("characters of a text", place, text.chars().count(), MAX_TEXT_CHARS)
}

fn label(place: &str, text: &str) -> Result<(), ModelFault> {
    bounded("characters of a title, head, label or cell", place, text.chars().count(), MAX_CELL_CHARS)
}

fn take_id<'a>(ids: &mut BTreeSet<&'a str>, id: &'a str) -> Result<(), ModelFault> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || id.len() > 64 || !id.bytes().all(allowed) {
        return Err(ModelFault::BadId { id: id.to_owned() });
    }
    if ids.insert(id) { Ok(()) } else { Err(ModelFault::RepeatedId { id: id.to_owned() }) }
}

fn bounded(what: &'static str, place: &str, found: usize, most: usize) -> Result<(), ModelFault> {
    if found <= most {
        Ok(())
    } else {
        Err(ModelFault::TooMuch { what, place: place.to_owned(), found, most })
    }
}

fn check_table(table: &Table) -> Result<(), ModelFault> {
    bounded("columns", &table.id, table.columns.len(), MAX_COLUMNS)?;
    bounded("rows", &table.id, table.rows.len(), MAX_ROWS)?;
    [&table.title, &table.row_head].into_iter().try_for_each(|text| label(&table.id, text))?;
    table.note.iter().try_for_each(|note| paragraph(&table.id, note))?;
    let mut heads = BTreeSet::new();
    for column in &table.columns {
        label(&table.id, &column.head)?;
        if !heads.insert(&column.head) {
            return Err(ModelFault::RepeatedColumn { table: table.id.clone(), head: column.head.clone() });
        }
    }
    table.rows.iter().chain(&table.total).try_for_each(|row| check_row(table, row))
}

fn check_row(table: &Table, row: &Row) -> Result<(), ModelFault> {
    let (id, head) = (&table.id, &row.head);
    if row.cells.len() != table.columns.len() {
        return Err(ModelFault::RowWidth {
            table: id.clone(),
            row: head.clone(),
            cells: row.cells.len(),
            columns: table.columns.len(),
        });
    }
    label(id, head)?;
    for (cell, column) in row.cells.iter().zip(&table.columns) {
        if !column.kind.admits(cell) {
            return Err(ModelFault::CellKind {
                table: id.clone(),
                row: head.clone(),
                column: column.head.clone(),
            });
        }
        check_rate(id, cell)?;
        if let Cell::Text(text) = cell {
            label(id, text)?;
        }
    }
    Ok(())
}

fn check_rate(block: &str, cell: &Cell) -> Result<(), ModelFault> {
    match cell {
        Cell::Rate(rate) if rate.numerator > rate.denominator => {
            Err(ModelFault::RateAboveOne { block: block.to_owned() })
        }
        _ => Ok(()),
    }
}

fn check_rates(rates: &Rates) -> Result<(), ModelFault> {
    bounded("lines", &rates.id, rates.lines.len(), MAX_ROWS)?;
    label(&rates.id, &rates.title)?;
    rates.lines.iter().try_for_each(|line| {
        label(&rates.id, &line.label)?;
        match line.figure {
            Cell::Rate(_) | Cell::Withheld => check_rate(&rates.id, &line.figure),
            _ => Err(ModelFault::NotARate { block: rates.id.clone() }),
        }
    })
}

fn check_chart(chart: &Chart, tables: &BTreeMap<&str, &Table>) -> Result<(), ModelFault> {
    label(&chart.id, &chart.title)?;
    let most = if chart.form == ChartForm::Bars { 1 } else { MAX_CHART_SERIES };
    bounded("columns to draw", &chart.id, chart.columns.len(), most)?;
    let missing = |column: &str| ModelFault::ChartSource {
        chart: chart.id.clone(),
        table: chart.table.clone(),
        column: column.to_owned(),
    };
    let first = chart.columns.first().ok_or_else(|| missing("…"))?;
    let table = tables.get(chart.table.as_str()).ok_or_else(|| missing(first))?;
    bounded("rows to draw", &chart.id, table.rows.len(), MAX_CHART_CATEGORIES)?;
    for head in &chart.columns {
        let place = table.column_named(head).ok_or_else(|| missing(head))?;
        let drawable = |row: &Row| row.cells[place].amount().is_some() || row.cells[place] == Cell::Withheld;
        if !table.rows.iter().all(|row| row.cells.len() > place && drawable(row)) {
            return Err(missing(head));
        }
    }
    Ok(())
}
