//! Withholding until everything withheld is protected, and proving it.

use std::collections::BTreeSet;

use super::{
    prices::Standing,
    primary::primary,
    problem::{Params, Problem, ProblemFault, Reason, Role},
    search::{Change, Wanted},
    world::{Space, World},
};

/// Which figures are withheld. Its existence means that the guarantee of the [module](super) was checked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    withheld: Vec<Option<Reason>>,
}

impl Protection {
    /// Why the figure at this place is withheld, if it is.
    pub fn withheld(&self, figure: usize) -> Option<Reason> {
        self.withheld.get(figure).copied().flatten()
    }

    /// All figures in order.
    pub fn all(&self) -> &[Option<Reason>] {
        &self.withheld
    }
}

/// Why figures cannot be published even with others withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unprotectable {
    /// The problem itself is not whole.
    #[error(transparent)]
    Problem(#[from] ProblemFault),
    /// The numbers of the rule contradict each other.
    #[error(
        "the rule must withhold at least one count, keep at most as many values open as it withholds, and show zeros only in rows above its threshold"
    )]
    Params,
    /// What readers already have gives this figure away, or no alternative was found.
    #[error(
        "figure {figure} cannot be protected whatever else is withheld; leave its table out, or pool its periods"
    )]
    Figure {
        /// Its place.
        figure: usize,
    },
}

/// Decides what is withheld.
///
/// # Errors
/// If some figure cannot be protected. Then nothing may be published.
pub fn protect(problem: &Problem, params: &Params) -> Result<Protection, Unprotectable> {
    problem.check()?;
    let threshold = usize::try_from(params.small_up_to).unwrap_or(usize::MAX);
    if params.small_up_to == 0
        || !(2..=threshold).contains(&params.min_values)
        || params.zero_row_at_least <= params.small_up_to
    {
        return Err(Unprotectable::Params);
    }
    let mut work = Work::new(problem, params);
    while let Some(target) = work.unprotected() {
        if !work.widen(target) && !work.withhold_whole() {
            return Err(Unprotectable::Figure { figure: target });
        }
    }
    work.release();
    work.prove()?;
    Ok(Protection { withheld: work.reasons() })
}

struct Work<'a> {
    params: &'a Params,
    space: Space<'a>,
    standings: Vec<Standing>,
    /// Whether a figure that nobody sees must be protected as well.
    implied: Vec<bool>,
    /// The true table first, then the alternatives.
    worlds: Vec<World>,
    values: Vec<BTreeSet<i64>>,
}

impl<'a> Work<'a> {
    fn new(problem: &'a Problem, params: &'a Params) -> Self {
        let mut space = Space::new(problem);
        let truth = World::true_one(&mut space);
        let small = primary(problem, params);
        let standing = |(figure, reason): (&super::Figure, &Option<Reason>)| match (figure.role, reason) {
            (_, Some(reason)) => Standing::Withheld(*reason),
            (Role::Shown { .. }, None) => Standing::Published,
            (Role::Implied, None) => Standing::Unseen,
            (Role::Known, None) => Standing::Known,
        };
        let standings = problem.figures.iter().zip(&small).map(standing).collect();
        let threshold = i64::try_from(params.small_up_to).unwrap_or(i64::MAX);
        let is_implied = |(at, figure): (usize, &super::Figure)| {
            figure.role == Role::Implied && (1..=threshold).contains(&truth.figure(at))
        };
        let implied = problem.figures.iter().enumerate().map(is_implied).collect();
        let values = (0..problem.figures.len()).map(|at| BTreeSet::from([truth.figure(at)])).collect();
        Self { params, space, standings, implied, worlds: vec![truth], values }
    }

    fn must_be_protected(&self, figure: usize) -> bool {
        self.implied[figure] || matches!(self.standings[figure], Standing::Withheld(_))
    }

    fn unprotected(&self) -> Option<usize> {
        let figures = 0..self.standings.len();
        figures
            .into_iter()
            .find(|at| self.must_be_protected(*at) && self.values[*at].len() < self.params.min_values)
    }

    /// Gives the figure at least one more value, withholding what that takes. False if it cannot be had.
    fn widen(&mut self, target: usize) -> bool {
        let truth: Vec<i64> = (0..self.standings.len()).map(|at| self.worlds[0].figure(at)).collect();
        let lacking = self.params.min_values - self.values[target].len();
        let most = i64::try_from(lacking).unwrap_or(1);
        let mut best: Option<(i64, i64, usize, Change)> = None;
        for times in if most > 1 { vec![most, 1] } else { vec![1] } {
            for direction in [1, -1] {
                let from = self.extreme(target, direction);
                let step = direction * times;
                let wanted =
                    Wanted { standings: &self.standings, truth: &truth, params: self.params, target, step };
                let Some(change) = wanted.cheapest(&mut self.space, &self.worlds[from]) else { continue };
                if best.as_ref().is_none_or(|(price, ..)| change.price < *price) {
                    best = Some((change.price, times, from, change));
                }
            }
        }
        let Some((_, times, from, change)) = best else { return false };
        self.take(&change, times, from, &truth);
        true
    }

    /// The known table in which the figure is largest, or smallest.
    fn extreme(&self, target: usize, direction: i64) -> usize {
        let worlds = 0..self.worlds.len();
        worlds
            .max_by_key(|at| (self.worlds[*at].figure(target) * direction, usize::MAX - at))
            .expect("the true table is always there")
    }

    /// Keeps the tables on the way of a change, and withholds the figures that it moves.
    fn take(&mut self, change: &Change, times: i64, from: usize, truth: &[i64]) {
        // A change moves `times` facts at once. Figures are sums, and what they may be are intervals, so if the end of the way is possible
        // then each step on it is.
        let unit: Vec<(usize, i64)> =
            change.kinds.iter().map(|(place, moved)| (*place, moved / times)).collect();
        let start = self.worlds[from].clone();
        for step in 1..=times {
            let world = start.moved(&self.space, &unit, step);
            for (at, value) in truth.iter().enumerate() {
                if self.standings[at] == Standing::Published && world.figure(at) != *value {
                    self.standings[at] = Standing::Withheld(Reason::Complement);
                }
                self.values[at].insert(world.figure(at));
            }
            self.worlds.push(world);
        }
    }

    /// The last resort: nothing of this subject is shown. False if that was done already.
    fn withhold_whole(&mut self) -> bool {
        let mut changed = false;
        for standing in &mut self.standings {
            if matches!(standing, Standing::Published | Standing::Withheld(Reason::Complement)) {
                *standing = Standing::Withheld(Reason::Whole);
                changed = true;
            }
        }
        changed
    }

    /// Shows again what was withheld for others and turned out not to be needed, the most telling first.
    fn release(&mut self) {
        let mut candidates: Vec<usize> = (0..self.standings.len())
            .filter(|at| self.standings[*at] == Standing::Withheld(Reason::Complement))
            .collect();
        candidates.sort_by_key(|at| (-self.worlds[0].figure(*at), *at));
        for at in candidates {
            let before = (self.standings.clone(), self.worlds.clone(), self.values.clone());
            let truth = self.worlds[0].figure(at);
            self.standings[at] = Standing::Published;
            self.worlds.retain(|world| world.figure(at) == truth);
            for (figure, values) in self.values.iter_mut().enumerate() {
                *values = self.worlds.iter().map(|world| world.figure(figure)).collect();
            }
            if self.unprotected().is_some() {
                (self.standings, self.worlds, self.values) = before;
            }
        }
    }

    /// Checks the guarantee from the facts of each table alone, trusting none of the bookkeeping above.
    fn prove(&self) -> Result<(), Unprotectable> {
        let mut values: Vec<BTreeSet<i64>> = vec![BTreeSet::new(); self.standings.len()];
        let truth: Vec<i64> = self.space.problem().figures.iter().map(|figure| self.count(figure)).collect();
        for world in &self.worlds {
            let figures = world.recount(&self.space).ok_or(Unprotectable::Figure { figure: 0 })?;
            for (at, value) in figures.into_iter().enumerate() {
                // Anything but a price of zero is a published figure that changed, or one outside what a reader thinks possible.
                if self.standings[at].price(truth[at], value, self.params) != 0 {
                    return Err(Unprotectable::Figure { figure: at });
                }
                values[at].insert(value);
            }
        }
        let lacking = |at: &usize| self.must_be_protected(*at) && values[*at].len() < self.params.min_values;
        (0..values.len()).find(lacking).map_or(Ok(()), |figure| Err(Unprotectable::Figure { figure }))
    }

    fn count(&self, figure: &super::Figure) -> i64 {
        i64::try_from(self.space.problem().count(figure))
            .expect("Problem::check bounds the sum of all counts")
    }

    fn reasons(&self) -> Vec<Option<Reason>> {
        let reason = |standing: &Standing| {
            if let Standing::Withheld(reason) = standing { Some(*reason) } else { None }
        };
        self.standings.iter().map(reason).collect()
    }
}
