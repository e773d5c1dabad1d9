//! From keys to numbers, with what is small and what would give it away left out.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    draft::{KeyedColumn, KeyedRates, KeyedTable, Pick, PublicBlock, PublicDraft},
    key::Key,
    month::Months,
    policy::PublicPolicy,
    sheet::Sheet,
    tally::{Tally, TallyFault},
};
use crate::{
    model::{
        Block, Cell, Column, ColumnKind, Definition, Kind, ModelFault, Paragraph, RateLine, Rates, Report,
        Row, Section, Table,
    },
    suppress::{Unprotectable, protect},
};

/// Why a draft cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// A key that does not fit the tally.
    #[error(transparent)]
    Tally(#[from] TallyFault),
    /// The layout is not whole.
    #[error(transparent)]
    Model(#[from] ModelFault),
    /// A period that is too short.
    #[error("{months} is shorter than {shortest} months; pool it with its neighbours")]
    TooShort {
        /// The months.
        months: Months,
        /// The bound in months.
        shortest: u32,
    },
    /// A period that is too recent.
    #[error("{months} ended less than {delay} months before the report; wait, or leave it out")]
    TooEarly {
        /// The months.
        months: Months,
        /// The bound in months.
        delay: u32,
    },
    /// A dimension that stands in for origin or singles people out.
    #[error("the dimension {dimension:?} must not be counted by in public; leave the table out")]
    ForbiddenDimension {
        /// The dimension.
        dimension: String,
    },
    /// The figures of a measure cannot be protected.
    #[error("the figures of {measure:?} cannot be published: {fault}")]
    Unprotectable {
        /// The measure.
        measure: String,
        /// Why.
        fault: Unprotectable,
    },
}

/// Makes a public report: counts every cell of every table and rate, withholds what is small and what would give it away, over the whole
/// report at once, and says so in its notices.
///
/// The guarantee is that of [`suppress`](crate::suppress). A rate is shown only if its numerator and its denominator both are, wherever
/// else they stand.
///
/// # Errors
/// If the draft breaks the policy, does not fit its tally, or cannot be protected. Then there is no report.
pub fn publish(draft: &PublicDraft, policy: &PublicPolicy) -> Result<Report, PublishError> {
    let open = Open { tally: &draft.tally, withheld: withheld(draft, policy)? };
    let mut sections = Vec::new();
    for section in &draft.sections {
        let (id, title, lead, blocks) = section.parts();
        let mut made = Section::new(id, title);
        made.lead = lead.iter().map(|sentence| (*sentence).to_owned()).collect();
        for block in blocks {
            made.blocks.push(match block {
                PublicBlock::Table(table) => open.table(table)?.into(),
                PublicBlock::Rates(rates) => open.rates(rates)?.into(),
                PublicBlock::Chart(chart) => chart.clone().into(),
                PublicBlock::Paragraph(text) => Paragraph::new(*text).into(),
                PublicBlock::Definitions(items) => Block::Definitions {
                    items: items.iter().map(|(term, meaning)| Definition::new(*term, *meaning)).collect(),
                },
            });
        }
        sections.push(made);
    }
    let mut head = draft.head.clone();
    // A clock time would tell when the ledger last grew.
    head.as_of = head.as_of.start_of_day().unwrap_or(head.as_of);
    head.notices.extend(policy.notices());
    Ok(Report::checked(Kind::Public, head, sections)?)
}

/// A figure of the draft, with what decides about zeros.
struct Use {
    key: Key,
    row: Key,
    share: bool,
}

/// The keys that are withheld, over all measures.
fn withheld(draft: &PublicDraft, policy: &PublicPolicy) -> Result<BTreeSet<Key>, PublishError> {
    let mut sheets: BTreeMap<String, Sheet> = BTreeMap::new();
    for figure in uses(draft) {
        policy.check(&draft.head, &figure.key)?;
        draft.tally.measure_of(&figure.key)?;
        let row_total = draft.tally.count(&figure.row)?;
        let sheet = sheets.entry(figure.key.measure.clone()).or_default();
        sheet.show(&figure.key, row_total, figure.share);
        if figure.share {
            sheet.imply_rest(&figure.row, &figure.key);
        }
    }
    for key in &draft.shown_before {
        draft.tally.measure_of(key)?;
        sheets.entry(key.measure.clone()).or_default().know(key);
    }
    let mut withheld = BTreeSet::new();
    for (measure, sheet) in sheets {
        let (problem, keys) = sheet.problem(&draft.tally.measures[&measure]);
        let protection = protect(&problem, &policy.small)
            .map_err(|fault| PublishError::Unprotectable { measure: measure.clone(), fault })?;
        withheld.extend(
            keys.into_iter()
                .enumerate()
                .filter(|(at, _)| protection.withheld(*at).is_some())
                .map(|(_, key)| key),
        );
    }
    Ok(withheld)
}

/// Every figure with a place in the report.
fn uses(draft: &PublicDraft) -> Vec<Use> {
    let mut uses = Vec::new();
    for block in draft.sections.iter().flat_map(|section| section.parts().3) {
        match block {
            PublicBlock::Table(table) => {
                for row in table.rows.iter().map(Some).chain(table.total.map(|_| None)) {
                    table.columns.iter().for_each(|column| uses.extend(cell_uses(table, row, column)));
                }
            }
            PublicBlock::Rates(rates) => {
                for line in &rates.lines {
                    uses.push(Use { key: line.of.clone(), row: line.of.clone(), share: false });
                    uses.push(Use { key: line.those.of(&line.of), row: line.of.clone(), share: true });
                }
            }
            PublicBlock::Chart(_) | PublicBlock::Paragraph(_) | PublicBlock::Definitions(_) => {}
        }
    }
    uses
}

fn cell_uses(table: &KeyedTable, row: Option<&Pick>, column: &KeyedColumn) -> Vec<Use> {
    let all = row.map_or_else(|| table.base.clone(), |row| row.of(&table.base));
    match column {
        // In a table of one column the column's total is what a zero stands under.
        KeyedColumn::Count(pick) => {
            let row = if pick.narrows() { all.clone() } else { table.base.clone() };
            vec![Use { key: pick.of(&all), row, share: false }]
        }
        KeyedColumn::Rate(pick) => vec![
            Use { key: all.clone(), row: table.base.clone(), share: false },
            Use { key: pick.of(&all), row: all, share: true },
        ],
    }
}

/// What may be shown.
struct Open<'a> {
    tally: &'a Tally,
    withheld: BTreeSet<Key>,
}

impl Open<'_> {
    fn count(&self, key: &Key) -> Result<Option<u64>, TallyFault> {
        if self.withheld.contains(key) { Ok(None) } else { self.tally.count(key).map(Some) }
    }

    fn rate(&self, of: &Key, those: &Pick) -> Result<Cell, TallyFault> {
        let both = (self.count(&those.of(of))?, self.count(of)?);
        Ok(if let (Some(numerator), Some(denominator)) = both {
            Cell::rate(numerator, denominator)
        } else {
            Cell::Withheld
        })
    }

    fn table(&self, draft: &KeyedTable) -> Result<Table, TallyFault> {
        let mut table = Table::new(draft.id, draft.title, draft.row_head);
        table.columns = draft.columns.iter().map(column).collect();
        table.note = draft.note.map(str::to_owned);
        for row in &draft.rows {
            table.rows.push(Row { head: row.label.clone(), cells: self.cells(draft, &row.of(&draft.base))? });
        }
        if let Some(label) = draft.total {
            table.total = Some(Row { head: label.to_owned(), cells: self.cells(draft, &draft.base)? });
        }
        Ok(table)
    }

    fn cells(&self, draft: &KeyedTable, row: &Key) -> Result<Vec<Cell>, TallyFault> {
        draft
            .columns
            .iter()
            .map(|column| match column {
                KeyedColumn::Count(pick) => {
                    Ok(self.count(&pick.of(row))?.map_or(Cell::Withheld, Cell::Count))
                }
                KeyedColumn::Rate(pick) => self.rate(row, pick),
            })
            .collect()
    }

    fn rates(&self, draft: &KeyedRates) -> Result<Rates, TallyFault> {
        let mut rates = Rates::new(draft.id, draft.title);
        for line in &draft.lines {
            let figure = self.rate(&line.of, &line.those)?;
            rates.lines.push(RateLine { label: line.those.label.clone(), figure });
        }
        Ok(rates)
    }
}

fn column(draft: &KeyedColumn) -> Column {
    match draft {
        KeyedColumn::Count(pick) => Column { head: pick.label.clone(), kind: ColumnKind::Count },
        KeyedColumn::Rate(pick) => Column { head: pick.label.clone(), kind: ColumnKind::Rate },
    }
}
