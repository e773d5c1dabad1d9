//! Finding a change of facts that moves one figure and costs the least.
//!
//! A *change* takes facts of some kinds away and puts as many of others in. It starts with one kind that moves the wanted figure and is
//! extended by one kind at a time, each time at the dearest figure that it has put out of balance; only the best few are kept. Every
//! change along the way is a valid answer as soon as it is not forbidden: it just costs the figures that it does not leave alone. So the
//! search always ends, and if it ends badly more is withheld than needed; never less.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    prices::{FORBIDDEN, Standing},
    problem::Params,
    world::{Space, World},
};

/// How many changes are kept at each step.
const BEAM: usize = 8;
/// How many kinds of facts a change may touch.
const MAX_KINDS: usize = 12;
/// How many kinds are tried as the first of a change.
const MAX_STARTS: usize = 48;
/// How many kinds are tried as the next of a change.
const MAX_NEXT: usize = 400;

/// What is wanted, and what it may cost.
pub(super) struct Wanted<'a> {
    pub(super) standings: &'a [Standing],
    pub(super) truth: &'a [i64],
    pub(super) params: &'a Params,
    /// The figure that must change.
    pub(super) target: usize,
    /// By how much facts are moved: positive if the figure must grow.
    pub(super) step: i64,
}

/// A change of facts, with its price.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// Kinds of facts, each with how many more there are; in order of their places.
    pub(super) kinds: Vec<(usize, i64)>,
    effects: BTreeMap<usize, i64>,
    pub(super) price: i64,
}

impl Wanted<'_> {
    /// The cheapest change found; none if every one was forbidden.
    pub(super) fn cheapest(&self, space: &mut Space<'_>, world: &World) -> Option<Change> {
        let mut met = BTreeSet::new();
        let none = Change { kinds: Vec::new(), effects: BTreeMap::new(), price: FORBIDDEN };
        let starts = self.starts(space, world);
        let mut beam = self.best(space, world, vec![(&none, starts)], &mut met);
        let mut best: Option<Change> = None;
        for _ in 0..MAX_KINDS {
            for change in &beam {
                if change.price < FORBIDDEN && best.as_ref().is_none_or(|best| self.better(change, best)) {
                    best = Some(change.clone());
                }
            }
            if beam.is_empty() || best.as_ref().is_some_and(|best| best.price == 0) {
                break;
            }
            let next = beam.iter().map(|change| (change, self.next(space, world, change))).collect();
            beam = self.best(space, world, next, &mut met);
        }
        best
    }

    fn better(&self, one: &Change, other: &Change) -> bool {
        (one.price, one.kinds.len()) < (other.price, other.kinds.len())
    }

    /// What the figure would cost if the change had this effect on it.
    fn price(&self, world: &World, figure: usize, effect: i64) -> i64 {
        let moved =
            self.standings[figure].price(self.truth[figure], world.figure(figure) + effect, self.params);
        let wrong_way = figure == self.target && effect.signum() != self.step.signum();
        moved + if wrong_way { FORBIDDEN } else { 0 }
    }

    /// Kinds that move the target: those that occur in it, and others like those that occur elsewhere.
    fn starts(&self, space: &mut Space<'_>, world: &World) -> Vec<(usize, i64)> {
        let problem = space.problem();
        let target = &problem.figures[self.target];
        let occurring: Vec<usize> = world.occurring().collect();
        let mut places: BTreeSet<usize> = occurring
            .iter()
            .copied()
            .filter(|place| target.counts(space.atom(*place)))
            .take(MAX_STARTS)
            .collect();
        if self.step > 0 {
            let first: Vec<u16> =
                target.region.0.iter().map(|values| values.first().copied().unwrap_or(0)).collect();
            let mut likes: Vec<Vec<u16>> = vec![first.clone()];
            for place in occurring.iter().take(MAX_STARTS) {
                let atom = space.atom(*place).clone();
                let fit = |(axis, value): (usize, u16)| {
                    if target.region.0[axis].contains(&value) { value } else { first[axis] }
                };
                likes.push(atom.into_iter().enumerate().map(fit).collect());
            }
            for like in likes {
                if target.counts(&like) {
                    places.insert(space.place(&like));
                }
            }
            if let (true, Some(minus)) = (places.is_empty(), &target.minus) {
                let outside = outside_of(&target.region.0, &minus.0, &first);
                places.extend(outside.iter().map(|atom| space.place(atom)));
            }
        }
        places.into_iter().map(|place| (place, self.step)).collect()
    }

    /// Kinds that bring the dearest figure back into balance.
    fn next(&self, space: &mut Space<'_>, world: &World, change: &Change) -> Vec<(usize, i64)> {
        let dearest =
            change.effects.iter().filter(|(_, effect)| **effect != 0).max_by_key(|(figure, effect)| {
                (self.price(world, **figure, **effect), usize::MAX - **figure)
            });
        let Some((figure, effect)) = dearest else { return Vec::new() };
        if self.price(world, *figure, *effect) == 0 {
            return Vec::new();
        }
        let figure = &space.problem().figures[*figure];
        let step = if *effect > 0 { -self.step.abs() } else { self.step.abs() };
        let mut places: BTreeSet<usize> =
            world.occurring().filter(|place| figure.counts(space.atom(*place))).take(MAX_NEXT).collect();
        if step > 0 {
            let axes = space.axes().to_vec();
            let near = change.kinds.iter().flat_map(|(place, _)| neighbours(space.atom(*place), &axes));
            let near: Vec<_> = near.filter(|atom| figure.counts(atom)).take(MAX_NEXT).collect();
            places.extend(near.iter().map(|atom| space.place(atom)));
        }
        places.into_iter().map(|place| (place, step)).collect()
    }

    /// The best of all extensions, each made once.
    fn best(
        &self,
        space: &Space<'_>,
        world: &World,
        extensions: Vec<(&Change, Vec<(usize, i64)>)>,
        met: &mut BTreeSet<Vec<(usize, i64)>>,
    ) -> Vec<Change> {
        let mut ranked = Vec::new();
        for (at, (change, kinds)) in extensions.iter().enumerate() {
            for (place, step) in kinds {
                let had = change.kinds.iter().find(|(kind, _)| kind == place).map_or(0, |(_, had)| *had);
                let undoes = had != 0 && had.signum() != step.signum();
                if !undoes && world.facts(*place) + had + step >= 0 {
                    ranked.push((
                        self.extended_price(space, world, change, *place, *step),
                        at,
                        *place,
                        *step,
                    ));
                }
            }
        }
        ranked.sort_unstable();
        let mut beam = Vec::new();
        for (price, at, place, step) in ranked {
            let change = extensions[at].0.extended(space, place, step, price);
            if met.insert(change.kinds.clone()) {
                beam.push(change);
            }
            if beam.len() == BEAM {
                break;
            }
        }
        beam
    }

    fn extended_price(
        &self,
        space: &Space<'_>,
        world: &World,
        change: &Change,
        place: usize,
        step: i64,
    ) -> i64 {
        // A change without kinds is priced as forbidden, since it does not move the target.
        let mut price = change.price;
        for figure in space.counted_by(place) {
            let effect = change.effects.get(figure).copied().unwrap_or(0);
            price += self.price(world, *figure, effect + step) - self.price(world, *figure, effect);
        }
        price
    }
}

impl Change {
    fn extended(&self, space: &Space<'_>, place: usize, step: i64, price: i64) -> Self {
        let mut extended = Self { price, ..self.clone() };
        match extended.kinds.binary_search_by_key(&place, |(kind, _)| *kind) {
            Ok(at) => extended.kinds[at].1 += step,
            Err(at) => extended.kinds.insert(at, (place, step)),
        }
        for figure in space.counted_by(place) {
            *extended.effects.entry(*figure).or_insert(0) += step;
        }
        extended
    }
}

/// Kinds that differ on one axis.
fn neighbours<'a>(atom: &'a [u16], axes: &'a [u16]) -> impl Iterator<Item = Vec<u16>> + 'a {
    axes.iter().enumerate().flat_map(move |(axis, size)| {
        (0..*size).filter(move |value| *value != atom[axis]).map(move |value| {
            let mut near = atom.to_vec();
            near[axis] = value;
            near
        })
    })
}

/// For each axis on which the smaller region leaves something over, one kind from there.
fn outside_of(region: &[BTreeSet<u16>], minus: &[BTreeSet<u16>], first: &[u16]) -> Vec<Vec<u16>> {
    let mut kinds = Vec::new();
    for (axis, (all, taken)) in region.iter().zip(minus).enumerate() {
        if let Some(value) = all.difference(taken).next() {
            let mut kind = first.to_vec();
            kind[axis] = *value;
            kinds.push(kind);
        }
    }
    kinds
}
