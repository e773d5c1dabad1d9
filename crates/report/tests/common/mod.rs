//! What the tests of withholding share: made-up tables, and a reader who tries to work out what was withheld. The reader's arithmetic is
//! written apart from the crate's: exact fractions of whole numbers, and a plain search through all tables.
#![allow(dead_code)]

use std::collections::BTreeSet;

use daybook_report::suppress::{Facts, Figure, Params, Problem, Reason, Region, Role};

/// xorshift64*: small, and the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }

    pub(crate) fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

/// A family of tables over the same facts: each pair of axes crossed or not, totals, nested periods, cells that occur twice, rates.
pub(crate) fn family(dice: &mut Dice, axes: Vec<u16>, facts: u64) -> Problem {
    let mut problem =
        Problem { facts: Facts { axes: axes.clone(), ..Facts::default() }, figures: Vec::new() };
    for _ in 0..facts {
        // Squared dice: some values are common and most are rare, as kinds of requests are.
        let atom = axes.iter().map(|size| {
            let size = u64::from(*size);
            u16::try_from(dice.below(size).min(dice.below(size))).expect("below a u16")
        });
        *problem.facts.counts.entry(atom.collect()).or_insert(0) += 1;
    }
    let whole = Region::whole(&axes);
    for one in 0..axes.len() {
        if dice.one_in(4) && axes.len() > 1 {
            continue;
        }
        table(&mut problem, &whole, &[one]);
        for two in one + 1..axes.len() {
            if !dice.one_in(3) {
                table(&mut problem, &whole, &[one, two]);
            }
        }
    }
    if axes.len() == 3 && dice.one_in(2) {
        table(&mut problem, &whole, &[0, 1, 2]);
    }
    // The last axis is time: from the start to every later date, so that differences give the periods between.
    let time = axes.len() - 1;
    for end in 1..=axes[time] {
        let mut region = whole.clone();
        region.0[time] = (0..end).collect();
        if dice.one_in(2) {
            shown(&mut problem, region, None);
        }
    }
    if dice.one_in(2) {
        let numerator = whole.clone().at(0, 0);
        let row_total = problem.count(&figure(whole.clone(), Role::Implied));
        problem.figures.push(figure(numerator.clone(), Role::Shown { row_total, share: true }));
        problem.figures.push(Figure { region: whole, minus: Some(numerator), role: Role::Implied });
    }
    problem
}

fn figure(region: Region, role: Role) -> Figure {
    Figure { region, minus: None, role }
}

fn shown(problem: &mut Problem, region: Region, row: Option<Region>) {
    let row = row.unwrap_or_else(|| region.clone());
    let row_total = problem.count(&figure(row, Role::Implied));
    problem.figures.push(figure(region, Role::Shown { row_total, share: false }));
}

/// A table crossed by these axes, with all its margins.
fn table(problem: &mut Problem, base: &Region, axes: &[usize]) {
    shown(problem, base.clone(), None);
    for (at, axis) in axes.iter().enumerate() {
        for value in 0..problem.facts.axes[*axis] {
            let row = base.clone().at(*axis, value);
            shown(problem, row.clone(), Some(base.clone()));
            for second in &axes[at + 1..] {
                for other in 0..problem.facts.axes[*second] {
                    let cell = row.clone().at(*second, other);
                    shown(problem, cell.clone(), Some(row.clone()));
                    if let (3, 0) = (axes.len(), at)
                        && *second == axes[1]
                    {
                        for last in 0..problem.facts.axes[axes[2]] {
                            shown(problem, cell.clone().at(axes[2], last), Some(cell.clone()));
                        }
                    }
                }
            }
        }
    }
}

/// All kinds of facts there could be.
pub(crate) fn kinds(axes: &[u16]) -> Vec<Vec<u16>> {
    axes.iter().fold(vec![Vec::new()], |kinds, size| {
        kinds
            .iter()
            .flat_map(|kind| (0..*size).map(move |value| [kind.as_slice(), &[value]].concat()))
            .collect()
    })
}

/// The figures that a reader has, and those that the reader must not get.
pub(crate) fn split(
    problem: &Problem,
    withheld: &[Option<Reason>],
    params: &Params,
) -> (Vec<usize>, Vec<usize>) {
    let small = |figure: &Figure| (1..=params.small_up_to).contains(&problem.count(figure));
    let (mut open, mut secret) = (Vec::new(), Vec::new());
    for (at, figure) in problem.figures.iter().enumerate() {
        match (figure.role, withheld[at]) {
            (_, Some(_)) => secret.push(at),
            (Role::Shown { .. } | Role::Known, None) => open.push(at),
            (Role::Implied, None) if small(figure) => secret.push(at),
            (Role::Implied, None) => {}
        }
    }
    (open, secret)
}

/// The secrets that are a combination of the open figures: plain elimination over the rationals.
pub(crate) fn recovered_by_algebra(problem: &Problem, open: &[usize], secret: &[usize]) -> Vec<usize> {
    let kinds = kinds(&problem.facts.axes);
    let row = |at: &usize| -> Vec<i128> {
        kinds.iter().map(|kind| i128::from(problem.figures[*at].counts(kind))).collect()
    };
    let mut basis: Vec<(usize, Vec<i128>)> = Vec::new();
    for at in open {
        let rest = eliminate(row(at), &basis);
        if let Some(pivot) = rest.iter().position(|entry| *entry != 0) {
            basis.push((pivot, rest));
        }
    }
    secret.iter().copied().filter(|at| eliminate(row(at), &basis).iter().all(|entry| *entry == 0)).collect()
}

fn eliminate(mut row: Vec<i128>, basis: &[(usize, Vec<i128>)]) -> Vec<i128> {
    for (pivot, other) in basis {
        let (here, there) = (row[*pivot], other[*pivot]);
        if here == 0 {
            continue;
        }
        for (entry, other) in row.iter_mut().zip(other) {
            let left = entry.checked_mul(there).expect("small whole numbers");
            *entry = left.checked_sub(other.checked_mul(here).expect("small")).expect("small");
        }
        let divisor = row.iter().fold(0, |divisor, entry| gcd(divisor, entry.abs()));
        if divisor > 1 {
            row.iter_mut().for_each(|entry| *entry /= divisor);
        }
    }
    row
}

fn gcd(one: i128, other: i128) -> i128 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// Every value of each secret over all tables of facts that agree with the open figures and with what the strictest reader knows of the
/// reasons. Facts of one kind are tried up to a little more than there are; so values can be missed, but none is invented.
pub(crate) fn possible_values(
    problem: &Problem,
    withheld: &[Option<Reason>],
    params: &Params,
    open: &[usize],
    secret: &[usize],
) -> Vec<BTreeSet<u64>> {
    let kinds = kinds(&problem.facts.axes);
    let counted: Vec<Vec<usize>> = kinds
        .iter()
        .map(|kind| (0..problem.figures.len()).filter(|at| problem.figures[*at].counts(kind)).collect())
        .collect();
    let truth: Vec<u64> = problem.figures.iter().map(|figure| problem.count(figure)).collect();
    let mut bounds: Vec<(u64, u64)> = vec![(0, u64::MAX); truth.len()];
    for at in 0..truth.len() {
        bounds[at] = match withheld[at] {
            None if open.contains(&at) => (truth[at], truth[at]),
            None => (0, u64::MAX),
            Some(Reason::SmallOrZero) => (0, params.small_up_to),
            Some(Reason::Small) => (1, params.small_up_to),
            Some(Reason::Complement | Reason::AllOfFew) if truth[at] > 0 => {
                (params.small_up_to + 1, u64::MAX)
            }
            Some(_) => (0, u64::MAX),
        };
    }
    let last: Vec<usize> = (0..truth.len())
        .map(|at| counted.iter().rposition(|figures| figures.contains(&at)).unwrap_or(0))
        .collect();
    let most = problem.facts.counts.values().max().copied().unwrap_or(0) + 4;
    let mut search = Search {
        counted,
        bounds,
        last,
        most,
        sums: vec![0; truth.len()],
        found: vec![BTreeSet::new(); secret.len()],
        budget: 3_000_000,
    };
    search.step(0, secret);
    search.found
}

struct Search {
    counted: Vec<Vec<usize>>,
    bounds: Vec<(u64, u64)>,
    last: Vec<usize>,
    most: u64,
    sums: Vec<u64>,
    found: Vec<BTreeSet<u64>>,
    budget: u64,
}

impl Search {
    fn step(&mut self, kind: usize, secret: &[usize]) {
        if self.budget == 0 {
            return;
        }
        self.budget -= 1;
        if kind == self.counted.len() {
            for (values, at) in self.found.iter_mut().zip(secret) {
                values.insert(self.sums[*at]);
            }
            return;
        }
        let figures = self.counted[kind].clone();
        for count in 0..=self.most {
            let fits = figures.iter().all(|at| {
                let sum = self.sums[*at] + count;
                sum <= self.bounds[*at].1 && (self.last[*at] > kind || sum >= self.bounds[*at].0)
            });
            if fits {
                figures.iter().for_each(|at| self.sums[*at] += count);
                self.step(kind + 1, secret);
                figures.iter().for_each(|at| self.sums[*at] -= count);
            }
        }
    }
}
