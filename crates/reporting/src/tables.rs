//! Tables out of selections.

use daybook_report::model::{Cell, ColumnKind, MAX_COLUMNS, Row, Table};
use daybook_rules::figures::Selection;

use crate::spans::Span;
use crate::words::words;

/// The word under which events are told that do not say a word, or whose word is erased.
pub(crate) const NOT_KNOWN: &str = "Not known";

/// Codes of a word in the events, most frequent first, and how the events that do not say it are told.
pub(crate) fn codes<'f>(events: &Selection<'f>, word: &str) -> Vec<&'f str> {
    let mut codes: Vec<&str> = events.values(word).into_iter().collect();
    codes.sort_by_key(|code| std::cmp::Reverse(events.with(word, code).count()));
    codes
}

/// How often each word occurs.
pub(crate) fn by_word(id: &str, title: &str, head: &str, events: &Selection<'_>, word: &str) -> Table {
    let mut table = Table::new(id, title, head).column("Number", ColumnKind::Count);
    for code in codes(events, word) {
        table = table.row(words(code), [events.with(word, code).count()]);
    }
    let unknown = events.without(word).count();
    if unknown > 0 {
        table = table.row(NOT_KNOWN, [unknown]);
    }
    if table.rows.len() > 1 {
        table = table.total("All", [events.count()]);
    }
    table
}

/// How often each word occurs with each other word. The columns that do not fit are told together.
pub(crate) fn crossed(
    (id, title, head): (&str, &str, &str),
    events: &Selection<'_>,
    rows: &str,
    columns: &str,
) -> Table {
    let mut shown = codes(events, columns);
    let unknown = events.without(columns).count() > 0;
    let rest = if shown.len() + usize::from(unknown) + 1 > MAX_COLUMNS {
        shown.split_off(MAX_COLUMNS - 2 - usize::from(unknown))
    } else {
        Vec::new()
    };
    let line = |events: &Selection<'_>| {
        let mut counts: Vec<u64> = shown.iter().map(|code| events.with(columns, code).count()).collect();
        if !rest.is_empty() {
            counts.push(events.with_any(columns, &rest).count());
        }
        if unknown {
            counts.push(events.without(columns).count());
        }
        counts.push(events.count());
        counts
    };
    let mut table = Table::new(id, title, head);
    for code in &shown {
        table = table.column(words(code), ColumnKind::Count);
    }
    if !rest.is_empty() {
        table = table.column("All others", ColumnKind::Count);
    }
    if unknown {
        table = table.column(NOT_KNOWN, ColumnKind::Count);
    }
    table = table.column("All", ColumnKind::Count);
    for code in codes(events, rows) {
        table = table.row(words(code), line(&events.with(rows, code)));
    }
    let unsaid = events.without(rows);
    if unsaid.count() > 0 {
        table = table.row(NOT_KNOWN, line(&unsaid));
    }
    if table.rows.len() > 1 {
        table = table.total("All", line(events));
    }
    table
}

/// Columns over time: one row for each span.
pub(crate) fn over_time(
    (id, title, unit): (&str, &str, &str),
    spans: &[Span],
    columns: &[(String, Selection<'_>)],
) -> Table {
    let mut table = Table::new(id, title, unit);
    for (head, _) in columns {
        table = table.column(head.clone(), ColumnKind::Count);
    }
    let within = |events: &Selection<'_>, span: &Span| events.keep(|part| span.has(part.month)).count();
    for span in spans {
        table = table.row(span.label.clone(), columns.iter().map(|(_, events)| within(events, span)));
    }
    if spans.len() > 1 {
        table = table.total("All", columns.iter().map(|(_, events)| events.count()));
    }
    table
}

/// A row of mixed cells.
pub(crate) fn push(table: &mut Table, head: impl Into<String>, cells: Vec<Cell>) {
    table.rows.push(Row { head: head.into(), cells });
}
