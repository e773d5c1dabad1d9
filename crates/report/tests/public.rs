//! Public reports: what `publish` lets out, looked at from outside through the finished report's cells.

mod common;
#[path = "../examples/reports/council.rs"]
#[allow(dead_code)]
mod council;

use std::collections::BTreeMap;

use common::{Dice, recovered_by_algebra};
use daybook_report::{
    Report,
    model::{Block, Cell, Kind},
    public::{
        Key, KeyedColumn, KeyedRateLine, KeyedRates, KeyedTable, Month, Months, Pick, PublicBlock,
        PublicDraft, PublicPolicy, PublicSection, PublishError, Tally, TallyFault, publish,
    },
    suppress::{Facts, Figure, Params, Problem, Region, Role},
};

const KINDS: [&str; 4] = ["a", "b", "c", "d"];
const ANSWERS: [&str; 3] = ["x", "y", "z"];
const CHANNELS: [&str; 2] = ["p", "q"];
const TABLES: [&str; 5] = ["t0", "t1", "t2", "t3", "t4"];

fn half(at: u16) -> Months {
    Months::half(2024 + i16::try_from(at / 2).unwrap_or(0), u8::try_from(at % 2 + 1).unwrap_or(1))
        .expect("a half")
}

fn first_halves(count: u16) -> Months {
    Months::new(half(0).from(), half(count - 1).until()).expect("at least one")
}

/// A choice that the test keeps in two forms: as a pick, and as the values on each axis (kind, answer, channel, half-year).
#[derive(Clone)]
struct Choice {
    pick: Pick,
    axis: Option<(usize, Vec<u16>)>,
}

fn choices(axis: usize) -> Vec<Choice> {
    let values = |name: &'static str, values: &'static [&'static str]| {
        let choice = |(at, value): (usize, &&str)| Choice {
            pick: Pick::value(*value, name, *value),
            axis: Some((axis, vec![u16::try_from(at).expect("few")])),
        };
        values.iter().enumerate().map(choice).collect()
    };
    match axis {
        0 => values("kind", &KINDS),
        1 => values("answer", &ANSWERS),
        2 => values("channel", &CHANNELS),
        _ => {
            let single = (0..4).map(|at| Choice { pick: Pick::months(half(at)), axis: Some((3, vec![at])) });
            let nested = (2..4).map(|count| Choice {
                pick: Pick::months(first_halves(count)),
                axis: Some((3, (0..count).collect())),
            });
            single.chain(nested).collect()
        }
    }
}

fn region(choices: &[&Choice]) -> Region {
    let mut region = Region::whole(&[4, 3, 2, 4]);
    for (axis, values) in choices.iter().filter_map(|choice| choice.axis.as_ref()) {
        region.0[*axis] = values.iter().copied().collect();
    }
    region
}

/// Random facts, random tables over them, and for each cell the region that it counts.
struct Case {
    draft: PublicDraft,
    facts: BTreeMap<Vec<u16>, u64>,
    /// By table, row, column.
    cells: Vec<Vec<Vec<Region>>>,
    /// Numerator and denominator, by line.
    rates: Vec<(Region, Region)>,
}

fn case(dice: &mut Dice, count: u64) -> Case {
    let mut tally = Tally::new();
    tally
        .measure("m", &[("kind", &KINDS), ("answer", &ANSWERS), ("channel", &CHANNELS)])
        .expect("declared once");
    let mut facts = BTreeMap::new();
    for _ in 0..count {
        let mut pick = |size: u64| u16::try_from(dice.below(size).min(dice.below(size))).expect("small");
        let atom = vec![pick(4), pick(3), pick(2), pick(4)];
        let month = half(atom[3]).from().plus(i32::try_from(dice.below(6)).expect("small"));
        let [kind, answer, channel] = [0, 1, 2].map(|at| usize::from(atom[at]));
        let values = [("kind", KINDS[kind]), ("answer", ANSWERS[answer]), ("channel", CHANNELS[channel])];
        tally.add("m", month, &values, 1).expect("declared");
        *facts.entry(atom).or_insert(0) += 1;
    }
    let base = Key::all("m", first_halves(4));
    let everything = Choice { pick: Pick::all("All"), axis: None };
    let (mut blocks, mut cells) = (Vec::new(), Vec::new());
    for id in TABLES.into_iter().take(2 + usize::try_from(dice.below(4)).expect("small")) {
        let (rows, columns) = (dice.below(4), dice.below(4));
        let rows = choices(usize::try_from(rows).expect("small"));
        let mut columns =
            if columns == 0 { Vec::new() } else { choices(usize::try_from(columns).expect("small")) };
        columns.retain(|column| {
            column.axis.as_ref().map(|(axis, _)| axis) != rows[0].axis.as_ref().map(|(axis, _)| axis)
        });
        // A category left out of a table can still be had by subtraction.
        if dice.one_in(3) && columns.len() > 2 {
            columns.pop();
        }
        columns.push(everything.clone());
        let total = dice.one_in(2).then(|| everything.clone());
        let lines = rows.iter().chain(&total);
        cells.push(lines.map(|row| columns.iter().map(|column| region(&[row, column])).collect()).collect());
        blocks.push(PublicBlock::Table(KeyedTable {
            id,
            title: "T",
            row_head: "R",
            base: base.clone(),
            rows: rows.into_iter().map(|row| row.pick).collect(),
            columns: columns.into_iter().map(|column| KeyedColumn::Count(column.pick)).collect(),
            total: total.map(|_| "All"),
            note: None,
        }));
    }
    let answers = choices(1);
    let line = |at: u16| KeyedRateLine { of: base.clone().during(half(at)), those: answers[0].pick.clone() };
    let rates = (0..4).map(|at| {
        let months = Choice { pick: Pick::all(""), axis: Some((3, vec![at])) };
        (region(&[&months, &answers[0]]), region(&[&months]))
    });
    let rates = rates.collect();
    blocks.push(PublicBlock::Rates(KeyedRates { id: "r", title: "R", lines: (0..4).map(line).collect() }));
    let section = blocks.into_iter().fold(PublicSection::new("s", "S"), PublicSection::block);
    let head = council::head("T").expect("a head");
    Case {
        draft: PublicDraft { head, tally, sections: vec![section], shown_before: Vec::new() },
        facts,
        cells,
        rates,
    }
}

/// What a reader has: each region whose count stands somewhere; and every small count that the report is about.
fn reader(case: &Case, report: &Report) -> (Problem, Vec<usize>, Vec<usize>) {
    let facts = Facts { axes: vec![4, 3, 2, 4], counts: case.facts.clone() };
    let mut problem = Problem { facts, figures: Vec::new() };
    let mut open = Vec::new();
    let mut all: Vec<(Region, Option<Region>)> = Vec::new();
    let mut cells = case.cells.iter();
    for block in &report.sections()[0].blocks {
        match block {
            Block::Table(table) => {
                let regions = cells.next().expect("as many as tables");
                for (row, regions) in table.rows.iter().chain(&table.total).zip(regions) {
                    for (cell, region) in row.cells.iter().zip(regions) {
                        if let Cell::Count(_) = cell {
                            open.push(region.clone());
                        }
                        all.push((region.clone(), None));
                    }
                }
            }
            Block::Rates(rates) => {
                for (line, (numerator, denominator)) in rates.lines.iter().zip(&case.rates) {
                    if let Cell::Rate(_) = line.figure {
                        open.extend([numerator.clone(), denominator.clone()]);
                    }
                    all.push((numerator.clone(), None));
                    all.push((denominator.clone(), Some(numerator.clone())));
                }
            }
            other => panic!("{other:?}"),
        }
    }
    problem.figures =
        all.into_iter().map(|(region, minus)| Figure { region, minus, role: Role::Implied }).collect();
    let small = |figure: &Figure| (1..=9).contains(&problem.count(figure));
    let secret = (0..problem.figures.len()).filter(|at| small(&problem.figures[*at])).collect();
    let first = problem.figures.len();
    problem.figures.extend(open.into_iter().map(|region| Figure { region, minus: None, role: Role::Known }));
    let open = (first..problem.figures.len()).collect();
    (problem, open, secret)
}

#[test]
fn no_small_figure_of_a_public_report_can_be_worked_out_from_its_cells() {
    let (mut shown, mut secrets) = (0, 0);
    for seed in 5000..5060 {
        let mut dice = Dice::new(seed);
        let count = [40, 250, 900][usize::try_from(dice.below(3)).expect("small")];
        let case = case(&mut dice, count);
        let report = publish(&case.draft, &PublicPolicy::default())
            .unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
        let (problem, open, secret) = reader(&case, &report);
        let recovered = recovered_by_algebra(&problem, &open, &secret);
        assert!(recovered.is_empty(), "seed {seed}: {recovered:?}");
        shown += open.len();
        secrets += secret.len();
    }
    println!("seeds 5000 to 5059: {shown} figures shown, {secrets} small ones kept");
    assert!(shown > 1500 && secrets > 500);
}

#[test]
fn every_figure_that_is_shown_is_the_true_one() {
    for seed in 6000..6010 {
        let case = case(&mut Dice::new(seed), 600);
        let report = publish(&case.draft, &PublicPolicy::default()).expect("publishable");
        assert_eq!(report.kind(), Kind::Public);
        let (problem, ..) = reader(&case, &report);
        let mut regions = case.cells.iter();
        for block in &report.sections()[0].blocks {
            let Block::Table(table) = block else { continue };
            for (row, regions) in table.rows.iter().chain(&table.total).zip(regions.next().expect("a table"))
            {
                for (cell, region) in row.cells.iter().zip(regions) {
                    let truth =
                        problem.count(&Figure { region: region.clone(), minus: None, role: Role::Known });
                    assert!(
                        *cell == Cell::Count(truth) || *cell == Cell::Withheld,
                        "seed {seed}: {cell:?} for {truth}"
                    );
                    assert!(
                        !(1..=9).contains(&truth) || *cell == Cell::Withheld,
                        "seed {seed}: {truth} is shown"
                    );
                }
            }
        }
    }
}

/// One measure, advised or not, in the first half of 2026.
fn advised(yes: u64, no: u64) -> PublicDraft {
    let mut tally = Tally::new();
    tally.measure("notices", &[("advised", &["yes", "no"])]).expect("declared once");
    let march = Month::new(2026, 3).expect("March");
    tally.add("notices", march, &[("advised", "yes")], yes).expect("declared");
    tally.add("notices", march, &[("advised", "no")], no).expect("declared");
    let of = Key::all("notices", Months::half(2026, 1).expect("first"));
    let lines = vec![KeyedRateLine { of, those: Pick::value("Advised", "advised", "yes") }];
    let block = PublicBlock::Rates(KeyedRates { id: "r", title: "R", lines });
    let head = council::head("T").expect("a head");
    PublicDraft {
        head,
        tally,
        sections: vec![PublicSection::new("s", "S").block(block)],
        shown_before: Vec::new(),
    }
}

fn rate_of(draft: &PublicDraft) -> Cell {
    let report = publish(draft, &PublicPolicy::default()).expect("publishable");
    let Block::Rates(rates) = &report.sections()[0].blocks[0] else { panic!("rates") };
    rates.lines[0].figure.clone()
}

#[test]
fn a_rate_never_gives_its_rest_away() {
    assert_eq!(rate_of(&advised(70, 14)), Cell::rate(70, 84));
    // 79 of 84 says that it was five; 9 of 84 that it was nine; 12 of 12 that it was every one of a few.
    assert_eq!(rate_of(&advised(79, 5)), Cell::Withheld);
    assert_eq!(rate_of(&advised(9, 75)), Cell::Withheld);
    assert_eq!(rate_of(&advised(12, 0)), Cell::Withheld);
    assert_eq!(rate_of(&advised(0, 12)), Cell::Withheld);
    assert_eq!(rate_of(&advised(0, 0)), Cell::Withheld);
    assert_eq!(rate_of(&advised(90, 0)), Cell::rate(90, 90));
}

#[test]
fn categories_that_a_table_leaves_out_are_not_given_away_by_its_total() {
    let cells = |codes: &[(&str, u64)]| {
        let mut tally = Tally::new();
        tally.measure("m", &[("kind", &["a", "b", "c"])]).expect("declared once");
        for (kind, count) in codes {
            tally.add("m", Month::new(2026, 3).expect("March"), &[("kind", kind)], *count).expect("declared");
        }
        let table = KeyedTable {
            id: "t",
            title: "T",
            row_head: "Kind",
            base: Key::all("m", Months::half(2026, 1).expect("first")),
            rows: vec![Pick::value("A", "kind", "a")],
            columns: vec![KeyedColumn::Count(Pick::all("All"))],
            total: Some("All kinds"),
            note: None,
        };
        let sections = vec![PublicSection::new("s", "S").block(PublicBlock::Table(table))];
        let head = council::head("T").expect("a head");
        let draft = PublicDraft { head, tally, sections, shown_before: Vec::new() };
        let report = publish(&draft, &PublicPolicy::default()).expect("publishable");
        let Block::Table(table) = &report.sections()[0].blocks[0] else { panic!("a table") };
        (table.rows[0].cells[0].clone(), table.total.as_ref().expect("a total").cells[0].clone())
    };
    assert_eq!(cells(&[("a", 80), ("b", 20), ("c", 15)]), (Cell::Count(80), Cell::Count(115)));
    // One left out, or several that are few together.
    for codes in [[("a", 80), ("b", 4), ("c", 0)], [("a", 80), ("b", 4), ("c", 4)]] {
        let (row, total) = cells(&codes);
        assert!(row == Cell::Withheld || total == Cell::Withheld, "{row:?} of {total:?}");
    }
}

#[test]
fn what_an_earlier_report_showed_is_reckoned_with() {
    let mut draft = advised(70, 14);
    let may = Month::new(2026, 5).expect("May");
    draft.tally.add("notices", may, &[("advised", "yes")], 5).expect("declared");
    assert_eq!(rate_of(&draft), Cell::rate(75, 89));
    // Readers know the 70 of January to March. The half-year would tell them of the five after that.
    let to_march = Months::new(Month::new(2026, 1).expect("January"), Month::new(2026, 4).expect("April"))
        .expect("three");
    draft.shown_before.push(Key::all("notices", to_march).with("advised", "yes"));
    assert_eq!(rate_of(&draft), Cell::Withheld);
}

#[test]
fn a_draft_that_breaks_the_policy_is_refused() {
    let refused = |change: fn(&mut PublicDraft)| {
        let mut draft = advised(70, 14);
        change(&mut draft);
        publish(&draft, &PublicPolicy::default()).expect_err("refused")
    };
    let line = |of: Key, those: Pick| {
        PublicBlock::Rates(KeyedRates { id: "q", title: "Q", lines: vec![KeyedRateLine { of, those }] })
    };
    let with = |of: Key, those: Pick| {
        let mut draft = advised(70, 14);
        draft.sections.push(PublicSection::new("q2", "Q").block(line(of, those)));
        publish(&draft, &PublicPolicy::default()).expect_err("refused")
    };
    let quarter = Months::new(Month::new(2026, 1).expect("January"), Month::new(2026, 4).expect("April"))
        .expect("three");
    let late = Months::half(2026, 2).expect("second");
    let half = Months::half(2026, 1).expect("first");
    assert!(matches!(with(Key::all("notices", quarter), Pick::all("A")), PublishError::TooShort { .. }));
    assert!(matches!(with(Key::all("notices", late), Pick::all("A")), PublishError::TooEarly { .. }));
    let language = Pick::value("A", "asked_language", "es");
    assert!(matches!(with(Key::all("notices", half), language), PublishError::ForbiddenDimension { .. }));
    assert!(matches!(
        with(Key::all("releases", half), Pick::all("A")),
        PublishError::Tally(TallyFault::MeasureUnknown { .. })
    ));
    let unknown = Pick::value("A", "advised", "perhaps");
    assert!(matches!(
        with(Key::all("notices", half), unknown),
        PublishError::Tally(TallyFault::Value { .. })
    ));
    assert!(matches!(refused(|draft| draft.sections.extend(draft.sections.clone())), PublishError::Model(_)));
}

#[test]
fn a_rule_without_small_figures_is_refused_and_not_obeyed() {
    let policy =
        PublicPolicy { small: Params { small_up_to: 0, ..Params::default() }, ..PublicPolicy::default() };
    assert!(matches!(publish(&advised(70, 14), &policy), Err(PublishError::Unprotectable { .. })));
}

#[test]
fn a_public_report_shows_no_clock_time_and_says_what_was_done() {
    let report = publish(&advised(70, 14), &PublicPolicy::default()).expect("publishable");
    assert_eq!(report.head().as_of.time(), jiff::civil::Time::midnight());
    assert!(report.head().notices.iter().any(|notice| notice.contains("from 1 to 9 are withheld")));
}
