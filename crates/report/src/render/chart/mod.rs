//! Charts as drawings, and in words for those who cannot see them.

mod bars;
mod frame;
mod line;
mod stacked;

use super::{drawing::Drawing, words};
use crate::model::{Block, Cell, Chart, ChartForm, Report, Table};

/// The width of every chart in its own units; the medium scales it.
const WIDTH: f32 = 640.0;
/// The size of labels.
const LABEL: f32 = 12.0;

/// What a chart shows: names of rows and columns, and a figure for each pair, or none where it is withheld.
pub(super) struct Data<'a> {
    pub(super) chart: &'a Chart,
    pub(super) table: &'a Table,
    pub(super) rows: Vec<&'a str>,
    pub(super) columns: Vec<&'a str>,
    /// By column, then row.
    pub(super) amounts: Vec<Vec<Option<u64>>>,
}

impl<'a> Data<'a> {
    /// The data of a chart of this report.
    pub(super) fn of(report: &'a Report, chart: &'a Chart) -> Self {
        let blocks = report.sections().iter().flat_map(|section| &section.blocks);
        let table = blocks
            .filter_map(|block| if let Block::Table(table) = block { Some(table) } else { None })
            .find(|table| table.id == chart.table)
            .expect("a report exists only if the tables of its charts do");
        let column = |head: &String| {
            let place =
                table.column_named(head).expect("a report exists only if the columns of its charts do");
            table.rows.iter().map(|row| row.cells[place].amount()).collect()
        };
        Self {
            chart,
            table,
            rows: table.rows.iter().map(|row| row.head.as_str()).collect(),
            columns: chart.columns.iter().map(String::as_str).collect(),
            amounts: chart.columns.iter().map(column).collect(),
        }
    }

    /// The drawing.
    pub(super) fn draw(&self) -> Drawing {
        match self.chart.form {
            ChartForm::Bars => bars::draw(self),
            ChartForm::Stacked => stacked::draw(self),
            ChartForm::Line => line::draw(self),
        }
    }

    /// The chart in words, with every figure in it.
    pub(super) fn in_words(&self) -> String {
        let form = match self.chart.form {
            ChartForm::Bars => "Bar chart",
            ChartForm::Stacked => "Stacked bar chart",
            ChartForm::Line => "Line chart",
        };
        let mut text = format!("{form}: {}.", self.chart.title.trim_end_matches('.'));
        for (column, amounts) in self.columns.iter().zip(&self.amounts) {
            let figures = self
                .rows
                .iter()
                .zip(amounts)
                .map(|(row, amount)| format!("{row}: {}", self.amount(column, *amount)));
            text.push_str(&format!(" {column}: {}.", figures.collect::<Vec<_>>().join("; ")));
        }
        text.push_str(&format!(" The same figures are in the table “{}”.", self.table.title));
        text
    }

    /// An amount as its column writes it.
    fn amount(&self, column: &str, amount: Option<u64>) -> String {
        let minutes = self.table.column_named(column).map(|place| self.table.columns[place].kind)
            == Some(crate::model::ColumnKind::Minutes);
        words::cell(&match amount {
            None => Cell::Withheld,
            Some(amount) if minutes => Cell::Minutes(amount),
            Some(amount) => Cell::Count(amount),
        })
    }

    fn largest(&self) -> u64 {
        self.amounts.iter().flatten().flatten().copied().max().unwrap_or(0)
    }

    fn any_withheld(&self) -> bool {
        self.amounts.iter().flatten().any(Option::is_none)
    }
}
