//! A reader who has everything published, and all the time and arithmetic in the world, cannot work out a withheld figure.

mod common;

use common::{Dice, family, possible_values, recovered_by_algebra, split};
use daybook_report::suppress::{Params, Problem, Reason, Unprotectable, primary, protect};

/// Calls the test with every seed; a test that fails says with which.
fn each_family(seeds: std::ops::Range<u64>, mut test: impl FnMut(u64, &mut Dice)) {
    for seed in seeds {
        test(seed, &mut Dice::new(seed));
    }
}

fn axes(dice: &mut Dice, count: u64, most: u64) -> Vec<u16> {
    (0..count).map(|_| u16::try_from(2 + dice.below(most - 1)).expect("a few values")).collect()
}

fn withheld(seed: u64, problem: &Problem, params: &Params) -> Vec<Option<Reason>> {
    match protect(problem, params) {
        Ok(protection) => protection.all().to_vec(),
        Err(fault) => panic!("seed {seed}: {fault}"),
    }
}

#[test]
fn no_withheld_figure_is_a_combination_of_published_ones() {
    let params = Params::default();
    let (mut open_figures, mut all_figures) = (0, 0);
    each_family(0..240, |seed, dice| {
        let count = 1 + dice.below(3);
        let axes = axes(dice, count, 5);
        // From a handful a year to what a large city has in several.
        let facts = [12, 60, 240, 700][usize::try_from(dice.below(4)).unwrap()];
        let problem = family(dice, axes, facts);
        let withheld = withheld(seed, &problem, &params);
        let (open, secret) = split(&problem, &withheld, &params);
        let recovered = recovered_by_algebra(&problem, &open, &secret);
        assert!(recovered.is_empty(), "seed {seed}: figures {recovered:?} of {:?}", problem.facts.axes);
        open_figures += open.len();
        all_figures += withheld.len();
    });
    println!("seeds 0 to 239: {open_figures} of {all_figures} figures are published");
    // Withholding everything would pass the assertion above as well.
    assert!(open_figures * 4 > all_figures, "only {open_figures} of {all_figures} figures are published");
}

#[test]
fn no_withheld_figure_is_pinned_down_by_searching_all_tables() {
    let params = Params::default();
    let mut secrets = 0;
    each_family(1000..1200, |seed, dice| {
        let count = 1 + dice.below(2);
        let axes = axes(dice, count, 3);
        let facts = 8 + dice.below(60);
        let problem = family(dice, axes, facts);
        let withheld = withheld(seed, &problem, &params);
        let (open, secret) = split(&problem, &withheld, &params);
        let values = possible_values(&problem, &withheld, &params, &open, &secret);
        secrets += secret.len();
        for (at, values) in secret.iter().zip(values) {
            assert!(
                values.len() >= params.min_values,
                "seed {seed}: figure {at} ({:?}) can only be {values:?}",
                problem.figures[*at]
            );
        }
    });
    println!("seeds 1000 to 1199: {secrets} withheld figures");
    assert!(secrets > 500);
}

/// The test above can fail: without the second step the same reader succeeds.
#[test]
fn withholding_small_figures_alone_is_not_enough() {
    let params = Params::default();
    let mut leaking = 0;
    each_family(0..240, |_seed, dice| {
        let count = 1 + dice.below(3);
        let axes = axes(dice, count, 5);
        let facts = [12, 60, 240, 700][usize::try_from(dice.below(4)).unwrap()];
        let problem = family(dice, axes, facts);
        let small = primary(&problem, &params);
        let (open, secret) = split(&problem, &small, &params);
        leaking += usize::from(!recovered_by_algebra(&problem, &open, &secret).is_empty());
    });
    println!("seeds 0 to 239: {leaking} of 240 families give a small figure away without the second step");
    assert!(leaking > 80);
}

#[test]
fn the_same_facts_are_withheld_in_the_same_places() {
    each_family(0..10, |seed, dice| {
        let axes = axes(dice, 2, 5);
        let problem = family(dice, axes, 200);
        assert_eq!(
            protect(&problem, &Params::default()),
            protect(&problem, &Params::default()),
            "seed {seed}"
        );
    });
}

#[test]
fn a_rule_that_contradicts_itself_is_refused() {
    let problem = Problem::default();
    for params in [
        Params { small_up_to: 0, ..Params::default() },
        Params { min_values: 1, ..Params::default() },
        Params { min_values: 10, ..Params::default() },
        Params { zero_row_at_least: 9, ..Params::default() },
    ] {
        assert_eq!(protect(&problem, &params), Err(Unprotectable::Params));
    }
}
