//! What a report holds: its head, sections, tables, rates and charts, with every figure as a typed cell.

mod block;
mod cell;
mod chart;
mod check;
mod head;
mod report;
mod table;

pub use block::{Block, Definition, Paragraph, RateLine, Rates, Section};
pub use cell::{Cell, Rate};
pub use chart::{Chart, ChartForm};
pub use check::{
    MAX_BLOCKS_PER_SECTION, MAX_CELL_CHARS, MAX_CHART_CATEGORIES, MAX_CHART_SERIES, MAX_CODE_CHARS,
    MAX_COLUMNS, MAX_ROWS, MAX_SECTIONS, MAX_TEXT_CHARS, ModelFault,
};
pub use head::{Checkpoint, Head, Pack, PackState, Period};
pub use report::{Kind, OpenKind, Report};
pub use table::{Column, ColumnKind, Row, Table};
