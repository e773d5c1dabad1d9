//! Sections and their blocks in HTML.

use maud::{Markup, html};

use super::{
    super::{chart::Data, words},
    svg,
};
use crate::model::{Block, Cell, Chart, ColumnKind, Definition, Rates, Report, Row, Section, Table};

pub(super) fn section(report: &Report, section: &Section) -> Markup {
    html! {
        section id=(section.id) {
            h2 { (section.title) }
            @for sentence in &section.lead { p.lead { (sentence) } }
            @for block in &section.blocks {
                @match block {
                    Block::Table(block) => (table(block)),
                    Block::Rates(block) => (rates(block)),
                    Block::Chart(block) => (chart(report, block)),
                    Block::Paragraph(block) => p { (block.text) },
                    Block::Definitions { items } => (definitions(items)),
                }
            }
        }
    }
}

fn table(table: &Table) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(table.title) {
            table id=(table.id) {
                caption { (table.title) }
                thead { tr {
                    th scope="col" { (table.row_head) }
                    @for column in &table.columns {
                        th scope="col" class=(alignment(column.kind)) { (column.head) }
                    }
                } }
                tbody { @for line in &table.rows { (row(table, line)) } }
                @if let Some(total) = &table.total { tfoot { (row(table, total)) } }
            }
        }
        @if let Some(note) = &table.note { p.note { (note) } }
    }
}

fn row(table: &Table, row: &Row) -> Markup {
    html! {
        tr {
            th scope="row" { (row.head) }
            @for (column, cell) in table.columns.iter().zip(&row.cells) { (figure(column.kind, cell)) }
        }
    }
}

fn figure(kind: ColumnKind, cell: &Cell) -> Markup {
    html! {
        @if *cell == Cell::Withheld {
            td class={ (alignment(kind)) " withheld" } { (words::WITHHELD) }
        } @else {
            td class=(alignment(kind)) { (words::cell(cell)) }
        }
    }
}

fn alignment(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Date => "day",
        kind if kind.is_figure() => "figure",
        _ => "words",
    }
}

fn rates(rates: &Rates) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(rates.title) {
            table.rates id=(rates.id) {
                caption { (rates.title) }
                thead.unseen { tr { th scope="col" { "What" } th scope="col" { "How many of how many" } } }
                tbody {
                    @for line in &rates.lines {
                        tr { th scope="row" { (line.label) } (figure(ColumnKind::Rate, &line.figure)) }
                    }
                }
            }
        }
    }
}

fn chart(report: &Report, chart: &Chart) -> Markup {
    let data = Data::of(report, chart);
    html! {
        figure id=(chart.id) {
            figcaption { (chart.title) }
            div.scroll tabindex="0" role="region" aria-label=(chart.title) {
                (svg::draw(&data.draw(), &chart.id, &chart.title, &data.in_words()))
            }
            p.source { "Figures: " a href={ "#" (data.table.id) } { (data.table.title) } }
        }
    }
}

fn definitions(items: &[Definition]) -> Markup {
    html! {
        dl.definitions {
            @for item in items { div { dt { (item.term) } dd { (item.meaning) } } }
        }
    }
}
