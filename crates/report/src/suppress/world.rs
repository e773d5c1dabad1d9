//! Alternative tables of facts: what else could be true, given what is published.

use std::collections::HashMap;

use super::problem::{Atom, Problem};

/// The kinds of facts met so far, and which figures count each.
pub(super) struct Space<'a> {
    problem: &'a Problem,
    atoms: Vec<Atom>,
    places: HashMap<Atom, usize>,
    counted_by: Vec<Vec<usize>>,
}

impl<'a> Space<'a> {
    pub(super) fn new(problem: &'a Problem) -> Self {
        Self { problem, atoms: Vec::new(), places: HashMap::new(), counted_by: Vec::new() }
    }

    /// The place of this kind of fact.
    pub(super) fn place(&mut self, atom: &[u16]) -> usize {
        if let Some(place) = self.places.get(atom) {
            return *place;
        }
        let place = self.atoms.len();
        let figures = self.problem.figures.iter().enumerate();
        self.counted_by.push(figures.filter(|(_, figure)| figure.counts(atom)).map(|(at, _)| at).collect());
        self.atoms.push(atom.to_vec());
        self.places.insert(atom.to_vec(), place);
        place
    }

    pub(super) fn atom(&self, place: usize) -> &Atom {
        &self.atoms[place]
    }

    /// The figures that count this kind of fact, in order.
    pub(super) fn counted_by(&self, place: usize) -> &[usize] {
        &self.counted_by[place]
    }

    pub(super) fn axes(&self) -> &[u16] {
        &self.problem.facts.axes
    }

    pub(super) fn problem(&self) -> &'a Problem {
        self.problem
    }
}

/// One table of facts, and what every figure is in it.
#[derive(Debug, Clone)]
pub(super) struct World {
    facts: Vec<i64>,
    figures: Vec<i64>,
}

impl World {
    /// What really happened.
    pub(super) fn true_one(space: &mut Space<'_>) -> Self {
        let problem = space.problem();
        let mut world = Self { facts: Vec::new(), figures: vec![0; problem.figures.len()] };
        for (atom, count) in &problem.facts.counts {
            let place = space.place(atom);
            world.add(
                space,
                place,
                i64::try_from(*count).expect("Problem::check bounds the sum of all counts"),
            );
        }
        world
    }

    /// The same with so many facts more or fewer of some kinds.
    #[must_use]
    pub(super) fn moved(&self, space: &Space<'_>, changes: &[(usize, i64)], times: i64) -> Self {
        let mut world = self.clone();
        for (place, change) in changes {
            world.add(space, *place, change * times);
        }
        world
    }

    pub(super) fn figure(&self, at: usize) -> i64 {
        self.figures[at]
    }

    /// How many facts of this kind there are.
    pub(super) fn facts(&self, place: usize) -> i64 {
        self.facts.get(place).copied().unwrap_or(0)
    }

    /// The kinds that occur, in order of their places.
    pub(super) fn occurring(&self) -> impl Iterator<Item = usize> + '_ {
        self.facts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(place, _)| place)
    }

    /// Every figure counted anew from the facts alone; `None` if a kind of fact occurs less than not at all.
    pub(super) fn recount(&self, space: &Space<'_>) -> Option<Vec<i64>> {
        if self.facts.iter().any(|count| *count < 0) {
            return None;
        }
        let occurring: Vec<_> =
            self.occurring().map(|place| (space.atom(place), self.facts[place])).collect();
        let figures = space.problem().figures.iter();
        Some(
            figures
                .map(|figure| {
                    occurring.iter().filter(|(atom, _)| figure.counts(atom)).map(|(_, count)| count).sum()
                })
                .collect(),
        )
    }

    fn add(&mut self, space: &Space<'_>, place: usize, change: i64) {
        if self.facts.len() <= place {
            self.facts.resize(place + 1, 0);
        }
        self.facts[place] += change;
        for figure in space.counted_by(place) {
            self.figures[*figure] += change;
        }
    }
}
